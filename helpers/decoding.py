"""Texts out of a network: sampling, greedy and beam search, many rows at once, in one compiled loop.

decoder = Decoder(step, model)  # step(tokens (B,), states) -> logits (B, V), states
decoded = decoder.sample(states, prompts(rows, length=28), start=START, temperature=0.8, top_p=0.9)
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from helpers.runtime import compiled  # before Keras, which it keeps quiet

# isort: split
import keras
import numpy as np
from keras import ops

from helpers.text import PAD

FREE = -1  # in an array of forced tokens: here the model chooses

_BANNED = -1e8  # a logit below this is a ban, be it -1e9 or minus infinity
_KEPT = 1e30  # ranks a finished hypothesis above every candidate, so that it keeps its place in the beam
_BLOCK = 64  # tokens drawn from at once


class Decoded(NamedTuple):
    """What a decoder wrote; of a beam search, every array has an axis `n_best` after the first.

    Attributes:
        tokens: `(B, T)` int32, with `PAD` after the end.
        log_probabilities: `(B, T)` float32, natural logarithms, 0 at padding. They are the model's own, at
            temperature 1 with no filter and no constraint, of forced tokens too: what a perplexity needs.
        lengths: `(B,)`, tokens of each row, the end token counted.
        scores: `(B,)`, the sum of the log-probabilities; of a beam search, divided by its length penalty.
    """

    tokens: np.ndarray
    log_probabilities: np.ndarray
    lengths: np.ndarray
    scores: np.ndarray


def prompts(rows: Sequence[Sequence[int]], length: int) -> np.ndarray:
    """Forced tokens, `(B, length)` int32: each row's ids first, then `FREE`. A row may be empty.

    >>> prompts([[7, 5], []], length=3)
    array([[ 7,  5, -1],
           [-1, -1, -1]], dtype=int32)
    """
    forced = np.full((len(rows), length), FREE, np.int32)
    for number, row in enumerate(rows):
        if len(row) > length:
            raise ValueError(f"prompt {number} has {len(row)} tokens, more than the length {length}: cut it")
        forced[number, : len(row)] = row
    return forced


class Decoder:
    """Writes texts with `step`, one time step of a trained model. `PAD` (0) is never chosen.

    Each method runs one compiled loop over time for all rows, which ends when every row has. It is traced at
    the first call, and again for other shapes, another set of filters or another `constraint`, but not for
    other values; the weights are those of the moment of the call. So keep the decoder and the constraint.

    Args:
        step: `(tokens (B,) int32, states) -> (logits (B, V), states)`, made of `keras.ops` and built layers.
            A cell shares its layer's weights: `output, [state] = gru.cell(embedding(tokens), [state])`.
            States are any nest of tensors whose first axis is the row; hand back as it came what does not
            change, such as an encoder's outputs, and a beam search need not copy it.
        model: the layer or model, or a list of them, whose weights `step` uses.
        jit_compile: whether TensorFlow uses XLA. The loop is then quicker, but compiled anew for every shape:
            good where shapes repeat, as with poems of one form.

    A constraint, `(logits (B, V), position, tokens (B, T)) -> logits`, bans tokens where the model is free by
    taking 1e9 or infinity off their logits. It is traced into the loop, with the arrays it reads, so it is
    made of `keras.ops`; `position` is a scalar tensor, and `tokens` are those written so far, then `PAD`.
    """

    def __init__(self, step: Callable, model: Any, jit_compile: bool = False):
        def build(loop: Callable, *static: Any) -> Callable:
            return compiled(functools.partial(loop, step, *static), model, jit_compile)

        self._compiled = functools.lru_cache(maxsize=32)(build)

    def sample(
        self,
        states: Any,
        forced: np.ndarray,
        *,
        start: int | np.ndarray,
        end: int | None = None,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        min_p: float | None = None,
        seed: int = 0,
        constraint: Callable | None = None,
    ) -> Decoded:
        """Draws every row from the model, token by token; with temperature 0, takes the likeliest token.

        The order is constraint, temperature, top-k, top-p, min-p: each filter sees what the one before left,
        and keeps the likeliest token at least. The random number of a row and position depends on `seed` and
        on these two only: the same seed writes the same text, whatever the other rows are.

        Args:
            states: the states before the first token.
            forced: `(B, T)` int, the token that must stand there, `FREE` (-1) where the model chooses, `PAD`
                where a row ends. See `prompts`.
            start: the token that goes in first, or `(B,)` of them.
            end: the token after which a row holds `PAD`; None if there is none.
            temperature: divides the logits.
            top_k: keep the k likeliest tokens (Fan et al. 2018).
            top_p: keep the fewest likeliest tokens that hold this share of the probability, the nucleus
                (Holtzman et al. 2020). It sorts the vocabulary; after a `top_k`, only what that left.
            min_p: keep tokens of at least this share of the likeliest one's probability (Nguyen et al. 2024).
            seed: at least 0.
            constraint: see the class.

        Raises: `ValueError` for a value out of range, and where a constraint leaves a row no token.
        """
        forced = np.asarray(forced, np.int32)
        if forced.ndim != 2:
            raise ValueError(f"forced must have the shape (rows, length), got {forced.shape}")
        if not 0 <= temperature < np.inf:
            raise ValueError(f"temperature must be a number from 0 (greedy) upwards, got {temperature}")
        if top_k is not None and top_k < 1:
            raise ValueError(f"top_k must be at least 1, or None for no limit, got {top_k}")
        if top_p is not None and not 0 < top_p <= 1:
            raise ValueError(f"top_p must be above 0 and at most 1, got {top_p}")
        if min_p is not None and not 0 <= min_p < 1:
            raise ValueError(f"min_p must be at least 0 and below 1, got {min_p}")
        rows, length = forced.shape
        end = PAD if end is None else end
        filters, uniforms = None, np.zeros((length, rows), np.float32)
        top_k = min(top_k or 0, 2**30)
        if temperature > 0:  # what a trace depends on: the filters in use, and room for the k likeliest
            room = max(_BLOCK, 1 << (int(top_k) - 1).bit_length()) if top_k else None
            filters = (room, top_p is not None and top_p < 1, bool(min_p))
            drawn = [np.random.default_rng((seed, row)).random(length) for row in range(rows)]
            uniforms = np.array(drawn, np.float32).reshape(forced.shape).T
        tokens, log_probabilities = self._compiled(_sample, constraint, filters)(
            states,
            np.broadcast_to(np.asarray(start, np.int32), rows),
            np.int32(end),
            forced.T,
            uniforms,
            (np.float32(temperature), np.int32(top_k), np.float32(top_p or 1), np.float32(min_p or 0)),
            *(np.arange(number, dtype=np.int32) for number in forced.shape),
        )
        tokens, log_probabilities = map(ops.convert_to_numpy, (tokens, log_probabilities))
        lengths = np.sum(tokens != PAD, axis=1)
        ended = np.any((tokens == end) & (tokens != PAD), axis=1)
        for row in np.flatnonzero((lengths < length) & ~ended):
            if forced[row, lengths[row]] != PAD:
                raise _stuck(row, lengths[row])
        return Decoded(tokens, log_probabilities, lengths, log_probabilities.sum(axis=1))

    def score(self, states: Any, tokens: np.ndarray, *, start: int | np.ndarray) -> np.ndarray:
        """Log-probabilities `(B, T)` of given right-padded tokens `(B, T)`; 0 at padding."""
        if np.min(tokens, initial=PAD) < PAD:
            raise ValueError(f"tokens must be at least {PAD}, got {np.min(tokens)}")
        return self.sample(states, tokens, start=start, temperature=0).log_probabilities

    def beam_search(
        self,
        states: Any,
        length: int,
        *,
        start: int | np.ndarray,
        end: int | None,
        width: int = 5,
        length_penalty: float = 1.0,
        n_best: int = 1,
        constraint: Callable | None = None,
        forced: np.ndarray | None = None,
    ) -> Decoded:
        """Looks for each row's likeliest texts, keeping the `width` best beginnings at every step.

        A text that ends keeps its place and score and leaves one place less to the others, so that width 1
        is greedy search. Texts are ranked by log-probability / tokens ** length_penalty (the plain form that
        Wu et al. 2016, section 7, start from), those without an end after `length` tokens behind the others.
        A row is ready once no unfinished text can still come among its `n_best`, which changes no result.

        Args:
            states: the states before the first token, `B` rows.
            length: the most tokens of a text, the end token counted.
            start: the token that goes in first, or `(B,)` of them.
            end: the token that ends a text; None if every text has `length` tokens.
            width: texts kept per row; may exceed the vocabulary.
            length_penalty: 0 ranks by probability, which favours short texts, 1 by the mean per token.
            n_best: texts to give back per row, the best first. If there are fewer, the rest are empty and
                have the score minus infinity.
            constraint: see the class; it sees `B * width` rows, those of one row side by side.
            forced: `(B, length)` int, as in `sample`.

        Raises: `ValueError` for a value out of range, and where a constraint leaves a row no text.
        """
        if width < 1 or not 1 <= n_best <= width:
            raise ValueError(f"it needs 1 <= n_best <= width, got n_best={n_best} and width={width}")
        if not 0 <= length_penalty < np.inf:
            raise ValueError(f"length_penalty must be at least 0, got {length_penalty}")
        rows = keras.tree.flatten(states)[0].shape[0]
        forced = np.full((rows, length), FREE) if forced is None else np.asarray(forced)
        if forced.shape != (rows, length):
            raise ValueError(f"forced must have the shape {(rows, length)}, got {forced.shape}")
        found = self._compiled(_beam_search, constraint, width, n_best)(
            states,
            np.broadcast_to(np.asarray(start, np.int32), rows),
            np.int32(PAD if end is None else end),
            forced.T.astype(np.int32),
            np.float32(length_penalty),
            *(np.arange(number, dtype=np.int32) for number in (rows * width, length)),
        )
        tokens, log_probabilities, sums, done = (
            array.reshape(rows, width, *array.shape[1:]) for array in map(ops.convert_to_numpy, found)
        )
        lengths = np.sum(tokens != PAD, axis=2)
        scores = sums / np.maximum(lengths, 1) ** length_penalty
        for row in np.flatnonzero(~np.any(np.isfinite(sums), axis=1)):
            raise _stuck(row, lengths[row].max())
        best = np.lexsort((-scores, ~done))[:, :n_best]
        every = np.arange(rows)[:, None]
        return Decoded(*(array[every, best] for array in (tokens, log_probabilities, lengths, scores)))


def _stuck(row: int, position: int) -> ValueError:
    return ValueError(
        f"row {row} has no token to go on with at position {position}: the constraint bans every one, "
        "or the logits are not finite"
    )


# -- the loops; T comes first in what is read position by position


def _choices(logits, constraint, position, tokens):
    """Log-probabilities `(B, V)` of the model, and the same with minus infinity where a token is banned."""
    logits = ops.log_softmax(ops.cast(logits, "float32"))
    free = logits if constraint is None else ops.cast(constraint(logits, position, tokens), "float32")
    banned = ops.arange(logits.shape[-1]) == PAD
    if constraint is not None:
        banned = ops.logical_or(banned, free < _BANNED)
    return logits, ops.where(banned, -np.inf, free)


def _at(array, rows, columns):
    """`array[rows, columns]`."""
    return ops.take(ops.reshape(array, (-1,)), rows * array.shape[-1] + columns)


def _carry(new, old, parents=None):
    """The states for the next turn, each row its parent's. What `step` left alone stays as it is."""

    def one(new, old):
        if new is old:
            return old
        return ops.cast(new if parents is None else ops.take(new, parents, axis=0), old.dtype)

    return keras.tree.map_structure(one, new, old)


def _draw(choices, best, filters, limits, uniforms, rows):
    """Tokens `(B,)` drawn by inverse transform sampling."""
    room, nucleus, floor = filters
    temperature, top_k, top_p, min_p = limits
    size = choices.shape[-1]
    ids = None
    if room or nucleus:
        choices, ids = ops.top_k(choices, min(room or size, size))
    weights = ops.exp((choices - ops.maximum(best, _BANNED)) / temperature)  # the likeliest has 1
    if room:
        weights = ops.where(ops.arange(weights.shape[-1]) < top_k, weights, 0.0)
    if nucleus:
        mass = ops.cumsum(weights, axis=-1)
        weights = ops.where(mass - weights < top_p * mass[:, -1:], weights, 0.0)
    if floor:
        weights = ops.where(weights >= min_p, weights, 0.0)
    # In two steps, first a block and then a place in it: a cumulated sum over the vocabulary would take long.
    count = -(-weights.shape[-1] // _BLOCK)
    blocks = ops.pad(weights, ((0, 0), (0, count * _BLOCK - weights.shape[-1])))
    blocks = ops.reshape(blocks, (-1, count, _BLOCK))
    block, share = _find(ops.sum(blocks, axis=-1), uniforms, rows)
    block = rows * count + block
    place, _ = _find(ops.take(ops.reshape(blocks, (-1, _BLOCK)), block, axis=0), share, rows)
    place = (block - rows * count) * _BLOCK + place
    return place if ids is None else _at(ids, rows, place)


def _find(weights, share, rows):
    """Where each row's cumulated weight passes `share` of the whole, and how far into that place's weight."""
    mass = ops.cumsum(weights, axis=-1)
    # Below the whole by more than float32's rounding; and rounding may never pick a place of no weight.
    goal = mass[:, -1] * ops.minimum(share, 1 - 1e-6)
    passed = ops.logical_and(mass > goal[:, None], weights > 0)
    place = ops.cast(ops.argmax(ops.cast(passed, "int32"), axis=-1), "int32")
    return place, (goal - _at(mass, rows, place)) / _at(weights, rows, place) + 1


def _sample(step, constraint, filters, states, start, end, forced, uniforms, limits, rows, positions):
    def unfinished(position, token, states, tokens, scores, done):
        return ops.logical_and(position < ops.shape(positions)[0], ops.logical_not(ops.all(done)))

    def write(position, token, states, tokens, scores, done):
        logits, new_states = step(token, states)
        logits, choices = _choices(logits, constraint, position, tokens)
        best = ops.max(choices, axis=-1, keepdims=True)
        if filters is None:
            choice = ops.argmax(choices, axis=-1)
        else:
            choice = _draw(choices, best, filters, limits, uniforms[position], rows)
        choice = ops.where(best[:, 0] > _BANNED, ops.cast(choice, "int32"), PAD)
        token = ops.where(forced[position] == FREE, choice, forced[position])
        token = ops.where(done, PAD, token)
        here = positions == position
        return (
            position + 1,
            token,
            _carry(new_states, states),
            ops.where(here, token[:, None], tokens),
            ops.where(here, ops.where(token == PAD, 0.0, _at(logits, rows, token))[:, None], scores),
            ops.logical_or(token == PAD, token == end),
        )

    tokens = ops.zeros_like(ops.transpose(forced))
    scores = ops.cast(tokens, "float32")
    begin = (ops.zeros((), "int32"), start, states, tokens, scores, ops.zeros_like(start, "bool"))
    return ops.while_loop(unfinished, write, begin)[3:5]


def _beam_search(
    step, constraint, width, n_best, states, start, end, forced, length_penalty, rows, positions
):
    """As `_sample`, with `width` rows side by side for each text: `rows` and `B * width` below."""
    length = ops.shape(positions)[0]
    start = ops.repeat(start, width)
    states = keras.tree.map_structure(lambda state: ops.repeat(state, width, axis=0), states)
    forced = ops.repeat(forced, width, axis=1)
    first = rows - rows % width  # the first row of the same text

    def unfinished(position, token, states, tokens, scores, sums, done, going):
        return ops.logical_and(position < length, going)

    def write(position, token, states, tokens, scores, sums, done, going):
        logits, new_states = step(token, states)
        logits, choices = _choices(logits, constraint, position, tokens)
        size = logits.shape[-1]
        # A finished text has one way on, PAD, a forced place the forced token; of all ways the best are kept.
        only = ops.where(done, PAD, forced[position])[:, None]
        ways = ops.where(ops.arange(size) == only, 0.0, -np.inf)
        ways = ops.where(only == FREE, choices, ways) + ops.where(done, _KEPT, sums)[:, None]
        values, picks = ops.top_k(ops.reshape(ways, (-1, width * size)), width)
        picks = ops.cast(ops.reshape(picks, (-1,)), "int32")
        parents = first + picks // size
        alive = ops.reshape(values, (-1,)) > -np.inf
        token = ops.where(alive, picks % size, PAD)
        score = ops.where(token == PAD, 0.0, _at(logits, parents, token))
        sums = ops.where(alive, ops.take(sums, parents) + score, -np.inf)
        done = ops.logical_and(alive, ops.logical_or(token == PAD, token == end))
        here = positions == position
        tokens = ops.where(here, token[:, None], ops.take(tokens, parents, axis=0))
        scores = ops.where(here, score[:, None], ops.take(scores, parents, axis=0))
        # Log-probabilities only fall: at best an open text keeps its sum to the full length.
        lengths = ops.maximum(ops.sum(ops.cast(tokens != PAD, "float32"), axis=-1), 1.0)
        ended = ops.reshape(ops.where(done, sums / lengths**length_penalty, -np.inf), (-1, width))
        hope = ops.where(done, -np.inf, sums) / ops.cast(length, "float32") ** length_penalty
        worst = ops.top_k(ended, n_best)[0][:, -1]
        going = ops.any(ops.max(ops.reshape(hope, (-1, width)), axis=-1) > worst)
        return position + 1, token, _carry(new_states, states, parents), tokens, scores, sums, done, going

    tokens = ops.zeros_like(ops.transpose(forced))
    begin = (
        ops.zeros((), "int32"),
        start,
        states,
        tokens,
        ops.cast(tokens, "float32"),
        ops.where(rows == first, 0.0, -np.inf),
        ops.zeros_like(start, "bool"),
        ops.ones((), "bool"),
    )
    return ops.while_loop(unfinished, write, begin)[3:7]
