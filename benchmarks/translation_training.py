"""Target tokens per second of training a translator, in Keras and in PyTorch.

    python benchmarks/translation_training.py [--tiny] [--json FILE]

Both train the network of recipe 05 (bidirectional GRU, GRU, attention after it, tied softmax; label
smoothing, Adam, gradients clipped by norm) from the same weights, on the same padded batches of English and
French in the same order. First their losses must agree. Padding counts as no token; compiling and padding
take no part.
"""

from __future__ import annotations

import dataclasses
import io

import numpy as np
from measure import Row, compare, has_torch, in_turn, main
from training import copy_weights

from helpers import datasets, runtime, text

# isort: split
import keras
import sentencepiece
from keras import layers, ops

SMOOTHING = 0.1
DROPOUT = 0.1
RATE = 1e-3


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much is trained."""

    pairs: int = 20_000
    pieces: int = 4_000
    width: int = 256  # numbers per piece, and units of the encoder each way
    units: int = 384
    batch: int = 64
    batches: int = 60  # of a round
    rounds: int = 5


TINY = Sizes(pairs=400, pieces=200, width=16, units=24, batch=16, batches=4, rounds=1)


class Batches(keras.utils.PyDataset):
    """Padded batches: (source, target so far), target; the same ones in every epoch."""

    def __init__(self, pairs: list):
        super().__init__()
        self.pairs = pairs

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int):
        source, target = self.pairs[index]
        return (source, target[:, :-1]), target[:, 1:]


def learn_pieces(sentences: list[str], size: int) -> sentencepiece.SentencePieceProcessor:
    """Word pieces of these sentences."""
    learned = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_writer=learned,
        vocab_size=size,
        model_type="bpe",
        hard_vocab_limit=False,
        pad_id=text.PAD,
        unk_id=text.UNK,
        bos_id=text.START,
        eos_id=text.END,
        minloglevel=2,
    )
    return sentencepiece.SentencePieceProcessor(model_proto=learned.getvalue())


def read(sizes: Sizes, source: str) -> tuple[Batches, str]:
    """Batches of pairs of about one length, and `"full"` or `"sample"`."""
    data = datasets.translation_pairs("fra", source)
    chosen = np.random.default_rng(1).permutation(len(data.english))[: sizes.pairs]
    sides, rows = [[language[row] for row in chosen] for language in (data.english, data.foreign)], []
    for sentences, start in zip(sides, ([], [text.START]), strict=True):
        pieces = learn_pieces(sentences, sizes.pieces)
        rows.append([[*start, *row, text.END] for row in pieces.encode(sentences)])
    lengths = [len(source) / 2 + len(target) for source, target in zip(*rows, strict=True)]
    buckets = text.length_buckets(lengths, sizes.batch, seed=1)[: sizes.batches]
    batches = Batches([[text.pad([side[row] for row in some]) for side in rows] for some in buckets])
    return batches, data.source


def build(sizes: Sizes) -> keras.Model:
    """The translator in Keras; its layers carry the names that the twin in PyTorch gives them."""
    source, target = (keras.Input((None,), dtype="int32") for _ in range(2))
    real = ops.not_equal(source, text.PAD)
    embedded = layers.Dropout(DROPOUT)(layers.Embedding(sizes.pieces, sizes.width, name="reading")(source))
    encoder = layers.GRU(sizes.width, return_sequences=True, return_state=True)
    memory, *both = layers.Bidirectional(encoder, name="encoder")(embedded, mask=real)
    state = layers.Dense(sizes.units, activation="tanh", name="first_state")(ops.concatenate(both, axis=-1))
    keys = layers.Dense(sizes.units, use_bias=False, name="keys")(memory)
    spread = keras.initializers.RandomNormal(stddev=sizes.width**-0.5)
    writing = layers.ReversibleEmbedding(
        sizes.pieces, sizes.width, embeddings_initializer=spread, name="writing"
    )
    decoder = layers.GRU(sizes.units, return_sequences=True, name="decoder")
    output = decoder(layers.Dropout(DROPOUT)(writing(target)), initial_state=state)
    context = layers.Attention()([output, memory, keys], mask=[None, real])
    mix = layers.Dense(sizes.width, activation="tanh", name="mix")
    mixed = layers.Dropout(DROPOUT)(mix(ops.concatenate([output, context], axis=-1)))
    return keras.Model([source, target], writing(mixed, reverse=True))


def smoothed_loss(targets, logits):
    """Mean cross-entropy of what is no padding; all pieces share `SMOOTHING` of the probability."""
    right = keras.losses.sparse_categorical_crossentropy(targets, logits, from_logits=True)
    uniform = ops.logsumexp(logits, axis=-1) - ops.mean(logits, axis=-1)
    counts = ops.cast(ops.not_equal(targets, text.PAD), "float32")
    return ops.sum(((1 - SMOOTHING) * right + SMOOTHING * uniform) * counts) / ops.sum(counts)


def build_twin(model: keras.Model, sizes: Sizes):
    """The same network in PyTorch, with the weights of `model`."""
    import torch
    from torch import nn
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    class Twin(nn.Module):
        def __init__(self):
            super().__init__()
            self.reading = nn.Embedding(sizes.pieces, sizes.width)
            self.encoder = nn.GRU(sizes.width, sizes.width, batch_first=True, bidirectional=True)
            self.first_state = nn.Linear(2 * sizes.width, sizes.units)
            self.keys = nn.Linear(2 * sizes.width, sizes.units, bias=False)
            self.writing = nn.Embedding(sizes.pieces, sizes.width)
            self.decoder = nn.GRU(sizes.width, sizes.units, batch_first=True)
            self.mix = nn.Linear(sizes.units + 2 * sizes.width, sizes.width)
            self.dropout = nn.Dropout(DROPOUT)

        def forward(self, source, target):
            real = source != text.PAD
            packed = pack_padded_sequence(
                self.dropout(self.reading(source)),
                real.sum(dim=1).cpu(),
                batch_first=True,
                enforce_sorted=False,
            )
            memory, both = self.encoder(packed)
            memory, _ = pad_packed_sequence(memory, batch_first=True)
            state = torch.tanh(self.first_state(torch.cat([*both], dim=-1)))
            output, _ = self.decoder(self.dropout(self.writing(target)), state[None])
            scores = output @ self.keys(memory).transpose(1, 2)
            weights = scores.masked_fill(~real[:, None], -1e9).softmax(dim=-1)
            mixed = torch.tanh(self.mix(torch.cat([output, weights @ memory], dim=-1)))
            return self.dropout(mixed) @ self.writing.weight.T

    twin = Twin()
    for name, module in twin.named_children():
        if name != "dropout":
            copy_weights(model.get_layer(name), module)
    return twin.to("cuda" if torch.cuda.is_available() else "cpu")


def benchmark(tiny: bool) -> list[Row]:
    """The rows."""
    sizes = TINY if tiny else Sizes()
    runtime.setup(seed=1)
    if not has_torch():
        return []
    import torch

    batches, source = read(sizes, "bundled" if tiny else "auto")
    model = build(sizes)
    model.compile(keras.optimizers.Adam(RATE, global_clipnorm=1.0), smoothed_loss)
    twin = build_twin(model, sizes)
    optimizer = torch.optim.Adam(twin.parameters(), RATE, eps=1e-7)
    device = next(twin.parameters()).device

    def loss(index: int):
        inputs, targets = batches[index]
        logits = twin(*(torch.from_numpy(tokens).long().to(device) for tokens in inputs))
        targets = torch.from_numpy(targets).long().to(device).flatten()
        return torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), targets, ignore_index=text.PAD, label_smoothing=SMOOTHING
        )

    twin.eval()
    for index in range(3):
        inputs, targets = batches[index]
        with torch.no_grad():
            losses = float(smoothed_loss(targets, model(inputs))), float(loss(index))
        np.testing.assert_allclose(*losses, rtol=1e-3)
    twin.train()

    def by_keras() -> None:
        model.fit(batches, shuffle=False, verbose=0)

    def by_torch() -> None:
        for index in range(len(batches)):
            optimizer.zero_grad()
            found = loss(index)
            found.backward()
            torch.nn.utils.clip_grad_norm_(twin.parameters(), 1.0)
            optimizer.step()
        float(found.detach())  # waits for a GPU

    seconds = in_turn({"ours": by_keras, "torch": by_torch}, sizes.rounds)
    tokens = sum(int(np.sum(batches[index][1] != text.PAD)) for index in range(len(batches)))
    ours, theirs = ([tokens / one for one in seconds[name]] for name in ("ours", "torch"))
    note = f"batches of {sizes.batch} pairs, padding not counted"
    return [
        compare(
            "translation training",
            "target tokens per second",
            ours,
            theirs,
            "PyTorch nn.GRU, same network",
            1.0,
            better="more",
            note=note if source == "full" else f"bundled sample; {note}",
        )
    ]


if __name__ == "__main__":
    main(benchmark)
