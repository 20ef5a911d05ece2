"""Series over time, brought to a grid of equal steps, or refused; and how that is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.datasets.fetch import first, listed, require

if TYPE_CHECKING:  # imported where it is used: most recipes do without
    import pandas as pd

__all__ = ["count_times", "to_grid"]

UNITS = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}  # as pandas names them, in seconds


def to_grid(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The rows in the order of time, one for every step of the most frequent length; and what was mended.

    Rows of one time are averaged, a time without a row gets one of NaN. Raises `DataError` if the times fit
    no grid, if less than half of it is there, or if more than a tenth of the times stand several times.
    """
    import pandas as pd

    notes = []
    backwards = int((table.index[1:] < table.index[:-1]).sum())
    if backwards:
        notes.append(f"rows earlier than the one before, so sorted: {backwards:,}")
        table = table.sort_index(kind="stable")
    twice = table.index[table.index.duplicated()].unique()
    if len(twice):
        table = table.groupby(level=0).mean()
        what = f"{len(twice):,} of {len(table):,} times stand several times, the first is {twice[0]}"
        way_out = "If several meters stand below one another, keep one, or give each a column."
        require(10 * len(twice) <= len(table), what, way_out)
        notes.append(f"times that stand several times, so averaged: {_some(twice)}")
    start, end = table.index[[0, -1]]
    counts = pd.Series(table.index[1:] - table.index[:-1]).value_counts()
    step = counts.index[counts == counts.max()].min()
    phase = pd.Series((table.index - start) % step, table.index)
    off = table.index[phase != phase.mode()[0]]
    what = f"the times fit no grid: the most frequent step is {_duration(step)} ({counts.max():,} of "
    what += f"{len(table) - 1:,}), and {len(off):,} times leave it, the first is {first(off)}"
    require(off.empty, what, "Move them to the grid, or average over equal steps.")
    steps = (end - start) // step + 1
    what = f"only {len(table):,} of {steps:,} times have a row, every {_duration(step)} from {start} to {end}"
    require(steps <= 2 * len(table), what, "Cut the file at its long gaps.")
    grid = pd.date_range(start, end, freq=step, name=table.index.name)
    inserted = grid.difference(table.index)
    if len(inserted):
        notes.append(f"times without a row, so inserted as missing: {_some(inserted)}")
    return table.reindex(grid), notes


def _some(times: pd.DatetimeIndex) -> str:
    """How many, and the first; in the early hours of Sundays, clocks change."""
    clock = ", as when clocks change" if ((times.day_of_week == 6) & (times.hour < 4)).all() else ""
    return f"{len(times):,} (first {times[0]}{clock})"


def _duration(step: pd.Timedelta) -> str:
    seconds = step.total_seconds()
    unit = first(unit for unit, size in UNITS.items() if seconds % size == 0) or "s"
    return f"{seconds / UNITS[unit]:g} {unit}"


def count_times(table: pd.DataFrame, notes: list[str]) -> str:
    """One phrase for `Dataset.count`, of a table on a grid."""
    start, after, end = table.index[[0, 1, -1]]
    gaps = table.isna().sum()
    missing = listed([f"{name} {count:,}" for name, count in gaps[gaps > 0].items()]) or "none"
    size = f"{len(table):,} times every {_duration(after - start)}, {start} to {end}, {len(gaps)} series"
    return "; ".join([size, *notes, f"values missing: {missing}"])
