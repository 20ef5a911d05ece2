"""One training on one device, on several, in several processes or machines: worker and launcher.

    python scripts/scale.py --processes 2       on this machine, on made-up tokens, beside one process
    python scripts/scale.py --settings FILE --address HOST:PORT --processes 4 --rank 3      on machine 3 of 4
    torchrun --nproc_per_node 2 scripts/scale.py --backend torch --settings FILE            PyTorch's launcher

Recipe 21 explains it, starts it and shows its parts. Each process trains from the last saved state to the
end; whatever a process needs to know stands in its settings, a dict that can be written as JSON:

    folder        where state.npz, notes.jsonl, settings.json, model.keras and result.json go; all processes
                  must see it
    data, arrays  a folder, and the names of its arrays: perhaps "source", then "target" (rows, steps + 1)
    network       your own: "FILE.py:function" or "module:function", settings → Keras model
    examples      your own: the same for rows of the arrays → inputs and targets
    loss          your own: a name that Keras knows, such as "mse"; a mean over the rows
    words, vector, units, dropout, perhaps source_words     sizes of the network, as far as it asks for them
    tokens_per_row  by which the loss of a row is divided, without a loss of your own
    batch, steps, report  rows per step of all processes, steps in all, steps between two checkpoints
    rate, seed, clip  the peak of the learning rate, the seed, the norm that gradients are cut to (None: not)
    devices, split  for MirroredStrategy; for a vocabulary split over devices (JAX); 1 if not given
    cores         of the CPU for each process; 0: all; one for each device if not given
    patience, start_patience  seconds without a step before a process is ended: 50, and 300 at its start, and
                  where the validation loss is computed
    log_dir       a folder for TensorBoard, written by rank 0
    apart         True: another seed for each process; to see why not
    plain         True: XLA decides where gradients are added up (JAX); to see why not
    fixed         True: the same batch again and again, from memory: what does reading cost?
    room          MiB that the process may still take after the first report
    fault         for tests: {"kill": step, "rank": which}, or "stop", "nan", "full" and others: see `fault`
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import functools
import importlib.util
import json
import multiprocessing.connection
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import traceback
import warnings
import zlib
from pathlib import Path
from unittest import mock

import numpy as np

if "WORKER_LOG" in os.environ:  # in a process of its own: what it prints goes into a file
    log = os.open(os.environ["WORKER_LOG"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    rank, count = map(int, os.environ["WORKER_CORES"].split(","))
    if count and hasattr(os, "sched_setaffinity"):  # each process has a core for each of its devices
        cores = sorted(os.sched_getaffinity(0)) * (rank * count + count)
        os.sched_setaffinity(0, cores[rank * count : rank * count + count])
elif "LOCAL_RANK" in os.environ:  # torchrun: a GPU for each process of a machine
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", os.environ["LOCAL_RANK"])

if __name__ == "__main__":  # before Keras is there, which asks for it
    asked = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    asked.add_argument("--backend", default="jax")
    os.environ.setdefault("KERAS_BACKEND", asked.parse_known_args()[0].backend)

import keras
from keras import layers, ops

PATIENCE, START_PATIENCE = 50, 300  # seconds
LONGEST_REPORT = 60  # seconds: what a kill may cost
# Of what a training may be given anew when it goes on; all else must be as it was.
FREE = ("folder", "data", "fault", "patience", "start_patience", "cores", "room", "log_dir")


# --- the network and its batches ---------------------------------------------------------------------------


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


def examples(rows):
    """Rows of the arrays → inputs and targets of the network."""
    *source, target = (part.astype("int32") for part in rows)
    inputs, targets = target[:, :-1], target[:, 1:]
    return ((*source, inputs) if source else inputs), targets


def named(settings, name, usual):
    """The function that the settings name as "FILE.py:function" or "module:function", or the usual one."""
    if name not in settings:
        return usual
    place, _, function = settings[name].rpartition(":")
    if place.endswith(".py"):
        plan = importlib.util.spec_from_file_location(Path(place).stem, place)
        module = importlib.util.module_from_spec(plan)
        plan.loader.exec_module(module)
    else:
        module = importlib.import_module(place)
    return getattr(module, function)


def loss_of(settings):
    """Your own, or the mean over the rows of the losses of their tokens; padding counts for nothing."""

    def per_token(targets, logits):
        how = {"from_logits": True}
        losses = keras.losses.sparse_categorical_crossentropy(targets, logits, **how)
        real = ops.cast(ops.not_equal(targets, 0), losses.dtype)
        return ops.sum(losses * real, axis=-1) / settings["tokens_per_row"]  # a constant

    return settings.get("loss", per_token)


def compiled(settings):
    """The network of the settings, with its loss and its optimizer."""
    usual = translator if "source_words" in settings else language_model
    model = named(settings, "network", usual)(settings)
    peak, steps = settings["rate"], settings["steps"]
    warm = {"warmup_target": peak, "warmup_steps": steps // 10}
    rate = keras.optimizers.schedules.CosineDecay(peak / 20, steps - steps // 10, **warm)
    clip = settings.get("clip")
    model.compile(keras.optimizers.Adam(rate, global_clipnorm=clip), loss_of(settings))
    return model


def opened(settings, prefix=""):
    """The arrays of the settings on the disk: opened, not read."""
    files = (Path(settings["data"]) / f"{prefix}{name}.npy" for name in settings["arrays"])
    return [np.load(file, mmap_mode="r") for file in files]


@functools.lru_cache(maxsize=1)
def order_of(rows, seed, turn):
    """The order of the rows in pass `turn` over the data."""
    return np.random.default_rng([seed, turn]).permutation(rows)


def batch(settings, number, rank=0, world=1):
    """This process's rows of batch `number`: inputs and targets, from the disk."""
    arrays, size = opened(settings), settings["batch"]
    rows, share = len(arrays[-1]), size // world
    if rows < size:
        raise ValueError(f"{rows} rows are too few for a batch of {size}")
    turn, place = divmod(number, rows // size)
    start = place * size + rank * share
    chosen = order_of(rows, settings["seed"], turn)[start : start + share]
    return named(settings, "examples", examples)([array[chosen] for array in arrays])


def batches(settings, first, rank, world, spent):
    """The batches from number `first` on, for `fit`; adds to `spent["input"]` how long they took."""
    kept = batch(settings, 0, rank, world) if settings.get("fixed") else None

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return max(1, settings["steps"] - first)

        def __getitem__(self, index):
            began = time.perf_counter()
            found = kept or batch(settings, first + index, rank, world)
            spent["input"] = spent.get("input", 0.0) + time.perf_counter() - began
            return found

    return Batches()


def validation(settings, rank=0, world=1):
    """This process's validation rows: inputs, targets, and how many rows of its own make a batch.

    Every batch is whole, so that each row counts the same; up to a batch less one of the rows are left out.
    """
    arrays = opened(settings, "validation_")
    rows = len(arrays[-1])
    if rows < world:
        raise ValueError(f"{rows} validation rows are too few for {world} processes")
    size = min(settings["batch"], rows // world * world)
    share = size // world
    places = np.arange(rows // size * size).reshape(-1, size)[:, rank * share : rank * share + share]
    inputs, targets = named(settings, "examples", examples)([array[places.ravel()] for array in arrays])
    return inputs, targets, share


# --- the state, on the disk whole or not at all ------------------------------------------------------------


def variables(model):
    """All that a training needs to go on: weights, random seeds, the optimizer's memory."""
    if hasattr(model, "jax_state_sync"):
        model.jax_state_sync()
    scores = {id(variable) for variable in model.metrics_variables}
    kept = [variable for variable in model.variables if id(variable) not in scores]
    return kept + model.optimizer.variables


def written(file, write):
    """Has `write` fill a file under another name and moves it into place; False if the disk is full."""
    unfinished = file.with_name(f"unfinished-{file.name}")
    try:
        write(unfinished)
        with unfinished.open("rb+") as stream:
            os.fsync(stream.fileno())  # on the disk, not only on its way
        unfinished.replace(file)
    except OSError as error:  # the disk is full, or gone: the last good file stays
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        say(f"{file.name} could not be written: {error}")
        return False
    return True


def say(line):
    """Into the log; on a full disk even that may fail, and nothing may come of it."""
    with contextlib.suppress(OSError):
        os.write(1, f"{line}\n".encode())


def finite_arrays(model, step):
    """What a training needs to go on, as arrays; FloatingPointError if a number of them is not finite."""
    arrays = {}
    for number, variable in enumerate(variables(model)):
        arrays[str(number)] = ops.convert_to_numpy(variable)
        if not np.isfinite(arrays[str(number)]).all():
            raise FloatingPointError(f"{variable.path} is not finite before step {step}")
    return arrays


def save_state(model, file, step, interrupt=None):
    """One file with everything, whole or not at all. False if the disk is full.

    Raises FloatingPointError, and keeps the last good file, if a number is not finite.
    """
    arrays = finite_arrays(model, step)

    def write(unfinished):
        with unfinished.open("wb") as stream:
            np.savez(stream, step=step, **arrays)
        if interrupt:  # a test dies here
            interrupt(unfinished)

    return written(file, write)


def load_state(model, file):
    """Puts the saved variables into the model; returns the step to go on with."""
    model.optimizer.build(model.trainable_variables)
    if not file.exists():
        return 0
    own = variables(model)
    with np.load(file, allow_pickle=False) as saved:
        if len(saved.files) != len(own) + 1:
            raise ValueError(f"{file.name} holds {len(saved.files) - 1} arrays, the training has {len(own)}")
        for number, variable in enumerate(own):
            if (found := saved[str(number)]).shape != tuple(variable.shape):
                raise ValueError(f"{variable.path} is {tuple(variable.shape)}, in {file.name} {found.shape}")
            variable.assign(found)
        return int(saved["step"])


def step_of(file):
    """The step of a saved state; 0 if there is none."""
    if not file.exists():
        return 0
    with np.load(file, allow_pickle=False) as saved:
        return int(saved["step"])


def difference(ours, theirs):
    """The largest difference of a number between two saved states; ValueError if it cannot be told."""
    with np.load(ours, allow_pickle=False) as a, np.load(theirs, allow_pickle=False) as b:
        if a.files != b.files:
            raise ValueError(f"one state has {len(a.files)} arrays, the other one {len(b.files)}")
        pairs = [(a[name].astype("float64"), b[name].astype("float64")) for name in a.files]
    if not all(np.isfinite(part).all() for pair in pairs for part in pair):
        raise ValueError("a number in one of the two states is not finite")
    return float(np.max([np.abs(x - y).max(initial=0) for x, y in pairs]))


def identity(settings, world):
    """What a training is: all that must not change when it goes on."""
    kept = {name: value for name, value in settings.items() if name not in FREE and value is not None}
    rows = {}
    for name, array in zip(settings["arrays"], opened(settings), strict=True):
        ends = np.ascontiguousarray(array[[0, -1]]).tobytes()
        rows[name] = [*array.shape, str(array.dtype), zlib.crc32(ends)]
    return json.loads(json.dumps(kept | {"rows": rows, "processes": world}, sort_keys=True, default=str))


def same_as_before(folder, now):
    """ValueError if the training in this folder was begun as another one."""
    file = folder / "settings.json"
    if not (folder / "state.npz").exists() or not file.exists():
        return
    before = json.loads(file.read_text(encoding="utf-8"))
    for name in sorted({*before, *now}):
        if before.get(name) != now.get(name):
            raise ValueError(
                f"the training in {folder.name} was begun with {name} = {before.get(name)!r}, now it is "
                f"{now.get(name)!r}: give the old value, or another folder; or remove settings.json there, "
                "to go on all the same"
            )


# --- where it is trained -----------------------------------------------------------------------------------


def distributed(settings, rank, world, address):
    """Where the model is made: on one device, on several, or in several processes."""
    if world > 1 and keras.backend.backend() == "torch":
        import datetime

        import torch

        limit = {"timeout": datetime.timedelta(seconds=settings.get("start_patience", START_PATIENCE))}
        where = {"init_method": f"tcp://{address}", "rank": rank} if address else {}  # else torchrun's
        backends = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
        torch.distributed.init_process_group(backends, world_size=world, **where, **limit)
    elif world > 1:  # JAX
        import jax

        # As keras.distribution.initialize, which has no limits of time.
        jax.distributed.initialize(
            *(address, world, rank),
            initialization_timeout=int(settings.get("start_patience", START_PATIENCE)),
            heartbeat_timeout_seconds=max(10, int(settings.get("patience", PATIENCE))),
        )
        parallel = keras.distribution.DataParallel(auto_shard_dataset=False)
        keras.distribution.set_distribution(parallel)
    elif settings.get("split", 1) > 1:  # JAX: parts of the vocabulary on devices of one process
        keras.distribution.set_distribution(split_vocabulary(settings["split"]))
    if settings.get("devices", 1) == 1:
        return contextlib.nullcontext()
    return mirrored(settings["devices"]).scope()


def mirrored(count):
    """TensorFlow's strategy for several GPUs of a machine; without them, the CPU passes for devices."""
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    kind = "GPU" if len(tf.config.list_physical_devices("GPU")) >= count else "CPU"
    if kind == "CPU":
        parts = [tf.config.LogicalDeviceConfiguration()] * count
        tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], parts)
    return tf.distribute.MirroredStrategy([f"{kind}:{number}" for number in range(count)])


def split_vocabulary(devices):
    """Each device holds its share of the words; all else, and the batch, every device has whole."""
    mesh = keras.distribution.DeviceMesh((1, devices), ("batch", "model"), keras.distribution.list_devices())
    layout = keras.distribution.LayoutMap(mesh)
    layout["words/embeddings"] = ("model", None)  # (words, vector)
    return keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="batch")


def gathered(values, world):
    """What all processes have: a list of `values` (whole numbers below 2³¹), one for each rank."""
    if world == 1:
        return [list(values)]
    if keras.backend.backend() == "torch":
        import torch

        found = [torch.zeros(len(values), dtype=torch.int64) for _ in range(world)]
        torch.distributed.all_gather(found, torch.tensor(values, dtype=torch.int64))
        return [part.tolist() for part in found]
    from jax.experimental import multihost_utils

    return np.asarray(multihost_utils.process_allgather(np.array(values, "int32"))).tolist()


def all_agree(step, identity, world):
    """ValueError unless all processes see the same state, data and settings."""
    mark = zlib.crc32(json.dumps(identity, sort_keys=True).encode()) & 0x7FFFFFFF
    found = gathered([step, mark], world)
    for rank, (other, hers) in enumerate(found):
        if other != found[0][0]:
            raise ValueError(
                f"process {rank} sees the state of step {other}, process 0 that of step {found[0][0]}: the "
                "folder must be one that all machines see"
            )
        if hers != found[0][1]:
            raise ValueError(f"process {rank} has other settings or other data than process 0")


def begin_alike(model, rank, world):
    """PyTorch: first weights are those of rank 0, gradients are averaged, dropout is drawn apart."""
    import torch

    def average(parameter):
        torch.distributed.all_reduce(parameter.grad)
        parameter.grad /= world

    for variable in variables(model):
        if "float" in variable.dtype:
            torch.distributed.broadcast(variable.value.data, 0)
        elif variable.dtype == "uint32":  # a seed: the same one would give every rank the same mask
            variable.assign(ops.convert_to_numpy(variable) + np.array([rank, 0], "uint32"))
    for variable in model.trainable_variables:  # as soon as it is there, as in DDP
        variable.value.register_post_accumulate_grad_hook(average)


def add_up_once(model):
    """JAX: each process has the gradient of its own rows, and they are averaged once, behind the last step.

    Left to itself, XLA adds gradients up where weights meet rows: in every time step of a recurrent layer.
    """
    import jax
    from jax.sharding import PartitionSpec

    one, rows, whole = PartitionSpec(), PartitionSpec("batch"), model.compute_loss_and_updates
    mesh = keras.distribution.distribution().device_mesh.backend_mesh

    def of_own_rows(weights, others, scores, x, y, memory):
        mine = jax.lax.axis_index("batch").astype("uint32")
        turned = [mine if other.dtype == "uint32" else 0 for other in others]  # seeds: dropout is drawn apart
        others = [other + turn for other, turn in zip(others, turned, strict=True)]
        how = {"training": True, "optimizer_variables": memory}
        loss, (unscaled, y_pred, others, scores) = whole(weights, others, scores, x, y, None, **how)
        others = [other - turn for other, turn in zip(others, turned, strict=True)]
        loss, unscaled = (jax.lax.pmean(value, "batch") for value in (loss, unscaled))
        return loss, (unscaled, y_pred, others, scores)

    places = {"in_specs": (one, one, one, rows, rows, one), "out_specs": (one, (one, rows, one, one))}
    shared = jax.shard_map(of_own_rows, mesh=mesh, check_vma=False, **places)

    def compute_loss_and_updates(
        weights, others, scores, x, y, sample_weight, training=False, optimizer_variables=None
    ):
        if training:
            return shared(weights, others, scores, x, y, optimizer_variables)
        return whole(weights, others, scores, x, y, sample_weight, training, optimizer_variables)

    model.compute_loss_and_updates = compute_loss_and_updates


def mean_of_all(loss, world):
    """PyTorch: `fit` knows the loss of this process's rows only; the mean over the processes."""
    if world == 1 or keras.backend.backend() != "torch":
        return loss
    import torch

    whole = torch.tensor(loss, dtype=torch.float64)
    torch.distributed.all_reduce(whole)
    return float(whole) / world


# --- the training ------------------------------------------------------------------------------------------


class Reporter(keras.callbacks.Callback):
    """Shows signs of life, notes the loss and saves the state; looks for NaN after each report.

    It has no method for the end of a training batch: with one, Keras would wait for the loss of each step
    before it begins the next one, which a GPU would have to wait for.
    """

    def __init__(self, settings, model, rank, world, spent):
        super().__init__()
        self.settings, self.network, self.rank, self.world = settings, model, rank, world
        self.folder, self.spent = Path(settings["folder"]), spent
        self.first, self.signed, self.saved, self.epoch = True, 0.0, True, 0

    def sign(self, start=False):
        """Says that this process lives, at most once a second; it ends itself if that does not come again."""
        now = time.monotonic()
        if not start and now - self.signed < 1:
            return
        self.signed = now
        patience = self.settings.get("patience", PATIENCE)
        longer = max(self.settings.get("start_patience", START_PATIENCE), patience) - patience if start else 0
        faulthandler.dump_traceback_later(patience + longer + 5, exit=True)  # a launcher comes first
        if not (start and self.first):  # the launcher counts from the first step
            with contextlib.suppress(OSError):  # on a full disk
                alive = self.folder / f"alive-{self.rank}"
                alive.touch()
                os.utime(alive, (time.time() + longer,) * 2)

    def on_train_batch_begin(self, batch, logs=None):
        fault(self.settings, self.network, self.epoch * self.settings["report"] + batch, self.rank)
        if batch or not self.first:
            self.first = False
            self.sign()

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        self.spent.update(began=time.perf_counter(), input=0.0, network=loopback_bytes())

    def on_epoch_end(self, epoch, logs=None):
        seconds = time.perf_counter() - self.spent["began"]
        network = loopback_bytes() - self.spent["network"]
        loss, step = mean_of_all(logs["loss"], self.world), (epoch + 1) * self.settings["report"]
        if not np.isfinite(loss):
            raise FloatingPointError(f"the loss is {loss} before step {step}")
        if self.rank:
            finite_arrays(self.network, step)  # if rank 0 must stop, all do
        else:
            self.saved = save_state(self.network, self.folder / "state.npz", step, self.interrupt(step))
            line = {"step": step, "loss": loss, "seconds": seconds, "input": self.spent["input"]}
            line |= {"network": network, "memory": memory(), "saved": self.saved}
            with contextlib.suppress(OSError), (self.folder / "notes.jsonl").open("a") as notes:
                notes.write("\n" + json.dumps(line))  # on a full disk only a part of it
        if "room" in self.settings and epoch == self.spent.setdefault("first", epoch):
            leave_room(self.settings["room"])
        self.first = False
        self.sign()

    def on_test_batch_begin(self, batch, logs=None):
        if batch:
            self.sign()

    def interrupt(self, step):
        """For tests: what dies in the middle of writing the state of this step."""
        if self.settings.get("fault", {}).get("kill_saving") != step:
            return None

        def die(unfinished):
            os.truncate(unfinished, unfinished.stat().st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)

        return die


def train(settings, rank=0, world=1, address=None):
    """Trains from the last saved state to the end, as process `rank` of `world`."""
    folder, report = Path(settings["folder"]), settings["report"]
    state, spent = folder / "state.npz", {}
    limit = settings.get("start_patience", START_PATIENCE)
    faulthandler.dump_traceback_later(limit + 5, exit=True)
    scope = distributed(settings, rank, world, address)
    apart = rank if settings.get("apart") else 0
    keras.utils.set_random_seed(settings["seed"] + apart)  # in all the same: equal first weights
    own = identity(settings, world)
    same_as_before(folder, own)
    if rank == 0:  # of an earlier failure
        shutil.rmtree(folder / "found", ignore_errors=True)
    all_agree(step_of(state), own, world)
    with scope:
        model = compiled(settings)
        first = load_state(model, state)
    if rank == 0 and not state.exists():  # so that all can be done again from its beginning
        written(folder / "settings.json", lambda file: file.write_text(json.dumps(own)))
        save_state(model, state, 0)
    if world > 1 and keras.backend.backend() == "torch":
        begin_alike(model, rank, world)
    elif world > 1 and not settings.get("plain"):
        add_up_once(model)
    reporter = Reporter(settings, model, rank, world, spent)
    data = batches(settings, first, rank, world, spent)
    how = {"steps_per_epoch": report, "epochs": settings["steps"] // report, "verbose": 0}
    how |= {"initial_epoch": first // report, "shuffle": False, "callbacks": [reporter]}
    if rank == 0 and settings.get("log_dir"):
        how["callbacks"].append(keras.callbacks.TensorBoard(settings["log_dir"]))
    reporter.sign(start=True)
    try:
        model.fit(data, **how)
    except FloatingPointError as error:
        faulthandler.cancel_dump_traceback_later()
        raise FloatingPointError(f"{error}; {found_by_all(settings, rank, reporter)}") from None
    reporter.sign(start=True)
    inputs, targets, share = validation(settings, rank, world)
    loss = model.evaluate(inputs, targets, batch_size=share, verbose=0, callbacks=[reporter])
    loss = mean_of_all(loss, world)
    reporter.sign(start=True)
    if rank == 0:
        if keras.backend.backend() == "jax":  # saving makes variables: alone, not with the others
            keras.distribution.set_distribution(None)
        written(folder / "model.keras", model.save)
        result = {"validation_loss": loss, "parameters": model.count_params(), "saved": reporter.saved}
        result |= bytes_per_device(model) | {"processes": world, "devices": settings.get("devices", 1)}
        written(folder / "result.json", lambda file: file.write_text(json.dumps(result)))
    faulthandler.cancel_dump_traceback_later()


def bytes_per_device(model):
    """Of weights and of the optimizer's averages: all of them, unless they are split."""
    sizes = {}
    for name, kept in (("weights", model.trainable_variables), ("optimizer", model.optimizer.variables)):
        values = [variable.value for variable in kept]
        if keras.backend.backend() == "jax":
            values = [value.addressable_shards[0].data for value in values]
        sizes[f"{name}_bytes"] = sum(4 * int(np.prod(value.shape)) for value in values)
    return sizes


def memory():
    """MiB of this process that no file stands behind; 0 where the system does not tell."""
    return _status("RssAnon")


def leave_room(mebibytes):
    """From now on this process can take so much more memory, and no more; opened files do not count."""
    import resource

    limit = int((_status("VmData") + mebibytes) * 2**20)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def _status(name):
    status = Path("/proc/self/status")
    found = re.search(rf"{name}:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else 0.0


def loopback_bytes():
    """Sent so far by all processes of this machine to each other; 0 where not counted."""
    counts = Path("/proc/net/dev")
    found = re.search(r"lo:(.*)", counts.read_text()) if counts.exists() else None
    return int(found[1].split()[8]) if found else 0


# --- what goes wrong ---------------------------------------------------------------------------------------


def fault(settings, model, step, rank=0):
    """What a test asks for, before a step: to die, to stand still, to be spoilt, to find the disk full."""
    planned = settings.get("fault", {})
    due = [name for name, when in planned.items() if name != "rank" and when == step]
    if planned.get("rank", 0) == rank:
        if "kill" in due:
            os.kill(os.getpid(), signal.SIGKILL)
        if "stop" in due:
            os.kill(os.getpid(), signal.SIGSTOP)
    if {"full", "free"} & set(due):
        import resource

        most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        size = 100 if "full" in due else most  # no file of this process may be longer
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    spoilt = {"nan": model.trainable_variables[-1:], "gradient": model.optimizer.variables[-1:]}
    if "nan" in due:
        cells = [layer.cell for layer in model.layers if hasattr(layer, "cell")]
        spoilt["nan"] = [cell.kernel for cell in cells[:1]] or spoilt["nan"]
    for variable in (one for name in due for one in spoilt.get(name, ())):
        variables(model)  # JAX: brings the values into the variables
        variable.assign(variable * float("nan"))


def found_by_all(settings, rank, reporter):
    """What `find` finds, in a process of its own that rank 0 starts; the others wait for it."""
    folder = Path(settings["folder"])
    limit, answer = settings.get("start_patience", START_PATIENCE), folder / "found" / "found.txt"
    reporter.first = False
    reporter.sign(start=True)
    if rank == 0:
        shutil.rmtree(answer.parent, ignore_errors=True)
        kept = {name: value for name, value in settings.items() if name not in ("devices", "split")}
        looked = kept | {"folder": str(answer.parent), "from": str(folder), "cores": 0}
        try:
            start(find, looked, 1, keras.backend.backend(), use_gpus=False)
        except RuntimeError as error:
            return f"what is wrong was not found: {error}"
    deadline = time.monotonic() + limit
    while not answer.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    return answer.read_text() if answer.exists() else "what is wrong was not found"


def find(settings, rank=0, world=1, address=None):
    """Does the steps since the last good state again, in one process: the first number that is not finite."""
    folder, beside = Path(settings["from"]), Path(settings["folder"])
    model = compiled(settings)
    first, found = load_state(model, folder / "state.npz"), None
    for number in range(first, first + settings["report"]):
        (beside / "alive-0").touch()
        fault(settings, model, number, -1)
        before, (inputs, targets) = model.get_weights(), batch(settings, number)
        loss = float(np.ravel(model.train_on_batch(inputs, targets))[0])
        spoilt = [v.path for v in model.trainable_variables if not np.isfinite(ops.convert_to_numpy(v)).all()]
        if not np.isfinite(loss):
            model.set_weights(before)
            place = first_bad_output(model, inputs) or "none, but the loss itself"
            found = f"first in step {number}; first bad output: {place}"
        elif spoilt:
            found = f"first in step {number}, whose loss is finite: its gradient spoils {spoilt[0]}"
        if found:
            kept = keras.tree.flatten(inputs)
            np.savez(folder / "bad_batch.npz", *kept, targets)
            break
    else:
        found = "done again, all is finite: the machine, or a GPU's order of sums?"
    (beside / "found.txt").write_text(found)


def first_bad_output(model, inputs):
    """The name of the first layer or operation of a functional model with a number that is not finite.

    In a model written as a class only its layers are seen, and what it computes between them is blamed on the
    next one.
    """
    guilty = []

    def watched(part):
        call = part.call

        def watching(*arguments, **options):
            outputs = call(*arguments, **options)
            for output in keras.tree.flatten(outputs):
                if not np.isfinite(ops.convert_to_numpy(output)).all():
                    guilty.append(part.name)
            return outputs

        return watching

    for part in getattr(model, "operations", model.layers):
        part.call = watched(part)
    model(inputs)
    return guilty[0] if guilty else None


# --- the launcher ------------------------------------------------------------------------------------------


def checked(settings, world=1, backend="tensorflow"):
    """ValueError for settings that cannot be trained so, with their values and the way out."""
    batch, steps, report = (settings[name] for name in ("batch", "steps", "report"))
    devices, split, clip = settings.get("devices", 1), settings.get("split", 1), settings.get("clip")
    faults = {
        f"report must be at least 1, got {report}": report < 1,
        f"steps must be a multiple of report, got {steps} and {report}": report > 0 and steps % report,
        f"steps must be at least {report}, one report, got {steps}": steps < report,
        f"batch must be a multiple of the processes, got {batch} rows for {world}": batch % world,
        f"batch must be a multiple of the devices, got {batch} rows for {devices}": batch % devices,
        f"TensorFlow trains in one process only under Keras 3, not in {world}: take jax or torch": (
            world > 1 and backend == "tensorflow"
        ),
        f"devices = {devices} needs TensorFlow, got {backend}": devices > 1 and backend != "tensorflow",
        f"split = {split} needs JAX, got {backend}": split > 1 and backend != "jax",
        f"split = {split} works in one process, got {world}": split > 1 and world > 1,
        f"clip = {clip} with devices = {devices}: MirroredStrategy would cut the gradient of each device by "
        "itself, and find other losses than one device; take clip = None, or processes": (
            clip is not None and devices > 1
        ),
    }
    if wrong := [message for message, holds in faults.items() if holds]:
        raise ValueError("; ".join(wrong))


def launch(settings, world=1, backend="tensorflow", **how):
    """A whole training in `world` processes; what it left. `how` as in `start`."""
    checked(settings, world, backend)
    folder = Path(settings["folder"])
    start(train, settings, world, backend, **how)
    last = step_of(folder / "state.npz")
    if not (folder / "result.json").exists():
        raise RuntimeError(f"the training ended without a result: is the disk full? saved: step {last}")
    result = result_of(folder)
    if not result["saved"] or last < settings["steps"]:
        text = f"the last saved state is that of step {last} of {settings['steps']}: is the disk full?"
        warnings.warn(text, stacklevel=2)
    longest = max(note["seconds"] for note in result["notes"])
    if longest > LONGEST_REPORT:
        text = f"a report took {longest:.0f} s, and a kill can cost as much: make `report` smaller"
        warnings.warn(text, stacklevel=2)
    return result


def start(work, settings, world=1, backend="tensorflow", kill_after=None, kill_rank=-1, use_gpus=True):
    """Runs `work(settings, rank, world, address)` in `world` processes and waits for them.

    If one dies, or makes no step for the `patience` of the settings (`start_patience` before its first), the
    others are ended and a RuntimeError says which one it was. For tests, the process `kill_rank` is killed
    `kill_after` seconds after all have made a step.
    """
    folder, spawn = Path(settings["folder"]), multiprocessing.get_context("spawn")
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("alive-*"), *folder.glob("unfinished-*"), folder / "result.json"):
        old.unlink(missing_ok=True)
    known, workers = (settings, world, f"127.0.0.1:{free_port()}"), []
    try:
        for rank in range(world):
            changes = surroundings(settings, rank, world, backend, use_gpus)
            with mock.patch.dict(os.environ, changes):  # a process begins with what stands here
                workers.append(
                    spawn.Process(target=begin, args=(work.__module__, work.__name__, *known, rank))
                )
                workers[-1].start()
        wait_for(workers, folder, settings, kill_after, kill_rank)
    finally:
        for worker in workers:
            worker.kill()
            worker.join()


def command(settings_file, backend, address, world, rank):
    """The line that starts process `rank` on its machine; `address` is HOST:PORT of rank 0."""
    where = f"--address {address} --processes {world} --rank {rank}"
    return f"python scripts/scale.py --backend {backend} --settings {settings_file} {where}"


def by_hand(settings_file, backend, world=2, dying=1):
    """Starts `world` processes here by that line, printed, as by hand; one of them dies by its settings.

    Returns the seconds that the slowest of the others took to end, with nobody there to tell it.
    """
    program, started = Path(__file__), []
    root, address = program.parents[1], f"127.0.0.1:{free_port()}"
    how = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": root}
    how["env"] = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    try:
        for rank in range(world):
            line = command(os.path.relpath(settings_file, root), backend, address, world, rank)
            print(line)
            started.append(subprocess.Popen([sys.executable, *line.split()[1:]], **how))
        code = started[dying].wait(START_PATIENCE)
        print(f"process {dying} ended with {code}")
        began = time.monotonic()
        codes = [process.wait(START_PATIENCE) for process in started]
        print(f"all ended, with {codes}, {time.monotonic() - began:.1f} s later")
        return time.monotonic() - began
    finally:
        for process in started:
            process.kill()
            process.wait()


def said_by(program, world=2):
    """What processes say that run a Python program, each with its rank and the addresses of all."""
    addresses = [f"127.0.0.1:{free_port()}" for _ in range(world)]
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    how["env"] = os.environ | {"KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": ""}
    lines = [[sys.executable, "-c", program, str(rank), *addresses] for rank in range(world)]
    started = [subprocess.Popen(line, **how) for line in lines]
    try:
        return [process.communicate(timeout=START_PATIENCE)[0].strip() for process in started]
    finally:
        for process in started:
            process.kill()
            process.wait()


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def surroundings(settings, rank, world, backend, use_gpus=True):
    """The environment of a process: where its log goes, its cores, its GPUs."""
    needed = max(settings.get("devices", 1), settings.get("split", 1))
    log = Path(settings["folder"]) / f"log-{rank}.txt"
    chosen = {"KERAS_BACKEND": backend, "WORKER_LOG": str(log)}
    there = gpus()
    own = there[rank * needed : (rank + 1) * needed] if use_gpus and len(there) >= needed * world else []
    chosen["WORKER_CORES"] = f"{rank},{0 if own else settings.get('cores', needed)}"
    if there:  # each process sees its own GPUs; if there are too few, all use the CPU
        chosen["CUDA_VISIBLE_DEVICES"] = ",".join(own)
        chosen |= {} if own else {"JAX_PLATFORMS": "cpu"}
        # A GPU's memory is taken as it is needed: who starts this process may be on the same one.
        chosen |= {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    if settings.get("split", 1) > 1 and not own:  # the CPU passes for several devices
        devices = f"--xla_force_host_platform_device_count={settings['split']}"
        chosen["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {devices}".strip()
    return chosen


@functools.lru_cache(maxsize=1)
def gpus():
    """The NVIDIA GPUs that may be used, by number."""
    if "CUDA_VISIBLE_DEVICES" in os.environ:
        named = os.environ["CUDA_VISIBLE_DEVICES"].split(",")
        return [number for number in named if number.strip() not in ("", "-1")]
    if shutil.which("nvidia-smi") is None:
        return []
    listed = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, timeout=60)
    return [str(number) for number in range(listed.stdout.count("GPU "))]


def begin(module, name, settings, world, address, rank):
    """The first call in a process; only now it imports what it works with."""
    ended_well(getattr(importlib.import_module(module), name), settings, rank, world, address)


def ended_well(work, *arguments):
    """Works; if that fails, says why and is gone at once: no waiting for the others on the way out."""
    try:
        work(*arguments)
    except BaseException as error:
        say("".join(traceback.format_exception(error)))
        kind = "" if isinstance(error, FloatingPointError) else f"{type(error).__name__}: "
        say(f"{kind}{error}".replace("\n", " "))
        os._exit(1)


def wait_for(workers, folder, settings, kill_after=None, kill_rank=-1):
    """Until all have ended; RuntimeError if one failed or stands still."""
    began, first_step, killed = time.time(), None, None
    alive = [folder / f"alive-{rank}" for rank in range(len(workers))]
    while True:
        running = [worker for worker in workers if worker.exitcode is None]
        if first_fault(workers, folder, settings, began):
            time.sleep(0.5)  # who died first may not be the first that is seen
            break
        if not running:
            return
        if first_step is None and all(file.exists() for file in alive):
            first_step = time.monotonic()
        if None not in (first_step, kill_after) and time.monotonic() - first_step > kill_after and not killed:
            workers[kill_rank].kill()
            killed = time.monotonic()
        multiprocessing.connection.wait([worker.sentinel for worker in running], 0.2)
    rank, what = first_fault(workers, folder, settings, began)
    others = {1: "", 2: "; the other one was ended"}
    ended = others.get(len(workers), f"; the other {len(workers) - 1} were ended")
    said = last_words(folder / f"log-{rank}.txt") if what == "failed" else ""
    if said.startswith("stood still"):
        what, said = said, ""
    error = RuntimeError(f"process {rank} of {len(workers)} {what}{ended}{said and f': {said}'}")
    error.seconds = time.monotonic() - killed if killed else None  # from the kill to this message
    raise error


def last_words(log):
    """The line in which a process said why it failed; "" if there is none."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    if any(re.match(r"Timeout \(", line) for line in lines):
        return f"stood still and ended itself ({log.name} says where)"
    noise = r"[IWE]\d{4} |WARNING|To enable|\[Gloo\]"
    said = [line for line in lines if line.strip() and not re.match(noise, line)]
    return said[-1][:500] if said else ""


def first_fault(workers, folder, settings, began):
    """(rank, what it did) of the process that the others suffer from; None if all is well.

    A process that was killed comes first, then one that crashed, then one that gave up: when a process is
    gone, the others fail too, because they miss it.
    """
    found = []
    for rank, worker in enumerate(workers):
        if not worker.exitcode:
            continue
        signal_number = -worker.exitcode
        if signal_number <= 0:
            missed = re.search(r"Gloo|onnection|eartbeat|oordination", last_words(folder / f"log-{rank}.txt"))
            found.append((3 if missed else 2, rank, "failed"))
        else:
            order = {signal.SIGKILL: 0, signal.SIGABRT: 4}.get(signal_number, 1)  # JAX aborts: it missed one
            found.append((order, rank, f"was killed by signal {signal_number}"))
    if found:
        return min(found)[1:]
    return standing_still(workers, folder, settings, began)


def standing_still(workers, folder, settings, began):
    """(rank, what) of the process that makes no step: a stopped one before one that waits for it."""
    patience = settings.get("patience", PATIENCE)
    start_patience = max(settings.get("start_patience", START_PATIENCE), patience)
    found = []
    for rank, worker in enumerate(workers):
        alive = folder / f"alive-{rank}"
        begun = alive.exists()
        last, limit = (alive.stat().st_mtime, patience) if begun else (began, start_patience)
        if worker.exitcode is None and time.time() - last > limit:
            stopped = is_stopped(worker.pid)
            what = f"made no {'' if begun else 'first '}step for {limit} s" + " (it is stopped)" * stopped
            found.append((not stopped, last, rank, what))
    return min(found)[2:] if found else None


def is_stopped(pid):
    """Whether a process has been halted, by SIGSTOP or a debugger; False where the system does not tell."""
    status = Path(f"/proc/{pid}/stat")
    with contextlib.suppress(OSError):
        return status.read_text().rpartition(")")[2].split()[0] in ("T", "t")
    return False


def notes_of(folder):
    """What a training has noted after each report: step, loss, seconds and so on."""
    notes, file = {}, folder / "notes.jsonl"
    for line in file.read_text().splitlines() if file.exists() else ():
        with contextlib.suppress(json.JSONDecodeError):  # cut off by a kill, or by a full disk
            note = json.loads(line)
            notes[note["step"]] = note  # a report that was repeated counts once
    return list(notes.values())


def result_of(folder):
    """What a whole training has left: its score and its notes."""
    return json.loads((folder / "result.json").read_text()) | {"notes": notes_of(folder)}


def curve(result):
    """The training losses of the reports."""
    return np.array([note["loss"] for note in result["notes"]])


def steps_per_second(result):
    """Without the first report, which compiles."""
    steps = np.diff([note["step"] for note in result["notes"]])
    return steps.sum() / sum(note["seconds"] for note in result["notes"][1:])


def row_of(runs, speeds, key, alike):
    """A row of a table: the training runs[key] beside that which it should be like, runs[alike].

    `speeds` holds rows per second, of several measurements.
    """
    result, found, count = runs[key], speeds[key], runs[key]["processes"]
    apart = np.max(np.abs(curve(result) - curve(runs[alike])))
    row = {"validation loss": result["validation_loss"], "largest difference": apart}
    row |= {"rows per second": np.median(found), "from": min(found), "to": max(found)}
    row["speed-up"] = np.median(found) / np.median(speeds[alike])
    steps = result["notes"][-1]["step"] - result["notes"][0]["step"]
    row["MB per step"] = sum(note["network"] for note in result["notes"][1:]) / steps / 1e6
    row["expected"] = 8e-6 * (count - 1) * result["parameters"]
    return row | {"per core": max(count, result["devices"]) / usable_cores()}


def usable_cores():
    """Of the CPU, by this process; hyper-threads count as cores."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def read_through(settings, count, forget=False):
    """Reads so many batches and does nothing with them: rows per second, memory on the way (MiB).

    With `forget`, the system is first told to drop the files from its cache, so that they come from the disk.
    """
    for name in settings["arrays"] if forget and hasattr(os, "posix_fadvise") else ():
        with (Path(settings["data"]) / f"{name}.npy").open("rb+") as stream:
            os.fsync(stream.fileno())  # what is not yet on the disk cannot be dropped
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    began, trace = time.perf_counter(), []
    for number in range(count):
        batch(settings, number)
        if number % max(1, count // 100) == 0:
            trace.append(memory())
    return count * settings["batch"] / (time.perf_counter() - began), trace


def source_of(words, seed):
    """Of the made-up text: shares of the tokens, and the favourite successor of each."""
    weights = 1 / np.arange(1.0, words)  # a few are frequent; 0 is padding
    successors = np.random.default_rng(seed).permutation(words - 1) + 1
    return np.append(0, weights / weights.sum()), np.append(0, successors)


def best_loss(file, words, seed):
    """The loss per token that no network can be below, on a file of made-up tokens."""
    rows, (shares, successors) = np.load(file).astype(int), source_of(words, seed)
    found = 0.5 * (rows[:, 1:] == successors[rows[:, :-1]]) + 0.5 * shares[rows[:, 1:]]
    return float(-np.log(found).mean())


def described(place, names):
    """The settings that rows of tokens give: where they are, how many words they have."""
    arrays = {name: np.load(place / f"{name}.npy", mmap_mode="r") for name in names}
    found = {"data": str(place), "arrays": list(names), "words": int(arrays["target"].max()) + 1}
    if "source" in arrays:
        found["source_words"] = int(arrays["source"].max()) + 1
    return found | {"tokens_per_row": float((arrays["target"][:, 1:] > 0).sum(axis=1).mean())}


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
        losses[count] = curve(result)
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
    if options.rank is not None and keras.backend.backend() != options.backend:
        parser.error(f"set KERAS_BACKEND={options.backend}: {keras.backend.backend()} is loaded")
    try:
        if options.settings is None:
            compare(options.processes, options.backend, options.folder)
            return 0
        settings = json.loads(options.settings.read_text(encoding="utf-8"))
        if options.rank is None:
            print(json.dumps(launch(settings, options.processes, options.backend)))
            return 0
        checked(settings, options.processes, options.backend)
        Path(settings["folder"]).mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError, ValueError) as error:
        print(f"scale: {error}", file=sys.stderr)
        return 1
    ended_well(train, settings, options.rank, options.processes, options.address)
    return 0


if __name__ == "__main__":
    sys.exit(main())
