"""Dialogues made of requests with slots: short answers to learn from, and scripted users for a test.

Both take rows such as `(["to", "rome"], ["O", "B-city"], "BookTrain")`: words, tags (IOB2) and the intent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any, NamedTuple

import numpy as np

from helpers.datasets._requests import OUT_OF_SCOPE
from helpers.datasets._tagged import spans

__all__ = ["ScriptedUser", "scripted_users", "short_answers"]

Request = tuple[list[str], list[str], str]
KINDS = ("plain", "withheld", "outside", "changed")
# What people say before an answer or a correction, the empty ones most often.
OPENERS = ("", "", "", "no", "no", "no i said", "i mean", "make it", "sorry", "actually")
# What a user repeats together with a slot; in another language the slot stands alone.
PREPOSITIONS = frozenset(
    ("after", "at", "before", "by", "for", "from", "in", "into", "of", "on", "onto", "to", "until", "with")
)
MOST = 12  # lines that a user says


def short_answers(rows: Sequence[Request], share: float, seed: int) -> list[Request]:
    """Answers and corrections made of training requests, which are whole sentences.

    Each is one slot with up to two words on each side, perhaps behind "no" or the like. In front stand, as
    words of their own, the intent of the form that it belongs to and, half of the time, the slot that was
    asked for: `?BookTrain ?city to rome`. A third as often it is a whole request, said in the middle of any
    form.

    Args:
        rows: training requests.
        share: how many answers per request with slots, from 0 to 1.
        seed: decides which.
    """
    random, made = np.random.default_rng(seed), []
    intents = sorted({intent for _, tags, intent in rows if spans(tags)})
    for words, tags, intent in rows:
        slots = spans(tags)
        if slots and random.random() < share:
            name, first, end = slots[random.integers(len(slots))]
            before, behind = random.integers(0, 3, 2)
            while before and first and tags[first - 1] == "O":
                before, first = before - 1, first - 1
            while behind and end < len(words) and tags[end] == "O":
                behind, end = behind - 1, end + 1
            front = [f"?{intent}", f"?{name}"][: random.integers(1, 3)]
            front += OPENERS[random.integers(len(OPENERS))].split()
            made.append((front + words[first:end], ["O"] * len(front) + tags[first:end], intent))
        if intents and random.random() < share / 3:
            made.append(([f"?{intents[random.integers(len(intents))]}", *words], ["O", *tags], intent))
    return made


class Talk(NamedTuple):
    """A dialogue: the user's kind, whether the form holds in the end what was wanted, and what was said."""

    kind: str
    completed: bool
    transcript: str


@dataclass
class ScriptedUser:
    """Somebody who wants something of an assistant that fills forms.

    The assistant has `intent`, that of the open form or None; `slots`, kind → value, of which empty ones do
    not count; `asked`, the slot that it has just asked for, or None if it asked whether all is right; `done`;
    and `reply(said)`, which answers.

    Attributes:
        kind: `"plain"`; `"withheld"`: the last slot of the request, one that its form asks for, is
            left out at first; `"outside"`: what is said first is out of scope; `"changed"`: the user wants
            another value of a slot than was said.
        said: what is said first, one or two lines.
        intent: that of the form which the user wants.
        slots: its slots in the end, kind → value.
        phrases: how the user names each of them, kind → words, such as "at noon".
    """

    kind: str
    said: tuple[str, ...]
    intent: str
    slots: dict[str, str]
    phrases: dict[str, str] = field(repr=False)

    def talk(self, assistant: Any) -> Talk:
        """One dialogue with an assistant that has no form open.

        Asked whether all is right, the user repeats once the request, if the form is that of another intent,
        or each slot that is not as wanted, and otherwise says yes. A text out of scope must open no form.
        """
        lines, waiting, named = [], list(self.said), set()
        while len(lines) < MOST and not assistant.done:
            if bool(waiting) == (assistant.intent is not None):
                break  # out of scope and taken for a request, or a request and not understood
            said = waiting.pop(0) if waiting else self._answer(assistant, named)
            if said is None:
                break
            lines.append(f"user:      {said}\nassistant: {assistant.reply(said)}")
        held = assistant.intent, {name: value for name, value in assistant.slots.items() if value}
        completed = assistant.done and held == (self.intent, self.slots)
        return Talk(self.kind, completed, "\n".join(lines))

    def _answer(self, assistant: Any, named: set[str]) -> str | None:
        """The next line; None where all has been said once already, to no avail."""
        if assistant.asked is not None:
            return self.phrases.get(assistant.asked, "i do not mind")
        wrong = [name for name, value in self.slots.items() if assistant.slots.get(name) != value]
        wrong = wrong if assistant.intent == self.intent else [""]  # all of it
        left = [name for name in wrong if name not in named]
        named.update(left[:1])
        if left:
            return f"no, {self.phrases.get(left[0], self.said[-1])}"
        return None if wrong else "yes"


def scripted_users(
    rows: Sequence[Request],
    part: tuple[Sequence[str], Sequence[int]],
    needed: Mapping[str, Sequence[str]],
    count: int,
    seed: int,
) -> list[ScriptedUser]:
    """As many users as asked for, of the four kinds in turn; the same for a seed.

    Args:
        rows: requests that the assistant was not trained on. Those without a slot, with two of one kind, or
            of the intent `"oos"` are left out.
        part: texts and the number of each one's intent, -1 out of scope. Without one of these
            nobody says one.
        needed: what the form of each intent asks for.
        count: how many users.
        seed: decides which requests are drawn, and what is changed.

    Raises: `ValueError` without a request that will do.
    """
    random, usable, values = np.random.default_rng(seed), [], defaultdict(dict)
    outside = [text for text, number in zip(*part, strict=True) if number < 0]
    for words, tags, intent in rows:
        slots, phrases = {}, {}
        for name, first, end in spans(tags):
            before = first - (first > 0 and tags[first - 1] == "O" and words[first - 1] in PREPOSITIONS)
            slots[name], phrases[name] = " ".join(words[first:end]), " ".join(words[before:end])
            values[name][slots[name]] = phrases[name]
        if intent != OUT_OF_SCOPE and slots and len(slots) == len(spans(tags)):
            usable.append((" ".join(words), intent, slots, phrases))
    if not usable:
        raise ValueError("no request has slots, each kind at most once: nobody has anything to say")
    # What is withheld is the end of a request: the rest can still be understood.
    ending = [row for row in usable if len(row[2]) > 1 and row[0].endswith(f" {[*row[3].values()][-1]}")]
    ending = [row for row in ending if [*row[2]][-1] in needed.get(row[1], ())]
    pools = dict.fromkeys(KINDS, usable) | {"withheld": ending or usable}
    order, made = {kind: cycle(random.permutation(len(pool))) for kind, pool in pools.items()}, []
    for kind in islice(cycle(KINDS), count):
        line, intent, slots, phrases = pools[kind][next(order[kind])]
        said, slots, phrases = [line], dict(slots), dict(phrases)
        name = [*slots][random.integers(len(slots))]
        others = sorted(values[name].keys() - {slots[name]})
        if kind == "withheld" and ending:
            said = [line.removesuffix(f" {[*phrases.values()][-1]}")]
        elif kind == "outside" and outside:
            said.insert(0, outside[random.integers(len(outside))])
        elif kind == "changed" and others:
            slots[name] = others[random.integers(len(others))]
            phrases[name] = values[name][slots[name]]
        else:
            kind = "plain"
        made.append(ScriptedUser(kind, tuple(said), intent, slots, phrases))
    return made
