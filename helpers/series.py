"""Time series: windows without look-ahead, splits by time, variance from daily price ranges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

__all__ = [
    "Split",
    "Windows",
    "chronological_split",
    "garman_klass",
    "parkinson",
    "rogers_satchell",
    "walk_forward",
    "windows",
]


class Windows(NamedTuple):
    """Samples cut from a series; sample i knows the steps up to and including `origins[i]`.

    `inputs` is (samples, look_back, features), `targets` (samples, horizon), `origins` (samples,).
    """

    inputs: np.ndarray
    targets: np.ndarray
    origins: np.ndarray


class Split(NamedTuple):
    """Three slices of samples in the order of time; every training target lies before the test starts."""

    train: slice
    validation: slice
    test: slice


def windows(
    features: np.ndarray, look_back: int, horizon: int = 1, *, target: np.ndarray | None = None
) -> Windows:
    """Cut a series into past windows and the steps that follow them.

    Sample i holds the steps `i … i + look_back - 1`; its targets are the next `horizon` steps. The inputs are
    read-only views, so a long series costs no memory.

    >>> windows(np.arange(10), look_back=3, horizon=2).targets[0]
    array([3, 4])

    Args:
        features: (time,) or (time, features), equally spaced, oldest first.
        look_back: past steps in a sample, at least 1.
        horizon: future steps in a target, at least 1.
        target: (time,) series to forecast; `features` itself, if that has one column.

    Raises:
        ValueError: for a size below 1, a series too short, a missing or misshapen target, or a NaN.
    """
    for name, size in (("look_back", look_back), ("horizon", horizon)):
        if size < 1:
            raise ValueError(f"{name} must be at least 1, got {size}")
    features = np.asarray(features)
    columns = features[:, None] if features.ndim == 1 else features
    if columns.ndim != 2:
        raise ValueError(f"features must be (time,) or (time, features), got shape {features.shape}")
    if target is None:
        if columns.shape[1] != 1:
            raise ValueError(f"name the target series: features has {columns.shape[1]} columns")
        target = columns[:, 0]
    target = np.asarray(target)
    if target.shape != columns.shape[:1]:
        raise ValueError(f"target must have shape {columns.shape[:1]} like features, got {target.shape}")
    samples = len(columns) - look_back - horizon + 1
    if samples < 1:
        raise ValueError(
            f"a series of {len(columns)} steps holds no window of {look_back} + {horizon} steps: "
            "shorten look_back or horizon"
        )
    for name, values in (("features", columns), ("target", target)):
        missing = np.flatnonzero(np.isnan(values.astype("float64")).reshape(len(values), -1).any(axis=1))
        if missing.size:
            raise ValueError(
                f"{name} has {missing.size} steps with NaN, the first at {missing[0]}: drop or fill them"
            )
    view = np.lib.stride_tricks.sliding_window_view
    return Windows(
        view(columns, look_back, axis=0)[:samples].transpose(0, 2, 1),
        view(target, horizon)[look_back:],
        np.arange(samples) + look_back - 1,
    )


def chronological_split(samples: int, validation: int, test: int, *, horizon: int = 1) -> Split:
    """Oldest samples for training, then validation, the newest for the test.

    With a horizon of several steps the last `horizon - 1` samples before each border are left out: their
    targets reach over it.

    `validation` may be 0. Raises `ValueError` if nothing is left to train on, or a size is out of range.
    """
    return next(walk_forward(samples, [samples - test], validation=validation, horizon=horizon))


def walk_forward(
    samples: int, test_starts: Sequence[int], *, validation: int = 0, horizon: int = 1
) -> Iterator[Split]:
    """Expanding-window folds: train on everything before a start, test up to the next start.

    >>> [split.test for split in walk_forward(10, [6, 8])]
    [slice(6, 8, None), slice(8, 10, None)]

    Args:
        samples: number of samples, in the order of time.
        test_starts: first test sample of each fold, ascending.
        validation: samples at the end of each training part to hold out for early stopping.
        horizon: target steps per sample; `horizon - 1` samples are left out before each border.

    Raises:
        ValueError: if the starts do not ascend inside the series, or a fold has nothing to train on.
    """
    borders = [*map(int, test_starts), samples]
    if validation < 0 or horizon < 1:
        raise ValueError(
            f"validation must be ≥ 0 and horizon ≥ 1, got validation={validation}, horizon={horizon}"
        )
    if len(borders) < 2 or any(a >= b for a, b in pairwise(borders)):
        raise ValueError(f"test_starts must ascend and stay below samples={samples}, got {list(test_starts)}")
    gap = horizon - 1
    for start, end in pairwise(borders):
        held_out = slice(start - gap - validation, start - gap)
        train_end = held_out.start - gap if validation else start - gap
        if train_end < 1:
            raise ValueError(
                f"no training sample before the test start {start} with validation={validation} and "
                f"horizon={horizon}: start later or hold out less"
            )
        yield Split(slice(0, train_end), held_out, slice(start, end))


def _log_range(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    return np.log(upper) - np.log(lower)


def _checked(open_: np.ndarray, high: np.ndarray, low: np.ndarray, close: np.ndarray) -> None:
    prices = np.stack([np.asarray(column, dtype="float64") for column in (open_, high, low, close)])
    if not (prices > 0).all():
        raise ValueError(f"prices must be positive numbers, the smallest is {prices.min()}")
    wrong = np.flatnonzero((prices[1] < prices.max(axis=0)) | (prices[2] > prices.min(axis=0)))
    if wrong.size:
        raise ValueError(
            f"high and low must enclose open and close; {wrong.size} days do not, the first at position "
            f"{wrong[0]} (open, high, low, close = {prices[:, wrong[0]].tolist()}): drop or mend them"
        )


def parkinson(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Daily variance of log returns from the range, `ln(H/L)² / (4 ln 2)`.

    Args:
        high, low: (days,) prices in any unit. Arrays or pandas Series; the result has their type and index.

    Returns:
        (days,) variance per day (multiply by 252 and take the root for annual volatility).

    Raises:
        ValueError: for prices that are not positive, or a high below its low.

    Source: M. Parkinson, The extreme value method for estimating the variance of the rate of return,
    Journal of Business 53 (1980).
    """
    _checked(high, high, low, low)
    return _log_range(high, low) ** 2 / (4 * np.log(2))


def garman_klass(open_: np.ndarray, high: np.ndarray, low: np.ndarray, close: np.ndarray) -> np.ndarray:
    """Daily variance, `½ ln(H/L)² − (2 ln 2 − 1) ln(C/O)²`; arguments, result and errors as in `parkinson`.

    About seven times as precise as one squared daily return; the night between close and open is left out.

    Source: M. Garman and M. Klass, On the estimation of security price volatilities from historical data,
    Journal of Business 53 (1980), their simplified estimator.
    """
    _checked(open_, high, low, close)
    return _log_range(high, low) ** 2 / 2 - (2 * np.log(2) - 1) * _log_range(close, open_) ** 2


def rogers_satchell(open_: np.ndarray, high: np.ndarray, low: np.ndarray, close: np.ndarray) -> np.ndarray:
    """Daily variance without bias from a drift, `ln(H/C) ln(H/O) + ln(L/C) ln(L/O)`; as `garman_klass`.

    It is zero on a day that opens at one extreme and closes at the other: take care before a logarithm.

    Source: L. Rogers and S. Satchell, Estimating variance from high, low and closing prices,
    Annals of Applied Probability 1 (1991).
    """
    _checked(open_, high, low, close)
    up = _log_range(high, close) * _log_range(high, open_)
    return up + _log_range(low, close) * _log_range(low, open_)
