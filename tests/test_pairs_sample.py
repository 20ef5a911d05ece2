"""data/fra-eng-sample.zip and the grammar behind it."""

import io
import random
import re
import unicodedata
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

import make_pairs_sample
import pytest
import sacrebleu
from make_pairs_sample import LEXICON, Clause, Context, Name, Phrase, Pronoun, Text, agree, ask, spell
from origins import check_rebuilt

ROOT = Path(__file__).resolve().parent.parent
STORED = ROOT / "data" / "fra-eng-sample.zip"
TU = Context(False, False, False, False, False, 1)  # to a man, by a man, questions inverted


def text(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["fra.txt"]
        return archive.read("fra.txt").decode()


@pytest.fixture(scope="module")
def pairs():
    return [tuple(line.split("\t")) for line in text(STORED.read_bytes()).splitlines()]


@pytest.fixture(scope="module")
def versions(pairs):
    table = defaultdict(list)
    for english, french in pairs:
        table[english].append(french)
    return table


def words(sentence: str) -> list[str]:
    return re.findall(r"\w+'?|[.?!,-]", sentence.lower())


# -- the file


def test_script_rebuilds_the_sample():
    stored, built = STORED.read_bytes(), make_pairs_sample.build()
    check_rebuilt(STORED, built)
    assert len(stored) < 2_000_000
    assert zipfile.ZipFile(STORED).getinfo("fra.txt").date_time == (1980, 1, 1, 0, 0, 0)


def test_pairs_have_the_form_of_the_full_data(pairs):
    assert len(pairs) == len(set(pairs)) > 8_000
    lengths = [len(english) for english, _ in pairs]
    assert lengths == sorted(lengths)
    for english, french in pairs:
        assert unicodedata.normalize("NFC", english + french) == english + french
        assert re.fullmatch(r"[A-Z][A-Za-z', ]+[.?!]", english)
        assert re.fullmatch(r"[A-ZÀÉÊŒ][A-Za-zàâçèéêëîïôûùœÉ', -]+(\.| [?!])", french)
        assert "  " not in english + french and english[-1] == french[-1]


def test_sentences_of_all_lengths_and_some_in_several_versions(versions):
    french = [version for several in versions.values() for version in several]
    assert {len(english.split()) for english in versions} == set(range(2, 17))
    assert {len(sentence.split()) for sentence in french} >= set(range(2, 19))
    assert 0.2 < sum(len(several) > 1 for several in versions.values()) / len(versions) < 0.5
    counts = [Counter(word for sentence in side for word in words(sentence)) for side in (versions, french)]
    assert all(400 < len(count) < 1000 for count in counts)


@pytest.mark.parametrize(
    ("pattern", "least"),
    [
        (r"\b([Nn]e\b|[Nn]').* (pas|plus|jamais|rien|personne)\b", 2000),
        (r"\b(du|des|au|aux)\b", 400),
        (r"(l'|d'|qu'|j'|s'|m'|t')", 1500),
        (r"-t-(il|elle)\b", 150),
        (r"\b[Ee]st-ce qu", 500),
        (r"\b(bel|vieil|nouvel|cet) [aâeéèêioôhœ]", 60),
        (r"\b(mon|ton|son) (horloge|amie|histoire|orange|écharpe|île)", 10),
        (r"\bparce qu", 200),
    ],
)
def test_what_french_does_otherwise_is_common(pairs, pattern, least):
    assert sum(re.search(pattern, french) is not None for _, french in pairs) >= least


def test_no_elision_contraction_or_agreement_is_forgotten(pairs):
    masculine, feminine = (
        "|".join({noun.french for noun in LEXICON.values() if noun.feminine == wanted} - {"lit", "porte"})
        for wanted in (False, True)
    )  # *lit* and *porte* are verbs too
    wrong = (
        r"\b(le|la|je|ne|me|te|se|de|que|ma|ta|sa|ce|beau|nouveau) [aeiouhyàâéèêîôûœ]",
        r"\bvieux [aehiouâéêîô]\w+ (est|n')",
        r"\b(si ils?|aux? le|du la|de des|de du)\b",
        rf"\b(de|à) (le|les) ({masculine}|{feminine})s?\b",
        rf"\b(cette|une|la|ma|sa) ({masculine})\b",
        rf"\b(ce|cet|un|le|bel) ({feminine})\b",
        r"\b(des|mes|tes|ses|nos|vos|leurs|ces|deux|trois|quatre) \w*[^\Wsx]\b",
        r"(?<!-)\b(je|tu|il|elle|nous|vous|ils|elles) (pas|plus|jamais)\b",
    )
    for english, french in pairs:
        for pattern in wrong:
            assert not re.search(pattern, french.lower()), (pattern, english, french)


def test_word_by_word_fails(versions):
    """A dictionary, fitted on the training part (IBM's model 1), translates the test part word by word."""
    sentences = sorted(versions)
    random.Random(0).shuffle(sentences)
    test, train = sentences[:500], sentences[500:3000]
    pairs = [(words(english), words(french)) for english in train for french in versions[english]]
    table = {}
    for turn in range(4):
        counts, totals = Counter(), Counter()
        for english, french in pairs:
            for word in french:
                shares = [table.get((word, source), 1e-4) if turn else 1 for source in english]
                whole = sum(shares)
                for source, share in zip(english, shares, strict=True):
                    counts[word, source] += share / whole
                    totals[source] += share / whole
        table = {pair: count / totals[pair[1]] for pair, count in counts.items()}
    best = {}
    for (word, source), share in table.items():
        best[source] = max(best.get(source, (0, "")), (share, word))
    guesses = [" ".join(best.get(word, (0, word))[1] for word in words(english)) for english in test]
    most = max(len(versions[english]) for english in test)
    references = [
        [
            " ".join(words(versions[english][number])) if number < len(versions[english]) else None
            for english in test
        ]
        for number in range(most)
    ]
    score = sacrebleu.corpus_bleu(guesses, references, tokenize="none", force=True).score
    assert 5 < score < 35


# -- the grammar


def said(clause: Clause, context: Context = TU, mark: str = ".") -> tuple[str, str]:
    return clause.en(), spell(clause.fr(context), mark)


def phrase(noun: str, determiner: str = "the", *adjectives: str, plural: bool = False) -> Phrase:
    return Phrase(LEXICON[noun], plural, determiner, adjectives)


@pytest.mark.parametrize(
    ("thing", "english", "french"),
    [
        (phrase("car", "the", "big", "red"), "the big red car", "La grande voiture rouge."),
        (phrase("car", "my", "old", plural=True), "my old cars", "Mes vieilles voitures."),
        (phrase("flat", "a", "new"), "a new flat", "Un nouvel appartement."),
        (phrase("bird", "this", "beautiful"), "this beautiful bird", "Ce bel oiseau."),
        (phrase("bird", "a", "beautiful", plural=True), "some beautiful birds", "De beaux oiseaux."),
        (phrase("man", "this"), "this man", "Cet homme."),
        (phrase("man", "this", "old"), "this old man", "Ce vieil homme."),
        (phrase("clock", "my"), "my clock", "Mon horloge."),
        (phrase("clock", "my", "small"), "my small clock", "Ma petite horloge."),
        (phrase("knife", "two", "dirty", plural=True), "two dirty knives", "Deux couteaux sales."),
        (phrase("horse", "a", "white", plural=True), "some white horses", "Des chevaux blancs."),
        (phrase("water", "a", "cold"), "some cold water", "De l'eau froide."),
        (phrase("bread", "a", "good"), "some good bread", "Du bon pain."),
        (phrase("key", "Clara's"), "Clara's key", "La clé de Clara."),
        (phrase("strawberry", "all", plural=True), "strawberries", "Les fraises."),
    ],
)
def test_phrases(thing, english, french):
    assert (thing.en(), spell(thing.fr(TU), ".")) == (english, french)


NADIA, VICTOR, ME, THEY = Name("Nadia"), Name("Victor"), Pronoun("I"), Pronoun("they", True)


@pytest.mark.parametrize(
    ("clause", "english", "french"),
    [
        (Clause(NADIA, "arrive", "D"), "Nadia arrived", "Nadia est arrivée."),
        (Clause(THEY, "get", "H", "yet"), "they haven't got up yet", "Elles ne se sont pas encore levées."),
        (Clause(ME, "eat", "D", "anything"), "I didn't eat anything", "Je n'ai rien mangé."),
        (Clause(ME, "see", "H", "anyone"), "I haven't seen anyone", "Je n'ai vu personne."),
        (Clause(VICTOR, "have", "P", "anymore", phrase("car", "a")), "Victor doesn't have a car anymore",
         "Victor n'a plus de voiture."),
        (Clause(ME, "see", "D", pronoun=Pronoun("she")), "I saw her", "Je l'ai vue."),
        (Clause(ME, "wait", "O", "not", pronoun=Pronoun("they")), "I'm not going to wait for them",
         "Je ne vais pas les attendre."),
        (Clause(NADIA, "drink", "P", "not", phrase("tea", "a")), "Nadia doesn't drink any tea",
         "Nadia ne boit pas de thé."),
        (Clause(VICTOR, "see", "H", "never", phrase("cow", "a", plural=True)),
         "Victor has never seen any cows", "Victor n'a jamais vu de vaches."),
        (Clause(NADIA, "find", "N", pronoun=Pronoun("it")), "Nadia has just found it",
         "Nadia vient de le trouver."),
        (Clause(VICTOR, "give", "D", "", phrase("ring", "a"), Pronoun("she"), True), "Victor gave her a ring",
         "Victor lui a donné une bague."),
        (Clause(NADIA, "eat", "I", "", phrase("apple", "the", plural=True)), "Nadia was eating the apples",
         "Nadia mangeait les pommes."),
        (Clause(Pronoun("we"), "eat", "P", often=Text("often", "souvent")), "we often eat",
         "Nous mangeons souvent."),
        (Clause(ME, "buy", "W", "not", phrase("egg", "a", plural=True)), "I won't buy any eggs",
         "Je n'achèterai pas d'œufs."),
        (Clause(NADIA, "see", "want", pronoun=ME), "Nadia wants to see me", "Nadia veut me voir."),
    ],
)  # fmt: skip
def test_clauses(clause, english, french):
    assert said(clause) == (english, french)


def test_you_is_tu_or_vous_and_agrees():
    clause = Clause(Pronoun("you"), "leave", "D")
    several = {spell(clause.fr(Context(polite, many, woman, False, False, 0)), ".")
               for polite in (False, True) for many in (False, True) for woman in (False, True)}  # fmt: skip
    assert several == {
        "Tu es parti.", "Tu es partie.",
        "Vous êtes parti.", "Vous êtes partie.", "Vous êtes partis.", "Vous êtes parties.",
    }  # fmt: skip


def test_manners_of_asking():
    clause = Clause(phrase("mother", "your"), "like", "P", "", phrase("dress", "this"))
    asked = [spell(ask(TU._replace(style=style), clause), "?") for style in range(3)]
    assert clause.en(question=True) == "does your mother like this dress"
    assert asked == [
        "Est-ce que ta mère aime cette robe ?",
        "Ta mère aime-t-elle cette robe ?",
        "Ta mère aime cette robe ?",
    ]
    clause = Clause(Pronoun("she"), "see", "D", "not", pronoun=Pronoun("they"))
    assert spell(ask(TU, clause, "pourquoi"), "?") == "Pourquoi ne les a-t-elle pas vus ?"


def test_participle_agrees_with_what_stands_before_it():
    clause = Clause(Pronoun("you"), "buy", "D", ahead=phrase("apple", plural=True))
    assert spell(ask(TU, clause, "combien de pommes"), "?") == "Combien de pommes as-tu achetées ?"
    assert spell(clause.fr(TU), ".") == "Tu as achetées."  # as in « les pommes que tu as achetées »


def test_adjectives():
    forms = [agree(name, feminine, plural) for name in ("beautiful", "happy", "white")
             for feminine in (False, True) for plural in (False, True)]  # fmt: skip
    assert forms == [
        "beau", "beaux", "belle", "belles", "heureux", "heureux", "heureuse", "heureuses",
        "blanc", "blancs", "blanche", "blanches",
    ]  # fmt: skip
