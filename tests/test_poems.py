"""helpers.datasets.tang_poems: forms, groups, the 58 files, the reader's own. Talks to 127.0.0.1 only."""

import gzip
import json
import re
import sys
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from origins import files_in, status, whole

from helpers import datasets
from helpers.datasets import DataError, fetch, tang_poems

QUATRAIN = ["春眠不覺曉，處處聞啼鳥。", "夜來風雨聲，花落知多少。"]
SIMPLIFIED = ("春眠不觉晓", "处处闻啼鸟", "夜来风雨声", "花落知多少")
DIGITS = "一二三四五六七八九十"


def verse(number: int, length: int = 5, lines: int = 4) -> list[str]:
    """Paragraphs of two lines each, in characters that no conversion touches, different for each number."""
    name = "".join(DIGITS[int(digit)] for digit in f"{number:0{length - 1}}")
    written = [name + "山水火木土日月人手口心耳"[line] for line in range(lines)]
    return [f"{first}，{second}。" for first, second in zip(written[::2], written[1::2], strict=True)]


def entry(paragraphs: list[str], title: str = "詠史", author: str = "孟浩然") -> dict:
    return {"author": author, "title": title, "paragraphs": paragraphs, "id": "0-0", "tags": ["x"]}


@pytest.fixture(autouse=True)
def no_network(cache, monkeypatch):
    monkeypatch.setattr(datasets._tang_poems, "URL", "http://127.0.0.1:9/全唐诗")
    monkeypatch.setattr(datasets._tang_poems, "LAST", 2_000)


@pytest.fixture
def own(save):
    def write(content: list | str | bytes, name: str = "mine.json.gz") -> Path:
        content = json.dumps(content) if isinstance(content, list) else content
        return save(content, name)

    return write


# -- the forms


@pytest.mark.parametrize(("length", "lines"), [(5, 4), (7, 4), (5, 8), (7, 8)])
def test_exact_forms_are_found(own, length, lines):
    data = tang_poems(own([entry(verse(1, length, lines))]))
    assert data.forms.tolist() == [f"{length}x{lines}"]
    assert [len(line) for line in data.poems[0]] == [length] * lines


@pytest.mark.parametrize(("length", "lines"), [(5, 6), (6, 4), (4, 4), (7, 2), (8, 8), (5, 12)])
def test_other_forms_are_dropped(own, length, lines):
    data = tang_poems(own([entry(QUATRAIN), entry(verse(1, length, lines))]))
    assert data.poems == [SIMPLIFIED] and data.dropped == {"another form": 1}


def test_a_poem_is_simplified_and_its_lines_are_told_apart(own, capsys):
    data = tang_poems(own([entry(QUATRAIN, "春曉", "孟浩然")]))
    assert data.poems == [SIMPLIFIED]
    assert (data.titles, data.authors, data.source) == (["春晓"], ["孟浩然"], "full")
    line = "Your data: 1 poems (1 of 5x4); dropped: none, from your file (mine.json.gz)\n"
    assert capsys.readouterr().out == line


@pytest.mark.parametrize(
    "paragraphs",
    [
        ["春眠不覺曉，處處聞啼鳥。夜來風雨聲，花落知多少。"],  # not cut into couplets
        ["春眠不覺曉。", "處處聞啼鳥，夜來風雨聲。", "花落知多少。"],  # cut in the wrong places
        ["春眠不覺曉，處處聞啼鳥？", "夜來風雨聲，花落知多少！", "。"],
        ["春眠不覺曉；處處聞啼鳥。 ", " 夜來風雨聲、花落知多少\n"],
    ],
)
def test_lines_do_not_depend_on_the_paragraphs(own, paragraphs):
    assert tang_poems(own([entry(paragraphs)])).poems == [SIMPLIFIED]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("夜來□雨聲", "gaps"),
        ("夜來囗雨聲", "gaps"),
        ("夜來○雨聲", "gaps"),
        ("夜來\ue829雨聲", "gaps"),
        ("夜來風（一作「暴」）雨聲", "notes"),
        ("夜來{風/雨}雨聲", "notes"),
        ("夜來[一]風雨聲", "notes"),
        ("《夜》來風雨聲", "other characters"),
        ("夜來A雨聲", "other characters"),
        ("夜來4雨聲", "other characters"),
        ("夜來雨聲", "another form"),
        ("", "another form"),
    ],
)
def test_damaged_entries_are_dropped_by_reason(own, line, reason, capsys):
    damaged = ["春眠不覺曉，處處聞啼鳥。", f"{line}，花落知多少。"]
    data = tang_poems(own([entry(damaged), entry(verse(1)), entry(damaged)]))
    assert len(data.poems) == 1 and data.dropped == {reason: 2}
    assert f"dropped: 2 {reason}, from" in capsys.readouterr().out


def test_copies_are_dropped_even_in_other_characters(own):
    again = "，".join(SIMPLIFIED)
    data = tang_poems(own([entry(QUATRAIN, "first"), entry([again], "second")]))
    assert data.titles == ["first"] and data.dropped == {"copies": 1}


def test_one_form_can_be_asked_for(own, capsys):
    path = own([entry(verse(1)), entry(verse(2, 7)), entry(verse(3, 7)), entry(verse(4, 5, 8))])
    data = tang_poems(path, form="7x4")
    assert [poem[0] for poem in data.poems] == ["一一一一一三山", "一一一一一四山"]
    assert data.forms.tolist() == ["7x4"] * 2 and data.groups.tolist() == [0, 1]
    assert "2 poems (2 of 7x4); dropped: none" in capsys.readouterr().out
    with pytest.raises(DataError, match=re.escape(f"{path}: no poem of the form 7x8; dropped: none")):
        tang_poems(path, form="7x8")


@pytest.mark.parametrize("form", ["4x5", "", 5, ["5x4"], "5×4"])
def test_unknown_form(form):
    message = f"form must be one of 5x4, 7x4, 5x8, 7x8, free or None, got {form!r}"
    with pytest.raises(DataError, match=f"^{re.escape(message)}"):
        tang_poems("bundled", form=form)


# -- groups


def test_poems_that_share_a_line_are_one_group(own):
    rows = ["abcd", "efga", "hijk", "elmn"]
    poems = [entry(["，".join(verse(ord(name))[0][:5] for name in row) + "。"]) for row in rows]
    groups = tang_poems(own(poems)).groups
    assert groups.dtype == np.int32
    assert groups[0] == groups[1] == groups[3] != groups[2]  # the first and the last by way of the second
    alone = tang_poems(own(poems[:1] + poems[2:])).groups
    assert len(set(alone)) == 3


def test_no_line_stands_in_two_groups(own):
    random = np.random.default_rng(4)
    pool = [verse(number)[0].strip("。").split("，")[0] for number in range(1_500)]
    poems = [entry(["，".join(random.choice(pool, 4, replace=False)) + "。"]) for _ in range(120)]
    data = tang_poems(own(poems))
    owners = {}
    for poem, group in zip(data.poems, data.groups, strict=True):
        for line in poem:
            assert owners.setdefault(line, group) == group
    assert 1 < len(set(data.groups)) < 120
    # No two groups could be told apart further: within one, each poem reaches each other by shared lines.
    for group in set(data.groups):
        members = [set(poem) for poem, number in zip(data.poems, data.groups, strict=True) if number == group]
        reached, rest = members.pop(), members
        while near := [poem for poem in rest if poem & reached]:
            reached, rest = reached.union(*near), [poem for poem in rest if not poem & reached]
        assert not rest


# -- the origin


def thousand(start: int) -> list[dict]:
    return [entry(verse(number)) for number in range(start, start + (1_000 if start < 2_000 else 7))]


@pytest.fixture
def origin(server, monkeypatch):
    """Serves the three files by name; `server.files` can be changed."""
    server.files = {
        f"/全唐诗/poet.tang.{start}.json": json.dumps(thousand(start)).encode() for start in (0, 1_000, 2_000)
    }

    def answer(handler):
        body = server.files.get(unquote(handler.path))
        (status(404) if body is None else whole(body))(handler)

    server.answers = [answer]
    monkeypatch.setattr(datasets._tang_poems, "URL", f"http://127.0.0.1:{server.server_port}/全唐诗")
    return server


def test_origin_is_pinned(monkeypatch):
    monkeypatch.undo()
    base = "https://raw.githubusercontent.com/chinese-poetry/chinese-poetry/master"
    assert f"{base}/全唐诗" == datasets._tang_poems.URL
    assert datasets._tang_poems.LAST == 57_000


def test_the_files_become_one_in_normal_form(cache, origin, capfd):
    data = tang_poems("online")
    assert len(data.poems) == 2_007 and data.source == "full" and origin.requests == 3
    assert files_in(cache) == ["quantangshi.json.gz"]
    content = (cache / "quantangshi.json.gz").read_bytes()
    assert content[4:8] == bytes(4)  # no time in the header
    stored = json.loads(gzip.decompress(content))
    assert [poem["paragraphs"] for poem in stored] == [verse(number) for number in range(2_007)]
    assert list(stored[0]) == ["author", "title", "paragraphs", "id"] and stored[0]["title"] == "詠史"
    printed = capfd.readouterr()
    assert printed.out.startswith(
        "Tang poems: 2,007 poems (2,007 of 5x4); dropped: none, from the public origin"
    )
    assert printed.err == ""
    assert tang_poems().poems == data.poems and origin.requests == 3


BROKEN = {
    "missing": (None, "answered 404 Not Found"),
    "cut": (json.dumps(thousand(1_000)).encode()[:-300], "the file is no whole JSON"),
    "short": (json.dumps(thousand(1_000)[:899]).encode(), "the file has 899 poems, about 1,000 expected"),
    "a page": (b"<html>busy</html>", "the file is no whole JSON"),
    "an object": (b'{"message": "rate limit"}', "the file is no list of poems"),
    "empty list": (b"[]", "the file is no list of poems"),
    "numbers": (b'[{"paragraphs": [1]}]', "poem 0 of the file has no list of lines"),
    "no paragraphs": (b'[{"title": "x"}]', "poem 0 of the file has no list of lines"),
    "not UTF-8": ("[]春".encode("gb18030"), "the file is not UTF-8"),
    "nested": (b"[" * 100_000, "the file is no whole JSON"),
    "oversized": (bytes(4_200_000), "sends 4,200,000 bytes, at most 4,194,304 expected"),
}


@pytest.mark.parametrize(("body", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_one_broken_file_leaves_nothing(cache, origin, body, message):
    origin.files["/全唐诗/poet.tang.1000.json"] = body
    with pytest.raises(
        DataError, match=f"^{re.escape(datasets._tang_poems.URL)}/poet.tang.1000.json.*{message}"
    ) as caught:
        tang_poems("online")
    assert f"save the file yourself as {cache / 'quantangshi.json.gz'}" in str(caught.value)
    assert files_in(cache) == []
    assert origin.requests < 5  # no further file is asked for


def test_damaged_cache_is_named(cache):
    cache.mkdir()
    (cache / "quantangshi.json.gz").write_bytes(gzip.compress(b'[{"paragraphs": []}]' * 99)[:-9])
    with pytest.raises(DataError, match=r"quantangshi.json.gz in the cache is damaged.*cannot be read"):
        tang_poems("cache")


def test_sample_answers_last(monkeypatch, tmp_path, own, capsys):
    monkeypatch.setattr(fetch.sources, "DATA_FOLDER", tmp_path)
    own([entry(QUATRAIN)], "tang-sample.json.gz")
    assert (tang_poems().source, tang_poems("bundled").poems) == ("sample", [SIMPLIFIED])
    assert "from the bundled tang-sample.json.gz. This is the small sample" in capsys.readouterr().out


def test_without_opencc_the_way_out_is_named(own, monkeypatch):
    monkeypatch.setitem(sys.modules, "opencc", None)
    with pytest.raises(DataError, match=r"opencc is not installed \(pip install opencc\)"):
        tang_poems(own([entry(QUATRAIN)]))
    english = "Tyger Tyger, burning bright / In the forests of the night"
    assert len(tang_poems(own(english, "mine.txt")).poems) == 1  # needed for Chinese alone


# -- the reader's text


def test_text_in_marked_utf_16_is_read(own):
    data = tang_poems(own("春眠不覺曉，處處聞啼鳥。夜來風雨聲，花落知多少。".encode("utf-16"), "mine.txt"))
    assert list(data.poems) == [("春眠不觉晓", "处处闻啼鸟", "夜来风雨声", "花落知多少")]


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("name", ["mine.txt", "mine.txt.gz", "mine"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_text_has_one_poem_a_line(own, bom, name, end):
    lines = [
        "春眠不覺曉，處處聞啼鳥。夜來風雨聲，花落知多少。",
        "",
        "大江東去，浪淘盡，千古風流人物。",
        "Tyger Tyger, burning bright, / In the forests of the night",
        "   ",
        "。。",
        "古池や 蛙飛びこむ 水の音",
        "春眠不觉晓 处处闻啼鸟 夜来风雨声 花落知多少",
        "An old pond",
    ]
    data = tang_poems(own(bom + end.join(lines), name))
    assert data.poems == [
        SIMPLIFIED,
        ("大江东去", "浪淘尽", "千古风流人物"),
        ("Tyger Tyger, burning bright,", "In the forests of the night"),
        ("古池や 蛙飛びこむ 水の音",),  # Japanese keeps its characters
        ("An old pond",),
    ]
    assert data.forms.tolist() == ["5x4", "free", "free", "free", "free"]
    assert data.dropped == {"copies": 1} and data.titles == data.authors == [""] * 5
    assert tang_poems(own(bom + end.join(lines), name), form="free").poems == data.poems[1:]


STANZA = [
    ["The kettle sings upon the hob", "the cat is in the chair", "- and nobody"],
    ["A lamp is lit", "across the road, and then", "another one"],
]


@pytest.mark.parametrize("between", ["\n\n", "\n \t\n\n", "\r\n\r\n"])
@pytest.mark.parametrize("around", ["", "\n\n"])
def test_text_has_poems_between_blank_lines(own, capsys, between, around):
    end = "\r\n" if "\r" in between else "\n"
    content = around + between.join(end.join(lines) for lines in STANZA) + around
    data = tang_poems(own(content, "mine.txt"))
    assert data.poems == [tuple(lines) for lines in STANZA] and data.forms.tolist() == ["free"] * 2
    said = "2 poems (2 of free); dropped: none; poems told apart by blank lines, from your file (mine.txt)\n"
    assert capsys.readouterr().out == f"Your data: {said}"


def test_chinese_poems_between_blank_lines_keep_their_form(own):
    other = verse(1)
    data = tang_poems(own("\n".join([*QUATRAIN, "", *other]), "mine.txt"))
    assert data.poems[0] == SIMPLIFIED and len(data.poems) == 2 and data.forms.tolist() == ["5x4"] * 2


def test_blocks_of_one_line_are_told(own, capsys):
    numbered = [["I"], STANZA[0], ["II"], STANZA[1]]
    data = tang_poems(own("\n\n".join("\n".join(lines) for lines in numbered), "mine.txt"))
    assert len(data.poems) == 4
    said = "; poems told apart by blank lines, of which 2 have one line: titles?, from"
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "number"),
    [
        ("a b c\nd e f\n\ng h i\nj k / l m", 4),  # a mark for the ends of lines
        ("a b c\n\nd e f\n\ng h i", 3),  # blocks of one line
        ("a b c\nd e f\n", 2),  # one block
        ("".join(["".join(verse(n)) + "\n" for n in range(3)]) + "\n" + "".join(verse(4)), 4),  # whole poems
    ],
)
def test_blank_lines_that_do_not_part_poems(own, capsys, content, number):
    assert len(tang_poems(own(content, "mine.txt")).poems) == number
    assert "told apart" not in capsys.readouterr().out


def test_json_of_another_language_is_shown_the_way_to_text(own):
    message = (
        "no poem in it; dropped: 1 other characters. JSON is for Chinese forms; write text: one poem a line "
        "with / between its lines, or a blank line between poems."
    )
    with pytest.raises(DataError, match=f"mine.json: {message}$"):
        tang_poems(own([entry(STANZA[0])], "mine.json"))


TEXT_FAULTS = {
    "empty": (b"", "no poem in it"),
    "blank": (b" \n\r\n \n", "no poem in it"),
    "gb18030": (
        "x\n春眠".encode("gb18030"),
        "not UTF-8: it has the byte 0xb4 at 2, on line 2.*save it as UTF-8",
    ),
    "gbk": ("春".encode("gbk"), "not UTF-8: it has the byte 0xb4 at 0, on line 1"),
}


@pytest.mark.parametrize(("content", "message"), TEXT_FAULTS.values(), ids=TEXT_FAULTS.keys())
def test_text_with_a_fault(own, content, message):
    path = own(content, "mine.txt")
    with pytest.raises(DataError, match=f"^{re.escape(str(path))}: .*{message}"):
        tang_poems(path)


def test_own_json_that_is_not_packed(own):
    assert tang_poems(own([entry(QUATRAIN)], "mine.json")).poems == [SIMPLIFIED]
    with pytest.raises(
        DataError, match=r"poem 1 of the file has no list of lines as paragraphs\. Write a list"
    ):
        tang_poems(own([entry(QUATRAIN), {"paragraphs": "春"}], "mine.json"))


def test_forms_of_the_loader_are_those_of_prosody():
    prosody = pytest.importorskip("helpers.prosody")
    assert set(datasets._tang_poems.FORMS) == set(prosody.FORMS)
