"""scripts/readme.py: the figures in the READMEs and docs/, and that both READMEs say the same."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import kitchen
import pytest
import readme
import recipes

ROOT = recipes.ROOT


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Two recipes with committed outputs, and a README to fill in."""
    first = kitchen.with_outputs(kitchen.notebook())
    second = kitchen.with_outputs(kitchen.notebook("02_more", "error"), source="sample")
    root = kitchen.cookbook(tmp_path / "book", first, second)
    (root / "README.md").write_text(PAGE.format("old", "old"), encoding="utf-8")
    (root / "docs").mkdir()
    return root


PAGE = (
    f"# Book\n\n{readme.BEGIN}\n{{}}\n{readme.END}\n\nMore.\n"
    f"\n{readme.BENCH_BEGIN}\n{{}}\n{readme.BENCH_END}\n"
)


def test_table_of_the_recipes(book: Path):
    assert readme.gallery_table(book).split("\n") == [
        "| Recipe | Result | Baseline | The articles’ recipe | Time |",
        "| --- | --- | --- | --- | --- |",
        "| [01 Sums](notebooks/01_sum.ipynb) | **78.00 %** accuracy | 50.00 % guessing | 70.00 % | 1.2 min |",
        "| [02 More \\| sums](notebooks/02_more.ipynb) | 0.78 points error, on the sample "
        "| **0.5 points** guessing, ahead | 0.7 points | 1.2 min |",
    ]


def test_table_in_chinese_and_where_a_name_is_missing(book: Path):
    names = {"01_sum": {"title": "求和", "metric": "准确率", "baseline": "猜"}}
    table = readme.gallery_table(book, readme.CHINESE, names).split("\n")
    assert table[2].startswith("| [01 求和](notebooks/01_sum.ipynb) | **78.00 %** 准确率 | 50.00 % 猜 |")
    assert "error（样本数据）" in table[3]


@pytest.mark.parametrize(
    ("words", "names", "shown"),
    [
        (readme.ENGLISH, {}, "| 50.00 % guessing; **90.00 %** dense, at once, ahead | – |"),
        (
            readme.CHINESE,
            {"01_sum": {"also": "全连接"}},
            "| 50.00 % guessing；**90.00 %** 全连接，领先 | – |",
        ),
    ],
)
def test_table_shows_a_second_baseline_and_which_is_ahead(book: Path, words: dict, names: dict, shown: str):
    for name, old, new in (
        ("01_sum.ipynb", '\\"document_recipe\\": 0.7', '\\"dense\\": 0.9'),
        (
            "profiles.toml",
            'better = "higher"',
            'better = "higher"\nalso = "dense"\nalso_label = "dense, at once"',
        ),
    ):
        path = book / "notebooks" / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert shown in readme.gallery_table(book, words, names).split("\n")[2]


def test_what_is_level_is_bold_as_well(book: Path):
    path = book / "notebooks" / "01_sum.ipynb"
    text = path.read_text(encoding="utf-8")
    assert '\\"guess\\": 0.5' in text
    path.write_text(text.replace('\\"guess\\": 0.5', '\\"guess\\": 0.779996'), encoding="utf-8")
    assert "| **78.00 %** accuracy | **78.00 %** guessing |" in readme.gallery_table(book).split("\n")[2]


def test_a_recipe_that_was_not_run_says_so(tmp_path: Path):
    root = kitchen.cookbook(tmp_path / "raw", kitchen.notebook())
    assert readme.gallery_table(root).split("\n")[2].endswith("| not run yet | – | – | – |")


def test_figures_are_written_and_checked(book: Path, capsys):
    answers = book / "docs" / "answers.md"
    answers.write_text("It is <!--=01_sum.metrics.accuracy:percent-->?<!--/=--> here.\n", encoding="utf-8")
    assert readme.main(["--check"], book) == 1
    assert "README.md, docs/answers.md out of date: make readme" in capsys.readouterr().err
    assert readme.main([], book) == 0
    assert readme.main(["--check"], book) == 0
    tables = readme.gallery_table(book), "Not measured yet: `make bench`, then `make readme`, fills this in."
    assert (book / "README.md").read_text(encoding="utf-8") == PAGE.format(*tables)
    assert "-->78.00 %<!--/=--> here" in answers.read_text(encoding="utf-8")


@pytest.mark.parametrize("key", ["01_sum.metrics.nothing", "03_none.metrics.accuracy"])
def test_a_figure_that_no_run_has_is_refused(book: Path, capsys, key: str):
    (book / "docs" / "answers.md").write_text(f"<!--={key}:percent-->?<!--/=-->", encoding="utf-8")
    assert readme.main([], book) == 2
    assert f"the results have no '{key}'" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["no marks", f"{readme.BEGIN}\n", f"{readme.BEGIN}\n{readme.END}\n" * 2])
def test_a_readme_without_its_marks(book: Path, capsys, text: str):
    (book / "README.md").write_text(text, encoding="utf-8")
    assert readme.main([], book) == 2
    assert "once each" in capsys.readouterr().err
    assert (book / "README.md").read_text(encoding="utf-8") == text


def test_the_figures_of_this_cookbook_are_up_to_date():
    assert readme.main(["--check"]) == 0


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_no_line_begins_with_a_place(path: Path):
    """Markdown would take it, and the rest of the line with it, for a block of HTML."""
    assert not re.search("^ *<!--=(?!cards|demo)", path.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_pictured_recipe_has_a_picture():
    path, content = readme.picture()
    assert content and f"](docs/{path.name})" in (ROOT / "README.md").read_text(encoding="utf-8")


# --- two languages -----------------------------------------------------------------------------------------

FENCED = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TARGET = re.compile(r"\]\(([^)]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")


def skeleton(text: str) -> dict[str, Counter]:
    """What both languages must share: commands, code, links, numbers, and the number of parts."""
    commands = [
        line.partition("#")[0].strip() for block in FENCED.findall(text) for line in block.split("\n")
    ]
    prose = FENCED.sub("", text)
    bare = TARGET.sub("]", CODE.sub("", prose))
    return {
        "commands": Counter(commands),
        "code": Counter(CODE.findall(prose)),
        "links": Counter(target.replace(".zh-CN", "") for target in TARGET.findall(prose)),
        "numbers": Counter(number.rstrip(",") for number in NUMBER.findall(bare)),
        "headings": Counter(re.findall(r"^#+", prose, re.MULTILINE)),
        "rows": Counter(line.count("|") for line in prose.split("\n") if line.startswith("|")),
    }


ENGLISH, CHINESE = (
    skeleton((ROOT / name).read_text(encoding="utf-8")) for name in ("README.md", "README.zh-CN.md")
)


@pytest.mark.parametrize("what", ENGLISH)
def test_both_readmes_have_the_same(what: str):
    assert ENGLISH[what] and ENGLISH[what] == CHINESE[what]


def test_a_difference_between_the_languages_is_seen():
    one = "# A\n\n```sh\nmake x  # all\n```\n\n[a](b.md) `c` takes 3 min, 1,234 times.\n\n| 1 | 2 |\n"
    same = "# 甲\n\n```sh\nmake x  # 全部\n```\n\n[甲](b.md) `c` 要 3 分钟，1,234 次。\n\n| 1 | 2 |\n"
    assert skeleton(one) == skeleton(same)
    for old, new in (
        ("make x", "make y"),
        ("b.md", "c.md"),
        ("`c`", "`d`"),
        ("1,234", "1,235"),
        ("# 甲", "甲"),
    ):
        assert skeleton(one) != skeleton(same.replace(old, new))


def test_the_readme_fits_into_three_screens():
    for name in ("README.md", "README.zh-CN.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert len(text.split("\n")) <= 120
        assert max(line.count("|") for line in re.sub(r"`[^`]*`", "", text).split("\n")) <= 6  # five columns


def test_chinese_names_belong_to_recipes():
    said = tomllib.loads((ROOT / "docs" / "chinese.toml").read_text(encoding="utf-8"))
    cards = {recipe.name: recipe.card for recipe in recipes.load()}
    assert set(said["recipes"]) <= set(cards)
    for name, entry in said["recipes"].items():
        optional = {"also"} & set(cards[name])
        assert {"title", "metric", "baseline"} <= set(entry) <= {"title", "metric", "baseline"} | optional
