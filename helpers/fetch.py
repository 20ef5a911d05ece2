"""How data is found, fetched and checked: what the loaders in `datasets` stand on. Never half-read.

A loader is one `Dataset`: how to read its normal form, and how to fetch it into a private folder. `find` asks
in this order, takes the first that answers, and prints which one it was, with counts:

1. the reader's own file, when `source` is a path;
2. the cache folder (`$RNN_COOKBOOK_DATA`, else `~/.cache/rnn-cookbook`);
3. the public origin, whose download is checked and then stored in the cache;
4. the small sample bundled with the cookbook.

`source="cache" | "online" | "bundled"` asks that one step only. Every problem raises `DataError`.
"""

from __future__ import annotations

import contextlib
import csv
import functools
import gzip
import io
import itertools
import logging
import os
import queue
import sys
import tempfile
import threading
import time
import warnings
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import requests
import urllib3
from tqdm import tqdm

with warnings.catch_warnings():
    # pooch asks tqdm for a bar of widgets, and tqdm warns where there are none. We use the plain one.
    warnings.simplefilter("ignore")
    import pooch

DATA_FOLDER = Path(__file__).resolve().parent.parent / "data"  # the samples of a clone

TIMEOUT = 20.0  # seconds until an answer (name look-up, every address and headers together), then of silence
STALL_WINDOW = 30.0  # seconds over which the speed is judged
MIN_RATE = 2_000  # bytes per second; a slower server would never finish
BACKOFF = 1.0  # seconds before the second try, twice that before the third
MAX_UNPACKED = 4 << 30  # bytes that an .npz or a .tar may unpack to
MAX_TEXT = 1 << 30  # bytes of a text file, unpacked


class DataError(ValueError):
    """Data that is missing, damaged or not what a recipe can use.

    Args:
        what: what is wrong, with the value.
        way_out: what the reader can do about it; the message is both.
        tries: how many tries in all a download that fails like this is worth.
    """

    def __init__(self, what: str, way_out: str = "", tries: int = 1):
        super().__init__(f"{what}. {way_out}".strip())
        self.what, self.way_out, self.tries = what, way_out, tries


class DaysMissing(DataError):
    """Sound data that ends before the days asked for."""


def require(condition: object, what: str, way_out: str = "", tries: int = 1) -> None:
    """Raises `DataError`, with the arguments that it takes, unless the condition holds."""
    if not condition:
        raise DataError(what, way_out, tries)


# -- the order of sources


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
    """

    title: str
    file: str
    sample: str
    read: Callable[[Path], Any]
    count: Callable[[Any], str]
    fetch: Callable[[Path], object] | None
    sample_kind: str = "sample"
    no_sample: str = "these helpers came without data/, as in the Colab edition"


def cache_folder() -> Path:
    """The folder that keeps full data, which may not exist yet: `$RNN_COOKBOOK_DATA` or the default."""
    return Path(os.path.expanduser(os.environ.get("RNN_COOKBOOK_DATA") or "~/.cache/rnn-cookbook"))


def find(dataset: Dataset, source: str | os.PathLike | None) -> tuple[Any, str, str]:
    """Asks the source named, or all in order, and prints one line about the answer.

    None stands for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where that is not set.

    Returns: what `dataset.read` returned, `"full"` or `"sample"`, and the origin in a few words.
    Raises: `DataError` when the source named, or every source, fails.
    """
    steps = {"cache": _from_cache, "online": _from_origin, "bundled": _from_sample}
    if source is None and dataset.fetch:
        source = os.environ.get("RNN_COOKBOOK_SOURCE") or "auto"
    title, failures = dataset.title, []
    if not dataset.fetch or not isinstance(source, str) or source not in ("auto", *steps):
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
    require(os.path.isfile(path), f"source must be a file, got the folder {path}", "Name a file inside it.")
    try:
        found = dataset.read(path)
    except DataError as error:
        raise DataError(f"{path}: {error.what}", error.way_out) from error
    is_sample = path.resolve() == (DATA_FOLDER / dataset.sample).resolve()
    return found, dataset.sample_kind if is_sample else "full", f"your file ({path.name})"


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


# -- download


def download(url: str, path: Path, max_bytes: int, sha256: str | None = None) -> None:
    """Downloads one file; `path` comes into being only when the file is whole and right.

    What can pass is tried again after a short pause: a cut connection or a 5xx answer (three tries), wrong
    content (two). What cannot, such as a 404 or no answer in time, fails at once.

    Args:
        url: the http(s) address.
        path: where to write; its folder exists, the file does not.
        max_bytes: the most to accept; with `sha256`, the exact size.
        sha256: hexadecimal, where the origin is fixed.

    Raises: `DataError` naming the address; `OSError` when the file cannot be written.
    """
    pooch.get_logger().setLevel(logging.WARNING)
    downloader = functools.partial(_stream, max_bytes=max_bytes, exact=sha256 is not None)
    for attempt in itertools.count(1):
        try:
            pooch.retrieve(url, sha256, fname=path.name, path=path.parent, downloader=downloader)
            return
        except DataError as error:
            failure = error
        except ValueError:  # pooch's word for a hash that does not match
            failure = DataError(f"{url} sent the wrong content: its SHA-256 is not {sha256}", tries=2)
        if attempt >= failure.tries:
            raise failure
        time.sleep(BACKOFF * attempt)


def _stream(url: str, target: str, _: object, *, max_bytes: int, exact: bool) -> None:
    """The downloader given to pooch: one try to write `url` into the file `target`."""
    expected = f"{'exactly' if exact else 'at most'} {max_bytes:,} expected"
    try:
        with _answer(url) as response:
            status = response.status_code
            what = f"{url} answered {status} {response.reason or ''}".strip()
            require(status == 200, what, tries=3 if status >= 500 else 1)
            size = response.raw.length_remaining  # announced; None where the server does not say
            if size is None or size <= max_bytes:
                size = _copy(response, target, size, max_bytes)
            fits = size == max_bytes if exact else size <= max_bytes
            require(fits, f"{url} sends {size:,} bytes, {expected}", tries=2)
    except urllib3.exceptions.ReadTimeoutError as error:
        raise DataError(f"{url} fell silent for {TIMEOUT:g} s") from error
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        cause = error.args[0] if isinstance(error, requests.ConnectionError) and error.args else error
        if isinstance(cause, urllib3.exceptions.ProtocolError):
            raise DataError(f"{url} cut the connection", tries=3) from error
        reason = type(getattr(cause, "reason", cause)).__name__
        raise DataError(f"{url} cannot be reached ({reason})") from error


def _answer(url: str) -> requests.Response:
    """The answer of `url`, its body still to be read; `DataError` after TIMEOUT seconds.

    The time-out of requests alone does not bound the wait: it starts anew for each address behind the name
    and each piece of a header, and the look-up of the name has none. Hence a thread that can be left behind.
    """
    answers = queue.SimpleQueue()

    def ask() -> None:
        try:
            # Not compressed for transport: sizes and hash are those of the file itself. Some sites refuse
            # the name that requests gives itself.
            headers = {"Accept-Encoding": "identity", "User-Agent": "rnn-cookbook/0.1"}
            answers.put(requests.get(url, stream=True, timeout=TIMEOUT, headers=headers))
        except Exception as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=TIMEOUT)
    except queue.Empty:
        answer = requests.Timeout()
    require(not isinstance(answer, requests.Timeout), f"{url} did not answer within {TIMEOUT:g} s")
    if isinstance(answer, Exception):
        raise answer
    return answer


def progress(*items: Any, **options: Any) -> tqdm:
    """A bar that waits a second, leaves nothing behind and shows in a notebook or on a terminal only."""
    hidden = False if "ipykernel" in sys.modules else None  # None: shown on a terminal only
    return tqdm(*items, delay=1, leave=False, disable=hidden, **options)


def _copy(response: requests.Response, target: str, total: int | None, max_bytes: int) -> int:
    """Writes the body to the file `target`, a block beyond `max_bytes` at most; returns its size in bytes."""
    name = response.url.rpartition("/")[2]
    received = mark = 0
    since = time.monotonic()
    with open(target, "wb") as file, progress(total=total, desc=name, unit="B", unit_scale=True) as bar:
        # read1 hands over what has come; read would wait for a full block and never see a trickle.
        while received <= max_bytes and (block := response.raw.read1(1 << 16, decode_content=False)):
            file.write(block)
            bar.update(len(block))
            received += len(block)
            if (elapsed := time.monotonic() - since) > STALL_WINDOW:
                rate = (received - mark) / elapsed
                require(rate >= MIN_RATE, f"{response.url} sends only {rate:,.0f} bytes per second")
                since, mark = time.monotonic(), received
    return received


# -- files in which anything may stand


def read_npz(path: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """The arrays `names` of an untrusted `.npz`: no pickle, size bounded, checksums verified. `DataError`."""
    way_out = f"Write it with np.savez_compressed(path, {', '.join(f'{name}={name}' for name in names)})."
    arrays = {}
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {member.filename.removesuffix(".npy"): member.file_size for member in archive.infolist()}
            absent, found = ", ".join(n for n in names if n not in sizes), ", ".join(sizes) or "nothing"
            require(not absent, f"the file lacks {absent}; found: {found}", way_out)
            unpacked = sum(sizes[name] for name in names)
            what = f"the arrays unpack to {unpacked:,} bytes, at most {MAX_UNPACKED:,} are accepted"
            require(unpacked <= MAX_UNPACKED, what, "Save fewer or smaller images, as uint8.")
            for name in names:
                with archive.open(f"{name}.npy") as member:
                    arrays[name] = np.lib.format.read_array(member, allow_pickle=False)
                    # Reading to the very end makes zipfile verify the checksum.
                    require(not member.read(1), f"{name} is longer than its header says", way_out)
    except DataError:
        raise
    except Exception as error:  # a garbage archive makes zipfile, zlib and NumPy raise nearly anything
        if isinstance(error, OSError) and error.filename:
            raise DataError(f"the file cannot be opened ({error.strerror})") from error
        if "allow_pickle" in str(error):
            what = f"{name} holds Python objects, which are not loaded because they can run code"
            raise DataError(what, "Save numbers: images of one size, integer labels.") from error
        what = f"the file is not a whole .npz archive ({type(error).__name__}: {error})"
        raise DataError(what, way_out) from error
    return arrays


def read_bytes(path: Path, member: str = "") -> bytes:
    """The content of a file, unpacked where it is gzip; of a zip, that of `member`. Raises `DataError`."""
    content = io.BytesIO()
    try:
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(open(path, "rb"))
            magic = file.read(4)
            file.seek(0)
            if magic[:2] == b"\x1f\x8b":
                file = stack.enter_context(gzip.open(file))
            elif magic == b"PK\x03\x04" and member:
                archive = stack.enter_context(zipfile.ZipFile(file))
                names = archive.namelist()
                require(member in names, f"the archive lacks {member}; found: {listed(names) or 'nothing'}")
                file = stack.enter_context(archive.open(member))
            while block := file.read(1 << 20):
                content.write(block)
                require(content.tell() <= MAX_TEXT, f"the file has more than {MAX_TEXT:,} bytes of text")
    except DataError:
        raise
    except Exception as error:  # a garbage archive makes zipfile and zlib raise nearly anything
        what = f"the file cannot be read ({getattr(error, 'strerror', None) or error})"
        raise DataError(what, "Is it whole, and may you read it?") from error
    return content.getvalue()


def read_text(path: Path, member: str = "") -> str:
    """What `read_bytes` finds, as text: UTF-8, with or without a byte-order mark, line ends made plain."""
    content = read_bytes(path, member)
    try:
        return content.decode().removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = f"the file is not UTF-8: it has the byte 0x{content[error.start]:02x} at {error.start:,}"
        raise DataError(f"{what}, on line {line:,}", "Open it in an editor and save it as UTF-8.") from error


def write_packed(path: Path, text: str) -> None:
    """Writes `text` as gzip: the same text gives the same bytes on every day."""
    path.write_bytes(gzip.compress(text.encode(), 6, mtime=0))


def read_table(path: Path, needed: Sequence[str], optional: Sequence[str] = ()) -> dict[str, list]:
    """Columns of an untrusted CSV, plain or gzip, as lists of `str`; and `"line"`, for messages.

    Python's reader, not that of pandas: as fast on long texts, less memory, and it knows the line of a fault.
    """
    way_out = "Save it as CSV in UTF-8, columns separated by commas, texts in double quotes."
    content = io.TextIOWrapper(io.BytesIO(read_bytes(path)), "utf-8-sig", newline="")
    reader = csv.reader(content, strict=True)
    try:
        header = next(reader, [])
        names = [name.strip().lower() for name in header]
        rows = [(row, reader.line_num) for row in reader if row]
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        what = f"the file is not UTF-8: it has the byte 0x{byte:02x} just after line {reader.line_num}"
        raise DataError(what, way_out) from error
    except csv.Error as error:
        raise DataError(f"line {reader.line_num} is not CSV ({error})", way_out) from error
    shown = ", ".join(header)[:200] or "nothing"
    absent = ", ".join(name for name in needed if name not in names)
    what = f"the first line must name the columns {', '.join(needed)}; {absent} is missing, found: {shown}"
    mark = next((mark for mark in ";\t|" if mark in shown), None) if len(header) == 1 else None
    require(not absent, what, f"The columns seem to be separated by {mark!r}. {way_out}" if mark else "")
    columns = [name for name in (*needed, *optional) if name in names]
    twice = ", ".join(name for name in columns if names.count(name) > 1)
    require(not twice, f"the first line names the column {twice} twice: {shown}")
    line = next((line for row, line in rows if len(row) != len(names)), None)
    what = f"line {line} has not the {len(names)} columns of the first line"
    require(line is None, what, f"{way_out} Double the quotes inside a text.")
    require(rows, "there is no row below the first line")
    table = {name: [row[names.index(name)] for row, _ in rows] for name in columns}
    table["line"] = [line for _, line in rows]
    for name in needed:
        blank = [line for value, line in zip(table[name], table["line"], strict=True) if not value.strip()]
        what = f"{len(blank):,} rows have no {name}, the first on line {first(blank)}"
        require(not blank, what, "Fill them in, or drop these rows.")
    return table


def first(values: Iterable) -> Any:
    """The first value, for a message; None where there is none."""
    return next(iter(values), None)


def listed(values: Sequence) -> str:
    """The first ten values, for a message."""
    return ", ".join(str(value) for value in values[:10]) + (", …" if len(values) > 10 else "")
