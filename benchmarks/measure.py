"""What the benchmarks share: timing in turn, peak memory in a process apart, rows, the command line.

A script defines `benchmark(tiny: bool) -> list[Row]` and ends with `main(benchmark)`.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib.util
import json
import multiprocessing
import re
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypedDict

import report

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
IS_TINY = False  # `main` sets it


class Row(TypedDict):
    """One comparison.

    `ours` and `alternative` are medians, in the unit that `measure` names. `ratio` says how many times better
    ours is, above 1 whichever way the measure runs: the median of the ratios of the rounds, and `ratio_min`
    and `ratio_max` are the least and the largest of them. `goal` is the least ratio wanted; without one it is
    None, and so is `met`. `note` holds what a reader must know, else "".
    """

    what: str
    measure: str
    ours: float
    alternative: float
    alternative_name: str
    ratio: float
    ratio_min: float
    ratio_max: float
    goal: float | None
    met: bool | None
    device: str
    note: str


def in_turn(ways: dict[str, Callable[[], object]], rounds: int, warm_up: int = 1) -> dict[str, list[float]]:
    """Seconds of each way, `rounds` of them, measured one after another within each round.

    Every other round goes backwards, so that a machine that slows down or speeds up favours none.

    Args:
        ways: name → function without arguments, which must wait for its own result.
        rounds: measured calls of each.
        warm_up: calls of each before them, to trace and compile.
    """
    for way in ways.values():
        for _ in range(warm_up):
            way()
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name in list(ways)[:: -1 if number % 2 else 1]:
            started = time.perf_counter()
            ways[name]()
            seconds[name].append(time.perf_counter() - started)
    return seconds


def compare(
    what: str,
    measure: str,
    ours: Sequence[float],
    alternative: Sequence[float],
    alternative_name: str,
    goal: float | None = None,
    better: str = "less",
    note: str = "",
) -> Row:
    """The row of two lists of measurements, round by round.

    Args:
        what: the task, such as `"MNIST"`.
        measure: the quantity with its unit, such as `"seconds to 98 % validation accuracy"`.
        ours: positive numbers, one per round.
        alternative: as many, or a single one for all rounds.
        alternative_name: what the alternative follows, such as `"PyTorch nn.LSTM"`.
        goal: the least ratio wanted, or None.
        better: whether `"less"` or `"more"` of the measure is better.
        note: what a reader must know.
    """
    if better not in ("less", "more"):
        raise ValueError(f'better must be "less" or "more", got {better!r}')
    others = list(alternative) * (len(ours) if len(alternative) == 1 else 1)
    pairs = [(float(own), float(other)) for own, other in zip(ours, others, strict=True)]
    ratios = [other / own if better == "less" else own / other for own, other in pairs]
    ratio = statistics.median(ratios)
    return Row(
        what=what,
        measure=measure,
        ours=_short(statistics.median(own for own, _ in pairs)),
        alternative=_short(statistics.median(other for _, other in pairs)),
        alternative_name=alternative_name,
        ratio=_short(ratio),
        ratio_min=_short(min(ratios)),
        ratio_max=_short(max(ratios)),
        goal=goal,
        met=None if goal is None else ratio >= goal,
        device=device(),
        note=note,
    )


def _short(number: float) -> float:
    return float(f"{number:.4g}")


def device() -> str:
    """The device that Keras computes on, such as `"CPU, 2 cores"`; with the backend, if not TensorFlow."""
    from helpers import runtime  # not above: what it imports takes seconds and memory

    # isort: split
    import keras

    backend = keras.backend.backend()
    return runtime._device() + ("" if backend == "tensorflow" else f", {backend}")


@functools.cache
def has_torch() -> bool:
    """Whether PyTorch is installed; if not, one line says that its rows are left out."""
    found = importlib.util.find_spec("torch") is not None
    if not found:
        install = f"{sys.executable} -m pip install -r requirements-bench.txt"
        print(f"PyTorch is not installed ({install}): its rows are left out")
    return found


# --- memory ------------------------------------------------------------------------------------------------


def apart(function: Callable, *arguments: Any) -> tuple[Any, float, int]:
    """A call in a fresh process: what it returns, its seconds, and its peak memory in bytes.

    The memory is resident memory above what the process held before the call, the script's own imports
    among it. The process is spawned, not forked, so that it inherits none of this one's memory. With
    `--tiny`, where no figure counts, the call is made in this process, which saves the imports.

    Args:
        function: at the top level of a script or module; its arguments and result travel between processes.

    Raises:
        concurrent.futures.process.BrokenProcessPool: if the system killed the process, for want of memory.
    """
    if IS_TINY:
        result, seconds, peak = _watched(function, arguments)
        return result, seconds, max(1, peak)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_watched, function, arguments).result()


def _watched(function: Callable, arguments: tuple) -> tuple[Any, float, int]:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak falls to what is resident now
    before, started = peak_memory(), time.perf_counter()
    result = function(*arguments)
    seconds = time.perf_counter() - started
    return result, seconds, peak_memory() - before


def peak_memory() -> int:
    """The most memory that this process had resident so far, in bytes."""
    with contextlib.suppress(OSError):
        return int(re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())[1]) << 10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak << 10


# --- the command line --------------------------------------------------------------------------------------


def main(function: Callable[[bool], list[Row]]) -> None:
    """Run a script's benchmark, print its rows as a table, and write them as JSON if asked.

    Args:
        function: takes `tiny`, whether to run a small size only to see that it works; returns the rows.
    """
    description = sys.modules[function.__module__].__doc__.splitlines()[0]
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--tiny", action="store_true", help="a small size, a few seconds: does it run?")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows to this file")
    options = parser.parse_args()
    global IS_TINY
    IS_TINY = options.tiny
    rows = function(options.tiny)
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def table(rows: list[Row]) -> str:
    """The rows as aligned text, their notes below."""
    verdicts = {None: "", True: "met", False: "MISSED"}
    lines = [("what", "measure", "ours", "alternative", "", "times better", "goal", "")]
    for row in rows:
        goal = "" if row["goal"] is None else f"≥ {row['goal']:g}"
        figures = [report.number(row["ours"]), report.number(row["alternative"]), row["alternative_name"]]
        lines.append((row["what"], row["measure"], *figures, report.times(row), goal, verdicts[row["met"]]))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    shown = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
    return "\n".join(
        shown + [f"{row['what']}, {row['measure']}: {row['note']}" for row in rows if row["note"]]
    )
