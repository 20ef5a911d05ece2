"""The service under load, on loopback: requests per second answered in time, with and without batches.

In time means: 99 of 100 answers within 50 ms. Each way is asked by 1, 2, 4 … 256 clients at once, and its
best rate counts among those that keep the limit. Ours is one process that answers up to 64 requests in one
call of the network. It stands against the same process with batches turned off, and against one such process
for each core. The clients take their part of the same cores.

Then come malformed, oversized, slow and cut requests, and a process that is killed and started again under
load. What must not happen ends the script: an answer of the wrong request, an error of the server other than
503, memory that grows. Needs the files of recipe 20 and its study.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from measure import ROOT, Row, compare, main

GOAL = 5
BUDGET = 0.05  # seconds within which 99 of 100 answers must be there
CLIENTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
GROWTH = 1.1  # of the memory at most, by bad requests
REVIEW = "The story is dull and the dialogue is clumsy, but the ending is truly wonderful. " * 4
BODIES = {
    "digits": {"pixels": [[0]]},  # an image of the network's own size takes its place
    "sentiment": {"text": REVIEW},
    "translation": {"text": "I didn't see the black cat."},
}
BYTES = "digits/bytes"  # the same image, not as JSON
FILES = {"digits": "digits", BYTES: "digits", "sentiment": "sentiment", "translation": "translation_step"}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def server(port: int = 0, **settings: float) -> Iterator[tuple[int, subprocess.Popen]]:
    """A service in a process of its own; gives its port on loopback and the process."""
    port = port or free_port()
    settings = {"notice": 0, **settings}  # nobody waits to be told of a stop
    variables = {f"SERVICE_{name.upper()}": str(value) for name, value in settings.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "service", "--port", str(port), "--log-level", "critical"],
        cwd=ROOT,
        env={**os.environ, **variables},
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as ok,
            ):
                if ok.status == 200:
                    break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the service did not start")
            time.sleep(0.05)
        yield port, process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def request(path: str, body: bytes) -> bytes:
    kind = "octet-stream" if path == BYTES else "json"
    head = (
        f"POST /{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/{kind}\r\nContent-Length: {len(body)}"
    )
    return head.encode() + b"\r\n\r\n" + body


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status and body of one answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    status, length = int(head.split(b" ", 2)[1]), 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return status, await reader.readexactly(length)


async def ask(ports: list[int], sent: bytes, clients: int, seconds: float) -> list[float]:
    """Seconds of every answer that so many clients got, each with a connection that stays open.

    The clients are spread over the ports.
    """
    found: list[float] = []
    until = time.perf_counter() + seconds

    async def client(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", ports[number % len(ports)])
        while time.perf_counter() < until:
            started = time.perf_counter()
            writer.write(sent)
            status, body = await answer(reader)
            if status != 200:
                raise RuntimeError(f"{status}: {body[:200]!r}")
            found.append(time.perf_counter() - started)
        writer.close()

    await asyncio.gather(*map(client, range(clients)))
    return found


def bad_request(number: int) -> tuple[bytes, bool]:
    """One of many ways to be wrong, and whether the connection is cut before the answer."""
    chance = random.Random(number)
    path = chance.choice(list(BODIES))
    whole = request(path, json.dumps(BODIES[path]).encode())
    kind = number % 5
    if kind == 0:  # a few bytes changed
        changed = bytearray(whole)
        for _ in range(4):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        return bytes(changed), False
    if kind == 1:  # oversized
        return request(path, b'{"text": "' + b"a" * 120_000 + b'"}'), False
    if kind == 2:  # cut
        return whole[: chance.randrange(len(whole))], True
    if kind == 3:  # not what is asked for
        return request(path, chance.choice([b"", b"[]", b"[" * 5_000, b'{"text": NaN}', b"\xff"])), False
    return whole[: chance.randrange(1, len(whole))], False  # slow: the rest never comes


async def abuse(port: int, first: int, requests: int) -> Counter:
    """What became of so many bad requests, a hundred at once.

    A status; `closed`, if the connection was closed without one; `no answer`, if nothing happened for ten
    seconds; `cut`, if nobody waited for an answer.
    """
    seen: Counter = Counter()
    gate = asyncio.Semaphore(100)

    async def one(number: int) -> None:
        sent, cut = bad_request(number)
        async with gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(sent)
                if cut:
                    await writer.drain()
                    seen["cut"] += 1
                else:
                    status, _ = await asyncio.wait_for(answer(reader), 10)
                    seen[status] += 1
            except TimeoutError:
                seen["no answer"] += 1
            except (asyncio.IncompleteReadError, OSError):
                seen["closed"] += 1
            finally:
                writer.close()

    await asyncio.gather(*map(one, range(first, first + requests)))
    return seen


def judge(seen: Counter) -> None:
    """Raises `RuntimeError` unless slow and oversized requests were refused, without one mistake."""
    mistakes = {kind for kind in seen if kind == "no answer" or (isinstance(kind, int) and kind >= 500)}
    if mistakes - {503}:
        raise RuntimeError(f"the service broke: {dict(seen)}")
    if missing := {408, 413} - set(seen):
        raise RuntimeError(f"no request was refused with {missing}: {dict(seen)}")


def memory(process: subprocess.Popen) -> float:
    """Resident megabytes; 0 where the system does not say."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        return 0.0
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if "VmRSS" in line) / 1e3


def endure(bad: int) -> None:
    """So many bad requests; prints what became of them, and raises `RuntimeError` if they did harm."""
    with server(read=1) as (port, process):
        asyncio.run(abuse(port, 0, max(100, bad // 10)))  # what the first ones cost stays
        before = memory(process)
        seen = asyncio.run(abuse(port, 1_000_000, bad))
        after = memory(process)
        print(f"{bad:,} bad requests: {dict(seen.most_common())}; memory {before:.0f} → {after:.0f} MB")
        judge(seen)
        if process.poll() is not None:
            raise RuntimeError(f"the service ended with {process.returncode}")
        if after > GROWTH * before:
            raise RuntimeError(f"its memory grew from {before:.0f} to {after:.0f} MB")


def questions(networks: list[str], number: int = 40) -> list[tuple[bytes, dict]]:
    """Requests that differ, and what the same networks answer to them here, one by one."""
    from service.networks import Digits, Sentiment, folder

    chance, asked = np.random.default_rng(7), []
    if "digits" in networks:
        network = Digits(folder())
        for image in chance.integers(0, 256, (number, *network.shape), np.uint8):
            asked.append(("digits", {"pixels": image.tolist()}, network.answer([image])[0]))
    if "sentiment" in networks:
        network = Sentiment(folder())
        for _ in range(number):
            text = " ".join(chance.choice(network.words.tokens[2:], chance.integers(1, 30)))
            asked.append(("sentiment", {"text": text}, network.answer([text])[0]))
    return [(request(path, json.dumps(body).encode()), expected) for path, body, expected in asked]


def alike(found: dict, expected: dict) -> bool:
    """Whether two answers are one: the arithmetic of a batch may differ in the last digits."""
    chances = [one["probabilities"] for one in (found, expected)]
    return chances[0].keys() == chances[1].keys() and all(
        abs(chances[0][name] - chance) < 1e-4 for name, chance in chances[1].items()
    )


async def ask_on(port: int, asked: list[tuple[bytes, dict]], clients: int, stop: asyncio.Event) -> Counter:
    """Clients that ask until `stop`, and connect again when the server is gone; what became of it."""
    seen: Counter = Counter()

    async def client(number: int) -> None:
        chance = random.Random(number)
        while not stop.is_set():
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                seen["no connection"] += 1
                await asyncio.sleep(0.05)
                continue
            try:
                while not stop.is_set():
                    sent, expected = chance.choice(asked)
                    writer.write(sent)
                    status, body = await asyncio.wait_for(answer(reader), 20)
                    if status == 200:
                        seen["right" if alike(json.loads(body), expected) else "wrong"] += 1
                    else:
                        seen[status] += 1
            except (asyncio.IncompleteReadError, OSError):
                seen["broken off"] += 1
            finally:
                writer.close()

    await asyncio.gather(*map(client, range(clients)))
    return seen


def survive(networks: list[str], clients: int, seconds: float) -> None:
    """Kills the service under load and starts it again; each answer must be that of its own request."""
    asked = questions(networks)
    if not asked:
        return

    async def load(port: int, work) -> Counter:
        stop = asyncio.Event()
        asking = asyncio.create_task(ask_on(port, asked, clients, stop))
        try:
            await asyncio.to_thread(work)
        finally:
            stop.set()
        return await asking

    with contextlib.ExitStack() as stack:
        port, process = stack.enter_context(server())

        def crash() -> None:
            time.sleep(seconds)
            process.kill()
            process.wait()
            stack.enter_context(server(port))
            time.sleep(seconds)

        seen = asyncio.run(load(port, crash))
    print(f"killed and started again under load: {dict(seen.most_common())}")
    if seen["wrong"] or not seen["right"] or not seen["broken off"]:
        raise RuntimeError("an answer was not that of its request, or nothing was asked or broken off")


def best_rate(
    ports: list[int], sent: bytes, most: int, seconds: float, budget: float
) -> tuple[float, int, float]:
    """The best rate of answers per second whose p99 keeps the budget, with its clients and p99.

    All zero if no number of clients keeps it. Ends early when two in a row are too slow.
    """
    best, late = (0.0, 0, 0.0), 0
    for clients in (number for number in CLIENTS if number <= most):
        found = asyncio.run(ask(ports, sent, clients, seconds))
        rate, tail = len(found) / seconds, float(np.percentile(found, 99))
        late = late + 1 if tail > budget else 0
        if not late:
            best = max(best, (rate, clients, tail))
        if late == 2:
            break
    return best


def benchmark(tiny: bool) -> list[Row]:
    """Requests per second within the budget, with batching and without, in turn; then what may go wrong."""
    from service.networks import Digits, folder

    seconds, rounds, most, bad, budget = (0.3, 1, 2, 100, 5.0) if tiny else (1.5, 3, 256, 10_000, BUDGET)
    rows, processes = [], cores()
    networks = [name for name in FILES if (folder() / f"{FILES[name]}.onnx").exists()]
    if not networks:
        print("no network was shipped (make recipes ONLY=20_shipping): its rows are left out")
        return []
    image = np.zeros((1, 1), np.uint8)
    if "digits" in networks:
        image = np.random.default_rng(7).integers(0, 256, Digits(folder()).shape, np.uint8)
        BODIES["digits"]["pixels"] = image.tolist()
    # Not uvicorn's `--workers`: on the socket that those share nobody turns Nagle's algorithm off, and every
    # answer waits 40 ms for an acknowledgement, so batches would seem to gain far more than they do.
    with contextlib.ExitStack() as stack:
        alone = [stack.enter_context(server(batch=1))[0] for _ in range(processes)]
        ways = {"together": [stack.enter_context(server(batch=64))[0]], "alone": alone[:1]}
        if processes > 1:
            ways[f"alone, {processes} processes"] = alone
        for name in networks:
            body = image.tobytes() if name == BYTES else json.dumps(BODIES[name]).encode()
            sent = request(name, body)
            found: dict[str, list[tuple[float, int, float]]] = {way: [] for way in ways}
            for ports in ways.values():
                asyncio.run(ask(ports, sent, 2 * processes, seconds))  # warm
            for turn in range(rounds):
                for way in list(ways)[:: -1 if turn % 2 else 1]:
                    found[way].append(best_rate(ways[way], sent, most, seconds, budget))
            if not all(rate for rates in found.values() for rate, *_ in rates):
                print(f"{name}: p99 is above {1e3 * budget:.0f} ms even for one client, no row")
                continue
            middle = {way: sorted(rates)[len(rates) // 2] for way, rates in found.items()}
            notes = {
                way: f"{way}: {clients} clients, p99 {1e3 * tail:.0f} ms"
                for way, (_, clients, tail) in middle.items()
            }
            for way in list(ways)[1:]:
                rows.append(
                    compare(
                        f"service, {name}",
                        f"requests per second, p99 within {1e3 * budget:.0f} ms",
                        [rate for rate, *_ in found["together"]],
                        [rate for rate, *_ in found[way]],
                        f"each request {way}",
                        goal=GOAL if way == "alone" else None,  # more processes are another means
                        better="more",
                        note=f"{notes['together']}; {notes[way]}",
                    )
                )
    endure(bad)
    survive(networks, 4 if tiny else 32, 0.5 if tiny else 4)
    return rows


if __name__ == "__main__":
    main(benchmark)
