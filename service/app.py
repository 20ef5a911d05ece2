"""The web service: `make serve`, then open /docs. Every limit is a field of `Settings`.

`create_app` is the application; `python -m service` serves it with the limits that only a server can keep, on
connections and on the headers of a request (`service.__main__`).
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import page
from service.batching import Batcher, Busy
from service.networks import Digits, Sentiment, Translation, folder

SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
SIZES = (1, 2, 4, 8, 16, 32, 64)
NETWORKS = {"digits": Digits, "sentiment": Sentiment, "translation": Translation}
PATHS = frozenset(
    f"/{name}" for name in (*NETWORKS, "digits/bytes", "health", "metrics", "docs", "openapi.json")
)
GONE = 499  # what is counted where the client left before it was answered


@dataclasses.dataclass(frozen=True)
class Settings:
    """Limits of the service; each can be set by an environment variable, as `SERVICE_BATCH=1`."""

    batch: int = 64  # requests that one call of a network answers at most; 1 turns batching off
    wait: float = 0.0  # seconds in which a batch waits for more; under load batches grow without it
    queue: int = 512  # requests that may wait for each network; more are answered with 503
    body: int = 100_000  # bytes of a request at most; more are answered with 413
    read: float = 5.0  # seconds for the headers of a request, else it is cut, and for its body, else 408
    answer: float = 10.0  # seconds in which it must be answered; else 504
    connections: int = 1_000  # open at the same time; with more, requests are answered with 503
    # A stop takes 8 seconds at most, since `docker stop` kills after 10:
    notice: float = 1.0  # seconds in which /health says 503 and all else goes on
    finish: float = 5.0  # seconds for requests that have been taken
    rest: float = 2.0  # seconds for what is left in the queues

    @classmethod
    def from_environment(cls) -> Settings:
        """Raises: `ValueError` for a value that is no such number."""
        given = {}
        for field in dataclasses.fields(cls):
            text = os.environ.get(f"SERVICE_{field.name.upper()}")
            if text:
                given[field.name] = type(field.default)(text)
        return cls(**given)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


Pixel = Annotated[int, Field(ge=0, le=255, strict=True)]
Row = Annotated[list[Pixel], Field(min_length=1, max_length=256)]


class Image(Strict):
    """A grey image, bright on dark."""

    pixels: Annotated[list[Row], Field(min_length=1, max_length=256)]


BYTES = {  # of an image, in the schema
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class Review(Strict):
    text: Annotated[str, Field(min_length=1, max_length=20_000)]


class Sentence(Strict):
    text: Annotated[str, Field(min_length=1, max_length=500)]


class Gone(Exception):
    """The client has left before its request was here."""


class Slow(Exception):
    """The request took too long to arrive."""


class Large(Exception):
    """The request has too many bytes."""


class Limits:
    """ASGI middleware: a request must be short and quick to reach the app; counts and times all."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics):
        self.app, self.settings, self.metrics = app, settings, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self.metrics.open.labels(known(scope["path"])).inc()
        try:
            body = await self._in_time(scope, receive)
            unread = [{"type": "http.request", "body": body, "more_body": False}]
            await self.app(scope, lambda: _replay(unread, receive), noted)
        except Gone:
            pass
        except Slow:
            await _refuse(noted, receive, 408, f"a request must be here within {self.settings.read:g} s")
        except Large:
            await _refuse(noted, receive, 413, f"at most {self.settings.body:,} bytes are taken")
        except Exception:
            status = status or 500  # it is answered further out
            raise
        finally:
            self.metrics.open.labels(known(scope["path"])).dec()
            self.metrics.note(scope["path"], status or GONE, time.perf_counter() - started)

    async def _in_time(self, scope: Scope, receive: Receive) -> bytes:
        try:
            async with asyncio.timeout(self.settings.read):
                return await self._body(scope, receive)
        except TimeoutError:
            raise Slow from None

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        most = self.settings.body
        for name, value in scope["headers"]:
            if name == b"content-length" and (len(value) > 15 or (value.isdigit() and int(value) > most)):
                raise Large
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > most:
                raise Large
        return bytes(body)


async def _replay(unread: list[Message], receive: Receive) -> Message:
    return unread.pop() if unread else await receive()


async def _refuse(send: Send, receive: Receive, status: int, why: str, linger: float = 0.5) -> None:
    """Answers and closes the connection.

    What still comes meanwhile is read and dropped: a connection that is closed with bytes unread is reset,
    and the answer is lost with it.
    """
    response = JSONResponse({"detail": why}, status, {"connection": "close"})
    await send({"type": "http.response.start", "status": status, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(linger):
            while (await receive()).get("more_body"):
                pass
    await send({"type": "http.response.body"})


def known(path: str) -> str:
    """The path, if it is one of ours: strangers must not fill the memory with labels."""
    return path if path in PATHS else "other"


class Metrics:
    """What /metrics shows. All unknown paths count as one."""

    def __init__(self):
        self.registry = CollectorRegistry()
        how = {"registry": self.registry}
        self.requests = Counter("service_requests", "Answered requests.", ["path", "status"], **how)
        self.seconds = Histogram(
            "service_seconds", "Seconds from request to answer.", ["path"], buckets=SECONDS, **how
        )
        self.batches = Histogram(
            "service_batch_size", "Requests answered together.", ["network"], buckets=SIZES, **how
        )
        self.open = Gauge("service_open", "Requests that are not answered yet.", ["path"], **how)
        self.waiting = Gauge("service_waiting", "Requests in the queue.", ["network"], **how)

    def note(self, path: str, status: int, seconds: float) -> None:
        self.requests.labels(known(path), str(status)).inc()
        self.seconds.labels(known(path)).observe(seconds)


def create_app(models: Path | None = None, settings: Settings | None = None) -> FastAPI:
    """The service on the ONNX files of a folder; a network whose files are not there answers 503.

    Raises:
        FileNotFoundError: if the folder has none of the files.
    """
    models, settings = models or folder(), settings or Settings.from_environment()
    metrics, networks = Metrics(), {}
    for name, network in NETWORKS.items():
        if (models / f"{name}.onnx").exists() or (models / f"{name}_encoder.onnx").exists():
            networks[name] = network(models)
    if not networks:
        raise FileNotFoundError(f"{models} has no exported networks: make recipes ONLY=20_shipping")
    batchers: dict[str, Batcher] = {}

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        for name, network in networks.items():
            seen = metrics.batches.labels(name).observe
            batchers[name] = Batcher(network.answer, settings.batch, settings.wait, settings.queue, seen)
            batchers[name].start()
            metrics.waiting.labels(name).set_function(batchers[name].queue.qsize)
        yield
        app.state.stopping = True
        await asyncio.gather(*(batcher.stop(settings.rest) for batcher in batchers.values()))

    app = FastAPI(
        title="RNN cookbook",
        description="The exported networks of the cookbook's recipes: digits, reviews, sentences.",
        lifespan=lifespan,
        docs_url=None,  # FastAPI's own pages fetch their scripts from elsewhere
        redoc_url=None,
    )
    app.state.settings, app.state.stopping = settings, False
    app.add_middleware(Limits, settings=settings, metrics=metrics)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        """What is wrong and where, but nothing of the input, which may hold what JSON cannot."""
        faults = [f"{ascii(fault['loc'])[:80]}: {fault['type']}" for fault in error.errors()[:5]]
        return JSONResponse({"detail": faults}, 422)

    async def ask(name: str, item: Any) -> Response:
        if name not in batchers:
            raise HTTPException(
                503, f"the network {name!r} was not shipped: run its recipe, then 20_shipping"
            )
        try:
            async with asyncio.timeout(settings.answer):
                return JSONResponse(await batchers[name].ask(item))  # as it is: nothing to validate
        except Busy as busy:
            raise HTTPException(503, str(busy), {"retry-after": "1"}) from None
        except TimeoutError:
            raise HTTPException(504, f"no answer within {settings.answer:g} s") from None

    @app.post("/digits", response_model=dict)
    async def digits(image: Image) -> Response:
        """The class of an image, and what the network believed after every row."""
        lengths = {len(row) for row in image.pixels}
        shape = (len(image.pixels), min(lengths))
        wanted = networks["digits"].shape if "digits" in networks else shape
        if len(lengths) > 1 or shape != tuple(wanted):
            raise HTTPException(422, f"pixels must be {wanted[0]} rows of {wanted[1]} numbers")
        return await ask("digits", np.array(image.pixels, np.uint8))

    @app.post("/digits/bytes", response_model=dict, openapi_extra=BYTES)
    async def digits_as_bytes(request: Request) -> Response:
        """The same for the bytes of the image, row after row: quicker, since nobody writes or reads JSON."""
        image = np.frombuffer(await request.body(), np.uint8)
        wanted = networks["digits"].shape if "digits" in networks else image.shape
        if image.size != np.prod(wanted):
            raise HTTPException(422, f"the body must be {wanted[0]} rows of {wanted[1]} bytes")
        return await ask("digits", image.reshape(wanted))

    @app.post("/sentiment", response_model=dict)
    async def sentiment(review: Review) -> Response:
        """The class of a review. Where hardly a word is known the answer means nothing: see `words_known`."""
        return await ask("sentiment", review.text)

    @app.post("/translation", response_model=dict)
    async def translation(sentence: Sentence) -> Response:
        """The translation of a sentence."""
        return await ask("translation", sentence.text)

    @app.get("/health")
    async def health() -> Response:
        """200 while requests are taken, 503 when the service is about to stop."""
        status, code = ("stopping", 503) if app.state.stopping else ("ok", 200)
        return JSONResponse({"status": status, "networks": list(networks)}, code)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        """What the service answers, to be tried in a browser."""
        shape = networks["digits"].shape if "digits" in networks else (2, 3)
        return HTMLResponse(page.build(app.openapi(), page.examples(shape)), headers=page.HEADERS)

    @app.get("/metrics")
    async def numbers() -> Response:
        """For Prometheus."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return app
