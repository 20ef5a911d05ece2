"""scripts/scale.py and scripts/make_tokens.py: one training in one or several processes, that survives."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import keras
import make_tokens
import numpy as np
import pytest
import scale

needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="needs JAX, which is optional")
needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="needs PyTorch, which is optional"
)
REPORT, STEPS = 4, 12
ROOT = Path(scale.__file__).parent.parent


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


@pytest.mark.parametrize(("rows", "batch", "world", "kept", "share"), [(64, 16, 2, 64, 8), (7, 16, 2, 6, 3)])
def test_validation_is_dealt_out_and_never_empty(place, tmp_path, rows, batch, world, kept, share):
    chosen = settings(place, "validation", batch=batch) | {"data": str(tmp_path)}
    table = np.arange(rows * 3).reshape(rows, 3)
    np.save(tmp_path / "validation_target.npy", table)
    parts = [scale.validation(chosen, rank, world) for rank in range(world)]
    assert [part[2] for part in parts] == [share] * world
    together = np.concatenate([part[1] for part in parts])
    np.testing.assert_array_equal(np.sort(together[:, 0]), table[:kept, 1])
    with pytest.raises(ValueError, match=f"{rows} validation rows are too few for {rows + 1} processes"):
        scale.validation(chosen, 0, rows + 1)


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


def test_a_full_disk_keeps_the_last_good_state(model, tmp_path, capfd):
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
    assert "state.npz could not be written: " in capfd.readouterr().out


def test_a_kill_while_saving_keeps_the_last_good_state(model, tmp_path):
    file = tmp_path / "state.npz"
    scale.save_state(model, file, 1)

    def cut_off(stream, **arrays):
        stream.write(b"half")
        raise KeyboardInterrupt

    with mock.patch("numpy.savez", cut_off), pytest.raises(KeyboardInterrupt):
        scale.save_state(model, file, 2)
    assert scale.load_state(model, file) == 1


def test_weights_that_are_not_finite_do_not_replace_the_last_good_state(model, tmp_path):
    file = tmp_path / "state.npz"
    scale.save_state(model, file, 1)
    good = file.read_bytes()
    kernel = model.get_layer("recurrent").cell.kernel
    kernel.assign(kernel * float("nan"))
    with pytest.raises(FloatingPointError, match="kernel is not finite before step 2"):
        scale.save_state(model, file, 2)
    assert file.read_bytes() == good and [path.name for path in tmp_path.iterdir()] == ["state.npz"]


def test_a_state_of_another_network_is_refused(model, place, tmp_path):
    scale.save_state(model, tmp_path / "state.npz", 1)
    with pytest.raises(ValueError, match=r"is \(200, 8\), in state.npz \(200, 16\)"):
        scale.load_state(scale.compiled(settings(place, "other", vector=8)), tmp_path / "state.npz")
    with np.load(tmp_path / "state.npz") as saved:
        np.savez(tmp_path / "fewer.npz", **{name: saved[name] for name in saved.files[:-1]})
    with pytest.raises(ValueError, match=r"fewer.npz holds \d+ arrays, the training has"):
        scale.load_state(model, tmp_path / "fewer.npz")


def test_a_difference_is_never_hidden_by_a_nan(tmp_path):
    for name, seed, value in (("a", 1, 1.0), ("b", 3, 1.5), ("nan", 1, np.nan)):
        np.savez(tmp_path / f"{name}.npz", seed=np.array([seed], "uint32"), weights=np.array([value, 2.0]))
    assert scale.difference(tmp_path / "a.npz", tmp_path / "a.npz") == 0
    assert (
        scale.difference(tmp_path / "a.npz", tmp_path / "b.npz") == 2
    )  # of the seeds, without a wrap-around
    with pytest.raises(ValueError, match="not finite"):
        scale.difference(tmp_path / "a.npz", tmp_path / "nan.npz")


@pytest.mark.parametrize(
    ("changes", "world", "message"),
    [
        ({"rate": 1e-3}, 1, "was begun with rate = 0.004, now it is 0.001: give the old value, or another"),
        ({}, 2, "was begun with processes = 1, now it is 2"),
        ({"arrays": ["validation_target"]}, 1, "was begun with arrays = "),
    ],
)
def test_another_training_does_not_go_on_where_this_one_was(place, tmp_path, changes, world, message):
    begun = settings(place, "begun")
    (tmp_path / "settings.json").write_text(json.dumps(scale.identity(begun, 1)))
    (tmp_path / "state.npz").touch()
    scale.same_as_before(tmp_path, scale.identity(begun | {"folder": "elsewhere", "fault": {"kill": 1}}, 1))
    with pytest.raises(ValueError, match=message):
        scale.same_as_before(tmp_path, scale.identity(begun | changes, world))


def test_a_process_that_sees_another_folder_is_named(place):
    own = scale.identity(settings(place, "seen"), 2)
    for found, message in (
        (
            [[4, 1], [0, 1]],
            "process 1 sees the state of step 0, process 0 that of step 4: the folder must be",
        ),
        ([[4, 1], [4, 2]], "process 1 has other settings or other data than process 0"),
    ):
        gathered = mock.patch("scale.gathered", lambda *_, found=found: found)
        with gathered, pytest.raises(ValueError, match=message):
            scale.all_agree(4, own, 2)
    scale.all_agree(4, own, 1)


def test_a_raw_operation_is_named_and_not_the_layer_behind_it():
    numbers = keras.Input((2,))
    spoilt = keras.ops.log(keras.layers.Dense(2, name="first", kernel_initializer="zeros")(numbers) - 1.0)
    model = keras.Model(numbers, keras.layers.Dense(1, name="behind")(spoilt))
    assert scale.first_bad_output(model, np.ones((1, 2), "float32")).startswith("log")


# --- trainings in processes of their own -------------------------------------------------------------------


def test_killed_in_mid_epoch_it_goes_on_to_the_same_bits(place, alone):
    chosen = settings(place, "killed")
    with pytest.raises(RuntimeError, match=f"process 0 of 1 was killed by signal {int(signal.SIGKILL)}$"):
        scale.launch(chosen | {"fault": {"kill": 6}})
    assert scale.step_of(place / "killed" / "state.npz") == 4
    with pytest.raises(RuntimeError, match="was killed by signal 9"):  # now with half of a file written
        scale.launch(chosen | {"fault": {"kill_saving": 8}})
    assert (place / "killed" / "unfinished-state.npz").exists()
    assert scale.step_of(place / "killed" / "state.npz") == 4
    result = scale.launch(chosen)
    assert scale.difference(place / "killed" / "state.npz", alone) == 0
    assert [note["step"] for note in result["notes"]] == [4, 8, 12]


@pytest.mark.parametrize(
    ("fault", "message", "step", "saved"),
    [
        ({"nan": 2}, "first in step 2; first bad output: recurrent$", 2, 0),  # before the first report
        (
            {"gradient": 7},
            "first in step 7, whose loss is finite: its gradient spoils projection/bias$",
            7,
            4,
        ),
    ],
)
def test_nan_stops_and_the_layer_is_named(place, fault, message, step, saved):
    name = f"nan-{step}"
    with pytest.raises(RuntimeError, match=message):
        scale.launch(settings(place, name, fault=fault))
    with np.load(place / name / "bad_batch.npz") as kept:
        np.testing.assert_array_equal(kept["arr_0"], scale.batch(settings(place, name), step)[0])
    with np.load(place / name / "state.npz") as state:
        assert state["step"] == saved and all(np.isfinite(state[key]).all() for key in state.files)


def test_a_training_on_a_full_disk_keeps_its_last_good_state(place, alone):
    chosen = settings(place, "full")
    with pytest.raises(RuntimeError, match="ended without a result: is the disk full. saved: step 4"):
        scale.launch(chosen | {"fault": {"full": 6}})
    scale.launch(chosen)
    assert scale.difference(place / "full" / "state.npz", alone) == 0


def test_a_last_state_that_was_not_saved_is_told(place, tmp_path):
    chosen = settings(place, "unsaved", folder=str(tmp_path))
    (tmp_path / "result.json").write_text('{"saved": false}')
    (tmp_path / "notes.jsonl").write_text('{"step": 12, "seconds": 61.0}')
    started, step = mock.patch("scale.start"), mock.patch("scale.step_of", lambda _: 8)
    with started, step, pytest.warns(UserWarning) as told:
        scale.launch(chosen)
    texts = [str(one.message) for one in told]
    assert "the last saved state is that of step 8 of 12" in texts[0]
    assert "a report took 61 s" in texts[1]


def test_two_devices_find_the_losses_of_one(place):
    one, two = (scale.launch(settings(place, f"devices{n}", devices=n, dropout=0.0))["notes"] for n in (1, 2))
    np.testing.assert_allclose([n["loss"] for n in two], [n["loss"] for n in one], rtol=1e-5)


@pytest.fixture(scope="module")
def jax_runs(place) -> dict[int, dict]:
    """What one process and two processes on JAX leave."""
    return {n: scale.launch(settings(place, f"jax{n}", dropout=0.0), n, "jax") for n in (1, 2)}


@needs_jax
def test_two_processes_find_the_losses_of_one(place, jax_runs):
    one, two = (jax_runs[n]["notes"] for n in (1, 2))
    np.testing.assert_allclose([n["loss"] for n in two], [n["loss"] for n in one], rtol=1e-5)
    assert jax_runs[2]["validation_loss"] == pytest.approx(jax_runs[1]["validation_loss"], rel=1e-5)


@needs_jax
def test_what_two_processes_on_jax_have_trained_is_a_model_here(place, jax_runs):
    model = keras.saving.load_model(place / "jax2" / "model.keras", compile=False)
    inputs, targets, _ = scale.validation(settings(place, "jax2"))
    losses = keras.losses.sparse_categorical_crossentropy(targets, model(inputs), from_logits=True)
    assert float(np.mean(losses)) == pytest.approx(jax_runs[2]["validation_loss"], rel=1e-4)


@needs_jax
def test_a_split_vocabulary_finds_the_losses_of_a_whole_one(place, jax_runs):
    two = scale.launch(settings(place, "split", split=2, dropout=0.0), 1, "jax")
    ours, theirs = ([note["loss"] for note in result["notes"]] for result in (jax_runs[1], two))
    np.testing.assert_allclose(theirs, ours, rtol=1e-5)
    half = 200 * 16 * 4 // 2  # of the words, on the other device
    assert jax_runs[1]["weights_bytes"] - two["weights_bytes"] == half
    assert jax_runs[1]["optimizer_bytes"] - two["optimizer_bytes"] == 2 * half


@needs_torch
def test_two_processes_of_pytorch_find_the_losses_of_one(place):
    one, two = (scale.launch(settings(place, f"torch{n}", dropout=0.0), n, "torch")["notes"] for n in (1, 2))
    np.testing.assert_allclose([n["loss"] for n in two], [n["loss"] for n in one], rtol=1e-5)


@needs_torch
def test_torchrun_starts_two_processes(place, tmp_path):
    chosen = settings(place, "torchrun", dropout=0.0)
    (tmp_path / "settings.json").write_text(json.dumps(chosen))
    line = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "--master_port"]
    line += [str(scale.free_port()), "scripts/scale.py", "--backend", "torch"]
    line += ["--settings", str(tmp_path / "settings.json")]
    subprocess.run(line, cwd=ROOT, env=without_backend(), check=True, timeout=300, capture_output=True)
    assert scale.step_of(place / "torchrun" / "state.npz") == STEPS


@needs_jax
def test_one_of_two_processes_dies_and_both_go_on(place, jax_runs):
    chosen, began = settings(place, "jax-killed", dropout=0.0), time.monotonic()
    with pytest.raises(
        RuntimeError, match="^process 1 of 2 was killed by signal 9; the other one was ended$"
    ):
        scale.launch(chosen | {"fault": {"kill": 6, "rank": 1}}, 2, "jax")
    died = (place / "jax-killed" / "alive-1").stat().st_mtime
    assert time.monotonic() - began < 120 and time.time() - died < 60
    assert scale.launch(chosen, 2, "jax")["notes"][-1]["step"] == STEPS
    assert scale.difference(place / "jax-killed" / "state.npz", place / "jax2" / "state.npz") == 0


@needs_jax
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs SIGSTOP")
def test_a_process_that_is_stopped_is_named(place):
    chosen = settings(place, "stopped", fault={"stop": 6, "rank": 1}, patience=5)
    with pytest.raises(RuntimeError, match="process 1 of 2 made no step for 5 s .*; the other one was ended"):
        scale.launch(chosen, 2, "jax")
    assert time.time() - (place / "stopped" / "alive-1").stat().st_mtime < 60


def without_backend() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}


NETWORK = """
import keras


def network(settings):
    rows = keras.Input((8, 3))
    return keras.Model(rows, keras.layers.Dense(1)(keras.layers.GRU(settings["units"])(rows)))


def examples(rows):
    return tuple(rows)
"""


@needs_jax
def test_the_printed_command_trains_a_network_of_ones_own_and_survives_a_death(place, tmp_path):
    random = np.random.default_rng(0)
    for part in ("", "validation_"):
        x = random.normal(size=(64, 8, 3)).astype("float32")
        np.save(tmp_path / f"{part}x.npy", x)
        np.save(tmp_path / f"{part}y.npy", x.mean(axis=(1, 2))[:, None])
    (tmp_path / "own.py").write_text(NETWORK)
    chosen = {"data": str(tmp_path), "arrays": ["x", "y"], "folder": str(tmp_path / "run"), "loss": "mse"}
    chosen |= {name: f"{tmp_path / 'own.py'}:{name}" for name in ("network", "examples")}
    chosen |= {"units": 4, "batch": 16, "steps": 12, "report": 4, "rate": 1e-2, "seed": 7, "patience": 30}
    file, address = tmp_path / "settings.json", f"127.0.0.1:{scale.free_port()}"
    file.write_text(json.dumps(chosen | {"fault": {"kill": 6, "rank": 1}}))
    lines = [scale.command(file, "jax", address, 2, rank).split()[1:] for rank in (0, 1)]
    how = {"cwd": ROOT, "env": without_backend(), "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    started = [subprocess.Popen([sys.executable, *line], **how) for line in lines]
    try:
        assert started[1].wait(200) == -signal.SIGKILL, started[1].communicate()
        began = time.monotonic()
        assert started[0].wait(60) != 0  # nobody but itself tells it
        assert time.monotonic() - began < 60
    finally:
        for process in started:
            process.kill()
            process.communicate()
    assert scale.step_of(tmp_path / "run" / "state.npz") == 4
    del chosen["patience"]
    result = scale.launch(chosen, 2, "jax")
    model = keras.saving.load_model(tmp_path / "run" / "model.keras")
    x, y = (np.load(tmp_path / f"validation_{name}.npy") for name in "xy")
    assert float(np.mean((model(x) - y) ** 2)) == pytest.approx(result["validation_loss"], rel=1e-3)


# --- the launcher, without a training ----------------------------------------------------------------------


class Process:
    def __init__(self, exitcode=None, pid=0):
        self.exitcode, self.sentinel, self.pid = exitcode, None, pid


@pytest.mark.parametrize(
    ("codes", "logs", "message"),
    [
        (
            (None, 1),
            ["", "noise\nValueError: no such file"],
            "process 1 of 2 failed; .*: ValueError: no such file$",
        ),
        (
            (1, -9),
            ["Gloo: Connection reset", ""],
            "process 1 of 2 was killed by signal 9; the other one was ended$",
        ),
        (
            (-6, 1, 1),
            ["", "Gloo lost it", "OSError: x"],
            "process 2 of 3 failed; the other 2 were ended: OSError: x$",
        ),
        ((-6, -11), ["", ""], "process 1 of 2 was killed by signal 11"),
        (
            (1,),
            ["Timeout (0:00:05)!\n  File x"],
            "process 0 of 1 stood still and ended itself .log-0.txt says where.$",
        ),
        ((1,), [""], "process 0 of 1 failed$"),
    ],
)
def test_the_process_that_died_first_is_named(codes, logs, message, tmp_path):
    for rank, log in enumerate(logs):
        (tmp_path / f"log-{rank}.txt").write_text(log)
    with pytest.raises(RuntimeError, match=message):
        scale.wait_for([Process(code) for code in codes], tmp_path, {})


def test_a_process_that_stands_still_is_named(tmp_path):
    now = time.time()
    for rank, seconds in enumerate((61, 62)):
        (tmp_path / f"alive-{rank}").touch()
        os.utime(tmp_path / f"alive-{rank}", (now - seconds,) * 2)
    two, chosen = [Process(), Process()], {"patience": 60}
    assert scale.first_fault(two, tmp_path, chosen, now) == (1, "made no step for 60 s")
    with mock.patch("scale.is_stopped", lambda pid: pid == 5):  # it is what the other one waits for
        found = scale.first_fault([Process(pid=5), Process()], tmp_path, chosen, now)
    assert found == (0, "made no step for 60 s (it is stopped)")
    assert scale.first_fault([Process(0), Process(0)], tmp_path, chosen, now) is None
    (tmp_path / "alive-1").unlink()
    assert scale.first_fault([Process(0), Process()], tmp_path, chosen, now - 299) is None
    assert (
        scale.first_fault([Process(0), Process()], tmp_path, chosen, now - 301)[1]
        == "made no first step for 300 s"
    )


def test_all_well(tmp_path):
    scale.wait_for([Process(0), Process(0)], tmp_path, {})


def test_a_report_that_was_repeated_counts_once(tmp_path):
    lines = [{"step": 2, "loss": 3.0}, {"step": 4, "loss": 2.5}, {"step": 4, "loss": 2.0}]
    (tmp_path / "notes.jsonl").write_text('{"st\n' + "\n".join(map(json.dumps, lines)) + '\n{"st')
    (tmp_path / "result.json").write_text('{"validation_loss": 1.5}')
    result = scale.result_of(tmp_path)
    assert [note["loss"] for note in result["notes"]] == [3.0, 2.0] and result["validation_loss"] == 1.5


@pytest.mark.parametrize(
    ("changes", "world", "backend", "message"),
    [
        ({"batch": 15}, 2, "jax", "got 15 rows for 2"),
        ({"batch": 15, "devices": 2}, 1, "tensorflow", "multiple of the devices, got 15 rows for 2"),
        ({"steps": 10}, 1, "jax", "steps must be a multiple of report, got 10 and 4"),
        ({"report": 0}, 1, "jax", "report must be at least 1, got 0"),
        ({}, 2, "tensorflow", "in one process only"),
        ({"devices": 2}, 1, "jax", "devices = 2 needs TensorFlow, got jax"),
        ({"split": 2}, 1, "torch", "split = 2 needs JAX, got torch"),
        ({"split": 2}, 2, "jax", "split = 2 works in one process, got 2"),
        ({"devices": 2, "clip": 1.0}, 1, "tensorflow", "clip = 1.0 with devices = 2: MirroredStrategy"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_anything_starts(place, changes, world, backend, message):
    with pytest.raises(ValueError, match=message):
        scale.launch(settings(place, "never", **changes), world, backend)


def test_gradients_are_not_cut_unless_asked(place):
    assert scale.compiled(settings(place, "clip")).optimizer.global_clipnorm is None
    assert scale.compiled(settings(place, "clip", clip=0.5)).optimizer.global_clipnorm == 0.5


@pytest.mark.parametrize(
    ("there", "world", "devices", "seen", "pinned"),
    [
        ([], 2, 1, None, "1,1"),
        (["4", "6"], 2, 1, "6", "1,0"),
        (["0"], 2, 1, "", "1,1"),
        (["0"], 1, 2, "", "0,2"),
    ],
)
def test_each_process_has_gpus_of_its_own_or_all_use_the_cpu(place, there, world, devices, seen, pinned):
    with mock.patch("scale.gpus", lambda: there):
        found = scale.surroundings(settings(place, "gpus", devices=devices), world - 1, world, "jax")
    assert found.get("CUDA_VISIBLE_DEVICES") == seen and found["WORKER_CORES"] == pinned
    assert found.get("JAX_PLATFORMS") == ("cpu" if seen == "" else None)


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


# --- what a training has left ------------------------------------------------------------------------------


def left(losses: list[float], processes: int, seconds: float) -> dict:
    """A result with a report after each two steps."""
    notes = [
        {"step": 2 * n + 2, "loss": loss, "seconds": seconds, "network": 5_000_000}
        for n, loss in enumerate(losses)
    ]
    return {
        "validation_loss": 2.0,
        "parameters": 1_000_000,
        "processes": processes,
        "devices": 1,
        "notes": notes,
    }


def test_a_row_of_the_table_against_hand_made_numbers():
    runs = {"one": left([3.0, 2.0, 1.0], 1, 4.0), "two": left([3.0, 2.25, 1.0], 2, 2.0)}
    assert scale.steps_per_second(runs["one"]) == 0.5
    with mock.patch("scale.usable_cores", lambda: 4):
        row = scale.row_of(runs, {"one": [10.0, 12.0, 11.0], "two": [22.0]}, "two", "one")
    assert (row["largest difference"], row["speed-up"], row["per core"]) == (0.25, 2.0, 0.5)
    assert row["expected"] == pytest.approx(8.0)  # MB: two processes send each half of 4 MB twice
    assert row["MB per step"] == pytest.approx(2.5)
    runs["two"]["notes"][1]["loss"] = np.nan
    assert np.isnan(scale.row_of(runs, {"one": [1.0], "two": [1.0]}, "two", "one")["largest difference"])


def test_the_rows_are_described(tmp_path):
    np.save(tmp_path / "source.npy", np.array([[1, 5, 0]]))
    np.save(tmp_path / "target.npy", np.array([[1, 2, 3, 0], [1, 2, 0, 0]]))
    found = scale.described(tmp_path, ["source", "target"])
    assert (found["words"], found["source_words"], found["tokens_per_row"]) == (4, 6, 1.5)


def test_all_rows_are_read(place):
    rate, trace = scale.read_through(settings(place, "read"), 5, forget=True)
    assert rate > 0 and len(trace) == 5


def test_no_network_is_below_the_best_loss(place, tmp_path):
    scale.write_tokens(tmp_path / "t.npy", 4_000, 16, 50, 7)
    shares, successors = scale.source_of(50, 7)
    # Half of the tokens are known but for the other half's luck: the entropy, by all pairs of tokens.
    table = 0.5 * shares[None, 1:] + 0.5 * (np.arange(1, 50)[None] == successors[1:, None])
    entropy = -(np.log(table) * table).sum(axis=1) @ (
        np.bincount(np.load(tmp_path / "t.npy").ravel(), minlength=50)[1:] / (4_000 * 17)
    )
    assert scale.best_loss(tmp_path / "t.npy", 50, 7) == pytest.approx(entropy, rel=0.01)


def test_processes_say_who_they_are():
    said = scale.said_by("import sys; print('noise'); print(sys.argv[1], len(sys.argv[2:]))")
    assert [text.splitlines()[-1] for text in said] == ["0 2", "1 2"]


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
