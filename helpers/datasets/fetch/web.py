"""One file from the network: checked, bounded in time and size, and there only when it is whole."""

from __future__ import annotations

import functools
import itertools
import logging
import queue
import sys
import threading
import time
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
import urllib3
from tqdm import tqdm

from helpers.datasets.fetch.errors import DataError, require

with warnings.catch_warnings():
    # pooch asks tqdm for a bar of widgets, and tqdm warns where there are none. We use the plain one.
    warnings.simplefilter("ignore")
    import pooch

TIMEOUT = 20.0  # seconds until an answer (name look-up, every address and headers together), then of silence
STALL_WINDOW = 30.0  # seconds over which the speed is judged
MIN_RATE = 2_000  # bytes per second; a slower server would never finish
BACKOFF = 1.0  # seconds before the second try, twice that before the third


def download(url: str, path: Path, max_bytes: int, sha256: str | None = None) -> None:
    """Downloads one file; `path` comes into being only when the file is whole and right.

    What can pass is tried again after a short pause: a cut connection or a 5xx answer (three tries), wrong
    content (two). What cannot, such as a 404 or no answer in time, fails at once.

    Args:
        url: the http(s) address.
        path: where to write; its folder exists, the file does not.
        max_bytes: the most to accept; with `sha256`, the exact size.
        sha256: hexadecimal, where the origin is fixed.

    Raises: `DataError` naming the address; `OSError` when the file cannot be written.
    """
    pooch.get_logger().setLevel(logging.WARNING)
    downloader = functools.partial(_stream, max_bytes=max_bytes, exact=sha256 is not None)
    for attempt in itertools.count(1):
        try:
            pooch.retrieve(url, sha256, fname=path.name, path=path.parent, downloader=downloader)
            return
        except DataError as error:
            failure = error
        except ValueError:  # pooch's word for a hash that does not match
            failure = DataError(f"{url} sent the wrong content: its SHA-256 is not {sha256}", tries=2)
        if attempt >= failure.tries:
            raise failure
        time.sleep(BACKOFF * attempt)


def download_zip(urls: Mapping[str, str], path: Path, max_bytes: int) -> None:
    """Packs what `download` finds at several addresses, each of `max_bytes` at most, as members of a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, url in urls.items():
            raw = path.with_name(member.replace("/", "-"))
            download(url, raw, max_bytes)
            archive.write(raw, member)


def _stream(url: str, target: str, _: object, *, max_bytes: int, exact: bool) -> None:
    """The downloader given to pooch: one try to write `url` into the file `target`."""
    expected = f"{'exactly' if exact else 'at most'} {max_bytes:,} expected"
    try:
        with _answer(url) as response:
            status = response.status_code
            what = f"{url} answered {status} {response.reason or ''}".strip()
            require(status == 200, what, tries=3 if status >= 500 else 1)
            size = response.raw.length_remaining  # announced; None where the server does not say
            if size is None or size <= max_bytes:
                size = _copy(response, target, size, max_bytes)
            fits = size == max_bytes if exact else size <= max_bytes
            require(fits, f"{url} sends {size:,} bytes, {expected}", tries=2)
    except urllib3.exceptions.ReadTimeoutError as error:
        raise DataError(f"{url} fell silent for {TIMEOUT:g} s") from error
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        cause = error.args[0] if isinstance(error, requests.ConnectionError) and error.args else error
        if isinstance(cause, urllib3.exceptions.ProtocolError):
            raise DataError(f"{url} cut the connection", tries=3) from error
        reason = type(getattr(cause, "reason", cause)).__name__
        raise DataError(f"{url} cannot be reached ({reason})") from error


def _answer(url: str) -> requests.Response:
    """The answer of `url`, its body still to be read; `DataError` after TIMEOUT seconds.

    The time-out of requests alone does not bound the wait: it starts anew for each address behind the name
    and each piece of a header, and the look-up of the name has none. Hence a thread that can be left behind.
    """
    answers = queue.SimpleQueue()

    def ask() -> None:
        try:
            # Not compressed for transport: sizes and hash are those of the file itself. Some sites refuse
            # the name that requests gives itself.
            headers = {"Accept-Encoding": "identity", "User-Agent": "rnn-cookbook/0.1"}
            answers.put(requests.get(url, stream=True, timeout=TIMEOUT, headers=headers))
        except Exception as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=TIMEOUT)
    except queue.Empty:
        answer = requests.Timeout()
    require(not isinstance(answer, requests.Timeout), f"{url} did not answer within {TIMEOUT:g} s")
    if isinstance(answer, Exception):
        raise answer
    return answer


def progress(*items: Any, **options: Any) -> tqdm:
    """A bar that waits a second, leaves nothing behind and shows in a notebook or on a terminal only."""
    hidden = False if "ipykernel" in sys.modules else None  # None: shown on a terminal only
    return tqdm(*items, delay=1, leave=False, disable=hidden, **options)


def _copy(response: requests.Response, target: str, total: int | None, max_bytes: int) -> int:
    """Writes the body to the file `target`, a block beyond `max_bytes` at most; returns its size in bytes."""
    name = response.url.rpartition("/")[2]
    received = mark = 0
    since = time.monotonic()
    with open(target, "wb") as file, progress(total=total, desc=name, unit="B", unit_scale=True) as bar:
        # read1 hands over what has come; read would wait for a full block and never see a trickle.
        while received <= max_bytes and (block := response.raw.read1(1 << 16, decode_content=False)):
            file.write(block)
            bar.update(len(block))
            received += len(block)
            if (elapsed := time.monotonic() - since) > STALL_WINDOW:
                rate = (received - mark) / elapsed
                require(rate >= MIN_RATE, f"{response.url} sends only {rate:,.0f} bytes per second")
                since, mark = time.monotonic(), received
    return received
