"""scripts/ship.py: what `make serve` and `make demo` cook first."""

from __future__ import annotations

import os
from pathlib import Path

import build_demo
import cook
import pytest
import ship
from recipes import CookbookError, load


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A clone's build/models with all that can be asked for, the networks older than the shipped files."""
    path = tmp_path / "build" / "models"
    (path / "20_shipping").mkdir(parents=True)
    for files in ship.NETWORKS.values():
        for file in files:
            (path / file).touch()
            os.utime(path / file, (1_000, 1_000))
    for files in ship.SHIPPED.values():
        for file in files:
            (path / "20_shipping" / f"{file}.onnx").touch()
    return path


def test_nothing_is_cooked_where_all_is_there(models: Path):
    assert ship.absent(models) == []
    assert ship.main([], models.parent.parent) == 0


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("02_vocabulary.json", ["02_imdb_sentiment"]),
        ("05_translation.target", ["05_translation"]),
        ("20_shipping/poem_step.onnx", []),
    ],
)
def test_only_what_is_absent_is_cooked(models: Path, file: str, expected: list[str]):
    (models / file).unlink()
    assert ship.absent(models) == [*expected, "20_shipping", "20_shipping_study"]


def test_a_network_that_was_trained_again_is_shipped_again(models: Path):
    os.utime(models / "04_poetry_generation.keras")
    for path in (models / "20_shipping").iterdir():
        os.utime(path, (2_000, 2_000))
    assert ship.absent(models) == ["20_shipping", "20_shipping_study"]


def test_it_says_how_long_it_takes_and_cooks(models: Path, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(cook, "main", lambda arguments, root: asked.append(arguments) or 0)
    monkeypatch.setattr(ship, "load", lambda root, studies: load(studies=studies))
    (models / "01_mnist_rows.keras").unlink()
    assert ship.main(["--profile", "quick"], models.parent.parent) == 0
    assert asked == [["--profile", "quick", "--only", "01_mnist_rows,20_shipping,20_shipping_study"]]
    assert "about 4 minutes" in capsys.readouterr().out


def test_npm_is_looked_for_before_anything_is_cooked(models: Path, monkeypatch, capsys):
    def missing(root: Path) -> Path:
        raise CookbookError("npm is needed")

    monkeypatch.setattr(build_demo, "library", missing)
    monkeypatch.setattr(cook, "main", lambda *given: pytest.fail("cooked"))
    (models / "01_mnist_rows.keras").unlink()
    assert ship.main(["--npm"], models.parent.parent) == 2
    assert "npm is needed" in capsys.readouterr().err


def test_the_names_are_those_of_notebooks():
    assert {*ship.NETWORKS, *ship.SHIPPED} <= {recipe.name for recipe in load(studies=True)}
