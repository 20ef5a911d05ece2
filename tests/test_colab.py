"""scripts/colab.py: one self-contained file per recipe, executed where there is no repository."""

from __future__ import annotations

import ast
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import colab
import kitchen
import nbformat
import pytest
import recipes
from nbclient import NotebookClient
from nbformat import NotebookNode

from helpers import datasets

ROOT = recipes.ROOT
# Spread over modules, so that following them shows.
LIBRARY = {
    "text": '''"""Texts, with a backslash \\\\n and quotes."""

from . import metrics


def words(text):
    """Split; \'\'\' and \\t inside."""
    return metrics.count(text.split())


def table(rows):
    import pandas

    return pandas.DataFrame(rows)
''',
    "metrics": '''"""Counts."""

import numpy as np


def count(items):
    return _length(items)


def _length(items):
    import tqdm

    return int(np.size(items)) + 0 * len(tqdm.__name__)


def unused():
    import yfinance
''',
    "lonely": '"""Nobody needs this."""\nimport tensorflow\n',
    "pantry/__init__": """from helpers.pantry._jam import jam
from helpers.pantry._wine import wine

__all__ = ["jam", "wine"]
""",
    "pantry/_jam": "from .tools import spoon\n\n\ndef jam():\n    return spoon()\n",
    "pantry/_wine": "from .tools import corkscrew\n\n\ndef wine():\n    return corkscrew()\n",
    "pantry/tools/__init__": "from .steel import corkscrew, spoon\n",
    "pantry/tools/steel": """from ... import text


def spoon():
    import tqdm

    return text.words("a " * len(tqdm.__name__))


def corkscrew():
    import pandas
""",
}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A cookbook of one recipe that uses the modules above."""
    recipe = kitchen.with_outputs(kitchen.notebook(work="import numpy\n\nassert text.words('a b') == 2"))
    recipe.cells[1].source = kitchen.SETUP.replace("import runtime", "import runtime, text")
    root = kitchen.cookbook(tmp_path / "book", recipe)
    for name, source in LIBRARY.items():
        (root / "helpers" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "helpers" / f"{name}.py").write_text(source, encoding="utf-8")
    requirements = "ipython>=8  # shows pictures\nnumpy>=1.26\npandas>=2\ntqdm>=4\nyfinance\n"
    (root / "requirements.txt").write_text(requirements, encoding="utf-8")
    return root


def run(edition: NotebookNode, folder: Path, monkeypatch: pytest.MonkeyPatch) -> NotebookNode:
    """Execute an edition in an empty folder, the repository out of reach; returns it with outputs.

    A last cell makes sure that the helpers in use are those that the edition brought.
    """
    folder.mkdir()
    for name in ("PYTHONPATH", "RNN_COOKBOOK_BUILD", "RNN_COOKBOOK_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    proof = "import os, helpers\nprint(os.path.realpath(os.path.dirname(helpers.__file__)))"
    edition.cells.append(nbformat.v4.new_code_cell(proof))
    client = NotebookClient(
        edition,
        timeout=600,
        kernel_name="python3",
        kernel_manager_class=recipes.ThisKernelManager,
        resources={"metadata": {"path": str(folder)}},
    )
    done = client.execute()
    assert recipes.printed(done.cells.pop()).strip() == str((folder / "helpers").resolve())
    return done


def source_of(edition: NotebookNode, name: str) -> str:
    return next(cell.source for cell in edition.cells if cell.id == name)


def carried(edition: NotebookNode) -> dict[str, str]:
    """Module name → text in the helpers cell, read off its syntax tree."""
    body = ast.parse(source_of(edition, "colab-helpers")).body
    pairs = [(node.targets[0], node.value) for node in body if isinstance(node, ast.Assign)]
    return {
        target.slice.value: ast.literal_eval(value)
        for target, value in pairs
        if isinstance(target, ast.Subscript)
    }


def needed(edition: NotebookNode) -> dict[str, str]:
    """Import name → requirement in the packages cell."""
    tree = ast.parse(source_of(edition, "colab-packages"))
    return next(ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign))


def test_carries_the_helpers_it_uses_and_no_other(book: Path):
    made = colab.edition(recipes.load(book)[0], book)
    assert sorted(carried(made)) == ["__init__", "metrics", "runtime", "text"]
    for name, text in carried(made).items():
        assert text == (book / "helpers" / f"{name}.py").read_text(encoding="utf-8")


def test_needs_only_the_packages_that_the_recipe_reaches(book: Path):
    made = colab.edition(recipes.load(book)[0], book)
    # not pandas or yfinance, which only functions import that the recipe never calls
    assert needed(made) == {"IPython": "ipython>=8", "numpy": "numpy>=1.26", "tqdm": "tqdm>=4"}


PANTRY = ["__init__", "metrics", "pantry/__init__", "pantry/_jam", "pantry/_wine", "pantry/tools/__init__"]
PANTRY += ["pantry/tools/steel", "runtime", "text"]


@pytest.mark.parametrize(
    "line", ["from helpers import pantry\n\njam = pantry.jam", "from helpers.pantry import jam"]
)
def test_a_package_of_helpers_travels_whole_and_needs_what_is_used_of_it(
    book: Path, tmp_path: Path, monkeypatch, line: str
):
    recipe = recipes.load(book)[0]
    notebook = recipe.read()
    notebook.cells[1].source = kitchen.SETUP
    notebook.cells[3].source = f"{line}\n\nassert jam() == 4"
    nbformat.write(notebook, recipe.path)
    made = colab.edition(recipe, book)
    assert sorted(carried(made)) == PANTRY
    assert needed(made) == {"IPython": "ipython>=8", "numpy": "numpy>=1.26", "tqdm": "tqdm>=4"}
    run(made, tmp_path / "empty", monkeypatch)


def test_keras_brings_its_backend(book: Path):
    (book / "requirements.txt").write_text(
        "ipython\nkeras>=3.8\nnumpy\ntensorflow>=2.18\ntqdm\n", encoding="utf-8"
    )
    recipe = recipes.load(book)[0]
    notebook = recipe.read()
    notebook.cells[3].source += "\nfrom keras import layers"
    nbformat.write(notebook, recipe.path)
    wanted = needed(colab.edition(recipe, book))
    assert wanted["keras"] == "keras>=3.8"
    assert wanted["tensorflow"] == "tensorflow>=2.18"


def test_packages_that_come_along_with_others_are_left_to_them(tmp_path: Path):
    listed = tmp_path / "requirements.txt"
    listed.write_text("# plots\nmatplotlib>=3.9\nScikit_Learn>=1.5  # baseline\n", encoding="utf-8")
    found = colab.requirements({"matplotlib", "cycler", "sklearn"}, listed)
    assert found == {"matplotlib": "matplotlib>=3.9", "sklearn": "Scikit_Learn>=1.5"}


def test_a_helper_that_does_not_exist(book: Path):
    (book / "helpers/metrics.py").unlink()
    with pytest.raises(
        recipes.CookbookError, match=r"helpers/metrics.py is imported, but there is no such file"
    ):
        colab.edition(recipes.load(book)[0], book)


def with_program(book: Path) -> recipes.Recipe:
    """The first recipe, which imports scripts/twice.py."""
    (book / "scripts").mkdir(exist_ok=True)
    (book / "scripts" / "twice.py").write_text("def twice(x):\n    return 2 * x\n", encoding="utf-8")
    recipe = recipes.load(book)[0]
    notebook = recipe.read()
    notebook.cells[3].source = "from scripts import twice\n\nassert twice.twice(4) == 8"
    nbformat.write(notebook, recipe.path)
    return recipe


def test_a_program_that_a_recipe_starts_travels_along(book: Path, tmp_path: Path, monkeypatch):
    made = colab.edition(with_program(book), book)
    assert [cell.id for cell in made.cells[1:4]] == ["colab-packages", "colab-helpers", "colab-programs"]
    run(made, tmp_path / "empty", monkeypatch)
    assert (tmp_path / "empty/scripts/twice.py").read_text(encoding="utf-8").startswith("def twice")


def test_a_program_that_does_not_exist(book: Path):
    recipe = with_program(book)
    (book / "scripts/twice.py").unlink()
    with pytest.raises(recipes.CookbookError, match=r"scripts/twice.py is imported, but there is no such"):
        colab.edition(recipe, book)


def test_outputs_and_the_path_line_are_gone_and_parameters_stay(book: Path):
    recipe = recipes.load(book)[0]
    made = colab.edition(recipe, book)
    assert made.cells[0].source == recipe.read().cells[0].source
    assert [cell.id for cell in made.cells[1:3]] == ["colab-packages", "colab-helpers"]
    assert all(cell.metadata.cellView == "form" for cell in made.cells[1:3])
    assert all(not cell.outputs and cell.execution_count is None for cell in recipes.code_cells(made))
    assert made.cells[3].source.split("\n")[0] == "import base64"  # `import sys` was for the path alone
    assert "sys.path" not in made.cells[3].source
    assert made.cells[4].source == kitchen.PARAMETERS
    assert recipes.tags(made.cells[4]) == ["parameters"]
    nbformat.validate(made)


@pytest.mark.parametrize(
    ("setup", "rest", "expected"),
    [
        ('import sys\n\nsys.path.insert(0, "..")  # why\n\nx = 1', "", "x = 1"),
        ('import sys\n\n# why\nsys.path.insert(0, "..")\n\nx = sys.argv', "", "import sys\n\nx = sys.argv"),
        ('import sys\nsys.path.insert(0, "..")\n\nx = 1', "sys.exit()", "import sys\n\nx = 1"),
        ("x = 1", "", "x = 1"),
    ],
)
def test_drop_path_line(setup: str, rest: str, expected: str):
    made = nbformat.v4.new_notebook(cells=[kitchen.code(setup), kitchen.code(rest)])
    colab._drop_path_line(made)
    assert made.cells[0].source == expected


def test_a_path_line_that_shares_its_line(tmp_path: Path):
    made = nbformat.v4.new_notebook(cells=[kitchen.code('x = 1; sys.path.insert(0, "..")')])
    with pytest.raises(recipes.CookbookError, match="on a line of its own"):
        colab._drop_path_line(made)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain\n",
        "'''\n",
        '"""\n',
        "'''\"\"\"\n",
        "back\\slash\n",
        "ends with '",
        'r"""\\"""',
        "\\",
        "{x}\n",
    ],
)
def test_literal_reads_as_the_text(text: str):
    assert ast.literal_eval(colab._literal(text)) == text


def test_same_input_same_bytes(book: Path):
    target = book / "build/colab/01_sum.ipynb"
    assert colab.main([], book) == 0
    first = target.read_bytes()
    assert colab.main([], book) == 0
    assert target.read_bytes() == first


def test_badges(book: Path, capsys):
    assert colab.main(["--repo", "me/my-book"], book) == 0
    address = "https://colab.research.google.com/github/me/my-book/blob/colab/01_sum.ipynb"
    edition = nbformat.read(book / "build/colab/01_sum.ipynb", as_version=4)
    assert edition.cells[0].source.endswith(f"]({address})")
    assert edition.cells[1].source.startswith("# Sums")
    readme = (book / "build/colab/README.md").read_text(encoding="utf-8")
    assert f"| [01 Sums](01_sum.ipynb) | {colab._badge(address)} | " in readme
    kaggle = "https://kaggle.com/kernels/welcome?src=https://github.com/me/my-book/blob/colab/01_sum.ipynb"
    assert f"]({kaggle}) | " in readme and "](https://codespaces.new/me/my-book) |\n" in readme
    assert address in capsys.readouterr().out


def test_a_repository_that_is_no_repository(book: Path, capsys):
    assert colab.main(["--repo", "https://github.com/me/my-book"], book) == 2
    assert "owner/name" in capsys.readouterr().err


def test_too_large(book: Path, capsys, monkeypatch):
    monkeypatch.setattr(colab, "LIMIT", 1000)
    assert colab.main([], book) == 2
    assert "bytes, over 1,000" in capsys.readouterr().err


def test_the_tiny_recipe_runs_alone(book: Path, tmp_path: Path, monkeypatch):
    made = colab.edition(recipes.load(book)[0], book)
    shutil.move(book, tmp_path / "away")
    done = run(made, tmp_path / "empty", monkeypatch)
    assert recipes.results_of(done)["metrics"] == {"accuracy": 0.78}
    assert (tmp_path / "empty/build/results/01_sum.json").exists()


def test_missing_packages_are_installed_and_no_other(book: Path, monkeypatch):
    """The packages cell, its search and pip replaced, asks pip for exactly what is not there."""
    import importlib.util
    import subprocess

    asked: list[list[str]] = []
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "tqdm" else object())
    monkeypatch.setattr(subprocess, "run", lambda command, check: asked.append(command[1:]))
    exec(source_of(colab.edition(recipes.load(book)[0], book), "colab-packages"), {})
    ((*install, pins, wanted),) = asked
    assert [*install, wanted] == ["-m", "pip", "install", "--quiet", "--constraint", "tqdm>=4"]
    kept = Path(pins).read_text(encoding="utf-8").split("\n")
    assert f"nbformat=={nbformat.__version__}" in kept  # what is there keeps its version


def test_what_is_there_can_be_kept_in_its_version(book: Path, tmp_path: Path, monkeypatch):
    """pip understands the list of what is there, and finds nothing to do."""
    import importlib.util
    import subprocess

    asked: list[list[str]] = []
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(subprocess, "run", lambda command, check: asked.append(command))
    exec(source_of(colab.edition(recipes.load(book)[0], book), "colab-packages"), {})
    monkeypatch.undo()
    pins = asked[0][asked[0].index("--constraint") + 1]
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--no-deps"]
    done = subprocess.run([*command, "--constraint", pins, "nbformat"], capture_output=True, text=True)
    assert done.returncode == 0 and "already satisfied: nbformat" in done.stdout, done.stderr


def test_a_sample_read_by_name_travels_along(book: Path):
    recipe = recipes.load(book)[0]
    notebook = recipe.read()
    notebook.cells.append(nbformat.v4.new_code_cell('twins = datasets.jam("bundled")'))
    (book / "data").mkdir()
    (book / "data/jam-sample.csv.gz").write_bytes(b"rows")
    (book / "data/README.md").write_bytes(b"not this")
    home = colab.Module("datasets._jam", 'SAMPLE, OTHER = "jam-sample.csv.gz", "none.csv.gz"\ndef jam(): ...')
    library = {"datasets": colab.Module("datasets", "from ._jam import jam", True), home.name: home}
    assert colab._samples(notebook, book, library) == {"jam-sample.csv.gz": "cm93cw=="}
    assert colab._samples(recipe.read(), book, library) == {}


def test_every_sample_belongs_to_a_loader():
    library = colab.uses(nbformat.v4.new_notebook(), ROOT / "helpers").library
    found = set()
    for loader in datasets.__all__:
        call = nbformat.v4.new_code_cell(f'datasets.{loader}("bundled")')
        found |= colab._samples(nbformat.v4.new_notebook(cells=[call]), ROOT, library).keys()
    assert found == {path.name for path in (ROOT / "data").iterdir()} - {"README.md"}


def real_recipes() -> Iterator[recipes.Recipe]:
    """Every recipe of this cookbook; none while there is no notebook."""
    if any((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        yield from recipes.load()


@pytest.mark.parametrize("recipe", real_recipes(), ids=lambda recipe: recipe.name)
def test_edition_is_small_and_brings_its_helpers(recipe: recipes.Recipe):
    """That it runs in an empty folder is shown by the step `notebooks` of `make test`."""
    made = colab.edition(recipe)
    assert len(nbformat.writes(made).encode()) < colab.LIMIT
    brought = carried(made)
    assert {"__init__", "runtime"} <= brought.keys()
    assert not any('sys.path.insert(0, "..")' in cell.source for cell in recipes.code_cells(made))
