"""The exported networks: from raw pixels and strings to answers, without Keras or TensorFlow."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import numpy as np
import onnxruntime
import sentencepiece

from helpers.text import END, PAD, START, UNK, Vocabulary, normalise, pad, tokenise

ROOT = Path(__file__).resolve().parent.parent
PIECES = 200  # of a sentence to translate, at most


def folder() -> Path:
    """Where the files are: `$SHIPPED_MODELS`, else where recipe 20 writes them."""
    build = Path(os.environ.get("RNN_COOKBOOK_BUILD") or ROOT / "build")
    return Path(os.environ.get("SHIPPED_MODELS") or build / "models" / "20_shipping")


class File:
    """An ONNX file: `run(*arrays)` gives the list of its outputs, `notes` is what was written into it."""

    def __init__(self, path: Path, threads: int = 1):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3  # errors
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.inputs = self.session.get_inputs()
        given = self.session.get_modelmeta().custom_metadata_map
        self.notes = {key: json.loads(note) for key, note in given.items()}

    def run(self, *arrays: np.ndarray) -> list[np.ndarray]:
        names = [given.name for given in self.inputs]
        return self.session.run(None, dict(zip(names, arrays, strict=True)))


class Digits:
    """`(height, width)` uint8 → the class, its probability, and what was believed after every row."""

    def __init__(self, path: Path):
        self.file = File(path / "digits.onnx")
        self.shape = tuple(self.file.inputs[0].shape[1:])

    def answer(self, images: list[np.ndarray]) -> list[dict]:
        found = self.file.run(np.stack(images))[0]  # (images, steps, classes)
        names = self.file.notes["classes"]
        return [
            {
                "answer": names[int(steps[-1].argmax())],
                "probabilities": dict(zip(names, steps[-1].tolist(), strict=True)),
                "after_each_row": [names[place] for place in steps.argmax(axis=-1)],
            }
            for steps in found
        ]


class Sentiment:
    """A text → its class, the probabilities, and the share of its words that the network knows."""

    def __init__(self, path: Path):
        self.file = File(path / "sentiment.onnx")
        self.words = Vocabulary(tuple(self.file.notes["tokens"]))
        self.keep = tuple(self.file.notes["keep"])

    def rows(self, texts: list[str]) -> list[np.ndarray]:
        """The ids of each text, of a long one those of its head and tail."""
        rows = [self.words.encode(tokenise(text)) for text in texts]
        most = sum(self.keep)
        return [row if len(row) <= most else pad([row], most, self.keep)[0] for row in rows]

    def answer(self, texts: list[str]) -> list[dict]:
        rows, names = self.rows(texts), self.file.notes["classes"]
        found = [None] * len(rows)
        order = np.argsort([len(row) for row in rows], kind="stable")
        for part in np.array_split(order, -(-len(order) // 16)):  # of about one length: little padding
            scores = self.file.run(pad([rows[number] for number in part]))[0]
            for number, chances in zip(part, scores, strict=True):
                known = float(np.mean(rows[number] != UNK)) if len(rows[number]) else 0.0
                found[number] = {
                    "answer": names[int(chances.argmax())],
                    "probabilities": dict(zip(names, chances.tolist(), strict=True)),
                    "words_known": known,
                }
        return found


class Translation:
    """A sentence → its translation, by greedy search; unknown words are copied from where it looked."""

    def __init__(self, path: Path):
        self.encoder, self.step = (
            File(path / "translation_encoder.onnx"),
            File(path / "translation_step.onnx"),
        )
        stored = [base64.b64decode(self.encoder.notes[side]) for side in ("source", "target")]
        self.source, self.target = (sentencepiece.SentencePieceProcessor(model_proto=x) for x in stored)

    def answer(self, sentences: list[str]) -> list[dict]:
        lines = map(normalise, sentences)  # as the training sentences were
        spelled = [self.source.encode(line, out_type=str)[:PIECES] for line in lines]
        rows = [[*map(self.source.piece_to_id, pieces), END] for pieces in spelled]
        state, memory, keys, mask = self.encoder.run(pad(rows))
        tokens = np.full(len(rows), START, np.int32)
        written: list[list[int]] = [[] for _ in rows]
        looked: list[list[int]] = [[] for _ in rows]
        # Each sentence has its own limit, whatever it is translated with; of an empty one nothing is written.
        most = np.array([2 * len(row) + 10 if len(row) > 1 else 0 for row in rows])
        done = most == 0
        for turn in range(most.max()):
            done |= turn >= most
            if done.all():
                break
            logits, state, weights = self.step.run(tokens, state, memory, keys, mask)
            logits[:, [PAD, START]] = -np.inf
            tokens = logits.argmax(axis=-1).astype(np.int32)
            done |= tokens == END
            for number in np.flatnonzero(~done):
                written[number].append(int(tokens[number]))
                looked[number].append(int(weights[number, : len(spelled[number])].argmax()))
        return [{"translation": self._spell(*found)} for found in zip(written, looked, spelled, strict=True)]

    def _spell(self, ids: list[int], looked: list[int], source: list[str]) -> str:
        pieces = [
            source[place].strip("▁") if number == UNK else self.target.id_to_piece(number)
            for number, place in zip(ids, looked, strict=True)
        ]
        return self.target.decode(pieces)
