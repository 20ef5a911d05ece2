"""Tatoeba's English sentences and their translations (CC BY 2.0 FR); or sentence pairs of the reader's own.

Origin: manythings.org, which packs them by language. Normal form: its archive as it is, `fra-eng.zip`.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.datasets.fetch import (
    DataError,
    Dataset,
    MemberMissing,
    download,
    dropped_for,
    find,
    first,
    read_text,
    require,
)
from helpers.text import normalise

__all__ = ["PairData", "translation_pairs"]

URL = "https://www.manythings.org/anki"
MAX_BYTES = 128 << 20  # of one archive; the largest have about 10 million
QUOTED = re.compile(r'"((?:[^"]|"")*)"')  # a field as spreadsheets write it, its own marks doubled
# A first line of one of these, a tab and a single word names the columns: it is no pair.
NAMES = {"source", "src", "english", "eng", "en", "sentence"}
OFFICE = re.compile(r"xl/|content\.xml")  # what the archives are made of that Excel and LibreOffice write


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
    """The fields of `PairData`, and `unquoted`, how many lines lost quotation marks around their fields.

    Args:
        path: of tab-separated text, or of a zip.
        member: of the zip.

    Raises: `DataError`.
    """
    try:
        lines = read_text(path, member).removesuffix("\n").split("\n")
    except MemberMissing as error:
        raise DataError(error.what, _other_archive(error.found)) from error
    rows, unquoted = _unquoted([line.split("\t")[:2] for line in lines])
    pairs, dropped = {}, Counter()
    for number, (row, line) in enumerate(zip(rows, lines, strict=True), start=1):
        columns = [normalise(column) for column in row]
        if not any(columns):
            dropped["blank"] += 1
        elif number == 1 and columns[0].casefold() in NAMES and columns[-1].isidentifier() and columns[1:]:
            dropped["names of the columns"] += 1
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
    return {"english": english, "foreign": foreign, "dropped": dict(dropped), "unquoted": unquoted}


def _other_archive(found: Sequence[str]) -> str:
    """What to do with a zip of other files."""
    if any(OFFICE.match(name) for name in found):
        return "Save the sheet as tab-separated text, UTF-8."
    code = first(name[:3] for name in found if re.fullmatch(r"[a-z]{3}\.txt", name))
    where = f"LANGUAGE = {code!r} in the parameters cell, SET=LANGUAGE={code} with make, {code!r} in a call"
    return f"Ask for that language: {where}." if code else ""


def _unquoted(rows: list[list[str]]) -> tuple[list[list[str]], int]:
    """The rows without the quotation marks that spreadsheets put around fields, and how many rows had some.

    Marks may be the sentence's own. They are a spreadsheet's where no field has marks but in that form, and
    either all fields have it, or only those with a mark inside, or just those with a mark or a comma inside.
    """
    fields = [field for row in rows for field in row]
    quoted = [field[1:-1] for field in fields if QUOTED.fullmatch(field)]
    bare = [field for field in fields if field and not QUOTED.fullmatch(field)]
    for_marks = all('""' in field for field in quoted)
    for_commas = all('""' in field or "," in field for field in quoted) and not any("," in f for f in bare)
    if not quoted or any('"' in field for field in bare) or (bare and not for_marks and not for_commas):
        return rows, 0
    kept = [[QUOTED.sub(_inside, field) for field in row] for row in rows]
    return kept, sum(old != new for old, new in zip(rows, kept, strict=True))


def _inside(match: re.Match[str]) -> str:
    return match[1].replace('""', '"')


def _count_pairs(fields: dict[str, Any]) -> str:
    counts = f"{len(fields['english']):,} sentence pairs; {dropped_for(fields['dropped'])}"
    note = (
        f"quotation marks around fields, as spreadsheets write them, taken off {fields['unquoted']:,} lines"
    )
    return f"{counts}; {note}" if fields["unquoted"] else counts


def translation_pairs(language: str = "fra", source: str | os.PathLike | None = None) -> PairData:
    """Tatoeba's English sentences, translated (CC BY 2.0 FR, through manythings.org), or the reader's pairs.

    Unicode is composed (NFC), apostrophes are `'`, spaces single and plain. Copies of a pair are dropped and
    counted; one sentence may still have several translations. Prints the source and counts.

    Args:
        language: three letters as in manythings.org/anki: `"fra"`, `"deu"`, `"spa"`, `"cmn"`.
        source: None for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where it is not set;
            `"auto"` (cache, else download, else bundled sample, of French alone); `"cache"`, `"online"`
            or `"bundled"` alone; or the path of a text file in UTF-8, plain or `.gz`, each line a sentence, a
            tab, its translation, and perhaps a tab and more; or of a `.zip` like those of manythings.org. A
            first line such as `source`, a tab, `target` is left out.
            Quotation marks that a spreadsheet has put around fields go, and the line printed says so.

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
        count=_count_pairs,
        fetch=lambda path: download(f"{URL}/{name}", path, MAX_BYTES),
        no_sample="only that of fra is" if language != "fra" else Dataset.no_sample,
    )
    fields, kind, origin = find(dataset, source)
    del fields["unquoted"]  # it is printed
    return PairData(**fields, language=language, source=kind, origin=origin)
