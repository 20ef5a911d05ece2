"""Daily prices from a CSV as banks, exchanges and Yahoo write it: any order of columns, any style of date."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from helpers.datasets.fetch import DataError, first, require

if TYPE_CHECKING:  # imported where it is used: most recipes do without
    import pandas as pd

__all__ = ["count_days", "oddities", "read_daily"]

COLUMNS = ("Open", "High", "Low", "Close")
DATE_ORDERS = ("ISO8601", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y")
GAP = 6  # days without a price that are worth a word
SPLIT = 1.4  # times: no ordinary day moves a price so far


def read_daily(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Daily table from a CSV, brought to the form of `PriceData.table`, and notes on what was mended."""
    import pandas as pd

    try:
        raw = pd.read_csv(path, dtype=str, skipinitialspace=True)
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise DataError(f"cannot be read as CSV ({error})", "Save it as comma-separated text.") from error
    require(len(raw) > 1, f"{len(raw)} rows", "Two days with prices are the least.")
    raw.columns = [re.sub(r"[^a-z]", "", str(name).lower()) for name in raw.columns]
    dates = [name for name in ("date", "datetime", "timestamp", "time", "day") if name in raw]
    wanted = {name: name.lower() for name in COLUMNS}
    lacking = [name for name, column in wanted.items() if list(raw.columns).count(column) != 1]
    what = f"needs one column each for {', '.join(lacking or ['Date'])}; has {', '.join(raw.columns)}"
    require(dates and not lacking, what)
    table = pd.DataFrame({name: _as_numbers(raw, column) for name, column in wanted.items()})
    table["Volume"] = _as_numbers(raw, "volume") if "volume" in raw else np.nan
    adjusted = _as_numbers(raw, "adjclose") if "adjclose" in raw else table["Close"]
    table.index = pd.DatetimeIndex(_as_days(raw[dates[0]]), name="Date")
    return _checked(table, adjusted.to_numpy())


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
    tried = [pd.to_datetime(local, errors="coerce", format=order) for order in DATE_ORDERS]
    wrong = text[min(tried, key=lambda days: days.isna().sum()).isna()]
    what = f"{len(wrong)} dates cannot be read, such as {first(wrong)!r}"
    require(wrong.empty, what, "Write them as 2005-01-03.")
    whole = [days for days in tried if days.notna().all()]
    require(len(whole) == 1, f"{text.iloc[0]!r} may be day first or month first", "Write 2005-01-03.")
    return whole[0].dt.normalize()


def _checked(table: pd.DataFrame, adjusted: np.ndarray) -> tuple[pd.DataFrame, list[str]]:
    notes, columns = [], list(COLUMNS)
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


def oddities(table: pd.DataFrame) -> list[str]:
    """What a reader should know of the days kept: the longest gap, moves like an unadjusted split."""
    pauses = table.index.to_series().diff().dt.days
    notes = []
    if pauses.max() > GAP:
        notes.append(f"longest gap {pauses.max():.0f} days, up to {pauses.idxmax().date()}")
    ratio = (table["Open"] / table["Close"].shift()).dropna()
    jumps = ratio[(ratio > SPLIT) | (ratio < 1 / SPLIT)]
    if len(jumps):
        jump = f"×{jumps.iloc[0]:.3g} on {jumps.index[0].date()}"
        notes.append(f"jumps like an unadjusted split: {len(jumps)}, first {jump}")
    return notes


def count_days(table: pd.DataFrame, notes: list[str]) -> str:
    return "; ".join([f"{len(table):,} days, {table.index[0].date()} to {table.index[-1].date()}", *notes])
