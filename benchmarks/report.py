"""The pages made of `results.json`: RESULTS.md, and the table in README.md. Imports nothing heavy."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

Rows = Sequence[Mapping[str, object]]
NOTED = " †"  # after a row of README's table whose note stands in RESULTS.md


def read(path: Path) -> list[dict]:
    """The rows of a `results.json`; none if it does not exist."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def number(value: float) -> str:
    """Three significant digits, with thousands set off: `"1,230"`, `"0.0123"`."""
    return f"{round(value, 3 - len(str(int(value)))):,.0f}" if value >= 100 else f"{value:.3g}"


def times(row: Mapping[str, object]) -> str:
    """The ratio with its spread: `"87.3 × (85.1–90.2)"`."""
    return f"{number(row['ratio'])} × ({number(row['ratio_min'])}–{number(row['ratio_max'])})"


def verdict(row: Mapping[str, object]) -> str:
    """`"met"`, `"**missed**"`, or a dash where there is no goal."""
    return {None: "–", True: "met", False: "**missed**"}[row["met"]]


def readme_table(rows: Rows) -> str:
    """Markdown: the comparisons that have a goal, a column of ratios for each device, then the machines."""
    if not rows:
        return "Not measured yet: `make bench`, then `make readme`, fills this in."
    devices = list(dict.fromkeys(row["device"] for row in rows))
    cells: dict[tuple, dict[str, Mapping]] = {}
    for row in rows:
        if row["goal"] is not None:
            key = (row["what"], row["measure"], row["alternative_name"], row["goal"])
            cells.setdefault(key, {})[row["device"]] = row
    lines = [["What", "Measure", "Against", "Goal", *devices]]
    for (what, measure, alternative, goal), found in cells.items():
        lines.append(
            [what, measure, alternative, f"≥ {goal:g} ×", *(_cell(found.get(name)) for name in devices)]
        )
    noted = any(row["note"] and row["goal"] is not None for row in rows)
    below = [f"{NOTED.strip()} has a note in [RESULTS.md](benchmarks/RESULTS.md)."] * noted
    below += [f"{name}: {_circumstances(rows, name)}" for name in devices]
    return "\n\n".join([_markdown(lines), *below])


def _cell(row: Mapping[str, object] | None) -> str:
    if row is None:
        return "–"
    figures = f"{number(row['ours'])} against {number(row['alternative'])}: {times(row)}, {verdict(row)}"
    return figures + NOTED * bool(row["note"])


def results_page(rows: Rows, command: str) -> str:
    """RESULTS.md: for each device the circumstances, all rows and their notes."""
    parts = [
        "# Benchmarks: ours and the usual way",
        f"Written by `{command}`; what a row means stands in "
        "[README.md](README.md). *Times better* is the median of the rounds, with the least and the largest.",
    ]
    for name in dict.fromkeys(row["device"] for row in rows):
        here = [row for row in rows if row["device"] == name]
        parts += [f"## {name}", _circumstances(rows, name)]
        lines = [["What", "Measure", "Ours", "Alternative", "", "Times better", "Goal", ""]]
        for row in here:
            figures = [number(row["ours"]), number(row["alternative"]), row["alternative_name"], times(row)]
            goal = "–" if row["goal"] is None else f"≥ {row['goal']:g} ×"
            lines.append([row["what"], row["measure"], *figures, goal, verdict(row)])
        parts.append(_markdown(lines))
        notes = [f"- {row['what']}, {row['measure']}: {row['note']}" for row in here if row["note"]]
        parts += ["\n".join(notes)] * bool(notes)
    return "\n\n".join(parts) + "\n"


def _circumstances(rows: Rows, device: str) -> str:
    """Machine, versions and days of a device's rows."""
    here = [row for row in rows if row["device"] == device]
    days = [_day(day) for day in sorted({row["date"] for row in here})]
    span = f"on {days[0]}" if len(days) == 1 else f"from {days[0]} to {days[-1]}"
    facts = [list(dict.fromkeys(row[key] for row in here)) for key in ("machine", "versions")]
    return ". ".join(["; ".join(found) for found in facts] + [f"Run {span}."])


def _day(date: str) -> str:
    day = datetime.date.fromisoformat(date)
    return f"{day.day} {day:%b %Y}"


def _markdown(lines: Sequence[Sequence[object]]) -> str:
    header, *body = [[str(cell).replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in [header, ["---"] * len(header), *body])
