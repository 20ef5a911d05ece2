"""A page in headless Chromium, driven through its DevTools protocol: for the tests of what readers see.

Debian's package is `chromium`; another browser of its kind is named by `$CHROMIUM`.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import http.server
import itertools
import json
import os
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from websockets.sync.client import connect

NAMES = (os.environ.get("CHROMIUM") or "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--remote-debugging-port=0",
)


class Browser:
    """One tab. It notes what the page complains about and every address that it asks for."""

    def __init__(self, port: int, address: str):
        request = urllib.request.Request(f"http://127.0.0.1:{port}/json/new?about:blank", method="PUT")
        with urllib.request.urlopen(request, timeout=20) as answer:
            target = json.load(answer)["webSocketDebuggerUrl"]
        self.connection, self.numbers = connect(target, max_size=2**28, ping_interval=None), itertools.count()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.bytes = 0
        for domain in ("Runtime", "Log", "Page", "Network"):
            self.send(f"{domain}.enable")
        self.send("Network.setCacheDisabled", cacheDisabled=True)
        self.open(address)

    def send(self, method: str, **parameters: object) -> dict:
        """Call a method of the protocol; returns its result."""
        number = next(self.numbers)
        self.connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.connection.recv(timeout=180))
            if message.get("id") == number:
                assert "error" not in message, (method, message["error"])
                return message["result"]
            self._note(message.get("method"), message.get("params", {}))

    def _note(self, said: str | None, about: dict) -> None:
        if said == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])
        elif said == "Network.loadingFinished":
            self.bytes += int(about["encodedDataLength"])
        called = said == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert")
        if called or said in ("Runtime.exceptionThrown", "Log.entryAdded"):
            self.complaints.append(json.dumps(about)[:600])

    def open(self, address: str) -> None:
        """Go to an address and wait until nothing more has arrived for a while."""
        self.requests, self.bytes = [], 0
        self.send("Page.navigate", url=address)
        self.until(f"document.readyState === 'complete' && location.href === {json.dumps(address)}")
        self.settle()

    def settle(self, quiet: float = 0.3, most: float = 20) -> None:
        """Wait until no byte and no request has arrived for `quiet` seconds."""
        began, seen = time.monotonic(), (-1, -1)
        while (now := (self.bytes, len(self.requests))) != seen and time.monotonic() - began < most:
            seen = now
            time.sleep(quiet)
            self.run("0")  # reads what has arrived meanwhile

    def run(self, script: str) -> object:
        """The value of a JavaScript expression; promises are waited for."""
        how = {"awaitPromise": True, "returnByValue": True, "userGesture": True}
        found = self.send("Runtime.evaluate", expression=script, **how)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, script: str, seconds: float = 30) -> object:
        """Wait for an expression to come true; returns its value."""
        deadline = time.monotonic() + seconds
        while not (value := self.run(script)):
            assert time.monotonic() < deadline, f"{script} did not come true"
            time.sleep(0.05)
        return value

    def press(self, key: str, code: int, times: int = 1) -> None:
        """Press a key, by its name and its Windows code, so many times."""
        text = {"text": " "} if key == " " else {"text": "\r"} if key == "Enter" else {}
        for _ in range(times):
            common = {"key": key, "windowsVirtualKeyCode": code}
            self.send("Input.dispatchKeyEvent", type="keyDown", **common, **text)
            self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    def drag(self, places: list[tuple[float, float]]) -> None:
        """Move the pressed mouse along these places of the window."""
        kinds = ["mousePressed", *["mouseMoved"] * (len(places) - 1)]
        for kind, (x, y) in zip([*kinds, "mouseReleased"], [*places, places[-1]], strict=True):
            how = {"button": "left", "buttons": int(kind != "mouseReleased"), "clickCount": 1}
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, **how)

    def size(self, width: int, height: int, *, phone: bool = False, scale: float = 1) -> None:
        """Set the size of the window."""
        how = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": phone}
        self.send("Emulation.setDeviceMetricsOverride", **how)

    def dark(self, yes: bool) -> None:
        """Prefer dark pages, or light ones, as a system's setting does."""
        value = "dark" if yes else "light"
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": value}])

    def picture(self, path: Path, whole: bool = False) -> None:
        """Write what the window shows, or the whole page, as a PNG file."""
        taken = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(taken["data"]))


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and says nothing about it."""

    def log_message(self, *arguments: object) -> None:
        """Nothing."""


@contextlib.contextmanager
def served(folder: Path, handler: type[Quiet] = Quiet) -> Iterator[str]:
    """Serve a folder on this machine; yields its address."""
    handler = functools.partial(handler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def chromium(profile: Path, address: str, *options: str) -> Iterator[Browser]:
    """Start Chromium on a page; `profile` is an empty folder of its own, `options` are more of Chromium's."""
    assert CHROMIUM, "there is no Chromium here"
    command = [CHROMIUM, *OPTIONS, *options, f"--user-data-dir={profile}", "about:blank"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            port, deadline = profile / "DevToolsActivePort", time.monotonic() + 60
            while not (port.exists() and port.read_text().strip()):
                assert process.poll() is None and time.monotonic() < deadline, "Chromium did not start"
                time.sleep(0.1)
            yield Browser(int(port.read_text().splitlines()[0]), address)
        finally:
            process.terminate()
            process.wait(20)
