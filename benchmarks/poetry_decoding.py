"""What one compiled loop for whole poems gains over one call per character.

    python benchmarks/poetry_decoding.py [--tiny] [--json FILE]

A poet of the size of recipe 04 writes poems of 28 characters in three ways: by `model.predict` for each
character; by a compiled step for each, the choice made in NumPy; by `helpers.decoding`, whole poems in one
call, one or 64 at once, some of it with XLA, too. The weights are random, which makes no difference to the
time; compiling is left out. Greedily, all of them must write the same poems. `predict` always writes one poem
at once; in place of a filter it draws from the whole softmax, in place of a beam it takes the likeliest
character.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from measure import Row, compare, in_turn, main

from helpers import decoding, runtime, text

# isort: split
import keras
import numpy as np
from keras import layers

SIZES = {False: (5_400, 256, 512, 28, 3), True: (200, 16, 24, 3, 1)}  # by `tiny`
MANY = 64  # poems at once
AGAIN = 8  # poems that the quick ways write one after another, to be measured
PREDICT, STEPS = "`predict` per character", "compiled step per character"
WANTED = {1: 80, MANY: 700}  # times `predict` per character, by poems at once
SAMPLERS = {
    "greedy": {"temperature": 0},
    "pure sampling": {},
    "top-k 40": {"top_k": 40},
    "nucleus 0.9": {"top_p": 0.9},
    "min-p 0.1": {"min_p": 0.1},
    "recipe 04: 0.9, 0.01": {"temperature": 0.9, "min_p": 0.01},
}


MAIN = ("greedy", "pure sampling")  # measured with XLA, too, against a compiled step, and one poem at once


class Poet:
    """A GRU with a tied softmax, as one model for `predict` and as one step for `helpers.decoding`."""

    def __init__(self, characters: int, width: int, units: int):
        spread = keras.initializers.RandomNormal(seed=1)
        self.table = layers.ReversibleEmbedding(characters, width, embeddings_initializer=spread)
        self.gru = layers.GRU(units, return_sequences=True, return_state=True)
        self.wish = layers.Dense(width)
        token, state = keras.Input((1,), dtype="int32"), keras.Input((units,))
        output, after = self.gru(self.table(token), initial_state=state)
        self.model = keras.Model([token, state], [self.table(self.wish(output), reverse=True), after])

    @property
    def layers(self) -> list[layers.Layer]:
        """The layers whose weights `step` uses."""
        return [self.table, self.gru, self.wish]

    def step(self, tokens, state):
        """One step of `helpers.decoding`."""
        output, [state] = self.gru.cell(self.table(tokens), [state])
        return self.table(self.wish(output), reverse=True), state

    def predict(self, tokens, state):
        """The same by `model.predict`."""
        logits, state = self.model.predict([tokens[:, None], state], verbose=0)
        return logits[:, 0], state


def one_step(poet: Poet) -> Callable:
    """`poet.step` compiled, to be called once per character."""
    if keras.backend.backend() != "tensorflow":
        return runtime.compiled(poet.step, poet.layers)
    import tensorflow as tf

    return tf.function(poet.step, autograph=False)  # bare, without what `runtime.compiled` adds to each call


def by_character(step: Callable, state: np.ndarray, length: int, random: np.random.Generator | None):
    """Poems `(rows, length)`, one call of `step` per character; the likeliest one without `random`."""
    poem = [np.full(len(state), text.START, "int32")]
    for _ in range(length):
        logits, state = step(poem[-1], state)
        logits = np.array(logits)
        logits[:, text.PAD] = -np.inf
        if random:
            shares = np.exp(logits - logits.max(axis=1, keepdims=True)).cumsum(axis=1)
            chosen = (shares < shares[:, -1:] * random.random((len(state), 1))).sum(axis=1)
        else:
            chosen = logits.argmax(axis=1)
        poem.append(chosen.astype("int32"))
    return np.stack(poem[1:], axis=1)


def benchmark(tiny: bool) -> list[Row]:
    """Characters per second: one poem at once, then 64."""
    characters, width, units, length, rounds = SIZES[tiny]
    runtime.setup(seed=1)
    poet, random = Poet(characters, width, units), np.random.default_rng(1)
    step = one_step(poet)
    decoder, with_xla = (decoding.Decoder(poet.step, poet.layers, jit_compile=xla) for xla in (False, True))
    usual = by_character(poet.predict, np.zeros((1, units), "float32"), length, None)

    found = []
    for many in (1, MANY):
        states, free = np.zeros((many, units), "float32"), np.full((many, length), decoding.FREE)
        sample = functools.partial(decoder.sample, states, free, start=text.START)
        xla = functools.partial(with_xla.sample, states, free, start=text.START)
        beam = functools.partial(decoder.beam_search, states, length, start=text.START, end=None, width=5)
        greedy = {"a loop": sample(temperature=0).tokens, "with XLA": xla(temperature=0).tokens}
        greedy["steps"] = by_character(step, states, length, None)
        for name, poems in greedy.items():
            if not (poems == usual).all():
                raise SystemExit(f"other poems, {many} at once: {name} {poems[0]}, `predict` {usual[0]}")

        measured = {name: functools.partial(sample, **settings) for name, settings in SAMPLERS.items()}
        for name in MAIN:
            measured[f"{name}, XLA"] = functools.partial(xla, **SAMPLERS[name])
        for name, write in (measured | {"beam of 5": beam}).items():
            main_one = name.removesuffix(", XLA") in MAIN
            draws = None if name.startswith(("greedy", "beam")) else random
            usual_way = functools.partial(by_character, poet.predict, states[:1], length, draws)
            steps = functools.partial(by_character, step, states, length, draws)
            times = AGAIN if many == 1 else 1
            ways = {"ours": functools.partial(repeat, write, times), PREDICT: usual_way}
            goals = {}
            if main_one:
                ways[STEPS] = functools.partial(repeat, steps, times)
                goals = {PREDICT: WANTED[many], STEPS: 2 if many == 1 else None}
            elif many == 1:
                continue
            seconds = in_turn(ways, rounds)
            poems = {way: 1 if way == PREDICT else many * times for way in ways}
            speeds = {way: [poems[way] * length / each for each in seconds[way]] for way in ways}
            what, measure = f"poetry decoding, {many} at once", f"characters per second, {name}"
            for way in list(ways)[1:]:
                row = (speeds["ours"], speeds[way], way, goals.get(way))
                found.append(compare(what, measure, *row, better="more"))
    return found


def repeat(function: Callable, times: int) -> None:
    """Call a function some times."""
    for _ in range(times):
        function()


if __name__ == "__main__":
    main(benchmark)
