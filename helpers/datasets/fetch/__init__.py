"""How data is found, fetched and checked: what the loaders stand on. Never half-read.

Every problem raises `DataError`, which says what is wrong and what to do.
"""

from helpers.datasets.fetch.errors import DataError, DaysMissing, dropped_for, first, listed, require
from helpers.datasets.fetch.files import (
    MAX_UNPACKED,
    read_bytes,
    read_npz,
    read_table,
    read_text,
    write_packed,
)
from helpers.datasets.fetch.sources import DATA_FOLDER, Dataset, cache_folder, find
from helpers.datasets.fetch.times import read_times
from helpers.datasets.fetch.web import TIMEOUT, download, progress

__all__ = [
    "DATA_FOLDER",
    "MAX_UNPACKED",
    "TIMEOUT",
    "DataError",
    "Dataset",
    "DaysMissing",
    "cache_folder",
    "download",
    "dropped_for",
    "find",
    "first",
    "listed",
    "progress",
    "read_bytes",
    "read_npz",
    "read_table",
    "read_text",
    "read_times",
    "require",
    "write_packed",
]
