"""helpers.datasets.melody, as_kern, as_wav, notes and write_midi."""

import io
import wave
from itertools import pairwise

import mido
import numpy as np
import pytest
import verovio

from helpers import datasets
from helpers.datasets import DataError, as_kern, as_wav, melody, write_midi

CHORALE = np.array([[72, 67, 63, 48], [74, 67, 65, 47], [74, 67, 65, 55], [75, 68, 0, 48]])
HELD = np.array([False, False, True, False])


def midi(*tracks, a_beat=96, meter=None) -> bytes:
    """A MIDI file; a track is a list of (channel, pitch, begin, end) in beats."""
    file = mido.MidiFile(ticks_per_beat=a_beat)
    if meter:
        sign = mido.MetaMessage("time_signature", numerator=meter[0], denominator=meter[1])
        file.tracks.append(mido.MidiTrack([sign]))
    for notes in tracks:
        events = [(begin, "note_on", channel, pitch) for channel, pitch, begin, _ in notes]
        events += [(end, "note_off", channel, pitch) for channel, pitch, _, end in notes]
        now, track = 0, mido.MidiTrack()
        for beat, kind, channel, pitch in sorted(events):
            tick = round(beat * a_beat)
            track.append(mido.Message(kind, channel=channel, note=pitch, velocity=64, time=tick - now))
            now = tick
        file.tracks.append(track)
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()


# -- note names


def test_names_and_lengths(capsys):
    tune = melody("C4 F#4:2 | Bb3:3 E♭ r:2 cb5 B#4:1/2 D:0.5")
    assert tune.pitches.tolist() == [60, 66, 66, 58, 58, 58, 51, 0, 0, 71, 72]
    assert tune.held.tolist() == [False, False, True, False, True, True, *[False] * 5]
    assert capsys.readouterr() == (
        "the melody: 7 notes, 11 beats of 4 in a bar, 1 of them left out, between two beats\n",
        "",
    )


def test_what_sounds_on_the_beat_counts():
    tune = melody("E5:1.5 D5:0.5 D5:2")
    assert tune.pitches.tolist() == [76, 76, 74, 74] and tune.held.tolist() == [False, True, False, True]
    late = melody("C5 R:1/2 E5:1.5")
    assert late.pitches.tolist() == [72, 0, 76] and not late.held.any()


def test_silence_in_front_is_left_out_whole_beats():
    tune = melody("R:2 | C4:3 R | D4:4")
    assert tune.pitches.tolist() == [60, 60, 60, 0, 62, 62, 62, 62] and (tune.beats, tune.upbeat) == (4, 0)
    half = melody("R:1/2 E5:1.5")
    assert half.pitches.tolist() == [76] and half.held.tolist() == [False]


def test_an_upbeat_of_half_a_beat_does_not_move_the_bars():
    tune = melody("C4:0.5 | D4:0.5 E4:0.5 F4:3 | G4:4")
    assert tune.pitches.tolist() == [62, 65, 65, 65, 67, 67, 67, 67] and (tune.beats, tune.upbeat) == (4, 0)


@pytest.mark.parametrize(
    ("text", "beats", "upbeat"),
    [
        ("C4 C C C", 4, 0),
        ("C4 C C C | C C C C", 4, 0),
        ("G4 | C5 C C | C C C | C", 3, 1),
        ("| C4 C C | C:3 |", 3, 0),
        ("G4:2 | C4 C C C | C:2 C C |", 4, 2),
        ("G4 | C4", 4, 1),
    ],
)
def test_bars(text, beats, upbeat):
    tune = melody(text)
    assert (tune.beats, tune.upbeat) == (beats, upbeat)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the melody: the melody has no note.*Write notes as"),
        ("R R", "has no note"),
        ("R:0.25 C4:0.5", "no note of the melody sounds on a beat.*Make the notes longer"),
        ("C4 H4", "note 2 of the melody is 'H4'.*Write notes as"),
        ("C4:", "note 1 of the melody is 'C4:'"),
        ("C4:1/0", "note 1 of the melody lasts 1/0 beats"),
        ("C4:0", "note 1 of the melody lasts 0 beats"),
        ("C9", "the pitches 120, outside 21 to 108"),
        ("C4:2001", "has 2,001 beats, 2,000 are the most"),
    ],
)
def test_what_is_no_melody(text, message):
    with pytest.raises(DataError, match=message):
        melody(text)


# -- files


def test_text_file(save, capsys):
    path = save("\ufeffG4 | C5:2\r\nB4\n", "tune.txt")
    assert melody(path).pitches.tolist() == [67, 72, 72, 71]
    assert melody(str(path)).pitches.tolist() == [67, 72, 72, 71]
    assert capsys.readouterr().out == 2 * "tune.txt: 3 notes, 4 beats of 4 in a bar\n"


def test_midi_file(save, capsys):
    high, low = [(0, 72, 0, 1), (0, 74, 1.02, 3), (0, 76, 3.25, 3.75)], [(1, 48, 0, 4), (9, 100, 0, 4)]
    path = save(midi(high, low, meter=(6, 8)), "tune.mid")
    tune = melody(path)
    assert tune.pitches.tolist() == [72, 74, 74, 48]  # the highest; drums are passed over
    assert tune.held.tolist() == [False, False, True, True]
    assert (tune.beats, tune.upbeat) == (3, 0)
    assert capsys.readouterr().out == (
        "tune.mid: 4 notes, 4 beats of 3 in a bar, 1 of them left out, between two beats\n"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"MThd no more", "tune.mid: the file is no MIDI that can be read"),
        (b"", "no MIDI that can be read"),
        (midi([(9, 40, 0, 2)]), "the melody has no note"),
        (midi([(0, 12, 0, 1)]), "the pitches 12, outside 21 to 108"),
    ],
)
def test_bad_midi(save, content, message):
    with pytest.raises(DataError, match=message):
        melody(save(content, "tune.mid"))


def test_missing_file(tmp_path):
    with pytest.raises(DataError, match=r"none\.mid: the file cannot be read \(No such file"):
        melody(tmp_path / "none.mid")


# -- what comes out


def test_notes_of_a_chorale():
    assert list(datasets.notes(CHORALE[1:, :2], HELD[1:])) == [
        (0, 0, 2, 74),
        (0, 2, 1, 75),
        (1, 0, 2, 67),
        (1, 2, 1, 68),
    ]
    assert [note[2] for note in datasets.notes(CHORALE)] == [1] * 16
    assert list(datasets.notes(CHORALE[:0])) == []


def test_kern_without_bars():
    text = as_kern(CHORALE, HELD)
    assert "*M" not in text and "\n=\t" not in text and "2dd" in text


def test_kern():
    assert as_kern(CHORALE, HELD, beats=4, upbeat=1).split("\n") == [
        "**kern\t**kern\t**kern\t**kern",
        '*I"Bass\t*I"Tenor\t*I"Alto\t*I"Soprano',
        "*clefF4\t*clefF4\t*clefG2\t*clefG2",
        "*k[b-e-a-]\t*k[b-e-a-]\t*k[b-e-a-]\t*k[b-e-a-]",
        "*M4/4\t*M4/4\t*M4/4\t*M4/4",
        "4C\t4e-\t4g\t4cc",
        "=\t=\t=\t=",
        "4BB\t2f\t2g\t2dd",
        "4G\t.\t.\t.",
        "4C\t4ryy\t4a-\t4ee-",
        "==\t==\t==\t==",
        "*-\t*-\t*-\t*-",
        "",
    ]


def test_no_note_crosses_a_bar_line():
    rows = as_kern(np.full((7, 4), 60), np.arange(7) > 0, beats=3, upbeat=1).split("\n")[5:-3]
    assert [row.split("\t")[0] for row in rows] == ["4c", "=", "2.c", "=", "2.c"]
    long = as_kern(np.full((6, 4), 60), np.arange(6) > 0, beats=6).split("\n")[6:-3]
    assert [row.split("\t")[0] for row in long] == ["1c", "2c"]


@pytest.mark.parametrize("shift", range(-6, 6))
def test_every_key_is_spelt_as_its_scale(shift):
    """A major scale has each of the seven letters once, and only the accidentals of its signature."""
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12]) + 60 + shift
    head, *rows = as_kern(np.repeat(scale[:, None], 4, axis=1)).split("\n")[3:]
    names = [row.split("\t")[0].lstrip("4") for row in rows if row[:1] == "4"]
    assert len({name[0].lower() for name in names[:7]}) == 7
    signs = {name[0].lower() + name.lstrip("abcdefgABCDEFG") for name in names if name[-1] in "#-"}
    signature = head.split("\t")[0][3:-1]
    assert signs == {signature[n : n + 2] for n in range(0, len(signature), 2)}
    assert pitches_of(names) == scale.tolist()


def pitches_of(names):
    """MIDI pitches of kern's names, by its rules: c is middle C, cc the one above, C below, CC below that."""
    found = []
    for name in names:
        letters = name.rstrip("#-")
        octave = 3 + len(letters) if letters[0].islower() else 4 - len(letters)
        natural = (
            12 * (octave + 1) + {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}[letters[0].lower()]
        )
        found.append(natural + name.count("#") - name.count("-"))
    return found


def test_verovio_engraves_it():
    engraver = verovio.toolkit()
    assert engraver.loadData(as_kern(CHORALE, HELD))
    drawn = engraver.renderToSVG(1)
    assert drawn.count('class="note"') == 12 and drawn.count('class="staff"') == 4


def test_midi_comes_back(tmp_path):
    path = tmp_path / "out.mid"
    write_midi(path, CHORALE, HELD, tempo=60)
    file = mido.MidiFile(path)
    assert file.length == pytest.approx(4) and [track.name for track in file.tracks[1:]] == [
        "Soprano",
        "Alto",
        "Tenor",
        "Bass",
    ]
    tune = melody(path)
    assert tune.pitches.tolist() == CHORALE[:, 0].tolist() and tune.held.tolist() == HELD.tolist()
    tenor = [message.note for message in file.tracks[3] if message.type == "note_on"]
    assert tenor == [63, 65]


def test_sound_has_the_pitch_and_the_length():
    content = as_wav(np.array([[69, 0, 0, 0]] * 2), np.array([False, True]), tempo=60, rate=8_000)
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnframes()) == (8_000, 1, 16_000)
        samples = np.frombuffer(file.readframes(16_000), np.uint8).astype(float) - 128
    spectrum = np.abs(np.fft.rfft(samples))
    assert spectrum.argmax() / 2 == 440
    peaks = [spectrum[2 * 440 * harmonic] for harmonic in range(1, 7)]
    assert all(high > low for high, low in pairwise(peaks[:5])) and peaks[5] < peaks[4] / 20
    assert np.abs(samples).max() == 120


def test_silence_is_silent():
    with wave.open(io.BytesIO(as_wav(np.zeros((2, 4), int)))) as file:
        assert set(file.readframes(9)) == {128}
