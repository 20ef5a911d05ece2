"""Try a trained network by hand: a text field, a canvas, a microphone.

Each function first answers its example, plainly, so that a page without a kernel shows something as well.
Under it stands the widget, where the notebook has a kernel and ipywidgets.
"""

from __future__ import annotations

import base64
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

try:
    import anywidget
    import ipywidgets
    import traitlets
except ImportError:  # the plain answers remain
    ipywidgets = None

__all__ = ["draw", "record", "text"]

SECONDS = 10  # of sound at most
NEEDED = "To try your own: pip install ipywidgets anywidget, then run this cell again."


def text(answer: Callable[[str], Any], example: str, label: str = "Answer", rows: int = 2) -> Any:
    """A field for text with a button.

    Args:
        answer: takes what was typed; what it returns is displayed, a `ValueError` as its message.
        example: what stands in the field at first, and is answered at once.
        label: of the button.
        rows: of the field.

    Returns:
        The widget, to be the last expression of a cell; None without ipywidgets.
    """
    _example(answer, example)
    if ipywidgets is None:
        return None
    field = ipywidgets.Textarea(example, rows=rows, layout={"width": "100%"})
    return _box(field, lambda: field.value, answer, label)


def draw(answer: Callable[[np.ndarray], Any], example: np.ndarray, label: str = "Read") -> Any:
    """A canvas to draw on with mouse, pen or finger, and with keys: arrows move, space draws.

    Args:
        answer: takes the drawing, uint8 of the example's shape (height, width), bright on dark; what it returns
            is displayed.
        example: an image, uint8 (height, width), answered at once.
        label: of the button.
    """
    example = np.asarray(example, "uint8")
    if example.ndim != 2:
        raise ValueError(f"example must be one grey image (height, width), got the shape {example.shape}")
    _example(answer, example)
    if ipywidgets is None:
        return None
    height, width = example.shape
    canvas = _Canvas(width=width, height=height)

    def drawn() -> np.ndarray:
        pixels = np.frombuffer(base64.b64decode(canvas.value), "uint8")
        if pixels.size != height * width or not pixels.any():
            raise ValueError("draw something first")
        return pixels.reshape(height, width)

    return _box(canvas, drawn, answer, label)


def record(answer: Callable[[np.ndarray], Any], example: np.ndarray, rate: int, label: str = "Listen") -> Any:
    """A microphone: one button begins and ends, the other one asks.

    Args:
        answer: takes the sound, float32 (samples,) in [-1, 1]; what it returns is displayed.
        example: such a sound, answered at once.
        rate: samples per second.
        label: of the button that asks.
    """
    _example(answer, np.asarray(example, "float32"))
    if ipywidgets is None:
        return None
    microphone = _Microphone(rate=rate, seconds=SECONDS)

    def heard() -> np.ndarray:
        samples = np.frombuffer(base64.b64decode(microphone.value), "<f4")
        if not samples.size:
            raise ValueError("record something first")
        return samples

    return _box(microphone, heard, answer, label)


def _example(answer: Callable, example: Any) -> None:
    from IPython.display import display

    found = answer(example)
    if found is not None:
        display(found)
    if ipywidgets is None:
        print(NEEDED)
    elif _in_colab():
        from google.colab import output

        output.enable_custom_widget_manager()


def _in_colab() -> bool:
    try:
        import google.colab  # noqa: F401
    except ImportError:
        return False
    return True


def _box(field: Any, value: Callable[[], Any], answer: Callable, label: str) -> Any:
    """The field, a button, and a place for what is answered."""
    button, shown = ipywidgets.Button(description=label), ipywidgets.Output()

    def clicked(_: Any) -> None:
        button.disabled = True
        shown.clear_output(wait=True)
        try:
            with shown:
                found = answer(value())
                if found is not None:
                    from IPython.display import display

                    display(found)
        finally:
            button.disabled = False

    button.on_click(clicked)
    return _Play([field, button, shown])


class _Play(ipywidgets.VBox if ipywidgets else object):
    def __repr__(self) -> str:  # what a page without a kernel shows in the widget's place
        return "Run this cell in Jupyter or Colab, and a field to try your own appears here."


if ipywidgets is not None:

    class _Canvas(anywidget.AnyWidget):
        """A drawing: `value` holds its pixels, uint8 (height, width), in base64."""

        _esm = """
        function render({ model, el }) {
          const width = model.get("width"), height = model.get("height"), scale = Math.ceil(280 / Math.max(width, height));
          const paper = Object.assign(document.createElement("canvas"), { width: width * scale, height: height * scale, tabIndex: 0 });
          paper.setAttribute("role", "img");
          paper.setAttribute("aria-label", "paper to draw on: arrows move the pen, space lifts and lowers it");
          Object.assign(paper.style, { background: "#000", touchAction: "none", cursor: "crosshair", maxWidth: "100%" });
          const clear = Object.assign(document.createElement("button"), { textContent: "Clear" });
          const ink = paper.getContext("2d", { willReadFrequently: true });
          let at = [paper.width / 2, paper.height / 5], down = false;
          const small = Object.assign(document.createElement("canvas"), { width, height });
          const keep = () => {
            const pen = small.getContext("2d", { willReadFrequently: true });
            pen.imageSmoothingQuality = "high";
            pen.drawImage(paper, 0, 0, width, height);
            const { data } = pen.getImageData(0, 0, width, height);
            let text = "";
            for (let i = 0; i < width * height; i++) text += String.fromCharCode(data[4 * i]);
            model.set("value", btoa(text));
            model.save_changes();
          };
          const line = (to) => {
            Object.assign(ink, { strokeStyle: "#fff", lineWidth: paper.width / 13, lineCap: "round", lineJoin: "round" });
            ink.beginPath();
            ink.moveTo(...at);
            ink.lineTo(to[0], to[1] + 0.01);
            ink.stroke();
          };
          const place = (event) => {
            const box = paper.getBoundingClientRect();
            return [((event.clientX - box.left) * paper.width) / box.width, ((event.clientY - box.top) * paper.height) / box.height];
          };
          paper.onpointerdown = (event) => { paper.setPointerCapture(event.pointerId); at = place(event); line(at); };
          paper.onpointermove = (event) => { if (event.buttons) { const to = place(event); line(to); at = to; } };
          paper.onpointerup = keep;
          paper.onkeydown = (event) => {
            const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
            if (!move && event.key !== " ") return;
            event.preventDefault();
            event.stopPropagation();
            if (!move) { down = !down; return; }
            const to = at.map((x, i) => Math.min(Math.max(x + move[i] * scale, 0), [paper.width, paper.height][i]));
            if (down) { line(to); keep(); }
            at = to;
          };
          const wipe = () => { ink.fillStyle = "#000"; ink.fillRect(0, 0, paper.width, paper.height); keep(); };
          clear.onclick = wipe;
          wipe();
          el.append(paper, document.createElement("br"), clear);
        }
        export default { render };
        """
        width = traitlets.Int(28).tag(sync=True)
        height = traitlets.Int(28).tag(sync=True)
        value = traitlets.Unicode("").tag(sync=True)

    class _Microphone(anywidget.AnyWidget):
        """A recording: `value` holds its samples, float32, in base64."""

        _esm = """
        function render({ model, el }) {
          const button = Object.assign(document.createElement("button"), { textContent: "● Record" });
          const said = document.createElement("span");
          let recorder = null;
          button.onclick = async () => {
            if (recorder) return recorder.stop();
            try {
              const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
              const parts = [];
              recorder = new MediaRecorder(stream);
              recorder.ondataavailable = (event) => parts.push(event.data);
              recorder.onstop = async () => {
                stream.getTracks().forEach((track) => track.stop());
                recorder = null;
                button.textContent = "● Record";
                const rate = model.get("rate");
                const sound = await new AudioContext().decodeAudioData(await new Blob(parts).arrayBuffer());
                const samples = Math.max(1, Math.floor(sound.duration * rate));
                const offline = new OfflineAudioContext(1, samples, rate);
                const source = offline.createBufferSource();
                source.buffer = sound;
                source.connect(offline.destination);
                source.start();
                const bytes = new Uint8Array((await offline.startRendering()).getChannelData(0).buffer);
                let text = "";
                for (const byte of bytes) text += String.fromCharCode(byte);
                model.set("value", btoa(text));
                model.save_changes();
                said.textContent = ` ${sound.duration.toFixed(1)} s recorded`;
              };
              recorder.start();
              setTimeout(() => recorder?.stop(), 1000 * model.get("seconds"));
              button.textContent = "■ Stop";
            } catch (error) {
              recorder = null;
              said.textContent = ` no microphone: ${error.message}`;
            }
          };
          el.append(button, said);
        }
        export default { render };
        """
        rate = traitlets.Int(8000).tag(sync=True)
        seconds = traitlets.Float(10.0).tag(sync=True)
        value = traitlets.Unicode("").tag(sync=True)
