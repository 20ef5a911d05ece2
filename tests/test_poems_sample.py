"""The bundled quatrains: counts, form, tone, rhyme, no line twice, and the script that makes them."""

import gzip
import hashlib
import json
import re
import zlib
from collections import Counter
from pathlib import Path

import make_poems_sample
import pytest

from helpers import prosody

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "data" / "tang-sample.json.gz"


@pytest.fixture(scope="module")
def entries():
    return json.loads(gzip.decompress(FILE.read_bytes()))


@pytest.fixture(scope="module")
def poems(entries):
    return [re.findall("[^，。]+", "".join(entry["paragraphs"])) for entry in entries]


def test_entries_have_the_form_of_the_full_data(entries):
    assert len(entries) == 512
    for entry in entries:
        assert set(entry) == {"author", "title", "paragraphs", "id"}
        assert entry["author"] == "本书自制" and len(entry["paragraphs"]) == 2
        for couplet in entry["paragraphs"]:
            assert re.fullmatch("([一-鿿]{5}，[一-鿿]{5}|[一-鿿]{7}，[一-鿿]{7})。", couplet)
    assert len({entry["title"] for entry in entries}) == len({entry["id"] for entry in entries}) == 512
    themes = Counter(entry["title"].split("其")[0] for entry in entries)
    assert len(themes) == 16 and set(themes.values()) == {32}
    assert [entry["title"] for entry in entries[::16]][8:12] == [
        "山居其九",
        "山居其十",
        "山居其十一",
        "山居其十二",
    ]
    assert entries[19 * 16]["title"] == "山居其二十" and entries[20 * 16]["title"] == "山居其二十一"


def test_half_are_of_five_characters_half_of_seven(poems):
    assert Counter(prosody.form(poem) for poem in poems) == {"5x4": 256, "7x4": 256}


def test_every_poem_keeps_one_tone_pattern_and_rhymes(poems):
    patterns = Counter()
    for poem in poems:
        name, rate = prosody.best_pattern(poem)
        assert rate == 1.0, poem
        patterns[name] += 1
    assert min(patterns.values()) > 30 and len(patterns) == 4
    assert prosody.rhyme_rate(poems, level=True) == 1.0
    classes = Counter(prosody.rhyme(poem[1][-1]) for poem in poems)
    assert len(classes) >= 7 and max(classes.values()) < 0.3 * 512


def test_no_line_nor_its_end_stands_twice(poems):
    lines = [line for poem in poems for line in poem]
    assert len({line[-5:] for line in lines}) == len(lines) == 2048
    assert not {line[-5:] for line in lines} & set(make_poems_sample.KNOWN.split())


def test_poems_repeat_only_doubled_characters(poems):
    for poem in poems:
        undoubled = re.sub(r"(.)\1", r"\1", " ".join(poem)).replace(" ", "")
        assert len(set(undoubled)) == len(undoubled), poem


def test_language_is_varied(poems):
    characters = Counter("".join(line for poem in poems for line in poem))
    assert len(characters) > 700
    assert characters.most_common(1)[0][1] < 0.35 * 512
    assert max(Counter(line[-3:] for poem in poems for line in poem).values()) <= 12


def test_poems_keep_to_their_season_and_weather(entries):
    for entry in entries:
        text = "".join(entry["paragraphs"])
        if entry["title"].startswith("夜雨"):
            assert "雨" in text and not re.search("月色|斜阳|晴", text)
        if entry["title"].startswith("雪意"):
            assert "雪" in text and not re.search("[荷莲蝉莺燕]", text)


def test_script_rebuilds_the_sample():
    stored, built = FILE.read_bytes(), make_poems_sample.build()
    assert gzip.decompress(built) == gzip.decompress(stored)
    assert built[:10] == stored[:10] and built[4:8] == bytes(4)  # no time in the header
    if "ng" not in zlib.ZLIB_RUNTIME_VERSION:  # another zlib packs the same text into other bytes
        assert built == stored
    assert hashlib.sha256(stored).hexdigest() in (ROOT / "data" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("荷花", ("夏", "晨昼暮夜", "晴阴雨雪", "野边客古")),
        ("落日", ("春夏秋冬", "暮", "晴", "野边客古")),
        ("似梨花", ("春夏秋冬", "晨昼暮夜", "晴阴雨雪", "野边客古")),
        ("满弓刀", ("春夏秋冬", "晨昼暮夜", "晴阴雨雪", "边")),
    ],
)
def test_phrases_know_when_they_suit(phrase, expected):
    assert make_poems_sample.suits(phrase) == tuple(map(set, expected))


@pytest.mark.parametrize(
    ("number", "name"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (32, "三十二")]
)
def test_numerals(number, name):
    assert make_poems_sample.numeral(number) == name
