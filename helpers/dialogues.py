"""Users who talk by a script: they want something, answer questions, and correct what was misunderstood.

They put an assistant to the test that fills forms. Every request comes from data that it has not seen, and a
dialogue counts only if the form holds in the end what the user wanted, word for word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

__all__ = ["KINDS", "Assistant", "Script", "play", "scripts", "slots_of"]

KINDS = ("plain", "withheld", "outside", "changed")
YES, NO, NO_MATTER = "yes", "no ,", "i do not mind"


class Assistant(Protocol):
    """What a scripted user sees of an assistant.

    `intent` is that of the open form, None without one; `slots` what the form holds; `asked` the slot that it
    asks for now, None where it asks whether all is right; `done` whether a form was confirmed.
    """

    intent: str | None
    slots: Mapping[str, str]
    asked: str | None
    done: bool

    def reply(self, said: str) -> str:
        """The answer to one line of the user's."""


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


def slots_of(words: Sequence[str], tags: Sequence[str]) -> list[tuple[str, int, int]]:
    """The slots of a request with IOB2 tags: kind, first word, and the one behind the last.

    >>> slots_of(["play", "blue", "river", "now"], ["O", "B-track", "I-track", "B-time"])
    [('track', 1, 3), ('time', 3, 4)]
    """
    found = []
    for place, (_, tag) in enumerate(zip(words, tags, strict=True)):
        if tag.startswith("B-"):
            found.append((tag[2:], place, place + 1))
        elif tag != "O" and found:
            found[-1] = (*found[-1][:2], place + 1)
    return found


def scripts(
    requests: tuple[Sequence[Sequence[str]], Sequence[Sequence[str]], Sequence[str]],
    needed: Mapping[str, Sequence[str]],
    outside: Sequence[str],
    count: int,
    seed: int,
) -> list[Script]:
    """As many scripts as asked for, of the four kinds in turn, drawn from requests; the same for a seed.

    Args:
        requests: words, tags and intents of requests that the assistant was not trained on. Those without a
            slot, or with two of one kind, are left out.
        needed: the slots that each intent's form asks for.
        outside: texts out of scope; without any, nobody says one.
        count: how many scripts, at least 1.
        seed: decides which requests are drawn, and what is changed or withheld.

    Raises: `ValueError` for a count below 1, or without a request that will do.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    random, usable, values = np.random.default_rng(seed), [], defaultdict(dict)
    for words, tags, intent in zip(*requests, strict=True):
        words, slots = [word.lower() for word in words], slots_of(words, tags)
        if slots and len({kind for kind, _, _ in slots}) == len(slots):
            usable.append((words, tags, slots, intent))
            for kind, first, end in slots:
                values[kind][" ".join(words[first:end])] = _phrase(words, tags, first, end)
    if not usable:
        raise ValueError("no request has slots, each kind at most once: there is nothing to make scripts of")
    made = []
    for number, row in enumerate(random.choice(len(usable), count, replace=count > len(usable))):
        kind = KINDS[number % len(KINDS)]
        made.append(_script(kind, *usable[row], needed, values, outside, random))
    return made


def _phrase(words: Sequence[str], tags: Sequence[str], first: int, end: int) -> str:
    """A slot as a user would repeat it: with the word before it, if that is a word of no slot."""
    before = first - (first > 0 and tags[first - 1] == "O" and words[first - 1].isalpha())
    return " ".join(words[before:end])


def _script(kind, words, tags, slots, intent, needed, values, outside, random) -> Script:
    wanted = {name: " ".join(words[first:end]) for name, first, end in slots}
    phrases = {name: _phrase(words, tags, first, end) for name, first, end in slots}
    said = [" ".join(words)]
    name, _, end = slots[-1]
    if kind == "withheld" and end == len(words) and len(slots) > 1 and name in needed.get(intent, ()):
        said = [" ".join(words).removesuffix(phrases[name]).strip()]
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


def play(script: Script, assistant: Assistant, most: int = 12) -> tuple[bool, list[tuple[str, str]]]:
    """One dialogue, of `most` lines of the user's at most.

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
            said = script.phrases.get(assistant.asked, NO_MATTER)
        else:
            wrong = [name for name, value in script.slots.items() if assistant.slots.get(name) != value]
            if assistant.intent != script.intent:
                wrong = [""]  # all of it
            left = [name for name in wrong if name not in named]
            if wrong and not left:
                break  # said once already, to no avail
            said = f"{NO} {script.phrases.get(left[0], script.said[-1])}" if left else YES
            named.update(left[:1])
        lines.append((said, assistant.reply(said)))
        if waiting and assistant.intent is not None:
            break  # it took a request out of scope for one of its own
        if assistant.done:
            break
    right = assistant.done and (assistant.intent, dict(assistant.slots)) == (script.intent, script.slots)
    return right, lines
