"""Seconds and memory from a file to ids: reviews, sentence pairs and poems, and how both grow with the data.

    python benchmarks/data.py [--tiny] [--json FILE]

Each job reads, checks, splits into tokens and encodes as its recipe does, in a fresh process, for an eighth,
a quarter, a half and all of the rows. The limits are what this cookbook promises.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import sentencepiece
from measure import Row, apart, compare, main, peak_memory

from helpers import datasets, text
from helpers.datasets import fetch

SECONDS, GIB = 30, 2  # the limits
GROWTH = 1.3  # all of the data may take so many times as long per row as an eighth
PIECES = 4_000  # of recipe 05, in each language


# --- from a file to ids; each returns the most memory its process had ---------------------------------------


def reviews(path: str) -> int:
    """As recipe 02: words, and a vocabulary of the training reviews."""
    data = datasets.imdb(path)
    texts = [*data.x_train, *data.x_test]
    tokens = [[sys.intern(token) for token in text.tokenise(review)] for review in texts]
    vocabulary = text.Vocabulary.fit(tokens[: len(data.x_train)], min_count=2)
    _rows = [vocabulary.encode(review) for review in tokens]
    return peak_memory()


def pairs(path: str) -> int:
    """As recipe 05: word pieces learnt from the sentences of each language."""
    data = datasets.translation_pairs("fra", path)
    _rows = []
    for sentences in (data.english, data.foreign):
        learnt = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences),
            model_writer=learnt,
            vocab_size=PIECES,
            model_type="bpe",
            character_coverage=1.0,
            normalization_rule_name="identity",
            hard_vocab_limit=False,
            minloglevel=2,
        )
        pieces = sentencepiece.SentencePieceProcessor(model_proto=learnt.getvalue())
        _rows.append(pieces.encode(sentences))
    return peak_memory()


def poems(path: str) -> int:
    """As recipe 04: one id per character."""
    data = datasets.tang_poems(path)
    characters = [list("".join(poem)) for poem in data.poems]
    vocabulary = text.Vocabulary.fit(characters, start_end=True)
    _rows = [vocabulary.encode(poem) for poem in characters]
    return peak_memory()


def tensorflow() -> None:
    """What every recipe loads beside its data."""
    from helpers import runtime  # noqa: F401


# --- files with a part of the rows --------------------------------------------------------------------------


def thin_reviews(path: Path, step: int, folder: Path) -> tuple[int, Path]:
    """Every `step`-th row of the CSV: how many, and where they are now."""
    header, *rows = csv.reader(io.StringIO(fetch.read_text(path), newline=""))
    content = io.StringIO()
    csv.writer(content).writerows([header, *rows[::step]])
    return len(rows[::step]), write(folder / f"part-{step}.csv.gz", content.getvalue())


def thin_pairs(path: Path, step: int, folder: Path) -> tuple[int, Path]:
    """Every `step`-th line of the archive's text."""
    lines = fetch.read_text(path, "fra.txt").removesuffix("\n").split("\n")[::step]
    return len(lines), write(folder / f"part-{step}.tsv.gz", "\n".join(lines))


def thin_poems(path: Path, step: int, folder: Path) -> tuple[int, Path]:
    """Every `step`-th poem of the JSON list."""
    found = json.loads(fetch.read_text(path))[::step]
    return len(found), write(folder / f"part-{step}.json.gz", json.dumps(found, ensure_ascii=False))


def write(path: Path, content: str) -> Path:
    """Packs a text quickly."""
    path.write_bytes(gzip.compress(content.encode(), 1))
    return path


# --- the measurements ---------------------------------------------------------------------------------------

JOBS = {  # job: the loader, its file in the cache and its sample, what makes a part, words for people
    reviews: (datasets.imdb, "imdb.csv.gz", "imdb-sample.csv.gz", thin_reviews, "reviews"),
    pairs: (
        lambda source: datasets.translation_pairs("fra", source),
        "fra-eng.zip",
        "fra-eng-sample.zip",
        thin_pairs,
        "sentence pairs",
    ),
    poems: (datasets.tang_poems, "quantangshi.json.gz", "tang-sample.json.gz", thin_poems, "poems"),
}


def whole(load: Callable, file: str, sample: str, tiny: bool) -> tuple[Path, str]:
    """The full data's file, downloaded if need be, else the bundled sample; and a note."""
    path = fetch.cache_folder() / file
    if not tiny:
        if not path.exists():
            with suppress(fetch.DataError):
                load("online")
        if path.exists():
            return path, ""
    return fetch.DATA_FOLDER / sample, "bundled sample"


def benchmark(tiny: bool) -> list[Row]:
    """Seconds and memory for all rows, and the growth of the seconds."""
    steps, rounds = ((8, 1), 1) if tiny else ((8, 4, 2, 1), 3)
    _, _, more = apart(tensorflow)
    found = []
    for job, (load, file, sample, thin, words) in JOBS.items():
        path, note = whole(load, file, sample, tiny)
        seconds, memory = {step: [] for step in steps}, []
        with tempfile.TemporaryDirectory() as folder:
            parts = {step: thin(path, step, Path(folder)) for step in steps}
            for number in range(rounds):
                for step in steps[:: -1 if number % 2 else 1]:
                    peak, taken, _ = apart(job, str(parts[step][1]))
                    seconds[step].append(taken)
                    memory += [(peak + more) / 2**30] * (step == 1)
        rows = {step: count for step, (count, _) in parts.items()}
        what = f"data, {rows[1]:,} {words}"
        growth = np.log([(rows[step], np.median(seconds[step])) for step in steps])
        power = f"the seconds grow with the power {np.polyfit(*growth.T, 1)[0]:.2f} of the rows"
        each = [[1e6 * taken / rows[step] for taken in seconds[step]] for step in (1, steps[0])]
        found += [
            compare(what, "seconds from file to ids", seconds[1], [SECONDS], "limit", 1, note=note),
            compare(what, "GiB of memory at most, with TensorFlow", memory, [GIB], "limit", 1, note=note),
            compare(
                what,
                "µs per row",
                *each,
                f"the same for {rows[steps[0]]:,} rows",
                round(1 / GROWTH, 2),
                note="; ".join(filter(None, [power, note])),
            ),
        ]
    return found


if __name__ == "__main__":
    main(benchmark)
