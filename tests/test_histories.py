"""helpers.datasets: histories padded for a network, and negatives for a ranking."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.datasets import draw_negatives, pad_histories


def test_padded_on_the_right_and_cut_on_the_left():
    histories = [np.array([3, 1, 2, 5]), np.array([4]), np.array([2, 2])]
    rows = pad_histories(histories, 3)
    assert rows.tolist() == [[1, 2, 5], [4, 0, 0], [2, 2, 0]] and rows.dtype == np.int32
    assert pad_histories(histories, 50).shape == (3, 4)
    assert pad_histories(histories, 1).tolist() == [[5], [4], [2]]


@pytest.mark.parametrize("histories", [[], [np.array([1]), np.array([], np.int32)]])
def test_no_row_is_all_padding(histories):
    with pytest.raises(ValueError, match="every history must have an item"):
        pad_histories(histories, 5)


def test_a_length_that_is_none():
    with pytest.raises(ValueError, match="length must be at least 1, got 0"):
        pad_histories([np.array([1])], 0)


def test_negatives_are_what_is_left_all_equally_likely():
    histories = [np.array([1, 2, 2, 5]), np.array([4, 3]), np.array([5])]
    drawn = draw_negatives(histories, 6, 3_000, seed=1)
    assert drawn.shape == (3, 3_000) and drawn.dtype == np.int32
    left = [{3, 4}, {1, 2, 5}, {1, 2, 3, 4}]
    for row, items in zip(drawn, left, strict=True):
        numbers, counts = np.unique(row, return_counts=True)
        assert set(numbers.tolist()) == items
        assert np.all(np.abs(counts / 3_000 - 1 / len(items)) < 0.04)  # four deviations


def test_negatives_depend_on_the_seed_alone():
    histories = [np.array([7]), np.array([9])]
    first, again, other = (draw_negatives(histories, 50, 20, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_who_has_everything_gets_padding():
    drawn = draw_negatives([np.array([1, 2, 3, 1]), np.array([1, 2])], 4, 5, seed=0)
    assert drawn.tolist() == [[0] * 5, [3] * 5]
