"""What the allocator setting in `helpers.runtime` saves: the same training steps with and without it.

    python benchmarks/allocator.py [--tiny] [--json FILE]

Fresh processes train the same two-layer GRU on the same random images, in turn. Linux with glibc only.
"""

from __future__ import annotations

import ctypes
import platform
import resource
import time

from measure import Row, apart, compare, main

from helpers import runtime

# isort: split
import keras
import numpy as np
from keras import layers

OURS, DEFAULT = 64 << 20, 128 << 10  # bytes of slack per heap: of `helpers.runtime`, of the library
TOP_PAD = -2  # the number that glibc gives this setting


class Batches(keras.utils.PyDataset):
    """The same images again and again."""

    def __init__(self, steps: int, batch: int):
        super().__init__()
        random = np.random.default_rng(0)
        self.steps = steps
        self.images = random.random((batch, 28, 28), "float32")
        self.labels = random.integers(0, 10, batch)

    def __len__(self):
        return self.steps

    def __getitem__(self, index):
        return self.images, self.labels


def training(slack: int, steps: int, batch: int) -> tuple[float, float]:
    """Milliseconds and page faults of a training step, in a process that has not computed yet."""
    ctypes.CDLL("libc.so.6").mallopt(TOP_PAD, slack)
    runtime.setup(seed=1)
    hidden = [layers.GRU(128, return_sequences=True), layers.GRU(128)]
    model = keras.Sequential([keras.Input((28, 28)), *hidden, layers.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(Batches(steps, batch), verbose=0)
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    model.fit(Batches(steps, batch), verbose=0)
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    return 1e3 * (time.perf_counter() - started) / steps, max(1, faults) / steps


def benchmark(tiny: bool) -> list[Row]:
    """Time and page faults of a step; no rows where the library is another than glibc."""
    if platform.libc_ver()[0] != "glibc":
        print("The C library is not glibc, which has this setting: no rows")
        return []
    steps, batch, rounds = (2, 16, 1) if tiny else (40, 256, 3)
    found = {OURS: [], DEFAULT: []}
    for number in range(rounds):
        for slack in list(found)[:: -1 if number % 2 else 1]:
            found[slack].append(apart(training, slack, steps, batch)[0])
    (times, faults), (usual_times, usual_faults) = (zip(*found[slack], strict=True) for slack in found)
    what, usual = "allocator, training step of two GRU(128)", "glibc's default"
    return [
        compare(what, "milliseconds", times, usual_times, usual),
        compare(what, "page faults", faults, usual_faults, usual),
    ]


if __name__ == "__main__":
    main(benchmark)
