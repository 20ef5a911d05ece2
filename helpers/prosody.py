"""Form, rhyme and tone of classical Chinese verse, by the modern reading of each character.

A regulated poem has four or eight lines of five or seven characters. Its even lines rhyme, and each place of
a line wants a *level* (平) or an *oblique* (仄) tone, some places being free. Here a character sounds as in
Mandarin today (pypinyin) and rhymes by the 14 classes of 中华新韵 (2005): tones 1 and 2 are level, tones 3
and 4 oblique.

The Tang poets spoke otherwise, so this measure is unjust to them. The old entering tone (入声) was oblique,
and many of its characters are level today: 白, 一, 国, 石. Some of their rhymes are gone (斜 with 花), and
some of today's are new (真 with 侵). Keep human poems beside the machine's in every table.

A character with several readings counts by one only, the first that pypinyin gives, because a mask needs one
answer; in verse 看, 教, 为 or 重 may be meant either way. Two exceptions: the few characters of `_READINGS`,
and neutral tones, which verse does not know: 了 counts as liǎo, 子 as zǐ. There is no retroflex ending: 儿 is
ér.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from pypinyin import Style, pinyin
from pypinyin.contrib.tone_convert import to_finals, to_tone

__all__ = [
    "FORMS",
    "RHYMES",
    "best_pattern",
    "form",
    "patterns",
    "rhyme",
    "rhyme_rate",
    "rhyme_table",
    "rhymes",
    "sound",
    "tone",
    "tone_codes",
    "tone_rate",
    "tone_table",
]

# name: (characters of a line, lines)
FORMS = {"5x4": (5, 4), "7x4": (7, 4), "5x8": (5, 8), "7x8": (7, 8)}

# The 14 classes in their usual order: class number = index + 1.
RHYMES = tuple("麻波皆开微豪尤寒文唐庚齐支姑")

_FINALS = {
    "麻": "a ia ua",
    "波": "o e uo",
    "皆": "ie ve ê",
    "开": "ai uai",
    "微": "ei uei",
    "豪": "ao iao",
    "尤": "ou iou",
    "寒": "an ian uan van",
    "文": "en in uen vn",
    "唐": "ang iang uang",
    "庚": "eng ing ueng ong iong",
    "齐": "i er v",
    "姑": "u",
}
_CLASS = {final: name for name, finals in _FINALS.items() for final in finals.split()}

# Where pypinyin's first reading is not that of verse: long, return, frontier, sink, palace gate, sink; end,
# morning; the first ones in traditional characters.
_READINGS = {"长": "chang2", "还": "huan2", "塞": "sai4", "没": "mo4", "阙": "que4", "沈": "chen2"}
_READINGS |= {"尽": "jin4", "朝": "zhao1"}
_READINGS |= {"長": "chang2", "還": "huan2", "沒": "mo4", "闕": "que4", "盡": "jin4"}

_LEVEL, _OBLIQUE = 1, 2
_TONES = {_LEVEL: "level", _OBLIQUE: "oblique"}
_CODES = {"*": 0, "P": _LEVEL, "Z": _OBLIQUE}


@cache
def _syllable(character: str) -> str:
    """Its sound with the tone as a digit, "chang2"; empty for what is not one Chinese character."""
    if len(character) != 1:
        return ""
    heard = pinyin(character, style=Style.TONE3, heteronym=True, neutral_tone_with_five=True, errors="ignore")
    readings = [_READINGS[character]] if character in _READINGS else heard[0] if heard else []
    return next((reading for reading in readings if reading[-1] in "1234"), "")


@cache
def _reading(character: str) -> tuple[int, int]:
    """Tone (0 none, 1 level, 2 oblique) and rhyme class (0 none, 1 to 14)."""
    heard = _syllable(character)
    if not heard:
        return 0, 0
    syllable, number = heard[:-1], int(heard[-1])
    final = to_finals(syllable, v_to_u=False)
    buzzing = final == "i" and syllable.startswith(("z", "c", "s", "r"))  # zh, ch and sh too
    name = "支" if buzzing else _CLASS.get(final)
    return (_LEVEL if number <= 2 else _OBLIQUE), RHYMES.index(name) + 1 if name else 0


def sound(character: str) -> str | None:
    """Its syllable in pinyin, `"cháng"`; None for what is not one Chinese character."""
    return to_tone(_syllable(character)) or None


def tone(character: str) -> str | None:
    """`"level"` or `"oblique"`; None for what is not one Chinese character."""
    return _TONES.get(_reading(character)[0])


def rhyme(character: str) -> str | None:
    """Rhyme class, one of `RHYMES`, whatever the tone; None for what is not one Chinese character."""
    number = _reading(character)[1]
    return RHYMES[number - 1] if number else None


def tone_table(tokens: Sequence[str]) -> np.ndarray:
    """`(V,)` int8, one per token of a vocabulary: 1 level, 2 oblique, 0 neither."""
    return np.array([_reading(token)[0] for token in tokens], np.int8)


def rhyme_table(tokens: Sequence[str]) -> np.ndarray:
    """`(V,)` int8, one per token of a vocabulary: 1 to 14 the class (`RHYMES[n - 1]`), 0 none."""
    return np.array([_reading(token)[1] for token in tokens], np.int8)


# -- regulated verse

# The four kinds of line with their free places, after Wang Li 王力, 诗词格律 (1962). The old rule of thumb
# frees places 1, 3 and 5; but one that would leave a level tone alone, and the last three, stay as they are.
_LINES = {
    5: {"A": "*ZPPZ", "a": "*ZZPP", "B": "*PPZZ", "b": "PPZZP"},
    7: {"A": "*P*ZPPZ", "a": "*P*ZZPP", "B": "*Z*PPZZ", "b": "*ZPPZZP"},
}
# The kinds of a quatrain's lines, and of the four that an octave adds to them, whose first line never rhymes.
_OPENINGS = {"A": ("AbBa", "AbBa"), "a": ("abBa", "AbBa"), "B": ("BaAb", "BaAb"), "b": ("baAb", "BaAb")}


def patterns(form: str) -> dict[str, list[str]]:
    """The four regulated tone patterns of a form.

    Named by how the first line starts (平起 level, 仄起 oblique: its second character) and whether it rhymes
    (首句入韵, 首句不入韵). Even lines always end level: that is where the rhyme stands.

    Args:
        form: a key of `FORMS`.

    Returns:
        name → one string a line, one letter a character: `P` level, `Z` oblique, `*` free.

    Raises:
        ValueError: for another form.
    """
    if form not in FORMS:
        raise ValueError(f"form must be one of {', '.join(FORMS)}, got {form!r}")
    characters, lines = FORMS[form]
    found = {}
    for first, (start, more) in _OPENINGS.items():
        templates = [_LINES[characters][kind] for kind in (start + more)[:lines]]
        opening = "平起" if templates[0][1] == "P" else "仄起"
        found[f"{opening}首句{'入韵' if first in 'ab' else '不入韵'}"] = templates
    return found


def tone_codes(pattern: Sequence[str]) -> np.ndarray:
    """A pattern as `(lines, characters)` int8, coded as `tone_table` is, 0 where the place is free."""
    return np.array([[_CODES[place] for place in line] for line in pattern], np.int8)


def form(lines: Sequence[str]) -> str | None:
    """The key of `FORMS` that these lines have, None if they have none of them."""
    lengths = {len(line) for line in lines}
    return next((name for name, (size, n) in FORMS.items() if lengths == {size} and len(lines) == n), None)


def tone_rate(lines: Sequence[str], pattern: Sequence[str] | None = None) -> float:
    """Share of the places where the pattern wants a tone that have it.

    Args:
        lines: one poem, without punctuation.
        pattern: as `patterns` gives it; by default the one of the four that fits best.

    Raises:
        ValueError: if the lines and the pattern differ in shape, or the lines have no regulated form.
    """
    if pattern is None:
        return best_pattern(lines)[1]
    if [len(line) for line in lines] != [len(line) for line in pattern]:
        raise ValueError(f"the pattern {' '.join(pattern)} does not fit the lines {' '.join(lines)}")
    wanted, found = tone_codes(pattern), np.array([tone_table(line) for line in lines])
    return float((wanted == found)[wanted > 0].mean())


def best_pattern(lines: Sequence[str]) -> tuple[str, float]:
    """Name of the regulated pattern that the poem keeps best, and the share of its places kept.

    Raises:
        ValueError: if the lines have no form of `FORMS`.
    """
    name = form(lines)
    if name is None:
        raise ValueError(f"regulated are {', '.join(FORMS)}; these lines are not: {' '.join(lines)}")
    rates = {key: tone_rate(lines, pattern) for key, pattern in patterns(name).items()}
    best = max(rates, key=rates.get)
    return best, rates[best]


def rhymes(lines: Sequence[str], level: bool = False) -> bool:
    """Whether the last characters of the even lines are different characters of one rhyme class.

    Args:
        lines: one poem, without punctuation; a poem of one line does not rhyme.
        level: also ask for level tones, as regulated verse does.
    """
    ends = [line[-1:] for line in lines[1::2]]
    classes = {rhyme(end) for end in ends}
    if len(ends) < 2 or len(set(ends)) < len(ends) or len(classes) > 1 or None in classes:
        return False
    return not level or all(tone(end) == "level" for end in ends)


def rhyme_rate(poems: Sequence[Sequence[str]], level: bool = False) -> float:
    """Share of the poems that `rhymes`; nan for no poem."""
    return float(np.mean([rhymes(lines, level) for lines in poems])) if len(poems) else float("nan")
