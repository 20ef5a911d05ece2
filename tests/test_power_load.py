"""helpers.datasets.power_load: ETTh1, and the reader's own series over time. Talks to 127.0.0.1 only."""

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from origins import files_in, status, whole

from helpers import datasets
from helpers.datasets import DataError, power_load

ROOT = Path(__file__).resolve().parent.parent
LOADER = datasets._power_load

pytestmark = pytest.mark.usefixtures("cache")


def hour(number: int) -> str:
    return f"2024-01-{1 + number // 24:02} {number % 24:02}:00"


ROWS = [f"{hour(number)},{number % 24},{number / 8}" for number in range(240)]  # 2024-01-01 to -10
HEADER = "date,cycle,load"
EXPECTED = np.array([[number % 24, number / 8] for number in range(240)])
COUNTS = "240 times every 1 h, 2024-01-01 00:00:00 to 2024-01-10 23:00:00, 2 series"


def text(rows: list[str] = ROWS, header: str = HEADER) -> str:
    return "\n".join([header, *rows, ""])


@pytest.fixture
def own(save):
    return lambda content, name="mine.csv": save(content, name)


# -- the origin and the cache


@pytest.fixture
def origin(server, monkeypatch):
    """A server in place of GitHub, which has the small series above in place of ETTh1."""
    body = text().encode()
    monkeypatch.setattr(LOADER, "URL", server.url)
    monkeypatch.setattr(LOADER, "SIZE", len(body))
    monkeypatch.setattr(LOADER, "SHA256", hashlib.sha256(body).hexdigest())
    monkeypatch.setattr(LOADER, "SHAPE", (240, 2))
    server.answers = [whole(body)]
    return server


def test_origin_is_pinned():
    # Size and hash of the file that the papers used, as other projects pin it.
    assert (LOADER.SIZE, LOADER.SHAPE) == (2_589_657, (17_420, 7))
    assert LOADER.SHA256 == "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066"
    assert LOADER.URL.startswith("https://raw.githubusercontent.com/zhouhaoyi/ETDataset/")
    assert LOADER.URL.endswith("/ETT-small/ETTh1.csv")


def test_download_is_kept_as_it_came(origin, cache, capsys):
    data = power_load()
    assert_array_equal(data.table, EXPECTED)
    assert (data.target, data.known_ahead, data.source) == ("load", (), "full")
    assert (data.step, data.dropped) == (pd.Timedelta(hours=1), {})
    assert files_in(cache) == ["ETTh1.csv"] and (cache / "ETTh1.csv").read_bytes() == text().encode()
    first = (
        f"Power load: {COUNTS}; values missing: none, from the public origin, now in the cache (ETTh1.csv)\n"
    )
    second = "To forecast: load; known ahead: nothing; known so far: cycle, load\n"
    assert capsys.readouterr() == (first + second, "")
    power_load()
    assert "from the cache (ETTh1.csv)" in capsys.readouterr().out
    assert origin.requests == 1


def test_frame_is_of_floats_on_a_regular_index(origin):
    data = power_load("online")
    assert (data.table.dtypes == "float64").all() and list(data.table) == ["cycle", "load"]
    assert data.table.index.equals(pd.date_range("2024-01-01", periods=240, freq="h"))
    assert data.table.index.tz is None and data.table.index.name == "date"
    assert (data.missing.dtypes == "bool").all() and data.missing.shape == (240, 2)
    assert not data.missing.any(axis=None) and data.missing.index.equals(data.table.index)


BODY = text().encode()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (status(404), "answered 404 Not Found"),
        (whole(BODY[:-9]), f"sends {len(BODY) - 9:,} bytes, exactly {len(BODY):,} expected"),
        (whole(BODY[:-9], announce=False), f"sends {len(BODY) - 9:,} bytes, exactly {len(BODY):,} expected"),
        (whole(BODY.replace(b"29.875", b"29.876")), "sent the wrong content: its SHA-256 is not"),
    ],
    ids=["404", "short", "truncated", "wrong hash"],
)
def test_failed_download_leaves_nothing_and_the_sample_steps_in(origin, cache, capsys, answer, message):
    origin.answers = [answer]
    with pytest.raises(DataError, match=message):
        power_load("online")
    assert files_in(cache) == []
    data = power_load()
    assert data.source == "sample" and data.known_ahead == ("temperature_forecast", "holiday")
    printed = capsys.readouterr().out
    assert "This is the small sample (no ETTh1.csv in the cache" in printed and message in printed


def test_damaged_cache_is_named_and_not_half_read(origin, cache, capsys):
    cache.mkdir()
    (cache / "ETTh1.csv").write_text(text(ROWS[:-1]))
    with pytest.raises(
        DataError, match=r"damaged.*it has 239 times of 2 series; ETTh1 has 240 of 2\. Delete"
    ):
        power_load("cache")
    assert_array_equal(power_load().table, EXPECTED)
    assert "ETTh1.csv in the cache is damaged" in capsys.readouterr().out


def test_forced_cache_that_is_empty(cache):
    with pytest.raises(DataError, match=r"no ETTh1\.csv in the cache\. Looked for .*source=\"online\""):
        power_load("cache")


def test_environment_names_the_source(own, monkeypatch):
    monkeypatch.setenv("RNN_COOKBOOK_SOURCE", "bundled")
    assert power_load().source == "sample"
    monkeypatch.setenv("RNN_COOKBOOK_SOURCE", str(own(text(header="when,cycle,load"))))
    assert power_load(time="when").origin == "your file (mine.csv)"


# -- the reader's own file


@pytest.mark.parametrize("name", ["mine.csv", "mine.csv.gz"])
def test_own_file_plain_or_packed(own, capsys, name):
    path = own(text(), name)
    data = power_load(str(path), known_ahead="cycle")
    assert_array_equal(data.table, EXPECTED)
    assert (data.source, data.origin, data.known_ahead) == ("full", f"your file ({name})", ("cycle",))
    assert capsys.readouterr().out == (
        f"Your data: {COUNTS}; values missing: none, from your file ({name})\n"
        "To forecast: load; known ahead: cycle; known so far: load\n"
    )


def test_own_file_named_like_the_normal_form_may_have_any_size(own):
    assert len(power_load(own(text(), "ETTh1.csv")).table) == 240


def test_own_file_that_is_the_sample_says_so(capsys):
    data = power_load(ROOT / "data" / "load-sample.csv.gz")
    assert data.source == "sample" and data.known_ahead == ("temperature_forecast", "holiday")
    assert "This is the small sample" in capsys.readouterr().out


def test_any_columns_byte_order_mark_blank_lines_and_windows_line_ends(own):
    rows = [f"{row.split(',')[2]}, {row.split(',')[0]} ,{row.split(',')[1]}" for row in ROWS]
    content = "\ufeff" + text(rows, "Load MW, Zeit ,cycle").replace("\n", "\r\n\r\n")
    data = power_load(own(content), time="Zeit", target="Load MW")
    assert list(data.table) == ["Load MW", "cycle"] and data.target == "Load MW"
    assert_array_equal(data.table, EXPECTED[:, ::-1])


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_other_marks_between_columns_and_decimal_commas(own, mark):
    content = text().replace(",", mark)
    assert_array_equal(power_load(own(content)).table, EXPECTED)
    assert_array_equal(power_load(own(content.replace(".", ","))).table, EXPECTED)  # 0,375 and 1,5


def test_decimal_commas_in_quotes(own):
    data = power_load(own(text([f'{hour(n)},x,"{n},5"' for n in range(240)])))
    assert_array_equal(data.table["load"], np.arange(240) + 0.5)


def test_a_comma_that_may_part_thousands_is_not_guessed(own):
    rows = [f"{row.replace(',', ';')};{100 + number},125" for number, row in enumerate(ROWS)]
    data = power_load(own(text(rows, "date;cycle;load;volume")))
    assert data.dropped == {"volume": "no numbers, such as '100,125'"}
    rows[7] = rows[7].replace(",125", ",5")  # the others are decimal commas, then, as well
    assert power_load(own(text(rows, "date;cycle;load;volume"))).table["volume"][:8].tolist() == [
        *(100.125 + number for number in range(7)),
        107.5,
    ]


def test_columns_are_found_in_any_case(own):
    data = power_load(own(text(header="date,Cycle,LOAD")), target="load", known_ahead="cycle")
    assert data.target == "LOAD" and data.known_ahead == ("Cycle",)
    data = power_load(own(text(header="date,load,LOAD")), target="load")
    assert data.target == "load"


@pytest.mark.parametrize("name", ["Date", "DATE", "date"])
def test_the_column_of_times_is_found_in_any_case(own, capsys, name):
    rows = [f"{row},{row[:16]}" for row in ROWS]  # another column of times does not matter then
    data = power_load(own(text(rows, f"{name},cycle,load,until")))
    assert data.table.index.name == name and data.target == "load"
    assert "times taken from" not in capsys.readouterr().out
    assert power_load(own(text(header="cycle,WHEN,when")), time="cycle").table.index.name == "cycle"


def test_a_name_in_the_very_case_comes_first(own):
    data = power_load(own(text([f"2024-01-01,{row}" for row in ROWS], "DATE,date,cycle,load")))
    assert data.table.index.name == "date" and list(data.dropped) == ["DATE"]


def test_the_only_column_of_times_is_taken_and_named(own, capsys):
    rows = [f"{number},{row}" for number, row in enumerate(ROWS)]
    data = power_load(own(text(rows, "number,Zeitpunkt,cycle,load")))
    assert data.table.index.name == "Zeitpunkt" and list(data.table) == ["number", "cycle", "load"]
    assert_array_equal(data.table[["cycle", "load"]], EXPECTED)
    said = "; times taken from 'Zeitpunkt', as there is no column 'date'; values missing: none"
    assert said in capsys.readouterr().out


def test_target_is_the_last_series_that_is_not_known_ahead(own, capsys):
    path = own(text(header="date,load,cycle"))
    assert power_load(path).target == "cycle"
    assert power_load(path, known_ahead=["cycle"]).target == "load"
    assert "To forecast: load; known ahead: cycle; known so far: load\n" in capsys.readouterr().out


def test_rows_out_of_order_are_sorted(own, capsys):
    rows = [*ROWS[100:], *ROWS[:100]]
    rows[3], rows[4] = rows[4], rows[3]
    assert_array_equal(power_load(own(text(rows))).table, EXPECTED)
    assert "; rows earlier than the one before, so sorted: 2;" in capsys.readouterr().out
    power_load(own(text(ROWS[::-1])))
    assert "so sorted: 239;" in capsys.readouterr().out


def test_summer_time_ends_and_begins(own, capsys):
    """Sunday 2024-01-07 plays both: 02:00 stands twice, 03:00 has no row."""
    double, none = 6 * 24 + 2, 6 * 24 + 3
    rows = [*ROWS[: double + 1], f"{hour(double)},4,", f"{hour(double)},9,1", *ROWS[none + 1 :]]
    data = power_load(own(text(rows)))
    expected = EXPECTED.copy()
    expected[double] = (2 + 4 + 9) / 3, (double / 8 + 1) / 2
    expected[none] = np.nan
    assert_array_equal(data.table, expected)
    assert_array_equal(data.missing, np.isnan(expected))
    printed = capsys.readouterr().out
    clock = ", as when clocks change);"
    assert f"; times that stand several times, so averaged: 1 (first 2024-01-07 02:00:00{clock}" in printed
    assert f"; times without a row, so inserted as missing: 1 (first 2024-01-07 03:00:00{clock}" in printed
    assert "; values missing: cycle 1, load 1, from" in printed


@pytest.mark.parametrize(("row", "said"), [(154, "2024-01-07 10:00:00"), (170, "2024-01-08 02:00:00")])
def test_gaps_at_other_times_are_not_laid_on_the_clock(own, capsys, row, said):
    """A Sunday at ten, and a Monday at two."""
    data = power_load(own(text([*ROWS[:row], *ROWS[row + 2 :]])))
    assert data.missing.sum().tolist() == [2, 2] and len(data.table) == 240
    assert f"inserted as missing: 2 (first {said});" in capsys.readouterr().out


def test_blank_cells_stay_missing(own, capsys):
    blank = ["", " ", "NaN", "nan", "NA", "n/a", "null", "None", "-", "?"]
    rows = [f"{hour(number)},{value},{number}" for number, value in enumerate(blank)] + ROWS[10:]
    data = power_load(own(text(rows)))
    assert data.missing["cycle"].to_numpy().nonzero()[0].tolist() == list(range(10))
    assert not data.missing["load"].any() and np.isnan(data.table["cycle"].iloc[9])
    assert "values missing: cycle 10, from" in capsys.readouterr().out


def test_columns_of_no_use_are_dropped_and_named(own, capsys):
    rows = [f"{row},ok,7.5,,{'true' if number > 99 else 'FALSE'}" for number, row in enumerate(ROWS)]
    data = power_load(own(text(rows, "date,cycle,load,state,fixed,nothing,open")), target="load")
    assert list(data.table) == ["cycle", "load", "open"]
    assert data.table["open"].tolist() == [0.0] * 100 + [1.0] * 140
    assert data.dropped == {"state": "no numbers, such as 'ok'", "fixed": "always 7.5", "nothing": "empty"}
    line = "; columns dropped: state (no numbers, such as 'ok'), fixed (always 7.5), nothing (empty);"
    assert line in capsys.readouterr().out


def test_a_column_without_a_name_gets_one(own):
    assert list(power_load(own(text(header="date,,load"))).table) == ["column 2", "load"]


@pytest.mark.parametrize(
    ("step", "said"), [("15min", "15 min"), ("D", "1 d"), ("7D", "7 d"), ("10s", "10 s"), ("90min", "90 min")]
)
def test_any_equal_step(own, capsys, step, said):
    times = pd.date_range("2024-02-28", periods=210, freq=step)
    data = power_load(own(text([f"{time},{number}" for number, time in enumerate(times)], "date,load")))
    assert data.step == pd.Timedelta(times[1] - times[0]) and data.table["load"].tolist() == [*range(210)]
    assert f"Your data: 210 times every {said}, 2024-02-28 00:00:00 to" in capsys.readouterr().out


# -- times


@pytest.mark.parametrize(
    "shape",
    ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", " %Y-%m-%d %H:%M "],
)
def test_iso_times(own, shape):
    times = pd.date_range("2024-01-01", periods=240, freq="h")
    rows = [f"{time.strftime(shape)},{number}" for number, time in enumerate(times)]
    assert power_load(own(text(rows, "date,load"))).table.index.equals(times)


@pytest.mark.parametrize("offset", ["Z", "+00:00", "+0200", " -05:30", "+02", " UTC"])
def test_times_of_one_offset_keep_their_clock(own, capsys, offset):
    rows = [row.replace(",", f"{offset},", 1) for row in ROWS]
    data = power_load(own(text(rows)))
    assert_array_equal(data.table, EXPECTED)
    assert data.table.index[5] == pd.Timestamp("2024-01-01 05:00") and data.table.index.tz is None
    said = {"Z": "+0000", " UTC": "+0000", "+02": "+0200"}.get(offset, offset.strip().replace(":", ""))
    assert f"; all times have the offset {said}, which was left out;" in capsys.readouterr().out


def test_times_of_different_offsets_become_utc(own, capsys):
    """Berlin in autumn 2024: the clock shows two o'clock twice, the world goes on hour by hour."""
    berlin = pd.date_range("2024-10-25", periods=240, freq="h", tz="UTC").tz_convert("Europe/Berlin")
    rows = [f"{time.isoformat()},{number}" for number, time in enumerate(berlin)]
    assert "2024-10-27T02:00:00+02:00,48" in rows and "2024-10-27T02:00:00+01:00,49" in rows
    data = power_load(own(text(rows, "date,load")))
    assert data.table["load"].tolist() == [*range(240)]
    assert data.table.index.equals(pd.date_range("2024-10-25", periods=240, freq="h"))
    printed = capsys.readouterr().out
    assert (
        "; times have different offsets (+0100, +0200), so converted to UTC; values missing: none" in printed
    )


def test_offsets_west_of_greenwich(own):
    rows = [row.replace(",", "-04:30,", 1) for row in ROWS[:120]]
    rows += [row.replace(":00,", ":00-05:30,", 1) for row in ROWS[120:]]
    index = power_load(own(text(rows))).table.index
    assert index[[0, -1]].tolist() == [pd.Timestamp("2024-01-01 04:30"), pd.Timestamp("2024-01-11 04:30")]


@pytest.mark.parametrize(
    "value",
    [
        "01/07/2016 13:00",
        "31.12.2016",
        "2016",
        "20160701",
        "1467331200",
        "2016-7-1",
        "2016-02-30 00:00",
        "2016-07-01 24:00",
        "2016-07-01-05",
        "noon",
        "on 2016-07-01 13:00",
        "2016-07-01 13:00 or so",
        "",
    ],
)
def test_a_time_that_cannot_be_read(own, value):
    rows = [*ROWS[:10], f"{value},1,2", f"{value},1,3", *ROWS[12:]]
    message = f"2 times cannot be read, the first is '{value}' on line 12. Write ISO times, year first"
    with pytest.raises(DataError, match=message):
        power_load(own(text(rows)))


# -- faults


def off_grid(start: int) -> list[str]:
    return [row.replace(":00,", ":17,", 1) if number >= start else row for number, row in enumerate(ROWS)]


FAULTS = {
    "no times": (
        {"content": text([row.split(",", 1)[1] for row in ROWS], "cycle,load")},
        r"no column 'date' for the time, and none has times such as 2016-07-01 13:00; the columns are: "
        r"cycle, load\. Name the column of times: TIME in the parameters cell, SET=TIME=… with make, time=… "
        r"in a call\. If there is none, add one, e\.g\. pd\.date_range\(",
    ),
    "several times": (
        {"content": text([f"{row},{row[:16]}" for row in ROWS], "from,cycle,load,to")},
        r"no column 'date' for the time, and several have times: from, to; the columns are: from, cycle, "
        r"load, to\. Name the column of times: TIME in the parameters cell.* in a call\.$",
    ),
    "other times": (
        {"content": text([f"01/07/2016,{number}" for number in range(240)], "when,load")},
        "none has times such as 2016-07-01 13:00; the columns are: when, load",
    ),
    "a time that is none": (
        {"content": text([*ROWS[:5], "noon,1,1", *ROWS[6:]], "when,cycle,load")},
        "1 times cannot be read, the first is 'noon' on line 7",
    ),
    "empty": ({"content": ""}, "no column 'date' for the time; the columns are: none"),
    "header only": ({"content": HEADER}, "there is no row below the first line"),
    "named twice": (
        {"content": text(header="date,load,load")},
        "the first line names the column load twice. Rename one",
    ),
    "ragged": (
        {"content": text([*ROWS[:5], "2024-01-01 05:00,1", *ROWS[6:]])},
        "line 7 has not the 3 columns of the first line. Save it as CSV",
    ),
    "quotes": ({"content": text([*ROWS[:5], '"2024-01-01,1,1', *ROWS[6:]])}, r"line 241 is not CSV \("),
    "not UTF-8": (
        {"content": text().encode() + b"\xff"},
        "the file is not UTF-8: it has the byte 0xff at [0-9,]+, on line 242",
    ),
    "one byte not UTF-8": (
        {"content": text([*ROWS[:100], ROWS[100] + "ö", *ROWS[101:]]).encode("cp1252")},
        "the file is not UTF-8: it has the byte 0xf6 at [0-9,]+, on line 102. Save it as CSV in UTF-8",
    ),
    "truncated gzip": ({"content": gzip.compress(text().encode())[:-20]}, "the file cannot be read"),
    "short": (
        {"content": text(ROWS[:150] + ROWS[:60])},
        r"it has 210 rows with 150 different times\. 200 are the least",
    ),
    "one row": ({"content": text(ROWS[:1])}, "it has 1 rows with 1 different times"),
    "half with offset": (
        {"content": text([row.replace(",", "Z,", 1) for row in ROWS[:20]] + ROWS[20:])},
        "'2024-01-01 20:00' on line 22 has no offset from UTC, as other times have. Write the offset",
    ),
    "words among numbers": (
        {"content": text([*ROWS[:7], f"{hour(7)},7,error", f"{hour(8)},8,inf", *ROWS[9:]])},
        r"load has 2 values that are no numbers, the first is 'error' on line 9\. Leave a cell empty",
    ),
    "thousands": (
        {"content": text([f'{hour(n)},x,"{1 + n},500"' for n in range(240)])},
        r"it has no series of numbers beside 'date'; dropped: cycle \(no numbers, such as 'x'\), "
        r"load \(no numbers, such as '1,500'\)",
    ),
    "time only": ({"content": text([hour(n) for n in range(240)], "date")}, "dropped: nothing"),
    "no grid": (
        {"content": text(off_grid(200))},
        r"the times fit no grid: the most frequent step is 1 h \(238 of 239\), and 40 times leave it, the "
        r"first is 2024-01-09 08:17:00\. Move them to the grid",
    ),
    "first time off": (
        {"content": text(["2024-01-01 00:20,0,0", *ROWS[1:]])},
        "1 times leave it, the first is 2024-01-01 00:20:00",
    ),
    "long gap": (
        {"content": text([*ROWS, "2124-01-01 00:00,1,2"])},
        r"only 241 of 876,577 times have a row, every 1 h from 2024-01-01 00:00:00 to 2124-01-01 00:00:00\. "
        "Cut the file",
    ),
    "meters below one another": (
        {"content": text(ROWS + ROWS)},
        r"240 of 240 times stand several times, the first is 2024-01-01 00:00:00\. If several meters",
    ),
    "no such target": (
        {"target": "lod"},
        r"'lod' is no series of your file \(mine.csv\), which has cycle, load\. Name others",
    ),
    "the time as target": ({"target": "date"}, "'date' is no series of your file"),
    "target dropped": (
        {"content": text([f"{row},5" for row in ROWS], f"{HEADER},flat"), "target": "flat"},
        "'flat' is no series of .* which has cycle, load; flat was dropped: always 5",
    ),
    "no such known": ({"known_ahead": ("cycle", "holiday")}, "'holiday' is no series of your file"),
    "target known": (
        {"target": "load", "known_ahead": ("load",)},
        "'load' is the target and cannot be known",
    ),
    "all known": (
        {"known_ahead": ["load", "cycle"]},
        r"all series of your file \(mine.csv\) are known ahead: load, cycle\. One must be left",
    ),
}


@pytest.mark.parametrize(("changes", "message"), FAULTS.values(), ids=FAULTS)
def test_faults_are_said(own, changes, message):
    changes = dict(changes)
    path = own(changes.pop("content", text()))
    with pytest.raises(DataError, match=message):
        power_load(path, **changes)


def test_faults_name_the_file(own):
    path = own(text(ROWS[:3]))
    with pytest.raises(DataError, match=f"^{path}: it has 3 rows with 3 different times"):
        power_load(path)


@pytest.mark.parametrize("source", ["auto", "cache", "bundled", None])
def test_time_belongs_to_the_readers_own_file(source):
    message = "time must be 'date' unless source is your own file, got 'when' with source"
    with pytest.raises(DataError, match=message):
        power_load(source, time="when")


def test_target_of_the_sample_is_checked():
    assert power_load("bundled", target="temperature", known_ahead=()).target == "temperature"
    with pytest.raises(
        DataError, match="'OT' is no series of the bundled load-sample.csv.gz, which has temp"
    ):
        power_load("bundled", target="OT")


def test_small_steps_in_large_gaps_cost_no_memory(own):
    rows = [f"2024-01-01 00:00:00.{number:06},1,{number}" for number in range(240)]
    with pytest.raises(DataError, match="only 241 of 3,155,673,600,000,001 times have a row"):
        power_load(own(text([*rows, "2124-01-01 00:00,1,2"])))  # 36,524 days of microseconds
