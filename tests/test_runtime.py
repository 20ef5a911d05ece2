import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from helpers import runtime


@pytest.fixture
def build_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("RNN_COOKBOOK_BUILD", str(tmp_path))
    monkeypatch.delenv("RNN_COOKBOOK_PROFILE", raising=False)
    return tmp_path


def test_setup_names_versions_device_and_seed(capsys):
    runtime.setup(seed=3)
    out = capsys.readouterr().out
    assert f"Keras {keras.__version__} on tensorflow" in out
    assert "seed 3" in out
    assert "precision float32" in out
    assert len(out.splitlines()) == 2


def test_same_seed_same_numbers(capsys):
    draws = []
    for seed in (3, 3, 4):
        runtime.setup(seed=seed)
        layer = layers.Dense(4)
        layer.build((None, 4))
        draws.append((np.random.random(), layer.get_weights()[0]))
    assert draws[0][0] == draws[1][0] != draws[2][0]
    np.testing.assert_array_equal(draws[0][1], draws[1][1])
    assert not np.array_equal(draws[0][1], draws[2][1])


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "7", None, True])
def test_setup_refuses_a_bad_seed(seed):
    with pytest.raises(ValueError, match=r"seed must be an integer.*got"):
        runtime.setup(seed=seed)


def test_setup_refuses_an_unknown_precision():
    with pytest.raises(ValueError, match="float32, mixed_float16.*got 'half'"):
        runtime.setup(seed=1, precision="half")


def test_setup_sets_the_precision(capsys):
    runtime.setup(seed=1, precision="mixed_bfloat16")
    assert layers.Dense(1).compute_dtype == "bfloat16"
    runtime.setup(seed=1)
    assert layers.Dense(1).compute_dtype == "float32"


def test_import_is_silent():
    """What TensorFlow's native code says at start-up must not reach a notebook."""
    done = subprocess.run(
        [sys.executable, "-c", "from helpers import runtime; runtime.setup(seed=1)"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent,
        check=True,
    )
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (layers.LSTM(2), ""),
        (layers.GRU(2), ""),
        (layers.LSTM(2, dropout=0.5, go_backwards=True, return_sequences=True), ""),
        (layers.LSTM(2, activation="relu"), "activation=relu, not tanh"),
        (
            layers.LSTM(2, recurrent_activation="hard_sigmoid"),
            "recurrent_activation=hard_sigmoid, not sigmoid",
        ),
        (layers.LSTM(2, recurrent_dropout=0.25), "recurrent_dropout=0.25"),
        (layers.GRU(2, unroll=True), "unroll=True"),
        (layers.GRU(2, use_bias=False), "use_bias=False"),
        (layers.GRU(2, reset_after=False), "reset_after=False"),
        (layers.GRU(2, use_cudnn=False), "use_cudnn=False"),
        (layers.SimpleRNN(2), "cuDNN has no kernel for SimpleRNN"),
        (layers.RNN(layers.LSTMCell(2)), "cuDNN has no kernel for RNN"),
        (layers.LSTM(2, activation="relu", unroll=True), "activation=relu, not tanh; unroll=True"),
    ],
)
def test_cudnn_report_gives_the_exact_reason(layer, reason, capsys):
    (row,) = runtime.cudnn_report(keras.Sequential([keras.Input((3, 1)), layer]))
    assert row["reason"] == reason
    assert row["fast"] == (reason == "")
    assert (reason or "cuDNN-eligible") in capsys.readouterr().out


@pytest.mark.parametrize(
    "layer",
    [
        layers.LSTM(2),
        layers.GRU(2),
        layers.LSTM(2, activation="relu"),
        layers.LSTM(2, unroll=True),
        layers.LSTM(2, use_bias=False),
        layers.GRU(2, reset_after=False),
    ],
)
def test_cudnn_report_agrees_with_keras(layer, monkeypatch, capsys):
    """Keras' own rule, asked as if this machine had a GPU."""
    backend_rnn = pytest.importorskip("keras.src.backend.tensorflow.rnn")
    monkeypatch.setattr(backend_rnn, "_is_gpu_available", lambda: True)
    arguments = [layer.activation, layer.recurrent_activation, layer.unroll, layer.use_bias]
    if isinstance(layer, layers.GRU):
        arguments.append(layer.cell.reset_after)
    (row,) = runtime.cudnn_report(layer)
    assert row["fast"] == bool(backend_rnn.cudnn_ok(*arguments))


def test_cudnn_report_opens_wrappers_and_submodels(capsys):
    inner = keras.Sequential([keras.Input((3, 8)), layers.GRU(5, return_sequences=True, name="inner")])
    model = keras.Sequential(
        [
            keras.Input((3, 1)),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
            inner,
            layers.TimeDistributed(layers.Dense(2)),
            layers.SimpleRNN(3),
        ]
    )
    rows = runtime.cudnn_report(model)
    assert [(row["kind"], row["units"], row["fast"]) for row in rows] == [
        ("LSTM", 4, True),
        ("LSTM", 4, True),
        ("GRU", 5, True),
        ("SimpleRNN", 3, False),
    ]


def test_cudnn_report_without_recurrent_layers(capsys):
    assert runtime.cudnn_report(keras.Sequential([keras.Input((3,)), layers.Dense(1)])) == []
    assert "no recurrent layer" in capsys.readouterr().out


def test_gradient_of_a_cube():
    at = np.array([[1.0, -2.0], [0.5, 3.0]])
    result = runtime.gradient(lambda x: keras.ops.sum(x**3), at)
    np.testing.assert_allclose(result, 3 * at**2, rtol=1e-6)


def test_compiled_takes_and_returns_nests_of_arrays():
    def function(values, scale):
        return {"sum": values["a"] + values["b"][0], "scaled": [values["a"] * scale]}

    run = runtime.compiled(function, [])
    result = run({"a": np.float32([1, 2]), "b": (np.float32([3, 4]),)}, np.float32(10))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(result["sum"]), [4, 6])
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(result["scaled"][0]), [10, 20])


def test_compiled_uses_the_weights_of_the_moment():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, kernel_initializer="ones")])
    extra = layers.Dense(1, use_bias=False, kernel_initializer="ones")
    extra.build((None, 2))
    run = runtime.compiled(lambda x: extra(model(x)), [model, extra, model])
    x = np.float32([[1, 2, 3]])
    assert float(run(x)[0, 0]) == 12
    extra.set_weights([np.float32([[1], [0.5]])])
    assert float(run(x)[0, 0]) == 9
    model.set_weights([np.zeros((3, 2)), np.float32([1, 4])])
    assert float(run(x)[0, 0]) == 3


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="PyTorch is not compiled")
def test_compiled_traces_shapes_but_not_values():
    traced = []

    def function(x, scale):
        traced.append(x.shape)
        return keras.ops.sum(x * scale)

    run = runtime.compiled(function, [])
    for number in range(4):
        assert float(run(np.full((2, 3), number, "float32"), np.float32(number))) == 6 * number**2
    assert len(traced) == 1
    for length in range(4, 9):
        assert float(run(np.ones((2, length), "float32"), np.float32(1))) == 2 * length
    if keras.backend.backend() == "tensorflow":  # the second graph is for every length
        assert traced[1:] == [(2, None)]


def test_build_path_makes_folders(build_folder):
    path = runtime.build_path("models/x.keras")
    assert path == build_folder / "models" / "x.keras"
    assert path.parent.is_dir()


@pytest.mark.parametrize("name", ["", "/etc/x", "../x", "models/../../x"])
def test_build_path_stays_inside(build_folder, name):
    with pytest.raises(ValueError, match="relative path inside the build folder"):
        runtime.build_path(name)


def test_save_results_writes_and_prints_the_same_line(build_folder, monkeypatch, capsys):
    monkeypatch.setenv("RNN_COOKBOOK_PROFILE", "smoke")
    runtime.save_results(
        "01_mnist_rows",
        metrics={"test_accuracy": np.float32(0.993456789), "parameters": np.int64(12)},
        baselines={"logistic": 0.5},
        source="sample",
    )
    line = capsys.readouterr().out
    assert (build_folder / "results" / "01_mnist_rows.json").read_text() == line
    assert list((build_folder / "results").iterdir()) == [build_folder / "results" / "01_mnist_rows.json"]
    results = json.loads(line)
    assert results.pop("seconds") >= 0
    assert results.pop("device")
    assert results == {
        "recipe": "01_mnist_rows",
        "profile": "smoke",
        "source": "sample",
        "metrics": {"test_accuracy": 0.993457, "parameters": 12},
        "baselines": {"logistic": 0.5},
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recipe": "mnist"}, "got 'mnist'"),
        ({"source": "half"}, "'full' or 'sample', got 'half'"),
        ({"metrics": {"loss": float("nan")}}, r"metrics\['loss'\] must be a finite number, got nan"),
        ({"baselines": {"rmse": np.inf}}, r"baselines\['rmse'\] must be a finite number"),
    ],
)
def test_save_results_refuses_nonsense(build_folder, changes, message):
    arguments = {"recipe": "01_x", "metrics": {"a": 1}, "baselines": {"b": 1}, "source": "full", **changes}
    with pytest.raises(ValueError, match=message):
        runtime.save_results(arguments.pop("recipe"), **arguments)
    assert not (build_folder / "results").exists()


def test_save_results_refuses_an_unknown_profile(build_folder, monkeypatch):
    monkeypatch.setenv("RNN_COOKBOOK_PROFILE", "../turbo")
    with pytest.raises(
        ValueError, match="RNN_COOKBOOK_PROFILE must be the name of a profile, .*got '../turbo'"
    ):
        runtime.save_results("01_x", metrics={}, baselines={}, source="full")


def test_the_notebooks_log_dir_works(tmp_path):
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    logs = keras.callbacks.TensorBoard(tmp_path)
    model.fit(np.ones((4, 2)), np.ones(4), verbose=0, callbacks=[logs])
    assert list(tmp_path.glob("train/events.out.tfevents.*"))


def test_stop_after_ends_fit_when_the_time_is_over(monkeypatch):
    times = iter([0.0, 0.0, 1.0, 2.5, 9.0])
    monkeypatch.setattr(runtime.time, "perf_counter", lambda: next(times))
    callback = runtime.stop_after(2)
    callback.set_model(model := type("Model", (), {"stop_training": False})())
    stopped = []
    for batch in range(3):
        callback.on_train_batch_end(batch)
        stopped.append(model.stop_training)
    assert stopped == [False, False, True]
    with pytest.raises(ValueError, match="seconds must be above 0, got 0"):
        runtime.stop_after(0)
