"""Rows of words as batches for a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count

import numpy as np

from helpers.text import Vocabulary, length_buckets, pad

__all__ = ["batches_of", "word_batch"]

LETTERS = 16  # of each word


def batches_of(
    rows: Sequence[Sequence[str]],
    targets: Mapping[str, np.ndarray],
    prepare: Callable[[list], np.ndarray],
    size: int,
    seed: int,
) -> tuple[Iterator[tuple[np.ndarray, dict[str, np.ndarray]]], int]:
    """Batches of rows of about one length, for `fit`: endless, other ones in every epoch. And their number.

    Args:
        rows: N rows of words.
        targets: by name, `(N, 1)` or `(N, steps)`; of the latter a batch gets as many steps as its inputs.
        prepare: from rows to inputs, `(rows, steps, …)`.
        size: rows in a batch; one of an epoch may have fewer.
        seed: decides the batches.
    """
    lengths = [len(row) for row in rows]

    def batches():
        for epoch in count(seed):
            for chosen in length_buckets(lengths, size, epoch):
                inputs = prepare([rows[number] for number in chosen])
                yield inputs, {name: array[chosen, : inputs.shape[1]] for name, array in targets.items()}

    return batches(), -(-len(rows) // size)


def word_batch(rows: Sequence[Sequence[str]], known: Vocabulary) -> np.ndarray:
    """Rows of words as numbers, `(rows, longest + 1, 17)` int32: that of each word, those of 16 letters.

    The last step is always padding, so a network sees where a row ends. A letter's number is its code point
    modulo 1,000: letters of alphabets far from ours share numbers.

    >>> known = Vocabulary.fit([["to", "rome"]])
    >>> batch = word_batch([["to", "rome"], ["to"]], known)
    >>> batch.shape, [chr(number) for number in batch[0, 1, 1:6]]
    ((2, 3, 17), ['r', 'o', 'm', 'e', ' '])
    """
    words = pad([known.encode(row) for row in rows], 1 + max(map(len, rows)))[..., None]
    lines = ("".join(f"{word[:LETTERS]:{LETTERS}}" for word in row) for row in rows)  # spaces fill up
    points = [[ord(letter) % 1_000 for letter in line.ljust(LETTERS * words.shape[1])] for line in lines]
    return np.concatenate([words, np.array(points, np.int32).reshape(*words.shape[:2], LETTERS)], axis=2)
