"""What the benchmarks of training share: a clock for `fit`, and the weights of Keras layers for PyTorch."""

from __future__ import annotations

import dataclasses
import functools
import math
import time
from collections.abc import Callable

import numpy as np
from measure import ROOT  # noqa: F401 (puts the clone on the path)

from helpers import runtime

# isort: split
import keras
from keras import layers, ops


@dataclasses.dataclass
class Outcome:
    """Of one training: seconds and steps up to the last score, the best score, was it good enough?"""

    seconds: float = 0.0
    steps: int = 0
    best: float = -math.inf
    reached: bool = False


class Clock(keras.callbacks.Callback):
    """Counts the seconds of training, and stops it once a held-out score is good enough or time is up.

    Args:
        score: the held-out score of the model as it is; its time does not count.
        every: training steps from one score to the next.
        target: the score at which training stops.
        limit: seconds of training after which it stops anyway.

    Attributes:
        outcome: what came of it so far.
    """

    def __init__(self, score: Callable[[], float], every: int, target: float, limit: float = math.inf):
        super().__init__()
        self.score, self.every, self.target, self.limit = score, every, target, limit
        self.outcome = Outcome()
        self.started = time.perf_counter()

    def start(self) -> None:
        self.started = time.perf_counter()

    def step(self) -> bool:
        """To be called after each step of training: whether to stop."""
        now, found = time.perf_counter(), self.outcome
        found.steps += 1
        spent = found.seconds + now - self.started
        if found.steps % self.every and spent < self.limit:
            return False
        found.seconds, found.best = spent, max(found.best, self.score())
        found.reached = found.best >= self.target
        self.start()
        return found.reached or spent >= self.limit

    def on_train_begin(self, logs=None):
        self.start()

    def on_train_batch_end(self, batch, logs=None):
        if hasattr(self.model, "jax_state_sync"):  # with JAX the weights are elsewhere during `fit`
            self.model.jax_state_sync()
        self.model.stop_training = self.step()


class Batches(keras.utils.PyDataset):
    """`steps` batches of inputs and labels, in a new order each pass, which drops what fills no batch."""

    def __init__(self, inputs: np.ndarray, labels: np.ndarray, batch: int, seed: int, steps: int):
        super().__init__()
        random, each = np.random.default_rng(seed), len(inputs) // batch
        orders = [random.permutation(len(inputs))[: each * batch] for _ in range(-(-steps // each))]
        self.rows = np.concatenate(orders).reshape(-1, batch)[:steps]
        self.inputs, self.labels = inputs, labels

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        return self.inputs[self.rows[index]], self.labels[self.rows[index]]


def warm_up(model: keras.Model, batches: keras.utils.PyDataset) -> None:
    """Trace and compile the training step on two batches, then put weights and optimizer back."""
    model.optimizer.build(model.trainable_variables)
    variables = [*model.variables, *model.optimizer.variables]
    values = [ops.convert_to_numpy(variable) for variable in variables]
    model.fit(batches, steps_per_epoch=2, shuffle=False, verbose=0)
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def answers(model: keras.Model) -> Callable[[list[np.ndarray]], list[np.ndarray]]:
    """A function from batches of inputs to the model's outputs, compiled once."""
    read = runtime.compiled(functools.partial(model, training=False), model)
    return lambda batches: [ops.convert_to_numpy(read(batch)) for batch in batches]


def trained(
    model: keras.Model, batches: Batches, held_out, optimizer, clock: dict, at_once: int = 500
) -> Outcome:
    """Train a classifier with `fit` until it is right often enough.

    Args:
        model: from inputs to the scores (logits) of all classes.
        batches: what it learns from.
        held_out: inputs and labels that give the score, the accuracy.
        optimizer: of the training.
        clock: the arguments of `Clock` but the score.
        at_once: held-out inputs that are scored in one call.
    """
    inputs, labels = held_out
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    warm_up(model, batches)
    scores = answers(model)

    def accuracy() -> float:
        found = np.concatenate(scores(np.array_split(inputs, -(-len(inputs) // at_once))))
        return float(np.mean(found.argmax(axis=-1) == labels))

    accuracy()
    watch = Clock(accuracy, **clock)
    model.fit(batches, shuffle=False, callbacks=[watch], verbose=0)
    return watch.outcome


def copy_weights(layer: layers.Layer, twin) -> None:
    """Gives a PyTorch module the weights of a built Keras layer.

    Args:
        layer: `GRU`, `LSTM`, `Bidirectional` of one of them, `Dense`, `Embedding` or `ReversibleEmbedding`.
        twin: `torch.nn.GRU`, `LSTM`, `Linear` or `Embedding` of the same sizes; a GRU or LSTM of one layer.
    """
    import torch

    def put(parameter: torch.nn.Parameter, values: np.ndarray) -> None:
        if tuple(parameter.shape) != values.shape:
            raise ValueError(f"{layer.name}: PyTorch has {tuple(parameter.shape)}, Keras {values.shape}")
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(values.copy()))

    if isinstance(layer, layers.Bidirectional):
        ways = {"l0": layer.forward_layer, "l0_reverse": layer.backward_layer}
    elif isinstance(layer, (layers.GRU, layers.LSTM)):
        ways = {"l0": layer}
    else:
        for parameter, values in zip(twin.parameters(), layer.get_weights(), strict=True):
            put(parameter, values.T if isinstance(layer, layers.Dense) else values)
        return
    for name, way in ways.items():
        kernel, recurrent_kernel, bias = way.get_weights()
        biases = bias if bias.ndim == 2 else (bias, np.zeros_like(bias))
        weights = {
            "weight_ih": kernel,
            "weight_hh": recurrent_kernel,
            "bias_ih": biases[0],
            "bias_hh": biases[1],
        }
        for part, values in weights.items():
            if isinstance(way, layers.GRU):  # PyTorch has the reset gate first
                update, reset, candidate = np.split(values, 3, axis=-1)
                values = np.concatenate([reset, update, candidate], axis=-1)
            put(getattr(twin, f"{part}_{name}"), values.T)


def lower_bound(
    outcomes: list[Outcome], show: Callable[[float], str] = lambda best: f"{100 * best:.1f} %"
) -> str:
    """A note for a ratio of seconds if some of the alternative's runs never reached the target, else ""."""
    stopped = [outcome for outcome in outcomes if not outcome.reached]
    if not stopped:
        return ""
    best = show(max(outcome.best for outcome in stopped))
    spent = max(outcome.seconds for outcome in stopped)
    runs = (
        "the alternative"
        if len(outcomes) == 1
        else f"{len(stopped)} of the alternative's {len(outcomes)} runs"
    )
    return f"{runs} stopped after {spent:.0f} s at {best}: the ratio is a lower bound"
