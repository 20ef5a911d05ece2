"""The site in headless Chromium, as readers see it: `scripts/check.py site` builds it and runs this.

Needs Chromium and npm, from which axe-core comes. Without them it is skipped, unless CI is set to true.
`PYTHONPATH=.:scripts python docs/test_site.py` writes pictures of some pages to build/site-pictures/.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import browser
import pytest
from recipes import ROOT, load

SITE = ROOT / "build" / "site"
PHONE = 390  # pixels wide
FIRST_PAGE, RECIPE_PAGE = 500_000, 2_000_000  # bytes, with all that a page shows
MISSING = [
    name for name, found in (("Chromium", browser.CHROMIUM), ("npm", shutil.which("npm"))) if not found
]
if MISSING and os.environ.get("CI") != "true":
    pytest.skip(f"no {' and no '.join(MISSING)} here: the site was not tested", allow_module_level=True)


class Page(HTMLParser):
    """The addresses, ids and titles of a page; `shown` are the files that it loads by itself."""

    def __init__(self, path: Path):
        super().__init__()
        self.links: list[str] = []
        self.shown: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag refers to."""
        named = {name: value or "" for name, value in attrs}
        self.ids |= {named[name] for name in ("id", "name") if name in named}
        if tag == "a" and "href" in named:
            self.links.append(named["href"])
        loads = tag == "link" and named.get("rel") in ("stylesheet", "icon", "preload")
        self.shown += [named[name] for name in ("src", "href")[: 1 + loads] if name in named and tag != "a"]


PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html") if "demo" not in path.parts)
PARSED = {name: Page(SITE / name) for name in PAGES}


def file_of(page: str, address: str) -> Path:
    """The file that a relative address on a page means."""
    target = ((SITE / page).parent / unquote(urlsplit(address).path)).resolve()
    return target / "index.html" if target.is_dir() else target


def test_there_is_a_page_for_every_notebook():
    assert set(PAGES) >= DARK
    assert {f"notebooks/{recipe.name}.html" for recipe in load(studies=True)} < set(PAGES)
    assert {"index.html", "search.html", "docs/want.html", "docs/answers.html", "README.zh-CN.html"} < set(
        PAGES
    )


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str):
    faults = []
    for address in PARSED[name].links:
        parts = urlsplit(address)
        if parts.scheme in ("https", "http", "mailto"):
            continue
        assert not parts.scheme and not parts.netloc, address
        target = file_of(name, address) if parts.path else SITE / name
        if not target.is_file():
            faults.append(address)
        elif parts.fragment and target.suffix == ".html":
            inside = target.relative_to(SITE.resolve()).as_posix()
            if unquote(parts.fragment) not in PARSED[inside].ids:
                faults.append(address)
    assert faults == []


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_light_and_take_nothing_from_elsewhere(name: str):
    local = [address for address in PARSED[name].shown if not address.startswith("data:")]
    assert [address for address in local if urlsplit(address).netloc] == []
    files = {file_of(name, address).resolve() for address in local}
    size = sum(path.stat().st_size for path in {*files, (SITE / name).resolve()})
    assert size <= (FIRST_PAGE if name == "index.html" else RECIPE_PAGE), f"{size:,} bytes"


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    """The site's address, served here."""
    with browser.served(SITE) as address:
        yield address


@pytest.fixture(scope="module")
def tab(home: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Browser]:
    """A tab in Chromium that may read and write the clipboard."""
    with browser.chromium(tmp_path_factory.mktemp("profile"), f"{home}/index.html") as opened:
        allowed = ["clipboardReadWrite", "clipboardSanitizedWrite"]
        opened.send("Browser.grantPermissions", origin=home, permissions=allowed)
        opened.send("Emulation.setFocusEmulationEnabled", enabled=True)  # or it may not read the clipboard
        yield opened


@pytest.fixture(scope="module")
def axe() -> str:
    """axe-core, which looks for barriers on a page."""
    source = ROOT / "docs"
    home = ROOT / "build" / "npm-site"
    found, lock = home / "node_modules/axe-core/axe.min.js", home / "package-lock.json"
    if not (found.exists() and lock.read_bytes() == (source / lock.name).read_bytes()):
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        for name in ("package.json", lock.name):
            shutil.copy(source / name, home)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=home, check=True, capture_output=True, timeout=300)
    return found.read_text(encoding="utf-8")


# What axe-core looks at: of code, whose colours are the same everywhere, one page is enough.
CODE_SHOWN = "notebooks/05_translation.html"
# Of dark pages one of each kind is enough: they share their colours.
DARK = {CODE_SHOWN, "index.html", "README.html", "docs/want.html", "notebooks/05_translation_study.html"}
WITHOUT_CODE = "{exclude: ['.highlight pre']}"
BARRIERS = """axe.run(%s, {resultTypes: ['violations'], %s}).then(all => all.violations
  .filter(v => ['serious', 'critical'].includes(v.impact))
  .map(v => [v.id, v.nodes.length, v.nodes.slice(0, 3).map(n => n.html.slice(0, 200))]))"""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quiet_within_reach_and_as_wide_as_a_phone(
    tab: browser.Browser, home: str, axe: str, name: str
):
    tab.complaints.clear()
    tab.size(1280, 900)
    tab.dark(False)
    tab.open(f"{home}/{quote(name)}")
    tab.run(axe)
    part = "document" if name == CODE_SHOWN else WITHOUT_CODE
    light = tab.run(BARRIERS % (part, ""))
    tab.dark(name in DARK)
    dark = tab.run(BARRIERS % (part, "runOnly: ['color-contrast']")) if name in DARK else []
    tab.dark(False)
    tab.size(PHONE, 844, phone=True)
    assert tab.run("document.documentElement.scrollWidth") <= PHONE
    tab.run("window.scrollTo(0, document.body.scrollHeight)")
    tab.settle()
    assert [address for address in tab.requests if not address.startswith((home, "data:", "blob:"))] == []
    assert tab.complaints == []
    assert (light, dark) == ([], [])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("attention", "notebooks/05_translation.html"),
        ("注意力", "notebooks/05_translation.html"),
        ("注意力机制", "notebooks/05_translation.html"),
        ("条件随机场", "notebooks/09_dialogue.html"),
        ("Kneser", "notebooks/06_language_model.html"),
        ("gradient clipping", "notebooks/00_inside_rnns.html"),
        ("mask padding", "docs/want.html"),
    ],
)
def test_search(tab: browser.Browser, home: str, words: str, expected: str):
    tab.complaints.clear()
    tab.size(1280, 900)
    tab.open(f"{home}/index.html")
    tab.run(f"document.querySelector('input[name=q]').value = {json.dumps(words)}")
    tab.run("document.querySelector('input[name=q]').form.submit()")
    tab.until("/found|matching/.test(document.querySelector('.search-summary')?.textContent || '')")
    found = tab.run("[...document.querySelectorAll('#search-results li a')].map(a => a.getAttribute('href'))")
    assert expected in [address.partition("#")[0].partition("?")[0] for address in found][:5]
    assert tab.complaints == []


def test_a_search_for_what_is_not_there_says_so(tab: browser.Browser, home: str):
    tab.open(f"{home}/search.html?q={quote('螺蛳粉')}")
    tab.until("/did not match/.test(document.getElementById('search-results').textContent)")


def test_the_copy_button_copies_the_cell(tab: browser.Browser, home: str):
    tab.size(1280, 900)
    tab.open(f"{home}/notebooks/05_translation.html")
    code = tab.until("document.querySelector('.tag_one-page .cell_input pre')?.textContent")
    tab.run("document.querySelector('.tag_one-page .cell_input button.copybtn').click()")
    tab.settle()
    copied = tab.run("navigator.clipboard.readText()")
    assert copied.strip() == code.strip() and copied.startswith("import io")
    compile(copied, "cell", "exec")
    outputs = tab.run("document.querySelectorAll('.cell_output button.copybtn').length")
    assert outputs == 0  # what is printed is not for copying


def test_previous_and_next_lead_through_the_recipes(tab: browser.Browser, home: str):
    tab.open(f"{home}/notebooks/05_translation.html")
    following = tab.run("document.querySelector('a.next-page').href")
    assert following.endswith("notebooks/05_translation_study.html")
    tab.open(following)
    assert tab.run("document.querySelector('a.next-page').href").endswith("06_language_model.html")
    assert tab.run("document.querySelector('a.prev-page').href").endswith("05_translation.html")


def test_dark_pages_are_dark_and_the_choice_stays(tab: browser.Browser, home: str):
    shade = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
    tab.dark(False)
    tab.open(f"{home}/docs/want.html")
    assert min(tab.run(shade)) > 200
    tab.run("[...document.querySelectorAll('button.theme-toggle')].find(b => b.offsetWidth).click()")
    tab.until("document.body.dataset.theme === 'dark'")
    assert max(tab.run(shade)) < 60
    tab.open(f"{home}/index.html")
    assert tab.run("document.body.dataset.theme") == "dark"
    tab.run("localStorage.clear()")


def test_a_link_to_a_cell_leads_to_that_cell(tab: browser.Browser, home: str):
    tab.open(f"{home}/docs/glossary.html")
    address = tab.run(
        "document.querySelector('#glossary a[href*=\"05_translation.html#cell-d1853c4a\"]').href"
    )
    tab.open(address)
    assert "Attention(name=" in tab.run("document.querySelector(':target').textContent")
    assert tab.until("document.querySelector(':target').getBoundingClientRect().top < innerHeight")


def test_the_chinese_page_says_that_it_is_chinese(tab: browser.Browser, home: str):
    tab.open(f"{home}/README.zh-CN.html")
    assert tab.run("document.documentElement.lang") == "zh-CN"


def test_formulas_are_shown_without_scripts(tab: browser.Browser, home: str):
    tab.open(f"{home}/notebooks/00_inside_rnns.html")
    assert (
        tab.run(
            "[...document.querySelectorAll('math')].filter(m => m.getBoundingClientRect().height > 10).length"
        )
        > 20
    )
    assert "\\tanh" not in tab.run("document.querySelector('article').innerText")


if __name__ == "__main__":  # pictures of some pages, to look at
    folder = ROOT / "build" / "site-pictures"
    folder.mkdir(exist_ok=True)
    with (
        browser.served(SITE) as address,
        tempfile.TemporaryDirectory() as profile,
        browser.chromium(Path(profile), f"{address}/index.html") as opened,
    ):
        for page in ("index", "notebooks/05_translation", "docs/glossary", "docs/answers"):
            for look, width, dark in (("light", 1280, False), ("dark", 1280, True), ("phone", PHONE, False)):
                opened.size(width, 900, phone=look == "phone")
                opened.dark(dark)
                opened.open(f"{address}/{page}.html")
                opened.picture(folder / f"{page.rpartition('/')[2]}_{look}.png")
