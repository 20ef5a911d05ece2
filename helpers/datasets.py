"""Data for the recipes: found, fetched, checked, never half-read.

Every loader asks in this order, takes the first that answers, and prints which one it was, with counts:

1. the reader's own file, when `source` is a path;
2. the cache folder (`$RNN_COOKBOOK_DATA`, else `~/.cache/rnn-cookbook`);
3. the public origin, whose download is checked and then stored in the cache;
4. the small sample bundled with the cookbook.

`source="cache" | "online" | "bundled"` asks that one step only. Every problem raises `DataError`. A further
loader is one `_Dataset`: how to read its normal form, and how to fetch it into a private folder.
"""

from __future__ import annotations

import contextlib
import csv
import functools
import gzip
import hashlib
import importlib.util
import io
import itertools
import logging
import os
import queue
import re
import sys
import tarfile
import tempfile
import threading
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pooch
import requests
import urllib3
from tqdm import tqdm

if TYPE_CHECKING:  # imported where it is used: most recipes do without
    import pandas as pd

__all__ = [
    "DataError",
    "ImageData",
    "PriceData",
    "ReviewData",
    "TextData",
    "cache_folder",
    "imdb",
    "imdb_unlabeled",
    "mnist",
    "prices",
]

DATA_FOLDER = Path(__file__).resolve().parent.parent / "data"  # the samples of a clone

TIMEOUT = 20.0  # seconds until an answer (name look-up, every address and headers together), then of silence
STALL_WINDOW = 30.0  # seconds over which the speed is judged
MIN_RATE = 2_000  # bytes per second; a slower server would never finish
BACKOFF = 1.0  # seconds before the second try, twice that before the third
MAX_UNPACKED = 4 << 30  # bytes that an .npz or a .tar may unpack to
MAX_TEXT = 1 << 30  # bytes of a CSV, unpacked


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


def _require(condition: object, what: str, way_out: str = "", tries: int = 1) -> None:
    if not condition:
        raise DataError(what, way_out, tries)


# -- the order of sources


@dataclass(frozen=True)
class _Dataset:
    """What the machinery has to know of one dataset.

    Attributes:
        title: its name in printed lines.
        file: file name of its normal form in the cache.
        sample: file name of its sample in `data/`, or the absolute path of one in a package.
        read: reads and checks a file in normal form (cached, bundled or the reader's own). Raises `DataError`
            that leaves the path out: the caller knows it.
        count: one phrase with the counts of what `read` returned.
        fetch: writes the normal form to the path given, alone in a temporary folder: a raw download can stand
            beside it while it is converted. Raises `DataError`, or `OSError` when it cannot write.
        sample_kind: `"full"` where what is bundled is complete.
        no_sample: why a bundled file may be missing.
    """

    title: str
    file: str
    sample: str
    read: Callable[[Path], Any]
    count: Callable[[Any], str]
    fetch: Callable[[Path], object]
    sample_kind: str = "sample"
    no_sample: str = "these helpers came without data/, as in the Colab edition"


def cache_folder() -> Path:
    """The folder that keeps full data, which may not exist yet: `$RNN_COOKBOOK_DATA` or the default."""
    return Path(os.path.expanduser(os.environ.get("RNN_COOKBOOK_DATA") or "~/.cache/rnn-cookbook"))


def _find(dataset: _Dataset, source: str | os.PathLike) -> tuple[Any, str, str]:
    """Asks the source named, or all in order, and prints one line about the answer.

    Returns: what `dataset.read` returned, `"full"` or `"sample"`, and the origin in a few words.
    Raises: `DataError` when the source named, or every source, fails.
    """
    steps = {"cache": _from_cache, "online": _from_origin, "bundled": _from_sample}
    title, failures = dataset.title, []
    if not isinstance(source, str) or source not in ("auto", *steps):
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


def _from_reader(dataset: _Dataset, source: str | os.PathLike) -> tuple[Any, str, str]:
    words = '"auto", "cache", "online", "bundled" or the path of your own file'
    is_path = isinstance(source, str | os.PathLike) and os.fspath(source)
    _require(is_path, f"source must be {words}, got {source!r}")
    path = Path(os.path.expanduser(source))
    way_out = f"No file {os.path.abspath(path)}: check the spelling of the word or of the path."
    _require(os.path.exists(path), f"source must be {words}, got {str(source)!r}", way_out)
    _require(os.path.isfile(path), f"source must be a file, got the folder {path}", "Name a file inside it.")
    try:
        found = dataset.read(path)
    except DataError as error:
        raise DataError(f"{path}: {error.what}", error.way_out) from error
    is_sample = path.resolve() == (DATA_FOLDER / dataset.sample).resolve()
    return found, dataset.sample_kind if is_sample else "full", f"your file ({path.name})"


def _from_cache(dataset: _Dataset) -> tuple[Any, str, str]:
    path = cache_folder() / dataset.file
    way_out = 'Download it with source="online", or set RNN_COOKBOOK_DATA to the folder that has it.'
    _require(os.path.lexists(path), f"no {dataset.file} in the cache", f"Looked for {path}. {way_out}")
    try:
        return dataset.read(path), "full", f"the cache ({dataset.file})"
    except DataError as error:
        way_out = f'{path}: {error.what}. Delete it, or replace it with source="online".'
        state = "ends too early or starts too late" if isinstance(error, _DaysMissing) else "is damaged"
        raise DataError(f"{dataset.file} in the cache {state}", way_out) from error


def _from_origin(dataset: _Dataset) -> tuple[Any, str, str]:
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


def _from_sample(dataset: _Dataset) -> tuple[Any, str, str]:
    path = DATA_FOLDER / dataset.sample
    what = f"no bundled {path.name if dataset.sample else dataset.file}: {dataset.no_sample}"
    way_out = 'Use source="online", or run inside a clone of the cookbook.'
    _require(dataset.sample and os.path.lexists(path), what, f"Looked for {path}. {way_out}")
    try:
        return dataset.read(path), dataset.sample_kind, f"the bundled {path.name}"
    except DataError as error:
        days_missing = isinstance(error, _DaysMissing)
        way_out = error.way_out if days_missing else "Restore it from the repository."
        raise DataError(f"{path}: {error.what}", way_out) from error


# -- download


def _download(url: str, path: Path, max_bytes: int, sha256: str | None = None) -> None:
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
            _require(status == 200, what, tries=3 if status >= 500 else 1)
            size = response.raw.length_remaining  # announced; None where the server does not say
            if size is None or size <= max_bytes:
                size = _copy(response, target, size, max_bytes)
            fits = size == max_bytes if exact else size <= max_bytes
            _require(fits, f"{url} sends {size:,} bytes, {expected}", tries=2)
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
            # Not compressed for transport: sizes and hash are those of the file itself.
            headers = {"Accept-Encoding": "identity"}
            answers.put(requests.get(url, stream=True, timeout=TIMEOUT, headers=headers))
        except Exception as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=TIMEOUT)
    except queue.Empty:
        answer = requests.Timeout()
    _require(not isinstance(answer, requests.Timeout), f"{url} did not answer within {TIMEOUT:g} s")
    if isinstance(answer, Exception):
        raise answer
    return answer


def _copy(response: requests.Response, target: str, total: int | None, max_bytes: int) -> int:
    """Writes the body to the file `target`, a block beyond `max_bytes` at most; returns its size in bytes."""
    hidden = False if "ipykernel" in sys.modules else None  # None: shown on a terminal only
    bar_form = {"unit": "B", "unit_scale": True, "delay": 1, "leave": False, "disable": hidden}
    name = response.url.rpartition("/")[2]
    received = mark = 0
    since = time.monotonic()
    with open(target, "wb") as file, tqdm(total=total, desc=name, **bar_form) as bar:
        # read1 hands over what has come; read would wait for a full block and never see a trickle.
        while received <= max_bytes and (block := response.raw.read1(1 << 16, decode_content=False)):
            file.write(block)
            bar.update(len(block))
            received += len(block)
            if (elapsed := time.monotonic() - since) > STALL_WINDOW:
                rate = (received - mark) / elapsed
                _require(rate >= MIN_RATE, f"{response.url} sends only {rate:,.0f} bytes per second")
                since, mark = time.monotonic(), received
    return received


# -- images


@dataclass(frozen=True, eq=False)
class ImageData:
    """Grey images in classes, split into training and test.

    Attributes:
        x_train: `(N, height, width)` uint8, 0 to 255.
        y_train: `(N,)` int32, classes 0 to `num_classes` - 1.
        x_test: `(M, height, width)` uint8.
        y_test: `(M,)` int32.
        source: `"full"`, or `"sample"` for the small set bundled with the cookbook.
        origin: where it came from, in a few words.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    source: str
    origin: str

    @property
    def num_classes(self) -> int:
        """The number of classes, as the training labels have them."""
        return int(self.y_train.max()) + 1


def mnist(source: str | os.PathLike = "auto") -> ImageData:
    """MNIST (LeCun, Cortes, Burges; CC BY-SA 3.0), or the reader's own images. Prints the source and counts.

    Args:
        source: `"auto"` (cache, else download, else bundled sample); `"cache"`, `"online"` or `"bundled"`
            alone; or the path of an `.npz` with the arrays `x_train`, `y_train`, `x_test`, `y_test`.
            Images: `(N, height, width)` or `(N, height, width, 1)`, height and width at least 2, of integers,
            floats or booleans. If no value is above 1 the scale is taken as 0..1 and multiplied by 255,
            otherwise it is 0..255; values are rounded to uint8.
            Labels: `(N,)` or `(N, 1)`, whole numbers 0..K-1, every class present in training.

    Returns: `ImageData`: 60,000 + 10,000 images of 28×28 in 10 classes, 4,000 + 1,000 in the sample.
    Raises: `DataError` when the source fails, or its arrays do not have this form.
    """
    arrays, kind, origin = _find(_MNIST, source)
    return ImageData(**arrays, source=kind, origin=origin)


_MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
_MNIST_SIZE = 11_490_434  # bytes
_MNIST_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def _fetch_mnist(path: Path) -> None:
    _download(_MNIST_URL, path, _MNIST_SIZE, _MNIST_SHA256)


def _count_images(arrays: dict[str, np.ndarray]) -> str:
    (train, height, width), test = arrays["x_train"].shape, len(arrays["x_test"])
    classes = int(arrays["y_train"].max()) + 1
    return f"{train:,} training and {test:,} test images of {height}×{width}, {classes} classes"


def _read_images(path: Path) -> dict[str, np.ndarray]:
    """The four arrays of `ImageData` from an `.npz`, in its shapes and dtypes. Raises `DataError`."""
    arrays = _read_npz(path, ("x_train", "y_train", "x_test", "y_test"))
    train, test = (_check_images(name, arrays[name]) for name in ("x_train", "x_test"))
    y_train = _check_labels("y_train", arrays["y_train"], len(train))
    y_test = _check_labels("y_test", arrays["y_test"], len(test))
    sizes = ["×".join(map(str, images.shape[1:])) for images in (train, test)]
    what = f"x_train has images of {sizes[0]}, x_test of {sizes[1]}"
    _require(sizes[0] == sizes[1], what, "Bring all images to one height and width.")
    tops = [float(images.max()) for images in (train, test)]
    # Resizing may leave a hair above 1, which on the scale to 255 would be a black image.
    unit = max(tops) <= 1.001
    what = f"x_train and x_test differ in scale: their highest values are {tops[0]:g} and {tops[1]:g}"
    _require(unit or min(tops) > 1.001, what, "Bring both to 0..255 or both to 0..1.")

    classes = np.unique(y_train)
    top = int(classes[-1])
    _require(top > 0, "y_train has only the class 0", "A classifier needs two classes or more.")
    missing = np.setdiff1d(np.arange(min(top, 1_000)), classes)
    what = f"y_train must use every class from 0 to its highest label {top}, missing: {_listed(missing)}"
    _require(top == len(classes) - 1, what, "Renumber the labels of both parts without gaps.")
    unseen = np.setdiff1d(y_test, classes)
    what = f"y_test has classes that y_train never shows: {_listed(unseen)}"
    _require(not len(unseen), what, "Move some of their images to the training part, or drop them.")
    train, test = _as_uint8(train, unit), _as_uint8(test, unit)
    return {"x_train": train, "y_train": y_train, "x_test": test, "y_test": y_test}


def _read_npz(path: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """The arrays `names` of an untrusted `.npz`: no pickle, size bounded, checksums verified. `DataError`."""
    way_out = f"Write it with np.savez_compressed(path, {', '.join(f'{name}={name}' for name in names)})."
    arrays = {}
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {member.filename.removesuffix(".npy"): member.file_size for member in archive.infolist()}
            absent, found = ", ".join(n for n in names if n not in sizes), ", ".join(sizes) or "nothing"
            _require(not absent, f"the file lacks {absent}; found: {found}", way_out)
            unpacked = sum(sizes[name] for name in names)
            what = f"the arrays unpack to {unpacked:,} bytes, at most {MAX_UNPACKED:,} are accepted"
            _require(unpacked <= MAX_UNPACKED, what, "Save fewer or smaller images, as uint8.")
            for name in names:
                with archive.open(f"{name}.npy") as member:
                    arrays[name] = np.lib.format.read_array(member, allow_pickle=False)
                    # Reading to the very end makes zipfile verify the checksum.
                    _require(not member.read(1), f"{name} is longer than its header says", way_out)
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


def _check_images(name: str, images: np.ndarray) -> np.ndarray:
    """`images` as `(N, height, width)` of numbers 0..255, dtype untouched, or `DataError`."""
    _require(images.dtype.kind in "buif", f"{name} must hold numbers, got dtype {images.dtype}")
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    way_out = f"If the images are flat: {name}.reshape(-1, height, width)."
    if images.ndim == 4:
        way_out = f"If the images are in colour, make them grey: {name}[..., :3] @ [0.299, 0.587, 0.114]."
    what = f"{name} must have the shape (images, height, width), got {images.shape}"
    _require(images.ndim == 3, what, way_out)
    what = f"{name} must hold at least one image, of 2×2 pixels or more, got shape {images.shape}"
    _require(len(images) and min(images.shape[1:]) >= 2, what)
    low, high = float(images.min()), float(images.max())
    what = f"{name} must lie within 0..1 or 0..255 and be finite, got values from {low:g} to {high:g}"
    _require(low >= 0 and high <= 255, what, "Rescale it; cut overshoot off with np.clip, replace NaN.")
    return images


def _as_uint8(images: np.ndarray, unit: bool) -> np.ndarray:
    if images.dtype == np.uint8 and not unit:
        return images
    return np.rint(np.multiply(images, 255 if unit else 1, dtype=np.float32)).astype(np.uint8)


def _check_labels(name: str, labels: np.ndarray, count: int) -> np.ndarray:
    """`labels` as `(count,)` int32, all from 0, or `DataError`."""
    what = f"{name} must hold whole numbers 0..K-1, got "
    way_out = "Number the classes: np.unique(labels, return_inverse=True)[1]."
    _require(labels.dtype.kind in "buif", f"{what}dtype {labels.dtype}", way_out)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    hint = f"One-hot labels: take {name}.argmax(axis=1)." if labels.ndim == 2 else ""
    shape = f"{name} must have the shape ({count},), one label per image, got {labels.shape}"
    _require(labels.shape == (count,), shape, hint)
    wrong = labels[~((labels == np.rint(labels)) & (labels >= 0) & (labels < 2**31))]  # and NaN
    _require(not len(wrong), f"{what}{_listed(np.unique(wrong))}", way_out)
    return labels.astype(np.int32)


def _listed(values: np.ndarray) -> str:
    return ", ".join(str(value) for value in values[:10]) + (", …" if len(values) > 10 else "")


_MNIST = _Dataset("MNIST", "mnist.npz", "mnist-sample.npz", _read_images, _count_images, _fetch_mnist)


# -- prices


@dataclass(frozen=True, eq=False)
class PriceData:
    """Daily prices of one ticker.

    Attributes:
        table: one row per trading day, ascending `DatetimeIndex` without time zone. Columns `Open`, `High`,
            `Low`, `Close` in the ticker's currency (points for an index), and `Volume`, NaN where unknown.
        ticker: Yahoo's name for it.
        source: `"full"`, always: what does not cover the days asked for is an error, not a sample.
        origin: where it came from, in a few words.
    """

    table: pd.DataFrame
    ticker: str
    source: str
    origin: str


def prices(
    ticker: str = "^GSPC",
    start: str | None = None,
    end: str | None = None,
    source: str | os.PathLike = "auto",
) -> PriceData:
    """Daily prices of one ticker. Prints the source, counts, the longest gap and jumps like a split.

    Prices are *adjusted* where the source allows it: those before a split or a dividend are scaled, so that
    the ratio of two days is what an owner earned. Yahoo answers so; in a file a column `Adj Close` does it.
    The package `arch` bundles the S&P 500 and the Nasdaq Composite, 1999 to 2018, complete.

    Args:
        ticker: Yahoo's name: `"^GSPC"` (also `"SP500"`), `"^IXIC"` (also `"NASDAQ"`), `"MSFT"`.
        start: first day, as `"2005-01-03"`; None: all the source has, online from 1999.
        end: last day, included; None: all the source has.
        source: `"auto"` (cache, else Yahoo through `yfinance`, else bundled); `"cache"`, `"online"` or
            `"bundled"` alone; or the path of a CSV with a date, open, high, low and close, in any order and
            case.

    Returns: `PriceData` with at least two days.
    Raises: `DataError` when the source fails, lacks days asked for, or has impossible prices.
    """
    ticker = _checked_ticker(ticker)
    first, last = _day("start", start), _day("end", end)
    wrong_order = first is not None and last is not None and first >= last
    _require(not wrong_order, f"start must lie before end, got {start} and {end}")
    series = _ARCH_SERIES.get(ticker)
    arch = importlib.util.find_spec("arch")  # finds its folder without the second that importing it takes
    folder = Path(arch.submodule_search_locations[0]) if arch else Path()

    no_sample = (
        "`arch` is not installed (pip install arch)" if series else f"only {', '.join(_ARCH_SERIES)} are"
    )

    def read(path: Path) -> tuple[pd.DataFrame, list[str]]:
        table, notes = _read_prices(path)
        for asked, had, late in ((first, table.index[0], 1), (last, table.index[-1], -1)):
            if asked is not None and (had - asked).days * late > _SLACK:
                what = f"it has {table.index[0].date()} to {table.index[-1].date()}, not {asked.date()}"
                raise _DaysMissing(what, 'Ask for days inside, or with source="online".')
        table = table.loc[first:last]
        _require(len(table) > 1, f"it has {len(table)} days between {start} and {end}", "Two are the least.")
        return table, notes + _oddities(table)

    (table, _), kind, origin = _find(
        _Dataset(
            title=f"Prices of {ticker}",
            file=f"prices-{ticker}.csv",
            sample=str(folder / f"data/{series}/{series}.csv.gz") if arch and series else "",
            read=read,
            count=lambda found: _count_days(*found),
            fetch=lambda path: _fetch_prices(path, ticker, first, last),
            sample_kind="full",
            no_sample=no_sample,
        ),
        source,
    )
    return PriceData(table, ticker, kind, origin)


class _DaysMissing(DataError):
    """Sound data that ends before the days asked for."""


_ARCH_SERIES = {"^GSPC": "sp500", "^IXIC": "nasdaq"}  # Yahoo's names of what `arch` bundles
_OTHER_NAMES = {"SP500": "^GSPC", "NASDAQ": "^IXIC"}
_PRICE_COLUMNS = ("Open", "High", "Low", "Close")
_DATE_ORDERS = ("ISO8601", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y")
_SLACK = 7  # days: the first and the last day asked for may be holidays
_GAP = 6  # days without a price that are worth a word
_SPLIT = 1.4  # times: no ordinary day moves a price so far


def _checked_ticker(ticker: str) -> str:
    name = ticker.strip().upper() if isinstance(ticker, str) else ""
    way_out = "Call prices() once per ticker, with Yahoo's name such as ^GSPC or MSFT."
    # The name becomes a file name: nothing but what Yahoo uses may pass.
    _require(re.fullmatch(r"[A-Z0-9^][A-Z0-9.=^-]{0,19}", name), f"no ticker: {ticker!r}", way_out)
    return _OTHER_NAMES.get(name, name)


def _day(what: str, day: str | None) -> pd.Timestamp | None:
    import pandas as pd

    try:
        return None if day is None else pd.Timestamp(day).tz_localize(None).normalize()
    except (ValueError, TypeError) as error:
        raise DataError(f"{what} must be a day like '2005-01-03' or None, got {day!r}") from error


def _read_prices(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Daily table from a CSV, brought to the form of `PriceData.table`, and notes on what was mended."""
    import pandas as pd

    try:
        raw = pd.read_csv(path, dtype=str, skipinitialspace=True)
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise DataError(f"cannot be read as CSV ({error})", "Save it as comma-separated text.") from error
    _require(len(raw) > 1, f"{len(raw)} rows", "Two days with prices are the least.")
    raw.columns = [re.sub(r"[^a-z]", "", str(name).lower()) for name in raw.columns]
    dates = [name for name in ("date", "datetime", "timestamp", "time", "day") if name in raw]
    wanted = {name: name.lower() for name in _PRICE_COLUMNS}
    lacking = [name for name, column in wanted.items() if list(raw.columns).count(column) != 1]
    what = f"needs one column each for {', '.join(lacking or ['Date'])}; has {', '.join(raw.columns)}"
    _require(dates and not lacking, what)
    table = pd.DataFrame({name: _as_numbers(raw, column) for name, column in wanted.items()})
    table["Volume"] = _as_numbers(raw, "volume") if "volume" in raw else np.nan
    adjusted = _as_numbers(raw, "adjclose") if "adjclose" in raw else table["Close"]
    table.index = pd.DatetimeIndex(_as_days(raw[dates[0]]), name="Date")
    return _checked_prices(table, adjusted.to_numpy())


def _as_numbers(raw: pd.DataFrame, column: str) -> pd.Series:
    import pandas as pd

    text = raw[column].str.strip().replace({"": None, "null": None, "nan": None, "-": None})
    numbers = pd.to_numeric(text, errors="coerce")
    wrong = text[numbers.isna() & text.notna()]
    what = f"{column} has {len(wrong)} values that are no numbers, such as {wrong.tolist()[:1]}"
    _require(wrong.empty, what)
    return numbers


def _as_days(text: pd.Series) -> pd.Series:
    import pandas as pd

    # Without its offset a time stays the exchange's own: in UTC, Tokyo's midnight would be the day before.
    offset = r"(?<=:\d\d)(\.\d+)?\s*(Z|UTC|[+-]\d\d:?\d\d)$"
    local = text.fillna("").str.strip().str.replace(offset, "", regex=True)
    tried = [pd.to_datetime(local, errors="coerce", format=order) for order in _DATE_ORDERS]
    wrong = text[min(tried, key=lambda days: days.isna().sum()).isna()]
    what = f"{len(wrong)} dates cannot be read, such as {wrong.tolist()[:1]}"
    _require(wrong.empty, what, "Write them as 2005-01-03.")
    whole = [days for days in tried if days.notna().all()]
    _require(len(whole) == 1, f"{text.iloc[0]!r} may be day first or month first", "Write 2005-01-03.")
    return whole[0].dt.normalize()


def _checked_prices(table: pd.DataFrame, adjusted: np.ndarray) -> tuple[pd.DataFrame, list[str]]:
    notes, columns = [], list(_PRICE_COLUMNS)
    twice = table.index[table.index.duplicated()]
    what = f"{len(twice)} dates stand twice, such as {twice[:1].strftime('%Y-%m-%d').tolist()}"
    _require(twice.empty, what, "Keep one row a day, of one ticker.")
    table = table.assign(adjusted=adjusted).sort_index()
    complete = table[[*columns, "adjusted"]].notna().all(axis=1)
    if not complete.all():
        notes.append(f"days dropped for want of a price: {int((~complete).sum())}")
    table = table[complete]
    _require(len(table) > 1, f"{len(table)} days with prices", "Two are the least.")
    bad = table[~(np.isfinite(table[columns]) & (table[columns] > 0)).all(axis=1)]
    first = bad.index[:1].strftime("%Y-%m-%d").tolist()
    what = f"{len(bad)} days have a price that is not positive, the first is {first}"
    _require(bad.empty, what, "Drop these days, or ask for later ones.")
    _require((table["adjusted"] > 0).all(), "an adjusted close is not positive")
    if not np.allclose(table["adjusted"], table["Close"], rtol=1e-6):
        table[columns] = table[columns].mul(table["adjusted"] / table["Close"], axis=0)
        notes.append("prices scaled to the adjusted close")
    top, bottom = table[columns].max(axis=1), table[columns].min(axis=1)
    mended = int(((top > table["High"] * (1 + 1e-9)) | (bottom < table["Low"] * (1 - 1e-9))).sum())
    if mended:
        notes.append(f"days whose high or low had to be widened: {mended}")
    return table.assign(High=top, Low=bottom)[[*columns, "Volume"]], notes


def _oddities(table: pd.DataFrame) -> list[str]:
    """What a reader should know of the days kept: the longest gap, moves like an unadjusted split."""
    pauses = table.index.to_series().diff().dt.days
    notes = []
    if pauses.max() > _GAP:
        notes.append(f"longest gap {pauses.max():.0f} days, up to {pauses.idxmax().date()}")
    ratio = (table["Open"] / table["Close"].shift()).dropna()
    jumps = ratio[(ratio > _SPLIT) | (ratio < 1 / _SPLIT)]
    if len(jumps):
        first = f"×{jumps.iloc[0]:.3g} on {jumps.index[0].date()}"
        notes.append(f"jumps like an unadjusted split: {len(jumps)}, first {first}")
    return notes


def _count_days(table: pd.DataFrame, notes: list[str]) -> str:
    return "; ".join([f"{len(table):,} days, {table.index[0].date()} to {table.index[-1].date()}", *notes])


def _fetch_prices(path: Path, ticker: str, first: pd.Timestamp | None, last: pd.Timestamp | None) -> None:
    import pandas as pd

    try:
        import yfinance
    except ImportError as error:
        raise DataError("yfinance is not installed (pip install yfinance)") from error
    complaints = []  # yfinance logs why it failed and returns an empty table
    listener = logging.Handler(logging.ERROR)
    listener.emit = lambda record: complaints.append(record.getMessage().strip())
    logger = logging.getLogger("yfinance")
    propagate, handlers = logger.propagate, logger.handlers
    logger.propagate, logger.handlers = False, [listener]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its own, about pandas: the reader can do nothing about them
            table = yfinance.download(
                ticker,
                start=first or pd.Timestamp("1999-01-01"),
                end=None if last is None else last + pd.Timedelta(days=1),  # Yahoo leaves the end out
                auto_adjust=True,
                multi_level_index=False,
                progress=False,
                threads=False,
                timeout=TIMEOUT,
            )
    except Exception as error:  # whatever a scraper of a changing site may raise
        complaints.append(f"{type(error).__name__}: {error}")
        table = None
    finally:
        logger.propagate, logger.handlers = propagate, handlers
    said = " ".join(complaints)
    limited = "RateLimit" in said or "Too Many Requests" in said
    _require(not limited, f"Yahoo refuses {ticker} for now: too many requests", "Wait some minutes.")
    reason = f" ({complaints[-1][:160]})" if said else ""
    _require(table is not None and len(table), f"Yahoo sent no prices of {ticker}{reason}")
    if isinstance(table.columns, pd.MultiIndex):  # an older yfinance, or several tickers in one answer
        level = next((n for n in range(2) if ticker in table.columns.get_level_values(n)), None)
        _require(level is not None, f"Yahoo sent other tickers than {ticker}")
        table = table.xs(ticker, axis=1, level=level)
    table.index = pd.DatetimeIndex(table.index).tz_localize(None).normalize()
    table.rename_axis("Date").dropna(how="all").to_csv(path)


# -- reviews


@dataclass(frozen=True, eq=False)
class ReviewData:
    """Texts in classes, split into training and test, in the order of the file.

    Attributes:
        x_train: `(N,)` object, the texts as `str`, HTML breaks and all.
        y_train: `(N,)` int32, classes 0 to `num_classes` - 1.
        group_train: `(N,)` int32; rows of one number belong together (reviews of one film, equal texts) and
            should not be torn apart between training and validation.
        x_test: `(M,)` object.
        y_test: `(M,)` int32.
        group_test: `(M,)` int32, numbered as `group_train` is.
        class_names: the name of each class.
        source: `"full"`, or `"sample"` for the small set bundled with the cookbook.
        origin: where it came from, in a few words.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    group_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    group_test: np.ndarray
    class_names: tuple[str, ...]
    source: str
    origin: str

    @property
    def num_classes(self) -> int:
        """The number of classes."""
        return len(self.class_names)


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


def imdb(source: str | os.PathLike = "auto") -> ReviewData:
    """The Large Movie Review Dataset (Maas et al. 2011), or the reader's own labelled texts.

    Prints the source, counts, and what test and training share. The download also brings what
    `imdb_unlabeled` returns.

    Args:
        source: `"auto"` (cache, else download, else bundled sample); `"cache"`, `"online"` or `"bundled"`
            alone; or the path of a CSV, plain or `.gz`, in UTF-8, whose first line names its columns, in any
            order and case: `text`; `label`, two classes or more, as words or numbers; if there is one,
            `split`, `train` or `test` in each row; if there is one, `group` (or `film`), the name of what
            rows have in common. Other columns do not matter. Classes are numbered in the order of their
            names, numbers by value. Without `split`, a fifth of the rows becomes the test, whole groups of
            them, chosen by a hash, the same on every run.

    Returns: `ReviewData`: 25,000 + 25,000 reviews, half of them positive; 4,000 + 1,000 in the sample.
    Raises: `DataError` when the source fails, or its columns do not have this form.
    """
    (fields, _), kind, origin = _find(_IMDB, source)
    return ReviewData(**fields, source=kind, origin=origin)


def imdb_unlabeled(source: str | os.PathLike = "auto") -> TextData:
    """The unlabelled reviews of the Large Movie Review Dataset, or the reader's own texts. Prints the source.

    Args:
        source: as for `imdb`; a CSV needs the column `text` alone. Rows whose `split` is `test` are left out.

    Returns: `TextData`: 50,000 reviews; in the sample, the texts of its 4,000 training reviews.
    Raises: `DataError` when the source fails, or there are no texts in it.
    """
    texts, kind, origin = _find(_IMDB_UNLABELED, source)
    return TextData(texts, kind, origin)


_IMDB_URL = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
_IMDB_SIZE = 84_125_825  # bytes
_IMDB_SHA256 = "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe"
_IMDB_MEMBER = re.compile(
    r"aclImdb/(?P<part>(?:train|test)/(?:pos|neg|unsup))/(?P<id>\d{1,6})_(?P<rating>\d{1,2})\.txt"
    r"|aclImdb/(?P<split>train|test)/urls_(?P<kind>pos|neg|unsup)\.txt"
)
_MAX_MEMBERS = 200_000  # in the archive; it has about 100,030
_MAX_MEMBER = 4 << 20  # bytes of one that is read; the longest list of addresses has 2,450,000


def _fetch_imdb(path: Path) -> None:
    """Writes `imdb.csv.gz` or `imdb-unlabeled.csv.gz`, as `path` says, and puts the other into the cache."""
    archive = path.with_name("aclImdb_v1.tar.gz")
    _download(_IMDB_URL, archive, _IMDB_SIZE, _IMDB_SHA256)
    reviews, films = _read_archive(archive)
    labelled = [
        (split, label, number, rating, films[f"{split}/{kind}"][number], text)
        for split in ("train", "test")
        for label, kind in enumerate(("neg", "pos"))
        for number, (rating, text) in enumerate(reviews[f"{split}/{kind}"])
    ]
    unlabelled = [(number, text) for number, (_, text) in enumerate(reviews["train/unsup"])]
    tables = {
        _IMDB.file: ("split,label,id,rating,film,text", labelled),
        _IMDB_UNLABELED.file: ("id,text", unlabelled),
    }
    for name, (header, rows) in tables.items():
        _write_table(path.with_name(name), header.split(","), rows)
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
                what = f"the archive holds more than {_MAX_MEMBERS:,} members or {MAX_UNPACKED:,} bytes"
                _require(count < _MAX_MEMBERS and unpacked <= MAX_UNPACKED, what)
                match = _IMDB_MEMBER.fullmatch(member.name)
                if not match:
                    continue
                regular = member.isreg() and member.size <= _MAX_MEMBER
                what = f"{member.name} in the archive is no file of at most {_MAX_MEMBER:,} bytes"
                _require(regular, what)
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
        _require(numbered and gap is None, f"the archive lacks the review {gap or 0} of {part}")
        what = f"the archive names {len(films.get(part, []))} films for the {len(numbered)} reviews of {part}"
        _require(part == "train/unsup" or len(films.get(part, [])) == len(numbered), what)
        reviews[part] = [numbered[number] for number in range(len(numbered))]
    return reviews, films


def _write_table(path: Path, header: Sequence[str], rows: Sequence[Sequence]) -> None:
    with open(path, "wb") as file:
        with (
            gzip.GzipFile("", "wb", 6, file, mtime=0) as packed,
            io.TextIOWrapper(packed, "utf-8", newline="") as text,
        ):
            writer = csv.writer(text)
            writer.writerow(header)
            writer.writerows(rows)
        file.flush()
        os.fsync(file.fileno())


def _read_table(path: Path, needed: Sequence[str], optional: Sequence[str] = ()) -> dict[str, list]:
    """Columns of an untrusted CSV, plain or gzip, as lists of `str`; and `"line"`, for messages.

    Python's reader, not that of pandas: as fast on long texts, less memory, and it knows the line of a fault.
    """
    way_out = "Save it as CSV in UTF-8, columns separated by commas, texts in double quotes."
    content = io.BytesIO()
    try:
        with open(path, "rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with (gzip.open if packed else open)(path, "rb") as file:
            while block := file.read(1 << 20):
                content.write(block)
                _require(content.tell() <= MAX_TEXT, f"the file has more than {MAX_TEXT:,} bytes of text")
    except (OSError, EOFError, zlib.error) as error:
        what = f"the file cannot be read ({getattr(error, 'strerror', None) or error})"
        raise DataError(what, "Is it whole, and may you read it?") from error
    content.seek(0)
    reader = csv.reader(io.TextIOWrapper(content, "utf-8-sig", newline=""), strict=True)
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
    listed = ", ".join(header)[:200] or "nothing"
    absent = ", ".join(name for name in needed if name not in names)
    what = f"the first line must name the columns {', '.join(needed)}; {absent} is missing, found: {listed}"
    mark = next((mark for mark in ";\t|" if mark in listed), None) if len(header) == 1 else None
    _require(not absent, what, f"The columns seem to be separated by {mark!r}. {way_out}" if mark else "")
    columns = [name for name in (*needed, *optional) if name in names]
    twice = ", ".join(name for name in columns if names.count(name) > 1)
    _require(not twice, f"the first line names the column {twice} twice: {listed}")
    line = next((line for row, line in rows if len(row) != len(names)), None)
    what = f"line {line} has not the {len(names)} columns of the first line"
    _require(line is None, what, f"{way_out} Double the quotes inside a text.")
    _require(rows, "there is no row below the first line")
    table = {name: [row[names.index(name)] for row, _ in rows] for name in columns}
    table["line"] = [line for _, line in rows]
    for name in needed:
        blank = [line for value, line in zip(table[name], table["line"], strict=True) if not value.strip()]
        what = f"{len(blank):,} rows have no {name}, the first on line {blank[:1]}"
        _require(not blank, what, "Fill them in, or drop these rows.")
    return table


def _read_reviews(path: Path) -> tuple[dict[str, Any], list[str]]:
    """The fields of `ReviewData` from a CSV, and what the reader should know of them. Raises `DataError`."""
    table = _read_table(path, ("text", "label"), ("split", "group", "film", "rating"))
    texts = np.array(table["text"], object)
    labels, names = _number_labels(table["label"])
    if "film" in table and "rating" in table and names == ("0", "1"):  # our own normal form
        names = ("negative", "positive")
    given = table.get("group") or table.get("film")
    numbers, groups = {}, np.empty(len(texts), np.int32)
    for row, text in enumerate(table["text"]):
        name = given[row].strip() if given else ""
        key = f"group {name}" if name else f"text {text}"  # equal texts belong together
        groups[row] = numbers.setdefault(key, len(numbers))
    notes = []
    if "split" in table:
        split = [value.strip().lower() for value in table["split"]]
        for value, line in zip(split, table["line"], strict=True):
            _require(value in ("train", "test"), f"split must be train or test, got {value!r} on line {line}")
        is_test = np.array(split) == "test"
        both = 0 < is_test.sum() < len(is_test)
        _require(both, f"split is {split[0]!r} in every row", "Name both parts, or leave the column out.")
    else:
        is_test = _hash_split(groups, list(numbers))
        how = "whole groups up to a fifth" if given else "a fifth"
        notes.append(f"no column split, so {how} of the rows became the test")
    train, test = ~is_test, is_test
    unseen = [names[label] for label in np.setdiff1d(labels[test], labels[train])]
    what = f"the test rows have classes that no training row shows: {_listed(unseen)}"
    _require(not unseen, what, "Move rows of theirs into training, or drop them.")
    known = set(texts[train])
    copies = sum(text in known for text in texts[test])
    notes += [f"{copies:,} test texts stand in training too"] * bool(copies)
    if given:
        shared = len(np.intersect1d(groups[train], groups[test]))
        notes.insert(0, f"{len(numbers):,} groups" + f", {shared:,} of them in both parts" * bool(shared))
    parts = {"train": train, "test": test}
    columns = {"x": texts, "y": labels, "group": groups}
    fields = {f"{name}_{part}": columns[name][rows] for part, rows in parts.items() for name in columns}
    return fields | {"class_names": names}, notes


def _number_labels(labels: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Class numbers `(N,)` int32 and the names of the classes: numbers by value, else words by alphabet."""
    labels = [label.strip() for label in labels]
    values = {label: label for label in set(labels)}
    with contextlib.suppress(ValueError):
        numbers = {label: float(label) for label in values}
        if np.isfinite(list(numbers.values())).all():
            values = numbers  # 1 and 1.0 are one class
    order = sorted(set(values.values()))
    names = tuple(str(value).removesuffix(".0") for value in order)
    what = f"every row has the label {names[0]!r}"
    _require(len(names) > 1, what, "A classifier needs two classes or more.")
    what = f"label has {len(names):,} different values in {len(labels):,} rows, such as {names[0]!r}"
    _require(2 * len(names) <= len(labels), what, "Name classes, each with several rows.")
    classes = {value: number for number, value in enumerate(order)}
    return np.array([classes[values[label]] for label in labels], np.int32), names


def _hash_split(groups: np.ndarray, keys: Sequence[str]) -> np.ndarray:
    """Which rows are the test: whole groups, by the hash of their keys, up to a fifth of the rows."""
    _require(len(keys) > 1, "all rows belong to one group", "Add a column split, or tell groups apart.")
    sizes, room = np.bincount(groups), len(groups) / 5
    order = sorted(range(len(keys)), key=lambda group: hashlib.sha256(keys[group].encode()).digest())
    chosen = []
    for group in order:
        if sizes[group] <= room:
            room -= sizes[group]
            chosen.append(group)
    return np.isin(groups, chosen or [sizes.argmin()])


def _count_reviews(fields: dict[str, Any], notes: Sequence[str]) -> str:
    train, test = len(fields["x_train"]), len(fields["x_test"])
    listed = _listed(np.array(fields["class_names"]))
    counts = f"{train:,} training and {test:,} test texts, {len(fields['class_names'])} classes ({listed})"
    return "; ".join([counts, *notes])


def _read_unlabeled(path: Path) -> np.ndarray:
    table = _read_table(path, ("text",), ("split",))
    split = table.get("split") or [""] * len(table["text"])
    kept = [text for text, part in zip(table["text"], split, strict=True) if part.strip().lower() != "test"]
    _require(kept, "every row belongs to the test", "Name a file with training texts.")
    return np.array(kept, object)


_IMDB = _Dataset(
    title="IMDB",
    file="imdb.csv.gz",
    sample="imdb-sample.csv.gz",
    read=_read_reviews,
    count=lambda found: _count_reviews(*found),
    fetch=_fetch_imdb,
)
_IMDB_UNLABELED = _Dataset(
    title="IMDB, unlabelled",
    file="imdb-unlabeled.csv.gz",
    sample="imdb-sample.csv.gz",
    read=_read_unlabeled,
    count=lambda texts: f"{len(texts):,} texts",
    fetch=_fetch_imdb,
)
