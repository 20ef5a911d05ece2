"""Who chose what, in order: reviews of video games at Amazon; or a log of the reader's own.

Origin: `data/Video.txt` of `kang205/SASRec` on GitHub, made by Kang and McAuley (2018) from McAuley's Amazon
reviews (for research; no licence is named there): users and games with five reviews or more, counted before
either was left out, so that some users have one. Each line is `user item`, numbers from 1, in order of time
for each user; the times themselves are not in it.
Normal form: that text, packed, `amazon-video-games.txt.gz`.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from helpers.datasets.fetch import (
    Dataset,
    download,
    dropped_for,
    find,
    read_table,
    read_text,
    read_times,
    require,
    write_packed,
)

__all__ = ["InteractionData", "interactions"]

URL = "https://raw.githubusercontent.com/kang205/SASRec/master/data/Video.txt"
SIZE = 3_187_124  # bytes
SHA256 = "b7376fe24430743f411dc7f567285657b2adb3f74361cc7ba0aee94f3024b651"
LEAST = 3  # events of a user: one to learn from, one to validate, one to test
PLAIN = re.compile(r"[^\s,;|]+ [^\s,;|]+\n")  # a first line like the origin's


def _fetch(path: Path) -> None:
    raw = path.with_name("Video.txt")
    download(URL, raw, SIZE, SHA256)
    write_packed(path, read_text(raw))


@dataclass(frozen=True, eq=False)
class InteractionData:
    """What each user chose, in order of time.

    Attributes:
        users: N ids, in the order in which the file first names them.
        items: ids of the items, `items[k]` that of number k. Number 0 is kept for padding, with the id `""`;
            so there are `len(items) - 1` items, numbered as the file first names them.
        histories: N arrays `(events,)` int32 of item numbers, from 1, in order of time, of 3 events or more.
        times: N arrays `(events,)` float64, rising; seconds since 1970 in UTC where the file has dates, else
            its own numbers. None where it has no times.
        dropped: how many users were left out, by reason.
        source: `"full"`, or `"sample"` for the small set bundled with the cookbook.
        origin: where they came from, in a few words.
    """

    users: tuple[str, ...]
    items: tuple[str, ...]
    histories: list[np.ndarray]
    times: list[np.ndarray] | None
    dropped: dict[str, int]
    source: str
    origin: str


def _read_log(path: Path) -> dict[str, Any]:
    """The fields of `InteractionData` from a CSV, or from lines like the origin's. Raises `DataError`."""
    text = read_text(path)
    times = None
    if PLAIN.match(text):
        rows = [line.split() for line in text.removesuffix("\n").split("\n")]
        wrong = next((number for number, row in enumerate(rows, 1) if len(row) != 2), None)
        shown = " ".join(rows[wrong - 1])[:60] if wrong else ""
        require(not wrong, f"line {wrong} is not a user, a space and an item: {shown!r}", "Write 17 204.")
        users, items = zip(*rows, strict=True)
    else:
        table = read_table(path, ("user", "item"), ("time",))
        users, items = ([name.strip() for name in table[column]] for column in ("user", "item"))
        if "time" in table:
            times = _as_seconds(table["time"], table["line"])
    rows_of: dict[str, list[int]] = {}
    for row, user in enumerate(users):
        rows_of.setdefault(user, []).append(row)
    kept = {user: rows for user, rows in rows_of.items() if len(rows) >= LEAST}
    few = len(rows_of) - len(kept)
    dropped = {f"users with fewer than {LEAST} events": few} if few else {}
    what = f"{len(kept)} users have {LEAST} events or more; {dropped_for(dropped)}"
    require(len(kept) > 1, what, "Two such users are the least.")
    if times is not None:
        kept = {
            user: sorted(rows, key=times.__getitem__) for user, rows in kept.items()
        }  # keeps ties in order
    order = sorted(row for rows in kept.values() for row in rows)
    names = dict.fromkeys(items[row] for row in order)
    require(len(names) > 1, f"every event has the item {items[order[0]]!r}", "Two items are the least.")
    numbers = {name: number for number, name in enumerate(names, 1)}
    return {
        "users": tuple(kept),
        "items": ("", *names),
        "histories": [np.array([numbers[items[row]] for row in rows], np.int32) for rows in kept.values()],
        "times": None if times is None else [times[rows] for rows in kept.values()],
        "dropped": dropped,
    }


def _as_seconds(texts: Sequence[str], lines: Sequence[int]) -> np.ndarray:
    """Times `(N,)` float64: the numbers themselves, or the seconds since 1970 of dates."""
    blank = [line for text, line in zip(texts, lines, strict=True) if not text.strip()]
    what = f"{len(blank):,} rows have no time, the first on line {blank[0] if blank else None}"
    require(not blank, what, "Fill them in, or leave the column out: then the order of the file counts.")
    numbers = None
    with contextlib.suppress(ValueError):
        numbers = np.array([float(text) for text in texts])
    if numbers is not None:
        at = next(iter(np.flatnonzero(~np.isfinite(numbers))), None)
        what = f"line {lines[at or 0]} has the time {texts[at or 0]!r}"
        require(at is None, what, "Write a date or a number.")
        return numbers
    return read_times(texts, lines, "time").to_numpy().astype("datetime64[us]").astype(np.int64) / 1e6


def _count_log(fields: dict[str, Any]) -> str:
    events = sum(map(len, fields["histories"]))
    counts = f"{len(fields['users']):,} users, {len(fields['items']) - 1:,} items, {events:,} events"
    times = "" if fields["times"] else " in order, without times"
    return f"{counts}{times}; {dropped_for(fields['dropped'])}"


INTERACTIONS = Dataset(
    title="Video games at Amazon",
    file="amazon-video-games.txt.gz",
    sample="interactions-sample.csv.gz",
    read=_read_log,
    count=_count_log,
    fetch=_fetch,
)


def interactions(source: str | os.PathLike | None = None) -> InteractionData:
    """Reviews of video games at Amazon (McAuley; for research), or a log of your own. Prints source, counts.

    Users with fewer than 3 events are dropped and counted, items that only they chose with them. Repeated
    choices are kept.

    Args:
        source: None for `$RNN_COOKBOOK_SOURCE`, or `"auto"` where it is not set;
            `"auto"` (cache, else download, else bundled sample); `"cache"`, `"online"` or `"bundled"`
            alone; or the path of a CSV in UTF-8, plain or `.gz`, with the columns `user`, `item` and perhaps
            `time`: any ids; times as numbers or in ISO 8601 (without an offset they are taken as UTC). Rows
            come in any order; each user's are sorted by time, equal times as in the file; without times the
            file's order is kept. Lines `user item` without a header, as the origin has them, will do too.

    Returns: `InteractionData`: 30,901 users and 23,715 games; 1,500 users and 300 items in the sample.
    Raises: `DataError` when the source fails, or is not of this form.
    """
    fields, kind, origin = find(INTERACTIONS, source)
    return InteractionData(**fields, source=kind, origin=origin)
