"""One training on one device, on several, in several processes or machines: worker and launcher.

    python scripts/scale.py --processes 2       on this machine, on made-up tokens, beside one process
    python scripts/scale.py --settings FILE --address HOST:PORT --processes 4 --rank 3      on machine 3 of 4
    torchrun --nproc_per_node 2 scripts/scale.py --backend torch --settings FILE            PyTorch's launcher

Set KERAS_BACKEND as --backend says where a process is started by hand or by torchrun.

Recipe 21 explains it, starts it and shows its parts. Each process trains from the last saved state to the
end; whatever a process needs to know stands in its settings, a dict that can be written as JSON:

    folder        where state.npz, notes.jsonl and result.json go; all processes must see it
    data, arrays  a folder, and the names of its arrays: perhaps "source", then "target" (rows, steps + 1)
    words, vector, units, dropout, perhaps source_words: sizes of the network
    tokens_per_row  by which the loss of a row is divided
    batch, steps, report  rows per step of all processes, steps in all, steps between two checkpoints
    rate, seed, perhaps clip  the peak of the learning rate, the seed, the norm that gradients are cut to
    devices, split  for MirroredStrategy; for a vocabulary split over devices (JAX); 1 if not given
    fault         for tests: {"kill": step, "rank": which} or {"nan": step}
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib.util
import json
import multiprocessing.connection
import os
import re
import shutil
import signal
import socket
import sys
import time
from pathlib import Path
from unittest import mock

import numpy as np

if "WORKER_LOG" in os.environ:  # in a process of its own: what it prints goes into a file
    log = os.open(os.environ["WORKER_LOG"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    rank, count = map(int, os.environ["WORKER_CORES"].split(","))
    if hasattr(os, "sched_setaffinity"):  # each process has a core for each of its devices
        cores = sorted(os.sched_getaffinity(0)) * (rank * count + count)
        os.sched_setaffinity(0, cores[rank * count : rank * count + count])

import keras
from keras import layers, ops


def language_model(settings):
    """Tokens (rows, steps) → logits of the next tokens (rows, steps, words)."""
    words, vector, units = (settings[name] for name in ("words", "vector", "units"))
    tokens = keras.Input((None,), dtype="int32")
    embedding = layers.ReversibleEmbedding(words, vector, name="words")
    hidden = layers.LSTM(units, return_sequences=True, name="recurrent")(embedding(tokens))
    hidden = layers.Dropout(settings["dropout"], name="dropout")(hidden)
    hidden = layers.Dense(vector, name="projection")(hidden)
    return keras.Model(tokens, embedding(hidden, reverse=True))


def translator(settings):
    """Source (rows, steps) and target so far (rows, steps) → logits of its next pieces."""
    words, vector, units = (settings[name] for name in ("words", "vector", "units"))
    source, target = (keras.Input((None,), dtype="int32") for _ in range(2))
    real = ops.not_equal(source, 0)
    vectors = layers.Embedding(settings["source_words"], vector, name="sources")(source)
    reader = layers.GRU(units // 2, return_sequences=True, return_state=True)
    memory, *last = layers.Bidirectional(reader, name="reader")(vectors, mask=real)
    state = layers.Dense(units, name="between")(last[0] + last[1])
    embedding = layers.ReversibleEmbedding(words, vector, name="words")
    writer = layers.GRU(units, return_sequences=True, name="recurrent")
    hidden = writer(embedding(target), initial_state=state)
    keys = layers.Dense(units, name="keys")(memory)
    context = layers.Attention(name="attention")([hidden, keys], mask=[None, real])
    hidden = ops.concatenate([hidden, context], -1)
    hidden = layers.Dropout(settings["dropout"], name="dropout")(hidden)
    hidden = layers.Dense(vector, activation="tanh", name="projection")(hidden)
    return keras.Model([source, target], embedding(hidden, reverse=True))


def compiled(settings):
    """The network of the settings, with its loss and its optimizer."""
    model = (translator if "source_words" in settings else language_model)(settings)

    def per_token(targets, logits):
        how = {"from_logits": True}
        losses = keras.losses.sparse_categorical_crossentropy(targets, logits, **how)
        real = ops.cast(ops.not_equal(targets, 0), losses.dtype)
        return ops.sum(losses * real, axis=-1) / settings["tokens_per_row"]  # a constant

    peak, steps = settings["rate"], settings["steps"]
    warm = {"warmup_target": peak, "warmup_steps": steps // 10}
    rate = keras.optimizers.schedules.CosineDecay(peak / 20, steps - steps // 10, **warm)
    clip = settings.get("clip", 1.0)
    model.compile(keras.optimizers.Adam(rate, global_clipnorm=clip), per_token)
    return model


@functools.lru_cache(maxsize=1)
def order_of(rows, seed, turn):
    """The order of the rows in pass `turn` over the data."""
    return np.random.default_rng([seed, turn]).permutation(rows)


def batch(settings, number, rank=0, world=1):
    """This process's rows of batch `number`: inputs and targets, from the disk."""
    folder, size = Path(settings["data"]), settings["batch"]
    share = size // world
    files = (folder / f"{name}.npy" for name in settings["arrays"])
    arrays = [np.load(file, mmap_mode="r") for file in files]  # opened, not read
    if len(arrays[-1]) < size:
        raise ValueError(f"{len(arrays[-1])} rows are too few for a batch of {size}")
    turn, place = divmod(number, len(arrays[-1]) // size)
    start = place * size + rank * share
    chosen = order_of(len(arrays[-1]), settings["seed"], turn)[start : start + share]
    return examples([array[chosen] for array in arrays])


def examples(rows):
    """Rows of the arrays → inputs and targets of the network."""
    *source, target = (part.astype("int32") for part in rows)
    inputs, targets = target[:, :-1], target[:, 1:]
    return ((*source, inputs) if source else inputs), targets


def batches(settings, first, rank, world, now):
    """The batches from number `first` on, for `fit`; notes in `now` how long they took."""

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return max(1, settings["steps"] - first)

        def __getitem__(self, index):
            began = time.perf_counter()
            found = batch(settings, first + index, rank, world)
            now["input"] = now.get("input", 0.0) + time.perf_counter() - began
            return found

    return Batches()


def variables(model):
    """All that a training needs to go on: weights, random seeds, the optimizer's memory."""
    if hasattr(model, "jax_state_sync"):
        model.jax_state_sync()
    scores = {id(variable) for variable in model.metrics_variables}
    kept = [variable for variable in model.variables if id(variable) not in scores]
    return kept + model.optimizer.variables


def save_state(model, file, step):
    """One file with everything, whole or not at all. False if it could not be written."""
    arrays = {str(n): ops.convert_to_numpy(v) for n, v in enumerate(variables(model))}
    unfinished = file.with_suffix(".unfinished")
    try:
        with unfinished.open("wb") as stream:
            np.savez(stream, step=step, **arrays)
            stream.flush()
            os.fsync(stream.fileno())  # on the disk, not only on its way
        unfinished.replace(file)
    except OSError as error:  # the disk is full, or gone: the last good file stays
        unfinished.unlink(missing_ok=True)
        print(f"step {step} could not be saved: {error}", flush=True)
        return False
    return True


def load_state(model, file):
    """Puts the saved variables into the model; returns the step to go on with."""
    model.optimizer.build(model.trainable_variables)
    if not file.exists():
        return 0
    with np.load(file, allow_pickle=False) as saved:
        for number, variable in enumerate(variables(model)):
            variable.assign(saved[str(number)])
        return int(saved["step"])


def fault(settings, model, step, rank=0):
    """What a test asks for: die at a step, or have a layer's weights spoilt."""
    planned = settings.get("fault", {})
    if planned.get("kill") == step and planned.get("rank", 0) == rank:
        os.kill(os.getpid(), signal.SIGKILL)
    if planned.get("nan") == step:
        kernel = model.get_layer("recurrent").cell.kernel
        kernel.assign(kernel * float("nan"))


def name_the_layer(settings, model, file, step):
    """Repeats the steps since the last good state; the first layer with a bad output."""
    first, guilty = load_state(model, file), []
    for number in range(first, step):
        model.train_on_batch(*batch(settings, number))
        file.with_name("alive-0").touch()
        fault(settings, model, number + 1)
    inputs, targets = batch(settings, step)
    for layer in model.layers:
        layer.call = watched(layer, guilty)
    model(inputs)
    kept = [*inputs] if isinstance(inputs, tuple) else [inputs]
    np.savez(file.with_name("bad_batch.npz"), *kept, targets)
    return guilty[0] if guilty else "none: its gradients"


def watched(layer, guilty):
    call = layer.call

    def watching(*arguments, **options):
        outputs = call(*arguments, **options)
        for output in keras.tree.flatten(outputs):
            if not np.isfinite(ops.convert_to_numpy(output)).all():
                guilty.append(layer.name)
        return outputs

    return watching


def distributed(settings, rank, world, address):
    """Where the model is made: on one device, on several, or in several processes."""
    if world > 1 and keras.backend.backend() == "torch":
        import torch

        how = {"init_method": f"tcp://{address}", "rank": rank} if address else {}  # else torchrun's
        torch.distributed.init_process_group("gloo", world_size=world, **how)
    elif world > 1:  # JAX
        keras.distribution.initialize(address, world, rank)
        parallel = keras.distribution.DataParallel(auto_shard_dataset=False)
        keras.distribution.set_distribution(parallel)
    elif settings.get("split", 1) > 1:  # JAX: parts of the vocabulary on devices of one process
        keras.distribution.set_distribution(split_vocabulary(settings["split"]))
    if settings.get("devices", 1) == 1:
        return contextlib.nullcontext()
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    if not tf.config.list_physical_devices("GPU"):  # a CPU passes for several devices
        parts = [tf.config.LogicalDeviceConfiguration()] * settings["devices"]
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, parts)
    kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    names = [f"{kind}:{number}" for number in range(settings["devices"])]
    return tf.distribute.MirroredStrategy(names).scope()


def split_vocabulary(devices):
    """Each device holds its share of the words; all else, and the batch, every device has whole."""
    mesh = keras.distribution.DeviceMesh((1, devices), ("batch", "model"), keras.distribution.list_devices())
    layout = keras.distribution.LayoutMap(mesh)
    layout["words/embeddings"] = ("model", None)  # (words, vector)
    return keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="batch")


def average_gradients(model, world):
    """PyTorch: each gradient is averaged over the processes as soon as it is there, as in DDP."""
    import torch

    def average(parameter):
        torch.distributed.all_reduce(parameter.grad)
        parameter.grad /= world

    for variable in model.trainable_variables:
        variable.value.register_post_accumulate_grad_hook(average)


def mean_of_all(loss, world):
    """PyTorch: `fit` knows the loss of this process's rows only; the mean over the processes."""
    if world == 1 or keras.backend.backend() != "torch":
        return loss
    import torch

    whole = torch.tensor(loss, dtype=torch.float64)
    torch.distributed.all_reduce(whole)
    return float(whole) / world


def bytes_per_device(model):
    """Of the trained weights: all of them, unless they are split."""
    values = [variable.value for variable in model.trainable_variables]
    if keras.backend.backend() == "jax":
        values = [value.addressable_shards[0].data for value in values]
    return sum(4 * int(np.prod(value.shape)) for value in values)


def reporter(settings, model, rank, world, now):
    """The callback that counts steps, looks for NaN, notes the loss and saves the state."""
    folder = Path(settings["folder"])

    def before_batch(batch, logs=None):
        fault(settings, model, now["step"], rank)

    def after_batch(batch, logs):
        (folder / f"alive-{rank}").touch()
        if not np.isfinite(logs["loss"]):
            raise FloatingPointError(f"the loss of step {now['step']} is {logs['loss']}")
        now["step"] += 1

    def before_report(epoch, logs=None):
        now.update(began=time.perf_counter(), input=0.0, network=loopback_bytes())

    def after_report(epoch, logs):
        now["seconds"] = time.perf_counter() - now["began"]
        now["network"] = loopback_bytes() - now["network"]
        loss = mean_of_all(logs["loss"], world)
        if rank == 0:
            line = {name: now[name] for name in ("step", "seconds", "input", "network")}
            line |= {"loss": loss, "memory": memory()}
            with contextlib.suppress(OSError), (folder / "notes.jsonl").open("a") as notes:
                notes.write("\n" + json.dumps(line))  # on a full disk only a part of it
            save_state(model, folder / "state.npz", now["step"])

    report = {"on_epoch_begin": before_report, "on_epoch_end": after_report}
    batch = {"on_train_batch_begin": before_batch, "on_train_batch_end": after_batch}
    return keras.callbacks.LambdaCallback(**report, **batch)


def memory():
    """MiB of this process that no file stands behind; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    found = re.search(r"RssAnon:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else 0.0


def loopback_bytes():
    """Sent so far by all processes of this machine to each other; 0 where not counted."""
    counts = Path("/proc/net/dev")
    found = re.search(r"lo:(.*)", counts.read_text()) if counts.exists() else None
    return int(found[1].split()[8]) if found else 0


def train(settings, rank=0, world=1, address=None):
    """Trains from the last saved state to the end, as process `rank` of `world`."""
    folder, report = Path(settings["folder"]), settings["report"]
    state, size = folder / "state.npz", settings["batch"]
    scope = distributed(settings, rank, world, address)
    keras.utils.set_random_seed(settings["seed"])  # in all the same: equal first weights
    with scope:
        model = compiled(settings)
        first = load_state(model, state)
    if world > 1 and keras.backend.backend() == "torch":
        average_gradients(model, world)
    now = {"step": first}
    data = batches(settings, first, rank, world, now)
    how = {"steps_per_epoch": report, "epochs": settings["steps"] // report, "verbose": 0}
    how |= {"initial_epoch": first // report, "shuffle": False}
    try:
        model.fit(data, callbacks=[reporter(settings, model, rank, world, now)], **how)
    except FloatingPointError as error:
        layer = "run it in one process to find it"
        if world == 1:
            layer = name_the_layer(settings, model, state, now["step"])
        raise SystemExit(f"{error}; first bad layer: {layer}") from None
    inputs, targets = validation(settings)
    touch = keras.callbacks.LambdaCallback(
        on_test_batch_end=lambda batch, logs=None: (folder / f"alive-{rank}").touch()
    )
    how = {"batch_size": size // world, "verbose": 0, "callbacks": [touch]}
    loss = model.evaluate(inputs, targets, **how)
    if rank == 0:
        if world == 1:
            model.save(folder / "model.keras")
        result = {"validation_loss": loss, "parameters": model.count_params()}
        result["bytes_per_device"] = bytes_per_device(model)
        (folder / "result.json").write_text(json.dumps(result))


def validation(settings):
    folder, names = Path(settings["data"]), settings["arrays"]
    rows = [np.load(folder / f"validation_{name}.npy") for name in names]
    whole = len(rows[-1]) // settings["batch"] * settings["batch"]  # no small last batch
    return examples([array[:whole] for array in rows])


def launch(settings, world=1, backend="tensorflow", **how):
    """A whole training in `world` processes; what it left. `how` as in `start`."""
    if settings["batch"] % world or settings["steps"] % settings["report"]:
        wrong = "batch must be a multiple of the processes, and steps one of report"
        sizes = {name: settings[name] for name in ("batch", "steps", "report")}
        raise ValueError(f"{wrong}: got {sizes} for {world} processes")
    start(train, settings, world, backend, **how)
    return result_of(Path(settings["folder"]))


def start(work, settings, world=1, backend="tensorflow", kill_after=None, patience=60):
    """Runs `work(settings, rank, world, address)` in `world` processes and waits for them.

    If one dies, or makes no step for `patience` seconds after its first, the others are ended and a
    RuntimeError says which one it was. For tests, the last one is killed `kill_after` seconds after its
    first step.
    """
    folder, spawn = Path(settings["folder"]), multiprocessing.get_context("spawn")
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("alive-*"), folder / "result.json"):
        old.unlink(missing_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    cores, split = settings.get("devices", 1), settings.get("split", 1)
    known, workers = (settings, world, address), []
    try:
        for rank in range(world):
            chosen = {"KERAS_BACKEND": backend, "WORKER_LOG": str(folder / f"log-{rank}.txt")}
            chosen["WORKER_CORES"] = f"{rank},{max(cores, split)}"
            if split > 1:  # the CPU passes for several devices
                chosen["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={split}"
            with mock.patch.dict(os.environ, chosen):  # a process begins with what stands here
                workers.append(
                    spawn.Process(target=begin, args=(work.__module__, work.__name__, *known, rank))
                )
                workers[-1].start()
        wait_for(workers, folder, kill_after, patience)
    finally:
        for worker in workers:
            worker.kill()
            worker.join()


def begin(module, name, settings, world, address, rank):
    """The first call in a process; only now it imports what it works with."""
    getattr(importlib.import_module(module), name)(settings, rank, world, address)


def wait_for(workers, folder, kill_after, patience):
    """Until all have ended; RuntimeError if one failed or stands still."""
    began = time.monotonic()
    while True:
        running = [worker for worker in workers if worker.exitcode is None]
        if (found := first_fault(workers, folder, patience)) or not running:
            break
        if not (folder / f"alive-{len(workers) - 1}").exists():
            began = time.monotonic()
        elif kill_after is not None and time.monotonic() - began > kill_after:
            workers[-1].kill()
        multiprocessing.connection.wait([worker.sentinel for worker in running], 0.2)
    if found:
        rank, what = found
        log = folder / f"log-{rank}.txt"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        noise = r"[IWE]\d{4} |WARNING|To enable|\[Gloo\]"
        said = [line for line in lines if not re.match(noise, line)]
        others = f"; the other {len(workers) - 1} were ended" * (len(workers) > 1)
        words = f": {said[-1][:300]}" if said else ""
        raise RuntimeError(f"process {rank} of {len(workers)} {what}{others}{words}")


def first_fault(workers, folder, patience):
    for rank, worker in enumerate(workers):
        if worker.exitcode:
            killed = f"was killed by signal {-worker.exitcode}"
            return rank, killed if worker.exitcode < 0 else "failed"
        alive = folder / f"alive-{rank}"
        still = alive.exists() and time.time() - alive.stat().st_mtime > patience
        if still and worker.exitcode is None:
            return rank, f"made no step for {patience} s"


def notes_of(folder):
    """What a training has noted after each report: step, loss, seconds and so on."""
    notes = {}
    for line in (folder / "notes.jsonl").read_text().splitlines():
        with contextlib.suppress(json.JSONDecodeError):  # cut off by a kill, or by a full disk
            note = json.loads(line)
            notes[note["step"]] = note  # a report that was repeated counts once
    return list(notes.values())


def result_of(folder):
    """What a whole training has left: its score and its notes."""
    return json.loads((folder / "result.json").read_text()) | {"notes": notes_of(folder)}


def source_of(words, seed):
    """Of the made-up text: shares of the tokens, and the favourite successor of each."""
    weights = 1 / np.arange(1.0, words)  # a few are frequent; 0 is padding
    successors = np.random.default_rng(seed).permutation(words - 1) + 1
    return np.append(0, weights / weights.sum()), np.append(0, successors)


def write_tokens(file, rows, steps, words, seed):
    """A file of rows (rows, steps + 1) of made-up tokens, written piece by piece."""
    shares, successors = source_of(words, seed)
    ends, random = np.cumsum(shares)[:-1], np.random.default_rng([seed, rows])
    file.parent.mkdir(parents=True, exist_ok=True)
    array = np.lib.format.open_memmap(file, "w+", "uint16", (rows, steps + 1))
    for first in range(0, rows, 50_000):
        part = np.empty((min(50_000, rows - first), steps + 1), "uint16")
        part[:] = np.searchsorted(ends, random.random(part.shape), side="right")
        follows = random.random(part.shape) < 0.5
        for step in range(1, steps + 1):
            part[:, step] = np.where(follows[:, step], successors[part[:, step - 1]], part[:, step])
        array[first : first + len(part)] = part
    array.flush()


def made_up(folder, world, steps=30):
    """Settings of a small training on made-up tokens, for a first try."""
    words, row, batch_size = 200, 16, 16
    data = folder / "data"
    for name, rows in (("target", 2_000), ("validation_target", 4 * batch_size)):
        write_tokens(data / f"{name}.npy", rows, row, words, seed=7)
    sizes = {"words": words, "vector": 16, "units": 16, "dropout": 0.0}
    training = {"batch": batch_size, "steps": steps, "report": max(1, steps // 5), "rate": 4e-3, "seed": 7}
    place = {"folder": str(folder / f"run-{world}"), "data": str(data), "arrays": ["target"]}
    return place | sizes | training | {"tokens_per_row": float(row)}


def compare(world, backend, folder):
    """Trains in one process, then in `world`, and prints how far they are apart."""
    losses = {}
    for count in sorted({1, world}):
        settings = made_up(folder, count)
        shutil.rmtree(settings["folder"], ignore_errors=True)
        began = time.perf_counter()
        result = launch(settings, count, backend)
        losses[count] = np.array([note["loss"] for note in result["notes"]])
        seconds, score = time.perf_counter() - began, result["validation_loss"]
        print(f"{count} process{'es' * (count > 1)}: validation loss {score:.6f}, {seconds:.0f} s")
    print(f"largest difference of a training loss: {np.abs(losses[1] - losses[world]).max():.1e}")


def main(argv=None):
    """Compare here, or be one process of many; returns the exit code."""
    parser = argparse.ArgumentParser(description="Train in several processes.")
    parser.add_argument("--processes", type=int, default=2, help="in all (default: 2)")
    parser.add_argument("--backend", default="jax", help="jax, torch, or tensorflow for one process")
    parser.add_argument("--folder", type=Path, default=Path("build/scale/try"), help="where the try goes")
    parser.add_argument("--settings", type=Path, help="JSON file with the settings of a training of your own")
    parser.add_argument("--address", help="HOST:PORT of rank 0: be one process of many, with --rank")
    parser.add_argument("--rank", type=int, help="which process this is, from 0 to processes - 1")
    options = parser.parse_args(argv)
    if "TORCHELASTIC_RUN_ID" in os.environ:  # torchrun says who this is
        options.rank, options.processes = (int(os.environ[name]) for name in ("RANK", "WORLD_SIZE"))
    elif (options.address is None) != (options.rank is None):
        parser.error("--address and --rank go together")
    if options.processes < 1:
        parser.error(f"--processes must be at least 1, got {options.processes}")
    if options.rank is not None and not 0 <= options.rank < options.processes:
        parser.error(f"--rank must be from 0 to {options.processes - 1}, got {options.rank}")
    if options.rank is not None and options.settings is None:
        parser.error("--rank needs --settings: all processes train the same")
    if options.backend == "tensorflow" and options.processes > 1:
        parser.error("TensorFlow trains in one process only under Keras 3: give --backend jax")
    if options.backend == "jax" and importlib.util.find_spec("jax") is None:
        parser.error("JAX is not installed: pip install -r requirements-scale.txt -c constraints.txt")
    try:
        if options.settings is None:
            compare(options.processes, options.backend, options.folder)
            return 0
        settings = json.loads(options.settings.read_text(encoding="utf-8"))
        if options.rank is None:
            print(json.dumps(launch(settings, options.processes, options.backend)))
        else:
            if keras.backend.backend() != options.backend:
                parser.error(f"set KERAS_BACKEND={options.backend}: {keras.backend.backend()} is loaded")
            Path(settings["folder"]).mkdir(parents=True, exist_ok=True)
            train(settings, options.rank, options.processes, options.address)
    except (OSError, RuntimeError, ValueError) as error:
        print(f"scale: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
