"""Requests to an assistant, with intents alone and with slots: read line by line, divided in three parts."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from helpers.datasets.fetch import DataError, first, listed, parse_json, require

__all__ = [
    "OUT_OF_SCOPE",
    "PARTS",
    "Row",
    "apart",
    "classes_of",
    "divide",
    "json_lines",
    "tidy",
]

PARTS = ("train", "validation", "test")
OUT_OF_SCOPE = "oos"  # the intent of what belongs to none
ALSO = {"training": "train", "valid": "validation", "val": "validation", "dev": "validation"}
TEST, VALIDATION = 0.2, 0.1  # shares of the different texts of each intent, where no parts are named


class Row(NamedTuple):
    """One request; `where` it stands, for messages, and the name of its part, None where none is named."""

    where: str
    text: str
    intent: str
    split: Any = None
    tags: Sequence[str] = ()


def tidy(value: object, what: str) -> str:
    """A string composed (NFC), its spaces single and plain. Raises `DataError`, which begins with `what`."""
    require(
        isinstance(value, str) and value.strip(),
        f"{what} must be a string with something in it, got {value!r:.60}",
    )
    # JSON can write half of a character, which no encoding has.
    require(not re.search("[\ud800-\udfff]", value), f"{what} has half of a surrogate pair: {value!r:.60}")
    return " ".join(unicodedata.normalize("NFC", value).split())


def json_lines(text: str, way_out: str) -> list[tuple[str, dict[str, Any]]]:
    """The objects of a text that has one a line, and where each stands. Raises `DataError`."""
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            where = f"line {number:,}"
            try:
                row = parse_json(line)
            except ValueError as error:
                raise DataError(f"{where} is no JSON ({error}): {line[:60]!r}", way_out) from error
            require(isinstance(row, dict), f"{where} is no JSON object: {line[:60]!r}", way_out)
            rows.append((where, row))
    return rows


def divide(rows: Sequence[Row]) -> tuple[dict[str, list[Row]], list[str]]:
    """The rows of each part, as named or drawn, and what the reader should know. Raises `DataError`."""
    require(rows, "there is no request in the file")
    notes, without = [], [row.where for row in rows if row.split is None]
    what = f"{first(without)} has no split, and {len(rows) - len(without):,} others have one"
    require(len(without) in (0, len(rows)), what, "Name the part of each, or of none.")
    if without:
        names = _draw(rows)
        shares = f"{TEST:.0%} of its different texts became the test and {VALIDATION:.0%} the validation"
        notes.append(f"no split is named, so of each intent {shares}, the same each time")
    else:
        names = [str(row.split).strip().lower() for row in rows]
        names = [ALSO.get(name, name) for name in names]
        for row, name in zip(rows, names, strict=True):
            what = f"{row.where} has the split {row.split!r}"
            require(
                name in PARTS, what, f"Write one of {', '.join(PARTS)}, or leave the split out everywhere."
            )
    parts = {part: [row for row, name in zip(rows, names, strict=True) if name == part] for part in PARTS}
    empty = ", ".join(part for part in PARTS if not parts[part])
    way_out = "Name all three parts" if not without else "Write three different ones of an intent, or more"
    require(not empty, f"the file has {len(rows):,} requests, and none is left for {empty}", f"{way_out}.")
    known = {row.text.casefold() for row in parts["train"]}
    copies = sum(row.text.casefold() in known for row in parts["test"])
    return parts, notes + [f"{copies:,} of the test stand in training too"] * bool(copies)


def _draw(rows: Sequence[Row]) -> list[str]:
    """A part for each row: of one intent, the different texts in the order of their hashes."""
    intents, texts, drawn = {}, defaultdict(list), {}
    for row in rows:
        intents.setdefault(row.text.casefold(), row.intent)  # equal texts belong together
    for text, intent in intents.items():
        texts[intent].append(text)
    for several in texts.values():
        several.sort(key=lambda text: hashlib.sha256(text.encode()).digest())
        enough = len(several) > 2
        test, validation = (enough * max(1, round(share * len(several))) for share in (TEST, VALIDATION))
        names = ["test"] * test + ["validation"] * validation
        names += ["train"] * (len(several) - len(names))
        drawn.update(zip(several, names, strict=True))
    return [drawn[row.text.casefold()] for row in rows]


def classes_of(parts: dict[str, list[Row]], but: str) -> tuple[str, ...]:
    """The intents of the training rows but one, by alphabet. Raises `DataError` if others have more."""
    classes = {row.intent for row in parts["train"]} - {but}
    for part in PARTS[1:]:
        unseen = sorted({row.intent for row in parts[part]} - classes - {but})
        what = f"the {part} part has intents that no training request shows: {listed(unseen)}"
        require(not unseen, what, "Move requests of theirs into training, or drop them.")
    return tuple(sorted(classes))


def apart(data: Any, seed: int, most: int | None = None) -> Any:
    """The training part without the texts that stand in another part, in random order; prints how many do.

    Args:
        data: with three parts, as of `intents` or `slots`. Upper and lower case are taken for the same.
        seed: decides the order.
        most: how many requests are kept; None for all.
    """
    train, *others = ([text.casefold() for text in getattr(data, part).lines()] for part in PARTS)
    elsewhere = {text for other in others for text in other}
    order = np.random.default_rng(seed).permutation(len(train))
    kept = [number for number in order if train[number] not in elsewhere]
    print(f"{len(train) - len(kept):,} of {len(train):,} training texts stand in another part: left out")
    part = data.train._make([column[number] for number in kept[:most]] for column in data.train)
    is_array = isinstance(data.train.intents, np.ndarray)
    return part._replace(intents=np.array(part.intents)) if is_array else part
