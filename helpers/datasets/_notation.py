"""Chorales in forms that other programs read: Humdrum's `**kern`, for engraving, MIDI, and sound."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

__all__ = ["as_kern", "as_wav", "notes", "write_midi"]

LETTERS = "FCGDAEB"  # a fifth apart
VALUES = {1: "4", 2: "2", 3: "2.", 4: "1"}  # of kern, by quarter notes
NAMES = ("Soprano", "Alto", "Tenor", "Bass")
A_BEAT = 480  # ticks


def notes(chorale: np.ndarray, held: np.ndarray | None = None) -> Iterator[tuple[int, int, int, int]]:
    """Every note of `(steps, 4)` pitches as (voice, first step, steps, pitch); pitch 0 is a rest.

    A step that is `held`, `(steps,)` bool, prolongs the notes that sound on; else every step begins anew.
    """
    if not len(chorale):
        return
    held = np.zeros(len(chorale), bool) if held is None else held
    for voice, line in enumerate(np.transpose(chorale)):
        starts = np.flatnonzero(np.append(True, (np.diff(line) != 0) | ~held[1:])).tolist()
        for start, end in zip(starts, [*starts[1:], len(line)], strict=True):
            yield voice, start, end - start, int(line[start])


def _signature(chorale: np.ndarray) -> int:
    """Sharps of the key signature, flats below zero, whose scale holds most of the notes."""
    fifths = 7 * chorale[chorale > 0] % 12  # C is 0, G is 1, D is 2
    counts = np.bincount(fifths, minlength=12)
    inside = {sharps: counts[np.arange(sharps - 1, sharps + 6) % 12].sum() for sharps in range(-6, 7)}
    return max(inside, key=lambda sharps: (inside[sharps], -abs(sharps)))


def _name(pitch: int, sharps: int) -> str:
    """A pitch in kern, spelt as the key has it: of C, E-flat to G-sharp."""
    if pitch == 0:
        return "ryy"  # a rest that is not drawn
    fifth = sharps - 3 + (7 * pitch - sharps + 3) % 12
    sign = (fifth + 1) // 7
    letter, octave = LETTERS[(fifth + 1) % 7], (pitch - sign) // 12 - 1
    text = letter.lower() * (octave - 3) if octave > 3 else letter * (4 - octave)
    return text + ("#" * sign if sign > 0 else "-" * -sign)


def as_kern(
    chorale: np.ndarray, held: np.ndarray | None = None, beats: int | None = None, upbeat: int = 0
) -> str:
    """A chorale `(steps, 4)`, a quarter note a step, as a text in Humdrum's `**kern`, a staff for each voice.

    The key signature is the one that needs the fewest accidentals. A voice that rests has no sign: in these
    data it mostly doubles another one. No note is tied over a bar line.

    Args:
        chorale: MIDI pitches, soprano first; 0 is a rest.
        held: see `notes`.
        beats: quarter notes in a bar; None for neither bars nor a meter.
        upbeat: quarter notes before the first full bar.

    >>> as_kern(np.array([[72, 67, 64, 48]])).splitlines()[-2]
    '4C\\t4e\\t4g\\t4cc'
    """
    sharps, steps = _signature(chorale), np.arange(len(chorale))
    bars = (steps - upbeat) % beats == 0 if beats else np.zeros(len(chorale), bool)
    held = np.zeros(len(chorale), bool) if held is None else held
    grid = np.full((len(chorale), len(NAMES)), ".", object)
    for voice, start, length, pitch in notes(
        chorale, held & ~bars & ((steps - upbeat) % (beats or 4) % 4 > 0)
    ):
        grid[start, voice] = VALUES[length] + _name(pitch, sharps)
    order = [LETTERS[n] + "#" for n in range(sharps)] + [LETTERS[6 - n] + "-" for n in range(-sharps)]
    rows = [["**kern"] * 4, [f'*I"{name}' for name in NAMES[::-1]], ["*clefF4"] * 2 + ["*clefG2"] * 2]
    rows += [[f"*k[{''.join(order).lower()}]"] * 4, *([[f"*M{beats}/4"] * 4] if beats else [])]
    for row, bar in zip(grid[:, ::-1], bars, strict=True):
        rows += [["="] * 4] * bool(bar) + [list(row)] * bool(np.any(row != "."))
    return "\n".join("\t".join(row) for row in [*rows, ["=="] * 4, ["*-"] * 4]) + "\n"


def write_midi(
    path: str | os.PathLike, chorale: np.ndarray, held: np.ndarray | None = None, tempo: float = 96
) -> None:
    """Write a chorale `(steps, 4)` as MIDI: a track for each voice, an organ, `tempo` beats a minute."""
    import mido

    file = mido.MidiFile(ticks_per_beat=A_BEAT)
    head = mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo))
    file.tracks.append(mido.MidiTrack([head]))
    for voice, name in enumerate(NAMES):
        sung = [(start, steps, pitch) for of, start, steps, pitch in notes(chorale, held) if of == voice]
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        track.append(mido.Message("program_change", channel=voice, program=19))
        now = 0
        for start, steps, pitch in sung:
            if pitch:
                begin, length = A_BEAT * start - now, A_BEAT * steps
                track.append(mido.Message("note_on", channel=voice, note=pitch, velocity=80, time=begin))
                track.append(mido.Message("note_off", channel=voice, note=pitch, velocity=0, time=length))
                now += begin + length
        file.tracks.append(track)
    file.save(Path(path))


def as_wav(
    chorale: np.ndarray, held: np.ndarray | None = None, tempo: float = 120, rate: int = 8_000
) -> bytes:
    """A chorale `(steps, 4)` as the bytes of a .wav file: sine waves, five harmonics for each note.

    It has 8 bits a sample, so that a notebook with some of it in stays small.

    Args:
        chorale: MIDI pitches; 0 is a rest.
        held: see `notes`.
        tempo: steps a minute.
        rate: samples a second.
    """
    from scipy.io import wavfile

    beat = round(rate * 60 / tempo)
    wave = np.zeros(beat * len(chorale))
    for _, start, steps, pitch in notes(chorale, held):
        place = np.arange(steps * beat)
        frequency = 440 * 2 ** ((pitch - 69) / 12)
        loudness = np.minimum(place / (0.02 * rate), (len(place) - place) / (0.08 * rate)).clip(0, 1)
        for harmonic in range(1, 6) if pitch else ():
            if harmonic * frequency < rate / 2:  # higher ones would come back as wrong tones
                tone = np.sin(2 * np.pi * harmonic * frequency / rate * place)
                wave[start * beat :][: len(place)] += loudness * tone / harmonic**1.5
    file = io.BytesIO()
    wave *= 120 / max(np.abs(wave).max(initial=0), 1e-9)
    wavfile.write(file, rate, np.round(128 + wave).astype(np.uint8))
    return file.getvalue()
