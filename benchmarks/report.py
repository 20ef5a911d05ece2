"""The pages made of `results.json`: RESULTS.md, and the table in README.md. Imports nothing heavy."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

Rows = Sequence[Mapping[str, object]]


def read(path: Path) -> list[dict]:
    """The rows of a `results.json`; none if it does not exist."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def number(value: float) -> str:
    """Three significant digits, with thousands set off: `"1,230"`, `"0.0123"`."""
    return f"{round(value, 3 - len(str(int(value)))):,.0f}" if value >= 100 else f"{value:.3g}"


def times(row: Mapping[str, object]) -> str:
    """The ratio with its spread, if there is one: `"87.3 × (85.1–90.2)"`, `"≥ 41 ×"`."""
    spread = f" ({number(row['ratio_min'])}–{number(row['ratio_max'])})"
    return f"{reached(row, 'ratio')} ×{spread * (row['ratio_min'] != row['ratio_max'])}"


def reached(row: Mapping[str, object], key: str) -> str:
    """The alternative's figure or the ratio: behind `≥` where, by its note, the alternative was stopped."""
    return f"{'≥ ' * ('lower bound' in row['note'])}{number(row[key])}"


def verdict(row: Mapping[str, object]) -> str:
    """`"met"`, `"**missed**"`, or a dash where there is no goal."""
    return {None: "–", True: "met", False: "**missed**"}[row["met"]]


# The rows that README.md has room for: what, measure, alternative. The others stand in RESULTS.md.
HIGHLIGHTS = (
    ("MNIST", "seconds to 98 % validation accuracy", "document's recipe, LSTM(128)"),
    ("IMDB", "seconds to 87 % validation accuracy", "usual Keras tutorial, two BiLSTM(64)"),
    ("poetry", "seconds to a held-out perplexity of 850 per character", "document's windows, two LSTM(128)"),
    ("poetry", "peak memory of training, MB", "document's windows, two LSTM(128)"),
    ("poetry decoding, 64 at once", "characters per second, pure sampling", "`predict` per character"),
    ("poetry decoding, 1 at once", "characters per second, pure sampling", "compiled step per character"),
    (
        "translation decoding",
        "sentences per second, beam of 5, 1,000 at once",
        "`predict` per token, greedy, one sentence at once",
    ),
    ("translation training", "target tokens per second", "PyTorch nn.GRU, same network"),
    ("GRU(128), batch 64, 200 steps (recipe 02)", "GFLOP/s forward and backward", "PyTorch nn.GRU"),
    (
        "LSTM(128), batch 64, 28 steps (recipe 01, document)",
        "GFLOP/s forward and backward",
        "PyTorch nn.LSTM",
    ),
)
ENGLISH = {
    "header": ("What", "Against", "Goal"),
    "row": "{what}: {measure}",
    "found": "{ours} against {alternative}: {times}, {verdict}",
    "verdict": {True: "met", False: "**missed**"},
    "below": "{met} of {goals} goals were met. [All figures, machines and versions](benchmarks/RESULTS.md)",
    "none": "Not measured yet: `make bench`, then `make readme`, fills this in.",
}


def readme_table(
    rows: Rows,
    only: Sequence[tuple[str, str, str]] | None = HIGHLIGHTS,
    words: Mapping[str, object] = ENGLISH,
    translate: Mapping[str, str] | None = None,
) -> str:
    """Markdown: comparisons with a goal, a column of ratios for each device, and how many goals were met.

    Args:
        rows: of `results.json`.
        only: `(what, measure, alternative)` of those to show; None for all.
        words: what the table itself says, as in `ENGLISH`.
        translate: other words for what was measured, its measure and the alternative.

    Raises:
        KeyError: if one of `only` was not measured.
    """
    if not rows:
        return words["none"]
    devices = list(dict.fromkeys(row["device"] for row in rows))
    cells: dict[tuple, dict[str, Mapping]] = {}
    for row in rows:
        if row["goal"] is not None:
            key = (row["what"], row["measure"], row["alternative_name"])
            cells.setdefault(key, {})[row["device"]] = row
    said = translate or {}
    lines = [[*words["header"], *(said.get(name, name) for name in devices)]]
    for key in cells if only is None else only:
        what, measure, alternative = (said.get(part, part) for part in key)
        goal = next(iter(cells[key].values()))["goal"]
        shown = [_cell(cells[key].get(name), words) for name in devices]
        lines.append([words["row"].format(what=what, measure=measure), alternative, f"≥ {goal:g} ×", *shown])
    met = [row["met"] for row in rows if row["goal"] is not None]
    below = words["below"].format(met=sum(met), goals=len(met))
    return f"{_markdown(lines)}\n\n{below}"


def _cell(row: Mapping[str, object] | None, words: Mapping[str, object]) -> str:
    if row is None:
        return "–"
    ours, alternative = number(row["ours"]), reached(row, "alternative")
    met = words["verdict"][row["met"]]
    return words["found"].format(ours=ours, alternative=alternative, times=times(row), verdict=met)


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
            alternative = [reached(row, "alternative"), row["alternative_name"]]
            figures = [number(row["ours"]), *alternative, times(row)]
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
