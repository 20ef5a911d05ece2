"""scripts/tune.py: networks with any settings, equal seconds, a search that goes on where it was stopped."""

from __future__ import annotations

import importlib.util
import time

import numpy as np
import pytest
import tune

needs_optuna = pytest.mark.skipif(
    importlib.util.find_spec("optuna") is None, reason="needs Optuna, which is optional"
)


@pytest.fixture(scope="module")
def data() -> dict[str, np.ndarray]:
    """Rows of words whose class is that of their first word."""
    random, made = np.random.default_rng(0), {"words": np.array(10)}
    for name, rows in {"train": 256, "validation": 64, "test": 64}.items():
        made[f"x_{name}"] = random.integers(1, 10, (rows, 4)).astype("int32")
        made[f"y_{name}"] = (made[f"x_{name}"][:, 0] > 5).astype("int32")
    return made


def test_the_pinball_loss_against_hand_made_numbers():
    truth = np.array([[1.0], [np.nan]], "float32")
    guesses = np.zeros((2, 1, 9), "float32")
    # Each quantile lies 1 below the truth: 2 · level · 1, whose mean over the nine levels is 1.
    np.testing.assert_allclose(np.asarray(tune.pinball(truth, guesses)), [1.0, 0.0], rtol=1e-6)
    np.testing.assert_allclose(np.asarray(tune.pinball(-truth, guesses)), [1.0, 0.0], rtol=1e-6)


def test_the_forecast_begins_as_the_last_value():
    past = np.random.default_rng(0).normal(size=(3, 48)).astype("float32")
    ahead = np.zeros((3, 24, 5), "float32")
    parts = {"past_train": past, "ahead_train": ahead, "segment": np.array(12)}
    found = tune.load(tune.BY_HAND["load"] | {"units": 8}, parts)([past, ahead])
    assert found.shape == (3, 24, 9)
    np.testing.assert_allclose(np.asarray(found), np.tile(past[:, -1:, None], (1, 24, 9)), atol=1e-6)


def test_it_trains_for_so_many_seconds_and_keeps_the_best(data):
    scores, began = [], time.perf_counter()
    choice = tune.BY_HAND["sentiment"] | {"units": 8, "vector": 8}
    network, best = tune.trained("sentiment", choice, data, 1.5, 1, scores.append)
    assert 1.5 < time.perf_counter() - began < 60
    assert best == min(scores) < 0.6 < np.log(2)
    assert tune.evaluated("sentiment", network, data, "validation") == pytest.approx(best, rel=1e-4)


@needs_optuna
def test_a_search_goes_on_where_it_was_stopped(data, tmp_path):
    np.savez(tmp_path / "data.npz", **data)
    settings = {"task": "sentiment", "folder": str(tmp_path), "data": str(tmp_path / "data.npz"), "seed": 1}
    settings |= {"seconds": 0.1, "trials": 1}
    tune.search(settings)
    assert tune.opened(settings).trials[0].params == tune.BY_HAND["sentiment"]  # ours comes first
    tune.search(settings | {"trials": 2})
    tune.search(settings | {"trials": 2})  # nothing is left to do
    assert tune.trial_count(tune.opened(settings)) == 2
    assert (tmp_path / "alive-0").exists()
