"""`python -m service`: the application on a server that gives nobody more time than its settings allow."""

from __future__ import annotations

import argparse
import asyncio
import threading
from types import FrameType

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.app import create_app


class Timely(H11Protocol):
    """Closes a connection whose next request has begun, but whose headers are not here in time.

    uvicorn itself sets a limit only between two requests of a connection.
    """

    late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

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
    server(app, host=options.host, port=options.port, log_level=options.log_level).run()


if __name__ == "__main__":
    main()
