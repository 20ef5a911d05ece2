"""A cookbook of two tiny recipes that run in a second, for the tests of the scripts: no TensorFlow in it."""

from __future__ import annotations

import copy
from pathlib import Path

import nbformat
from nbformat import NotebookNode

# One grey pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="

RUNTIME = '''"""A stand-in for the real module."""

import json
import os
from pathlib import Path

__all__ = ["save_results"]


def save_results(recipe, *, metrics, baselines, source):
    """Write the results file and print it."""
    results = {
        "recipe": recipe,
        "profile": os.environ.get("RNN_COOKBOOK_PROFILE", "cpu"),
        "source": source,
        "seconds": 75,
        "device": "CPU, 2 cores",
        "metrics": metrics,
        "baselines": baselines,
    }
    path = Path(os.environ.get("RNN_COOKBOOK_BUILD") or "build") / "results" / f"{recipe}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results) + "\\n", encoding="utf-8")
    print(json.dumps(results))
'''

PROFILES = """
[01_sum.card]
title = "Sums"
summary = "Adds <things> up."
metric = "accuracy"
metric_label = "accuracy"
baseline = "guess"
baseline_label = "guessing"
format = "percent"
better = "higher"

[01_sum.smoke]
STEPS = 1
DATA = "bundled"

[01_sum.quick]
STEPS = 2

[01_sum.gpu]
STEPS = 9

[02_more.card]
title = "More | sums"
summary = "Adds more."
metric = "error"
metric_label = "error"
baseline = "guess"
baseline_label = "guessing"
format = "number"
unit = "points"
better = "lower"

[02_more.smoke]

[02_more.quick]

[02_more.gpu]
"""

SETUP = """import sys

sys.path.insert(0, "..")  # the helpers package lies beside this folder

import base64

from IPython.display import Image, display

from helpers import runtime"""

PARAMETERS = """SEED = 7  # makes runs repeatable, in [0, 4294967295]
DATA = "auto"  # where the data comes from
STEPS = 3  # how many terms, in [1, 100]
LOG_DIR = None  # a folder turns logging on"""


def code(source: str, *tags: str) -> NotebookNode:
    """A code cell."""
    cell = nbformat.v4.new_code_cell(source)
    if tags:
        cell.metadata["tags"] = list(tags)
    return cell


def notebook(
    name: str = "01_sum", metric: str = "accuracy", work: str = "total = sum(range(STEPS))"
) -> NotebookNode:
    """A recipe of the cookbook's anatomy, without outputs."""
    result = f'metrics={{"{metric}": 0.75 + STEPS / 100}}, baselines={{"guess": 0.5, "document_recipe": 0.7}}'
    made = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# Sums\n\nAdds things up."),
            code(SETUP),
            code(PARAMETERS, "parameters"),
            code(work, "one-page"),
            code(f'display(Image(data=base64.b64decode("{PNG}")))', "gallery"),
            code("print(1 + 1)", "nbval-check-output"),
            code(f'runtime.save_results("{name}", {result}, source="full")'),
        ]
    )
    for number, cell in enumerate(made.cells):
        cell["id"] = f"cell-{number}"
    made.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    made.metadata["language_info"] = {"name": "python"}
    return made


def with_outputs(made: NotebookNode, profile: str = "cpu", source: str = "full") -> NotebookNode:
    """The recipe as it would be committed, its outputs written here instead of run."""
    done = copy.deepcopy(made)
    name = "01_sum" if "01_sum" in done.cells[-1].source else "02_more"
    metric = "accuracy" if name == "01_sum" else "error"
    line = (
        f'{{"recipe": "{name}", "profile": "{profile}", "source": "{source}", "seconds": 75, '
        f'"device": "CPU, 2 cores", "metrics": {{"{metric}": 0.78}}, '
        '"baselines": {"guess": 0.5, "document_recipe": 0.7}}\n'
    )
    outputs = {
        4: nbformat.v4.new_output(
            "display_data", {"image/png": PNG, "text/plain": "<IPython.core.display.Image>"}
        ),
        5: nbformat.v4.new_output("stream", name="stdout", text="2\n"),
        6: nbformat.v4.new_output("stream", name="stdout", text=line),
    }
    for index, output in outputs.items():
        done.cells[index].outputs = [output]
    for number, cell in enumerate((cell for cell in done.cells if cell.cell_type == "code"), start=1):
        cell.execution_count = number
    return done


def cookbook(root: Path, *notebooks: NotebookNode) -> Path:
    """Lay out a repository of up to two recipes under `root`."""
    made = notebooks or (notebook(), notebook("02_more", "error"))
    names = ("01_sum", "02_more")[: len(made)]
    (root / "helpers").mkdir(parents=True)
    (root / "notebooks").mkdir()
    (root / "helpers" / "__init__.py").write_text('"""Helpers of the recipes."""\n', encoding="utf-8")
    (root / "helpers" / "runtime.py").write_text(RUNTIME, encoding="utf-8")
    profiles = PROFILES if len(made) == 2 else PROFILES.partition("[02_more.card]")[0]
    (root / "notebooks" / "profiles.toml").write_text(profiles, encoding="utf-8")
    for name, recipe in zip(names, made, strict=True):
        nbformat.write(recipe, root / "notebooks" / f"{name}.ipynb")
    return root
