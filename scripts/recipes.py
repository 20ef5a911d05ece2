"""What the scripts know about a recipe: its notebook, its parameters cell, its profiles, its results line."""

from __future__ import annotations

import ast
import contextlib
import copy
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbformat import NotebookNode
from papermill.parameterize import parameterize_notebook
from traitlets import default

ROOT = Path(__file__).resolve().parent.parent
PROFILES = ("smoke", "quick", "cpu", "gpu", "multi30k")  # the last is for one recipe's second data set
CARD_KEYS = {"title", "summary", "metric", "metric_label", "baseline", "baseline_label", "format", "better"}
RESULT_KEYS = ("recipe", "profile", "source", "seconds", "device", "metrics", "baselines")
# A file system path that only holds on the machine where the notebook ran; the path of an address is none.
ABSOLUTE_PATH = re.compile(
    r"(?<![\w/.:])(?:file://)?/(?:home|root|tmp|work|Users|usr|opt|var|mnt|private)/\w[^\s'\"]*"
    r"|\b[A-Z]:\\{1,2}(?:Users|Windows|Temp|Program|\w+\\)[^\s'\"]*"
)
# Where a notebook's prose shows a result: see fill().
PLACE = re.compile(r"(?P<mark><!--=(?P<key>[\w.]+):(?P<how>\w+)-->)[^<]*<!--/=-->")


class CookbookError(ValueError):
    """Something the person at the keyboard can put right; the message says how."""


@dataclass(frozen=True)
class Recipe:
    """One notebook and what `profiles.toml` says of it."""

    name: str
    path: Path
    card: Mapping[str, object]
    profiles: Mapping[str, Mapping[str, object]]

    def read(self) -> NotebookNode:
        """The committed notebook."""
        return nbformat.read(self.path, as_version=4)

    def changes(self, profile: str) -> dict[str, object]:
        """The parameters that `profile` changes, checked against the parameters cell.

        Raises:
            CookbookError: for an unknown profile, or a parameter that the notebook does not have.
        """
        if profile == "cpu":  # the notebook as it stands
            return {}
        if profile not in self.profiles:
            known = ", ".join(name for name in PROFILES if name == "cpu" or name in self.profiles)
            raise CookbookError(f"{self.name} has no profile {profile!r}: choose one of {known}")
        changes = dict(self.profiles[profile])
        self.check_names(changes, f"profiles.toml, [{self.name}.{profile}]")
        return changes

    def check_names(self, changes: Mapping[str, object], origin: str) -> None:
        """Refuse a change of a parameter that the notebook does not have, or of another kind of value."""
        parameters = parameters_of(self.read())
        for name, value in changes.items():
            if name not in parameters:
                raise CookbookError(
                    f"{origin}: {self.name} has no parameter {name!r}; it has {', '.join(parameters)}"
                )
            standing = parameters[name]
            if kind_of(standing) and kind_of(value) != kind_of(standing):
                raise CookbookError(
                    f"{origin}: {name} must be a {kind_of(standing)} as in {self.name} ({standing!r}), "
                    f"got {value!r}"
                )


def kind_of(value: object) -> str | None:
    """`"number"`, `"text"`, `"switch"` or `"list"`; None where any value will do."""
    kinds = {"switch": bool, "number": (int, float), "text": str, "list": (list, tuple)}
    return next((kind for kind, types in kinds.items() if isinstance(value, types)), None)


def load(root: Path = ROOT) -> list[Recipe]:
    """Every recipe of the cookbook, in the order of their numbers.

    Raises:
        CookbookError: if there is none, or notebooks and `profiles.toml` do not match.
    """
    notebooks = sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    if not notebooks:
        raise CookbookError("there is no recipe: notebooks/ holds no file named NN_name.ipynb")
    source = root / "notebooks" / "profiles.toml"
    try:
        tables = tomllib.loads(source.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CookbookError("notebooks/profiles.toml is missing: each recipe needs its card there") from None
    except tomllib.TOMLDecodeError as error:
        raise CookbookError(f"notebooks/profiles.toml cannot be read: {error}") from None
    names = {path.stem for path in notebooks}
    if strangers := sorted(set(tables) - names):
        raise CookbookError(f"profiles.toml speaks of {', '.join(strangers)}: no such notebook")
    return [_recipe(path, tables.get(path.stem, {})) for path in notebooks]


def _recipe(path: Path, table: Mapping[str, Mapping[str, object]]) -> Recipe:
    card = table.get("card", {})
    if missing := sorted(CARD_KEYS - set(card)):
        raise CookbookError(f"profiles.toml: [{path.stem}.card] lacks {', '.join(missing)}")
    for key, allowed in {"format": ("percent", "number"), "better": ("higher", "lower")}.items():
        if card[key] not in allowed:
            raise CookbookError(
                f"profiles.toml: [{path.stem}.card] {key} must be {' or '.join(allowed)}, got {card[key]!r}"
            )
    profiles = {name: changes for name, changes in table.items() if name != "card"}
    if unknown := sorted(set(profiles) - set(PROFILES)):
        raise CookbookError(f"profiles.toml: {path.stem} has unknown profiles {', '.join(unknown)}")
    if "cpu" in profiles:
        raise CookbookError(f"profiles.toml: [{path.stem}.cpu] must go: cpu is the notebook as it stands")
    return Recipe(path.stem, path, card, profiles)


def choose(recipes: list[Recipe], only: str | None) -> list[Recipe]:
    """The recipes that `only` names: full names, numbers or beginnings, separated by commas; None means all.

    Raises:
        CookbookError: if a part of `only` matches nothing.
    """
    if only is None or not only.strip():
        return recipes
    wanted: set[str] = set()
    for part in filter(None, (part.strip() for part in only.split(","))):
        start = part.removesuffix(".ipynb")
        start = start.zfill(2) + "_" if start.isdecimal() else start
        found = [recipe.name for recipe in recipes if recipe.name.startswith(start)]
        if not found:
            raise CookbookError(
                f"no recipe is called {part!r}: there are {', '.join(recipe.name for recipe in recipes)}"
            )
        wanted.update([start] if start in found else found)
    return [recipe for recipe in recipes if recipe.name in wanted]


def tags(cell: NotebookNode) -> list[str]:
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The code cells that hold something, without a cell injected by papermill."""
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.source.strip() and "injected-parameters" not in tags(cell)
    ]


def parameters_of(notebook: NotebookNode) -> dict[str, object]:
    """Names and values in the cell tagged `parameters`.

    Raises:
        CookbookError: if there is not exactly one such cell, or it holds more than plain assignments.
    """
    cells = [cell for cell in code_cells(notebook) if "parameters" in tags(cell)]
    if len(cells) != 1:
        raise CookbookError(f"one cell must be tagged 'parameters', found {len(cells)}")
    values = {}
    for statement in ast.parse(cells[0].source).body:
        try:
            (target,) = statement.targets
            values[target.id] = ast.literal_eval(statement.value)
        except (AttributeError, ValueError):
            raise CookbookError(
                f"the parameters cell may hold only NAME = literal, got {ast.unparse(statement)!r}"
            ) from None
    return values


def with_parameters(notebook: NotebookNode, changes: Mapping[str, object]) -> NotebookNode:
    """A copy with `changes` in a cell after the parameters cell; outputs stay as they are."""
    prepared = copy.deepcopy(notebook)
    prepared.metadata.setdefault("papermill", {})
    for cell in prepared.cells:
        cell.metadata.setdefault("tags", [])
    return normalise(parameterize_notebook(prepared, dict(changes), kernel_name="python3", language="python"))


def printed(cell: NotebookNode) -> str:
    """What a cell printed on its standard output."""
    return "".join(
        out.text for out in cell.get("outputs", ()) if out.output_type == "stream" and out.name == "stdout"
    )


def results_of(notebook: NotebookNode) -> dict | None:
    """The results line: the JSON object printed last by the last code cell, None if it is not there."""
    cells = code_cells(notebook)
    lines = printed(cells[-1]).split("\n") if cells else []
    last = next((line for line in reversed(lines) if line.strip()), "")
    try:
        results = json.loads(last)
    except json.JSONDecodeError:
        return None
    return results if isinstance(results, dict) and all(key in results for key in RESULT_KEYS) else None


def show_number(value: float | None, card: Mapping[str, object]) -> str:
    """A result as people read it: `0.99312` is `99.31 %` on a card whose format is percent."""
    if value is None:
        return "–"
    if card["format"] == "percent":
        return f"{100 * value:.2f} %"
    whole = isinstance(value, int) or abs(value) >= 10_000
    return (f"{value:,.0f}" if whole else f"{value:.4g}") + (f" {card['unit']}" if "unit" in card else "")


def show_minutes(seconds: float) -> str:
    """`"< 1 min"`, `"1.5 min"`, `"12 min"`."""
    if seconds < 55:
        return "< 1 min"
    return f"{seconds / 60:.0f} min" if seconds >= 570 else f"{seconds / 60:.1f} min".replace(".0 ", " ")


def fill(text: str, results: Mapping[str, object]) -> str:
    """Put results into the places that a text keeps for them, so that no number is typed by hand.

    A place is `<!--=metrics.test_accuracy:percent-->…<!--/=-->`: a key of the results line, and how to show
    it: as `percent`, `number`, `minutes` or `text`.

    Raises:
        CookbookError: if the results have no such key, or there is no such way to show it.
    """

    def filled(place: re.Match) -> str:
        value: object = results
        for key in place["key"].split("."):
            if not isinstance(value, Mapping) or key not in value:
                raise CookbookError(f"{place['mark']}: the results have no {place['key']!r}")
            value = value[key]
        show = {
            "percent": lambda: show_number(value, {"format": "percent"}),
            "number": lambda: show_number(value, {"format": "number"}),
            "minutes": lambda: show_minutes(value),
            "text": lambda: str(value),
        }
        if place["how"] not in show:
            raise CookbookError(f"{place['mark']}: choose one of {', '.join(show)}")
        return f"{place['mark']}{show[place['how']]()}<!--/=-->"

    return PLACE.sub(filled, text)


class _ThisInterpreter(KernelSpecManager):
    """Any name means the running interpreter's kernel, whatever `python3` means to the user's Jupyter."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        quiet = ["--log-level=50"]  # of its own doings; what a cell prints or raises still arrives
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict(extra_arguments=quiet))


class ThisKernelManager(AsyncKernelManager):
    """Starts kernels of the interpreter that runs the script."""

    @default("kernel_spec_manager")
    def _kernel_spec_manager_default(self) -> KernelSpecManager:
        return _ThisInterpreter(parent=self)


@contextlib.contextmanager
def environment(**variables: str | None) -> Iterator[None]:
    """Set environment variables for a while (None takes one away): kernels inherit them."""
    saved = {name: os.environ.get(name) for name in variables}
    _put(variables)
    try:
        yield
    finally:
        _put(saved)


def _put(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def python_path(root: Path) -> str:
    """A PYTHONPATH with the repository first, so that `helpers` is found from any folder."""
    rest = os.environ.get("PYTHONPATH")
    return os.pathsep.join([str(root), rest] if rest else [str(root)])


def normalise(notebook: NotebookNode) -> NotebookNode:
    """Drop, in place, what differs from machine to machine (timings, kernel name, versions, widget state) and
    join what a cell printed in several flushes.
    """
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    for cell in notebook.cells:
        for key in ("papermill", "execution", "ExecuteTime", "lines_to_next_cell"):
            cell.metadata.pop(key, None)
        if not tags(cell):
            cell.metadata.pop("tags", None)
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
    return notebook


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    joined: list[NotebookNode] = []
    for output in outputs:
        before = joined[-1] if joined else None
        if before and output.output_type == before.output_type == "stream" and output.name == before.name:
            before.text += output.text
        else:
            joined.append(output)
    return joined


def texts(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    """Every text a reader can see, with the index of its cell: sources, printed text, tables, errors."""
    for index, cell in enumerate(notebook.cells):
        yield index, cell.source
        for output in cell.get("outputs", ()):
            if output.output_type == "stream":
                yield index, output.text
            elif output.output_type == "error":
                yield index, "\n".join([output.ename, output.evalue, *output.traceback])
            else:
                yield from ((index, str(data)) for kind, data in output.data.items() if "text" in kind)


def absolute_paths(notebook: NotebookNode) -> list[str]:
    """Every file system path in the notebook that means nothing on another machine, with its cell."""
    return [
        f"cell {index}: {found.group()}"
        for index, text in texts(notebook)
        for found in ABSOLUTE_PATH.finditer(text)
    ]


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook as stable JSON with a closing newline, moved into place only when whole."""
    nbformat.validate(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(nbformat.writes(notebook).rstrip("\n") + "\n", encoding="utf-8", newline="\n")
    unfinished.replace(path)
