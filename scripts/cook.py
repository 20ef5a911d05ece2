"""Cook the recipes: run their notebooks, keep what they show, build the gallery.

    python scripts/cook.py                                   every recipe, profile quick
    python scripts/cook.py --only 01 --profile cpu           one recipe, in full
    python scripts/cook.py --only 01 --profile gpu --set "EPOCHS=1 LIMIT=500"
    python scripts/cook.py --studies                         every recipe and its study

For each recipe this writes `build/notebooks/NN_name.ipynb`, `build/html/NN_name.html` and
`build/results/NN_name.json`. `build/index.html` is there from the start and written anew after each. Exit
codes: 0 all went well, 1 a recipe failed, 2 the request cannot be met, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import datetime
import itertools
import json
import os
import re
import shlex
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import gallery
import nbformat
import papermill
from nbformat import NotebookNode
from recipes import (
    NOTHING,
    PROFILES,
    ROOT,
    CookbookError,
    Recipe,
    ThisKernelManager,
    absolute_paths,
    card_for,
    choose,
    code_cells,
    comments_of,
    environment,
    fill,
    kind_of,
    load,
    normalise,
    parameters_of,
    python_path,
    results_of,
    show_number,
    show_results,
    tags,
    without_outputs,
    write,
)
from tqdm import tqdm

# Without the time that is left: cells are of seconds or of many minutes, so it would be wrong.
PROGRESS = {"unit": "cell", "bar_format": "{l_bar}{bar}| {n_fmt} of {total_fmt} cells, {elapsed}"}
SOURCES = ("auto", "bundled", "cache", "online")
# What files are called that a recipe reads; the name of a column, a ticker or a line of notes ends otherwise.
FILE_NAME = re.compile(r"\.(csv|tsv|txt|jsonl?|npz|wav|midi?|zip)(\.gz)?$", re.IGNORECASE)
COLOUR_CODES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass
class Run:
    """What became of one recipe."""

    recipe: Recipe
    status: str  # "done", "failed" or "interrupted"
    seconds: float
    results: Mapping[str, object] | None
    error: Mapping[str, object] | None  # cell, cells, line, message, at
    own: str | None = None  # the name of the reader's own file, if DATA was one


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Cook what the command line asks for; returns the exit code."""
    options = _options(argv)
    try:
        every = load(root, studies=True)
        recipes = choose(every, options.only, options.studies)
        asked = _asked(recipes)
        changes = _changes(options, asked)
        recipes = _with_their_recipes(recipes, every, options.profile, root)
        plan = [(recipe, _parameters(recipe, options.profile, changes, asked)) for recipe in recipes]
    except CookbookError as error:
        print(f"cook: {error}", file=sys.stderr)
        return 2

    print(f"Cooking {_listing(recipes)}, profile {options.profile}.", flush=True)
    runs: list[Run] = []
    waiting = [recipe.name for recipe in recipes]
    page = gallery.build(root, waiting, cooking=waiting[0])
    print(f"Watch build/{page.name} while they cook: it is written anew after each.", flush=True)
    for recipe, parameters in plan:
        gallery.build(root, waiting, cooking=recipe.name)
        run = _cook(recipe, options.profile, parameters, sorted(changes.keys() & parameters.keys()), root)
        if options.write_back and run.status == "done":
            run = _write_back(run, root)
        runs.append(run)
        waiting.remove(recipe.name)
        if run.status == "interrupted":
            break
    gallery.build(root)
    _report(runs, plan)
    print(f"\nGallery: {page.relative_to(root).as_posix()}")
    if any(run.status == "interrupted" for run in runs):
        return 130
    return int(any(run.status == "failed" for run in runs))


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Run the recipes and build the gallery page build/index.html.", allow_abbrev=False
    )
    parser.add_argument(
        "--profile", default="quick", help=f"{', '.join(PROFILES)} (default: quick), or one of a recipe's own"
    )
    parser.add_argument("--only", help="names, numbers or beginnings of names, separated by commas")
    parser.add_argument("--data", help=f"{', '.join(SOURCES)}, or a file of your own (with --only)")
    parser.add_argument("--studies", action="store_true", help="each recipe's study, too")
    parser.add_argument("--set", default="", metavar="'NAME=VALUE …'", help="change other parameters")
    parser.add_argument(
        "--write-back", action="store_true", help="put the outputs into notebooks/ (profile cpu, full data)"
    )
    options = parser.parse_args(argv)
    options.only, options.data = options.only or None, options.data or None
    return options


def _changes(options: argparse.Namespace, recipes: list[Recipe]) -> dict[str, object]:
    """The parameters that the command line changes, for every chosen recipe."""
    known = dict.fromkeys([*PROFILES, *(name for recipe in recipes for name in recipe.profiles)])
    if options.profile not in known:
        raise CookbookError(f"there is no profile {options.profile!r}: choose one of {', '.join(known)}")
    changes: dict[str, object] = {}
    for name, text in _pairs(options.set):
        changes[name] = _value(text)
    if isinstance(folder := changes.get("LOG_DIR"), str) and folder:
        changes["LOG_DIR"] = str(Path(folder).expanduser().absolute())  # from here, not from notebooks/
    for recipe in recipes:
        recipe.check_names(_fitted(recipe, changes), "SET")
    changes = {name: _from_here(name, value, recipes) for name, value in changes.items()}
    if data := options.data or changes.get("DATA"):
        changes["DATA"] = _data(str(data), recipes)
    if options.write_back and (options.profile != "cpu" or changes):
        raise CookbookError("write-back takes the notebook as it stands: profile cpu, without DATA or SET")
    return changes


def _asked(chosen: list[Recipe]) -> list[Recipe]:
    """Those that SET and DATA are meant for: recipes, and studies only where nothing else was chosen."""
    return [recipe for recipe in chosen if not recipe.is_study] or chosen


def _parameters(
    recipe: Recipe, profile: str, changes: Mapping[str, object], asked: list[Recipe]
) -> dict[str, object]:
    """What to change in a recipe's parameters cell; one that came along takes only what it has itself."""
    own = _fitted(recipe, changes)
    if recipe not in asked:
        own = {name: own[name] for name in parameters_of(recipe.read()) if name in own}
        recipe.check_names(own, "SET")
    return {**recipe.changes(profile), **own}


def _fitted(recipe: Recipe, changes: Mapping[str, object]) -> dict[str, object]:
    """The changes as this recipe takes them: `HORIZON=48` means `[48]` where a list stands."""
    lists = {name for name, value in parameters_of(recipe.read()).items() if kind_of(value) == "list"}
    single = {name for name in lists & changes.keys() if kind_of(changes[name]) in ("number", "text")}
    return {name: [value] if name in single else value for name, value in changes.items()}


def _with_their_recipes(chosen: list[Recipe], every: list[Recipe], profile: str, root: Path) -> list[Recipe]:
    """The chosen ones, and before a study its recipe, unless that was cooked in this profile before."""
    names = {recipe.name for recipe in chosen}
    for study in (recipe for recipe in chosen if recipe.is_study):
        results = root / "build" / "results" / f"{study.of}.json"
        try:
            done = json.loads(results.read_text(encoding="utf-8"))["profile"] == profile
        except (OSError, ValueError, KeyError):
            done = False
        if not done:
            names.add(study.of)
    return [recipe for recipe in every if recipe.name in names]


def _listing(recipes: list[Recipe]) -> str:
    studies = sum(recipe.is_study for recipe in recipes)
    kinds = {"recipe": len(recipes) - studies, "stud": studies}
    endings = {"recipe": ("", "s"), "stud": ("y", "ies")}
    return " and ".join(
        f"{count} {kind}{endings[kind][count != 1]}" for kind, count in kinds.items() if count
    )


def _pairs(text: str) -> list[tuple[str, str]]:
    """The names and values of SET."""
    try:
        parts = shlex.split(text)
    except ValueError:
        raise CookbookError(
            f"SET has a quote that is not closed: {text}\n"
            'A value with an apostrophe needs quotes of its own: SET="NAME=\\"it\'s\\""'
        ) from None
    for number, part in enumerate(parts):
        name, sign, _ = part.partition("=")
        if sign and name.isidentifier():
            continue
        problem = f"SET takes NAME=VALUE pairs separated by spaces, none around =, got {part!r}"
        if number and not sign:
            first, _, begun = parts[number - 1].partition("=")
            rest = itertools.takewhile(lambda word: "=" not in word, parts[number:])
            problem += f". A value with spaces needs quotes: SET='{first}=\"{' '.join([begun, *rest])}\"'"
        raise CookbookError(problem)
    return [(name, value) for name, _, value in (part.partition("=") for part in parts)]


def _from_here(name: str, value: object, recipes: list[Recipe]) -> object:
    """A file that SET names, as its full path: a notebook runs in another folder. Any other value as it is.

    A parameter takes a file if its comment says `the path of`, or if the value ends as the name of a file.

    Raises:
        CookbookError: if it is not there, so that this is known before anything cooks.
    """
    if not isinstance(value, str) or name in ("DATA", "LOG_DIR") or value in ("", *SOURCES):
        return value
    comments = [comments_of(recipe.read()).get(name, "") for recipe in recipes]
    only_a_path = any(re.search(r"(?<!\bor )\bthe path of\b", comment) for comment in comments)
    is_file_name = only_a_path or FILE_NAME.search(value)
    if not is_file_name and not any("the path of" in comment for comment in comments):
        return value
    path = os.path.expanduser(value)  # like exists below, it takes any text, where pathlib raises an error
    if os.path.exists(path):
        return str(Path(path).resolve())
    if not is_file_name:
        return value
    raise CookbookError(
        f"SET: {name}={value!r}: there is no such file, looked for from {Path.cwd()}. "
        "Give its path from there, or the full one"
    )


def _value(text: str) -> object:
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return list(value) if isinstance(value, (tuple, set)) else value  # what papermill can write


def _data(data: str, recipes: list[Recipe]) -> str:
    if data in SOURCES:
        return data
    path = Path(data).expanduser().resolve()
    if not path.exists():
        raise CookbookError(f"DATA={data!r} is none of {', '.join(SOURCES)}, and no such file exists")
    if len(recipes) > 1:
        raise CookbookError(f"DATA={data!r} is one file for {len(recipes)} recipes: say which with ONLY")
    return str(path)


def _cook(
    recipe: Recipe, profile: str, parameters: Mapping[str, object], changed: list[str], root: Path
) -> Run:
    build = root / "build"
    executed = build / "notebooks" / f"{recipe.name}.ipynb"
    page = build / "html" / f"{recipe.name}.html"
    results_file = build / "results" / f"{recipe.name}.json"
    for path in (executed, page, results_file):  # what an earlier run left must not pass for this one's
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
    status, problem, started = "done", None, time.perf_counter()
    surroundings = environment(
        RNN_COOKBOOK_PROFILE=profile,
        RNN_COOKBOOK_BUILD=str(build),
        RNN_COOKBOOK_SOURCE=_source(parameters),
        PYTHONPATH=python_path(root),
    )
    try:
        with surroundings, _ticking() if sys.stderr.isatty() else contextlib.nullcontext():
            papermill.execute_notebook(
                _literal(recipe.path),
                _literal(executed),
                parameters=dict(parameters),
                kernel_name="python3",
                kernel_manager_class=ThisKernelManager,
                cwd=recipe.path.parent,
                progress_bar={"desc": recipe.name, **PROGRESS},
            )
    except KeyboardInterrupt:
        status, problem = "interrupted", "stopped with Ctrl-C"
    except Exception as error:  # whatever befell this recipe, the others still run
        status, problem = "failed", f"{type(error).__name__}: {error}"
    seconds = time.perf_counter() - started

    # A run that never began has no outputs, not those of the committed one.
    notebook = nbformat.read(executed, as_version=4) if executed.exists() else without_outputs(recipe.read())
    results = results_of(notebook) if status == "done" else None
    if status == "done" and (results is None or not results_file.exists()):
        status, problem = "failed", "it ran to its end, but its last cell saved no results"
    error = _error(notebook, problem) if problem else None
    if status != "done":
        results = None
        results_file.unlink(missing_ok=True)
    normalise(notebook)
    own = _own(parameters)
    show_results(notebook, results or {})
    _say_first(notebook, _whose(profile, changed, own, results))
    notebook.metadata["rnn_cookbook"] = {
        "status": status,
        "profile": profile,
        "changed": changed,
        "own": own,
        "finished": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "seconds": round(seconds),
        "error": error,
    }
    write(notebook, executed)
    gallery.write_html(notebook, recipe, page)
    return Run(recipe, status, seconds, results, error, own)


@contextlib.contextmanager
def _ticking(seconds: float = 1.0) -> Iterator[None]:
    """The bars of progress show the time while a cell takes its minutes, too: else a run seems to hang."""
    over = threading.Event()

    def tick() -> None:
        while not over.wait(seconds):
            for bar in list(getattr(tqdm, "_instances", ())):
                bar.refresh()

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _own(parameters: Mapping[str, object]) -> str | None:
    """The name of the reader's own file, if DATA is one; that of a folder ends in `/`."""
    data = parameters.get("DATA")
    if not isinstance(data, str) or data in ("", *SOURCES):
        return None
    return Path(data).name + "/" * Path(data).is_dir()


def _whose(
    profile: str, changed: list[str], own: str | None, results: Mapping[str, object] | None
) -> str | None:
    """Whose figures a page shows, where they are not such as the text speaks of; else None."""
    others = [name for name in changed if name != "DATA"]  # own and results say what came of that one
    if results and results["source"] == "full" and profile == "cpu" and not (own or others):
        return None
    data = f"`{own}`" if own else gallery.DATA_NAMES.get(results["source"]) if results else None
    changes = f"with other {', '.join(others)}" if others else None
    run = ", ".join(filter(None, [data, f"profile {profile}", changes]))
    figures = "The figures in these tables are this run's"
    if not results:
        figures = "It did not finish, so these tables show no figures"
    return f"*This run: {run}. {figures}; sentences that judge results speak of the committed run.*"


def _say_first(notebook: NotebookNode, line: str | None) -> None:
    """Put a line at the top of the first cell of text, papermill's own above a failed run aside."""
    texts = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    first = next((cell for cell in texts if "papermill-error-cell-tag" not in tags(cell)), None)
    if line and first:
        first.source = f"{line}\n\n{first.source}"


def _source(parameters: Mapping[str, object]) -> str | None:
    """Where a cell that names no source takes its data from: where the recipe does; None as it was."""
    data = parameters.get("DATA")
    return data if isinstance(data, str) and data else os.environ.get("RNN_COOKBOOK_SOURCE")


def _literal(path: Path) -> str:
    """The path as papermill wants it: it fills in `{…}`."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _error(notebook: NotebookNode, problem: str) -> dict[str, object]:
    """Where and why a notebook stopped: its number among the code cells, its first line, the error."""
    cells = code_cells(notebook)
    begun = [cell for cell in cells if cell.metadata.get("papermill", {}).get("start_time")]
    found: dict[str, object] = {"cell": None, "cells": len(cells), "line": "", "message": problem, "at": ""}
    if not begun:
        return found
    cell = begun[-1]
    found |= {"cell": cells.index(cell) + 1, "line": cell.source.strip().split("\n")[0]}
    for output in cell.outputs:
        if output.output_type == "error":
            trace = COLOUR_CODES.sub("", "\n".join(output.traceback)).split("\n")
            if output.ename != "KeyboardInterrupt":
                found["message"] = COLOUR_CODES.sub("", f"{output.ename}: {output.evalue}").strip(": \n")
            found["at"] = next((line.strip() for line in trace if re.match(r"\s*-+> \d+ ", line)), "")
    return found


def _write_back(run: Run, root: Path) -> Run:
    """Put a full run's outputs into the committed notebook and its results into the text, or say why not."""
    recipe = run.recipe
    path = root / "build" / "notebooks" / recipe.path.name
    executed = nbformat.read(path, as_version=4)
    committed = recipe.read()
    try:
        if run.results["source"] != "full":
            raise CookbookError(f"its results come from the {run.results['source']}, not from the full data")
        # Places aside: those of the executed one are filled already.
        ran, stands = ([fill(cell.source, {}, "") for cell in n.cells] for n in (executed, committed))
        if ran != stands:
            raise CookbookError("the notebook was edited while it ran")
        if paths := absolute_paths(executed):
            raise CookbookError(f"it shows a path of this machine ({paths[0]})")
        for cell, result in zip(committed.cells, executed.cells, strict=True):
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = result.outputs, result.execution_count
            elif cell.cell_type == "markdown":
                cell.source = result.source = fill(cell.source, run.results)
    except CookbookError as problem:
        error = {"cell": None, "cells": 0, "line": "", "message": f"not written back: {problem}", "at": ""}
        return replace(run, status="failed", error=error)
    write(normalise(committed), recipe.path)
    write(executed, path)
    gallery.write_html(executed, recipe, root / "build" / "html" / f"{recipe.name}.html")
    return run


def _report(runs: list[Run], plan: list[tuple[Recipe, object]]) -> None:
    rows = [("recipe", "", "seconds", "result", "data")]
    for run in runs:
        headline, source = NOTHING, NOTHING
        if run.results:
            if not run.recipe.is_study:
                card, metrics = card_for(run.recipe.card, run.results), run.results["metrics"]
                headline = f"{show_number(metrics.get(card['metric']), card)} {card['metric_label']}"
            source = run.own or run.results["source"]
        rows.append((run.recipe.name, run.status, f"{run.seconds:.0f}", headline, source))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    print()
    for row in rows:
        cells = [
            cell.rjust(w) if i == 2 else cell.ljust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
    for run in runs:
        if run.error:
            print(f"\n{run.recipe.name} {run.status}: {describe(run.error)}")
    if skipped := [recipe.name for recipe, _ in plan[len(runs) :]]:
        print(f"\nnot begun: {', '.join(skipped)}")


def describe(error: Mapping[str, object]) -> str:
    """An error of a run, in a few lines."""
    lines = [error["at"], error["message"]]
    if error["cell"]:
        line = json.dumps(error["line"], ensure_ascii=False)
        lines.insert(0, f"code cell {error['cell']} of {error['cells']}, which begins {line}")
    return "\n    ".join(filter(None, lines))


if __name__ == "__main__":
    sys.exit(main())
