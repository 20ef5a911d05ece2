"""Dialogues made of requests with slots: against literals; scripted users against assistants."""

import doctest
import importlib

import numpy as np
import pytest

from helpers import datasets
from helpers.datasets import (
    ScriptedUser,
    apart,
    batches_of,
    needed_slots,
    scripted_users,
    short_answers,
    slot_answers,
    slot_targets,
    slot_words,
    usual_tags,
    word_batch,
    word_features,
)
from helpers.datasets._intents import IntentPart
from helpers.datasets._slots import SlotPart
from helpers.text import PAD, UNK, Vocabulary, pad

PART = SlotPart(
    [
        ["Book", "a", "table", "at", "Mario's", "for", "four"],
        ["a", "table", "for", "two", "at", "noon"],
        ["four", "and", "four", "more"],
        ["hello"],
    ],
    [
        ["O", "O", "O", "O", "B-place", "O", "B-people"],
        ["O", "O", "O", "B-people", "O", "B-time"],
        ["B-people", "O", "B-people", "O"],
        ["O"],
    ],
    ["Book", "Book", "Book", ""],
)
ROWS = PART.rows()
NAMES = {"tags": ["O", "B-city", "I-city"], "intents": ["go", "greet", "none"]}


@pytest.mark.parametrize(("name", "examples"), [("_slots", 3), ("_tagged", 3), ("_word_batches", 3)])
def test_examples_in_the_docstrings(name, examples):
    result = doctest.testmod(importlib.import_module(f"helpers.datasets.{name}"))
    assert (result.failed, result.attempted) == (0, examples)


# -- rows, numbers, and back


def test_rows_are_lower_case_and_have_an_intent():
    assert ROWS[0][0][:2] == ["book", "a"] and ROWS[0][2] == "Book" and ROWS[3][2] == "request"
    assert PART.lines()[3] == "hello"


def test_of_slots_of_one_kind_the_last_counts_and_what_continues_nothing_is_none():
    assert slot_words(list("abcd"), ["B-x", "B-x", "I-x", "O"]) == {"x": "b c"}
    assert slot_words(list("abcde"), ["I-x", "B-x", "I-y", "O", "I-x"]) == {"x": "b"}


def test_targets_are_padded_with_o_and_an_unknown_tag_is_o():
    rows = [(["to", "new", "york"], ["O", "B-city", "I-city"], "go"), (["hi"], ["B-x"], "greet")]
    intents, tags = slot_targets(rows, NAMES)
    assert intents.tolist() == [[0], [1]] and tags.tolist() == [[0, 1, 2, 0], [0, 0, 0, 0]]


def test_answers_in_words():
    chances, numbers = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]]), np.array([[0, 1, 0], [0, 0, 0]])
    first, second = slot_answers([["to", "rome"], ["hello"]], chances, numbers, NAMES)
    assert first == {"intent": "go", "sure": 0.7, "slots": {"city": "rome"}, "tags": ["O", "B-city"]}
    assert (second["intent"], second["sure"], second["tags"]) == ("none", 0.3, ["O"])


def test_an_intent_that_is_not_among_the_names_is_refused():
    with pytest.raises(ValueError, match="no training request is left of the intents greet, sing"):
        slot_targets([(["hi"], ["O"], "greet"), (["la"], ["O"], "sing")], NAMES | {"intents": ["go"]})


def test_a_batch_of_words_and_letters():
    known = Vocabulary.fit([["to", "rome"]])
    batch = word_batch([["to", "rome"], ["Ж" * 20]], known)
    assert batch.shape == (2, 3, 17) and batch.dtype == np.int32
    assert batch[0, :, 0].tolist() == [*known.encode(["to", "rome"]), PAD]
    assert batch[1, :, 0].tolist() == [UNK, PAD, PAD]
    assert batch[0, 1, 1:].tolist() == [*map(ord, "rome"), *[32] * 12]
    assert batch[1, 0, 1:].tolist() == [ord("Ж") % 1_000] * 16 and batch[1, 1, 1:].tolist() == [32] * 16


# -- the training part and its batches


def test_apart_leaves_out_what_stands_elsewhere(capsys):
    train = IntentPart(["a", "B", "c", "a", "d"], np.arange(5))
    others = IntentPart(["b"], np.array([1])), IntentPart(["A", "x"], np.array([0, 0]))
    data = datasets.IntentData(train, *others, classes=("x",), source="sample", origin="")
    kept = apart(data, seed=1)
    assert sorted(kept.texts) == ["c", "d"] and "3 of 5 training texts" in capsys.readouterr().out
    assert [train.texts[number] for number in kept.intents] == kept.texts
    assert len(apart(data, seed=1, most=1).texts) == 1


def test_apart_of_requests_with_slots():
    data = datasets.SlotData(
        PART, SlotPart([["HELLO"]], [["O"]], [""]), PART._make([[], [], []]), (), (), "", ""
    )
    kept = apart(data, seed=2)
    assert sorted(kept.rows()) == sorted(ROWS[:3])
    orders = {tuple(apart(data, seed=seed).lines()) for seed in range(9)}
    assert len(orders) > 1 and tuple(apart(data, seed=2).lines()) in orders


def test_each_row_comes_once_with_its_own_targets():
    rows = [[number + 1] * (1 + number % 5) for number in range(100)]
    targets = {"one": np.arange(100)[:, None], "each": np.arange(100)[:, None] * np.ones(6, int)}
    batches, count = batches_of(rows, targets, pad, 16, seed=3)
    assert count == 7
    epochs = []
    for _ in range(2):
        seen = []
        for _ in range(count):
            inputs, cut = next(batches)
            assert cut["each"].shape == inputs.shape and cut["one"].shape[1] == 1
            np.testing.assert_array_equal(inputs[:, 0] - 1, cut["one"][:, 0])
            seen += cut["one"][:, 0].tolist()
        assert sorted(seen) == list(range(100))
        epochs.append(seen)
    assert epochs[0] != epochs[1]
    again, _ = batches_of(rows, targets, pad, 16, seed=3)
    assert next(again)[1]["one"][:, 0].tolist() == epochs[0][:16]


# -- baselines


def test_usual_tags():
    rows = [(["a", "b"], ["O", "B-x"], ""), (["a", "b"], ["B-x", "O"], ""), (["a"], ["B-x"], "")]
    assert usual_tags(rows, [(["a", "new"], [], "")]) == [["B-x", "O"]]


def test_features_of_the_first_and_the_last_word():
    first, last = word_features(["route", "66"])
    assert first["-1"] == first["-2"] == first["+2"] == "" and first["+1"] == "66"
    assert last["shape"] == "00" and last["last 3"] == "66" and last["pair before"] == "route 66"


# -- answers and needs


def test_fragments_stand_behind_the_question_and_keep_their_slot():
    row = ["find", "a", "train", "to", "rome", "please"], ["O", "O", "O", "O", "B-city", "O"], "Train"
    made = short_answers([row, (["hello"], ["O"], "Greet")] * 50, share=1.0, seed=2)
    assert made == short_answers([row, (["hello"], ["O"], "Greet")] * 50, share=1.0, seed=2)
    fragments = [words for words, _, _ in made if words[-1] != "hello" and len(words) < 9]
    assert len(made) > len(fragments) >= 50
    for words, tags, intent in made:
        assert len(words) == len(tags) and words[0] == "?Train" and tags[0] == "O"
        if "rome" in words:
            assert tags[words.index("rome")] == "B-city" and intent == "Train"
    assert {words[1] for words in fragments} > {"?city", "to", "rome", "no"}
    assert short_answers([row], share=0.0, seed=2) == []


def test_needed_are_the_slots_of_most_requests_or_else_the_commonest():
    tags = [["B-a", "B-b"], ["B-a", "I-a"], ["B-b", "O"], ["O", "B-c"], ["O"]]
    rows = [(["w"] * len(row), row, intent) for row, intent in zip(tags, "xxyyz", strict=True)]
    assert needed_slots(rows, share=0.6) == {"x": ["a"], "y": ["b"], "z": []}
    assert needed_slots(rows, share=0.5) == {"x": ["a", "b"], "y": ["b", "c"], "z": []}


def test_forms_of_ones_own_and_none_for_what_is_out_of_scope():
    rows = [
        (["w", "w"], ["B-a", "B-b"], "x"),
        (["w"], ["B-a"], "x"),
        (["w"], ["B-a"], "y"),
        (["w"], ["O"], "oos"),
    ]
    assert needed_slots(rows, {"x": ["b"], "absent": ["c"]}) == {"x": ["b"], "y": ["a"]}
    assert needed_slots(rows, {"x": []})["x"] == []
    with pytest.raises(ValueError, match="the form of y asks for 'b'; its requests have: a"):
        needed_slots(rows, {"y": ["a", "b"]})


# -- scripted users


class Perfect:
    """Understands a user because it knows what is wanted; asks for what is needed and was not said."""

    def __init__(self, user, needed=("people", "place"), deaf_to=()):
        self.user, self.needed, self.deaf_to, self.said = user, needed, deaf_to, []
        self.intent, self.slots, self.asked, self.done = None, {}, None, False

    def reply(self, said):
        self.said.append(said)
        if said == "yes":
            self.done = True
        elif said == "i do not mind":
            self.slots[self.asked] = ""
        elif said != "out of scope":
            self.intent = self.user.intent
            for name, phrase in self.user.phrases.items():
                if phrase in said and name not in self.deaf_to:
                    self.slots[name] = self.user.slots[name]
        missing = [name for name in self.needed if name not in self.slots]
        self.asked = missing[0] if missing and self.intent else None
        return "?"


FORMS = {"Book": ["people", "time"]}
BEYOND = ["out of scope", "within"], [-1, 3]


def wanting(said=("a table for two",), **changes) -> ScriptedUser:
    options = {"intent": "Book", "slots": {"people": "two"}, "phrases": {"people": "for two"}} | changes
    return ScriptedUser("plain", said, **options)


def test_users_want_requests_with_slots_each_kind_once_and_are_the_same_for_a_seed():
    made = scripted_users(ROWS, BEYOND, FORMS, count=8, seed=3)
    assert made == scripted_users(ROWS, BEYOND, FORMS, count=8, seed=3)
    assert {user.intent for user in made} == {"Book"} and len(made) == 8
    said = {user.said[-1] for user in made if user.kind == "plain"}
    assert said <= {"book a table at mario's for four", "a table for two at noon"}


def test_kinds_of_users():
    made = scripted_users(ROWS, BEYOND, FORMS, count=40, seed=1)
    kinds = ("plain", "withheld", "outside", "changed")
    by_kind = {kind: [user for user in made if user.kind == kind] for kind in kinds}
    assert len(by_kind["outside"]) == len(by_kind["withheld"]) == 10
    assert all(user.said[0] == "out of scope" for user in by_kind["outside"])
    for user in by_kind["withheld"]:
        last = [*user.slots][-1]
        assert user.said[0] in ("book a table at mario's", "a table for two")
        assert user.phrases[last] in ("for four", "at noon")
    assert by_kind["changed"], "two values of people are known"
    for user in by_kind["changed"]:
        assert user.slots["people"] not in user.said[0].split()


def test_what_is_withheld_is_asked_for():
    made = scripted_users(ROWS, BEYOND, {"Book": ["time"]}, count=40, seed=1)
    withheld = [user for user in made if user.kind == "withheld"]
    assert {user.said for user in withheld} == {("a table for two",)} and len(withheld) == 10


def test_nobody_wants_what_is_out_of_scope():
    rows = [(words, tags, "oos") for words, tags, _ in ROWS[:1]] + ROWS[1:2]
    made = scripted_users(rows, BEYOND, FORMS, count=8, seed=1)
    assert {user.intent for user in made} == {"Book"}


def test_without_texts_out_of_scope_nobody_says_one():
    made = scripted_users(ROWS, ([], []), FORMS, count=8, seed=1)
    assert "outside" not in {user.kind for user in made} and all(len(user.said) == 1 for user in made)


def test_without_slots_nobody_has_anything_to_say():
    with pytest.raises(ValueError, match="no request has slots"):
        scripted_users(ROWS[2:], BEYOND, FORMS, count=3, seed=1)


def test_a_perfect_assistant_serves_every_user():
    for user in scripted_users(ROWS, BEYOND, FORMS, count=24, seed=5):
        kind, served, transcript = user.talk(assistant := Perfect(user))
        assert served and kind == user.kind, transcript
        assert assistant.said[-1] == "yes" and assistant.said[0] == user.said[0]
        assert transcript.startswith(f"user:      {user.said[0]}\nassistant: ?\n")


@pytest.mark.parametrize(
    ("user", "options", "served", "said"),
    [
        (wanting(("a table",)), {}, True, ["a table", "for two", "i do not mind", "yes"]),
        (wanting(), {"needed": (), "deaf_to": ("people",)}, False, ["a table for two", "no, for two"]),
        (wanting(("out of scope",)), {}, False, ["out of scope"]),
        (wanting(("sing", "a table for two")), {"needed": ()}, False, ["sing"]),
    ],
    ids=["does not mind what he did not think of", "gives up", "is not understood", "a form out of scope"],
)
def test_what_a_user_says(user, options, served, said):
    _, right, _ = user.talk(assistant := Perfect(user, **options))
    assert (right, assistant.said) == (served, said)


def test_a_request_taken_for_another_is_repeated_once():
    stubborn = Perfect(wanting(intent="Cancel", slots={}, phrases={}), needed=())
    _, right, _ = wanting().talk(stubborn)
    assert not right and stubborn.said == ["a table for two", "no, a table for two"]


def test_a_form_that_holds_more_than_the_user_wanted_does_not_count():
    eager = Perfect(wanting(), needed=())
    eager.slots["time"] = "noon"
    _, right, _ = wanting().talk(eager)
    assert not right and eager.said[-1] == "yes"


def test_an_endless_dialogue_ends():
    endless = Perfect(wanting())
    endless.reply = lambda said: setattr(endless, "intent", "Book") or setattr(endless, "asked", "people")
    _, right, transcript = wanting().talk(endless)
    assert not right and transcript.count("user:") == 12
