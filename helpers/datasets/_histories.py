"""Histories of items as arrays: padded for a network, and what a user has not chosen, for a ranking."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["draw_negatives", "pad_histories"]


def pad_histories(histories: Sequence[np.ndarray], length: int) -> np.ndarray:
    """The last `length` items of each history, from the left, then zeros: `(histories, steps)` int32.

    `steps` is the length of the longest one, `length` at most.

    Raises: `ValueError` for an empty history, which would be a row of padding alone, or a length below 1.
    """
    if length < 1:
        raise ValueError(f"length must be at least 1, got {length}")
    lengths = np.array([min(len(history), length) for history in histories])
    if not len(lengths) or not lengths.min():
        raise ValueError("every history must have an item: leave the empty ones out")
    rows = np.zeros((len(lengths), lengths.max()), np.int32)
    for row, history, number in zip(rows, histories, lengths, strict=True):
        row[:number] = history[-number:]
    return rows


def draw_negatives(histories: Sequence[np.ndarray], items: int, count: int, seed: int) -> np.ndarray:
    """`(histories, count)` int32: items from 1 to `items - 1` outside the history, all equally likely.

    An item may be drawn twice. Where a history has every item, there is none to draw: that row is 0.
    """
    random = np.random.default_rng(seed)
    users = np.arange(len(histories), dtype=np.int64)
    rows = np.repeat(users, [len(history) for history in histories])
    chosen = np.unique(rows * items + np.concatenate(histories))  # one number for each user and item
    full = np.bincount(chosen // items, minlength=len(users)) >= items - 1
    drawn = np.zeros((len(users), count), np.int32)
    wrong = np.repeat(~full[:, None], count, axis=1)
    while wrong.any():
        drawn[wrong] = random.integers(1, items, wrong.sum(), np.int32)
        wrong[wrong] = np.isin((users[:, None] * items + drawn)[wrong], chosen)
    return drawn
