"""What a teacher of harmony marks in a chorale, counted."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

__all__ = ["crossings", "in_any_key", "parallels", "voice_leading"]

COPIED = 4  # steps in a row


def in_any_key(line: np.ndarray) -> tuple[int, ...]:
    """A tuple that is the same for a chorale `(steps, 4)` or a melody `(steps,)` in every key."""
    line = np.asarray(line)
    return tuple(np.where(line > 0, line - line.max(initial=0), 1).ravel().tolist())


def parallels(chorale: np.ndarray, interval: int) -> np.ndarray:
    """Which moves of `(steps, 4)` pitches have two voices in parallel, `interval` semitones apart.

    Both voices move in the same direction, and are that interval apart, or some octaves more, before and
    after: 7 for fifths, 0 for octaves and unisons.

    Returns: `(steps - 1,)` bool.
    """
    found = np.zeros(max(0, len(chorale) - 1), bool)
    for one, other in itertools.combinations(np.transpose(chorale), 2):
        apart = (one > 0) & (other > 0) & (np.abs(one - other) % 12 == interval)
        found |= apart[:-1] & apart[1:] & (np.diff(one) * np.diff(other) > 0)
    return found


def crossings(chorale: np.ndarray) -> np.ndarray:
    """`(steps,)` bool: where a voice sings above a higher one."""
    lowest = np.minimum.accumulate(np.where(chorale > 0, chorale, 128), axis=1)
    return np.any((chorale > 0)[:, 1:] & (chorale[:, 1:] > lowest[:, :-1]), axis=1)


def voice_leading(chorales: Sequence[np.ndarray], training: Sequence[np.ndarray]) -> dict[str, float]:
    """Shares, 0 to 1, of what a teacher of harmony marks.

    Args:
        chorales: arrays `(steps, 4)` of MIDI pitches, soprano first, 0 for a rest.
        training: the chorales to compare with.

    Returns:
        `parallel_fifths` and `parallel_octaves`, shares of all moves; `crossings`, a share of the steps;
        `range`, of the notes: lower or higher than 98 % of the voice's notes in training; `copied`, of all
        stretches of four steps: those that stand in a training chorale, in any key; `rests`, of all places.
    """
    everything = np.concatenate(chorales)
    voices = [voice[voice > 0] for voice in np.concatenate(training).T]
    low, high = np.transpose([np.percentile(v, (1, 99)) if len(v) else (0, 128) for v in voices])
    notes = everything > 0
    learnt, found = (
        [in_any_key(c[n : n + COPIED]) for c in part for n in range(len(c) - COPIED + 1)]
        for part in (training, chorales)
    )
    known = set(learnt)
    return {
        "parallel_fifths": _mean(np.concatenate([parallels(c, 7) for c in chorales])),
        "parallel_octaves": _mean(np.concatenate([parallels(c, 0) for c in chorales])),
        "crossings": _mean(crossings(everything)),
        "range": _mean(((everything < low) | (everything > high))[notes]),
        "copied": _mean([stretch in known for stretch in found]),
        "rests": _mean(~notes),
    }


def _mean(found) -> float:
    return float(np.mean(found)) if len(found) else 0.0
