"""Begin a recipe of your own: everything a recipe needs, around a toy task that works already.

    python scripts/new_recipe.py 30_tides

This writes the notebook, executed; its card and profiles; the loader `datasets.tides`, its test and sample;
and the lines in the lists of recipes and samples. `make test` passes on it as it is. What is yours to write
is marked TODO. All is tried out in a copy of the clone first, so that nothing is left half written.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import keyword
import re
import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import cook
import nbformat
import readme
from nbformat import NotebookNode
from recipes import ROOT, STUDY, CookbookError, environment, normalise, python_path, write

TEMPLATE = Path(__file__).resolve().parent / "template"
LONGEST = 24  # characters of a loader's name, so that no line becomes too long
COPIED = (
    "benchmarks",
    "data",
    "docs",
    "helpers",
    "notebooks",
    "tests",
    "README.md",
    "README.zh-CN.md",
    "pyproject.toml",
)
CHANGED = (
    "README.md",
    "README.zh-CN.md",
    "data/README.md",
    "helpers/datasets/__init__.py",
    "notebooks/profiles.toml",
)
SAMPLE = "draw(train=1_000, test=200, seed=2)"


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Begin a recipe; returns the exit code: 0, or 2 if it cannot be."""
    parser = argparse.ArgumentParser(description="Begin a recipe of your own: NN_name.")
    parser.add_argument("name", nargs="?", default="", help="such as 30_tides")
    options = parser.parse_args(argv)
    try:
        changed = begin(options.name.strip(), root)
    except CookbookError as error:
        print(f"new recipe: {error}", file=sys.stderr)
        return 2
    print("Written:", *(f"    {path}" for path in changed), sep="\n")
    print(f"The task is a toy so far, and it works: `make recipes ONLY={options.name}`, then `make test`.")
    print("What is yours is marked: grep -rn TODO notebooks helpers/datasets tests data")
    return 0


def begin(recipe: str, root: Path = ROOT) -> list[str]:
    """Write all files of a new recipe; returns their paths.

    Raises:
        CookbookError: for a name that will not do, or when a step fails. Then nothing has changed.
    """
    name = check_name(recipe, root)
    with tempfile.TemporaryDirectory(prefix="new-recipe-") as folder:
        copy = Path(folder) / "clone"
        skipped = shutil.ignore_patterns("__pycache__", ".*")
        for part in (root / name for name in COPIED):
            if part.is_dir():
                shutil.copytree(part, copy / part.name, ignore=skipped)
            else:
                shutil.copy(part, copy / part.name)
        before = {path: _content(copy / path) for path in CHANGED}
        print(f"Trying {recipe} out in a copy of this clone …", flush=True)
        changed = _write_all(copy, recipe, name)
        with environment(RNN_COOKBOOK_DATA=str(Path(folder) / "cache"), RNN_COOKBOOK_SOURCE=None):
            _execute(copy, recipe)
        _move(changed, copy, root, before)
    return changed


def check_name(recipe: str, root: Path) -> str:
    """The loader's name, `tides` of `30_tides`.

    Raises:
        CookbookError: for what is no name of a recipe, or one that is taken in whole or in part.
    """
    how = "two digits, an underscore, then small letters, digits and underscores, such as NAME=30_tides"
    if not (match := re.fullmatch(r"(\d\d)_([a-z][a-z0-9]*(?:_[a-z0-9]+)*)", recipe, re.ASCII)):
        raise CookbookError(f"a recipe's name is {how}; got NAME={recipe!r}")
    number, name = match.groups()
    if recipe.endswith(STUDY):
        raise CookbookError(f"{recipe} would be the study of a recipe: leave {STUDY} out")
    if len(name) > LONGEST:
        raise CookbookError(f"{name!r} has {len(name)} characters, {LONGEST} are the most after the number")
    taken = [
        path for path in sorted((root / "notebooks").glob(f"{number}_*.ipynb")) if STUDY not in path.stem
    ]
    if (root / "notebooks" / f"{recipe}.ipynb").exists():
        raise CookbookError(f"there is a recipe {recipe} already: notebooks/{recipe}.ipynb")
    if taken:
        numbers = {path.name[:2] for path in (root / "notebooks").glob("[0-9][0-9]_*.ipynb")}
        free = next(f"{number:02}" for number in range(100) if f"{number:02}" not in numbers)
        raise CookbookError(f"the number {number} is taken by {taken[0].stem}; {free} is free")
    offered = (root / "helpers" / "datasets" / "__init__.py").read_text(encoding="utf-8")
    if keyword.iskeyword(name) or name in ("fetch", "template") or re.search(rf"\b{name}\b", offered):
        raise CookbookError(
            f"the loader of {recipe} would be datasets.{name}, a name that is taken: choose another"
        )
    for path in (f"helpers/datasets/_{name}.py", f"tests/test_{name}.py", f"data/{name}-sample.csv.gz"):
        if (root / path).exists():
            raise CookbookError(
                f"{recipe} would need the file {path}, which is there already: choose another name"
            )
    return name


# --- the files ---------------------------------------------------------------------------------------------


def _write_all(root: Path, recipe: str, name: str) -> list[str]:
    """Everything but the notebook's outputs; returns the paths of all files that are new or changed."""

    def filled(file: str) -> str:
        text = (TEMPLATE / file).read_text(encoding="utf-8").replace("NN_template", recipe)
        title = name.replace("_", " ").capitalize()
        camel = "".join(part.capitalize() for part in name.split("_"))
        return text.replace("TITLE", title).replace("template", name).replace("Template", camel)

    sections = _read(root, "notebooks/profiles.toml").rstrip("\n") + "\n" + filled("profiles.txt")
    new = {
        f"helpers/datasets/_{name}.py": filled("_template.py"),
        f"tests/test_{name}.py": filled("test_template.py"),
        "helpers/datasets/__init__.py": _offered(_read(root, "helpers/datasets/__init__.py"), name),
        "notebooks/profiles.toml": sections,
    }
    for path, text in new.items():
        (root / path).write_text(text, encoding="utf-8", newline="\n")
    notebook = root / "notebooks" / f"{recipe}.ipynb"
    write(_notebook(filled("recipe.txt")), notebook)
    sample = root / "data" / f"{name}-sample.csv.gz"
    write_it = f"from helpers.datasets import _{name} as it; from pathlib import Path; import sys; "
    _python(root, "-c", f"{write_it}it.write_packed(Path(sys.argv[1]), it.{SAMPLE})", str(sample))
    digest = hashlib.sha256(sample.read_bytes()).hexdigest()
    rows = f"1,000 training and 200 test series | TODO, so far drawn by `helpers/datasets/_{name}.py`"
    row = f"| `{sample.name}` | {rows} | that of the cookbook | `{digest}` |\n"
    readme, count = re.subn(
        r"(^\| `[^\n]*\n)(?!\|)", rf"\1{row}", _read(root, "data/README.md"), flags=re.MULTILINE
    )
    if count != 1:
        raise CookbookError("data/README.md must hold one table of the samples")
    (root / "data" / "README.md").write_text(readme, encoding="utf-8", newline="\n")
    scripts = [path for path in new if path.endswith(".py")]
    _python(root, "-m", "ruff", "check", "--no-cache", "--fix", "--unsafe-fixes", *scripts)
    _python(root, "-m", "ruff", "format", "--no-cache", *scripts, str(notebook))
    return sorted(
        {*CHANGED, *new, notebook.relative_to(root).as_posix(), sample.relative_to(root).as_posix()}
    )


def _read(root: Path, path: str) -> str:
    return (root / path).read_text(encoding="utf-8")


def _offered(text: str, name: str) -> str:
    """`datasets/__init__.py` with one more loader; ruff puts the lines in order."""
    camel = "".join(part.capitalize() for part in name.split("_")) + "Data"
    line = f"from helpers.datasets._{name} import {camel}, {name}\n"
    text = text.replace("from helpers.datasets.fetch", f"{line}from helpers.datasets.fetch", 1)
    return text.replace("__all__ = [\n", f'__all__ = [\n    "{camel}",\n    "{name}",\n', 1)


def _notebook(draft: str) -> NotebookNode:
    """The notebook of a draft, whose cells begin with `%% markdown`, or `%%` and the cell's tags."""
    notebook = nbformat.v4.new_notebook()
    for part in re.split(r"^%%", draft, flags=re.MULTILINE)[1:]:
        kind, _, source = part.partition("\n")
        if kind.strip() == "markdown":
            cell = nbformat.v4.new_markdown_cell(source.strip("\n"))
        else:
            cell = nbformat.v4.new_code_cell(source.strip("\n"))
            if kind.strip():
                cell.metadata["tags"] = kind.split()
        cell["id"] = uuid.uuid4().hex[:8]
        notebook.cells.append(cell)
    return normalise(notebook)


# --- trying it out, and moving it into place ---------------------------------------------------------------


def _python(root: Path, *arguments: str) -> None:
    with environment(PYTHONPATH=python_path(root)):
        done = subprocess.run(
            [sys.executable, *arguments], cwd=root, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise CookbookError(
            f"python {' '.join(arguments[:3])} failed: {(done.stdout + done.stderr).strip()[-2_000:]}"
        )


def _execute(root: Path, recipe: str) -> None:
    """Cook the recipe in full, put its outputs into its notebook and its result into README's table."""
    for what, run in {
        "cook": lambda: cook.main(["--only", recipe, "--profile", "cpu", "--write-back"], root),
        "readme": lambda: readme.main([], root),
    }.items():
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = run()
        if code:
            raise CookbookError(
                f"{what} failed in the copy, nothing was written here:\n{said.getvalue().strip()}"
            )


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _move(changed: list[str], copy: Path, root: Path, before: dict[str, bytes | None]) -> None:
    """Put the files of the copy into the clone, all of them or none."""
    for path in changed:
        if _content(root / path) != before.get(path):
            raise CookbookError(f"{path} was changed meanwhile: run this again")
    try:
        for path in changed:
            (root / path).write_bytes((copy / path).read_bytes())
    except BaseException as error:
        for path in changed:
            if before.get(path) is None:
                (root / path).unlink(missing_ok=True)
            else:
                (root / path).write_bytes(before[path])
        if isinstance(error, OSError):
            raise CookbookError(f"the files cannot be written ({error}): nothing has changed") from error
        raise


if __name__ == "__main__":
    sys.exit(main())
