"""helpers/play.py: widgets, driven by their own events; in a process without them, the plain answers."""

from __future__ import annotations

import base64
from pathlib import Path

import nbclient
import nbformat
import numpy as np
import pytest
from PIL import Image
from recipes import normalise

from helpers import play


def shouted(text: str) -> str:
    if "?" in text:
        raise ValueError("no questions")
    return text.upper()


def test_typed_text_is_answered_at_a_click(capsys):
    box = play.text(shouted, "hello", "Shout")
    assert capsys.readouterr().out == "HELLO\n"
    field, button, _ = box.children
    assert (field.value, button.description) == ("hello", "Shout")
    for typed, answer in (
        ("you", "YOU"),
        ("why?", "no questions"),
        (" \n", "there is nothing yet to answer"),
    ):
        field.value = typed
        button.click()
        assert capsys.readouterr().out.splitlines()[-1] == answer


def test_a_drawing_is_bright_where_the_pen_was():
    seen = []
    box = play.draw(seen.append, np.eye(28, dtype="uint8"))
    assert seen[0].shape == (28, 28)
    paper, button, _ = box.children
    button.click()
    assert len(seen) == 1  # nothing is drawn yet
    ink = np.zeros((280, 280), "uint8")
    ink[100:180, 130:150] = 255
    black = np.zeros_like(ink)
    for alpha in (ink, black + 255):  # on no paper, and on white paper, as a browser sends it
        shade = black if alpha is ink else 255 - ink
        paper.replace_with_pil(Image.fromarray(np.dstack([shade, shade, shade, alpha])))
        button.click()
        assert seen[-1].dtype == np.uint8
        np.testing.assert_array_equal(seen[-1], ink)
    assert len(seen) == 3
    paper.replace_with_pil(Image.new("RGBA", (280, 280), "white"))
    button.click()
    assert len(seen) == 3  # all rubbed out


def test_a_recording_comes_as_samples(capsys):
    seen, sound = [], np.linspace(-1, 1, 800, dtype="float32")
    box = play.record(seen.append, np.ones(3), rate=8_000)
    microphone, button, _ = box.children
    assert microphone.rate == 8_000
    button.click()
    assert len(seen) == 1  # nothing was said yet
    microphone.value = base64.b64encode(sound.astype("<f4").tobytes()).decode()
    button.click()
    np.testing.assert_array_equal(seen[1], sound)
    microphone.value = base64.b64encode(np.full(800, 1e-3, "<f4").tobytes()).decode()
    button.click()
    assert "the recording is silent" in capsys.readouterr().out and len(seen) == 2


def test_a_coloured_example_is_refused():
    with pytest.raises(ValueError, match=r"one grey image .* got the shape \(28, 28, 3\)"):
        play.draw(print, np.zeros((28, 28, 3)))


def test_without_the_packages_the_plain_answer_remains(monkeypatch, capsys):
    monkeypatch.setattr(play, "ipywidgets", None)
    assert play.text(shouted, "hello") is None
    assert capsys.readouterr().out == f"HELLO\n{play.NEEDED}\n"


CELLS = (
    "from helpers import play\n\nbox = play.text(str.upper, 'hello')\nbox",
    "box.children[0].value = 'you'\nbox.children[1].click()",
    "play.text(lambda text: 1 / 0 if text == 'zero' else text, 'one').children[0]",
)


def test_in_a_kernel_the_answer_stands_under_the_button(tmp_path: Path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    nbclient.NotebookClient(
        notebook, store_widget_state=True, resources={"metadata": {"path": "."}}
    ).execute()
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"].values()
    shown = [state["state"]["outputs"] for state in states if state["model_name"] == "OutputModel"]
    assert [outputs[0]["text"] for outputs in shown if outputs] == ["YOU\n"]
    printed, placed = normalise(notebook).cells[0].outputs
    assert printed.text == "HELLO\n"
    assert placed.data == {"text/plain": play.INVITATION}  # what a page without a kernel shows
