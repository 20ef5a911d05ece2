"""Data for the recipes: found, fetched, checked, never half-read.

Every loader asks in this order, takes the first that answers, and prints which one it was, with counts:

1. the reader's own file, when `source` is a path;
2. the cache folder (`$RNN_COOKBOOK_DATA`, else `~/.cache/rnn-cookbook`);
3. the public origin, whose download is checked and then stored in the cache;
4. the small sample bundled with the cookbook.

`source="cache" | "online" | "bundled"` asks that one step only. Every problem raises `DataError`. A further
loader is one `_Dataset`: how to read its normal form, and how to fetch it into a private folder.
"""

import contextlib
import functools
import itertools
import logging
import os
import queue
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pooch
import requests
import urllib3
from tqdm import tqdm

__all__ = ["DataError", "ImageData", "cache_folder", "mnist"]

DATA_FOLDER = Path(__file__).resolve().parent.parent / "data"  # the samples of a clone

TIMEOUT = 20.0  # seconds until an answer (name look-up, every address and headers together), then of silence
STALL_WINDOW = 30.0  # seconds over which the speed is judged
MIN_RATE = 2_000  # bytes per second; a slower server would never finish
BACKOFF = 1.0  # seconds before the second try, twice that before the third
MAX_UNPACKED = 4 << 30  # bytes that an .npz may unpack to


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
        sample: file name of its sample in `data/`.
        read: reads and checks a file in normal form (cached, bundled or the reader's own). Raises `DataError`
            that leaves the path out: the caller knows it.
        count: one phrase with the counts of what `read` returned.
        fetch: writes the normal form to the path given, alone in a temporary folder: a raw download can stand
            beside it while it is converted. Raises `DataError`, or `OSError` when it cannot write.
    """

    title: str
    file: str
    sample: str
    read: Callable[[Path], Any]
    count: Callable[[Any], str]
    fetch: Callable[[Path], object]


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
    return found, "sample" if is_sample else "full", f"your file ({path.name})"


def _from_cache(dataset: _Dataset) -> tuple[Any, str, str]:
    path = cache_folder() / dataset.file
    way_out = 'Download it with source="online", or set RNN_COOKBOOK_DATA to the folder that has it.'
    _require(os.path.lexists(path), f"no {dataset.file} in the cache", f"Looked for {path}. {way_out}")
    try:
        return dataset.read(path), "full", f"the cache ({dataset.file})"
    except DataError as error:
        way_out = f'{path}: {error.what}. Delete it, or replace it with source="online".'
        raise DataError(f"{dataset.file} in the cache is damaged", way_out) from error


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
    what = f"no bundled {dataset.sample}: these helpers came without data/, as in the Colab edition"
    way_out = 'Use source="online", or run inside a clone of the cookbook.'
    _require(os.path.lexists(path), what, f"Looked for {path}. {way_out}")
    try:
        return dataset.read(path), "sample", f"the bundled {dataset.sample}"
    except DataError as error:
        raise DataError(f"{path}: {error.what}", "Restore it from the repository.") from error


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
