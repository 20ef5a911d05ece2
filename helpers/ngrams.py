"""N-gram language models: the baseline that a recurrent one has to beat.

model = KneserNey(order=5, vocabulary_size=len(vocabulary)).fit(train_ids)
perplexity(model.log_probabilities(test_ids))  # of helpers.metrics
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["KneserNey"]


class _Table(NamedTuple):
    """The k-grams of one order; those without an entry have rank -1, which finds the last element of each."""

    codes: np.ndarray  # sorted: rank of the first k - 1 tokens · (vocabulary_size + 1) + last token
    share: np.ndarray  # discounted count / count of the context
    left: np.ndarray  # per context: what the discounts leave to the shorter contexts; 1 where it is unknown


class KneserNey:
    """Interpolated Kneser–Ney model of token ids: every token has a probability above zero in every context.

    The longest n-grams count how often they occur, the shorter ones after how many different tokens. All are
    discounted, and what that leaves goes to the next shorter context, in the end to all tokens alike. A
    boundary stands before each sequence and is never predicted, so the model knows how sequences begin, and
    n-grams that begin with it are counted by occurrence, as nothing stands before them. How they end is known
    only if they bring an end token. A continuous text is one long sequence: `fit([ids])`.

    Args:
        order: length of the longest n-gram, from 1. Order 5 looks at 4 tokens back.
        vocabulary_size: ids are from 0 to `vocabulary_size - 1`, seen in training or not.
        modified: three discounts per order, for counts of 1, 2 and more, instead of one.

    Attributes:
        discounts: after `fit`, (order, 3) those for counts of 1, 2 and more, shortest n-grams first. Where
            too few counts are small to estimate them they are 0.5 (modified: 0.5, 1 and 1.5).

    Source: R. Kneser and H. Ney, Improved backing-off for m-gram language modeling, ICASSP (1995);
    interpolation and three discounts: S. Chen and J. Goodman, An empirical study of smoothing techniques for
    language modeling, Computer Speech & Language 13 (1999).
    """

    def __init__(self, order: int, vocabulary_size: int, modified: bool = False):
        if order < 1 or vocabulary_size < 1:
            raise ValueError(f"order and vocabulary_size must be from 1, got {order} and {vocabulary_size}")
        self.order, self.vocabulary_size, self.modified = order, vocabulary_size, modified
        self._tables: list[_Table] = []

    def fit(self, sequences: Iterable[Sequence[int] | np.ndarray]) -> KneserNey:
        """Count the n-grams of 1-D sequences of ids, without padding; returns the model.

        Raises:
            ValueError: if there is no token, or an id outside the vocabulary.
        """
        tokens, depth, _ = self._flatten(sequences)
        if not depth.any():
            raise ValueError("there is no token in the sequences given")
        size = self.vocabulary_size + 1
        codes, rank, counts = np.arange(size), tokens, np.bincount(tokens[depth > 0], minlength=size)
        grams = []
        for length in range(1, self.order):
            ends = np.flatnonzero(depth >= length)  # where n-grams of one more token end
            longer, first, inverse, occurrences = np.unique(
                rank[ends - 1] * size + tokens[ends],
                return_index=True,
                return_inverse=True,
                return_counts=True,
            )
            preceding = np.bincount(rank[ends[first]], minlength=len(codes))
            grams.append((codes, np.where(preceding > 0, preceding, counts)))
            codes, counts, rank = longer, occurrences, np.full(len(tokens), -1)
            rank[ends] = inverse
        grams.append((codes, counts))
        self.discounts = np.array([_discounts(counts, self.modified) for _, counts in grams])
        self._tables, contexts = [], 1
        for (codes, counts), discounts in zip(grams, self.discounts, strict=True):
            self._tables.append(_table(codes, counts, discounts, contexts, size))
            contexts = len(codes)
        return self

    def log_probabilities(self, sequences: Iterable[Sequence[int] | np.ndarray]) -> list[np.ndarray]:
        """Natural logarithm of the probability of each token after those before it in its sequence.

        Returns one float array for each sequence, of its length. Raises `ValueError` for an id outside the
        vocabulary.
        """
        tokens, depth, lengths = self._flatten(sequences)
        scores = np.log(self._probabilities(tokens)[depth > 0])
        ends = np.cumsum(lengths)
        return [scores[end - length : end] for end, length in zip(ends, lengths, strict=True)]

    def distribution(self, context: Sequence[int] | np.ndarray) -> np.ndarray:
        """Probability (vocabulary_size,) of each next token in a sequence that has begun with `context`."""
        tokens, _, _ = self._flatten([context])
        rows = np.tile(np.append(tokens[-self.order :], 0), (self.vocabulary_size, 1))
        rows[:, -1] = np.arange(self.vocabulary_size)
        return self._probabilities(rows.ravel()).reshape(rows.shape)[:, -1]

    def _flatten(self, sequences) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All sequences in one array, a boundary before each; distance from that boundary; lengths."""
        arrays = [np.asarray(sequence) for sequence in sequences]
        for array in arrays:
            if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
                raise ValueError(
                    f"each sequence must be 1-D and of integers, got {array!r}. Give one text as [ids]."
                )
        lengths = np.array([len(array) for array in arrays], dtype="int64")
        starts = np.cumsum(lengths + 1) - lengths - 1
        depth = np.arange(lengths.sum() + len(lengths)) - np.repeat(starts, lengths + 1)
        tokens = np.full(len(depth), self.vocabulary_size)
        if depth.any():
            tokens[depth > 0] = ids = np.concatenate([array for array in arrays if array.size])
            if (wrong := (ids < 0) | (ids >= self.vocabulary_size)).any():
                raise ValueError(f"ids must be from 0 to {self.vocabulary_size - 1}, got {ids[wrong][0]}")
        return tokens, depth, lengths

    def _probabilities(self, tokens: np.ndarray) -> np.ndarray:
        if not self._tables:
            raise ValueError("the model has counted nothing yet: call fit(sequences) first")
        probabilities = np.full(len(tokens), 1 / self.vocabulary_size)
        rank = np.zeros(len(tokens), dtype="int64")
        for table in self._tables:
            context = np.roll(rank, 1)  # across a boundary as well, but no n-gram there has a code
            code = context * (self.vocabulary_size + 1) + tokens
            rank = np.searchsorted(table.codes, code)
            rank[table.codes[rank] != code] = -1
            probabilities = table.share[rank] + table.left[context] * probabilities
        return probabilities


def _discounts(counts: np.ndarray, modified: bool) -> np.ndarray:
    """What is taken from counts of 1, 2 and more, estimated from how many n-grams have counts of 1 to 4."""
    one, two, three, four = (int((counts == count).sum()) for count in range(1, 5))
    if not modified:
        return np.full(3, one / (one + 2 * two) if one and two else 0.5)
    if one and two and three:
        rate = one / (one + 2 * two)
        discounts = np.array(
            [1 - 2 * rate * two / one, 2 - 3 * rate * three / two, 3 - 4 * rate * four / three]
        )
        if (discounts > 0).all():
            return discounts
    return np.array([0.5, 1.0, 1.5])


def _table(codes: np.ndarray, counts: np.ndarray, discounts: np.ndarray, contexts: int, size: int) -> _Table:
    context = codes // size
    taken = np.append(0, discounts)[np.minimum(counts, 3)]
    total = np.bincount(context, counts, minlength=contexts)
    left = np.ones(contexts + 1)
    np.divide(np.bincount(context, taken, minlength=contexts), total, out=left[:-1], where=total > 0)
    return _Table(
        np.append(codes, np.iinfo("int64").max), np.append((counts - taken) / total[context], 0), left
    )
