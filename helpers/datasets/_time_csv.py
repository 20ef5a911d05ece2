"""Series over time from a CSV of any columns, one of them the time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from helpers.datasets.fetch import BLANK, check_widths, first, listed, read_rows, require

if TYPE_CHECKING:  # imported where it is used: most recipes do without
    import pandas as pd

__all__ = ["column_named", "read_series"]

LEAST = 200  # different times; less is no series to learn from
ISO = (
    r"(?P<day>\d{4}-\d\d-\d\d)(?:[T ](?P<clock>\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)"
    r"\s*(?P<offset>Z|UTC|[+-]\d\d(?::?\d\d)?)?)?$"
)
SAVE = "Save it as CSV in UTF-8: columns separated by commas, decimal points."
DECIMAL_COMMA, THOUSANDS = r"[+-]?\d+(?:,\d+)?", r"[+-]?[1-9]\d{0,2},\d{3}"
NAME_IT = "Name the column of times: TIME in the parameters cell, SET=TIME=… with make, time=… in a call."
ADD_IT = 'If there is none, add one, e.g. pd.date_range("2024-01-01", periods=len(table), freq="h").'


def read_series(path: Path, time: str) -> tuple[pd.DataFrame, dict[str, str], list[str]]:
    """All series of numbers in a CSV, plain or gzip, in the order of the file.

    Args:
        path: of the file.
        time: the column of times, in any case; where none has that name, the only one that holds times.

    Returns: the table, float64 with NaN for blank cells on a `DatetimeIndex` without time zone; the columns
        dropped, with the reason; and notes on what was mended.
    Raises: `DataError` for a file that is no CSV, no column of times or several, times that cannot be read, a
        few words among numbers, and a file of which nothing is left.
    """
    import pandas as pd

    text = _read_rows(path, time)
    time, chosen = _time_column(text, time)
    times, notes = _as_times(text.pop(time))
    notes = chosen + notes
    what = f"it has {len(times)} rows with {times.nunique()} different times"
    require(times.nunique() >= LEAST, what, f"{LEAST} are the least.")
    columns, dropped = {}, {}
    for name in text:
        values = _as_numbers(text[name])
        if isinstance(values, str):
            dropped[name] = values
        else:
            columns[name] = values.to_numpy("float64")
    found = listed([f"{name} ({reason})" for name, reason in dropped.items()])
    require(columns, f"it has no series of numbers beside {time!r}; dropped: {found or 'nothing'}")
    notes += [f"columns dropped: {found}"] * bool(found)
    return pd.DataFrame(columns, index=pd.DatetimeIndex(times, name=time)), dropped, notes


def column_named(name: str, columns: Iterable[str]) -> str | None:
    """The column of this name, or the only one that has it in another case."""
    same = [column for column in columns if column.casefold() == str(name).casefold()]
    return name if name in same else same[0] if len(same) == 1 else None


def _read_rows(path: Path, time: str) -> pd.DataFrame:
    """Every column as text; the index is the line of each row in the file."""
    import pandas as pd

    header, rows = read_rows(path, SAVE)
    rows = [(row, line) for row, line in rows if any(row)]
    names = [name.strip() or f"column {number}" for number, name in enumerate(header, start=1)]
    require(names, f"no column {time!r} for the time; the columns are: none", SAVE)
    twice = first(name for name in names if names.count(name) > 1)
    require(twice is None, f"the first line names the column {twice} twice", "Rename one of them.")
    check_widths(rows, len(names), SAVE)
    return pd.DataFrame([row for row, _ in rows], [line for _, line in rows], names, dtype=str)


def _time_column(text: pd.DataFrame, time: str) -> tuple[str, list[str]]:
    """The name of the column of times, and a note where it has another name than that asked for."""
    if named := column_named(time, text):
        return named, []
    # Most cells are enough: what is wrong with the others is then said with their line.
    found = [name for name in text if text[name].str.strip().str.fullmatch(ISO).mean() > 0.5]
    others = f"several have times: {listed(found)}" if found else "none has times such as 2016-07-01 13:00"
    what = f"no column {time!r} for the time, and {others}; the columns are: {listed(text.columns)}"
    require(len(found) == 1, what, NAME_IT if found else f"{NAME_IT} {ADD_IT}")
    return found[0], [f"times taken from {found[0]!r}, as there is no column {time!r}"]


def _as_times(text: pd.Series) -> tuple[pd.Series, list[str]]:
    """Times without zone: as the clock showed them, or in UTC where it changed its offset; and a note."""
    import pandas as pd

    text = text.str.strip()
    parts = text.str.extract(f"^{ISO}")
    clock = parts["day"] + " " + parts["clock"].fillna("00:00")
    times = pd.to_datetime(clock, format="ISO8601", errors="coerce")
    wrong = text[times.isna()]
    what = f"{len(wrong):,} times cannot be read, the first is {first(wrong)!r} on line {first(wrong.index)}"
    way_out = "Write ISO times, year first, as 2016-07-01 13:00: in 01/07/2016 day and month may be either."
    require(wrong.empty, what, way_out)
    bare = text[parts["offset"].isna()]
    if len(bare) == len(text):
        return times, []
    what = f"{first(bare)!r} on line {first(bare.index)} has no offset from UTC, as other times have"
    require(bare.empty, what, "Write the offset in every row or in none.")
    zones = parts["offset"].replace({"Z": "+00", "UTC": "+00"}).str.replace(":", "").str.ljust(5, "0")
    names = sorted(zones.unique())
    if len(names) == 1:
        return times, [f"all times have the offset {names[0]}, which was left out"]
    offsets = pd.to_timedelta(zones.str.replace(r"(\d\d)(\d\d)", r"\1:\2:00", regex=True))
    return times - offsets, [f"times have different offsets ({listed(names)}), so converted to UTC"]


def _as_numbers(text: pd.Series) -> pd.Series | str:
    """Numbers, NaN for blank cells; or the reason why the column is of no use."""
    import pandas as pd

    small = text.str.strip().str.lower()
    blank = small.isin(BLANK)
    cells = small[~blank]
    with_comma = cells[cells.str.contains(",")]
    # Spreadsheets of half of Europe write 1,5. Where each might be meant as 1,500, nothing is guessed.
    if cells.str.fullmatch(DECIMAL_COMMA).all() and not with_comma.str.fullmatch(THOUSANDS).all():
        small = small.str.replace(",", ".")
    numbers = pd.to_numeric(small.mask(blank).replace({"true": "1", "false": "0"}), errors="coerce")
    wrong = text[~(np.isfinite(numbers) | blank)]
    if blank.all():
        return "empty"
    if 2 * len(wrong) > (~blank).sum():
        return f"no numbers, such as {wrong.iloc[0][:40]!r}"
    # A column of numbers with a few words must not vanish: it may be the one to forecast.
    what = f"{text.name} has {len(wrong):,} values that are no numbers, the first is "
    what += f"{first(wrong)!r} on line {first(wrong.index)}"
    require(wrong.empty, what, "Leave a cell empty where there is no value.")
    return numbers if numbers.nunique() > 1 else f"always {numbers.max():g}"
