"""Search the settings of two networks with Optuna, in several processes: what recipe 21 and its study run.

The networks are those of the first pages of recipes 02 and 08, small enough to be trained dozens of times,
with the schedule and the clipping that these pages have. Every training gets the same seconds on one core,
not counting compilation and validation. All workers share one journal file, so a search that was stopped
goes on, and a worker may join at any time.
"""

from __future__ import annotations

import json
import math
import shutil
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
# And what the search leaves alone: whether the rate falls, as half of a cosine; how gradients are clipped.
FALLS = {"sentiment": True, "load": False}
CLIPNORM = {"sentiment": None, "load": 1.0}
REPORTS = 8  # validations in each training, at the same shares of its seconds
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


def trained(task, choice, data, seconds, seed, at_report=None):
    """A network after so many seconds of training, with its best weights on validation; that score."""
    keras.utils.set_random_seed(seed)
    network = {"sentiment": sentiment, "load": load}[task](choice, data)
    loss = {"sentiment": "sparse_categorical_crossentropy", "load": pinball}[task]
    network.compile(keras.optimizers.Adam(choice["rate"], clipnorm=CLIPNORM[task]), loss)
    inputs, targets = parts(task, data, "train")
    best, spent, reports = (np.inf, network.get_weights()), None, 0
    for chosen in endless(len(targets), choice["batch"], seed):
        if FALLS[task]:
            network.optimizer.learning_rate = choice["rate"] * falling((spent or 0.0) / seconds)
        share = [part[chosen] for part in inputs] if isinstance(inputs, list) else inputs[chosen]
        began = time.perf_counter()
        network.train_on_batch(share, targets[chosen])
        spent = 0.0 if spent is None else spent + time.perf_counter() - began  # the first step compiles
        if spent < seconds * (reports + 1) / REPORTS:
            continue
        reports += 1
        score = evaluated(task, network, data, "validation")
        if not np.isfinite(score):  # it will not recover
            break
        best = min(best, (score, network.get_weights()), key=lambda pair: pair[0])
        if at_report:
            at_report(score)
        if spent >= seconds:
            break
    network.set_weights(best[1])
    return network, min(best[0], 1e6)


def falling(share):
    """The part of the learning rate that is left after a share of the training: half of a cosine."""
    return (1 + math.cos(math.pi * min(share, 1.0))) / 2


def endless(rows, size, seed):
    """Row numbers of batch after batch, in a new order for each pass."""
    random = np.random.default_rng(seed)
    size = min(size, rows)
    while True:
        yield from random.permutation(rows)[: rows // size * size].reshape(-1, size)


def evaluated(task, network, data, name):
    return float(network.evaluate(*parts(task, data, name), batch_size=256, verbose=0))


def opened(settings):
    """The search in its journal: a new one, or that which stands there."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    backend = optuna.storages.journal.JournalFileBackend(str(Path(settings["folder"]) / "journal.log"))
    seed = settings["seed"] + settings.get("rank", 0)
    how = {"study_name": settings["task"], "load_if_exists": True}
    how["pruner"] = optuna.pruners.MedianPruner(n_startup_trials=5)
    how["sampler"] = optuna.samplers.TPESampler(seed=seed, n_startup_trials=5)  # then it looks
    if settings.get("random"):  # no search at all: draws, and no pruning
        how |= {"sampler": optuna.samplers.RandomSampler(seed=seed), "pruner": optuna.pruners.NopPruner()}
    return optuna.create_study(storage=optuna.storages.JournalStorage(backend), **how)


def searched(settings, workers, **how):
    """Searches on, with so many workers, until `trials` are done; the study. `how` as in scale.start.

    A trial that a dead worker left behind counts as failed, and its settings are tried again.
    """
    from optuna.trial import TrialState

    Path(settings["folder"]).mkdir(parents=True, exist_ok=True)
    study = opened(settings)
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
        study.enqueue_trial(trial.params)
    if not study.trials:
        study.enqueue_trial(BY_HAND[settings["task"]])  # the search knows what we know
    _scale().start(search, settings | limits(settings["seconds"]), workers, keras.backend.backend(), **how)
    return opened(settings)


def prepared(folder, task, data, seed, trials, seconds, **more):
    """The settings of a new search in this folder, where the data now lie."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    np.savez(folder / "data.npz", **data)
    settings = {"task": task, "folder": str(folder), "data": str(folder / "data.npz"), "seed": seed}
    return settings | {"trials": trials, "seconds": seconds} | more


def limits(seconds):
    """How long a worker may be silent: a share of its training, its start, or the validation."""
    return {"patience": 2 * seconds + 120, "start_patience": 2 * seconds + 300}


def _scale():
    """scripts/scale.py, under the name by which this module is known."""
    import importlib

    return importlib.import_module(__name__.replace("tune", "scale"))


def search(settings, rank=0, world=1, address=None):
    """One worker: takes trials until `trials` of them are done by all workers together."""
    import optuna

    data, task = dict(np.load(settings["data"], allow_pickle=False)), settings["task"]
    study = opened(settings | {"rank": rank})

    def objective(trial):
        began, scores = time.perf_counter(), []

        def at_report(score):
            (Path(settings["folder"]) / f"alive-{rank}").touch()
            scores.append(score)
            trial.report(score, len(scores))
            if trial.should_prune():
                raise optuna.TrialPruned

        choice = suggested(trial, task)
        try:
            return trained(task, choice, data, settings["seconds"], settings["seed"], at_report)[1]
        finally:  # all that it cost: compilation and validation, too
            trial.set_user_attr("seconds", time.perf_counter() - began)

    enough = optuna.study.MaxTrialsCallback(settings["trials"], states=ended())
    if trial_count(study) < settings["trials"]:
        study.optimize(objective, callbacks=[enough])


def ended():
    from optuna.trial import TrialState

    return TrialState.COMPLETE, TrialState.PRUNED


def trial_count(study):
    return len(study.get_trials(deepcopy=False, states=ended()))


def seconds_of(study):
    """All the seconds of computing that a search has cost, of all workers together."""
    return sum(trial.user_attrs.get("seconds", 0.0) for trial in study.trials)


def compared(settings, jobs, workers):
    """Trains jobs (name, choice, seconds, seed) in workers as those of a search; a table of their losses."""
    import pandas as pd

    longest = max(job[2] for job in jobs)
    chosen = settings | {"jobs": jobs} | limits(longest)
    _scale().start(compare, chosen, workers, keras.backend.backend())
    files = [Path(settings["folder"]) / f"losses-{rank}.json" for rank in range(workers)]
    lines = [line for file in files for line in json.loads(file.read_text())]
    return pd.DataFrame(lines, columns=["settings", "seed", "validation", "test"])


def rivals(settings, study, seeds, workers, more=()):
    """What the search has found beside the values by hand, with new seeds, and beside these with more time.

    One training by hand gets all the seconds that the search has cost. `more` adds (name, choice).
    """
    hand, seconds = BY_HAND[settings["task"]], settings["seconds"]
    first = settings["seed"] + 100
    jobs = [["by hand, all the seconds", hand, max(seconds, seconds_of(study)), first]]
    for seed in range(first, first + seeds):
        for name, choice in (("by hand", hand), ("searched", study.best_params), *more):
            jobs.append([name, choice, seconds, seed])
    return compared(settings, jobs, workers)


def compare(settings, rank=0, world=1, address=None):
    """One worker: its share of the jobs. The test part is asked only here, once for each network."""
    data, task = dict(np.load(settings["data"], allow_pickle=False)), settings["task"]
    folder, lines = Path(settings["folder"]), []

    def alive(score):
        (folder / f"alive-{rank}").touch()

    for name, choice, seconds, seed in settings["jobs"][rank::world]:
        network, score = trained(task, choice, data, seconds, seed, alive)
        lines.append([name, seed, score, evaluated(task, network, data, "test")])
    (folder / f"losses-{rank}.json").write_text(json.dumps(lines))


def gain(table, part):
    """By how much the searched settings lower the mean loss against those by hand; and its standard error."""
    by_seed = table.pivot(index="seed", columns="settings", values=part)
    gains = 1 - by_seed["searched"] / by_seed["by hand"]
    return gains.mean(), gains.std() / math.sqrt(max(1, len(gains)))


# --- the data of the two pages -----------------------------------------------------------------------------


def sentiment_data(reviews, rows, seed):
    """The reviews of recipe 02 as its first page cuts them: whole films held out, words as ids."""
    random = np.random.default_rng(seed)
    films = random.permutation(np.unique(reviews.group_train))
    is_held_out = np.isin(reviews.group_train, films[: max(1, len(films) // 10)])
    used = random.permutation(np.flatnonzero(~is_held_out))[:rows]
    held_out = random.permutation(np.flatnonzero(is_held_out))[: max(1, rows // 8)]
    tested = random.permutation(len(reviews.x_test))[: max(1, rows // 4)]
    to_ids = layers.TextVectorization(20_000, output_sequence_length=200)
    to_ids.adapt(list(reviews.x_train[used]))
    texts = {"train": reviews.x_train[used], "validation": reviews.x_train[held_out]}
    texts["test"] = reviews.x_test[tested]
    made = {f"x_{name}": np.asarray(to_ids(list(lines))) for name, lines in texts.items()}
    made |= {"y_train": reviews.y_train[used], "y_validation": reviews.y_train[held_out]}
    return made | {"y_test": reviews.y_test[tested], "words": np.array(20_000)}


def load_data(power, panel_of):
    """The bundled load of recipe 08 as its first page cuts it; `panel_of` is datasets.LoadPanel."""
    borders, horizon = (np.array([0.6, 0.8, 1]) * len(power.table)).astype(int), 96
    how = {"look_back": 336, "segment": 24, "calendar": True}
    panel = panel_of(power.table, borders, [power.target], power.known_ahead, **how)
    made = {"segment": np.array(24)}
    for name, stride in {"train": 3, "validation": 11, "test": 11}.items():
        drawn = panel.pairs(panel.origins(name, horizon)[::stride])
        inputs = panel.inputs(*drawn, horizon)
        made |= {f"{key}_{name}": inputs[key].astype("float32") for key in ("past", "ahead")}
        made[f"y_{name}"] = panel.targets(*drawn, horizon).astype("float32")
    return made
