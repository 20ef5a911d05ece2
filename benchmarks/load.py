"""Power load: windows learnt from, and forecast, in a second.

    python benchmarks/load.py [--tiny] [--json FILE]

Ours is the network of recipe 08: a GRU over segments of 48 hours, which answers all segments of the horizon
in parallel, with nine quantiles for each hour. For training it runs against the document's two LSTM(50) that
read the same 720 hours one by one, and answer the horizon directly. For forecasts it runs against the
way of introductory articles: two LSTM(50) on the last 30 values, `predict` for each hour, fed back in.
Compiling does not count. The windows are random walks: the time does not depend on the values.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from measure import Row, compare, in_turn, main
from training import answers

from helpers import runtime

# isort: split
import keras
from keras import layers, ops

DIRECT = "two LSTM(50) over the same hours"
RECURSIVE = "two LSTM(50), one `predict` an hour"
LEVELS = np.arange(1, 10, dtype="float32") / 10
READ = 30  # values that the document's way reads


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much is trained and forecast."""

    look_back: int = 720
    horizon: int = 96
    segment: int = 48
    units: int = 256
    batch: int = 256
    steps: int = 10  # of training, in each round
    windows: int = 1_000  # that are forecast in each round
    rounds: int = 5


TINY = Sizes(look_back=48, horizon=24, segment=12, units=8, batch=8, steps=2, windows=8, rounds=1)


def segment_network(sizes: Sizes) -> keras.Model:
    """(batch, look-back) → (batch, horizon, 9 quantiles)."""
    past, count = keras.Input((sizes.look_back,)), sizes.horizon // sizes.segment
    last, gru = past[:, -1:], layers.GRU(sizes.units, return_state=True)
    read = layers.Dense(sizes.units, activation="relu")(layers.Reshape((-1, sizes.segment))(past - last))
    _, state = gru(read)
    places = ops.cast(ops.zeros_like(last), "int32") + np.arange(count, dtype="int32")
    queries = ops.reshape(layers.Embedding(count, sizes.units)(places), (-1, 1, sizes.units))
    starts = ops.reshape(layers.RepeatVector(count)(state), (-1, sizes.units))
    found = layers.Dropout(0.5)(gru(queries, initial_state=starts)[0])
    found = layers.Dense(sizes.segment * len(LEVELS))(found)
    found = ops.reshape(found, (-1, sizes.horizon, len(LEVELS)))
    return keras.Model(past, found + last[..., None])


def document_network(steps: int, answers: int) -> keras.Model:
    """(batch, steps) → (batch, answers)."""
    past = keras.Input((steps,))
    hidden = layers.LSTM(50, return_sequences=True)(past[..., None])
    return keras.Model(past, layers.Dense(answers)(layers.LSTM(50)(hidden)))


def pinball(truth, quantiles):
    """Mean pinball loss of the nine quantiles."""
    error = truth[..., None] - quantiles
    return ops.mean(2 * ops.maximum(LEVELS * error, (LEVELS - 1) * error))


def hour_by_hour(network: keras.Model, windows: np.ndarray, horizon: int) -> np.ndarray:
    """(windows, horizon): each answer is fed back in."""
    found = windows[:, -READ:]
    for _ in range(horizon):
        found = np.concatenate([found, network.predict(found[:, -READ:], batch_size=256, verbose=0)], axis=1)
    return found[:, -horizon:]


def benchmark(tiny: bool) -> list[Row]:
    """The rows."""
    sizes = TINY if tiny else Sizes()
    runtime.setup(seed=1)
    random = np.random.default_rng(1)
    walks = random.normal(0, 0.1, (sizes.windows, sizes.look_back + sizes.horizon)).cumsum(axis=1)
    past, future = np.split(walks.astype("float32"), [sizes.look_back], axis=1)
    chosen = random.integers(0, len(past), sizes.steps * sizes.batch)
    ours, direct = segment_network(sizes), document_network(sizes.look_back, sizes.horizon)
    ours.compile(keras.optimizers.Adam(global_clipnorm=1.0), pinball)
    direct.compile("adam", "mse")
    fit = {"x": past[chosen], "y": future[chosen], "batch_size": sizes.batch, "verbose": 0}
    seconds = in_turn({"ours": lambda: ours.fit(**fit), DIRECT: lambda: direct.fit(**fit)}, sizes.rounds)
    speeds = [[len(chosen) / spent for spent in seconds[name]] for name in ("ours", DIRECT)]
    measure = f"windows of {sizes.look_back} hours learnt from in a second"
    rows = [compare("power load", measure, *speeds, DIRECT, better="more")]

    read, recursive = answers(ours), document_network(READ, 1)
    parts = np.array_split(past, -(-len(past) // 256))
    ways = {"ours": lambda: read(parts), RECURSIVE: lambda: hour_by_hour(recursive, past, sizes.horizon)}
    seconds = in_turn(ways, sizes.rounds)
    speeds = [[len(past) / spent for spent in seconds[name]] for name in ("ours", RECURSIVE)]
    measure = f"windows forecast in a second, {sizes.horizon} hours each"
    rows.append(compare("power load", measure, *speeds, RECURSIVE, better="more"))
    return rows


if __name__ == "__main__":
    main(benchmark)
