"""Plots that several recipes share: one call each, axes labelled, colours for colour-blind readers too.

Every function draws on `axes` if given, else on a new figure, and returns the `matplotlib.axes.Axes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib import font_manager
from matplotlib.axes import Axes

__all__ = ["COLOURS", "attention_map", "confusion_matrix", "learning_curves",
           "legible", "use_chinese", "use_style"]  # fmt: skip

# The palette of Okabe and Ito (2008), black first.
COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")

# Fonts with simplified characters, best first: of the package `noto-cjk-sans-otc`, of Linux, macOS, Windows.
# The Japanese face is the one of the package that matplotlib < 3.11 can see.
CHINESE_FONTS = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei"),
    *("PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "SimHei", "Noto Sans CJK JP", "Arial Unicode MS"),
)


def use_style() -> None:
    """Give this notebook's plots the cookbook's look: light grid, no box, readable when small."""
    plt.rcParams.update(
        {
            "figure.figsize": (7.0, 3.6),
            "figure.dpi": 90,
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": cycler(color=COLOURS[1:7]),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "date.converter": "concise",
            "grid.alpha": 0.25,
            "legend.frameon": False,
            "image.cmap": "viridis",
        }
    )


def use_chinese() -> bool:
    """Let plots show Chinese: the characters the current font lacks come from a Chinese one.

    The font is that of the package `noto-cjk-sans-otc` or else one of the system. Without any, one line says
    so, and plots show boxes: draw pinyin or English instead.

    Returns:
        Whether a font was found.
    """
    package = find_spec("noto_cjk_sans_otc")
    known = set(font_manager.get_font_names())
    if package is not None and CHINESE_FONTS[0] not in known:
        for path in Path(package.origin).parent.glob("*.tt[cf]"):
            font_manager.fontManager.addfont(path)
        known = set(font_manager.get_font_names())
    font = next((name for name in CHINESE_FONTS if name in known), None)
    if font is None:
        print("No Chinese font here: plots show boxes for Chinese. To mend it: pip install noto-cjk-sans-otc")
        return False
    plt.rcParams["font.family"] = [*(name for name in plt.rcParams["font.family"] if name != font), font]
    return True


def _axes(axes: Axes | None, **figure_settings) -> Axes:
    return axes if axes is not None else plt.subplots(**figure_settings)[1]


def learning_curves(
    history: Mapping[str, Sequence[float]], metric: str = "loss", *, title: str = "", axes: Axes | None = None
) -> Axes:
    """Draw `metric` by epoch, training beside validation, and mark the best validation epoch.

    Args:
        history: `fit(...).history`: metric name → one value per epoch.
        metric: key of `history`; `"val_" + metric` is drawn too where present.
        title: what the reader should see in it.
        axes: where to draw.

    Raises:
        KeyError: if `history` has no `metric`.
    """
    if metric not in history:
        raise KeyError(f"history has no {metric!r}, only {', '.join(sorted(history))}")
    axes = _axes(axes)
    epochs = np.arange(1, len(history[metric]) + 1)
    axes.plot(epochs, history[metric], marker="o", markersize=3, label="training")
    validation = history.get(f"val_{metric}")
    if validation is not None:
        axes.plot(epochs, validation, marker="s", markersize=3, label="validation")
        best = int(np.argmin(validation) if "loss" in metric else np.argmax(validation))
        axes.plot(epochs[best], validation[best], "o", markersize=11, fillstyle="none", color=COLOURS[0])
    axes.set(xlabel="epoch", ylabel=metric.replace("_", " "), title=title)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend()
    return axes


def legible(labels: Sequence[str]) -> list[str]:
    """`labels` as this machine's fonts can draw them: fonts are added for axes that are made afterwards.

    Characters that no font has become `□`, and one line says so; Matplotlib would warn of each.
    """
    missing = set("".join(labels)) - _drawn(plt.rcParams["font.family"])
    if any("\u2e80" <= sign <= "\uffef" or sign > "\U00020000" for sign in missing) and use_chinese():
        missing -= _drawn(plt.rcParams["font.family"])
    for font in {entry.name: entry for entry in font_manager.fontManager.ttflist}.values() if missing else ():
        if "Last Resort" not in font.name and (found := missing & _characters(font.fname)):
            plt.rcParams["font.family"] = [*plt.rcParams["font.family"], font.name]
            missing -= found
    if missing:
        print(f"No font here for {' '.join(sorted(missing)[:12])}: □ stands for them. Install a Noto font.")
    return ["".join("□" if sign in missing else sign for sign in label) for label in labels]


def _drawn(families: Sequence[str]) -> set[str]:
    fonts = (font_manager.FontProperties(family=[family]) for family in families)
    return set().union(*(_characters(font_manager.findfont(font)) for font in fonts))


def _characters(path: str) -> set[str]:
    return set(map(chr, font_manager.get_font(path).get_charmap()))


def attention_map(
    weights: np.ndarray,
    read: Sequence[str],
    written: Sequence[str],
    *,
    title: str = "",
    bar: bool = True,
    axes: Axes | None = None,
) -> Axes:
    """Draw where a network looked (columns) while it wrote each piece (rows).

    Args:
        weights: `(len(written), len(read))`, from 0 to 1.
        read: labels of the columns, in the order in which they were read, left to right in any script.
        written: labels of the rows.
        title: what the reader should see in it.
        bar: whether to draw the colour bar; of several maps side by side the last one's is enough.
        axes: where to draw.

    Raises:
        ValueError: if the shapes differ.
    """
    weights = np.asarray(weights)
    if weights.shape != (len(written), len(read)):
        raise ValueError(f"weights must be {(len(written), len(read))} for these labels, got {weights.shape}")
    labels = legible([label.strip("▁") or "▁" for label in (*read, *written)])
    axes = _axes(axes, figsize=(5.6, 4.2))
    picture = axes.imshow(weights, vmin=0, vmax=1, cmap="Blues", aspect="auto")
    fonts = {"family": plt.rcParams["font.family"]}  # `legible` may have added one since `axes` was made
    axes.set_xticks(range(len(read)), labels[: len(read)], rotation=60, ha="right", **fonts)
    axes.set_yticks(range(len(written)), labels[len(read) :], **fonts)
    axes.set(xlabel="read", ylabel="written", title=title)
    axes.grid(False)
    if bar:
        axes.figure.colorbar(picture, ax=axes, label="attention weight")
    return axes


def confusion_matrix(
    true: np.ndarray,
    predicted: np.ndarray,
    labels: Sequence[str] | None = None,
    *,
    title: str = "",
    axes: Axes | None = None,
) -> Axes:
    """Draw how often each true class (row) was read as each class (column); the mistakes carry the colour.

    Args:
        true: `(n,)` integer classes.
        predicted: `(n,)` integer classes.
        labels: name of class 0, 1, …; the numbers themselves by default.
        title: what the reader should see in it.
        axes: where to draw.

    Raises:
        ValueError: if the two arrays differ in shape or are empty, or hold a class that `labels` lacks.
    """
    true, predicted = np.asarray(true), np.asarray(predicted)
    if true.shape != predicted.shape or true.ndim != 1 or not len(true):
        raise ValueError(f"true and predicted must be (n,) alike, got {true.shape} and {predicted.shape}")
    classes = len(labels) if labels is not None else int(max(true.max(), predicted.max())) + 1
    if min(true.min(), predicted.min()) < 0 or max(true.max(), predicted.max()) >= classes:
        found = f"{min(true.min(), predicted.min())} to {max(true.max(), predicted.max())}"
        raise ValueError(f"classes must be from 0 to {classes - 1}, as labels names them, got {found}")
    counts = np.bincount(true * classes + predicted, minlength=classes**2).reshape(classes, classes)
    # The diagonal holds nearly all and would swallow the scale: colour the mistakes only.
    mistakes = np.where(np.eye(classes, dtype=bool), 0, counts)
    axes = _axes(axes, figsize=(5.4, 4.8))
    axes.imshow(mistakes, cmap="Oranges", vmax=max(mistakes.max(), 1) * 1.4)
    for row, column in np.argwhere(counts):
        weight = "bold" if row == column else "normal"
        axes.text(
            column, row, f"{counts[row, column]:,}", ha="center", va="center", fontsize=8, weight=weight
        )
    names = [str(label) for label in (labels if labels is not None else range(classes))]
    axes.set_xticks(range(classes), names)
    axes.set_yticks(range(classes), names)
    axes.set(xlabel="read as", ylabel="true class", title=title)
    axes.grid(False)
    return axes
