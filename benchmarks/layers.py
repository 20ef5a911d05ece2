"""GFLOP/s of recurrent layers, forward and backward, against the matrix product and against PyTorch.

    python benchmarks/layers.py [--tiny] [--json FILE]

A layer reads as many channels as it has units and returns every step; its gradient is taken for weights and
inputs. A multiply-add counts as two, the products alone are counted, and backward counts as twice forward.
The matrix product is one large one in the same library, right beside. Compiling does not count.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from measure import Row, compare, has_torch, in_turn, main
from training import copy_weights

from helpers import runtime

# isort: split
import keras
from keras import layers, ops

GATES = {"GRU": 3, "LSTM": 4}
# Layer, units, batch, steps, and which recipe has one of about that size.
CASES = [
    ("GRU", 128, 128, 28, "01"),
    ("LSTM", 128, 64, 28, "01, document"),
    ("GRU", 128, 256, 28, "01"),
    ("GRU", 128, 64, 200, "02"),
    ("LSTM", 128, 64, 200, "02, document"),
    ("GRU", 512, 128, 28, "04"),
    ("GRU", 256, 64, 28, "05"),
    ("LSTM", 384, 32, 32, "06"),
    ("LSTM", 512, 64, 60, ""),
    ("LSTM", 128, 512, 28, ""),
    ("GRU", 256, 256, 60, ""),
    ("LSTM", 256, 128, 60, ""),
    ("LSTM", 512, 256, 28, ""),
]
TINY = [("GRU", 16, 8, 5, "01"), ("LSTM", 16, 8, 5, "")]
SECONDS = 1.0  # of each way in each round, about
ROUNDS = 3
PRODUCT, TINY_PRODUCT = 2_048, 128  # rows and columns of the matrices


def gradients(
    layer: layers.Layer, inputs: np.ndarray, upstream: np.ndarray, jit_compile: bool = False
) -> Callable[[], object]:
    """A call that runs a layer forward and backward, compiled, and waits for the gradients.

    With `jit_compile` TensorFlow uses XLA; JAX always does, PyTorch never.
    """
    backend = keras.backend.backend()
    inputs, upstream = ops.convert_to_tensor(inputs), ops.convert_to_tensor(upstream)
    if backend == "tensorflow":
        import tensorflow as tf

        @tf.function(autograph=False, jit_compile=jit_compile or None)
        def run(inputs, upstream):
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                outputs = layer(inputs)
            wanted = [inputs, *(weight.value for weight in layer.trainable_variables)]
            return tape.gradient(outputs, wanted, output_gradients=upstream)

        return lambda: run(inputs, upstream)[-1].numpy()
    if backend == "jax":
        import jax

        def product(inputs, weights):
            outputs, _ = layer.stateless_call(weights, others, inputs)
            return ops.sum(outputs * upstream)

        weights = [variable.value for variable in layer.trainable_variables]
        others = [variable.value for variable in layer.non_trainable_variables]
        run = jax.jit(jax.grad(product, argnums=(0, 1)))
        return lambda: jax.block_until_ready(run(inputs, weights))
    if backend == "torch":
        return by_torch(layer, inputs, upstream, [weight.value for weight in layer.trainable_variables])
    raise NotImplementedError(f"gradients need the tensorflow, jax or torch backend, not {backend}")


def by_torch(layer, inputs, upstream, weights: list) -> Callable[[], object]:
    """The same for a PyTorch module."""
    import torch

    inputs = inputs.detach().requires_grad_(True)

    def run():
        outputs = layer(inputs)
        outputs = outputs[0] if isinstance(outputs, tuple) else outputs
        return torch.autograd.grad(outputs, [inputs, *weights], upstream)[-1].cpu()

    return run


def twin(layer: layers.Layer, inputs: np.ndarray, upstream: np.ndarray) -> Callable[[], object]:
    """The same for the PyTorch layer of the same weights."""
    import torch

    module = getattr(torch.nn, type(layer).__name__)(inputs.shape[-1], layer.units, batch_first=True)
    copy_weights(layer, module)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    module = module.to(device)
    tensors = (torch.from_numpy(array).to(device) for array in (inputs, upstream))
    return by_torch(module, *tensors, list(module.parameters()))


def matrix_product(size: int) -> Callable[[], object]:
    """A call of one product of two square matrices."""
    product = runtime.compiled(lambda one, other: ops.max(ops.matmul(one, other)), [])
    matrix = ops.convert_to_tensor(np.random.default_rng(1).random((size, size), "float32"))
    return lambda: float(product(matrix, matrix))


def repeated(way: Callable[[], object], seconds: float) -> tuple[Callable[[], None], int]:
    """A call that calls `way` until about so many seconds are over, and how often that is."""
    way()
    started = time.perf_counter()
    way()
    times = max(1, round(seconds / (time.perf_counter() - started)))

    def run() -> None:
        for _ in range(times):
            way()

    return run, times


def measured(
    kind: str, units: int, batch: int, steps: int, tiny: bool, with_torch: bool
) -> dict[str, list[float]]:
    """GFLOP/s in each round: of our layer, of the matrix product, and of PyTorch if it is there."""
    random, size = np.random.default_rng(1), TINY_PRODUCT if tiny else PRODUCT
    inputs, upstream = (random.normal(size=(batch, steps, units)).astype("float32") for _ in range(2))
    layer = getattr(layers, kind)(units, return_sequences=True)
    layer.build(inputs.shape)
    ways = {"ours": gradients(layer, inputs, upstream), "product": matrix_product(size)}
    if with_torch:
        ways["torch"] = twin(layer, inputs, upstream)
    work = dict.fromkeys(ways, 3 * 2 * batch * steps * GATES[kind] * units * (units + units) / 1e9)
    work["product"] = 2 * size**3 / 1e9
    calls = {name: repeated(way, 0.02 if tiny else SECONDS) for name, way in ways.items()}
    found = in_turn({name: run for name, (run, _) in calls.items()}, ROUNDS, warm_up=0)
    return {name: [calls[name][1] * work[name] / one for one in found[name]] for name in ways}


def benchmark(tiny: bool) -> list[Row]:
    """The rows."""
    runtime.setup(seed=1)
    with_torch, rows = has_torch(), []
    for kind, units, batch, steps, recipe in TINY if tiny else CASES:
        found = measured(kind, units, batch, steps, tiny, with_torch)
        what = f"{kind}({units}), batch {batch}, {steps} steps" + (f" (recipe {recipe})" if recipe else "")
        others = {"torch": (f"PyTorch nn.{kind}", 1.0 if recipe else None)} if with_torch else {}
        others["product"] = ("large matrix product", None)
        for name, (title, goal) in others.items():
            speeds = found["ours"], found[name]
            rows.append(compare(what, "GFLOP/s forward and backward", *speeds, title, goal, better="more"))
    return rows


if __name__ == "__main__":
    main(benchmark)
