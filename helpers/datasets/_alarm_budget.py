"""From scores to alarms under a budget, and how good the alarms are."""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # imported where it is used: most recipes do without
    import pandas as pd

    from helpers.datasets._alarm_streams import AlarmStream

__all__ = ["AlarmBudget", "alarm_steps", "best_f1", "judge_alarms"]


class AlarmBudget:
    """Takes one score at a time and says whether it is an alarm; knows the past only.

    The highest score of every quarter of a day is remembered. At the start of a quarter the limit is set to
    the score that as many quarters have reached as the budget allows in so long a past, and stays until the
    next one. An alarm costs one, the watch begins with one, and a week earns `budget`: what is left over
    makes the limit lower, and with less than one left there is no alarm. After an alarm it is silent for
    half a day.

    Args:
        day: steps in a day, at least 1; with less than 4 a "quarter" is one step.
        trial: steps before the first alarm.
        budget: alarms a week, above 0.

    Raises: `ValueError` for a budget or a day that cannot be.
    """

    def __init__(self, day: int, trial: int, budget: float):
        if not budget > 0 or day < 1:
            raise ValueError(
                f"day must be at least 1 and budget above 0, got day {day!r} and budget {budget!r}"
            )
        self.trial, self.block = trial, max(1, day // 4)
        self.earned = budget * self.block / (7 * day)  # in a quarter
        self.highest: list[float] = []  # of the quarters, in order
        self.peak, self.limit = -np.inf, np.inf
        self.steps = self.alarms = self.silent = 0

    def step(self, score: float) -> bool:
        """Whether this score, NaN for none, is an alarm."""
        if self.steps % self.block == 0:
            self._set_limit()
        if score > self.peak:
            self.peak = score
        alarm = bool(score > self.limit) and self.steps >= max(self.silent, self.trial)
        if alarm:
            self._spend(self.steps)
        self.steps += 1
        return alarm

    def quarter(self, scores: np.ndarray, peak: float) -> int | None:
        """A whole quarter of a day at once, scores `(block,)` and the highest of them: the step of its alarm.

        The same as `step` for each of them, and much faster: after an alarm it is silent for two quarters.
        """
        self._set_limit()
        begin, self.steps = self.steps, self.steps + self.block
        self.peak = peak if peak > -np.inf else -np.inf  # NaN: no score
        if not peak > self.limit:
            return None
        above = begin + np.flatnonzero(scores > self.limit)
        above = above[above >= max(self.silent, self.trial)]
        if not len(above):
            return None
        self._spend(int(above[0]))
        return int(above[0])

    def _spend(self, step: int) -> None:
        """An alarm at this step: it costs one, and half a day is silent."""
        self.alarms, self.silent = self.alarms + 1, step + 2 * self.block

    def _set_limit(self) -> None:
        if self.peak > -np.inf:
            bisect.insort(self.highest, self.peak)
        left = 1 + (self.steps - self.trial) / self.block * self.earned - self.alarms
        often = int(min(left * self.earned, 0.5) * len(self.highest))
        ready = left >= 1 and self.highest
        self.peak, self.limit = -np.inf, self.highest[-max(1, often)] if ready else np.inf


def alarm_steps(scores: np.ndarray, stream: AlarmStream, budget: float) -> np.ndarray:
    """The steps at which `AlarmBudget` gives an alarm: scores `(N,)`, NaN for none, to int `(alarms,)`.

    A step without a value has no score, whatever stands there.
    """
    watch = AlarmBudget(stream.day, stream.trial, budget)
    scores = np.where(np.isnan(stream.values), np.nan, scores)
    pad = np.full(-len(scores) % watch.block, np.nan)
    quarters = np.append(scores, pad).reshape(-1, watch.block)
    peaks = np.fmax.reduce(quarters, axis=1).tolist()
    found = [watch.quarter(part, peak) for part, peak in zip(quarters, peaks, strict=True)]
    return np.array([step for step in found if step is not None], int)


def judge_alarms(
    scores: dict[str, np.ndarray], streams: Iterable[AlarmStream], budget: float
) -> tuple[pd.DataFrame, int, int]:
    """How good the alarms of each stream are.

    Args:
        scores: by the name of the stream, `(N,)`.
        streams: the ones that count.
        budget: alarms a week.

    Returns:
        A row for every window: `series`, `start` (a time), `found` (whether there is an alarm within, both
        ends included), `delay` (steps from its start to the first one, NaN without). The number of all
        alarms, and of those within a window.
    """
    import pandas as pd

    rows, given, right = [], 0, 0
    for stream in streams:
        steps = alarm_steps(scores[stream.name], stream, budget)
        given += len(steps)
        for first, last in stream.windows:
            inside = steps[(first <= steps) & (steps <= last)]
            right += len(inside)
            delay = inside[0] - first if len(inside) else np.nan
            rows.append((stream.name, stream.times[first], len(inside) > 0, delay))
    return pd.DataFrame(rows, columns=["series", "start", "found", "delay"]), given, right


def best_f1(scores: np.ndarray, stream: AlarmStream, adjusted: bool) -> float:
    """F1 over the watched steps, at the threshold that is best for it, as papers report it. Not for choosing.

    Args:
        scores: `(N,)`, none NaN.
        stream: its windows are what is right.
        adjusted: whether one step of a window above the threshold makes all its steps right ("point
            adjustment", Xu et al., 2018).

    Returns: 0 to 1; NaN without windows.
    """
    scores = np.array(scores[stream.trial :], float)
    inside = np.zeros(len(scores))
    for first, last in stream.windows - stream.trial:
        inside[first : last + 1] = 1
        if adjusted:
            scores[first : last + 1] = scores[first : last + 1].max()
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.diff(scores[order], append=-np.inf))  # a threshold lies between two scores
    hits, given = np.cumsum(inside[order])[ends], ends + 1
    return float((2 * hits / (given + inside.sum())).max()) if len(stream.windows) else np.nan
