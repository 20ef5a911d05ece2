"""helpers.datasets.fetch against the faults of a network and a disk, with MNIST's loader. 127.0.0.1 only."""

import contextlib
import errno
import gzip
import hashlib
import importlib.util
import io
import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from origins import BODY, Server, cut, files_in, make_arrays, npz_bytes, status, whole

from helpers import datasets
from helpers.datasets import DataError, fetch, mnist

ROOT = Path(__file__).resolve().parent.parent
COUNTS = "12 training and 8 test images of 6×5, 4 classes"
SAMPLE_COUNTS = "4,000 training and 1,000 test images of 28×28, 10 classes"


# -- ways to fail


def hang_up(handler):
    handler.connection.shutdown(socket.SHUT_RDWR)


def stall(handler):
    cut(BODY)(handler)
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


def closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


@pytest.fixture(autouse=True)
def settings(cache, monkeypatch):
    """An origin that refuses."""
    monkeypatch.setattr(datasets._mnist, "URL", f"http://127.0.0.1:{closed_port()}/folder/mnist.npz")
    monkeypatch.setattr(datasets._mnist, "SIZE", len(BODY))
    monkeypatch.setattr(datasets._mnist, "SHA256", hashlib.sha256(BODY).hexdigest())


@pytest.fixture
def impatient(monkeypatch):
    """Short time-outs, for what never ends; elsewhere they could strike on a busy machine."""
    monkeypatch.setattr(fetch.web, "TIMEOUT", 0.4)
    monkeypatch.setattr(fetch.web, "STALL_WINDOW", 0.2)


@pytest.fixture
def origin(monkeypatch, server):
    monkeypatch.setattr(datasets._mnist, "URL", server.url)
    return server


def fill(cache: Path, content: bytes) -> Path:
    cache.mkdir(exist_ok=True)
    (cache / "mnist.npz").write_bytes(content)
    return cache / "mnist.npz"


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


def test_the_environment_names_the_source_where_the_call_does_not(cache, origin, monkeypatch, capsys):
    monkeypatch.setenv("RNN_COOKBOOK_SOURCE", "bundled")
    assert mnist().source == "sample"
    assert "small sample (as asked)" in capsys.readouterr().out and origin.requests == 0
    monkeypatch.setenv("RNN_COOKBOOK_SOURCE", "")
    assert mnist().source == "full"  # "auto": the origin answered
    monkeypatch.setenv("RNN_COOKBOOK_SOURCE", "nowhere.npz")
    with pytest.raises(DataError, match="nowhere.npz"):
        mnist()
    assert mnist("bundled").source == "sample"  # what the call says comes first


def test_a_reader_of_the_old_file_keeps_it_whole_while_a_new_one_arrives(cache, origin):
    """The last step is a rename: what was open stays as it was, and nothing half written has the name."""
    old = fill(cache, npz_bytes(make_arrays(y_train=np.arange(12) % 4 // 2, y_test=np.zeros(8, int))))
    content = old.read_bytes()
    with open(old, "rb") as reader:
        mnist("online")
        assert old.read_bytes() == BODY
        assert reader.read() == content


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
    monkeypatch.setattr(fetch.sources, "DATA_FOLDER", tmp_path / "data")
    with pytest.raises(
        DataError, match=r"no bundled mnist-sample\.npz: .*Colab edition.*Use source=\"online\""
    ):
        mnist("bundled")
    with pytest.raises(DataError) as caught:
        mnist()
    for part in ("no source has MNIST: no mnist.npz in the cache; http", "no bundled", f"into {cache}."):
        assert part in str(caught.value)


def test_damaged_sample_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(fetch.sources, "DATA_FOLDER", tmp_path)
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
        assert fetch.cache_folder() == tmp_path / ".cache" / "rnn-cookbook"
    monkeypatch.setenv("RNN_COOKBOOK_DATA", "~/elsewhere")
    assert fetch.cache_folder() == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    "source", ["", 3, b"auto", ["auto"], True, np.zeros(3), "Auto", "bundeld", "no/such.npz", "a\0b"]
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
    pinned = importlib.util.spec_from_file_location("fresh_mnist", datasets._mnist.__file__)
    fresh = importlib.util.module_from_spec(pinned)
    sys.modules[pinned.name] = fresh  # dataclasses look their module up
    pinned.loader.exec_module(fresh)
    keras = Path(importlib.util.find_spec("keras").submodule_search_locations[0])
    text = (keras / "src" / "datasets" / "mnist.py").read_text(encoding="utf-8")
    folder, name = fresh.URL.rsplit("/", 1)
    assert f'"{folder}/"' in text and f"origin_folder}}{name}" in text and f'"{fresh.SHA256}"' in text
    assert fresh.SIZE == 11_490_434


def test_no_network(cache):
    with pytest.raises(DataError, match=r"mnist\.npz cannot be reached \(NewConnectionError\)"):
        mnist("online")
    assert files_in(cache) == []


def test_name_that_cannot_be_looked_up(monkeypatch):
    def no_such_name(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    monkeypatch.setattr(datasets._mnist, "URL", "http://origin.invalid/mnist.npz")
    with pytest.raises(
        DataError, match=r"http://origin\.invalid/mnist\.npz cannot be reached \(NameResolutionError"
    ):
        mnist("online")


@pytest.mark.parametrize(
    ("answers", "requests"),
    [
        ([status(500), whole(BODY)], 2),
        ([status(503), status(502), whole(BODY)], 3),
        ([cut(BODY), whole(BODY)], 2),
        ([hang_up, cut(BODY), whole(BODY)], 3),
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
        (cut(BODY), "cut the connection", 3),
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
        monkeypatch.setattr(datasets._mnist, "URL", f"http://127.0.0.1:{port}/mnist.npz")
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
        monkeypatch.setattr(datasets._mnist, "URL", f"http://origin.invalid:{port}/mnist.npz")
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

    monkeypatch.setattr(fetch.web, "tqdm", Bar)
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

    monkeypatch.setattr(fetch.web, "open", lambda path, mode: FullDisk(path, mode), raising=False)
    with pytest.raises(
        DataError, match=r"cannot be stored in the cache \(No space left on device\).*free some space"
    ):
        mnist("online")
    assert origin.requests == 1
    assert files_in(cache) == []
    assert mnist().source == "sample"
    assert "No space left on device" in capsys.readouterr().out


def test_interrupt_leaves_nothing_behind(monkeypatch, cache, origin):
    class Interrupted(fetch.web.tqdm):
        def update(self, *_):
            raise KeyboardInterrupt

    monkeypatch.setattr(fetch.web, "tqdm", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        mnist()
    assert files_in(cache) == []


FETCH = """
import sys
from helpers import datasets
origin = datasets._mnist
origin.URL, origin.SIZE, origin.SHA256 = sys.argv[1], int(sys.argv[2]), sys.argv[3]
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
        cut(BODY)(handler)
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


def numbers(url: str) -> fetch.Dataset:
    """A toy dataset: the origin has lines of text, the cache has their sum."""

    def read(path):
        text = path.read_text()
        fetch.require(text.isdigit(), f"expected a number, got {text!r}")
        return int(text)

    def convert(path):
        raw = path.with_name("raw.txt")
        fetch.download(url, raw, max_bytes=100)
        path.write_text(str(sum(map(int, raw.read_text().split()))) if b"x" not in raw.read_bytes() else "x")

    return fetch.Dataset("Numbers", "sum.txt", "none.txt", read, lambda total: f"a sum of {total}", convert)


def test_conversion(server, cache, capsys):
    server.answers = [whole(b"1\n2\n3\n")]
    assert fetch.find(numbers(server.url), "auto")[0] == 6
    assert files_in(cache) == ["sum.txt"] and (cache / "sum.txt").read_text() == "6"
    assert (
        capsys.readouterr().out == "Numbers: a sum of 6, from the public origin, now in the cache (sum.txt)\n"
    )


@pytest.mark.parametrize("announce", [True, False])
def test_size_of_a_download_is_bounded(server, cache, announce):
    server.answers = [whole(b"1\n" * 100_000, announce)]
    with pytest.raises(DataError, match=r"sends [\d,]+ bytes, at most 100 expected"):
        fetch.find(numbers(server.url), "online")
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
        fetch.download(server.url, tmp_path / "raw.txt", max_bytes=100)
    assert sum(sent) < 100 << 20
    assert files_in(tmp_path) == []


def test_announced_size_is_refused_before_the_first_byte(impatient, server, tmp_path):
    def too_long(handler):
        handler.start(10**12)
        handler.server.closing.wait(10)

    server.answers = [too_long]
    with pytest.raises(DataError, match="sends 1,000,000,000,000 bytes, at most 100 expected"):
        fetch.download(server.url, tmp_path / "raw.txt", max_bytes=100)


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
        fetch.download(server.url, tmp_path / "raw.txt", max_bytes=1 << 24)


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
    fetch.download(server.url, tmp_path / "raw.gz", len(packed), hashlib.sha256(packed).hexdigest())
    assert (tmp_path / "raw.gz").read_bytes() == packed


def test_bad_content_never_replaces_a_good_file(server, cache):
    cache.mkdir()
    (cache / "sum.txt").write_text("41")
    server.answers = [whole(b"x")]
    with pytest.raises(DataError, match="expected a number, got 'x'"):
        fetch.find(numbers(server.url), "online")
    assert files_in(cache) == ["sum.txt"] and (cache / "sum.txt").read_text() == "41"
