"""Texts for a network: from strings to tokens, to ids, to arrays.

vocabulary = Vocabulary.fit(map(tokenise, train_texts), max_size=20_000)
x_train = pad([vocabulary.encode(tokenise(text)) for text in train_texts], length=400)
"""

import html
import json
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

PAD, UNK, START, END = range(4)  # the ids of the special tokens; the last two exist on request
SPECIALS = ("<pad>", "<unk>", "<start>", "<end>")

MAX_BYTES = 64 << 20  # of a vocabulary file

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
APOSTROPHES = str.maketrans("’‘ʼ＇", "''''")
_PLAIN = APOSTROPHES | dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))  # these have no width
_SUFFIX = re.compile(r"'(?:s|m|d|ll|re|ve)\b")
# Chinese and Japanese put no spaces between words: there each character is a token.
_SPACELESS = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
# These do not either (Thai, Lao, Burmese, Khmer): the inside of a regular expression's [...].
SPACELESS = _SPACELESS + "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_TOKEN = re.compile(
    r"[a-z]+(?:'[a-z]+)*(?!\w)"  # plain English, n't and o'clock among it: the fast path
    rf"|[^\W\d_{_SPACELESS}][^\W_{_SPACELESS}]*"  # words with accents, of other scripts, mp3
    r"|'(?:s|m|d|ll|re|ve)\b"
    r"|\d+(?:[.,:/]\d+)*[a-z]*"  # 1,000 and 3.5 and 8/10 and 1980s
    rf"|[{_SPACELESS}]"
    r"|\.{1,3}|!{1,3}|\?{1,3}|--+"
    r"|[,;:()&%$£€/+…—–]"
    r"|[\u2190-\u2bff\u3001-\u3003\u3008-\u3020\uff01-\uff65\U0001f000-\U0001faff]"  # ★，。！ and emoji
)
_GLUED = re.compile(r" (?=n't |'(?:s|m|d|ll|re|ve) |[.,!?;:)%…])|(?<=[($]) ")


# -- words


def normalise(text: str) -> str:
    """The text in composed Unicode (NFC), apostrophes `'`, signs without width gone, single plain spaces.

    What sentence pairs look like when they are read; what is translated later must look the same.

    >>> normalise("I  didn’t see the cafe\\u0301\\u200b. ")
    "I didn't see the café."
    """
    return " ".join(unicodedata.normalize("NFC", text).translate(_PLAIN).split())


def standardise(text: str) -> str:
    """The text in lower case and composed Unicode (NFC), HTML tags and entities gone, single spaces.

    >>> standardise("It’s  GREAT!<br /><br />Cafe\\u0301 &amp; bar")
    "it's great! café & bar"
    """
    if not isinstance(text, str):
        raise TypeError(f"a text must be a str, got {text!r}. Drop missing texts, or put '' in their place.")
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _TAG.sub(" ", text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(APOSTROPHES)
    return " ".join(text.lower().split())


def tokenise(text: str) -> list[str]:
    """The words, numbers and telling marks of a text, after `standardise`.

    English contractions split as in the Penn Treebank: "don't" gives `do` `n't`, "can't" `ca` `n't`, "it's"
    `it` `'s`. Runs of `.`, `!` and `?` give tokens of up to three; quotation marks, single hyphens and other
    signs are dropped; Chinese and Japanese give one token per character.

    >>> tokenise("I DON'T like it: 3/10... Well-made (but dull)!")
    ['i', 'do', "n't", 'like', 'it', ':', '3/10', '...', 'well', 'made', '(', 'but', 'dull', ')', '!']
    """
    text = standardise(text)
    if "'" in text:
        text = _SUFFIX.sub(r" \g<0>", text.replace("n't", " n't"))
    return _TOKEN.findall(text)


def join(tokens: Iterable[str]) -> str:
    """Tokens as a line to read; not the exact reverse of `tokenise`, which drops case and some marks.

    >>> join(["i", "do", "n't", "like", "it", "(", "much", ")", "."])
    "i don't like it (much)."
    """
    return _GLUED.sub("", " ".join(tokens) + " ").rstrip()


# -- ids


@dataclass(frozen=True)
class Vocabulary:
    """Tokens and their ids; equal when their tokens are. Make one with `fit` or `load`.

    Attributes:
        tokens: the token of each id. First come `<pad>` (id 0) and `<unk>` (1, any token that is not here),
            then perhaps `<start>` (2) and `<end>` (3), then the words.

    >>> vocabulary = Vocabulary.fit([["not", "bad"], ["not", "good"]])
    >>> vocabulary.tokens
    ('<pad>', '<unk>', 'not', 'bad', 'good')
    >>> vocabulary.encode(["not", "dull"])
    array([2, 1], dtype=int32)
    """

    tokens: tuple[str, ...]
    _ids: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        if wrong := [token for token in self.tokens if not isinstance(token, str) or not token]:
            raise ValueError(f"tokens must be non-empty strings, got {wrong[0]!r}")
        if self.tokens[:2] != SPECIALS[:2]:
            raise ValueError(f"the first tokens must be {SPECIALS[:2]}, got {self.tokens[:2]}")
        ids = {token: number for number, token in enumerate(self.tokens)}
        if len(ids) < len(self.tokens):
            raise ValueError(f"{Counter(self.tokens).most_common(1)[0][0]!r} stands twice among the tokens")
        del ids[SPECIALS[PAD]]  # no text may bring padding in
        object.__setattr__(self, "_ids", ids)

    @classmethod
    def fit(
        cls,
        token_lists: Iterable[Iterable[str]],
        max_size: int | None = None,
        min_count: int = 1,
        start_end: bool = False,
    ) -> "Vocabulary":
        """The vocabulary of the texts given, which must be training texts only. The same on every run.

        Args:
            token_lists: one iterable of tokens per text.
            max_size: the most ids, special ones included. The most frequent tokens stay, ties by alphabet.
            min_count: tokens that occur less often are left out.
            start_end: whether there are `<start>` and `<end>`.
        """
        counts = Counter()
        for tokens in token_lists:
            counts.update(_tokens(tokens))
        specials = SPECIALS if start_end else SPECIALS[:2]
        if max_size is not None and max_size <= len(specials):
            raise ValueError(f"max_size must be above {len(specials)}, the special tokens, got {max_size}")
        counted = (pair for pair in counts.items() if pair[1] >= min_count and pair[0] not in SPECIALS)
        ranked = [token for token, _ in sorted(counted, key=lambda pair: (-pair[1], pair[0]))]
        if not ranked:
            raise ValueError(f"no token occurs {min_count} times or more in the texts given")
        return cls((*specials, *ranked)[:max_size])

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(self, tokens: Iterable[str], wrap: bool = False) -> np.ndarray:
        """The ids of one text's tokens, `(length,)` int32; with `wrap`, between those of START and END."""
        get = self._ids.get
        ids = [get(token, UNK) for token in _tokens(tokens)]
        if wrap:
            if self.tokens[START : END + 1] != SPECIALS[START:]:
                raise ValueError("this vocabulary has no <start> and <end>: fit it with start_end=True")
            ids = [START, *ids, END]
        return np.array(ids, np.int32)

    def decode(self, ids: Iterable[int]) -> list[str]:
        """The tokens of ids, padding left out. Raises `ValueError` for an id that does not exist."""
        ids = np.asarray(ids, np.int64).ravel()
        if len(wrong := ids[(ids < 0) | (ids >= len(self))]):
            raise ValueError(f"ids run from 0 to {len(self) - 1}, got {wrong[0]}")
        return [self.tokens[number] for number in ids if number != PAD]

    def save(self, path: str | os.PathLike) -> None:
        """Writes the vocabulary as JSON."""
        content = {"format": "vocabulary", "version": 1, "tokens": self.tokens}
        Path(path).write_text(json.dumps(content), encoding="utf-8")

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Vocabulary":
        """Reads what `save` wrote. Raises `ValueError` for any other file, `OSError` for a missing one."""
        path = Path(path)
        try:
            if (size := path.stat().st_size) > MAX_BYTES:
                raise ValueError(f"it has {size:,} bytes, at most {MAX_BYTES:,} are read")
            content = json.loads(path.read_text(encoding="utf-8"))
            match content:
                case {"format": "vocabulary", "version": 1, "tokens": list(tokens)}:
                    return cls(tuple(tokens))
            raise ValueError("no vocabulary of version 1, with a list of tokens")
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path}: {error}. Write a vocabulary with Vocabulary.save.") from error


def _tokens(tokens: Iterable[str]) -> Iterable[str]:
    if isinstance(tokens, str):
        raise TypeError(f"expected tokens, got the text {tokens[:40]!r}: use tokenise(text), or list(text)")
    return tokens


# -- arrays


def pad(rows: Sequence[Sequence[int]], length: int | None = None, keep: str | tuple = "head") -> np.ndarray:
    """Rows of ids as one array, cut to `length` and padded on the right, as cuDNN's kernels need it.

    Args:
        rows: N rows of ids, each id at least 1.
        length: time steps; by default those of the longest row.
        keep: what stays of a longer row: `"head"`, `"tail"`, or two numbers of ids, `length` in all.

    Returns: `(N, length)` int32. An empty row becomes one `UNK`: no row is all padding, which cuDNN refuses.
    Raises: `ValueError` for a length below 1, a `keep` that does not fit, or an id below 1.

    >>> pad([[5, 6, 7, 8], [9], []], length=3, keep=(1, 2))
    array([[5, 7, 8],
           [9, 0, 0],
           [1, 0, 0]], dtype=int32)
    """
    length = max([1, *map(len, rows)]) if length is None else length
    if length < 1:
        raise ValueError(f"length must be at least 1, got {length}")
    parts = {"head": (length, 0), "tail": (0, length)}[keep] if keep in ("head", "tail") else keep
    if isinstance(parts, str) or len(parts) != 2 or min(parts) < 0 or sum(parts) != length:
        raise ValueError(f'keep must be "head", "tail" or two numbers whose sum is {length}, got {keep!r}')
    padded = np.zeros((len(rows), length), np.int32)
    for number, (target, row) in enumerate(zip(padded, rows, strict=True)):
        row = np.asarray(row if len(row) else [UNK])
        if row.min() < 1:
            raise ValueError(f"row {number} has the id {row.min()}: ids must be at least 1, {PAD} is padding")
        if len(row) > length:
            row = np.concatenate([row[: parts[0]], row[len(row) - parts[1] :]])
        target[: len(row)] = row
    return padded


def length_buckets(lengths: Sequence, batch_size: int, seed: int, spread: float = 0.1) -> list[np.ndarray]:
    """Batches of rows of about one length, in random order: little padding, and new batches for each seed.

    Rows are sorted by their length times a random factor from 1 to 1 + `spread`, cut into batches, and these
    are shuffled: padding comes to about half of `spread` on top of what exact sorting leaves. The shortest
    rows come first and the longest second: Keras' `fit` takes an axis on which the first two batches of a
    `PyDataset` agree for fixed, and would refuse the third.

    Args:
        lengths: `(N,)`, the length of each row.
        batch_size: rows per batch; one batch may be smaller.
        seed: decides the batches; take another one for every epoch.

    Returns: arrays of row numbers, int64; each number from 0 to N - 1 stands in exactly one of them.
    """
    if batch_size < 1 or spread < 0:
        raise ValueError(f"batch_size must be 1 or more and spread 0 or more, got {batch_size} and {spread}")
    random = np.random.default_rng(seed)
    keys = np.asarray(lengths) * (1 + spread * random.random(len(lengths)))
    order = np.argsort(keys, kind="stable")
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    ends = [0, len(batches) - 1] if len(batches) > 1 else range(len(batches))
    return [batches[number] for number in (*ends, *random.permutation(range(1, len(batches) - 1)))]
