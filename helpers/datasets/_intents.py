"""CLINC150: requests to an assistant, of 150 intents and of none of them; or requests of the reader's own.

Origin: GitHub clinc/oos-eval (Larson et al. 2019, CC BY 3.0). Normal form: its `data_full.json` as it is,
`clinc150.json`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from helpers.datasets._requests import OUT_OF_SCOPE, PARTS, Row, classes_of, divide, json_lines, tidy
from helpers.datasets.fetch import Dataset, download, find, listed, parse_json, read_text, require

__all__ = ["IntentData", "IntentPart", "intents"]

URL = "https://raw.githubusercontent.com/clinc/oos-eval/master/data/data_full.json"
SIZE = 2_495_390  # bytes
SHA256 = "36923c3705a59e08fe9c3883d8bc2dd966ef93e22cb78ac41171782a698d56e0"
KEYS = {"train": "train", "val": "validation", "test": "test"}
KEYS |= {f"oos_{key}": part for key, part in KEYS.items()}


class IntentPart(NamedTuple):
    """Texts and the number of each one's intent in `classes`, `(N,)` int32, or -1 for a text out of scope."""

    texts: list[str]
    intents: np.ndarray

    def lines(self) -> list[str]:
        """The texts."""
        return self.texts


@dataclass(frozen=True, eq=False)
class IntentData:
    """Requests with an intent each, in three parts, in the order of the file.

    Attributes:
        train: `IntentPart`, `texts` and `intents`: `(N,)` int32, -1 for a text out of scope, else 0 to K - 1.
        validation: the same.
        test: the same.
        classes: the names of the K intents, those of the training texts by alphabet, without that for -1.
        source: `"full"`, or `"sample"` for the small set bundled with the cookbook.
        origin: where they came from, in a few words.
    """

    train: IntentPart
    validation: IntentPart
    test: IntentPart
    classes: tuple[str, ...]
    source: str
    origin: str


def _fetch_intents(path: Path) -> None:
    download(URL, path, SIZE, SHA256)


def _read_intents(path: Path) -> tuple[dict[str, Any], list[str]]:
    """The fields of `IntentData`, and what the reader should know of them. Raises `DataError`."""
    text = read_text(path)
    try:
        whole = parse_json(text)
    except ValueError:  # several lines of JSON, or none: the reader of lines will tell
        whole = None
    in_lists = isinstance(whole, dict) and KEYS.keys() & whole.keys()
    parts, notes = divide(_rows_of_lists(whole) if in_lists else _rows_of_lines(text))
    classes = classes_of(parts, but=OUT_OF_SCOPE)
    require(len(classes) > 1, f"training has {len(classes)} intents", "A classifier needs two or more.")
    numbers = {name: number for number, name in enumerate((*classes, OUT_OF_SCOPE))} | {OUT_OF_SCOPE: -1}
    fields = {"classes": classes}
    for part, rows in parts.items():
        labels = np.array([numbers[row.intent] for row in rows], np.int32)
        fields[part] = IntentPart([row.text for row in rows], labels)
        require((labels >= 0).any(), f"every text for {part} is out of scope", "Add some of your intents.")
    return fields, notes


def _rows_of_lists(whole: dict[str, Any]) -> list[Row]:
    """The rows of CLINC150's form. Raises `DataError`."""
    way_out = f"Write lists of [text, intent] under {', '.join(KEYS)}."
    rows = []
    for key, part in KEYS.items():
        found = whole.get(key)
        require(isinstance(found, list), f"the file has no list {key}; found: {listed([*whole])}", way_out)
        for number, pair in enumerate(found, start=1):
            where = f"entry {number:,} of {key}"
            is_pair = isinstance(pair, list) and len(pair) == 2
            require(is_pair, f"{where} is no [text, intent]: {str(pair)[:60]}", way_out)
            text, intent = (
                tidy(value, f"the {name} of {where}")
                for name, value in zip(("text", "intent"), pair, strict=True)
            )
            fits = (intent == OUT_OF_SCOPE) == key.startswith("oos_")
            what = f"{where} has the intent {intent!r}"
            require(fits, what, f"{OUT_OF_SCOPE!r} belongs in the lists oos_… and nothing else does.")
            rows.append(Row(where, text, intent, part))
    return rows


def _rows_of_lines(text: str) -> list[Row]:
    """The rows of a text with one JSON object a line. Raises `DataError`."""
    way_out = 'Write {"text": …, "intent": …} on each line, or the six lists of CLINC150.'
    rows = []
    for where, row in json_lines(text, way_out):
        lacking = ", ".join(key for key in ("text", "intent") if key not in row)
        require(not lacking, f"{where} has no {lacking}; found: {listed([*row]) or 'nothing'}", way_out)
        text, intent = (tidy(row[key], f"the {key} on {where}") for key in ("text", "intent"))
        rows.append(Row(where, text, intent, row.get("split")))
    return rows


def _count_intents(found: tuple[dict[str, Any], Sequence[str]]) -> str:
    fields, notes = found
    inside = [int((fields[part].intents >= 0).sum()) for part in PARTS]
    outside = [len(fields[part].texts) - count for part, count in zip(PARTS, inside, strict=True)]
    counts = "{:,} training, {:,} validation and {:,} test texts".format(*inside)
    beyond = "{:,}, {:,} and {:,} out of scope".format(*outside)
    return "; ".join([f"{counts} in {len(fields['classes'])} intents, and {beyond}", *notes])


CLINC = Dataset(
    "CLINC150", "clinc150.json", "intents-sample.json.gz", _read_intents, _count_intents, _fetch_intents
)


def intents(source: str | os.PathLike | None = None) -> IntentData:
    """CLINC150 (Larson et al. 2019, CC BY 3.0), or the reader's own requests. Prints the source and counts.

    Unicode is composed (NFC) and spaces are single; nothing else is changed, and no text is dropped.

    Args:
        source: None for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where it is not set;
            `"auto"` (cache, else download, else bundled sample); `"cache"`, `"online"` or `"bundled"`
            alone; or the path of a file in UTF-8, plain or `.gz`: one JSON object a line, `{"text": …,
            "intent": …, "split": …}`, where the intent `"oos"` marks what is out of scope; or an object with
            CLINC150's six lists. The split is `"train"`, `"validation"` or `"test"`; where none is named, a
            fifth of each intent's different texts becomes the test and a tenth the validation, by their hash.

    Returns: `IntentData`: 15,000 + 3,000 + 4,500 texts in 150 intents, and 100 + 100 + 1,000 out of scope;
        2,000 + 400 + 1,000 in 20, and 60 + 100 + 300, in the sample.
    Raises: `DataError` when the source fails, or is not of this form.
    """
    (fields, _), kind, origin = find(CLINC, source)
    return IntentData(**fields, source=kind, origin=origin)
