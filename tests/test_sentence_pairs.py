"""helpers.pairs: the split, the pieces, the words that nobody knows, the batches."""

import numpy as np
import pandas as pd
import pytest

from helpers import pairs
from helpers.text import END, PAD, START, UNK

# Small corpora of our own: every word of the first list before every one of the second.
WORDS = {
    "zh": "我喜欢 我不要 他买|苹果。 大车。 书。 红花！",
    "ja": "りんごを 車を 本を|買う。 見た。 読みます。",
    "ru": "Я_вижу_ Я_люблю_ Он_купил_|яблоко. дом. книгу?",
    "ar": "هل_ترى_ هل_تحب_ أين_|التفاحة؟ البيت؟ الكتاب؟",
    "th": "ฉันชอบ ฉันเห็น ฉันซื้อ|แอปเปิ้ล บ้าน หนังสือ",
}
CORPORA = {
    language: [
        (one + other).replace("_", " ")
        for one in words.split("|")[0].split()
        for other in words.split("|")[1].split()
    ]
    for language, words in WORDS.items()
}


def table(count: int = 1_000) -> pd.DataFrame:
    sources = [f"Number {number // 2}{'?!'[number % 2]}" for number in range(count)]
    return pd.DataFrame({"source": sources, "target": [f"Le {number}" for number in range(count)]})


def test_split_shares_no_sentence_but_for_case_and_punctuation():
    train, validation, test = pairs.split(table(), 2_000, seed=3)
    keys = [set(train["key"]), *(set(map(pairs.key, part.index)) for part in (validation, test))]
    assert len(validation) == len(test) == 50  # a tenth of the 500 keys
    assert len(train) == 800 and sum(map(len, keys)) == len(set.union(*keys)) == 500
    again = pairs.split(table(), 2_000, seed=3)
    assert list(again.test.index) == list(test.index) and again.train.equals(train)


def test_split_takes_the_sources_of_a_given_test_out_of_training():
    given = pd.DataFrame({"source": ["NUMBER 7", "Elsewhere"], "target": ["a", "b"]})
    train, validation, test = pairs.split(table(1_400), 10, 0, given)
    assert dict(test) == {"NUMBER 7": ["a"], "Elsewhere": ["b"]}
    assert "number7" not in {*train["key"], *map(pairs.key, validation.index)} and len(validation) == 10


def test_all_translations_of_a_held_out_sentence_are_its_references():
    rows = pd.DataFrame({"source": ["Hi!"] * 3 + ["hi", "Bye"], "target": list("abcde")})
    _, _, test = pairs.split(table(), 10, 0, rows)
    assert dict(test) == {"Hi!": ["a", "b", "c"], "Bye": ["e"]}


def test_too_few_pairs_are_named():
    message = (
        "160 training pairs are left of 200: a translator needs 500 at least, and 10,000 or more to be of "
        "use. Append your lines to a public file such as manythings.org's, or test the public translator on "
        "yours with TEST_FILE."
    )
    with pytest.raises(ValueError, match=f"^{message}$"):
        pairs.split(table(200), 2_000, seed=0)


def test_keys_keep_the_marks_of_thai_and_devanagari():
    assert pairs.key("ปี!") != pairs.key("ปู") and pairs.key("...") == "..."
    assert pairs.TOKEN.findall("Go on, 我去!") == ["Go", "on", ",", "我", "去", "!"]


@pytest.mark.parametrize("language", CORPORA)
def test_every_script_is_learnt_and_comes_back(language, capsys):
    lines = CORPORA[language] * 20
    pieces = pairs.learn_pieces(lines, 4_000, end=True)
    assert all(pieces.encode(line)[-1] == END and UNK not in pieces.encode(line) for line in lines)
    assert pieces.decode(pieces.encode(lines)) == lines
    assert "pieces" in capsys.readouterr().out


def test_thousands_of_characters_do_not_break_a_small_vocabulary(capsys):
    characters = [chr(0x4E00 + number) for number in range(3_000)]
    lines = ["".join(characters[start : start + 10]) for start in range(0, 2_000, 10)] * 60
    lines += ["".join(characters[start : start + 10]) for start in range(2_000, 3_000, 10)]  # seen once
    pieces = pairs.learn_pieces(lines, 500)
    assert 2_000 < len(pieces) <= 2_600
    assert UNK not in pieces.encode(characters[5]) and UNK in pieces.encode(characters[2_900])
    assert "must hold these characters" in capsys.readouterr().out


def test_plans():
    assert pairs.plan_pieces(["abcd " * 1_000] * 100, 4_000)[:2] == (2_500, 1.0)
    assert pairs.plan_pieces(["abcd " * 1_000] * 1_000, 4_000)[0] == 4_000
    assert pairs.plan_pieces(["ab"] * 10, 4_000)[0] == 100


@pytest.fixture(scope="module")
def latin():
    return pairs.learn_pieces(["I know Tom and Ann in town."] * 50, 500, end=True)


def test_words_of_unknown_characters_are_hidden_whole(latin):
    ids, spelled = pairs.hide_unknown("I know Дима, 東京 and Łann.", latin)
    assert ids.count(UNK) == 3 and [word for word in spelled if word in ("Дима,", "東京", "Łann")][:1]
    assert {"東京", "Łann"} <= {piece.strip("▁,.") for piece in spelled}
    ids, spelled = pairs.hide_unknown("I know Tom.", latin)
    assert UNK not in ids and "".join(spelled).replace("▁", " ").strip() == "I know Tom.<end>"


def test_in_chinese_only_the_unknown_characters_are_hidden():
    pieces = pairs.learn_pieces(CORPORA["zh"] * 20, 500)
    ids, spelled = pairs.hide_unknown("我喜欢鲸鱼。", pieces)
    assert ids.count(UNK) == 1 and "鲸鱼" in [piece.strip("▁") for piece in spelled]


def test_spelling_copies_the_word_that_attention_looks_at(latin):
    source = pairs.hide_unknown("I know Дима and 東京", latin)
    known = latin.piece_to_id("▁Tom") if latin.piece_to_id("▁Tom") != UNK else latin.encode("Tom")[0]
    ids = np.array([UNK, known, UNK, END, PAD])
    weights = np.full((1, 4, len(source[0])), 0.01, "float32")
    first, second = (place for place, number in enumerate(source[0]) if number == UNK)
    weights[0, 0, second] = weights[0, 2, first] = 0.1
    weights[0, :, 0] = 0.9  # a known word, and the most looked at
    text = pairs.spell(ids, latin, *source, look=lambda inputs: weights)
    assert text.startswith("東京") and text.endswith("Дима")
    assert pairs.spell(ids, latin, [END], ["<end>"]) == ""


def test_shared_words_are_hidden_on_both_sides():
    sources, targets = ["Is Tom in?", "Is it 2024?", "it is"], ["Tom est là ?", "是2024吗", "it"]
    rows = pd.DataFrame({"source": sources, "target": targets})
    assert pairs.hide_shared_words(rows, 1, 0) == (
        [f"Is {pairs.NOBODY} in?", f"Is it {pairs.NOBODY}?", "it is"],
        [f"{pairs.NOBODY} est là ?", f"是{pairs.NOBODY}吗", "it"],
    )
    assert pairs.hide_shared_words(rows, 0, 0) == (sources, targets)


def test_encoding_leaves_out_long_pairs(latin):
    rows = pd.DataFrame({"source": ["Tom", "I know", "Ann " * 30], "target": ["Tom", "know " * 30, "Ann"]})
    sources, targets = pairs.encode(rows, (latin, latin), 12)
    assert sources == [latin.encode("Tom")]
    assert targets == [[START, *latin.encode("Tom"), END]] and targets[0][-2] == END  # `latin` adds one, too
    hidden = pairs.encode(rows[:1], (latin, latin), 12, copied=1.0)
    assert all(UNK in row for side in hidden for row in side)


def test_batches_shift_the_target_by_one_and_go_on_where_they_stopped():
    sources = [[5 + number, END] for number in range(6)]
    targets = [[START, 15 + number, END] for number in range(6)]
    batches = pairs.Batches(sources, targets, 2, epochs=2, seed=1, steps=2)
    (source, before), after = batches[0]
    assert before[:, 0].tolist() == [START] * 2 and after[:, -1].tolist() == [END] * 2
    assert (before[:, 1] == after[:, 0]).all() and (source[:, 0] + 10 == before[:, 1]).all()
    seen = [batches[0][0][0][:, 0], batches[1][0][0][:, 0]]
    batches.on_epoch_end()
    seen.append(batches[0][0][0][:, 0])
    assert sorted(np.concatenate(seen)) == [5, 6, 7, 8, 9, 10] and len(batches) == 2


def test_by_length_gives_results_in_the_order_of_the_rows():
    sizes = []

    def last(rows):
        sizes.append(rows.shape)
        return rows.max(axis=1)

    assert pairs.by_length(last, [[9, 8, 7], [3], [5, 4]], batch=2) == [9, 3, 5]
    assert sizes == [(2, 2), (1, 3)] and pairs.by_length(last, [], batch=2) == []
