"""scripts/build_demo.py: what the page is made of. demo/test_page.py tests it in a browser."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import build_demo
import pytest
import tiny_networks
from recipes import ROOT, CookbookError


@pytest.fixture
def models(tmp_path: Path) -> Path:
    path = tmp_path / "models"
    path.mkdir()
    tiny_networks.write_all(path)
    return path


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In place of onnxruntime-web."""
    path = tmp_path / "dist"
    path.mkdir()
    for name in build_demo.LIBRARY:
        (path / name).write_bytes(name.encode())
    monkeypatch.setattr(build_demo, "library", lambda root: path)
    return path


def unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def test_the_page_holds_the_shipped_networks_and_no_other(models: Path, library: Path, tmp_path: Path):
    (models / "sentiment_8.onnx").write_bytes(b"the small one")
    target = build_demo.build(models=models, target=tmp_path / "page")
    names = {"sentiment", "translation_encoder", "translation_step"}
    assert {path.name.partition(".")[0] for path in (target / "models").iterdir()} == names
    assert unpacked(target / "models" / "sentiment.onnx.gz") == b"the small one"
    notes = json.loads(unpacked(target / "models" / "sentiment.json.gz"))
    assert notes["tokens"] == ["<pad>", "<unk>", "bad", "good"]
    assert unpacked(target / "ort-wasm-simd-threaded.wasm.gz") == b"ort-wasm-simd-threaded.wasm"
    assert (target / "index.html").read_bytes() == (ROOT / "demo" / "index.html").read_bytes()


def test_word_pieces_become_a_list(models: Path):
    notes = build_demo.notes_of("translation_encoder", models)
    assert [piece for piece, _ in notes["source"][:4]] == ["<pad>", "<unk>", "<s>", "</s>"]
    assert {"▁", "t", "h"} <= {piece for piece, _ in notes["target"]}


def test_what_the_browser_found_survives_a_new_build(models: Path, library: Path, tmp_path: Path):
    target = build_demo.build(models=models, target=tmp_path / "page")
    (target / "parity.json").write_text("{}", encoding="utf-8")
    (target / "old.txt").write_text("", encoding="utf-8")
    build_demo.build(models=models, target=target)
    assert (target / "parity.json").exists() and not (target / "old.txt").exists()


def test_no_networks_and_too_heavy_a_page_are_refused(
    models: Path, library: Path, tmp_path: Path, monkeypatch
):
    with pytest.raises(CookbookError, match="make recipes ONLY=20_shipping"):
        build_demo.build(models=tmp_path / "nothing", target=tmp_path / "page")
    monkeypatch.setattr(build_demo, "MOST", 1_000)
    with pytest.raises(CookbookError, match="weighs"):
        build_demo.build(models=models, target=tmp_path / "page")


def test_the_page_asks_nobody_else():
    for name in build_demo.PAGE:
        text = (ROOT / "demo" / name).read_text(encoding="utf-8")
        assert not re.findall(r"https?://|[\"'(]//\w", text), name


def test_both_languages_say_the_same_things():
    text = (ROOT / "demo" / "page.js").read_text(encoding="utf-8")
    english, chinese = text.split("  en: {")[1].split("  zh: {")[:2]
    keys = [set(re.findall(r"(\w+): \"", part.split("\n  },")[0])) for part in (english, chinese)]
    assert keys[0] == keys[1]
    used = set(re.findall(r"data-(?:t|label)=\"(\w+)\"", (ROOT / "demo" / "index.html").read_text("utf-8")))
    used |= set(re.findall(r"say\(\"(\w+)\"", text))
    used |= set(re.findall(r"show\([^,]+(?:\([^)]*\))?, \"(\w+)\"", text))
    assert used <= keys[0] and len(used) > 20
