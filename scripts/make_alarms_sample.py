"""Rebuilds data/alarms-sample.zip: hourly series with a rhythm of days and weeks, and faults within range.

    python scripts/make_alarms_sample.py

Written for this project with a fixed seed: the same file each time. Nobody measured these values. Each is a
rhythm of hours and weekdays, whose height and hours drift from day to day, plus a wander that forgets itself
within days, fast where the rhythm is high, plus a little noise. So a week ago tells little of today, and an
hour ago tells nearly all of the level; but what the next hour will bring depends on how early or late, how
high or low the rhythm has run for some days.

The first 14 weeks have no fault. Later come five, one of each kind of `FAULTS`: none leaves the range that
the series has anyway, and none moves faster than it does anyway, so that no threshold on the level or on a
change finds them. What is wrong is how the value moves at that hour. Two extremes, a swell to the highest
values and an ebb to the lowest, last four days each; they are harmless and carry no label.
"""

import datetime
import itertools
import json
import math
import random
from pathlib import Path

from samples import main, zipped

TARGET = Path(__file__).resolve().parent.parent / "data" / "alarms-sample.zip"
SEED = 1_442
START = datetime.datetime(2023, 1, 2)  # a Monday
WEEKS, CLEAN = 36, 14
WEEK = 168  # hours
FORGETS, WANDER, NOISE = 0.9946, 0.5, 0.02  # of the height of the rhythm, which is 1
QUIET, RESTLESS = 0.25, 1.5  # how fast it wanders where the rhythm is 0 and where it is 1
HEIGHTS, LATENESS, KEEPS = 0.2, 1.0, 0.96  # how much the rhythm's height and its hours drift, and how slowly
TAIL = 2  # hours for which an alarm still counts after the last wrong value

# -- each series: name, lowest and height of its rhythm, decimals, then 24 hours of a weekday and of a weekend

SERIES = (
    (
        "ferry_terminal",
        (1300, 400, 0),
        "0 0 0 0 5 25 60 95 100 75 50 45 50 50 50 60 85 100 90 60 35 15 5 0",
        "5 0 0 0 0 5 10 20 35 55 75 85 90 90 85 80 75 70 60 50 40 30 20 10",
    ),
    (
        "cold_store_power",
        (64, 22, 2),
        "10 5 5 0 5 10 45 80 95 95 90 95 100 100 95 90 85 75 45 20 15 15 10 10",
        "5 5 0 0 0 0 5 10 10 15 15 20 25 25 25 20 15 10 10 5 5 5 5 5",
    ),
    (
        "library_network",
        (450, 150, 0),
        "0 0 0 0 0 0 0 5 20 55 75 80 65 60 75 90 100 95 80 50 15 0 0 0",
        "0 0 0 0 0 0 0 0 5 25 55 70 75 70 70 60 35 10 0 0 0 0 0 0",
    ),
    (
        "pump_pressure",
        (6, 2, 3),
        "100 100 95 95 90 70 35 5 0 25 45 50 45 40 45 50 40 20 5 10 30 55 80 95",
        "100 100 100 95 95 95 85 60 30 10 0 5 10 20 30 40 35 25 15 15 30 50 75 90",
    ),
    (
        "web_requests",
        (8000, 2600, 0),
        "25 10 5 0 0 0 10 30 60 80 85 90 80 85 90 85 80 75 75 85 100 95 75 45",
        "40 25 15 5 0 0 5 10 20 40 55 65 70 70 65 65 65 70 80 90 100 95 80 60",
    ),
)
SPIKE = (0.2, 0.4, 0.5, 0.35, 0.15)
FAULTS = ("night missing", "rush missing", "late clock", "frozen sensor", "small spike")


class Plant:
    """Makes series, one after the other."""

    def __init__(self, seed: int):
        # Of Python's generator only `random()` is promised to give the same stream in every version.
        self.random = random.Random(seed).random

    def below(self, count: int) -> int:
        return int(self.random() * count)

    def normal(self) -> float:
        """Nearly a standard normal: no function whose last digit depends on the machine."""
        return math.fsum(self.random() for _ in range(12)) - 6  # `sum` rounds as the version of Python does

    def series(self, weekday: list[float], weekend: list[float]) -> tuple[list[float], list[tuple[int, int]]]:
        """Hourly values, the rhythm running from 0 to 1, and the first and last hour of each window."""
        days = [weekend if day % 7 > 4 else weekday for day in range(WEEKS * 7)]
        usual = [value for day in days for value in day]
        height, late = self.drift(HEIGHTS), self.drift(LATENESS)
        rhythm = []
        for hour in range(len(usual)):
            at = min(max(hour - late[hour], 0), len(usual) - 1.001)
            share = at - int(at)
            value = usual[int(at)] * (1 - share) + usual[int(at) + 1] * share
            rhythm.append(max(0.4, 1 + height[hour]) * value)
        wander, level = [], WANDER * self.normal()
        for share in rhythm:
            restless = QUIET + (RESTLESS - QUIET) * share
            level = FORGETS * level + restless * WANDER * (1 - FORGETS**2) ** 0.5 * self.normal()
            wander.append(level)
        weeks = sorted(range(CLEAN, WEEKS - 1), key=lambda _: self.random())
        for sign, week in ((1.0, 5), (-1.0, 9), (1.0, weeks[0]), (-1.0, weeks[1])):
            self.swell(rhythm, wander, sign, week * WEEK + self.below(48))
        values = [base + slow + NOISE * self.normal() for base, slow in zip(rhythm, wander, strict=True)]
        windows = []
        for kind, week in zip(FAULTS, weeks[2:], strict=False):
            day = week * WEEK + 24 * self.below(5)  # Monday to Friday
            begin, end = self.fault(kind, day, values, rhythm)
            windows.append((begin, end + TAIL))
        return values, sorted(windows)

    def drift(self, width: float) -> list[float]:
        """A value for each hour that drifts from day to day, `width` its standard deviation."""
        days = [width * self.normal()]
        while len(days) <= WEEKS * 7:
            days.append(KEEPS * days[-1] + width * (1 - KEEPS**2) ** 0.5 * self.normal())
        return [one + (two - one) * hour / 24 for one, two in itertools.pairwise(days) for hour in range(24)]

    def swell(self, rhythm: list[float], wander: list[float], sign: float, start: int) -> None:
        """Four days, slowly up and down again, to 1.1 above the usual or as far below; the rhythm stays."""
        length = 96
        for hour in range(length):
            height = min(hour, length - 1 - hour) / (length / 2)
            wander[start + hour] += sign * 1.1 * height * height * (3 - 2 * height)

    def fault(self, kind: str, day: int, values: list[float], rhythm: list[float]) -> tuple[int, int]:
        """Spoils the values on that day, and returns the first and last hour of it."""
        hours = range(day, day + 24)
        if kind == "small spike":  # where the rhythm is low, no faster than it rises elsewhere
            begin = min(hours, key=lambda hour: rhythm[hour]) + self.below(2)
            for hour, height in enumerate(SPIKE, begin):
                values[hour] += height
            return begin, begin + len(SPIKE) - 1
        if kind == "late clock":
            late = 3 + self.below(3)
            # It begins and ends where the late value is the true one, or nearly: no jump gives it away.
            apart = {hour: abs(rhythm[hour] - rhythm[hour - late]) for hour in range(day, day + 36)}
            begin = min(range(day, day + 8), key=apart.__getitem__)
            end = min(range(day + 24, day + 36), key=apart.__getitem__)
            rests = [value - true for value, true in zip(values[begin:end], rhythm[begin:end], strict=True)]
            for hour, rest in enumerate(rests, begin):
                values[hour] = rhythm[hour - late] + rest
            return begin, end - 1
        # The others hold what was there before a steep way up or down, until the true value comes by again:
        # no jump gives their end away.
        down = kind == "night missing" or (kind == "frozen sensor" and self.random() < 0.5)
        steps = {hour: rhythm[hour + 3] - rhythm[hour] for hour in hours}
        begin = (min if down else max)(hours, key=steps.__getitem__)
        frozen = kind == "frozen sensor"
        true = values if frozen else rhythm
        end = min(range(begin + 6, begin + 21), key=lambda hour: abs(true[hour + 1] - true[begin]))
        for hour in range(begin + 1, end + 1):
            values[hour] = values[begin] if frozen else values[hour] + rhythm[begin] - rhythm[hour]
        return begin + 1, end


def build() -> bytes:
    """The whole archive, with no time in it."""
    plant, files, labels = Plant(SEED), {}, {}
    for name, (lowest, height, decimals), *profiles in SERIES:
        values, windows = plant.series(*([int(part) / 100 for part in text.split()] for text in profiles))
        times = [START + datetime.timedelta(hours=hour) for hour in range(len(values))]
        rows = [
            f"{time},{lowest + height * value:.{decimals}f}\n"
            for time, value in zip(times, values, strict=True)
        ]
        files[f"data/{name}.csv"] = "timestamp,value\n" + "".join(rows)
        labels[f"{name}.csv"] = [[str(times[begin]), str(times[end])] for begin, end in windows]
    files["labels/combined_windows.json"] = json.dumps(labels, indent=1)
    return zipped({name: text.encode() for name, text in files.items()})


if __name__ == "__main__":
    main(__doc__, TARGET, build)
