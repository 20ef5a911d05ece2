"""The cookbook as a static site: build/site/, from the committed notebooks, which are not run.

    python scripts/build_site.py                      needs the packages of requirements-site.txt
    python scripts/build_site.py --repo owner/name    with links to Colab, Kaggle and Codespaces

The pages are Markdown files and notebooks of this repository, laid out in build/site-source/ as they lie
here, so that their links among themselves hold; Sphinx turns them into HTML (settings: docs/conf.py). What is
made here is what no file holds: the cards and the table of contents, an id for every cell, the terms that a
notebook shows, and pictures in their smallest form. No page asks the network for anything.
"""

from __future__ import annotations

import argparse
import base64
import io
import re
import shutil
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

import colab
import gallery
import nbformat
from nbformat import NotebookNode
from PIL import Image
from recipes import ROOT, CookbookError, Recipe, load, normalise, results_of, show_minutes, write

# Pages beside the notebooks: file of the repository → its title in the table of contents.
START = {"README.md": "Start here", "README.zh-CN.md": "中文说明"}
FIND = {
    "docs/want.md": "I want to …",
    "docs/own_data.md": "Your own data",
    "docs/glossary.md": "Glossary 术语",
    "docs/answers.md": "Questions and claims",
}
MORE = {
    "docs/data.md": "Data and licences",
    "data/README.md": "The samples",
    "benchmarks/README.md": "Benchmarks",
    "benchmarks/RESULTS.md": "Benchmarks: all figures",
    "CONTRIBUTING.md": "Contributing",
    "CHANGELOG.md": "Changes",
}
# A link to a cell, as it stands in a Markdown file: GitHub opens the notebook, the site that cell.
CELL = re.compile(r"\((?:\.\./)?notebooks/(?P<name>\w+)\.ipynb#(?P<cell>[\w-]+)\)")
LINK = re.compile(r"\]\((?P<target>[^)#:\s]+)\)")  # of a file, without a part of it
PICTURE = re.compile(r'<img (?P<rest>[^>]*?)src="(?P<path>[^"]*_images/[^"]+\.png)"')
COLOURED = re.compile(r"(?P<before>background-color: #(?P<back>[0-9a-f]{6});\s*color: )#[0-9a-f]{6}\b")
PERCENT = re.compile(r"(?<=\d) %")
CARD_WIDTH = 720  # pixels of a card's picture: twice what a card is wide, for sharp screens


# --- pages -------------------------------------------------------------------------------------------------


def cell_ids(recipe: Recipe) -> set[str]:
    """The ids of a notebook's cells."""
    return {cell["id"] for cell in recipe.read().cells}


def links_to_cells(text: str) -> list[tuple[str, str]]:
    """`(notebook, cell)` of every link to a cell in a Markdown text."""
    return [(found["name"], found["cell"]) for found in CELL.finditer(text)]


def glossary(root: Path) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """The rows of docs/glossary.md: English term, Chinese term, the cells that show it."""
    for line in (root / "docs/glossary.md").read_text(encoding="utf-8").splitlines():
        parts = [part.strip() for part in line.strip("| ").split(" | ")]
        if line.startswith("| ") and links_to_cells(line):
            yield parts[0], parts[1], links_to_cells(line)


def page(path: Path, known: dict[str, set[str]]) -> str:
    """A Markdown file with its links to cells as the site knows them.

    Raises:
        CookbookError: if a link leads to a cell that is not there.
    """

    def cell(found: re.Match) -> str:
        if found["cell"] not in known.get(found["name"], ()):
            raise CookbookError(
                f"{path.name}: {found['name']}.ipynb has no cell {found['cell']}; choose another cell"
            )
        return f"(cell:{found['name']}#{found['cell']})"

    return unbroken(CELL.sub(cell, path.read_text(encoding="utf-8")))


def unbroken(text: str) -> str:
    """The text with its numbers and their per cent signs on one line."""
    return PERCENT.sub("\u00a0%", text)


def prepared(
    recipe: Recipe, study: Recipe | None, terms: list[tuple[str, str]], repo: str | None
) -> NotebookNode:
    """A notebook as the site shows it: with ids, a line of facts and links, its terms, its study next."""
    notebook = normalise(recipe.read())
    heading = ""
    for cell in notebook.cells:
        anchor = f"cell-{cell['id']}"
        if cell.cell_type == "markdown":
            titles = re.findall(r"^#+ (.+)$", cell.source, re.MULTILINE)
            heading = titles[-1] if titles else heading
            cell.source = unbroken(cell.source)
            if cell is not notebook.cells[0]:
                cell.source = f'<span id="{anchor}"></span>\n\n{cell.source}'
        else:
            words = re.sub(r"[*`$\\]", "", heading)
            cell.metadata["anchor"] = anchor
            cell.metadata["mystnb"] = {"image": {"alt": f"Figure of the section “{words}”"}}
            for output in cell.outputs:
                if "text/html" in output.get("data", {}):
                    output.data["text/html"] = readable(output.data["text/html"])
    first, _, rest = notebook.cells[0].source.partition("\n")
    notebook.cells[0].source = f"{first}\n\n{_facts(recipe, study, repo)}\n{rest}"
    closing = _terms(terms) if terms else ""
    if study:
        closing += f"\n\n```{{toctree}}\n:hidden:\n\nIts study <{study.name}>\n```\n"
    if closing:
        notebook.cells.append(nbformat.v4.new_markdown_cell(closing))
    return notebook


def readable(html: str) -> str:
    """A coloured table with black or white text on each colour, whichever stands out more."""

    def luminance(colour: str) -> float:  # as the accessibility guidelines (WCAG 2) define it
        parts = [int(colour[start : start + 2], 16) / 255 for start in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def recoloured(found: re.Match) -> str:
        text = "#000000" if luminance(found["back"]) > 0.18 else "#ffffff"
        return f"{found['before']}{text}"

    return COLOURED.sub(recoloured, html)


def _raw(html: str) -> str:
    return f"```{{raw}} html\n{html}\n```\n"


def _facts(recipe: Recipe, study: Recipe | None, repo: str | None) -> str:
    """Below a notebook's title: how long it took on what, and what to do with it."""
    results, links = results_of(recipe.read()), []
    facts = [show_minutes(results["seconds"]), str(results["device"])] if results else ["not run yet"]
    if recipe.is_study:
        links.append(f'<a href="{recipe.of}.html">The recipe</a>')
    else:
        links.append(f'<a href="../colab/{recipe.name}.ipynb" download>Download for Colab or Jupyter</a>')
        if repo:
            links += [f'<a href="{url}">{name}</a>' for url, name in colab.places(repo, "colab", recipe)]
    if study:
        links.append(f'<a href="{study.name}.html">Its study</a>')
    facts = " · ".join(map(escape, facts))
    anchor = f"cell-{recipe.read().cells[0]['id']}"
    return _raw(f'<p class="facts" id="{anchor}"><span>{facts}</span> {" ".join(links)}</p>')


def _terms(terms: list[tuple[str, str]]) -> str:
    rows = " · ".join(f"{escape(english)} {escape(chinese)}" for english, chinese in terms)
    return _raw(f'<p class="terms"><a href="../docs/glossary.html">Terms 术语</a>: {rows}</p>')


def terms_of(root: Path) -> dict[str, list[tuple[str, str]]]:
    """The glossary's terms by the notebook that shows them."""
    found: dict[str, list[tuple[str, str]]] = {}
    for english, chinese, cells in glossary(root):
        for name in dict.fromkeys(name for name, _ in cells):
            found.setdefault(name, []).append((english, chinese))
    return found


# --- the first page ----------------------------------------------------------------------------------------


def cards(root: Path, pictures: Path) -> str:
    """The recipes as cards; their pictures are written into a folder."""
    pictures.mkdir(parents=True)
    return "".join(_card(card, pictures) for card in gallery.committed(root))


def _card(card: gallery.Card, pictures: Path) -> str:
    recipe, link = card.recipe, f"notebooks/{card.recipe.name}.html"
    title, data = escape(str(recipe.card["title"])), gallery.picture(card.notebook)
    image = '<span class="none">Not cooked yet</span>'
    if data:
        width, height = _thumbnail(data, pictures / f"{recipe.name}.webp")
        source = f"{pictures.name}/{recipe.name}.webp"
        image = f'<img alt="" src="{source}" width="{width}" height="{height}" loading="lazy">'
    lower = ", lower is better" if recipe.card["better"] == "lower" else ""
    figures = "".join(
        f'<div class="{kind}"><dt>{escape(label)}{lower * (kind == "ours")}</dt>'
        f"<dd>{escape(value)}</dd></div>"
        for kind, label, value in gallery.figures(card)
        if card.results
    )
    minutes = f"{show_minutes(card.results['seconds'])} on {card.results['device']}" if card.results else ""
    study = f' · <a href="notebooks/{card.study.name}.html">study</a>' if card.study else ""
    return f"""<article>
<a class="picture" href="{link}" tabindex="-1" aria-hidden="true">{image}</a>
<h3><a href="{link}"><span>{recipe.name[:2]}</span> {title}</a></h3>
<p>{escape(str(recipe.card["summary"]))}</p>
<dl>{figures}</dl>
<p class="time">{escape(minutes)}{study}</p>
</article>
"""


def _thumbnail(data: str, path: Path) -> tuple[int, int]:
    """Write a PNG, given as base64, as a small WebP; returns its size in pixels."""
    image = Image.open(io.BytesIO(base64.b64decode(data, validate=True))).convert("RGB")
    image.thumbnail((CARD_WIDTH, CARD_WIDTH), Image.Resampling.LANCZOS)
    image.save(path, quality=80, method=6)
    return image.size


def first_page(root: Path, recipes: list[Recipe], demo: bool, pictures: Path) -> str:
    """docs/index.md with the cards and the tables of contents."""
    text = (root / "docs/index.md").read_text(encoding="utf-8")
    # The page moves one folder up, and its links with it.
    text = re.sub(r"\]\((?P<up>\.\./)?(?=[^):]+\.md\))", lambda m: "](" if m["up"] else "](docs/", text)
    parts = [("Start", START.items())]
    books = [(f"notebooks/{recipe.name}", f"{recipe.name[:2]} {recipe.card['title']}") for recipe in recipes]
    parts += [("Recipes", books), ("Find", FIND.items()), ("More", MORE.items())]
    contents = "\n".join(
        f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n"
        + "".join(f"{title} <{name.removesuffix('.md')}>\n" for name, title in entries)
        + "```\n"
        for caption, entries in parts
    )
    links = _raw('<p><a href="demo/index.html">Try some of them in your browser</a></p>') if demo else ""
    text = text.replace("<!--=cards-->", _raw(f'<div class="cards">\n{cards(root, pictures)}</div>'))
    return text.replace("<!--=demo-->", links) + "\n" + contents


# --- the whole ---------------------------------------------------------------------------------------------


def lay_out(root: Path, source: Path, extra: Path, repo: str | None) -> None:
    """Write the pages that Sphinx is to build into `source`, and files that go along into `extra`."""
    every = load(root, studies=True)
    studies = {recipe.of: recipe for recipe in every if recipe.is_study}
    known, terms = {recipe.name: cell_ids(recipe) for recipe in every}, terms_of(root)
    for recipe in every:
        study = None if recipe.is_study else studies.get(recipe.name)
        made = prepared(recipe, study, terms.get(recipe.name, []), repo)
        write(made, source / "notebooks" / recipe.path.name)
        if not recipe.is_study:
            write(colab.edition(recipe, root), extra / "colab" / recipe.path.name)
    for name in {**START, **FIND, **MORE}:
        text = page(root / name, known)
        put(source / name, text)
        for found in LINK.finditer(text):  # files that a page offers, such as the licence
            file = (root / name).parent / found["target"]
            if file.is_file() and file.suffix not in (".md", ".ipynb"):
                copy = source / file.resolve().relative_to(root.resolve())
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, copy)
    demo = root / "build" / "demo"
    if demo.is_dir():
        shutil.copytree(demo, extra / "demo")
    recipes = [recipe for recipe in every if not recipe.is_study]
    put(source / "index.md", first_page(root, recipes, demo.is_dir(), extra / "cards"))


def put(path: Path, text: str) -> None:
    """Write a text file, and its folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def finish(site: Path) -> None:
    """Mend the pages: pictures as WebP without loss where that is smaller, with their sizes, and loaded late;
    captions with a level; the language of the Chinese page.
    """
    for html in site.rglob("*.html"):
        text = html.read_text(encoding="utf-8")

        def picture(found: re.Match, folder: Path = html.parent) -> str:
            path = folder / found["path"]
            smaller = path.with_suffix(".webp")
            with Image.open(path) as image:
                width, height = image.size
                if not smaller.exists():
                    image.save(smaller, lossless=True, method=6)
            if smaller.stat().st_size >= path.stat().st_size:
                smaller.write_bytes(b"")  # so that it is not tried again
            name = found["path"] if not smaller.stat().st_size else found["path"][:-4] + ".webp"
            size = f'width="{width}" height="{height}" loading="lazy"'
            return f'<img {found["rest"]}{size} src="{name}"'

        text = PICTURE.sub(picture, text)
        # Furo's captions of the table of contents are headings without a level.
        text = text.replace('class="caption" role="heading"', 'class="caption" role="heading" aria-level="2"')
        if html.stem.endswith(".zh-CN"):
            text = re.sub(r'(<html[^>]*) lang="en"', r'\1 lang="zh-CN"', text)
        html.write_text(text, encoding="utf-8")
    for picture in (site / "_images").glob("*.webp"):
        doomed = picture if not picture.stat().st_size else picture.with_suffix(".png")
        doomed.unlink()


def build(root: Path = ROOT, repo: str | None = None) -> Path:
    """Build the site; returns its folder. A fault in a page, such as a link that leads nowhere, is an error.

    Raises:
        CookbookError: if Sphinx is not installed or finds a fault.
    """
    try:
        from sphinx.cmd.build import main as sphinx
    except ImportError:
        raise CookbookError(
            "Sphinx is not installed: make site, or pip install -r requirements-site.txt -c constraints.txt"
        ) from None
    source, site, extra = (root / "build" / name for name in ("site-source", "site", "site-extra"))
    for folder in (source, site, extra):
        shutil.rmtree(folder, ignore_errors=True)
    lay_out(root, source, extra, repo)
    settings = ["-q", "-W", "--keep-going", "-b", "html", "-c", str(root / "docs")]
    if sphinx([*settings, "-d", str(source / ".doctrees"), str(source), str(site)]):
        raise CookbookError("Sphinx found faults, see above")
    finish(site)
    shutil.copytree(extra, site, dirs_exist_ok=True)
    (site / ".nojekyll").touch()  # GitHub Pages: folders that begin with _ are part of the site
    return site


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Build the site and say where it is; returns the exit code."""
    parser = argparse.ArgumentParser(description="Build the cookbook as a static site, build/site/.")
    parser.add_argument("--repo", metavar="OWNER/NAME", help="GitHub repository: adds links to open recipes")
    options = parser.parse_args(argv)
    try:
        colab.check_repo(options.repo)
        site = build(root, options.repo)
    except CookbookError as error:
        print(f"site: {error}", file=sys.stderr)
        return 2
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    print(f"{site.relative_to(root).as_posix()}/index.html  {size / 1e6:.1f} MB in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
