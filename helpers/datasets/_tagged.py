"""Requests with a tag for each word, from an archive like `snips.zip`, from JSON lines or CoNLL's columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from helpers.datasets._requests import PARTS, Row, json_lines, tidy
from helpers.datasets.fetch import DataError, first, listed, read_bytes, read_text, require

__all__ = ["FILES", "FOLDERS", "iob2", "read_tagged", "slot_words", "spans", "usual_tags", "word_features"]

FOLDERS = dict(zip(("train", "valid", "test"), PARTS, strict=True))
FILES = ("seq.in", "seq.out", "label")
TAG = re.compile(r"O|[BI]-\S+")
WAY_OUT = 'Write {"words": […], "tags": […]} on each line, or a word, a tab and its tag.'


def read_tagged(path: Path) -> list[Row]:
    """The requests of a file in one of three forms, tags as they stand there. Raises `DataError`."""
    if read_bytes(path).startswith(b"PK\x03\x04"):
        return _rows_of_archive(path)
    text = read_text(path)
    return _rows_of_lines(text) if text.lstrip().startswith("{") else _rows_of_columns(text)


def iob2(tags: Sequence[str]) -> list[str]:
    """The tags, each `I-` that continues nothing of its kind made a `B-`."""
    pairs = zip(tags, ["O", *tags], strict=False)
    return ["B" + tag[1:] if tag[0] == "I" and before[1:] != tag[1:] else tag for tag, before in pairs]


def spans(tags: Sequence[str]) -> list[tuple[str, int, int]]:
    """The slots of a request: kind, place of the first word, place behind the last."""
    found = []
    for place, tag in enumerate(tags):
        if tag.startswith("B-"):
            found.append((tag[2:], place, place + 1))
        elif found and tag == f"I-{found[-1][0]}" and found[-1][2] == place:
            found[-1] = (*found[-1][:2], place + 1)
    return found


def slot_words(words: Sequence[str], tags: Sequence[str]) -> dict[str, str]:
    """What each slot of a request says; of two slots of one kind the last.

    >>> slot_words(["play", "blue", "river", "now"], ["O", "B-track", "I-track", "B-time"])
    {'track': 'blue river', 'time': 'now'}
    """
    return {name: " ".join(words[first:end]) for name, first, end in spans(tags)}


def usual_tags(train: Sequence[tuple], rows: Sequence[tuple]) -> list[list[str]]:
    """For each word of the rows the tag that it has most often in training; `O` for an unknown word."""
    counts = Counter(pair for words, tags, _ in train for pair in zip(words, tags, strict=True))
    usual = {word: tag for (word, tag), _ in sorted(counts.items(), key=lambda item: (item[1], item[0]))}
    return [[usual.get(word, "O") for word in words] for words, _, _ in rows]


def word_features(words: Sequence[str]) -> list[dict[str, str]]:
    """What a CRF on hand-made features sees of each word: itself, its ends, its shape and its neighbours.

    >>> first, last = word_features(["play", "u2"])
    >>> first["+1"], last["shape"]
    ('u2', 'u0')
    """
    wide, found = ["", "", *words, "", ""], []
    for place, word in enumerate(words, start=2):
        seen = {f"{shift:+d}": wide[place + shift] for shift in (-2, -1, 1, 2)}
        seen |= {"word": word, "shape": re.sub(r"\d", "0", word)}
        seen |= {"first 2": word[:2], "first 3": word[:3], "last 2": word[-2:], "last 3": word[-3:]}
        seen |= {"pair before": f"{wide[place - 1]} {word}", "pair behind": f"{word} {wide[place + 1]}"}
        found.append(seen)
    return found


def _row(where: str, words: Sequence, tags: Sequence, intent: object, split: object = None) -> Row:
    """A request, checked. Raises `DataError`."""
    require(words, f"{where} has no words", WAY_OUT)
    words = [tidy(word, f"word {number} of {where}") for number, word in enumerate(words, start=1)]
    spaced = [word for word in words if " " in word]
    require(not spaced, f"{where} has a word with a space: {first(spaced)!r:.60}", "Make it several words.")
    require(len(words) == len(tags), f"{where} has {len(words)} words, but {len(tags)} tags", WAY_OUT)
    wrong = [tag for tag in tags if not isinstance(tag, str) or not TAG.fullmatch(tag)]
    require(not wrong, f"{where} has the tag {first(wrong)!r:.60}", "Tags are O, B-kind and I-kind (IOB).")
    return Row(where, " ".join(words), tidy(intent, f"the intent of {where}") if intent else "", split, tags)


def _rows_of_archive(path: Path) -> list[Row]:
    rows = []
    for folder, part in FOLDERS.items():
        columns = []
        for file in FILES:
            name = f"snips/{folder}/{file}"
            try:
                columns.append(read_text(path, name).removesuffix("\n").split("\n"))
            except DataError as error:
                raise DataError(f"{name}: {error.what}", error.way_out) from error
        sizes = [len(column) for column in columns]
        counts = ", ".join(f"{file} has {size:,} lines" for file, size in zip(FILES, sizes, strict=True))
        require(len({*sizes}) == 1, f"in snips/{folder}, {counts}", "They belong together line by line.")
        for number, (words, tags, intent) in enumerate(zip(*columns, strict=True), start=1):
            where = f"line {number:,} of snips/{folder}"
            rows.append(_row(where, words.split(), tags.split(), intent.strip(), part))
    return rows


def _rows_of_lines(text: str) -> list[Row]:
    rows = []
    for where, row in json_lines(text, WAY_OUT):
        for key in ("words", "tags"):
            what = f"{where} has no list {key}; found: {listed([*row]) or 'nothing'}"
            require(isinstance(row.get(key), list), what, WAY_OUT)
        rows.append(_row(where, row["words"], row["tags"], row.get("intent"), row.get("split")))
    return rows


def _rows_of_columns(text: str) -> list[Row]:
    """The rows of a text in columns, of which the first is the word, the last its tag. Raises `DataError`."""
    rows, known, words, tags, where = [], {}, [], [], ""
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        columns = [column.strip() for column in line.split("\t" if "\t" in line else None)]
        if not any(columns):  # a blank line ends a sentence, where one has begun
            if words:
                rows.append(_row(where, words, tags, known.get("intent"), known.get("split")))
                known, words, tags = {}, [], []
        elif comment := re.fullmatch(r"#\s*(intent|split)\s*[:=]\s*(.+)", line.strip()):
            known[comment[1]] = comment[2]
        elif line[0] != "#" or TAG.fullmatch(columns[-1]):  # other comments are passed over
            require(len(columns) > 1, f"line {number:,} has a word, but no tag: {line[:60]!r}", WAY_OUT)
            where = where if words else f"the sentence on line {number:,}"
            words.append(columns[0])
            tags.append(columns[-1])
    return rows
