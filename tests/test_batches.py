"""helpers.batches: every row once an epoch, targets cut to the inputs' steps."""

import numpy as np
import pytest

from helpers.batches import Bucketed
from helpers.text import pad

ROWS = [[number + 1] * (1 + number % 5) for number in range(100)]
TARGETS = {"one": np.arange(100)[:, None], "each": np.arange(100)[:, None] * np.ones(6, int)}


def prepare(rows):
    return {"ids": pad(rows)}


def made(**options) -> Bucketed:
    return Bucketed(ROWS, TARGETS, prepare, **options)


def test_each_row_comes_once_with_its_own_targets():
    batches, seen = made(size=16), []
    for index in range(len(batches)):
        inputs, targets = batches[index]
        assert targets["each"].shape == inputs["ids"].shape and targets["one"].shape[1] == 1
        np.testing.assert_array_equal(inputs["ids"][:, 0] - 1, targets["one"][:, 0])
        seen += targets["one"][:, 0].tolist()
    assert sorted(seen) == list(range(100))


def test_small_sets_get_small_batches():
    assert made(size=64).size == 8
    assert Bucketed(ROWS * 10, {}, prepare, size=64).size == 16
    assert Bucketed(ROWS * 100, {}, prepare, size=64).size == 64


def test_epochs_differ_and_are_the_same_for_a_seed():
    one, other = made(seed=3), made(seed=3)
    first = [part.tolist() for part in one.batches]
    assert first == [part.tolist() for part in other.batches]
    one.on_epoch_end()
    assert first != [part.tolist() for part in one.batches]
    assert first != [part.tolist() for part in made(seed=9).batches]


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="100 rows, but 3 targets 'one'"):
        Bucketed(ROWS, {"one": np.zeros((3, 1))}, prepare)
    with pytest.raises(ValueError, match="there are no rows"):
        Bucketed([], {}, prepare)
