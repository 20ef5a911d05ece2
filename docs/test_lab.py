"""The sheet of paper of recipe 01 in a real JupyterLab, in headless Chromium: drawn on, read.

Needs Chromium; without it this is skipped, unless CI is set to true.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import browser
import check
import nbformat
import pytest
from recipes import load

if not browser.CHROMIUM and os.environ.get("CI") != "true":
    pytest.skip("no Chromium here: JupyterLab was not tested", allow_module_level=True)

NAME = "01_mnist_rows"
# All cells are drawn, those out of sight as well.
SETTING = "lab/user-settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """JupyterLab on the Colab edition of a recipe, in its smallest size; yields its address."""
    (tmp_path / "cache").mkdir()
    recipe = next(recipe for recipe in load() if recipe.name == NAME)
    path = check.smoke(recipe, tmp_path)
    made = nbformat.read(path, as_version=4)
    assert made.cells.pop().source == check.PLAYED  # here it is a reader who clicks
    nbformat.write(made, path)
    setting = tmp_path / "config" / SETTING
    setting.parent.mkdir(parents=True)
    setting.write_text('{"windowingMode": "none"}', encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = {
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "config/lab/user-settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "config/lab/workspaces"),
        "RNN_COOKBOOK_DATA": str(tmp_path / "cache"),
        "RNN_COOKBOOK_BUILD": str(tmp_path / "build"),
    }
    options = [f"--port={port}", "--ip=127.0.0.1", "--no-browser", "--allow-root", "--expose-app-in-browser"]
    options += ["--IdentityProvider.token=", f"--ServerApp.root_dir={tmp_path / NAME}"]
    said = (tmp_path / "lab.txt").open("wb")
    command = [sys.executable, "-m", "jupyterlab", *options]
    with said, subprocess.Popen(command, env={**os.environ, **where}, stdout=said, stderr=said) as process:
        address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 90
        try:
            while True:
                assert process.poll() is None and time.monotonic() < deadline, (
                    tmp_path / "lab.txt"
                ).read_text()
                try:
                    urllib.request.urlopen(f"{address}/api", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.3)
            yield address
        finally:
            process.terminate()
            process.wait(30)


INDICATOR = "document.querySelector('.jp-Notebook-ExecutionIndicator')"
READ = (
    "[...document.querySelectorAll('.jp-OutputArea-output pre')].filter(p => /read as/.test(p.textContent))"
)


def test_a_digit_that_was_drawn_is_read(lab: str, tmp_path: Path):
    with browser.chromium(tmp_path / "profile", "about:blank") as tab:
        tab.size(1280, 900)
        tab.send("Emulation.setFocusEmulationEnabled", enabled=True)
        tab.send("Page.navigate", url=f"{lab}/lab/tree/{NAME}.ipynb")
        tab.until("document.querySelectorAll('.jp-Cell').length > 40", 90)
        tab.until("/ipykernel/.test(document.querySelector('.jp-KernelName')?.textContent)", 60)
        tab.until(f"{INDICATOR}?.dataset.status === 'idle'", 60)
        tab.drag([(700, 190)])  # into the first cell: now this notebook is the current one
        tab.run("window.jupyterapp.commands.execute('notebook:run-all-cells') && 0")
        tab.until("document.querySelector('.paint-container canvas') !== null", 240)
        assert tab.run(f"{READ}.length") == 1  # the example's answer
        paper = tab.run(
            "(() => { const paper = document.querySelector('.paint-container canvas');"
            " paper.scrollIntoView({ block: 'center' }); const box = paper.getBoundingClientRect();"
            " return [box.left, box.top, box.width, box.height]; })()"
        )
        left, top, width, height = paper
        tab.drag([(left + 0.5 * width, top + height * step / 20) for step in range(4, 17)])  # a one
        tab.settle()
        tab.run("[...document.querySelectorAll('button')].find(b => b.textContent === 'Read').click()")
        tab.until(f"{READ}.length === 2", 60)
        assert tab.run(f"{READ}[1].closest('.jupyter-widgets') !== null")  # under the button
        if pictures := os.environ.get("PICTURES"):
            tab.picture(Path(pictures) / "lab.png")
