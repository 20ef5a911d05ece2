"""SNIPS: requests to an assistant, with an intent, and slots word by word; or requests of the reader's own.

Origin: GitHub MiuLab/SlotGated-SLU, nine text files, the split that Goo et al. (2018) made of the corpus
published by Snips (Coucke et al. 2018, CC0). Normal form: these files in `snips.zip`, as
`snips/{train,valid,test}/{seq.in,seq.out,label}`. Their checksums are published nowhere: a download must have
the form and the published counts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from helpers.datasets._requests import PARTS, classes_of, divide
from helpers.datasets._tagged import FILES, FOLDERS, iob2, read_tagged, slot_words
from helpers.datasets.fetch import Dataset, download_zip, find, first, listed, require

__all__ = ["SlotData", "SlotPart", "slot_answers", "slot_targets", "slots"]

URL = "https://raw.githubusercontent.com/MiuLab/SlotGated-SLU/master/data/snips"
MAX_BYTES = 8 << 20  # of one file; the largest has about 950,000
SIZES = (13_084, 700, 700)


class SlotPart(NamedTuple):
    """N requests: the words of each, a tag for every word, and the intent, `""` where none is known."""

    words: list[list[str]]
    tags: list[list[str]]
    intents: list[str]

    def lines(self) -> list[str]:
        """Each request as a text."""
        return [" ".join(words) for words in self.words]

    def rows(self) -> list[tuple[list[str], list[str], str]]:
        """Words in lower case, tags and intent of each request; an intent that is unknown is `"request"`."""
        lowered = [[word.lower() for word in words] for words in self.words]
        return list(zip(lowered, self.tags, (intent or "request" for intent in self.intents), strict=True))


@dataclass(frozen=True, eq=False)
class SlotData:
    """Requests with an intent each and a tag for each word, in three parts, in the order of the file.

    Attributes:
        train: `SlotPart`: `words`, `tags` and `intents`, N each. Tags are IOB2: `B-city` begins a city,
            `I-city` goes on with it and follows nothing else, `O` is no slot.
        validation: the same.
        test: the same.
        classes: the intents of training by alphabet; empty where the reader's own file has none.
        tags: the tags of training, `O` first, then by alphabet. Others may have more (a note then says so).
        source: `"full"`, or `"sample"` for the small set bundled with the cookbook.
        origin: where they came from, in a few words.
    """

    train: SlotPart
    validation: SlotPart
    test: SlotPart
    classes: tuple[str, ...]
    tags: tuple[str, ...]
    source: str
    origin: str


def _fetch_slots(path: Path) -> None:
    names = [f"{folder}/{file}" for folder in FOLDERS for file in FILES]
    download_zip({f"snips/{name}": f"{URL}/{name}" for name in names}, path, MAX_BYTES)
    fields, _ = _read_slots(path)
    sizes = tuple(len(fields[part].words) for part in PARTS)
    require(sizes == SIZES, f"{URL} has {sizes} requests in its three parts, {SIZES} expected")


def _read_slots(path: Path) -> tuple[dict[str, Any], list[str]]:
    """The fields of `SlotData`, and what the reader should know of them. Raises `DataError`."""
    rows = read_tagged(path)
    mended = [row._replace(tags=iob2(row.tags)) for row in rows]
    begins, began = (sum(tag[0] == "B" for row in many for tag in row.tags) for many in (mended, rows))
    parts, notes = divide(mended)
    bare = [row.where for row in rows if not row.intent]
    what = f"{first(bare)} has no intent, and {len(rows) - len(bare):,} others have one"
    require(len(bare) in (0, len(rows)), what, "Give each request an intent, or none.")
    fields = {"classes": classes_of(parts, but="")}
    kinds = {part: {tag for row in parts[part] for tag in row.tags} - {"O"} for part in PARTS}
    require(kinds["train"], "no word of the training requests has a slot: every tag is O")
    unseen = sorted((kinds["validation"] | kinds["test"]) - kinds["train"])
    notes += [f"tags that no training request has: {listed(unseen)}"] * bool(unseen)
    notes += [f"{begins - began:,} tags I-… at the start of a slot became B-…"] * (begins > began)
    for part, rows in parts.items():
        columns = zip(*((row.text.split(), list(row.tags), row.intent) for row in rows), strict=True)
        fields[part] = SlotPart(*map(list, columns))
    return fields | {"tags": ("O", *sorted(kinds["train"]))}, notes


def _count_slots(found: tuple[dict[str, Any], Sequence[str]]) -> str:
    fields, notes = found
    sizes = [len(fields[part].words) for part in PARTS]
    counts = "{:,} training, {:,} validation and {:,} test requests".format(*sizes)
    kinds = len({tag[2:] for tag in fields["tags"]} - {""})
    return "; ".join([f"{counts} of {len(fields['classes'])} intents, {kinds} kinds of slot", *notes])


SNIPS = Dataset("SNIPS", "snips.zip", "slots-sample.zip", _read_slots, _count_slots, _fetch_slots)


def slots(source: str | os.PathLike | None = None) -> SlotData:
    """SNIPS (Coucke et al. 2018, CC0; split of Goo et al. 2018), or the reader's own. Prints the source.

    Unicode is composed (NFC), and an `I-` that continues no slot of its kind becomes a `B-`, which is
    counted; nothing is dropped.

    Args:
        source: None for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where it is not set;
            `"auto"` (cache, else download, else bundled sample); `"cache"`, `"online"` or `"bundled"`
            alone; or the path of a file in UTF-8, plain or `.gz`. Either one JSON object a line,
            `{"words": […], "tags": […], "intent": …, "split": …}`. Or CoNLL's columns, a word and its tag on
            each line (first column and last, between tabs, else spaces), a blank line after each sentence,
            and before it perhaps `# intent: …` and `# split: …`. Or a `.zip` like `snips.zip`.
            Intents may be left out altogether; `"oos"` marks what is out of scope. The split is `"train"`,
            `"validation"` or `"test"`; where none is named, a fifth of each intent's different sentences
            becomes the test and a tenth the validation, by their hash.

    Returns: `SlotData`: 13,084 + 700 + 700 requests of 7 intents with 39 kinds of slot;
        2,500 + 300 + 600 of 7 with 16 kinds in the sample.
    Raises: `DataError` when the source fails, or is not of this form.
    """
    (fields, _), kind, origin = find(SNIPS, source)
    return SlotData(**fields, source=kind, origin=origin)


def slot_targets(rows: Sequence[tuple], names: Mapping[str, Sequence[str]]) -> tuple[np.ndarray, np.ndarray]:
    """What a network learns of N rows: the numbers of intents `(N, 1)` and of tags `(N, longest + 1)`, int32.

    Behind the last word, and for a tag that is not among `names["tags"]`, stands 0. `names["intents"]` are
    those of the intents.

    Raises: `ValueError` for an intent that is not among them.

    >>> names = {"tags": ["O", "B-city"], "intents": ["go"]}
    >>> numbers, places = slot_targets([(["to", "rome"], ["O", "B-city"], "go")], names)
    >>> numbers.tolist(), places.tolist()
    ([[0]], [[0, 1, 0]])
    """
    number_of = {tag: number for number, tag in enumerate(names["tags"])}
    found = np.zeros((len(rows), 1 + max(len(row) for _, row, _ in rows)), np.int32)
    for target, (_, row, _) in zip(found, rows, strict=True):
        target[: len(row)] = [number_of.get(tag, 0) for tag in row]
    place_of = {intent: number for number, intent in enumerate(names["intents"])}
    if unseen := sorted({intent for _, _, intent in rows} - place_of.keys()):
        raise ValueError(
            f"no training request is left of the intents {', '.join(unseen[:5])}: each stands in another part"
            " too, or TRAIN_REQUESTS keeps too few"
        )
    return np.array([[place_of[intent]] for _, _, intent in rows], np.int32), found


def slot_answers(
    rows: Sequence[Sequence[str]],
    chances: np.ndarray,
    numbers: np.ndarray,
    names: Mapping[str, Sequence[str]],
) -> list[dict[str, Any]]:
    """What a network has found, in words: for each request `intent`, `sure`, `tags` and `slots`.

    Args:
        rows: the words of N requests.
        chances: `(N, intents)`, probabilities; the last intent is that of requests out of scope.
        numbers: `(N, steps)`, the number of each word's tag, padded on the right.
        names: `tags` and `intents`.

    Returns: dicts; `sure` is the largest probability of an intent in scope, `slots` goes from kind to words.
    """
    answers = []
    for words, chance, found in zip(rows, chances, numbers, strict=True):
        tags, intent = [names["tags"][number] for number in found[: len(words)]], int(np.argmax(chance))
        answer = {"intent": names["intents"][intent], "sure": float(np.max(chance[:-1]))}
        answers.append(answer | {"tags": tags, "slots": slot_words(words, tags)})
    return answers
