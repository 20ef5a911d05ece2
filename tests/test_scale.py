"""scripts/scale.py and scripts/make_tokens.py: one training in one or several processes, that survives."""

from __future__ import annotations

import importlib.util
import json
import signal
import time
from pathlib import Path
from unittest import mock

import make_tokens
import numpy as np
import pytest
import scale

needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="needs JAX, which is optional")
needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="needs PyTorch, which is optional"
)
REPORT, STEPS = 4, 12


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("scale")


def settings(place: Path, name: str, **changes) -> dict:
    made = scale.made_up(place, 1, STEPS) | {"folder": str(place / name), "report": REPORT, "dropout": 0.1}
    return made | changes


@pytest.fixture(scope="module")
def alone(place) -> Path:
    """The state that an uninterrupted training in one process ends with."""
    result = scale.launch(settings(place, "alone"))
    assert [note["step"] for note in result["notes"]] == [4, 8, 12]
    assert result["validation_loss"] < np.log(200) + 0.1
    return place / "alone" / "state.npz"


def difference(ours: Path, theirs: Path) -> float:
    with np.load(ours) as a, np.load(theirs) as b:
        assert a.files == b.files and len(a.files) > 10
        return max(float(np.abs(a[name] - b[name]).max()) for name in a.files)


# --- the batches -------------------------------------------------------------------------------------------


def test_the_shares_of_all_processes_are_the_batch(place):
    chosen = settings(place, "batches")
    inputs, targets = scale.batch(chosen, 5)
    shares = [scale.batch(chosen, 5, rank, 4) for rank in range(4)]
    np.testing.assert_array_equal(np.concatenate([share[0] for share in shares]), inputs)
    np.testing.assert_array_equal(np.concatenate([share[1] for share in shares]), targets)
    np.testing.assert_array_equal(inputs[:, 1:], targets[:, :-1])


def test_every_pass_has_every_row_once_in_another_order(place):
    chosen = settings(place, "passes", batch=10)
    rows = np.load(Path(chosen["data"]) / "target.npy")
    for first in (0, len(rows) // 10):
        seen = [scale.batch(chosen, first + number)[0] for number in range(len(rows) // 10)]
        together = np.concatenate(seen)
        assert sorted(map(tuple, together)) == sorted(map(tuple, rows[:, :-1].astype(int)))
    assert not np.array_equal(scale.batch(chosen, 0)[0], scale.batch(chosen, len(rows) // 10)[0])


def test_a_batch_does_not_depend_on_those_before_it(place):
    chosen = settings(place, "number")
    scale.order_of.cache_clear()
    first = scale.batch(chosen, 300)[0]
    for number in (0, 299):
        scale.batch(chosen, number)
    np.testing.assert_array_equal(scale.batch(chosen, 300)[0], first)


def test_too_few_rows_are_refused(place):
    with pytest.raises(ValueError, match="2000 rows are too few for a batch of 2001"):
        scale.batch(settings(place, "few", batch=2_001), 0)


def test_the_translator_gets_its_source_along(tmp_path):
    for name in ("source", "target"):
        np.save(tmp_path / f"{name}.npy", np.arange(40).reshape(8, 5) + 100 * (name == "source"))
    chosen = {"data": str(tmp_path), "arrays": ["source", "target"], "batch": 4, "seed": 1}
    (source, inputs), targets = scale.batch(chosen, 0)
    assert source.shape == (4, 5) and inputs.shape == targets.shape == (4, 4)
    np.testing.assert_array_equal(source[:, :4], inputs + 100)


# --- the state ---------------------------------------------------------------------------------------------


@pytest.fixture
def model(place):
    model = scale.compiled(settings(place, "model"))
    model.optimizer.build(model.trainable_variables)
    return model


def test_the_state_comes_back_with_the_optimizer_and_the_seeds(model, place, tmp_path):
    chosen = settings(place, "state")
    model.train_on_batch(*scale.batch(chosen, 0))
    assert scale.save_state(model, tmp_path / "state.npz", 1)
    other = scale.compiled(chosen)
    assert scale.load_state(other, tmp_path / "state.npz") == 1
    for one in (model, other):
        one.train_on_batch(*scale.batch(chosen, 1))
    for ours, theirs in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert scale.load_state(other, tmp_path / "none.npz") == 0


def test_a_full_disk_keeps_the_last_good_state(model, tmp_path, capsys):
    resource = pytest.importorskip("resource")  # not on Windows
    file = tmp_path / "state.npz"
    assert scale.save_state(model, file, 1)
    good = file.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(good) // 2, limits[1]))  # no file may be longer
    try:
        assert not scale.save_state(model, file, 2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.read_bytes() == good
    assert [path.name for path in tmp_path.iterdir()] == ["state.npz"]
    assert "step 2 could not be saved" in capsys.readouterr().out


def test_a_kill_while_saving_keeps_the_last_good_state(model, tmp_path):
    file = tmp_path / "state.npz"
    scale.save_state(model, file, 1)

    def cut_off(stream, **arrays):
        stream.write(b"half")
        raise KeyboardInterrupt

    with mock.patch("numpy.savez", cut_off), pytest.raises(KeyboardInterrupt):
        scale.save_state(model, file, 2)
    assert scale.load_state(model, file) == 1


# --- trainings in processes of their own -------------------------------------------------------------------


def test_killed_in_mid_epoch_it_goes_on_to_the_same_bits(place, alone):
    chosen = settings(place, "killed")
    with pytest.raises(RuntimeError, match=f"process 0 of 1 was killed by signal {int(signal.SIGKILL)}"):
        scale.launch(chosen | {"fault": {"kill": 6}})
    assert int(np.load(place / "killed" / "state.npz")["step"]) == 4
    result = scale.launch(chosen)
    assert difference(place / "killed" / "state.npz", alone) == 0
    assert [note["step"] for note in result["notes"]] == [4, 8, 12]


def test_a_loss_of_nan_stops_and_names_the_layer(place):
    with pytest.raises(RuntimeError, match="the loss of step 6 is nan; first bad layer: recurrent"):
        scale.launch(settings(place, "nan", fault={"nan": 6}))
    with np.load(place / "nan" / "bad_batch.npz") as saved:
        np.testing.assert_array_equal(saved["arr_0"], scale.batch(settings(place, "nan"), 6)[0])
    with np.load(place / "nan" / "state.npz") as state:
        assert state["step"] == 4 and all(np.isfinite(state[name]).all() for name in state.files)


def test_two_devices_find_the_losses_of_one(place):
    one, two = (scale.launch(settings(place, f"devices{n}", devices=n, dropout=0.0))["notes"] for n in (1, 2))
    np.testing.assert_allclose([n["loss"] for n in two], [n["loss"] for n in one], rtol=1e-5)


@needs_jax
def test_two_processes_find_the_losses_of_one(place):
    one, two = (scale.launch(settings(place, f"jax{n}"), n, "jax")["notes"] for n in (1, 2))
    np.testing.assert_allclose([n["loss"] for n in two], [n["loss"] for n in one], rtol=1e-5)


@needs_jax
def test_a_split_vocabulary_finds_the_losses_of_a_whole_one(place):
    one, two = (scale.launch(settings(place, f"split{n}", split=n), 1, "jax") for n in (1, 2))
    ours, theirs = ([note["loss"] for note in result["notes"]] for result in (one, two))
    np.testing.assert_allclose(theirs, ours, rtol=1e-5)
    assert one["bytes_per_device"] - two["bytes_per_device"] == 200 * 16 * 4 // 2


@needs_torch
def test_two_processes_of_pytorch_find_the_losses_of_one(place):
    one, two = (scale.launch(settings(place, f"torch{n}", dropout=0.0), n, "torch")["notes"] for n in (1, 2))
    np.testing.assert_allclose([n["loss"] for n in two], [n["loss"] for n in one], rtol=1e-5)


@needs_jax
def test_one_of_two_processes_dies_and_both_go_on(place):
    chosen, began = settings(place, "jax-killed"), time.monotonic()
    with pytest.raises(RuntimeError, match=r"process \d of 2 .*; the other 1 were ended"):
        scale.launch(chosen | {"fault": {"kill": 6, "rank": 1}}, 2, "jax")
    assert time.monotonic() - began < 60
    assert scale.launch(chosen, 2, "jax")["notes"][-1]["step"] == STEPS
    scale.launch(settings(place, "jax-alone"), 2, "jax")
    assert difference(place / "jax-killed" / "state.npz", place / "jax-alone" / "state.npz") == 0


# --- the launcher, without a training ----------------------------------------------------------------------


class Process:
    def __init__(self, exitcode=None):
        self.exitcode, self.sentinel = exitcode, None


@pytest.mark.parametrize(
    ("codes", "log", "message"),
    [
        ((None, 1), "noise\nValueError: no such file", "process 1 of 2 failed; .*: ValueError: no such file"),
        ((None, -9), "I0000 chatter", "process 1 of 2 was killed by signal 9; the other 1 were ended$"),
        ((1,), "", "process 0 of 1 failed$"),
    ],
)
def test_a_dead_process_is_named(codes, log, message, tmp_path):
    for rank in range(len(codes)):
        (tmp_path / f"log-{rank}.txt").write_text(log)
    with pytest.raises(RuntimeError, match=message):
        scale.wait_for([Process(code) for code in codes], tmp_path, None, 60)


def test_a_process_that_stands_still_is_named(tmp_path):
    (tmp_path / "alive-0").touch()
    with mock.patch("time.time", lambda: (tmp_path / "alive-0").stat().st_mtime + 61):
        fault = scale.first_fault([Process()], tmp_path, 60)
    assert fault == (0, "made no step for 60 s")
    assert scale.first_fault([Process(), Process(0)], tmp_path, 60) is None


def test_all_well(tmp_path):
    scale.wait_for([Process(0), Process(0)], tmp_path, None, 60)


def test_a_report_that_was_repeated_counts_once(tmp_path):
    lines = [{"step": 2, "loss": 3.0}, {"step": 4, "loss": 2.5}, {"step": 4, "loss": 2.0}]
    (tmp_path / "notes.jsonl").write_text('{"st\n' + "\n".join(map(json.dumps, lines)) + '\n{"st')
    (tmp_path / "result.json").write_text('{"validation_loss": 1.5}')
    result = scale.result_of(tmp_path)
    assert [note["loss"] for note in result["notes"]] == [3.0, 2.0] and result["validation_loss"] == 1.5


@pytest.mark.parametrize("changes", [{"batch": 15}, {"steps": 10}])
def test_what_cannot_be_split_is_refused_before_anything_starts(place, changes):
    with pytest.raises(ValueError, match="must be a multiple"):
        scale.launch(settings(place, "never", **changes), 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--processes", "0"], "at least 1, got 0"),
        (["--rank", "0"], "go together"),
        (["--address", "a:1", "--rank", "2"], "from 0 to 1, got 2"),
        (["--address", "a:1", "--rank", "1"], "needs --settings"),
        (["--backend", "tensorflow"], "in one process only"),
    ],
)
def test_the_command_line_says_what_is_wrong(arguments, message, capsys):
    with pytest.raises(SystemExit):
        scale.main(arguments)
    assert message in capsys.readouterr().err


# --- made-up tokens ----------------------------------------------------------------------------------------


def test_made_up_tokens_follow_their_source(tmp_path):
    assert make_tokens.main([str(tmp_path / "a" / "t.npy"), "--tokens", "80000", "--words", "50"]) == 0
    rows = np.load(tmp_path / "a" / "t.npy").astype(int)
    shares, successors = scale.source_of(50, 7)
    assert rows.shape == (2_500, 33) and rows.min() >= 1 and rows.max() <= 49
    follows = (rows[:, 1:] == successors[rows[:, :-1]]).mean()
    chance = shares[successors[rows[:, :-1]]].mean()
    assert abs(follows - (0.5 + 0.5 * chance)) < 0.01
    frequent = np.bincount(rows[:, 0], minlength=50) / len(rows)
    np.testing.assert_allclose(frequent, shares, atol=0.03)
    scale.write_tokens(tmp_path / "b.npy", 2_500, 32, 50, 7)
    np.testing.assert_array_equal(np.load(tmp_path / "b.npy"), rows)


@pytest.mark.parametrize("arguments", [["x.txt"], ["x.npy", "--words", "70000"], ["x.npy", "--steps", "0"]])
def test_tokens_that_cannot_be_made_are_refused(arguments):
    with pytest.raises(SystemExit):
        make_tokens.main(arguments)
