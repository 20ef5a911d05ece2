"""scripts/build_site.py: what it makes of notebooks and Markdown. The rest: docs/test_site.py."""

from __future__ import annotations

import base64
import importlib.util
import io
import re
from pathlib import Path

import build_site
import kitchen
import nbformat
import pytest
import recipes
from PIL import Image

ROOT = recipes.ROOT
FILES = sorted([*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")])


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Two recipes with committed outputs."""
    first = kitchen.with_outputs(kitchen.notebook())
    second = kitchen.with_outputs(kitchen.notebook("02_more", "error"), source="sample")
    root = kitchen.cookbook(tmp_path / "book", first, second)
    (root / "docs").mkdir()
    return root


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_links_of_the_pages_lead_to_cells_and_files_that_exist(path: Path):
    text = path.read_text(encoding="utf-8")
    known = {recipe.name: build_site.cell_ids(recipe) for recipe in recipes.load(studies=True)}
    build_site.page(path, known)
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_a_link_to_a_cell_that_is_not_there_is_refused(tmp_path: Path):
    path = tmp_path / "page.md"
    path.write_text("[a](../notebooks/01_sum.ipynb#here) and [b](notebooks/01_sum.ipynb)", encoding="utf-8")
    assert build_site.page(path, {"01_sum": {"here"}}).startswith("[a](cell:01_sum#here) and [b](notebooks/")
    with pytest.raises(recipes.CookbookError, match="page.md: 01_sum.ipynb has no cell here"):
        build_site.page(path, {"01_sum": {"there"}})


def test_the_glossary_names_terms_in_both_languages_and_their_cells(book: Path):
    (book / "docs/glossary.md").write_text(
        "| English | 中文 | Meaning | Shown in |\n| --- | --- | --- | --- |\n"
        "| mask | 掩码 | hides | [01](../notebooks/01_sum.ipynb#a), [02](../notebooks/02_more.ipynb#b) |\n",
        encoding="utf-8",
    )
    assert list(build_site.glossary(book)) == [("mask", "掩码", [("01_sum", "a"), ("02_more", "b")])]
    assert build_site.terms_of(book) == {"01_sum": [("mask", "掩码")], "02_more": [("mask", "掩码")]}
    real = list(build_site.glossary(ROOT))
    assert len(real) > 50 and all(re.search("[\u4e00-\u9fff]|BLEU", chinese) for _, chinese, _ in real)


def test_a_notebook_gets_ids_facts_alternatives_and_terms(book: Path):
    recipe = recipes.load(book)[0]
    made = build_site.prepared(recipe, None, [("mask", "掩码")], "me/book")
    first = made.cells[0].source
    assert first.startswith("# Sums\n\n```{raw} html\n") and 'id="cell-cell-0"' in first
    assert "1.2 min · CPU, 2 cores" in first and 'href="../colab/01_sum.ipynb" download' in first
    address = "https://colab.research.google.com/github/me/book/blob/colab/01_sum.ipynb"
    assert f'<a href="{address}">Open in Colab</a>' in first
    assert first.endswith("Adds things up.")
    assert made.cells[1].metadata["anchor"] == "cell-cell-1"
    assert made.cells[4].metadata["mystnb"]["image"]["alt"] == "Figure of the section “Sums”"
    assert "mask 掩码" in made.cells[-1].source
    assert "kernel" not in nbformat.writes(build_site.prepared(recipe, None, [], None)).split("metadata")[0]
    assert "Open in Colab" not in build_site.prepared(recipe, None, [], None).cells[0].source


def test_cards_say_what_the_runs_printed(book: Path, tmp_path: Path):
    found = build_site.cards(book, tmp_path / "cards")
    assert found.count("<article>") == 2
    assert "<dt>accuracy</dt><dd>78.00 %</dd>" in found and "<dt>error, lower is better</dt>" in found
    assert "Adds &lt;things&gt; up." in found and "1.2 min on CPU, 2 cores" in found
    with Image.open(tmp_path / "cards/01_sum.webp") as image:
        assert (image.format, image.size) == ("WEBP", (1, 1))


def test_large_pictures_become_small_cards(tmp_path: Path):
    stored = io.BytesIO()
    Image.new("RGB", (2_000, 500), "red").save(stored, "PNG")
    size = build_site._thumbnail(base64.b64encode(stored.getvalue()).decode(), tmp_path / "card.webp")
    assert size == (720, 180)


def test_pictures_become_webp_where_that_is_smaller(tmp_path: Path):
    images = tmp_path / "_images"
    images.mkdir()
    regular = Image.new("RGB", (80, 80))  # PNG's filters like this one
    regular.putdata([(x * y % 256, x % 256, y % 256) for y in range(80) for x in range(80)])
    regular.save(images / "regular.png")
    chart = Image.new("RGB", (600, 300), "white")
    chart.paste("navy", (50, 50, 300, 250))
    chart.save(images / "chart.png")
    html = '<img alt="a" src="_images/regular.png" /><img alt="b" src="_images/chart.png" />'
    (tmp_path / "page.html").write_text(html * 2, encoding="utf-8")
    build_site.finish(tmp_path)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert text.count('<img alt="a" width="80" height="80" loading="lazy" src="_images/regular.png" />') == 2
    assert text.count('<img alt="b" width="600" height="300" loading="lazy" src="_images/chart.webp" />') == 2
    assert {path.name for path in images.iterdir()} == {"regular.png", "chart.webp"}
    with Image.open(images / "chart.webp") as image:
        assert image.convert("RGB").tobytes() == chart.tobytes()  # nothing was lost


@pytest.mark.parametrize(
    ("back", "expected"), [("ffffff", "#000000"), ("08306b", "#ffffff"), ("3b8bc2", "#000000")]
)
def test_coloured_tables_can_be_read(back: str, expected: str):
    style = f"#T_1 {{\n  background-color: #{back};\n  color: #f1f1f1;\n}}"
    assert f"color: {expected};" in build_site.readable(style)
    assert build_site.readable("td { color: #f1f1f1; }") == "td { color: #f1f1f1; }"


def test_first_page_lists_every_page_that_is_laid_out():
    text = build_site.first_page.__globals__
    listed = {**text["START"], **text["FIND"], **text["MORE"]}
    assert all((ROOT / name).is_file() for name in listed)
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert pages == {Path(name).name for name in listed if name.startswith("docs/")}


def test_search_words_in_two_languages():
    pytest.importorskip("sphinx")
    spec = importlib.util.spec_from_file_location("site_settings", ROOT / "docs/conf.py")
    settings = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(settings)
    words = settings.EnglishAndChinese({})
    assert words.split("LSTM网络 and 注意力, 诗") == [
        *("LSTM", "网", "络", "网络", "and"),
        *("注", "意", "力", "注意", "意力", "诗"),
    ]
    assert words.stem("Networks") == words.stem("network")


def test_the_demos_are_linked_and_taken_along_where_they_were_built(book: Path, tmp_path: Path):
    (book / "docs/index.md").write_text("# Book\n\n<!--=demo-->\n\n[w](want.md)\n\n<!--=cards-->\n", "utf-8")
    every = recipes.load(book)
    text = build_site.first_page(book, every, True, tmp_path / "one")
    assert 'href="demo/index.html"' in text and "[w](docs/want.md)" in text
    assert "demo" not in build_site.first_page(book, every, False, tmp_path / "two")


def test_without_sphinx_it_says_what_to_do(book: Path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sphinx.cmd.build", None)
    with pytest.raises(recipes.CookbookError, match="make site"):
        build_site.build(book)


def test_a_number_and_its_per_cent_sign_stay_on_one_line():
    assert build_site.unbroken("98.5 % of all, 7 %2") == "98.5\u00a0% of all, 7\u00a0%2"
