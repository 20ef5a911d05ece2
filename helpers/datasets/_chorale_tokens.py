"""Chorales as a network takes them: tokens, padded, and for training moved to other keys."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

__all__ = ["as_chorales", "as_tokens", "chorale_batches", "chorale_inputs", "chorale_lines"]

PAD, REST, SIZE, NO_SHIFT = 0, 1, 90, 12
LOWEST, HIGHEST, VOICES = 21, 108, 4


def as_tokens(chorales: Sequence[np.ndarray], shifts: Sequence[int] | np.ndarray | int = 0) -> np.ndarray:
    """Chorales `(steps, 4)` as tokens `(chorales, steps, 4)` int32, padded on the right.

    Token 0 is padding, 1 a rest, 2 the MIDI pitch 21, and so on to 89, the pitch 108.

    Args:
        chorales: MIDI pitches, 0 for a rest.
        shifts: semitones by which each chorale is moved, or one number for all.

    Raises: `ValueError` for a pitch that is, or gets, outside 21 to 108.
    """
    shifts = np.broadcast_to(shifts, len(chorales))
    tokens = np.full((len(chorales), max(map(len, chorales), default=0), VOICES), PAD, np.int32)
    for row, chorale, shift in zip(tokens, chorales, shifts, strict=True):
        moved = chorale[chorale > 0] + shift
        if np.any((moved < LOWEST) | (moved > HIGHEST)):
            wrong = f"{moved.min()} to {moved.max()}, not {LOWEST} to {HIGHEST}"
            raise ValueError(f"moved by {shift} semitones, the pitches go from {wrong}")
        row[: len(chorale)] = np.where(chorale > 0, chorale + shift - LOWEST + 2, REST)
    return tokens


def as_chorales(tokens: np.ndarray) -> list[np.ndarray]:
    """The chorales `(steps, 4)`, in MIDI pitches and without the padding, that `as_tokens` made tokens of."""
    rows = (row[row[:, 0] != PAD] for row in np.asarray(tokens))
    return [np.where(row > REST, row + LOWEST - 2, 0) for row in rows]


def chorale_batches(
    chorales: Sequence[np.ndarray], batch: int, most: int, seed: int, moved: float = 1.0
) -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
    """Batches without end, of chorales drawn at random, each moved to another key.

    A batch is `({"tokens": (batch, steps, 4), "shift": (batch,)}, tokens)`, both int32; the shift is counted
    from 12, which is no shift. The chorales of a batch are of about the same length, and
    padded to an even number of steps; the first batch to an odd one, so Keras sees at once that lengths vary.

    Args:
        chorales: arrays `(steps, 4)` of MIDI pitches.
        batch: chorales in a batch, at most.
        most: up to so many semitones up or down, at most 12, and as far as 88 keys allow.
        seed: of the draws.
        moved: share of the chorales that are moved, from 0 to 1; the others stay in their key.

    Raises: `ValueError` for a value out of range, at the first batch.
    """
    if not 0 <= most <= 12 or batch < 1 or not 0 <= moved <= 1:
        what = f"got {most}, {batch} and {moved}"
        raise ValueError(f"most must be from 0 to 12, batch from 1 and moved from 0 to 1, {what}")
    random, lengths = np.random.default_rng(seed), np.array([len(chorale) for chorale in chorales])
    ends = _ends(chorales)
    for number in itertools.count():
        apart = np.abs(lengths - random.choice(lengths))
        near = np.argsort(apart + random.random(len(apart)))[: 4 * batch]
        rows = random.permutation(near)[:batch]
        room = [(max(-most, LOWEST - ends[row][0]), min(most, HIGHEST - ends[row][1])) for row in rows]
        still = random.random(len(rows)) >= moved
        shifts = [
            0 if stays else random.integers(low, up + 1) for stays, (low, up) in zip(still, room, strict=True)
        ]
        tokens = as_tokens([chorales[row] for row in rows], shifts)
        odd = tokens.shape[1] % 2
        tokens = np.pad(tokens, ((0, 0), (0, odd if number else 1 - odd), (0, 0)))
        yield {"tokens": tokens, "shift": np.array(shifts, np.int32) + NO_SHIFT}, tokens


def chorale_inputs(chorales: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """All chorales in one batch, as they are: the inputs of `chorale_batches`."""
    tokens = as_tokens(chorales)
    return {"tokens": tokens, "shift": np.full(len(tokens), NO_SHIFT, np.int32)}


def chorale_lines(chorales: Sequence[np.ndarray], shifts: Iterable[int] = (0,)) -> list[np.ndarray]:
    """Each chorale, moved by each of the shifts, as one line of tokens, for n-grams: soprano, alto, tenor, …

    A token also says whose it is: to that of the alto 90 is added, of the tenor 180, of the bass 270. Where a
    shift would lead out of the 88 keys, that line is left out.
    """
    lines = []
    for shift, (chorale, (low, high)) in itertools.product(
        shifts, zip(chorales, _ends(chorales), strict=True)
    ):
        if low + shift >= LOWEST and high + shift <= HIGHEST:
            lines.append((as_tokens([chorale], shift)[0] + SIZE * np.arange(VOICES)).ravel())
    return lines


def _ends(chorales: Sequence[np.ndarray]) -> list[tuple[int, int]]:
    """The lowest and the highest pitch of each; of one that is silent, the middle of the keyboard."""
    sung = (chorale[chorale > 0] for chorale in chorales)
    return [(int(pitches.min()), int(pitches.max())) if len(pitches) else (64, 64) for pitches in sung]
