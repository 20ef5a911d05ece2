"""Set-up of a run: seeds, device report, precision, which recurrent layers are fast, the results file.

Import this module before `keras`: it keeps the backend's start-up chatter out of the notebook.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import json
import math
import os
import platform
import re
import time
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path

import keras
import numpy as np

from helpers.quiet import quiet_stderr

__all__ = ["build_path", "compiled", "cudnn_report", "gradient", "save_results", "setup", "stop_after"]

# By default glibc hands the free end of a heap back to the system at once, and every training step has the
# kernel map and clear the same pages again. With 64 MiB of slack per heap the pages stay, which saves much of
# a step on a CPU (benchmarks/allocator.py measures it). Other C libraries raise here and keep their ways.
_M_TOP_PAD = -2
with contextlib.suppress(OSError, AttributeError):
    ctypes.CDLL("libc.so.6").mallopt(_M_TOP_PAD, 64 << 20)


PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16", "float64")

_started = time.perf_counter()


def setup(seed: int, precision: str = "float32") -> None:
    """Seed everything, prepare the device and print what this run stands on.

    Args:
        seed: integer of at least 0; seeds Python's `random`, NumPy and the backend.
        precision: Keras dtype policy, one of `"float32"`, `"mixed_float16"` (recent NVIDIA GPUs),
            `"mixed_bfloat16"` (A100 and later, TPUs) or `"float64"`.

    Raises:
        ValueError: for a negative or non-integer seed, or an unknown precision.
    """
    global _started
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be an integer from 0 to 2**32 - 1, got {seed!r}")
    if precision not in PRECISIONS:
        raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, got {precision!r}")
    _started = time.perf_counter()
    keras.utils.clear_session()  # a second run in the same kernel names its layers as the first did
    keras.config.set_dtype_policy(precision)
    keras.utils.set_random_seed(seed)
    with quiet_stderr():
        _grow_memory()
        device = _device()
    backend = keras.backend.backend()
    print(
        f"Python {platform.python_version()} | Keras {keras.__version__} on {backend} {_version(backend)}"
        f" | NumPy {_version('numpy')}"
    )
    print(f"Device: {device} | precision {precision} | seed {seed}")


def _version(package: str) -> str:
    for name in (package, f"{package}-cpu", f"{package}-macos"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            return metadata.version(name)
    return "(unknown version)"


def _grow_memory() -> None:
    """Let TensorFlow take GPU memory as it needs it, so that two notebooks can share one GPU."""
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf

    for gpu in tf.config.list_physical_devices("GPU"):
        with contextlib.suppress(RuntimeError):  # already initialised in this process: keep its setting
            tf.config.experimental.set_memory_growth(gpu, True)


def _gpu_names() -> list[str]:
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        return [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus]
    if backend == "jax":
        import jax

        return [device.device_kind for device in jax.devices() if device.platform == "gpu"]
    if backend == "torch":
        import torch

        return [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return []


def _device() -> str:
    """One line for people: the GPUs the backend sees, else the CPU cores this process may use."""
    gpus = _gpu_names()
    if gpus:
        return " + ".join(gpus)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"CPU, {cores} core{'s' if cores != 1 else ''}"


def build_path(name: str) -> Path:
    """Path for a file that a recipe writes, its folder made.

    It lies in `$RNN_COOKBOOK_BUILD`, else in `build/` of the clone, else in `build/` of the working folder.

    Args:
        name: relative path, for example `"models/01_mnist_rows.keras"`.

    Raises:
        ValueError: if `name` is absolute or climbs out of the build folder.
    """
    relative = Path(name)
    if not name or relative.is_absolute() or ".." in relative.parts:
        raise ValueError(f"name must be a relative path inside the build folder, got {name!r}")
    clone = Path(__file__).resolve().parent.parent
    root = clone if (clone / "pyproject.toml").is_file() else Path.cwd()
    path = Path(os.environ.get("RNN_COOKBOOK_BUILD") or root / "build") / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _recurrent_layers(layer: keras.layers.Layer) -> Iterator[keras.layers.Layer]:
    """Every recurrent layer inside `layer`, in the order of the model, wrappers and submodels opened."""
    if isinstance(layer, keras.layers.Bidirectional):
        yield from _recurrent_layers(layer.forward_layer)
        yield from _recurrent_layers(layer.backward_layer)
    elif isinstance(layer, keras.layers.RNN):
        yield layer
    else:
        for inner in getattr(layer, "layers", None) or [getattr(layer, "layer", None)]:
            if inner is not None:
                yield from _recurrent_layers(inner)


def _slow_because(layer: keras.layers.Layer) -> list[str]:
    """Every reason why `layer` cannot use cuDNN; empty if it can."""
    if not isinstance(layer, (keras.layers.LSTM, keras.layers.GRU)):
        return [f"cuDNN has no kernel for {type(layer).__name__}"]
    gru, gate, tanh = isinstance(layer, keras.layers.GRU), layer.recurrent_activation, keras.activations.tanh
    reasons = {
        "JAX has no cuDNN GRU": gru and keras.backend.backend() == "jax",
        "reset_after=False": gru and not layer.cell.reset_after,
        f"activation={_name(layer.activation)}, not tanh": layer.activation is not tanh,
        f"recurrent_activation={_name(gate)}, not sigmoid": gate is not keras.activations.sigmoid,
        f"recurrent_dropout={layer.recurrent_dropout:g}": layer.recurrent_dropout,
        "unroll=True": layer.unroll,
        "use_bias=False": not layer.use_bias,
        "use_cudnn=False": layer.use_cudnn is False,
    }
    return [reason for reason, holds in reasons.items() if holds]


def _name(function: object) -> str:
    return getattr(function, "__name__", type(function).__name__)


def cudnn_report(model: keras.Model) -> list[dict]:
    """Say, for each recurrent layer, whether a GPU would run it with the fast cuDNN kernel.

    The rules are those of Keras 3 for the backend in use: an LSTM or GRU with tanh and sigmoid, a bias, no
    `recurrent_dropout`, no `unroll`, and for the GRU `reset_after=True`. Masks are data, so they cannot be
    judged here: they must be padded on the right, with no row that is all padding (JAX takes no mask).

    Args:
        model: any Keras model or layer; wrappers and submodels are opened.

    Returns:
        One dict per recurrent layer, `{"layer": name, "kind": class, "units": int, "fast": bool,
        "reason": str}`; the same is printed, a line each.
    """
    rows = []
    for layer in _recurrent_layers(model):
        kind, units = type(layer).__name__, getattr(layer, "units", None)
        reason = "; ".join(_slow_because(layer))
        rows.append({"layer": layer.name, "kind": kind, "units": units, "fast": not reason, "reason": reason})
        verdict = f"slow kernel: {reason}" if reason else "cuDNN-eligible"
        print(f"{layer.name:<20} {kind}({units})  {verdict}")
    if not rows:
        print("no recurrent layer")
    if any(row["fast"] for row in rows) and not _gpu_names():
        print("(no GPU here: these layers run on the backend's own loop)")
    return rows


def gradient(function: Callable, at: np.ndarray) -> np.ndarray:
    """Gradient of a scalar `function` of one tensor, by automatic differentiation in the backend in use.

    Args:
        function: takes a float32 tensor of the shape of `at`, returns a scalar tensor built from `keras.ops`
            or Keras models.
        at: array of any shape, the point where the gradient is taken.

    Returns:
        Array of the shape of `at`.
    """
    backend = keras.backend.backend()
    point = keras.ops.convert_to_tensor(np.asarray(at, "float32"))
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(point)
            value = function(point)
        result = tape.gradient(value, point)
    elif backend == "jax":
        import jax

        result = jax.grad(function)(point)
    elif backend == "torch":
        import torch

        point = point.detach().requires_grad_(True)
        (result,) = torch.autograd.grad(function(point), point)
    else:
        raise NotImplementedError(f"gradient needs the tensorflow, jax or torch backend, not {backend}")
    return keras.ops.convert_to_numpy(result)


def compiled(function: Callable, model: keras.layers.Layer | list, jit_compile: bool = False) -> Callable:
    """`function` as one compiled piece, traced anew for other shapes but not for other values or weights.

    TensorFlow makes a graph of it (after a second shape, one graph for all shapes), JAX jits it, and PyTorch
    runs it as it is, without gradients.

    Args:
        function: takes nests of tensors, returns one; made of `keras.ops` and built Keras layers. What it
            changes in a layer's variables may get lost.
        model: the layer or model, or the list of them, whose weights `function` uses: JAX needs to know.
        jit_compile: whether TensorFlow uses XLA, which compiles anew for every shape.

    Returns:
        A callable that takes the same nests, of arrays or tensors.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        how = {"jit_compile": True} if jit_compile else {"reduce_retracing": True}
        # `partial`: TensorFlow counts the traces of one object, and would warn of a model compiled twice.
        run = tf.function(functools.partial(function), autograph=False, **how)
    elif backend == "jax":
        import jax

        def variables():
            layers = model if isinstance(model, (list, tuple)) else [model]
            return {id(variable): variable for layer in layers for variable in layer.variables}.values()

        @jax.jit
        def stateless(values, arguments):
            with keras.StatelessScope(state_mapping=zip(variables(), values, strict=True)):
                return function(*arguments)

        def run(*arguments):
            return stateless([variable.value for variable in variables()], arguments)

    elif backend == "torch":
        import torch

        run = torch.no_grad()(function)
    else:
        raise NotImplementedError(f"compiled needs the tensorflow, jax or torch backend, not {backend}")
    return lambda *arguments: run(*keras.tree.map_structure(keras.ops.convert_to_tensor, arguments))


def stop_after(seconds: float) -> keras.callbacks.Callback:
    """A callback that ends `fit` after so many seconds; the first step, which compiles, does not count.

    Raises: `ValueError` for seconds not above 0.
    """
    if not seconds > 0:
        raise ValueError(f"seconds must be above 0, got {seconds}")
    return _StopAfter(seconds)


class _StopAfter(keras.callbacks.Callback):
    def __init__(self, seconds: float):
        super().__init__()
        self.seconds, self.deadline = seconds, None

    def on_train_batch_end(self, batch, logs=None):
        if self.deadline is None:
            self.deadline = time.perf_counter() + self.seconds
        if time.perf_counter() >= self.deadline:
            self.model.stop_training = True


def _numbers(what: str, values: Mapping[str, float]) -> dict[str, float]:
    """`values` as plain floats of six significant digits, checked to be finite."""
    checked = {}
    for key, value in values.items():
        number = float(value)
        if not math.isfinite(number):
            raise ValueError(f"{what}[{key!r}] must be a finite number, got {value!r}")
        checked[key] = int(number) if number.is_integer() and abs(number) < 1e15 else float(f"{number:.6g}")
    return checked


def save_results(
    recipe: str, *, metrics: Mapping[str, float], baselines: Mapping[str, float], source: str
) -> None:
    """Write `results/<recipe>.json` in the build folder and print it as one JSON line.

    Make it the last call of a notebook: the gallery and the README's table are built from this line.

    Args:
        recipe: the notebook's name without its ending, for example `"01_mnist_rows"`.
        metrics: name → finite number, what the recipe's own model reached.
        baselines: name → finite number, what it stands against, scored by the same functions.
        source: `"full"` or `"sample"`: what data the numbers come from.

    Raises:
        ValueError: for a name that is not `NN_name`, an unknown source, or a number that is not finite.
    """
    if not re.fullmatch(r"\d\d_\w+", recipe):
        raise ValueError(f"recipe must look like '01_mnist_rows', got {recipe!r}")
    if source not in ("full", "sample"):
        raise ValueError(f"source must be 'full' or 'sample', got {source!r}")
    profile = os.environ.get("RNN_COOKBOOK_PROFILE") or "cpu"
    if not re.fullmatch(r"[a-z]\w*", profile):
        raise ValueError(
            f"RNN_COOKBOOK_PROFILE must be the name of a profile, such as 'cpu', got {profile!r}"
        )
    results = {
        "recipe": recipe,
        "profile": profile,
        "source": source,
        "seconds": round(time.perf_counter() - _started),
        "device": _device(),
        "metrics": _numbers("metrics", metrics),
        "baselines": _numbers("baselines", baselines),
    }
    line = json.dumps(results, ensure_ascii=False)
    path = build_path(f"results/{recipe}.json")
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(line + "\n", encoding="utf-8")
    unfinished.replace(path)
    print(line)
