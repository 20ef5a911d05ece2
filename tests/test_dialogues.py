"""helpers.dialogues: slots, features and examples against literals; scripted users against assistants."""

import doctest

import numpy as np
import pytest

from helpers import dialogues
from helpers.dialogues import (
    Form,
    Script,
    answer_examples,
    answers_of,
    f1_interval,
    features_of,
    needed_slots,
    play,
    play_all,
    requests_of,
    scores,
    scripts,
    slot_f1,
    slots_of,
    usual_tags,
)

WORDS = [
    ["Book", "a", "table", "at", "Mario's", "for", "four"],
    ["a", "table", "for", "two", "at", "noon"],
    ["four", "and", "four", "more"],
    ["hello"],
]
TAGS = [
    ["O", "O", "O", "O", "B-place", "O", "B-people"],
    ["O", "O", "O", "B-people", "O", "B-time"],
    ["B-people", "O", "B-people", "O"],
    ["O"],
]
REQUESTS = requests_of(WORDS, TAGS, ["Book"] * 4)
NEEDED = {"Book": ["people", "place"]}


class Perfect:
    """Understands a script because it has read it; asks for what is needed and was not said."""

    def __init__(self, script, needed=("people", "place"), deaf_to=()):
        self.script, self.needed, self.deaf_to = script, needed, deaf_to
        self.intent, self.slots, self.asked, self.done, self.skipped = None, {}, None, False, set()

    def reply(self, said):
        if said == "yes":
            self.done = True
        elif said == "i do not mind":
            self.skipped.add(self.asked)
        elif said != "out of scope":
            self.intent = self.script.intent
            for name, phrase in self.script.phrases.items():
                if phrase in said and name not in self.deaf_to:
                    self.slots[name] = self.script.slots[name]
        missing = [name for name in self.needed if name not in self.slots and name not in self.skipped]
        self.asked = missing[0] if missing else None
        return "?"


def test_examples_in_the_docstrings():
    result = doctest.testmod(dialogues)
    assert (result.failed, result.attempted) == (0, 7)


def test_slots_end_where_another_begins_or_nothing_goes_on():
    assert slots_of(["B-x", "B-x", "I-x", "O"]) == [("x", 0, 1), ("x", 1, 3)]


def test_what_continues_nothing_is_no_slot():
    assert slots_of(["I-x", "B-x", "I-y", "O", "I-x"]) == [("x", 1, 2)]


def test_rows_are_lower_case_and_have_an_intent():
    assert requests_of([["Hi"]], [["O"]], [""]) == [(["hi"], ["O"], "request")]


def test_usual_tags():
    rows = [(["a", "b"], ["O", "B-x"], ""), (["a", "b"], ["B-x", "O"], ""), (["a"], ["B-x"], "")]
    assert usual_tags(rows, [(["b", "a", "new"], [], "")]) == [["B-x", "B-x", "O"]]


def test_features_of_the_first_and_the_last_word():
    first, last = features_of([(["route", "66"], ["O", "O"], "")])[0]
    assert first["-1"] == first["-2"] == first["+2"] == "" and first["+1"] == "66"
    assert last["shape"] == "00" and last["last 3"] == "66" and last["pair before"] == "route 66"


def test_answers_in_words_and_their_scores():
    rows = [(["to", "rome"], ["O", "B-city"], "go"), (["hello"], ["O"], "greet")]
    probabilities = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
    numbers = np.array([[0, 1, 0], [0, 0, 0]])
    found = answers_of(
        [row[0] for row in rows], probabilities, numbers, ["O", "B-city"], ["go", "greet", "none"]
    )
    assert found[0] == {"intent": "go", "sure": 0.7, "slots": {"city": "rome"}, "tags": ["O", "B-city"]}
    assert (found[1]["intent"], found[1]["sure"], found[1]["tags"]) == ("none", 0.3, ["O"])
    worth = scores(rows, found, draws=20, seed=1)
    assert (worth["slot_f1"], worth["goal_accuracy"], worth["sentence_accuracy"]) == (1.0, 0.5, 0.5)
    assert 0 <= worth["slot_f1_low"] <= worth["slot_f1_high"] == 1


def test_f1_counts_whole_slots():
    rows = [(list("abc"), ["B-x", "I-x", "B-y"], "")]
    assert slot_f1(rows, [["B-x", "I-x", "B-y"]]) == 1
    assert slot_f1(rows, [["B-x", "O", "B-y"]]) == 0.5
    assert slot_f1(rows, [["O", "O", "O"]]) == 0


def test_the_interval_of_f1_holds_the_f1_and_is_a_point_where_all_is_right():
    true = [["O", "B-x"], ["B-y", "I-y"]] * 30
    wrong = [["O", "B-x"], ["B-y", "O"]] * 30
    assert f1_interval(true, true, draws=50, seed=1) == (1.0, 1.0)
    low, high = f1_interval(true, wrong, draws=500, seed=1)
    assert 0.3 < low < 0.5 < high < 0.7
    assert f1_interval([["O"]], [["O"]], draws=10, seed=1) == (0.0, 0.0)


# -- answers and forms


def test_fragments_stand_behind_the_question_and_keep_their_slot():
    row = ["find", "a", "train", "to", "rome", "please"], ["O", "O", "O", "O", "B-city", "O"], "Train"
    made = answer_examples([row, (["hello"], ["O"], "Greet")] * 50, share=1.0, seed=2)
    assert made == answer_examples([row, (["hello"], ["O"], "Greet")] * 50, share=1.0, seed=2)
    fragments = [words for words, tags, intent in made if words[-1] != "hello" and len(words) < 9]
    assert len(made) > len(fragments) >= 50
    for words, tags, intent in made:
        assert len(words) == len(tags) and words[0] == "?Train" and tags[0] == "O"
        if "rome" in words:
            assert tags[words.index("rome")] == "B-city" and intent == "Train"
    assert {words[1] for words in fragments} > {"?city", "to", "rome", "no"}


def test_without_a_share_there_are_no_examples():
    assert answer_examples([(["rome"], ["B-city"], "Train")] * 9, share=0.0, seed=2) == []


def test_needed_are_the_slots_of_most_requests_or_else_the_commonest():
    tags = [["B-a", "B-b"], ["B-a", "I-a"], ["B-b", "O"], ["O", "B-c"], ["O"]]
    rows = requests_of([["w"] * len(row) for row in tags], tags, ["x", "x", "y", "y", "z"])
    assert needed_slots(rows, 0.6) == {"x": ["a"], "y": ["b"], "z": []}
    assert needed_slots(rows, 0.5) == {"x": ["a", "b"], "y": ["b", "c"], "z": []}


def test_a_form_asks_for_what_is_missing_and_not_for_what_was_skipped():
    form = Form({"Book": ["people", "party_time"]})
    form.intent = "Book"
    assert (form.question(), form.asked) == ("Which people?", "people")
    form.skipped.add("people")
    assert form.question() == "Which party time?"
    form.slots["party_time"] = "noon"
    assert (form.question(), form.asked) == ("Book: party_time = noon. Is that right?", None)
    assert form.closed_answer("on monday") is None and not form.done
    assert form.closed_answer("Yes!") == "Done." and form.done
    form.forget()
    assert (form.intent, form.slots, form.asked) == (None, {}, None)


def test_what_does_not_matter_is_skipped_and_a_stop_closes_the_form():
    form = Form({"Book": ["people", "day"]})
    assert form.closed_answer("stop") is None
    form.intent = "Book"
    form.question()
    assert form.closed_answer("yes") is None, "that is no answer to: which people?"
    assert form.closed_answer("whatever") == "Which day?"
    assert form.closed_answer("never mind.") == "Forgotten." and form.intent is None


# -- scripted users


def test_scripts_take_requests_with_slots_each_kind_once_and_are_the_same_for_a_seed():
    made = scripts(REQUESTS, NEEDED, ["out of scope"], count=8, seed=3)
    assert made == scripts(REQUESTS, NEEDED, ["out of scope"], count=8, seed=3)
    assert {script.intent for script in made} == {"Book"} and len(made) == 8
    said = {script.said[-1] for script in made if script.kind == "plain"}
    assert said <= {"book a table at mario's for four", "a table for two at noon"}


def test_kinds_of_scripts():
    made = scripts(REQUESTS, NEEDED, ["out of scope"], count=40, seed=1)
    by_kind = {kind: [script for script in made if script.kind == kind] for kind in dialogues.KINDS}
    assert len(by_kind["outside"]) == 10
    assert all(script.said[0] == "out of scope" for script in by_kind["outside"])
    assert len(by_kind["withheld"]) == 10, "the first request ends with a slot that is needed"
    for script in by_kind["withheld"]:
        assert script.said == ("book a table at mario's",)
        assert script.slots == {"place": "mario's", "people": "four"}
        assert script.phrases["people"] == "for four"
    assert by_kind["changed"], "two values of people are known"
    for script in by_kind["changed"]:
        assert script.slots["people"] not in script.said[0].split()


def test_without_texts_out_of_scope_nobody_says_one():
    made = scripts(REQUESTS, NEEDED, [], count=8, seed=1)
    assert "outside" not in {script.kind for script in made}
    assert all(len(script.said) == 1 for script in made)


@pytest.mark.parametrize(
    ("requests", "count", "message"),
    [
        (REQUESTS, 0, "count must be at least 1, got 0"),
        ([(["hi"], ["O"], "x")], 3, "no request has slots"),
    ],
)
def test_what_cannot_be_scripted_is_said(requests, count, message):
    with pytest.raises(ValueError, match=message):
        scripts(requests, NEEDED, [], count=count, seed=1)


def test_all_scripts_are_played_each_with_an_assistant_of_its_own():
    made, begun = scripts(REQUESTS, NEEDED, [], count=3, seed=5), []

    def begin():
        begun.append(Perfect(made[len(begun)]))
        return begun[-1]

    ends = play_all(made, begin)
    assert [kind for kind, _, _ in ends] == [script.kind for script in made]
    assert all(right for _, right, _ in ends) and len(begun) == 3


def test_a_perfect_assistant_completes_every_script():
    for script in scripts(REQUESTS, NEEDED, ["out of scope"], count=24, seed=5):
        right, lines = play(script, Perfect(script))
        assert right, lines
        assert lines[-1][0] == "yes" and lines[0][0] == script.said[0]


def test_a_user_answers_questions_and_does_not_mind_what_he_did_not_think_of():
    script = Script("plain", ("a table",), "Book", {"people": "two"}, {"people": "for two"})
    right, lines = play(script, Perfect(script))
    assert right and [said for said, _ in lines] == ["a table", "for two", "i do not mind", "yes"]


def test_a_slot_that_was_misheard_is_named_once_and_then_given_up():
    script = Script("plain", ("a table for two",), "Book", {"people": "two"}, {"people": "for two"})
    right, lines = play(script, Perfect(script, needed=(), deaf_to=("people",)))
    assert not right and [said for said, _ in lines] == ["a table for two", "no , for two"]


def test_a_request_taken_for_another_is_repeated_once():
    script = Script("plain", ("a table for two",), "Book", {"people": "two"}, {"people": "for two"})
    stubborn = Perfect(Script("plain", (), "Cancel", {}, {}), needed=())
    right, lines = play(script, stubborn)
    assert not right and [said for said, _ in lines] == ["a table for two", "no , a table for two"]


def test_a_form_that_holds_more_than_the_user_wanted_does_not_count():
    script = Script("plain", ("a table for two",), "Book", {"people": "two"}, {"people": "for two"})
    eager = Perfect(script, needed=())
    eager.slots["time"] = "noon"
    right, lines = play(script, eager)
    assert not right and lines[-1][0] == "yes"


def test_a_request_out_of_scope_must_not_open_a_form():
    script = Script("outside", ("sing", "a table for two"), "Book", {"people": "two"}, {"people": "for two"})
    right, lines = play(script, Perfect(script, needed=()))
    assert not right and len(lines) == 1


def test_an_assistant_that_understands_nothing_ends_the_dialogue():
    script = Script("plain", ("out of scope",), "Book", {"people": "two"}, {"people": "for two"})
    right, lines = play(script, Perfect(script, needed=()))
    assert not right and len(lines) == 1
    endless = Perfect(script)
    endless.reply = lambda said: setattr(endless, "intent", "Book") or setattr(endless, "asked", "people")
    assert len(play(script, endless, most=5)[1]) == 5
