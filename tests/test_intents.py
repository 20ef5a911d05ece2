"""helpers.datasets.intents: CLINC150, its origin, the reader's own file. Talks to 127.0.0.1 only."""

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
from origins import faults_of_pinned, files_in, whole

from helpers import datasets
from helpers.datasets import DataError, intents

LISTS = {
    "oos_val": [["is the moon far", "oos"]],
    "train": [["turn it on", "on"], ["on with it", "on"], ["turn it  off", "off"]],
    "val": [["off please", "off"]],
    "test": [["on please", "on"], ["Turn it off", "off"]],
    "oos_test": [["who are you", "oos"], ["why", "oos"]],
    "oos_train": [["what for", "oos"]],
}
BODY = json.dumps(LISTS, indent=4).encode()
COUNTS = "3 training, 1 validation and 2 test texts in 2 intents, and 1, 1 and 2 out of scope"


@pytest.fixture(autouse=True)
def no_network(cache, monkeypatch):
    monkeypatch.setattr(datasets._intents, "URL", "http://127.0.0.1:9/data_full.json")


@pytest.fixture
def origin(server, monkeypatch):
    server.answers = [whole(BODY)]
    monkeypatch.setattr(datasets._intents, "URL", f"http://127.0.0.1:{server.server_port}/data_full.json")
    monkeypatch.setattr(datasets._intents, "SIZE", len(BODY))
    monkeypatch.setattr(datasets._intents, "SHA256", hashlib.sha256(BODY).hexdigest())
    return server


@pytest.fixture
def own(save):
    def write(content: str | bytes | list, name: str = "mine.jsonl") -> Path:
        if isinstance(content, list):
            content = "\n".join(map(json.dumps, content))
        return save(content, name)

    return write


# -- the origin and the cache


def test_origin_is_pinned(monkeypatch):
    monkeypatch.undo()
    module = datasets._intents
    assert module.URL == "https://raw.githubusercontent.com/clinc/oos-eval/master/data/data_full.json"
    assert module.SIZE == 2_495_390
    assert module.SHA256 == "36923c3705a59e08fe9c3883d8bc2dd966ef93e22cb78ac41171782a698d56e0"


def test_the_file_is_stored_as_it_is(cache, origin, capsys):
    data = intents()
    assert data.train.texts == ["turn it on", "on with it", "turn it off", "what for"]
    assert data.train.intents.tolist() == [1, 1, 0, -1] and data.train.intents.dtype == np.int32
    assert (data.validation.texts, data.validation.intents.tolist()) == (
        ["off please", "is the moon far"],
        [0, -1],
    )
    assert data.test.texts == ["on please", "Turn it off", "who are you", "why"]
    assert data.test.intents.tolist() == [1, 0, -1, -1]
    assert (data.classes, data.source) == (("off", "on"), "full")
    assert (cache / "clinc150.json").read_bytes() == BODY
    note = "1 of the test stand in training too"
    line = f"CLINC150: {COUNTS}; {note}, from the public origin, now in the cache (clinc150.json)\n"
    assert capsys.readouterr().out == line
    assert intents("cache").test.texts == data.test.texts and origin.requests == 1
    assert "from the cache (clinc150.json)" in capsys.readouterr().out


FAULTS = faults_of_pinned(BODY)


@pytest.mark.parametrize(("answer", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_fault_leaves_nothing(cache, origin, answer, message):
    origin.answers = [answer]
    with pytest.raises(DataError, match=f"{message}.*Check the connection.*clinc150.json"):
        intents("online")
    assert files_in(cache) == []


def test_sample_when_nothing_else_answers(capsys):
    data = intents()
    out = capsys.readouterr().out
    assert data.source == "sample" and "This is the small sample (no clinc150.json in the cache; http" in out


def changed(**lists) -> bytes:
    return json.dumps({key: value for key, value in (LISTS | lists).items() if value is not None}).encode()


DAMAGED = {
    "half": (BODY[: len(BODY) // 2], "line 1 is no JSON .*: '{'"),
    "a page": (b"<html>Not Found</html>", "line 1 is no JSON .*'<html>Not Found</html>'"),
    "a list": (b"[1]", r"line 1 is no JSON object: '\[1\]'"),
    "no list": (
        changed(oos_val=None),
        "the file has no list oos_val; found: train, val, test, oos_test, oos_train",
    ),
    "no pair": (
        changed(val=[["a", "on", "b"]]),
        r"entry 1 of val is no \[text, intent\]: \['a', 'on', 'b'\]",
    ),
    "number": (
        changed(test=[["a", "on"], [3, "on"]]),
        "the text of entry 2 of test must be a string .*got 3",
    ),
    "blank": (changed(test=[["a", " "]]), "the intent of entry 1 of test must be .*something in it, got ' '"),
    "oos inside": (changed(val=[["a", "oos"]]), "entry 1 of val has the intent 'oos'"),
    "inside oos": (changed(oos_val=[["a", "on"]]), "entry 1 of oos_val has the intent 'on'"),
    "unseen": (changed(test=[["a", "up"]]), "the test part has intents that no training request shows: up"),
    "one intent": (
        changed(train=[["a", "off"]], test=[["b", "off"]]),
        "training has 1 intents",
    ),
    "no test": (
        changed(test=[], oos_test=[]),
        "the file has 6 requests, and none is left for test",
    ),
    "only oos": (changed(val=[]), "every text for validation is out of scope"),
    "half a letter": (changed(val=[["\ud83d", "on"]]), "the text of entry 1 of val has half of a surrogate"),
    "deep": (b"[" * 100_000, "line 1 is no JSON .nested too deeply"),
}


@pytest.mark.parametrize(("content", "message"), DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_cache_is_named(cache, content, message):
    cache.mkdir()
    (cache / "clinc150.json").write_bytes(content)
    with pytest.raises(DataError, match=rf"clinc150\.json in the cache is damaged.*{message}"):
        intents("cache")


# -- the reader's own file


def rows(*given: tuple) -> list[dict]:
    return [dict(zip(("text", "intent", "split"), row, strict=False)) for row in given]


@pytest.mark.parametrize("name", ["mine.jsonl", "mine.txt.gz", "mine.json"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_own_lines_with_parts(own, capsys, name, end):
    given = rows(
        ("Cafe\u0301\tau\u00a0lait", "drink", "train"),
        ("weiter", "go", "Training"),
        ("who", "oos", "dev"),
        ("trink", "drink", "valid"),
        ("one more", "drink", "val"),
        ("lauf", "go", "test"),
    )
    text = "\ufeff" + end.join(["", *map(json.dumps, given), "  ", ""])
    data = intents(own(text, name))
    assert data.train.texts == ["Café au lait", "weiter"] and data.classes == ("drink", "go")
    assert data.validation.texts == ["who", "trink", "one more"]
    assert data.validation.intents.tolist() == [-1, 0, 0] and data.test.intents.tolist() == [1]
    line = "2 training, 2 validation and 1 test texts in 2 intents, and 0, 1 and 0 out of scope"
    assert capsys.readouterr().out == f"Your data: {line}, from your file ({name})\n"
    assert data.source == "full"


def test_own_file_in_the_form_of_the_full_data(own):
    assert intents(own(BODY.decode(), "mine.json")).classes == ("off", "on")


def drawn(order: int = 1) -> list[dict]:
    given = [(f"{name} number {n}", name) for name in ("a", "b", "oos") for n in range(20)]
    given += [(f"A  Number {n}", "a") for n in range(20)] + [("rare", "c"), ("rarer", "c")]
    return rows(*given[::order])


def test_parts_are_drawn_by_different_texts(own, capsys):
    data = intents(own(drawn()))
    parts = {part: getattr(data, part) for part in ("train", "validation", "test")}
    for label, sizes in ((0, [28, 4, 8]), (1, [14, 2, 4]), (-1, [14, 2, 4])):
        assert [int((part.intents == label).sum()) for part in parts.values()] == sizes
    assert (data.train.intents == 2).sum() == 2  # two texts of an intent are too few to be divided
    places = {name: {text.lower() for text in part.texts} for name, part in parts.items()}
    assert (
        sum(map(len, places.values())) == len(set.union(*places.values())) == 62
    )  # "A Number 3" is "a number 3"
    out = capsys.readouterr().out
    assert (
        "no split is named, so of each intent 20% of its different texts became the test and 10% the" in out
    )
    again = intents(own(drawn(-1)))  # the order of the file does not matter
    assert sorted(again.test.texts) == sorted(data.test.texts)
    assert sorted(again.validation.texts) == sorted(data.validation.texts)


WRONG = {
    "no JSON": (
        '{"text": "a", "intent": "x"}\nturn it on\ton\n',
        r"line 2 is no JSON .*: 'turn it on\\ton'. Write",
    ),
    "no intent": ('{"text": "a", "label": "x"}\n', "line 1 has no intent; found: text, label. Write"),
    "nothing": ("\n{}\n", "line 2 has no text, intent; found: nothing"),
    "null": ('{"text": null, "intent": "x"}\n', "the text on line 1 must be a string .*got None"),
    "empty text": (
        '{"text": " ", "intent": "x"}\n',
        "the text on line 1 must be .* something in it, got ' '",
    ),
    "number": ('{"text": "a", "intent": 7}\n', "the intent on line 1 must be a string .*got 7"),
    "empty": ("", "there is no request in the file"),
    "latin-1": ('{"text": "é"}\n'.encode("latin-1"), "not UTF-8: it has the byte 0xe9 at 10, on line 1"),
    "unknown part": (
        rows(("a", "x", "train"), ("b", "x", "eval")),
        "line 2 has the split 'eval'. Write one of",
    ),
    "numbered part": (rows(("a", "x", 1)), "line 1 has the split 1. Write one of train, validation, test"),
    "some parts": (rows(("a", "x", "train"), ("b", "x")), "line 2 has no split, and 1 others have one. Name"),
    "no validation": (
        rows(("a", "x", "train"), ("b", "y", "train"), ("c", "x", "test")),
        "3 requests, and none is left for validation. Name all three parts",
    ),
    "too few": (
        rows(("a", "x"), ("b", "x"), ("c", "y")),
        "3 requests, and none is left for validation, test. W",
    ),
    "one intent": (rows(("a", "x"), ("b", "x"), ("c", "x"), ("d", "x")), "training has 1 intents"),
}


@pytest.mark.parametrize(("content", "message"), WRONG.values(), ids=WRONG.keys())
def test_own_file_with_a_fault(own, content, message):
    path = own(content)
    with pytest.raises(DataError, match=f"^{re.escape(str(path))}: .*{message}"):
        intents(path)


def test_text_is_bounded(own, monkeypatch):
    monkeypatch.setattr(datasets.fetch.files, "MAX_TEXT", 100_000)
    with pytest.raises(DataError, match="more than 100,000 bytes of text"):
        intents(own(rows(*[("word " * 100, "x")] * 3000), "mine.jsonl.gz"))
