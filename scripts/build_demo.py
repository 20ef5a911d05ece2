"""Build the page that runs the exported networks in a browser, and serve it: what `make demo` calls.

    python scripts/build_demo.py            build/demo, then a server on loopback until Ctrl-C
    python scripts/build_demo.py --build    only build

onnxruntime-web comes from the npm registry, in the version of demo/package-lock.json, the networks come from
build/models/20_shipping, and nothing on the page from elsewhere. Large files are stored packed, the page
unpacks them, so any server of static files will do.
"""

from __future__ import annotations

import argparse
import base64
import functools
import gzip
import http.server
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import onnx
import sentencepiece
from recipes import ROOT, CookbookError

PAGE = ("index.html", "page.js", "networks.js", "style.css")
LIBRARY = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
NETWORKS = ("digits_step", "sentiment", "poem_step", "translation_encoder", "translation_step")
MOST = 25_000_000  # bytes of the whole page


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Build and serve; returns the exit code."""
    parser = argparse.ArgumentParser(description="Build build/demo and serve it.", allow_abbrev=False)
    parser.add_argument("--build", action="store_true", help="build, do not serve")
    parser.add_argument("--port", type=int, default=8001, help="of the server (default: 8001)")
    options = parser.parse_args(argv)
    try:
        folder = build(root)
    except CookbookError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder.relative_to(root).as_posix()}: {size / 1e6:.1f} MB")
    if options.build:
        return 0
    print(f"Open http://127.0.0.1:{options.port} in a browser; Ctrl-C ends.", flush=True)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", options.port), handler) as server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0


def build(root: Path = ROOT, models: Path | None = None, target: Path | None = None) -> Path:
    """Writes the page to `target` (`build/demo`) from the networks in `models`; returns its folder.

    Raises:
        CookbookError: if npm or every network is missing, or if the page would weigh more than 25 MB.
    """
    models = models or root / "build" / "models" / "20_shipping"
    target = target or root / "build" / "demo"
    there = [name for name in NETWORKS if (models / f"{name}.onnx").exists()]
    if not there:
        raise CookbookError("there are no networks: make recipes ONLY=20_shipping,20_shipping_study")
    runtime = library(root)
    parity = target / "parity.json"  # what the test in a browser found stays
    kept = parity.read_bytes() if parity.exists() else None
    shutil.rmtree(target, ignore_errors=True)
    (target / "models").mkdir(parents=True)
    for name in PAGE:
        shutil.copy(root / "demo" / name, target)
    for name in LIBRARY:
        if name.endswith(".wasm"):
            _pack((runtime / name).read_bytes(), target / f"{name}.gz")
        else:
            shutil.copy(runtime / name, target)
    for name in there:
        small = models / f"{name}_8.onnx"
        file = small if small.exists() else models / f"{name}.onnx"
        _pack(file.read_bytes(), target / "models" / f"{name}.onnx.gz")
        notes = json.dumps(notes_of(name, models), ensure_ascii=False)
        _pack(notes.encode(), target / "models" / f"{name}.json.gz")
    if kept:
        parity.write_bytes(kept)
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    if size > MOST:
        raise CookbookError(f"the page weighs {size / 1e6:.1f} MB, more than {MOST / 1e6:.0f}")
    return target


def notes_of(name: str, models: Path) -> dict:
    """What the page must know of a network: its notes, and the sizes of its states."""
    model = onnx.load(models / f"{name}.onnx", load_external_data=False)
    notes = {item.key: json.loads(item.value) for item in model.metadata_props}
    shapes = {
        given.name: [size.dim_value for size in given.type.tensor_type.shape.dim]
        for given in model.graph.input
    }
    notes["states"] = [shape[1] for given, shape in shapes.items() if given.startswith("state_")]
    if name == "digits_step":
        whole = onnx.load(models / "digits.onnx", load_external_data=False)
        notes |= {item.key: json.loads(item.value) for item in whole.metadata_props}
        notes["height"] = whole.graph.input[0].type.tensor_type.shape.dim[1].dim_value
    for side in ("source", "target"):
        if side in notes:  # word pieces: SentencePiece's own form → a list
            pieces = sentencepiece.SentencePieceProcessor(model_proto=base64.b64decode(notes[side]))
            notes[side] = [[pieces.id_to_piece(i), pieces.get_score(i)] for i in range(len(pieces))]
    return notes


def library(root: Path) -> Path:
    """The folder of onnxruntime-web's files, installed if need be."""
    home = root / "build" / "npm"
    found = home / "node_modules" / "onnxruntime-web" / "dist"
    lock = root / "demo" / "package-lock.json"
    copied = home / lock.name
    if found.is_dir() and copied.exists() and copied.read_bytes() == lock.read_bytes():
        return found
    npm = shutil.which("npm")
    if npm is None:
        raise CookbookError("npm is needed for onnxruntime-web: install Node.js 20 or later")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    for name in ("package.json", lock.name):
        shutil.copy(root / "demo" / name, home)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False, env={**os.environ})
    if done.returncode:
        copied.unlink()
        raise CookbookError(f"npm could not install onnxruntime-web: {done.stderr.strip()[-300:]}")
    return found


def _pack(content: bytes, path: Path) -> None:
    path.write_bytes(gzip.compress(content, 9, mtime=0))


if __name__ == "__main__":
    sys.exit(main())
