"""Helpers shared by the recipes: data, text and series, decoding, metrics, plots, runtime set-up.

Import them before Keras, and a notebook shows nothing of what TensorFlow's native code reports.
"""

import os
import sys

from helpers.quiet import QuietImport

# TensorFlow reads this when it is imported: what its native code reports is shown only if it is fatal.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if "tensorflow" not in sys.modules:
    sys.meta_path.insert(0, QuietImport("tensorflow"))
