"""helpers.datasets against the faults of a network, a disk and a user's file. Talks to 127.0.0.1 only."""

import contextlib
import errno
import gzip
import hashlib
import http.server
import importlib.util
import io
import os
import re
import socket
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import make_mnist_sample
import numpy as np
import pytest

from helpers import datasets
from helpers.datasets import DataError, mnist

ROOT = Path(__file__).resolve().parent.parent
COUNTS = "12 training and 8 test images of 6×5, 4 classes"
SAMPLE_COUNTS = "4,000 training and 1,000 test images of 28×28, 10 classes"


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


# -- a local server that fails in every way


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


def cut(handler):
    handler.start(len(BODY))
    handler.wfile.write(BODY[: len(BODY) // 2])


def hang_up(handler):
    handler.connection.shutdown(socket.SHUT_RDWR)


def stall(handler):
    cut(handler)
    handler.server.closing.wait(10)


def trickle(handler):
    """A byte now and then: never silent for long, never done."""
    handler.start(len(BODY))
    with contextlib.suppress(OSError):
        while not handler.server.closing.wait(0.03):
            handler.wfile.write(b"x")


def trickle_header(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    trickle_forever = iter(lambda: handler.server.closing.wait(0.03), True)
    with contextlib.suppress(OSError):
        for _ in trickle_forever:
            handler.wfile.write(b"x")


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


def closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


@pytest.fixture(autouse=True)
def settings(monkeypatch, tmp_path):
    """A cache of the test's own, an origin that refuses, no pause between tries."""
    monkeypatch.setenv("RNN_COOKBOOK_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(datasets, "_MNIST_URL", f"http://127.0.0.1:{closed_port()}/folder/mnist.npz")
    monkeypatch.setattr(datasets, "_MNIST_SIZE", len(BODY))
    monkeypatch.setattr(datasets, "_MNIST_SHA256", hashlib.sha256(BODY).hexdigest())
    monkeypatch.setattr(datasets, "BACKOFF", 0.01)


@pytest.fixture
def impatient(monkeypatch):
    """Short time-outs, for what never ends; elsewhere they could strike on a busy machine."""
    monkeypatch.setattr(datasets, "TIMEOUT", 0.4)
    monkeypatch.setattr(datasets, "STALL_WINDOW", 0.2)


@pytest.fixture
def origin(monkeypatch, server):
    monkeypatch.setattr(datasets, "_MNIST_URL", server.url)
    return server


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def fill(cache: Path, content: bytes) -> Path:
    cache.mkdir(exist_ok=True)
    (cache / "mnist.npz").write_bytes(content)
    return cache / "mnist.npz"


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def same(data: datasets.ImageData, arrays: dict[str, np.ndarray]) -> bool:
    return all(np.array_equal(getattr(data, name), array) for name, array in arrays.items())


# -- the order of sources, and the line each prints


def test_cache_answers_first(cache, origin, capsys):
    fill(cache, BODY)
    data = mnist()
    assert same(data, make_arrays())
    assert (data.source, data.origin, data.num_classes) == ("full", "the cache (mnist.npz)", 4)
    assert (data.x_train.dtype, data.y_train.dtype, data.y_test.dtype) == (np.uint8, np.int32, np.int32)
    assert capsys.readouterr().out == f"MNIST: {COUNTS}, from the cache (mnist.npz)\n"
    assert origin.requests == 0


def test_download_is_stored_for_the_next_time(cache, origin, capsys):
    data = mnist()
    assert same(data, make_arrays()) and data.source == "full"
    assert (cache / "mnist.npz").read_bytes() == BODY
    assert files_in(cache) == ["mnist.npz"]
    assert (cache / "mnist.npz").stat().st_mode & 0o777 == 0o644
    line = f"MNIST: {COUNTS}, from the public origin, now in the cache (mnist.npz)\n"
    assert capsys.readouterr() == (line, "")
    mnist()
    assert origin.requests == 1


def test_sample_answers_last_and_says_why(cache, capsys):
    data = mnist()
    assert (data.source, data.x_train.shape, data.num_classes) == ("sample", (4000, 28, 28), 10)
    line = capsys.readouterr().out
    assert line.startswith(
        f"MNIST: {SAMPLE_COUNTS}, from the bundled mnist-sample.npz. This is the small sample"
    )
    assert line.count("\n") == 1
    assert "(no mnist.npz in the cache; http://127.0.0.1:" in line
    assert "cannot be reached (NewConnectionError)). For the full data, connect to the network" in line
    assert str(cache) not in line and str(ROOT) not in line
    assert files_in(cache) == []


def test_bundled_asks_neither_cache_nor_network(cache, origin, capsys):
    fill(cache, BODY)
    assert mnist("bundled").source == "sample"
    assert origin.requests == 0
    line = capsys.readouterr().out
    assert "small sample (as asked)" in line and str(ROOT) not in line


def test_online_asks_the_origin_even_with_a_cache(cache, origin):
    fill(cache, npz_bytes(make_arrays(y_train=np.arange(12) % 4 // 2, y_test=np.zeros(8, int))))
    assert same(mnist("online"), make_arrays())
    assert (cache / "mnist.npz").read_bytes() == BODY


def test_forced_cache_that_is_empty(cache, origin):
    with pytest.raises(
        DataError, match=re.escape(f"no mnist.npz in the cache. Looked for {cache / 'mnist.npz'}")
    ):
        mnist("cache")
    assert origin.requests == 0


def test_forced_online_names_the_address_and_the_way_out(origin, cache):
    origin.answers = [status(404)]
    with pytest.raises(DataError) as caught:
        mnist("online")
    expected = (
        f"{origin.url} answered 404 Not Found. Check the connection and run again, save the file yourself as "
    )
    assert str(caught.value) == f'{expected}{cache / "mnist.npz"}, or use source="bundled".'


def test_copy_of_the_helpers_without_data(monkeypatch, tmp_path, cache):
    monkeypatch.setattr(datasets, "DATA_FOLDER", tmp_path / "data")
    with pytest.raises(
        DataError, match=r"no bundled mnist-sample\.npz: .*Colab edition.*Use source=\"online\""
    ):
        mnist("bundled")
    with pytest.raises(DataError) as caught:
        mnist()
    for part in ("no source has MNIST: no mnist.npz in the cache; http", "no bundled", f"into {cache}."):
        assert part in str(caught.value)


def test_damaged_sample_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(datasets, "DATA_FOLDER", tmp_path)
    (tmp_path / "mnist-sample.npz").write_bytes(b"version https://git-lfs")
    with pytest.raises(
        DataError, match=r"mnist-sample\.npz: .*not a whole \.npz.*Restore it from the repository"
    ):
        mnist("bundled")


def test_default_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for value in ("", None):
        monkeypatch.delenv("RNN_COOKBOOK_DATA") if value is None else monkeypatch.setenv(
            "RNN_COOKBOOK_DATA", value
        )
        assert datasets.cache_folder() == tmp_path / ".cache" / "rnn-cookbook"
    monkeypatch.setenv("RNN_COOKBOOK_DATA", "~/elsewhere")
    assert datasets.cache_folder() == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    "source", ["", None, 3, b"auto", ["auto"], True, np.zeros(3), "Auto", "bundeld", "no/such.npz", "a\0b"]
)
def test_unknown_source(source):
    words = re.escape(
        'source must be "auto", "cache", "online", "bundled" or the path of your own file, got '
    )
    with pytest.raises(DataError, match=f"^{words}{re.escape(repr(source))}"):
        mnist(source)


def test_misspelt_path_is_named_in_full(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=re.escape(f"No file {tmp_path / 'mine.npz'}: check the spelling")):
        mnist("mine.npz")


def test_folder_as_source(tmp_path):
    with pytest.raises(DataError, match=re.escape(f"source must be a file, got the folder {tmp_path}")):
        mnist(tmp_path)


# -- the network's faults


def test_origin_is_the_one_keras_uses():
    pinned = importlib.util.spec_from_file_location("fresh_datasets", datasets.__file__)
    fresh = importlib.util.module_from_spec(pinned)
    sys.modules[pinned.name] = fresh  # dataclasses look their module up
    pinned.loader.exec_module(fresh)
    keras = Path(importlib.util.find_spec("keras").submodule_search_locations[0])
    text = (keras / "src" / "datasets" / "mnist.py").read_text(encoding="utf-8")
    folder, name = fresh._MNIST_URL.rsplit("/", 1)
    assert f'"{folder}/"' in text and f"origin_folder}}{name}" in text and f'"{fresh._MNIST_SHA256}"' in text
    assert fresh._MNIST_SIZE == 11_490_434


def test_no_network(cache):
    with pytest.raises(DataError, match=r"mnist\.npz cannot be reached \(NewConnectionError\)"):
        mnist("online")
    assert files_in(cache) == []


def test_name_that_cannot_be_looked_up(monkeypatch):
    def no_such_name(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    monkeypatch.setattr(datasets, "_MNIST_URL", "http://origin.invalid/mnist.npz")
    with pytest.raises(
        DataError, match=r"http://origin\.invalid/mnist\.npz cannot be reached \(NameResolutionError"
    ):
        mnist("online")


@pytest.mark.parametrize(
    ("answers", "requests"),
    [
        ([status(500), whole(BODY)], 2),
        ([status(503), status(502), whole(BODY)], 3),
        ([cut, whole(BODY)], 2),
        ([hang_up, cut, whole(BODY)], 3),
        ([whole(BODY[::-1]), whole(BODY)], 2),
        ([whole(BODY[:-1]), whole(BODY)], 2),
        ([whole(BODY[: len(BODY) // 2], announce=False), whole(BODY)], 2),
        ([whole(BODY, announce=False)], 1),
    ],
    ids=["500", "503, 502", "cut", "hang-up, cut", "wrong hash", "wrong size", "cut, no length", "no length"],
)
def test_what_can_pass_is_tried_again(origin, cache, answers, requests):
    origin.answers = answers
    assert same(mnist("online"), make_arrays())
    assert origin.requests == requests
    assert files_in(cache) == ["mnist.npz"]


@pytest.mark.parametrize(
    ("answer", "message", "requests"),
    [
        (status(404), "answered 404 Not Found", 1),
        (status(403), "answered 403 Forbidden", 1),
        (status(500), "answered 500 Internal Server Error", 3),
        (cut, "cut the connection", 3),
        (hang_up, "cut the connection", 3),
        (whole(BODY[::-1]), "sent the wrong content: its SHA-256 is not [0-9a-f]{64}", 2),
        (whole(BODY + b"x"), f"sends {len(BODY) + 1:,} bytes, exactly {len(BODY):,} expected", 2),
        (whole(BODY[:-1]), f"sends {len(BODY) - 1:,} bytes, exactly {len(BODY):,} expected", 2),
        (
            whole(BODY + b"x", announce=False),
            f"sends {len(BODY) + 1:,} bytes, exactly {len(BODY):,} expected",
            2,
        ),
        (whole(b""), f"sends 0 bytes, exactly {len(BODY):,} expected", 2),
    ],
    ids=[
        "404",
        "403",
        "500",
        "cut",
        "hang-up",
        "hash",
        "longer",
        "shorter",
        "unannounced",
        "empty",
    ],
)
def test_download_that_fails(origin, cache, capsys, answer, message, requests):
    origin.answers = [answer]
    with pytest.raises(DataError, match=f"^{re.escape(origin.url)} {message}"):
        mnist("online")
    assert origin.requests == requests
    assert files_in(cache) == []
    assert mnist().source == "sample"
    assert re.search(message, capsys.readouterr().out)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (stall, r"fell silent for 0\.4 s"),
        (trickle, r"sends only \d+ bytes per second"),
        (trickle_header, r"did not answer within 0\.4 s"),
    ],
)
def test_slow_server_is_left(impatient, origin, cache, answer, message):
    origin.answers = [answer]
    start = time.monotonic()
    with pytest.raises(DataError, match=f"^{re.escape(origin.url)} {message}"):
        mnist("online")
    assert time.monotonic() - start < 2
    assert origin.requests == 1  # never again
    assert files_in(cache) == []


@contextlib.contextmanager
def black_hole():
    """A port of 127.0.0.1 that drops what is sent to it: a listener whose queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@contextlib.contextmanager
def silent_listener():
    """A port that accepts connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(5)
        yield listener.getsockname()[1]


@pytest.mark.parametrize("hole", [black_hole, silent_listener])
def test_black_holed_address_answers_within_the_time_out(impatient, monkeypatch, cache, hole):
    with hole() as port:
        monkeypatch.setattr(datasets, "_MNIST_URL", f"http://127.0.0.1:{port}/mnist.npz")
        start = time.monotonic()
        with pytest.raises(DataError, match=r"did not answer within 0\.4 s"):
            mnist("online")
        assert 0.3 < time.monotonic() - start < 2
        assert mnist().source == "sample"
        assert files_in(cache) == []


def test_time_out_bounds_all_addresses_together(impatient, monkeypatch):
    with black_hole() as port:
        many = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))] * 8
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: many)
        monkeypatch.setattr(datasets, "_MNIST_URL", f"http://origin.invalid:{port}/mnist.npz")
        start = time.monotonic()
        with pytest.raises(DataError, match=r"did not answer within 0\.4 s"):
            mnist("online")
        assert time.monotonic() - start < 2  # one after the other they would take 3.2 s


def test_progress_bar_counts_the_bytes(origin, monkeypatch):
    bars = []

    class Bar(contextlib.AbstractContextManager):
        def __init__(self, **options):
            self.options, self.bytes = options, 0
            bars.append(self)

        def update(self, size):
            self.bytes += size

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(datasets, "tqdm", Bar)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    mnist("online")
    monkeypatch.setitem(sys.modules, "ipykernel", None)
    mnist("online")
    assert [bar.bytes for bar in bars] == [len(BODY), len(BODY)]
    assert bars[0].options["total"] == len(BODY) and bars[0].options["desc"] == "mnist.npz"
    assert [bar.options["disable"] for bar in bars] == [None, False]


# -- the disk's faults


def test_cache_folder_that_cannot_be_made(monkeypatch, tmp_path, origin, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("RNN_COOKBOOK_DATA", str(tmp_path / "file" / "cache"))
    with pytest.raises(
        DataError, match=r"mnist\.npz cannot be stored in the cache \(Not a directory\).*writable"
    ):
        mnist("online")
    assert origin.requests == 0
    assert mnist().source == "sample"
    line = capsys.readouterr().out
    assert "cannot be stored in the cache (Not a directory)" in line and str(tmp_path) not in line


def test_cache_folder_that_cannot_be_written(monkeypatch, cache, origin):
    cache.mkdir()

    def denied(*_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(cache))

    monkeypatch.setattr("tempfile.mkdtemp", denied)
    with pytest.raises(
        DataError, match=r"cannot be stored in the cache \(Permission denied\).* than " + str(cache)
    ):
        mnist("online")
    assert mnist().source == "sample"


def test_full_disk(monkeypatch, cache, origin, capsys):
    class FullDisk(io.FileIO):
        def write(self, block):
            super().write(block[: len(block) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(datasets, "open", lambda path, mode: FullDisk(path, mode), raising=False)
    with pytest.raises(
        DataError, match=r"cannot be stored in the cache \(No space left on device\).*free some space"
    ):
        mnist("online")
    assert origin.requests == 1
    assert files_in(cache) == []
    assert mnist().source == "sample"
    assert "No space left on device" in capsys.readouterr().out


def test_interrupt_leaves_nothing_behind(monkeypatch, cache, origin):
    class Interrupted(datasets.tqdm):
        def update(self, *_):
            raise KeyboardInterrupt

    monkeypatch.setattr(datasets, "tqdm", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        mnist()
    assert files_in(cache) == []


FETCH = """
import sys
from helpers import datasets
datasets._MNIST_URL, datasets._MNIST_SIZE, datasets._MNIST_SHA256 = sys.argv[1], int(sys.argv[2]), sys.argv[3]
print(datasets.mnist().x_train.sum())
"""


def fetching_process(server: Server) -> subprocess.Popen:
    command = [sys.executable, "-c", FETCH, server.url, str(len(BODY)), hashlib.sha256(BODY).hexdigest()]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_processes_at_once(cache, server):
    both = threading.Barrier(2, timeout=10)

    def together(handler):
        handler.start(len(BODY))
        handler.wfile.write(BODY[:100])
        both.wait()
        handler.wfile.write(BODY[100:])

    server.answers = [together]
    processes = [fetching_process(server) for _ in range(2)]
    outputs = [process.communicate(timeout=20) for process in processes]
    line = f"MNIST: {COUNTS}, from the public origin, now in the cache (mnist.npz)"
    expected = f"{line}\n{make_arrays()['x_train'].sum()}\n"
    assert outputs == [(expected, "")] * 2  # and so nothing of pooch's own on stderr
    assert (cache / "mnist.npz").read_bytes() == BODY
    assert files_in(cache) == ["mnist.npz"]


def test_killed_process_leaves_nothing_under_the_final_name(cache, server):
    half_way = threading.Event()

    def wait(handler):
        cut(handler)
        half_way.set()
        handler.server.closing.wait(10)

    server.answers = [wait]
    process = fetching_process(server)
    assert half_way.wait(10)
    process.kill()
    process.communicate(timeout=10)
    assert files_in(cache) != [] and not (cache / "mnist.npz").exists()
    with pytest.raises(DataError, match=r"no mnist\.npz in the cache"):
        mnist("cache")


# -- a damaged cache


def flipped() -> bytes:
    """One bit of the stored pixels changed, so that only the archive's checksum can tell."""
    buffer = io.BytesIO()
    np.savez(buffer, **make_arrays())
    plain = buffer.getvalue()
    position = plain.index(make_arrays()["x_train"].tobytes()) + 40
    return plain[:position] + bytes([plain[position] ^ 1]) + plain[position + 1 :]


DAMAGED = {
    "empty": b"",
    "truncated": BODY[: len(BODY) // 2],
    "garbage": b"<html>not what you asked for</html>",
    "bit flipped": flipped(),
    "wrong arrays": npz_bytes(make_arrays(y_train=np.arange(3))),
    "other keys": npz_bytes({"a": np.zeros(3)}),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_cache(cache, origin, capsys, content):
    path = fill(cache, content)
    with pytest.raises(
        DataError, match=r"mnist\.npz in the cache is damaged. " + re.escape(str(path))
    ) as caught:
        mnist("cache")
    assert 'Delete it, or replace it with source="online".' in str(caught.value)

    origin.answers = [status(404)]  # nothing better to be had: the file stays as it is
    assert mnist().source == "sample"
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"MNIST: mnist.npz in the cache is damaged. {path}: ")
    assert "(mnist.npz in the cache is damaged; http" in second and str(cache) not in second
    assert path.read_bytes() == content

    origin.answers = [whole(BODY)]
    origin.requests = 0
    assert same(mnist(), make_arrays())
    assert path.read_bytes() == BODY


def test_cache_file_that_cannot_be_read(cache, capsys):
    (cache / "mnist.npz").mkdir(parents=True)
    with pytest.raises(DataError, match=r"the file cannot be opened \(Is a directory\)"):
        mnist("cache")
    assert mnist().source == "sample"


# -- a download that has to be converted, from an origin that is not fixed


def numbers(url: str) -> datasets._Dataset:
    """A toy dataset: the origin has lines of text, the cache has their sum."""

    def read(path):
        text = path.read_text()
        datasets._require(text.isdigit(), f"expected a number, got {text!r}")
        return int(text)

    def fetch(path):
        raw = path.with_name("raw.txt")
        datasets._download(url, raw, max_bytes=100)
        path.write_text(str(sum(map(int, raw.read_text().split()))) if b"x" not in raw.read_bytes() else "x")

    return datasets._Dataset("Numbers", "sum.txt", "none.txt", read, lambda total: f"a sum of {total}", fetch)


def test_conversion(server, cache, capsys):
    server.answers = [whole(b"1\n2\n3\n")]
    assert datasets._find(numbers(server.url), "auto")[0] == 6
    assert files_in(cache) == ["sum.txt"] and (cache / "sum.txt").read_text() == "6"
    assert (
        capsys.readouterr().out == "Numbers: a sum of 6, from the public origin, now in the cache (sum.txt)\n"
    )


@pytest.mark.parametrize("announce", [True, False])
def test_size_of_a_download_is_bounded(server, cache, announce):
    server.answers = [whole(b"1\n" * 100_000, announce)]
    with pytest.raises(DataError, match=r"sends [\d,]+ bytes, at most 100 expected"):
        datasets._find(numbers(server.url), "online")
    assert files_in(cache) == []


def test_endless_download_is_left_early(server, monkeypatch, tmp_path):
    sent = []

    def endless(handler):
        handler.start(None)
        with contextlib.suppress(OSError):
            while not handler.server.closing.is_set():
                sent.append(handler.wfile.write(bytes(1 << 16)))

    server.answers = [endless]
    with pytest.raises(DataError, match="at most 100 expected"):
        datasets._download(server.url, tmp_path / "raw.txt", max_bytes=100)
    assert sum(sent) < 100 << 20
    assert files_in(tmp_path) == []


def test_announced_size_is_refused_before_the_first_byte(impatient, server, tmp_path):
    def too_long(handler):
        handler.start(10**12)
        handler.server.closing.wait(10)

    server.answers = [too_long]
    with pytest.raises(DataError, match="sends 1,000,000,000,000 bytes, at most 100 expected"):
        datasets._download(server.url, tmp_path / "raw.txt", max_bytes=100)


def test_quick_start_does_not_excuse_a_trickle(impatient, server, tmp_path):
    def fade(handler):
        handler.start(None)
        handler.wfile.write(bytes(1 << 20))
        with contextlib.suppress(OSError):
            for _ in range(60):
                handler.server.closing.wait(0.03)
                handler.wfile.write(b"x")

    server.answers = [fade]
    with pytest.raises(DataError, match=r"sends only \d+ bytes per second"):
        datasets._download(server.url, tmp_path / "raw.txt", max_bytes=1 << 24)


def test_packed_file_is_stored_as_it_is(server, tmp_path):
    """Some servers call a .gz file an encoding of the transport; its bytes are wanted all the same."""
    packed = gzip.compress(b"1\n2\n", mtime=0)

    def mislabelled(handler):
        if handler.headers["Accept-Encoding"] != "identity":
            return handler.send_error(406)
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(packed)))
        handler.end_headers()
        handler.wfile.write(packed)

    server.answers = [mislabelled]
    datasets._download(server.url, tmp_path / "raw.gz", len(packed), hashlib.sha256(packed).hexdigest())
    assert (tmp_path / "raw.gz").read_bytes() == packed


def test_bad_content_never_replaces_a_good_file(server, cache):
    cache.mkdir()
    (cache / "sum.txt").write_text("41")
    server.answers = [whole(b"x")]
    with pytest.raises(DataError, match="expected a number, got 'x'"):
        datasets._find(numbers(server.url), "online")
    assert files_in(cache) == ["sum.txt"] and (cache / "sum.txt").read_text() == "41"


# -- the reader's own file


@pytest.fixture
def own(tmp_path):
    def write(**changes) -> Path:
        path = tmp_path / "own.npz"
        np.savez_compressed(path, **{k: v for k, v in make_arrays(**changes).items() if v is not None})
        return path

    return write


def test_own_file(own, capsys):
    path = own()
    for source in (path, str(path)):
        data = mnist(source)
        assert same(data, make_arrays())
        assert (data.source, data.origin) == ("full", "your file (own.npz)")
        assert capsys.readouterr().out == f"Your data: {COUNTS}, from your file (own.npz)\n"


def test_own_file_that_is_the_sample_says_so(capsys):
    assert mnist(ROOT / "data" / "mnist-sample.npz").source == "sample"
    assert "This is the small sample" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("images", "pixels"),
    [
        (np.uint8([0, 1, 128, 255]), [0, 1, 128, 255]),
        (np.int64([0, 1, 128, 255]), [0, 1, 128, 255]),
        (np.array([0, 1, 128, 255], ">u2"), [0, 1, 128, 255]),
        (np.float32([0, 0.25, 0.5, 1]), [0, 64, 128, 255]),
        (np.float16([0, 0.25, 0.5, 1]), [0, 64, 128, 255]),
        (np.float64([0, 0.2, 0.4, 1.0000001]), [0, 51, 102, 255]),
        (np.float64([0, 1.4, 99.6, 255]), [0, 1, 100, 255]),
        (np.array([False, True, True, False]), [0, 255, 255, 0]),
        (np.uint8([0, 1, 1, 0]), [0, 255, 255, 0]),
    ],
    ids=[
        "uint8",
        "int64",
        "big-endian",
        "float32",
        "float16",
        "a-hair-above-1",
        "float-255",
        "bool",
        "int-0-1",
    ],
)
def test_scale_of_pixels(own, images, pixels):
    def spread(count):
        return np.broadcast_to(images.reshape(1, 2, 2), (count, 2, 2))

    data = mnist(own(x_train=spread(12), x_test=spread(8)))
    assert data.x_train.dtype == data.x_test.dtype == np.uint8
    assert data.x_train[5].ravel().tolist() == data.x_test[7].ravel().tolist() == pixels


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float32, bool])
def test_labels_of_any_number_type(own, dtype):
    labels = {
        "y_train": (np.arange(12) % 2).astype(dtype)[:, None],
        "y_test": (np.arange(8) % 2).astype(dtype),
    }
    data = mnist(own(**labels))
    assert data.y_train.dtype == data.y_test.dtype == np.int32
    assert data.y_train.tolist() == [0, 1] * 6 and data.num_classes == 2


def test_channel_axis_of_one_is_dropped(own):
    images = make_arrays()["x_train"]
    assert np.array_equal(mnist(own(x_train=images[..., None])).x_train, images)


def with_value(name: str, value: float) -> np.ndarray:
    array = make_arrays()[name].astype(float)
    array.flat[3] = value
    return array


LABELS = np.arange(12) % 4
FAULTS = {
    "one key": (
        {"y_test": None},
        r"lacks y_test; found: x_train, y_train, x_test. Write it with np.savez_compr",
    ),
    "all keys": (dict.fromkeys(make_arrays()), "lacks x_train, y_train, x_test, y_test; found: nothing"),
    "flat": ({"x_train": np.zeros((12, 784))}, r"got \(12, 784\). If the images are flat: x_train.reshape"),
    "one axis": (
        {"x_test": np.zeros(8)},
        r"x_test must have the shape \(images, height, width\), got \(8,\)",
    ),
    "colour": ({"x_train": np.zeros((12, 6, 5, 3))}, r"got \(12, 6, 5, 3\).*in colour, make them grey"),
    "alpha": ({"x_train": np.zeros((12, 6, 5, 4))}, r"x_train\[\.\.\., :3\] @"),
    "sizes differ": ({"x_test": np.ones((8, 5, 6))}, "x_train has images of 6×5, x_test of 5×6"),
    "too small": ({"x_train": np.ones((12, 6, 1))}, r"2×2 pixels or more, got shape \(12, 6, 1\)"),
    "no pixels": ({"x_train": np.ones((12, 0, 5))}, r"2×2 pixels or more, got shape \(12, 0, 5\)"),
    "no images": ({"x_test": np.ones((0, 6, 5))}, r"x_test must hold at least one image.*\(0, 6, 5\)"),
    "NaN": ({"x_train": with_value("x_train", np.nan)}, "x_train .*be finite, got values from nan to nan"),
    "infinity": ({"x_test": with_value("x_test", np.inf)}, "x_test .*be finite, got values from 0 to inf"),
    "negative": (
        {"x_train": with_value("x_train", -0.5)},
        r"x_train .*0\.\.255.*got values from -0\.5 to 25",
    ),
    "above 255": ({"x_test": with_value("x_test", 256)}, r"x_test .*got values from 0 to 256\. Rescale"),
    "two scales": ({"x_test": np.ones((8, 6, 5)) / 2}, r"differ in scale: .* 25\d and 0\.5"),
    "text images": ({"x_train": np.full((12, 6, 5), "a")}, "x_train must hold numbers, got dtype <U1"),
    "complex": ({"x_train": np.ones((12, 6, 5), complex)}, "x_train must hold numbers, got dtype complex128"),
    "objects": ({"x_train": np.array([[1], [2, 3]], object)}, "x_train holds Python objects, .*can run code"),
    "text labels": ({"y_train": np.array(list("abcd") * 3)}, "y_train must hold whole numbers .*dtype <U1"),
    "half labels": (
        {"y_train": LABELS + 0.5},
        r"y_train must hold whole numbers 0\.\.K-1, got 0\.5, 1\.5, 2\.5",
    ),
    "NaN label": (
        {"y_test": with_value("y_test", np.nan)},
        r"y_test must hold whole numbers 0\.\.K-1, got nan",
    ),
    "huge label": ({"y_train": LABELS * 2.0**40}, r"whole numbers 0\.\.K-1, got 1099511627776"),
    "minus": ({"y_train": LABELS - 1}, r"y_train must hold whole numbers 0\.\.K-1, got -1\."),
    "too few labels": ({"y_train": LABELS[:11]}, r"y_train must have the shape \(12,\), .*got \(11,\)"),
    "one-hot": ({"y_train": np.eye(4)[LABELS]}, r"got \(12, 4\)\. One-hot labels: take y_train\.argmax"),
    "unseen": ({"y_train": LABELS % 3}, "y_test has classes that y_train never shows: 3"),
    "gaps": ({"y_train": LABELS * 2, "y_test": LABELS[:8] * 2}, "its highest label 6, missing: 1, 3, 5"),
    "big gap": (
        {"y_train": LABELS * 10**6},
        "highest label 3000000, missing: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …",
    ),
    "one class": (
        {"y_train": LABELS * 0, "y_test": np.zeros(8)},
        "y_train has only the class 0. A classifier",
    ),
}


@pytest.mark.parametrize(("changes", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_own_file_with_a_fault(own, changes, message):
    path = own(**changes)
    before = path.read_bytes()
    with pytest.raises(DataError, match=f"^{re.escape(str(path))}: .*{message}"):
        mnist(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", BODY[:-30], BODY[30:], b"\x93NUMPY\x01\x00" + bytes(200), b"cos\nsystem\n(S'true'\ntR."],
    ids=["empty", "text", "truncated", "beheaded", "npy", "pickle"],
)
def test_own_file_that_is_no_npz(tmp_path, content):
    path = tmp_path / "own.npz"
    path.write_bytes(content)
    with pytest.raises(
        DataError, match=r"own\.npz: the file is not a whole \.npz archive .*np\.savez_compressed"
    ):
        mnist(path)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ("(1000000, 1000, 1000)", r"not a whole \.npz archive"),  # a terabyte, or so it says
        ("(2, 6, 5)", "x_train is longer than its header says"),
    ],
)
def test_archive_whose_header_lies(own, shape, message):
    path = own(x_train=None)
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x_train.npy", b"\x93NUMPY\x01\x00" + bytes([len(header), 0]) + header + bytes(360))
    with pytest.raises(DataError, match=message):
        mnist(path)


def test_zip_bomb_is_not_unpacked(own, monkeypatch):
    path = own(x_train=np.zeros((12, 1000, 1000), np.uint8))
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(datasets, "MAX_UNPACKED", 1_000_000)
    monkeypatch.setattr(np.lib.format, "read_array", lambda *_, **__: pytest.fail("unpacked"))
    with pytest.raises(DataError, match=r"unpack to 12,\d{3},\d{3} bytes, at most 1,000,000 are accepted"):
        mnist(path)


# -- what the repository carries


def test_samples_are_listed_with_their_checksum():
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `([^`]+)` .*\| `([0-9a-f]{64})` \|$", readme, re.MULTILINE))
    files = [path for path in (ROOT / "data").iterdir() if path.name != "README.md"]
    assert listed == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    assert all(path.stat().st_size < 2_000_000 for path in files)


def test_mnist_sample():
    data = mnist("bundled")
    assert np.bincount(data.y_train).tolist() == [400] * 10
    assert np.bincount(data.y_test).tolist() == [100] * 10
    images = np.concatenate([data.x_train, data.x_test]).reshape(5000, -1)
    assert len(np.unique(images, axis=0)) == 5000  # none in both parts
    assert (images.min(), images.max()) == (0, 255)


def test_sample_script_splits_each_class_alike():
    labels = np.repeat(np.arange(10, dtype=np.uint8), 500)
    numbered = np.arange(5000, dtype=np.uint16)[:, None, None]
    arrays = make_mnist_sample.split(numbered, labels)
    assert np.bincount(arrays["y_train"]).tolist() == [400] * 10
    assert np.bincount(arrays["y_test"]).tolist() == [100] * 10
    rows = np.concatenate([arrays["x_train"], arrays["x_test"]]).ravel()
    assert sorted(rows) == list(range(5000))
    assert np.array_equal(rows[:4000] // 500, arrays["y_train"])
    assert rows[:4].tolist() == [757, 3875, 4803, 1445]  # the seed and the generator of the committed file


def test_import_is_light():
    code = "import sys, helpers.datasets; print({'keras', 'tensorflow', 'pandas'} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout == "set()\n"
