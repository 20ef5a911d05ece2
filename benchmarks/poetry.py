"""Seconds to a held-out perplexity per character, and peak memory, on the Tang poems.

    python benchmarks/poetry.py [--tiny] [--json FILE]

Ours is recipe 04 made small: a GRU and a tied softmax that learn from every place of 32 poems at once. The
alternative is the document's recipe: windows of 50 characters, one-hot, two LSTM(128) with dropout, and one
next character from each. Both are scored on the same characters of held-out poems. Scoring, compiling and
reading the data do not count. Memory is measured in processes of their own, above what the imports take.

The document's listing holds all windows in memory as one-hot numbers, which no machine can for all poems. So
its time is that of windows made one-hot batch by batch, and its memory that of as many windows as fit.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import os

import numpy as np
from measure import Row, apart, compare, main
from training import Clock, Outcome, lower_bound, warm_up

from helpers import datasets, runtime, text

# isort: split
import keras
from keras import layers, ops

WINDOWS = "document's windows, two LSTM(128)"
LENGTH = 50  # of a window


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much is trained."""

    width: int = 192  # numbers per character, ours
    units: int = 256
    poems: int = 32  # in a batch
    rate: float = 1e-2  # the peak of our schedule
    steps: int = 120  # that our schedule is made for
    every: int = 5  # of our steps from one score to the next
    held_out: int = 100  # poems
    target: float = 850.0  # perplexity per character
    limit: float = 41.0  # times our seconds, after which the windows are stopped
    window_units: int = 128
    window_batch: int = 128
    window_every: int = 100
    in_memory: int = 8_000  # windows held at once, if they and two copies fit into 0.4 of the memory


TINY = Sizes(
    width=8,
    units=8,
    poems=16,
    rate=1e-2,
    steps=20,
    held_out=5,
    target=5_000.0,
    limit=2.0,
    window_units=4,
    window_batch=16,
    window_every=2,
    in_memory=50,
)


@dataclasses.dataclass(frozen=True)
class Corpus:
    """Encoded poems: `train` for both ways, `held_out` for the score; `size` of the vocabulary."""

    train: list[np.ndarray]
    held_out: list[np.ndarray]
    size: int
    source: str


def read(sizes: Sizes, source: str) -> Corpus:
    """Poems that share no line with others are held out; the vocabulary is that of the rest."""
    data = datasets.tang_poems(source)
    alone = np.flatnonzero(np.bincount(data.groups)[data.groups] == 1)
    held_out = np.random.default_rng(1).permutation(alone)[: sizes.held_out]
    characters = [list("".join(poem)) for poem in data.poems]
    train = [poem for number, poem in enumerate(characters) if number not in set(held_out)]
    vocabulary = text.Vocabulary.fit(train, start_end=True)
    encoded = (
        [vocabulary.encode(poem) for poem in part] for part in (train, [characters[n] for n in held_out])
    )
    return Corpus(*encoded, len(vocabulary), data.source)


class Poems(keras.utils.PyDataset):
    """Batches of poems of one form: characters before `(poems, time)`, characters `(poems, time)`."""

    def __init__(self, poems: list[np.ndarray], batch: int, steps: int = 0):
        super().__init__()
        self.poems = poems
        lengths = [len(poem) for poem in poems]
        epochs = max(1, math.ceil(steps * batch / len(poems)))
        self.batches = [some for seed in range(epochs) for some in text.length_buckets(lengths, batch, seed)]
        self.batches = self.batches[: steps or None]

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        tokens = text.pad([self.poems[number] for number in self.batches[index]])
        before = np.pad(tokens[:, :-1], ((0, 0), (1, 0)), constant_values=text.START)
        return before, tokens


class Bias(layers.Layer):
    """Adds one trained number to the score of each character."""

    def build(self, shape):
        self.bias = self.add_weight(shape=(shape[-1],), initializer="zeros", name="bias")

    def call(self, scores):
        return scores + self.bias


def train_ours(sizes: Sizes, corpus: Corpus) -> Outcome:
    """The score is the perplexity, negative."""
    runtime.setup(seed=1)
    spread = keras.initializers.RandomNormal(stddev=sizes.width**-0.5)
    embedding = layers.ReversibleEmbedding(corpus.size, sizes.width, embeddings_initializer=spread)
    bias, previous = Bias(), keras.Input((None,), dtype="int32")
    hidden = layers.GRU(sizes.units, return_sequences=True)(embedding(previous))
    model = keras.Model(previous, bias(embedding(layers.Dense(sizes.width)(hidden), reverse=True)))
    counts = np.bincount(np.concatenate(corpus.train), minlength=corpus.size) + 0.1
    bias.bias.assign(np.log(counts / counts.sum()))

    warm = sizes.steps // 5
    schedule = keras.optimizers.schedules.CosineDecay(
        sizes.rate / 20, sizes.steps - warm, warmup_target=sizes.rate, warmup_steps=warm
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=text.PAD)
    model.compile(keras.optimizers.Adam(schedule, global_clipnorm=1.0), loss)
    batches, held_out = (Poems(corpus.train, sizes.poems, sizes.steps), Poems(corpus.held_out, 16))
    warm_up(model, batches)
    read = runtime.compiled(
        lambda inputs, tokens: log_probabilities(model(inputs, training=False), tokens), model
    )

    def score() -> float:
        found = [
            (ops.convert_to_numpy(read(*batch)), batch[1])
            for batch in map(held_out.__getitem__, range(len(held_out)))
        ]
        return -math.exp(-np.concatenate([row[tokens != text.PAD] for row, tokens in found]).mean())

    score()
    clock = Clock(score, sizes.every, -sizes.target)
    model.fit(batches, shuffle=False, callbacks=[clock], verbose=0)
    return clock.outcome


def log_probabilities(logits, tokens):
    """Of the tokens `(batch, time)` under logits `(batch, time, characters)`."""
    scores = ops.log_softmax(logits)
    return ops.take_along_axis(scores, tokens[..., None], axis=-1)[..., 0]


class Windows(keras.utils.PyDataset):
    """Batches of windows `(batch, LENGTH)` and the one next character `(batch,)`, in random order."""

    def __init__(self, poems: list[np.ndarray], batch: int):
        super().__init__()
        self.stream = np.concatenate(
            [np.full(LENGTH, text.START), *(np.append(text.START, poem) for poem in poems)]
        )
        ends = np.flatnonzero(self.stream != text.START)
        self.ends, self.batch = np.random.default_rng(1).permutation(ends), batch

    def __len__(self) -> int:
        return -(-len(self.ends) // self.batch)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        ends = self.ends[index * self.batch : (index + 1) * self.batch]
        return self.stream[ends[:, None] + np.arange(-LENGTH, 0)], self.stream[ends]


def document(sizes: Sizes, size: int, one_hot: layers.Layer | None) -> keras.Model:
    """Windows to probabilities `(batch, size)`; without a layer `one_hot` they come as one-hot numbers."""
    return keras.Sequential(
        [
            keras.Input((LENGTH,), dtype="int32") if one_hot else keras.Input((LENGTH, size)),
            *([one_hot] if one_hot else []),
            layers.LSTM(sizes.window_units, return_sequences=True),
            layers.Dropout(0.2),
            layers.LSTM(sizes.window_units),
            layers.Dropout(0.2),
            layers.Dense(size, activation="softmax"),
        ]
    )


def train_windows(sizes: Sizes, corpus: Corpus, limit: float) -> Outcome:
    """The same for the document's recipe, made one-hot batch by batch; after `limit` seconds it stops."""
    runtime.setup(seed=1)
    one_hot = layers.Lambda(lambda ids: ops.one_hot(ids, corpus.size), output_shape=(LENGTH, corpus.size))
    model = document(sizes, corpus.size, one_hot)
    model.compile("adam", "sparse_categorical_crossentropy")
    batches, held_out = (Windows(poems, sizes.window_batch) for poems in (corpus.train, corpus.held_out))
    warm_up(model, batches)

    # One-hot times a matrix looks up a row of it. Scored so, it is the same numbers in a tenth of the time.
    lookup = layers.Embedding(corpus.size, 4 * sizes.window_units)
    quick = document(sizes, corpus.size, lookup)
    unit = np.eye(4 * sizes.window_units)
    read = runtime.compiled(functools.partial(quick, training=False), quick)

    def score() -> float:
        matrix, *others = model.get_weights()
        quick.set_weights([matrix, unit, *others])
        found = []
        for windows, characters in map(held_out.__getitem__, range(len(held_out))):
            found.append(ops.convert_to_numpy(read(windows))[np.arange(len(characters)), characters])
        return -math.exp(-np.log(np.concatenate(found)).mean())

    score()
    same = [ops.convert_to_numpy(way(batches[0][0][:4])) for way in (model, quick)]
    np.testing.assert_allclose(*same, rtol=1e-3, atol=1e-6)
    clock = Clock(score, sizes.window_every, -sizes.target, limit)
    model.fit(batches, shuffle=False, callbacks=[clock], verbose=0)
    return clock.outcome


def hold_windows(sizes: Sizes, corpus: Corpus, count: int) -> None:
    """One step of the document's recipe with `count` windows in memory, one-hot, four bytes a number."""
    windows, characters = Windows(corpus.train, count)[0]
    one_hot = np.zeros((count, LENGTH, corpus.size), "float32")
    np.put_along_axis(one_hot, windows[..., None], 1, axis=-1)
    model = document(sizes, corpus.size, None)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(one_hot, characters, batch_size=sizes.window_batch, steps_per_epoch=1, verbose=0)


def benchmark(tiny: bool) -> list[Row]:
    """The rows."""
    sizes = TINY if tiny else Sizes()
    corpus = read(sizes, "bundled" if tiny else "auto")
    ours, _, our_peak = apart(train_ours, sizes, corpus)
    print(f"ours: perplexity {-ours.best:,.0f} after {ours.seconds:.1f} s, {ours.steps:,} steps")
    if not ours.reached:
        raise SystemExit(f"ours never reached a perplexity of {sizes.target:g}")
    windows = train_windows(sizes, corpus, sizes.limit * ours.seconds)
    print(f"windows: perplexity {-windows.best:,.0f} after {windows.seconds:.1f} s, {windows.steps:,} steps")

    characters = sum(map(len, corpus.train))
    one = 4 * LENGTH * corpus.size  # bytes of a window
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    count = min(sizes.in_memory, characters, int(0.4 * memory / (3 * one)))
    _, _, windows_peak = apart(hold_windows, sizes, corpus, count)
    sample = "" if corpus.source == "full" else "bundled sample"
    all_windows = f"all {characters:,} would take {characters * windows_peak / count / 1e9:,.0f} GB"
    note = (
        f"ours while training on {characters:,} characters; the windows in one step with {count:,} of theirs "
        f"in memory, {windows_peak / count / 1e6:.1f} MB each, copies among it ({all_windows}): a lower bound"
    )
    bound = lower_bound([windows], lambda score: f"perplexity {-score:,.0f}")
    return [
        compare(
            "poetry",
            f"seconds to a held-out perplexity of {sizes.target:,.0f} per character",
            [ours.seconds],
            [windows.seconds],
            WINDOWS,
            40.0,
            note="; ".join(filter(None, (sample, bound))),
        ),
        compare(
            "poetry",
            "peak memory of training, MB",
            [our_peak / 1e6],
            [windows_peak / 1e6],
            WINDOWS,
            20.0,
            note="; ".join(filter(None, (sample, note))),
        ),
    ]


if __name__ == "__main__":
    main(benchmark)
