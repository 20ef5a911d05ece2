"""Everything that must hold, in one run: what `make test` calls.

    python scripts/check.py               all steps; the last cooks as `make recipes` does, in build/copy/
    python scripts/check.py notebooks     only these: ruff, tests, notebooks, browser, site, quick

All steps asked for run even if one fails; the exit code is 0 only if all passed. The step `quick` runs beside
the others, which leave its folders in build/ alone, then takes some of the notebooks; it writes into
build/quick.log and is shown after them.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import colab
import gallery
import nbformat
from recipes import (
    ROOT,
    CookbookError,
    Recipe,
    code_cells,
    load,
    python_path,
    tags,
    with_parameters,
    write,
)

CELL_SECONDS = 600
SHIPPED = "20_shipping"
WIDGETS = re.compile(r"^from helpers(\.| import .*\b)play\b", re.MULTILINE)
COUNTS = re.compile(r"(\d+) (passed|failed|errors?|skipped)\b")


def run(*arguments: str, **variables: str) -> tuple[bool, str]:
    """Run a Python module from the repository's root, showing what it prints; returns (passed, that)."""
    return run_script("-m", *arguments, **variables)


def run_script(*arguments: str, root: Path = ROOT, **variables: str) -> tuple[bool, str]:
    """Run Python with these arguments from the root of a repository, as `run` does."""
    surroundings = {**os.environ, "PYTHONPATH": python_path(root), "PYTHONUNBUFFERED": "1", **variables}
    command = [sys.executable, *arguments]
    shown: list[str] = []
    with subprocess.Popen(
        command,
        cwd=root,
        env=surroundings,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        while piece := process.stdout.read(1):
            print(piece, end="", flush=True)
            shown.append(piece)
    return process.returncode == 0, "".join(shown)


def ruff() -> tuple[bool, str]:
    """Faults and formatting, notebooks included."""
    checks = [run("ruff", "check", "."), run("ruff", "format", "--check", ".")]
    return all(passed for passed, _ in checks), ""


def tests() -> tuple[bool, str]:
    """Unit tests, the notebooks' anatomy, the Colab edition."""
    return run("pytest", "tests", "--durations=5")


# What the data cache holds for each recipe's Colab edition: name in the cache → file of the repository.
# 00 draws its data, 03 finds it inside the package `arch`, the page of 08 reads its sample by name, so it
# travels along. A recipe that is not here: see `cached`.
CACHES = {
    "00_inside_rnns": {},
    "01_mnist_rows": {"mnist.npz": "data/mnist-sample.npz"},
    "02_imdb_sentiment": {
        "imdb.csv.gz": "data/imdb-sample.csv.gz",
        "imdb-unlabeled.csv.gz": "data/imdb-sample.csv.gz",
    },
    "03_stock_forecasting": {},
    "04_poetry_generation": {"quantangshi.json.gz": "data/tang-sample.json.gz"},
    "05_translation": {"fra-eng.zip": "data/fra-eng-sample.zip"},
    "06_language_model": {"imdb.csv.gz": "data/imdb-sample.csv.gz"},
    "07_spoken_digits": {"fsdd.zip": "data/spoken-digits-sample.zip"},
    "08_load_forecasting": {},
    "09_dialogue": {"clinc150.json": "data/intents-sample.json.gz", "snips.zip": "data/slots-sample.zip"},
    "10_chorales": {"jsb-chorales-quarter.json": "data/chorales-sample.json.gz"},
    "11_anomalies": {"nab.zip": "data/alarms-sample.zip"},
    "12_next_item": {"amazon-video-games.txt.gz": "data/interactions-sample.csv.gz"},
    "13_after_the_lstm": {"mnist.npz": "data/mnist-sample.npz"},
    "20_shipping": {"mnist.npz": "data/mnist-sample.npz", "imdb.csv.gz": "data/imdb-sample.csv.gz"},
    "21_scaling_out": {"imdb.csv.gz": "data/imdb-sample.csv.gz", "fra-eng.zip": "data/fra-eng-sample.zip"},
}
# The proof, in an edition's last cell, that it uses what it brought and nothing of the repository.
BROUGHT = """import pathlib, sys, helpers
for name in {"helpers", "scripts", "service", "benchmarks"} & set(sys.modules):
    assert pathlib.Path(list(sys.modules[name].__path__)[0]).parent == pathlib.Path.cwd(), name"""

# The page keeps its own sizes, whatever the profile. In the tests its trainings have twenty steps.
SHORT = """import inspect, itertools, helpers, keras
_whole, _one, _counted = keras.Model.fit, keras.Model.train_on_batch, itertools.count()
class _Enough(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = batch >= 19
def _short(*given, **options):
    options = inspect.signature(_whole).bind(*given, **options).arguments | {"epochs": 1}
    options["callbacks"] = [*(options.get("callbacks") or ()), _Enough()]
    return _whole(options.pop("self"), **options)
def _few(*given, **options):
    return _one(*given, **options) if next(_counted) < 20 else None
keras.Model.fit, keras.Model.train_on_batch = _short, _few"""
WHOLE = "keras.Model.fit, keras.Model.train_on_batch = _whole, _one"
# The proof that what is to try by hand answers: each field gets something, each button is clicked.
PLAYED = """def _try_by_hand():  # its names are its own: a notebook may have a function `play`
    import base64, ipywidgets, numpy as np
    from PIL import Image
    from helpers import play

    every = ipywidgets.widgets.widget._instances.values()
    boxes, answers = [one for one in every if isinstance(one, play._Box)], []
    play._show = answers.append
    for box in boxes:
        field, button, _ = box.children
        if hasattr(field, "replace_with_pil"):
            ink = np.zeros((play.SIDE, play.SIDE, 4), "uint8")
            ink[50:230, 130:150, 3] = 255
            field.replace_with_pil(Image.fromarray(ink))
        elif hasattr(field, "rate"):
            sound = np.random.default_rng(0).normal(0, 0.1, field.rate).astype("<f4")
            field.value = base64.b64encode(sound.tobytes()).decode()
        button.click()
    assert boxes and len(answers) == len(boxes), (boxes, answers)
_try_by_hand()"""


def notebooks() -> tuple[bool, str]:
    """Every notebook in the profile smoke, executed under nbval; nothing may be written to stderr.

    A recipe runs as its Colab edition, in a folder where there is nothing else; the samples stand in a cache
    under the names of the full data. Its page trains for twenty steps. A study runs after its recipe, from
    this repository. The copies keep the committed outputs, for nbval to compare in the cells tagged
    `nbval-check-output`.
    """
    return unclaimed(families())


def families() -> dict[str, list[str]]:
    """What `prepare` has written: the notebooks of each recipe, its study's last."""
    found: dict[str, list[str]] = {}
    for recipe in load(studies=True):
        path = place(recipe, ROOT / "build" / "smoke")
        found.setdefault(recipe.of, []).append(str(path.relative_to(ROOT)))
    return found


def prepare() -> None:
    """Write what the step `notebooks` runs."""
    folder = ROOT / "build" / "smoke"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("cache", "claims"):
        (folder / name).mkdir(parents=True)
    for recipe in load(studies=True):
        smoke(recipe, folder)


def unclaimed(wanted: dict[str, list[str]]) -> tuple[bool, str]:
    """Run the notebooks of each recipe that no other process has begun."""
    folder, passed, counts = ROOT / "build" / "smoke", True, {}
    for name, paths in wanted.items():
        try:
            (folder / "claims" / name).mkdir()
        except FileExistsError:
            continue
        well, shown = run(
            *("pytest", "-p", "scripts.quiet", "--nbval-lax", "--nbval-current-env"),
            *(f"--nbval-cell-timeout={CELL_SECONDS}", "-W", "default", "--durations=2", *paths),
            RNN_COOKBOOK_PROFILE="smoke",
            RNN_COOKBOOK_DATA=str(folder / "cache"),
            RNN_COOKBOOK_BUILD=str(folder / "build"),
        )
        passed = passed and well
        for number, kind in COUNTS.findall(shown.rstrip().rpartition("\n")[2]):
            counts[kind] = counts.get(kind, 0) + int(number)
    return passed, ", ".join(f"{number} {kind}" for kind, number in counts.items())


def place(recipe: Recipe, folder: Path) -> Path:
    """Where the step `notebooks` runs a recipe or a study."""
    return folder / recipe.path.name if recipe.is_study else folder / recipe.name / recipe.path.name


def smoke(recipe: Recipe, folder: Path) -> Path:
    """Write what the step `notebooks` runs of a recipe or study; returns its path. `folder` has a `cache`."""
    changes, path = recipe.changes("smoke"), place(recipe, folder)
    if recipe.is_study:
        made = recipe.read()
    else:
        made = colab.edition(recipe)
        path.parent.mkdir()
        committed = {cell.source: cell for cell in code_cells(recipe.read())}
        for cell in code_cells(made):
            known = committed.get(cell.source, cell)
            cell.outputs, cell.execution_count = known.outputs, known.execution_count
        shorten_page(made)
        made.cells.append(nbformat.v4.new_code_cell(BROUGHT))
        if any(WIDGETS.search(source) for source in committed):
            made.cells.append(nbformat.v4.new_code_cell(PLAYED))
        samples = _cached(recipe)
        for name, sample in samples.items():
            shutil.copy(ROOT / sample, folder / "cache" / name)
        changes |= {"DATA": "cache"} if samples and "DATA" in changes else {}
    write(with_parameters(made, changes), path)
    return path


def shorten_page(notebook: nbformat.NotebookNode) -> None:
    """Let the trainings of a recipe's page have twenty steps at most."""
    page = next(n for n, cell in enumerate(notebook.cells) if "one-page" in tags(cell))
    notebook.cells.insert(page + 1, nbformat.v4.new_code_cell(WHOLE))
    notebook.cells.insert(page, nbformat.v4.new_code_cell(SHORT))


def _cached(recipe: Recipe) -> dict[str, str]:
    """What to put into the cache for a recipe: by the list above, else by FILE and SAMPLE of its loaders."""
    from helpers import datasets

    source = "\n".join(cell.source for cell in code_cells(recipe.read()))
    loaders = [getattr(datasets, name, None) for name in re.findall(r"\bdatasets\.(\w+)\(", source)]
    homes = [sys.modules[loader.__module__] for loader in loaders if loader]
    named = {home.FILE: f"data/{home.SAMPLE}" for home in homes if hasattr(home, "FILE")}
    return CACHES.get(recipe.name, named)


def browser() -> tuple[bool, str]:
    """The page of `make demo` in headless Chromium, on the networks that the step `notebooks` shipped."""
    shipped = ROOT / "build" / "smoke" / "build" / "models" / SHIPPED
    if not shipped.is_dir():
        shipped = ROOT / "build" / "models" / SHIPPED
    return in_chromium("demo", SHIPPED_MODELS=str(shipped))


def site() -> tuple[bool, str]:
    """The site, built from the committed notebooks, in headless Chromium."""
    passed, shown = run_script("scripts/build_site.py")
    return in_chromium("docs") if passed else (False, shown)


def in_chromium(folder: str, **variables: str) -> tuple[bool, str]:
    """The tests of a page. Where there is no Chromium, or npm finds no registry, nothing is tested and the
    step passes, but not if `CI` is `true`.
    """
    passed, shown = run("pytest", folder, "--durations=3", **variables)
    kinds = {kind for _, kind in COUNTS.findall(shown.rstrip().rpartition("\n")[2])}
    skipped = kinds == {"skipped"} and os.environ.get("CI") != "true"  # pytest calls that a failure
    return passed or skipped, shown


def quick() -> tuple[bool, str]:
    """What a newcomer sees: every recipe in the profile quick on its sample, above its baselines, quiet.

    They cook in a copy of the repository, whose pages are short.
    """
    copy = ROOT / "build" / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "build", "__pycache__", "*.egg-info"))
    for recipe in load(copy):
        notebook = recipe.read()
        shorten_page(notebook)
        write(notebook, recipe.path)
    passed, _ = run_script("scripts/cook.py", "--profile", "quick", "--data", "bundled", root=copy)
    faults, number = [], 0
    for card in gallery.cards(copy):
        number += 1
        name = card.recipe.name
        if card.status != "done" or not card.results:
            faults.append(f"{name} {card.status}")
            continue
        faults += [f"{name} does not beat {label}" for label in gallery.not_beaten(card)]
        executed = nbformat.read(copy / "build" / "notebooks" / f"{name}.ipynb", as_version=4)
        for cell in executed.cells:
            for output in cell.get("outputs", ()):
                if output.output_type == "stream" and output.name == "stderr":
                    faults.append(f"{name} writes to stderr: {output.text.strip()[:200]!r}")
    print(*faults, sep="\n")
    spoilt = len({fault.split()[0] for fault in faults})
    return passed and not faults, f"{number - spoilt} passed, {spoilt} failed"


def aside() -> tuple[bool, str]:
    """The step `quick`; then, from the last recipe on, what the step `notebooks` has not begun."""
    passed, shown = quick()
    rest = dict(reversed(families().items()))
    rest.pop(SHIPPED, None)  # it wants the networks of others, and the step `browser` wants its own
    well, more = unclaimed(rest)
    return passed and well, f"{shown}, {more}" if more else shown


def begun(step: str) -> Callable[[], tuple[bool, str]]:
    """Start a step in a process of its own; returns what waits for it and shows what it printed."""
    log = ROOT / "build" / "quick.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as lines:
        process = subprocess.Popen([sys.executable, __file__, step], stdout=lines, stderr=subprocess.STDOUT)

    def finish() -> tuple[bool, str]:
        passed = process.wait() == 0
        shown = log.read_text(encoding="utf-8", errors="replace")
        print(shown, end="")
        return passed, shown

    return finish


STEPS: dict[str, Callable[[], tuple[bool, str]]] = {
    "ruff": ruff,
    "tests": tests,
    "notebooks": notebooks,
    "browser": browser,
    "site": site,
    "quick": quick,
}


def share_cores() -> None:
    """Half of the cores for each of two steps at a time: with more threads than cores both take longer."""
    for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, str(max(1, (os.cpu_count() or 2) // 2)))


def main() -> int:
    """Run the steps; returns the exit code."""
    parser = argparse.ArgumentParser(description="Run everything that must hold.")
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"{', '.join(STEPS)} (default: all)")
    chosen = parser.parse_args().steps or list(STEPS)
    if chosen == ["aside"]:  # what this script starts itself
        passed, shown = aside()
        print(shown)
        return int(not passed)
    if unknown := set(chosen) - set(STEPS):
        parser.error(f"no step is called {', '.join(sorted(unknown))}: there are {', '.join(STEPS)}")
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    outcome: dict[str, bool] = {}
    started = time.perf_counter()
    steps = dict(STEPS)
    if "notebooks" in chosen:
        try:
            prepare()
        except CookbookError as error:
            print(error, file=sys.stderr)
            return 1
    if {"quick"} < set(chosen):
        share_cores()
        steps["quick"] = begun("aside" if "notebooks" in chosen else "quick")
    for name in chosen:
        print(f"\n=== {name}: {STEPS[name].__doc__.splitlines()[0]}", flush=True)
        began = time.perf_counter()
        outcome[name], shown = steps[name]()
        closing = shown.rstrip().rpartition("\n")[2]
        for number, kind in COUNTS.findall(closing):
            counts["failed" if kind.startswith("error") else kind] += int(number)
        verdict = "passed" if outcome[name] else "FAILED"
        print(f"=== {name} {verdict} in {time.perf_counter() - began:.0f} s", flush=True)
    print(
        f"\n{' | '.join(f'{name} ' + ('passed' if passed else 'FAILED') for name, passed in outcome.items())}"
    )
    print(f"total {time.perf_counter() - started:.0f} s")
    print(", ".join(f"{number} {kind}" for kind, number in counts.items()))
    return int(not all(outcome.values()))


if __name__ == "__main__":
    sys.exit(main())
