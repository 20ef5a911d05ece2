"""The figures in README.md, README.zh-CN.md and docs/: all come from committed runs.

    python scripts/readme.py            write them: what `make readme` calls
    python scripts/readme.py --check    exit 1 if some are out of date

A README's tables stand between two marks. Elsewhere a figure has a place such as
`<!--=01_mnist_rows.metrics.test_accuracy:percent-->…<!--/=-->`: a notebook, a key of its results line, and
how to show it. The picture is the one of the recipe PICTURED.
"""

from __future__ import annotations

import argparse
import base64
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import gallery
from recipes import ROOT, CookbookError, fill, load, results_of, show_minutes

sys.path.insert(0, str(ROOT))

from benchmarks import report

BEGIN, END = "<!-- gallery:begin -->", "<!-- gallery:end -->"
BENCH_BEGIN, BENCH_END = "<!-- bench:begin -->", "<!-- bench:end -->"
PICTURED = "01_mnist_rows"
ENGLISH = {
    "header": ("Recipe", "Result", "Baseline", "The articles’ recipe", "Time"),
    "study": "study",
    "sample": ", on the sample",
    "none": "not run yet",
    "between": "; ",
    "ahead": ", ahead",
}
CHINESE = {
    "header": ("食谱", "结果", "基线", "文章的做法", "用时"),
    "study": "深入研究",
    "sample": "（样本数据）",
    "none": "尚未运行",
    "between": "；",
    "ahead": "，领先",
}
BENCH_CHINESE = {
    "header": ("比什么", "和谁比", "目标"),
    "row": "{what}：{measure}",
    "found": "{ours} 对 {alternative}：{times}，{verdict}",
    "verdict": {True: "达到", False: "**未达到**"},
    "below": "{goals} 个目标中达到了 {met} 个。[全部数字、机器与版本](benchmarks/RESULTS.md)",
    "none": "还没有测量：先 `make bench`，再 `make readme`。",
}


def gallery_table(
    root: Path = ROOT,
    words: Mapping[str, object] = ENGLISH,
    names: Mapping[str, Mapping[str, str]] | None = None,
) -> str:
    """The Markdown table of the committed runs.

    Args:
        root: the repository's root.
        words: what the table itself says, as in `ENGLISH`.
        names: for a recipe its `title` and the labels of `metric`, `baseline` and `also`, where not as on its
            card.
    """
    rows = [words["header"], ("---",) * len(words["header"])]
    for card in gallery.committed(root):
        recipe, results, said = card.recipe, card.results, (names or {}).get(card.recipe.name, {})
        found = {kind: (label, value) for kind, label, value in gallery.figures(card)}
        study = f" · [{words['study']}](notebooks/{card.study.path.name})" if card.study else ""
        title = said.get("title", recipe.card["title"])
        ours, rivals = found["ours"], [kind for kind in ("baseline", "also") if kind in found]
        ahead = gallery.ahead(card).intersection(rivals)
        bold, baselines = "" if ahead else "**", []
        for kind in rivals:
            label, value = found[kind]
            best = "**" if kind in ahead or (bold and value == ours[1]) else ""  # level is best, too
            tail = words["ahead"] if kind in ahead else ""
            baselines.append(f"{best}{value}{best} {said.get(kind, label)}{tail}")
        sample = words["sample"] if results and results["source"] == "sample" else ""
        reached = f"{bold}{ours[1]}{bold} {said.get('metric', ours[0])}{sample}" if results else words["none"]
        rows.append(
            (
                f"[{recipe.name[:2]} {title}](notebooks/{recipe.path.name}){study}",
                reached,
                words["between"].join(baselines) if results else "–",
                found.get("document", ("", "–"))[1],
                show_minutes(results["seconds"]) if results else "–",
            )
        )
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def with_table(text: str, name: str, table: str, begin: str = BEGIN, end: str = END) -> str:
    """The text of the file `name` with `table` between two marks.

    Raises:
        CookbookError: if the marks are not there exactly once each.
    """
    parts = re.fullmatch(rf"(.*{begin}\n)(.*)({end}.*)", text, re.DOTALL)
    if not parts or text.count(begin) != 1 or text.count(end) != 1:
        raise CookbookError(f"{name} must hold {begin} and {end} once each, on lines of their own")
    return f"{parts[1]}{table}\n{parts[3]}"


def pages(root: Path = ROOT) -> dict[Path, str]:
    """The text that each file should have.

    Raises:
        CookbookError: if a file has lost its marks, or asks for a figure that no run has.
        FileNotFoundError: if there is no README.md.
    """
    chinese = root / "docs" / "chinese.toml"
    said = tomllib.loads(chinese.read_text(encoding="utf-8")) if chinese.exists() else {}
    rows = report.read(root / "benchmarks" / "results.json")
    tables = {
        "README.md": (gallery_table(root), report.readme_table(rows)),
        "README.zh-CN.md": (
            gallery_table(root, CHINESE, said.get("recipes")),
            report.readme_table(rows, words=BENCH_CHINESE, translate=said.get("benchmarks")),
        ),
    }
    results = {recipe.name: results_of(recipe.read()) for recipe in load(root, studies=True)}
    made = {}
    for name, (runs, measured) in tables.items():
        path = root / name
        if name == "README.md" or path.exists():
            text = with_table(path.read_text(encoding="utf-8"), name, runs)
            made[path] = fill(with_table(text, name, measured, BENCH_BEGIN, BENCH_END), results)
    for path in sorted((root / "docs").glob("*.md")):
        made[path] = fill(path.read_text(encoding="utf-8"), results)
    return made


def picture(root: Path = ROOT) -> tuple[Path, bytes | None]:
    """Where the README's picture lies, and what it should be; None if that recipe has none."""
    found = [card.notebook for card in gallery.committed(root) if card.recipe.name == PICTURED]
    data = gallery.picture(found[0]) if found else None
    return root / "docs" / f"{PICTURED}.png", base64.b64decode(data, validate=True) if data else None


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Write or check the figures; returns the exit code."""
    parser = argparse.ArgumentParser(description="Fill in the figures of README.md and docs/.")
    parser.add_argument("--check", action="store_true", help="exit 1 if some are out of date")
    options = parser.parse_args(argv)
    try:
        wanted = {path: text.encode() for path, text in pages(root).items()}
    except (CookbookError, FileNotFoundError) as error:
        print(f"readme: {error}", file=sys.stderr)
        return 2
    path, content = picture(root)
    if content and path.parent.is_dir():
        wanted[path] = content
    late = {path: text for path, text in wanted.items() if not path.exists() or path.read_bytes() != text}
    if options.check and late:
        names = ", ".join(path.relative_to(root).as_posix() for path in late)
        print(f"readme: {names} out of date: make readme", file=sys.stderr)
        return 1
    for path, text in late.items():
        path.write_bytes(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
