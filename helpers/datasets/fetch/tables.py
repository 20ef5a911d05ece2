"""Tables as untrusted files write them: CSV.

Python's reader, not that of pandas: as fast on long texts, less memory, and it knows the line of a fault.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helpers.datasets.fetch.errors import DataError, first, require
from helpers.datasets.fetch.files import decoded, encoding_of, read_bytes

BLANK = ("", "-", "?", "#n/a", "na", "n/a", "nan", "none", "null")  # cells without a value, in small letters


def read_rows(
    path: Path, way_out: str, member: str = "", **options: Any
) -> tuple[list[str], list[tuple[list[str], int]]]:
    """The first line of a CSV, plain, gzip or `member` of a zip, and below it each row and its line.

    What separates the columns is a comma; if the first line has none, the semicolon, tab or `|` in it.

    Args:
        path, member: as for `read_bytes`.
        way_out: what the reader can do about a fault of the file.
        options: of `csv.reader`, such as `skipinitialspace=True`.

    Raises: `DataError` with the line of what is not UTF-8 or not CSV.
    """
    content = read_bytes(path, member)
    lines = io.TextIOWrapper(io.BytesIO(content), encoding_of(content), newline="")
    try:
        names = lines.readline()
        lines.seek(0)
        mark = first(mark for mark in ",;\t|" if mark in names) or ","
        reader = csv.reader(lines, strict=True, delimiter=mark, **options)
        return next(reader, []), [(row, reader.line_num) for row in reader if row]
    except UnicodeDecodeError:
        decoded(content, way_out)  # the stream decodes in blocks: it cannot tell the line
        raise
    except csv.Error as error:
        raise DataError(f"line {reader.line_num} is not CSV ({error})", way_out) from error


def check_widths(rows: Sequence[tuple[list[str], int]], columns: int, way_out: str) -> None:
    """Raises `DataError` where a row has not so many columns, or where there is no row."""
    line = first(line for row, line in rows if len(row) != columns)
    require(line is None, f"line {line} has not the {columns} columns of the first line", way_out)
    require(rows, "there is no row below the first line")


def read_table(
    path: Path, needed: Sequence[str], optional: Sequence[str] = (), member: str = ""
) -> dict[str, list]:
    """Columns of a CSV, plain, gzip or `member` of a zip, as lists of `str`; and `"line"`, for messages."""
    way_out = "Save it as CSV in UTF-8, columns separated by commas, texts in double quotes."
    header, rows = read_rows(path, way_out, member)
    names = [name.strip().lower() for name in header]
    shown = ", ".join(header)[:200] or "nothing"
    absent = ", ".join(name for name in needed if name not in names)
    what = f"the first line must name the columns {', '.join(needed)}; {absent} is missing, found: {shown}"
    require(not absent, what)
    columns = [name for name in (*needed, *optional) if name in names]
    twice = ", ".join(name for name in columns if names.count(name) > 1)
    require(not twice, f"the first line names the column {twice} twice: {shown}")
    check_widths(rows, len(names), f"{way_out} Double the quotes inside a text.")
    table = {name: [row[names.index(name)] for row, _ in rows] for name in columns}
    table["line"] = [line for _, line in rows]
    for name in needed:
        blank = [line for value, line in zip(table[name], table["line"], strict=True) if not value.strip()]
        what = f"{len(blank):,} rows have no {name}, the first on line {first(blank)}"
        require(not blank, what, "Fill them in, or drop these rows.")
    return table
