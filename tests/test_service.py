"""The service: on tiny networks with answers to work out by hand, over real connections on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import recipes
from tiny_networks import SENTENCES, write_all, write_sentiment, write_translation

from service import app as application
from service.__main__ import server
from service.app import Settings, create_app
from service.batching import Batcher, Busy
from service.networks import Sentiment, Translation


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shipped")
    write_all(path)
    return path


@contextlib.contextmanager
def running(models: Path, **settings: float) -> Iterator[str]:
    """A server in a thread, on a free port of loopback; gives its address."""
    app = create_app(models, Settings(**settings))
    serving = server(app, host="127.0.0.1", port=0, log_level="critical")
    thread = threading.Thread(target=serving.run)
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not serving.started:
            assert thread.is_alive() and time.monotonic() < deadline, "the server did not start"
            time.sleep(0.01)
        port = serving.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        serving.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def address(models: Path) -> Iterator[str]:
    with running(models, read=1.0) as address:
        yield address


def post(address: str, path: str, body: object) -> httpx.Response:
    return httpx.post(f"{address}/{path}", json=body, timeout=20)


# --- answers -----------------------------------------------------------------------------------------------


def test_digits(address: str):
    found = post(address, "digits", {"pixels": [[9, 0, 1], [0, 3, 200]]})
    assert found.status_code == 200
    assert found.json() == {
        "answer": "right",
        "probabilities": {"left": 0.0, "middle": 3.0, "right": 200.0},
        "after_each_row": ["left", "right"],
    }


def test_digits_as_bytes(address: str):
    sent = httpx.post(f"{address}/digits/bytes", content=bytes([9, 0, 1, 0, 3, 200]))
    assert sent.json() == post(address, "digits", {"pixels": [[9, 0, 1], [0, 3, 200]]}).json()


@pytest.mark.parametrize("sent", [b"", bytes(5), bytes(7)])
def test_bytes_of_another_size_are_refused(address: str, sent: bytes):
    found = httpx.post(f"{address}/digits/bytes", content=sent)
    assert (found.status_code, found.json()) == (422, {"detail": "the body must be 2 rows of 3 bytes"})


@pytest.mark.parametrize(
    ("text", "votes", "known"),
    [
        ("Good, good film!", [0, 2], 2 / 5),
        ("bad bad x good x x x bad", [3, 0], 3 / 5),  # of a long one the first two and the last three
        ("???", [0, 0], 0.0),
    ],
)
def test_sentiment(address: str, text: str, votes: list[int], known: float):
    found = post(address, "sentiment", {"text": text}).json()
    assert list(found["probabilities"].values()) == votes
    assert found["words_known"] == pytest.approx(known)


@pytest.mark.parametrize("sentence", [*SENTENCES, "the dog sees 東"])
def test_translation_copies_also_what_it_does_not_know(address: str, sentence: str):
    assert post(address, "translation", {"text": sentence}).json() == {"translation": sentence}


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("I didn’t see it.", "I didn't see it."),
        ("a  dog\u200b eats\u00a0the cake", "a dog eats the cake"),
        ("the c\u00adat’s cafe\u0301", "the cat's café"),
    ],
)
def test_a_sentence_is_read_as_the_training_sentences_were(models: Path, raw: str, clean: str):
    network = Translation(models)
    assert network.answer([raw]) == network.answer([clean]) == [{"translation": clean}]


def test_a_sentence_is_translated_alike_alone_and_beside_a_long_one(tmp_path: Path):
    write_translation(tmp_path, stride=0)  # it never ends by itself
    network, short, long = Translation(tmp_path), "the dog eats", "the cat sees the dog " * 9
    alone = network.answer([short])
    assert network.answer([short, long, ""]) == [*alone, *network.answer([long]), {"translation": ""}]
    pieces = len(network.source.encode(short))
    assert alone == [{"translation": " ".join(["the"] * (2 * (pieces + 1) + 10))}]


def test_each_of_many_gets_its_own_answer(address: str):
    texts = [" ".join(["good"] * (number % 4) + ["bad"] * (number % 3)) or "." for number in range(120)]

    async def all_at_once() -> list[httpx.Response]:
        async with httpx.AsyncClient(timeout=30) as client:
            return await asyncio.gather(
                *(client.post(f"{address}/sentiment", json={"text": text}) for text in texts)
            )

    for number, found in enumerate(asyncio.run(all_at_once())):
        votes = found.json()["probabilities"]
        assert (votes["pos"], votes["neg"]) == (number % 4, number % 3), texts[number]
    shown = httpx.get(f"{address}/metrics").text
    sizes = {
        line.split('"')[1]: float(line.split()[-1])
        for line in shown.splitlines()
        if line.startswith("service_batch_size_count")
    }
    answered = [
        line for line in shown.splitlines() if 'path="sentiment"' in line or 'path="/sentiment"' in line
    ]
    assert 0 < sizes["sentiment"] < 120, "120 requests at once were not answered in batches"
    assert any('status="200"' in line for line in answered)


def test_health_and_documentation(address: str):
    health = httpx.get(f"{address}/health")
    assert (health.status_code, health.json()["networks"]) == (200, ["digits", "sentiment", "translation"])
    assert "/translation" in httpx.get(f"{address}/openapi.json").json()["paths"]


def test_the_documentation_asks_nobody_else(address: str):
    page = httpx.get(f"{address}/docs")
    assert page.status_code == 200
    for path in ("/digits", "/sentiment", "/translation"):
        assert f'data-path="{path}"' in page.text
    assert "http://" not in page.text and "https://" not in page.text and "//cdn" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert httpx.get(f"{address}/redoc").status_code == 404


def test_what_was_not_shipped_is_said(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="20_shipping"):
        create_app(tmp_path)
    write_sentiment(tmp_path)
    with running(tmp_path) as address:
        assert post(address, "digits", {"pixels": [[0]]}).status_code == 503
        assert httpx.post(f"{address}/digits/bytes", content=b"a").status_code == 503
        assert post(address, "sentiment", {"text": "good"}).status_code == 200


# --- bad requests ------------------------------------------------------------------------------------------

MALFORMED = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b'{"text": 1}',
    b'{"text": ""}',
    b'{"text": NaN}',
    b'{"text": "\\ud800"}',
    b'{"text": "a", "\\ud800": 1}',
    b'{"text": "' + b"a" * 30_000 + b'"}',
    b"[" * 50_000,
    b'{"pixels": [[1e999, 0, 0], [0, 0, 0]]}',
    b'{"pixels": [[256, 0, 0], [0, 0, 0]]}',
    b'{"pixels": [[-1, 0, 0], [0, 0, 0]]}',
    b'{"pixels": [[true, 0, 0], [0, 0, 0]]}',
    b'{"pixels": [[0, 0], [0, 0, 0]]}',
    b'{"pixels": [[0, 0, 0]]}',
    b'{"pixels": [[]]}',
    b'{"pixels": [[' + b"9" * 5_000 + b"]]}",
]


@pytest.mark.parametrize("path", ["digits", "sentiment", "translation"])
@pytest.mark.parametrize("body", MALFORMED, ids=lambda body: repr(body[:24]))
def test_a_malformed_request_is_refused_and_nothing_breaks(address: str, path: str, body: bytes):
    found = httpx.post(f"{address}/{path}", content=body, headers={"content-type": "application/json"})
    assert found.status_code in (400, 422), found.text
    assert "detail" in found.json()


@pytest.mark.parametrize(
    "text", ["\x00", "a\u0301" * 200, "\u202e", "<b>" * 100, "😀" * 100, " " * 100, "&#x110000;"]
)
@pytest.mark.parametrize("path", ["sentiment", "translation"])
def test_strange_texts_are_answered(address: str, path: str, text: str):
    assert post(address, path, {"text": text}).status_code == 200


def raw(address: str, sent: bytes, wait: float = 5) -> bytes:
    """What comes back on a connection of its own."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=wait) as connection:
        with contextlib.suppress(ConnectionError):  # refused while it was still being sent
            connection.sendall(sent)
        received = b""
        while part := connection.recv(65_536):
            received += part
        return received


HEAD = b"POST /sentiment HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def test_an_oversized_request_is_refused_before_it_is_read(address: str):
    announced = raw(address, HEAD + b"Content-Length: 99999999\r\n\r\n" + b"a" * 200_000)
    chunks = b"ffff\r\n" + b"a" * 0xFFFF + b"\r\n"
    unannounced = raw(address, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + 4 * chunks)
    for found in (announced, unannounced):
        assert found.startswith(b"HTTP/1.1 413 ")
        assert found.endswith(b'{"detail":"at most 100,000 bytes are taken"}')


def test_a_slow_request_is_given_up(address: str):
    started = time.monotonic()
    found = raw(address, HEAD + b'Content-Length: 50\r\n\r\n{"text":', wait=10)
    assert found.startswith(b"HTTP/1.1 408 ")
    assert 0.8 < time.monotonic() - started < 5


@pytest.mark.parametrize("sent", [b"", b"POST /senti", HEAD])
def test_slow_headers_are_given_up(address: str, sent: bytes):
    started = time.monotonic()
    assert raw(address, sent, wait=10) == b""
    assert 0.8 < time.monotonic() - started < 5


def test_slow_headers_are_given_up_on_a_connection_that_was_used_before(address: str):
    started = time.monotonic()
    found = raw(address, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /heal", wait=10)
    assert found.startswith(b"HTTP/1.1 200 ") and found.count(b"HTTP/1.1") == 1
    assert time.monotonic() - started < 8


@pytest.mark.parametrize(
    ("begun", "more"),
    [
        pytest.param(b"POST /", b"a" * 4_000, id="address"),
        pytest.param(HEAD, b"X: " + b"a" * 4_000 + b"\r\n", id="headers"),
        pytest.param(HEAD + b"X: ", b"a" * 4_000, id="one header"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: " + b"a" * 4_000, id="trailers"),
    ],
)
def test_headers_that_do_not_end_are_not_kept(address: str, begun: bytes, more: bytes):
    host, port = address.removeprefix("http://").split(":")
    sent, most = 0, 20_000_000
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(begun)
        with contextlib.suppress(ConnectionError):
            while sent < most:
                connection.sendall(more)
                sent += len(more)
    assert sent < most / 2  # what the system buffers on the way counts as sent
    assert post(address, "sentiment", {"text": "good"}).status_code == 200


def test_cut_requests_leave_nothing_behind(address: str):
    host, port = address.removeprefix("http://").split(":")
    for sent in (b"", b"POST", HEAD, HEAD + b'Content-Length: 50\r\n\r\n{"te', b"\x16\x03\x01\x02"):
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(sent)
    assert post(address, "sentiment", {"text": "good"}).json()["answer"] == "pos"
    assert 'service_waiting{network="sentiment"} 0.0' in httpx.get(f"{address}/metrics").text


def test_unknown_paths_do_not_fill_the_metrics(address: str):
    for number in range(20):
        assert httpx.get(f"{address}/nothing{number}").status_code == 404
    assert raw(address, b"GET ///digits HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert httpx.post(f"{address}/digits/", json={}).status_code in (307, 404)
    shown = httpx.get(f"{address}/metrics").text
    paths = set(re.findall(r'path="([^"]*)"', shown))
    assert "other" in paths and paths <= {*application.PATHS, "other"}


def test_a_network_that_breaks_is_answered_with_500_and_counted(models: Path, monkeypatch):
    class Fragile(Sentiment):
        def answer(self, texts: list[str]) -> list[dict]:
            if "break" in texts:
                raise RuntimeError("it broke")
            return super().answer(texts)

    monkeypatch.setitem(application.NETWORKS, "sentiment", Fragile)
    with running(models) as address:
        assert post(address, "sentiment", {"text": "break"}).status_code == 500
        assert post(address, "sentiment", {"text": "good"}).status_code == 200
        shown = httpx.get(f"{address}/metrics").text
    for status in (500, 200):
        assert f'service_requests_total{{path="/sentiment",status="{status}"}} 1.0' in shown
    assert 'service_open{path="/sentiment"} 0.0' in shown


def test_too_many_and_too_long_are_refused(models: Path, monkeypatch):
    gate = threading.Event()

    class Gated(Sentiment):
        def answer(self, texts: list[str]) -> list[dict]:
            gate.wait(20)
            return super().answer(texts)

    monkeypatch.setitem(application.NETWORKS, "sentiment", Gated)
    with running(models, batch=1, queue=1, answer=2.0) as address:
        found: list[int] = []
        ask = lambda: found.append(post(address, "sentiment", {"text": "good"}).status_code)  # noqa: E731
        asking = [threading.Thread(target=ask) for _ in range(2)]
        try:
            asking[0].start()
            until(address, 'service_batch_size_count{network="sentiment"} 1.0')  # the network has it
            asking[1].start()
            until(address, 'service_waiting{network="sentiment"} 1.0')  # the queue has it
            busy = post(address, "sentiment", {"text": "good"})
            assert (busy.status_code, busy.headers["retry-after"]) == (503, "1")
            for thread in asking:
                thread.join(20)
            assert found == [504, 504]
        finally:
            gate.set()
        assert post(address, "sentiment", {"text": "good"}).status_code == 200


def until(address: str, line: str) -> None:
    """Waits for a line of /metrics."""
    deadline = time.monotonic() + 15
    while line not in httpx.get(f"{address}/metrics").text:
        assert time.monotonic() < deadline, f"{line} did not come"
        time.sleep(0.02)


# --- the batcher -------------------------------------------------------------------------------------------


def test_what_waits_is_answered_together_and_no_more_than_allowed():
    seen, gate = [], threading.Event()

    def answer(items: list[int]) -> list[int]:
        gate.wait(5)
        return [10 * item for item in items]

    async def main() -> list[int]:
        batcher = Batcher(answer, most=4, seen=seen.append)
        batcher.start()
        asked = [asyncio.create_task(batcher.ask(number)) for number in range(10)]
        await asyncio.sleep(0.05)
        gate.set()
        found = await asyncio.gather(*asked)
        await batcher.stop()
        return found

    assert asyncio.run(main()) == [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert seen == [4, 4, 2]


def test_one_bad_item_spoils_no_other():
    seen = []

    def answer(items: list[int]) -> list[float]:
        return [1 / item for item in items]

    async def main() -> list[float | BaseException]:
        batcher = Batcher(answer, most=3, seen=seen.append)
        batcher.start()
        found = await asyncio.gather(*map(batcher.ask, (1, 0, 2)), return_exceptions=True)
        found.append(await batcher.ask(4))
        await batcher.stop()
        return found

    first, bad, third, later = asyncio.run(main())
    assert (first, third, later) == (1, 0.5, 0.25) and isinstance(bad, ZeroDivisionError)
    assert seen == [3, 1, 1, 1, 1]


def test_a_network_that_hangs_does_not_hold_up_a_stop():
    gate = threading.Event()

    def answer(items: list[int]) -> list[int]:
        gate.wait(20)
        return items

    async def main() -> tuple[list, float]:
        batcher = Batcher(answer, most=1)
        batcher.start()
        asked = [asyncio.create_task(batcher.ask(number)) for number in range(3)]
        await asyncio.sleep(0)
        started = time.monotonic()
        await batcher.stop(0.2)
        found = [*await asyncio.gather(*asked, return_exceptions=True)]
        try:
            found.append(await batcher.ask(3))
        except Busy as busy:
            found.append(busy)
        seconds = time.monotonic() - started
        gate.set()
        return found, seconds

    found, seconds = asyncio.run(main())
    assert [type(one) for one in found] == [Busy] * 4
    assert seconds < 5


def test_a_full_queue_refuses_and_stopping_answers_what_waits():
    gate = threading.Event()

    def answer(items: list[int]) -> list[int]:
        gate.wait(5)
        return items

    async def main() -> tuple[list[int], int]:
        batcher, refused = Batcher(answer, most=1, queue=2), 0
        batcher.start()
        first = asyncio.create_task(batcher.ask(1))
        await asyncio.sleep(0.02)  # it is being answered now
        others = [asyncio.create_task(batcher.ask(number)) for number in (2, 3)]
        await asyncio.sleep(0.02)
        try:
            await batcher.ask(4)
        except Busy:
            refused += 1
        gate.set()
        await batcher.stop()
        return await asyncio.gather(first, *others), refused

    assert asyncio.run(main()) == ([1, 2, 3], 1)


@pytest.mark.parametrize("wrong", [{"most": 0}, {"wait": -1}, {"queue": 0}])
def test_a_batcher_refuses_nonsense(wrong: dict):
    with pytest.raises(ValueError, match="must be 1 or more"):
        Batcher(list, **wrong)


# --- the process -------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_a_stopped_process_answers_what_it_took_and_ends_by_itself(models: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "service", "--port", str(port), "--log-level", "critical"]
    variables = {"SHIPPED_MODELS": str(models), "SERVICE_WAIT": "2.0", "SERVICE_NOTICE": "1.0"}
    with subprocess.Popen(
        command,
        cwd=recipes.ROOT,
        env={**os.environ, **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 30
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if httpx.get(f"{address}/health").status_code == 200:
                        break
                assert process.poll() is None and time.monotonic() < deadline, "the service did not start"
                time.sleep(0.05)
            found = []
            asking = threading.Thread(
                target=lambda: found.append(post(address, "sentiment", {"text": "good"}))
            )
            asking.start()
            until(address, 'service_open{path="/sentiment"} 1.0')  # it waits in a batch, which gathers
            process.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + 5
            while httpx.get(f"{address}/health").status_code != 503:
                assert time.monotonic() < deadline, "/health does not say that the service stops"
                time.sleep(0.02)
            asking.join(20)
            assert process.wait(20) in (0, -signal.SIGTERM)
            assert found[0].json()["answer"] == "pos"
        finally:
            process.kill()
