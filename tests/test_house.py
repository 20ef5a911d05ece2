"""The size of `helpers`: thin, and each dataset short enough to be read from top to bottom."""

import ast
import io
import textwrap
import tokenize
from pathlib import Path

import pytest
from recipes import ROOT

HELPERS = ROOT / "helpers"
DATASETS = HELPERS / "datasets"
MOST, MOST_OF_A_DATASET = 1_500, 120
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def code_lines(text: str) -> int:
    """Lines that hold code: neither blank nor a comment nor part of a docstring."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            match node.body[:1]:
                case [ast.Expr(value=ast.Constant(value=str())) as docstring]:
                    lines.difference_update(range(docstring.lineno, docstring.end_lineno + 1))
    return len(lines)


def test_only_code_is_counted():
    text = '''
        """A module
        of two lines."""

        # a comment
        TEXT = """one

        three"""  # a blank line inside a string is code


        class Some:
            """Documented."""

            async def work(self):
                """Also documented."""
                return (
                    1
                )
    '''
    assert code_lines(textwrap.dedent(text)) == 8
    assert code_lines("") == 0


def sizes(folder: Path) -> dict[str, int]:
    files = sorted(folder.rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): code_lines(path.read_text(encoding="utf-8")) for path in files}


def test_helpers_are_thin():
    counted = {
        name: lines for name, lines in sizes(HELPERS).items() if not name.startswith("helpers/datasets/")
    }
    widgets = counted.pop("helpers/play.py")  # to try a network by hand: no recipe's result needs it
    assert widgets < MOST_OF_A_DATASET, f"helpers/play.py has {widgets} lines of code"
    assert "helpers/runtime.py" in counted
    total = sum(counted.values())
    assert total < MOST, f"helpers has {total:,} lines of code without its datasets: {counted}"


@pytest.mark.parametrize(("name", "lines"), sizes(DATASETS).items())
def test_a_dataset_is_one_short_file(name: str, lines: int):
    way_out = "move what several datasets can use to helpers/datasets/fetch, or a reader to a file of its own"
    assert lines < MOST_OF_A_DATASET, f"{name} has {lines} lines of code: {way_out}"
