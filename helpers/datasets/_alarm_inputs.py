"""What a forecaster may know of a series before each value."""

from __future__ import annotations

import numpy as np

__all__ = ["DAY", "known_before"]

DAY = 86_400  # seconds


def known_before(
    values: np.ndarray, missing: np.ndarray, seconds: np.ndarray, day: int
) -> tuple[np.ndarray, np.ndarray]:
    """What is known before each value, and what a forecast has to say: the change to it.

    The same of the last `7 * day + 2` values alone has the same last row: that is all a watch must remember.

    Args:
        values: `(N,)`, filled and scaled; at most 20 counts.
        missing: `(N,)`, whether no value came.
        seconds: `(N,)`, since a Monday at midnight.
        day: steps in a day.

    Returns:
        `(N, 15)` float32: the last value, its change; yesterday's and last week's value at this step, less
        the last value; the changes to them; their rise in the hour after, and in two hours; whether the last
        value was missing; sine and cosine of the hour, and of the weekday. Without a week of past, yesterday
        stands for it; 0 for what is not known. `(N,)` float32: the change, NaN where no value came, or none
        before. Both are cut to -8 and 8.
    """
    values, missing = np.clip(values, -20, 20), np.asarray(missing, bool)
    last, hour, week = _later(values, 1), max(1, day // 24), 7 * day
    changes = values - last
    columns = [last, _later(changes, 1)]
    columns += _yesterday_and_week([_later(values, period) - last for period in (day, week)])
    columns += _yesterday_and_week([_later(changes, period) for period in (day, week)])
    for ahead in (hour, 2 * hour):
        rises = [_later(values, period - ahead) - _later(values, period) for period in (day, week)]
        columns += _yesterday_and_week(rises)
    columns.append(_later(missing, 1))
    for period in (DAY, 7 * DAY):
        angle = 2 * np.pi * (seconds % period) / period
        columns += [np.sin(angle), np.cos(angle)]
    known = np.nan_to_num(np.stack(columns, axis=1)).clip(-8, 8).astype("float32")
    return known, np.where(missing, np.nan, changes).clip(-8, 8).astype("float32")


def _yesterday_and_week(pair: list[np.ndarray]) -> list[np.ndarray]:
    yesterday, week = pair
    return [yesterday, np.where(np.isnan(week), yesterday, week)]


def _later(values: np.ndarray, steps: int) -> np.ndarray:
    """`values`, so many steps later: NaN where there is nothing yet; all NaN for less than a step."""
    moved = np.full(len(values), np.nan)
    if steps > 0:
        moved[steps:] = values[: max(0, len(values) - steps)]
    return moved
