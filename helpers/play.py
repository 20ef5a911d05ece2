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
        return microphone, lambda: np.frombuffer(base64.b64decode(microphone.value), "<f4")

    return _play(field, answer, example, label)


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
            given = value()
            if not np.any(given) if isinstance(given, np.ndarray) else not given.strip():
                print("there is nothing yet to answer")
                return
            try:
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
          const taken = async (parts) => {
            const sound = await new AudioContext().decodeAudioData(await new Blob(parts).arrayBuffer());
            const rate = model.get("rate"), samples = Math.max(1, Math.floor(sound.duration * rate));
            const offline = new OfflineAudioContext(1, samples, rate);
            const source = new AudioBufferSourceNode(offline, { buffer: sound });
            source.connect(offline.destination);
            source.start();
            const bytes = new Uint8Array((await offline.startRendering()).getChannelData(0).buffer);
            model.set("value", btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")));
            model.save_changes();
            said.textContent = ` ${sound.duration.toFixed(1)} s`;
          };
          const begin = async () => {
            const stream = await navigator.mediaDevices.getUserMedia({ audio: true }), parts = [];
            recorder = new MediaRecorder(stream);
            recorder.ondataavailable = (event) => parts.push(event.data);
            recorder.onstop = () => {
              stream.getTracks().forEach((track) => track.stop());
              recorder = null;
              button.textContent = "● Record";
              taken(parts);
            };
            recorder.start();
            setTimeout(() => recorder?.stop(), 10_000);
            button.textContent = "■ Stop";
          };
          button.textContent = "● Record";
          button.onclick = () => {
            if (recorder) recorder.stop();
            else begin().catch((error) => { said.textContent = ` no microphone: ${error.message}`; });
          };
          el.append(button, said);
        }
        export default { render };
        """
        rate = traitlets.Int(8000).tag(sync=True)
        value = traitlets.Unicode("").tag(sync=True)
