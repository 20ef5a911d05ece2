"""helpers.datasets.alarm_streams: series on a grid as a watch sees them, and what cannot be watched."""

import numpy as np
import pandas as pd
import pytest

from helpers import datasets
from helpers.datasets import AlarmData, DataError, alarm_streams, known_before

START = pd.Timestamp("2024-03-01")


def data(minutes, values=None, windows=(), name="pump"):
    """One series whose values came so many minutes after `START`; windows in minutes, too."""
    minutes = np.asarray(minutes)
    values = minutes % 7 if values is None else values
    table = pd.DataFrame({"value": np.asarray(values, float)}, START + pd.to_timedelta(minutes, "min"))
    pairs = [tuple(START + pd.Timedelta(minute, "min") for minute in pair) for pair in windows]
    return AlarmData({name: table}, {name: pairs}, "full", "here")


def test_grid_windows_and_trial(capsys):
    found = alarm_streams(data(np.arange(0, 60_000, 60), windows=[(100, 200), (30_000, 30_090)]), 0.2)
    (stream,) = found.values()
    assert list(found) == ["pump"] == [stream.name]
    assert stream.values.tolist() == [minute % 7 for minute in range(0, 60_000, 60)]
    assert (stream.day, stream.trial, stream.step, stream.start) == (24, 200, pd.Timedelta("1h"), START)
    assert stream.windows.tolist() == [[500, 501]]  # minutes 30,000 and 30,060
    assert stream.weeks == 800 / 168
    assert stream.times[500] == START + pd.Timedelta(500, "h")
    assert capsys.readouterr().out == "pump: 1 windows begin too early, and do not count\n"


def test_gaps_are_nan_and_a_value_goes_to_the_nearest_step(capsys):
    minutes = [*range(0, 1_500, 5), 1_512, 1_516, 1_700]
    stream = alarm_streams(data(minutes, np.arange(303)))["pump"]
    assert len(stream.values) == 341
    assert np.flatnonzero(~np.isnan(stream.values)).tolist() == [*range(300), 302, 303, 340]
    assert stream.values[[302, 303, 340]].tolist() == [300, 301, 302]
    assert capsys.readouterr().out == "pump: 38 steps without a value\n"


def test_a_watch_cannot_go_back(capsys):
    """Clocks are set back by 20 minutes: the four values that come again are left out, the first stay."""
    minutes = [*range(0, 1_000, 5), *range(980, 2_000, 5)]
    stream = alarm_streams(data(minutes, np.arange(404)))["pump"]
    assert stream.values.tolist() == [*range(200), *range(204, 404)]
    assert capsys.readouterr().out == "pump: 4 values at a time that had come before, left out\n"


def test_the_past_does_not_depend_on_the_future():
    minutes = [*range(0, 3_000, 5), *range(2_900, 5_000, 5)]
    whole, part = alarm_streams(data(minutes))["pump"], alarm_streams(data(minutes[:500]))["pump"]
    np.testing.assert_array_equal(whole.values[:500], part.values)


HOURLY = np.arange(0, 60 * 400, 60)
REFUSED = {
    "constant": (data(HOURLY, np.full(400, 3.0)), "pump: its first 15% are always 3, .*fixed limit"),
    "constant at first": (data(HOURLY, np.arange(400) // 60), "pump: its first 15% are always 0"),
    "short": (data(HOURLY[:199]), "pump: its first 15% hold 29 values, and 30 are the least"),
    "one value": (data([0]), "pump: all its values have the same time"),
    "seconds": (data(np.arange(0, 100, 0.5)), "pump: its step is 30 s, and a minute is the shortest"),
    "gap": (data([*HOURLY, 300_000]), "pump: it has 401 values for 5,001 steps of 3600 s"),
}


@pytest.mark.parametrize(("series", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_watched_is_refused(series, message):
    with pytest.raises(DataError, match=message):
        alarm_streams(series)


def test_daily_values_have_a_day_of_one_step():
    stream = alarm_streams(data(np.arange(0, 1_440 * 300, 1_440)))["pump"]
    assert (stream.day, stream.trial, stream.weeks) == (1, 45, 255 / 7)


def test_the_trial_is_a_share():
    for trial in (0, 1, -0.1):
        with pytest.raises(ValueError, match=f"trial must lie between 0 and 1, got {trial}"):
            alarm_streams(data(HOURLY), trial)


def test_the_sample_loses_nothing(capsys):
    found = alarm_streams(datasets.alarms("bundled"))
    assert "\n" not in capsys.readouterr().out.strip()  # but the loader's line
    assert {name: len(stream.windows) for name, stream in found.items()} == dict.fromkeys(sorted(found), 5)
    assert all(len(stream.values) == 6_048 and stream.trial == 907 for stream in found.values())


# -- what is known before each value


def test_inputs_of_a_rhythm_by_hand():
    """Values 0 to 3 again and again, a "day" of 4 steps, for nine days: every column of one row."""
    values = np.tile([0.0, 1, 2, 3], 9)
    values[-1] = 5  # the value to be told: in no input
    values[-5], values[-6] = 2.5, 1.5  # yesterday's, and the one before
    values[-29], values[-30] = 4, 1  # last week's, and the one before
    missing = np.zeros(36, bool)
    missing[-2] = True
    known, change = known_before(values, missing, 21_600 * np.arange(36), 4)
    assert known.shape == (36, 15) and known.dtype == change.dtype == np.float32
    assert known[-1, :6].tolist() == [2, 1, 0.5, 2, 1, 3]
    # One step later there was a 0 yesterday and last week, two steps later a 1.
    assert known[-1, 6:11].tolist() == [-2.5, -4, -1.5, -3, 1]
    hour, weekday = 2 * np.pi * 18 / 24, 2 * np.pi * (1 * 24 + 18) / 168  # a Tuesday, 18:00
    waves = [wave(angle) for angle in (hour, weekday) for wave in (np.sin, np.cos)]
    np.testing.assert_allclose(known[-1, 11:], waves, atol=1e-6)
    assert change[-1] == 3 and np.isnan(change[[0, -2]]).all()
    assert known[0, :11].tolist() == [0] * 11  # nothing is known yet
    assert known[10, 3] == known[10, 2] == values[6] - values[9]  # no week of past: yesterday


@pytest.mark.parametrize("day", [1, 2, 3, 24, 40])
def test_a_week_of_values_is_enough_and_no_input_knows_its_value(day):
    random = np.random.default_rng(1)
    values, missing, seconds = random.normal(size=300), random.random(300) < 0.2, 3_600.0 * np.arange(300)
    known, change = known_before(values, missing, seconds, day)
    for step in (3, 30, 170, 299):
        part = slice(max(0, step - 7 * day - 1), step + 1)
        few, one = known_before(values[part], missing[part], seconds[part], day)
        np.testing.assert_array_equal(few[-1], known[step])
        assert one[-1] == change[step] or (missing[step] and np.isnan(change[step]))
    values[200:] = 7
    missing[200:] = False
    again, _ = known_before(values, missing, seconds, day)
    np.testing.assert_array_equal(again[:201], known[:201])
    assert (again[201] != known[201]).any()


def test_scale_gaps_and_clock_of_a_stream():
    minutes = np.delete(np.arange(0, 60 * 400, 60), [100, 101])
    stream = alarm_streams(data(minutes, minutes / 60))["pump"]
    mean, deviation = stream.scale
    assert (mean, deviation) == (29.5, np.arange(60).std())
    expected = np.arange(400.0)
    expected[100:102] = 99
    np.testing.assert_allclose(stream.filled, (expected - 29.5) / deviation)
    monday = START - pd.Timedelta(START.day_of_week, "D")
    assert stream.seconds(5) == (START - monday).total_seconds() + 5 * 3_600
    known, change = stream.inputs()
    assert known.shape == (400, 15) and np.isnan(change[[0, 100, 101]]).all()
    np.testing.assert_allclose(change[102], 3 / deviation, rtol=1e-5)


def test_recent_averages_by_hand():
    stream = alarm_streams(data(HOURLY, np.arange(400) % 9))["pump"]
    mean, deviation = stream.scale
    one = stream.recent(3) * deviation + mean
    assert stream.recent(3).dtype == np.float32
    np.testing.assert_allclose(one[[0, 1, 7, 399]], [[0, 0, 0], [0, 0, 1], [5, 6, 7], [1, 2, 3]], atol=1e-5)
    two = stream.recent(2, 3) * deviation + mean  # (1, 2, 3) and (4, 5, 6)
    np.testing.assert_allclose(two[6], [2, 5], atol=1e-5)
    assert two.shape == (400, 2)


def test_averaged_by_hand():
    stream = alarm_streams(data(HOURLY))["pump"]
    scores = np.array([np.nan, 8, np.nan, 4, 0])
    assert np.isnan(stream.averaged(scores, 2)[0])
    assert stream.averaged(scores, 2)[1:].tolist() == [8, 8, 6, 3]
    assert stream.averaged(scores, 0)[1:].tolist() == [8, 8, 4, 0]
