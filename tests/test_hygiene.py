"""scripts/hygiene.py and the hooks that call it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import hygiene
import kitchen
import nbformat
import pytest
import recipes
import yaml

ROOT = recipes.ROOT


def faults_of(notebook, tmp_path: Path) -> list[str]:
    path = tmp_path / "01_sum.ipynb"
    nbformat.write(notebook, path)
    return list(hygiene.faults(path))


def test_a_clean_notebook_passes(tmp_path: Path):
    assert faults_of(kitchen.with_outputs(kitchen.notebook()), tmp_path) == []


@pytest.mark.parametrize("where", ["notebook", "cell"])
def test_what_belongs_to_one_machine_is_found(tmp_path: Path, where: str):
    notebook = kitchen.with_outputs(kitchen.notebook())
    metadata = notebook.metadata if where == "notebook" else notebook.cells[1].metadata
    metadata["papermill"] = {"duration": 1.0}
    (fault,) = faults_of(notebook, tmp_path)
    assert "timings, kernel or widget state" in fault


def test_a_path_of_one_machine_and_an_error_are_found(tmp_path: Path):
    notebook = kitchen.with_outputs(kitchen.notebook())
    notebook.cells[3].source = 'open("/home/' + 'me/file")'
    notebook.cells[3].outputs = [nbformat.v4.new_output("error", ename="A", evalue="b", traceback=[])]
    found = faults_of(notebook, tmp_path)
    assert len(found) == 2 and "a path of one machine" in found[0] and "code cell 3: it ended" in found[1]


def test_a_large_file_is_found(tmp_path: Path, capsys):
    path = tmp_path / "data.bin"
    path.write_bytes(bytes(hygiene.LARGEST))
    assert hygiene.main([str(path), str(tmp_path / "deleted")]) == 0
    path.write_bytes(bytes(hygiene.LARGEST + 1))
    assert hygiene.main([str(path)]) == 1
    assert "2,000,001 bytes, 2,000,000 are the most" in capsys.readouterr().out


def test_every_committed_file_passes():
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("no git clone")
    files = [ROOT / name for name in done.stdout.decode().split("\0") if name]
    assert [fault for path in files if path.is_file() for fault in hygiene.faults(path)] == []


def test_hooks_call_programs_of_the_environment_and_files_that_exist():
    settings = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = [hook for repo in settings["repos"] for hook in repo["hooks"]]
    assert {hook["id"] for hook in hooks} == {"ruff-check", "ruff-format", "hygiene"}
    for hook in hooks:
        program, *rest = hook["entry"].split()
        assert program == ".venv/bin/python" and hook["language"] == "system"
        assert rest[0] == "-m" or (ROOT / rest[0]).is_file()
