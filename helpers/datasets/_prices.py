"""Daily prices of one ticker: Yahoo's, those bundled in the package `arch`, or a CSV of the reader's own.

Normal form: `prices-<ticker>.csv`, adjusted, with the columns Date, Open, High, Low, Close, Volume.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.datasets._daily_csv import count_days, oddities, read_daily
from helpers.datasets.fetch import TIMEOUT, DataError, Dataset, DaysMissing, find, require

if TYPE_CHECKING:  # imported where it is used: most recipes do without
    import pandas as pd

__all__ = ["PriceData", "prices"]

ARCH_SERIES = {"^GSPC": "sp500", "^IXIC": "nasdaq"}  # Yahoo's names of what `arch` bundles
OTHER_NAMES = {"SP500": "^GSPC", "NASDAQ": "^IXIC"}
SLACK = 7  # days: the first and the last day asked for may be holidays


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


def _checked_ticker(ticker: str) -> str:
    name = ticker.strip().upper() if isinstance(ticker, str) else ""
    way_out = "Call prices() once per ticker, with Yahoo's name such as ^GSPC or MSFT."
    # The name becomes a file name: nothing but what Yahoo uses may pass.
    require(re.fullmatch(r"[A-Z0-9^][A-Z0-9.=^-]{0,19}", name), f"no ticker: {ticker!r}", way_out)
    return OTHER_NAMES.get(name, name)


def _day(what: str, day: str | None) -> pd.Timestamp | None:
    import pandas as pd

    try:
        return None if day is None else pd.Timestamp(day).tz_localize(None).normalize()
    except (ValueError, TypeError) as error:
        raise DataError(f"{what} must be a day like '2005-01-03' or None, got {day!r}") from error


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
            case, separated by commas, semicolons or tabs, plain or `.gz`; prices as `1234.5` or `$1,234.50`.

    Returns: `PriceData` with at least two days.
    Raises: `DataError` when the source fails, lacks days asked for, or has impossible prices.
    """
    ticker = _checked_ticker(ticker)
    first, last = _day("start", start), _day("end", end)
    wrong_order = first is not None and last is not None and first >= last
    require(not wrong_order, f"start must lie before end, got {start} and {end}")
    series = ARCH_SERIES.get(ticker)
    arch = importlib.util.find_spec("arch")  # finds its folder without the second that importing it takes
    folder = Path(arch.submodule_search_locations[0]) if arch else Path()

    no_sample = (
        "`arch` is not installed (pip install arch)" if series else f"only {', '.join(ARCH_SERIES)} are"
    )

    def read(path: Path) -> tuple[pd.DataFrame, list[str]]:
        table, notes = read_daily(path)
        for asked, had, late in ((first, table.index[0], 1), (last, table.index[-1], -1)):
            if asked is not None and (had - asked).days * late > SLACK:
                what = f"it has {table.index[0].date()} to {table.index[-1].date()}, not {asked.date()}"
                raise DaysMissing(what, 'Ask for days inside, or with source="online".')
        table = table.loc[first:last]
        require(len(table) > 1, f"it has {len(table)} days between {start} and {end}", "Two are the least.")
        return table, notes + oddities(table)

    (table, _), kind, origin = find(
        Dataset(
            title=f"Prices of {ticker}",
            file=f"prices-{ticker}.csv",
            sample=str(folder / f"data/{series}/{series}.csv.gz") if arch and series else "",
            read=read,
            count=lambda found: count_days(*found),
            fetch=lambda path: _fetch_prices(path, ticker, first, last),
            sample_kind="full",
            no_sample=no_sample,
        ),
        source,
    )
    return PriceData(table, ticker, kind, origin)
