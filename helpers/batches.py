"""Batches of texts of about one length, for `fit` and `evaluate`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np

from helpers.text import length_buckets

__all__ = ["Bucketed"]

FEW = 60  # steps in an epoch: small sets get smaller batches rather than fewer steps


class Bucketed(keras.utils.PyDataset):
    """Rows in batches of about one length, other batches in every epoch, the same for a seed.

    Args:
        rows: N rows of tokens.
        targets: by name, `(N, 1)` or `(N, steps)`; of the latter each batch gets as many steps as its inputs.
        prepare: from the rows of a batch to its inputs, a dict; the first has the shape (batch, steps, …).
        size: rows in a batch at most; fewer where an epoch would have less than 60 batches, but 8 at least.
        seed: decides the batches.

    Raises: `ValueError` without rows, or where a target has another number of them.
    """

    def __init__(
        self,
        rows: Sequence[Sequence],
        targets: Mapping[str, np.ndarray],
        prepare: Callable[[list], Mapping[str, np.ndarray]],
        size: int = 64,
        seed: int = 0,
    ):
        super().__init__()
        for name, target in targets.items():
            if len(target) != len(rows):
                raise ValueError(f"{len(rows):,} rows, but {len(target):,} targets {name!r}")
        if not len(rows):
            raise ValueError("there are no rows")
        self.rows, self.targets, self.prepare = rows, targets, prepare
        self.size, self.epoch = min(size, max(8, len(rows) // FEW)), seed
        self.on_epoch_end()

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> tuple[Mapping[str, np.ndarray], dict[str, np.ndarray]]:
        chosen = self.batches[index]
        inputs = self.prepare([self.rows[number] for number in chosen])
        steps = next(iter(inputs.values())).shape[1]
        return inputs, {name: target[chosen, :steps] for name, target in self.targets.items()}

    def on_epoch_end(self) -> None:
        """Draws the batches of the next epoch."""
        self.epoch += 1
        self.batches = length_buckets([len(row) for row in self.rows], self.size, self.epoch)
