"""The Complete Tang Poems, from the project chinese-poetry (MIT); or poems of the reader's own.

Origin: 58 JSON files on GitHub. Normal form: `quantangshi.json.gz`, one list of them all.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from helpers.datasets._verse import FORMS, lines_and_shape, poems_in, simplified
from helpers.datasets.fetch import (
    DataError,
    Dataset,
    download,
    dropped_for,
    find,
    parse_json,
    progress,
    read_text,
    require,
    write_packed,
)

__all__ = ["PoemData", "tang_poems"]

URL = "https://raw.githubusercontent.com/chinese-poetry/chinese-poetry/master/全唐诗"
LAST = 57_000  # number of the first poem in the last file; there are a thousand in each before
MAX_BYTES = 4 << 20  # of one file; the largest has about 600,000
AS_TEXT = (
    "JSON is for Chinese forms; write text: one poem a line with / between its lines, "
    "or a blank line between poems."
)


def _fetch_poems(path: Path) -> None:
    poems = []
    for start in progress(range(0, LAST + 1, 1_000), desc="Tang poems", unit="file"):
        raw = path.with_name(f"poet.tang.{start}.json")
        download(f"{URL}/{raw.name}", raw, MAX_BYTES)
        try:
            found = _load_poems(raw)
            # Editors remove a poem now and then; a file that lost many is not what it should be.
            what = f"the file has {len(found):,} poems, about 1,000 expected"
            require(len(found) >= 900 or start == LAST, what)
        except DataError as error:
            raise DataError(f"{URL}/{raw.name}: {error.what}") from error
        keys = ("author", "title", "paragraphs", "id")
        poems += [{key: poem.get(key, "") for key in keys} for poem in found]
    write_packed(path, json.dumps(poems, ensure_ascii=False))


def _load_poems(path: Path) -> list[dict[str, Any]]:
    """The poems of a JSON file, each with its `paragraphs`. Raises `DataError`."""
    way_out = 'Write a list of {"author": …, "title": …, "paragraphs": [line, …]}.'
    text = read_text(path)
    try:
        poems = parse_json(text)
    except ValueError as error:
        raise DataError(f"the file is no whole JSON ({error})", way_out) from error
    require(isinstance(poems, list) and poems, "the file is no list of poems", way_out)
    for number, poem in enumerate(poems):
        match poem:
            case {"paragraphs": [*lines]} if all(isinstance(line, str) for line in lines):
                continue
        raise DataError(f"poem {number:,} of the file has no list of lines as paragraphs", way_out)
    return poems


@dataclass(frozen=True, eq=False)
class PoemData:
    """Poems, line by line.

    Attributes:
        poems: N tuples of lines; those in Chinese without punctuation, in simplified characters.
        forms: `(N,)` str, characters × lines as `"5x4"`, `"7x4"`, `"5x8"` and `"7x8"`, else `"free"`.
        titles: N strings, empty where unknown.
        authors: N strings, empty where unknown.
        groups: `(N,)` int32; poems that share a line have one number, and so do those that a chain of such
            poems links. Split by it, and no line stands on both sides.
        dropped: how many entries were left out, by reason.
        source: `"full"`, or `"sample"` for the small set bundled with the cookbook.
        origin: where they came from, in a few words.
    """

    poems: list[tuple[str, ...]]
    forms: np.ndarray
    titles: list[str]
    authors: list[str]
    groups: np.ndarray
    dropped: dict[str, int]
    source: str
    origin: str


def _read_poems(path: Path, form: str | None) -> dict[str, Any]:
    """The fields of `PoemData` from JSON or text, and `notes` on it. Raises `DataError`."""
    as_json, notes = path.name.endswith((".json", ".json.gz")), []
    if as_json:
        poems = _load_poems(path)
        texts = ["".join(poem["paragraphs"]) for poem in poems]
        names = [str(poem.get(key) or "") for key in ("title", "author") for poem in poems]
        names = simplified(names)
        titles, authors = names[: len(poems)], names[len(poems) :]
    else:
        texts, notes = poems_in(read_text(path))
        titles = authors = [""] * len(texts)
    found, dropped = {}, Counter()
    for text, title, author in zip(simplified(texts), titles, authors, strict=True):
        lines, shape = lines_and_shape(text)
        if as_json and shape not in FORMS:
            dropped[shape] += 1
        elif lines in found:
            dropped["copies"] += 1
        elif lines:
            found[lines] = shape if shape in FORMS else "free", title, author
    kept = {lines: rest for lines, rest in found.items() if form in (None, rest[0])}
    what = f"no poem {'in it' if form is None else f'of the form {form}'}; {dropped_for(dropped)}"
    require(kept, what, AS_TEXT if as_json and not found else "")
    forms, titles, authors = map(list, zip(*kept.values(), strict=True))
    fields = {"poems": list(kept), "forms": np.array(forms), "titles": titles, "authors": authors}
    return fields | {"groups": _linked(list(kept)), "dropped": dict(dropped), "notes": notes}


def _linked(poems: Sequence[Sequence[str]]) -> np.ndarray:
    """Numbers `(N,)` int32, one for all poems that shared lines link: the components of that graph."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    first = {}
    links = [(first.setdefault(line, row), row) for row, poem in enumerate(poems) for line in poem]
    graph = coo_array((np.ones(len(links)), np.transpose(links)), (len(poems), len(poems)))
    return connected_components(graph, directed=False)[1]


def _count_poems(fields: dict[str, Any]) -> str:
    forms = ", ".join(f"{count:,} of {form}" for form, count in sorted(Counter(fields["forms"]).items()))
    counts = f"{len(fields['poems']):,} poems ({forms}); {dropped_for(fields['dropped'])}"
    return "; ".join([counts, *fields["notes"]])


def tang_poems(source: str | os.PathLike | None = None, form: str | None = None) -> PoemData:
    """The Complete Tang Poems (chinese-poetry, MIT) in exact form, or the reader's own. Prints the source.

    Of the 57,607 entries those stay that have four or eight lines of five or of seven characters each. What
    has gaps, editors' notes or another form is dropped and counted, and so are copies.

    Args:
        source: None for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where it is not set;
            `"auto"` (cache, else download, else bundled sample); `"cache"`, `"online"` or `"bundled"`
            alone; or the path of a file: `.json` or `.json.gz`, a list of `{author, title, paragraphs, id}`,
            treated as above; or text in UTF-8, in any language, all kept but copies: one poem a line, where
            punctuation ends the lines of a Chinese poem and `/` those of any other; or, in a text without
            `/`, poems of several lines with a blank line between them.
        form: keep one form only, as `"7x4"`.

    Returns: `PoemData`: 36,389 poems.
    Raises: `DataError` when the source fails, the form is unknown, or no poem has it.
    """
    known = ", ".join((*FORMS, "free"))
    require(form is None or form in (*FORMS, "free"), f"form must be one of {known} or None, got {form!r}")
    dataset = Dataset(
        title="Tang poems",
        file="quantangshi.json.gz",
        sample="tang-sample.json.gz",
        read=lambda path: _read_poems(path, form),
        count=_count_poems,
        fetch=_fetch_poems,
    )
    fields, kind, origin = find(dataset, source)
    del fields["notes"]  # they are printed
    return PoemData(**fields, source=kind, origin=origin)
