"""helpers.datasets.LoadPanel: scale, parts, windows, and the errors of forecasts."""

import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from helpers.datasets import LoadPanel

INDEX = pd.date_range("2024-01-01", periods=20, freq="h")  # a Monday
TABLE = pd.DataFrame(
    {"load": np.arange(20.0), "wind": 1.0, "holiday": np.arange(20) % 2, "heat": 10 * np.arange(20.0)}, INDEX
)
BORDERS = [10, 14, 20]
NO_SCALE = dict.fromkeys(TABLE, (0.0, 1.0))


def panel(table=TABLE, borders=BORDERS, series=("load", "heat"), known_ahead=("holiday",), **how):
    how = {"look_back": 3, "segment": 2, "scale": NO_SCALE} | how
    return LoadPanel(table, borders, series, known_ahead, **how)


def test_the_scale_is_that_of_the_training_part():
    moved = TABLE.copy()
    moved.iloc[10:] += 1_000
    cut = panel(moved, scale=None)
    assert_allclose(cut.scale["load"], (4.5, np.arange(10).std()))
    assert cut.scale["wind"] == (1.0, 1.0)  # constant: left as wide as it is
    assert_allclose(cut.values[:10].mean(axis=0), 0, atol=1e-6)
    assert_allclose(cut.values[:10].std(axis=0), 1, atol=1e-6)
    assert panel(scale=json.loads(json.dumps(cut.scale))).scale["load"] == list(cut.scale["load"])


def test_origins_score_within_their_part_and_read_into_the_one_before():
    cut = panel()
    assert_array_equal(cut.origins("train", 2), [3, 4, 5, 6, 7, 8])
    assert_array_equal(cut.origins("validation", 2), [10, 11, 12])
    assert_array_equal(cut.origins("test", 6), [14])
    assert len(cut.origins("validation", 5)) == 0


def test_a_window():
    cut = panel()
    origins, which = cut.pairs(np.array([4, 7]))
    assert (origins.tolist(), which.tolist()) == ([4, 4, 7, 7], [0, 1, 0, 1])
    inputs = cut.inputs(origins, which, 3)
    assert_array_equal(inputs["past"], [[1, 2, 3], [10, 20, 30], [4, 5, 6], [40, 50, 60]])
    assert_array_equal(inputs["series"], which)
    assert_array_equal(inputs["read"][0], [[1, 1], [1, 0], [1, 1]])  # wind, then what is known ahead
    assert_array_equal(inputs["ahead"][0, :, 0], [0, 1, 0, 0])  # two segments; the last row repeated
    assert_array_equal(cut.targets(origins, which, 3)[:2], [[4, 5, 6], [40, 50, 60]])
    assert all(part.dtype == "float32" for name, part in inputs.items() if name != "series")


def test_without_other_columns_nothing_else_is_read():
    cut = panel(TABLE[["load", "heat"]], known_ahead=())
    assert set(cut.inputs(*cut.pairs(np.array([4])), 2)) == {"past", "series"}


@pytest.mark.parametrize("origin", [5, 12])
def test_changing_the_future_changes_no_input_known_before(origin):
    changed = TABLE.copy()
    changed.iloc[origin:, [0, 1, 3]] += 100  # all but what is known ahead
    before, after = (part.inputs(*part.pairs(np.array([origin])), 3) for part in (panel(), panel(changed)))
    for name in before:
        assert_array_equal(before[name], after[name])


def test_missing_values_are_filled_forward_and_missing_as_targets():
    table = TABLE.copy()
    table.iloc[[0, 5, 6], 0] = np.nan
    cut = panel(table)
    assert_array_equal(cut.values[[0, 4, 5, 6, 7], 0], [0, 4, 4, 4, 7])
    assert_array_equal(np.flatnonzero(np.isnan(cut.truth[:, 0])), [0, 5, 6])
    assert not np.isnan(cut.read).any()


def test_the_calendar_turns_once_a_day_and_once_a_week():
    index = pd.date_range("2024-01-01", periods=14 * 24, freq="h")
    cut = panel(
        pd.DataFrame({"load": np.arange(len(index))}, index), series=["load"], known_ahead=(), calendar=True
    )
    assert_allclose(cut.ahead[0], [0, 1, 0, 1], atol=1e-6)  # Monday, midnight
    assert_allclose(cut.ahead[6, :2], [1, 0], atol=1e-6)
    assert_allclose(cut.ahead[24 * 7 // 4, 2:], [1, 0], atol=1e-6)
    assert_allclose(cut.ahead[: 7 * 24], cut.ahead[7 * 24 :], atol=1e-4)


def test_errors_of_one_number_and_of_quantiles():
    table = TABLE.copy()
    table.iloc[15, 0] = np.nan
    cut, origins = panel(table, series=["load"]), np.array([14, 16])
    point = cut.errors(lambda *pairs: np.nan_to_num(cut.targets(*pairs, 2)) + 2, origins, 2)
    assert point.columns.tolist() == ["origin", "series", "count", "mse", "mae", "crps", "coverage"]
    assert_allclose(point, [[14, 0, 1, 4, 2, 2, 0], [16, 0, 2, 8, 4, 4, 0]])

    def band(*pairs):
        return np.nan_to_num(cut.targets(*pairs, 2))[..., None] + np.array([-1.0, 0.5, 2.0])

    errors = cut.errors(band, origins, 2, [0.1, 0.5, 0.9])
    # Misses of +1, −0.5, −2: pinball 0.1·1, 0.5·0.5, 0.1·2, twice their mean.
    assert_allclose(errors["crps"], np.array([1, 2]) * 2 * (0.1 + 0.25 + 0.2) / 3, rtol=1e-6)
    assert_allclose(errors[["count", "mse", "mae", "coverage"]], [[1, 0.25, 0.5, 1], [2, 0.5, 1, 2]])


def test_errors_go_through_all_origins_in_order():
    index = pd.date_range("2024-01-01", periods=1_000, freq="h")
    cut = panel(pd.DataFrame({"load": np.arange(1_000.0)}, index), [100, 200, 1_000], ["load"], ())
    origins = cut.origins("test", 1)
    errors = cut.errors(lambda origins, which: 0 * origins[:, None], origins, 1)
    assert_array_equal(errors["origin"], origins)
    assert_allclose(errors["mae"], origins)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"series": []}, "must be different ones of load, wind, holiday, heat, got  and holiday"),
        ({"series": ["power"]}, "got power and holiday"),
        ({"known_ahead": ["load"]}, "got load, heat and load"),
        ({"borders": [10, 14]}, "three borders must ascend up to 20"),
        ({"borders": [10, 14, 21]}, "three borders must ascend up to 20"),
        ({"borders": [14, 10, 20]}, r"got \[14, 10, 20\], 3, 2"),
        ({"look_back": 0}, "look_back and segment be at least 1"),
        ({"segment": 0}, "look_back and segment be at least 1"),
    ],
)
def test_what_cannot_be_cut_is_said(changes, message):
    with pytest.raises(ValueError, match=message):
        panel(**changes)


AFTER = {"series": ["load", "heat"], "known_ahead": ["holiday"], "look_back": 3, "scale": NO_SCALE}


def test_after_the_last_value_of_the_target():
    table = TABLE.copy()
    table.iloc[15:, [0, 3]] = np.nan
    inputs, times, scale = LoadPanel.after(table, "heat", 4, **AFTER | {"scale": NO_SCALE | {"heat": (2, 5)}})
    assert_allclose(inputs["past"], [[(120 - 2) / 5, (130 - 2) / 5, (140 - 2) / 5]], rtol=1e-6)
    assert (inputs["series"].tolist(), scale) == ([1], (2, 5))
    assert_array_equal(inputs["ahead"][0, :, 0], [1, 0, 1, 0])  # the holidays of rows 15 to 18
    assert times.equals(INDEX[15:19])
    beyond = LoadPanel.after(
        TABLE[["load", "heat"]], "load", 2, **AFTER | {"known_ahead": [], "scale": SHORT}
    )
    assert beyond[1].tolist() == [pd.Timestamp("2024-01-01 20:00"), pd.Timestamp("2024-01-01 21:00")]
    assert_array_equal(beyond[0]["past"], [[17, 18, 19]])


SHORT = dict.fromkeys(("load", "heat"), (0.0, 1.0))


@pytest.mark.parametrize(
    ("table", "target", "complaint"),
    [
        (TABLE.drop(columns="wind"), "load", "the table lacks wind of the training; .*: add it"),
        (TABLE, "wind", "target must be one of load, heat, got 'wind'"),
        (TABLE[:2], "load", "3 rows before the forecast are needed, there are 2"),
        (TABLE, "load", "holiday must be known 4 rows ahead, 4 of them are missing"),
    ],
)
def test_after_needs_what_the_training_had(table, target, complaint):
    with pytest.raises(ValueError, match=complaint):
        LoadPanel.after(table, target, 4, **AFTER)
