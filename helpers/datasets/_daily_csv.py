"""Daily prices from a CSV as banks, exchanges and Yahoo write it: any order of columns, any style of date."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from helpers.datasets.fetch import BLANK, check_widths, first, listed, read_rows, require

if TYPE_CHECKING:  # imported where it is used: most recipes do without
    import pandas as pd

__all__ = ["count_days", "oddities", "read_daily"]

COLUMNS = ("Open", "High", "Low", "Close")
CLOSES = ("closelast", "price", "last", "closingprice", "closeprice")  # what others call the close
DATE_ORDERS = ("ISO8601", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y")
GAP = 6  # days without a price that are worth a word
SPLIT = 1.4  # times: no ordinary day moves a price so far
SAVE = "Save it as comma-separated text in UTF-8."
PLAIN = "Write 1234.50: no $, no thousands mark, decimal point."
# A comma with a point behind it parts thousands; in 1,234 it may be a decimal comma, too.
NUMBER = r"[$€£]?\s*([+-]?(?:\d{1,3}(?:,\d{3})+\.\d+|\d+\.?\d*))"


def read_daily(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Daily table from a CSV, brought to the form of `PriceData.table`, and notes on what was mended."""
    import pandas as pd

    raw, names = _read_cells(path)
    other = [] if "close" in raw else [name for name in CLOSES if name in raw][:1]
    raw = raw.rename(columns=dict.fromkeys(other, "close"))
    dates = [name for name in ("date", "datetime", "timestamp", "time", "day") if name in raw]
    wanted = {name: name.lower() for name in COLUMNS}
    lacking = [name for name, column in wanted.items() if list(raw.columns).count(column) != 1]
    what = f"needs one column each for {', '.join(lacking or ['Date'])}; has {listed(names)}"
    require(dates and not lacking, what)
    table = pd.DataFrame({name: _as_numbers(raw, column) for name, column in wanted.items()})
    table["Volume"], notes = _volume(raw)
    adjusted = _as_numbers(raw, "adjclose") if "adjclose" in raw else table["Close"]
    table.index = pd.DatetimeIndex(_as_days(raw[dates[0]]), name="Date")
    table, mended = _checked(table, adjusted.to_numpy())
    return table, [f"closes taken from {name!r}" for name in other] + notes + mended


def _read_cells(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Every column as text, its name brought to small letters; and the names as they stand."""
    import pandas as pd

    header, rows = read_rows(path, SAVE, skipinitialspace=True)
    # Some files end each row, but not the first line, with a comma.
    rows = [(row if any(row[len(header) :]) else row[: len(header)], line) for row, line in rows if any(row)]
    require(len(rows) > 1, f"{len(rows)} rows", "Two days with prices are the least.")
    check_widths(rows, len(header), SAVE)
    raw = pd.DataFrame([row for row, _ in rows], dtype=str)
    raw.columns = [re.sub(r"[^a-z]", "", name.lower()) for name in header]
    return raw, [name.strip() for name in header]


def _parsed(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Numbers, NaN for blank cells and for what is no number; the cells of the latter."""
    import pandas as pd

    text = text.str.strip()
    text = text.mask(text.str.lower().isin(BLANK))
    plain = text.str.replace(f"^{NUMBER}$", lambda match: match[1].replace(",", ""), regex=True)
    numbers = pd.to_numeric(plain, errors="coerce")
    return numbers, text[numbers.isna() & text.notna()]


def _as_numbers(raw: pd.DataFrame, column: str) -> pd.Series:
    numbers, wrong = _parsed(raw[column])
    what = f"{column} has {len(wrong)} values that are no numbers, such as {first(wrong)!r}"
    require(wrong.empty, what, PLAIN)
    return numbers


def _volume(raw: pd.DataFrame) -> tuple[pd.Series | float, list[str]]:
    """The volumes, NaN where they are unknown, and a note: they are not worth an error, no price is one."""
    if list(raw.columns).count("volume") != 1:
        return np.nan, []
    numbers, wrong = _parsed(raw["volume"])
    note = f"volumes that are no numbers, so left out: {len(wrong):,}, such as {first(wrong)!r}"
    return numbers, [note] * (not wrong.empty)


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
