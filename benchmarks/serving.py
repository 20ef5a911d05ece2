"""The service under load, on loopback: what micro-batching gains, and what it costs in waiting.

Two servers in turn, one that answers each request alone and one that answers up to 64 in one call of the
network, both asked by the same clients. Then malformed, oversized, slow and cut requests, whose outcome is
printed: statuses, and the memory of the server before and after. Needs the files of recipe 20 and its study.
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
REVIEW = "The story is dull and the dialogue is clumsy, but the ending is truly wonderful. " * 4
BODIES = {
    "digits": {"pixels": [[0]]},  # an image of the network's own size takes its place
    "sentiment": {"text": REVIEW},
    "translation": {"text": "I didn't see the black cat."},
}


@contextlib.contextmanager
def server(**settings: float) -> Iterator[tuple[int, subprocess.Popen]]:
    """A service in a process of its own; gives its port on loopback and the process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "service.app:create_app", "--factory", "--no-access-log"]
    variables = {f"SERVICE_{name.upper()}": str(value) for name, value in settings.items()}
    process = subprocess.Popen(
        [*command, "--port", str(port), "--log-level", "error"],
        cwd=ROOT,
        env={**os.environ, **variables},
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as ok,
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


def request(path: str, body: bytes) -> bytes:
    head = (
        f"POST /{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
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


async def ask(port: int, sent: bytes, clients: int, seconds: float) -> list[float]:
    """Seconds of every answer that so many clients got, each with a connection that stays open."""
    found: list[float] = []
    until = time.perf_counter() + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < until:
            started = time.perf_counter()
            writer.write(sent)
            status, body = await answer(reader)
            if status != 200:
                raise RuntimeError(f"{status}: {body[:200]!r}")
            found.append(time.perf_counter() - started)
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
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


async def abuse(port: int, requests: int) -> Counter:
    """Statuses of so many bad requests, a hundred at once; `closed` where none came."""
    seen: Counter = Counter()
    gate = asyncio.Semaphore(100)

    async def one(number: int) -> None:
        sent, cut = bad_request(number)
        async with gate:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(sent)
                try:
                    if cut:
                        seen["cut"] += 1
                    else:
                        status, _ = await asyncio.wait_for(answer(reader), 4)
                        seen[status] += 1
                except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
                    seen["closed"] += 1
                writer.close()

    await asyncio.gather(*map(one, range(requests)))
    return seen


def memory(process: subprocess.Popen) -> float:
    """Resident megabytes; 0 where the system does not say."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        return 0.0
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if "VmRSS" in line) / 1e3


def benchmark(tiny: bool) -> list[Row]:
    """Requests per second with batching and without, in turn."""
    from service.networks import Digits, folder

    seconds, rounds, clients, bad = (0.5, 1, 8, 50) if tiny else (4, 3, 64, 10_000)
    rows = []
    files = {"digits": "digits", "sentiment": "sentiment", "translation": "translation_step"}
    networks = [name for name in BODIES if (folder() / f"{files[name]}.onnx").exists()]
    if not networks:
        print("no network was shipped (make recipes ONLY=20_shipping): its rows are left out")
        return []
    if "digits" in networks:
        shape = Digits(folder()).shape
        BODIES["digits"]["pixels"] = np.random.default_rng(7).integers(0, 256, shape).tolist()
    with server(batch=1) as (alone, _), server(batch=64) as (together, process):
        for name in networks:
            sent = request(name, json.dumps(BODIES[name]).encode())
            rates: dict[str, list[float]] = {"together": [], "alone": []}
            waits: dict[str, list[float]] = {"together": [], "alone": []}
            for _ in range(rounds):
                for way, port in (("alone", alone), ("together", together)):
                    found = asyncio.run(ask(port, sent, clients, seconds))
                    rates[way].append(len(found) / seconds)
                    waits[way] += found
            tails = {way: 1e3 * np.percentile(times, [50, 99]) for way, times in waits.items()}
            note = "; ".join(
                f"{way}: p50 {p50:.0f} ms, p99 {p99:.0f} ms" for way, (p50, p99) in tails.items()
            )
            rows.append(
                compare(
                    f"service, {name}, {clients} clients",
                    "requests per second",
                    rates["together"],
                    rates["alone"],
                    "each request alone",
                    goal=GOAL,
                    better="more",
                    note=note,
                )
            )
        before = memory(process)
        seen = asyncio.run(abuse(together, bad))
        print(f"{bad:,} bad requests: {dict(seen)}; memory {before:.0f} → {memory(process):.0f} MB")
        if process.poll() is not None or any(status in seen for status in (500, 502)):
            raise RuntimeError("the service broke")
    return rows


if __name__ == "__main__":
    main(benchmark)
