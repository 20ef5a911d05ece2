"""ONNX files like those of recipe 20, so small that one can work out by hand what they answer."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import numpy as np
import onnx
import sentencepiece
from onnx import TensorProto, helper, numpy_helper

SENTENCES = ["the cat sees the dog", "a dog sees a cat", "the dog eats", "a cat eats the cake"]


def write_all(path: Path) -> None:
    for write_one in (write_digits, write_sentiment, write_translation):
        write_one(path)


def write(path: Path, nodes: list, inputs: dict, outputs: dict, weights: dict, **notes: object) -> None:
    """A model of `nodes`; inputs and outputs are name → (type, shape)."""
    sides = [
        [helper.make_tensor_value_info(n, *how) for n, how in side.items()] for side in (inputs, outputs)
    ]
    constants = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "tiny", *sides, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, {key: json.dumps(note) for key, note in notes.items()})
    onnx.checker.check_model(model)
    onnx.save(model, path)


def write_digits(path: Path) -> None:
    """2 rows of 3 pixels; after each row the class of its brightest pixel."""
    node = helper.make_node("Cast", ["pixels"], ["answers"], to=TensorProto.FLOAT)
    inputs, outputs = (
        {"pixels": (TensorProto.UINT8, ["b", 2, 3])},
        {"answers": (TensorProto.FLOAT, ["b", 2, 3])},
    )
    write(path / "digits.onnx", [node], inputs, outputs, {}, classes=["left", "middle", "right"])


def write_sentiment(path: Path) -> None:
    """The scores count `bad` and `good` in a text; padding and other words count nothing."""
    votes = np.array([[0, 0], [0, 0], [1, 0], [0, 1]], np.float32)
    nodes = [
        helper.make_node("Gather", ["votes", "ids"], ["each"]),
        helper.make_node("ReduceSum", ["each", "steps"], ["answers"], keepdims=0),
    ]
    inputs, outputs = {"ids": (TensorProto.INT32, ["b", "t"])}, {"answers": (TensorProto.FLOAT, ["b", 2])}
    weights = {"votes": votes, "steps": np.array([1], np.int64)}
    notes = {"tokens": ["<pad>", "<unk>", "bad", "good"], "keep": [2, 3], "classes": ["neg", "pos"]}
    write(path / "sentiment.onnx", nodes, inputs, outputs, weights, **notes)


def write_translation(path: Path, stride: int = 1) -> None:
    """A translator that copies: the state is the place it reads next, both languages have the same pieces.

    With `stride` 0 it stays at the first piece and never comes to an end.
    """
    stored = io.BytesIO()
    how = {"vocab_size": 60, "hard_vocab_limit": False, "model_type": "bpe", "minloglevel": 2}
    how |= {"pad_id": 0, "unk_id": 1, "bos_id": 2, "eos_id": 3}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 9), model_writer=stored, **how
    )
    size = len(sentencepiece.SentencePieceProcessor(model_proto=stored.getvalue()))
    proto = base64.b64encode(stored.getvalue()).decode()
    off_on = np.array([0, 1], np.float32)
    encoder = [
        helper.make_node("Cast", ["source"], ["ids"], to=TensorProto.INT64),
        helper.make_node("OneHot", ["ids", "size", "off_on"], ["memory"], axis=-1),
        helper.make_node("Cast", ["source"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMin", ["numbers"], ["low"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["low", "zero"], ["state"]),
        helper.make_node("Identity", ["memory"], ["keys"]),
        helper.make_node("Cast", ["source"], ["mask"], to=TensorProto.BOOL),
    ]
    floats = {"state": ["b", 1], "memory": ["b", "s", size], "keys": ["b", "s", size]}
    outputs = {name: (TensorProto.FLOAT, shape) for name, shape in floats.items()}
    outputs["mask"] = (TensorProto.BOOL, ["b", "s"])
    weights = {"size": np.array(size, np.int64), "off_on": off_on, "zero": np.array([[0]], np.float32)}
    inputs = {"source": (TensorProto.INT32, ["b", "s"])}
    write(path / "translation_encoder.onnx", encoder, inputs, outputs, weights, source=proto, target=proto)
    step = [
        helper.make_node("Shape", ["memory"], ["steps"], start=1, end=2),
        helper.make_node("Squeeze", ["steps"], ["length"]),
        helper.make_node("Cast", ["state"], ["place"], to=TensorProto.INT64),
        helper.make_node("OneHot", ["place", "length", "off_on"], ["look"], axis=-1),  # (b, 1, s)
        helper.make_node("MatMul", ["look", "memory"], ["found"]),
        helper.make_node("Squeeze", ["found", "one"], ["logits"]),
        helper.make_node("Squeeze", ["look", "one"], ["weights"]),
        helper.make_node("Add", ["state", "next"], ["after"]),
    ]
    inputs = {"token": (TensorProto.INT32, ["b"]), **outputs}
    made = {"logits": ["b", size], "after": ["b", 1], "weights": ["b", "s"]}
    outputs = {name: (TensorProto.FLOAT, shape) for name, shape in made.items()}
    weights = {"off_on": off_on, "one": np.array([1], np.int64), "next": np.array([[stride]], np.float32)}
    write(path / "translation_step.onnx", step, inputs, outputs, weights)
