"""data/load-sample.csv.gz: its form, what decides its load, and that simple forecasts fall short."""

import datetime
import gzip
from pathlib import Path

import make_load_sample
import numpy as np
import pytest
from origins import check_rebuilt

from helpers.datasets import power_load

STORED = Path(__file__).resolve().parent.parent / "data" / "load-sample.csv.gz"
LOOK_BACK, HORIZON = 336, 96


@pytest.fixture(scope="module")
def data():
    return power_load("bundled")


@pytest.fixture(scope="module")
def table(data):
    filled = data.table.interpolate()
    return filled.assign(holiday=filled["holiday"].round())


def test_script_rebuilds_the_sample():
    stored, built = STORED.read_bytes(), make_load_sample.build()
    check_rebuilt(STORED, built)
    assert len(stored) < 500_000


def test_form(data):
    lines = gzip.decompress(STORED.read_bytes()).decode().splitlines()
    assert lines[0] == "date,temperature,temperature_forecast,holiday,load" and len(lines) == 17_503
    assert lines[1].startswith("2021-01-01 00:00:00,") and lines[-1].startswith("2022-12-31 23:00:00,")
    assert data.table.shape == (17_520, 4) and data.step == datetime.timedelta(hours=1)
    assert (data.target, data.known_ahead) == ("load", ("temperature_forecast", "holiday"))
    assert data.missing.sum().to_dict() == {
        "temperature": 37, "temperature_forecast": 18, "holiday": 18, "load": 18,
    }  # fmt: skip
    assert data.dropped == {}


def test_calendar():
    start = datetime.date(2021, 1, 1)
    days = [
        day for day in (start + datetime.timedelta(n) for n in range(730)) if make_load_sample.is_holiday(day)
    ]
    assert len(days) == 46 and sum(day.weekday() < 5 for day in days) == 40
    assert [day.isoformat() for day in days[:6]] == [
        "2021-01-01", "2021-01-04", "2021-02-18", "2021-02-19", "2021-03-01", "2021-04-15",
    ]  # fmt: skip


def test_a_holiday_has_the_load_of_a_sunday(table):
    daily = table.resample("D").agg({"temperature": "mean", "holiday": "max", "load": "mean"})
    mild = daily[daily["temperature"].between(12, 20)]
    weekday = mild.index.day_of_week
    working = mild[(weekday < 5) & (mild["holiday"] == 0)]["load"].mean()
    holiday = mild[(weekday < 5) & (mild["holiday"] == 1)]["load"].mean()
    sunday = mild[(weekday == 6)]["load"].mean()
    assert working > 1.2 * sunday and abs(holiday / sunday - 1) < 0.05


def test_frost_and_heat_both_cost_power(table):
    working = table[(table.index.day_of_week < 5) & (table["holiday"] == 0)].resample("D").mean().dropna()
    cold, hot = working[working["temperature"] < 10], working[working["temperature"] > 22]
    assert len(cold) > 100 and len(hot) > 20
    assert np.corrcoef(cold["temperature"], cold["load"])[0, 1] < -0.8
    assert np.corrcoef(hot["temperature"], hot["load"])[0, 1] > 0.8


def test_weather_lasts_days_and_is_forecast_with_an_error(table):
    error = (table["temperature_forecast"] - table["temperature"]).dropna()
    assert 0.9 < error.std() < 1.3 and abs(error.mean()) < 0.2
    years = 2 * np.pi * np.arange(730) / 365.25
    season = np.stack([np.ones(730), np.cos(years), np.sin(years)], axis=1)
    daily = table["temperature"].resample("D").mean().to_numpy()
    rest = daily - season @ np.linalg.lstsq(season, daily, rcond=None)[0]
    after = [np.corrcoef(rest[:-lag], rest[lag:])[0, 1] for lag in (1, 3, 14)]
    assert after[0] > 0.65 and 0.2 < after[1] < 0.6 and abs(after[2]) < 0.25


def test_load_grows(table):
    yearly = table["load"].groupby(table.index.year).mean()
    assert 1.02 < yearly[2022] / yearly[2021] < 1.05


def test_week_and_lines_fall_short_where_bends_do_not(table):
    """Squared errors 96 hours ahead on the last fifth, load scaled by the first three."""
    train, test = int(0.6 * len(table)), int(0.8 * len(table))
    scaled = (table - table[:train].mean()) / table[:train].std()
    load = scaled["load"].to_numpy()
    view = np.lib.stride_tricks.sliding_window_view
    past, future = view(load, LOOK_BACK), view(load, HORIZON)
    ahead = view(scaled[["temperature_forecast", "holiday"]].to_numpy(), HORIZON, axis=0)
    ahead = ahead.reshape(len(ahead), -1)
    seen = np.arange(LOOK_BACK, train - HORIZON + 1)
    unseen = np.arange(test, len(table) - HORIZON + 1)

    def linear(inputs):
        known = inputs(seen)
        weights = np.linalg.solve(known.T @ known + np.eye(known.shape[1]), known.T @ future[seen])
        return ((inputs(unseen) @ weights - future[unseen]) ** 2).mean()

    def one(rows):
        return np.ones((len(rows), 1))

    week = np.mean([(load[row - 168 : row - 72] - future[row]) ** 2 for row in unseen])
    # DLinear's trend and remainder are linear in the past, so it is one of these maps.
    dlinear = linear(lambda rows: np.hstack([past[rows - LOOK_BACK], one(rows)]))
    with_ahead = linear(lambda rows: np.hstack([past[rows - LOOK_BACK], ahead[rows], one(rows)]))
    assert week == pytest.approx(0.26, abs=0.01)  # the figures of data/README.md
    assert dlinear == pytest.approx(0.17, abs=0.01)
    assert with_ahead == pytest.approx(0.09, abs=0.01)

    # What can be known: the round of the kind of day, and degrees of heating and cooling by the forecast.
    kind = np.select([table["holiday"] == 1, table.index.day_of_week >= 5], [6, table.index.day_of_week], 0)
    rounds = np.eye(7 * 24)[(kind * 24 + table.index.hour).astype(int)]
    forecast = table["temperature_forecast"].ewm(span=27).mean().to_numpy()
    degrees = np.stack([np.maximum(15 - forecast, 0), np.maximum(forecast - 20, 0)], axis=1)
    busy = np.eye(24)[table.index.hour]
    inputs = np.hstack(
        [rounds, degrees[:, :1] * busy, degrees[:, 1:] * busy, np.arange(len(table))[:, None] / 1e4]
    )
    weights = np.linalg.lstsq(inputs[:train], load[:train], rcond=None)[0]
    bent = ((inputs[test:] @ weights - load[test:]) ** 2).mean()
    assert bent < 0.25 * with_ahead
