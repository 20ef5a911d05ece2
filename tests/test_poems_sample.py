"""The bundled quatrains: counts, form, tone, rhyme, no line twice, and the script that makes them."""

import gzip
import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import make_poems_sample
import pytest
from origins import check_rebuilt

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
    assert len(entries) == 3_840
    for entry in entries:
        assert set(entry) == {"author", "title", "paragraphs", "id"}
        assert entry["author"] == "本书自制" and len(entry["paragraphs"]) == 2
        for couplet in entry["paragraphs"]:
            assert re.fullmatch("([一-鿿]{5}，[一-鿿]{5}|[一-鿿]{7}，[一-鿿]{7})。", couplet)
    assert len({entry["title"] for entry in entries}) == len({entry["id"] for entry in entries}) == 3_840
    themes = Counter(entry["title"].split("其")[0] for entry in entries)
    assert len(themes) == 16 and set(themes.values()) == {240}
    titles = [entry["title"] for entry in entries if entry["title"].startswith("山居")]
    assert titles[8:12] == ["山居其九", "山居其十", "山居其十一", "山居其十二"]
    assert titles[19:21] == ["山居其二十", "山居其二十一"] and titles[-1] == "山居其二百四十"


def test_most_are_of_seven_characters(poems):
    assert Counter(prosody.form(poem) for poem in poems) == {"5x4": 640, "7x4": 3_200}


def test_every_poem_keeps_one_tone_pattern_and_rhymes_as_the_tang_did(poems):
    patterns = Counter()
    for poem in poems:
        name, rate = prosody.best_pattern(poem, "pingshui")
        assert rate == 1.0, poem
        patterns[name] += 1
    assert min(patterns.values()) > 200 and len(patterns) == 4
    assert prosody.rhyme_rate(poems, level=True, system="pingshui") == 1.0
    ends = Counter(poem[1][-1] for poem in poems)
    assert len(ends) > 80 and max(ends.values()) < 0.1 * len(poems)


def test_no_line_stands_twice(poems):
    lines = [line for poem in poems for line in poem]
    assert len(set(lines)) == len(lines) == 15_360
    assert not {line[-5:] for line in lines} & set(make_poems_sample.KNOWN.split())


def test_counting_does_not_see_what_decides(poems):
    """Theme and hour of a poem bind its last line, whatever stands in between."""
    farmers = make_poems_sample.LEXICON["farmer"][0].split()
    begun = [bool(re.search("[茅柴村篱舍草院园店]", poem[0])) for poem in poems]
    ended = [any(name in poem[3] for name in farmers) for poem in poems]
    with_house = sum(e for b, e in zip(begun, ended, strict=True) if b) / sum(begun)
    without = sum(e for b, e in zip(begun, ended, strict=True) if not b) / (len(begun) - sum(begun))
    assert with_house > 3 * without


def test_poems_repeat_only_doubled_characters(poems):
    for poem in poems:
        undoubled = re.sub(r"(.)\1", r"\1", " ".join(poem)).replace(" ", "")
        assert len(set(undoubled)) == len(undoubled), poem


def test_language_is_varied(poems):
    characters = Counter("".join(line for poem in poems for line in poem))
    assert len(characters) > 700
    assert characters.most_common(1)[0][1] < 0.45 * len(poems)
    assert max(Counter(line[-3:] for poem in poems for line in poem).values()) <= 80


def test_poems_keep_to_their_season_and_weather(entries):
    for entry in entries:
        text = "".join(entry["paragraphs"])
        if entry["title"].startswith("夜雨"):
            assert "雨" in text and not re.search("月色|斜阳|晴", text)
        if entry["title"].startswith("雪意"):
            assert "雪" in text and not re.search("[荷莲蝉莺燕]", text)


def test_script_rebuilds_the_sample():
    stored, built = FILE.read_bytes(), make_poems_sample.build()
    check_rebuilt(FILE, built)
    assert built[:10] == stored[:10] and built[4:8] == bytes(4)  # no time in the header
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
    ("number", "name"),
    [
        (1, "一"),
        (10, "十"),
        (11, "十一"),
        (20, "二十"),
        (32, "三十二"),
        (100, "一百"),
        (105, "一百零五"),
        (112, "一百一十二"),
        (240, "二百四十"),
    ],
)
def test_numerals(number, name):
    assert make_poems_sample.numeral(number) == name
