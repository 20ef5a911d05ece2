"""The order in which the sources of a dataset are asked.

A loader is one `Dataset`: how to read its normal form, and how to fetch it into a private folder. `find` asks
in this order, takes the first that answers, and prints which one it was, with counts:

1. the reader's own file, when `source` is a path;
2. the cache folder (`$RNN_COOKBOOK_DATA`, else `~/.cache/rnn-cookbook`);
3. the public origin, whose download is checked and then stored in the cache;
4. the small sample bundled with the cookbook.

`source="cache" | "online" | "bundled"` asks that one step only.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.datasets.fetch.errors import DataError, DaysMissing, require

DATA_FOLDER = Path(__file__).resolve().parents[3] / "data"  # the samples of a clone
WORDS = ("auto", "cache", "online", "bundled")  # all other sources are paths


@dataclass(frozen=True)
class Dataset:
    """What the machinery has to know of one dataset.

    Attributes:
        title: its name in printed lines.
        file: file name of its normal form in the cache.
        sample: file name of its sample in `data/`, or the absolute path of one in a package.
        read: reads and checks a file in normal form (cached, bundled or the reader's own). Raises `DataError`
            that leaves the path out: the caller knows it.
        count: one phrase with the counts of what `read` returned.
        fetch: writes the normal form to the path given, alone in a temporary folder: a raw download can stand
            beside it while it is converted. Raises `DataError`, or `OSError` when it cannot write. None where
            the reader's own file is the only source.
        sample_kind: `"full"` where what is bundled is complete.
        no_sample: why a bundled file may be missing.
        folder: whether the reader may name a folder in place of a file.
        no_folder: what to do with a folder where that is not so.
    """

    title: str
    file: str
    sample: str
    read: Callable[[Path], Any]
    count: Callable[[Any], str]
    fetch: Callable[[Path], object] | None
    sample_kind: str = "sample"
    no_sample: str = "these helpers came without data/, as in the Colab edition"
    folder: bool = False
    no_folder: str = "Name a file inside it."


def cache_folder() -> Path:
    """The folder that keeps full data, which may not exist yet: `$RNN_COOKBOOK_DATA` or the default."""
    return Path(os.path.expanduser(os.environ.get("RNN_COOKBOOK_DATA") or "~/.cache/rnn-cookbook"))


def asked(source: str | os.PathLike | None) -> str | os.PathLike:
    """The source, for None `$RNN_COOKBOOK_SOURCE`, or `"auto"` where that is not set."""
    return os.environ.get("RNN_COOKBOOK_SOURCE") or "auto" if source is None else source


def is_own(source: str | os.PathLike | None) -> bool:
    """Whether the source asked for is a file of the reader's own."""
    source = asked(source)
    return not isinstance(source, str) or source not in WORDS


def find(dataset: Dataset, source: str | os.PathLike | None) -> tuple[Any, str, str]:
    """Asks the source named, or all in order, and prints one line about the answer.

    None stands for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where that is not set.

    Returns: what `dataset.read` returned, `"full"` or `"sample"`, and the origin in a few words.
    Raises: `DataError` when the source named, or every source, fails.
    """
    steps = {"cache": _from_cache, "online": _from_origin, "bundled": _from_sample}
    source = asked(source) if dataset.fetch else source
    title, failures = dataset.title, []
    if not dataset.fetch or is_own(source):
        title, (found, kind, origin) = "Your data", _from_reader(dataset, source)
    else:
        for step in steps.values() if source == "auto" else [steps[source]]:
            try:
                found, kind, origin = step(dataset)
                break
            except DataError as error:
                if source != "auto":
                    raise
                if step is _from_cache and os.path.lexists(cache_folder() / dataset.file):
                    print(f"{title}: {error} Trying the public origin.")
                failures.append(error.what)
        else:
            way_out = f"Connect to the network and run again, or put {dataset.file} into {cache_folder()}."
            raise DataError(f"no source has {title}: {'; '.join(failures)}", way_out)
    line = f"{title}: {dataset.count(found)}, from {origin}"
    if kind == "sample":
        why = "; ".join(failures) or "as asked"
        line += (
            f". This is the small sample ({why}). For the full data, connect to the network and run again, "
        )
        line += f"or put {dataset.file} into the folder that RNN_COOKBOOK_DATA names."
    print(line)
    return found, kind, origin


def _from_reader(dataset: Dataset, source: str | os.PathLike) -> tuple[Any, str, str]:
    words = '"auto", "cache", "online", "bundled" or ' * bool(dataset.fetch) + "the path of your own file"
    is_path = isinstance(source, str | os.PathLike) and os.fspath(source)
    require(is_path, f"source must be {words}, got {source!r}")
    path = Path(os.path.expanduser(source))
    way_out = f"No file {os.path.abspath(path)}: check the spelling of the word or of the path."
    require(os.path.exists(path), f"source must be {words}, got {str(source)!r}", way_out)
    fits = os.path.isfile(path) or (dataset.folder and os.path.isdir(path))
    require(fits, f"source must be a file, got the folder {path}", dataset.no_folder)
    try:
        found = dataset.read(path)
    except DataError as error:
        raise DataError(f"{path}: {error.what}", error.way_out) from error
    place = "folder" if os.path.isdir(path) else "file"
    name = os.path.basename(os.path.abspath(path))
    is_sample = path.resolve() == (DATA_FOLDER / dataset.sample).resolve()
    return found, dataset.sample_kind if is_sample else "full", f"your {place} ({name})"


def _from_cache(dataset: Dataset) -> tuple[Any, str, str]:
    path = cache_folder() / dataset.file
    way_out = 'Download it with source="online", or set RNN_COOKBOOK_DATA to the folder that has it.'
    require(os.path.lexists(path), f"no {dataset.file} in the cache", f"Looked for {path}. {way_out}")
    try:
        return dataset.read(path), "full", f"the cache ({dataset.file})"
    except DataError as error:
        way_out = f'{path}: {error.what}. Delete it, or replace it with source="online".'
        state = "ends too early or starts too late" if isinstance(error, DaysMissing) else "is damaged"
        raise DataError(f"{dataset.file} in the cache {state}", way_out) from error


def _from_origin(dataset: Dataset) -> tuple[Any, str, str]:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Each process works in a folder of its own beside the final name: the last step is then one atomic
        # rename, whoever else is fetching, and a failure or an interrupt before it leaves nothing behind.
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder, ignore_cleanup_errors=True) as work:
            fresh = Path(work) / dataset.file
            dataset.fetch(fresh)
            found = dataset.read(fresh)
            with open(fresh, "r+b") as file:
                os.fsync(file.fileno())
            with contextlib.suppress(OSError):  # not every file system has modes
                fresh.chmod(0o644)  # temporary files are private, a cache may be shared
            os.replace(fresh, folder / dataset.file)
    except DataError as error:
        way_out = "Check the connection and run again, save the file yourself as "
        raise DataError(error.what, f'{way_out}{folder / dataset.file}, or use source="bundled".') from error
    except OSError as error:
        way_out = "Make the folder writable, free some space, or set RNN_COOKBOOK_DATA to another folder"
        what = f"{dataset.file} cannot be stored in the cache ({error.strerror or error})"
        raise DataError(what, f"{way_out} than {folder}.") from error
    return found, "full", f"the public origin, now in the cache ({dataset.file})"


def _from_sample(dataset: Dataset) -> tuple[Any, str, str]:
    path = DATA_FOLDER / dataset.sample
    what = f"no bundled {path.name if dataset.sample else dataset.file}: {dataset.no_sample}"
    way_out = 'Use source="online", or run inside a clone of the cookbook.'
    require(dataset.sample and os.path.lexists(path), what, f"Looked for {path}. {way_out}")
    try:
        return dataset.read(path), dataset.sample_kind, f"the bundled {path.name}"
    except DataError as error:
        days_missing = isinstance(error, DaysMissing)
        way_out = error.way_out if days_missing else "Restore it from the repository."
        raise DataError(f"{path}: {error.what}", way_out) from error
