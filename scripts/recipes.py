"""What the scripts know about a recipe: its notebook, its parameters cell, its profiles, its results line."""

from __future__ import annotations

import ast
import contextlib
import copy
import difflib
import io
import json
import math
import os
import re
import tempfile
import tokenize
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
PROFILES = (
    "smoke",
    "quick",
    "cpu",
    "gpu",
)  # what every recipe has; profiles.toml may name more for one of them
STUDY = "_study"  # the end of a study's name: NN_name_study belongs to the recipe NN_name
CARD_KEYS = {"title", "summary", "metric", "metric_label", "baseline", "baseline_label", "format", "better"}
ALSO_KEYS = {"also", "also_label"}  # what a card may have, too: a second baseline that is shown
RESULT_KEYS = ("recipe", "profile", "source", "seconds", "device", "metrics", "baselines")
# A file system path that only holds on the machine where the notebook ran; the path of an address is none.
ABSOLUTE_PATH = re.compile(
    r"(?<![\w/.:])(?:file://)?/(?:home|root|tmp|work|Users|usr|opt|var|mnt|private)/\w[^\s'\"]*"
    r"|\b[A-Z]:\\{1,2}(?:Users|Windows|Temp|Program|\w+\\)[^\s'\"]*"
)
# Where a notebook's prose shows a result: see fill().
PLACE = re.compile(r"(?P<mark><!--=(?P<key>[\w.]+):(?P<how>\w+)-->)(?:(?!<!--).)*<!--/=-->")
NOTHING = "–"  # where a run has no figure


class CookbookError(ValueError):
    """Something the person at the keyboard can put right; the message says how."""


@dataclass(frozen=True)
class Recipe:
    """One notebook and what `profiles.toml` says of it."""

    name: str
    path: Path
    card: Mapping[str, object]
    profiles: Mapping[str, Mapping[str, object]]

    @property
    def is_study(self) -> bool:
        """Whether this notebook is the study of a recipe."""
        return self.name.endswith(STUDY)

    @property
    def of(self) -> str:
        """The recipe that a study belongs to; a recipe's own name."""
        return self.name.removesuffix(STUDY)

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
            known = ", ".join(["cpu", *self.profiles])
            raise CookbookError(f"{self.name} has no profile {profile!r}: choose one of {known}")
        changes = dict(self.profiles[profile])
        self.check_names(changes, f"profiles.toml, [{self.name}.{profile}]")
        return changes

    def check_names(self, changes: Mapping[str, object], origin: str) -> None:
        """Refuse a change of a parameter that the notebook does not have, of another kind of value, or out of
        the range that the parameter's comment gives.
        """
        notebook = self.read()
        parameters, ranges = parameters_of(notebook), ranges_of(notebook)
        for name, value in changes.items():
            if name not in parameters:
                raise CookbookError(
                    f"{origin}: {self.name} has no parameter {name!r}; it has {', '.join(parameters)}"
                )
            standing = parameters[name]
            if standing is None and (fault := _unfit_for_none(value, ranges.get(name))):
                raise CookbookError(f"{origin}: {name} must be {fault}, got {value!r}")
            if kind_of(standing) and kind_of(value) != kind_of(standing):
                raise CookbookError(
                    f"{origin}: {name} must be a {kind_of(standing)} as in {self.name} ({standing!r}), "
                    f"got {value!r}"
                )
            if isinstance(standing, int) and kind_of(standing) == "number" and not isinstance(value, int):
                raise CookbookError(f"{origin}: {name} must be a whole number, got {value!r}")
            if kind_of(standing) == "list" and (wrong := _stranger(standing, value)):
                raise CookbookError(f"{origin}: {name} must be a list as {standing!r} is, {wrong}")
            if name in ranges and (fault := ranges[name].fault(value)):
                raise CookbookError(f"{origin}: {name} must be {ranges[name]}, got {fault}")
            if name == "LOG_DIR" and value is not None:
                check_folder(origin, name, value, self.path.parent)


def _unfit_for_none(value: object, allowed: Range | None) -> str | None:
    """What a parameter must be that stands as None: a text, or a number if its comment gives an interval."""
    if value is None or (allowed and (allowed.choices or kind_of(value) == "number")):
        return None  # the range itself is looked at afterwards
    if allowed:
        return "a number or None"
    return None if kind_of(value) == "text" and value else "a text such as a path or a day, or None"


def _stranger(standing: list | tuple, value: list | tuple) -> str | None:
    """What is wrong with a list beside the one that stands in the notebook; None if nothing is."""
    if standing and not value:
        return f"with one part at least, got {value!r}"
    kinds = {kind_of(part) for part in standing}
    whole = all(isinstance(part, int) for part in standing)
    for part in value:
        if len(kinds) == 1 and None not in kinds and kind_of(part) not in kinds:
            return f"each part a {kinds.pop()}, got {part!r}"
        if kinds == {"number"} and whole and not isinstance(part, int):
            return f"of whole numbers, got {part!r}"
    return None


@dataclass(frozen=True)
class Range:
    """What the comment beside a parameter allows: an interval, or a choice of values.

    Attributes:
        text: the interval as it is written, such as `[1, 100]` or `(0, inf)`; empty for a choice.
        low, high: its ends.
        open_low, open_high: whether an end is left out.
        choices: the values of a choice.
        none: whether None is allowed too.
    """

    text: str = ""
    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False
    choices: tuple[object, ...] = ()
    none: bool = False

    def __str__(self) -> str:
        if self.choices:
            return f"one of {', '.join(json.dumps(choice) for choice in self.choices)}"
        return f"in {self.text}" + (", or None" if self.none else "")

    def fault(self, value: object) -> str | None:
        """The part of `value` that is not allowed, as text; None if there is none. Lists are looked into."""
        if isinstance(value, (list, tuple)):
            return next(filter(None, map(self.fault, value)), None)
        if value is None:
            return None if self.none else "None"
        if self.choices:
            return None if value in self.choices else repr(value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None  # its kind has been looked at before
        above = value > self.low or (value == self.low and not self.open_low)
        below = value < self.high or (value == self.high and not self.open_high)
        return None if above and below else repr(value)


# How a comment in the parameters cell ends: `…, in [1, 100]` or `…, one of "a", "b"`, perhaps `, or None`.
INTERVAL = re.compile(
    r"\bin (?P<text>[\[(](?P<low>[-+.\w]+), (?P<high>[-+.\w]+)[\])])(?P<none>, or None)?\s*$"
)
CHOICE = re.compile(r'\bone of (?P<choices>"[^"]*"(?:, "[^"]*")*)(?P<none>, or None)?\s*$')


def comments_of(notebook: NotebookNode) -> dict[str, str]:
    """The comment beside each parameter of the parameters cell, by its name; empty where there is none."""
    (cell,) = [cell for cell in code_cells(notebook) if "parameters" in tags(cell)]
    tokens = list(tokenize.generate_tokens(io.StringIO(cell.source).readline))
    comments = {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}
    statements = ast.parse(cell.source).body
    return {part.targets[0].id: comments.get(part.end_lineno, "") for part in statements}


def ranges_of(notebook: NotebookNode) -> dict[str, Range]:
    """The ranges that the comments of the parameters cell give, by the parameter's name.

    Raises:
        CookbookError: for an interval whose ends are no numbers, or in the wrong order.
    """
    ranges = {}
    for name, comment in comments_of(notebook).items():
        if found := CHOICE.search(comment):
            choices = ast.literal_eval(f"({found['choices']},)")
            ranges[name] = Range(choices=choices, none=bool(found["none"]))
        elif found := INTERVAL.search(comment):
            text = found["text"]
            try:
                low, high = float(found["low"]), float(found["high"])
            except ValueError:
                low, high = 1.0, 0.0
            if not low <= high:
                raise CookbookError(f"the comment beside {name} gives the range {text}, which is none")
            ranges[name] = Range(text, low, high, text[0] == "(", text[-1] == ")", none=bool(found["none"]))
    return ranges


def check_folder(origin: str, name: str, value: object, start: Path) -> None:
    """Refuse a folder that cannot be made or written to; one that was made for the check is removed again.

    A relative one is looked for from `start`, where the notebook runs.
    """
    folder = (start / str(value)).absolute()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    try:
        with tempfile.TemporaryDirectory(dir=existing):
            pass
    except OSError as error:
        reason = error.strerror or error
        raise CookbookError(
            f"{origin}: {name} must be a folder that can be written to, got {str(value)!r} "
            f"({reason}: {existing}). Name another one, or None"
        ) from None


def kind_of(value: object) -> str | None:
    """`"number"`, `"text"`, `"switch"` or `"list"`; None where any value will do."""
    kinds = {"switch": bool, "number": (int, float), "text": str, "list": (list, tuple)}
    return next((kind for kind, types in kinds.items() if isinstance(value, types)), None)


def load(root: Path = ROOT, studies: bool = False) -> list[Recipe]:
    """Every recipe of the cookbook, in the order of their numbers; each one's study behind it, if asked for.

    Raises:
        CookbookError: if there is none, or notebooks and `profiles.toml` do not match.
    """
    notebooks = sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"), key=lambda path: path.stem)
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
    loaded = [_recipe(path, tables) for path in notebooks]
    return [recipe for recipe in loaded if studies or not recipe.is_study]


def _recipe(path: Path, tables: Mapping[str, Mapping[str, Mapping[str, object]]]) -> Recipe:
    name = path.stem
    profiles = {key: changes for key, changes in tables.get(name, {}).items() if key != "card"}
    if "cpu" in profiles:
        raise CookbookError(f"profiles.toml: [{name}.cpu] must go: cpu is the notebook as it stands")
    if name.endswith(STUDY):
        return Recipe(name, path, _study_card(name, tables), profiles)
    card = tables.get(name, {}).get("card", {})
    if missing := sorted(CARD_KEYS - set(card)):
        raise CookbookError(f"profiles.toml: [{name}.card] lacks {', '.join(missing)}")
    for key, allowed in {"format": ("percent", "number"), "better": ("higher", "lower")}.items():
        if card[key] not in allowed:
            raise CookbookError(
                f"profiles.toml: [{name}.card] {key} must be {' or '.join(allowed)}, got {card[key]!r}"
            )
    if len(given := ALSO_KEYS & set(card)) == 1:
        (lacking,) = ALSO_KEYS - given
        raise CookbookError(f"profiles.toml: [{name}.card] lacks {lacking}: also and also_label go together")
    demanded = {card["baseline"], card.get("document"), *card.get("rivals", ())}
    if "also" in card and card["also"] in demanded:
        raise CookbookError(
            f"profiles.toml: [{name}.card] also is {card['also']!r}, which a run has to beat: "
            "take it out of also, or out of baseline, document and rivals"
        )
    return Recipe(name, path, card, profiles)


def _study_card(name: str, tables: Mapping[str, Mapping[str, Mapping[str, object]]]) -> dict[str, object]:
    """What stands in for a study's card: it has none, its recipe's card links to it."""
    of = name.removesuffix(STUDY)
    if "card" in tables.get(name, {}):
        raise CookbookError(f"profiles.toml: [{name}.card] must go: a study is linked from the card of {of}")
    if of not in tables:
        raise CookbookError(f"{name} is the study of {of}, and there is no such recipe")
    return {"title": f"{tables[of].get('card', {}).get('title', of)}: the study"}


def choose(recipes: list[Recipe], only: str | None, studies: bool = False) -> list[Recipe]:
    """The recipes that `only` names: full names, numbers or beginnings, separated by commas; None means all.

    A study comes along with its recipe where `studies` is true, else only if it is named itself.

    Raises:
        CookbookError: if a part of `only` matches nothing.
    """
    if only is None or not only.strip():
        return [recipe for recipe in recipes if studies or not recipe.is_study]
    wanted: set[str] = set()
    for part in filter(None, (part.strip() for part in only.split(","))):
        start = part.removesuffix(".ipynb")
        start = start.zfill(2) + "_" if start.isdecimal() else start
        found = [recipe for recipe in recipes if recipe.name.startswith(start)]
        if not found:
            names = [recipe.name for recipe in recipes]
            close = difflib.get_close_matches(part, names, 1)
            meant = f"did you mean {close[0]}? There are" if close else "there are"
            raise CookbookError(f"no recipe is called {part!r}: {meant} {', '.join(names)}")
        exact = [recipe for recipe in found if recipe.name == start]
        chosen = exact or [recipe for recipe in found if studies or not recipe.is_study] or found
        wanted.update(recipe.name for recipe in chosen)
        if studies:
            wanted.update(recipe.name for recipe in recipes if recipe.of in wanted)
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
        return NOTHING
    if card["format"] == "percent":
        return f"{100 * value:.2f} %"
    whole = isinstance(value, int) or abs(value) >= 10_000
    return (f"{value:,.0f}" if whole else f"{value:.4g}") + (f" {card['unit']}" if "unit" in card else "")


def show_minutes(seconds: float) -> str:
    """`"< 1 min"`, `"1.5 min"`, `"12 min"`."""
    if seconds < 55:
        return "< 1 min"
    return f"{seconds / 60:.0f} min" if seconds >= 570 else f"{seconds / 60:.1f} min".replace(".0 ", " ")


def card_for(card: Mapping[str, object], results: Mapping[str, object]) -> Mapping[str, object]:
    """A card as this run fills it: if its metric ends in a number, such as `mse_96`, and the run has others
    only, the least number that has both a metric and a baseline stands for it, in the labels too.
    """
    stem, _, number = str(card["metric"]).rpartition("_")
    beside = str(card["baseline"]).removesuffix(f"_{number}")
    if card["metric"] in results["metrics"] or not number.isdecimal() or beside == card["baseline"]:
        return card
    parts = [name.rpartition("_") for name in results["metrics"]]
    numbers = [int(n) for start, _, n in parts if start == stem and n.isdecimal()]
    numbers = [n for n in numbers if f"{beside}_{n}" in results["baselines"]]
    if not numbers:
        return card

    def moved(value: object) -> object:
        if isinstance(value, list):
            return [moved(part) for part in value]
        return re.sub(rf"(?<!\d){number}(?!\d)", str(min(numbers)), str(value))

    names = ("metric", "baseline", "also", "document", "rivals")
    labels = ("metric_label", "baseline_label", "also_label")
    shown = {key: moved(card[key]) for key in (*names, *labels) if key in card}
    if shown["metric_label"] == card["metric_label"]:  # it names no number
        shown["metric_label"] = f"{card['metric_label']}, at {min(numbers)}"
    return {**card, **shown}


def fill(text: str, results: Mapping[str, object], missing: str | None = None) -> str:
    """Put results into the places that a text keeps for them, so that no number is typed by hand.

    A place is `<!--=metrics.test_accuracy:percent-->…<!--/=-->`: a key of the results line, and how to show
    it: as `percent`, `number`, `minutes` or `text`. With `missing`, a place that cannot be filled shows that.

    Raises:
        CookbookError: without `missing`, if the results have no such key, or there is no such way to show it.
    """

    def shown(place: re.Match) -> str:
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
        return show[place["how"]]()

    def filled(place: re.Match) -> str:
        try:
            figure = shown(place)
        except (TypeError, ValueError):  # a CookbookError, or a value that is no number
            if missing is None:
                raise
            figure = missing
        return f"{place['mark']}{figure}<!--/=-->"

    return PLACE.sub(filled, text)


def without_outputs(notebook: NotebookNode) -> NotebookNode:
    """The notebook as if it had not been run, changed in place."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def show_results(notebook: NotebookNode, results: Mapping[str, object]) -> None:
    """Put a run's results into the text of a notebook, in place. Where it has none nothing is shown, so that
    no figure of another run is left.
    """
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = fill(cell.source, results, NOTHING)


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
            for output in cell.outputs:  # a widget needs a kernel: its text stays
                output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
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
