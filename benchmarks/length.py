"""Seconds of a training step against the length of its sequences, and how often the step is traced.

    python benchmarks/length.py [--tiny] [--json FILE]

A GRU classifier takes steps on batches of one length, from 25 to 800 time steps; what counts is the time per
time step. Then it is fitted on batches of `text.length_buckets`, nearly each of a length of its own, and the
traces of its training step are counted.
"""

from __future__ import annotations

from measure import Row, compare, in_turn, main

from helpers import runtime, text

# isort: split
import keras
import numpy as np
from keras import layers

SIZES = {False: (128, 64, (25, 50, 100, 200, 400, 800), 5), True: (8, 4, (10, 40), 1)}  # by `tiny`
WORDS = 1_000
GROWTH = 1.3  # a time step of the longest may take so many times as long as one of the shortest
TRACES = 2  # one for the first shape, one for all others


class Counted(keras.Model):
    """A model that counts in Python how often its training step runs: compiled, once for each trace."""

    traces = 0

    def train_step(self, *arguments):
        self.traces += 1
        return super().train_step(*arguments)


class Buckets(keras.utils.PyDataset):
    """Batches of about one length, padded to the longest of each."""

    def __init__(self, rows: list[np.ndarray], labels: np.ndarray, batch: int):
        super().__init__()
        self.batches = [
            (text.pad([rows[row] for row in chosen]), labels[chosen])
            for chosen in text.length_buckets([len(row) for row in rows], batch, seed=1)
        ]

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]


def classifier(units: int) -> Counted:
    """A compiled model (batch, time) → probability."""
    words = keras.Input((None,), dtype="int32")
    states = layers.GRU(units, return_sequences=True)(layers.Embedding(WORDS, units)(words))
    model = Counted(words, layers.Dense(1, activation="sigmoid")(layers.GlobalMaxPooling1D()(states)))
    model.compile("adam", "binary_crossentropy")
    model.optimizer.build(model.trainable_variables)  # a step that makes variables is traced again without
    return model


def benchmark(tiny: bool) -> list[Row]:
    """Time per time step at every length, and traces over the buckets."""
    units, batch, lengths, rounds = SIZES[tiny]
    runtime.setup(seed=1)
    random = np.random.default_rng(1)
    labels = random.integers(0, 2, batch)
    model = classifier(units)

    def steps(length: int):
        """As many training steps as make the longest sequence."""
        words = random.integers(1, WORDS, (batch, length))
        return lambda: [model.train_on_batch(words, labels) for _ in range(lengths[-1] // length)]

    for length in (2, 3):  # two shapes, and TensorFlow has its graph for all shapes
        steps(length)()
    seconds = in_turn({str(length): steps(length) for length in lengths}, rounds)
    each = {length: [1e6 * taken / lengths[-1] for taken in seconds[str(length)]] for length in lengths}
    shortest = f"length {lengths[0]}"
    found = []
    for length in lengths[1:]:
        goal = round(1 / GROWTH, 2) if length == lengths[-1] else None
        measure = f"µs per time step, batch {batch}, training at length {length}"
        found.append(compare("length", measure, each[length], each[lengths[0]], shortest, goal))
    return found + traces(units, batch, lengths[-1], random)


def traces(units: int, batch: int, longest: int, random: np.random.Generator) -> list[Row]:
    """Traces of the training step over buckets of many lengths; no row where the backend traces nothing."""
    if keras.backend.backend() == "torch":
        return []
    sizes = random.integers(1, longest // 4 + 2, 40 * batch)
    data = Buckets(
        [random.integers(1, WORDS, size) for size in sizes], random.integers(0, 2, len(sizes)), batch
    )
    shapes = len({words.shape for words, _ in data.batches})
    model = classifier(units)
    model.fit(data, epochs=2, verbose=0)
    measure = f"traces of the training step over {len(data)} batches of {shapes} shapes"
    row = compare("length", measure, [model.traces], [TRACES], "limit", 1)
    return [row, compare("length", measure, [model.traces], [shapes], "one per shape")]


if __name__ == "__main__":
    main(benchmark)
