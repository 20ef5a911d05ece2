"""Texts with a label each, from a CSV, IMDB's and the reader's own alike: read, split and counted."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from helpers.datasets.fetch import listed, read_table, require

__all__ = ["ReviewData", "count_labelled", "read_labelled"]


@dataclass(frozen=True, eq=False)
class ReviewData:
    """Texts in classes, split into training and test, in the order of the file.

    Attributes:
        x_train: `(N,)` object, the texts as `str`, HTML breaks and all.
        y_train: `(N,)` int32, classes 0 to `num_classes` - 1.
        group_train: `(N,)` int32; rows of one number belong together (reviews of one film, equal texts) and
            should not be torn apart between training and validation.
        x_test: `(M,)` object.
        y_test: `(M,)` int32.
        group_test: `(M,)` int32, numbered as `group_train` is.
        class_names: the name of each class.
        source: `"full"`, or `"sample"` for the small set bundled with the cookbook.
        origin: where it came from, in a few words.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    group_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    group_test: np.ndarray
    class_names: tuple[str, ...]
    source: str
    origin: str

    @property
    def num_classes(self) -> int:
        """The number of classes."""
        return len(self.class_names)


def read_labelled(path: Path) -> tuple[dict[str, Any], list[str]]:
    """The fields of `ReviewData` from a CSV, and what the reader should know of them. Raises `DataError`."""
    table = read_table(path, ("text", "label"), ("split", "group", "film", "rating"))
    texts = np.array(table["text"], object)
    labels, names = _number_labels(table["label"])
    if "film" in table and "rating" in table and names == ("0", "1"):  # our own normal form
        names = ("negative", "positive")
    given = table.get("group") or table.get("film")
    numbers, groups = {}, np.empty(len(texts), np.int32)
    for row, text in enumerate(table["text"]):
        name = given[row].strip() if given else ""
        key = f"group {name}" if name else f"text {text}"  # equal texts belong together
        groups[row] = numbers.setdefault(key, len(numbers))
    notes = []
    if "split" in table:
        split = [value.strip().lower() for value in table["split"]]
        for value, line in zip(split, table["line"], strict=True):
            require(value in ("train", "test"), f"split must be train or test, got {value!r} on line {line}")
        is_test = np.array(split) == "test"
        both = 0 < is_test.sum() < len(is_test)
        require(both, f"split is {split[0]!r} in every row", "Name both parts, or leave the column out.")
    else:
        is_test = _hash_split(groups, list(numbers))
        how = "whole groups up to a fifth" if given else "a fifth"
        notes.append(f"no column split, so {how} of the rows became the test")
    train, test = ~is_test, is_test
    unseen = [names[label] for label in np.setdiff1d(labels[test], labels[train])]
    what = f"the test rows have classes that no training row shows: {listed(unseen)}"
    require(not unseen, what, "Move rows of theirs into training, or drop them.")
    known = set(texts[train])
    copies = sum(text in known for text in texts[test])
    notes += [f"{copies:,} test texts stand in training too"] * bool(copies)
    if given:
        shared = len(np.intersect1d(groups[train], groups[test]))
        notes.insert(0, f"{len(numbers):,} groups" + f", {shared:,} of them in both parts" * bool(shared))
    parts = {"train": train, "test": test}
    columns = {"x": texts, "y": labels, "group": groups}
    fields = {f"{name}_{part}": columns[name][rows] for part, rows in parts.items() for name in columns}
    return fields | {"class_names": names}, notes


def _number_labels(labels: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Class numbers `(N,)` int32 and the names of the classes: numbers by value, else words by alphabet."""
    labels = [label.strip() for label in labels]
    values = {label: label for label in set(labels)}
    with contextlib.suppress(ValueError):
        numbers = {label: float(label) for label in values}
        if np.isfinite(list(numbers.values())).all():
            values = numbers  # 1 and 1.0 are one class
    order = sorted(set(values.values()))
    names = tuple(str(value).removesuffix(".0") for value in order)
    what = f"every row has the label {names[0]!r}"
    require(len(names) > 1, what, "A classifier needs two classes or more.")
    what = f"label has {len(names):,} different values in {len(labels):,} rows, such as {names[0]!r}"
    require(2 * len(names) <= len(labels), what, "Name classes, each with several rows.")
    classes = {value: number for number, value in enumerate(order)}
    return np.array([classes[values[label]] for label in labels], np.int32), names


def _hash_split(groups: np.ndarray, keys: Sequence[str]) -> np.ndarray:
    """Which rows are the test: whole groups, by the hash of their keys, up to a fifth of the rows."""
    require(len(keys) > 1, "all rows belong to one group", "Add a column split, or tell groups apart.")
    sizes, room = np.bincount(groups), len(groups) / 5
    order = sorted(range(len(keys)), key=lambda group: hashlib.sha256(keys[group].encode()).digest())
    chosen = []
    for group in order:
        if sizes[group] <= room:
            room -= sizes[group]
            chosen.append(group)
    return np.isin(groups, chosen or [sizes.argmin()])


def count_labelled(fields: dict[str, Any], notes: Sequence[str]) -> str:
    train, test = len(fields["x_train"]), len(fields["x_test"])
    names = fields["class_names"]
    counts = f"{train:,} training and {test:,} test texts, {len(names)} classes ({listed(names)})"
    return "; ".join([counts, *notes])
