"""Everything that must hold, in one run: what `make test` calls.

    python scripts/check.py               all steps; the last cooks as `make recipes` does, into build/
    python scripts/check.py notebooks     only these: ruff, tests, notebooks, browser, quick

All steps asked for run even if one fails; the exit code is 0 only if all passed. The step `quick` runs beside
the others, which leave its folders in build/ alone, writes into build/quick.log and is shown after them.
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

import gallery
import nbformat
from recipes import ROOT, CookbookError, load, python_path, with_parameters, write

CELL_SECONDS = 600
COUNTS = re.compile(r"(\d+) (passed|failed|errors?|skipped)\b")


def run(*arguments: str, **variables: str) -> tuple[bool, str]:
    """Run a Python module from the repository's root, showing what it prints; returns (passed, that)."""
    return run_script("-m", *arguments, **variables)


def run_script(*arguments: str, **variables: str) -> tuple[bool, str]:
    """Run Python with these arguments from the repository's root, as `run` does."""
    surroundings = {**os.environ, "PYTHONPATH": python_path(ROOT), "PYTHONUNBUFFERED": "1", **variables}
    command = [sys.executable, *arguments]
    shown: list[str] = []
    with subprocess.Popen(
        command,
        cwd=ROOT,
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


def notebooks() -> tuple[bool, str]:
    """Every notebook in the profile smoke, executed under nbval; nothing may be written to stderr.

    The copies keep the committed outputs, for nbval to compare in the cells tagged `nbval-check-output`. A
    study runs after its recipe.
    """
    folder = ROOT / "build" / "smoke"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        for recipe in load(studies=True):
            write(with_parameters(recipe.read(), recipe.changes("smoke")), folder / recipe.path.name)
    except CookbookError as error:
        print(error)
        return False, ""
    return run(
        *(
            "pytest",
            "-p",
            "scripts.quiet",
            "--nbval-lax",
            "--nbval-current-env",
            f"--nbval-cell-timeout={CELL_SECONDS}",
        ),
        *("-W", "default", "--durations=5", str(folder.relative_to(ROOT))),
        RNN_COOKBOOK_PROFILE="smoke",
        RNN_COOKBOOK_SOURCE="bundled",
        RNN_COOKBOOK_BUILD=str(folder / "build"),
    )


def browser() -> tuple[bool, str]:
    """The page of `make demo` in headless Chromium, on the networks that the step `notebooks` shipped.

    Where there is no Chromium, or npm finds no registry, nothing is tested and the step passes, but not if
    `CI` is `true`.
    """
    shipped = ROOT / "build" / "smoke" / "build" / "models" / "20_shipping"
    if not shipped.is_dir():
        shipped = ROOT / "build" / "models" / "20_shipping"
    passed, shown = run("pytest", "demo", SHIPPED_MODELS=str(shipped))
    kinds = {kind for _, kind in COUNTS.findall(shown.rstrip().rpartition("\n")[2])}
    skipped = kinds == {"skipped"} and os.environ.get("CI") != "true"  # pytest calls that a failure
    return passed or skipped, shown


def quick() -> tuple[bool, str]:
    """What a newcomer sees: every recipe in the profile quick on its sample, above its baselines, quiet."""
    passed, _ = run_script("scripts/cook.py", "--profile", "quick", "--data", "bundled")
    faults, number = [], 0
    for card in gallery.cards():
        number += 1
        name = card.recipe.name
        if card.status != "done" or not card.results:
            faults.append(f"{name} {card.status}")
            continue
        faults += [f"{name} does not beat {label}" for label in gallery.not_beaten(card)]
        executed = nbformat.read(ROOT / "build" / "notebooks" / f"{name}.ipynb", as_version=4)
        for cell in executed.cells:
            for output in cell.get("outputs", ()):
                if output.output_type == "stream" and output.name == "stderr":
                    faults.append(f"{name} writes to stderr: {output.text.strip()[:200]!r}")
    print(*faults, sep="\n")
    spoilt = len({fault.split()[0] for fault in faults})
    return passed and not faults, f"{number - spoilt} passed, {spoilt} failed"


def begun(step: str) -> Callable[[], tuple[bool, str]]:
    """Start a step in a process of its own; returns what waits for it and shows what it printed."""
    log = ROOT / "build" / f"{step}.log"
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
    "quick": quick,
}


def main() -> int:
    """Run the steps; returns the exit code."""
    parser = argparse.ArgumentParser(description="Run everything that must hold.")
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"{', '.join(STEPS)} (default: all)")
    chosen = parser.parse_args().steps or list(STEPS)
    if unknown := set(chosen) - set(STEPS):
        parser.error(f"no step is called {', '.join(sorted(unknown))}: there are {', '.join(STEPS)}")
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    outcome: dict[str, bool] = {}
    started = time.perf_counter()
    steps = STEPS | ({"quick": begun("quick")} if {"quick"} < set(chosen) else {})
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
