"""Every committed notebook has the cookbook's anatomy.

Each rule is a function from a notebook to the faults it finds. Two tests hold the rules themselves: a good
notebook has no fault, and for every rule there are broken ones in which it finds what is wrong.
"""

from __future__ import annotations

import ast
import io
import os
import re
import statistics
import subprocess
import sys
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import check
import kitchen
import nbformat
import pytest
import recipes
from nbformat import NotebookNode

LARGEST = 1_000_000  # bytes of a committed notebook
LONGEST = 40  # lines of a study's code cell
# What a recipe may hold, so that it is short enough to copy: non-blank lines.
CELLS, LINES, MEDIAN, CELL, PAGE = 45, 350, 8, 25, 60
NEEDED_PARAMETERS = ("SEED", "DATA", "LOG_DIR")
NEEDED_PROFILES = ("smoke", "quick", "gpu")
DEPRECATED = {
    r"\b(batch_)?input_shape\s*=": "start a model with keras.Input(shape)",
    r"\binput_length\s*=": "Keras 3 has no input_length=",
    r"\.reset_states\(": "it is reset_state() on the layer",
    r"\.h5\b": "save as .keras",
    r"\bnp\.(bool|int|float|object)\b": "use the Python type",
    r"\btf\.(contrib|compat\.v1|keras)\b|from tensorflow(\.| import )keras": "use keras itself",
    r"\.(fit|predict|evaluate)_generator\(|\.predict_(classes|proba_classes)\(": "gone from Keras",
    r"\bCuDNN(LSTM|GRU)\b": "LSTM and GRU choose cuDNN themselves",
    r"get_file\([^)]*\bextract\s*=\s*True": "helpers.datasets reads archives member by member",
    r"allow_pickle\s*=\s*True|\bpickle\.loads?\(|\bsafe_mode\s*=\s*False": "unsafe on a file from elsewhere",
}


@dataclass(frozen=True)
class Subject:
    """A notebook under test: its text as committed, its name, what profiles.toml says of it, its helpers."""

    name: str
    text: str
    profiles: dict[str, dict[str, object]]
    helpers: Path

    @property
    def notebook(self) -> NotebookNode:
        return nbformat.reads(self.text, as_version=4)

    @property
    def code(self) -> list[NotebookNode]:
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]


Rule = Callable[[Subject], Iterator[str]]
RULES: dict[str, Rule] = {}


def rule(function: Rule) -> Rule:
    RULES[function.__name__] = function
    return function


def head(cell: NotebookNode) -> str:
    """How a fault names a code cell."""
    return f"cell {cell.source.strip().splitlines()[0]!r}" if cell.source.strip() else "an empty cell"


def outputs(subject: Subject, *kinds: str) -> Iterator[tuple[NotebookNode, NotebookNode]]:
    for cell in subject.code:
        for output in cell.outputs:
            if output.output_type in kinds:
                yield cell, output


def trees(subject: Subject) -> Iterator[tuple[NotebookNode, ast.Module]]:
    """Code cells with their syntax trees; cells of another language are another rule's fault."""
    for cell in subject.code:
        try:
            yield cell, ast.parse(cell.source)
        except SyntaxError:
            continue


# --- the rules ---------------------------------------------------------------------------------------------


@rule
def is_a_valid_notebook(subject: Subject) -> Iterator[str]:
    try:
        nbformat.validate(subject.notebook)
    except nbformat.ValidationError as error:
        yield f"not valid: {error}"
    if (subject.notebook.nbformat, subject.notebook.nbformat_minor) < (4, 5):
        yield "older than nbformat 4.5: its cells have no ids"
    if subject.notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "its kernel is not called python3"
    if not subject.text.endswith("}\n"):
        yield "does not end with a newline"


@rule
def has_one_title_in_its_first_cell(subject: Subject) -> Iterator[str]:
    titles = [
        index
        for index, cell in enumerate(subject.notebook.cells)
        if cell.cell_type == "markdown"
        for line in re.sub(r"```.*?(```|\Z)", "", cell.source, flags=re.DOTALL).splitlines()
        if re.match(r" {0,3}#\s", line)
    ]
    if titles != [0]:
        yield f"must have one H1, in its first cell; found H1 in cells {titles}"


@rule
def has_one_parameters_cell_of_plain_assignments(subject: Subject) -> Iterator[str]:
    try:
        names = recipes.parameters_of(subject.notebook)
    except recipes.CookbookError as error:
        yield str(error)
        return
    for name in NEEDED_PARAMETERS:
        if name not in names:
            yield f"the parameters cell lacks {name}"
    (cell,) = [cell for cell in subject.code if "parameters" in recipes.tags(cell)]
    tokens = tokenize.generate_tokens(io.StringIO(cell.source).readline)
    commented = {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
    for statement in ast.parse(cell.source).body:
        if not commented & set(range(statement.lineno, statement.end_lineno + 1)):
            yield f"no comment beside the parameter {ast.unparse(statement)!r}"


@rule
def gives_every_number_its_range(subject: Subject) -> Iterator[str]:
    try:
        names, ranges = recipes.parameters_of(subject.notebook), recipes.ranges_of(subject.notebook)
    except recipes.CookbookError as error:
        yield str(error)
        return
    for name, value in names.items():
        if recipes.kind_of(value) in ("number", "list") and name not in ranges:
            yield f"the comment beside {name} does not end with its range, such as: in [1, 100]"
        if name in ranges and (fault := ranges[name].fault(value)):
            yield f"{name} must be {ranges[name]}, the notebook has {fault}"


def lines_of(cell: NotebookNode) -> int:
    return sum(bool(line.strip()) for line in cell.source.splitlines())


@rule
def is_short_enough_to_copy(subject: Subject) -> Iterator[str]:
    if subject.name.endswith(recipes.STUDY):
        return
    lengths = [lines_of(cell) for cell in subject.code]
    for what, found, most in (
        ("code cells", len(lengths), CELLS),
        ("lines of code", sum(lengths), LINES),
        ("lines in its median code cell", statistics.median(lengths), MEDIAN),
    ):
        if found > most:
            yield f"{found:g} {what}, more than {most}"
    for cell in subject.code:
        most = PAGE if "one-page" in recipes.tags(cell) else CELL
        if lines_of(cell) > most:
            yield f"{head(cell)} has {lines_of(cell)} lines, more than {most}"


@rule
def stands_on_one_page(subject: Subject) -> Iterator[str]:
    if subject.name.endswith(recipes.STUDY):
        return
    pages = [number for number, cell in enumerate(subject.code) if "one-page" in recipes.tags(cell)]
    if len(pages) != 1 or pages[0] > 4:
        yield f"one of its first five code cells must be tagged 'one-page', found {pages}"
        return
    for node in ast.walk(ast.parse(subject.code[pages[0]].source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "helpers":
            for name in (item.name for item in node.names if item.name != "datasets"):
                yield f"its page imports {name} from helpers: only the loader"


@rule
def profiles_change_only_parameters_it_has(subject: Subject) -> Iterator[str]:
    for profile in NEEDED_PROFILES:
        if profile not in subject.profiles:
            yield f"profiles.toml has no [{subject.name}.{profile}]"
    for profile, changes in subject.profiles.items():
        if profile == "card":
            continue
        try:
            names = recipes.parameters_of(subject.notebook)
        except recipes.CookbookError:
            return  # the parameters cell's own rule says so
        for name in changes:
            if name not in names:
                yield f"[{subject.name}.{profile}] changes {name}, which is no parameter"


@rule
def was_executed_in_one_run(subject: Subject) -> Iterator[str]:
    counts = [cell.execution_count for cell in subject.code]
    if counts != list(range(1, len(counts) + 1)):
        yield f"not one run from top to bottom: execution counts {counts}"


@rule
def shows_its_outputs(subject: Subject) -> Iterator[str]:
    if not any(cell.outputs for cell in subject.code):
        yield "committed without outputs"
    pictured = [
        cell for cell, out in outputs(subject, "display_data", "execute_result") if "image/png" in out.data
    ]
    for cell, tree in trees(subject):
        if cell not in pictured and any(_draws(node) for node in _now(tree)):
            yield f"{head(cell)} draws, but shows no picture"
    tagged = [cell for cell in subject.code if "gallery" in recipes.tags(cell)]
    if len(tagged) != 1 or tagged[0] not in pictured:
        yield f"one cell must be tagged 'gallery' and show a picture, found {len(tagged)}"
    for cell in subject.code:
        if "nbval-check-output" in recipes.tags(cell) and not cell.outputs:
            yield f"{head(cell)} is tagged nbval-check-output and has no output to check"


def _now(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when the cell runs: not the bodies of functions and classes."""
    for child in ast.iter_child_nodes(tree):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            yield child
            yield from _now(child)


def _draws(node: ast.AST) -> bool:
    """A call of `plt.show`, `plt.figure`, `plt.subplots`, or of any drawing function of helpers.plots."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    module = node.func.value.id if isinstance(node.func.value, ast.Name) else None
    name = node.func.attr
    return (module == "plt" and name in ("show", "figure", "subplots", "subplot_mosaic")) or (
        module == "plots" and not name.startswith("use_")
    )


@rule
def shows_no_error(subject: Subject) -> Iterator[str]:
    for cell, output in outputs(subject, "error"):
        yield f"{head(cell)} ended with {output.ename}"


@rule
def shows_no_noise(subject: Subject) -> Iterator[str]:
    for cell, output in outputs(subject, "stream"):
        if output.name == "stderr":
            yield f"{head(cell)} writes to stderr: {output.text.strip()[:80]!r}"
    shown = [(cell, output.text) for cell, output in outputs(subject, "stream")]
    for cell, output in outputs(subject, "display_data", "execute_result"):
        texts = {kind: data for kind, data in output.data.items() if kind.startswith("text")}
        if "text/html" in texts:  # what is shown instead of the plain text
            texts.pop("text/plain", None)
        shown += [(cell, str(data)) for data in texts.values()]
    for cell, text in shown:
        if found := re.search(r"\w*Warning\b|^WARNING\b", text, re.MULTILINE):
            yield f"{head(cell)} shows a {found.group()}"
        if found := re.search(r"<[\w.]+ (object )?at 0x[0-9a-fA-F]+>", text):
            yield f"{head(cell)} shows a bare object: {found.group()}"


@rule
def shows_no_absolute_path(subject: Subject) -> Iterator[str]:
    yield from recipes.absolute_paths(subject.notebook)


@rule
def is_small(subject: Subject) -> Iterator[str]:
    if (size := len(subject.text.encode())) > LARGEST:
        yield f"{size:,} bytes, more than {LARGEST:,}"
    for cell in subject.code:
        if (lines := len(cell.source.splitlines())) > LONGEST and "one-page" not in recipes.tags(cell):
            yield f"{head(cell)} has {lines} lines, more than {LONGEST}"
        if not cell.source.strip():
            yield "has an empty code cell"


@rule
def ends_with_its_results(subject: Subject) -> Iterator[str]:
    last = subject.code[-1]
    calls = [
        ast.unparse(node.func)
        for _, tree in trees(subject)
        for node in _now(tree)
        if isinstance(node, ast.Call)
    ]
    if calls.count("runtime.save_results") != 1 or "runtime.save_results(" not in last.source:
        yield "runtime.save_results must be called once, in the last code cell"
    printed = recipes.printed(last)
    results = recipes.results_of(subject.notebook)
    if results is None or len(printed.strip().splitlines()) != 1 or len(last.outputs) != 1:
        yield f"the last code cell must print the results line and nothing else, it shows {printed[:80]!r}"
        return
    for key, expected in {"recipe": subject.name, "profile": "cpu", "source": "full"}.items():
        if results[key] != expected:
            yield f"the results line says {key} {results[key]!r}, a committed notebook has {expected!r}"
    card = subject.profiles.get("card", {})
    for kind in ("metric", "baseline") if not subject.name.endswith(recipes.STUDY) else ():
        if card.get(kind) not in (found := results[f"{kind}s"]):
            yield f"the card shows the {kind} {card.get(kind)!r}, the results have {list(found)}"
    for name in (*card.get("rivals", ()), *filter(None, map(card.get, ("document", "also")))):
        if name not in results["baselines"]:
            yield f"the card names the rival {name!r}, the results have {list(results['baselines'])}"


@rule
def shows_its_own_results_in_its_text(subject: Subject) -> Iterator[str]:
    results = recipes.results_of(subject.notebook)
    for cell in subject.notebook.cells:
        if cell.cell_type != "markdown" or results is None:
            continue
        if cell.source.count("<!--=") != len(recipes.PLACE.findall(cell.source)):
            yield "a place for a result is not written <!--=key:format-->…<!--/=-->"
        try:
            if recipes.fill(cell.source, results) != cell.source:
                yield f"the text shows other results than its last cell: {cell.source.splitlines()[0]!r}"
        except recipes.CookbookError as error:
            yield str(error)


class _Loops(ast.NodeVisitor):
    """Finds calls of `predict` that run once per turn of a loop, or once per step in a callback."""

    def __init__(self):
        self.inside = False
        self.found: list[str] = []

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if self.inside and name in ("predict", "predict_on_batch"):
            self.found.append(ast.unparse(node.func))
        self.generic_visit(node)

    def _within(self, *nodes: ast.AST) -> None:
        before, self.inside = self.inside, True
        for node in nodes:
            self.visit(node)
        self.inside = before

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)  # evaluated once
        self._within(*node.body)
        for rest in node.orelse:
            self.visit(rest)

    def visit_While(self, node: ast.While) -> None:
        self._within(node.test, *node.body)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        first, *others = node.generators
        self.visit(first.iter)  # evaluated once
        made = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        self._within(*first.ifs, *others, *made)

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _comprehension

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if any("Callback" in ast.unparse(base) for base in node.bases):
            self._within(*node.body)
        else:
            self.generic_visit(node)


@rule
def never_predicts_in_a_loop(subject: Subject) -> Iterator[str]:
    for cell, tree in trees(subject):
        loops = _Loops()
        loops.visit(tree)
        for call in loops.found:
            yield f"{head(cell)} calls {call} in a loop or a callback: decode in batches"


@cache
def _public_names(source: Path) -> set[str]:
    """What a helper module offers: its `__all__`, else its top-level names without underscore."""
    names: set[str] = set()
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            for name in target.elts if isinstance(target, ast.Tuple) else [target]:
                if isinstance(name, ast.Name):
                    if name.id == "__all__":
                        return set(ast.literal_eval(node.value))
                    names.add(name.id)
    return {name for name in names if not name.startswith("_")}


@rule
def uses_only_public_helpers(subject: Subject) -> Iterator[str]:
    aliases: dict[str, Path] = {}
    used: list[tuple[Path, str]] = []
    for cell, tree in trees(subject):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import) and any(
                item.name.split(".")[0] == "helpers" for item in node.names
            ):
                yield f"{head(cell)}: write `from helpers import …`, as every recipe does"
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "helpers":
                inside = (node.module or "").split(".")[1:]
                for item in node.names:
                    if inside:
                        used.append((_source(subject.helpers, *inside), item.name))
                    else:
                        aliases[item.asname or item.name] = _source(subject.helpers, item.name)
        used += [
            (aliases[node.value.id], node.attr)
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in aliases
        ]
    for source in sorted({*aliases.values(), *(source for source, _ in used)}):
        if not source.is_file() or (source.stem.startswith("_") and source.stem != "__init__"):
            yield f"helpers has no module {_dotted(source, subject.helpers)}"
    for source, name in sorted(set(used)):
        if source.is_file() and name not in _public_names(source):
            yield f"helpers.{_dotted(source, subject.helpers)} offers no {name}"


def _source(helpers: Path, *names: str) -> Path:
    """The file of a helper module, or of a package of them."""
    path = helpers.joinpath(*names)
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _dotted(source: Path, helpers: Path) -> str:
    return ".".join(source.relative_to(helpers).with_suffix("").parts).removesuffix(".__init__")


@rule
def imports_at_the_top(subject: Subject) -> Iterator[str]:
    first = True
    for cell, tree in trees(subject):
        kinds = [isinstance(node, (ast.Import, ast.ImportFrom)) for node in tree.body]
        if "one-page" in recipes.tags(cell) and kinds == sorted(kinds, reverse=True):
            continue  # it brings its own, above all else; the set-up follows
        if any(kinds) and not all(kinds) and not first:
            yield f"{head(cell)} mixes imports with code: import in the first cell, or in a cell of its own"
        first = False


@rule
def keeps_to_python(subject: Subject) -> Iterator[str]:
    parsed = [cell for cell, _ in trees(subject)]
    for cell in subject.code:
        if found := re.search(r"^\s*[!%].*", cell.source, re.MULTILINE):
            yield f"{head(cell)} holds a shell or magic command: {found.group().strip()!r}"
        elif cell not in parsed:
            yield f"{head(cell)} is not Python"
        if found := re.search(r"\bos\.(system|popen)\(|\bsubprocess\.|get_ipython\(", cell.source):
            yield f"{head(cell)} runs commands: {found.group()}"


@rule
def calls_nothing_deprecated(subject: Subject) -> Iterator[str]:
    for cell in subject.code:
        for pattern, instead in DEPRECATED.items():
            if found := re.search(pattern, cell.source):
                yield f"{head(cell)}: {found.group()!r}: {instead}"


# --- held against the committed notebooks ------------------------------------------------------------------


def committed() -> Iterator[Subject]:
    """Every notebook of this cookbook; none while there is none."""
    for path in sorted((recipes.ROOT / "notebooks").glob("*.ipynb")):
        recipe = next((recipe for recipe in recipes.load(studies=True) if recipe.path == path), None)
        profiles = {"card": dict(recipe.card), **recipe.profiles} if recipe else {}
        yield Subject(path.stem, path.read_text(encoding="utf-8"), profiles, recipes.ROOT / "helpers")


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("subject", committed(), ids=lambda subject: subject.name)
def test_notebook(subject: Subject, name: str):
    assert list(RULES[name](subject)) == []


@pytest.mark.parametrize("name", [recipe.name for recipe in recipes.load()])
def test_its_page_runs_alone(name: str, tmp_path: Path):
    """The whole thing on one page: pasted alone into an empty folder it runs, quietly, and says something.

    Here it trains for twenty steps. Where it is the first code cell, the step `notebooks` runs it so: before
    it, nothing in its kernel ran but the cells that bring packages and helpers to Colab, whose names it must
    not use.
    """
    (recipe,) = (recipe for recipe in recipes.load() if recipe.name == name)
    cells = [cell for cell in recipe.read().cells if cell.cell_type == "code"]
    (page,) = (cell for cell in cells if "one-page" in recipes.tags(cell))
    if page is cells[0]:
        alone = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821", "-"]
        checked = subprocess.run(alone, input=page.source, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout
        assert re.search(r"\d", recipes.printed(page))
        return
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "page.py").write_text(page.source, encoding="utf-8")
    alone = f"{check.SHORT}\nimport runpy\nrunpy.run_path('page.py')"  # with no name but its own
    done = subprocess.run(
        [sys.executable, "-c", alone],
        cwd=tmp_path / "empty",
        env={
            **os.environ,
            "PYTHONPATH": str(recipes.ROOT),
            "RNN_COOKBOOK_SOURCE": "bundled",
            "RNN_COOKBOOK_DATA": str(tmp_path / "cache"),
            "MPLBACKEND": "agg",
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"\d", done.stdout.strip().splitlines()[-1])


# --- the rules themselves ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def helpers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = kitchen.cookbook(tmp_path_factory.mktemp("style") / "book") / "helpers"
    (folder / "pantry").mkdir()
    for name, text in (
        ("_jam", "def jam(): ..."),
        ("__init__", 'from ._jam import jam\n\n__all__ = ["jam"]'),
    ):
        (folder / "pantry" / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def good() -> NotebookNode:
    return kitchen.with_outputs(kitchen.notebook())


def subject_of(notebook: NotebookNode, helpers: Path, **profiles: dict[str, object]) -> Subject:
    card = {"metric": "accuracy", "baseline": "guess"}
    text = nbformat.writes(notebook) + "\n"
    return Subject(
        "01_sum", text, {"card": card, "smoke": {}, "quick": {"STEPS": 1}, "gpu": {}} | profiles, helpers
    )


@pytest.mark.parametrize("name", RULES)
def test_rule_finds_nothing_in_a_good_notebook(name: str, helpers: Path):
    assert list(RULES[name](subject_of(good(), helpers))) == []


def stream(text: str, name: str = "stdout") -> NotebookNode:
    return nbformat.v4.new_output("stream", name=name, text=text)


def source(index: int, old: str, new: str) -> Callable[[NotebookNode], None]:
    def change(notebook: NotebookNode) -> None:
        assert old in notebook.cells[index].source
        notebook.cells[index].source = notebook.cells[index].source.replace(old, new)

    return change


def work(text: str) -> Callable[[NotebookNode], None]:
    return lambda notebook: notebook.cells[3].update(source=text)


def shown(index: int, *given: NotebookNode) -> Callable[[NotebookNode], None]:
    return lambda notebook: notebook.cells[index].update(outputs=list(given))


def printed(old: str, new: str) -> Callable[[NotebookNode], None]:
    def change(notebook: NotebookNode) -> None:
        output = notebook.cells[-1].outputs[0]
        assert old in output.text
        output.text = output.text.replace(old, new)

    return change


def tagged(index: int, *tags: str) -> Callable[[NotebookNode], None]:
    return lambda notebook: notebook.cells[index].metadata.update(tags=list(tags))


ERROR = nbformat.v4.new_output("error", ename="ValueError", evalue="no", traceback=["no"])
TABLE = nbformat.v4.new_output(
    "execute_result",
    {"text/html": "<td>FutureWarning</td>", "text/plain": "<pandas.Styler at 0x7f01>"},
    execution_count=3,
)
BARE = nbformat.v4.new_output(
    "execute_result", {"text/plain": "<keras.src.callbacks.history.History at 0x7f01>"}, execution_count=3
)
SLOT = "<!--=metrics.accuracy:percent-->"
IN_LOOPS = (
    "for step in range(3):\n    if step:\n        x = model.predict(x)",
    "while model.predict(x)[0] < 1:\n    pass",
    "[model.predict(x) for x in rows]",
    "{k: model.predict_on_batch(k) for k in rows}",
    "[y for x in rows for y in model.predict(x)]",
    "class Peek(keras.callbacks.Callback):\n    def on_epoch_end(self, *_):\n        self.model.predict(x)",
    "def decode(x):\n    for _ in range(9):\n        x = model.predict(x)",
)
BROKEN: list[tuple[str, Callable[[NotebookNode], object], str]] = [
    ("is_a_valid_notebook", lambda nb: nb.cells[3].update(cell_type="music"), "not valid"),
    ("is_a_valid_notebook", lambda nb: nb.update(nbformat_minor=4), "no ids"),
    ("is_a_valid_notebook", lambda nb: nb.metadata.kernelspec.update(name="mine"), "not called python3"),
    ("has_one_title_in_its_first_cell", source(0, "# Sums", "## Sums"), r"cells \[\]"),
    ("has_one_title_in_its_first_cell", source(0, "Adds", "# Again\n\nAdds"), r"cells \[0, 0\]"),
    ("has_one_title_in_its_first_cell", lambda nb: nb.cells.reverse(), r"cells \[6\]"),
    ("has_one_parameters_cell_of_plain_assignments", tagged(2), "found 0"),
    ("has_one_parameters_cell_of_plain_assignments", tagged(3, "parameters"), "found 2"),
    ("has_one_parameters_cell_of_plain_assignments", source(2, "= 3", "= 1 + len('ab')"), "NAME = literal"),
    ("has_one_parameters_cell_of_plain_assignments", source(2, "STEPS", "print(1)\nSTEPS"), "NAME = literal"),
    (
        "has_one_parameters_cell_of_plain_assignments",
        source(2, "STEPS = 3", "STEPS = A = 3"),
        "NAME = literal",
    ),
    ("has_one_parameters_cell_of_plain_assignments", source(2, "LOG_DIR", "LOGS"), "lacks LOG_DIR"),
    (
        "has_one_parameters_cell_of_plain_assignments",
        source(2, "  # how many terms, in [1, 100]", ""),
        "'STEPS = 3'",
    ),
    ("gives_every_number_its_range", source(2, ", in [1, 100]", ""), "beside STEPS does not end"),
    (
        "gives_every_number_its_range",
        source(2, "in [1, 100]", "in [9, 100]"),
        r"must be in \[9, 100\], .* has 3",
    ),
    ("gives_every_number_its_range", source(2, "in [1, 100]", "in [9, 1]"), "which is none"),
    (
        "is_short_enough_to_copy",
        lambda nb: nb.cells.extend(kitchen.code("1") for _ in range(40)),
        "46 code cells, more than 45",
    ),
    (
        "is_short_enough_to_copy",
        lambda nb: nb.cells.extend(kitchen.code("x = 1\n" * 24) for _ in range(15)),
        r"lines of code, more than 350",
    ),
    (
        "is_short_enough_to_copy",
        lambda nb: nb.cells.extend(kitchen.code("x = 1\n\n" * 9) for _ in range(9)),
        "9 lines in its median code cell, more than 8",
    ),
    (
        "is_short_enough_to_copy",
        lambda nb: nb.cells.append(kitchen.code("x = 1\n" * 26)),
        "26 lines, more than 25",
    ),
    ("is_short_enough_to_copy", work("x = 1\n" * 61), "61 lines, more than 60"),
    ("stands_on_one_page", tagged(3), r"found \[\]"),
    ("stands_on_one_page", tagged(5, "one-page"), r"found \[2, 4\]"),
    ("stands_on_one_page", lambda nb: (tagged(3)(nb), tagged(6, "one-page")(nb)), r"found \[5\]"),
    ("stands_on_one_page", work("from helpers import datasets, runtime"), "imports runtime from helpers"),
    ("was_executed_in_one_run", lambda nb: nb.cells[3].update(execution_count=7), r"\[1, 2, 7, 4, 5, 6\]"),
    ("was_executed_in_one_run", lambda nb: nb.cells[3].update(execution_count=None), "None"),
    (
        "shows_its_outputs",
        lambda nb: [cell.update(outputs=[]) for cell in nb.cells if "outputs" in cell],
        "without",
    ),
    ("shows_its_outputs", work("figure, axes = plt.subplots()"), "draws, but shows no picture"),
    ("shows_its_outputs", work("if True:\n    plots.learning_curves(history)"), "draws, but"),
    ("shows_its_outputs", tagged(4), "tagged 'gallery' and show a picture, found 0"),
    ("shows_its_outputs", shown(4), "tagged 'gallery' and show a picture, found 1"),
    ("shows_its_outputs", shown(5), "no output to check"),
    ("shows_no_error", shown(3, ERROR), "ended with ValueError"),
    ("shows_no_noise", shown(3, stream("loading…", "stderr")), "writes to stderr: 'loading…'"),
    ("shows_no_noise", shown(3, stream("x.py:1: UserWarning: careful")), "shows a UserWarning"),
    ("shows_no_noise", shown(3, TABLE), "shows a FutureWarning"),
    ("shows_no_noise", shown(3, BARE), "bare object: <keras"),
    (
        "shows_no_absolute_path",
        shown(3, stream("saved /home/me/model.keras")),
        "cell 3: /home/me/model.keras",
    ),
    ("shows_no_absolute_path", work("open('/var/x')"), "cell 3: /var/x"),
    ("is_small", shown(3, stream("x" * LARGEST)), "bytes, more than 1,000,000"),
    ("is_small", lambda nb: nb.cells.append(kitchen.code("x = 1\n" * 41)), "has 41 lines, more than 40"),
    ("is_small", work("  \n"), "an empty code cell"),
    ("ends_with_its_results", lambda nb: nb.cells.append(kitchen.code("1 + 1")), "in the last code cell"),
    (
        "ends_with_its_results",
        source(6, "runtime.save_results(", "(runtime.save_results("),
        "in the last code",
    ),
    ("ends_with_its_results", printed("{", "hello\n{"), "nothing else"),
    ("ends_with_its_results", shown(6), "nothing else, it shows ''"),
    ("ends_with_its_results", printed('"baselines"', '"base"'), "nothing else"),
    ("ends_with_its_results", printed("01_sum", "02_sum"), "recipe '02_sum'"),
    ("ends_with_its_results", printed('"cpu"', '"quick"'), "profile 'quick'"),
    ("ends_with_its_results", printed('"full"', '"sample"'), "source 'sample'"),
    (
        "ends_with_its_results",
        printed('"accuracy"', '"loss"'),
        r"the metric 'accuracy', the results have \['loss'\]",
    ),
    ("shows_its_own_results_in_its_text", source(0, "Adds", f"{SLOT}70.00 %<!--/=-->"), "other results"),
    ("shows_its_own_results_in_its_text", source(0, "Adds", f"{SLOT}<!--/=-->"), "other results"),
    ("shows_its_own_results_in_its_text", source(0, "Adds", f"{SLOT}78.00 %<!--/=>"), "is not written"),
    ("shows_its_own_results_in_its_text", source(0, "Adds", "<!--=gain:text--><!--/=-->"), "no 'gain'"),
    *(("never_predicts_in_a_loop", work(text), "in a loop") for text in IN_LOOPS),
    ("uses_only_public_helpers", work("runtime._secret()"), "helpers.runtime offers no _secret"),
    ("uses_only_public_helpers", work("runtime.Path"), "helpers.runtime offers no Path"),
    ("uses_only_public_helpers", work("from helpers.runtime import json"), "offers no json"),
    ("uses_only_public_helpers", work("from helpers import cakes as c\nc.bake()"), "no module cakes"),
    ("uses_only_public_helpers", work("import helpers.runtime"), "from helpers import"),
    (
        "uses_only_public_helpers",
        work("from helpers import pantry\npantry.salt()"),
        "helpers.pantry offers no",
    ),
    ("uses_only_public_helpers", work("from helpers.pantry import _jam"), "helpers.pantry offers no _jam"),
    ("uses_only_public_helpers", work("from helpers.pantry._jam import jam"), "no module pantry._jam"),
    ("imports_at_the_top", work("x = 1\nimport time"), "mixes imports with code"),
    ("keeps_to_python", work("!wget x"), "'!wget x'"),
    ("keeps_to_python", work("x = 1\n%matplotlib inline"), "magic command"),
    ("keeps_to_python", work("os.system('unzip x')"), r"os.system\("),
    ("keeps_to_python", work("x = = 1"), "is not Python"),
    *(
        ("calls_nothing_deprecated", work(text), "")
        for text in (
            "layers.LSTM(8, input_shape=(28, 28))",
            "layers.LSTM(8, batch_input_shape = (1, 28, 28))",
            "layers.Embedding(9, 8, input_length=5)",
            "model.reset_states()",
            "model.save('model.h5')",
            "np.bool",
            "tf.contrib.rnn",
            "from tensorflow import keras",
            "tf.keras.layers",
            "model.fit_generator(x)",
            "layers.CuDNNLSTM(8)",
            "keras.utils.get_file('x.zip', url, extract=True)",
            "np.load(path, allow_pickle=True)",
        )
    ),
]


@pytest.mark.parametrize(("name", "spoil", "complaint"), BROKEN, ids=[case[0] for case in BROKEN])
@pytest.mark.filterwarnings("ignore::nbformat.warnings.MissingIDFieldWarning")
def test_rule_finds_what_is_wrong(name: str, spoil: Callable, complaint: str, helpers: Path):
    notebook = good()
    spoil(notebook)
    faults = list(RULES[name](subject_of(notebook, helpers)))
    assert any(re.search(complaint, fault) for fault in faults), faults


@pytest.mark.parametrize(
    ("profiles", "complaint"),
    [
        ({"quick": {"STEP": 1}}, r"\[01_sum.quick\] changes STEP, which is no parameter"),
    ],
)
def test_profiles_rule_finds_what_is_wrong(profiles: dict, complaint: str, helpers: Path):
    faults = list(RULES["profiles_change_only_parameters_it_has"](subject_of(good(), helpers, **profiles)))
    assert any(re.search(complaint, fault) for fault in faults), faults


@pytest.mark.parametrize("named", [{"rivals": ["guess", "clever"]}, {"document": "clever"}])
def test_a_rival_without_a_result_is_found(named: dict, helpers: Path):
    card = {"metric": "accuracy", "baseline": "guess", **named}
    faults = list(RULES["ends_with_its_results"](subject_of(good(), helpers, card=card)))
    assert len(faults) == 1 and "names the rival 'clever'" in faults[0]


def test_profiles_rule_misses_a_profile(helpers: Path):
    whole = subject_of(good(), helpers)
    lacking = Subject(whole.name, whole.text, {"card": {}, "smoke": {}, "gpu": {}}, helpers)
    faults = list(RULES["profiles_change_only_parameters_it_has"](lacking))
    assert faults == ["profiles.toml has no [01_sum.quick]"]


def test_a_missing_newline_at_the_end_is_found(helpers: Path):
    whole = subject_of(good(), helpers)
    cut = Subject(whole.name, whole.text.rstrip("\n"), whole.profiles, helpers)
    assert list(RULES["is_a_valid_notebook"](cut)) == ["does not end with a newline"]


@pytest.mark.parametrize(
    "text",
    [
        "model.predict(x)",
        "for row in model.predict(x):\n    print(row)",
        "[row for row in model.predict(x)]",
        "for name in names:\n    model.evaluate(x)",
        "class Net(keras.Model):\n    def call(self, x):\n        return self.inner.predict(x)",
    ],
)
def test_what_predicts_once_is_allowed(text: str, helpers: Path):
    notebook = good()
    work(text)(notebook)
    assert list(RULES["never_predicts_in_a_loop"](subject_of(notebook, helpers))) == []


def test_a_package_of_helpers_offers_what_it_lists(helpers: Path):
    notebook = good()
    notebook.cells[3].source += "\nfrom helpers import pantry\n\npantry.jam()"
    assert list(RULES["uses_only_public_helpers"](subject_of(notebook, helpers))) == []


@pytest.mark.parametrize(
    "text",
    [
        "def later():\n    plt.figure()",
        "plots.use_style()",
        "'''```\n# no title\n```'''",
    ],
)
def test_what_draws_nothing_needs_no_picture(text: str, helpers: Path):
    notebook = good()
    work(text)(notebook)
    assert list(RULES["shows_its_outputs"](subject_of(notebook, helpers))) == []


def test_every_rule_has_been_seen_to_fail():
    assert {case[0] for case in BROKEN} | {"profiles_change_only_parameters_it_has"} == set(RULES)
