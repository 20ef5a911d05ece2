"""Helpers shared by the recipes: data, text and series, decoding, metrics, plots, runtime set-up.

Importing any of them imports Keras, quietly: import `helpers` first, and a notebook shows none of what the
native code of its backend reports about this machine.
"""

import os

from helpers.quiet import quiet_stderr

# TensorFlow reads this when it is imported: what its native code reports is shown only if it is fatal.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with quiet_stderr():
    import keras  # noqa: F401
