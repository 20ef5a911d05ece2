"""Texts of the reader's own, in any language: a plain file has no other origin than the reader."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.datasets.fetch import Dataset, find, read_text, require

__all__ = ["TextData", "count_texts", "plain_text"]


@dataclass(frozen=True, eq=False)
class TextData:
    """Texts without labels.

    Attributes:
        texts: `(N,)` object, the texts as `str`.
        source: `"full"`, or `"sample"` for the small set bundled with the cookbook.
        origin: where it came from, in a few words.
    """

    texts: np.ndarray
    source: str
    origin: str


def _read_plain(path: Path) -> np.ndarray:
    text = read_text(path).strip()
    texts = re.split(r"\n\s*\n" if re.search(r"\n[^\S\n]*\n", text) else r"\n", text)
    require(texts != [""], "there is no text in the file")
    return np.array([part.strip() for part in texts], object)


def count_texts(texts: np.ndarray) -> str:
    return f"{len(texts):,} texts"


PLAIN_TEXT = Dataset("Texts", "", "", _read_plain, count_texts, fetch=None)


def plain_text(path: str | os.PathLike) -> TextData:
    """The reader's own texts in any language: paragraphs between blank lines, else one a line. Prints counts.

    Args:
        path: a text file in UTF-8, plain or `.gz`.

    Raises: `DataError` when there is no such file, no text in it, or another encoding.
    """
    texts, kind, origin = find(PLAIN_TEXT, path)
    return TextData(texts, kind, origin)
