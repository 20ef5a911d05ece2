"""helpers.datasets.translation_pairs and plain_text: archive, normal form, reader's files. 127.0.0.1 only."""

import io
import re
import zipfile

import pytest
from origins import files_in, status, whole

from helpers import datasets
from helpers.datasets import DataError, fetch, plain_text, translation_pairs

LINES = "Go.\tVa !\tCC-BY 2.0 (France) #1\nHi.\tSalut !\nHi.\tBonjour.\n"


def packed(text: str | bytes = LINES, member: str = "fra.txt", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("_about.txt", "about")
        archive.writestr(member, text)
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def no_network(cache, monkeypatch):
    monkeypatch.setattr(datasets._translation_pairs, "URL", "http://127.0.0.1:9/anki")


@pytest.fixture
def origin(server, monkeypatch):
    monkeypatch.setattr(datasets._translation_pairs, "URL", f"http://127.0.0.1:{server.server_port}/anki")
    return server


@pytest.fixture
def own(save):
    return lambda content, name="mine.tsv": save(content, name)


# -- the origin and the sample


def test_origin_is_pinned(monkeypatch):
    monkeypatch.undo()
    assert datasets._translation_pairs.URL == "https://www.manythings.org/anki"


@pytest.mark.parametrize("language", ["fra", "deu"])
def test_the_archive_is_stored_as_it_is(cache, origin, capsys, language):
    body, asked = packed(member=f"{language}.txt"), []

    def answer(handler):
        asked.append((handler.path, handler.headers["User-Agent"]))
        whole(body)(handler)

    origin.answers = [answer]
    data = translation_pairs(language)
    assert data.english == ["Go.", "Hi.", "Hi."] and data.foreign == ["Va !", "Salut !", "Bonjour."]
    assert (data.language, data.source, data.dropped) == (language, "full", {})
    assert asked == [(f"/anki/{language}-eng.zip", "rnn-cookbook/0.1")]  # the site turns library names away
    assert (cache / f"{language}-eng.zip").read_bytes() == body
    line = f"English–{language} pairs: 3 sentence pairs; dropped: none, from the public origin"
    assert capsys.readouterr().out.startswith(line)
    assert translation_pairs(language, "cache").english == data.english and len(asked) == 1


BROKEN = {
    "truncated": (packed()[:-40], "the file cannot be read .File is not a zip file"),
    "bit flipped": (
        packed(method=zipfile.ZIP_STORED).replace(b"Bonjour", b"Bonsoir"),
        "cannot be read .Bad CRC-32",
    ),
    "other language": (packed(member="deu.txt"), r"the archive lacks fra.txt; found: _about.txt, deu.txt\."),
    "path": (packed(member="../fra.txt"), "the archive lacks fra.txt"),
    "a page": (b"<html>Not Acceptable</html>", "line 1 has no tab: '<html>Not Acceptable</html>'"),
    "latin-1": (packed("Go.\tÇa\n".encode("latin-1")), "not UTF-8: it has the byte 0xc7 at 4, on line 1"),
    "one pair": (packed("Go.\tVa !\n"), "the file has 1 different pairs"),
    "empty": (b"", "the file has 0 different pairs"),
}


@pytest.mark.parametrize(("body", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_archive_leaves_nothing(cache, origin, body, message):
    origin.answers = [whole(body)]
    with pytest.raises(DataError, match=f"{message}.*Check the connection.*fra-eng.zip"):
        translation_pairs("fra", "online")
    assert files_in(cache) == []


def test_language_that_the_origin_does_not_have(origin):
    origin.answers = [status(404)]
    with pytest.raises(DataError, match="/anki/xyz-eng.zip answered 404 Not Found"):
        translation_pairs("xyz", "online")


def test_archive_is_bounded(cache, origin, monkeypatch):
    monkeypatch.setattr(datasets._translation_pairs, "MAX_BYTES", 100)
    origin.answers = [whole(packed())]
    with pytest.raises(DataError, match="at most 100 expected"):
        translation_pairs("fra", "online")
    monkeypatch.undo()
    monkeypatch.setattr(fetch.files, "MAX_TEXT", 2_000_000)
    cache.mkdir(exist_ok=True)
    bomb = packed("a\tb\n" * 750_000)
    assert len(bomb) < 20_000
    (cache / "bomb.zip").write_bytes(bomb)
    with pytest.raises(DataError, match="more than 2,000,000 bytes of text"):
        translation_pairs("fra", cache / "bomb.zip")


def test_damaged_cache_is_named(cache):
    cache.mkdir()
    (cache / "fra-eng.zip").write_bytes(packed()[:-40])
    with pytest.raises(DataError, match=r"fra-eng.zip in the cache is damaged.*cannot be read"):
        translation_pairs(source="cache")


def test_sample_is_of_french_alone(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(fetch.sources, "DATA_FOLDER", tmp_path)
    (tmp_path / "fra-eng-sample.zip").write_bytes(packed())
    assert translation_pairs().source == translation_pairs("fra", "bundled").source == "sample"
    assert "from the bundled fra-eng-sample.zip. This is the small sample" in capsys.readouterr().out
    with pytest.raises(DataError, match=r"^no bundled deu-eng.zip: only that of fra is\. .*source=.online."):
        translation_pairs("deu", "bundled")
    with pytest.raises(DataError, match="no source has English–deu pairs: no deu-eng.zip in the cache; http"):
        translation_pairs("deu")


@pytest.mark.parametrize("language", ["", "fr", "FRA", "french", "../", "fra\n", None, 3, ["fra"]])
def test_unknown_language(language):
    message = f"language must be three small letters such as 'fra', got {language!r}"
    with pytest.raises(DataError, match=f"^{re.escape(message)}"):
        translation_pairs(language, "bundled")


# -- the reader's own pairs


@pytest.mark.parametrize("name", ["mine.tsv", "mine.txt", "mine.txt.gz"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_own_file(own, capsys, name, bom, end):
    lines = [
        "ein hund .\ta dog .",
        "",
        "zwei\ttwo\tand\tmore",
        "ein hund .\ta dog .",
        " \t ",
        "drei\t",
        "zwei\tpair",
    ]
    data = translation_pairs("deu", own(bom + end.join(lines) + end, name))
    assert data.english == ["ein hund .", "zwei", "zwei"] and data.foreign == ["a dog .", "two", "pair"]
    assert data.dropped == {"blank": 2, "copies": 1, "without a translation": 1} and data.source == "full"
    dropped = "dropped: 2 blank, 1 copies, 1 without a translation"
    assert capsys.readouterr().out == f"Your data: 3 sentence pairs; {dropped}, from your file ({name})\n"


@pytest.mark.parametrize("names", ["source\ttarget", "English\tFrench", "en\t中文", "SRC\ttgt_text\tscore"])
def test_names_of_the_columns_are_no_pair(own, names):
    data = translation_pairs("fra", own(f"{names}\none\tun\ntwo\tdeux\n"))
    assert data.english == ["one", "two"] and data.dropped == {"names of the columns": 1}


@pytest.mark.parametrize("first", ["English\tC'est anglais", "Source\tLa source", "Go\tVa", "Src!\tSrc"])
def test_a_first_pair_is_no_names(own, first):
    data = translation_pairs("fra", own(f"{first}\none\tun\nsource\ttarget\n"))
    assert len(data.english) == 3 and data.dropped == {}


def test_text_is_brought_to_one_form(own):
    text = (
        "It’s  a cafe\u0301.\tC\u02bcest un\u00a0café\u202f!\n"
        "It's a café.\tC'est un café !\n"
        "na\u00efve\u200b\tna\u0131\u0308ve \u2028 \n"
        '"Quoted"\t«\u00a0Oui\u00a0» – œuf… 中文　字\n'
    )
    data = translation_pairs("fra", own(text))
    assert data.english == ["It's a café.", "naïve", '"Quoted"']
    assert data.foreign == ["C'est un café !", "na\u0131\u0308ve", "« Oui » – œuf… 中文 字"]
    assert data.dropped == {"copies": 1}


EXCEL = (
    "Good morning.\tGuten Morgen.\n"
    '"Well, go on."\t"Na, weiter."\n'
    '"She said: ""No."""\tSie sagte nein.\n'
    '"""Stop"""\t"""Halt"""\n'
)
PLAIN_EXCEL = (
    ["Good morning.", "Well, go on.", 'She said: "No."', '"Stop"'],
    ["Guten Morgen.", "Na, weiter.", "Sie sagte nein.", '"Halt"'],
)


@pytest.mark.parametrize(
    ("text", "pairs", "lines"),
    [
        (EXCEL, PLAIN_EXCEL, 3),
        # Other spreadsheets: quotation marks alone are a reason, or all fields stand in them.
        ('a, b\tc\n"a ""b"""\t"c"""\n', (["a, b", 'a "b"'], ["c", 'c"']), 1),
        ('"a b"\t"c"\n"d"\t"e, ""f"""\n', (["a b", "d"], ["c", 'e, "f"']), 2),
        (EXCEL.replace("\n", "\tCC-BY, by 5\r\n"), PLAIN_EXCEL, 3),
    ],
    ids=["excel", "for marks", "all", "more columns"],
)
def test_marks_of_a_spreadsheet_go(own, capsys, text, pairs, lines):
    data = translation_pairs("deu", own(text, "mine.txt"))
    assert (data.english, data.foreign) == pairs
    note = f"quotation marks around fields, as spreadsheets write them, taken off {lines} lines"
    assert f"; dropped: none; {note}, from your file (mine.txt)" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        '"Well, go on."\t"Na, weiter."\nHi, Tom.\tHallo Tom.\n',  # elsewhere a comma stands alone
        '"Stop"\t"Halt"\nHi.\tHallo.\n',  # nothing that would need them
        '"Well, go on."\tNa weiter.\nHe said "No."\tEr sagte nein.\n',  # others are bare
        '"Go on," he said. "Now."\tGeh.\n"Well, no."\tNein.\n',  # not doubled inside
    ],
)
def test_marks_of_a_sentence_stay(own, capsys, text):
    rows = [line.split("\t") for line in text.splitlines()]
    data = translation_pairs("deu", own(text))
    assert [data.english, data.foreign] == [[row[side] for row in rows] for side in (0, 1)]
    assert "spreadsheets" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("members", "way_out"),
    [
        (
            ["_about.txt", "deu.txt"],
            "Ask for that language: LANGUAGE = 'deu' in the parameters cell, SET=LANGUAGE=deu with make, "
            "'deu' in a call.",
        ),
        (["[Content_Types].xml", "xl/workbook.xml"], "Save the sheet as tab-separated text, UTF-8."),
        (["mimetype", "content.xml"], "Save the sheet as tab-separated text, UTF-8."),
        (["readme.txt"], ""),
    ],
    ids=["language", "xlsx", "ods", "other"],
)
def test_another_archive_is_shown_the_way(tmp_path, members, way_out):
    with zipfile.ZipFile(tmp_path / "mine", "w") as archive:
        for member in members:
            archive.writestr(member, LINES)
    what = f"{tmp_path / 'mine'}: the archive lacks fra.txt; found: {', '.join(members)}. {way_out}".strip()
    with pytest.raises(DataError, match=f"^{re.escape(what)}$"):
        translation_pairs("fra", tmp_path / "mine")


def test_29000_lines_as_of_multi30k(own):
    lines = [f"ein mann nummer {n} .\ta man number {n} ." for n in range(29_000)]
    data = translation_pairs("deu", own("\n".join(lines)))
    assert len(data.english) == len(data.foreign) == 29_000
    assert (data.english[-1], data.foreign[-1]) == ("ein mann nummer 28999 .", "a man number 28999 .")


FAULTS = {
    "one column": (
        "a\tb\n\nonly\nc\td\n",
        "line 3 has no tab: 'only'. Write a sentence, a tab and its translation",
    ),
    "commas": ("go,va\nhi,salut\n", "line 1 has no tab: 'go,va'"),
    "no archive": ("PKs are\n", "line 1 has no tab: 'PKs are'"),
    "empty": ("", "the file has 0 different pairs; dropped: 1 blank. Two are the least"),
    "one pair": ("a\tb\na\tb\n", "the file has 1 different pairs; dropped: 1 copies"),
    "latin-1": (b"\xe9\tb\n", "not UTF-8: it has the byte 0xe9 at 0, on line 1.*save it as UTF-8"),
    "late byte": (b"a\tb\n" * 9 + b"c\t\xe9\n", "not UTF-8: it has the byte 0xe9 at 38, on line 10"),
}


@pytest.mark.parametrize(("content", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_own_file_with_a_fault(own, content, message):
    path = own(content)
    with pytest.raises(DataError, match=f"^{re.escape(str(path))}: .*{message}"):
        translation_pairs("fra", path)


# -- plain text


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_texts_stand_between_blank_lines_or_one_a_line(own, capsys, end):
    paragraphs = ["\ufeff", "One line,", "and another.", "", " \t", "Второй", "", "", "第三段。", ""]
    data = plain_text(str(own(end.join(paragraphs), "mine.txt")))
    assert data.texts.tolist() == ["One line,\nand another.", "Второй", "第三段。"]
    assert data.texts.dtype == object and data.source == "full"
    assert capsys.readouterr().out == "Your data: 3 texts, from your file (mine.txt)\n"
    lines = plain_text(own(end.join(["", "one", " two ", "three", ""]), "mine.txt.gz"))
    assert lines.texts.tolist() == ["one", "two", "three"]


def test_plain_text_has_no_other_source(own, cache, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for word in ("auto", "cache", "", None):
        with pytest.raises(DataError, match=f"^source must be the path of your own file, got {word!r}"):
            plain_text(word)
    own("a text", "bundled")
    assert plain_text("bundled").texts.tolist() == ["a text"]
    with pytest.raises(DataError, match="got the folder"):
        plain_text(tmp_path)


def test_plain_text_with_a_fault(own, monkeypatch):
    for content, message in (
        (b" \n\n ", "there is no text in the file"),
        (b"ab\xff", "byte 0xff at 2, on line 1"),
    ):
        with pytest.raises(DataError, match=message):
            plain_text(own(content))
    monkeypatch.setattr(fetch.files, "MAX_TEXT", 300_000)
    with pytest.raises(DataError, match="more than 300,000 bytes of text"):
        plain_text(own("word " * 100_000, "mine.txt.gz"))


@pytest.mark.parametrize("order", ["<", ">"])
def test_unicode_text_of_a_spreadsheet_is_read(own, order):
    content = "\ufeffGo.\tVà !\r\nHi.\tSalut !\r\n".encode("utf-16-le" if order == "<" else "utf-16-be")
    data = translation_pairs("fra", own(content))
    assert (data.english, data.foreign) == (["Go.", "Hi."], ["Và !", "Salut !"])
