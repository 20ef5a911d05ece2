"""Requests with slots: examples of answers, features, intervals, forms, and users who talk by a script.

Such users put an assistant to the test that fills forms. They want something, answer questions, and correct
what was misunderstood. Every request comes from data that the assistant has not seen, and a dialogue counts
only if the form holds in the end what the user wanted, word for word.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice

import numpy as np

__all__ = [
    "KINDS",
    "Form",
    "Script",
    "answer_examples",
    "answers_of",
    "f1_interval",
    "features_of",
    "needed_slots",
    "play",
    "play_all",
    "question_words",
    "requests_of",
    "scores",
    "scripts",
    "slot_f1",
    "slots_of",
    "targets_of",
    "usual_tags",
    "words_of",
]

KINDS = ("plain", "withheld", "outside", "changed")
AGREED = ("yes", "right", "ok", "correct", "yes please", "that is right")
NO_MATTER = ("i do not mind", "any", "whatever", "it does not matter")
STOP = ("stop", "cancel", "never mind", "forget it")
# What people say before an answer or a correction, the empty ones most often.
OPENERS = ("", "", "", "no ,", "no ,", "no , i said", "i mean", "make it", "sorry ,", "actually")
# What a user repeats together with a slot; in another language the slot stands alone.
PREPOSITIONS = frozenset(
    ("after", "at", "before", "by", "for", "from", "in", "into", "of", "on", "onto", "to", "until", "with")
)

Request = tuple[list[str], list[str], str]  # words, tags, intent


def slots_of(tags: Sequence[str]) -> list[tuple[str, int, int]]:
    """The slots of a request with IOB2 tags: kind, place of the first word, place behind the last.

    >>> slots_of(["O", "B-track", "I-track", "B-time"])  # play blue river now
    [('track', 1, 3), ('time', 3, 4)]
    """
    found = []
    for place, tag in enumerate(tags):
        if tag.startswith("B-"):
            found.append((tag[2:], place, place + 1))
        elif found and tag == f"I-{found[-1][0]}" and found[-1][2] == place:
            found[-1] = (*found[-1][:2], place + 1)
    return found


def words_of(words: Sequence[str], tags: Sequence[str]) -> dict[str, str]:
    """What each slot of a request says; of two slots of one kind the last.

    >>> words_of(["play", "blue", "river"], ["O", "B-track", "I-track"])
    {'track': 'blue river'}
    """
    return {name: " ".join(words[first:end]) for name, first, end in slots_of(tags)}


def requests_of(words, tags, intents) -> list[Request]:
    """Columns of requests as rows, the words in lower case; an unknown intent, `""`, becomes `"request"`."""
    lowered = ([word.lower() for word in row] for row in words)
    return list(zip(lowered, tags, (intent or "request" for intent in intents), strict=True))


def targets_of(
    requests: Sequence[Request], tags: Sequence[str], intents: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """What a network learns: the number of each intent `(N, 1)`, and of each tag `(N, longest + 1)`, int32.

    Behind the last word, and for a tag that is not among `tags`, stands 0.

    >>> numbers, places = targets_of([(["to", "rome"], ["O", "B-city"], "go")], ["O", "B-city"], ["no", "go"])
    >>> numbers.tolist(), places.tolist()
    ([[1]], [[0, 1, 0]])
    """
    number_of = {tag: number for number, tag in enumerate(tags)}
    found = np.zeros((len(requests), 1 + max((len(words) for words, _, _ in requests), default=0)), np.int32)
    for target, (_, row, _) in zip(found, requests, strict=True):
        target[: len(row)] = [number_of.get(tag, 0) for tag in row]
    return np.array([[intents.index(intent)] for _, _, intent in requests], np.int32), found


def answers_of(
    rows: Sequence[Sequence[str]],
    probabilities: np.ndarray,
    numbers: np.ndarray,
    tags: Sequence[str],
    intents: Sequence[str],
) -> list[dict]:
    """What a network has found, in words: for each request a dict with `intent`, `sure`, `slots` and `tags`.

    Args:
        rows: the words of N requests.
        probabilities: `(N, intents)`; the last intent is that of requests out of scope.
        numbers: `(N, steps)`, the number of each word's tag among `tags`, padded on the right.
        tags: their names.
        intents: the names of the intents.

    Returns: `sure` is the largest probability of an intent that is in scope.
    """
    answers = []
    for row, chance, found in zip(rows, probabilities, numbers, strict=True):
        named = [tags[number] for number in found[: len(row)]]
        answer = {"intent": intents[int(np.argmax(chance))], "sure": float(np.max(chance[:-1]))}
        answers.append(answer | {"slots": words_of(row, named), "tags": named})
    return answers


def usual_tags(train: Sequence[Request], requests: Sequence[Request]) -> list[list[str]]:
    """For each word of the requests the tag that it has most often in training; `O` for an unknown word."""
    counts = defaultdict(Counter)
    for words, tags, _ in train:
        for word, tag in zip(words, tags, strict=True):
            counts[word][tag] += 1
    usual = {word: min(seen, key=lambda tag: (-seen[tag], tag)) for word, seen in counts.items()}
    return [[usual.get(word, "O") for word in words] for words, _, _ in requests]


def features_of(requests: Sequence[Request]) -> list[list[dict[str, str]]]:
    """What a CRF on hand-made features sees of each word: itself, its ends, its shape and its neighbours.

    >>> first, last = features_of([(["play", "u2"], ["O", "B-artist"], "PlayMusic")])[0]
    >>> first["+1"], last["shape"]
    ('u2', 'u0')
    """
    return [_word_features(words) for words, _, _ in requests]


def _word_features(words: Sequence[str]) -> list[dict[str, str]]:
    wide, found = ["", "", *words, "", ""], []
    for place, word in enumerate(words, start=2):
        seen = {f"{shift:+d}": wide[place + shift] for shift in (-2, -1, 1, 2)}
        seen |= {"word": word, "shape": re.sub(r"\d", "0", word)}
        seen |= {"first 2": word[:2], "first 3": word[:3], "last 2": word[-2:], "last 3": word[-3:]}
        seen |= {"pair before": f"{wide[place - 1]} {word}", "pair behind": f"{word} {wide[place + 1]}"}
        found.append(seen)
    return found


def slot_f1(requests: Sequence[Request], tags: Sequence[Sequence[str]]) -> float:
    """F1 of whole slots, by `seqeval`, which is pooled over all kinds of slots; 0 where there are none."""
    from seqeval.metrics import f1_score

    true = [list(row) for _, row, _ in requests]
    return float(f1_score(true, [list(row) for row in tags], zero_division=0))


def scores(
    requests: Sequence[Request], answers: Sequence[Mapping], draws: int, seed: int
) -> dict[str, float]:
    """What answers (see `answers_of`) are worth.

    Returns: `slot_f1` and its interval, `slot_f1_low` to `slot_f1_high` (see `f1_interval`);
        `goal_accuracy`, the share of right intents; and `sentence_accuracy`, the share of requests with the
        right intent and all tags right.
    """
    true, guessed = [row for _, row, _ in requests], [answer["tags"] for answer in answers]
    low, high = f1_interval(true, guessed, draws, seed)
    intents = [answer["intent"] == row[2] for answer, row in zip(answers, requests, strict=True)]
    tags = [list(one) == list(other) for one, other in zip(true, guessed, strict=True)]
    found = {"slot_f1": slot_f1(requests, guessed), "slot_f1_low": low, "slot_f1_high": high}
    both = np.array([intents, tags], bool).all(axis=0)
    return found | {"goal_accuracy": float(np.mean(intents)), "sentence_accuracy": float(both.mean())}


def f1_interval(
    true: Sequence[Sequence[str]],
    guessed: Sequence[Sequence[str]],
    draws: int,
    seed: int,
    level: float = 0.95,
) -> tuple[float, float]:
    """Bootstrap interval of the F1 of whole slots: requests are drawn again, with replacement.

    Args:
        true: the tags of each request, IOB2.
        guessed: the same, as a tagger gave them; each `I-` must continue a slot of its kind.
        draws: how many samples.
        seed: decides which.
        level: share of the samples between the two ends.

    Source: B. Efron and R. Tibshirani, An introduction to the bootstrap (1993), percentile interval.
    """
    counts = []
    for one, other in zip(true, guessed, strict=True):
        one, other = set(slots_of(one)), set(slots_of(other))
        counts.append([2 * len(one & other), len(one) + len(other)])
    size = len(counts)
    times = np.random.default_rng(seed).multinomial(size, np.full(size, 1 / size), draws)
    hits, total = (times @ np.array(counts)).T  # (draws,) each
    low, high = np.quantile(hits / np.maximum(total, 1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


# -- answers to questions


def question_words(intent: str | None, asked: str | None) -> list[str]:
    """What stands before a user's words, so that a network knows what they answer: each a word of its own.

    >>> question_words("BookTrain", "to_city"), question_words("BookTrain", None), question_words(None, None)
    (['?BookTrain', '?to_city'], ['?BookTrain'], [])
    """
    return [f"?{name}" for name in (intent, asked) if name]


def answer_examples(requests: Sequence[Request], share: float, seed: int) -> list[Request]:
    """Examples of answers and corrections, made of training requests: those are whole sentences.

    Of a request with slots comes a fragment: one slot with up to two words on each side, perhaps behind
    "no ," or the like. In front stand the `question_words`: the intent, and half of the time the slot. A
    third as often comes the whole request, as if it was said in the middle of a form, any one.

    Args:
        requests: words, tags and intent of each.
        share: fragments per request with slots, from 0 to 1.
        seed: decides which.
    """
    random, made = np.random.default_rng(seed), []
    intents = sorted({intent for _, tags, intent in requests if slots_of(tags)})
    for words, tags, intent in requests:
        slots = slots_of(tags)
        if slots and random.random() < share:
            made.append(_fragment(words, tags, intent, slots[random.integers(len(slots))], random))
        if intents and random.random() < share / 3:
            asked = question_words(intents[random.integers(len(intents))], None)
            made.append(([*asked, *words], ["O"] * len(asked) + list(tags), intent))
    return made


def _fragment(words, tags, intent, slot, random) -> Request:
    name, first, end = slot
    before, behind = random.integers(0, 3, 2)
    while before and first and tags[first - 1] == "O":
        before, first = before - 1, first - 1
    while behind and end < len(words) and tags[end] == "O":
        behind, end = behind - 1, end + 1
    asked = question_words(intent, name if random.random() < 0.5 else None)
    asked += OPENERS[random.integers(len(OPENERS))].split()
    return [*asked, *words[first:end]], ["O"] * len(asked) + list(tags[first:end]), intent


# -- forms


def needed_slots(requests: Sequence[Request], share: float) -> dict[str, list[str]]:
    """For each intent the slots that so large a share of its requests have, or else the commonest one."""
    having, total = defaultdict(Counter), Counter(intent for _, _, intent in requests)
    for _, tags, intent in requests:
        having[intent].update({name for name, _, _ in slots_of(tags)})
    needed = {}
    for intent in sorted(total):
        ranked = sorted(having[intent].items(), key=lambda item: (-item[1], item[0]))
        enough = [name for name, count in ranked if count >= share * total[intent]]
        needed[intent] = enough or [name for name, _ in ranked[:1]]
    return needed


class Form:
    """The form that an assistant fills: an intent and its slots, and what is asked for next.

    Attributes:
        intent: None while no form is open.
        slots: what it holds, kind → value.
        asked: the slot that the last question was about; None if that was whether all is right.
        done: whether the user has confirmed it.
    """

    def __init__(self, needed: Mapping[str, Sequence[str]]):
        self.needed, self.done = needed, False
        self.forget()

    def forget(self) -> None:
        """Closes the form without an end."""
        self.intent, self.slots, self.asked, self.skipped = None, {}, None, set()

    def closed_answer(self, said: str) -> str | None:
        """The answer to what needs no understanding: yes, stop, and that it does not matter. Else None."""
        said = said.lower().strip(" .!,")
        if self.intent and said in STOP:
            self.forget()
            return "Forgotten."
        if self.intent and not self.asked and said in AGREED:
            self.done = True
            return "Done."
        if self.asked and said in NO_MATTER:
            self.skipped.add(self.asked)
            return self.question()
        return None

    def question(self) -> str:
        """Asks for the first slot that is needed and missing, or else whether all is right."""
        left = (name for name in self.needed.get(self.intent, ()) if name not in self.slots)
        self.asked = next((name for name in left if name not in self.skipped), None)
        if self.asked:
            return f"Which {self.asked.replace('_', ' ')}?"
        held = ", ".join(f"{name} = {value}" for name, value in self.slots.items())
        return f"{self.intent}: {held or 'nothing'}. Is that right?"


# -- scripted users


@dataclass(frozen=True)
class Script:
    """What a user wants, and how it is said.

    Attributes:
        kind: `"plain"`; `"withheld"`: what the form needs is left out at first; `"outside"`: the first thing
            said is out of scope; `"changed"`: the user changes his mind about a slot.
        said: what is said first, one or two lines.
        intent: the intent of the form that the user wants.
        slots: its slots in the end, kind → value.
        phrases: how the user names each of them, kind → words, such as "at noon".
    """

    kind: str
    said: tuple[str, ...]
    intent: str
    slots: dict[str, str]
    phrases: dict[str, str] = field(repr=False)


def scripts(
    requests: Sequence[Request],
    needed: Mapping[str, Sequence[str]],
    outside: Sequence[str],
    count: int,
    seed: int,
) -> list[Script]:
    """As many scripts as asked for, of the four kinds in turn, drawn from requests; the same for a seed.

    Args:
        requests: such that the assistant was not trained on. Those without a slot, or with two of one kind,
            are left out.
        needed: the slots that each intent's form asks for.
        outside: texts out of scope; without any, nobody says one.
        count: how many scripts, at least 1.
        seed: decides which requests are drawn, and what is changed or withheld.

    Raises: `ValueError` for a count below 1, or without a request that will do.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    random, usable, values = np.random.default_rng(seed), [], defaultdict(dict)
    for words, tags, intent in requests:
        slots = slots_of(tags)
        if slots and len({kind for kind, _, _ in slots}) == len(slots):
            usable.append((words, tags, slots, intent))
            for kind, first, end in slots:
                values[kind][" ".join(words[first:end])] = _phrase(words, tags, first, end)
    if not usable:
        raise ValueError("no request has slots, each kind at most once: there is nothing to make scripts of")
    # What is withheld is the end of a request: the rest can still be understood.
    ending = [row for row in usable if _ends_with_what_is_needed(*row, needed)]
    pools = dict.fromkeys(KINDS, usable) | {"withheld": ending or usable}
    order = {kind: cycle(random.permutation(len(pool))) for kind, pool in pools.items()}
    made = []
    for kind in islice(cycle(KINDS), count):
        row = pools[kind][next(order[kind])]
        made.append(_script(kind, *row, needed, values, outside, random))
    return made


def _phrase(words: Sequence[str], tags: Sequence[str], first: int, end: int) -> str:
    """A slot as a user would repeat it: with the preposition before it, if there is one."""
    before = first - (first > 0 and tags[first - 1] == "O" and words[first - 1] in PREPOSITIONS)
    return " ".join(words[before:end])


def _ends_with_what_is_needed(words, tags, slots, intent, needed) -> bool:
    name, _, end = slots[-1]
    return end == len(words) and len(slots) > 1 and name in needed.get(intent, ())


def _script(kind, words, tags, slots, intent, needed, values, outside, random) -> Script:
    wanted = {name: " ".join(words[first:end]) for name, first, end in slots}
    phrases = {name: _phrase(words, tags, first, end) for name, first, end in slots}
    said = [" ".join(words)]
    if kind == "withheld" and _ends_with_what_is_needed(words, tags, slots, intent, needed):
        said = [" ".join(words).removesuffix(phrases[slots[-1][0]]).strip()]
    elif kind == "outside" and outside:
        said.insert(0, outside[random.integers(len(outside))])
    elif kind == "changed":
        name = slots[random.integers(len(slots))][0]
        others = sorted(values[name].keys() - {wanted[name]})
        if others:
            wanted[name] = others[random.integers(len(others))]
            phrases[name] = values[name][wanted[name]]
        else:
            kind = "plain"
    else:
        kind = "plain"
    return Script(kind, tuple(said), intent, wanted, phrases)


def play(script: Script, assistant: Form, most: int = 12) -> tuple[bool, list[tuple[str, str]]]:
    """One dialogue, of `most` lines of the user's at most.

    `assistant` is a `Form` with a method `reply`, from what the user says to the answer.

    The user says what the script begins with, then answers questions. Asked whether all is right, the user
    repeats once the request if the form is that of another intent, or else each slot that is not as wanted,
    and otherwise says yes. A text out of scope has to be refused: no form may be open after it.

    Returns: whether the form was confirmed with the intent and the slots of the script, and nothing else; and
        the lines, each with the assistant's answer.
    """
    lines, waiting, named = [], list(script.said), set()
    while len(lines) < most:
        if waiting:
            said = waiting.pop(0)
        elif assistant.intent is None:
            break  # understood as nothing that it can do
        elif assistant.asked is not None:
            said = script.phrases.get(assistant.asked, NO_MATTER[0])
        else:
            wrong = [name for name, value in script.slots.items() if assistant.slots.get(name) != value]
            if assistant.intent != script.intent:
                wrong = [""]  # all of it
            left = [name for name in wrong if name not in named]
            if wrong and not left:
                break  # said once already, to no avail
            said = f"no , {script.phrases.get(left[0], script.said[-1])}" if left else AGREED[0]
            named.update(left[:1])
        lines.append((said, assistant.reply(said)))
        if waiting and assistant.intent is not None:
            break  # it took a request out of scope for one of its own
        if assistant.done:
            break
    right = assistant.done and (assistant.intent, dict(assistant.slots)) == (script.intent, script.slots)
    return right, lines


def play_all(
    scripts: Sequence[Script], begin: Callable[[], Form]
) -> list[tuple[str, bool, list[tuple[str, str]]]]:
    """Each script with an assistant of its own, made by `begin`: its kind, whether completed, the lines."""
    return [(script.kind, *play(script, begin())) for script in scripts]
