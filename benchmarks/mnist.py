"""Seconds of training until a network reads 98 % of the held-out MNIST digits right.

    python benchmarks/mnist.py [--tiny] [--json FILE]

Ours is recipe 01 in short: a GRU(128), batches of 128, a learning rate that rises to 0.01 and falls along a
cosine. It runs against the document's recipe, LSTM(128) with batches of 64 and Adam as it comes, and against
the same network in PyTorch from the same weights, on the same batches in the same order. All three are scored
after each tenth of the training images. Scoring and compiling do not count.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from measure import Row, compare, has_torch, main
from training import Batches, Clock, Outcome, copy_weights, lower_bound, trained

from helpers import datasets, runtime

# isort: split
import keras
from keras import layers

OURS = "ours, GRU(128)"
DOCUMENT = "document's recipe, LSTM(128)"
TORCH = "PyTorch nn.GRU, our recipe"


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much is trained."""

    units: int = 128
    validation: int = 5_000
    seeds: int = 3
    images: int = 77_000  # that our schedule is made for: 1.4 epochs
    most: int = 132_000  # of ours, the last at a twentieth of the peak
    batch: int = 128
    rate: float = 1e-2  # the peak of our schedule
    document_batch: int = 64
    document_epochs: int = 10
    target: float = 0.98
    limit: float = 8  # times our seconds, after which the document's recipe is stopped


TINY = Sizes(units=16, validation=400, seeds=1, images=7_200, most=7_200, batch=64, rate=1e-2, target=0.3)


def reader(layer: layers.Layer) -> keras.Model:
    """A recurrent layer over the 28 rows, and a classifier on its last state."""
    return keras.Sequential([keras.Input((28, 28)), layer, layers.Dense(10)])


def by_torch(model: keras.Model, batches: Batches, held_out, rates: list[float], clock: dict) -> Outcome:
    """The same network in PyTorch, from the weights of `model`."""
    import torch

    units = model.layers[0].units
    gru, linear = torch.nn.GRU(28, units, batch_first=True), torch.nn.Linear(units, 10)
    for layer, twin in zip(model.layers, (gru, linear), strict=True):
        copy_weights(layer, twin)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = torch.nn.ModuleList([gru, linear]).to(device)
    optimizer = torch.optim.Adam(network.parameters(), eps=1e-7)

    def scores(images: np.ndarray):
        return linear(gru(torch.from_numpy(images).to(device))[0][:, -1])

    def loss(index: int):
        images, labels = batches[index]
        return torch.nn.functional.cross_entropy(scores(images), torch.from_numpy(labels).long().to(device))

    @torch.no_grad()
    def accuracy() -> float:
        images, labels = held_out
        parts = np.array_split(images, -(-len(images) // 500))
        found = np.concatenate([scores(part).argmax(dim=-1).cpu().numpy() for part in parts])
        return float(np.mean(found == labels))

    accuracy()
    for _ in range(2):  # as often as Keras warms up
        loss(0).backward()
    watch = Clock(accuracy, **clock)
    watch.start()
    for index, rate in enumerate(rates):
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss(index).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        if watch.step():
            break
    return watch.outcome


def train_in_turn(
    sizes: Sizes, digits: datasets.ImageData, seed: int, names: list[str]
) -> dict[str, Outcome]:
    """One round: each way trained once, all on the same images."""
    keras.utils.set_random_seed(seed)
    images, labels = digits.x_train.astype("float32") / 255, digits.y_train
    held, train = np.split(np.random.default_rng(seed).permutation(len(images)), [sizes.validation])
    held_out, training = (images[held], labels[held]), (images[train], labels[train])
    steps, tenth = sizes.images // sizes.batch, len(train) // 10
    warm = steps // 5
    schedule = keras.optimizers.schedules.CosineDecay(
        sizes.rate / 20, steps - warm, alpha=0.05, warmup_target=sizes.rate, warmup_steps=warm
    )
    steps = sizes.most // sizes.batch
    rates = [float(schedule(step)) for step in range(steps)]
    batches = Batches(*training, sizes.batch, seed, steps)
    clock = {"every": tenth // sizes.batch, "target": sizes.target}
    untrained, ours, document = (
        reader(layer(sizes.units)) for layer in (layers.GRU, layers.GRU, layers.LSTM)
    )
    ours.set_weights(untrained.get_weights())
    optimizer = keras.optimizers.Adam(schedule, global_clipnorm=1.0)
    ways = {
        OURS: lambda: trained(ours, batches, held_out, optimizer, clock),
        TORCH: lambda: by_torch(untrained, batches, held_out, rates, clock),
    }
    found = {name: ways[name]() for name in (names if seed % 2 else names[::-1])}
    steps = sizes.document_epochs * len(train) // sizes.document_batch
    batches = Batches(*training, sizes.document_batch, seed, steps)
    clock |= {"every": tenth // sizes.document_batch, "limit": sizes.limit * found[OURS].seconds}
    found[DOCUMENT] = trained(document, batches, held_out, keras.optimizers.Adam(), clock)
    return found


def benchmark(tiny: bool) -> list[Row]:
    """The rows."""
    sizes = TINY if tiny else Sizes()
    runtime.setup(seed=1)
    digits = datasets.mnist("bundled" if tiny else "auto")
    names = [OURS, TORCH] if has_torch() else [OURS]
    rounds = []
    for seed in range(sizes.seeds):
        rounds.append(train_in_turn(sizes, digits, seed, names))
        for name, found in rounds[-1].items():
            print(f"seed {seed}, {name}: {found.best:.2%} after {found.seconds:.1f} s, {found.steps:,} steps")
        if not rounds[-1][OURS].reached:
            raise SystemExit(f"ours never reached {sizes.target:.0%} with seed {seed}")
    measure = f"seconds to {100 * sizes.target:.0f} % validation accuracy"
    rows = []
    for name, goal in ((DOCUMENT, 5.0), (TORCH, 1.0)):
        if name in rounds[0]:
            seconds = [[found[way].seconds for found in rounds] for way in (OURS, name)]
            sample = "" if digits.source == "full" else "bundled sample"
            note = "; ".join(filter(None, (sample, lower_bound([found[name] for found in rounds]))))
            rows.append(compare("MNIST", measure, *seconds, name, goal, note=note))
    return rows


if __name__ == "__main__":
    main(benchmark)
