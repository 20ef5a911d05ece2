"""What the tests of several modules start with."""

import threading

import pytest
from origins import Server

from helpers.datasets import fetch


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of this test's own; no proxy, and no waiting between two tries."""
    monkeypatch.setenv("RNN_COOKBOOK_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(fetch.web, "BACKOFF", 0.01)
    return tmp_path / "cache"


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()
