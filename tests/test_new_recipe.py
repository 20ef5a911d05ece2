"""scripts/new_recipe.py: what it refuses, and what it writes, which passes the tests as it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cook
import gallery
import new_recipe
import pytest
import recipes

ROOT = recipes.ROOT
SKIPPED = shutil.ignore_patterns(".*", "build", "__pycache__", "*.egg-info")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this cookbook."""
    return shutil.copytree(ROOT, tmp_path_factory.mktemp("new") / "clone", ignore=SKIPPED)


def contents(root: Path) -> dict[str, bytes]:
    files = [path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


REFUSED = {
    "": "a recipe's name is two digits, an underscore, then small letters.*got NAME=''",
    "tides": "two digits",
    "8_tides": "two digits",
    "98_Tides": "two digits",
    "98_tides.ipynb": "two digits",
    "98_../tides": "two digits",
    "98_été": "two digits",
    "98_tides_study": "would be the study of a recipe: leave _study out",
    "98_" + "long" * 7: "has 28 characters, 24 are the most",
    "01_mnist_rows": "there is a recipe 01_mnist_rows already: notebooks/01_mnist_rows.ipynb",
    "01_tides": "the number 01 is taken by 01_mnist_rows; [0-9]{2} is free",
    "98_imdb": r"would be datasets\.imdb, a name that is taken",
    "98_class": r"would be datasets\.class, a name that is taken",
    "98_text": "would need the file tests/test_text.py, which is there already",
}


@pytest.mark.parametrize(("name", "message"), REFUSED.items())
def test_a_name_that_will_not_do_is_refused(clone: Path, capsys, name: str, message: str):
    before = contents(clone)
    assert new_recipe.main([name], clone) == 2
    said = capsys.readouterr()
    assert said.out == "" and contents(clone) == before
    with pytest.raises(recipes.CookbookError, match=message):
        new_recipe.check_name(name, clone)
    assert said.err.startswith("new recipe: ")


def test_nothing_is_half_written_when_it_does_not_run(clone: Path, capsys, monkeypatch):
    before = contents(clone)
    monkeypatch.setattr(cook, "main", lambda *_: print("code cell 7 of 30") or 1)
    assert new_recipe.main(["98_tides"], clone) == 2
    assert "cook failed in the copy, nothing was written here:\ncode cell 7 of 30" in capsys.readouterr().err
    assert contents(clone) == before


def test_nothing_is_half_written_when_a_file_cannot_be_written(clone: Path, capsys, monkeypatch):
    before = contents(clone)
    monkeypatch.setattr(new_recipe, "_execute", lambda *_: None)
    write = Path.write_bytes

    def full_disk(path: Path, content: bytes):
        write(path, content[:10] if path.name == "test_tides.py" else content)  # the last one
        if path.name == "test_tides.py":
            raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    assert new_recipe.main(["98_tides"], clone) == 2
    assert "No space left on device): nothing has changed" in capsys.readouterr().err
    assert contents(clone) == before


def test_what_changed_meanwhile_is_kept(clone: Path, capsys, monkeypatch):
    before = contents(clone)
    readme = clone / "README.md"
    monkeypatch.setattr(new_recipe, "_execute", lambda *_: readme.write_bytes(b"mine"))
    assert new_recipe.main(["98_tides"], clone) == 2
    assert "README.md was changed meanwhile: run this again" in capsys.readouterr().err
    assert contents(clone) == {**before, "README.md": b"mine"}
    readme.write_bytes(before["README.md"])


def test_what_it_writes_passes_the_tests(clone: Path, tmp_path: Path, capsys):
    """Its style, its loader, the lists it stands in; and it runs in the profile smoke."""
    name = "98_name_of_24_characters__"[:24].rstrip("_")
    assert new_recipe.main([name], clone) == 0
    loader = name[3:]
    written = capsys.readouterr().out
    for path in (f"notebooks/{name}.ipynb", f"helpers/datasets/_{loader}.py", f"data/{loader}-sample.csv.gz"):
        assert f"    {path}\n" in written and (clone / path).exists()
    (made,) = (card for card in gallery.cards(clone) if card.recipe.name == name)
    assert made.status == "committed" and gallery.not_beaten(made) == []
    assert new_recipe.main([name], clone) == 2  # now it is there

    def passes(*arguments: str) -> str:
        surroundings = {**os.environ, "PYTHONPATH": str(clone), "RNN_COOKBOOK_DATA": str(tmp_path / "cache")}
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=clone,
            env=surroundings,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
        return done.stdout

    passes("-m", "ruff", "check", "--no-cache", ".")
    passes("-m", "ruff", "format", "--no-cache", "--check", ".")
    chosen = (
        f"{name} or {loader} or samples_are_listed or every_sample or up_to_date or a_dataset_is_one or thin"
    )
    files = ("notebook_style", loader, "datasets", "house", "gallery", "readme", "colab")
    tests = [f"tests/test_{file}.py" for file in files]
    # To save time: its page is its first code cell, which has just run; the Colab edition is a smoke run too.
    for slow in ("notebook_style.py::test_its_page_runs_alone", "colab.py::test_recipe_runs_alone"):
        tests += ["--deselect", f"tests/test_{slow}[{name}]"]
    assert " passed" in passes("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", chosen, *tests)

    passes("scripts/cook.py", "--only", name, "--profile", "smoke")
    results = json.loads((clone / "build" / "results" / f"{name}.json").read_text(encoding="utf-8"))
    assert (results["source"], results["profile"]) == ("sample", "smoke")
