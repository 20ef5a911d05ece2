"""scripts/tune.py: networks with any settings, equal seconds, a search that goes on where it was stopped."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path
from unittest import mock

import nbformat
import numpy as np
import pandas as pd
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
    assert len(scores) <= tune.REPORTS and best == min(scores) < 0.6 < np.log(2)
    assert tune.evaluated("sentiment", network, data, "validation") == pytest.approx(best, rel=1e-4)
    assert float(network.optimizer.learning_rate) < 0.1 * choice["rate"]  # it has fallen, as on the page


def test_every_training_has_what_the_pages_have():
    """The pages of 02 and 08 say what the hand-chosen side is: their numbers stand in their first cells."""
    pages = {}
    for name in ("02_imdb_sentiment", "08_load_forecasting"):
        notebook = nbformat.read(Path(tune.__file__).parents[1] / "notebooks" / f"{name}.ipynb", 4)
        pages[name] = next(c.source for c in notebook.cells if "one-page" in c.metadata.get("tags", ()))
    first, second = pages.values()
    assert "CosineDecay(8e-3," in first and "clipnorm" not in first and "GRU(48," in first
    assert tune.FALLS["sentiment"] and tune.CLIPNORM["sentiment"] is None
    assert tune.BY_HAND["sentiment"] == {"rate": 8e-3, "units": 48, "vector": 64, "dropout": 0.3, "batch": 64}
    assert "Adam(2e-3, clipnorm=1.0)" in second and "units = 96, 24, 128" in second
    assert not tune.FALLS["load"] and tune.CLIPNORM["load"] == 1.0
    assert tune.BY_HAND["load"] == {"rate": 2e-3, "units": 128, "dropout": 0.0, "batch": 128}


def test_the_rate_falls_as_a_cosine():
    np.testing.assert_allclose([tune.falling(x) for x in (0, 0.5, 1, 2)], [1, 0.5, 0, 0], atol=1e-12)


def test_the_gain_is_that_of_the_same_seeds():
    rows = [["by hand", 1, 2.0], ["searched", 1, 1.0], ["by hand", 2, 1.0], ["searched", 2, 1.0]]
    table = pd.DataFrame(rows, columns=["settings", "seed", "test"])
    np.testing.assert_allclose(tune.gain(table, "test"), (0.25, 0.25))


@needs_optuna
def test_a_search_goes_on_where_it_was_stopped(data, tmp_path):
    np.savez(tmp_path / "data.npz", **data)
    settings = {"task": "sentiment", "folder": str(tmp_path), "data": str(tmp_path / "data.npz"), "seed": 1}
    settings |= {"seconds": 0.1, "trials": 1}
    left = tune.opened(settings).ask()  # a worker has begun it, and died
    choice = tune.suggested(left, "sentiment")
    with mock.patch("scale.start") as start:
        study = tune.searched(settings, 2)
    assert [trial.state.name for trial in study.trials] == ["FAIL", "WAITING"]
    assert start.call_args.args[0] is tune.search and start.call_args.args[2] == 2
    tune.search(settings)
    assert tune.opened(settings).trials[1].params == choice
    tune.search(settings | {"trials": 2})
    tune.search(settings | {"trials": 2})  # nothing is left to do
    assert tune.trial_count(tune.opened(settings)) == 2 and tune.seconds_of(tune.opened(settings)) > 0.2
    assert (tmp_path / "alive-0").exists()


@needs_optuna
def test_the_search_begins_with_what_we_know(data, tmp_path):
    settings = {"task": "load", "folder": str(tmp_path), "seed": 1, "seconds": 0.1, "trials": 1}
    with mock.patch("scale.start"):
        study = tune.searched(settings, 1)
    assert study.trials[0].system_attrs["fixed_params"] == tune.BY_HAND["load"]


def test_the_jobs_are_dealt_out(data, tmp_path):
    np.savez(tmp_path / "data.npz", **data)
    settings = {"task": "sentiment", "folder": str(tmp_path), "data": str(tmp_path / "data.npz")}
    choice = tune.BY_HAND["sentiment"] | {"units": 8, "vector": 8}
    jobs = [["by hand", choice, 0.1, 1], ["searched", choice, 0.1, 1], ["by hand", choice, 0.1, 2]]

    def start(work, chosen, workers, backend):
        for rank in range(workers):
            work(chosen, rank, workers)

    with mock.patch("scale.start", start):
        table = tune.compared(settings, jobs, 2)
    assert sorted(zip(table["settings"], table["seed"], strict=True)) == [
        ("by hand", 1),
        ("by hand", 2),
        ("searched", 1),
    ]
    assert np.isfinite(table[["validation", "test"]]).all().all()
