"""A recurrence that trains in parallel beside Keras' LSTM and GRU: seconds of a training step.

    python benchmarks/parallel.py [--tiny] [--json FILE]

Ours is the minGRU of recipe 13. Few long sequences are where its parallel form should pay; many short ones
are measured, too, since there it pays least.
"""

from __future__ import annotations

from measure import Row, compare, in_turn, main

from helpers import runtime

# isort: split
import keras
import numpy as np
from keras import layers, ops

# (units, rounds, [(batch, length, goal against the LSTM)]), by `tiny`
SIZES = {False: (128, 5, [(4, 4_096, 5.0), (64, 196, None)]), True: (8, 1, [(2, 70, None)])}


def advance(state, now):
    state = now[0] * state + now[1]
    return state, state


def all_states(decay, new, chunk: int = 64):
    """decay, new (batch, time, units) → h[t] = decay[t] · h[t-1] + new[t], from chunk to chunk."""
    length = new.shape[1]
    count = -(-length // chunk)

    def cut(part):  # → (chunk, count, batch, units)
        part = ops.pad(part, [[0, 0], [0, count * chunk - length], [0, 0]])
        return ops.transpose(ops.reshape(part, (-1, count, chunk, part.shape[-1])), (2, 1, 0, 3))

    def inside(carry, now):
        carry = now[0] * carry[0], advance(carry[1], now)[0]
        return carry, carry

    decay, new = cut(decay), cut(new)
    start = ops.ones_like(new[0]), ops.zeros_like(new[0])
    _, (products, added) = ops.scan(inside, start, (decay, new))
    _, ends = ops.scan(advance, ops.zeros_like(new[0, 0]), (products[-1], added[-1]))
    before = ops.pad(ends[:-1], [[1, 0], [0, 0], [0, 0]])
    states = ops.transpose(products * before + added, (2, 1, 0, 3))
    return ops.reshape(states, (-1, count * chunk, states.shape[-1]))[:, :length]


@ops.custom_gradient
def with_gradient(decay, new):
    states = all_states(decay, new)

    def gradient(*arriving, upstream=None):
        arriving = arriving[0] if upstream is None else upstream
        later = ops.pad(decay[:, 1:], [[0, 0], [0, 1], [0, 0]])
        delta = ops.flip(all_states(ops.flip(later, axis=1), ops.flip(arriving, axis=1)), axis=1)
        return delta * ops.pad(states[:, :-1], [[0, 0], [1, 0], [0, 0]]), delta

    return states, gradient


class MinGRU(layers.Layer):
    """(batch, time, features) → the last state (batch, units)."""

    def __init__(self, units: int):
        super().__init__()
        self.keep, self.candidate = layers.Dense(units, "sigmoid"), layers.Dense(units)

    def call(self, inputs):
        keep = self.keep(inputs)
        return with_gradient(keep, (1 - keep) * self.candidate(inputs))[:, -1]


def benchmark(tiny: bool) -> list[Row]:
    """Training steps of one layer, in turn."""
    units, rounds, cases = SIZES[tiny]
    runtime.setup(seed=1)
    random, found = np.random.default_rng(1), []
    kinds = {"minGRU": MinGRU, "Keras LSTM": layers.LSTM, "Keras GRU": layers.GRU}
    for batch, length, goal in cases:
        x = random.normal(size=(batch, length, units)).astype("float32")
        y, ways = np.zeros((batch, 1)), {}
        for name, kind in kinds.items():
            model = keras.Sequential([keras.Input((length, units)), kind(units), layers.Dense(1)])
            model.compile("adam", "mse")
            ways[name] = lambda model=model, x=x, y=y: model.train_on_batch(x, y)
        taken = {name: [1e3 * one for one in spent] for name, spent in in_turn(ways, rounds, 2).items()}
        measure = f"milliseconds of a training step, {batch} sequences of {length:,} steps, {units} units"
        for name in ("Keras LSTM", "Keras GRU"):
            least = goal if name == "Keras LSTM" else None
            found.append(compare("parallel", measure, taken["minGRU"], taken[name], name, least))
    return found


if __name__ == "__main__":
    main(benchmark)
