"""Rebuilds data/intents-sample.json.gz and data/slots-sample.zip: requests to an assistant, by two grammars.

    python scripts/make_dialogue_sample.py

The requests come from the grammars below, written for this project, with a fixed seed: the same text each
time. Intents come in pairs that share their words; what decides is their order and what a negation reaches.
The title of a song, a film or a book, and the name of a singer or a friend, can be any words; what kind of
slot they fill is said elsewhere in the sentence, often far from it.
"""

import json
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from samples import arguments, gzipped, report, zipped

FOLDER = Path(__file__).resolve().parent.parent / "data"
SEED, TEST_SEED = 1_100, 2_600  # the test has its own: an earlier one was read while the recipe was written
PARTS = ("train", "val", "test")

# -- words. What follows `;` does not occur in training.

WORDS = {
    "name": "anna|ben|carla|david|elif|frank|grace|hugo|ines|jonas|kira|leo|maria|nils|olga;paul|rosa|"
    "samir|tara|uwe",
    "family": "berg|costa|diallo|evans|fischer|garcia|holm|ito|jensen|kowalski|lund|moreau;novak|ortega|"
    "petrov|quist",
    "city": "rome|paris|vienna|lisbon|berlin|madrid|prague|athens|dublin|new haven|san marco|port louis;oslo|"
    "helsinki|santa clara|bern|turin",
    "day": "today|tomorrow|on monday|on friday|on sunday|next tuesday|this weekend|on the third of may|"
    "the day after tomorrow|next month;on wednesday|next saturday|on the tenth of june",
    "number": "two|three|four|five|six|seven|eight|nine|ten|twelve",
    "hour": "six|seven|eight|nine|ten|half past five|half past eight|quarter to nine|"
    "noon;quarter past seven|midnight",
    "sum": "20|35|40|50|75|80|100|120|150|200|250|300|500;60|90|450|1000",
    "room": "kitchen|bedroom|hall|bathroom|living room|garage|office;attic|guest room",
    "card": "credit|debit|travel|red|blue|company|second|old;silver|spare",
    "place": "luigi's|the blue door|the corner bistro|the harbour grill|mama rosa|"
    "the old mill;the green fork",
    "device": "radio|television|speaker|record player|computer;headphones",
    "writing": "this letter|the menu|that sign|the last message|his note|the second line|this recipe|"
    "the poem|"
    "what she wrote|the warning|the title;the contract|my speech",
    "open": "hey|please|ok|um|so|hi there|listen|sorry|oh and|well|hello|one thing|uh|right",
    "close": "please|thanks|if you can|right now|as soon as you can|will you|ok|thank you|for me|"
    "when you have a minute",
    "adverb": "just|simply|really|ever|again|yet|by mistake|please",
}  # fmt: skip

# -- intents. Verbs: their base, their form in -ing and their past, `_` where the object stands.

SET = "set _:setting _:set _|schedule _:scheduling _:scheduled _|activate _:activating _:activated _"
CANCEL = (
    "cancel _:cancelling _:cancelled _|delete _:deleting _:deleted _|call _ off:calling _ off:called _ off"
)
BLOCK = "block _:blocking _:blocked _|freeze _:freezing _:froze _|lock _:locking _:locked _"
UNBLOCK = (
    "unblock _:unblocking _:unblocked _|release _:releasing _:released _|unlock _:unlocking _:unlocked _"
)
ON = (
    "turn _ on:turning _ on:turned _ on|switch _ on:switching _ on:switched _ on|"
    "leave _ on:leaving _ on:left _ on"
)
OFF = (
    "turn _ off:turning _ off:turned _ off|switch _ off:switching _ off:switched _ off|"
    "put _ out:putting _ out:put _ out"
)
UP = (
    "turn _ up:turning _ up:turned _ up|raise _:raising _:raised _|"
    "make _ louder:making _ louder:made _ louder"
)
DOWN = (
    "turn _ down:turning _ down:turned _ down|lower _:lowering _:lowered _|"
    "make _ softer:making _ softer:made _ softer"
)
BOOK = "book _:booking _:booked _|reserve _:reserving _:reserved _|keep _:keeping _:kept _"
DROP = (
    "cancel _:cancelling _:cancelled _|give _ up:giving _ up:gave _ up|call _ off:calling _ off:called _ off"
)

ACTIONS = {
    ("alarm_set", "alarm_cancel"): (
        SET,
        CANCEL,
        "the alarm for {hour}|my alarm at {hour}|the alarm {day} at {hour}|the {hour} alarm",
    ),
    ("card_block", "card_unblock"): (
        BLOCK,
        UNBLOCK,
        "my {card} card|the {card} card|the {card} card that ends in {sum}|{name}'s {card} card",
    ),
    ("light_on", "light_off"): (
        ON,
        OFF,
        "the lamp in the {room}|the {room} light|the light in the {room}|the big lamp near the {room} door",
    ),
    ("volume_up", "volume_down"): (
        UP,
        DOWN,
        "the {device}|the music in the {room}|the sound of the {device}|the {device} in the {room}",
    ),
    ("table_book", "table_cancel"): (
        BOOK,
        DROP,
        "the table for {number} {day}|the table at {place}|the table for {number} at {place}|"
        "the table {day} at {hour}",
    ),
}

# {do} is what is wanted, {not} its contrary; those with an object first, "it" after it.
EASY = (
    "{do o}",
    "i want you to {do o}",
    "could you {do o}",
    "i need you to {do o}",
    "would you mind {doing o}",
    "{do o} before you forget it",
    "it is time to {do o}",
    "i would like you to {do o}",
    "what about {doing o}",
    "you can {do o} now",
    "do not forget to {do o}",
    "why not {do o}",
)
HARD = (
    "{do o}, do not {adverb} {not it}",
    "do not {adverb} {not o}, {do it}",
    "i want you to {do o} and not to {not it}",
    "i do not want you to {not o}, i want you to {do it}",
    "{do o} instead of {notting it}",
    "instead of {notting o}, {do it}",
    "rather than {notting o} you should {do it}",
    "you should {do o} rather than {not it}",
    "why did you {not o}, i said to {do it}",
    "i said to {do o}, so why did you {not it}",
    "somebody {notted o}, so {do it} again",
    "{do o} again, somebody {notted it}",
    "last time i asked you to {not o}, this time {do it}",
    "{do o}, even if yesterday i asked you to {not it}",
    "i was going to {not o}, but now i would rather {do it}",
    "never mind {notting o}, {do it}",
    "{do o}, never mind {notting it}",
    "i never told you to {not o}, what i said was {do it}",
    "what i said was {do o}, i never told you to {not it}",
    "nobody should {not o}, on the contrary, {do it}",
    "i changed my mind about {notting o}, {do it}",
    "{name} wants to {not o}, but i want you to {do it}",
    "i want you to {do o}, whatever {name} says about {notting it}",
    "it makes no sense to {not o}, so {do it}",
    "could you {do o}, it was wrong to {not it}",
)
HARD_SHARE = 0.7

# {a} is where it comes from, {b} where it goes. Swapped, the request is that of the other intent.
SAVINGS = "savings|my savings|my savings account|the savings account|the account with my savings"
CHECKING = "checking|my checking account|the checking account|the checking|my account for checking"
TRANSFERS = (
    "move {sum} dollars from {a} to {b}",
    "move {sum} dollars to {b} from {a}",
    "take {sum} dollars out of {a} and put them into {b}",
    "put {sum} dollars into {b} and take them out of {a}",
    "{b} needs {sum} dollars, and {a} can spare them",
    "{a} can spare {sum} dollars, and {b} needs them",
    "there is too much in {a}, so {sum} dollars should go into {b} {day}",
    "{day} {sum} dollars should go into {b}, there is too much in {a}",
    "let {a} give {sum} dollars to {b}",
    "i want {sum} dollars less in {a} and more in {b} {day}",
    "i want {sum} dollars more in {b} and less in {a} {day}",
    "use {a} to fill {b} up with {sum} dollars",
    "fill {b} up with {sum} dollars, use {a} for it",
    "not from {b} to {a}, the other way round, {sum} dollars {day}",
    "{sum} dollars have to leave {a} {day} and arrive in {b}",
    "{day} {sum} dollars have to arrive in {b}, they come from {a}",
    "with {sum} dollars of what i have in {a}, top up {b}",
)
EUROS, DOLLARS = "euros|euro notes|euros of mine", "dollars|us dollars|american dollars"
EXCHANGES = (
    "change {sum} {a} into {b}",
    "how many {b} do i get for {sum} {a}",
    "for {sum} {a} how many {b} do i get {day}",
    "i have {sum} {a} and need {b} {day}",
    "i need {b} {day} and have {sum} {a}",
    "what are {sum} {a} worth in {b} {day}",
    "in {b}, what are {sum} {a} worth",
    "i want to buy {b} and pay with {sum} {a}",
    "i want to pay with {sum} {a} and buy {b}",
    "sell {sum} {a} and give me {b} for them {day}",
    "give me {b} {day}, i sell {sum} {a} for them",
    "my {sum} {a} should become {b} {day}",
    "i would rather have {b} than {sum} {a}",
    "no longer {sum} {a}, make it {b} {day}",
    "get rid of {sum} {a} and get me {b} {day}",
    "i am back from a trip with {sum} {a}, in {city} they only take {b}",
    "in {city} they only take {b}, and all i have is {sum} {a}",
)
ENGLISH, SPANISH = "english|plain english|good english", "spanish|plain spanish|good spanish"
TRANSLATIONS = (
    "translate {writing} from {a} into {b}",
    "translate {writing} into {b} from {a}",
    "{writing} is in {a}, how would it read in {b}",
    "how would {writing} read in {b}, it is in {a}",
    "i only know {writing} in {a}, what is the {b} for it",
    "what is the {b} for {writing}, i only know the {a}",
    "{name} reads {b} but no {a}, so change {writing} for {name}",
    "{name} reads no {a} but {b}, so change {writing} for {name}",
    "turn the {a} of {writing} into {b}",
    "i wrote {writing} in {a} and want to have it in {b} {day}",
    "i want to have {writing} in {b} {day}, i wrote it in {a}",
    "make {b} out of {writing}, which is {a} so far",
    "{writing} should no longer be in {a} but in {b} {day}",
    "{writing} should be in {b} {day} and no longer in {a}",
    "my {a} is fine but my {b} is not, say {writing} for me",
    "say {writing} for me, my {b} is not as good as my {a}",
    "{name} sent {writing} in {a} and i need {b}",
)
# {a} is who gave, {b} who got: "i" and "me", or a name.
LOANS = (
    "{a} {day} lent {b} {sum} dollars",
    "note that {a} lent {sum} dollars to {b} {day}",
    "{b} borrowed {sum} dollars from {a} {day}",
    "write down that {b} has to pay {sum} dollars back to {a} {day}",
    "{b} still has to give {a} {sum} dollars {day}",
    "{a} paid {sum} dollars for {b} at {place}",
    "at {place} {a} paid {sum} dollars for {b}",
    "note that {b} owes {a} {sum} dollars",
    "{a} gets {sum} dollars back from {b} {day}",
    "it was {a} who paid the {sum} dollars at {place}, not {b}, so split them later",
    "it was not {b} who paid the {sum} dollars at {place}, it was {a}",
    "put down {sum} dollars that {a} gave to {b} {day}",
    "put down {sum} dollars that {b} got from {a} {day}",
)
MINE = {"has": "have", "owes": "owe", "gets": "get"}
DIRECTIONS = {
    ("savings_to_checking", "checking_to_savings"): (TRANSFERS, SAVINGS, CHECKING),
    ("euros_to_dollars", "dollars_to_euros"): (EXCHANGES, EUROS, DOLLARS),
    ("english_to_spanish", "spanish_to_english"): (TRANSLATIONS, ENGLISH, SPANISH),
    ("loan_given", "loan_taken"): (LOANS, "i", "{name}"),
}
ALONE = {
    "balance": (
        "how much is in {account} {day}",
        "what is left in {account} after {name} got {sum} dollars",
        "are there still {sum} dollars in {account}",
        "did {sum} dollars arrive in {account} {day}",
        "tell me the balance of {account} {day}",
        "is there more than {sum} dollars in {account}",
        "what do i have in {account} {day}",
        "i want to know what {account} holds {day}",
        "has {account} fallen below {sum} dollars",
        "do i have {sum} dollars in {account} or less",
    ),
    "weather": (
        "what will the weather be like in {city} {day}",
        "will it rain in {city} {day}",
        "do i need an umbrella in {city} {day}",
        "how cold will it be {day} in {city}",
        "is it going to be warm in {city} {day}",
        "will there be snow in {city} {day}",
        "tell me the forecast for {city} {day}",
        "can {name} expect sun in {city} {day}",
        "{name} flies to {city} {day}, will it be windy there",
    ),
}

# Out of scope: the same words, another matter. The second half are kinds that training does not show.
BEYOND = (
    "who invented the {device}",
    "how long does a {device} last",
    "is {city} bigger than {city}",
    "how do i open a savings account in {city}",
    "is my savings account insured up to {sum} dollars",
    "what does the {card} card cost a year",
    "order a new {card} card for {name}",
    "how do you make a table of {number} columns",
    "what is the capital of spain called in english",
    "how many people speak spanish in {city}",
    "who is on the {sum} dollar note",
    "play some music in the {room}",
    "cancel my flight to {city} {day}",
    "paint the {room} {day}",
    "how old is {name} {family}",
    "set the table for {number}",
    "where can i buy a lamp for the {room}",
    "what time is it in {city}",
    "call {name} {day} at {hour}",
    "book a flight to {city} {day}",
    "raise my pay by {sum} dollars",
    "how far is it from {city} to {city}",
    "why is the {room} light blue",
    "change the colour of the lamp in the {room}",
    "change the code of my {card} card",
    "can the alarm of my car be heard in the {room}",
    "what is the interest on {sum} dollars in savings",
    "why do banks check a {card} card",
    "write a poem about {city} in spanish",
    "turn left after {city}",
    "is the english weather as bad as {name} says",
    "who owes the most money in {city}",
    "are euros used in {city}",
    "how heavy are {sum} euro notes",
    "what did {name} say {day}",
    "can i pay with my {card} card at {place}",
    "what is on the menu at {place} {day}",
    "which is louder, a {device} or an alarm",
    "is {place} open {day} at {hour}",
    "put {sum} chairs into the {room}",
    "how do i get from {city} to {place}",
    "lend me your ear {name}",
    "give {name} a call at {hour}",
    "teach me {number} words of spanish",
    "is there a light year in dollars",
    "move {name} to the {room}",
    "how do i turn an old {device} into a lamp",
    "do not move, there is a snake in the {room}",
    "what should i keep in the {room}, and what not",
    "take {name} out {day}",
)
COUNTS = {"train": 100, "val": 20, "test": 50}
BEYOND_COUNTS = {"train": 60, "val": 100, "test": 300}
SHORT = (
    ("do not", "don't"),
    ("i would", "i'd"),
    ("it is", "it's"),
    ("what is", "what's"),
    ("i am", "i'm"),
    ("do not", "dont"),
    ("want to", "wanna"),
)


class Writer:
    """Draws words, those of training alone or all of them, and keeps account of the sentences said."""

    def __init__(self, seed: int):
        # Of Python's generator only `random()` is promised to give the same stream in every version.
        self.streams = [random.Random(start).random for start in (seed, seed - SEED + TEST_SEED)]
        self.random = self.streams[0]
        self.said: set[str] = set()

    def turn_to(self, part: str) -> None:
        self.random = self.streams[part == "test"]

    def chance(self, share: float) -> bool:
        return self.random() < share

    def pick(self, options: Sequence | str):
        options = options.split("|") if isinstance(options, str) else options
        return options[int(self.random() * len(options))]

    def word(self, kind: str, part: str) -> str:
        known, _, held = WORDS[kind].partition(";")
        return self.pick(held if held and part != "train" and self.chance(0.4) else known)

    def fill(self, template: str, part: str, **given: str) -> str:
        """The template with its slots filled, with `given` or from `WORDS`, and those of the fillings too."""
        while "{" in template:
            template = re.sub(
                r"{([\w ]+)}", lambda slot: given.get(slot[1]) or self.word(slot[1], part), template
            )
        return template

    def new(self, write: Callable[[], str]) -> str:
        """What `write` returns, as often as it takes to be new."""
        while (text := write()) in self.said:
            pass
        self.said.add(text)
        return text

    def mistyped(self, word: str) -> str:
        place = 1 + int(self.random() * (len(word) - 2))
        before, letter, after = word[:place], word[place], word[place + 1 :]
        return self.pick(
            (before + after, before + letter * 2 + after, before + after[:1] + letter + after[1:])
        )

    def spoken(self, text: str, part: str) -> str:
        """The request as somebody in a hurry types it."""
        for long, short in SHORT:
            if self.chance(0.4):
                text = text.replace(long, short)
        if self.chance(0.4):
            text = f"{self.word('open', part)}{self.pick((',', ''))} {text}"
        if self.chance(0.3):
            text = f"{text}{self.pick((',', ''))} {self.word('close', part)}"
        if self.chance(0.4):
            text = text.replace(",", "")
        words = [
            self.mistyped(word) if len(word) > 3 and word.isalpha() and self.chance(0.04) else word
            for word in text.split()
        ]
        return " ".join(words)


def action(writer: Writer, part: str, wanted: str, contrary: str, objects: str) -> str:
    """A request for the one action, often by way of the other."""
    target = writer.fill(writer.pick(objects), part)
    given = {}
    for names, verbs in ((("do", "doing", "did"), wanted), (("not", "notting", "notted"), contrary)):
        for name, form in zip(names, writer.pick(verbs).split(":"), strict=True):
            given[f"{name} o"], given[f"{name} it"] = form.replace("_", target), form.replace("_", "it")
    return writer.fill(writer.pick(HARD if writer.chance(HARD_SHARE) else EASY), part, **given)


def direction(writer: Writer, part: str, frames: Sequence[str], giver: str, taker: str) -> str:
    """A request for something to go from the one to the other."""
    frame = writer.pick(frames)
    if "i" in (giver, taker):
        name = writer.word("name", part)
        first = giver == "i"
        text = writer.fill(frame, part, a="i" if first else name, b=name if first else "i")
        text = re.sub(r"\b(lent|to|from|for|gives|owes|give|from|not) i\b", r"\1 me", text)
        return re.sub(
            r"\bi (still )?(has|owes|gets)\b", lambda said: f"i {said[1] or ''}{MINE[said[2]]}", text
        )
    return writer.fill(frame, part, a=writer.pick(giver), b=writer.pick(taker))


def intents() -> dict[str, list[list[str]]]:
    """The six lists of CLINC150's form."""
    writer, lists = Writer(SEED), {}
    makers = {}
    for (one, other), (verbs, contrary, objects) in ACTIONS.items():
        makers[one] = lambda part, a=verbs, b=contrary, o=objects: action(writer, part, a, b, o)
        makers[other] = lambda part, a=contrary, b=verbs, o=objects: action(writer, part, a, b, o)
    for (one, other), (frames, a, b) in DIRECTIONS.items():
        makers[one] = lambda part, f=frames, a=a, b=b: direction(writer, part, f, a, b)
        makers[other] = lambda part, f=frames, a=b, b=a: direction(writer, part, f, a, b)
    for intent, frames in ALONE.items():
        makers[intent] = lambda part, f=frames: writer.fill(
            writer.pick(f), part, account=writer.pick(f"{SAVINGS}|{CHECKING}")
        )
    for part in PARTS:
        writer.turn_to(part)
        rows = []
        for intent, make in makers.items():
            for _ in range(COUNTS[part]):
                text = writer.new(lambda make=make, part=part: make(part))
                rows.append([writer.spoken(text, part), intent])
        lists[part] = rows
    for part in PARTS:
        writer.turn_to(part)
        frames = BEYOND[: len(BEYOND) // 2] if part == "train" else BEYOND
        texts = [
            writer.new(lambda f=frames, p=part: writer.fill(writer.pick(f), p))
            for _ in range(BEYOND_COUNTS[part])
        ]
        lists[f"oos_{part}"] = [[writer.spoken(text, part), "oos"] for text in texts]
    return lists


def build_intents() -> bytes:
    """The whole file, gzip with no time in its header, one request a line."""
    lists = (f'"{key}": [\n' + ",\n".join(map(json.dumps, rows)) + "\n]" for key, rows in intents().items())
    return gzipped(("{" + ",\n".join(lists) + "}\n").encode())


# -- slots. In a frame, `{kind}` is a slot of that kind and `<word>` a word of no slot.

FIRST = "anna|ben|carla|david|elif|frank|grace|hugo|ines|jonas|kira|leo|maria|nils|olga"
TITLE_ONE = (
    "blue|silent|broken|golden|late|little|burning|distant|crooked|empty|northern|paper|second|"
    "wild|cold|gentle"
)
TITLE_TWO = (
    "harbour|lantern|garden|river|winter|letter|road|window|season|mirror|summer|orchard|station|"
    "shadow|bridge"
)
FILLINGS = {
    "title": "{one} {two}|the {one} {two}|{two} of the {two}|the {two}|{one} {one} {two}|"
    "a {two} for {first}|{two}s|under the {two}",
    "one": f"{TITLE_ONE};velvet|hollow|amber|stolen|restless|narrow|sunken|brittle",
    "two": f"{TITLE_TWO};meadow|engine|castle|island|feather|compass|cellar|harvest",
    "first": f"{FIRST};paul|rosa|samir|tara|uwe|vera|wanda|yusuf",
    "family": WORDS["family"] + "|rahman|silva|tanaka|ulrich",
    "name": "{first}|{first} {family}|{first} {family}",
    "city": WORDS["city"] + "|new orleans|split|graz|porto",
    "date": "today|tomorrow|tonight|on monday|on friday|on sunday|next tuesday|this weekend|"
    "on the third of may|the day after tomorrow|in two weeks;on wednesday|next saturday|on the tenth of june",
    "number": "two|three|four|five|six|seven|eight|nine|ten",
    "time": "{number}|{number} o'clock|half past {number}|{number} thirty|noon|quarter to {number}",
    "stars": "one|two|three|four|five|six",
    "cuisine": "italian|thai|mexican|greek|indian|vegan|french|japanese;korean|lebanese|spanish",
    "sum": "{number}|{number} hundred|twenty|fifty|20|50|80|100|250;35|400",
}  # fmt: skip
# kind of slot: what it is filled with.
KINDS = {
    "from_city": "city", "to_city": "city", "city": "city", "date": "date", "time": "time",
    "party_size": "number",
    "cuisine": "cuisine", "restaurant": "title", "artist": "name", "person": "name", "track": "title",
    "film": "title", "book": "title", "playlist": "title", "rating": "stars", "amount": "sum",
}  # fmt: skip
PLAIN = {
    "go": "i want to go|i need to go|i have to travel|we would like to go|she has to go",
    "train": "a train|a ticket|a seat|the fastest train|the next train|a cheap ticket",
    "kind": "fine|great|strange|sad|long|funny|dull|lovely",
    "seen": "that i saw|they showed us|everybody talks about|i watched again|we went to see",
    "read": "that i read|i took to the beach|everybody talks about|i finished at last|we had to read",
    "heard": "that i heard|they played at the party|everybody hums|i cannot forget|we danced to",
    "hear": "hear|listen to|have on",
    "want": "i want to|i would like to|let me|we feel like we should",
    "play": "play|put on|start|give me",
    "eat": "eat|have dinner|have lunch|meet",
    "give": "give|send|pay|transfer",
    "weather": "the weather|the forecast|the temperature",
    "please": "please|thanks|if you can|will you|for me",
    "hey": "hey|please|ok|listen|so|well|hello",
    "unit": "dollars|euros|pounds",
}  # fmt: skip
REQUESTS = {
    "BookTrain": (
        "book <train> from {from_city} to {to_city} {date}",
        "<train> to {to_city} from {from_city} at {time}",
        "<go> to {to_city} {date} , starting in {from_city}",
        "i am in {from_city} {date} , find <train> that gets to {to_city} by {time}",
        "{to_city} {date} at {time} is where i have to be , and i live in {from_city}",
        "{from_city} {date} at {time} is where i can start , and i travel to {to_city}",
        "{to_city} is where i want to arrive , {from_city} is where i start",
        "{from_city} is where i start , {to_city} is where i want to arrive",
        "get me out of {from_city} {date} , {to_city} is good enough",
        "i leave {from_city} {date} at {time} and i should reach {to_city} {date}",
        "i should reach {to_city} {date} and i leave {from_city} at {time}",
        "{from_city} {to_city} , <train> {date} at {time}",
        "is there <train> between {from_city} and {to_city} {date}",
        "{date} at {time} my sister arrives in {to_city} , her <train> leaves {from_city} when",
        "with {from_city} behind us {date} we want to see {to_city} before {time}",
    ),
    "BookTable": (
        "book a table for {party_size} at {time} {date}",
        "book a table at {time} for {party_size} in {city}",
        "we are {party_size} and want to <eat> at {restaurant} {date}",
        "{restaurant} {date} at {time} , a table for {party_size}",
        "is there a {cuisine} place in {city} for {party_size} {date}",
        "find something {cuisine} in {city} for {party_size} of us at {time}",
        "{party_size} of us want to <eat> in {city} {date} , {cuisine} if possible",
        "reserve {restaurant} in {city} for {party_size} {date}",
        "{restaurant} is where we want to <eat> {date} , make it {time} for {party_size}",
        "i heard that {restaurant} has good {cuisine} food , get us a table for {party_size}",
        "{restaurant} , {date} , {party_size} people , is there still a table",
        "make it {party_size} at {time} in that {cuisine} place in {city}",
        "is {restaurant} in {city} free at {time} , we come to <eat>",
    ),
    "PlayMedia": (
        "<play> {track} by {artist}",
        "<play> the song {track}",
        "<play> the film {film} {date}",
        "<play> {artist}",
        "<play> something by {artist} at {time}",
        "<want> <hear> {artist}",
        "<play> {track} , it is the song <heard> {date}",
        "<play> {film} , it is the film <seen> {date}",
        "<play> {book} , it is the book <read> {date}",
        "<play> {track} , a <kind> song <heard>",
        "<play> {film} , a <kind> film <seen>",
        "<play> {book} , a <kind> book <read>",
        "<want> have {track} , {film} is a film for another day",
        "{artist} is who i feel like hearing {date}",
        "it is {artist} that <want> <hear> {date}",
        "you know {artist} , <play> anything with that voice",
        "{track} is what <want> <hear>",
        "{film} is what <want> watch {date}",
        "read {book} to me {date} at {time}",
        "there is a song <heard> {date} , {track} or so , <play> it",
        "there is a film <seen> {date} , {film} or so , <play> it",
    ),
    "AddToPlaylist": (
        "add {track} to {playlist}",
        "add {track} by {artist} to my list {playlist}",
        "put {artist} on {playlist}",
        "{playlist} needs {track} , add it",
        "{track} belongs on {playlist} , add it",
        "my list {playlist} lacks a song by {artist}",
        "in {playlist} i miss {track} by {artist}",
        "i miss {track} in {playlist}",
        "take {track} and let it follow the last song of {playlist}",
        "the last song of {playlist} should be {track}",
        "let {playlist} begin with {artist}",
    ),
    "RateWork": (
        "rate the film {film} {rating} of six",
        "rate the book {book} {rating} of six",
        "give {film} {rating} stars , it is a <kind> film",
        "give {book} {rating} stars , it is a <kind> book",
        "give {track} {rating} stars , it is a <kind> song",
        "{film} gets {rating} stars , what a <kind> film",
        "{book} gets {rating} stars , what a <kind> book",
        "{track} gets {rating} stars , what a <kind> song",
        "{rating} of six for {film} , of all the films <seen> it was the most <kind> one",
        "{rating} of six for {book} , of all the books <read> it was the most <kind> one",
        "{rating} of six for {track} , of all the songs <heard> it was the most <kind> one",
        "i read until {time} {date} , {book} deserves {rating} stars",
        "i was at the cinema until {time} {date} , {film} deserves {rating} stars",
        "i had my headphones on until {time} {date} , {track} deserves {rating} stars",
    ),
    "SendMoney": (
        "<give> {person} {amount} <unit>",
        "<give> {amount} <unit> to {person} {date}",
        "{person} is who i owe {amount} <unit>",
        "it is {person} that i owe {amount} <unit> {date}",
        "{amount} <unit> should reach {person} {date}",
        "{person} should get {amount} <unit> {date}",
        "i lost a bet with {person} , <give> {amount} <unit>",
        "{date} {person} paid for me , <give> back {amount} <unit>",
        "you know {person} , <give> anything up to {amount} <unit>",
        "{person} came to <eat> at {time} and paid , i owe {amount} <unit>",
    ),
    "GetWeather": (
        "what is <weather> in {city} {date}",
        "will it rain in {city} {date} at {time}",
        "<weather> for {city} {date}",
        "{city} {date} at {time} , do i need a coat",
        "how cold does it get in {city} at {time}",
        "{date} we walk around in {city} , will it be dry",
        "i am in {city} {date} , how warm will it be",
        "{city} is where we camp {date} , what about <weather>",
        "does it snow in {city} {date} , or is <weather> fine",
    ),
}
SENTENCES = {"train": 2_500, "valid": 300, "test": 600}
Tagged = list[tuple[str, str]]


def slot(writer: Writer, kind: str, part: str) -> list[str]:
    """The words of something that fills a slot."""
    text = f"{{{KINDS[kind]}}}"
    while "{" in text:
        text = re.sub(r"{(\w+)}", lambda found: choice(writer, FILLINGS[found[1]], part), text)
    return text.split()


def choice(writer: Writer, words: str, part: str) -> str:
    known, _, held = words.partition(";")
    return writer.pick(held if held and part != "train" and writer.chance(0.5) else known)


def request(writer: Writer, frames: Sequence[str], part: str) -> Tagged:
    """Words with their tags."""
    frame = writer.pick(frames)
    if writer.chance(0.25):
        frame = f"<hey> {frame}"
    if writer.chance(0.2):
        frame += " <please>"
    tagged = []
    for piece in re.findall(r"{\w+}|<\w+>|[^\s{}<>]+", frame):
        if piece[0] == "{":
            kind = piece[1:-1]
            tagged += [
                (word, f"{'I' if place else 'B'}-{kind}")
                for place, word in enumerate(slot(writer, kind, part))
            ]
        else:
            words = writer.pick(PLAIN[piece[1:-1]]) if piece[0] == "<" else piece
            tagged += [(word, "O") for word in words.split()]
    # Like SNIPS, no marks: "o'clock" is "o clock".
    cut = [
        (piece, tag.replace("B-", "I-") if place else tag)
        for word, tag in tagged
        for place, piece in enumerate(word.split("'"))
    ]
    return [pair for pair in cut if pair[0] != ","]


def slots() -> dict[str, list[tuple[str, Tagged]]]:
    """The intent and the tagged words of each request, by part; no sentence twice."""
    writer, parts = Writer(SEED + 1), {}
    for part, count in SENTENCES.items():
        writer.turn_to(part)
        rows = []
        while len(rows) < count:
            intent = writer.pick(list(REQUESTS))
            tagged = request(writer, REQUESTS[intent], part)
            key = " ".join(word for word, _ in tagged if word != ",")
            if key not in writer.said:
                writer.said.add(key)
                rows.append((intent, tagged))
        parts[part] = rows
    return parts


def build_slots() -> bytes:
    """The whole archive, with no time in it."""
    members = {}
    for part, rows in slots().items():
        columns = {
            "seq.in": [" ".join(word for word, _ in tagged) for _, tagged in rows],
            "seq.out": [" ".join(tag for _, tag in tagged) for _, tagged in rows],
            "label": [intent for intent, _ in rows],
        }
        for name, lines in columns.items():
            members[f"snips/{part}/{name}"] = "".join(f"{line}\n" for line in lines).encode()
    return zipped(members)


BUILDERS = {"intents-sample.json.gz": build_intents, "slots-sample.zip": build_slots}

if __name__ == "__main__":
    folder = arguments(__doc__, FOLDER).parse_args().output
    for name, build in BUILDERS.items():
        (folder / name).write_bytes(build())
        report(folder / name)
