"""What one compiled loop for 64 poems gains over `model.predict` once per character.

    python benchmarks/poetry_decoding.py [--tiny]

A poet of the size of recipe 04 writes poems of 28 characters: one by one, each character by `predict`, then
64 poems in one call of `helpers.decoding`. The weights are random, which makes no difference to the time.
First both write greedily, and the poems must be identical. Printed: time per character and ratios, compiling
left out.
"""

from __future__ import annotations

import argparse
import functools
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from helpers import decoding, runtime, text

# isort: split
import keras
import numpy as np
from keras import layers

SIZES = {False: (5_400, 256, 512, 64, 2), True: (200, 16, 24, 8, 1)}  # by `--tiny`
LENGTH = 28
SAMPLERS = {
    "greedy": {"temperature": 0},
    "pure sampling": {},
    "top-k 40": {"top_k": 40},
    "nucleus 0.9": {"top_p": 0.9},
    "min-p 0.1": {"min_p": 0.1},
    "recipe 04: 0.8, 0.02": {"temperature": 0.8, "min_p": 0.02},
}


class Poet:
    """A GRU with a tied softmax, as one model for `predict` and as one step for `helpers.decoding`."""

    def __init__(self, characters: int, width: int, units: int):
        spread = keras.initializers.RandomNormal(seed=1)
        self.table = layers.ReversibleEmbedding(characters, width, embeddings_initializer=spread)
        self.gru = layers.GRU(units, return_sequences=True, return_state=True)
        self.wish = layers.Dense(width)
        token, state = keras.Input((1,), dtype="int32"), keras.Input((units,))
        output, after = self.gru(self.table(token), initial_state=state)
        self.model = keras.Model([token, state], [self.table(self.wish(output), reverse=True), after])

    def step(self, tokens, state):
        """One step of `helpers.decoding`."""
        output, [state] = self.gru.cell(self.table(tokens), [state])
        return self.table(self.wish(output), reverse=True), state


def one_by_one(poet: Poet, many: int) -> np.ndarray:
    """`many` greedy poems `(many, LENGTH)`, the usual way."""
    poems = []
    for _ in range(many):
        state, poem = np.zeros((1, poet.gru.units), "float32"), [text.START]
        for _ in range(LENGTH):
            logits, state = poet.model.predict([np.array([poem[-1:]], "int32"), state], verbose=0)
            logits[..., text.PAD] = -np.inf
            poem.append(int(logits[0, 0].argmax()))
        poems.append(poem[1:])
    return np.array(poems)


def timed(function, rounds: int) -> tuple[object, float]:
    """What it returns, and the seconds of the quickest of some calls after the first."""
    found, best = function(), np.inf
    for _ in range(rounds):
        started = time.perf_counter()
        found = function()
        best = min(best, time.perf_counter() - started)
    return found, best


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="a small network, a few seconds: does it run?")
    characters, width, units, rows, few = SIZES[parser.parse_args().tiny]
    runtime.setup(seed=1)
    poet = Poet(characters, width, units)

    usual, seconds = timed(lambda: one_by_one(poet, few), rounds=2)
    by_predict = seconds / usual.size
    print(f"predict per character, poem by poem {1e3 * by_predict:9.4f} ms per character")

    decoder = decoding.Decoder(poet.step, [poet.table, poet.gru, poet.wish])
    state, free = np.zeros((rows, units), "float32"), np.full((rows, LENGTH), decoding.FREE)
    ways = {
        name: functools.partial(decoder.sample, state, free, start=text.START, **settings)
        for name, settings in SAMPLERS.items()
    }
    ways["beam of 5"] = lambda: decoder.beam_search(state, LENGTH, start=text.START, end=None, width=5)
    for name, way in ways.items():
        found, seconds = timed(way, rounds=3)
        if name == "greedy" and not np.array_equal(found.tokens[:few], usual):
            raise SystemExit(f"the poems differ: {found.tokens[:few]} and by predict {usual}")
        each = seconds / free.size
        ratio = by_predict / each
        print(f"{rows} in one call, {name:<20}{1e3 * each:9.4f} ms per character, {ratio:,.0f} times as fast")
    print("greedy: the poems of both ways are identical")


if __name__ == "__main__":
    main()
