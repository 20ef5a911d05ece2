"""What one compiled loop for whole chorales gains over one call per token.

    python benchmarks/chorales.py [--tiny] [--json FILE]

The network *voices* of recipe 10 gives alto, tenor and bass to the sopranos of the test part, greedily, in
three ways: whole chorales in one call of `helpers.decoding`, one or 64 at once; a compiled step for each
token, the choice made in NumPy; `predict` of all that is written so far for each token. The last one does the
first steps alone, where it has least to read, and is taken to go on at that speed, which favours it. All must
write the same, ties apart. The weights are random: they do not change the time. Compiling does not count.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Callable

import numpy as np
from measure import Row, compare, in_turn, main
from poetry_decoding import one_step

from helpers import datasets, decoding, runtime

# isort: split
import keras
from keras import layers, ops

SIZE, VOICES = 90, np.arange(4, dtype="int32")  # kinds of tokens, of voices
NO_SHIFT = 12  # in the key that it has
PREDICT, STEPS = "`predict` per token", "compiled step per token"


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much is harmonised."""

    vector: int = 48
    units: int = 256
    many: int = 64  # chorales at once
    few: int = 8  # steps that `predict` does
    rounds: int = 5


TINY = Sizes(vector=4, units=8, many=3, few=4, rounds=1)


class Choir:
    """The network as one model, for `predict`, and as one step for `helpers.decoding`."""

    def __init__(self, sizes: Sizes):
        tables = [layers.Embedding(4 * SIZE, sizes.vector) for _ in range(9)]
        self.flat = layers.Reshape((-1, 4 * sizes.vector))
        self.ears = tables[0], layers.Dense(sizes.units), layers.Embedding(25, sizes.units)
        self.gru = layers.GRU(sizes.units, return_sequences=True)
        heads = [(layers.Dense(sizes.units, "relu"), layers.Dense(SIZE)) for _ in VOICES]
        self.singers = [(*tables[1 + 2 * n : 3 + 2 * n], *head) for n, head in enumerate(heads)]
        self.layers = [*self.ears, self.gru, *itertools.chain(*self.singers)]
        tokens, shift = keras.Input((None, 4), dtype="int32"), keras.Input((), dtype="int32")
        before = ops.pad(tokens, ((0, 0), (1, 0), (0, 0)))[:, :-1]
        known = self.gru(self.hear(before, shift)), before, tokens
        logits = ops.stack([self.sing(voice, *known) for voice in range(4)], axis=2)
        self.model = keras.Model([tokens, shift], logits)

    def hear(self, before, shift):
        """What was sung a step earlier, as the GRU takes it."""
        table, gather, keys = self.ears
        return gather(self.flat(table(before + SIZE * VOICES))) + keys(shift)[:, None]

    def sing(self, voice: int, memory, before, now):
        """Logits (chorales, steps, SIZE) of one voice, which knows the voices above it."""
        earlier, above, hidden, answer = self.singers[voice]
        known = [memory, self.flat(earlier(before + SIZE * VOICES))]
        known.append(self.flat(above(now * (voice > VOICES) + SIZE * VOICES)))
        return answer(hidden(ops.concatenate(known, axis=-1)))

    def step(self, token, states):
        """Takes soprano, alto, tenor, bass, soprano, …; the GRU moves on after the bass."""
        voice, before, now, memory, shift = states
        now = ops.where(voice[:, None] == VOICES, token[:, None], now)
        same = before, now, memory

        def next_step():
            heard = self.hear(now[:, None], shift)[:, 0]
            return now, ops.zeros_like(now), self.gru.cell(heard, [memory])[0]

        before, now, memory = ops.cond(voice[0] == 3, next_step, lambda: same)
        voice, known = (voice + 1) % 4, (memory[:, None], before[:, None], now[:, None])
        singers = [lambda *known, n=n: self.sing(n, *known)[:, 0] for n in range(4)]
        return ops.switch(voice[0], singers, *known), (voice, before, now, memory, shift)

    def begin(self, rows: int) -> tuple:
        """The states before the first token."""
        zeros, memory = np.zeros((rows, 4), "int32"), np.zeros((rows, self.gru.units), "float32")
        return np.full(rows, 3, "int32"), zeros, zeros, memory, np.full(rows, NO_SHIFT, "int32")


def in_a_loop(choir: Choir, decoder: decoding.Decoder, tokens: np.ndarray) -> np.ndarray:
    """Tokens (rows, steps, 4), 0 is padding → the same with three voices anew."""
    forced = np.where((tokens > 0) & (VOICES > 0), decoding.FREE, tokens).reshape(len(tokens), -1)
    states = choir.begin(len(tokens))
    return decoder.sample(states, forced, start=0, temperature=0).tokens.reshape(tokens.shape)


def by_token(choir: Choir, tokens: np.ndarray, step: Callable | None = None) -> np.ndarray:
    """As `in_a_loop`, by one call of `step` for each token; without it, by `predict` of all steps so far."""
    tokens, token, states = tokens.copy(), np.zeros(len(tokens), "int32"), choir.begin(len(tokens))
    for place, voice in np.ndindex(*tokens.shape[1:]):
        if step:
            logits, states = step(token, states)
            logits = ops.convert_to_numpy(logits)
        elif voice:
            begun = [tokens[:, : place + 1], states[-1]]
            logits = choir.model.predict(begun, batch_size=len(tokens), verbose=0)[:, place, voice]
        token = tokens[:, place, voice]  # a view
        if voice:
            token[:] = np.where(token > 0, 1 + logits[:, 1:].argmax(axis=1), 0)
    return tokens


def benchmark(tiny: bool) -> list[Row]:
    """Chorales in a second: one at once, of middling length, then many."""
    sizes = TINY if tiny else Sizes()
    runtime.setup(seed=1)
    data, choir = datasets.chorales("bundled" if tiny else "auto"), Choir(sizes)
    decoder, step = decoding.Decoder(choir.step, choir.layers), one_step(choir)
    note, rows = "" if data.source == "full" else "bundled sample", []
    one = sorted(data.test, key=len)[len(data.test) // 2]
    for tokens in map(datasets.as_tokens, ([one], data.test[: sizes.many])):
        few = tokens[:, : sizes.few]
        ways = {"ours": functools.partial(in_a_loop, choir, decoder, tokens)}
        ways |= {PREDICT: functools.partial(by_token, choir, few)}
        ways |= {STEPS: functools.partial(by_token, choir, tokens, step)}
        ours = ways["ours"]()
        for name, way in ways.items():
            found = way()
            same = np.all(found == ours[:, : found.shape[1]], axis=(1, 2))
            if same.mean() < 0.9:  # rounding may decide a tie in another way, and so all that comes after it
                raise SystemExit(f"{same.sum()} of {len(same)} chorales are the same by {name} and in a loop")
        seconds = in_turn(ways, sizes.rounds)
        done = {way: len(tokens) for way in ways} | {PREDICT: len(tokens) * few.shape[1] / tokens.shape[1]}
        speeds = {way: [done[way] / each for each in seconds[way]] for way in ways}
        what, measure = f"chorales, {len(tokens)} at once", "chorales harmonised in a second, greedily"
        for way in (PREDICT, STEPS):
            rows.append(compare(what, measure, speeds["ours"], speeds[way], way, better="more", note=note))
    return rows


if __name__ == "__main__":
    main(benchmark)
