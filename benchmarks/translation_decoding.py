"""What compiled decoding in batches gains over `model.predict` once per token, one sentence at a time.

    python benchmarks/translation_decoding.py [--tiny] [--json FILE]

A translator of the size of recipe 05, with random weights, translates sentences in both ways, each to a
length of its own, and the greedy translations must be identical. Then beam search of width 5 against the same
greedy `predict`, which does a fifth of the work. Compiling is left out.
"""

from __future__ import annotations

from collections.abc import Callable

from measure import Row, compare, in_turn, main

from helpers import decoding, runtime, text

# isort: split
import keras
import numpy as np
from keras import layers, ops

SIZES = {False: (4_000, 256, 384, 14, 100, 3), True: (200, 16, 24, 3, 4, 1)}  # by `tiny`
GOALS = {1: 300, 5: 50}  # times `predict` per token, by width of the beam
USUAL = "`predict` per token, greedy, one sentence at once"


class Network:
    """The layers of a translator: bidirectional GRU, GRU, attention after it, tied softmax."""

    def __init__(self, pieces: int, width: int, units: int):
        spread = keras.initializers.RandomNormal(seed=1)
        self.reading = layers.Embedding(pieces, width, embeddings_initializer=spread)
        self.reader = layers.Bidirectional(layers.GRU(width, return_sequences=True, return_state=True))
        self.first_state = layers.Dense(units, activation="tanh")
        self.keys = layers.Dense(units, use_bias=False)
        self.writing = layers.ReversibleEmbedding(pieces, width, embeddings_initializer=spread)
        self.writer = layers.GRU(units, return_sequences=True, return_state=True)
        self.attention = layers.Attention()
        self.mixer = layers.Dense(width, activation="tanh")

        source = keras.Input((None,), dtype="int32")
        mask = ops.not_equal(source, text.PAD)
        memory, *both = self.reader(self.reading(source), mask=mask)
        state = self.first_state(layers.Concatenate()(both))
        self.encoder = keras.Model(source, [state, memory, self.keys(memory), mask])

        token = keras.Input((1,), dtype="int32")
        states = [keras.Input(tensor.shape[1:], dtype=tensor.dtype) for tensor in self.encoder.outputs]
        output, state = self.writer(self.writing(token), initial_state=states[0])
        self.decoder = keras.Model([token, *states], [self.scores(output, *states[1:]), state])

    def scores(self, output, memory, keys, mask):
        """Logits `(B, T, pieces)` of the writer's output `(B, T, units)`."""
        context = self.attention([output, memory, keys], mask=[None, mask])
        return self.writing(self.mixer(ops.concatenate([output, context], axis=-1)), reverse=True)

    def step(self, tokens, states):
        """One step of `helpers.decoding`."""
        state, *rest = states
        output, [state] = self.writer.cell(self.writing(tokens), [state])
        return self.scores(output[:, None], *rest)[:, 0], [state, *rest]


def one_by_one(network: Network, sources: list[np.ndarray], lengths: np.ndarray) -> list[str]:
    """The usual way: `predict` for each token of each sentence."""
    found = []
    for source, length in zip(sources, lengths, strict=True):
        state, *rest = network.encoder.predict(source[None], verbose=0)
        tokens = [text.START]
        while len(tokens) <= length and tokens[-1] != text.END:
            logits, state = network.decoder.predict([np.array([tokens[-1:]]), state, *rest], verbose=0)
            logits[..., text.PAD] = -np.inf
            tokens.append(int(logits[0, -1].argmax()))
        found.append(" ".join(map(str, tokens[1:])))
    return found


def batched(network: Network, sources: list[np.ndarray], lengths: np.ndarray, width: int) -> Callable:
    """A function that translates all sentences at once, with `helpers.decoding`."""
    weights = [network.encoder, network.writing, network.writer, network.mixer]
    decoder = decoding.Decoder(network.step, weights)
    encode = runtime.compiled(network.encoder, network.encoder)
    forced = decoding.prompts([[]] * len(sources), int(max(lengths)))
    forced[np.arange(forced.shape[1]) >= np.array(lengths)[:, None]] = text.PAD

    def translate() -> list[str]:
        states = encode(text.pad(sources))
        if width == 1:
            tokens = decoder.sample(states, forced, start=text.START, end=text.END, temperature=0).tokens
        else:
            options = {"start": text.START, "end": text.END, "width": width, "forced": forced}
            tokens = decoder.beam_search(states, forced.shape[1], **options).tokens[:, 0]
        return [" ".join(map(str, row[row != text.PAD])) for row in tokens]

    return translate


def benchmark(tiny: bool) -> list[Row]:
    """Sentences per second."""
    pieces, width, units, longest, copies, rounds = SIZES[tiny]
    runtime.setup(seed=1)
    random = np.random.default_rng(1)
    # The slow way gets few sentences, one of each length; the quick one copies of these lengths.
    lengths = np.tile(random.permutation(np.arange(longest // 3 + 1, longest + 1)), copies)
    few, many = len(lengths) // copies, len(lengths)
    sources = [random.integers(4, pieces, length) for length in lengths]
    network = Network(pieces, width, units)

    ways = {f"beam of {beam}": batched(network, sources, lengths, beam) for beam in GOALS}
    ways[USUAL] = lambda: one_by_one(network, sources[:few], lengths[:few])
    first = {name: way() for name, way in ways.items()}  # it compiles too
    for ours, usual in zip(first["beam of 1"], first[USUAL], strict=False):
        if ours != usual:
            raise SystemExit(f"another translation: {ours!r} batched, {usual!r} by `predict`")
    seconds = in_turn(ways, rounds, warm_up=0)
    usual, found = [few / each for each in seconds[USUAL]], []
    for beam, goal in GOALS.items():
        speeds = [many / each for each in seconds[f"beam of {beam}"]]
        how = "greedy" if beam == 1 else f"beam of {beam}"
        measure = f"sentences per second, {how}, {many:,} at once"
        found.append(compare("translation decoding", measure, speeds, usual, USUAL, goal, better="more"))
    return found


if __name__ == "__main__":
    main(benchmark)
