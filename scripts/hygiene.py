"""What no commit may hold: a large file, a notebook with what belongs to one machine. A hook of pre-commit.

python scripts/hygiene.py FILE …
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from recipes import absolute_paths, code_cells, normalise

LARGEST = 2_000_000  # bytes of one file


def faults(path: Path) -> Iterator[str]:
    """What is wrong with a file, one line each."""
    size = path.stat().st_size
    if size > LARGEST:
        yield f"{path} has {size:,} bytes, {LARGEST:,} are the most"
    if path.suffix != ".ipynb":
        return
    notebook = nbformat.read(path, as_version=4)
    if normalise(copy.deepcopy(notebook)) != notebook:
        yield f"{path} holds timings, kernel or widget state: clear them, or cook it with WRITE_BACK=1"
    yield from (f"{path}, {found}: a path of one machine" for found in absolute_paths(notebook))
    for number, cell in enumerate(code_cells(notebook), start=1):
        if any(output.output_type == "error" for output in cell.outputs):
            yield f"{path}, code cell {number}: it ended in an error"


def main(names: list[str]) -> int:
    """Print the faults of some files; returns the exit code."""
    found = [fault for name in names if Path(name).is_file() for fault in faults(Path(name))]
    for fault in found:
        print(fault)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
