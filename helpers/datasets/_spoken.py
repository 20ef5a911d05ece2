"""The Free Spoken Digit Dataset: six speakers, 3,000 recordings (CC BY-SA 4.0); or the reader's own.

Origin: the project of Zohar Jackson and others on GitHub, release 1.0.10, packed by GitHub. It packs the same
files into other bytes now and then, so that no hash is pinned; form and counts are checked, and zip's own
checksums. Normal form: that archive, `fsdd.zip`, with `…/recordings/{digit}_{speaker}_{index}.wav`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from helpers.datasets._recordings import Take, list_takes, read_takes
from helpers.datasets._wav import Sound, remarks
from helpers.datasets.fetch import Dataset, download, dropped_for, find, listed, require

__all__ = ["SpokenData", "spoken_digits"]

URL = "https://codeload.github.com/Jakobovski/free-spoken-digit-dataset/zip/refs/tags/v1.0.10"
MAX_BYTES = 32 << 20  # of the archive; its recordings pack to 16 million
RATE = 8_000  # Hz
LONG = 1.5  # seconds: of a longer recording much is lost, or it is no word closely cut


def _fetch_digits(path: Path) -> None:
    download(URL, path, MAX_BYTES)
    takes = list_takes(path)
    counts = Counter((take.label, take.speaker) for take in takes)
    labels, speakers = (sorted({key[part] for key in counts}) for part in (0, 1))
    whole = labels == list("0123456789") and len(speakers) == 6 and len(counts) == 60
    what = f"{URL} sent {len(takes):,} recordings, {len(labels)} words by {len(speakers)} speakers"
    require(
        whole and set(counts.values()) == {50}, f"{what}; 50 of each of ten digits by each of six expected"
    )


@dataclass(frozen=True, eq=False)
class SpokenData:
    """Recordings of single words, in the order of label, speaker and take.

    Attributes:
        recordings: N arrays `(samples,)` float32, -1 to 1.
        labels: `(N,)` int32, the word said, as an index into `classes`.
        speakers: `(N,)` str.
        takes: `(N,)` int32, the index in the file's name; 0 to 4 are the test of the digits' usual split.
        classes: the words, numbers by value and the rest by alphabet.
        rate: samples a second.
        dropped: how many recordings were left out, by reason.
        source: `"full"`, or `"sample"` for the small set bundled with the cookbook.
        origin: where they came from, in a few words.
    """

    recordings: list[np.ndarray]
    labels: np.ndarray
    speakers: np.ndarray
    takes: np.ndarray
    classes: tuple[str, ...]
    rate: int
    dropped: dict[str, int]
    source: str
    origin: str


Found = Sequence[tuple[Take, Sound]]


def _read_recordings(path: Path) -> Found:
    found = read_takes(path, RATE)
    _choose(found, None)
    return found


def _choose(found: Found, words: Sequence[str] | None) -> tuple[Found, dict[str, Any]]:
    """The recordings of the words with a sound, and what `SpokenData` says of them. Raises `DataError`."""
    said = list(dict.fromkeys(take.label for take, _ in found))
    unknown = [word for word in words or () if word not in said]
    require(not unknown, f"words has {listed(unknown)}, which no recording says; they say {listed(said)}")
    chosen = [(take, sound) for take, sound in found if words is None or take.label in words]
    kept = [(take, sound) for take, sound in chosen if not sound.fault]
    dropped = Counter(sound.fault for _, sound in chosen if sound.fault)
    classes = tuple(dict.fromkeys(take.label for take, _ in kept))
    what = f"{len(kept):,} recordings, of {listed(classes) or 'no word'}; {dropped_for(dropped)}"
    require(len(classes) > 1, what, "Two different words are the least.")
    return kept, {
        "recordings": [sound.samples for _, sound in kept],
        "labels": np.array([classes.index(take.label) for take, _ in kept], np.int32),
        "speakers": np.array([take.speaker for take, _ in kept]),
        "takes": np.array([take.index for take, _ in kept], np.int32),
        "classes": classes,
        "dropped": dict(dropped),
    }


def _in_two_cases(kind: str, names: Iterable[str]) -> list[str]:
    """A note on names that differ in case alone; none where there are none."""
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(name.casefold(), []).append(name)
    doubtful = ["/".join(group) for group in alike.values() if len(group) > 1]
    return [f"{kind} that differ in case only, taken as different: {listed(doubtful)}"] * bool(doubtful)


def _count(kept: Found, fields: dict[str, Any]) -> str:
    minutes = sum(map(len, fields["recordings"])) / RATE / 60
    counts = f"{len(kept):,} recordings, {minutes:.1f} min, of {listed(fields['classes'])}"
    names = np.unique(fields["speakers"])
    notes = remarks([sound for _, sound in kept], RATE)
    notes += _in_two_cases("words", fields["classes"]) + _in_two_cases("speakers", names)
    median = float(np.median([len(samples) for samples in fields["recordings"]])) / RATE
    if median > LONG:
        said = "the page and one baseline read only the first second; cut each closely around its word"
        notes.append(f"the median recording lasts {median:.1f} s: {said}")
    return "; ".join([counts, f"speakers: {listed(names)}", dropped_for(fields["dropped"]), *notes])


def spoken_digits(source: str | os.PathLike | None = None, words: Iterable[str] | None = None) -> SpokenData:
    """The Free Spoken Digit Dataset (Jackson et al., CC BY-SA 4.0), or the reader's own words. Prints counts.

    What has several channels is mixed to mono, what has another rate is brought to 8,000 Hz, and the line
    printed says so, as it does of clipping. Recordings without a sound are dropped and counted.

    Args:
        source: None for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where it is not set;
            `"auto"` (cache, else download, else bundled sample); `"cache"`, `"online"` or `"bundled"`
            alone; or the path of a folder or a `.zip` with files named `label_speaker_index.wav`, at any
            depth, as `read_wav` takes them. A label may be any word, such as `yes`.
        words: the labels to keep, two or more, such as `("0", "1")`; None keeps all.

    Returns: `SpokenData`: 3,000 recordings, 22 minutes, of ten digits; 800 of eight voices in the sample.
    Raises: `DataError` when the source fails, a file is no .wav or has another name, or nothing is left.
    """
    known = words is None or (isinstance(words, Iterable) and not isinstance(words, str))
    require(known, f"words must be a list of labels such as ('yes', 'no'), got {words!r}")
    words = None if words is None else tuple(map(str, words))
    dataset = Dataset(
        title="Spoken digits",
        file="fsdd.zip",
        sample="spoken-digits-sample.zip",
        read=_read_recordings,
        count=lambda found: _count(*_choose(found, words)),
        fetch=_fetch_digits,
        folder=True,
    )
    found, kind, origin = find(dataset, source)
    return SpokenData(**_choose(found, words)[1], rate=RATE, source=kind, origin=origin)
