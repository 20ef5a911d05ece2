"""TODO: what these data are, whose, under which licence. So far: the adding problem, drawn here.

Each series holds numbers from 0 to 1, and two of its steps are marked; the target is the sum of those two
(Hochreiter and Schmidhuber 1997). Normal form: the file `template.csv.gz` in the cache, with the
columns split, target, values, marks.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from helpers.datasets.fetch import DataError, Dataset, find, read_table, require, write_packed

__all__ = ["TemplateData", "template"]

FILE = "template.csv.gz"  # in the cache
SAMPLE = "template-sample.csv.gz"  # in data/
COLUMNS = ("line", "split", "target", "values", "marks")
STEPS = 12


def _fetch(path: Path) -> None:
    """Writes the normal form. TODO: `download(URL, raw, SIZE, SHA256)`, and turn what came into it."""
    write_packed(path, draw(train=1_200, test=600, seed=1))


def draw(train: int, test: int, seed: int) -> str:
    """So many series as CSV. TODO: goes once there are real data."""
    random = np.random.default_rng(seed)
    lines = ["split,target,values,marks"]
    for number in range(train + test):
        values = random.integers(0, 101, STEPS)  # hundredths
        marks = random.integers([0, STEPS // 2], [STEPS // 2, STEPS])  # one in each half
        shown = " ".join(f"{value / 100:.2f}" for value in values)
        split = "train" if number < train else "test"
        lines.append(f"{split},{values[marks].sum() / 100:.2f},{shown},{marks[0]} {marks[1]}")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, eq=False)
class TemplateData:
    """Series of one length and a number for each, split into training and test. TODO: your fields.

    Attributes:
        x_train: `(N, steps, 2)` float32: the value of each time step, and 1 where it is marked, else 0.
        y_train: `(N,)` float32, the targets.
        x_test: `(M, steps, 2)` float32.
        y_test: `(M,)` float32.
        source: `"full"`, or `"sample"` for the small set bundled with the cookbook.
        origin: where it came from, in a few words.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    source: str
    origin: str


def _read(path: Path) -> dict[str, Any]:
    """The fields of `TemplateData` from a file. Raises `DataError`. TODO: your form."""
    table = read_table(path, ("split", "target", "values", "marks"))
    rows = {"train": [], "test": []}
    for line, split, target, values, marks in zip(*(table[name] for name in COLUMNS), strict=True):
        require(split in rows, f"split must be train or test, got {split!r} on line {line}")
        try:
            series = np.zeros((len(values.split()), 2), np.float32)
            series[:, 0] = values.split()
            series[[int(mark) for mark in marks.split()], 1] = 1
            rows[split].append((series, float(target)))
        except (ValueError, IndexError) as error:
            way_out = "Write values and marks as numbers with spaces between; marks count from 0."
            raise DataError(f"line {line} is no series ({error})", way_out) from error
        sound = np.isfinite(series).all() and np.isfinite(float(target))
        require(sound, f"line {line} has a number that is not finite", "Mend it, or drop the row.")
    lengths = sorted({len(series) for part in rows.values() for series, _ in part})
    what = f"series have {lengths[0]} to {lengths[-1]} values"
    require(len(lengths) == 1, what, "Bring all to one length.")
    require(all(rows.values()), "one part is empty", "Give both train and test rows.")
    fields = {f"x_{part}": np.stack([series for series, _ in rows[part]]) for part in rows}
    targets = {f"y_{part}": np.array([target for _, target in rows[part]], np.float32) for part in rows}
    return fields | targets


def template(source: str | os.PathLike | None = None) -> TemplateData:
    """TODO: one line on these data, or the reader's own. Prints the source and counts.

    Args:
        source: None for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where it is not set;
            `"auto"` (cache, else download, else bundled sample); `"cache"`, `"online"` or `"bundled"`
            alone; or the path of a CSV, plain or `.gz`, with the columns `split` (train or test),
            `target`, `values` and `marks`, the last two as numbers with spaces between.

    Returns: `TemplateData`.
    Raises: `DataError` when the source fails, or its columns do not have this form.
    """

    def count(fields: dict[str, Any]) -> str:
        train, steps, _ = fields["x_train"].shape
        return f"{train:,} training and {len(fields['x_test']):,} test series of {steps} steps"

    fields, kind, origin = find(Dataset("Template", FILE, SAMPLE, _read, count, _fetch), source)
    return TemplateData(**fields, source=kind, origin=origin)
