"""Alarms: values of a series watched in a second, one at a time as they come.

    python benchmarks/alarms.py [--tiny] [--json FILE]

For each value the watch of recipe 11 makes the inputs from a week of past, asks the network what the value
should be, scores it, and puts the score to the budget of alarms. The network is asked in three ways: by a
compiled step, which carries the state of the GRU; by `predict` on the last 168 steps; by `predict` of one
step, with a stateful GRU. From the same beginning all must give the same scores. The weights are random: the
time does not depend on them. Compiling does not count.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
from measure import Row, compare, in_turn, main

from helpers import datasets, runtime

# isort: split
import keras
from keras import layers, ops

WINDOW = "`predict` on the last {} steps"
STATEFUL = "`predict` of one step, stateful GRU"


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much is watched."""

    units: int = 48
    read: int = 168  # steps that `predict` reads
    values: int = 1_000  # that our way watches in each round
    few: int = 20  # that the others do
    rounds: int = 5


TINY = Sizes(units=8, read=12, values=5, few=3, rounds=1)


def forecaster(sizes: Sizes, stateful: bool) -> keras.Model:
    """(batch, steps, 15) → (batch, steps, 2): the change to expect, and the logarithm of its scale."""
    known = keras.Input(batch_shape=(1, 1, 15) if stateful else (None, None, 15))
    read = layers.Dense(sizes.units, activation="tanh", name="read")(known)
    hidden = layers.GRU(sizes.units, return_sequences=True, stateful=stateful, name="gru")(read)
    head = keras.Sequential([layers.Dense(sizes.units, "relu"), layers.Dense(2)], name="head")
    return keras.Model(known, head(layers.Concatenate()([hidden, known])))


def one_step(network: keras.Model) -> Callable:
    """Compiled: known (1, 15), state (1, units) → answer (1, 2), new state."""
    read, gru, head = map(network.get_layer, ("read", "gru", "head"))

    def step(known, state):
        hidden, [state] = gru.cell(read(known), [state])
        return head(ops.concatenate([hidden, known], axis=-1)[:, None])[:, 0], state

    return runtime.compiled(step, network)


def carried(step: Callable, units: int) -> Callable:
    """Our way to answer, from a state of zeros."""
    state = np.zeros((1, units), "float32")

    def answer(known):
        nonlocal state
        found, state = step(known[None], state)
        return ops.convert_to_numpy(found)[0]

    return answer


def of_the_window(network: keras.Model, rows: np.ndarray, read: int) -> Callable:
    """The usual way: all of the last `read` steps again for each value; `rows` (…, 15) are those so far."""

    def answer(known):
        nonlocal rows
        rows = np.append(rows[1 - read :], known[None], axis=0)
        return network.predict(rows[None], verbose=0)[0, -1]

    return answer


def one_by_one(network: keras.Model) -> Callable:
    """A stateful network, from a state of zeros."""
    network.get_layer("gru").reset_state()
    return lambda known: network.predict(known[None, None], verbose=0)[0, 0]


def watch(stream: datasets.AlarmStream, count: int, answer: Callable) -> np.ndarray:
    """Scores of the first `count` values after the trial, NaN for a missing one; each goes to the budget."""
    begin, (mean, deviation), scores = stream.trial, stream.scale, []
    past = np.stack([stream.filled, np.isnan(stream.values)], axis=1)[:begin]
    budget = datasets.AlarmBudget(stream.day, 0, budget=1)
    for place, value in enumerate(stream.values[begin : begin + count], begin):
        value, missing = (value - mean) / deviation, np.isnan(value)
        row = [past[-1, 0] if missing else value, missing]
        past = np.append(past[-7 * stream.day - 1 :], [row], axis=0)
        seconds = np.full(len(past), stream.seconds(place))
        known, changes = datasets.known_before(*past.T, seconds, stream.day)
        expected, log_scale = answer(known[-1])
        scores.append(abs(changes[-1] - expected) * np.exp(-np.clip(log_scale, -7, 4)))
        budget.step(scores[-1])
    return np.array(scores)


def benchmark(tiny: bool) -> list[Row]:
    """Values in a second, on the series that is watched for longest."""
    sizes = TINY if tiny else Sizes()
    runtime.setup(seed=1)
    data = datasets.alarms("bundled" if tiny else "auto")
    stream = max(datasets.alarm_streams(data).values(), key=lambda stream: stream.weeks)
    before = stream.inputs()[0][: stream.trial]
    network, stateful = (forecaster(sizes, stateful) for stateful in (False, True))
    stateful.set_weights(network.get_weights())
    step, window = one_step(network), WINDOW.format(sizes.read)
    answers = {
        "ours": lambda past: carried(step, sizes.units),
        window: lambda past: of_the_window(network, past, sizes.read),
        STATEFUL: lambda past: one_by_one(stateful),
    }
    if keras.backend.backend() == "jax":
        del answers[STATEFUL]  # there `predict` does not keep the state
    scores = {name: watch(stream, sizes.few, begin(before[:0])) for name, begin in answers.items()}
    for name, found in scores.items():
        np.testing.assert_allclose(found, scores["ours"], rtol=1e-3, atol=1e-4, err_msg=name)
    count = {name: sizes.values if name == "ours" else sizes.few for name in answers}
    ways = {name: lambda name=name: watch(stream, count[name], answers[name](before)) for name in answers}
    seconds = in_turn(ways, sizes.rounds)
    speeds = {name: [count[name] / one for one in seconds[name]] for name in ways}
    measure = "values watched in a second"
    note = "" if data.source == "full" else "bundled sample"
    return [
        compare("alarms", measure, speeds["ours"], speeds[name], name, better="more", note=note)
        for name in list(ways)[1:]
    ]


if __name__ == "__main__":
    main(benchmark)
