"""Runs the benchmarks one after another and writes down what they found: what `make bench` calls.

    python benchmarks/run.py                  all of them, about 20 minutes on two cores
    python benchmarks/run.py --only data,imdb these
    python benchmarks/run.py --tiny           small sizes, to see that they run

Writes `benchmarks/results.json` and `benchmarks/RESULTS.md`, with `--tiny` into `build/benchmarks/`. Rows of
another device, and of benchmarks that did not run, stay.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import report

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = (
    "mnist",
    "imdb",
    "poetry",
    "poetry_decoding",
    "translation_decoding",
    "translation_training",
    "speech",
    "dialogue",
    "load",
    "chorales",
    "alarms",
    "next_item",
    "serving",
    "layers",
    "lstm_roads",
    "parallel",
    "data",
    "length",
    "allocator",
)
PACKAGES = {"tensorflow": "TensorFlow", "keras": "Keras", "numpy": "NumPy", "torch": "PyTorch"}


def run(name: str, tiny: bool) -> list[dict] | None:
    """The rows of one script, which prints them too; None if it failed."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "rows.json"
        script = ROOT / "benchmarks" / f"{name}.py"
        command = [sys.executable, str(script), "--json", str(found), *(["--tiny"] if tiny else [])]
        done = subprocess.run(command, cwd=ROOT, check=False)
        return report.read(found) if done.returncode == 0 else None


def circumstances() -> dict[str, str]:
    """What every row of this run has in common: day, machine and versions."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    versions = [f"Python {platform.python_version()}"]
    for package, name in PACKAGES.items():
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions.append(f"{name} {metadata.version(package)}")
    return {
        "date": datetime.date.today().isoformat(),
        "machine": f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB of memory, {platform.system()}",
        "versions": ", ".join(versions),
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    named = re.search(r"model name\s*: (.*)", information.read_text()) if information.exists() else None
    return named[1] if named else platform.processor() or platform.machine()


def merged(standing: list[dict], name: str, new: list[dict]) -> list[dict]:
    """`standing` with the rows of one script replaced but for other devices, in the order of SCRIPTS."""
    devices = {row["device"] for row in new}
    kept = [row for row in standing if row["script"] != name or row["device"] not in devices]
    rows = [row for row in kept + new if row["script"] in SCRIPTS]
    return sorted(rows, key=lambda row: SCRIPTS.index(row["script"]))


def main(argv: list[str] | None = None) -> int:
    """Run the benchmarks; returns the exit code."""
    parser = argparse.ArgumentParser(description="Run the benchmarks, ours and the usual way.")
    parser.add_argument("--tiny", action="store_true", help="small sizes, into build/benchmarks/")
    parser.add_argument("--only", default="", metavar="NAMES", help=f"of {', '.join(SCRIPTS)}; with commas")
    options = parser.parse_args(argv)
    names = options.only.replace(",", " ").split() or SCRIPTS
    if unknown := [name for name in names if name not in SCRIPTS]:
        parser.error(f"no benchmark is called {', '.join(unknown)}: there are {', '.join(SCRIPTS)}")

    folder = ROOT / "build" / "benchmarks" if options.tiny else ROOT / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    results, shared, failed = folder / "results.json", circumstances(), []
    for name in names:
        print(f"\n=== {name}", flush=True)
        found = run(name, options.tiny)
        if found is None:
            failed.append(name)
            continue
        rows = merged(report.read(results), name, [{"script": name, **row, **shared} for row in found])
        results.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    rows = report.read(results)
    page = report.results_page(rows, "make bench TINY=1" if options.tiny else "make bench")
    (folder / "RESULTS.md").write_text(page, encoding="utf-8")
    print(f"\n{(folder / 'RESULTS.md').relative_to(ROOT).as_posix()}")
    for row in rows:
        if row["met"] is False:
            print(f"missed: {row['what']}, {row['measure']}: {report.times(row)}, wanted {row['goal']:g}")
    if failed:
        print(f"run: failed, old rows kept: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
