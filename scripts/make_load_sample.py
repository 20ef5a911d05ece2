"""Rebuilds data/load-sample.csv.gz: two years of hourly power load of a made-up town, with its weather.

    python scripts/make_load_sample.py

The series comes from the rules below, written for this project, with a fixed seed: the same text each time.
Load is a daily and weekly round, holidays (a working day with the load of a Sunday), and temperature: what is
cold is heated, what is hot is cooled, by buildings that answer with some hours' delay. Weather lasts several
days and then turns. So what repeats last week's load, or any fixed sum of past loads, fails when the weather
turns or a holiday comes; who reads the forecast and the calendar, and bends with them, does not.
"""

import csv
import datetime
import io
import math
import random
from collections.abc import Iterator
from pathlib import Path

from samples import gzipped, main

TARGET = Path(__file__).resolve().parent.parent / "data" / "load-sample.csv.gz"
SEED = 20_000
START, DAYS = datetime.date(2021, 1, 1), 730
HEADER = ("date", "temperature", "temperature_forecast", "holiday", "load")
NO_ROW = {2_500: 3, 6_111: 1, 9_876: 7, 12_703: 2, 15_840: 5}  # hours from the start: how many are lost
NO_SENSOR = {4_020: 6, 11_500: 4, 16_290: 9}  # the same, of the measured temperature alone

# Hour by hour, in MW: a working day, a Saturday, a Sunday.
ROUNDS = (
    (172, 164, 160, 159, 163, 180, 216, 258, 282, 290, 293, 296, 292, 290, 288, 284, 282, 288, 296, 292, 272,
     246, 218, 190),
    (176, 166, 160, 157, 158, 163, 176, 196, 222, 242, 252, 254, 248, 238, 230, 226, 228, 240, 256, 256, 242,
     224, 206, 186),
    (172, 162, 155, 152, 151, 153, 160, 172, 190, 208, 220, 228, 226, 212, 202, 198, 202, 218, 240, 244, 234,
     218, 198, 178),
)  # fmt: skip
WARM, HEATING = 15.0, 5.0  # °C below which it is heated, MW per degree
HOT, COOLING = 20.0, 11.0  # °C above which it is cooled, MW per degree at the busiest hour
DELAY = 14.0  # hours that the buildings take to follow the weather
GROWTH = 0.03  # a year


def is_holiday(day: datetime.date) -> bool:
    """The town's own calendar: days at the turn of the year, and one or two in every month."""
    if (day.month, day.day) in ((1, 1), (12, 24), (12, 25), (12, 26), (12, 31)):
        return True
    if day.month % 2:
        return day.weekday() == 0 and day.day <= 7  # the first Monday
    bridge = day - datetime.timedelta(days=1)  # the third Thursday, and the Friday behind it
    return (day.weekday() == 3 and 15 <= day.day <= 21) or (day.weekday() == 4 and 15 <= bridge.day <= 21)


class Wandering:
    """Noise of mean 0 that remembers: its correlation falls to 1/e in `hours`."""

    def __init__(self, source: random.Random, spread: float, hours: float):
        self.source, self.keep = source, math.exp(-1 / hours)
        self.push, self.value = spread * math.sqrt(1 - self.keep**2), source.gauss(0, spread)

    def step(self) -> float:
        self.value = self.keep * self.value + self.source.gauss(0, self.push)
        return self.value


def hours() -> Iterator[tuple[datetime.datetime, float, float, int, float]]:
    """Time, temperature (°C), its forecast (°C), holiday (0 or 1) and load (MW), without gaps."""
    source = random.Random(SEED)
    weather, gusts = Wandering(source, 4.6, 72), Wandering(source, 0.7, 5)
    error = Wandering(source, 1.1, 30)
    business, meter = Wandering(source, 0.008, 20), Wandering(source, 0.006, 1)
    inside = 2.0
    for number in range(24 * DAYS):
        time = datetime.datetime.combine(START, datetime.time()) + datetime.timedelta(hours=number)
        day, hour = time.date(), time.hour
        year = 2 * math.pi * (number / 24 - 20) / 365.25  # 0 on the coldest day
        noon = math.cos(2 * math.pi * (hour - 15) / 24) * (3.6 - 1.6 * math.cos(year))
        temperature = 11.5 - 10.5 * math.cos(year) + noon + weather.step() + gusts.step()
        inside += (temperature - inside) / DELAY
        holiday = is_holiday(day)
        kind = 2 if holiday or day.weekday() == 6 else day.weekday() == 5
        busy = (ROUNDS[kind][hour] - 150) / 146
        load = ROUNDS[kind][hour]
        load += HEATING * max(WARM - inside, 0) * (0.75 + 0.35 * busy)
        load += COOLING * max(inside - HOT, 0) * (0.25 + 0.75 * busy)
        dusk = 18.5 - 2.5 * math.cos(year)  # lamps from dusk to midnight
        load += 22 * min(max(hour - dusk + 1, 0), 1)
        load *= (1 + GROWTH * number / 8766) * (1 + business.step() + meter.step())
        yield time, temperature, temperature - error.step(), int(holiday), load


def lost(gaps: dict[int, int]) -> set[int]:
    return {start + hour for start, count in gaps.items() for hour in range(count)}


def build() -> bytes:
    """The whole file, gzip with no time in its header."""
    no_row, no_sensor = lost(NO_ROW), lost(NO_SENSOR)
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(HEADER)
    for number, (time, temperature, forecast, holiday, load) in enumerate(hours()):
        if number not in no_row:
            measured = "" if number in no_sensor else f"{temperature:.1f}"
            rows.writerow((time.isoformat(" "), measured, f"{forecast:.1f}", holiday, f"{load:.1f}"))
    return gzipped(text.getvalue().encode())


if __name__ == "__main__":
    main(__doc__, TARGET, build)
