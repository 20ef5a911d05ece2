"""Helpers shared by the recipes: data, text and series, decoding, metrics, plots, runtime set-up.

Import them before Keras, and a notebook shows nothing of what TensorFlow's native code reports.
"""

import os
import sys

from helpers.quiet import QuietImport

# TensorFlow reads these when it is imported; what is set already stays. What its native code reports is shown
# only if it is fatal. oneDNN is its default on newer CPUs only; on others, such as AMD's Zen 3, training
# is slower without it.
os.environ.update({"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"} | os.environ)
if "tensorflow" not in sys.modules:
    sys.meta_path.insert(0, QuietImport("tensorflow"))
