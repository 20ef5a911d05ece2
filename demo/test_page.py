"""The page of `make demo` in headless Chromium: what it answers is what Python answers from the same files.

Needs Chromium, npm, and the networks that recipe 20 and its study wrote: `scripts/check.py browser` runs it
on those of the step `notebooks`. Debian's package is `chromium`; another one is named by `$CHROMIUM`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import browser
import build_demo
import numpy as np
import onnx
import pytest
from browser import Browser
from recipes import CookbookError

from helpers.text import END, START, Vocabulary, normalise, pad, tokenise
from service.networks import File, Translation, folder

if browser.CHROMIUM is None and os.environ.get("CI") != "true":
    pytest.skip("there is no Chromium here: the page was not tested", allow_module_level=True)

TEXTS = [
    "The story is dull and the dialogue is clumsy, but the ending is truly wonderful.",
    "It's NOT bad at all!<br />I can't wait for part 2... 9/10 &amp; more",
    "Ça, c'était “très” bien — naïve café-bar, Ελλάς, 3.5 stars ★★ 😀",
    "这部电影非常好看，我很喜欢。",
    "don’t won't o'clock rock'n'roll 1,000 1980s mp3 a_b $5 (so?!?!)",
]
SENTENCES = [
    "I didn't see the black cat.",
    "I didn’t see\u200b it.",
    "She has read this big book.",
    "go  on, 東京!",
    "x",
]
ERROR = 1e-4
FIRST_ANSWER = 2.0  # seconds


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    try:
        target = build_demo.build(models=folder(), target=tmp_path_factory.mktemp("demo") / "page")
    except CookbookError as error:
        if os.environ.get("CI") == "true" or "npm" not in str(error):
            raise
        pytest.skip(f"the page was not tested: {error}")
    with (
        browser.served(target, Packed) as address,
        browser.chromium(tmp_path_factory.mktemp("profile"), f"{address}/index.html") as opened,
    ):
        opened.until("!!window.networks")
        yield opened


class Packed(browser.Quiet):
    """Says of one file, as some servers do of all, that it is packed on the way: the browser unpacks it."""

    def end_headers(self) -> None:
        if self.path.endswith("sentiment.onnx.gz"):
            self.send_header("Content-Encoding", "gzip")
        super().end_headers()


@pytest.fixture(scope="module")
def errors() -> Iterator[list[float]]:
    """The largest differences that the tests found; written where recipe 20 looks for them."""
    found: list[float] = []
    yield found
    if found:
        files = {path.name: fingerprint(path) for path in map(path_of, build_demo.NETWORKS) if path.exists()}
        proof = folder().parent.parent / "demo" / "parity.json"
        proof.parent.mkdir(exist_ok=True)
        text = json.dumps({"browser_max_abs_error": max(found), "files": files})
        proof.write_text(text, encoding="utf-8")


def fingerprint(path: Path) -> str:
    """Of the weights and operators, as in recipe 20: names differ from export to export."""
    graph = onnx.load(path).graph
    parts = [weights.raw_data for weights in graph.initializer] + [
        node.op_type.encode() for node in graph.node
    ]
    return hashlib.sha256(b"".join(sorted(parts))).hexdigest()


def path_of(name: str) -> Path:
    """The file that the page runs: that of 8 bits where there is one."""
    small = folder() / f"{name}_8.onnx"
    return small if small.exists() else folder() / f"{name}.onnx"


def shipped(name: str) -> File:
    """The same file here."""
    return File(path_of(name))


def close(found: object, expected: np.ndarray, errors: list[float]) -> None:
    difference = float(np.abs(np.asarray(found, "float64") - expected).max())
    errors.append(difference)
    assert difference < ERROR, difference


def by_hand(image: np.ndarray) -> list[np.ndarray]:
    """What the step says after each row, from Python."""
    step = shipped("digits_step")
    states = [np.zeros((1, given.shape[1]), np.float32) for given in step.inputs[1:]]
    answers = []
    for row in image:
        answer, *states = step.run(row[None], *states)
        answers.append(answer[0])
    return answers


def test_a_digit_drawn_with_the_mouse(page: Browser, errors: list[float]):
    box = page.run(
        "(({x, y, width}) => [x, y, width])(document.getElementById('paper').getBoundingClientRect())"
    )
    x, y, width = box
    page.drag([(x + 0.5 * width, y + height * width / 20) for height in range(3, 18)])
    started = time.monotonic()  # nothing but the page itself has been fetched so far
    page.run("document.getElementById('read').click()")
    answer = page.until("(t => /\\d+ %/.test(t) && t)(document.getElementById('digit').textContent)")
    seconds = time.monotonic() - started
    print(f"first answer after {seconds:.2f} s")
    assert seconds < FIRST_ANSWER
    pixels = page.run(
        "Array.from(networks.prepared((await networks.open(networks.Digits)).height))".join(
            ["(async () => ", ")()"]
        )
    )
    size = int(len(pixels) ** 0.5)
    image = np.array(pixels, np.uint8).reshape(size, size)
    assert image.max() > 200 and 0.1 * size**2 < (image > 100).sum() + size * 2
    found = page.run(
        f"(async () => {{ const d = await networks.open(networks.Digits), all = [];"
        f" let states = d.start(), answer;"
        f" for (const row of {image.tolist()}) {{"
        f" [answer, states] = await d.read(Uint8Array.from(row), states); all.push(answer); }}"
        f" return all; }})()"
    )
    expected = by_hand(image)
    close(found, np.array(expected), errors)
    assert re.search(r"\d", answer)[0] == str(int(expected[-1].argmax()))


def test_the_keyboard_draws_and_the_language_changes(page: Browser):
    page.run("document.getElementById('clear').click()")
    page.run("document.getElementById('read').click()")
    page.until("document.getElementById('digit').textContent.includes('nothing')")
    page.run("document.getElementById('paper').focus()")
    page.press(" ", 32)
    page.press("ArrowDown", 40, 15)
    page.press("Tab", 9, 1)
    assert page.run("document.activeElement.id") == "read"
    page.press("Enter", 13)
    page.until("/\\d+ %/.test(document.getElementById('digit').textContent)")
    page.run("document.getElementById('language').click()")
    assert page.run("document.documentElement.lang") == "zh"
    assert page.run("document.querySelector('h1').textContent").startswith("浏览器")
    assert page.run("[...document.querySelectorAll('[data-t]')].every(node => node.textContent)")
    assert page.run("document.getElementById('digit').textContent").startswith("读作")
    page.run("document.getElementById('language').click()")
    assert page.run("document.getElementById('digit').textContent").startswith("It reads")


def test_two_quick_clicks_and_a_cleared_paper_spoil_nothing(page: Browser):
    digit = "document.getElementById('digit').textContent"
    before = page.run(digit)
    page.run("document.getElementById('read').click(), document.getElementById('read').click()")
    page.until(f"{digit} === {json.dumps(before)}")
    page.run("document.getElementById('read').click(), document.getElementById('clear').click()")
    page.until("!document.getElementById('read').hasAttribute('aria-disabled')")
    assert page.run(digit) == ""


def test_words_are_split_as_in_python(page: Browser):
    found = page.run(
        f"(async () => {{ const m = await import('./networks.js');"
        f" return {json.dumps(TEXTS)}.map(t => [m.tokenise(t), m.normalise(t)]); }})()"
    )
    assert found == [[tokenise(text), normalise(text)] for text in TEXTS]


def test_a_typed_review(page: Browser, errors: list[float]):
    page.run("(box => { box.value = ''; box.focus(); })(document.getElementById('review'))")
    page.send("Input.insertText", text=TEXTS[1])
    page.run("document.querySelector('#sentiment-form button').click()")
    shown = page.until("(t => /\\d+ %/.test(t) && t)(document.getElementById('verdict').textContent)")
    file = shipped("sentiment")
    notes = File(folder() / "sentiment.onnx").notes
    words = Vocabulary(tuple(notes["tokens"]))
    rows = [words.encode(tokenise(text)) for text in TEXTS]
    expected = file.run(pad(rows))[0]
    found = page.run(
        f"(async () => {{ const s = await networks.open(networks.Sentiment);"
        f" return s.score({json.dumps([tokenise(text) for text in TEXTS])}); }})()"
    )
    close(found, expected, errors)
    assert shown.startswith(notes["classes"][int(expected[1].argmax())])
    assert page.run("document.querySelectorAll('#pushes .word').length") == len(tokenise(TEXTS[1]))
    tokens = tokenise(TEXTS[1])
    without = [tokens[:place] + tokens[place + 1 :] for place in range(len(tokens))]
    chances = file.run(pad([words.encode(row) for row in [tokens, *without]]))[0][:, -1]
    pushes = page.run(
        f"(async () => (await (await networks.open(networks.Sentiment))"
        f".explain({json.dumps(TEXTS[1])})).pushes)()"
    )
    close(pushes, chances[0] - chances[1:], errors)


def test_an_acrostic_in_rule(page: Browser, errors: list[float]):
    notes = File(folder() / "poem_step.onnx").notes
    known = [token for number, token in enumerate(notes["tokens"]) if number >= 4 and notes["tones"][number]]
    first = "".join(known[:4])
    page.run(f"document.getElementById('acrostic').value = {json.dumps(first)}")
    page.run("document.querySelector('#poem-form button').click()")
    poem = page.until("(t => t.length === 31 && t)(document.getElementById('poem').textContent)")
    assert "".join(line[0] for line in poem.split("\n")) == first
    ids = [notes["tokens"].index(character) for character in poem.replace("\n", "")]
    ends = [set(notes["rhymes"][ids[place]]) for place in (13, 27)]
    assert ends[0] & ends[1], "the even lines do not rhyme"
    assert len(set(ids)) == 28, "a character stands twice"
    written = [place for place in range(28) if place % 7]  # the others were given
    wanted = {"P": 1, "Z": 2}
    assert any(
        all(notes["tones"][ids[at]] & wanted.get(pattern[at // 7][at % 7], 3) for at in written)
        for pattern in notes["patterns"].values()
    ), "the tones follow no pattern"
    step, scores = shipped("poem_step"), []
    states = [np.zeros((1, given.shape[1]), np.float32) for given in step.inputs[3:]]
    for place, token in enumerate([START, *ids[:-1]]):
        given = [np.array([number], np.int32) for number in (token, 7 + place % 7, 6 + place // 7)]
        answer, *states = step.run(*given, *states)
        scores.append(answer[0])
    found = page.run(
        f"(async () => {{ const p = await networks.open(networks.Poem); const all = []; let states, scores;"
        f" for (const [i, t] of {[START, *ids[:-1]]}.entries())"
        f" {{ [scores, states] = await p.next(t, i, states); all.push(scores); }} return all; }})()"
    )
    close(found, np.array(scores), errors)


def test_a_translation_and_where_it_looked(page: Browser, errors: list[float]):
    notes = File(folder() / "translation_encoder.onnx").notes
    translation = Translation(folder())
    translation.encoder, translation.step = (shipped(f"translation_{x}") for x in ("encoder", "step"))
    translation.encoder.notes = notes
    for sentence in SENTENCES:
        found = page.run(
            f"(async () => (await networks.open(networks.Translation)).translate({json.dumps(sentence)}))()"
        )
        pieces = translation.source.encode(normalise(sentence), out_type=str)
        assert found["read"][:-1] == pieces
        assert found["text"] == translation.answer([sentence])[0]["translation"]
        assert not found["steps"] or found["ids"] == [*translation.source.encode(normalise(sentence)), END]
        state, *memory = translation.encoder.run(pad([found["ids"]]))
        token = START
        for step in found["steps"]:
            logits, state, weights = translation.step.run(np.array([token], np.int32), state, *memory)
            close(step["scores"], logits[0], errors)
            close(step["looked"], weights[0], errors)
            token = step["token"]
    page.run(f"document.getElementById('sentence').value = {json.dumps(SENTENCES[0])}")
    page.run("document.querySelector('#translation-form button').click()")
    page.until("document.querySelectorAll('#attention th').length > 1")


def test_a_phone_shows_the_whole_width_and_nothing_was_complained_about(page: Browser):
    page.size(360, 740, phone=True, scale=2)
    assert page.run("document.documentElement.scrollWidth") <= 360
    assert page.complaints == []
