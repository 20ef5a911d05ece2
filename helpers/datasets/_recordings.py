"""Recordings named `label_speaker_index.wav`, in a zip or a folder: what the names say, and the sound."""

from __future__ import annotations

import contextlib
import itertools
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from helpers.datasets._wav import MAX_BYTES, Sound, decode_wav
from helpers.datasets.fetch import MAX_UNPACKED, DataError, first, listed, require

__all__ = ["Take", "list_takes", "read_takes"]

NAME = re.compile(r"(?:.*[/\\])?(?P<label>[^/\\]+)_(?P<speaker>[^_/\\]+)_(?P<take>[0-9]{1,9})\.wav", re.I)
HIDDEN = re.compile(r"(^|[/\\])(\.|__MACOSX)")  # what macOS adds to folders and archives
MAX_FILES = 200_000
WAY_OUT = "Name recordings label_speaker_index.wav, such as yes_anna_0.wav."


class Take(NamedTuple):
    """What the name of a file says; takes sort by label, speaker and index."""

    rank: tuple[bool, int, str]  # of the label: numbers by value, then words
    speaker: str
    index: int
    file: str

    @property
    def label(self) -> str:
        return self.rank[2]


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile | None]:
    """The archive; None for a folder. Raises `DataError`."""
    try:
        archive = None if path.is_dir() else zipfile.ZipFile(path)
    except Exception as error:  # a garbage archive makes zipfile raise nearly anything
        way_out = "Pack recordings into a .zip, or name their folder; for a single one: datasets.read_wav."
        raise DataError(f"the file is not a whole .zip archive ({error})", way_out) from error
    with archive or contextlib.nullcontext():
        yield archive


def list_takes(path: Path) -> list[Take]:
    """The recordings in a zip or a folder, at any depth, sorted. Raises `DataError`."""
    with _opened(path) as archive:
        if archive:
            sizes = {member.filename: member.file_size for member in archive.infolist()}
        else:
            files = [file for file in path.rglob("*") if file.is_file()]
            sizes = {file.relative_to(path).as_posix(): file.stat().st_size for file in files}
    sizes = {file: size for file, size in sizes.items() if not HIDDEN.search(file)}
    waves = [file for file in sizes if file.lower().endswith(".wav")]
    require(waves, f"there is no .wav file in it; found: {listed(list(sizes)) or 'nothing'}", WAY_OUT)
    total, largest = sum(sizes[file] for file in waves), max(waves, key=sizes.get)
    what = f"{len(waves):,} .wav files with {total:,} bytes are too many, at most {MAX_FILES:,} with "
    require(len(waves) <= MAX_FILES and total <= MAX_UNPACKED, f"{what}{MAX_UNPACKED:,} are accepted")
    what = f"{largest} has {sizes[largest]:,} bytes, at most {MAX_BYTES:,} are accepted"
    require(sizes[largest] <= MAX_BYTES, what, "Cut it into single words.")
    # macOS writes ö as two characters.
    names = {file: NAME.fullmatch(unicodedata.normalize("NFC", file)) for file in waves}
    wrong = [file for file, match in names.items() if not match]
    what = f"{len(wrong):,} of {len(waves):,} .wav files have another name, such as {first(wrong)!r}"
    require(not wrong, what, WAY_OUT)
    takes = []
    for file, match in names.items():
        number = re.fullmatch("[0-9]{1,9}", match["label"])
        rank = (not number, int(match["label"]) if number else 0, match["label"])
        takes.append(Take(rank, match["speaker"], int(match["take"]), file))
    takes.sort()
    for one, other in itertools.pairwise(takes):
        what = f"{one.file!r} and {other.file!r} are the same take by their names"
        require(one[:3] != other[:3], what, "Number the takes of a speaker.")
    return takes


def read_takes(path: Path, rate: int) -> list[tuple[Take, Sound]]:
    """The recordings in a zip or a folder, sorted, empty and silent ones too. Raises `DataError`."""
    takes, sounds = list_takes(path), []
    with _opened(path) as archive:
        for take in takes:
            try:
                content = archive.read(take.file) if archive else (path / take.file).read_bytes()
                sounds.append(decode_wav(content, rate))
            except DataError as error:
                raise DataError(f"{take.file}: {error.what}", error.way_out) from error
            except Exception as error:  # a garbage archive, or a file that may not be read
                raise DataError(f"{take.file} cannot be read ({error})", "Is it whole?") from error
    return list(zip(takes, sounds, strict=True))
