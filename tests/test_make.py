"""The Makefile's set-up: once, again after a failure or a change, never with an old Python. No network."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import recipes
import yaml

pytestmark = pytest.mark.skipif(
    os.name == "nt" or shutil.which("make") is None, reason="needs make and a POSIX shell"
)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the Makefile and requirements that need nothing."""
    shutil.copy(recipes.ROOT / "Makefile", tmp_path)
    for name in ("requirements.txt", "requirements-site.txt", "constraints.txt", "pyproject.toml"):
        (tmp_path / name).write_text("# nothing\n", encoding="utf-8")
    return tmp_path


def make(clone: Path, *arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    names = (
        "PROFILE",
        "ONLY",
        "DATA",
        "SET",
        "REPO",
        "WRITE_BACK",
        "STUDIES",
        "NAME",
        "TINY",
        "PROCESSES",
        "ARGS",
        "MAKEFLAGS",
        "MAKELEVEL",
        "VIRTUAL_ENV",
    )
    surroundings = {name: value for name, value in os.environ.items() if name not in names}
    command = ["make", f"PYTHON={python}", "PACKAGE=", *arguments]
    return subprocess.run(command, cwd=clone, env=surroundings, capture_output=True, text=True, check=False)


def test_make_alone_says_what_there_is(clone: Path):
    done = make(clone)
    assert done.returncode == 0
    for target in (
        "recipes",
        "new-recipe",
        "lab",
        "test",
        "colab",
        "site",
        "bench",
        "serve",
        "demo",
        "scale",
        "readme",
        "setup",
        "clean",
    ):
        assert f"make {target} " in done.stdout
    assert not (clone / ".venv").exists()


def test_set_up_runs_once_again_after_a_change_and_after_a_failure(clone: Path):
    assert "pip install" in make(clone, "setup").stdout
    stamp = clone / ".venv/.installed"
    assert stamp.exists()
    again = make(clone, "setup")
    assert (again.returncode, "pip install" in again.stdout) == (0, False)

    later = stamp.stat().st_mtime + 10
    (clone / "constraints.txt").write_text("this is no requirement\n", encoding="utf-8")
    os.utime(clone / "constraints.txt", (later, later))
    assert make(clone, "setup").returncode != 0
    assert not stamp.exists()

    (clone / "constraints.txt").write_text("# nothing\n", encoding="utf-8")
    # An environment that is there needs no other Python.
    assert make(clone, "setup", python="no-such-python").returncode == 0
    assert stamp.exists()


def test_only_the_site_and_the_tests_need_the_sites_packages(clone: Path):
    assert "requirements-site.txt" not in make(clone, "--dry-run", "recipes").stdout
    for target in ("site", "test"):
        steps = make(clone, "--dry-run", target).stdout
        assert steps.index("-r requirements.txt") < steps.index("-r requirements-site.txt")


def test_a_half_made_environment_is_made_anew(clone: Path):
    broken = clone / ".venv/bin/python"
    broken.parent.mkdir(parents=True)
    broken.symlink_to("/no/such/python")
    assert make(clone, "setup").returncode == 0
    assert (clone / ".venv/.installed").exists()


def test_an_old_python_is_refused_by_name(clone: Path):
    old = clone / "python3.8"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.8.18\nexit 1\n', encoding="utf-8")
    old.chmod(0o755)
    done = make(clone, "setup", python=str(old))
    assert done.returncode != 0
    assert "Python 3.11 or later is needed" in done.stdout
    assert "Python 3.8.18" in done.stdout
    assert not (clone / ".venv").exists()


def test_a_missing_python_is_named(clone: Path):
    done = make(clone, "setup", python="no-such-python")
    assert done.returncode != 0
    assert "There is no no-such-python here" in done.stdout


def test_container_workflows_and_citation_fit_the_cookbook():
    """They run elsewhere; what they name must be here."""
    root = recipes.ROOT
    docker = (root / "Dockerfile").read_text(encoding="utf-8")
    copied = [name for line in docker.splitlines() if line.startswith("COPY") for name in line.split()[2:-1]]
    assert {"Makefile", "constraints.txt", "helpers"} < set(copied)
    assert all((root / name).exists() for name in copied)
    targets = set(re.findall(r"^([\w-]+):", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    workflows = [path.read_text(encoding="utf-8") for path in (root / ".github/workflows").glob("*.yml")]
    container = json.loads((root / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    called = re.findall(r"run: make ([\w-]+)", "\n".join(workflows))
    assert any("run: .ci/run\n" in text for text in workflows)
    called += re.findall(r"^make ([\w-]+)", (root / ".ci/run").read_text(encoding="utf-8"), re.MULTILINE)
    called += [container["postCreateCommand"].split()[1], *re.findall(r"RUN make ([\w-]+)", docker), "lab"]
    assert {"test", "site", "colab", "setup"} <= set(called) <= targets
    assert all(yaml.safe_load(text)["jobs"] for text in workflows)
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == project["version"] and citation["cff-version"] == "1.2.0"
    assert f"## {project['version']}\n" in (root / "CHANGELOG.md").read_text(encoding="utf-8")


def test_a_quote_in_a_value_reaches_the_script(clone: Path):
    make(clone, "setup")
    (clone / "scripts").mkdir()
    for name in ("cook", "new_recipe"):
        (clone / f"scripts/{name}.py").write_text("import sys\nprint(sys.argv[1:])", encoding="utf-8")
    values = {"PROFILE": "it's", "ONLY": "'1',2", "DATA": "a'b.csv", "SET": "A=\"it's (MEZ)\" B='x y'"}
    done = make(clone, "recipes", *(f"{name}={value}" for name, value in values.items()))
    said = [part for name, value in values.items() for part in (f"--{name.lower()}", value)]
    assert done.stdout == f"{said}\n"
    assert make(clone, "new-recipe", "NAME=30_it's").stdout == '["30_it\'s"]\n'


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["recipes"], "scripts/cook.py --profile 'quick' --only '' --data '' --set ''"),
        (
            ["recipes", "PROFILE=gpu", "ONLY=01,02", "DATA=bundled", "SET=EPOCHS=1 SEED=2"],
            "scripts/cook.py --profile 'gpu' --only '01,02' --data 'bundled' --set 'EPOCHS=1 SEED=2'",
        ),
        (["recipes", "PROFILE=cpu", "WRITE_BACK=1"], "--write-back"),
        (["recipes", "STUDIES=1"], "--studies"),
        (["new-recipe", "NAME=30_tides"], "scripts/new_recipe.py '30_tides'"),
        (["test"], "scripts/check.py"),
        (["bench"], "benchmarks/run.py --only ''"),
        (["bench", "ONLY=data,length", "TINY=1"], "benchmarks/run.py --only 'data,length' --tiny"),
        (["serve"], "scripts/ship.py --profile 'quick'\n"),
        (["serve", "ARGS=--port 9000"], "-m service --port 9000"),
        (["demo", "PROFILE=cpu"], "scripts/ship.py --profile 'cpu' --npm\n"),
        (["demo", "ARGS=--build"], "scripts/build_demo.py --build"),
        (["scale"], "scripts/scale.py --processes '2'"),
        (["scale", "PROCESSES=4"], "scripts/scale.py --processes '4'"),
        (["readme"], "scripts/readme.py"),
        (["colab", "REPO=me/book"], "scripts/colab.py --repo 'me/book'"),
        (["site"], "scripts/build_site.py"),
        (["site", "REPO=me/book"], "scripts/build_site.py --repo 'me/book'"),
    ],
)
def test_what_the_targets_call(clone: Path, arguments: list[str], expected: str):
    done = make(clone, "--dry-run", *arguments)
    assert expected in done.stdout
