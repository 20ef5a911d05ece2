"""How data is found, fetched and checked: what the loaders stand on. Never half-read.

Every problem raises `DataError`, which says what is wrong and what to do.
"""

from helpers.datasets.fetch.errors import (
    DataError,
    DaysMissing,
    MemberMissing,
    dropped_for,
    first,
    listed,
    require,
)
from helpers.datasets.fetch.files import (
    MAX_UNPACKED,
    parse_json,
    read_bytes,
    read_npz,
    read_text,
    write_packed,
)
from helpers.datasets.fetch.sources import DATA_FOLDER, Dataset, asked, cache_folder, find, is_own
from helpers.datasets.fetch.tables import BLANK, check_widths, read_rows, read_table
from helpers.datasets.fetch.times import read_times
from helpers.datasets.fetch.web import TIMEOUT, download, download_zip, progress

__all__ = [
    "BLANK",
    "DATA_FOLDER",
    "MAX_UNPACKED",
    "TIMEOUT",
    "DataError",
    "Dataset",
    "DaysMissing",
    "MemberMissing",
    "asked",
    "cache_folder",
    "check_widths",
    "download",
    "download_zip",
    "dropped_for",
    "find",
    "first",
    "is_own",
    "listed",
    "parse_json",
    "progress",
    "read_bytes",
    "read_npz",
    "read_rows",
    "read_table",
    "read_text",
    "read_times",
    "require",
    "write_packed",
]
