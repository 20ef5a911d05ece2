"""ETTh1: load and oil temperature of a power transformer, hourly; or series of the reader's own.

Origin: the repository of its authors (Zhou et al., Informer, AAAI 2021; CC BY-ND 4.0, hence not bundled).
Normal form: their file as it is, `ETTh1.csv`. The bundled sample is another series, written for the cookbook.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.datasets._time_csv import column_named, read_series
from helpers.datasets._time_grid import count_times, to_grid
from helpers.datasets.fetch import Dataset, asked, download, find, is_own, listed, require

if TYPE_CHECKING:  # imported where it is used: most recipes do without
    import pandas as pd

__all__ = ["LoadData", "power_load"]

URL = (
    "https://raw.githubusercontent.com/zhouhaoyi/ETDataset"
    "/1d16c8f4f943005d613b5bc962e9eeb06058cf07/ETT-small/ETTh1.csv"
)
SIZE = 2_589_657  # bytes
SHA256 = "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066"
SHAPE = (17_420, 7)  # times and series of ETTh1
FILE, SAMPLE = "ETTh1.csv", "load-sample.csv.gz"
SAMPLE_AHEAD = ("temperature_forecast", "holiday")


@dataclass(frozen=True, eq=False)
class LoadData:
    """Series over time on a regular grid, one of them to be forecast.

    Attributes:
        table: `(N, series)` float64, the columns in the order of the file. The index is a `DatetimeIndex`
            without time zone that ascends in equal steps; NaN where there is no value.
        target: the column to forecast.
        step: between two rows, a `Timedelta`.
        missing: `(N, series)` bool, index and columns as in `table`: True where that has no value.
        known_ahead: columns whose value at a time is known long before it, such as a calendar or a weather
            forecast; may be empty. All other columns are known up to the present alone.
        dropped: the columns left out, with the reason.
        source: `"full"`, or `"sample"` for the made-up series bundled with the cookbook.
        origin: where it came from, in a few words.
    """

    table: pd.DataFrame
    target: str
    step: pd.Timedelta
    missing: pd.DataFrame
    known_ahead: tuple[str, ...]
    dropped: dict[str, str]
    source: str
    origin: str


def _fetch(path: Path) -> None:
    download(URL, path, SIZE, SHA256)


def power_load(
    source: str | os.PathLike | None = None,
    time: str = "date",
    target: str | None = None,
    known_ahead: str | Sequence[str] | None = None,
) -> LoadData:
    """ETTh1 (Zhou et al. 2021, CC BY-ND 4.0), or series of the reader's own. Prints source and counts.

    What had to be mended is printed, too: rows are sorted; those of one time averaged, as when summer time
    ends; a time without a row gets one of NaN, as when it begins. Columns of words, and of one value only,
    are dropped. Times of one offset from UTC keep their clock; if the offset changes, they become UTC.

    Args:
        source: None for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where it is not set;
            `"auto"` (cache, else download, else bundled sample); `"cache"`, `"online"` or `"bundled"` alone;
            or the path of a CSV in UTF-8, plain or `.gz`, with commas, semicolons or tabs: the first line
            names the columns, the rows have a time such as `2016-07-01 13:00` and numbers, `0.5` or `0,5`
            (or `true` and `false`), blank where unknown. It needs 200 different times or more, in equal steps
            of any length.
        time: the column of the times, in the reader's own file, in any case; where no column has that name,
            the only one that holds times is taken, and the line printed says so.
        target: the column to forecast, in any case; None for the last one of numbers that is not known ahead.
        known_ahead: columns known in advance, as `("holiday",)`; None: those of the sample, else none.

    Returns: `LoadData`: 17,420 hours of seven series in ETTh1, 17,520 hours of four in the sample.
    Raises: `DataError` when the source fails, lacks a column asked for, or its times fit no grid.
    """
    own = is_own(source)
    what = f"time must be 'date' unless source is your own file, got {time!r} with source {asked(source)!r}"
    require(own or time == "date", what)

    def read(path: Path) -> tuple[pd.DataFrame, dict[str, str], list[str]]:
        table, dropped, notes = read_series(path, time)
        table, mended = to_grid(table)
        what = "it has {:,} times of {} series; ETTh1 has {:,} of {}".format(*table.shape, *SHAPE)
        require(own or path.name != FILE or table.shape == SHAPE, what)
        return table, dropped, notes + mended

    dataset = Dataset("Power load", FILE, SAMPLE, read, lambda found: count_times(found[0], found[2]), _fetch)
    (table, dropped, _), kind, origin = find(dataset, source)
    if known_ahead is None:
        known_ahead = SAMPLE_AHEAD if kind == "sample" else ()
    asked_for = (known_ahead,) if isinstance(known_ahead, str) else tuple(known_ahead)
    ahead = tuple(column_named(name, table) or name for name in asked_for)
    past = [name for name in table if name not in ahead]
    require(past, f"all series of {origin} are known ahead: {listed(ahead)}", "One must be left to forecast.")
    target = past[-1] if target is None else column_named(target, table) or target
    for name in (target, *ahead):
        reason = f"; {name} was dropped: {dropped[name]}" if name in dropped else ""
        what = f"{name!r} is no series of {origin}, which has {listed(table.columns)}{reason}"
        require(name in table, what, "Name others with target=… and known_ahead=….")
    require(target not in ahead, f"{target!r} is the target and cannot be known ahead")
    print(f"To forecast: {target}; known ahead: {listed(ahead) or 'nothing'}; known so far: {listed(past)}")
    step = table.index[1] - table.index[0]
    return LoadData(table, target, step, table.isna(), ahead, dropped, kind, origin)
