"""scripts/gallery.py: the page, and the pages of the notebooks. Nothing is executed here."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import gallery
import kitchen
import nbformat
import pytest
import recipes

ROOT = recipes.ROOT


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Two recipes with committed outputs."""
    first = kitchen.with_outputs(kitchen.notebook())
    second = kitchen.with_outputs(kitchen.notebook("02_more", "error"), source="sample")
    return kitchen.cookbook(tmp_path / "book", first, second)


def cooked(root: Path, status: str, **note: object) -> None:
    """Leave what a run of the first recipe would leave."""
    executed = kitchen.with_outputs(kitchen.notebook(), profile="quick")
    executed.metadata["rnn_cookbook"] = {
        "status": status,
        "profile": "quick",
        "finished": "2026-02-03T04:05:06+00:00",
        "error": None,
        **note,
    }
    recipes.write(executed, root / "build/notebooks/01_sum.ipynb")


class Structure(HTMLParser):
    """Checks that tags nest, and gathers addresses, pictures and headings."""

    def __init__(self):
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.alternatives: list[str | None] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.addresses += [attributes[name] for name in ("href", "src") if name in attributes]
        if tag == "img":
            self.alternatives.append(attributes.get("alt"))
        if tag in ("h1", "h2"):
            self.headings.append(tag)
        if tag not in ("img", "meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def structure(page: str) -> Structure:
    found = Structure()
    found.feed(page)
    assert found.open == []
    return found


def test_page_is_whole_and_asks_for_nothing_outside(book: Path):
    cooked(book, "done")
    page = gallery.build(book)
    assert page == book / "build/index.html"
    text = page.read_text(encoding="utf-8")
    found = structure(text)
    assert found.headings == ["h1", "h2", "h2"]
    assert found.alternatives == ["Key figure of the recipe “Sums”", "Key figure of the recipe “More | sums”"]
    for address in found.addresses:
        assert address.startswith("data:image/png;base64,") or (book / "build" / address).is_file()
    assert not re.search(r"@import|url\(|https?:", text)
    assert '<html lang="en">' in text
    assert "Adds &lt;things&gt; up." in text


def test_card_of_a_run_here(book: Path):
    cooked(book, "done")
    article = gallery._article(gallery.cards(book)[0])
    assert "<dt>accuracy</dt><dd>78.00 %</dd>" in article
    assert "<dt>guessing</dt><dd>50.00 %</dd>" in article
    assert "<dt>document’s recipe</dt><dd>70.00 %</dd>" in article
    assert "<dt>Run</dt><dd>profile quick, 3 Feb 2026, 04:05</dd>" in article
    assert "<dt>Time</dt><dd>1.2 min</dd>" in article
    assert "<dt>Data</dt><dd>full data</dd>" in article
    assert kitchen.PNG in article
    assert "beat" not in article


def test_card_of_the_committed_run(book: Path):
    article = gallery._article(gallery.cards(book)[1])
    assert "<dt>Run</dt><dd>committed, profile cpu</dd>" in article
    assert "<dt>error, lower is better</dt><dd>0.78 points</dd>" in article
    assert "<dt>Data</dt><dd>bundled sample</dd>" in article
    assert "does not beat its baseline" in article  # an error of 0.78 against 0.5


@pytest.mark.parametrize(("clever", "found"), [(0.9, ["clever"]), (0.7, [])])
def test_every_rival_that_a_card_names_is_to_be_beaten(book: Path, clever: float, found: list[str]):
    card = gallery.cards(book)[0]
    layout = {**card.recipe.card, "rivals": ["clever"]}
    results = {"metrics": {"accuracy": 0.8}, "baselines": {"guess": 0.1, "clever": clever, "points": 90.0}}
    assert gallery.not_beaten(replace(card, results=results)) == []  # `clever` is on no card
    card = replace(card, recipe=replace(card.recipe, card=layout), results=results)
    assert gallery.not_beaten(card) == found


@pytest.mark.parametrize(("layout", "found"), [({}, ["document_recipe"]), ({"document": "slow"}, [])])
def test_a_card_names_the_document_s_recipe_in_its_own_measure(book: Path, layout: dict, found: list[str]):
    card = gallery.cards(book)[0]
    results = {"metrics": {"accuracy": 0.8}, "baselines": {"guess": 0.1, "document_recipe": 0.9, "slow": 0.6}}
    card = replace(card, recipe=replace(card.recipe, card=card.recipe.card | layout), results=results)
    shown = {kind: value for kind, _, value in gallery.figures(card)}
    assert gallery.not_beaten(card) == found
    assert shown["document"] == ("60.00 %" if layout else "90.00 %")


def test_a_card_shows_a_second_baseline_that_need_not_be_beaten(book: Path):
    card = gallery.cards(book)[0]
    layout = {**card.recipe.card, "also": "dense", "also_label": "dense network"}
    results = {"metrics": {"accuracy": 0.8}, "baselines": {"guess": 0.8, "dense": 0.9}}
    with_both = replace(card, recipe=replace(card.recipe, card=layout), results=results)
    assert gallery.figures(with_both)[1:] == [
        ("baseline", "guessing", "80.00 %"),
        ("also", "dense network", "90.00 %"),
    ]
    assert gallery.ahead(with_both) == {"also"}  # as good as ours is not ahead
    assert gallery.not_beaten(with_both) == ["guess"]
    shown = gallery._results(replace(with_both, results=results | {"profile": "cpu"}))
    assert '<div class="also"><dt>dense network</dt><dd>90.00 %</dd></div>' in shown
    del results["baselines"]["dense"]  # a run that has none
    assert [kind for kind, _, _ in gallery.figures(with_both)] == ["ours", "baseline"]
    lower = replace(with_both, recipe=replace(card.recipe, card=layout | {"better": "lower"}))
    results["baselines"] |= {"guess": 0.7, "dense": 0.9}
    assert gallery.ahead(lower) == {"baseline"}
    assert gallery.ahead(replace(lower, results=None)) == set()


HORIZONS = {
    "metric": "mse_96",
    "metric_label": "MSE, 96 hours",
    "baseline": "ridge_mse_96",
    "rivals": ["last_mse_96"],
    "document": "old_mse_96",
}


@pytest.mark.parametrize(
    ("metrics", "more", "shown", "baseline"),
    [
        ({"mse_48": 0.4, "mse_96": 0.3}, {}, ("MSE, 96 hours", "30.00 %"), "90.00 %"),
        (
            {"mse_192": 0.5, "mse_48": 0.4, "mse_24": 0.3, "mse_spread_1": 0.1},  # no ridge for 24
            {},
            ("MSE, 48 hours", "40.00 %"),
            "20.00 %",
        ),
        ({"mse_48": 0.4}, {"metric_label": "MSE"}, ("MSE, at 48", "40.00 %"), "20.00 %"),
        ({"mse_24": 0.4}, {}, ("MSE, 96 hours", "–"), "90.00 %"),
        ({"other": 0.4}, {"metric": "mse"}, ("MSE, 96 hours", "–"), "90.00 %"),
        ({"mse_48": 0.4}, {"baseline": "guess"}, ("MSE, 96 hours", "–"), "50.00 %"),
    ],
)
def test_a_card_takes_the_least_number_that_the_run_has(
    book: Path, metrics: dict, more: dict, shown: tuple[str, str], baseline: str
):
    card = gallery.cards(book)[0]
    baselines = {"ridge_mse_48": 0.2, "ridge_mse_96": 0.9, "ridge_mse_192": 0.1, "guess": 0.5}
    layout = {**card.recipe.card, **HORIZONS, **more}
    card = replace(
        card,
        recipe=replace(card.recipe, card=layout),
        results={"metrics": metrics, "baselines": baselines | {"last_mse_48": 0.8, "old_mse_48": 0.9}},
    )
    found = {kind: (label, value) for kind, label, value in gallery.figures(card)}
    assert found["ours"] == shown and found["baseline"][1] == baseline
    if "48" in shown[0]:
        assert found["document"][1] == "90.00 %"
        assert gallery.not_beaten(card) == ["old_mse_48", "last_mse_48"]


@pytest.mark.parametrize(
    ("own", "shown"), [("mine.csv", "your file (mine.csv)"), ("mine/", "your folder (mine/)")]
)
def test_a_card_names_your_own_data(book: Path, own: str, shown: str):
    cooked(book, "done", own=own)
    assert f"<dt>Data</dt><dd>{shown}</dd>" in gallery._article(gallery.cards(book)[0])


def test_card_of_a_failed_run_shows_no_numbers(book: Path):
    error = {"cell": 2, "cells": 6, "line": "x = <1>", "message": "ValueError: no", "at": "----> 1 x = <1>"}
    cooked(book, "failed", error=error)
    article = gallery._article(gallery.cards(book)[0])
    assert "Stopped in code cell 2 of 6." in article
    assert "ValueError: no" in article
    assert "x = &lt;1&gt;" in article
    assert "78.00" not in article
    assert "<dt>Time</dt>" not in article
    assert kitchen.PNG not in article


def test_card_of_a_run_that_was_killed(book: Path):
    executed = kitchen.with_outputs(kitchen.notebook())
    executed.cells[0].source += "\n\nIt is <!--=metrics.accuracy:percent-->99.00 %<!--/=-->."
    recipes.write(executed, book / "build/notebooks/01_sum.ipynb")
    gallery.build(book)
    page = (book / "build/html/01_sum.html").read_text(encoding="utf-8")
    assert "99.00 %" not in page and "percent-->–<!--/=-->" in page
    article = gallery._article(gallery.cards(book)[0])
    assert "The run was cut off." in article
    assert "78.00" not in article


def test_card_of_a_recipe_that_never_ran(tmp_path: Path):
    root = kitchen.cookbook(tmp_path / "book", kitchen.notebook())
    article = gallery._article(gallery.cards(root)[0])
    assert "Not cooked yet." in article
    assert "No picture" in article


def test_picture_is_the_first_png_of_the_tagged_cell():
    done = kitchen.with_outputs(kitchen.notebook())
    assert gallery.picture(done) == kitchen.PNG
    done.cells[4].metadata["tags"] = []
    assert gallery.picture(done) is None


def test_a_picture_that_is_no_base64_does_not_reach_the_page(book: Path):
    done = kitchen.with_outputs(kitchen.notebook())
    done.cells[4].outputs[0].data["image/png"] = '"><script>alert(1)</script>'
    nbformat.write(done, book / "notebooks/01_sum.ipynb")
    with pytest.raises(ValueError, match="base64"):
        gallery.build(book)


def page_of(text: str, book: Path) -> str:
    """The page of a notebook whose first cell says this."""
    done = kitchen.with_outputs(kitchen.notebook())
    done.cells[0].source += f"\n\n{text}"
    gallery.write_html(done, recipes.load(book)[0], book / "page.html")
    return (book / "page.html").read_text(encoding="utf-8")


def test_notebook_page_leads_back_and_asks_for_nothing_outside(book: Path):
    page = page_of("Where $a^2 < b$, with `$HOME` and `$PATH`:\n\n$$\\frac{1}{2}\\,\n\\sqrt{x}$$", book)
    assert not re.search(r"<(script|link|img)[^>]*(src|href)=\"https?:", page)
    assert re.search(r"<math[^>]*display=\"inline\".*<msup>.*</math>.*<code>\$HOME</code>", page)
    assert re.search(r"<math[^>]*display=\"block\".*<mfrac>.*<msqrt>", page, re.DOTALL)
    assert '<a href="../index.html">' in page
    assert "<title>Sums</title>" in page


def test_a_formula_that_cannot_be_read_stays_as_it_is(book: Path):
    assert "<code>\\left( 1 &lt; 2</code>" in page_of("$\\left( 1 < 2$", book)


def test_every_formula_of_this_cookbook_can_be_read(monkeypatch):
    asked = []
    monkeypatch.setattr(gallery, "mathml", lambda formula, display: asked.append((formula, display)) or "")
    for recipe in recipes.load(studies=True):
        for cell in recipe.read().cells:
            if cell.cell_type == "markdown":
                gallery.MarkdownWithMath(renderer=gallery._Renderer(escape=False)).render(cell.source)
    monkeypatch.undo()
    assert asked and [one for one in asked if "<math" not in gallery.mathml(*one)] == []


def test_a_smoke_run_is_not_judged(book: Path):
    executed = kitchen.with_outputs(kitchen.notebook("02_more", "error"), profile="smoke", source="sample")
    executed.metadata["rnn_cookbook"] = {"status": "done", "profile": "smoke", "error": None}
    recipes.write(executed, book / "build/notebooks/02_more.ipynb")
    article = gallery._article(gallery.cards(book)[1])
    assert "these are no results" in article and "does not beat" not in article


def test_page_says_how_far_it_is_and_renews_itself(book: Path):
    page = gallery.build(book, ["02_more"], cooking="02_more").read_text(encoding="utf-8")
    assert "<strong>Cooking 02_more.</strong> 1 of 2 recipes can be read" in page
    assert 'http-equiv="refresh"' in page
    page = gallery.build(book).read_text(encoding="utf-8")
    assert "Cooking" not in page and "refresh" not in page


@pytest.mark.parametrize(
    ("value", "card", "expected"),
    [
        (0.99312, {"format": "percent"}, "99.31 %"),
        (12.3456, {"format": "number"}, "12.35"),
        (12.3456, {"format": "number", "unit": "BLEU"}, "12.35 BLEU"),
        (None, {"format": "percent"}, "–"),
    ],
)
def test_show_number(value: float | None, card: dict, expected: str):
    assert recipes.show_number(value, card) == expected
