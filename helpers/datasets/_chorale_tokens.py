"""Chorales as a network takes them: tokens, padded, and for training moved to other keys."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

__all__ = ["ChoraleBatches", "as_chorales", "as_tokens"]

PAD, REST = 0, 1
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


class ChoraleBatches(keras.utils.PyDataset):
    """Chorales drawn at random, those of a batch of about the same length, each moved to another key.

    A batch is `({"tokens": (batch, steps, 4), "shift": (batch,)}, tokens)`, both int32; the shift is counted
    from 12, which is no shift. The first batch has a step of padding more: so Keras sees that lengths vary.

    Args:
        chorales: arrays `(steps, 4)` of MIDI pitches.
        batch: chorales in a batch, at most.
        most: up to so many semitones up or down, at most 12, and as far as 88 keys allow.
        seed: of the draws.
    """

    def __init__(self, chorales: Sequence[np.ndarray], batch: int, most: int, seed: int):
        super().__init__()
        if not 0 <= most <= 12 or batch < 1:
            raise ValueError(f"most must be from 0 to 12 and batch from 1, got {most} and {batch}")
        self.chorales, self.batch = list(chorales), batch
        self.lengths = np.array([len(chorale) for chorale in chorales])
        ends = [(c[c > 0].min(initial=HIGHEST), c.max(initial=LOWEST)) for c in self.chorales]
        self.down = [max(-most, LOWEST - low) for low, _ in ends]
        self.up = [min(most, HIGHEST - high) for _, high in ends]
        self.random = np.random.default_rng(seed)

    def __len__(self):
        return max(2, len(self.chorales) // self.batch)

    def __getitem__(self, index):
        apart = np.abs(self.lengths - self.random.choice(self.lengths))
        near = np.argsort(apart + self.random.random(len(apart)))[: 4 * self.batch]
        rows = self.random.permutation(near)[: self.batch]
        shifts = [self.random.integers(self.down[row], self.up[row] + 1) for row in rows]
        tokens = as_tokens([self.chorales[row] for row in rows], shifts)
        tokens = np.pad(tokens, ((0, 0), (0, int(index == 0)), (0, 0)))
        return {"tokens": tokens, "shift": np.array(shifts, np.int32) + 12}, tokens
