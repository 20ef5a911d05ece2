"""Try a trained network by hand: type, draw, speak.

Each function first answers its example, plainly, so that a page without a kernel shows something as well.
Under the answer stands the widget, where ipywidgets and wigglystuff are installed.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

try:
    import anywidget
    import ipywidgets
    import traitlets
    from PIL import Image
    from wigglystuff import Paint
except ImportError:  # the plain answers remain
    ipywidgets = None

__all__ = ["draw", "record", "text"]

SIDE = 280  # pixels of the paper
SILENT = 2e-3  # between the lowest and the highest sample: nobody spoke
INVITATION = "Run this cell in Jupyter or Colab, and a field to try your own appears here."
NEEDED = "To try your own: pip install ipywidgets wigglystuff, then restart and run all cells."


def text(answer: Callable[[str], Any], example: str, label: str = "Answer", rows: int = 2) -> Any:
    """A field for text, and a button.

    Args:
        answer: takes what was typed. What it returns is shown: text is printed, anything else displayed; of a
            `ValueError` its message.
        example: what stands in the field at first, and is answered at once.
        label: of the button.
        rows: of the field.

    Returns:
        The widget, to be the last expression of a cell; None where the packages are missing.
    """

    def field() -> tuple[Any, Callable[[], str]]:
        typed = ipywidgets.Textarea(example, rows=rows, layout={"width": "100%"})
        return typed, lambda: typed.value

    return _play(field, answer, example, label)


def draw(answer: Callable[[np.ndarray], Any], example: np.ndarray, label: str = "Read") -> Any:
    """A sheet of paper with a pen, and a button.

    Args:
        answer: takes the drawing, uint8 `(280, 280)`, bright ink on 0; see `text`.
        example: a grey image of any size, bright on dark, uint8 `(height, width)`, answered at once.
        label: of the button.

    Raises:
        ValueError: if the example is not one grey image.
    """
    example = np.asarray(example, "uint8")
    if example.ndim != 2:
        raise ValueError(f"example must be one grey image (height, width), got the shape {example.shape}")

    def field() -> tuple[Any, Callable[[], np.ndarray]]:
        paper = Paint(width=SIDE, height=SIDE, brush=False, color_picker=False)
        return paper, lambda: _ink(paper)

    return _play(field, answer, example, label)


def _ink(paper: Any) -> np.ndarray:
    """What is drawn, bright on 0; the paper is white or not there at all."""
    drawn = paper.get_pil().convert("RGBA")
    sheet = Image.new("RGBA", drawn.size, "white")
    sheet.alpha_composite(drawn)
    return 255 - np.asarray(sheet.convert("L"))


def record(answer: Callable[[np.ndarray], Any], example: np.ndarray, rate: int, label: str = "Listen") -> Any:
    """A microphone, and a button.

    Args:
        answer: takes the sound, float32 `(samples,)` from -1 to 1; see `text`.
        example: such a sound, answered at once.
        rate: samples per second of both.
        label: of the button.
    """

    def field() -> tuple[Any, Callable[[], np.ndarray]]:
        microphone = _Microphone(rate=rate)
        return microphone, lambda: _heard(microphone.value)

    return _play(field, answer, example, label)


def _heard(value: str) -> np.ndarray:
    sound = np.frombuffer(base64.b64decode(value), "<f4")
    if len(sound) and np.ptp(sound) < SILENT:
        raise ValueError("the recording is silent: is the right microphone switched on?")
    return sound


def _play(field: Callable, answer: Callable, example: Any, label: str) -> Any:
    _show(answer(example))
    if ipywidgets is None:
        print(NEEDED)
        return None
    _let_colab_show_widgets()
    widget, value = field()
    button, shown = ipywidgets.Button(description=label), ipywidgets.Output()

    def clicked(_: Any) -> None:
        shown.clear_output(wait=True)
        with shown:
            try:
                given = value()
                if not np.any(given) if isinstance(given, np.ndarray) else not given.strip():
                    print("there is nothing yet to answer")
                else:
                    _show(answer(given))
            except ValueError as error:
                print(error)

    button.on_click(clicked)
    return _Box([widget, button, shown])


def _show(found: Any) -> None:
    from IPython.display import display

    if isinstance(found, str):
        print(found)
    elif found is not None:
        display(found)


def _let_colab_show_widgets() -> None:
    with contextlib.suppress(ImportError):
        from google.colab import output

        output.enable_custom_widget_manager()


if ipywidgets is not None:

    class _Box(ipywidgets.VBox):
        """A field, its button and what was answered."""

        def __repr__(self) -> str:  # what stands in its place on a page without a kernel
            return INVITATION

    class _Microphone(anywidget.AnyWidget):
        """A recording of up to ten seconds: `value` holds its samples, float32, in base64."""

        _esm = """
        function render({ model, el }) {
          const button = document.createElement("button"), said = document.createElement("span");
          let recorder = null;
          const failed = (error) => { said.textContent = ` no recording: ${error.message}`; };
          const taken = async (parts) => {
            const bytes = await new Blob(parts).arrayBuffer(), rate = model.get("rate");
            const sound = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes);  // resamples
            const samples = new Uint8Array(sound.getChannelData(0).slice().buffer);
            model.set("value", btoa(Array.from(samples, (byte) => String.fromCharCode(byte)).join("")));
            model.save_changes();
            said.textContent = ` ${sound.duration.toFixed(1)} s`;
          };
          const begin = async () => {
            const stream = await navigator.mediaDevices.getUserMedia({ audio: true }), parts = [];
            const mine = recorder = new MediaRecorder(stream);
            recorder.ondataavailable = (event) => parts.push(event.data);
            recorder.onstop = () => {
              stream.getTracks().forEach((track) => track.stop());
              recorder = null;
              button.textContent = "● Record";
              taken(parts).catch(failed);
            };
            recorder.start();
            setTimeout(() => mine.state === "recording" && mine.stop(), 10_000);
            button.textContent = "■ Stop";
          };
          button.textContent = "● Record";
          button.onclick = () => recorder ? recorder.stop() : begin().catch(failed);
          el.append(button, said);
        }
        export default { render };
        """
        rate = traitlets.Int(8000).tag(sync=True)
        value = traitlets.Unicode("").tag(sync=True)
