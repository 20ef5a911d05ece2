"""Series with known faults, from the Numenta Anomaly Benchmark (NAB); or a series of the reader's own.

Origin: `numenta/NAB` on GitHub (MIT, 2024; AGPL-3.0 before that), the seven series of `data/realKnownCause`
and the windows of `labels/combined_windows.json`. Its authors have amended both over the years, so no hash is
pinned: the values and windows of each series are counted instead. The taxi trips are of New York City's Taxi
and Limousine Commission. Normal form: a zip of these eight files, `nab.zip`.

What is in it: 69,561 values, every 5, 30 or 60 minutes, and 19 windows, which hold a tenth of the values of
each series. In two series twelve times repeat or step back, as clocks were set; others have gaps of up to a
week.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from helpers.datasets._windows import LABELS, inside, read_series
from helpers.datasets.fetch import Dataset, download_zip, find, first, is_own, require

if TYPE_CHECKING:  # imported where it is used: most recipes do without
    import pandas as pd

__all__ = ["AlarmData", "alarms"]

URL = "https://raw.githubusercontent.com/numenta/NAB/master"
SERIES = {  # values and windows
    "ambient_temperature_system_failure": (7_267, 2),
    "cpu_utilization_asg_misconfiguration": (18_050, 1),
    "ec2_request_latency_system_failure": (4_032, 3),
    "machine_temperature_system_failure": (22_695, 4),
    "nyc_taxi": (10_320, 5),
    "rogue_agent_key_hold": (1_882, 2),
    "rogue_agent_key_updown": (5_315, 2),
}
MAX_BYTES = 4 << 20  # of one file; the largest has 0.7 million


def _fetch(path: Path) -> None:
    names = (LABELS, *(f"data/realKnownCause/{series}.csv" for series in SERIES))
    download_zip({name: f"{URL}/{name}" for name in names}, path, MAX_BYTES)
    frames, windows = read_series(path)
    sizes = {name: (len(frame), len(windows[name])) for name, frame in frames.items()}
    wrong = first(name for name in SERIES if sizes[name] != SERIES[name])
    what = f"{wrong} has {sizes.get(wrong)} values and windows, {SERIES.get(wrong)} expected"
    require(wrong is None, what)


@dataclass(frozen=True, eq=False)
class AlarmData:
    """Series of values, and when something was wrong.

    Attributes:
        series: by name, a table with the column `value`, float64, in the order of the file; its index is the
            time, without a zone (in UTC where the file gives offsets). A few times may repeat or step back.
        windows: by name, the `(start, end)` within which an alarm is right, both ends included; in order,
            apart, at least one value in each. Nothing where the file has no labels.
        source: `"full"`, or `"sample"` for the small set bundled with the cookbook.
        origin: where they came from, in a few words.
    """

    series: dict[str, pd.DataFrame]
    windows: dict[str, list[tuple[pd.Timestamp, pd.Timestamp]]]
    source: str
    origin: str

    def in_window(self, name: str) -> np.ndarray:
        """Which values of a series lie in a window, `(N,)` bool."""
        return inside(self.series[name].index, self.windows[name])


def _count(found: tuple) -> str:
    series, windows = found
    values, marked = (sum(map(len, part.values())) for part in (series, windows))
    odd = sum(int((np.diff(frame.index.asi8) <= 0).sum()) for frame in series.values())
    notes = f"; times that repeat or step back: {odd:,}" if odd else ""
    return f"{len(series)} series, {values:,} values, {marked} windows{notes}"


def alarms(
    source: str | os.PathLike | None = None,
    time: str = "timestamp",
    value: str = "value",
    labels: str | os.PathLike | None = None,
) -> AlarmData:
    """NAB's seven series with known causes (MIT), or the reader's own. Prints the source and counts.

    Args:
        source: None for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where it is not set;
            `"auto"` (cache, else download, else bundled sample); `"cache"`, `"online"` or `"bundled"`
            alone; or the path of a CSV in UTF-8, plain or `.gz`, whose name becomes that of the series, its
            rows in order of time; or of a `.zip` of such files, and perhaps of
            `labels/combined_windows.json` as NAB has it.
        time: the column of the times in your own files, ISO 8601; those with an offset become UTC.
        value: the column of the values in your own files: numbers, none missing.
        labels: the path of a JSON with the windows of your own series: `[[start, end], …]`, or for several
            `{name: [[start, end], …], …}`. Without it a column `anomaly`, 1 where something was wrong and 0
            elsewhere, makes a window of each run of ones.

    Returns: `AlarmData`: 69,561 values and 19 windows in seven series; 30,240 and 25 in the sample's five.
    Raises: `DataError` when the source fails, or is not of this form.
    """
    names_only = (time, value, labels) == ("timestamp", "value", None)
    what = f"time, value and labels are for your own file, and source is {source!r}"
    require(is_own(source) or names_only, what, "Give its path as source.")
    what = f"labels must be the path of a JSON file, got {str(labels)!r}"
    require(labels is None or os.path.isfile(labels), what, "Check its spelling.")
    dataset = Dataset(
        title="Series with known faults",
        file="nab.zip",
        sample="alarms-sample.zip",
        read=lambda path: read_series(path, time, value, None if labels is None else Path(labels)),
        count=_count,
        fetch=_fetch,
    )
    (series, windows), kind, origin = find(dataset, source)
    return AlarmData(series, windows, kind, origin)
