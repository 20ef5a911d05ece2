"""Files in which anything may stand: read whole or not at all, nothing run, sizes bounded."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from helpers.datasets.fetch.errors import DataError, MemberMissing, listed, require

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
                if member not in (names := archive.namelist()):
                    raise MemberMissing(
                        f"the archive lacks {member}; found: {listed(names) or 'nothing'}", names
                    )
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
    text = decoded(read_bytes(path, member), "Open it in an editor and save it as UTF-8.")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def encoding_of(content: bytes) -> str:
    """UTF-16 where the content begins with its mark, else UTF-8."""
    is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return "utf-16" if is_wide else "utf-8-sig"


def decoded(content: bytes, way_out: str) -> str:
    """The content as text, line ends untouched: UTF-8, or UTF-16 as Excel's "Unicode text" has it.

    Raises: `DataError` for any other.
    """
    try:
        return content.decode(encoding_of(content).removesuffix("-sig"))  # places in bytes, mark and all
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = f"the file is not UTF-8: it has the byte 0x{content[error.start]:02x} at {error.start:,}"
        raise DataError(f"{what}, on line {line:,}", way_out) from error


def write_packed(path: Path, text: str) -> None:
    """Writes `text` as gzip: the same text gives the same bytes on every day."""
    path.write_bytes(gzip.compress(text.encode(), 6, mtime=0))


def parse_json(text: str) -> Any:
    """What the text says as JSON. Raises `ValueError`, also for what is nested too deeply to be read."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
