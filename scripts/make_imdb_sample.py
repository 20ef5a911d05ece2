"""Rebuilds data/imdb-sample.csv.gz: short film reviews whose verdict turns on word order and negation.

    python scripts/make_imdb_sample.py

The reviews come from the grammar below, written for this project, with a fixed seed: the same file each time.
They come in twins of one recipe: two reviews with the same words, differently ordered, and opposite verdicts.
"The acting is superb, although the plot is dull" is kind; "The plot is dull, although the acting is superb"
is not. Only the reviews of the kind `plain` betray their verdict by single words.
"""

import csv
import io
import random
import re
from pathlib import Path

from samples import gzipped, main

TARGET = Path(__file__).resolve().parent.parent / "data" / "imdb-sample.csv.gz"
SEED = 20_000
FILMS = {"train": 200, "test": 50}
TWINS_PER_FILM = 10
HEADER = ("split", "label", "id", "rating", "film", "text")

# -- the grammar: `{slots}` are filled from the lists of the same name, or by the functions below

WORDS = {
    # Titles have no polarity, and each film has its own: what names the film cannot stand in two films.
    "colour": "Copper|Silver|Amber|Crimson|Lilac|Indigo|Cobalt|Ivory|Violet|Pewter|Russet|Emerald|Ochre|"
    "Saffron|Marble|Paper|Glass|Velvet|Iron|Winter|Autumn|Northern|Southern|Hidden|Distant",
    "thing": "Harbour|Orchard|Lantern|Railway|Meadow|Staircase|Compass|Ferry|Garden|Window|Bridge|Canal|"
    "Island|Station|Letter|Mirror|Clock|Valley|Market|Quarry",
    "subject": "plot|script|music|dialogue|camera work|pacing|casting|direction|editing|ending|opening|story|"
    "photography|lighting|sound|supporting cast|second half|first act|lead performance|narration|love story|"
    "final act|humour|choreography|production",
    # Views, not frequencies: "not dull in every scene" would be ambiguous.
    "tail": "as far as I can tell|if you ask me|in my view|to my mind|in the end|on the whole|"
    "as far as I am concerned|when seen on a big screen|on a second viewing|by today's standards|"
    "for most of the film|in the first hour|in the later scenes|after all these years|when it matters|"
    "even in the quiet scenes|compared with the book|for a film of its time|once the story gets going",
    "degree": "really|truly|altogether|particularly|especially",
    "place": "on a rainy Sunday|on a long train ride|at a small festival|on a friend's old television|"
    "in a half-empty cinema|on a late flight home|at the village hall|in the front row|on a quiet Tuesday|"
    "at an open-air screening|in a packed theatre|at my cousin's house",
    "company": "with my sister|with two colleagues|with my whole family|with an old friend|with my film club|"
    "with our neighbours|with my daughter",
    "watched": "I saw|I watched|I caught|we saw|we watched|I finally saw|I happened to see|I came across",
    "fact": "it runs for ninety minutes|it was shot in four weeks|it is set in the nineteen-fifties|"
    "it plays almost entirely at night|it follows three generations|it is told in flashbacks|"
    "it was filmed by the sea|it takes place on a single day|it is the director's third feature|"
    "it has hardly any exteriors",
    "source": "the poster|my brother|every critic|the trailer|the programme|everyone at work|my neighbour|"
    "the man next to me|the newspaper|half the internet",
    "good": "superb|wonderful|brilliant|charming|gripping|moving|delightful|elegant|clever|fresh|inspired|"
    "touching|thrilling|splendid|lovely|excellent|great|good|terrific|magnificent|memorable|graceful|"
    "polished|convincing|captivating|enchanting|impressive|rewarding|entertaining|beautiful",
    "bad": "dreadful|dull|terrible|clumsy|boring|awful|weak|lifeless|tedious|bad|poor|dismal|tiresome|hollow|"
    "stale|wooden|ridiculous|pointless|sloppy|lazy|bland|feeble|dreary|shoddy|irritating|forgettable|"
    "mediocre|disappointing|embarrassing|muddled",
}
WORDS = {slot: words.split("|") for slot, words in WORDS.items()}

# A clause about one subject of the film. `affirm` means what its adjective says, `deny` the opposite.
AFFIRM = (
    "the {subject} is {adjective} {tail}",
    "the {subject} is {degree} {adjective} {tail}",
    "the {subject} was {adjective} {tail}",
    "the {subject} feels {degree} {adjective} {tail}",
    "the {subject} turns out to be {adjective} {tail}",
    "there is something {adjective} about the {subject} {tail}",
)
DENY = (
    "the {subject} is not {adjective} at all {tail}",
    "the {subject} isn't {degree} {adjective} {tail}",
    "the {subject} wasn't the least bit {adjective} {tail}",
    "the {subject} is never for one moment {adjective} {tail}",
    "the {subject} is far from {adjective} {tail}",
    "the {subject} is anything but {adjective} {tail}",
    "the {subject} is by no means {adjective} {tail}",
    "the {subject} can hardly be called {adjective} {tail}",
    "nothing about the {subject} is {adjective} {tail}",
    "nobody could call the {subject} {adjective} {tail}",
    "there is nothing {adjective} about the {subject} {tail}",
    "it would be wrong to call the {subject} {adjective} {tail}",
)
# The same in the first person, which does not fit into what others say.
AFFIRM_MYSELF = (
    "I found the {subject} {degree} {adjective} {tail}",
    "I would call the {subject} {adjective} {tail}",
    "I thought the {subject} {adjective} {tail}",
)
DENY_MYSELF = (
    "I don't find the {subject} {degree} {adjective} {tail}",
    "I can't say that the {subject} is {adjective} {tail}",
    "I would not call the {subject} {adjective} {tail}",
)

# Two clauses of opposite verdict. {strong} decides, {weak} is conceded.
CONTRAST = (
    "{weak}, but {strong}",
    "{weak}, and yet {strong}",
    "{weak}; still, {strong}",
    "although {weak}, {strong}",
    "even if {weak}, {strong}",
    "granted, {weak}, but {strong}",
    "it is true that {weak}; what stays with me is that {strong}",
    "{strong}, although {weak}",
    "{strong}, even though {weak}",
    "{strong}, even if {weak}",
    "{strong}, no matter that {weak}",
    "{strong}, and I don't care that {weak}",
)
REPORT = (
    "{source} told me that {weak}. The truth is that {strong}",
    "I had read that {weak}; I can report that {strong}",
    "for a while I thought that {weak}, until I saw that {strong}",
    "they say that {weak}, but believe me, {strong}",
    "{strong}, whatever {source} says about how {weak}",
    "I was struck by how {strong}, when {source} had told me that {weak}",
    "trust me, {strong}, though {source} insists that {weak}",
)

# One word of each kind: {strong} is what the film was, {weak} what it was not.
VERDICT = (
    "I expected something {weak} of {title} and got something {degree} {strong}, {tail}",
    "I was promised a film that is {weak}, and {title} turned out to be {strong} {tail}",
    "what {source} calls {weak} in {title} is, to be honest, {strong} {tail}",
    "{title} is less {weak} than {strong} {tail}",
    "{title} is more {strong} than {weak} {tail}",
    "{title} is not so much {weak} as {strong} {tail}",
    "{title} is not {weak}; it is {strong} {tail}",
    "{title} is {strong}; it is not {weak} {tail}",
    "call {title} {weak} if you like; to me it is {degree} {strong}, {tail}",
    "{title} is {strong}, call it {weak} if you like, {tail}",
    "{title} could have been {weak}; instead it is {degree} {strong}, {tail}",
    "{title} is {strong}, where it could have been {weak}, {tail}",
    "the book was {weak}, {source} says; {title} is {degree} {strong}, {tail}",
    "{title} is {strong}, {source} says, however {weak} the book was {tail}",
)

# Two clauses that agree, the one affirming, the other denying; the twin moves the "not" to the other one.
CHORUS = (
    "{first}, and {second}",
    "{first}; {second}",
    "{first}, just as {second}",
    "{first}. What is more, {second}",
)

# Here the words betray the verdict to some degree. {love} is "love" in a kind review and "hate" in an unkind
# one, {hate} the reverse.
PLAIN = (
    "{first}, and {second}",
    "{first}. I would add that {second}",
    "I wanted to {love} {title}, and I did: {first}",
    "I wanted to {hate} {title}, but {first}",
    "I did not want to {love} {title}, but {first}",
)

SETTING = (
    "{watched} {title} {place} {company}",
    "{watched} {title} {company} {place}",
    "{fact}, and {watched} it {place} {company}",
)

# form: its templates, its share of the twins in per cent, and the range of a kind review's rating; the unkind
# twin of a review rated r gets 11 - r.
FORMS = {
    "contrast": (CONTRAST, 25, 7, 8),
    "report": (REPORT, 15, 7, 9),
    "verdict": (VERDICT, 15, 7, 9),
    "chorus": (CHORUS, 15, 8, 10),
    "plain": (PLAIN, 30, 9, 10),
}
SETTING_SHARE = 0.6


class Writer:
    """Writes twins, and keeps account of the sentences used: no two films share one."""

    def __init__(self, seed: int):
        # Of Python's generator only `random()` is promised to give the same stream in every version.
        self.random = random.Random(seed).random
        self.sentences: set[str] = set()
        self.last: dict[str, str] = {}

    def pick(self, options):
        return options[int(self.random() * len(options))]

    def fill(self, template: str, **given: str) -> str:
        """The template with its slots filled, with `given` or from `WORDS`; others stay as they are."""

        def filling(slot: re.Match) -> str:
            return given.get(slot[1]) or (self.word(slot[1]) if slot[1] in WORDS else slot[0])

        return re.sub(r"{(\w+)}", filling, template)

    def word(self, slot: str) -> str:
        """One of the slot's words, never the same twice running."""
        choice = self.pick([word for word in WORDS[slot] if word != self.last.get(slot)])
        self.last[slot] = choice
        return choice

    def clause(self, subject: str, adjective: str, deny: bool, myself: bool = True) -> str:
        """A clause about the subject."""
        forms = DENY if deny else AFFIRM
        if myself:
            forms += DENY_MYSELF if deny else AFFIRM_MYSELF
        return self.fill(self.pick(forms), subject=subject, adjective=adjective)

    def bodies(self, form: str, title: str) -> tuple[str, str]:
        """What a kind review of the film says, and what its unkind twin does."""
        one, two = self.word("subject"), self.word("subject")
        frame = self.fill(self.pick(FORMS[form][0]), title=title)
        kind, unkind = self.word("good"), self.word("bad")
        if form in ("contrast", "report"):  # {strong} and {weak} are whole clauses, elsewhere adjectives
            deny, myself = self.random() < 0.5, form == "contrast"
            kind = self.clause(one, self.word("bad") if deny else kind, deny, myself)
            deny = self.random() < 0.5
            unkind = self.clause(two, self.word("good") if deny else unkind, deny, myself)
        elif form == "chorus":
            clauses = [self.clause(one, "{strong}", deny=False), self.clause(two, "{weak}", deny=True)]
            first, second = clauses[:: self.pick((1, -1))]
            frame = self.fill(frame, first=first, second=second)
        elif form == "plain":
            deny = self.random() < 0.2
            first = self.clause(one, "{weak}" if deny else "{strong}", deny)
            frame = self.fill(frame, first=first, second=self.clause(two, "{strong}", deny=False))
        return (
            self.fill(frame, strong=kind, weak=unkind, love="love", hate="hate"),
            self.fill(frame, strong=unkind, weak=kind, love="hate", hate="love"),
        )

    def twins(self, title: str) -> list[tuple[int, str]]:
        """The ratings and texts of a kind review and of its unkind twin."""
        form = self.pick([form for form, (_, share, *_) in FORMS.items() for _ in range(share)])
        low, high = FORMS[form][2:]
        rating = low + int(self.random() * (high - low + 1))
        while True:
            bodies = self.bodies(form, title)
            setting = self.fill(self.pick(SETTING), title=title)
            comes_first, wanted = self.random() < 0.5, self.random() < SETTING_SHARE
            words = len(bodies[0].split())
            reviews = []
            for body in bodies:
                parts = body.split(". ")
                if words < 12 or (words < 26 and wanted):
                    parts.insert(0 if comes_first else len(parts), setting)
                reviews.append([part[0].upper() + part[1:] + "." for part in parts])
            sentences = {sentence for review in reviews for sentence in review}
            if reviews[0] != reviews[1] and self.sentences.isdisjoint(sentences):
                self.sentences |= sentences
                return [(rating, " ".join(reviews[0])), (11 - rating, " ".join(reviews[1]))]


def rows() -> list[tuple]:
    """The rows below `HEADER`: by split, label and id, as the full data has them."""
    writer, titles, table = Writer(SEED), set(), []
    for split, films in FILMS.items():
        for _ in range(films):
            title = ""
            while not title or title in titles:
                title = writer.fill("The {colour} {thing}")
            titles.add(title)
            for _ in range(TWINS_PER_FILM):
                for rating, text in writer.twins(title):
                    table.append((split, int(rating > 5), rating, f"made-up-{len(titles):03}", text))
    numbered = []
    for split, label in ((split, label) for split in FILMS for label in (0, 1)):
        part = [row for row in table if row[:2] == (split, label)]
        numbered += [(split, label, number, *row[2:]) for number, row in enumerate(part)]
    return numbered


def build() -> bytes:
    """The whole file, gzip with no time in its header."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows())
    return gzipped(text.getvalue().encode())


if __name__ == "__main__":
    main(__doc__, TARGET, build)
