"""What compiled decoding in batches gains over `model.predict` once per token, one sentence at a time.

    python benchmarks/translation_decoding.py [--tiny]

A translator of the size of recipe 05, with random weights, translates the same sentences in both ways, each
to a length of its own, and the translations must be identical. Then beam search of width 5. Printed:
sentences per second and ratios, compiling left out.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from helpers import decoding, runtime, text

# isort: split
import keras
import numpy as np
from keras import layers, ops

SIZES = {False: (4_000, 256, 384, 1_000, 30), True: (200, 16, 24, 60, 3)}  # by `--tiny`


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


def timed(function: Callable) -> tuple[list[str], float]:
    """What it returns, and the seconds of its second call."""
    function()
    started = time.perf_counter()
    return function(), time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="a small network, a few seconds: does it run?")
    pieces, width, units, many, few = SIZES[parser.parse_args().tiny]
    keras.utils.set_random_seed(1)
    random = np.random.default_rng(1)
    lengths = random.integers(4, 15, many)  # of a Tatoeba sentence, more or less
    sources = [random.integers(4, pieces, length) for length in lengths]
    network = Network(pieces, width, units)

    one_by_one(network, sources[-5:], lengths[-5:])  # compiles, for any length after the second
    started = time.perf_counter()
    usual = one_by_one(network, sources[:few], lengths[:few])
    usual_speed = few / (time.perf_counter() - started)
    print(f"predict per token    {usual_speed:10,.2f} sentences/s ({few} sentences, {pieces:,} pieces)")
    for name, beam in (("greedy, batched", 1), ("beam of 5, batched", 5)):
        found, seconds = timed(batched(network, sources, lengths, beam))
        if beam == 1 and found[:few] != usual:
            wrong = next(number for number in range(few) if found[number] != usual[number])
            raise SystemExit(f"sentence {wrong}: {found[wrong]!r} batched, {usual[wrong]!r} by predict")
        speed = many / seconds
        print(f"{name:<20} {speed:10,.2f} sentences/s, {speed / usual_speed:,.0f} times as many")
    print(f"greedy: the first {few} translations are identical")


if __name__ == "__main__":
    main()
