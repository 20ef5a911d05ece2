"""Series with known faults on a grid of equal steps, as a watch sees them: nothing is repaired afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from helpers.datasets._alarm_inputs import DAY, known_before
from helpers.datasets.fetch import DataError, require

if TYPE_CHECKING:  # imported where it is used: most recipes do without
    import pandas as pd

    from helpers.datasets._alarms import AlarmData

__all__ = ["AlarmStream", "alarm_streams"]

LONGEST_DAY = 1_440  # steps: a shorter step than a minute would need a week of them in memory
FEWEST = 30  # values before the first alarm
SPARSEST = 10  # steps for each value


@dataclass(frozen=True, eq=False)
class AlarmStream:
    """One series, a place for every step.

    Attributes:
        name: of the series.
        values: `(N,)` float64, NaN where no value came.
        start: the time of the first value.
        step: the length of a step, the most frequent one of the series.
        day: steps in a day, at least 1.
        trial: steps before the first alarm may be given; the series begins to be watched there.
        windows: `(W, 2)` int, the first and last step of every window that begins after the trial.
    """

    name: str
    values: np.ndarray
    start: pd.Timestamp
    step: pd.Timedelta
    day: int
    trial: int
    windows: np.ndarray

    @property
    def times(self) -> pd.DatetimeIndex:
        """The time of every step, `(N,)`."""
        import pandas as pd

        return pd.DatetimeIndex(self.start + self.step * np.arange(len(self.values)))

    @property
    def weeks(self) -> float:
        """How long the series is watched."""
        return (len(self.values) - self.trial) / (7 * self.day)

    @property
    def scale(self) -> tuple[float, float]:
        """Mean and standard deviation of the trial, gaps filled."""
        past = self._filled()[: self.trial]
        return past.mean(), past.std()

    @property
    def filled(self) -> np.ndarray:
        """`(N,)`, gaps with the last value that came; in the trial the mean is 0 and the deviation 1."""
        mean, deviation = self.scale
        return (self._filled() - mean) / deviation

    def _filled(self) -> np.ndarray:
        came = np.where(np.isnan(self.values), 0, np.arange(len(self.values)))
        return self.values[np.maximum.accumulate(came)]

    def seconds(self, steps: np.ndarray | int) -> np.ndarray:
        """The time of steps, in seconds since a Monday at midnight, in the shape of `steps`."""
        return (self.start.timestamp() + 3 * DAY) % (7 * DAY) + self.step.total_seconds() * steps

    def inputs(self) -> tuple[np.ndarray, np.ndarray]:
        """`known_before` of the whole series: what is known before each value, and the change to it."""
        missing = np.isnan(self.values)
        return known_before(self.filled, missing, self.seconds(np.arange(len(missing))), self.day)

    def averaged(self, scores: np.ndarray, hours: float) -> np.ndarray:
        """`(N,)`: the exponential mean of the scores so far, over about so many hours; NaN counts nothing."""
        import pandas as pd

        share = 1 / max(1, hours * self.day / 24)
        return pd.Series(scores).ewm(alpha=share, adjust=False, ignore_na=True).mean().to_numpy()

    def recent(self, count: int, size: int = 1) -> np.ndarray:
        """`(N, count)` float32: up to and with each step, averages of `size` filled values, latest last.

        Before the first value there is that value. At most 20 deviations from the mean.
        """
        values = np.pad(self.filled.clip(-20, 20), (count * size - 1, 0), mode="edge")
        sums = np.pad(values.cumsum(), (1, 0))
        means = (sums[size:] - sums[:-size]) / size
        rows = np.lib.stride_tricks.sliding_window_view(means, (count - 1) * size + 1)
        return rows[:, ::size].astype("float32")


def alarm_streams(data: AlarmData, trial: float = 0.15) -> dict[str, AlarmStream]:
    """Each series on a grid of its own, in the order of names. Prints what was left out.

    A value goes to the nearest step. If that step, or a later one, has a value already (a time that repeats
    or steps back, as clocks are set), it is left out: a watch cannot go back. Steps without a value are NaN.

    Args:
        data: what `alarms` returns.
        trial: the share of each series before its first alarm, in (0, 1). Windows that begin there count
            nowhere.

    Raises: `DataError` for a series that is too short, has too few values for its length, never changes
        within its trial, or has a step of less than a minute.
    """
    if not 0 < trial < 1:
        raise ValueError(f"trial must lie between 0 and 1, got {trial}")
    found = {}
    for name in sorted(data.series):
        try:
            found[name] = _stream(name, data, trial)
        except DataError as error:
            raise DataError(f"{name}: {error.what}", error.way_out) from error
    return found


def _stream(name: str, data: AlarmData, trial: float) -> AlarmStream:
    import pandas as pd

    index, values = data.series[name].index, data.series[name]["value"].to_numpy()
    apart = pd.Series(index[1:] - index[:-1])
    apart = apart[apart > pd.Timedelta(0)]
    require(len(apart) > 0, "all its values have the same time", "Give each value its time.")
    counts = apart.value_counts()
    step = counts.index[counts == counts.max()].min()
    day = max(1, round(pd.Timedelta(1, "D") / step))
    what = f"its step is {step.total_seconds():g} s, and a minute is the shortest"
    require(day <= LONGEST_DAY, what, "Average it over minutes first.")
    what = f"its step is {step}, and a day is the longest"
    require(step <= pd.Timedelta(1, "D"), what, "Budgets are counted by the week: take values more often.")
    places = np.floor((index - index[0]) / step + 0.5).astype(int).to_numpy()
    kept = np.diff(np.maximum.accumulate(places), prepend=-1) > 0
    count, size = int(kept.sum()), int(places.max()) + 1
    what = f"it has {count:,} values for {size:,} steps of {step.total_seconds():g} s"
    require(size <= SPARSEST * count, what, "Cut the file at its long gaps.")
    grid = np.full(size, np.nan)
    grid[places[kept]] = values[kept]
    first = int(trial * size)
    past = grid[:first][~np.isnan(grid[:first])]
    what = f"its first {trial:.0%} hold {len(past)} values, and {FEWEST} are the least to learn what is usual"
    require(len(past) >= FEWEST, what, "Give it a longer past.")
    what = f"its first {trial:.0%} are always {past[0]:g}, so nothing is known of what is usual"
    require(np.ptp(past) > 0, what, "Give it a longer past, or watch it with a fixed limit.")
    times, windows = index[0] + step * np.arange(size), []
    for begin, end in data.windows[name]:
        inside = np.flatnonzero((times >= begin) & (times <= end))
        if len(inside) and inside[0] >= first:
            windows.append((inside[0], inside[-1]))
    early = len(data.windows[name]) - len(windows)
    late = len(values) - count
    notes = [f"{late:,} values at a time that had come before, left out"] * (late > 0)
    notes += [f"{size - count:,} steps without a value"] * (count < size)
    notes += [f"{early} windows begin too early, and do not count"] * (early > 0)
    if notes:
        print(f"{name}: {'; '.join(notes)}")
    return AlarmStream(name, grid, index[0], step, day, first, np.array(windows, int).reshape(-1, 2))
