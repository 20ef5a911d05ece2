"""Tatoeba's English sentences and their translations (CC BY 2.0 FR); or sentence pairs of the reader's own.

Origin: manythings.org, which packs them by language. Normal form: its archive as it is, `fra-eng.zip`.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.datasets.fetch import DataError, Dataset, download, dropped_for, find, read_text, require
from helpers.text import normalise

__all__ = ["PairData", "translation_pairs"]

URL = "https://www.manythings.org/anki"
MAX_BYTES = 128 << 20  # of one archive; the largest have about 10 million


@dataclass(frozen=True, eq=False)
class PairData:
    """Sentences and their translations, in the order of the file.

    Attributes:
        english: N sentences; in the reader's own file, the first column.
        foreign: their translations: the second column.
        language: the code asked for.
        dropped: how many lines were left out, by reason.
        source: `"full"`, or `"sample"` for the small set bundled with the cookbook.
        origin: where they came from, in a few words.
    """

    english: list[str]
    foreign: list[str]
    language: str
    dropped: dict[str, int]
    source: str
    origin: str


def _read_pairs(path: Path, member: str) -> dict[str, Any]:
    """The fields of `PairData` from tab-separated text, or from `member` of a zip. Raises `DataError`."""
    pairs, dropped = {}, Counter()
    for number, line in enumerate(read_text(path, member).removesuffix("\n").split("\n"), start=1):
        columns = [normalise(column) for column in line.split("\t")[:2]]
        if not any(columns):
            dropped["blank"] += 1
        elif len(columns) < 2:
            way_out = "Write a sentence, a tab and its translation on each line."
            raise DataError(f"line {number:,} has no tab: {line[:60]!r}", way_out)
        elif not all(columns):
            dropped["without a translation"] += 1
        elif tuple(columns) in pairs:
            dropped["copies"] += 1
        else:
            pairs[tuple(columns)] = None
    what = f"the file has {len(pairs)} different pairs; {dropped_for(dropped)}"
    require(len(pairs) > 1, what, "Two are the least.")
    english, foreign = map(list, zip(*pairs, strict=True))
    return {"english": english, "foreign": foreign, "dropped": dict(dropped)}


def translation_pairs(language: str = "fra", source: str | os.PathLike | None = None) -> PairData:
    """Tatoeba's English sentences, translated (CC BY 2.0 FR, through manythings.org), or the reader's pairs.

    Unicode is composed (NFC), apostrophes are `'`, spaces single and plain. Copies of a pair are dropped and
    counted; one sentence may still have several translations. Prints the source and counts.

    Args:
        language: three letters as in manythings.org/anki: `"fra"`, `"deu"`, `"spa"`, `"cmn"`.
        source: None for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where it is not set;
            `"auto"` (cache, else download, else bundled sample, of French alone); `"cache"`, `"online"`
            or `"bundled"` alone; or the path of a text file in UTF-8, plain or `.gz`, each line a sentence, a
            tab, its translation, and perhaps a tab and more; or of a `.zip` like those of manythings.org.

    Returns: `PairData`: 167,130 lines of French in 2019, a few more each year.
    Raises: `DataError` when the source fails, or a line has no tab.
    """
    known = isinstance(language, str) and re.fullmatch("[a-z]{3}", language)
    require(known, f"language must be three small letters such as 'fra', got {language!r}")
    name = f"{language}-eng.zip"
    dataset = Dataset(
        title=f"English–{language} pairs",
        file=name,
        sample="fra-eng-sample.zip" if language == "fra" else "",
        read=lambda path: _read_pairs(path, f"{language}.txt"),
        count=lambda fields: f"{len(fields['english']):,} sentence pairs; {dropped_for(fields['dropped'])}",
        fetch=lambda path: download(f"{URL}/{name}", path, MAX_BYTES),
        no_sample="only that of fra is" if language != "fra" else Dataset.no_sample,
    )
    fields, kind, origin = find(dataset, source)
    return PairData(**fields, language=language, source=kind, origin=origin)
