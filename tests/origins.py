"""An origin on 127.0.0.1 that answers as told, and small data like MNIST, for the tests of the loaders."""

import gzip
import http.server
import io
import threading
import zipfile
import zlib
from pathlib import Path

import numpy as np


def make_arrays(**changes) -> dict[str, np.ndarray]:
    random = np.random.default_rng(7)
    arrays = {
        "x_train": random.integers(0, 256, (12, 6, 5), dtype=np.uint8),
        "y_train": np.arange(12, dtype=np.uint8) % 4,
        "x_test": random.integers(0, 256, (8, 6, 5), dtype=np.uint8),
        "y_test": np.arange(8, dtype=np.uint8) % 4,
    }
    return arrays | changes


def npz_bytes(arrays: dict[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


BODY = npz_bytes(make_arrays())


class Server(http.server.ThreadingHTTPServer):
    """Answers its n-th request with the n-th of `answers`, the last one for ever."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/folder/mnist.npz"
        self.answers, self.requests, self.closing = [whole(BODY)], 0, threading.Event()

    def handle_error(self, request, client_address):
        """A client that hangs up is part of the game."""


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        number = self.server.requests
        self.server.requests += 1
        self.server.answers[min(number, len(self.server.answers) - 1)](self)

    def start(self, length: int | None):
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *_):
        pass


def whole(body: bytes, announce: bool = True):
    def answer(handler):
        handler.start(len(body) if announce else None)
        handler.wfile.write(body)

    return answer


def status(code: int):
    return lambda handler: handler.send_error(code)


def cut(body: bytes):
    """An answer that ends in the middle."""

    def answer(handler):
        handler.start(len(body))
        handler.wfile.write(body[: len(body) // 2])

    return answer


def faults_of_pinned(body: bytes) -> dict[str, tuple]:
    """Answers in place of a file pinned by size and hash, and what is then said."""
    return {
        "404": (status(404), "answered 404 Not Found"),
        "truncated": (cut(body), "cut the connection"),
        "short": (whole(body[:-1]), "exactly"),
        "longer": (whole(body + b" "), "exactly"),
        "wrong hash": (whole(body[::-1]), "sent the wrong content"),
    }


def unpacked(content: bytes) -> bytes | dict[str, bytes]:
    """What a gzip or a zip holds."""
    if content[:2] == b"\x1f\x8b":
        return gzip.decompress(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def check_rebuilt(stored: Path, built: bytes) -> None:
    """A maker made the sample again: the same content, and with the same zlib the same bytes."""
    assert unpacked(built) == unpacked(stored.read_bytes())
    if "ng" not in zlib.ZLIB_RUNTIME_VERSION:  # another zlib packs the same text into other bytes
        assert built == stored.read_bytes()


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
