"""Search the settings of two networks with Optuna, in several processes: what the study of recipe 21 runs.

The networks are those of the first pages of recipes 02 and 08, small enough to be trained dozens of times.
Every training gets the same seconds. All workers share one journal file, so a search that was stopped goes
on, and a worker may join at any time.
"""

from __future__ import annotations

import time
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

# What the pages of 02 and 08 have, chosen by hand.
BY_HAND = {
    "sentiment": {"rate": 8e-3, "units": 48, "vector": 64, "dropout": 0.3, "batch": 64},
    "load": {"rate": 2e-3, "units": 128, "dropout": 0.0, "batch": 128},
}
LEVELS = np.arange(1, 10, dtype="float32") / 10  # of the quantiles


def suggested(trial, task):
    """The settings of a trial."""
    choice = {"rate": trial.suggest_float("rate", 3e-4, 3e-2, log=True)}
    choice["units"] = trial.suggest_int("units", 16, 256, log=True)
    choice["dropout"] = trial.suggest_float("dropout", 0.0, 0.6)
    choice["batch"] = trial.suggest_categorical("batch", [32, 64, 128, 256])
    if task == "sentiment":
        choice["vector"] = trial.suggest_int("vector", 16, 256, log=True)
    return choice


def sentiment(choice, data):
    """Words (rows, steps) → probabilities of the classes."""
    tokens = keras.Input(data["x_train"].shape[1:], dtype="int32")
    hidden = layers.Embedding(int(data["words"]), choice["vector"], mask_zero=True)(tokens)
    hidden = layers.Dropout(choice["dropout"])(hidden)
    hidden = layers.Bidirectional(layers.GRU(choice["units"], return_sequences=True))(hidden)
    answer = layers.Dense(int(data["y_train"].max()) + 1, activation="softmax")
    return keras.Model(tokens, answer(layers.GlobalAveragePooling1D()(hidden)))


def load(choice, data):
    """Past (rows, look-back) and calendar (rows, horizon, …) → quantiles (rows, horizon, 9)."""
    segment, units = int(data["segment"]), choice["units"]
    past = keras.Input(data["past_train"].shape[1:], name="past")
    ahead = keras.Input(data["ahead_train"].shape[1:], name="ahead")
    last, horizon = past[:, -1:], ahead.shape[1]
    gru, count = layers.GRU(units, return_state=True), horizon // segment
    read = layers.Dense(units, activation="relu")(layers.Reshape((-1, segment))(past - last))
    _, state = gru(read)
    query = layers.Dense(units)(layers.Reshape((count, -1))(ahead))  # one for each segment
    start = ops.reshape(layers.RepeatVector(count)(state), (-1, units))
    answer, _ = gru(ops.reshape(query, (-1, 1, units)), initial_state=start)
    answer = layers.Dropout(choice["dropout"])(answer)
    answer = layers.Dense(segment * len(LEVELS), kernel_initializer="zeros")(answer)
    answer = ops.reshape(answer, (-1, horizon, len(LEVELS))) + last[..., None]
    return keras.Model([past, ahead], answer)


def pinball(truth, quantiles):
    error = ops.nan_to_num(truth[..., None] - quantiles)  # no value, no loss
    return ops.mean(2 * ops.maximum(LEVELS * error, (LEVELS - 1) * error), axis=(1, 2))


def parts(task, data, name):
    """Inputs and targets of one part of the data."""
    if task == "sentiment":
        return data[f"x_{name}"], data[f"y_{name}"]
    return [data[f"past_{name}"], data[f"ahead_{name}"]], data[f"y_{name}"]


def trained(task, choice, data, seconds, seed, after_epoch=None):
    """A network after so many seconds of training, with its best weights on validation; that score."""
    keras.utils.set_random_seed(seed)
    network = {"sentiment": sentiment, "load": load}[task](choice, data)
    loss = {"sentiment": "sparse_categorical_crossentropy", "load": pinball}[task]
    network.compile(keras.optimizers.Adam(choice["rate"], global_clipnorm=1.0), loss)
    inputs, targets = parts(task, data, "train")
    size, deadline, best = choice["batch"], None, (np.inf, network.get_weights())
    random, rows = np.random.default_rng(seed), len(targets)
    while deadline is None or time.perf_counter() < deadline:
        order = random.permutation(rows)[: rows // size * size].reshape(-1, size)
        for chosen in order:
            share = [part[chosen] for part in inputs] if isinstance(inputs, list) else inputs[chosen]
            network.train_on_batch(share, targets[chosen])
            deadline = deadline or time.perf_counter() + seconds  # the first step compiles
            if time.perf_counter() > deadline:
                break
        score = evaluated(task, network, data, "validation")
        if not np.isfinite(score):  # it will not recover
            break
        best = min(best, (score, network.get_weights()), key=lambda pair: pair[0])
        if after_epoch:
            after_epoch(score)
    network.set_weights(best[1])
    return network, min(best[0], 1e6)


def evaluated(task, network, data, name):
    return float(network.evaluate(*parts(task, data, name), batch_size=256, verbose=0))


def opened(settings):
    """The search in its journal: a new one, or that which stands there."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    backend = optuna.storages.journal.JournalFileBackend(str(Path(settings["folder"]) / "journal.log"))
    how = {"study_name": settings["task"], "load_if_exists": True}
    how["pruner"] = optuna.pruners.MedianPruner(n_startup_trials=5)
    how["sampler"] = optuna.samplers.TPESampler(seed=settings["seed"] + settings.get("rank", 0))
    return optuna.create_study(storage=optuna.storages.JournalStorage(backend), **how)


def search(settings, rank=0, world=1, address=None):
    """One worker: takes trials until `trials` of them are done by all workers together."""
    import optuna

    data, task = dict(np.load(settings["data"], allow_pickle=False)), settings["task"]
    study = opened(settings | {"rank": rank})

    def objective(trial):
        scores = []

        def after_epoch(score):
            (Path(settings["folder"]) / f"alive-{rank}").touch()
            scores.append(score)
            trial.report(score, len(scores))
            if trial.should_prune():
                raise optuna.TrialPruned

        choice = suggested(trial, task)
        return trained(task, choice, data, settings["seconds"], settings["seed"], after_epoch)[1]

    if trial_count(study) == 0 and rank == 0:
        study.enqueue_trial(BY_HAND[task])  # the search knows what we know
    enough = optuna.study.MaxTrialsCallback(settings["trials"], states=ended())
    if trial_count(study) < settings["trials"]:
        study.optimize(objective, callbacks=[enough])


def ended():
    from optuna.trial import TrialState

    return TrialState.COMPLETE, TrialState.PRUNED


def trial_count(study):
    return len(study.get_trials(deepcopy=False, states=ended()))
