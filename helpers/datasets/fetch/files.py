"""Files in which anything may stand: read whole or not at all, nothing run, sizes bounded."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from helpers.datasets.fetch.errors import DataError, first, listed, require

MAX_UNPACKED = 4 << 30  # bytes that an .npz or a .tar may unpack to
MAX_TEXT = 1 << 30  # bytes of a text file, unpacked


def read_npz(path: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """The arrays `names` of an untrusted `.npz`: no pickle, size bounded, checksums verified. `DataError`."""
    way_out = f"Write it with np.savez_compressed(path, {', '.join(f'{name}={name}' for name in names)})."
    arrays = {}
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {member.filename.removesuffix(".npy"): member.file_size for member in archive.infolist()}
            absent, found = ", ".join(n for n in names if n not in sizes), ", ".join(sizes) or "nothing"
            require(not absent, f"the file lacks {absent}; found: {found}", way_out)
            unpacked = sum(sizes[name] for name in names)
            what = f"the arrays unpack to {unpacked:,} bytes, at most {MAX_UNPACKED:,} are accepted"
            require(unpacked <= MAX_UNPACKED, what, "Save fewer or smaller images, as uint8.")
            for name in names:
                with archive.open(f"{name}.npy") as member:
                    arrays[name] = np.lib.format.read_array(member, allow_pickle=False)
                    # Reading to the very end makes zipfile verify the checksum.
                    require(not member.read(1), f"{name} is longer than its header says", way_out)
    except DataError:
        raise
    except Exception as error:  # a garbage archive makes zipfile, zlib and NumPy raise nearly anything
        if isinstance(error, OSError) and error.filename:
            raise DataError(f"the file cannot be opened ({error.strerror})") from error
        if "allow_pickle" in str(error):
            what = f"{name} holds Python objects, which are not loaded because they can run code"
            raise DataError(what, "Save numbers: images of one size, integer labels.") from error
        what = f"the file is not a whole .npz archive ({type(error).__name__}: {error})"
        raise DataError(what, way_out) from error
    return arrays


def read_bytes(path: Path, member: str = "") -> bytes:
    """The content of a file, unpacked where it is gzip; of a zip, that of `member`. Raises `DataError`."""
    content = io.BytesIO()
    try:
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(open(path, "rb"))
            magic = file.read(4)
            file.seek(0)
            if magic[:2] == b"\x1f\x8b":
                file = stack.enter_context(gzip.open(file))
            elif magic == b"PK\x03\x04" and member:
                archive = stack.enter_context(zipfile.ZipFile(file))
                names = archive.namelist()
                require(member in names, f"the archive lacks {member}; found: {listed(names) or 'nothing'}")
                file = stack.enter_context(archive.open(member))
            while block := file.read(1 << 20):
                content.write(block)
                require(content.tell() <= MAX_TEXT, f"the file has more than {MAX_TEXT:,} bytes of text")
    except DataError:
        raise
    except Exception as error:  # a garbage archive makes zipfile and zlib raise nearly anything
        what = f"the file cannot be read ({getattr(error, 'strerror', None) or error})"
        raise DataError(what, "Is it whole, and may you read it?") from error
    return content.getvalue()


def read_text(path: Path, member: str = "") -> str:
    """What `read_bytes` finds, as text: UTF-8, with or without a byte-order mark, line ends made plain."""
    content = read_bytes(path, member)
    try:
        return content.decode().removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = f"the file is not UTF-8: it has the byte 0x{content[error.start]:02x} at {error.start:,}"
        raise DataError(f"{what}, on line {line:,}", "Open it in an editor and save it as UTF-8.") from error


def write_packed(path: Path, text: str) -> None:
    """Writes `text` as gzip: the same text gives the same bytes on every day."""
    path.write_bytes(gzip.compress(text.encode(), 6, mtime=0))


def read_table(
    path: Path, needed: Sequence[str], optional: Sequence[str] = (), member: str = ""
) -> dict[str, list]:
    """Columns of an untrusted CSV, plain, gzip or `member` of a zip, as lists of `str`; and `"line"`, for
    messages.

    Python's reader, not that of pandas: as fast on long texts, less memory, and it knows the line of a fault.
    """
    way_out = "Save it as CSV in UTF-8, columns separated by commas, texts in double quotes."
    content = io.TextIOWrapper(io.BytesIO(read_bytes(path, member)), "utf-8-sig", newline="")
    reader = csv.reader(content, strict=True)
    try:
        header = next(reader, [])
        names = [name.strip().lower() for name in header]
        rows = [(row, reader.line_num) for row in reader if row]
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        what = f"the file is not UTF-8: it has the byte 0x{byte:02x} just after line {reader.line_num}"
        raise DataError(what, way_out) from error
    except csv.Error as error:
        raise DataError(f"line {reader.line_num} is not CSV ({error})", way_out) from error
    shown = ", ".join(header)[:200] or "nothing"
    absent = ", ".join(name for name in needed if name not in names)
    what = f"the first line must name the columns {', '.join(needed)}; {absent} is missing, found: {shown}"
    mark = next((mark for mark in ";\t|" if mark in shown), None) if len(header) == 1 else None
    require(not absent, what, f"The columns seem to be separated by {mark!r}. {way_out}" if mark else "")
    columns = [name for name in (*needed, *optional) if name in names]
    twice = ", ".join(name for name in columns if names.count(name) > 1)
    require(not twice, f"the first line names the column {twice} twice: {shown}")
    line = next((line for row, line in rows if len(row) != len(names)), None)
    what = f"line {line} has not the {len(names)} columns of the first line"
    require(line is None, what, f"{way_out} Double the quotes inside a text.")
    require(rows, "there is no row below the first line")
    table = {name: [row[names.index(name)] for row, _ in rows] for name in columns}
    table["line"] = [line for _, line in rows]
    for name in needed:
        blank = [line for value, line in zip(table[name], table["line"], strict=True) if not value.strip()]
        what = f"{len(blank):,} rows have no {name}, the first on line {first(blank)}"
        require(not blank, what, "Fill them in, or drop these rows.")
    return table
