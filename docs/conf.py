"""Sphinx's settings for the site; `scripts/build_site.py` lays out the pages and calls Sphinx on them."""

import itertools
import re
from pathlib import Path

import gallery  # scripts/ is on the path
from docutils import nodes
from sphinx.search.en import SearchEnglish

project = "RNN cookbook"
language = "en"
extensions = ["myst_nb", "sphinx_copybutton"]
exclude_patterns = []
suppress_warnings = ["mystnb.unknown_mime_type"]

nb_execution_mode = "off"  # the committed outputs are the results
nb_render_markdown_format = "myst"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
# A link to a cell: [text](cell:05_translation#id) leads to that cell's place on the recipe's page.
myst_url_schemes = {
    "http": None,
    "https": None,
    "mailto": None,
    "cell": "../notebooks/{{path}}.html#cell-{{fragment}}",
}

html_theme = "furo"
html_title = "RNN cookbook"
html_static_path = ["_static"]
html_css_files = ["cookbook.css"]
html_js_files = [("cookbook.js", {"defer": "defer"})]
html_favicon = "_static/favicon.svg"
html_copy_source = False
html_use_index = False
html_search_scorer = str(Path(__file__).with_name("scorer.js"))
html_show_sphinx = False
html_show_copyright = False
html_math_renderer = "mathml"
pygments_style = "github-light"
pygments_dark_style = "github-dark"
html_theme_options = {
    "sidebar_hide_name": False,
    "light_css_variables": {"color-brand-primary": "#0b57a4", "color-brand-content": "#0b57a4"},
    "dark_css_variables": {"color-brand-primary": "#8abdf0", "color-brand-content": "#8abdf0"},
}
# What is printed below a cell is no input to copy.
copybutton_selector = "div.cell_input div.highlight pre, div.highlight-sh pre, div.highlight-bibtex pre"

HAN = "\\u3400-\\u9fff"
WORDS = re.compile(rf"[{HAN}]+|[^\W{HAN}]+")


class EnglishAndChinese(SearchEnglish):
    """English words by their stems, Chinese by characters and pairs of neighbours.

    Chinese has no spaces between words. A query of several characters is cut into its pairs, here and in the
    reader's browser by the same rule, so it is found inside any longer word, and no word list is needed.
    """

    lang = "en"
    js_splitter_code = rf"""
var splitQuery = (query) =>
  (query.match(/[{HAN}]+|(?:(?![{HAN}])[\p{{Letter}}\p{{Number}}_])+/gu) || []).flatMap((word) => {{
    const characters = Array.from(word);
    const chinese = /[{HAN}]/.test(word) && characters.length > 1;
    return chinese ? characters.slice(1).map((c, i) => characters[i] + c) : [word];
  }});
"""

    def split(self, input: str) -> list[str]:
        """Words of a text, for the index."""
        found: list[str] = []
        for word in WORDS.findall(input):
            if re.match(f"[{HAN}]", word):
                found += [*word, *map("".join, itertools.pairwise(word))]
            else:
                found.append(word)
        return found


def formula(display: str):
    """What writes a formula as MathML, which browsers show by themselves."""

    def visit(translator, node: nodes.Element) -> None:
        translator.body.append(gallery.mathml(node.astext(), display))
        raise nodes.SkipNode

    return visit


def name_cells(app, doctree: nodes.document) -> None:
    """Give each code cell the id that links to it use; `build_site` has put it into the cell's metadata."""
    for cell in doctree.findall(lambda node: isinstance(node, nodes.container)):
        if cell.get("nb_element") == "cell_code":
            cell["ids"] += [name for name in [cell["cell_metadata"].get("anchor")] if name]


def setup(app) -> None:
    """Called by Sphinx."""
    app.add_search_language(EnglishAndChinese)
    app.add_html_math_renderer("mathml", (formula("inline"), None), (formula("block"), None))
    app.connect("doctree-read", name_cells)
