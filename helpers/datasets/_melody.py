"""A melody of the reader's own, from a line of note names or from a MIDI file, on a grid of quarter notes."""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np

from helpers.datasets.fetch import DataError, listed, read_bytes, read_text, require

__all__ = ["Melody", "melody"]

MOST_BYTES, MOST_STEPS = 4 << 20, 2_000
LOWEST, HIGHEST = 21, 108
NAMES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SIGNS = {"#": 1, "♯": 1, "b": -1, "♭": -1}
NOTE = re.compile(
    r"(?:(?P<name>[A-Ga-g])(?P<sign>[#♯b♭]*)(?P<octave>\d)?|[Rr])(?::(?P<beats>\d+(?:[./]\d+)?))?"
)
FORM = "Write notes as G4 (one beat), F#4:2 (two), Bb4:1/2 (half a beat), R (a rest), and | between two bars."
DRUMS = 9  # the MIDI channel, counted from 0

Sung = tuple[Fraction, Fraction, int]  # begin and end in beats, MIDI pitch


@dataclass(frozen=True, eq=False)
class Melody:
    """One voice, a quarter note a step.

    Attributes:
        pitches: `(steps,)` int32, the MIDI pitch that sounds at the beat, 21 to 108; 0 is silence.
        held: `(steps,)` bool, whether it began before this beat and sounds on.
        beats: beats in a bar.
        upbeat: beats before the first full bar.
    """

    pitches: np.ndarray
    held: np.ndarray
    beats: int
    upbeat: int


def _from_text(text: str) -> tuple[list[Sung], int, int]:
    """Notes, beats in a bar, beats of the upbeat."""
    now, octave, notes, bars = Fraction(0), 4, [], []
    for word in text.replace("|", " | ").split():
        if word == "|":
            bars += [now] if now > 0 and now not in bars else []
            continue
        found = NOTE.fullmatch(word)
        require(found, f"note {len(notes) + 1} of the melody is {word[:20]!r}", FORM)
        try:
            length = Fraction(found["beats"] or 1)
        except ZeroDivisionError:
            length = Fraction(0)
        require(length > 0, f"note {len(notes) + 1} of the melody lasts {found['beats']} beats", FORM)
        if found["name"]:
            octave = int(found["octave"] or octave)
            sign = sum(SIGNS[sign] for sign in found["sign"])
            notes.append((now, now + length, 12 * (octave + 1) + NAMES[found["name"].upper()] + sign))
        now += length
    shift = -bars[0] % 1 if bars else Fraction(0)  # an upbeat of half a beat begins between two beats
    notes, bars = (
        [(begin + shift, end + shift, pitch) for begin, end, pitch in notes],
        [b + shift for b in bars],
    )
    widths = Counter(int(high - low) for low, high in pairwise(bars) if high - low >= 1)
    beats = widths.most_common(1)[0][0] if widths else 4
    return notes, beats, int(bars[0]) % beats if bars else 0


def _from_midi(content: bytes) -> tuple[list[Sung], int, int]:
    import mido

    try:
        file = mido.MidiFile(file=io.BytesIO(content), clip=True)
        messages = list(mido.merge_tracks(file.tracks))
        a_beat = file.ticks_per_beat
    except Exception as error:  # garbage makes the reader raise nearly anything
        raise DataError(f"the file is no MIDI that can be read ({error})", "Export it again.") from error
    require(a_beat > 0, "the file counts time in frames, not in beats", "Export it again, in ticks a beat.")
    now, begun, notes, meters = 0, {}, [], []
    for message in messages:
        now += message.time
        if message.type == "time_signature":
            meters.append(max(1, message.numerator * 4 // message.denominator))
        if message.type not in ("note_on", "note_off") or message.channel == DRUMS:
            continue
        key = message.channel, message.note
        if key in begun:
            notes.append((*(Fraction(round(4 * t / a_beat), 4) for t in (begun.pop(key), now)), message.note))
        if message.type == "note_on" and message.velocity:
            begun[key] = now
    return [note for note in notes if note[1] > note[0]], (meters or [4])[0], 0


def _on_grid(notes: Sequence[Sung]) -> tuple[np.ndarray, np.ndarray, int]:
    """Pitches and held at each beat, and how many notes stand between two beats, so that none hears them."""
    require(notes, "the melody has no note", FORM)
    steps = int(np.ceil(max(end for _, end, _ in notes)))
    require(steps <= MOST_STEPS, f"the melody has {steps:,} beats, {MOST_STEPS:,} are the most", "Cut it.")
    outside = [pitch for _, _, pitch in notes if not LOWEST <= pitch <= HIGHEST]
    what = f"the melody has the pitches {listed(outside)}, outside {LOWEST} to {HIGHEST}"
    require(not outside, what, "Middle C is C4.")
    pitches, held, heard = np.zeros(steps, np.int32), np.zeros(steps, bool), 0
    for begin, end, pitch in notes:
        beats = range(int(np.ceil(begin)), int(np.ceil(end)))
        heard += bool(beats)
        for beat in beats:
            if pitch > pitches[beat]:
                pitches[beat], held[beat] = pitch, beat > beats[0]
    require(heard, "no note of the melody sounds on a beat", "Make the notes longer, or move them.")
    return pitches, held, len(notes) - heard


def melody(source: str | os.PathLike) -> Melody:
    """A melody from note names or from a file. Prints its length and what it leaves out.

    Of several notes at a time the highest is taken, and drums are passed over. Notes that begin and end
    between two beats are left out: the chorales have one step for each quarter note. Silence in front of the
    first note is left out, too. A MIDI file is taken to begin with a full bar, and its first meter counts.

    Args:
        source: note names, such as `"E5 E5 F5 G5 | G5:2 R C5:1/2 D5:1/2"`; a note without an octave has that
            of the note before. Or the path of a file: `.mid` or `.midi`, else a text with note names.

    Returns: `Melody`.
    Raises: `DataError` when it cannot be read, has no note, or one outside 21 to 108, or over 2,000 beats.
    """
    is_text = isinstance(source, str) and ("\n" in source or not Path(source).suffix[1:].isalpha())
    path = None if is_text else Path(os.path.expanduser(source))
    name = "the melody" if path is None else path.name
    try:
        if path is not None and path.suffix.lower() in (".mid", ".midi"):
            content = read_bytes(path)
            what = f"the file has {len(content):,} bytes, {MOST_BYTES:,} are the most"
            require(len(content) <= MOST_BYTES, what, "Is it MIDI?")
            notes, beats, upbeat = _from_midi(content)
        else:
            notes, beats, upbeat = _from_text(source if path is None else read_text(path))
        pitches, held, lost = _on_grid(notes)
        silent = int(np.argmax(pitches > 0))  # before the first note
        pitches, held, upbeat = pitches[silent:], held[silent:], (upbeat - silent) % beats
    except DataError as error:
        raise DataError(f"{name}: {error.what}", error.way_out) from error
    left = f", {lost:,} of them left out, between two beats" if lost else ""
    print(f"{name}: {len(notes):,} notes, {len(pitches):,} beats of {beats} in a bar{left}")
    return Melody(pitches, held, beats, upbeat)
