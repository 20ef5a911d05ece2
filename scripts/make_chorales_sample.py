"""Rebuilds data/chorales-sample.json.gz: chorales in four parts, by the rules of harmony.

    python scripts/make_chorales_sample.py

Written for this project with a fixed seed: the same file each time. No melody is anybody's: first the chords
of a phrase are drawn, from tonic to predominant to dominant, up to one of six cadences. Then all ways to sing
each chord are listed, and the cheapest way through them is found: moves, leaps, parallel fifths and octaves,
a leading note that does not rise and a seventh that does not fall cost something, and a little chance is
added.

What decides a chord lies further back than an n-gram sees: the key, one of 24, was settled at the beginning.
All phrases of a chorale have one length, so that its cadences can be counted on; the soprano rises and falls
in an arch over each phrase; and what a half cadence leaves open, the next phrase closes.
"""

import itertools
import json
import random
from pathlib import Path

import numpy as np
from samples import gzipped, main

TARGET = Path(__file__).resolve().parent.parent / "data" / "chorales-sample.json.gz"
SEED = 371
PARTS = {"train": 100, "valid": 25, "test": 25}
RANGES = ((60, 79), (55, 74), (48, 67), (40, 60))  # soprano, alto, tenor, bass
PHRASES = (4, 5, 6)
LENGTHS = (6, 8)  # steps of a phrase, the last two of which hold its last chord

# -- the chords: semitones above the tonic, the bass first

MAJOR = {
    "I": (0, 4, 7),
    "I6": (4, 0, 7),
    "I64": (7, 0, 4),
    "ii": (2, 5, 9),
    "ii6": (5, 2, 9),
    "IV": (5, 9, 0),
    "V": (7, 11, 2),
    "V6": (11, 2, 7),
    "V7": (7, 11, 2, 5),
    "vi": (9, 0, 4),
    "vii6": (2, 5, 11),
    "V/V": (6, 2, 9),
}
MINOR = {
    "I": (0, 3, 7),
    "I6": (3, 0, 7),
    "I64": (7, 0, 3),
    "ii": (5, 8, 2),
    "ii6": (5, 2, 8),
    "IV": (5, 8, 0),
    "V": (7, 11, 2),
    "V6": (11, 2, 7),
    "V7": (7, 11, 2, 5),
    "vi": (8, 0, 3),
    "vii6": (2, 5, 11),
    "V/V": (6, 2, 9),
}
NEXT = {  # what may follow within a phrase; more often where it stands twice
    "I": "IV IV V V V6 vi ii6 I6 vii6",
    "I6": "IV IV ii6 ii6 V I",
    "ii": "V V V V6 vii6",
    "ii6": "V V V V7",
    "IV": "V V I ii vii6 I6",
    "V": "I I I vi I6",
    "V6": "I I I",
    "V7": "I I vi",
    "vi": "IV IV ii ii6 V",
    "vii6": "I I6 I6 I",
}
CADENCES = {
    "authentic": "ii6 V I",
    "six-four": "I64 V7 I",
    "half": "I6 IV V",
    "dominant": "vi V/V V",
    "deceptive": "ii6 V7 vi",
    "plagal": "I IV I",
}
OPEN, CLOSED, LAST = (
    ("half", "half", "dominant", "deceptive"),
    ("authentic", "six-four"),
    ("six-four", "plagal"),
)


class Composer:
    """Writes chorales, one after the other."""

    def __init__(self, seed: int):
        # Of Python's generator only `random()` is promised to give the same stream in every version.
        self.random = random.Random(seed).random

    def pick(self, options):
        return options[int(self.random() * len(options))]

    def phrase(self, length: int, cadence: str) -> list[str]:
        """The names of `length` chords, the last of them held."""
        end = CADENCES[cadence].split()
        while True:
            names = ["I"]
            while len(names) < length - len(end) - 1:
                names.append(self.pick(NEXT[names[-1]].split()))
            if end[0] in (names[-1], *NEXT[names[-1]].split(), "I64") and names[-1] != end[0]:
                return [*names, *end, end[-1]]

    def chorale(self) -> list[list[int]]:
        """What sounds in each step, lowest first."""
        tonic, chords = int(self.random() * 12), self.pick((MAJOR, MINOR))
        length, count = self.pick(LENGTHS), self.pick(PHRASES)
        plan = [self.pick(OPEN if number % 2 == 0 else CLOSED) for number in range(count - 1)]
        names, targets = [], []
        for cadence in (*plan, self.pick(LAST)):
            names += self.phrase(length, cadence)
            start, top = 66 + int(self.random() * 5), 72 + int(self.random() * 5)
            half = length // 2
            rise = [start + (top - start) * step // half for step in range(half)]
            targets += rise + [top - (top - 67) * step // half for step in range(half)]
        ways = [voicings(tuple((tonic + tone) % 12 for tone in chords[name])) for name in names]
        noise = [np.array([int(self.random() * 30) for _ in way]) for way in ways]
        held = [step % length == length - 1 for step in range(len(names))]
        return [sorted(set(step)) for step in sing(names, ways, noise, targets, tonic, held)]


VOICINGS: dict[tuple[int, ...], np.ndarray] = {}


def voicings(tones: tuple[int, ...]) -> np.ndarray:
    """All ways `(ways, 4)` to sing a chord, its bass given first: no note left out, no voices far apart."""
    if tones not in VOICINGS:
        free = [[p for p in range(low, high + 1) if p % 12 in tones] for low, high in RANGES[:3]]
        basses = [p for p in range(RANGES[3][0], RANGES[3][1] + 1) if p % 12 == tones[0]]
        VOICINGS[tones] = np.array(
            [
                way
                for way in itertools.product(*free, basses)
                if way[0] > way[1] >= way[2] >= way[3]
                and way[0] - way[1] <= 12
                and way[1] - way[2] <= 12
                and way[2] - way[3] <= 19
                and {p % 12 for p in way} == set(tones)
            ]
        )
    return VOICINGS[tones]


def sing(names, ways, noise, targets, tonic, held) -> list[list[int]]:
    """The cheapest way through the chords, by dynamic programming in whole numbers."""
    costs, back = [own_cost(ways[0], targets[0], tonic) + noise[0]], []
    for step in range(1, len(names)):
        move = move_cost(ways[step - 1], ways[step], tonic, names[step - 1], held[step])
        through = costs[-1][:, None] + move
        back.append(through.argmin(axis=0))
        costs.append(through.min(axis=0) + own_cost(ways[step], targets[step], tonic) + noise[step])
    chosen = [int(costs[-1].argmin())]
    for came_from in reversed(back):
        chosen.append(int(came_from[chosen[-1]]))
    return [way[index].tolist() for way, index in zip(ways, reversed(chosen), strict=True)]


def own_cost(way: np.ndarray, target: int, tonic: int) -> np.ndarray:
    """What a chord costs by itself: a soprano off its arch, two leading notes, two voices on one pitch."""
    leading = ((way - tonic) % 12 == 11).sum(axis=1)
    meet = (np.diff(way) == 0).sum(axis=1)
    return 2 * abs(way[:, 0] - target) + 60 * (leading > 1) + meet


def move_cost(before: np.ndarray, after: np.ndarray, tonic: int, name: str, held: bool) -> np.ndarray:
    """What each move costs `(ways before, ways after)`."""
    move = after[None] - before[:, None]
    size = abs(move)
    if held:  # as under a fermata
        return 200 * size.any(axis=2)
    cost = size[..., 0] * 2 + size[..., 1] * 2 + size[..., 2] * 2 + size[..., 3]
    cost += 20 * (size[..., :3] > 7).any(axis=2) + 6 * (size[..., 0] == 0)
    for high, low in itertools.combinations(range(4), 2):
        apart = ((before[:, high] - before[:, low]) % 12)[:, None]
        same = apart == ((after[:, high] - after[:, low]) % 12)[None]
        both = (move[..., high] * move[..., low]) > 0
        cost += 80 * (same & both & ((apart == 7) | (apart == 0)))
    degree = ((before - tonic) % 12)[:, None]
    if name.startswith("V") and "/" not in name:
        cost += 15 * ((degree == 11) & (move != 1) & (move != 0)).any(axis=2)
        cost += 15 * ((degree == 5) & (move >= 0)).any(axis=2)
    overlap = (after[None, :, 1:] > before[:, None, :-1]) | (after[None, :, :-1] < before[:, None, 1:])
    return cost + 5 * overlap.any(axis=2)


def build() -> bytes:
    """The whole file, gzip with no time in its header."""
    composer, seen, parts = Composer(SEED), set(), {}
    for part, count in PARTS.items():
        parts[part] = []
        while len(parts[part]) < count:
            chorale = composer.chorale()
            if str(chorale) not in seen:
                seen.add(str(chorale))
                parts[part].append(chorale)
    return gzipped(json.dumps(parts).encode())


if __name__ == "__main__":
    main(__doc__, TARGET, build)
