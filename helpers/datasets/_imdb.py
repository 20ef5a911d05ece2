"""The Large Movie Review Dataset, by Maas et al. (2011): 50,000 reviews with a label and 50,000 without.

Origin: one archive from Stanford. Normal forms: `imdb.csv.gz` and `imdb-unlabeled.csv.gz`.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import os
import re
import tarfile
import zlib
from pathlib import Path

import numpy as np

from helpers.datasets._labelled import ReviewData, count_labelled, read_labelled
from helpers.datasets._plain_text import TextData, count_texts
from helpers.datasets.fetch import (
    MAX_UNPACKED,
    DataError,
    Dataset,
    download,
    find,
    read_table,
    require,
    write_packed,
)

__all__ = ["imdb", "imdb_unlabeled"]

URL = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
SIZE = 84_125_825  # bytes
SHA256 = "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe"
MEMBER = re.compile(
    r"aclImdb/(?P<part>(?:train|test)/(?:pos|neg|unsup))/(?P<id>\d{1,6})_(?P<rating>\d{1,2})\.txt"
    r"|aclImdb/(?P<split>train|test)/urls_(?P<kind>pos|neg|unsup)\.txt"
)
MAX_MEMBERS = 200_000  # in the archive; it has about 100,030
MAX_MEMBER = 4 << 20  # bytes of one that is read; the longest list of addresses has 2,450,000


def _fetch_imdb(path: Path) -> None:
    """Writes `imdb.csv.gz` or `imdb-unlabeled.csv.gz`, as `path` says, and puts the other into the cache."""
    archive = path.with_name("aclImdb_v1.tar.gz")
    download(URL, archive, SIZE, SHA256)
    reviews, films = _read_archive(archive)
    labelled = [
        (split, label, number, rating, films[f"{split}/{kind}"][number], text)
        for split in ("train", "test")
        for label, kind in enumerate(("neg", "pos"))
        for number, (rating, text) in enumerate(reviews[f"{split}/{kind}"])
    ]
    unlabelled = [(number, text) for number, (_, text) in enumerate(reviews["train/unsup"])]
    tables = {
        LABELED.file: [("split", "label", "id", "rating", "film", "text"), *labelled],
        UNLABELED.file: [("id", "text"), *unlabelled],
    }
    for name, rows in tables.items():
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        write_packed(path.with_name(name), text.getvalue())
        if name != path.name:
            os.replace(path.with_name(name), path.parent.parent / name)


def _read_archive(path: Path) -> tuple[dict[str, list], dict[str, list[str]]]:
    """Per part, such as `"train/pos"`: the reviews as (rating, text), and the film of each, by their ids.

    The archive is read member by member and nothing is unpacked to disk; names that do not match are skipped.
    """
    found, films, unpacked = {}, {}, 0
    try:
        # tarfile's own "r|gz" takes a file that is cut for one that ends.
        with gzip.open(path) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            for count in itertools.count():
                if (member := archive.next()) is None:
                    break
                archive.members.clear()  # tarfile keeps them all
                unpacked += member.size
                what = f"the archive holds more than {MAX_MEMBERS:,} members or {MAX_UNPACKED:,} bytes"
                require(count < MAX_MEMBERS and unpacked <= MAX_UNPACKED, what)
                match = MEMBER.fullmatch(member.name)
                if not match:
                    continue
                regular = member.isreg() and member.size <= MAX_MEMBER
                what = f"{member.name} in the archive is no file of at most {MAX_MEMBER:,} bytes"
                require(regular, what)
                text = archive.extractfile(member).read().decode()
                if match["part"]:
                    found.setdefault(match["part"], {})[int(match["id"])] = int(match["rating"]), text
                else:
                    films[f"{match['split']}/{match['kind']}"] = re.findall(r"/title/(tt\d+)/", text)
    except (tarfile.TarError, OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DataError(f"the archive is damaged ({type(error).__name__}: {error})") from error
    reviews = {}
    for part in ("train/pos", "train/neg", "train/unsup", "test/pos", "test/neg"):
        numbered = found.get(part, {})
        gap = next((number for number in range(len(numbered)) if number not in numbered), None)
        require(numbered and gap is None, f"the archive lacks the review {gap or 0} of {part}")
        what = f"the archive names {len(films.get(part, []))} films for the {len(numbered)} reviews of {part}"
        require(part == "train/unsup" or len(films.get(part, [])) == len(numbered), what)
        reviews[part] = [numbered[number] for number in range(len(numbered))]
    return reviews, films


def _read_unlabeled(path: Path) -> np.ndarray:
    table = read_table(path, ("text",), ("split",))
    split = table.get("split") or [""] * len(table["text"])
    kept = [text for text, part in zip(table["text"], split, strict=True) if part.strip().lower() != "test"]
    require(kept, "every row belongs to the test", "Name a file with training texts.")
    return np.array(kept, object)


SAMPLE = "imdb-sample.csv.gz"
LABELED = Dataset(
    "IMDB", "imdb.csv.gz", SAMPLE, read_labelled, lambda found: count_labelled(*found), _fetch_imdb
)
UNLABELED = Dataset(
    "IMDB, unlabelled", "imdb-unlabeled.csv.gz", SAMPLE, _read_unlabeled, count_texts, _fetch_imdb
)


def imdb(source: str | os.PathLike | None = None) -> ReviewData:
    """The Large Movie Review Dataset (Maas et al. 2011), or the reader's own labelled texts.

    Prints the source, counts, and what test and training share. The download also brings what
    `imdb_unlabeled` returns.

    Args:
        source: None for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where it is not set;
            `"auto"` (cache, else download, else bundled sample); `"cache"`, `"online"` or `"bundled"`
            alone; or the path of a CSV, plain or `.gz`, in UTF-8, whose first line names its columns, in any
            order and case: `text`; `label`, two classes or more, as words or numbers; if there is one,
            `split`, `train` or `test` in each row; if there is one, `group` (or `film`), the name of what
            rows have in common. Other columns do not matter. Classes are numbered in the order of their
            names, numbers by value. Without `split`, a fifth of the rows becomes the test, whole groups of
            them, chosen by a hash, the same on every run.

    Returns: `ReviewData`: 25,000 + 25,000 reviews, half of them positive; 4,000 + 1,000 in the sample.
    Raises: `DataError` when the source fails, or its columns do not have this form.
    """
    (fields, _), kind, origin = find(LABELED, source)
    return ReviewData(**fields, source=kind, origin=origin)


def imdb_unlabeled(source: str | os.PathLike | None = None) -> TextData:
    """The unlabelled reviews of the Large Movie Review Dataset, or the reader's own texts. Prints the source.

    Args:
        source: as for `imdb`; a CSV needs the column `text` alone. Rows whose `split` is `test` are left out.

    Returns: `TextData`: 50,000 reviews; in the sample, the texts of its 4,000 training reviews.
    Raises: `DataError` when the source fails, or there are no texts in it.
    """
    texts, kind, origin = find(UNLABELED, source)
    return TextData(texts, kind, origin)
