"""MNIST: 70,000 handwritten digits, by LeCun, Cortes and Burges (CC BY-SA 3.0); or the reader's own images.

Origin: the file that Keras downloads. Normal form: `mnist.npz` with the four arrays of `ImageData`.
"""

from __future__ import annotations

import mimetypes
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.datasets.fetch import Dataset, download, find, listed, read_npz, require

__all__ = ["ImageData", "mnist"]

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
SIZE = 11_490_434  # bytes
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
NAMES = ("x_train", "y_train", "x_test", "y_test")
BRIGHT = 127  # of 255: a border above it is no dark background
LARGE = 64  # pixels a side
PACK = (
    'Images go into an .npz: read each as np.asarray(PIL.Image.open(file).convert("L").resize((28, 28))),\n'
    'np.stack them, number their classes from 0, then np.savez_compressed("mine.npz", '
    + ", ".join(f"{name}={name}" for name in NAMES)
    + ")."
)


def _fetch_mnist(path: Path) -> None:
    download(URL, path, SIZE, SHA256)


@dataclass(frozen=True, eq=False)
class ImageData:
    """Grey images in classes, split into training and test.

    Attributes:
        x_train: `(N, height, width)` uint8, 0 to 255.
        y_train: `(N,)` int32, classes 0 to `num_classes` - 1.
        x_test: `(M, height, width)` uint8.
        y_test: `(M,)` int32.
        source: `"full"`, or `"sample"` for the small set bundled with the cookbook.
        origin: where it came from, in a few words.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    source: str
    origin: str

    @property
    def num_classes(self) -> int:
        """The number of classes, as the training labels have them."""
        return int(self.y_train.max()) + 1


def _read_images(path: Path) -> dict[str, np.ndarray]:
    """The four arrays of `ImageData` from an `.npz`, in its shapes and dtypes. Raises `DataError`."""
    kind = mimetypes.guess_type(path.name, strict=False)[0] or ""
    require(not kind.startswith("image/"), "it is one image, not a set of them with their classes", PACK)
    arrays = read_npz(path, NAMES)
    train, test = (_check_images(name, arrays[name]) for name in ("x_train", "x_test"))
    y_train = _check_labels("y_train", arrays["y_train"], len(train))
    y_test = _check_labels("y_test", arrays["y_test"], len(test))
    sizes = ["×".join(map(str, images.shape[1:])) for images in (train, test)]
    what = f"x_train has images of {sizes[0]}, x_test of {sizes[1]}"
    require(sizes[0] == sizes[1], what, "Bring all images to one height and width.")
    tops = [float(images.max()) for images in (train, test)]
    # Resizing may leave a hair above 1, which on the scale to 255 would be a black image.
    unit = max(tops) <= 1.001
    what = f"x_train and x_test differ in scale: their highest values are {tops[0]:g} and {tops[1]:g}"
    require(unit or min(tops) > 1.001, what, "Bring both to 0..255 or both to 0..1.")

    classes = np.unique(y_train)
    top = int(classes[-1])
    require(top > 0, "y_train has only the class 0", "A classifier needs two classes or more.")
    missing = np.setdiff1d(np.arange(min(top, 1_000)), classes)
    what = f"y_train must use every class from 0 to its highest label {top}, missing: {listed(missing)}"
    require(top == len(classes) - 1, what, "Renumber the labels of both parts without gaps.")
    unseen = np.setdiff1d(y_test, classes)
    what = f"y_test has classes that y_train never shows: {listed(unseen)}"
    require(not len(unseen), what, "Move some of their images to the training part, or drop them.")
    train, test = _as_uint8(train, unit), _as_uint8(test, unit)
    return {"x_train": train, "y_train": y_train, "x_test": test, "y_test": y_test}


def _check_images(name: str, images: np.ndarray) -> np.ndarray:
    """`images` as `(N, height, width)` of numbers 0..255, dtype untouched, or `DataError`."""
    require(images.dtype.kind in "buif", f"{name} must hold numbers, got dtype {images.dtype}")
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    way_out = f"If the images are flat: {name}.reshape(-1, height, width)."
    if images.ndim == 4:
        way_out = f"If the images are in colour, make them grey: {name}[..., :3] @ [0.299, 0.587, 0.114]."
        if images.shape[1] in (1, 3, 4) and images.shape[3] not in (3, 4):
            first = f"The channels seem to come first: {name} = np.moveaxis({name}, 1, -1)."
            way_out = first if images.shape[1] == 1 else f"{first} {way_out}"
    what = f"{name} must have the shape (images, height, width), got {images.shape}"
    require(images.ndim == 3, what, way_out)
    what = f"{name} must hold at least one image, of 2×2 pixels or more, got shape {images.shape}"
    require(len(images) and min(images.shape[1:]) >= 2, what)
    low, high = float(images.min()), float(images.max())
    what = f"{name} must lie within 0..1 or 0..255 and be finite, got values from {low:g} to {high:g}"
    require(low >= 0 and high <= 255, what, "Rescale it; cut overshoot off with np.clip, replace NaN.")
    return images


def _as_uint8(images: np.ndarray, unit: bool) -> np.ndarray:
    if images.dtype == np.uint8 and not unit:
        return images
    return np.rint(np.multiply(images, 255 if unit else 1, dtype=np.float32)).astype(np.uint8)


def _check_labels(name: str, labels: np.ndarray, count: int) -> np.ndarray:
    """`labels` as `(count,)` int32, all from 0, or `DataError`."""
    what = f"{name} must hold whole numbers 0..K-1, got "
    way_out = "Number the classes: np.unique(labels, return_inverse=True)[1]."
    require(labels.dtype.kind in "buif", f"{what}dtype {labels.dtype}", way_out)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    hint = f"One-hot labels: take {name}.argmax(axis=1)." if labels.ndim == 2 else ""
    shape = f"{name} must have the shape ({count},), one label per image, got {labels.shape}"
    require(labels.shape == (count,), shape, hint)
    wrong = labels[~((labels == np.rint(labels)) & (labels >= 0) & (labels < 2**31))]  # and NaN
    require(not len(wrong), f"{what}{listed(np.unique(wrong))}", way_out)
    return labels.astype(np.int32)


def _count_images(arrays: dict[str, np.ndarray]) -> str:
    (train, height, width), test = arrays["x_train"].shape, len(arrays["x_test"])
    classes = int(arrays["y_train"].max()) + 1
    notes = [f"{train:,} training and {test:,} test images of {height}×{width}, {classes} classes"]
    images = arrays["x_train"]
    border = [images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1]]
    if np.median(np.concatenate(border, axis=1)) > BRIGHT:
        notes.append("bright background: the recipe expects bright symbols on dark; 255 - images?")
    if max(height, width) > LARGE:
        notes.append(f"more than {LARGE} pixels a side: time and memory grow with the area")
    return "; ".join(notes)


MNIST = Dataset(
    "MNIST", "mnist.npz", "mnist-sample.npz", _read_images, _count_images, _fetch_mnist, no_folder=PACK
)


def mnist(source: str | os.PathLike | None = None) -> ImageData:
    """MNIST (LeCun, Cortes, Burges; CC BY-SA 3.0), or the reader's own images. Prints the source and counts.

    Args:
        source: None for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where it is not set;
            `"auto"` (cache, else download, else bundled sample); `"cache"`, `"online"` or `"bundled"`
            alone; or the path of an `.npz` with the arrays `x_train`, `y_train`, `x_test`, `y_test`.
            Images: `(N, height, width)` or `(N, height, width, 1)`, height and width at least 2, of integers,
            floats or booleans. If no value is above 1 the scale is taken as 0..1 and multiplied by 255,
            otherwise it is 0..255; values are rounded to uint8.
            Labels: `(N,)` or `(N, 1)`, whole numbers 0..K-1, every class present in training.
            Symbols should be bright on dark, and sides not above 64 pixels: else the line printed says so.

    Returns: `ImageData`: 60,000 + 10,000 images of 28×28 in 10 classes, 4,000 + 1,000 in the sample.
    Raises: `DataError` when the source fails, or its arrays do not have this form.
    """
    arrays, kind, origin = find(MNIST, source)
    return ImageData(**arrays, source=kind, origin=origin)
