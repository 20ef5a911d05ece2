"""helpers.text against literals, properties and untrusted files."""

import doctest
import json
import subprocess
import sys
import unicodedata

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from helpers import text
from helpers.text import Vocabulary, join, length_buckets, normalise, pad, standardise, tokenise

# -- words


def test_examples_in_the_docstrings():
    result = doctest.testmod(text)
    assert (result.failed, result.attempted >= 7) == (0, True)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("One.<br /><br />Two<BR>three<br/>four", "one. two three four"),
        ("<i>Very</i> <a href='x'>good</a>", "very good"),
        ("I <3 it, 5 < 6 > 4", "i <3 it, 5 < 6 > 4"),
        (f"a <b{' c' * 101}> d", f"a <b{' c' * 101}> d"),  # too long for a tag
        ("Tom &amp; Jerry &lt;br&gt; &#39;s", "tom & jerry 's"),
        ("\ttabs \n and\u00a0\u3000spaces ", "tabs and spaces"),
        ("Cafe\u0301 ÉTÉ", "café été"),
        ("It’s ‘fine’", "it's 'fine'"),
        ("", ""),
    ],
)
def test_standardise(raw, clean):
    assert standardise(raw) == clean
    assert unicodedata.is_normalized("NFC", standardise(raw))


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (" I  didn’t\u00a0see\tit. ", "I didn't see it."),
        ("Cafe\u0301, ÉTÉ", "Café, ÉTÉ"),
        ("zero\u200bwidth\u2060, soft\u00adhyphen, \ufeffmark", "zerowidth, softhyphen, mark"),
        ("<b>5 & 6</b>", "<b>5 & 6</b>"),
        ("\u200b", ""),
    ],
)
def test_normalise(raw, clean):
    assert normalise(raw) == normalise(clean) == clean


@pytest.mark.parametrize(
    ("raw", "tokens"),
    [
        ("I don't, can't, WON'T!", "i do n't , ca n't , wo n't !"),
        ("isn’t it's we're I'm you'll they've he'd", "is n't it 's we 're i 'm you 'll they 've he 'd"),
        ("o'clock O'Sullivan 'quoted' actors'", "o'clock o'sullivan quoted actors"),
        ("'so' 'me' 'diary'", "so me diary"),  # no suffix begins a quotation
        (
            "8/10 for $1,000.50 at 10:30 in the 1980s, 2nd mp3",
            "8/10 for $ 1,000.50 at 10:30 in the 1980s , 2nd mp3",
        ),
        ("well-made -- no, _not_ *bad*", "well made -- no , not bad"),
        ("what?! wait..... no!!!!", "what ? ! wait ... .. no !!! !"),
        ("(a; b: c)", "( a ; b : c )"),
        ("naïve café's Ωmega", "naïve café 's ωmega"),
        ("这部电影不好看。太差了！", "这 部 电 影 不 好 看 。 太 差 了 ！"),
        ("すごい映画", "す ご い 映 画"),
        ("한국 영화", "한국 영화"),
        ("good 😀👍🏽 ★★", "good 😀 👍 🏽 ★ ★"),
        ("\x00\u200b\ud800 \x96", ""),
        ("<br /><br />", ""),
    ],
)
def test_tokenise(raw, tokens):
    assert tokenise(raw) == tokens.split()


def test_ten_thousand_words():
    assert tokenise("not bad at all, " * 2_500) == ["not", "bad", "at", "all", ","] * 2_500
    assert tokenise("a" * 100_000 + "'" * 100_000 + "<" * 100_000)[0] == "a" * 100_000


@pytest.mark.parametrize("missing", [None, float("nan"), 3, b"bytes", ["a"]])
def test_a_text_that_is_none(missing):
    with pytest.raises(TypeError, match="a text must be a str, got .*Drop missing texts"):
        tokenise(missing)


def test_join_reads_like_english():
    line = "it's not bad (at all), isn't it? we've seen worse: 3.5 for $5..."
    assert join(tokenise(line)) == line
    assert join([]) == ""


# -- ids

TEXTS = [["b", "a", "c"], ["a", "b", "d"], ["a", "<pad>", "<start>"]]


def test_vocabulary_ranks_by_count_then_by_alphabet():
    vocabulary = Vocabulary.fit(TEXTS)
    assert vocabulary.tokens == ("<pad>", "<unk>", "a", "b", "c", "d")
    assert vocabulary == Vocabulary.fit(iter(TEXTS[::-1]))
    assert len(vocabulary) == 6


def test_vocabulary_size_and_least_count():
    assert Vocabulary.fit(TEXTS, max_size=4).tokens == ("<pad>", "<unk>", "a", "b")
    assert Vocabulary.fit(TEXTS, min_count=3).tokens == ("<pad>", "<unk>", "a")
    with_ends = Vocabulary.fit(TEXTS, max_size=5, start_end=True)
    assert with_ends.tokens == ("<pad>", "<unk>", "<start>", "<end>", "a")
    assert (text.PAD, text.UNK, text.START, text.END) == (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), "no token occurs 1 times"),
        (([[], ["<unk>"]],), "no token occurs 1 times"),
        ((TEXTS, None, 4), "no token occurs 4 times"),
        ((TEXTS, 2), "max_size must be above 2, .*got 2"),
        ((TEXTS, 4, 1, True), "max_size must be above 4, .*got 4"),
    ],
)
def test_vocabulary_of_nothing(arguments, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary.fit(*arguments)


def test_a_text_in_place_of_tokens():
    with pytest.raises(TypeError, match=r"got the text 'not bad': use tokenise\(text\), or list\(text\)"):
        Vocabulary.fit(["not bad"])
    with pytest.raises(TypeError, match="got the text 'not bad'"):
        Vocabulary.fit(TEXTS).encode("not bad")


def test_encode_and_decode():
    vocabulary = Vocabulary.fit(TEXTS)
    ids = vocabulary.encode(["c", "z", "a", "<pad>", "<unk>"])
    assert_array_equal(ids, [4, 1, 2, 1, 1])  # a text cannot bring padding in
    assert ids.dtype == np.int32
    assert vocabulary.encode([]).shape == (0,) and vocabulary.encode([]).dtype == np.int32
    assert vocabulary.decode([4, 1, 2, 0, 0]) == ["c", "<unk>", "a"]
    for wrong in (6, -1):
        with pytest.raises(ValueError, match=f"ids run from 0 to 5, got {wrong}"):
            vocabulary.decode([2, wrong])


def test_encode_between_start_and_end():
    vocabulary = Vocabulary.fit(TEXTS, start_end=True)
    assert_array_equal(vocabulary.encode(["a", "z"], wrap=True), [2, 4, 1, 3])
    assert vocabulary.decode([2, 4, 3]) == ["<start>", "a", "<end>"]
    assert_array_equal(vocabulary.encode(["<start>"]), [2])
    with pytest.raises(ValueError, match="fit it with start_end=True"):
        Vocabulary.fit(TEXTS).encode(["a"], wrap=True)


def test_save_and_load(tmp_path):
    vocabulary = Vocabulary.fit([["naïve", "电", "😀", "n't", '"', "\\", "\ud800"]])
    vocabulary.save(tmp_path / "vocabulary.json")
    loaded = Vocabulary.load(str(tmp_path / "vocabulary.json"))
    assert loaded == vocabulary and loaded is not vocabulary
    assert loaded != Vocabulary.fit(TEXTS)
    assert_array_equal(loaded.encode(["电", "x"]), vocabulary.encode(["电", "x"]))
    assert json.loads((tmp_path / "vocabulary.json").read_bytes())["version"] == 1


def saved(**changes) -> str:
    content = {"format": "vocabulary", "version": 1, "tokens": ["<pad>", "<unk>", "a"]}
    return json.dumps(content | changes)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "Expecting value"),
        ("{", "Expecting"),
        ("[" * 100_000, "recursion"),
        ("[1]", "no vocabulary of version 1"),
        ("null", "no vocabulary of version 1"),
        (saved(format="model"), "no vocabulary of version 1"),
        (saved(version=2), "no vocabulary of version 1"),
        (saved(tokens="<pad>"), "no vocabulary of version 1"),
        (saved(tokens={"a": 1}), "no vocabulary of version 1"),
        (saved(tokens=["a", "b"]), r"first tokens must be \('<pad>', '<unk>'\), got \('a', 'b'\)"),
        (saved(tokens=[]), "first tokens must be"),
        (saved(tokens=["<pad>", "<unk>", "a", "b", "a"]), "'a' stands twice"),
        (saved(tokens=["<pad>", "<unk>", 3]), "non-empty strings, got 3"),
        (saved(tokens=["<pad>", "<unk>", None]), "non-empty strings, got None"),
        (saved(tokens=["<pad>", "<unk>", ""]), "non-empty strings, got ''"),
        (saved(tokens=["<pad>", "<unk>", ["a"]]), r"non-empty strings, got \['a'\]"),
        (b"\xff\xfe{\x00", "utf-8"),
    ],
)
def test_load_of_another_file(tmp_path, content, message):
    path = tmp_path / "vocabulary.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=f"vocabulary.json: .*{message}.*Vocabulary.save"):
        Vocabulary.load(path)


def test_load_of_a_huge_or_missing_file(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "MAX_BYTES", 20)
    (tmp_path / "vocabulary.json").write_text(saved())
    with pytest.raises(ValueError, match="bytes, at most 20 are read"):
        Vocabulary.load(tmp_path / "vocabulary.json")
    with pytest.raises(FileNotFoundError):
        Vocabulary.load(tmp_path / "none.json")


# -- arrays

ROWS = [[1, 2, 3, 4, 5], [6], [], np.array([7, 8, 9, 10])]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [[1, 2, 3, 4, 5], [6, 0, 0, 0, 0], [1, 0, 0, 0, 0], [7, 8, 9, 10, 0]]),
        ({"length": 3}, [[1, 2, 3], [6, 0, 0], [1, 0, 0], [7, 8, 9]]),
        ({"length": 3, "keep": "tail"}, [[3, 4, 5], [6, 0, 0], [1, 0, 0], [8, 9, 10]]),
        ({"length": 4, "keep": (1, 3)}, [[1, 3, 4, 5], [6, 0, 0, 0], [1, 0, 0, 0], [7, 8, 9, 10]]),
        ({"length": 2, "keep": [2, 0]}, [[1, 2], [6, 0], [1, 0], [7, 8]]),
        ({"length": 2, "keep": (0, 2)}, [[4, 5], [6, 0], [1, 0], [9, 10]]),
        (
            {"length": 6, "keep": "tail"},
            [[1, 2, 3, 4, 5, 0], [6, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0], [7, 8, 9, 10, 0, 0]],
        ),
    ],
)
def test_pad(options, expected):
    padded = pad(ROWS, **options)
    assert_array_equal(padded, expected)
    assert padded.dtype == np.int32


def test_pad_of_little():
    assert_array_equal(pad([[]]), [[1]])
    assert pad([], length=4).shape == (0, 4)
    assert pad([]).shape == (0, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((ROWS, 0), "length must be at least 1, got 0"),
        ((ROWS, 3, (1, 1)), r"two numbers whose sum is 3, got \(1, 1\)"),
        ((ROWS, 3, (-1, 4)), r"two numbers whose sum is 3, got \(-1, 4\)"),
        ((ROWS, 3, (1, 1, 1)), "two numbers whose sum is 3"),
        ((ROWS, 3, "middle"), "two numbers whose sum is 3, got 'middle'"),
        (([[1], [2, 0, 3]], 3), "row 1 has the id 0: ids must be at least 1, 0 is padding"),
        (([[0, 0]], 3), "row 0 has the id 0"),
        (([[5, -2]], 3), "row 0 has the id -2"),
    ],
)
def test_pad_that_cannot_be(arguments, message):
    with pytest.raises(ValueError, match=message):
        pad(*arguments)


def review_like_lengths(count: int = 5_000) -> np.ndarray:
    return np.random.default_rng(3).lognormal(5.3, 0.6, count).astype(int) + 1


def waste(lengths: np.ndarray, batches: list[np.ndarray]) -> float:
    return 1 - lengths.sum() / sum(lengths[batch].max() * len(batch) for batch in batches)


@pytest.mark.parametrize("count", [0, 1, 64, 65, 5_000])
def test_buckets_hold_every_row_once(count):
    batches = length_buckets(review_like_lengths(count), 64, seed=1)
    assert_array_equal(np.sort(np.concatenate([[], *batches])), np.arange(count))
    sizes = sorted(map(len, batches), reverse=True)
    assert all(size == 64 for size in sizes[: count // 64]) and len(sizes) == -(-count // 64)


def test_buckets_waste_little():
    lengths = review_like_lengths()
    order = np.random.default_rng(1).permutation(5_000)
    assert waste(lengths, np.array_split(order, 78)) > 0.5  # what random batches would cost
    assert waste(lengths, length_buckets(lengths, 64, seed=1)) < 0.1
    assert waste(lengths, length_buckets(lengths, 64, seed=1, spread=0)) < 0.05


def test_buckets_are_shuffled_by_the_seed_alone():
    lengths = review_like_lengths()
    first, again, other = (length_buckets(lengths, 64, seed) for seed in (1, 1, 2))
    assert all(map(np.array_equal, first, again))
    assert {tuple(sorted(batch)) for batch in first}.isdisjoint(tuple(sorted(batch)) for batch in other)
    means = [lengths[batch].mean() for batch in first]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.3  # not short ones first


def test_buckets_begin_with_the_shortest_and_the_longest_rows():
    lengths = review_like_lengths()
    first, second, *rest = (lengths[batch].mean() for batch in length_buckets(lengths, 64, seed=1))
    assert first < min(rest) and second > max(rest)


def test_buckets_that_cannot_be():
    with pytest.raises(ValueError, match="got 0 and 0.1"):
        length_buckets([1, 2], 0, seed=1)
    with pytest.raises(ValueError, match="got 2 and -1"):
        length_buckets([1, 2], 2, seed=1, spread=-1)


def test_import_needs_numpy_alone():
    code = "import sys, helpers.text; print({'keras', 'tensorflow', 'pandas', 'sklearn'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"
