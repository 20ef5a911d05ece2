"""The Colab edition: each recipe as one file to upload, with nothing to clone.

    python scripts/colab.py                      build/colab/NN_name.ipynb
    python scripts/colab.py --repo owner/name    with "Open in Colab" badges too, and build/colab/README.md

An edition is the committed notebook without its outputs, plus two to four cells below the title: one
installs the packages that are not there yet, one writes the helper modules that the recipe uses to
`./helpers/`, one the programs that it starts to `./scripts/`, and one the samples that a cell reads by name.
They travel as plain text and become real files, rather than modules made in memory: a reader can open and
change them, tracebacks show their lines, and the notebook's imports stay exactly as they are.
"""

from __future__ import annotations

import argparse
import ast
import base64
import contextlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from packaging.requirements import Requirement
from recipes import (
    ROOT,
    CookbookError,
    Recipe,
    absolute_paths,
    choose,
    code_cells,
    load,
    normalise,
    without_outputs,
    write,
)

PACKAGE = "helpers"
LIMIT = 1_000_000  # bytes of one edition
# Where the name one imports is not the name one installs.
DISTRIBUTIONS = {"sklearn": "scikit-learn", "PIL": "pillow", "yaml": "pyyaml"}
# Keras needs a backend; the cookbook's is TensorFlow.
ALONG = {"keras": ("tensorflow",)}


# --- what a recipe uses ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Module:
    """One helper module: its name below the package, its text, and what its parts refer to."""

    name: str
    source: str
    is_package: bool = False

    @property
    def file(self) -> str:
        """Where it belongs below the package's folder, without `.py`."""
        return self.name.replace(".", "/") + "/__init__" * self.is_package

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @cached_property
    def definitions(self) -> dict[str, ast.stmt]:
        """Functions and classes of the module by name: they run only when used."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        return {node.name: node for node in self.tree.body if isinstance(node, kinds)}

    @cached_property
    def borrowed(self) -> dict[str, tuple[str, str]]:
        """Names that it imports from other helper modules: alias → (module, name there)."""
        return {
            alias: (module.partition(".")[2], name)
            for node in self.tree.body
            for module, name, alias in _imports(node, self)
            if name is not None and module.startswith(f"{PACKAGE}.")
        }


@dataclass
class Uses:
    """What was found so far: helper modules, the names used of each, imported top-level packages."""

    library: dict[str, Module]
    modules: set[str] = field(default_factory=set)
    names: set[tuple[str, str]] = field(default_factory=set)
    packages: set[str] = field(default_factory=set)

    def scan(self, nodes: list[ast.AST], within: Module | None = None) -> None:
        """Follow the imports in `nodes`, and what they use of the helper modules.

        Args:
            nodes: statements of a notebook or of a helper module.
            within: that helper module. What it imports by name counts only where the nodes use it.
        """
        walked = [node for top in nodes for node in ast.walk(top)]
        aliases: dict[str, str] = {}
        for node in walked:
            for module, name, alias in _imports(node, within):
                self._import(module, name, alias, aliases, counts=within is None)
        for node in walked:
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id in aliases
            ):
                self._name(aliases[node.value.id], node.attr)

    def _import(
        self, module: str, name: str | None, alias: str, aliases: dict[str, str], counts: bool
    ) -> None:
        top, _, rest = module.partition(".")
        if top != PACKAGE:
            if top and top not in sys.stdlib_module_names:
                self.packages.add(top)
            return
        self._module("__init__")
        if rest:
            self._module(rest)
        inner = f"{rest}.{name}".lstrip(".")
        if name is None:  # import helpers.text as text
            aliases[alias] = rest
        elif not rest or inner in self.library:  # from helpers import text
            aliases[alias] = inner
            self._module(inner)
        elif counts:  # from helpers.text import Vocabulary
            self._name(rest, name)

    def _module(self, name: str) -> None:
        if name in self.modules:
            return
        if outer := name.rpartition(".")[0]:
            self._module(outer)
        if name not in self.library:
            file = name.replace(".", "/")
            raise CookbookError(f"{PACKAGE}/{file}.py is imported, but there is no such file")
        self.modules.add(name)
        module = self.library[name]
        # What stands at the top level of a module always runs; of its functions and classes only those that
        # the recipe reaches need their packages.
        self._follow(module, [node for node in module.tree.body if node not in module.definitions.values()])

    def _name(self, module: str, name: str) -> None:
        if (module, name) in self.names or module not in self.library:
            return
        self.names.add((module, name))
        found = self.library[module]
        if name in found.definitions:
            self._follow(found, [found.definitions[name]])
        elif name in found.borrowed:
            self._name(*found.borrowed[name])

    def _follow(self, module: Module, nodes: list[ast.stmt]) -> None:
        """What statements of a helper module use, of this module and of those it imports."""
        imports = [node for node in module.tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
        self.scan([*imports, *nodes], module)
        for node in (inner for top in nodes for inner in ast.walk(top)):
            if isinstance(node, ast.Name) and (node.id in module.definitions or node.id in module.borrowed):
                self._name(module.name, node.id)


def _imports(node: ast.AST, within: Module | None) -> Iterator[tuple[str, str | None, str]]:
    """`(module, name or None, alias)` of an import statement; a relative one is that of a helper module."""
    if isinstance(node, ast.Import):
        for item in node.names:
            yield item.name, None, item.asname or item.name
    elif isinstance(node, ast.ImportFrom):
        module = node.module or ""
        if node.level and within:
            folders = [PACKAGE, *within.file.split("/")[:-1]]
            module = ".".join([*folders[: len(folders) + 1 - node.level], *module.split(".")]).rstrip(".")
        for item in node.names:
            yield module, item.name, item.asname or item.name


def uses(notebook: NotebookNode, helpers: Path) -> Uses:
    """Which helper modules and packages a notebook needs, helper modules followed to what they import.

    Read off the syntax trees. A package imported inside a function of a helper counts only if the notebook
    reaches that function by name, so that no recipe installs another's dependency.

    Raises:
        CookbookError: if a helper module that is imported does not exist.
    """
    library = {}
    for path in sorted(helpers.rglob("*.py")):
        parts = path.relative_to(helpers).with_suffix("").parts
        is_package = len(parts) > 1 and parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        library[name] = Module(name, path.read_text(encoding="utf-8"), is_package)
    found = Uses(library)
    found.scan([ast.parse(cell.source) for cell in code_cells(notebook)])
    for package in sorted(found.packages & ALONG.keys()):
        found.packages.update(ALONG[package])
    return found


def requirements(packages: set[str], source: Path) -> dict[str, str]:
    """Import name → requirement with its lowest version, for those packages that `requirements.txt` lists.

    What it does not list comes along with something it lists (as cycler does with matplotlib), or belongs to
    a backend that only runs where somebody chose it.
    """
    lines = (line.partition("#")[0].strip() for line in source.read_text(encoding="utf-8").splitlines())
    listed = {_key(Requirement(line).name): line for line in lines if line}
    wanted = {package: _key(DISTRIBUTIONS.get(package, package)) for package in sorted(packages)}
    return {package: listed[key] for package, key in wanted.items() if key in listed}


def _key(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


# --- the edition -------------------------------------------------------------------------------------------

PACKAGES_CELL = """\
#@title Packages: installs what is missing here, leaves alone what is there
import importlib.metadata
import importlib.util
import pathlib
import subprocess
import sys
import tempfile

NEEDED = {needed}
missing = [wanted for name, wanted in NEEDED.items() if importlib.util.find_spec(name) is None]
if missing:
    print("Installing", ", ".join(missing))
    there = {{d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}}
    pins = pathlib.Path(tempfile.mkdtemp(), "there.txt")  # what is there keeps its version
    pins.write_text("\\n".join(f"{{name}}=={{version}}" for name, version in there.items() if name))
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--constraint", str(pins)]
    subprocess.run([*install, *missing], check=True)
else:
    print("Every package this recipe needs is here.")"""

HELPERS_CELL = """\
#@title Helpers: writes the cookbook's modules that this recipe uses to ./helpers/ (run once; open to read)
import importlib
import pathlib
import sys

MODULES = {{}}
{modules}
folder = pathlib.Path.cwd() / "helpers"
folder.mkdir(exist_ok=True)
for name, text in MODULES.items():
    (folder / f"{{name}}.py").parent.mkdir(parents=True, exist_ok=True)
    (folder / f"{{name}}.py").write_text(text, encoding="utf-8")
if str(folder.parent) not in sys.path:
    sys.path.insert(0, str(folder.parent))
importlib.invalidate_caches()
print("Wrote", ", ".join(f"helpers/{{name}}.py" for name in MODULES))"""

PROGRAMS_CELL = """\
#@title Programs: writes what this recipe starts in processes of its own to ./scripts/ (open to read)
import pathlib

PROGRAMS = {{}}
{programs}
folder = pathlib.Path.cwd() / "scripts"
folder.mkdir(exist_ok=True)
for name, text in PROGRAMS.items():
    (folder / f"{{name}}.py").write_text(text, encoding="utf-8")"""

SAMPLES_CELL = """\
#@title Samples: writes the small data sets that a cell below asks for by name to ./data/
import base64
import pathlib

SAMPLES = {samples}
folder = pathlib.Path.cwd() / "data"
folder.mkdir(exist_ok=True)
for name, content in SAMPLES.items():
    (folder / name).write_bytes(base64.b64decode(content))"""


def edition(recipe: Recipe, root: Path = ROOT, address: str | None = None) -> NotebookNode:
    """One recipe as a notebook that needs no repository.

    Args:
        recipe: which.
        root: the repository.
        address: where a badge should lead; None for no badge.

    Raises:
        CookbookError: if the notebook or the helpers cannot travel alone, with the reason.
    """
    notebook = without_outputs(normalise(recipe.read()))
    found = uses(notebook, root / PACKAGE)
    needed = requirements(found.packages, root / "requirements.txt")
    _drop_path_line(notebook)
    modules = "".join(
        f"MODULES[{json.dumps(module.file)}] = {_literal(module.source)}\n"
        for module in sorted((found.library[name] for name in found.modules), key=lambda module: module.file)
    )
    table = "{\n" + "".join(f"    {json.dumps(k)}: {json.dumps(v)},\n" for k, v in needed.items()) + "}"
    added = [_hidden("colab-packages", PACKAGES_CELL.format(needed=table))]
    if found.modules:
        added.append(_hidden("colab-helpers", HELPERS_CELL.format(modules=modules)))
    if programs := _programs(notebook, root):
        written = "".join(
            f"PROGRAMS[{json.dumps(name)}] = {_literal(source)}\n" for name, source in programs.items()
        )
        added.append(_hidden("colab-programs", PROGRAMS_CELL.format(programs=written)))
    if samples := _samples(notebook, root, found.library):
        added.append(_hidden("colab-samples", SAMPLES_CELL.format(samples=json.dumps(samples, indent=4))))
    notebook.cells[1:1] = added
    if address:
        badge = nbformat.v4.new_markdown_cell(_badge(address))
        badge["id"] = "colab-badge"
        notebook.cells.insert(0, badge)
    notebook.metadata["colab"] = {"provenance": [], "toc_visible": True}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    if paths := absolute_paths(notebook):
        raise CookbookError(f"{recipe.name}: the Colab edition holds a path of this machine ({paths[0]})")
    return notebook


def _programs(notebook: NotebookNode, root: Path) -> dict[str, str]:
    """The scripts that a notebook imports, because it runs them in other processes: name → source."""
    names = [
        name
        for cell in code_cells(notebook)
        for node in ast.walk(ast.parse(cell.source))
        for module, name, _ in _imports(node, None)
        if module == "scripts" and name
    ]
    files = {name: root / "scripts" / f"{name}.py" for name in dict.fromkeys(names)}
    if missing := [name for name, file in files.items() if not file.is_file()]:
        raise CookbookError(f"scripts/{missing[0]}.py is imported, but there is no such file")
    return {name: file.read_text(encoding="utf-8") for name, file in files.items()}


def _samples(notebook: NotebookNode, root: Path, library: dict[str, Module]) -> dict[str, str]:
    """The samples that cells read by a call like `datasets.imdb("bundled")`: file name → base64.

    They travel along whatever DATA says. A loader's sample is the file of `data/` that its module names.
    """
    source = "\n".join(cell.source for cell in code_cells(notebook))
    loaders = sorted(set(re.findall(r"""datasets\.(\w+)\(["']bundled["']\)""", source)))
    files = {path.name: path for path in (root / "data").glob("*")}
    homes = [library["datasets"].borrowed.get(loader, ("", ""))[0] for loader in loaders]
    named = [
        node.value
        for home in homes
        if home in library
        for node in ast.walk(library[home].tree)
        if isinstance(node, ast.Constant) and node.value in files
    ]
    return {name: base64.b64encode(files[name].read_bytes()).decode() for name in dict.fromkeys(named)}


def _hidden(name: str, source: str) -> NotebookNode:
    """A code cell that Colab and JupyterLab show folded."""
    cell = nbformat.v4.new_code_cell(source)
    cell["id"] = name
    cell.metadata |= {"cellView": "form", "jupyter": {"source_hidden": True}}
    return cell


def _literal(text: str) -> str:
    """A Python literal of `text` that people can read: between triple quotes wherever that is the same."""
    for quotes in ("'''", '"""'):
        literal = f"r{quotes}{text}{quotes}" if "\\" in text else f"{quotes}\\\n{text}{quotes}"
        with contextlib.suppress(SyntaxError):
            if ast.literal_eval(literal) == text:
                return literal
    return repr(text)


def _drop_path_line(notebook: NotebookNode) -> None:
    """Take `sys.path.insert(0, "..")` out of the set-up cell, with its comment, and `import sys` if that was
    all it was for: in Colab there is no repository one folder up.
    """
    cells = code_cells(notebook)
    for cell in cells:
        tree = ast.parse(cell.source)
        doomed = [node for node in tree.body if _is_path_line(node)]
        if not doomed:
            continue
        elsewhere = [ast.parse(other.source) for other in cells if other is not cell]
        kept = [node for node in tree.body if node not in doomed]
        if not any(
            isinstance(node, ast.Name) and node.id == "sys"
            for top in (*kept, *elsewhere)
            for node in ast.walk(top)
        ):
            doomed += [node for node in kept if ast.unparse(node) == "import sys"]
        cell.source = _without(cell.source, tree, doomed)


def _is_path_line(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and re.fullmatch(r"sys\.path\.(insert\(0, |append\()'\.\.'\)", ast.unparse(node)) is not None
    )


def _without(source: str, tree: ast.Module, doomed: list[ast.stmt]) -> str:
    """The source without the lines of some statements and the comment lines that stand right above them."""
    kept = {
        line for node in tree.body if node not in doomed for line in range(node.lineno, node.end_lineno + 1)
    }
    lines = source.split("\n")
    gone: set[int] = set()
    for node in doomed:
        if shared := kept & set(range(node.lineno, node.end_lineno + 1)):
            raise CookbookError(
                f"put {ast.unparse(node)!r} on a line of its own, not beside other code (line {shared.pop()})"
            )
        first = node.lineno
        while first > 1 and lines[first - 2].lstrip().startswith("#"):
            first -= 1
        gone.update(range(first, node.end_lineno + 1))
    text = "\n".join(line for number, line in enumerate(lines, start=1) if number not in gone)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


# --- where to open an edition ------------------------------------------------------------------------------


def check_repo(repo: str | None) -> None:
    """Refuse what is no GitHub repository's name."""
    if repo and not re.fullmatch(r"[\w.-]+/[\w.-]+", repo):
        raise CookbookError(f"REPO must be owner/name, as in a GitHub address, got {repo!r}")


def _badge(address: str) -> str:
    return f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({address})"


def _address(repo: str, branch: str, recipe: Recipe) -> str:
    return f"https://colab.research.google.com/github/{repo}/blob/{branch}/{recipe.name}.ipynb"


def places(repo: str, branch: str, recipe: Recipe) -> list[tuple[str, str]]:
    """`(address, name)` of the services that open a published edition, or the whole repository."""
    file = f"https://github.com/{repo}/blob/{branch}/{recipe.name}.ipynb"
    return [
        (_address(repo, branch, recipe), "Open in Colab"),
        (f"https://kaggle.com/kernels/welcome?src={file}", "Open in Kaggle"),
        (f"https://codespaces.new/{repo}", "Open in Codespaces"),
    ]


BADGES = {
    "Open in Colab": "https://colab.research.google.com/assets/colab-badge.svg",
    "Open in Kaggle": "https://kaggle.com/static/images/open-in-kaggle.svg",
    "Open in Codespaces": "https://github.com/codespaces/badge.svg",
}


def _badges(recipes: list[Recipe], repo: str, branch: str) -> str:
    rows = "".join(
        f"| [{recipe.name[:2]} {title}]({recipe.name}.ipynb) | {' | '.join(shown)} |\n"
        for recipe in recipes
        for title in [str(recipe.card["title"]).replace("|", "\\|")]
        for shown in [[f"[![{name}]({BADGES[name]})]({url})" for url, name in places(repo, branch, recipe)]]
    )
    return f"""# The recipes for Colab

One self-contained notebook per recipe, made by `make colab REPO={repo}`.
Codespaces opens the whole repository.

| Recipe | | | |
| --- | --- | --- | --- |
{rows}
The badges look for these files at the top of the branch `{branch}` of <https://github.com/{repo}>.
To publish this folder there, replacing what that branch held:

```sh
git -C build/colab init --initial-branch {branch}
git -C build/colab add .
git -C build/colab commit --message "Colab editions"
git -C build/colab push --force https://github.com/{repo} {branch}
```
"""


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Write the editions; returns the exit code."""
    parser = argparse.ArgumentParser(description="Write each recipe as one self-contained file for Colab.")
    parser.add_argument("--only", help="names, numbers or beginnings of names, separated by commas")
    parser.add_argument("--repo", metavar="OWNER/NAME", help="GitHub repository: adds Open in Colab badges")
    parser.add_argument(
        "--branch", default="colab", help="branch that will hold the editions (default: colab)"
    )
    options = parser.parse_args(argv)
    folder = root / "build" / "colab"
    try:
        check_repo(options.repo)
        recipes = choose(load(root), options.only)
        for recipe in recipes:
            address = _address(options.repo, options.branch, recipe) if options.repo else None
            path = folder / f"{recipe.name}.ipynb"
            write(edition(recipe, root, address), path)
            size = path.stat().st_size
            if size > LIMIT:
                raise CookbookError(f"{recipe.name}: the Colab edition has {size:,} bytes, over {LIMIT:,}")
            print(f"{path.relative_to(root).as_posix()}  {size / 1000:.0f} kB")
    except CookbookError as error:
        print(f"colab: {error}", file=sys.stderr)
        return 2
    if options.repo:
        readme = folder / "README.md"
        readme.write_text(_badges(recipes, options.repo, options.branch), encoding="utf-8", newline="\n")
        print(f"\n{readme.relative_to(root).as_posix()} holds the badges and how to publish them:\n")
        for recipe in recipes:
            print(_badge(_address(options.repo, options.branch, recipe)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
