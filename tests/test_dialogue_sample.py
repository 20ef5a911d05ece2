"""data/intents-sample.json.gz, data/slots-sample.zip and the grammars behind them."""

import gzip
import json
import re
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

import make_dialogue_sample as maker
import numpy as np
import pytest
from origins import check_rebuilt, unpacked
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from helpers import datasets

DATA = Path(__file__).resolve().parent.parent / "data"
INTENTS, SLOTS = DATA / "intents-sample.json.gz", DATA / "slots-sample.zip"
PAIRS = (*maker.ACTIONS, *maker.DIRECTIONS)


@pytest.fixture(scope="module")
def intents():
    return datasets.intents("bundled")


@pytest.fixture(scope="module")
def slots():
    return datasets.slots("bundled")


def words(text: str) -> str:
    return " ".join(re.findall(r"[\w']+", text))


# -- the files


def test_script_rebuilds_the_samples():
    check_rebuilt(INTENTS, maker.build_intents())
    check_rebuilt(SLOTS, maker.build_slots())
    with zipfile.ZipFile(SLOTS) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_intents_have_the_form_of_the_full_data(intents):
    lists = json.loads(gzip.decompress(INTENTS.read_bytes()))
    sizes = {"train": 2_000, "val": 400, "test": 1_000, "oos_train": 60, "oos_val": 100, "oos_test": 300}
    assert {key: len(rows) for key, rows in lists.items()} == sizes
    assert set(intents.classes) == {name for pair in PAIRS for name in pair} | {"balance", "weather"}
    for part, each in ((intents.train, 100), (intents.validation, 20), (intents.test, 50)):
        assert np.bincount(part.intents[part.intents >= 0]).tolist() == [each] * 20
        assert all(re.fullmatch(r"[a-z0-9][a-z0-9', ]+", text) for text in part.texts)
        assert max(len(text.split()) for text in part.texts) <= 32


def test_no_text_stands_in_two_parts(intents, slots):
    for data in (intents, slots):
        parts = (data.train, data.validation, data.test)
        texts = [part.texts if data is intents else map(" ".join, part.words) for part in parts]
        train, validation, test = ({words(text) for text in several} for several in texts)
        assert not train & validation and not train & test and not validation & test


def test_what_is_out_of_scope_is_said_in_known_words(intents):
    known = Counter(
        word
        for text, label in zip(intents.train.texts, intents.train.intents, strict=True)
        if label >= 0
        for word in words(text).split()
    )
    outside = [
        text for text, label in zip(intents.test.texts, intents.test.intents, strict=True) if label < 0
    ]
    shares = [np.mean([word in known for word in words(text).split()]) for text in outside]
    assert 0.6 < np.mean(shares) < 0.9


def accuracy(intents, longest: int) -> tuple[float, dict[str, float]]:
    """Of TF-IDF with a linear SVM, on texts in scope; and that of each intent."""
    train, test = (
        (np.array(part.texts, object)[part.intents >= 0], part.intents[part.intents >= 0])
        for part in (intents.train, intents.test)
    )
    bag = TfidfVectorizer(token_pattern=r"[\w']+", ngram_range=(1, longest), sublinear_tf=True)
    guesses = LinearSVC().fit(bag.fit_transform(train[0]), train[1]).predict(bag.transform(test[0]))
    right = guesses == test[1]
    return right.mean(), {name: right[test[1] == n].mean() for n, name in enumerate(intents.classes)}


def test_a_bag_of_words_falls_short_where_order_decides(intents):
    whole, each = accuracy(intents, 1)
    assert 0.55 < whole < 0.78
    assert each["balance"] > 0.95 and each["weather"] > 0.95
    halves = [np.mean([each[name] for name in pair]) for pair in PAIRS]
    assert max(halves) < 0.85 and min(halves) < 0.6
    assert 0.7 < accuracy(intents, 2)[0] < 0.87  # pairs of words help, but do not reach


def test_swapped_ends_are_the_other_intent():
    for frames, one, other in maker.DIRECTIONS.values():
        for frame in frames:
            texts = []
            for a, b in ((one, other), (other, one)):
                texts.append(maker.direction(maker.Writer(3), "train", [frame], a, b))
            assert texts[0] != texts[1], frame
            pronouns = r"\b(me|i|owes?|ha(ve|s)|gets?)\b"
            rest = [Counter(words(re.sub(pronouns, "", text)).split()) for text in texts]
            if one == "i":
                assert rest[0] == rest[1], texts


@pytest.mark.parametrize(
    ("frame", "giver", "taken", "given"),
    [
        ("note that {b} owes {a} 5", "i", "note that i owe ben 5", "note that ben owes me 5"),
        ("{b} still has to give {a} 5", "i", "i still have to give ben 5", "ben still has to give me 5"),
        ("{a} gets 5 back from {b}", "i", "ben gets 5 back from me", "i get 5 back from ben"),
        ("{a} lent 5 to {b}", "i", "ben lent 5 to me", "i lent 5 to ben"),
    ],
)
def test_i_and_me(monkeypatch, frame, giver, taken, given):
    monkeypatch.setitem(maker.WORDS, "name", "ben")
    writer = maker.Writer(0)
    assert maker.direction(writer, "train", [frame], giver, "{name}") == given
    assert maker.direction(writer, "train", [frame], "{name}", giver) == taken


def test_hard_requests_name_both_actions():
    for (one, _), (wanted, contrary, objects) in maker.ACTIONS.items():
        verbs = [
            {form.replace("_", "").split()[0] for form in re.split("[|:]", v)} for v in (wanted, contrary)
        ]
        writer, both = maker.Writer(5), 0
        for _ in range(400):
            said = set(maker.action(writer, "train", wanted, contrary, objects).split())
            assert said & verbs[0], one
            both += bool(said & verbs[1])
        assert 0.6 < both / 400 <= 1


# -- slots


def spans(tags: list[str]) -> set[tuple[int, int, str]]:
    found, start = set(), None
    for place, tag in enumerate([*tags, "O"]):
        if start is not None and tag[0] != "I":
            found.add((start, place, tags[start][2:]))
            start = None
        if tag[0] == "B":
            start = place
    return found


def test_slots_have_the_form_of_the_full_data(slots, capsys):
    assert [len(part.words) for part in (slots.train, slots.validation, slots.test)] == [2_500, 300, 600]
    assert set(slots.classes) == set(maker.REQUESTS) and len(slots.classes) == 7
    assert {tag[2:] for tag in slots.tags} - {""} == set(maker.KINDS) and len(maker.KINDS) == 16
    assert list(unpacked(SLOTS.read_bytes())) == [
        f"snips/{part}/{file}"
        for part in ("train", "valid", "test")
        for file in ("seq.in", "seq.out", "label")
    ]
    datasets.slots("bundled")
    assert "became B-" not in capsys.readouterr().out  # IOB2 as it stands
    counts = Counter(slots.train.intents)
    assert min(counts.values()) > 300 and max(len(several) for several in slots.train.words) <= 30


def test_values_are_partly_new_in_the_test(slots):
    values = {}
    for name in ("train", "test"):
        part = getattr(slots, name)
        values[name] = [
            " ".join(said[start:end])
            for said, tags in zip(part.words, part.tags, strict=True)
            for start, end, _ in spans(tags)
        ]
    known = set(values["train"])
    assert 0.3 < np.mean([value not in known for value in values["test"]]) < 0.6


def test_the_same_words_fill_different_slots(slots):
    kinds = defaultdict(set)
    for part in (slots.train, slots.test):
        for said, tags in zip(part.words, part.tags, strict=True):
            for start, end, kind in spans(tags):
                kinds[" ".join(said[start:end])].add(kind)
    assert kinds["rome"] == {"city", "from_city", "to_city"}
    assert {"artist", "person"} <= kinds["ben"] and {"amount", "party_size", "time"} <= kinds["four"]
    assert sum({"film", "book", "track"} <= found for found in kinds.values()) >= 10


def test_most_frequent_tag_falls_short(slots):
    counts = defaultdict(Counter)
    for said, tags in zip(slots.train.words, slots.train.tags, strict=True):
        for word, tag in zip(said, tags, strict=True):
            counts[word][tag] += 1
    best = {word: tags.most_common(1)[0][0] for word, tags in counts.items()}
    right = known = guessed = 0
    for said, tags in zip(slots.test.words, slots.test.tags, strict=True):
        truth, guess = spans(tags), spans([best.get(word, "O") for word in said])
        right, known, guessed = right + len(truth & guess), known + len(truth), guessed + len(guess)
    assert 0.1 < 2 * right / (known + guessed) < 0.4
