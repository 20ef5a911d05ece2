"""What will they choose next? Users in a second, each with the ten likeliest items of the whole catalogue.

    python benchmarks/next_item.py [--tiny] [--json FILE]

Ours is the network of recipe 12, compiled once for padded histories of many users. Beside it: the recipe's
item nearest neighbours, a sparse matrix of items by items, another model with another ranking; and the same
network by `predict` for each user alone, whose scores must be the same. All leave out what a user has had.
The weights are random: the time does not depend on them. Neither compiling nor making the matrix counts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
from measure import Row, compare, in_turn, main
from scipy import sparse

from helpers import datasets, runtime

# isort: split
import keras
from keras import layers, ops

NEIGHBOURS, PREDICT = "item nearest neighbours, sparse matrix", "`predict` for each user alone"
FADING, MIXED = 0.8, 0.1  # how much an older item counts, and popularity


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much is ranked."""

    width: int = 128
    units: int = 128
    length: int = 50  # items of a history that the network reads
    users: int = 5_000
    at_once: int = 500
    few: int = 20  # users whom `predict` ranks
    rounds: int = 5


TINY = Sizes(width=8, units=8, length=6, users=12, at_once=6, few=3, rounds=1)


def build(sizes: Sizes, items: int) -> keras.Model:
    """Padded histories (users, steps) → scores (users, items)."""
    embed = layers.ReversibleEmbedding(items, sizes.width)
    history = keras.Input((None,), dtype="int32")  # 0 is padding, at the end
    read = embed(history)
    wishes = read + layers.Dense(sizes.width)(layers.GRU(sizes.units, return_sequences=True)(read))
    last = ops.sum(ops.cast(history > 0, "int32"), axis=1) - 1  # the place of the last item
    wish = ops.take_along_axis(wishes, last[:, None, None], axis=1)[:, 0]
    return keras.Model(history, embed(wish, reverse=True))


def neighbours(histories: list[np.ndarray], items: int) -> Callable:
    """The recipe's model: from histories to scores (users, items), by the cosine of the items' columns."""

    def table(histories, values):
        owner = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
        return sparse.csr_matrix((values, (owner, np.concatenate(histories))), (len(histories), items))

    recent = [history[-500:] for history in histories]  # the square of a longer one is too large
    events = np.concatenate(recent)
    had = table(recent, np.ones(len(events), "float32")).sign()
    shared = (had.T @ had).tocsr()  # users who have had both, (items, items)
    scale = sparse.diags_array(np.maximum(shared.diagonal(), 1) ** -0.5)
    shared -= sparse.diags_array(shared.diagonal())  # an item is not its own neighbour
    shared.data *= shared.data / (shared.data + 10)  # a few users may have both by chance
    near = scale @ shared @ scale
    popularity = np.bincount(events, minlength=items) / len(events)

    def score(past):
        age = np.concatenate([np.arange(len(history))[::-1] for history in past])
        return (table(past, FADING**age) @ near).toarray() + MIXED * popularity

    return score


def ten_best(scores: np.ndarray, past: list[np.ndarray]) -> np.ndarray:
    """(users, 10) items that they have not had, the likeliest, in no order."""
    scores = np.array(scores, "float32")
    scores[:, 0] = -np.inf  # padding
    owner = np.repeat(np.arange(len(past)), [len(history) for history in past])
    scores[owner, np.concatenate(past)] = -np.inf
    best = min(10, scores.shape[1] - 1)
    return np.argpartition(-scores, best, axis=1)[:, :best]


def benchmark(tiny: bool) -> list[Row]:
    """Users in a second, and by whom else."""
    sizes = TINY if tiny else Sizes()
    runtime.setup(seed=1)
    data = datasets.interactions("bundled" if tiny else "auto")
    items, past = len(data.items), [history[:-1] for history in data.histories]
    network = build(sizes, items)
    run = runtime.compiled(lambda rows: network(rows, training=False), network)

    def ours(past):
        return ops.convert_to_numpy(run(datasets.pad_histories(past, sizes.length)))

    def by_predict(past):
        return network.predict(datasets.pad_histories(past, sizes.length), verbose=0)

    models = {"ours": ours, NEIGHBOURS: neighbours([history[:-2] for history in data.histories], items)}
    models |= {PREDICT: by_predict}
    chosen = np.random.default_rng(1).permutation(len(past))[: sizes.users]
    users = {name: [past[user] for user in chosen] for name in models}
    users[PREDICT] = users[PREDICT][: sizes.few]
    at_once = {name: 1 if name == PREDICT else sizes.at_once for name in models}

    def rank(name):
        given, size = users[name], at_once[name]
        parts = [given[begin : begin + size] for begin in range(0, len(given), size)]
        return np.concatenate([ten_best(models[name](part), part) for part in parts])

    few = users[PREDICT]
    alone = np.concatenate([by_predict([history]) for history in few])
    np.testing.assert_allclose(alone, ours(few), rtol=1e-3, atol=1e-5)
    seconds = in_turn({name: lambda name=name: rank(name) for name in models}, sizes.rounds)
    speeds = {name: [len(users[name]) / one for one in seconds[name]] for name in models}
    what, measure = "next item", "users ranked in a second, all items, the ten best"
    note = "" if data.source == "full" else "bundled sample"
    return [
        compare(what, measure, speeds["ours"], speeds[name], name, better="more", note=note)
        for name in (NEIGHBOURS, PREDICT)
    ]


if __name__ == "__main__":
    main(benchmark)
