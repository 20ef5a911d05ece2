"""Sentence pairs of any two languages: a split that does not leak, word pieces, words to copy, batches."""

import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import helpers.runtime  # before Keras, which it keeps quiet  # noqa: F401

# isort: split
import keras
import numpy as np
import pandas as pd
import sentencepiece

from helpers.text import END, PAD, SPACELESS, START, UNK, length_buckets, pad

__all__ = [
    "TOKEN",
    "Batches",
    "Split",
    "by_length",
    "encode",
    "hide_shared_words",
    "hide_unknown",
    "key",
    "learn_pieces",
    "spell",
    "split",
]

LEAST = 500  # training pairs
LEAST_COVERED = 0.981  # of the characters of a text: SentencePiece takes no less than 0.98
NOBODY = "\ue000"  # stands for a word to copy; Unicode leaves it free, no text has it
_LETTER = rf"[^\W{SPACELESS}]"  # a letter or digit of a script with spaces
TOKEN = re.compile(rf"{_LETTER}+|\S")  # a word or a mark; a character in scripts without spaces


# -- the split


class Split(NamedTuple):
    """Training pairs (`source`, `target`, `key`); held-out sources → all their translations."""

    train: pd.DataFrame
    validation: pd.Series
    test: pd.Series


def key(sentence: str) -> str:
    """The letters with their marks and the digits of a sentence, without case and punctuation.

    >>> key("Go on, 2!"), key("...")
    ('goon2', '...')
    """
    kept = (sign for sign in sentence.casefold() if unicodedata.category(sign)[0] in "LMN")
    return "".join(kept) or sentence


def split(table: pd.DataFrame, held_out: int, seed: int, test: pd.DataFrame | None = None) -> Split:
    """Splits by source sentence: none is in two parts, not even with other case or punctuation.

    Args:
        table: the columns `source` and `target`, one row per pair.
        held_out: sentences of validation and of test at most, a tenth of all at most.
        seed: of the drawing.
        test: such a table to test on, whose sources leave `table`; None draws the test from `table`.

    Raises: `ValueError` if fewer than 500 training pairs are left.
    """
    table, test = (
        None if some is None else some.assign(key=some["source"].map(key)) for some in (table, test)
    )
    keys = table["key"].drop_duplicates().sample(frac=1, random_state=seed).to_numpy()
    size = min(held_out, len(keys) // 10)
    test = table[table["key"].isin(keys[:size])] if test is None else test
    rest = np.random.default_rng(seed).permutation(np.setdiff1d(keys, test["key"]))
    validation = table[table["key"].isin(rest[:size])]
    train = table[table["key"].isin(rest[size:])].sample(frac=1, random_state=seed)
    if len(train) < LEAST:
        few = f"{len(train)} training pairs are left of {len(table)}: a translator needs {LEAST} at least"
        way_out = "Append your lines to a public file such as manythings.org's, or test the public translator"
        raise ValueError(f"{few}, and 10,000 or more to be of use. {way_out} on yours with TEST_FILE.")
    return Split(train, _grouped(validation, seed), _grouped(test, seed))


def _grouped(table: pd.DataFrame, seed: int) -> pd.Series:
    """One source sentence per key → the list of its translations, in random order: files are often sorted."""
    rows = table[table["source"].isin(table.drop_duplicates("key")["source"])]
    return rows.groupby("source", sort=False)["target"].agg(list).sample(frac=1, random_state=seed)


# -- word pieces


def plan_pieces(sentences: Sequence[str], most: int) -> tuple[int, float, str]:
    """How many pieces to learn, which share of all characters to cover, and the reason in words.

    At most `most` pieces, and no more than one per 200 characters of text, so that each is seen often enough.
    Alphabets fit whole. Where there are more characters than that (Chinese, Japanese), those that occur once
    or twice are left out as far as SentencePiece allows, and the vocabulary grows until the others take four
    fifths of it at most.
    """
    counts = Counter("▁".join(sentences).replace(" ", "▁"))
    shares = np.cumsum([count for _, count in counts.most_common()]) / counts.total()
    kept, size = len(counts), max(100, min(most, counts.total() // 200))
    if kept > size // 4:
        least = int(np.searchsorted(shares, LEAST_COVERED)) + 1
        kept = max(least, sum(count > 2 for count in counts.values()))
    chosen, covered = max(size, kept + kept // 4 + 4), float(shares[kept - 1])
    why = f"{kept:,} of {len(counts):,} characters, which cover {covered:.2%} of the text"
    if chosen > most:
        why += f"; more pieces than the {most:,} asked for, since they must hold these characters"
    elif size < most:
        why += f"; fewer than the {most:,} asked for, one for every 200 characters of text"
    return chosen, covered, why


def learn_pieces(
    sentences: Sequence[str], most: int, end: bool = False
) -> sentencepiece.SentencePieceProcessor:
    """Byte-pair pieces of training sentences, their number and coverage chosen from the text; prints both.

    Ids 0 to 3 are `PAD`, `UNK`, `START`, `END`, as everywhere in the cookbook.

    Args:
        sentences: training sentences only.
        most: pieces at most, unless the characters alone are more; see `plan_pieces`.
        end: whether the ids of a sentence end with `END`.

    Source: T. Kudo, J. Richardson, SentencePiece, EMNLP (2018).
    """
    sentences = list(sentences)
    size, covered, why = plan_pieces(sentences, most)
    learned = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_writer=learned,
        vocab_size=size,
        model_type="bpe",
        character_coverage=covered,
        **{"pad_id": PAD, "unk_id": UNK, "bos_id": START, "eos_id": END},
        **{"bos_piece": "<start>", "eos_piece": "<end>"},
        normalization_rule_name="identity",  # the loader has normalised
        hard_vocab_limit=False,  # a small corpus may have fewer pieces
        minloglevel=2,
    )
    pieces = sentencepiece.SentencePieceProcessor(model_proto=learned.getvalue(), add_eos=end)
    print(f"{len(pieces):,} pieces: {why}")
    return pieces


# -- words that nobody knows


def hide_shared_words(table: pd.DataFrame, share: float, seed: int) -> tuple[list[str], list[str]]:
    """The columns `source` and `target`; in a random `share` of rows a word that both have is made unknown.

    It is the first capitalised word or number of three letters or more. So the network learns to answer an
    unknown word with an unknown word (Luong et al., Addressing the rare word problem, ACL 2015).
    """
    rows = list(zip(table["source"], table["target"], strict=True))
    drawn = np.random.default_rng(seed).random(len(rows)) < share
    rows = [_hide_shared(*row) if look else row for row, look in zip(rows, drawn, strict=True)]
    return [source for source, _ in rows], [target for _, target in rows]


def _hide_shared(source: str, target: str) -> tuple[str, str]:
    words = re.findall(f"{_LETTER}+", target)
    for word in re.findall(f"{_LETTER}+", source):
        if word in words and not word[0].islower() and len(word) > 2:
            alone = rf"(?<!{_LETTER}){word}(?!{_LETTER})"
            return re.sub(alone, NOBODY, source), re.sub(alone, NOBODY, target)
    return source, target


def encode(
    table: pd.DataFrame,
    pieces: Sequence[sentencepiece.SentencePieceProcessor],
    longest: int,
    copied: float = 0.0,
    seed: int = 0,
) -> tuple[list[list[int]], list[list[int]]]:
    """Rows of ids of the columns `source` and `target`, the targets between `START` and `END`.

    Args:
        table: pairs of sentences.
        pieces: of the source, whose rows end with `END`, and of the target.
        longest: pieces of a sentence; pairs with a longer one are left out.
        copied, seed: as for `hide_shared_words`.
    """
    source, target = hide_shared_words(table, copied, seed)
    rows = zip(pieces[0].encode(source), pieces[1].encode(target), strict=True)
    rows = [(row, [START, *other, END]) for row, other in rows if max(len(row), len(other)) <= longest]
    return [source for source, _ in rows], [target for _, target in rows]


def hide_unknown(sentence: str, pieces: sentencepiece.SentencePieceProcessor) -> tuple[list[int], list[str]]:
    """A sentence's ids, a word of unknown characters as one `UNK`; its pieces, spelled with that word."""
    unknown = re.escape("".join(sorted({sign for sign in sentence if UNK in pieces.encode(sign)})))
    hidden, words = sentence, iter(())
    if unknown:
        word = f"{_LETTER}*[{unknown}](?:{_LETTER}|[{unknown}])*"
        hidden, words = re.sub(word, NOBODY, sentence), iter(re.findall(word, sentence))
    spelled = pieces.encode(hidden, out_type=str)
    return pieces.encode(hidden), [re.sub(NOBODY, lambda _: next(words), piece) for piece in spelled]


def spell(
    ids: np.ndarray,
    pieces: sentencepiece.SentencePieceProcessor,
    source_ids: Sequence[int],
    spelled: Sequence[str],
    look: Callable | None = None,
) -> str:
    """The text of a translation; nothing for a source of nothing. Unknown words are copied from the source.

    Args:
        ids: `(steps,)` of the target; padding and `END` are left out.
        pieces: of the target language.
        source_ids, spelled: as `hide_unknown` gives them.
        look: takes `[(1, source steps), (1, target steps)]` and gives attention weights `(1, target steps,
            source steps)`; an `UNK` becomes the source piece looked at most, an unknown one if there is any.
    """
    ids = [int(number) for number in ids if number not in (PAD, END)]
    written = [pieces.id_to_piece(number) for number in ids]
    if look and UNK in ids:
        weights = keras.ops.convert_to_numpy(look([np.array([source_ids]), np.array([[START, *ids]])])[0])
        candidates = np.array(source_ids) == UNK
        if not candidates.any():
            candidates[:-1] = True  # all but the end
        looked_at = np.where(candidates, weights, -1).argmax(axis=-1)
        for place in (place for place, number in enumerate(ids) if number == UNK):
            written[place] = spelled[looked_at[place]].strip("▁")
    return pieces.decode(written) if len(source_ids) > 1 else ""


def by_length(function: Callable, rows: Sequence[Sequence[int]], batch: int) -> list[np.ndarray]:
    """`function` of padded rows, those of about one length together; the results in the order of `rows`."""
    order = np.argsort([len(row) for row in rows], kind="stable")
    found = {}
    for start in range(0, len(rows), batch):
        some = order[start : start + batch]
        found |= zip(some.tolist(), function(pad([rows[number] for number in some])), strict=True)
    return [found[number] for number in range(len(rows))]


# -- batches


class Batches(keras.utils.PyDataset):
    """Endless batches of pairs of similar length: inputs (source, target so far), output the next piece.

    Args:
        sources, targets: rows of ids; targets begin with `START` and end with `END`.
        batch: pairs per step.
        epochs: different orders to prepare; after the last the first comes again.
        seed: of these orders.
        steps: batches that count as one epoch of `fit`; by default all. Pass `shuffle=False` to `fit`.
    """

    def __init__(self, sources, targets, batch, epochs, seed, steps=None):
        super().__init__()
        self.sides, self.first = (sources, targets), 0
        lengths = [len(source) / 2 + len(target) for source, target in zip(sources, targets, strict=True)]
        orders = (length_buckets(lengths, batch, seed=seed + epoch) for epoch in range(epochs))
        self.batches = [rows for order in orders for rows in order]
        self.steps = steps or len(self.batches)

    def __len__(self):
        return self.steps

    def __getitem__(self, index):
        """`(source, target so far), next pieces`: int32, each `(pairs, steps)`."""
        chosen = self.batches[(self.first + index) % len(self.batches)]
        source, target = (pad([side[row] for row in chosen]) for side in self.sides)
        return (source, target[:, :-1]), target[:, 1:]

    def on_epoch_end(self):
        self.first += self.steps
