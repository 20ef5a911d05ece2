"""Poems as a file has them: where a line ends, which form they have, and their Chinese characters."""

from __future__ import annotations

import re

from helpers.datasets.fetch import DataError

__all__ = ["FORMS", "lines_and_shape", "poems_in", "simplified"]

FORMS = ("5x4", "7x4", "5x8", "7x8")
HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
MARKS = "，。？！；：、,.?!;:/\\s"
FAULTS = {  # what keeps an entry from being verse; the first that is found names the reason
    "gaps": re.compile("[□○●囗〓\ue000-\uf8ff]"),  # private characters too: no font shows what was meant
    "notes": re.compile(r"[\[\](){}（）［］｛｝〖〗【】〔〕]"),
    "other characters": re.compile(f"[^{HAN}{MARKS}]"),
}
NOT_CHINESE = re.compile("[\u3040-\u30ff\uac00-\ud7af]")  # kana, hangul


def lines_and_shape(text: str) -> tuple[tuple[str, ...], str]:
    """The lines of a poem and their shape, as `"5x4"`, or what stands against an exact form."""
    fault = next((reason for reason, sign in FAULTS.items() if sign.search(text)), None)
    lines = tuple(line.strip() for line in re.split("/" if fault else f"[{MARKS}]+", text) if line.strip())
    even = len(set(map(len, lines))) == 1
    shape = f"{len(lines[0])}x{len(lines)}" if even else ""
    return lines, fault or (shape if shape in FORMS else "another form")


def poems_in(text: str) -> tuple[list[str], list[str]]:
    """The poems of a text, each on one line, and what a reader should know of how they were told apart.

    Where blank lines part blocks of several lines, and no line holds a poem of its own, a block is a poem,
    its lines joined by `/`. Elsewhere each line is a poem, as it is.
    """
    blocks = [block.strip().split("\n") for block in re.split(r"\n\s*\n", text.strip())]
    lines = [line for block in blocks for line in block if line.strip()]
    whole = "/" in text or any(lines_and_shape(line)[1] in FORMS for line in lines)
    if whole or not 1 < len(blocks) < len(lines):
        return lines, []
    alone = sum(len(block) == 1 for block in blocks)
    short = f", of which {alone:,} have one line: titles?" if alone else ""
    return [" / ".join(block) for block in blocks], [f"poems told apart by blank lines{short}"]


def simplified(texts: list[str]) -> list[str]:
    """The texts on one line each, Chinese ones in simplified characters; Japanese keeps its own."""
    texts = [" ".join(text.split()) for text in texts]
    chinese = [n for n, text in enumerate(texts) if not text.isascii() and not NOT_CHINESE.search(text)]
    joined = "\n".join(texts[number] for number in chinese)
    if re.search(f"[{HAN}]", joined):
        try:
            from opencc import OpenCC
        except ImportError as error:
            raise DataError("opencc is not installed (pip install opencc)") from error
        for number, text in zip(chinese, OpenCC("t2s").convert(joined).split("\n"), strict=True):
            texts[number] = text
    return texts
