"""LSTMs at small batches by other roads, forward and backward, against Keras' own layer and PyTorch's kernel.

    python benchmarks/lstm_roads.py [--tiny] [--json FILE]
    TF_ENABLE_ONEDNN_OPTS=0 python benchmarks/lstm_roads.py    TensorFlow without oneDNN
    THREADS=1,2 python benchmarks/lstm_roads.py                threads inside and between operations
    KERAS_BACKEND=jax python benchmarks/lstm_roads.py          another backend

The roads, all in plain Keras: the layer unrolled; compiled by XLA; the batch in two halves, which TensorFlow
can run side by side; and an LSTM that brings its own gradient, so that only two small products a step are
left. A figure counts as in layers.py.
"""

from __future__ import annotations

import os

import numpy as np
from layers import gradients, repeated, twin
from measure import Row, compare, has_torch, in_turn, main

from helpers import runtime

# isort: split
from keras import layers, ops

# Units, batch, steps, features, and which recipe has one of about that size.
CASES = [(128, 64, 28, 28, "01, document"), (384, 32, 32, 384, "06")]
TINY = [(8, 6, 5, 4, "")]
SECONDS, ROUNDS = 0.3, 7


class OwnGradient(layers.Layer):
    """LSTM(units, return_sequences=True) with its gradient written out.

    Automatic differentiation adds up the gradients of the weights step by step. Here they wait until the
    loop is over, and are one product over all steps; and what does not depend on the next step is computed
    for all steps at once. The steps are unrolled, so their number must be known.
    """

    def __init__(self, units: int, **options):
        super().__init__(**options)
        self.units = units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 4 * self.units), name="kernel")
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, 4 * self.units), initializer="orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight(shape=(4 * self.units,), initializer="zeros", name="bias")

    def call(self, inputs):
        """(batch, steps, features) → (batch, steps, units)."""
        return lstm(inputs, *map(ops.copy, self.trainable_variables))  # tensors, not variables


@ops.custom_gradient
def lstm(inputs, kernel, recurrent_kernel, bias):
    """The hidden states after every step; blocks in the order i, f, c, o, as in Keras."""
    batch, steps, features = inputs.shape
    units = recurrent_kernel.shape[0]
    rows = ops.reshape(ops.transpose(inputs, (1, 0, 2)), (steps * batch, features))
    projected = ops.reshape(ops.matmul(rows, kernel) + bias, (steps, batch, 4 * units))
    hidden = cell = ops.zeros((batch, units), inputs.dtype)
    kept = []
    for step in range(steps):
        blocks = ops.split(projected[step] + ops.matmul(hidden, recurrent_kernel), 4, axis=-1)
        i, f, o = (ops.sigmoid(blocks[place]) for place in (0, 1, 3))
        candidate, before = ops.tanh(blocks[2]), (hidden, cell)
        cell = f * cell + i * candidate
        shown = ops.tanh(cell)
        hidden = o * shown
        kept.append((hidden, *before, i, f, candidate, o, shown))
    states, states_before, cells_before, i, f, candidate, o, shown = map(ops.stack, zip(*kept, strict=True))

    def gradient(*arguments, upstream=None):
        (upstream,) = arguments if upstream is None else (upstream,)
        upstream = ops.transpose(upstream, (1, 0, 2))
        through = o * (1 - shown * shown)
        slopes = [candidate * i * (1 - i), cells_before * f * (1 - f), i * (1 - candidate * candidate)]
        slopes = ops.concatenate([*slopes, shown * o * (1 - o)], axis=-1)
        back = ops.transpose(recurrent_kernel)
        from_hidden = from_cell = ops.zeros((batch, units), inputs.dtype)
        found = [None] * steps
        for step in reversed(range(steps)):
            at_hidden = upstream[step] + from_hidden
            at_cell = at_hidden * through[step] + from_cell
            found[step] = ops.concatenate([at_cell] * 3 + [at_hidden], axis=-1) * slopes[step]
            from_hidden, from_cell = ops.matmul(found[step], back), at_cell * f[step]
        at_blocks = ops.concatenate(found, axis=0)
        at_inputs = ops.reshape(ops.matmul(at_blocks, ops.transpose(kernel)), (steps, batch, features))
        return (
            ops.transpose(at_inputs, (1, 0, 2)),
            ops.matmul(ops.transpose(rows), at_blocks),
            ops.matmul(ops.transpose(ops.reshape(states_before, (steps * batch, units))), at_blocks),
            ops.sum(at_blocks, axis=0),
        )

    return ops.transpose(states, (1, 0, 2)), gradient


class Halves(layers.Layer):
    """`layer` on the first half of the batch and on the second, which do not wait for each other."""

    def __init__(self, layer: layers.Layer):
        super().__init__()
        self.layer = layer

    def build(self, shape):
        if not self.layer.built:
            self.layer.build(shape)

    def call(self, inputs):
        """Any batch of two rows or more."""
        half = inputs.shape[0] // 2
        return ops.concatenate([self.layer(inputs[:half]), self.layer(inputs[half:])], axis=0)


def roads(units: int) -> dict[str, layers.Layer]:
    """Name → layer; the first one is Keras' own as it is."""
    whole = {"return_sequences": True}
    return {
        "Keras": layers.LSTM(units, **whole),
        "XLA": layers.LSTM(units, use_cudnn=False, **whole),
        "unrolled": layers.LSTM(units, unroll=True, **whole),
        "own gradient": OwnGradient(units),
        "two halves": Halves(layers.LSTM(units, **whole)),
        "unrolled, two halves": Halves(layers.LSTM(units, unroll=True, **whole)),
        "own gradient, two halves": Halves(OwnGradient(units)),
    }


def measured(
    units: int, batch: int, steps: int, features: int, seconds: float, with_torch: bool
) -> dict[str, list[float]]:
    """GFLOP/s of every road in each round, and of PyTorch if it is there."""
    random = np.random.default_rng(1)
    inputs = random.normal(size=(batch, steps, features)).astype("float32")
    upstream = random.normal(size=(batch, steps, units)).astype("float32")
    ways = {}
    for name, layer in roads(units).items():
        layer.build(inputs.shape)
        ways[name] = gradients(layer, inputs, upstream, jit_compile=name == "XLA")
        if name == "Keras" and with_torch:
            ways["torch"] = twin(layer, inputs, upstream)
    work = 3 * 2 * batch * steps * 4 * units * (features + units) / 1e9
    calls = {name: repeated(way, seconds) for name, way in ways.items()}
    found = in_turn({name: run for name, (run, _) in calls.items()}, ROUNDS, warm_up=0)
    return {name: [calls[name][1] * work / one for one in found[name]] for name in ways}


def benchmark(tiny: bool) -> list[Row]:
    """The rows."""
    if threads := os.environ.get("THREADS"):
        import tensorflow as tf

        inside, between = map(int, threads.split(","))
        tf.config.threading.set_intra_op_parallelism_threads(inside)
        tf.config.threading.set_inter_op_parallelism_threads(between)
    runtime.setup(seed=1)
    with_torch, rows = has_torch(), []
    for units, batch, steps, features, recipe in TINY if tiny else CASES:
        found = measured(units, batch, steps, features, 0.02 if tiny else SECONDS, with_torch)
        size = f"LSTM({units}), batch {batch}, {steps} steps of {features}" + (
            recipe and f" (recipe {recipe})"
        )
        others = {"Keras": "Keras layers.LSTM"} | ({"torch": "PyTorch nn.LSTM"} if with_torch else {})
        for name, speeds in found.items():
            for other, title in others.items():
                if name not in (other, "torch"):
                    what, unit = f"{size}: {name}", "GFLOP/s forward and backward"
                    rows.append(compare(what, unit, speeds, found[other], title, better="more"))
    return rows


if __name__ == "__main__":
    main(benchmark)
