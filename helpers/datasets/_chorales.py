"""Bach's chorales, in quarter notes (public domain); or chorales of the reader's own, in the same form.

Origin: the JSON of `czhuang/JSB-Chorales-dataset` on GitHub, with the split of Boulanger-Lewandowski et al.
(2012), by which papers report their likelihoods. Normal form: that file as it is.

What is in it: of each chorale a list of steps, a quarter note each, and of each step the list of the pitches
that sound, as whole MIDI numbers, lowest first. It does not say who sings what, nor tell a held note from a
repeated one. Nine steps in ten have four pitches; where two voices meet on one pitch it stands there once, so
that three are left; 64 steps are silent, none has more than four. Rests are not written as -1. All is
transposed to C major or C minor, and most lies about an octave above where choirs sing it: basses 43 to 82.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from helpers.datasets.fetch import DataError, Dataset, download, find, parse_json, read_text, require

__all__ = ["ChoraleData", "chorales"]

URL = "https://raw.githubusercontent.com/czhuang/JSB-Chorales-dataset/master/jsb-chorales-quarter.json"
SIZE = 407_200  # bytes
SHA256 = "2db9329f1881a1d3f49703ec556bf1d6f84b4f6c1d702c156536e93cf31e1c91"
PARTS = ("train", "valid", "test")
LOWEST, HIGHEST, VOICES = 21, 108, 4
FORM = (
    "Write {train: [chorale, …], valid: …, test: …}, a chorale as [[48, 55, 64, 72], …]: MIDI pitches a step."
)


@dataclass(frozen=True, eq=False)
class ChoraleData:
    """Chorales in three parts, each chorale an array `(steps, 4)` int32 of MIDI pitches, 21 to 108.

    The columns are soprano, alto, tenor and bass; 0 is silence. Where the source lists the pitches of a step
    without their voices, the highest is the soprano's and the lowest the bass's. Of three, the middle one
    goes to alto or tenor, whichever was nearer when it last sang, and the other is silent, though it most
    likely doubles a neighbour; of two, both inner voices are silent; one alone is the soprano's. So no voices
    cross, and no pitch is lost or doubled.

    Attributes:
        train: chorales to learn from.
        validation: the same, to stop by.
        test: the same, to report on.
        source: `"full"`, or `"sample"` for the small set bundled with the cookbook.
        origin: where they came from, in a few words.
    """

    train: list[np.ndarray]
    validation: list[np.ndarray]
    test: list[np.ndarray]
    source: str
    origin: str

    @staticmethod
    def sounding(chorale: np.ndarray) -> np.ndarray:
        """Which of the 88 pitches sound, `(steps, 88)` bool: column k is the MIDI pitch 21 + k."""
        roll = np.zeros((len(chorale), HIGHEST - LOWEST + 1), bool)
        steps, voices = np.nonzero(chorale)
        roll[steps, chorale[steps, voices] - LOWEST] = True
        return roll


def _read_chorales(path: Path) -> dict[str, list[np.ndarray]]:
    """The three parts of `ChoraleData` from JSON, plain or gzip. Raises `DataError`."""
    text = read_text(path)
    try:
        parts = parse_json(text)
    except ValueError as error:
        raise DataError(f"the file is not JSON ({error})", FORM) from error
    found = ", ".join(parts) if isinstance(parts, dict) else type(parts).__name__
    absent = ", ".join(part for part in PARTS if not isinstance(parts, dict) or part not in parts)
    require(not absent, f"the file lacks {absent}; found: {found[:200] or 'nothing'}", FORM)
    for part in PARTS:
        what = f"{part} must be a list of chorales, at least one, got {_shown(parts[part])}"
        require(isinstance(parts[part], list) and parts[part], what, FORM)
    return {
        part: [
            _as_voices(steps, f"chorale {number} of {part}") for number, steps in enumerate(parts[part], 1)
        ]
        for part in PARTS
    }


def _shown(value: Any) -> str:
    text = repr(value)
    return text[:60] + "…" * (len(text) > 60)


def _as_voices(steps: Any, where: str) -> np.ndarray:
    what = f"{where} must be a list of steps, at least two, got {_shown(steps)}"
    require(isinstance(steps, list) and len(steps) > 1, what, FORM)
    voices, last = np.zeros((len(steps), VOICES), np.int32), [0] * VOICES
    for number, step in enumerate(steps):
        here = f"step {number + 1} of {where}"
        what = f"{here} must be a list of at most four pitches, got {_shown(step)}"
        require(isinstance(step, list) and len(step) <= VOICES, what, FORM)
        row = [_as_pitch(value, here) for value in step]
        if len(row) < VOICES or all(0 < low < high for low, high in pairwise(row)):
            row = _place(sorted(set(row) - {0}, reverse=True), last)
        voices[number] = row
        last = [new or old for new, old in zip(row, last, strict=True)]
    return voices


def _as_pitch(value: Any, here: str) -> int:
    """A MIDI pitch; 0 for what other files write for a rest: 0, -1, null, NaN."""
    if value is None or value in (0, -1) or value != value:
        return 0
    is_pitch = isinstance(value, int | float) and LOWEST <= value <= HIGHEST and value == int(value)
    what = f"{here} has the pitch {_shown(value)}, not a whole MIDI number from {LOWEST} to {HIGHEST}"
    require(is_pitch, what, "Middle C is 60. Write 0, -1 or null for a voice that rests.")
    return int(value)


def _place(pitches: list[int], last: list[int]) -> list[int]:
    """Soprano, alto, tenor and bass from up to four pitches, highest first, after the pitches `last` sung."""
    if len(pitches) == VOICES:
        return pitches
    if len(pitches) < 2:
        return [*pitches, 0, 0, 0, 0][:VOICES]
    top, *middle, bottom = pitches
    if not middle:
        return [top, 0, 0, bottom]
    alto, tenor = last[1] or top, last[2] or bottom
    is_alto = abs(middle[0] - alto) <= abs(middle[0] - tenor)
    return [top, middle[0], 0, bottom] if is_alto else [top, 0, middle[0], bottom]


def _count_chorales(parts: dict[str, list[np.ndarray]]) -> str:
    train, valid, test = (len(parts[part]) for part in PARTS)
    steps = np.concatenate([chorale for part in parts.values() for chorale in part])
    sounding = (steps > 0).sum(axis=1)
    counts = f"{train:,} training, {valid:,} validation and {test:,} test chorales, {len(steps):,} steps"
    fewer = int((sounding < VOICES).sum())
    return f"{counts}, {fewer:,} with fewer than four pitches, {int((sounding == 0).sum()):,} silent"


CHORALES = Dataset(
    title="Chorales",
    file="jsb-chorales-quarter.json",
    sample="chorales-sample.json.gz",
    read=_read_chorales,
    count=_count_chorales,
    fetch=lambda path: download(URL, path, SIZE, SHA256),
)


def chorales(source: str | os.PathLike | None = None) -> ChoraleData:
    """Bach's chorales in quarter notes (public domain), or the reader's own. Prints the source and counts.

    Args:
        source: None for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where it is not set;
            `"auto"` (cache, else download, else bundled sample); `"cache"`, `"online"` or `"bundled"`
            alone; or the path of a JSON file, plain or `.gz`: `{"train": […], "valid": […], "test": […]}`,
            each a list of chorales of two steps or more, each step a list of up to four MIDI pitches, 21 to
            108 (60.0 is 60). Four entries that do not rise are soprano, alto, tenor and bass, 0, -1, null or
            NaN for a rest; any other list is what sounds, in any order, placed as `ChoraleData` says.

    Returns: `ChoraleData`: 229 + 76 + 77 chorales, 23,134 steps; 100 + 25 + 25 in the sample.
    Raises: `DataError` when the source fails, or is not of this form.
    """
    parts, kind, origin = find(CHORALES, source)
    return ChoraleData(*parts.values(), source=kind, origin=origin)
