"""What the tests of several modules start with."""

import gzip
import threading
from pathlib import Path

import pytest

pytest.register_assert_rewrite("origins")

from origins import Server  # noqa: E402

from helpers.datasets import fetch  # noqa: E402


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of this test's own; no proxy, and no waiting between two tries."""
    monkeypatch.setenv("RNN_COOKBOOK_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(fetch.web, "BACKOFF", 0.01)
    return tmp_path / "cache"


@pytest.fixture
def save(tmp_path):
    """Writes a file of the reader's own, as gzip where its name says so; returns its path."""

    def write(content: str | bytes, name: str) -> Path:
        content = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return tmp_path / name

    return write


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()
