import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from helpers.series import (
    chronological_split,
    garman_klass,
    parkinson,
    rogers_satchell,
    walk_forward,
    windows,
)


def test_windows_on_ten_steps():
    cut = windows(np.arange(10), look_back=3, horizon=2)
    assert cut.inputs.shape == (6, 3, 1)
    assert_array_equal(
        cut.inputs[:, :, 0], [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6], [5, 6, 7]]
    )
    assert_array_equal(cut.targets, [[3, 4], [4, 5], [5, 6], [6, 7], [7, 8], [8, 9]])
    assert_array_equal(cut.origins, [2, 3, 4, 5, 6, 7])


def test_windows_of_several_features_keep_time_before_features():
    features = np.array([[0, 10], [1, 11], [2, 12], [3, 13]])
    cut = windows(features, look_back=2, target=features[:, 1])
    assert_array_equal(cut.inputs, [[[0, 10], [1, 11]], [[1, 11], [2, 12]]])
    assert_array_equal(cut.targets, [[12], [13]])


def test_windows_use_every_step_and_cannot_be_written_through():
    cut = windows(np.arange(4.0), look_back=2, horizon=2)
    assert len(cut.inputs) == 1
    with pytest.raises(ValueError, match="read-only"):
        cut.inputs[0, 0, 0] = 5


@pytest.mark.parametrize("horizon", [1, 3])
def test_changing_the_future_changes_no_input_known_before(horizon):
    series = np.random.default_rng(0).normal(size=60)
    changed = series.copy()
    changed[30:] += 100
    before, after = (windows(values, look_back=5, horizon=horizon) for values in (series, changed))
    known = before.origins < 30
    assert_array_equal(before.inputs[known], after.inputs[known])
    assert (before.inputs[~known] != after.inputs[~known]).any(axis=(1, 2)).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"features": np.arange(10), "look_back": 0}, "look_back must be at least 1, got 0"),
        ({"features": np.arange(10), "look_back": 3, "horizon": 0}, "horizon must be at least 1, got 0"),
        ({"features": np.arange(4), "look_back": 3, "horizon": 2}, "4 steps holds no window of 3 [+] 2"),
        ({"features": np.zeros((10, 2)), "look_back": 3}, "has 2 columns"),
        ({"features": np.zeros((9, 2)), "look_back": 3, "target": np.zeros(8)}, r"shape \(9,\).*got \(8,\)"),
        ({"features": np.zeros((2, 2, 2)), "look_back": 1}, r"got shape \(2, 2, 2\)"),
        ({"features": np.array([0, 1, np.nan, 3]), "look_back": 1}, "1 steps with NaN, the first at 2"),
    ],
)
def test_windows_say_what_was_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        windows(**arguments)


def test_chronological_split():
    assert chronological_split(10, validation=2, test=3) == (slice(0, 5), slice(5, 7), slice(7, 10))


def test_walk_forward_expands_and_tests_each_sample_once():
    folds = list(walk_forward(10, [4, 6, 9], validation=1))
    assert folds == [
        (slice(0, 3), slice(3, 4), slice(4, 6)),
        (slice(0, 5), slice(5, 6), slice(6, 9)),
        (slice(0, 8), slice(8, 9), slice(9, 10)),
    ]


@pytest.mark.parametrize(("horizon", "validation"), [(1, 0), (1, 4), (5, 0), (5, 7)])
def test_no_target_of_an_earlier_part_lies_in_a_later_part(horizon, validation):
    cut = windows(np.arange(100), look_back=6, horizon=horizon)
    for split in walk_forward(len(cut.inputs), [50, 60, 75], validation=validation, horizon=horizon):
        first_test = cut.origins[split.test][0] + 1
        if not validation:
            assert cut.targets[split.train].max() == first_test - 1
        else:
            assert len(cut.targets[split.validation]) == validation
            assert cut.targets[split.validation].max() == first_test - 1
            assert cut.targets[split.train].max() < cut.targets[split.validation].min()


def test_shuffling_the_test_part_changes_nothing_that_is_trained_on():
    series = np.random.default_rng(1).normal(size=80)
    shuffled = series.copy()
    shuffled[60:] = np.random.default_rng(2).permutation(shuffled[60:])
    parts = []
    for values in (series, shuffled):
        cut = windows(values, look_back=4, horizon=3)
        split = chronological_split(len(cut.inputs), validation=10, test=20 - 3 + 1, horizon=3)
        assert cut.origins[split.test][0] == 59
        parts.append((cut.inputs[split.train], cut.targets[split.train], cut.targets[split.validation]))
    for one, other in zip(*parts, strict=True):
        assert_array_equal(one, other)


@pytest.mark.parametrize("starts", [[], [5, 5], [7, 6], [10], [12]])
def test_walk_forward_refuses_starts_that_do_not_ascend_inside(starts):
    with pytest.raises(ValueError, match="must ascend and stay below samples=10"):
        list(walk_forward(10, starts))


def test_walk_forward_refuses_a_fold_without_training_part():
    with pytest.raises(ValueError, match="no training sample before the test start 3 with validation=3"):
        list(walk_forward(10, [3], validation=3))
    with pytest.raises(ValueError, match="got validation=-1"):
        list(walk_forward(10, [3], validation=-1))


# Log prices chosen so that each term can be worked by hand: open 0, high 0.15, low -0.05, close 0.1.
OPEN, HIGH, LOW, CLOSE = (np.exp([value]) for value in (0.0, 0.15, -0.05, 0.1))


def test_range_estimators_against_hand_worked_values():
    # 0.2² / (4 · 0.69314718); 0.2² / 2 − 0.38629436 · 0.1²; 0.05 · 0.15 + 0.15 · 0.05
    assert_allclose(parkinson(HIGH, LOW), [0.0144269504], atol=1e-10)
    assert_allclose(garman_klass(OPEN, HIGH, LOW, CLOSE), [0.0161370564], atol=1e-10)
    assert_allclose(rogers_satchell(OPEN, HIGH, LOW, CLOSE), [0.015], atol=1e-12)


@pytest.mark.parametrize("drift", [0.0, 0.02])
def test_range_estimators_recover_the_variance_of_a_simulated_walk(drift):
    random = np.random.default_rng(3)
    steps = random.normal(drift / 2000, 0.01 / np.sqrt(2000), size=(4000, 2000))
    paths = np.concatenate([np.zeros((4000, 1)), steps.cumsum(axis=1)], axis=1)
    day = [np.exp(price) for price in (paths[:, 0], paths.max(axis=1), paths.min(axis=1), paths[:, -1])]
    assert_allclose(rogers_satchell(*day).mean(), 1e-4, rtol=0.06)
    if not drift:
        assert_allclose(parkinson(day[1], day[2]).mean(), 1e-4, rtol=0.06)
        assert_allclose(garman_klass(*day).mean(), 1e-4, rtol=0.06)
        assert garman_klass(*day).std() < 0.5 * ((paths[:, -1]) ** 2).std()


def test_range_estimators_keep_the_index_of_a_series():
    prices = pd.DataFrame({"O": OPEN, "H": HIGH, "L": LOW, "C": CLOSE}, index=pd.to_datetime(["2020-01-02"]))
    variance = garman_klass(prices.O, prices.H, prices.L, prices.C)
    assert variance.index.equals(prices.index)


def test_range_estimators_refuse_impossible_prices():
    with pytest.raises(ValueError, match="1 days do not, the first at position 0"):
        garman_klass(OPEN, CLOSE * 0.99, LOW, CLOSE)
    with pytest.raises(ValueError, match="enclose open and close"):
        parkinson(LOW, HIGH)
    with pytest.raises(ValueError, match="positive numbers, the smallest is 0.0"):
        rogers_satchell(OPEN, HIGH, LOW * 0, CLOSE)
