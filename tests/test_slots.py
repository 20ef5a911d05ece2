"""helpers.datasets.slots: SNIPS, its origin, the reader's own file. Talks to 127.0.0.1 only."""

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from origins import cut, files_in, status, whole

from helpers import datasets
from helpers.datasets import DataError, slots

FILES = {
    "snips/train/seq.in": "play  blue road\nto new haven \ngo\n",
    "snips/train/seq.out": "O B-track I-track\nO B-city I-city\nO\n",
    "snips/train/label": "Play\nGo\nGo\n",
    "snips/valid/seq.in": "play road\n",
    "snips/valid/seq.out": "O B-track\n",
    "snips/valid/label": "Play\n",
    "snips/test/seq.in": "to rome\nGo\n",
    "snips/test/seq.out": "O B-city\nO\n",
    "snips/test/label": "Go\nGo\n",
}
COUNTS = "3 training, 1 validation and 2 test requests of 2 intents, 2 kinds of slot"
LINES = {name.removeprefix("snips/"): text for name, text in FILES.items()}


def packed(files: dict[str, str | bytes] = FILES, method: int = zipfile.ZIP_DEFLATED, **changes) -> bytes:
    """The archive, members changed that are named `train_in`, `valid_label` …, None leaving one out."""
    names = {"in": "seq.in", "out": "seq.out", "label": "label"}
    for key, text in changes.items():
        part, _, kind = key.partition("_")
        files = files | {f"snips/{part}/{names[kind]}": text}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, text in files.items():
            if text is not None:
                archive.writestr(name, text)
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def no_network(cache, monkeypatch):
    monkeypatch.setattr(datasets._slots, "URL", "http://127.0.0.1:9/snips")


@pytest.fixture
def origin(server, monkeypatch):
    """The nine files by their path; what a test puts into `faults` comes in place of one."""
    server.faults, server.asked = {}, []

    def answer(handler):
        name = handler.path.removeprefix("/data/snips/")
        server.asked.append(name)
        server.faults.get(name, whole(LINES[name].encode()))(handler)

    server.answers = [answer]
    monkeypatch.setattr(datasets._slots, "URL", f"http://127.0.0.1:{server.server_port}/data/snips")
    monkeypatch.setattr(datasets._slots, "SIZES", (3, 1, 2))
    return server


@pytest.fixture
def own(save):
    def write(content: str | bytes | list, name: str = "mine.conll") -> Path:
        if isinstance(content, list):
            content = "\n".join(map(json.dumps, content))
        return save(content, name)

    return write


# -- the origin and the cache


def test_origin_is_pinned(monkeypatch):
    monkeypatch.undo()
    assert datasets._slots.URL == "https://raw.githubusercontent.com/MiuLab/SlotGated-SLU/master/data/snips"
    assert datasets._slots.SIZES == (13_084, 700, 700)  # Goo et al. (2018), table 1


def test_nine_files_become_one_archive(cache, origin, capsys):
    data = slots()
    assert data.train.words == [["play", "blue", "road"], ["to", "new", "haven"], ["go"]]
    assert data.train.tags == [["O", "B-track", "I-track"], ["O", "B-city", "I-city"], ["O"]]
    assert data.train.intents == ["Play", "Go", "Go"]
    assert data.validation == ([["play", "road"]], [["O", "B-track"]], ["Play"])
    assert data.test == ([["to", "rome"], ["Go"]], [["O", "B-city"], ["O"]], ["Go", "Go"])
    assert data.classes == ("Go", "Play") and data.source == "full"
    assert data.tags == ("O", "B-city", "B-track", "I-city", "I-track")
    assert origin.asked == list(LINES) and files_in(cache) == ["snips.zip"]
    with zipfile.ZipFile(cache / "snips.zip") as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == FILES
    line = f"SNIPS: {COUNTS}; 1 of the test stand in training too, from the public origin, now in the cache"
    assert capsys.readouterr().out == f"{line} (snips.zip)\n"
    assert slots("cache").test == data.test and len(origin.asked) == 9


FAULTS = {
    "404": (status(404), "/data/snips/valid/seq.out answered 404 Not Found"),
    "truncated": (cut(b"play road\n" * 100), "/data/snips/valid/seq.out cut the connection"),
    "half": (whole(b"O"), "line 1 of snips/valid has 2 words, but 1 tags"),
    "more": (
        whole(b"O B-track\nO\n"),
        "in snips/valid, seq.in has 1 lines, seq.out has 2 lines, label has 1",
    ),
    "a page": (whole(b"<html> </html>"), "line 1 of snips/valid has the tag '<html>'"),
}


@pytest.mark.parametrize(("answer", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_fault_leaves_nothing(cache, origin, answer, message):
    origin.faults["valid/seq.out"] = answer
    with pytest.raises(DataError, match=f"{message}.*Check the connection.*snips.zip"):
        slots("online")
    assert files_in(cache) == []


def test_other_counts_are_refused(cache, origin, monkeypatch):
    monkeypatch.setattr(datasets._slots, "SIZES", (3, 2, 2))
    with pytest.raises(DataError, match=r"has \(3, 1, 2\) requests in its three parts, \(3, 2, 2\) expected"):
        slots("online")
    monkeypatch.setattr(datasets._slots, "MAX_BYTES", 20)
    with pytest.raises(DataError, match="train/seq.in sends 33 bytes, at most 20 expected"):
        slots("online")
    assert files_in(cache) == []


def test_sample_when_nothing_else_answers(capsys):
    assert slots().source == "sample"
    assert "This is the small sample (no snips.zip in the cache; http" in capsys.readouterr().out


DAMAGED = {
    "half": (packed()[:-40], "snips/train/seq.in: the file cannot be read .File is not a zip file"),
    "bit flipped": (
        packed(method=zipfile.ZIP_STORED).replace(b"play road", b"play roar"),
        "snips/valid/seq.in: the file cannot be read .Bad CRC-32",
    ),
    "member": (
        packed(test_label=None),
        "snips/test/label: the archive lacks snips/test/label; found: snips/tr",
    ),
    "latin-1": (
        packed(test_in="caf\xe9 rome\nGo".encode("latin-1")),
        "test/seq.in: .*byte 0xe9 at 3, on line 1",
    ),
    "blank line": (packed(test_in="to rome\n\n"), "line 2 of snips/test has no words"),
    "no tags": (packed(test_out="O B-city\n \n"), "line 2 of snips/test has 1 words, but 0 tags"),
    "some intents": (
        packed(test_label="Go\n\n"),
        "line 2 of snips/test has no intent, and 5 others have one",
    ),
    "unseen": (
        packed(test_label="Go\nStop\n"),
        "the test part has intents that no training request shows: Stop",
    ),
    "no slots": (packed(train_out="O O O\nO O O\nO\n"), "no word of the training requests has a slot"),
    "a page": (b"<html>", "line 1 has a word, but no tag: '<html>'"),
    "empty": (b"", "there is no request in the file"),
}


@pytest.mark.parametrize(("content", "message"), DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_cache_is_named(cache, content, message):
    cache.mkdir()
    (cache / "snips.zip").write_bytes(content)
    with pytest.raises(DataError, match=rf"snips\.zip in the cache is damaged.*{message}"):
        slots("cache")


def test_member_is_bounded(cache, monkeypatch):
    monkeypatch.setattr(datasets.fetch.files, "MAX_TEXT", 1_500_000)
    cache.mkdir()
    (cache / "snips.zip").write_bytes(packed(valid_in="go " * 800_000))
    with pytest.raises(DataError, match="snips/valid/seq.in: the file has more than 1,500,000 bytes of text"):
        slots("cache")


# -- the reader's own file


def rows(*given: tuple) -> list[dict]:
    return [dict(zip(("words", "tags", "intent", "split"), row, strict=False)) for row in given]


GO, STAY = (["go", "to", "rome"], ["O", "O", "B-city"]), (["stay"], ["O"])


@pytest.mark.parametrize("name", ["mine.jsonl", "mine.txt.gz", "mine.json"])
def test_own_json_lines(own, capsys, name):
    given = rows((*GO, "Go", "train"), (*STAY, "Stay", "train"), (*GO, "Go", "dev"), (*STAY, "Stay", "test"))
    data = slots(
        own([*given, {"words": ["Cafe\u0301"], "tags": ["B-place"], "intent": "Go", "split": "test"}], name)
    )
    assert data.train == ([["go", "to", "rome"], ["stay"]], [["O", "O", "B-city"], ["O"]], ["Go", "Stay"])
    assert data.test == ([["stay"], ["Café"]], [["O"], ["B-place"]], ["Stay", "Go"])
    assert (data.classes, data.tags, data.source) == (("Go", "Stay"), ("O", "B-city"), "full")
    line = "Your data: 2 training, 1 validation and 2 test requests of 2 intents, 1 kinds of slot"
    notes = "1 of the test stand in training too; tags that no training request has: B-place"
    assert capsys.readouterr().out == f"{line}; {notes}, from your file ({name})\n"


COLUMNS = """\
# intent: Go
# split: train
go O
to\tO
new NN I-NP B-city
haven NN I-NP I-city

#sent_id = 2
# intent: Stay home
# split: train

# O
me\tO
# split: validation
# intent: Go
 \t
rome B-city

# intent=Go
#split=test
rome\tB-city
paris\tI-name
# a remark
x\tI-name
y\tI-city"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_own_columns(own, capsys, end):
    text = COLUMNS.replace("me\tO\n", "me\tO\n\n").replace("\n", end)
    data = slots(own(text))
    assert data.train.words == [["go", "to", "new", "haven"], ["#", "me"]]
    assert data.train.tags == [["O", "O", "B-city", "I-city"], ["O", "O"]]
    assert data.train.intents == ["Go", "Stay home"] and data.validation.words == [["rome"]]
    assert data.test == ([["rome", "paris", "x", "y"]], [["B-city", "B-name", "I-name", "B-city"]], ["Go"])
    notes = "tags that no training request has: B-name, I-name; 2 tags I-… at the start of a slot became B-…"
    assert notes in capsys.readouterr().out


def test_iob1_becomes_iob2(own, capsys):
    """The older scheme, in which B- stands only where two slots of a kind touch."""
    sentence = "a I-x\nb I-x\nc B-x\nd I-y\ne O\nf I-y\n\n"
    other = "".join(f"g{n} O\nh B-x\n\n" for n in range(8))
    data = slots(own(sentence + other))
    tags = {tuple(words): tags for part in (data.train, data.validation, data.test)
            for words, tags in zip(part.words, part.tags, strict=True)}  # fmt: skip
    assert tags[tuple("abcdef")] == ["B-x", "I-x", "B-x", "B-y", "O", "B-y"]
    out = capsys.readouterr().out
    assert "3 tags I-… at the start of a slot became B-…" in out and "of 0 intents, " in out
    assert data.classes == () and set(data.train.intents) == {""}
    assert (len(data.train.words), len(data.validation.words), len(data.test.words)) == (6, 1, 2)


def test_parts_are_drawn_by_different_sentences(own, capsys):
    given = [([f"w{n}", "x"], ["O", "B-x"], name) for name in ("a", "b") for n in range(name == "b", 60, 2)]
    data = slots(own(rows(*given, *given[:7])))
    sizes = [len(part.words) for part in (data.train, data.validation, data.test)]
    assert sum(sizes) == 67 and sizes[1] >= 6 and sizes[2] >= 12
    sets = [{tuple(words) for words in part.words} for part in (data.train, data.validation, data.test)]
    assert [len(several) for several in sets] == [42, 6, 12]
    assert not sets[0] & sets[1] and not sets[0] & sets[2] and not sets[1] & sets[2]
    assert "no split is named" in capsys.readouterr().out


WRONG = {
    "more words": ('{"words": ["a", "b"], "tags": ["O"]}\n', "line 1 has 2 words, but 1 tags. Write"),
    "more tags": (rows(GO, (["a"], ["O", "O"])), "line 2 has 1 words, but 2 tags"),
    "no tags": ('{"words": ["a"], "intent": "x"}\n', "line 1 has no list tags; found: words, intent. Write"),
    "a text": ('{"words": "a b", "tags": ["O", "O"]}\n', "line 1 has no list words; found: words, tags"),
    "no words": ('{"words": [], "tags": []}\n', "line 1 has no words"),
    "empty word": (rows((["a", ""], ["O", "O"])), "word 2 of line 1 must be a string .*got ''"),
    "number": (rows(([3], ["O"])), "word 1 of line 1 must be a string with something in it, got 3"),
    "space": (
        rows((["new york"], ["B-city"])),
        "line 1 has a word with a space: 'new york'. Make it several",
    ),
    "tag": (rows((["a"], ["city"])), "line 1 has the tag 'city'. Tags are O, B-kind and I-kind"),
    "bare tag": (rows((["a"], ["B-"])), "line 1 has the tag 'B-'"),
    "no tag": (rows((["a"], [None])), "line 1 has the tag None"),
    "intent": (rows((*GO, 7)), "the intent of line 1 must be a string .*got 7"),
    "some intents": (
        rows((*GO, "Go"), (["a"], ["O"]), (["b"], ["O"]), (["c"], ["O"])),
        "line 2 has no intent, and 1",
    ),
    "part": (rows((*GO, "Go", "all")), "line 1 has the split 'all'. Write one of train, validation, test"),
    "some parts": (rows((*GO, "Go", "train"), (*STAY, "Go")), "line 2 has no split, and 1 others have one"),
    "too few": (
        rows((*GO, "Go"), (*STAY, "Go")),
        "the file has 2 requests, and none is left for validation, test",
    ),
    "no JSON": ('{"words": ["a"], "tags": ["O"]}\n{"words"\n', "line 2 is no JSON .*: '{.words.'. Write"),
    "comment of another": (
        "# intent: Go\n# split: train\ngo B-x\n\nstay O\n",
        "the sentence on line 5 has no split, and 1 others have one",
    ),
    "one column": ("go O\nrome\n", "line 2 has a word, but no tag: 'rome'. Write"),
    "no word": (
        "go O\n\tO\n",
        "word 2 of the sentence on line 1 must be a string with something in it, got ''",
    ),
    "IOBES": ("\n\ngo O\nrome S-city\n", "the sentence on line 3 has the tag 'S-city'"),
    "long": (rows(*[(["a"] * 3000, ["O"] * 2999)]), "line 1 has 3000 words, but 2999 tags"),
    "latin-1": ("go O\ncafé B-x\n".encode("latin-1"), "not UTF-8: it has the byte 0xe9 at 8, on line 2"),
}


@pytest.mark.parametrize(("content", "message"), WRONG.values(), ids=WRONG.keys())
def test_own_file_with_a_fault(own, content, message):
    path = own(content)
    with pytest.raises(DataError, match=f"^{re.escape(str(path))}: .*{message}"):
        slots(path)
