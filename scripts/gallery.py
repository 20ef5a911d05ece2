"""The gallery of the recipes: the page build/index.html, from the last runs (or the committed ones).

    python scripts/gallery.py

Everything shown of a recipe comes from executed notebooks: the picture from the cell tagged `gallery`, the
numbers from the results line that a recipe prints last.
"""

from __future__ import annotations

import argparse
import base64
import datetime
import logging
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

import nbformat
from jinja2 import pass_context
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from recipes import (
    ROOT,
    CookbookError,
    Recipe,
    card_for,
    code_cells,
    load,
    results_of,
    show_minutes,
    show_number,
    show_results,
    tags,
)

DOCUMENT = "document_recipe"
DATA_NAMES = {"full": "full data", "sample": "bundled sample"}
NO_RESULTS = {"metrics": {}, "baselines": {}}
LINKS = {"failed": "See how far it came", "interrupted": "See how far it came", "never": "Read the notebook"}
UNDER_WAY = {"cooking": "Cooking now …", "waiting": "Waiting for its turn"}
BELOW = '\n<p class="alarm">In this run it does not beat its baseline.</p>'
SMOKE = "\n<p>The profile smoke only tries out that everything runs: these are no results.</p>"


@dataclass(frozen=True)
class Card:
    """A recipe as the gallery shows it."""

    recipe: Recipe
    notebook: NotebookNode
    status: (
        str  # "done", "failed", "interrupted", "cooking", "waiting", "committed" or "never" (no run at all)
    )
    run: Mapping[str, object]  # what scripts/cook.py noted, empty for a committed notebook
    results: Mapping[str, object] | None
    study: Recipe | None = None


def cards(root: Path = ROOT, waiting: Collection[str] = (), cooking: str | None = None) -> list[Card]:
    """One card per recipe, of its last run here, else of the committed run.

    Args:
        root: the repository's root.
        waiting: names of the recipes and studies that this run has yet to finish.
        cooking: the one of them that is cooking now.
    """
    every = load(root, studies=True)
    studies = {recipe.of: recipe for recipe in every if recipe.is_study}
    made = []
    for recipe in (recipe for recipe in every if not recipe.is_study):
        card = _card(recipe, root / "build" / "notebooks" / recipe.path.name)
        if recipe.name in waiting:
            status = "cooking" if recipe.name == cooking else "waiting"
            card = Card(recipe, recipe.read(), status, {}, None)
        made.append(replace(card, study=studies.get(recipe.name)))
    return made


def committed(root: Path = ROOT) -> list[Card]:
    """One card per recipe, of its committed run."""
    every = load(root, studies=True)
    studies = {recipe.of: recipe for recipe in every if recipe.is_study}
    notebooks = [(recipe, recipe.read()) for recipe in every if not recipe.is_study]
    return [
        Card(recipe, notebook, "committed", {}, results_of(notebook), studies.get(recipe.name))
        for recipe, notebook in notebooks
    ]


def _card(recipe: Recipe, executed: Path) -> Card:
    if executed.exists():
        notebook = nbformat.read(executed, as_version=4)
        # A run that was killed outright leaves a notebook without a note.
        run = notebook.metadata.get("rnn_cookbook") or {"status": "interrupted", "profile": "", "error": None}
        results = results_of(notebook) if run["status"] == "done" else None
        if results is None:
            show_results(notebook, {})  # a killed run leaves the committed figures in the text
        return Card(recipe, notebook, run["status"], run, results)
    notebook = recipe.read()
    results = results_of(notebook)
    return Card(recipe, notebook, "committed" if results else "never", {}, results)


def build(root: Path = ROOT, waiting: Collection[str] = (), cooking: str | None = None) -> Path:
    """Write `build/index.html`, and the HTML of recipes that have none yet; returns the page's path.

    While recipes are `waiting` the page says so on their cards and loads itself anew.
    """
    shown = cards(root, waiting, cooking)
    if not waiting:
        for card in shown:
            _write_missing(card.recipe, card.notebook, root, bool(card.run))
            if card.study is not None:
                study = _card(card.study, root / "build" / "notebooks" / card.study.path.name)
                _write_missing(card.study, study.notebook, root, bool(study.run))
    page = root / "build" / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    unfinished = page.with_suffix(".tmp")
    unfinished.write_text(_page(shown, bool(waiting)), encoding="utf-8")
    unfinished.replace(page)
    return page


def _write_missing(recipe: Recipe, notebook: NotebookNode, root: Path, was_run: bool) -> None:
    page = root / "build" / "html" / f"{recipe.name}.html"
    if not (was_run and page.exists()):
        write_html(notebook, recipe, page)


# --- the notebook as a page --------------------------------------------------------------------------------

NOTEBOOK_TEMPLATE = """
{%- extends 'index.html.j2' -%}
{%- block html_head_js_requirejs -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_css -%}
<style>
  body.jp-Notebook { max-width: 64rem; margin: 0 auto; padding: 1rem 1.5rem 4rem; }
  body.jp-Notebook img { max-width: 100%; height: auto; }
  body.jp-Notebook .jp-OutputArea-output pre { word-break: normal; overflow-wrap: anywhere; }
  body.jp-Notebook math { font: 1.12em "STIX Two Math", "Cambria Math", "Latin Modern Math", math; }
  body.jp-Notebook math[display="block"] { margin: 0.7em 0; }
  .cookbook-back { font-family: system-ui, sans-serif; font-size: 0.9rem; margin: 0.5rem 0 1rem; }
  .cookbook-back a { color: #0b57a4; }
</style>
{%- endblock -%}
{%- block body_header -%}
{{ super() }}
<nav class="cookbook-back"><a href="../index.html">← All recipes</a></nav>
{%- endblock -%}
"""


def mathml(formula: str, display: str) -> str:
    """A TeX formula as MathML, which browsers show by themselves; one that cannot be read stays TeX."""
    try:
        return convert(formula.strip(), display=display)
    except Exception:  # its parser raises many kinds; the page must come all the same
        return f"<code>{escape(formula.strip())}</code>"


class _Renderer(IPythonRenderer):
    def block_math(self, body: str) -> str:
        return mathml(body, "block")

    def inline_math(self, body: str) -> str:
        return mathml(body, "inline")


class _Exporter(HTMLExporter):
    """nbconvert's, with formulas as MathML."""

    @pass_context
    def markdown2html(self, context, source):
        """A Markdown cell as HTML."""
        renderer = _Renderer(escape=False, anchor_link_text=self.anchor_link_text)
        return MarkdownWithMath(renderer=renderer).render(source)


def write_html(notebook: NotebookNode, recipe: Recipe, page: Path) -> None:
    """Write an executed notebook as one HTML page that asks the network for nothing: formulas are MathML."""
    exporter = _Exporter(template_name="lab", theme="light")
    exporter.log.setLevel(logging.ERROR)  # it warns of every picture without an alternative text
    exporter.raw_template = NOTEBOOK_TEMPLATE
    title = str(recipe.card["title"])
    body, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": title}})
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(body, encoding="utf-8")


# --- the gallery page --------------------------------------------------------------------------------------

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #f7f5f0; --card: #ffffff; --ink: #1f2328; --soft: #5c636b; --line: #e2ded5;
  --accent: #0b57a4; --alarm: #a4321f; --alarm-soft: #fbeeea; --picture: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15171a; --card: #1e2125; --ink: #e8e6e1; --soft: #a2a8af; --line: #33373d;
    --accent: #8abdf0; --alarm: #f0917e; --alarm-soft: #33211e; --picture: #ffffff;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 3.5rem; padding-bottom: 2rem; }
h1, h2 { font-family: Charter, "Iowan Old Style", "Palatino Linotype", Georgia, serif; font-weight: 600; }
h1 { font-size: clamp(2rem, 5vw, 2.9rem); line-height: 1.1; letter-spacing: -0.015em; margin: 0 0 0.5rem; }
header p { color: var(--soft); max-width: 42rem; margin: 0; }
header .progress { color: var(--ink); margin-top: 1rem; }
a { color: var(--accent); text-underline-offset: 0.15em; }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
main { display: grid; gap: 1.75rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); }
.card {
  display: flex; flex-direction: column; overflow: hidden; max-width: 34rem;
  background: var(--card); border: 1px solid var(--line); border-radius: 10px;
}
.picture {
  position: relative; display: grid; place-items: center; aspect-ratio: 16 / 9;
  background: var(--picture); border-bottom: 1px solid var(--line); color: #5c636b; text-decoration: none;
}
.picture img {
  position: absolute; inset: 0.75rem; object-fit: contain;
  width: calc(100% - 1.5rem); height: calc(100% - 1.5rem);
}
.ahead { align-self: start; width: 100%; }
.ahead .picture { background: none; color: var(--soft); }
.ahead .cooking { color: var(--accent); font-weight: 600; }
.body { display: flex; flex-direction: column; flex: 1; gap: 0.9rem; padding: 1.25rem 1.4rem 1.3rem; }
h2 { font-size: 1.35rem; line-height: 1.25; margin: 0; }
h2 a { color: inherit; text-decoration: none; }
h2 a:hover { text-decoration: underline; }
.number { color: var(--soft); font-variant-numeric: tabular-nums; font-weight: 400; margin-right: 0.35em; }
.body > p { margin: 0; }
.results { display: flex; flex-wrap: wrap; gap: 0.7rem 1.8rem; margin: 0; }
.results div { display: flex; flex-direction: column-reverse; }
.results dt { color: var(--soft); font-size: 0.82rem; line-height: 1.3; }
.results dd { margin: 0; font-size: 1.2rem; line-height: 1.25; white-space: nowrap; }
.results .ours { flex-basis: 100%; }
.results .ours dd {
  color: var(--accent); font-size: 2.1rem; font-weight: 650; letter-spacing: -0.02em; line-height: 1.1;
}
.facts {
  display: grid; grid-template-columns: 3.4rem 1fr; gap: 0.1rem 0.7rem; margin: auto 0 0; padding-top: 0.9rem;
  border-top: 1px solid var(--line); font-size: 0.85rem;
}
.facts dt { color: var(--soft); }
.facts dd { margin: 0; }
.failed { border-color: var(--alarm); }
.failed .picture { background: var(--alarm-soft); color: var(--alarm); font-weight: 600; }
.alarm { color: var(--alarm); font-weight: 600; }
pre {
  margin: 0; padding: 0.7rem 0.8rem; overflow: auto; max-height: 11rem; border-radius: 6px;
  white-space: pre-wrap; overflow-wrap: anywhere; background: var(--alarm-soft);
  font: 0.8rem/1.45 ui-monospace, Consolas, Menlo, monospace;
}
footer { padding-top: 2.5rem; padding-bottom: 3rem; color: var(--soft); font-size: 0.85rem; }
@media print { .card { break-inside: avoid; } }
"""


def _page(shown: list[Card], waiting: bool = False) -> str:
    count = f"{len(shown)} recipe{'s' if len(shown) != 1 else ''}"
    today = datetime.datetime.now().astimezone()
    again = '<meta http-equiv="refresh" content="10">\n' if waiting else ""
    seconds = sum(card.run["seconds"] for card in shown if "seconds" in card.run)
    total = f" The recipes cooked here took {show_minutes(seconds)} in all." if seconds else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{again}<title>RNN cookbook</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>RNN cookbook</h1>
<p>Recurrent networks in Keras 3, {count}. Every result stands beside its baseline, and every number
on this page was printed by the run it links to.</p>{_progress(shown)}
</header>
<main>
{"".join(_article(card) for card in shown)}</main>
<footer>Page made on {_day(today)}.{total}</footer>
</body>
</html>
"""


def _progress(shown: list[Card]) -> str:
    """While recipes cook: how far it is, and that nobody need reload the page."""
    ahead = sum(card.status in UNDER_WAY for card in shown)
    if not ahead:
        return ""
    now = next((card.recipe.name for card in shown if card.status == "cooking"), "a study")
    return f"""
<p class="progress"><strong>Cooking {now}.</strong> {len(shown) - ahead} of {len(shown)} recipes can be read
already. This page renews itself.</p>"""


def _article(card: Card) -> str:
    recipe, spoilt = card.recipe, card.status in ("failed", "interrupted")
    title, link = escape(str(recipe.card["title"])), f"html/{recipe.name}.html"
    number = f'<span class="number">{recipe.name[:2]}</span>'
    summary = f"<p>{escape(str(recipe.card['summary']))}</p>"
    if card.status in UNDER_WAY:
        return f"""<article class="card ahead">
<div class="picture {card.status}">{UNDER_WAY[card.status]}</div>
<div class="body">
<h2>{number}{title}</h2>
{summary}
</div>
</article>
"""
    middle = _failure(card) if spoilt else _results(card)
    links = [f'<a href="{link}">{LINKS.get(card.status, "Read the executed notebook")}</a>']
    if card.study is not None:
        links.append(f'<a href="html/{card.study.name}.html">its study</a>')
    return f"""<article class="card{" failed" if spoilt else ""}">
<a class="picture" href="{link}" tabindex="-1">{_picture(card)}</a>
<div class="body">
<h2><a href="{link}">{number}{title}</a></h2>
{summary}
{middle}
{_facts(card)}
<p>{" · ".join(links)}</p>
</div>
</article>
"""


def picture(notebook: NotebookNode) -> str | None:
    """The key picture as base64 text: the first PNG that the cell tagged `gallery` shows."""
    for cell in code_cells(notebook):
        if "gallery" in tags(cell):
            for output in cell.outputs:
                if "image/png" in output.get("data", {}):
                    return "".join(output.data["image/png"].split())
    return None


def _picture(card: Card) -> str:
    if card.status in ("failed", "interrupted"):
        return "Not finished" if card.status == "interrupted" else "Failed"
    data = picture(card.notebook)
    if data is None:
        return "No picture"
    base64.b64decode(data, validate=True)  # it goes into the page as it is
    title = str(card.recipe.card["title"])
    alternative = str(card.recipe.card.get("alt", f"Key figure of the recipe “{title}”"))
    return f'<img alt="{escape(alternative)}" src="data:image/png;base64,{data}">'


def figures(card: Card) -> list[tuple[str, str, str]]:
    """What was reached: kind (`"ours"`, `"baseline"`, `"also"`, `"document"`), label, value."""
    return [(kind, label, show_number(value, card.recipe.card)) for kind, label, value in _reached(card)]


def ahead(card: Card) -> set[str]:
    """The kinds of figures that are better than ours."""
    (_, _, ours), *others = _reached(card)
    return {kind for kind, _, value in others if None not in (ours, value) and _is_better(card, value, ours)}


def _is_better(card: Card, one: float, other: float) -> bool:
    return one > other if card.recipe.card["better"] == "higher" else one < other


def _reached(card: Card) -> list[tuple[str, str, float | None]]:
    results = card.results or NO_RESULTS
    layout, baselines = card_for(card.recipe.card, results), results["baselines"]
    found = [("ours", layout["metric_label"], results["metrics"].get(layout["metric"]))]
    found.append(("baseline", layout["baseline_label"], baselines.get(layout["baseline"])))
    if layout.get("also") in baselines:
        found.append(("also", layout["also_label"], baselines[layout["also"]]))
    document = layout.get("document", DOCUMENT)
    if document in baselines and layout["baseline"] != document:
        found.append(("document", "document’s recipe", baselines[document]))
    return [(kind, str(label), value) for kind, label, value in found]


def _results(card: Card) -> str:
    if not card.results:
        return '<p class="alarm">Not cooked yet.</p>'
    lower = ", lower is better" if card.recipe.card["better"] == "lower" else ""
    rows = "".join(
        f'<div class="{kind}"><dt>{escape(label)}{lower * (kind == "ours")}</dt>'
        f"<dd>{escape(value)}</dd></div>\n"
        for kind, label, value in figures(card)
    )
    below = SMOKE if card.results["profile"] == "smoke" else BELOW if not_beaten(card) else ""
    return f'<dl class="results">\n{rows}</dl>' + below


def not_beaten(card: Card) -> list[str]:
    """The baselines that a card's result is not better than: the one shown on it, the document's recipe (by
    the name that `document` in profiles.toml gives it, if any), and others of the same measure, its `rivals`.
    What the card shows as `also` need not be beaten.
    """
    layout = card_for(card.recipe.card, card.results)
    ours = card.results["metrics"].get(layout["metric"])
    found = []
    shown = layout["baseline"], layout.get("document", DOCUMENT)
    for name in dict.fromkeys((*shown, *layout.get("rivals", ()))):
        theirs = card.results["baselines"].get(name)
        if None not in (ours, theirs) and not _is_better(card, ours, theirs):
            found.append(name)
    return found


def _failure(card: Card) -> str:
    error = card.run.get("error") or {"cell": None, "message": "The run was cut off.", "line": "", "at": ""}
    where = f"Stopped in code cell {error['cell']} of {error['cells']}." if error["cell"] else "Stopped."
    lines = "\n".join(filter(None, [error["line"], error["at"], error["message"]]))
    return f'<p class="alarm">{where}</p>\n<pre>{escape(lines)}</pre>'


def _facts(card: Card) -> str:
    facts = []
    if card.status == "committed":
        facts.append(("Run", f"committed, profile {card.results['profile']}"))
    elif card.run:
        profile = f"profile {card.run['profile']}" if card.run["profile"] else "cut off"
        if changed := card.run.get("changed"):
            profile += f", with other {', '.join(changed)}"
        if "finished" in card.run:
            profile += f", {_day(datetime.datetime.fromisoformat(card.run['finished']))}"
        facts.append(("Run", profile))
    if card.results:
        facts.append(("Time", show_minutes(card.results["seconds"])))
        facts.append(("Data", _data(card)))
        facts.append(("Device", str(card.results["device"])))
    rows = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    return f'<dl class="facts">{rows}</dl>'


def _data(card: Card) -> str:
    if own := card.run.get("own"):  # recipes call any file of the reader's own full data
        return f"your {'folder' if own.endswith('/') else 'file'} ({own})"
    return DATA_NAMES.get(card.results["source"], str(card.results["source"]))


def _day(moment: datetime.datetime) -> str:
    return f"{moment.day} {moment:%b %Y, %H:%M}"


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Build the page; returns the exit code."""
    argparse.ArgumentParser(description="Build the gallery page, build/index.html.").parse_args(argv)
    try:
        print(build(root).relative_to(root).as_posix())
    except CookbookError as error:
        print(f"gallery: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
