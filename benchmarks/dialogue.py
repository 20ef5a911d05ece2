"""Slots and intents: requests learnt from and tagged in a second, in Keras and in PyTorch; beside TF-IDF.

    python benchmarks/dialogue.py [--tiny] [--json FILE]

Both taggers are that of recipe 09 without its letters: word vectors, a bidirectional GRU, a linear-chain CRF,
Adam, gradients clipped by norm. In PyTorch the CRF is the package `pytorch-crf`. They begin with the same
weights, and their losses and their best tags must agree. Both see the same padded batches in the same order.
The last row has the network of part 1, with an intent for each request, beside TF-IDF and a linear SVM, which
is the quicker one. Compiling takes no part.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from measure import Row, compare, has_torch, in_turn, main
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from training import answers, copy_weights

from helpers import datasets, runtime, text

# isort: split
import keras
from keras import layers, ops

NEVER = -1e9
DROPOUT = 0.3
RATE = 1e-3
TORCH = "PyTorch nn.GRU and pytorch-crf, same network"


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much is trained and tagged."""

    vector: int = 128
    units: int = 128
    batch: int = 64
    batches: int = 60  # of a round
    rounds: int = 5


TINY = Sizes(vector=8, units=8, batch=8, batches=4, rounds=1)


def only_o(emissions):
    """Like emissions, but 0 for O and −1e9 for all other tags."""
    return ops.where(ops.arange(emissions.shape[-1]) == 0, 0 * emissions, NEVER)


def walk(step, emissions):
    """`step(totals, emission)` along the sentences; totals (batch, tags) begin at O."""
    return ops.scan(step, only_o(emissions[:, 0]), ops.transpose(emissions, (1, 0, 2)))


class Chain(layers.Layer):
    """The CRF of the recipe: emissions (batch, steps, tags), the last step padding → the best tags."""

    supports_masking = True  # it has the mask as its second argument

    def build(self, shape):
        self.learnt = self.add_weight((shape[-1], shape[-1]), "zeros", name="transitions")

    def call(self, emissions, real):
        emissions = ops.where(real[..., None], emissions, only_o(emissions))
        return {"emissions": emissions, "tags": self.best(emissions)}

    def best(self, emissions):
        def there(best, emission):
            best = ops.max(best[:, :, None] + self.learnt, axis=1) + emission
            return best, best

        def back(tag, best):
            best = best + ops.take(ops.transpose(self.learnt), tag, axis=0)
            tag = ops.cast(ops.argmax(best, axis=1), "int32")
            return tag, tag

        best = walk(there, emissions)[1]
        end = ops.zeros_like(best[0, :, 0], dtype="int32")
        return ops.transpose(ops.scan(back, end, best, reverse=True)[1])

    def loss(self, tags, emissions):
        """(batch,): minus the log-probability of the true tags (batch, steps)."""

        def step(totals, emission):
            top = ops.max(totals, axis=1, keepdims=True)
            sums = ops.matmul(ops.exp(totals - top), ops.exp(self.learnt))
            totals = ops.log(ops.maximum(sums, 1e-30)) + top + emission
            return totals, totals

        tags = ops.cast(tags, "int32")
        before = ops.pad(tags, [[0, 0], [1, 0]])[:, :-1]
        pairs = ops.take(self.learnt, before * emissions.shape[-1] + tags)
        score = ops.take_along_axis(emissions, tags[..., None], axis=2)[..., 0] + pairs
        return ops.logsumexp(walk(step, emissions)[0], axis=1) - ops.sum(score, axis=1)


class Batches(keras.utils.PyDataset):
    """Words and tags of requests of about one length, the last step padding; the same in every epoch."""

    def __init__(self, pairs: list[tuple[np.ndarray, np.ndarray]]):
        super().__init__()
        self.pairs = pairs

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        words, tags = self.pairs[index]
        return words, {"emissions": tags}


def read(sizes: Sizes, source: str) -> tuple[Batches, int, int, str]:
    """Batches, words of the vocabulary, number of tags, and `"full"` or `"sample"`."""
    data = datasets.slots(source)
    rows = data.train.rows()
    known = text.Vocabulary.fit([words for words, _, _ in rows], min_count=2)
    pairs = []
    lengths = [len(words) for words, _, _ in rows]
    for chosen in text.length_buckets(lengths, sizes.batch, seed=1)[: sizes.batches]:
        steps = 1 + max(lengths[number] for number in chosen)
        words = text.pad([known.encode(rows[number][0]) for number in chosen], steps)
        tags = np.zeros(words.shape, "int32")  # O, also at padding
        for row, number in zip(tags, chosen, strict=True):
            row[: lengths[number]] = [data.tags.index(tag) for tag in rows[number][1]]
        pairs.append((words, tags))
    return Batches(pairs), len(known), len(data.tags), data.source


def recurrent(sizes: Sizes) -> layers.Layer:
    return layers.Bidirectional(layers.GRU(sizes.units, return_sequences=True), name="encoder")


def build(sizes: Sizes, words: int, tags: int) -> keras.Model:
    """The tagger in Keras; its layers carry the names that the twin in PyTorch gives them."""
    inputs = keras.Input((None,), dtype="int32")
    real = ops.not_equal(inputs, text.PAD)
    vectors = layers.Dropout(DROPOUT)(layers.Embedding(words, sizes.vector, name="vectors")(inputs))
    hidden = layers.Dropout(DROPOUT)(recurrent(sizes)(vectors, mask=real))
    return keras.Model(inputs, Chain(name="crf")(layers.Dense(tags, name="emit")(hidden), real))


def build_twin(model: keras.Model, sizes: Sizes, words: int, tags: int):
    """The same network in PyTorch, with the weights of `model`."""
    import torch
    import torchcrf
    from torch import nn
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    class Twin(nn.Module):
        def __init__(self):
            super().__init__()
            self.vectors = nn.Embedding(words, sizes.vector)
            self.encoder = nn.GRU(sizes.vector, sizes.units, batch_first=True, bidirectional=True)
            self.emit = nn.Linear(2 * sizes.units, tags)
            self.crf = torchcrf.CRF(tags, batch_first=True)
            self.dropout = nn.Dropout(DROPOUT)

        def forward(self, inputs):
            """(batch, steps) → emissions, and what is a word: the last step, all padding, is left out."""
            real = inputs[:, :-1] != text.PAD
            packed = pack_padded_sequence(
                self.dropout(self.vectors(inputs)), real.sum(dim=1).cpu(), True, enforce_sorted=False
            )
            hidden, _ = pad_packed_sequence(self.encoder(packed)[0], batch_first=True)
            return self.emit(self.dropout(hidden)), real

    twin = Twin()
    for name in ("vectors", "encoder", "emit"):
        copy_weights(model.get_layer(name), getattr(twin, name))
    for parameter in twin.crf.parameters():  # as ours: nothing is known of the transitions yet
        nn.init.zeros_(parameter)
    return twin.to("cuda" if torch.cuda.is_available() else "cpu")


def against_torch(sizes: Sizes, source: str) -> list[Row]:
    """The rows of training and of tagging."""
    import torch

    batches, words, tags, source = read(sizes, source)
    model = build(sizes, words, tags)
    losses = {"emissions": model.get_layer("crf").loss}
    model.compile(keras.optimizers.Adam(RATE, global_clipnorm=1.0), losses)
    twin = build_twin(model, sizes, words, tags)
    optimizer = torch.optim.Adam(twin.parameters(), RATE, eps=1e-7)
    device = next(twin.parameters()).device
    there = [[torch.from_numpy(part).long().to(device) for part in pair] for pair in batches.pairs]

    def loss(pair):
        emissions, real = twin(pair[0])
        return -twin.crf(emissions, pair[1][:, :-1], real, reduction="mean")

    def tag_by_torch():
        with torch.no_grad():
            return [twin.crf.decode(*twin(inputs)) for inputs, _ in there]

    run = answers_of_tags(model)

    def tag_by_keras():
        return [run(inputs) for inputs, _ in batches.pairs]

    twin.eval()
    for index in range(min(3, len(batches))):
        inputs, targets = batches[index]
        found = model(inputs, training=False)["emissions"]
        ours = float(np.mean(ops.convert_to_numpy(losses["emissions"](targets["emissions"], found))))
        with torch.no_grad():
            np.testing.assert_allclose(ours, float(loss(there[index])), rtol=1e-3)

    def by_keras() -> None:
        model.fit(batches, shuffle=False, verbose=0)

    def by_torch() -> None:
        twin.train()
        for pair in there:
            optimizer.zero_grad()
            found = loss(pair)
            found.backward()
            torch.nn.utils.clip_grad_norm_(twin.parameters(), 1.0)
            optimizer.step()
        float(found.detach())  # waits for a GPU
        twin.eval()

    requests = sum(len(inputs) for inputs, _ in batches.pairs)
    note = "" if source == "full" else "bundled sample"
    rows = []
    for measure, ways in (
        ("requests learnt from in a second", {"ours": by_keras, TORCH: by_torch}),
        ("requests tagged in a second", {"ours": tag_by_keras, TORCH: tag_by_torch}),
    ):
        seconds = in_turn(ways, sizes.rounds)
        speeds = [[requests / one for one in seconds[name]] for name in ("ours", TORCH)]
        rows.append(compare("dialogue, slots", measure, *speeds, TORCH, better="more", note=note))
    return rows


def answers_of_tags(model: keras.Model):
    """A compiled function: (batch, steps) words → (batch, steps) tags."""
    run = runtime.compiled(lambda inputs: model(inputs, training=False)["tags"], model)
    return lambda inputs: ops.convert_to_numpy(run(inputs))


def against_svm(sizes: Sizes, source: str) -> Row:
    """Requests answered in a second: neither way is trained for long, which changes no time."""
    data = datasets.intents(source)
    texts, name = list(data.train.texts), "TF-IDF and linear SVM"
    known = text.Vocabulary.fit([line.lower().split() for line in texts], min_count=2)
    svm = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LinearSVC())
    svm.fit(texts, data.train.intents)
    inputs = keras.Input((None,), dtype="int32")
    hidden = recurrent(sizes)(layers.Embedding(len(known), sizes.vector)(inputs))
    network = keras.Model(inputs, layers.Dense(1 + len(data.classes))(ops.max(hidden, axis=1)))
    some = list(data.test.texts)[: sizes.batch * sizes.batches]
    run = answers(network)

    def ours():
        rows = [known.encode(line.lower().split()) for line in some]
        buckets = text.length_buckets([len(row) for row in rows], 500, seed=1)
        return run([text.pad([rows[number] for number in chosen]) for chosen in buckets])

    seconds = in_turn({"ours": ours, name: lambda: svm.decision_function(some)}, sizes.rounds)
    speeds = [[len(some) / one for one in seconds[way]] for way in ("ours", name)]
    note = "" if data.source == "full" else "bundled sample"
    measure = "requests answered in a second, strings in"
    return compare("dialogue, intents", measure, *speeds, name, better="more", note=note)


def benchmark(tiny: bool) -> list[Row]:
    """The rows."""
    sizes, source = (TINY, "bundled") if tiny else (Sizes(), "auto")
    runtime.setup(seed=1)
    rows = against_torch(sizes, source) if has_torch() else []
    return [*rows, against_svm(sizes, source)]


if __name__ == "__main__":
    main(benchmark)
