"""Series of values and windows within them, from CSVs, zips and JSON: NAB's and the reader's own alike."""

from __future__ import annotations

import zipfile
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.datasets.fetch import DataError, listed, parse_json, read_table, read_text, read_times, require

if TYPE_CHECKING:  # imported where it is used: most recipes do without
    import pandas as pd

__all__ = ["LABELS", "inside", "read_series"]

LABELS = "labels/combined_windows.json"
MAX_SERIES = 1_000
MOST_BACK = 0.01  # of the times may lie before the one above: clocks are set
FORM = 'Write [["2014-07-01 08:00:00", "2014-07-01 17:30:00"], …], or {"name of the series": [[…], …], …}.'


def read_series(
    path: Path, time: str = "timestamp", value: str = "value", labels: Path | None = None
) -> tuple:
    """The series and windows of `AlarmData` from a CSV, or from a zip of them and of labels. `DataError`."""
    names = _members(path)
    files = [name for name in names if name.endswith(".csv") and not name.startswith("__MACOSX/")]
    what = f"the archive must have 1 to {MAX_SERIES:,} files .csv, found: {listed(names)}"
    require(not names or 0 < len(files) <= MAX_SERIES, what, "Pack each series as a CSV.")
    members = {PurePosixPath(name).stem: name for name in files} or {path.name.partition(".")[0]: ""}
    what = f"{len(files)} files have {len(members)} different names"
    require(not files or len(members) == len(files), what, "Name each series otherwise.")
    given = None
    if labels is not None or LABELS in names:
        text = read_text(labels) if labels is not None else read_text(path, LABELS)
        given = _labels(text, list(members), str(labels or LABELS))
    series, windows = {}, {}
    for name, member in members.items():
        try:
            series[name], flags = _read_series(path, member, time, value)
        except DataError as error:
            raise DataError(f"{member}: {error.what}" if member else error.what, error.way_out) from error
        index = series[name].index
        windows[name] = _runs(index, flags) if given is None else _pairs(given[name], index, name)
    return series, windows


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist() or ["nothing"]
    except Exception as error:  # a garbage archive makes zipfile raise nearly anything
        what = f"the file is not a whole .zip archive ({error})"
        require(path.suffix.lower() != ".zip", what, "Pack it again, or name a CSV.")
        return []


def _read_series(path: Path, member: str, time: str, value: str) -> tuple[pd.DataFrame, np.ndarray]:
    """One table as in `AlarmData.series`, and its column `anomaly`, `(N,)` bool."""
    import pandas as pd

    table = read_table(path, (time.lower(), value.lower()), ("anomaly",), member)
    lines = table["line"]
    times = read_times(table[time.lower()], lines, time)
    back = np.flatnonzero(np.diff(times.asi8) < 0) + 1
    at = lines[back[0]] if len(back) else None
    what = f"{len(back):,} times lie before the one above, the first on line {at}"
    require(len(back) <= MOST_BACK * len(times), what, "Sort the rows by time.")
    values = pd.to_numeric(pd.Series(table[value.lower()]).str.strip(), errors="coerce").to_numpy(float)
    flags = table.get("anomaly") or ["0"] * len(times)
    for row in np.flatnonzero(~np.isfinite(values))[:1]:
        what = f"{value} must be a number, got {table[value.lower()][row]!r} on line {lines[row]}"
        raise DataError(what, "Fill it in, or drop the row.")
    for flag, line in zip(flags, lines, strict=True):
        require(
            flag.strip() in ("0", "1", "0.0", "1.0"), f"anomaly must be 0 or 1, got {flag!r} on line {line}"
        )
    return pd.DataFrame({"value": values}, times), np.array([flag.strip()[0] == "1" for flag in flags])


def _labels(text: str, names: list[str], where: str) -> dict[str, Any]:
    """What the labels say of each of the series, still unchecked."""
    try:
        found = parse_json(text)
    except ValueError as error:
        raise DataError(f"{where} is not JSON ({error})", FORM) from error
    if isinstance(found, list):
        found = {names[0]: found} if len(names) == 1 else {}
    require(isinstance(found, dict), f"{where} must hold windows, got {str(found)[:60]}", FORM)
    found = {PurePosixPath(name).name.removesuffix(".csv"): pairs for name, pairs in found.items()}
    absent = [name for name in names if name not in found]
    what = f"{where} says nothing of {listed(absent)}; it names: {listed(list(found)) or 'no series'}"
    require(not absent, what, f"{FORM} An empty list is for a series without faults.")
    return found


def _pairs(pairs: Any, index: pd.DatetimeIndex, name: str) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    windows: list[tuple[pd.Timestamp, pd.Timestamp]] = []
    require(isinstance(pairs, list), f"the windows of {name} must be a list, got {str(pairs)[:60]}", FORM)
    for pair in pairs:
        is_pair = isinstance(pair, list) and len(pair) == 2 and all(isinstance(text, str) for text in pair)
        require(is_pair, f"a window of {name} must be a start and an end, got {str(pair)[:60]}", FORM)
        start, end = read_times(pair, (1, 2), f"a window of {name}")
        what = f"the window {start} to {end} of {name}"
        require(start <= end, f"{what} ends before it starts")
        require(
            inside(index, [(start, end)]).any(), f"{what} holds no value: it has {index[0]} to {index[-1]}"
        )
        windows.append((start, end))
    windows.sort()
    for (_, end), (start, _) in pairwise(windows):
        require(
            end < start, f"two windows of {name} overlap: one ends {end}, one starts {start}", "Join them."
        )
    return windows


def _runs(index: pd.DatetimeIndex, flags: np.ndarray) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """Each run of flagged values as a window, from its first value to its last."""
    edges = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return list(zip(index[starts], index[ends], strict=True))


def inside(index: pd.DatetimeIndex, windows: list) -> np.ndarray:
    inside = np.zeros(len(index), bool)
    for start, end in windows:
        inside |= np.asarray((index >= start) & (index <= end))
    return inside
