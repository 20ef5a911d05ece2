"""What the allocator setting in `helpers.runtime` saves: the same training steps with and without it.

    python benchmarks/allocator.py [steps] [rounds]

Two child processes train the same two-layer GRU on the same random images, in turn, `rounds` times. Printed:
seconds and page faults per step, and the ratio of the two with its spread. Linux with glibc only.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = {"library default": 128 << 10, "helpers.runtime": 64 << 20}  # bytes of slack per heap

CHILD = """
import ctypes, json, resource, sys, time
from helpers import runtime
ctypes.CDLL("libc.so.6").mallopt(-2, int(sys.argv[1]))
import keras, numpy as np
from keras import layers

class Batches(keras.utils.PyDataset):
    def __len__(self):
        return int(sys.argv[2])

    def __getitem__(self, index):
        return images, labels

random = np.random.default_rng(0)
images, labels = random.random((256, 28, 28), "float32"), random.integers(0, 10, 256)
model = keras.Sequential([keras.Input((28, 28)), layers.GRU(128, return_sequences=True), layers.GRU(128),
                          layers.Dense(10, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(Batches(), epochs=1, verbose=0)
started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_minflt
model.fit(Batches(), epochs=1, verbose=0)
steps = int(sys.argv[2])
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(json.dumps({"seconds": (time.perf_counter() - started) / steps, "faults": faults / steps}))
"""


def measure(slack: int, steps: int) -> dict[str, float]:
    """Seconds and page faults per training step in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(slack), str(steps)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure in turn and print the ratio."""
    steps, rounds = (int(text) for text in (sys.argv[1:] + ["40", "3"][len(sys.argv) - 1 :]))
    runs = [{name: measure(slack, steps) for name, slack in SETTINGS.items()} for _ in range(rounds)]
    for name in SETTINGS:
        seconds = statistics.median(run[name]["seconds"] for run in runs)
        faults = statistics.median(run[name]["faults"] for run in runs)
        print(f"{name:<16} {1000 * seconds:6.1f} ms and {faults:8,.0f} page faults per step")
    ratios = [run["library default"]["seconds"] / run["helpers.runtime"]["seconds"] for run in runs]
    print(f"ratio {statistics.median(ratios):.2f} (from {min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
