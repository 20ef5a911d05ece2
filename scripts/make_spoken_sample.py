"""Rebuilds data/spoken-digits-sample.zip: the ten English digits, said by eight voices that never lived.

    python scripts/make_spoken_sample.py

A formant synthesiser written for this project makes them: pulses of the vocal folds and noise go through
resonators, whose tuning glides from sound to sound. A voice has its own pitch, length of the vocal tract,
tempo, breath and accent; no take is like another in pitch, timing, loudness, background noise and microphone.
The seed is fixed: the same recordings each time, to the last bit or so of a sample.
"""

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
from samples import main, zipped
from scipy.io import wavfile
from scipy.signal import resample_poly

TARGET = Path(__file__).resolve().parent.parent / "data" / "spoken-digits-sample.zip"
SEED = 20_000
RATE = 8_000  # Hz, of the recordings
OVER = 2  # times as fast inside, so that what lies above 4 kHz is cut off as a microphone's filter does
TAKES = 10
FRAME = 16  # inner samples, one millisecond: so often the resonators are tuned anew
GLIDE, ONSET = 41, 11  # milliseconds that a change of the formants and of a loudness takes

# -- sounds: three formants in Hz, for a vocal tract of 17.5 cm, how loud are voice, breath and hiss, and the
# middle and width of the hiss in Hz. Without formants of its own a sound has those of the next.

SOUNDS = {
    "i": (290, 2250, 2900, 1, 0, 0, 0, 0),
    "ɪ": (400, 1950, 2550, 1, 0, 0, 0, 0),
    "e": (480, 1950, 2550, 1, 0, 0, 0, 0),
    "ɛ": (560, 1800, 2500, 1, 0, 0, 0, 0),
    "a": (750, 1300, 2500, 1, 0, 0, 0, 0),
    "ɑ": (700, 1080, 2500, 1, 0, 0, 0, 0),
    "ʌ": (620, 1200, 2450, 1, 0, 0, 0, 0),
    "ɔ": (560, 850, 2450, 1, 0, 0, 0, 0),
    "o": (480, 930, 2400, 1, 0, 0, 0, 0),
    "ʊ": (400, 1050, 2300, 1, 0, 0, 0, 0),
    "u": (310, 1000, 2250, 1, 0, 0, 0, 0),
    "y": (300, 1650, 2250, 1, 0, 0, 0, 0),
    "ə": (500, 1450, 2450, 0.9, 0, 0, 0, 0),
    "w": (300, 650, 2200, 0.6, 0, 0, 0, 0),
    "r": (340, 1100, 1550, 0.7, 0, 0, 0, 0),
    "ɹ": (480, 1200, 1650, 0.8, 0, 0, 0, 0),  # behind a vowel, where not every accent says it
    "ʁ": (430, 1150, 2500, 0.5, 0, 0.06, 1400, 900),
    "n": (260, 1350, 2400, 0.45, 0, 0, 0, 0),
    "v": (260, 1050, 2200, 0.4, 0, 0.05, 3200, 4500),
    "z": (260, 1450, 2500, 0.35, 0, 0.35, 4700, 1500),
    "f": (320, 1050, 2200, 0, 0, 0.11, 3200, 4500),
    "θ": (350, 1350, 2500, 0, 0, 0.1, 5200, 3500),
    "s": (320, 1550, 2550, 0, 0, 0.6, 4700, 1500),
    "t": (350, 1700, 2600, 0, 0.1, 0.7, 4200, 2600),  # the burst alone; `_` is the silence before it
    "k": (350, 1900, 2400, 0, 0.1, 0.5, 1900, 700),
    "h": (0, 0, 0, 0, 0.3, 0, 0, 0),
    "_": (0, 0, 0, 0, 0, 0, 0, 0),
}
LOUDNESS = slice(3, 6)  # of voice, breath and hiss
WORDS = (  # sounds with their milliseconds
    "z60 ɪ60 r45 o60 ʊ50",
    "w55 ʌ95 n75",
    "t15 h35 u140",
    "θ65 r50 i120",
    "f70 ɔ120 ɹ60",
    "f65 a85 ɪ65 v60",
    "s85 ɪ65 _45 k15 s80",
    "s75 ɛ65 v45 ə45 n65",
    "e70 ɪ60 _45 t25",
    "n60 a85 ɪ65 n70",
)


class Voice(NamedTuple):
    """A speaker: pitch in Hz, formants and durations relative to those above, how much of the high tones the
    vocal folds lack (0 to 1), breath, and the sounds that the accent has in place of others.
    """

    pitch: float
    formants: float
    slowness: float
    dullness: float
    breath: float
    accent: dict[str, str]


VOICES = {
    "ada": Voice(205, 1.17, 1.0, 0.30, 0.06, {}),
    "bruno": Voice(108, 0.98, 1.12, 0.55, 0.02, {"ʌ": "a", "θ": "t", "ɪ": "i", "ə": "e", "ʊ": "o"}),
    "clio": Voice(228, 1.20, 0.88, 0.45, 0.12, {"ɹ": "ɔ", "u": "y", "a": "ɑ"}),
    "dario": Voice(128, 1.02, 0.94, 0.25, 0.03, {"z": "s", "ɪ": "i", "ʌ": "a", "ʊ": "o", "θ": "s"}),
    "edda": Voice(176, 1.12, 1.05, 0.50, 0.04, {"w": "v", "θ": "s", "ɹ": "ə", "ɛ": "e", "r": "ʁ"}),
    "fabio": Voice(92, 0.92, 1.15, 0.65, 0.05, {"e": "a", "a": "ɑ", "ɹ": "ə", "o": "ʌ", "u": "y"}),
    "gina": Voice(285, 1.30, 0.97, 0.20, 0.08, {"θ": "f", "r": "w", "ɹ": "o"}),
    "hugo": Voice(146, 1.06, 0.90, 0.40, 0.09, {"θ": "s", "ɪ": "i", "r": "ʁ", "ɹ": "ʁ", "ʌ": "ɔ"}),
}  # fmt: skip


class Score(NamedTuple):
    """What the synthesiser plays, one row a millisecond."""

    tracks: np.ndarray  # (frames, 8), as the sounds have them
    pitch: np.ndarray  # (frames,) in Hz


class Habit(NamedTuple):
    """What else tells a speaker: how each sound leans, and what room and microphone do."""

    lean: dict[str, np.ndarray]  # factors of the three formants
    echo: np.ndarray  # weights of a sound and of what it was up to three samples ago
    hum: int  # how dull the background is


def habit(random: np.random.RandomState) -> Habit:
    lean = {sound: np.exp(0.06 * random.standard_normal(3)) for sound in SOUNDS}
    return Habit(lean, np.append(1, random.uniform(-0.5, 0.5, 3)), random.choice([1, 3, 5]))


def score(word: str, voice: Voice, lean: dict[str, np.ndarray], random: np.random.RandomState) -> Score:
    """One take of a word."""

    def spread(share: float, size: int | None = None) -> np.ndarray:
        return np.exp(share * random.standard_normal(size))

    sounds, lengths = zip(*((part[0], float(part[1:])) for part in word.split()), strict=True)
    sounds = [voice.accent.get(sound, sound) for sound in sounds]
    rows = [np.array(SOUNDS[sound], float) for sound in sounds]
    for number in reversed(range(len(rows))):
        if not rows[number][0]:
            rows[number][:3] = rows[min(number + 1, len(rows) - 1)][:3]
    if not rows[-1][0]:
        raise ValueError(f"{word!r} ends in a sound without formants")
    for sound, row in zip(sounds, rows, strict=True):
        row[:3] *= voice.formants * lean[sound] * spread(0.045, 3)
        row[LOUDNESS] *= spread(0.3, 3)
    lengths = lengths * spread(0.25, len(rows)) * spread(0.1) * voice.slowness
    silence = [np.concatenate([row[:3], np.zeros(5)]) for row in (rows[0], rows[-1])]
    rows = [silence[0], *rows, silence[1]]
    lengths = np.concatenate([random.uniform(5, 50, 1), lengths, random.uniform(15, 60, 1)])
    steps = np.repeat(rows, np.maximum(8, np.rint(lengths)).astype(int), axis=0)
    steps[:, LOUDNESS.start + 1] += voice.breath * spread(0.3) * steps[:, LOUDNESS.start]
    tracks = np.stack([smooth(column, ONSET if 3 <= n < 6 else GLIDE) for n, column in enumerate(steps.T)], 1)
    time = np.linspace(-0.5, 0.5, len(tracks))
    melody = random.uniform(-0.35, 0.1) * time + 0.01 * np.cumsum(random.standard_normal(len(time))) / 4
    return Score(tracks, voice.pitch * spread(0.07) * np.exp(melody))


def smooth(track: np.ndarray, width: int) -> np.ndarray:
    """A track whose steps are slopes of `width` milliseconds."""
    window = np.hanning(width + 2)[1:-1]
    return np.convolve(np.pad(track, width // 2, "edge"), window / window.sum(), "valid")


def resonator(frequency: np.ndarray, width: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients `a, b, c` of `y[n] = a x[n] + b y[n-1] + c y[n-2]`, which lets constants pass as they are
    (Klatt 1980, Software for a cascade/parallel formant synthesizer).
    """
    step = np.pi / (OVER * RATE)
    radius = np.exp(-width * step)
    b, c = 2 * radius * np.cos(2 * frequency * step), -(radius**2)
    return 1 - b - c, b, c


def play(scores: list[Score], voices: list[Voice], random: np.random.RandomState) -> np.ndarray:
    """The sound of all scores, `(samples, scores)`, at the inner rate: one step of time for all at once."""
    frames = max(len(one.tracks) for one in scores)
    tracks, pitch = (
        np.stack(
            [np.pad(part, [(0, frames - len(part)), *[(0, 0)] * (part.ndim - 1)], "edge") for part in parts]
        )
        for parts in zip(*scores, strict=True)
    )
    f1, f2, f3, voiced, breath, hiss, middle, width = tracks.transpose(2, 1, 0)  # (frames, scores) each
    scale = np.array([voice.formants for voice in voices])
    nasal = np.where(f1 < 300 * scale, 1.6, 1.0)
    tuned = [(f1, 70 * nasal), (f2, 95 * nasal), (f3, 150 * nasal),
             (3500 * scale + 0 * f1, 250 + 0 * f1), (4500 * scale + 0 * f1, 350 + 0 * f1)]  # fmt: skip
    tuned = [resonator(frequency, band) for frequency, band in tuned]
    hissing = resonator(np.maximum(middle, 500), np.maximum(width, 500))

    step = np.repeat(pitch.T, FRAME, axis=0) / (OVER * RATE)  # periods per sample
    open_part = np.minimum(np.cumsum(step, axis=0) % 1 / 0.6, 1)
    flow = 6.75 * open_part**2 * (1 - open_part)  # of air, during a period
    pulses = np.diff(flow, axis=0, prepend=0) / step / 4
    noise, rush = (random.standard_normal(flow.shape) for _ in range(2))
    noise *= 0.4 + flow
    dull = np.array([voice.dullness for voice in voices])
    sound, old = np.empty_like(flow), np.zeros((len(tuned) + 1, 2, len(scores)))
    source = 0
    for n in range(len(flow)):
        frame = n // FRAME
        source = (1 - dull) * pulses[n] + dull * source
        value = voiced[frame] * source + breath[frame] * noise[n]
        for number, (a, b, c) in enumerate([*tuned, hissing]):
            if number == len(tuned):
                mouth, value = value, hiss[frame] * rush[n]
            value = a[frame] * value + b[frame] * old[number, 0] + c[frame] * old[number, 1]
            old[number, 1], old[number, 0] = old[number, 0], value
        sound[n] = mouth + value
    return sound


def record(sound: np.ndarray, habit: Habit, random: np.random.RandomState) -> np.ndarray:
    """What a microphone in a room makes of a sound at the inner rate: uint8 at `RATE`, 128 is silence."""
    sound = resample_poly(sound, 1, OVER)
    for echo in (habit.echo, np.append(1, random.uniform(-0.45, 0.45, 2))):  # no take stands quite alike
        sound = np.convolve(sound, echo)[: len(sound)]
    background = smooth(random.standard_normal(len(sound)), habit.hum)
    sound = sound / sound.std() + 10 ** (random.uniform(-34, -14) / 20) * background / background.std()
    loudness = 10 ** (random.uniform(-9, -1) / 20)
    return np.rint(128 + 127 * loudness * sound / np.abs(sound).max()).astype(np.uint8)


def recordings() -> dict[str, np.ndarray]:
    """Every recording of the sample by the name of its file."""
    random = np.random.RandomState(SEED)  # the one generator whose stream NumPy promises never to change
    names = [(digit, name, take) for digit in range(10) for name in VOICES for take in range(TAKES)]
    habits = {name: habit(random) for name in VOICES}
    scores = [score(WORDS[digit], VOICES[name], habits[name].lean, random) for digit, name, _ in names]
    sounds = play(scores, [VOICES[name] for _, name, _ in names], random)
    lengths = [FRAME * len(one.pitch) for one in scores]
    return {
        f"{digit}_{name}_{take}.wav": record(sounds[:length, column], habits[name], random)
        for column, ((digit, name, take), length) in enumerate(zip(names, lengths, strict=True))
    }


def build() -> bytes:
    """The whole archive, with no time in it."""
    members = {}
    for name, samples in recordings().items():
        content = io.BytesIO()
        wavfile.write(content, RATE, samples)
        members[f"recordings/{name}"] = content.getvalue()
    return zipped(members)


if __name__ == "__main__":
    main(__doc__, TARGET, build)
