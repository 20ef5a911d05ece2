"""helpers.datasets.alarms: the origin's files, the reader's series and labels, the sample. 127.0.0.1 only."""

import io
import json
import re
import zipfile
from pathlib import Path

import make_alarms_sample
import numpy as np
import pandas as pd
import pytest
from origins import check_rebuilt, cut, files_in, status, whole

from helpers import datasets
from helpers.datasets import DataError, alarms, fetch

ROOT = Path(__file__).resolve().parent.parent
STORED = ROOT / "data" / "alarms-sample.zip"
MODULE = datasets._alarms

# As in NAB: one file has Windows' line ends and a time twice, and windows stand to the microsecond.
FILES = {
    "labels/combined_windows.json": json.dumps(
        {
            "realTraffic/other.csv": [],
            "realKnownCause/taxi.csv": [["2014-07-01 01:00:00.000000", "2014-07-01 01:30:00.000000"]],
            "realKnownCause/pump.csv": [],
        }
    ),
    "data/realKnownCause/taxi.csv": "timestamp,value\n"
    + "".join(f"2014-07-01 0{half // 2}:{half % 2 * 3}0:00,{10 * half}\n" for half in range(6)),
    "data/realKnownCause/pump.csv": "timestamp,value\r\n2013-12-02 21:15:00,73.5\r\n"
    "2013-12-02 21:15:00,-1e-3\r\n",
}
SIZES = {"taxi": (6, 1), "pump": (2, 0)}
COUNTS = "2 series, 8 values, 1 windows; times that repeat or step back: 1"


def stamps(*texts: str) -> list[pd.Timestamp]:
    return [pd.Timestamp(f"2014-07-01 {text}") for text in texts]


@pytest.fixture(autouse=True)
def no_network(cache, monkeypatch):
    monkeypatch.setattr(MODULE, "URL", "http://127.0.0.1:9/NAB")


@pytest.fixture
def origin(server, monkeypatch):
    """A server in place of GitHub, which has the small files above, in the order of the requests."""
    monkeypatch.setattr(MODULE, "URL", f"http://127.0.0.1:{server.server_port}/NAB")
    monkeypatch.setattr(MODULE, "SERIES", SIZES)
    server.answers = [whole(text.encode()) for text in FILES.values()]
    return server


@pytest.fixture
def own(save):
    def write(content: str | bytes | dict, name: str = "mine.csv") -> Path:
        if isinstance(content, dict):
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
                for member, text in content.items():
                    archive.writestr(member, text)
            content, name = buffer.getvalue(), "mine.zip" if name == "mine.csv" else name
        return save(content, name)

    return write


# -- the origin and the cache


def test_origin_is_known(monkeypatch):
    monkeypatch.undo()
    assert MODULE.URL == "https://raw.githubusercontent.com/numenta/NAB/master"
    assert len(MODULE.SERIES) == 7 and MODULE.SERIES["nyc_taxi"] == (10_320, 5)
    assert [sum(sizes) for sizes in zip(*MODULE.SERIES.values(), strict=True)] == [69_561, 19]


def test_files_become_one_archive(origin, cache, capsys):
    asked = []
    origin.answers = [
        lambda handler, answer=answer: (asked.append(handler.path), answer(handler))
        for answer in origin.answers
    ]
    data = alarms()
    assert asked == [f"/NAB/{name}" for name in FILES]
    assert list(data.series) == ["taxi", "pump"] and data.source == "full"
    taxi = data.series["taxi"]
    assert list(taxi.columns) == ["value"] and taxi["value"].tolist() == [0, 10, 20, 30, 40, 50]
    assert taxi["value"].dtype == np.float64 and isinstance(taxi.index, pd.DatetimeIndex)
    assert taxi.index[3] == pd.Timestamp("2014-07-01 01:30")
    assert data.windows == {"taxi": [tuple(stamps("01:00", "01:30"))], "pump": []}
    assert data.in_window("taxi").tolist() == [False, False, True, True, False, False]
    assert data.series["pump"]["value"].tolist() == [73.5, -0.001]
    assert files_in(cache) == ["nab.zip"]
    with zipfile.ZipFile(cache / "nab.zip") as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == FILES
    line = f"Series with known faults: {COUNTS}, from the public origin, now in the cache (nab.zip)\n"
    assert capsys.readouterr() == (line, "")
    assert alarms("cache").windows == data.windows
    assert origin.requests == 3


FAULTS = {
    "404": (status(404), "answered 404 Not Found"),
    "truncated": (cut(b"timestamp,value\n" * 6), "cut the connection"),
    "too big": (whole(b"x" * 5_000), "at most 4,000 expected"),
    "a page": (whole(b"<html>\n<p>"), r"realKnownCause/taxi\.csv: the first line must name the columns"),
    "amended": (
        whole(FILES["data/realKnownCause/taxi.csv"].encode() + b"2014-07-01 03:00:00,0\n"),
        r"taxi has \(7, 1\) values and windows, \(6, 1\) expected",
    ),
}


@pytest.mark.parametrize(("fault", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_fault_leaves_nothing(origin, cache, monkeypatch, fault, message):
    monkeypatch.setattr(MODULE, "MAX_BYTES", 4_000)
    labels, _, pump = origin.answers
    origin.answers = [labels, fault, fault if message.startswith("cut") else pump, fault]
    with pytest.raises(DataError, match=f'{message}.*Check the connection .*use source="bundled"'):
        alarms("online")
    assert files_in(cache) == []


def test_damaged_cache_is_named(cache, own):
    cache.mkdir()
    (cache / "nab.zip").write_bytes(own(FILES).read_bytes()[:-40])
    with pytest.raises(DataError, match=r"nab\.zip in the cache is damaged.*not a whole \.zip archive"):
        alarms("cache")


def test_columns_and_labels_are_for_your_own_file(tmp_path):
    for changes in ({"time": "when"}, {"value": "x"}, {"labels": tmp_path}):
        with pytest.raises(
            DataError, match=r"time, value and labels are for your own file, and source is 'auto'"
        ):
            alarms("auto", **changes)


# -- the reader's own series

PLAIN = """when,load,anomaly
2014-07-01T00:00:00,1.5,0
2014-07-01T00:10:00,2,1
2014-07-01T00:20:00,3,1
2014-07-01T00:30:00,4,0
2014-07-01T00:40:00, 5 ,1
"""
BARE = "timestamp,value\n2014-07-01 00:00,1\n2014-07-01 00:10,2\n2014-07-01 00:20,3\n"


@pytest.mark.parametrize("name", ["mine.csv", "mine.csv.gz"])
def test_own_series_with_a_column_of_labels(own, capsys, name):
    data = alarms(own(PLAIN, name), time="When", value="load")
    assert list(data.series) == ["mine"]
    assert data.series["mine"]["value"].tolist() == [1.5, 2, 3, 4, 5]
    assert data.windows["mine"] == [tuple(stamps("00:10", "00:20")), tuple(stamps("00:40", "00:40"))]
    assert data.in_window("mine").tolist() == [False, True, True, False, True]
    assert capsys.readouterr().out == f"Your data: 1 series, 5 values, 2 windows, from your file ({name})\n"


def test_own_series_without_labels(own):
    data = alarms(own(BARE))
    assert data.windows == {"mine": []} and not data.in_window("mine").any()


@pytest.mark.parametrize(
    "windows",
    [
        [["2014-07-01 00:15", "2014-07-01 00:30"], ["2014-07-01 00:00", "2014-07-01 00:00"]],
        {"mine": [["2014-07-01 00:15", "2014-07-01 00:30"], ["2014-07-01", "2014-07-01 00:00:00"]]},
        {
            "somewhere/mine.csv": [
                ["2014-07-01 02:15+02:00", "2014-07-01 00:30Z"],
                ["2014-07-01", "2014-07-01"],
            ]
        },
    ],
)
def test_own_labels_in_a_file(own, windows):
    data = alarms(own(BARE), labels=own(json.dumps(windows), "labels.json"))
    assert data.windows["mine"] == [tuple(stamps("00:00", "00:00")), tuple(stamps("00:15", "00:30"))]
    assert data.in_window("mine").tolist() == [True, False, True]


def test_labels_in_a_file_go_before_the_column(own):
    data = alarms(own(PLAIN), "when", "load", own("[]", "labels.json"))
    assert data.windows == {"mine": []}


def test_own_archive(own):
    data = alarms(
        own({"b.csv": BARE, "a/a.csv": BARE.replace("1\n", "9\n"), "__MACOSX/b.csv": "x", "notes": "y"})
    )
    assert list(data.series) == ["b", "a"] and data.windows == {"b": [], "a": []}
    assert data.series["a"]["value"].tolist() == [9, 2, 3]


def test_times_with_an_offset_become_utc(own):
    data = alarms(own("timestamp,value\n2014-07-01 02:00+02:00,1\n2014-07-01 00:30Z,2\n"))
    assert data.series["mine"].index.tolist() == stamps("00:00", "00:30")
    assert data.series["mine"].index.tz is None


def of_times(hours: list[int]) -> str:
    start = pd.Timestamp("2014-07-01")
    return "timestamp,value\n" + "".join(f"{start + pd.Timedelta(hours=hour)},1\n" for hour in hours)


def test_a_clock_may_be_set_back_now_and_then(own, capsys):
    data = alarms(own(of_times([*range(150), *range(149, 250)])))
    assert len(data.series["mine"]) == 251
    assert "times that repeat or step back: 1" in capsys.readouterr().out
    with pytest.raises(
        DataError, match="1 times lie before the one above, the first on line 4. Sort the rows"
    ):
        alarms(own(of_times([0, 2, 1])))
    with pytest.raises(DataError, match="249 times lie before the one above, the first on line 3"):
        alarms(own(of_times(list(range(250))[::-1])))


WRONG = {
    "no value": (
        "timestamp,load\n2014-07-01,1\n",
        "must name the columns timestamp, value; value is missing",
    ),
    "empty": ("", "must name the columns timestamp, value"),
    "word": (
        BARE + "2014-07-01 00:30,high\n",
        "value must be a number, got 'high' on line 5. Fill it in, or",
    ),
    "NaN": (BARE + "2014-07-01 00:30,nan\n", "value must be a number, got 'nan' on line 5"),
    "infinite": (BARE + "2014-07-01 00:30,inf\n", "value must be a number, got 'inf' on line 5"),
    "missing": (
        BARE + "2014-07-01 00:30,\n",
        "1 rows have no value, the first on line 5. Fill them in, or drop",
    ),
    "time": (
        BARE + "01.07.2014,4\n",
        "1 values of timestamp are no times, the first on line 5: '01.07.2014'",
    ),
    "flag": ("timestamp,value,anomaly\n2014-07-01,1,yes\n", "anomaly must be 0 or 1, got 'yes' on line 2"),
    "no series": ({"a.txt": BARE}, r"must have 1 to 1,000 files \.csv, found: a\.txt\. Pack each series"),
    "no members": ({}, r"must have 1 to 1,000 files \.csv, found: nothing"),
    "namesakes": ({"a/x.csv": BARE, "b/x.csv": BARE}, "2 files have 1 different names. Name each series"),
    "a fault inside": (
        {"a/x.csv": BARE + "2015,y\n"},
        r"a/x\.csv: value must be a number, got 'y' on line 5",
    ),
    "no labels of it": (
        {"x.csv": BARE, "labels/combined_windows.json": '{"y.csv": []}'},
        r"labels/combined_windows\.json says nothing of x; it names: y\. Write .* An empty list",
    ),
}


@pytest.mark.parametrize(("content", "message"), WRONG.values(), ids=WRONG.keys())
def test_own_file_with_a_fault(own, content, message):
    path = own(content)
    with pytest.raises(DataError, match=f"^{re.escape(str(path))}: .*{message}"):
        alarms(path)


def test_no_whole_archive(own):
    with pytest.raises(
        DataError, match=r"the file is not a whole \.zip archive .*Pack it again, or name a CSV"
    ):
        alarms(own(BARE, "mine.zip"))


LABELS = {
    "no JSON": ("[[", "labels.json is not JSON .*Write "),
    "deep": ("[" * 100_000, "labels.json is not JSON"),
    "a word": ('"x"', "labels.json must hold windows, got x"),
    "no list": ('{"mine": 3}', "the windows of mine must be a list, got 3"),
    "one time": ('[["2014-07-01"]]', r"a window of mine must be a start and an end, got \['2014-07-01'\]"),
    "numbers": ("[[1, 2]]", r"a window of mine must be a start and an end, got \[1, 2\]"),
    "no time": ('[["2014-07-01", "noon"]]', "a window of mine are no times, the first on line 2: 'noon'"),
    "backwards": ('[["2014-07-02", "2014-07-01"]]', "window 2014-07-02 00:00:00 to .* ends before it starts"),
    "outside": (
        '[["2015-07-01", "2015-07-02"]]',
        "2015-07-02 00:00:00 of mine holds no value: it has 2014-07-01 00:00:00 to 2014-07-01 00:20:00",
    ),
    "overlap": (
        '[["2014-07-01 00:10", "2014-07-01 00:20"], ["2014-07-01 00:00", "2014-07-01 00:10"]]',
        "two windows of mine overlap: one ends 2014-07-01 00:10:00, one starts 2014-07-01 00:10:00. Join",
    ),
    "other names": ('{"yours": []}', "says nothing of mine; it names: yours"),
}


@pytest.mark.parametrize(("text", "message"), LABELS.values(), ids=LABELS.keys())
def test_own_labels_with_a_fault(own, text, message):
    with pytest.raises(DataError, match=message):
        alarms(own(BARE), labels=own(text, "labels.json"))


def test_a_list_of_windows_is_for_one_series(own):
    with pytest.raises(DataError, match="says nothing of a, b; it names: no series"):
        alarms(own({"a.csv": BARE, "b.csv": BARE}), labels=own("[]", "labels.json"))


def test_no_labels_where_they_should_be(own, tmp_path):
    with pytest.raises(DataError, match=r"labels must be the path of a JSON file, got '.*none\.json'"):
        alarms(own(BARE), labels=tmp_path / "none.json")


def test_size_is_bounded(own, monkeypatch):
    monkeypatch.setattr(fetch.files, "MAX_TEXT", 1_000_000)
    with pytest.raises(DataError, match=r"bomb\.csv: the file has more than 1,000,000 bytes of text"):
        alarms(own({"bomb.csv": "timestamp,value\n" + " " * 3_000_000}))


def test_a_path_in_the_environment_is_the_reader_s_own_file(own, monkeypatch):
    path = own("when,value\n2014-07-01 00:00:00,1\n2014-07-01 00:30:00,2\n")
    monkeypatch.setenv("RNN_COOKBOOK_SOURCE", str(path))
    assert alarms(time="when").series["mine"]["value"].tolist() == [1, 2]
    monkeypatch.setenv("RNN_COOKBOOK_SOURCE", "bundled")
    with pytest.raises(DataError, match="time, value and labels are for your own file"):
        alarms(time="when")


# -- the sample


@pytest.fixture(scope="module")
def sample():
    return alarms("bundled")


def test_script_rebuilds_the_sample():
    built = make_alarms_sample.build()
    check_rebuilt(STORED, built)


def test_sample_has_hourly_series_and_later_faults(sample):
    assert (len(sample.series), sample.source) == (5, "sample")
    for name, frame in sample.series.items():
        assert len(frame) == 36 * 168 and (frame["value"] > 0).all()
        assert (np.diff(frame.index.values) == np.timedelta64(1, "h")).all()
        assert len(sample.windows[name]) == 5
        assert sample.windows[name][0][0] >= frame.index[14 * 168]
        assert 0.005 < sample.in_window(name).mean() < 0.03


def test_no_threshold_on_level_or_change_finds_the_faults(sample):
    for name, frame in sample.series.items():
        wrong = sample.in_window(name)
        for values in (frame["value"], frame["value"].diff().fillna(0)):
            usual = values[~wrong]
            assert usual.min() < values[wrong].min() and values[wrong].max() < usual.max()


def hits(sample, score) -> int:
    """Windows found by the highest scores: one alarm for each of the later weeks, a day apart at least."""
    found = 0
    for name, frame in sample.series.items():
        scores = score(frame["value"]).fillna(0).to_numpy()[14 * 168 :]
        alarms_at: list[int] = []
        for hour in np.argsort(-scores):
            if len(alarms_at) < 22 and all(abs(hour - other) >= 24 for other in alarms_at):
                alarms_at.append(hour)
        times = frame.index[14 * 168 :][alarms_at]
        found += sum(((times >= start) & (times <= end)).any() for start, end in sample.windows[name])
    return found


def test_simple_scores_miss_half_of_the_faults_or_more(sample):
    day = 24
    assert hits(sample, lambda values: (values - values.mean()).abs()) <= 2
    assert (
        hits(sample, lambda values: (values - values.rolling(day).mean()).abs() / values.rolling(day).std())
        <= 6
    )
    assert 8 <= hits(sample, lambda values: (values - values.shift(7 * day)).abs()) <= 13
    assert hits(sample, lambda values: values.diff().abs()) <= 8


def test_faults_are_there_to_be_found(sample):
    """Told the windows, one sees a change that the same hours of the days around do not have."""
    strange = 0
    for name, frame in sample.series.items():
        change = frame["value"].diff()
        spread = (change - (change.shift(24) + change.shift(-24)) / 2).abs()
        usual = spread[~sample.in_window(name)].quantile(0.9)
        strange += sum(spread[start:end].max() > usual for start, end in sample.windows[name])
    assert strange >= 22
