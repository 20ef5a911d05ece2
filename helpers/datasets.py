"""The data of the recipes: one loader each, which also takes the reader's own file.

Every loader prints which source answered, with counts, and raises `DataError` for every problem. `fetch` says
in which order the sources are asked.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import hashlib
import importlib.util
import io
import itertools
import json
import logging
import os
import re
import tarfile
import unicodedata
import warnings
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.fetch import (
    MAX_UNPACKED,
    TIMEOUT,
    DataError,
    Dataset,
    DaysMissing,
    cache_folder,
    download,
    find,
    first,
    listed,
    progress,
    read_npz,
    read_table,
    read_text,
    require,
    write_packed,
)
from helpers.text import APOSTROPHES

if TYPE_CHECKING:  # imported where it is used: most recipes do without
    import pandas as pd

__all__ = [
    "DataError",
    "ImageData",
    "PairData",
    "PoemData",
    "PriceData",
    "ReviewData",
    "TextData",
    "cache_folder",
    "imdb",
    "imdb_unlabeled",
    "mnist",
    "plain_text",
    "prices",
    "tang_poems",
    "translation_pairs",
]


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


def mnist(source: str | os.PathLike | None = None) -> ImageData:
    """MNIST (LeCun, Cortes, Burges; CC BY-SA 3.0), or the reader's own images. Prints the source and counts.

    Args:
        source: None for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where it is not set;
            `"auto"` (cache, else download, else bundled sample); `"cache"`, `"online"` or `"bundled"`
            alone; or the path of an `.npz` with the arrays `x_train`, `y_train`, `x_test`, `y_test`.
            Images: `(N, height, width)` or `(N, height, width, 1)`, height and width at least 2, of integers,
            floats or booleans. If no value is above 1 the scale is taken as 0..1 and multiplied by 255,
            otherwise it is 0..255; values are rounded to uint8.
            Labels: `(N,)` or `(N, 1)`, whole numbers 0..K-1, every class present in training.

    Returns: `ImageData`: 60,000 + 10,000 images of 28×28 in 10 classes, 4,000 + 1,000 in the sample.
    Raises: `DataError` when the source fails, or its arrays do not have this form.
    """
    arrays, kind, origin = find(_MNIST, source)
    return ImageData(**arrays, source=kind, origin=origin)


_MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
_MNIST_SIZE = 11_490_434  # bytes
_MNIST_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def _fetch_mnist(path: Path) -> None:
    download(_MNIST_URL, path, _MNIST_SIZE, _MNIST_SHA256)


def _count_images(arrays: dict[str, np.ndarray]) -> str:
    (train, height, width), test = arrays["x_train"].shape, len(arrays["x_test"])
    classes = int(arrays["y_train"].max()) + 1
    return f"{train:,} training and {test:,} test images of {height}×{width}, {classes} classes"


def _read_images(path: Path) -> dict[str, np.ndarray]:
    """The four arrays of `ImageData` from an `.npz`, in its shapes and dtypes. Raises `DataError`."""
    arrays = read_npz(path, ("x_train", "y_train", "x_test", "y_test"))
    train, test = (_check_images(name, arrays[name]) for name in ("x_train", "x_test"))
    y_train = _check_labels("y_train", arrays["y_train"], len(train))
    y_test = _check_labels("y_test", arrays["y_test"], len(test))
    sizes = ["×".join(map(str, images.shape[1:])) for images in (train, test)]
    what = f"x_train has images of {sizes[0]}, x_test of {sizes[1]}"
    require(sizes[0] == sizes[1], what, "Bring all images to one height and width.")
    tops = [float(images.max()) for images in (train, test)]
    # Resizing may leave a hair above 1, which on the scale to 255 would be a black image.
    unit = max(tops) <= 1.001
    what = f"x_train and x_test differ in scale: their highest values are {tops[0]:g} and {tops[1]:g}"
    require(unit or min(tops) > 1.001, what, "Bring both to 0..255 or both to 0..1.")

    classes = np.unique(y_train)
    top = int(classes[-1])
    require(top > 0, "y_train has only the class 0", "A classifier needs two classes or more.")
    missing = np.setdiff1d(np.arange(min(top, 1_000)), classes)
    what = f"y_train must use every class from 0 to its highest label {top}, missing: {listed(missing)}"
    require(top == len(classes) - 1, what, "Renumber the labels of both parts without gaps.")
    unseen = np.setdiff1d(y_test, classes)
    what = f"y_test has classes that y_train never shows: {listed(unseen)}"
    require(not len(unseen), what, "Move some of their images to the training part, or drop them.")
    train, test = _as_uint8(train, unit), _as_uint8(test, unit)
    return {"x_train": train, "y_train": y_train, "x_test": test, "y_test": y_test}


def _check_images(name: str, images: np.ndarray) -> np.ndarray:
    """`images` as `(N, height, width)` of numbers 0..255, dtype untouched, or `DataError`."""
    require(images.dtype.kind in "buif", f"{name} must hold numbers, got dtype {images.dtype}")
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    way_out = f"If the images are flat: {name}.reshape(-1, height, width)."
    if images.ndim == 4:
        way_out = f"If the images are in colour, make them grey: {name}[..., :3] @ [0.299, 0.587, 0.114]."
    what = f"{name} must have the shape (images, height, width), got {images.shape}"
    require(images.ndim == 3, what, way_out)
    what = f"{name} must hold at least one image, of 2×2 pixels or more, got shape {images.shape}"
    require(len(images) and min(images.shape[1:]) >= 2, what)
    low, high = float(images.min()), float(images.max())
    what = f"{name} must lie within 0..1 or 0..255 and be finite, got values from {low:g} to {high:g}"
    require(low >= 0 and high <= 255, what, "Rescale it; cut overshoot off with np.clip, replace NaN.")
    return images


def _as_uint8(images: np.ndarray, unit: bool) -> np.ndarray:
    if images.dtype == np.uint8 and not unit:
        return images
    return np.rint(np.multiply(images, 255 if unit else 1, dtype=np.float32)).astype(np.uint8)


def _check_labels(name: str, labels: np.ndarray, count: int) -> np.ndarray:
    """`labels` as `(count,)` int32, all from 0, or `DataError`."""
    what = f"{name} must hold whole numbers 0..K-1, got "
    way_out = "Number the classes: np.unique(labels, return_inverse=True)[1]."
    require(labels.dtype.kind in "buif", f"{what}dtype {labels.dtype}", way_out)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    hint = f"One-hot labels: take {name}.argmax(axis=1)." if labels.ndim == 2 else ""
    shape = f"{name} must have the shape ({count},), one label per image, got {labels.shape}"
    require(labels.shape == (count,), shape, hint)
    wrong = labels[~((labels == np.rint(labels)) & (labels >= 0) & (labels < 2**31))]  # and NaN
    require(not len(wrong), f"{what}{listed(np.unique(wrong))}", way_out)
    return labels.astype(np.int32)


_MNIST = Dataset("MNIST", "mnist.npz", "mnist-sample.npz", _read_images, _count_images, _fetch_mnist)


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
    source: str | os.PathLike | None = None,
) -> PriceData:
    """Daily prices of one ticker. Prints the source, counts, the longest gap and jumps like a split.

    Prices are *adjusted* where the source allows it: those before a split or a dividend are scaled, so that
    the ratio of two days is what an owner earned. Yahoo answers so; in a file a column `Adj Close` does it.
    The package `arch` bundles the S&P 500 and the Nasdaq Composite, 1999 to 2018, complete.

    Args:
        ticker: Yahoo's name: `"^GSPC"` (also `"SP500"`), `"^IXIC"` (also `"NASDAQ"`), `"MSFT"`.
        start: first day, as `"2005-01-03"`; None: all the source has, online from 1999.
        end: last day, included; None: all the source has.
        source: None for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where it is not set;
            `"auto"` (cache, else Yahoo through `yfinance`, else bundled); `"cache"`, `"online"` or
            `"bundled"` alone; or the path of a CSV with a date, open, high, low and close, in any order and
            case.

    Returns: `PriceData` with at least two days.
    Raises: `DataError` when the source fails, lacks days asked for, or has impossible prices.
    """
    ticker = _checked_ticker(ticker)
    first, last = _day("start", start), _day("end", end)
    wrong_order = first is not None and last is not None and first >= last
    require(not wrong_order, f"start must lie before end, got {start} and {end}")
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
                raise DaysMissing(what, 'Ask for days inside, or with source="online".')
        table = table.loc[first:last]
        require(len(table) > 1, f"it has {len(table)} days between {start} and {end}", "Two are the least.")
        return table, notes + _oddities(table)

    (table, _), kind, origin = find(
        Dataset(
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
    require(re.fullmatch(r"[A-Z0-9^][A-Z0-9.=^-]{0,19}", name), f"no ticker: {ticker!r}", way_out)
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
    require(len(raw) > 1, f"{len(raw)} rows", "Two days with prices are the least.")
    raw.columns = [re.sub(r"[^a-z]", "", str(name).lower()) for name in raw.columns]
    dates = [name for name in ("date", "datetime", "timestamp", "time", "day") if name in raw]
    wanted = {name: name.lower() for name in _PRICE_COLUMNS}
    lacking = [name for name, column in wanted.items() if list(raw.columns).count(column) != 1]
    what = f"needs one column each for {', '.join(lacking or ['Date'])}; has {', '.join(raw.columns)}"
    require(dates and not lacking, what)
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
    what = f"{column} has {len(wrong)} values that are no numbers, such as {first(wrong)!r}"
    require(wrong.empty, what)
    return numbers


def _as_days(text: pd.Series) -> pd.Series:
    import pandas as pd

    # Without its offset a time stays the exchange's own: in UTC, Tokyo's midnight would be the day before.
    offset = r"(?<=:\d\d)(\.\d+)?\s*(Z|UTC|[+-]\d\d:?\d\d)$"
    local = text.fillna("").str.strip().str.replace(offset, "", regex=True)
    tried = [pd.to_datetime(local, errors="coerce", format=order) for order in _DATE_ORDERS]
    wrong = text[min(tried, key=lambda days: days.isna().sum()).isna()]
    what = f"{len(wrong)} dates cannot be read, such as {first(wrong)!r}"
    require(wrong.empty, what, "Write them as 2005-01-03.")
    whole = [days for days in tried if days.notna().all()]
    require(len(whole) == 1, f"{text.iloc[0]!r} may be day first or month first", "Write 2005-01-03.")
    return whole[0].dt.normalize()


def _checked_prices(table: pd.DataFrame, adjusted: np.ndarray) -> tuple[pd.DataFrame, list[str]]:
    notes, columns = [], list(_PRICE_COLUMNS)
    twice = table.index[table.index.duplicated()]
    what = f"{len(twice)} dates stand twice, such as {first(twice.strftime('%Y-%m-%d'))}"
    require(twice.empty, what, "Keep one row a day, of one ticker.")
    table = table.assign(adjusted=adjusted).sort_index()
    complete = table[[*columns, "adjusted"]].notna().all(axis=1)
    if not complete.all():
        notes.append(f"days dropped for want of a price: {int((~complete).sum())}")
    table = table[complete]
    require(len(table) > 1, f"{len(table)} days with prices", "Two are the least.")
    bad = table[~(np.isfinite(table[columns]) & (table[columns] > 0)).all(axis=1)]
    day = first(bad.index.strftime("%Y-%m-%d"))
    what = f"{len(bad)} days have a price that is not positive, the first is {day}"
    require(bad.empty, what, "Drop these days, or ask for later ones.")
    require((table["adjusted"] > 0).all(), "an adjusted close is not positive")
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
        jump = f"×{jumps.iloc[0]:.3g} on {jumps.index[0].date()}"
        notes.append(f"jumps like an unadjusted split: {len(jumps)}, first {jump}")
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
    require(not limited, f"Yahoo refuses {ticker} for now: too many requests", "Wait some minutes.")
    reason = f" ({complaints[-1][:160]})" if said else ""
    require(table is not None and len(table), f"Yahoo sent no prices of {ticker}{reason}")
    if isinstance(table.columns, pd.MultiIndex):  # an older yfinance, or several tickers in one answer
        level = next((n for n in range(2) if ticker in table.columns.get_level_values(n)), None)
        require(level is not None, f"Yahoo sent other tickers than {ticker}")
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
    (fields, _), kind, origin = find(_IMDB, source)
    return ReviewData(**fields, source=kind, origin=origin)


def plain_text(path: str | os.PathLike) -> TextData:
    """The reader's own texts in any language: paragraphs between blank lines, else one a line. Prints counts.

    Args:
        path: a text file in UTF-8, plain or `.gz`.

    Raises: `DataError` when there is no such file, no text in it, or another encoding.
    """
    texts, kind, origin = find(_PLAIN_TEXT, path)
    return TextData(texts, kind, origin)


def imdb_unlabeled(source: str | os.PathLike | None = None) -> TextData:
    """The unlabelled reviews of the Large Movie Review Dataset, or the reader's own texts. Prints the source.

    Args:
        source: as for `imdb`; a CSV needs the column `text` alone. Rows whose `split` is `test` are left out.

    Returns: `TextData`: 50,000 reviews; in the sample, the texts of its 4,000 training reviews.
    Raises: `DataError` when the source fails, or there are no texts in it.
    """
    texts, kind, origin = find(_IMDB_UNLABELED, source)
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
    download(_IMDB_URL, archive, _IMDB_SIZE, _IMDB_SHA256)
    reviews, films = _read_archive(archive)
    labelled = [
        (split, label, number, rating, films[f"{split}/{kind}"][number], text)
        for split in ("train", "test")
        for label, kind in enumerate(("neg", "pos"))
        for number, (rating, text) in enumerate(reviews[f"{split}/{kind}"])
    ]
    unlabelled = [(number, text) for number, (_, text) in enumerate(reviews["train/unsup"])]
    tables = {
        _IMDB.file: [("split", "label", "id", "rating", "film", "text"), *labelled],
        _IMDB_UNLABELED.file: [("id", "text"), *unlabelled],
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
                what = f"the archive holds more than {_MAX_MEMBERS:,} members or {MAX_UNPACKED:,} bytes"
                require(count < _MAX_MEMBERS and unpacked <= MAX_UNPACKED, what)
                match = _IMDB_MEMBER.fullmatch(member.name)
                if not match:
                    continue
                regular = member.isreg() and member.size <= _MAX_MEMBER
                what = f"{member.name} in the archive is no file of at most {_MAX_MEMBER:,} bytes"
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


def _read_reviews(path: Path) -> tuple[dict[str, Any], list[str]]:
    """The fields of `ReviewData` from a CSV, and what the reader should know of them. Raises `DataError`."""
    table = read_table(path, ("text", "label"), ("split", "group", "film", "rating"))
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
            require(value in ("train", "test"), f"split must be train or test, got {value!r} on line {line}")
        is_test = np.array(split) == "test"
        both = 0 < is_test.sum() < len(is_test)
        require(both, f"split is {split[0]!r} in every row", "Name both parts, or leave the column out.")
    else:
        is_test = _hash_split(groups, list(numbers))
        how = "whole groups up to a fifth" if given else "a fifth"
        notes.append(f"no column split, so {how} of the rows became the test")
    train, test = ~is_test, is_test
    unseen = [names[label] for label in np.setdiff1d(labels[test], labels[train])]
    what = f"the test rows have classes that no training row shows: {listed(unseen)}"
    require(not unseen, what, "Move rows of theirs into training, or drop them.")
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
    require(len(names) > 1, what, "A classifier needs two classes or more.")
    what = f"label has {len(names):,} different values in {len(labels):,} rows, such as {names[0]!r}"
    require(2 * len(names) <= len(labels), what, "Name classes, each with several rows.")
    classes = {value: number for number, value in enumerate(order)}
    return np.array([classes[values[label]] for label in labels], np.int32), names


def _hash_split(groups: np.ndarray, keys: Sequence[str]) -> np.ndarray:
    """Which rows are the test: whole groups, by the hash of their keys, up to a fifth of the rows."""
    require(len(keys) > 1, "all rows belong to one group", "Add a column split, or tell groups apart.")
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
    names = fields["class_names"]
    counts = f"{train:,} training and {test:,} test texts, {len(names)} classes ({listed(names)})"
    return "; ".join([counts, *notes])


def _read_unlabeled(path: Path) -> np.ndarray:
    table = read_table(path, ("text",), ("split",))
    split = table.get("split") or [""] * len(table["text"])
    kept = [text for text, part in zip(table["text"], split, strict=True) if part.strip().lower() != "test"]
    require(kept, "every row belongs to the test", "Name a file with training texts.")
    return np.array(kept, object)


def _read_plain(path: Path) -> np.ndarray:
    text = read_text(path).strip()
    texts = re.split(r"\n\s*\n" if re.search(r"\n[^\S\n]*\n", text) else r"\n", text)
    require(texts != [""], "there is no text in the file")
    return np.array([part.strip() for part in texts], object)


def _count_texts(texts: np.ndarray) -> str:
    return f"{len(texts):,} texts"


_SAMPLE = "imdb-sample.csv.gz"
_IMDB = Dataset(
    "IMDB", "imdb.csv.gz", _SAMPLE, _read_reviews, lambda found: _count_reviews(*found), _fetch_imdb
)
_IMDB_UNLABELED = Dataset(
    "IMDB, unlabelled", "imdb-unlabeled.csv.gz", _SAMPLE, _read_unlabeled, _count_texts, _fetch_imdb
)
_PLAIN_TEXT = Dataset("Texts", "", "", _read_plain, _count_texts, fetch=None)


# -- poems


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


def tang_poems(source: str | os.PathLike | None = None, form: str | None = None) -> PoemData:
    """The Complete Tang Poems (chinese-poetry, MIT) in exact form, or the reader's own. Prints the source.

    Of the 57,607 entries those stay that have four or eight lines of five or of seven characters each. What
    has gaps, editors' notes or another form is dropped and counted, and so are copies.

    Args:
        source: None for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where it is not set;
            `"auto"` (cache, else download, else bundled sample); `"cache"`, `"online"` or `"bundled"`
            alone; or the path of a file: `.json` or `.json.gz`, a list of `{author, title, paragraphs, id}`,
            treated as above; or text in UTF-8, one poem a line, in any language, all kept but copies. There,
            punctuation ends the lines of a Chinese poem, and `/` those of any other.
        form: keep one form only, as `"7x4"`.

    Returns: `PoemData`: 36,389 poems.
    Raises: `DataError` when the source fails, the form is unknown, or no poem has it.
    """
    known = ", ".join((*_FORMS, "free"))
    require(form is None or form in (*_FORMS, "free"), f"form must be one of {known} or None, got {form!r}")
    dataset = Dataset(
        title="Tang poems",
        file="quantangshi.json.gz",
        sample="tang-sample.json.gz",
        read=lambda path: _read_poems(path, form),
        count=_count_poems,
        fetch=_fetch_poems,
    )
    fields, kind, origin = find(dataset, source)
    return PoemData(**fields, source=kind, origin=origin)


_TANG_URL = "https://raw.githubusercontent.com/chinese-poetry/chinese-poetry/master/全唐诗"
_TANG_LAST = 57_000  # number of the first poem in the last file; there are a thousand in each before
_TANG_BYTES = 4 << 20  # of one file; the largest has about 600,000
_FORMS = ("5x4", "7x4", "5x8", "7x8")
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_MARKS = "，。？！；：、,.?!;:/\\s"
_FAULTS = {  # what keeps an entry from being verse; the first that is found names the reason
    "gaps": re.compile("[□○●囗〓\ue000-\uf8ff]"),  # private characters too: no font shows what was meant
    "notes": re.compile(r"[\[\](){}（）［］｛｝〖〗【】〔〕]"),
    "other characters": re.compile(f"[^{_HAN}{_MARKS}]"),
}
_NOT_CHINESE = re.compile("[\u3040-\u30ff\uac00-\ud7af]")  # kana, hangul


def _fetch_poems(path: Path) -> None:
    poems = []
    for start in progress(range(0, _TANG_LAST + 1, 1_000), desc="Tang poems", unit="file"):
        raw = path.with_name(f"poet.tang.{start}.json")
        download(f"{_TANG_URL}/{raw.name}", raw, _TANG_BYTES)
        try:
            found = _load_poems(raw)
            # Editors remove a poem now and then; a file that lost many is not what it should be.
            what = f"the file has {len(found):,} poems, about 1,000 expected"
            require(len(found) >= 900 or start == _TANG_LAST, what)
        except DataError as error:
            raise DataError(f"{_TANG_URL}/{raw.name}: {error.what}") from error
        keys = ("author", "title", "paragraphs", "id")
        poems += [{key: poem.get(key, "") for key in keys} for poem in found]
    write_packed(path, json.dumps(poems, ensure_ascii=False))


def _load_poems(path: Path) -> list[dict[str, Any]]:
    """The poems of a JSON file, each with its `paragraphs`. Raises `DataError`."""
    way_out = 'Write a list of {"author": …, "title": …, "paragraphs": [line, …]}.'
    try:
        poems = json.loads(read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"the file is no whole JSON ({error})", way_out) from error
    require(isinstance(poems, list) and poems, "the file is no list of poems", way_out)
    for number, poem in enumerate(poems):
        match poem:
            case {"paragraphs": [*lines]} if all(isinstance(line, str) for line in lines):
                continue
        raise DataError(f"poem {number:,} of the file has no list of lines as paragraphs", way_out)
    return poems


def _read_poems(path: Path, form: str | None) -> dict[str, Any]:
    """The fields of `PoemData` from JSON or text. Raises `DataError`."""
    as_json = path.name.endswith((".json", ".json.gz"))
    if as_json:
        poems = _load_poems(path)
        texts = ["".join(poem["paragraphs"]) for poem in poems]
        names = [str(poem.get(key) or "") for key in ("title", "author") for poem in poems]
        names = _simplified(names)
        titles, authors = names[: len(poems)], names[len(poems) :]
    else:
        texts = [line for line in read_text(path).split("\n") if line.strip()]
        titles = authors = [""] * len(texts)
    found, dropped = {}, Counter()
    for text, title, author in zip(_simplified(texts), titles, authors, strict=True):
        lines, shape = _lines(text)
        if as_json and shape not in _FORMS:
            dropped[shape] += 1
        elif lines in found:
            dropped["copies"] += 1
        elif lines:
            found[lines] = shape if shape in _FORMS else "free", title, author
    kept = {lines: rest for lines, rest in found.items() if form in (None, rest[0])}
    require(kept, f"no poem {'in it' if form is None else f'of the form {form}'}; {_dropped(dropped)}")
    forms, titles, authors = map(list, zip(*kept.values(), strict=True))
    fields = {"poems": list(kept), "forms": np.array(forms), "titles": titles, "authors": authors}
    return fields | {"groups": _linked(list(kept)), "dropped": dict(dropped)}


def _lines(text: str) -> tuple[tuple[str, ...], str]:
    """The lines of a poem and their shape, as `"5x4"`, or what stands against an exact form."""
    fault = next((reason for reason, sign in _FAULTS.items() if sign.search(text)), None)
    lines = tuple(line.strip() for line in re.split("/" if fault else f"[{_MARKS}]+", text) if line.strip())
    even = len(set(map(len, lines))) == 1
    shape = f"{len(lines[0])}x{len(lines)}" if even else ""
    return lines, fault or (shape if shape in _FORMS else "another form")


def _simplified(texts: list[str]) -> list[str]:
    """The texts on one line each, Chinese ones in simplified characters; Japanese keeps its own."""
    texts = [" ".join(text.split()) for text in texts]
    chinese = [n for n, text in enumerate(texts) if not text.isascii() and not _NOT_CHINESE.search(text)]
    joined = "\n".join(texts[number] for number in chinese)
    if re.search(f"[{_HAN}]", joined):
        try:
            from opencc import OpenCC
        except ImportError as error:
            raise DataError("opencc is not installed (pip install opencc)") from error
        for number, text in zip(chinese, OpenCC("t2s").convert(joined).split("\n"), strict=True):
            texts[number] = text
    return texts


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
    return f"{len(fields['poems']):,} poems ({forms}); {_dropped(fields['dropped'])}"


def _dropped(reasons: dict[str, int]) -> str:
    return "dropped: " + (", ".join(f"{n:,} {reason}" for reason, n in sorted(reasons.items())) or "none")


# -- sentence pairs


@dataclass(frozen=True, eq=False)
class PairData:
    """Sentences and their translations, in the order of the file.

    Attributes:
        english: N sentences; in the reader's own file, the first column.
        foreign: their translations: the second column.
        language: the code asked for.
        dropped: how many lines were left out, by reason.
        source: `"full"`, or `"sample"` for the small set bundled with the cookbook.
        origin: where they came from, in a few words.
    """

    english: list[str]
    foreign: list[str]
    language: str
    dropped: dict[str, int]
    source: str
    origin: str


def translation_pairs(language: str = "fra", source: str | os.PathLike | None = None) -> PairData:
    """Tatoeba's English sentences, translated (CC BY 2.0 FR, through manythings.org), or the reader's pairs.

    Unicode is composed (NFC), apostrophes are `'`, spaces single and plain. Copies of a pair are dropped and
    counted; one sentence may still have several translations. Prints the source and counts.

    Args:
        language: three letters as in manythings.org/anki: `"fra"`, `"deu"`, `"spa"`, `"cmn"`.
        source: None for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where it is not set;
            `"auto"` (cache, else download, else bundled sample, of French alone); `"cache"`, `"online"`
            or `"bundled"` alone; or the path of a text file in UTF-8, plain or `.gz`, each line a sentence, a
            tab, its translation, and perhaps a tab and more; or of a `.zip` like those of manythings.org.

    Returns: `PairData`: 167,130 lines of French in 2019, a few more each year.
    Raises: `DataError` when the source fails, or a line has no tab.
    """
    known = isinstance(language, str) and re.fullmatch("[a-z]{3}", language)
    require(known, f"language must be three small letters such as 'fra', got {language!r}")
    name = f"{language}-eng.zip"
    dataset = Dataset(
        title=f"English–{language} pairs",
        file=name,
        sample="fra-eng-sample.zip" if language == "fra" else "",
        read=lambda path: _read_pairs(path, f"{language}.txt"),
        count=lambda fields: f"{len(fields['english']):,} sentence pairs; {_dropped(fields['dropped'])}",
        fetch=lambda path: download(f"{_PAIRS_URL}/{name}", path, _PAIRS_BYTES),
        no_sample="only that of fra is" if language != "fra" else Dataset.no_sample,
    )
    fields, kind, origin = find(dataset, source)
    return PairData(**fields, language=language, source=kind, origin=origin)


_PAIRS_URL = "https://www.manythings.org/anki"
_PAIRS_BYTES = 128 << 20  # of one archive; the largest have about 10 million


def _read_pairs(path: Path, member: str) -> dict[str, Any]:
    """The fields of `PairData` from tab-separated text, or from `member` of a zip. Raises `DataError`."""
    text = unicodedata.normalize("NFC", read_text(path, member))
    text = re.sub("[\u00ad\u200b\u2060\ufeff]", "", text).translate(APOSTROPHES)  # four have no width
    pairs, dropped = {}, Counter()
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        columns = [" ".join(column.split()) for column in line.split("\t")[:2]]
        if not any(columns):
            dropped["blank"] += 1
        elif len(columns) < 2:
            way_out = "Write a sentence, a tab and its translation on each line."
            raise DataError(f"line {number:,} has no tab: {line[:60]!r}", way_out)
        elif not all(columns):
            dropped["without a translation"] += 1
        elif tuple(columns) in pairs:
            dropped["copies"] += 1
        else:
            pairs[tuple(columns)] = None
    what = f"the file has {len(pairs)} different pairs; {_dropped(dropped)}"
    require(len(pairs) > 1, what, "Two are the least.")
    english, foreign = map(list, zip(*pairs, strict=True))
    return {"english": english, "foreign": foreign, "dropped": dict(dropped)}
