"""Spoken digits: seconds of training to 95 % of the held-out takes; hours of sound decoded in a second.

    python benchmarks/speech.py [--tiny] [--json FILE]

Ours is the network of recipe 07 on recordings of known voices as they are. It runs against the document's
way, an LSTM(128) on MFCCs with batches of 64 and Adam as it comes. Both see the first second of a recording
and are scored after every ten steps; scoring, compiling and the MFCCs do not count. For decoding, compiled
calls on a hundred recordings each run against `predict` on one after another, and must give equal scores.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from measure import Row, compare, in_turn, main
from scipy.fft import dct
from training import Batches, answers, lower_bound, trained

from helpers import datasets, runtime

# isort: split
import keras
from keras import layers, ops

DOCUMENT = "document's way, LSTM(128) on MFCCs"
PREDICT = "predict, one recording after another"
TAIL = 416  # samples before the first step, as in the recipe


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much is trained."""

    units: int = 128
    seeds: int = 3
    batch: int = 64
    steps: int = 400  # that our schedule is made for
    rate: float = 5e-3  # the peak of our schedule
    document_steps: int = 2_000
    target: float = 0.95
    every: int = 10
    limit: float = 8  # times our seconds, after which the document's way is stopped
    decoded: int = 300
    rounds: int = 5


TINY = Sizes(units=32, seeds=1, steps=60, document_steps=60, target=0.2, decoded=10, rounds=1)


def spectrum(samples, rate: int):
    """(recordings, samples) → (recordings, frames, 24), a frame every 10 ms."""
    real, imaginary = ops.stft(samples, 256, 80, 256, center=False)
    to_mel = layers.Dense(24, use_bias=False, trainable=False)
    log_mel = ops.log(to_mel(real**2 + imaginary**2) + 1e-6)
    to_mel.set_weights([layers.MelSpectrogram().linear_to_mel_weight_matrix(24, 129, rate, 150, rate / 2)])
    return log_mel


def network(rate: int, units: int, words: int) -> tuple[keras.Model, keras.Model]:
    """Scores of a recording's word, and the scores of all words after each step."""
    audio = keras.Input((None,))
    heard = layers.BatchNormalization(momentum=0.9)(spectrum(audio, rate))[..., None]
    for filters, strides in ((16, 1), (32, (2, 1))):
        heard = layers.Conv2D(filters, 3, strides, activation="relu")(heard)
        heard = layers.BatchNormalization(momentum=0.9)(layers.MaxPooling2D((1, 2))(heard))
    heard = layers.Reshape((-1, heard.shape[2] * heard.shape[3]))(heard)
    hidden = layers.GRU(units, return_sequences=True)(layers.Dropout(0.2)(heard))
    scores = layers.Dense(1 + words)(layers.Dropout(0.2)(hidden))
    return keras.Model(audio, ops.logsumexp(scores[..., 1:], axis=1)), keras.Model(audio, scores)


def mfcc(audio: np.ndarray, rate: int) -> np.ndarray:
    """(recordings, samples) → (recordings, 50, 13): 13 numbers every 20 ms."""
    samples = keras.Input((None,))
    frames = keras.Model(samples, spectrum(samples, rate)).predict(audio, verbose=0)
    found = dct(frames[:, ::2][:, :50], norm="ortho")[..., :13]
    return (found - found.mean((0, 1))) / found.std((0, 1))


def benchmark(tiny: bool) -> list[Row]:
    """The rows."""
    sizes = TINY if tiny else Sizes()
    runtime.setup(seed=1)
    data = datasets.spoken_digits("bundled" if tiny else "auto")
    labels, takes = np.asarray(data.labels), np.asarray(data.takes)
    audio = np.zeros((len(labels), TAIL + data.rate), "float32")
    for row, sound in zip(audio, data.recordings, strict=True):
        row[TAIL:][: len(sound)] = sound[: data.rate]
    coefficients, held = mfcc(audio, data.rate), np.isin(takes, np.unique(takes)[:5])
    sample = "" if data.source == "full" else "bundled sample"
    rounds, words = [], len(data.classes)
    for seed in range(sizes.seeds):
        keras.utils.set_random_seed(seed)
        ours, reader = network(data.rate, sizes.units, words)
        document = keras.Sequential([keras.Input((50, 13)), layers.LSTM(sizes.units), layers.Dense(words)])
        warm = sizes.steps // 10
        rate = keras.optimizers.schedules.CosineDecay(
            0.0, sizes.steps - warm, alpha=0.05, warmup_target=sizes.rate, warmup_steps=warm
        )
        ways = {
            "ours": (ours, audio, sizes.steps, keras.optimizers.Adam(rate, global_clipnorm=1.0)),
            DOCUMENT: (document, coefficients, sizes.document_steps, keras.optimizers.Adam()),
        }
        found = {}
        clock = {"every": sizes.every, "target": sizes.target}
        for name, (model, inputs, steps, optimizer) in ways.items():
            batches = Batches(inputs[~held], labels[~held], sizes.batch, seed, steps)
            found[name] = trained(model, batches, (inputs[held], labels[held]), optimizer, clock, at_once=100)
            clock["limit"] = sizes.limit * found["ours"].seconds
            seconds, steps = found[name].seconds, found[name].steps
            print(f"seed {seed}, {name}: {found[name].best:.1%} after {seconds:.1f} s, {steps:,} steps")
        if not found["ours"].reached:
            raise SystemExit(f"ours never reached {sizes.target:.0%} with seed {seed}")
        rounds.append(found)
    note = "; ".join(filter(None, (sample, lower_bound([found[DOCUMENT] for found in rounds]))))
    seconds = [[found[name].seconds for found in rounds] for name in ("ours", DOCUMENT)]
    measure = f"seconds to {100 * sizes.target:.0f} % of the held-out takes, known voices"
    rows = [compare("spoken digits", measure, *seconds, DOCUMENT, note=note)]

    some = audio[held][: sizes.decoded]
    read, parts = answers(reader), np.array_split(some, -(-len(some) // 100))
    whole = np.concatenate(read(parts))
    alone = [reader.predict(recording[None], verbose=0)[0] for recording in some]
    np.testing.assert_allclose(whole, alone, atol=1e-4)
    ways = {
        "ours": lambda: read(parts),
        PREDICT: lambda: [reader.predict(recording[None], verbose=0) for recording in some],
    }
    found = in_turn(ways, sizes.rounds)
    hours = len(some) / 3_600  # each is one second
    speeds = [[hours / seconds for seconds in found[name]] for name in ("ours", PREDICT)]
    measure = "hours of sound read in a second"
    rows.append(compare("spoken digits", measure, *speeds, PREDICT, better="more", note=sample))
    return rows


if __name__ == "__main__":
    main(benchmark)
