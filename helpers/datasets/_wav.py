"""A recording from a .wav file of any rate, depth and number of channels, as a recogniser takes it."""

from __future__ import annotations

import io
import math
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from helpers.datasets.fetch import DataError, listed, read_bytes, require

__all__ = ["MAX_BYTES", "Sound", "decode_wav", "read_wav", "remarks"]

MAX_BYTES = 128 << 20  # of one file: a minute in stereo at 192 kHz has 92 million
MAX_SECONDS = 60
RATES = (1_000, 384_000)  # Hz, from the slowest to the fastest
SILENT = 1e-3  # of full scale: the quietest of the 3,000 spoken digits reaches ten times that
CLIPPED = 1e-3  # share of the samples from which on clipping is worth a word
WAY_OUT = "Save it as WAV, PCM of 16 bits: ffmpeg -i in.m4a -c:a pcm_s16le out.wav."


class Sound(NamedTuple):
    """A decoded recording and what it was."""

    samples: np.ndarray  # (samples,) float32, -1 to 1
    rate: int  # of the file, in Hz
    channels: int
    clipped: float  # share of the samples that stand at the end of the scale, two or more in a row
    fault: str  # "empty", "silent" or ""


def decode_wav(content: bytes, rate: int) -> Sound:
    """The recording in the bytes of a .wav file, mixed to mono, at `rate` Hz. Raises `DataError`."""
    if not content:
        return Sound(np.zeros(0, np.float32), rate, 1, 0.0, "empty")
    from scipy.io import wavfile

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # chunks with names, places and pictures
            warnings.filterwarnings("error", "Reached EOF")  # never half-read
            before, raw = wavfile.read(io.BytesIO(content))
    except Exception as error:  # garbage makes the reader raise nearly anything
        if isinstance(error, wavfile.WavFileWarning):
            raise DataError(f"the file ends too early ({error})", "Copy or record it again.") from error
        raise DataError(f"the file is no .wav that can be read ({error})", WAY_OUT) from error
    what = f"the file has {before:,} samples a second, {RATES[0]:,} to {RATES[1]:,} are accepted"
    require(RATES[0] <= before <= RATES[1], what)
    seconds = len(raw) / before
    what = f"the recording lasts {seconds:,.1f} s, {MAX_SECONDS} s are the most"
    require(seconds <= MAX_SECONDS, what, "Cut it into single words.")
    full = 1 if raw.dtype.kind == "f" else 2.0 ** (8 * raw.itemsize - 1)
    samples = (raw.astype(np.float64) - (128 if raw.dtype == np.uint8 else 0)) / full
    require(np.isfinite(samples).all(), "the file has samples that are no numbers", WAY_OUT)
    peak = np.abs(samples).max(initial=0)
    what = f"the file has samples up to {peak:,.6g}, where -1 to 1 is the scale"
    require(peak < 10, what, "Divide them, by 32768 if they were 16-bit, or save them as integers.")
    high = np.abs(samples) >= (127 / 128 if raw.itemsize == 1 else 32_767 / 32_768)
    row = high[1:] & high[:-1]
    clipped = np.zeros_like(high)
    clipped[1:] |= row
    clipped[:-1] |= row
    channels = 1 if raw.ndim == 1 else raw.shape[1]
    samples = samples.reshape(-1, channels).mean(axis=1)
    share = float(clipped.mean()) if len(clipped) else 0.0
    fault = "empty" if not len(samples) else "silent" if np.ptp(samples) < 2 * SILENT else ""
    if before != rate and not fault:
        from scipy.signal import resample_poly

        common = math.gcd(before, rate)
        samples = resample_poly(samples, rate // common, before // common)
    return Sound(np.clip(samples, -1, 1).astype(np.float32), before, channels, share, fault)


def remarks(sounds: Sequence[Sound], rate: int) -> list[str]:
    """What was done to recordings and what is wrong with them, for a message."""
    one = len(sounds) == 1
    rates = sorted({sound.rate for sound in sounds} - {rate})
    moved = sum(sound.rate != rate for sound in sounds)
    several = sorted({sound.channels for sound in sounds} - {1})
    mixed = sum(sound.channels > 1 for sound in sounds)
    kind = "stereo" if several == [2] else f"of {listed(several)} channels"
    clipped = [sound.clipped for sound in sounds if sound.clipped >= CLIPPED]
    notes = []
    if moved:
        notes.append(f"{moved:,} of {len(sounds):,} " * (not one) + f"resampled from {_hertz(rates)}")
    if mixed:
        notes.append(f"{mixed:,} " * (not one) + f"{kind}, mixed to mono")
    if clipped:
        share = f"{100 * max(clipped):.1f} % of the samples"
        notes.append(f"clipped: {share}" if one else f"{len(clipped):,} clipped, up to {share}")
    return notes


def _hertz(rates: Sequence[int]) -> str:
    return f"{listed([f'{rate:,}' for rate in rates])} Hz"


def read_wav(source: str | os.PathLike | bytes, rate: int = 8_000) -> np.ndarray:
    """A recording from a .wav file, as the recogniser takes it. Prints its length and what had to be done.

    Channels are averaged. Another rate is brought to `rate` by a polyphase filter, which removes what lies
    above half of it. Clipping is said, not mended: record again, further from the microphone.

    Args:
        source: the path of a .wav file, or its bytes: PCM of 8, 16, 24 or 32 bits, or floats, of any rate.
        rate: samples a second of the result.

    Returns: `(samples,)` float32, -1 to 1.
    Raises: `DataError` when it is no .wav, ends too early, is empty, silent or longer than 60 s.
    """
    known = isinstance(rate, int) and RATES[0] <= rate <= RATES[1]
    require(known, f"rate must be a whole number, {RATES[0]:,} to {RATES[1]:,}, got {rate!r}")
    name = "the recording" if isinstance(source, bytes) else Path(os.path.expanduser(source))
    try:
        content = source if isinstance(source, bytes) else read_bytes(name)
        what = f"{len(content):,} bytes are too many, at most {MAX_BYTES:,} are accepted"
        require(len(content) <= MAX_BYTES, what, "Cut it into single words.")
        sound = decode_wav(content, rate)
        require(sound.fault != "empty", "the recording is empty: it has no samples", "Record again.")
        what = f"the recording is silent: it moves by less than {SILENT:g} of full scale"
        require(not sound.fault, what, "Is the right microphone chosen, and is it switched on?")
    except DataError as error:
        raise DataError(f"{name}: {error.what}", error.way_out) from error
    length = f"{len(sound.samples) / rate:.2f} s at {rate:,} Hz"
    print(f"{getattr(name, 'name', name)}: {'; '.join([length, *remarks([sound], rate)])}")
    return sound.samples
