"""helpers.datasets.prices: the user's CSV, the bundled series, and a yfinance that misbehaves. No network."""

import inspect
import logging
import re
import sys
import types

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from helpers.datasets import DataError, prices

DAYS = pd.bdate_range("2020-01-01", periods=30)
COLUMNS = ["Open", "High", "Low", "Close", "Volume"]

pytestmark = pytest.mark.usefixtures("cache")


def make_table(**changes) -> pd.DataFrame:
    close = 100 * np.exp(np.random.default_rng(5).normal(0, 0.01, 30).cumsum())
    opening = close * 1.001
    table = {"Open": opening, "High": opening * 1.01, "Low": close * 0.99, "Close": close, "Volume": 1000}
    return pd.DataFrame(table | changes, index=DAYS.rename("Date"))


@pytest.fixture
def csv(tmp_path):
    def write(table: pd.DataFrame | str, **options):
        path = tmp_path / "mine.csv"
        path.write_text(table if isinstance(table, str) else table.to_csv(**options), encoding="utf-8")
        return path

    return write


# -- the bundled series


def test_bundled_series_is_that_of_arch_and_counts_as_full(capsys):
    from arch.data import sp500

    data = prices("sp500", source="bundled")
    assert (data.ticker, data.source) == ("^GSPC", "full")
    assert_allclose(data.table[COLUMNS], sp500.load()[COLUMNS])
    assert data.table.index.equals(sp500.load().index) and data.table.index.tz is None
    printed = capsys.readouterr().out
    assert "5,031 days, 1999-01-04 to 2018-12-31" in printed
    assert "longest gap 7 days, up to 2001-09-17" in printed and "bundled sp500.csv.gz" in printed


def test_start_and_end_are_both_included(capsys):
    data = prices("^IXIC", "2008-09-15", "2008-09-19", source="bundled")
    assert [str(day.date()) for day in data.table.index] == [f"2008-09-{day}" for day in range(15, 20)]
    assert "5 days" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"end": "2020-01-31"}, "it has 1999-01-04 to 2018-12-31, not 2020-01-31. Ask for days inside"),
        ({"start": "1998-01-01"}, "not 1998-01-01"),
        ({"ticker": "MSFT"}, r"no bundled prices-MSFT.csv: only \^GSPC, \^IXIC are"),
        ({"start": "2010-01-02", "end": "2010-01-03"}, "0 days between 2010-01-02 and 2010-01-03"),
        ({"start": "2012-01-01", "end": "2011-01-01"}, "start must lie before end"),
        ({"start": "tomorrow-ish"}, "start must be a day like '2005-01-03' or None, got 'tomorrow-ish'"),
        ({"ticker": "AAPL MSFT"}, "no ticker: 'AAPL MSFT'. Call prices.. once per ticker"),
        ({"ticker": ["AAPL", "MSFT"]}, "once per ticker"),
        ({"ticker": "../../etc"}, "no ticker"),
    ],
)
def test_what_is_not_there_is_said(arguments, message):
    with pytest.raises(DataError, match=message):
        prices(**{"source": "bundled"} | arguments)


# -- the reader's own file


def test_columns_match_in_any_case_and_order(csv, capsys):
    table = make_table()
    shuffled = table[["Volume", "Close", "Low", "Open", "High"]].rename(columns=str.upper)
    data = prices("MINE", source=csv(shuffled.rename_axis("Time Stamp").reset_index(), index=False))
    assert_allclose(data.table, table)
    assert list(data.table) == COLUMNS and data.source == "full"
    assert (
        "Your data: 30 days, 2020-01-01 to 2020-02-11, from your file (mine.csv)" in capsys.readouterr().out
    )


def test_volume_may_be_missing_and_rows_may_be_unsorted(csv):
    data = prices(source=csv(make_table().drop(columns="Volume").iloc[::-1]))
    assert data.table["Volume"].isna().all() and data.table.index.is_monotonic_increasing


@pytest.mark.parametrize(
    "day", ["%Y-%m-%d 00:00:00+09:00", "%Y-%m-%dT09:30:00Z", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y"]
)
def test_dates_stay_the_day_of_the_exchange(csv, day):
    table = make_table()
    data = prices(source=csv(table.set_axis(DAYS.strftime(day)).rename_axis("date")))
    assert data.table.index.equals(DAYS.rename("Date")) and data.table.index.tz is None


def test_all_prices_are_brought_to_the_adjusted_close(csv, capsys):
    table = make_table()
    factor = np.where(np.arange(30) < 10, 0.5, 1.0)
    split = table.assign(**{"Adj Close": table["Close"]})
    split[COLUMNS[:4]] = split[COLUMNS[:4]].div(factor, axis=0)
    assert_allclose(prices(source=csv(split)).table, table)
    assert "scaled to the adjusted close" in capsys.readouterr().out
    prices(source=csv(split.drop(columns="Adj Close")))
    assert "jumps like an unadjusted split: 1, first ×0.502 on 2020-01-15" in capsys.readouterr().out


def test_gaps_empty_days_and_narrow_ranges_are_reported(csv, capsys):
    table = make_table().drop(DAYS[5:12])
    table.loc[DAYS[3], "Close"] = np.nan
    table.loc[DAYS[20], "High"] = table.loc[DAYS[20], "Open"] - 0.5
    data = prices(source=csv(table))
    printed = capsys.readouterr().out
    assert (
        "days dropped for want of a price: 1" in printed
        and "longest gap 10 days, up to 2020-01-17" in printed
    )
    assert "high or low had to be widened: 1" in printed
    assert len(data.table) == 22 and data.table.loc[DAYS[20], "High"] == pytest.approx(
        table.loc[DAYS[20], "Open"]
    )


@pytest.mark.parametrize("mark", [";", "\t", "|", ", "])
def test_other_marks_between_columns(csv, mark):
    content = make_table().to_csv().replace(",", mark)
    assert_allclose(prices(source=csv(content)).table, make_table())
    rows = [line.split(mark) for line in content.splitlines()]
    quoted = "\n".join(mark.join(f'"{cell}"' for cell in row) for row in rows)
    assert_allclose(prices(source=csv(quoted)).table, make_table())


def test_a_comma_at_the_end_of_each_row_shifts_nothing(csv):
    head, *rows = make_table().to_csv().splitlines()
    assert_allclose(prices(source=csv("\n".join([head, *(f"{row}," for row in rows)]))).table, make_table())


@pytest.mark.parametrize("row", ["2020-01-03,1,1,1", "2020-01-03,1,1,1,1,1,7"])
def test_a_row_of_other_width_is_named(csv, row):
    lines = make_table().to_csv().splitlines()
    with pytest.raises(DataError, match="line 4 has not the 6 columns of the first line. Save it as comma"):
        prices(source=csv("\n".join([*lines[:3], row, *lines[4:]])))


@pytest.mark.parametrize("shape", ["${:,.2f}", "{:,.2f}", "$ {:.2f}", "€{:.2f}", " {:,.3f} "])
def test_prices_with_a_sign_of_money_or_thousands(csv, shape):
    table = 100 * make_table()[COLUMNS[:4]]
    assert table.min().min() > 1_000
    data = prices(source=csv(table.map(shape.format)))
    assert_allclose(data.table[COLUMNS[:4]], table, atol=0.006)


@pytest.mark.parametrize(
    "value", ["1,234", "1,234,567", "1.234,50", "99,5", "$", "1,23.50", "12.5.1", "USD 9"]
)
def test_prices_that_may_mean_several_things_are_named(csv, value):
    table = make_table().astype({"Open": object})
    table.loc[DAYS[3], "Open"] = value
    message = (
        f"open has 1 values that are no numbers, such as {re.escape(repr(value))}\\. Write 1234.50: no \\$"
    )
    with pytest.raises(DataError, match=message):
        prices(source=csv(table))


@pytest.mark.parametrize("value", ["1,234,567", "1.2M", "3K"])
def test_a_volume_that_is_no_number_is_left_out(csv, capsys, value):
    table = make_table().astype({"Volume": object})
    table.loc[DAYS[3:5], "Volume"] = value
    data = prices(source=csv(table))
    assert data.table["Volume"].isna().tolist() == [3 <= day < 5 for day in range(30)]
    assert f"; volumes that are no numbers, so left out: 2, such as '{value}'" in capsys.readouterr().out


def test_blank_cells_of_any_kind(csv, capsys):
    blank = ["", "-", "N/A", "NaN", "null", "#N/A"]
    table = make_table().astype({"Close": object, "Volume": object})
    table.loc[DAYS[: len(blank)], "Close"] = blank
    table["Volume"] = [*blank, *[""] * 24]
    data = prices(source=csv(table))
    assert len(data.table) == 24 and data.table["Volume"].isna().all()
    printed = capsys.readouterr().out
    assert "days dropped for want of a price: 6" in printed and "volumes" not in printed


@pytest.mark.parametrize("name", ["Close/Last", "Price", "Last"])
def test_another_name_of_the_close_will_do(csv, name, capsys):
    table = make_table()
    found = prices(source=csv(table.rename(columns={"Close": name}))).table
    np.testing.assert_allclose(found["Close"], table["Close"])
    assert f"closes taken from '{name.lower().replace('/', '')}'" in capsys.readouterr().out


def test_a_file_without_a_close_is_refused(csv):
    message = r"needs one column each for Close; has Date, Open, High, Low, End, Volume\."
    with pytest.raises(DataError, match=message):
        prices(source=csv(make_table().rename(columns={"Close": "End"})))


def test_a_byte_that_is_not_utf_8_is_told_with_its_line(csv, tmp_path):
    content = make_table().to_csv().splitlines()
    content[12] += "ö"
    (tmp_path / "mine.csv").write_bytes("\n".join(content).encode("cp1252"))
    with pytest.raises(
        DataError, match="mine.csv: the file is not UTF-8: it has the byte 0xf6 at .*, on line 13"
    ):
        prices(source=tmp_path / "mine.csv")


BROKEN = {
    "one column each for High": lambda table: table.drop(columns="High"),
    "one column each for Date; has": lambda table: table.rename_axis("when"),
    r"1 dates stand twice, such as 2020-01-02\.": lambda table: table.set_axis(
        DAYS[[0, 1, 1, *range(3, 30)]].rename("Date")
    ),
    r"1 days have a price that is not positive, the first is 2020-01-03\.": lambda table: table.assign(
        Low=table["Low"].where(DAYS[2] != DAYS, -1.0)
    ),
    r"close has 1 values that are no numbers, such as 'n/a!'\.": lambda table: table.assign(
        Close=table["Close"].astype(object).where(DAYS[4] != DAYS, "n/a!")
    ),
    r"1 dates cannot be read, such as 'Total'\.": lambda table: table.set_axis(
        ["Total", *DAYS[1:].strftime("%Y-%m-%d")]
    ).rename_axis("Date"),
    "may be day first or month first": lambda table: (
        table.iloc[:3].set_axis(["1/2/2020", "2/2/2020", "3/2/2020"]).rename_axis("Date")
    ),
    "0 rows": lambda table: table.iloc[:0],
}


@pytest.mark.parametrize("message", BROKEN)
def test_a_broken_file_is_named_with_what_is_wrong(csv, message):
    path = csv(BROKEN[message](make_table()))
    with pytest.raises(DataError, match=message) as failure:
        prices(source=path)
    assert str(path) in str(failure.value)


@pytest.mark.parametrize("content", ["", 'Date,Open\n"2020', "\0\0\0"])
def test_garbage_is_a_data_error(csv, content):
    with pytest.raises(DataError, match="mine.csv"):
        prices(source=csv(content))


# -- Yahoo


class FakeYahoo(types.ModuleType):
    """A yfinance whose `download` gives `answer`, or raises it; it binds arguments as the real one does."""

    def __init__(self, answer, complaint=""):
        super().__init__("yfinance")
        self.answer, self.complaint, self.asked = answer, complaint, None

    def download(self, *arguments, **options):
        self.asked = REAL_SIGNATURE.bind(*arguments, **options).arguments
        if self.complaint:
            logging.getLogger("yfinance").error(self.complaint)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


REAL_SIGNATURE = inspect.signature(pytest.importorskip("yfinance").download)


@pytest.fixture
def yahoo(monkeypatch):
    def install(answer, complaint=""):
        fake = FakeYahoo(answer, complaint)
        monkeypatch.setitem(sys.modules, "yfinance", fake)
        return fake

    return install


def test_yahoo_is_asked_explicitly_and_the_answer_kept(yahoo, cache, capsys):
    fake = yahoo(make_table())
    data = prices("msft", "2020-01-01", "2020-02-11", source="online")
    asked = fake.asked
    assert (asked["tickers"], asked["auto_adjust"], asked["multi_level_index"]) == ("MSFT", True, False)
    assert asked["timeout"] and asked["progress"] is False and str(asked["end"].date()) == "2020-02-12"
    assert_allclose(data.table, make_table())
    assert (cache / "prices-MSFT.csv").read_text().splitlines()[0] == "Date,Open,High,Low,Close,Volume"
    assert "30 days, 2020-01-01 to 2020-02-11, from the public origin" in capsys.readouterr().out
    yahoo(RuntimeError("must not be asked again"))
    assert_allclose(prices("MSFT").table, data.table)
    assert "from the cache (prices-MSFT.csv)" in capsys.readouterr().out
    assert [path.name for path in cache.iterdir()] == ["prices-MSFT.csv"]


@pytest.mark.parametrize("levels", [["Price", "Ticker"], ["Ticker", "Price"]])
def test_an_answer_with_several_tickers_is_sorted_out(yahoo, levels):
    both = pd.concat({"MSFT": make_table(), "AAPL": make_table() * 2}, axis=1, names=["Ticker", "Price"])
    yahoo(both.reorder_levels(levels, axis=1))
    assert_allclose(prices("MSFT", source="online").table, make_table())


def test_the_time_zone_is_removed_and_the_day_kept(yahoo):
    for zone in ("America/New_York", "Asia/Tokyo"):
        yahoo(make_table().set_axis(DAYS.tz_localize(zone)))
        assert prices("MSFT", source="online").table.index.equals(DAYS.rename("Date"))


RATE_LIMIT = "['MSFT']: YFRateLimitError('Too Many Requests. Rate limited. Try after a while.')"


@pytest.mark.parametrize(
    ("answer", "complaint", "message"),
    [
        (pd.DataFrame(), RATE_LIMIT, "Yahoo refuses MSFT for now: too many requests"),
        (RuntimeError("Too Many Requests"), "", "Yahoo refuses MSFT for now: too many requests"),
        (
            pd.DataFrame(),
            "['MSFT']: possibly delisted",
            r"Yahoo sent no prices of MSFT \(.*possibly delisted\)",
        ),
        (pd.DataFrame(columns=COLUMNS), "", "Yahoo sent no prices of MSFT[.] Check"),
        (None, "", "Yahoo sent no prices of MSFT"),
        (KeyError("chart"), "", r"Yahoo sent no prices of MSFT \(KeyError: 'chart'\)"),
        (make_table(Close=np.nan), "", "0 days with prices"),
        (make_table().drop(columns="High"), "", "one column each for High"),
        (pd.concat({"AAPL": make_table()}, axis=1), "", "Yahoo sent other tickers than MSFT"),
        (make_table(Low=-1.0), "", "not positive"),
    ],
)
def test_yahoo_s_faults_become_one_sentence_with_a_way_out(yahoo, cache, capfd, answer, complaint, message):
    yahoo(answer, complaint)
    with pytest.raises(DataError, match=message) as failure:
        prices("MSFT", source="online")
    assert "prices-MSFT.csv" in str(failure.value) and 'source="bundled"' in str(failure.value)
    assert list(cache.iterdir()) == []
    assert capfd.readouterr().err == ""


def test_auto_falls_back_to_the_bundled_series(yahoo, capsys):
    yahoo(pd.DataFrame(), RATE_LIMIT)
    assert len(prices().table) == 5031
    assert "from the bundled sp500.csv.gz" in capsys.readouterr().out


def test_a_cache_that_ends_too_early_is_replaced(yahoo, cache, capsys):
    cache.mkdir()
    make_table().iloc[:15].to_csv(cache / "prices-MSFT.csv")
    yahoo(make_table())
    assert len(prices("MSFT", end="2020-02-11").table) == 30
    assert "ends too early" in capsys.readouterr().out
    with pytest.raises(DataError, match="it has 2020-01-01 to 2020-02-11, not 2020-06-01"):
        prices("MSFT", end="2020-06-01", source="cache")


def test_a_garbage_cache_is_named(cache):
    cache.mkdir()
    (cache / "prices-MSFT.csv").write_text("<html>busy</html>")
    with pytest.raises(DataError, match=r"prices-MSFT.csv in the cache is damaged"):
        prices("MSFT", source="cache")
