"""`python -m service`: the application on a server that gives nobody more time than its settings allow."""

from __future__ import annotations

import argparse
import asyncio
import gc
import threading
from types import FrameType

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.app import create_app

HEAD = 65_536  # bytes of headers, and of what follows a body, at most


class Timely(HttpToolsProtocol):
    """Closes a connection whose next request has begun, but whose headers are late or too large.

    uvicorn itself sets a limit only to the time between two requests of a connection.
    """

    late: asyncio.TimerHandle | None = None
    idle = 0  # bytes since the last that were a body or the end of the headers

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        self.idle += len(data)
        super().data_received(data)
        if self.idle > HEAD:
            self.transport.close()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def on_headers_complete(self) -> None:
        self.idle = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self.idle = 0
        super().on_body(body)

    def _watch(self) -> None:
        """The time runs from the first byte until there is a request to answer."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._rest()
        elif self.late is None:
            self.late = self.loop.call_later(self.config.app.state.settings.read, self._give_up)

    def _rest(self) -> None:
        if self.late is not None:
            self.late.cancel()
            self.late = None

    def _give_up(self) -> None:
        self.late = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


class Server(uvicorn.Server):
    """On a signal /health says for a moment that the service stops, so that no more comes; then it stops."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        state, end = self.config.app.state, super().handle_exit
        if state.stopping:  # the second signal
            end(sig, frame)
            return
        state.stopping = True
        timer = threading.Timer(state.settings.notice, end, (sig, frame))
        timer.daemon = True
        timer.start()


def server(app, **options) -> Server:
    """A server for the application, within its limits; `options` are uvicorn's."""
    settings = app.state.settings
    limits = {
        "http": Timely,
        "ws": "none",
        "limit_concurrency": settings.connections,
        "timeout_graceful_shutdown": settings.finish,
    }
    return Server(uvicorn.Config(app, access_log=False, **limits, **options))


def main() -> None:
    """Serves until a signal comes."""
    parser = argparse.ArgumentParser(description="Serve the exported networks.", allow_abbrev=False)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="its port (default: %(default)s)")
    parser.add_argument("--log-level", default="info", help="of uvicorn (default: %(default)s)")
    options = parser.parse_args()
    app = create_app()
    if options.log_level in ("info", "debug", "trace"):
        print(f"Open http://{options.host}:{options.port}/docs in a browser; Ctrl-C ends.", flush=True)
    gc.collect()
    gc.freeze()  # what is here from the start need not be searched again and again while clients wait
    server(app, host=options.host, port=options.port, log_level=options.log_level).run()


if __name__ == "__main__":
    main()
