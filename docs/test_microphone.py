"""The microphone of `helpers.play` in headless Chromium, which hears the beeps of a device of its own.

Needs Chromium; without it this is skipped, unless CI is set to true.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import browser
import numpy as np
import pytest

from helpers import play

if not browser.CHROMIUM and os.environ.get("CI") != "true":
    pytest.skip("no Chromium here: the microphone was not tested", allow_module_level=True)

BEEPS = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
PAGE = """<!doctype html><meta charset="utf-8"><title>microphone</title><link rel="icon" href="data:,"><body>
<script type="module">
import widget from "./microphone.js";
window.values = { rate: 8000, value: "" };
window.saved = 0;
const model = { get: (name) => values[name], set: (name, to) => { values[name] = to; } };
model.save_changes = () => { saved += 1; };
widget.render({ model, el: document.body });
</script>"""
BUTTON = "document.querySelector('button')"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A page with nothing but the microphone."""
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "microphone.js").write_text(play._Microphone._esm, encoding="utf-8")
    with browser.served(tmp_path) as server:
        yield f"{server}/index.html"


def test_what_is_said_arrives_at_the_rate_asked_for(address: str, tmp_path: Path):
    with browser.chromium(tmp_path / "profile", address, *BEEPS) as tab:
        for number in (1, 2):
            tab.until(f"{BUTTON}?.textContent === '● Record'")
            tab.run(f"{BUTTON}.click()")
            tab.until(f"{BUTTON}.textContent === '■ Stop'")
            tab.run("new Promise((then) => setTimeout(then, 1500))")
            tab.run(f"{BUTTON}.click()")
            tab.until(f"saved === {number}")
            sound = np.frombuffer(base64.b64decode(tab.run("values.value")), "<f4")
            said = tab.run("document.querySelector('span').textContent")
            assert 1 <= len(sound) / 8_000 <= 4 and said == f" {len(sound) / 8_000:.1f} s"
            assert 0.01 < np.ptp(sound) <= 2.1
        assert tab.complaints == []


def test_without_a_microphone_it_says_so(address: str, tmp_path: Path):
    with browser.chromium(tmp_path / "profile", address) as tab:
        tab.run(f"{BUTTON}.click()")
        tab.until("/no recording: ./.test(document.querySelector('span').textContent)")
        assert tab.run(f"{BUTTON}.textContent") == "● Record"
