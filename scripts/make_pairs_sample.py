"""Rebuilds data/fra-eng-sample.zip: English sentences with French translations, as Tatoeba's pairs are.

    python scripts/make_pairs_sample.py

The sentences come from the grammar below, written for this project, with a fixed seed: the same text each
time. It says one meaning in both languages, and so knows where they differ: agreement, elision, contraction,
*ne … pas*, adjectives before or behind their noun, pronouns before the verb, questions, tenses. Where the
English leaves something open (tu or vous, the speaker's gender, the manner of asking), some sentences get
several French versions.
"""

import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from samples import main, zipped

TARGET = Path(__file__).resolve().parent.parent / "data" / "fra-eng-sample.zip"
SEED = 20_000
SENTENCES = 7_500
VERSIONS = (
    0.40,
    0.35,
    0.25,
)  # shares of sentences that get one, two, three French versions if they have them

# -- words. Nouns by kind: english:french:gender, `+` for those used without plural.

NOUNS = {
    "person": "man:homme:m|woman:femme:f|boy:garçon:m|girl:fille:f|actor:acteur:m|actress:actrice:f|"
    "waiter:serveur:m|waitress:serveuse:f|child:enfant:m",
    "kin": "father:père:m+|mother:mère:f+|brother:frère:m|sister:sœur:f|uncle:oncle:m|aunt:tante:f|"
    "son:fils:m|daughter:fille:f|grandmother:grand-mère:f+|grandfather:grand-père:m+",
    "animal": "dog:chien:m|cat:chat:m|horse:cheval:m|bird:oiseau:m|cow:vache:f|rabbit:lapin:m|donkey:âne:m",
    "food": "apple:pomme:f|cake:gâteau:m|orange:orange:f|egg:œuf:m|strawberry:fraise:f|pear:poire:f|"
    "carrot:carotte:f",
    "meal": "bread:pain:m+|cheese:fromage:m+|soup:soupe:f+|rice:riz:m+|chocolate:chocolat:m+",
    "drink": "water:eau:f+|coffee:café:m+|tea:thé:m+|milk:lait:m+|lemonade:limonade:f+",
    "text": "book:livre:m|letter:lettre:f|newspaper:journal:m|story:histoire:f|poem:poème:m",
    "clothes": "dress:robe:f|shirt:chemise:f|coat:manteau:m|hat:chapeau:m|skirt:jupe:f|scarf:écharpe:f",
    "pair": "shoe:chaussure:f|glove:gant:m",
    "vehicle": "car:voiture:f|bike:vélo:m|boat:bateau:m|truck:camion:m",
    "ride": "train:train:m+|bus:bus:m+|plane:avion:m+",
    "home": "house:maison:f|garden:jardin:m|flat:appartement:m|kitchen:cuisine:f",
    "building": "school:école:f|church:église:f|castle:château:m|museum:musée:m|library:bibliothèque:f|"
    "hotel:hôtel:m|bakery:boulangerie:f|station:gare:f|theatre:théâtre:m|market:marché:m",
    "land": "town:ville:f|village:village:m|beach:plage:f|island:île:f|bridge:pont:m|street:rue:f|"
    "forest:forêt:f",
    "furniture": "table:table:f|chair:chaise:f|lamp:lampe:f|clock:horloge:f|mirror:miroir:m|bed:lit:m",
    "thing": "key:clé:f|bag:sac:m|box:boîte:f|cup:tasse:f|glass:verre:m|knife:couteau:m|"
    "umbrella:parapluie:m|ring:bague:f|ball:ballon:m|suitcase:valise:f|picture:tableau:m",
    "opening": "door:porte:f|window:fenêtre:f",
    "plant": "flower:fleur:f|tree:arbre:m|rose:rose:f",
    "instrument": "piano:piano:m|guitar:guitare:f|violin:violon:m",
}  # fmt: skip
NAMES = {"Clara": True, "Nadia": True, "Alice": True, "Victor": False, "Oscar": False, "Julien": False}
PLURALS = {"man": "men", "woman": "women", "child": "children", "scarf": "scarves", "knife": "knives"}
MASS = ("meal", "drink")


def split(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


class Noun(NamedTuple):
    """A noun of both languages."""

    english: str
    french: str
    feminine: bool
    kind: str
    english_plural: str
    french_plural: str  # "" where only the singular is used


def read_nouns() -> dict[str, Noun]:
    """The nouns by their English singular."""
    table = {}
    for kind, lines in NOUNS.items():
        for line in lines.split("|"):
            english, french, gender = line.split(":")
            s = "es" if re.search("(s|x|ch|sh)$", english) else "s"
            many = PLURALS.get(english) or re.sub("(?<![aeo])ys$", "ies", english + s)
            plural = (
                french if french[-1] in "sx" else re.sub("als$", "aux", re.sub("aus$", "aux", french + "s"))
            )
            plural = re.sub("eaus$", "eaux", plural)
            table[english] = Noun(
                english, french, gender[0] == "f", kind, many, "" if "+" in gender else plural
            )
    return table


LEXICON = read_nouns()


@cache
def nouns(spec: str) -> tuple[Noun, ...]:
    """The nouns of the kinds and English words in `spec`."""
    names = spec.split()
    return tuple(noun for noun in LEXICON.values() if noun.kind in names or noun.english in names)


# Adjectives: masculine, feminine, what they fit as attributes, what as predicates. `<`: before the noun.
THINGS = "clothes vehicle furniture thing instrument"
COLOURED = "clothes pair vehicle house lamp chair bag box cup umbrella ball suitcase door"
ADJECTIVES = {
    "small": ("<petit", "petite",
        "animal home church castle hotel village island boy girl bag box table lamp car boat",
        "animal home village island bag box car"),
    "big": ("<grand", "grande",
        "animal home hotel town island tree bag box table mirror car truck brother sister",
        "animal home hotel town bag box car truck"),
    "beautiful": ("<beau", "belle",
        "woman horse bird house garden castle island beach plant dress coat ring picture car",
        "woman horse bird garden castle island beach plant dress ring picture"),
    "pretty": ("<joli", "jolie",
        "girl village house plant dress skirt scarf hat ring lamp",
        "village dress skirt scarf"),
    "old": ("<vieux", "vieille",
        "man woman animal house building bridge car bike boat truck book coat clock piano tree",
        "man woman horse dog cat house building bridge car bike boat clock"),
    "new": ("<nouveau", "nouvelle",
        "clothes pair vehicle house flat book key umbrella suitcase bed lamp hotel",
        ""),
    "good": ("<bon", "bonne", "food meal book story hotel coffee", "food meal drink book"),
    "young": ("<jeune", "jeune",
        "man woman girl actor actress waiter horse",
        "man woman actor actress waitress"),
    "red": ("rouge", "rouge", COLOURED + " plant apple", COLOURED + " apple"),
    "green": ("vert", "verte", COLOURED + " apple pear", COLOURED + " apple"),
    "blue": ("bleu", "bleue", COLOURED, COLOURED),
    "white": ("blanc", "blanche", COLOURED + " plant horse cat dog rabbit cow bird", COLOURED),
    "black": ("noir", "noire", COLOURED + " horse cat dog rabbit cow bird", COLOURED),
    "yellow": ("jaune", "jaune", COLOURED + " plant", COLOURED),
    "empty": ("vide", "vide",
        "bag box cup glass suitcase",
        "bag box cup glass suitcase house street church beach"),
    "heavy": ("lourd", "lourde", "bag box suitcase", "bag box suitcase table"),
    "expensive": ("cher", "chère",
        "clothes vehicle ring picture hotel",
        "clothes pair vehicle ring picture hotel"),
    "dirty": ("sale", "sale",
        "clothes pair cup glass knife",
        "clothes pair cup glass knife window car kitchen"),
    "clean": ("propre", "propre",
        "shirt dress cup glass knife",
        "clothes cup glass knife kitchen street beach"),
    "broken": ("cassé", "cassée",
        "cup lamp clock mirror chair umbrella guitar",
        "cup lamp clock mirror chair window"),
    "closed": ("fermé", "fermée", "", "museum library bakery theatre market castle opening box"),
    "open": ("ouvert", "ouverte", "", "museum library bakery theatre market castle opening box"),
    "cold": ("froid", "froide", "drink", "drink soup kitchen bed"),
    "hot": ("chaud", "chaude", "coffee milk tea", "soup drink bread"),
    "interesting": ("intéressant", "intéressante", "text museum", "text museum"),
    "quiet": ("tranquille", "tranquille", "village street hotel", "village street hotel forest garden"),
    "famous": ("célèbre", "célèbre", "actor actress castle picture museum", "actor actress castle picture"),
    "sad": ("triste", "triste", "story poem", "story poem person kin"),
    "rich": ("riche", "riche", "man woman", "man woman uncle aunt"),
    "happy": ("heureux", "heureuse", "", "person kin"),
    "tired": ("fatigué", "fatiguée", "", "person kin"),
    "sick": ("malade", "malade", "", "person kin animal"),
    "ready": ("prêt", "prête", "", "person kin soup cake"),
    "tall": ("grand", "grande", "", "person brother sister"),
}  # fmt: skip
RIVALS = (
    "red green blue white black yellow", "old young new", "small big tall", "clean dirty", "hot cold",
    "happy sad", "beautiful pretty", "broken good new",
)  # fmt: skip
RANKED = split("old big small heavy expensive dirty hot cold tired young tall")  # may be too much so
PEOPLE_ADJECTIVES = ("sad", "rich", "happy", "tired", "sick", "ready", "tall", "young", "famous")


def agree(english: str, feminine: bool, plural: bool) -> str:
    """The French adjective in the form of its noun."""
    masculine, form = ADJECTIVES[english][:2]
    masculine = masculine.lstrip("<")
    if feminine:
        return form + "s" * plural
    if plural:
        return masculine if masculine[-1] in "sx" else masculine + ("x" if masculine.endswith("eau") else "s")
    return masculine


# Verbs: English forms | infinitive | present, "" for the regular -er | participle | stem of the future or
# "" | tenses | objects | particle. The tenses: P present, G progressive, D past, H perfect, N "has just",
# O "going to", W "will", I imparfait ("was …ing", or the past of a state). `~`: takes être, `*`: reflexive.
VERBS = {
    "see": "sees saw seen seeing|voir|vois vois voit voyons voyez voient|vu|verr|PDHOW|person kin animal "
    "vehicle castle island church",
    "look": "looks looked looked looking|chercher||cherché||GDI|kin animal clothes pair thing bakery "
    "station hotel|for",
    "find": "finds found found finding|trouver||trouvé||DHN|animal clothes pair thing letter",
    "buy": "buys bought bought buying|acheter|achète achètes achète achetons achetez achètent|acheté|"
    "achèter|PGDHNOW|food meal drink book newspaper clothes pair vehicle furniture plant umbrella suitcase "
    "ring picture guitar",
    "sell": "sells sold sold selling|vendre|vends vends vend vendons vendez vendent|vendu||PDHNO|vehicle "
    "house flat horse cow furniture ring picture piano",
    "eat": "eats ate eaten eating|manger||mangé|manger|PGDHNOWI|food meal",
    "drink": "drinks drank drunk drinking|boire|bois bois boit buvons buvez boivent|bu||PGDNO|drink",
    "read": "reads read read reading|lire|lis lis lit lisons lisez lisent|lu|lir|PGDHNOWI|text",
    "write": "writes wrote written writing|écrire|écris écris écrit écrivons écrivez écrivent|écrit||"
    "PGDHNO|letter poem book story",
    "wear": "wears wore worn wearing|porter||porté||PG|clothes",
    "open": "opens opened opened opening|ouvrir|ouvre ouvres ouvre ouvrons ouvrez ouvrent|ouvert||PDHNO|"
    "opening box bag letter suitcase",
    "close": "closes closed closed closing|fermer||fermé||PDHNO|opening box bag suitcase",
    "love": "loves loved loved loving|aimer||aimé||PI|kin",
    "like": "likes liked liked liking|aimer||aimé||PI|text animal clothes land garden house castle picture",
    "know": "knows knew known knowing|connaître|connais connais connaît connaissons connaissez connaissent|"
    "connu||PI|person kin town village island castle story",
    "wait": "waits waited waited waiting|attendre|attends attends attend attendons attendez attendent|"
    "attendu|attendr|GDOWI|person kin ride|for",
    "visit": "visits visited visited visiting|visiter||visité|visiter|GDHOW|castle museum church town "
    "village island house",
    "lose": "loses lost lost losing|perdre|perds perds perd perdons perdez perdent|perdu||DHN|pair thing "
    "hat scarf letter",
    "take": "takes took taken taking|prendre|prends prends prend prenons prenez prennent|pris||PDO|ride "
    "umbrella bag",
    "have": "has had had having|avoir|ai as a avons avez ont|eu|aur|PWI|kin animal vehicle house garden "
    "flat instrument clothes thing",
    "want": "wants wanted wanted wanting|vouloir|veux veux veut voulons voulez veulent|voulu||PI|food meal "
    "drink dog cat horse clothes vehicle garden",
    "wash": "washes washed washed washing|laver||lavé||GDHO|shirt dress skirt car truck cup glass window "
    "dog",
    "break": "breaks broke broken breaking|casser||cassé||DHN|cup glass mirror window lamp clock",
    "sing": "sings sang sung singing|chanter||chanté||PGDI|",
    "dance": "dances danced danced dancing|danser||dansé||PGDO|",
    "cry": "cries cried cried crying|pleurer||pleuré||PGD|",
    "sleep": "sleeps slept slept sleeping|dormir|dors dors dort dormons dormez dorment|dormi|dormir|PGDOWI|",
    "work": "works worked worked working|travailler||travaillé|travailler|PGDOWI|",
    "arrive": "arrives arrived arrived arriving|arriver~||arrivé|arriver|DHNOW|",
    "leave": "leaves left left leaving|partir~|pars pars part partons partez partent|parti|partir|GDHNOW|",
    "stay": "stays stayed stayed staying|rester~||resté||DO|",
    "fall": "falls fell fallen falling|tomber~||tombé||DH|",
    "go": "goes went gone going|aller~|vais vas va allons allez vont|allé|ir|PDOWI|",
    "come": "comes came come coming|revenir~|reviens reviens revient revenons revenez reviennent|revenu|"
    "reviendr|DHNOW||back",
    "get": "gets got got getting|lever*~|lève lèves lève levons levez lèvent|levé||PDHO||up",
    "wake": "wakes woke woken waking|réveiller*~||réveillé||PDHN||up",
    "think": "thinks thought thought thinking|penser||pensé||PI|",
    "say": "says said said saying|dire|dis dis dit disons dites disent|dit||PD|",
    "miss": "misses missed missed missing|manquer||manqué|manquer|PWI|kin",
    "need": "needs needed needed needing|avoir besoin|||||food meal drink clothes key bag knife glass "
    "umbrella lamp bed",
    "can": "can could could could|pouvoir|peux peux peut pouvons pouvez peuvent|pu|||",
    "must": "must must must must|devoir|dois dois doit devons devez doivent|dû|||",
    "be": "is was been being|être|suis es est sommes êtes sont|été|ser|PIW|",
    "give": "gives gave given giving|donner||donné|donner|DHOW|",
    "show": "shows showed shown showing|montrer||montré|montrer|GDHOW|",
}  # fmt: skip


class Verb(NamedTuple):
    """A verb of both languages; `english` is base, third person, past, participle, -ing."""

    english: tuple[str, ...]
    infinitive: str
    present: tuple[str, ...]
    participle: str
    future: str
    tenses: str
    objects: str
    particle: str
    moves: bool  # takes être
    reflexive: bool

    def finite(self, tense: str, person: int) -> str:
        """Present `P`, imparfait `I` or future `W` of a French person, 0 for je to 5 for ils."""
        if tense == "P":
            return self.present[person]
        ending = ENDINGS[tense][person]
        if tense == "W":
            return self.future + ending
        stem = "ét" if self.infinitive == "être" else self.present[3].removesuffix("ons")
        return (stem[:-1] if stem.endswith("ge") and ending[0] == "i" else stem) + ending


ENDINGS = {"W": split("ai as a ons ez ont"), "I": split("ais ais ait ions iez aient")}


def read_verbs() -> dict[str, Verb]:
    """The verbs by their English base."""
    table = {}
    for base, line in VERBS.items():
        english, infinitive, present, participle, future, tenses, objects, *particle = line.split("|")
        stem = infinitive.rstrip("*~")
        forms = [stem[:-2] + end for end in split("e es e ons ez ent")] if not present else present.split()
        if stem.endswith("ger"):
            forms[3] = stem[:-1] + "ons"
        table[base] = Verb(
            (base, *english.split()), stem, tuple(forms), participle, future, tenses, objects,
            "".join(particle), "~" in infinitive, "*" in infinitive,
        )  # fmt: skip
    return table


DICTIONARY = read_verbs()
STATES = ("love", "like", "know", "have", "want", "be", "need", "miss", "think")

# -- who and what the sentences are about


class Context(NamedTuple):
    """What an English sentence leaves open and a French one must decide."""

    polite: bool  # vous instead of tu
    many: bool  # `you` are several
    you_feminine: bool
    speaker_feminine: bool
    they_feminine: bool
    style: int  # of a question: 0 est-ce que, 1 inversion, 2 intonation

    @property
    def you(self) -> int:
        """The French person of `you`."""
        return 4 if self.polite else 1


class Text(NamedTuple):
    """A phrase of both languages."""

    english: str
    french: str | Callable[[Context], str]

    def en(self, negated: bool = False) -> str:
        """The English phrase."""
        return self.english

    def fr(self, context: Context, negated: bool = False) -> str:
        """The French phrase."""
        return self.french(context) if callable(self.french) else self.french


POSSESSIVES = split("my your his her our their")
OWNERS = {"Clara's": "Clara", "Alice's": "Alice", "Victor's": "Victor", "my father's": "mon père",
          "her sister's": "sa sœur", "our uncle's": "notre oncle"}  # fmt: skip
POSSESSIVES_FRENCH = (
    ("mon", "MA", "mes"), ("ton", "TA", "tes"), ("son", "SA", "ses"), ("notre", "notre", "nos"),
    ("votre", "votre", "vos"), ("leur", "leur", "leurs"),
)  # fmt: skip
NUMBERS = {"two": "deux", "three": "trois", "four": "quatre"}


class Phrase(NamedTuple):
    """Determiner, adjectives and noun.

    determiner: the, a, this, all (things in general), a possessive, an owner or a number.
    """

    noun: Noun
    plural: bool
    determiner: str
    adjectives: tuple[str, ...] = ()

    @property
    def third(self) -> bool:
        """Whether its English verb takes the -s."""
        return not self.plural

    def person(self, context: Context) -> int:
        """The French person of its verb."""
        return 5 if self.plural else 2

    def agreement(self, context: Context) -> tuple[bool, bool]:
        """(feminine, plural)."""
        return self.noun.feminine, self.plural

    def pronoun(self, context: Context) -> str:
        """Il, elle, ils or elles."""
        return ("elle" if self.noun.feminine else "il") + "s" * self.plural

    def en(self, negated: bool = False) -> str:
        """The English phrase."""
        noun = self.noun.english_plural if self.plural else self.noun.english
        words = " ".join([*self.adjectives, noun])
        if self.determiner == "all":
            return words
        if self.determiner == "a":
            if self.plural or self.noun.kind in MASS:
                return ("any " if negated else "some ") + words
            return ("an " if words[0] in "aeiou" else "a ") + words
        if self.determiner == "this":
            return ("these " if self.plural else "this ") + words
        return f"{self.determiner} {words}"

    def fr(self, context: Context, negated: bool = False, after_de: bool = False) -> str:
        """The French phrase; `negated`: as the object of a negated verb, `after_de`: behind *de*."""
        feminine, plural = self.noun.feminine, self.plural
        before, behind = [], []
        for adjective in self.adjectives:
            form = agree(adjective, feminine, plural)
            if ADJECTIVES[adjective][0][0] == "<":
                before.append(form.upper() if form in ("beau", "nouveau", "vieux") and not plural else form)
            else:
                behind.append(form)
        words = [*before, self.noun.french_plural if plural else self.noun.french, *behind]
        form = 2 if plural else int(feminine)
        mass = self.noun.kind in MASS
        match self.determiner:
            case "a" if after_de and (plural or mass or negated):
                determiner = ""
            case "a" if negated:
                determiner = "de"
            case "a" if mass:
                determiner = ("de LE", "de LA")[form]
            case "a":
                determiner = ("un", "une", "de" if before else "des")[form]
            case owner if owner in OWNERS:
                determiner = ("LE", "LA", "LES")[form]
                words += ["de", OWNERS[owner]]
            case "the" | "all":
                determiner = ("LE", "LA", "LES")[form]
            case "this":
                determiner = ("CE", "cette", "ces")[form]
            case number if number in NUMBERS:
                determiner = NUMBERS[number]
            case owner:
                person = {"his": 2, "her": 2, "our": 3, "their": 5, "my": 0}.get(owner, context.you)
                determiner = POSSESSIVES_FRENCH[person][form]
        return " ".join([determiner, *words]).strip()


class Name(NamedTuple):
    """A given name."""

    english: str
    third = True
    plural = False

    def person(self, context: Context) -> int:
        """The third, singular."""
        return 2

    def agreement(self, context: Context) -> tuple[bool, bool]:
        """(feminine, plural)."""
        return NAMES[self.english], False

    def pronoun(self, context: Context) -> str:
        """Il or elle."""
        return "elle" if NAMES[self.english] else "il"

    def en(self, negated: bool = False) -> str:
        """The name."""
        return self.english

    def fr(self, context: Context, negated: bool = False, after_de: bool = False) -> str:
        """The name."""
        return self.english


PRONOUNS = {"I": "je", "you": "", "he": "il", "she": "elle", "we": "nous", "they": "ils", "it": "il"}


class Pronoun(NamedTuple):
    """A personal pronoun; `feminine` where it stands for something said before."""

    english: str
    feminine: bool | None = None

    @property
    def third(self) -> bool:
        """Whether its English verb takes the -s."""
        return self.english in ("he", "she", "it")

    def person(self, context: Context) -> int:
        """The French person of its verb."""
        fixed = {"I": 0, "he": 2, "she": 2, "it": 2, "we": 3, "they": 5}
        return fixed.get(self.english, context.you)

    def agreement(self, context: Context) -> tuple[bool, bool]:
        """(feminine, plural)."""
        open_feminine = {
            "I": context.speaker_feminine, "we": context.speaker_feminine, "she": True,
            "you": context.you_feminine, "they": context.they_feminine,
        }  # fmt: skip
        feminine = open_feminine.get(self.english, False) if self.feminine is None else self.feminine
        several = context.polite and context.many if self.english == "you" else self.english in ("we", "they")
        return feminine, several

    def pronoun(self, context: Context) -> str:
        """The French pronoun."""
        person = self.person(context)
        feminine = self.agreement(context)[0]
        return ("je", "tu", "elle" if feminine else "il", "nous", "vous", "elles" if feminine else "ils")[
            person
        ]

    def en(self, negated: bool = False) -> str:
        """The English pronoun."""
        return self.english

    fr = pronoun


def refer(subject: Phrase | Name) -> Pronoun:
    """The pronoun for something said before."""
    feminine = subject.agreement(None)[0]
    if subject.plural:
        return Pronoun("they", feminine)
    person = isinstance(subject, Name) or subject.noun.kind in ("person", "kin")
    return Pronoun(("she" if feminine else "he") if person else "it", feminine)


OBJECTS = {"I": "me", "you": "you", "he": "him", "she": "her", "we": "us", "they": "them", "it": "it"}


def clitic(pronoun: Pronoun, context: Context, indirect: bool = False) -> str:
    """The French object pronoun; `indirect`: to him, to them."""
    person, feminine = pronoun.person(context), pronoun.agreement(context)[0]
    third = ("lui", "leur") if indirect else ("la" if feminine else "le", "les")
    return ("me", "te", third[0], "nous", "vous", third[1])[person]


# -- clauses

POLARITIES = {"not": "pas", "never": "jamais", "anymore": "plus", "yet": "pas encore", "anything": "rien",
              "anyone": "personne"}  # fmt: skip
NOT = {"am": "am not", "can": "can't", "will": "won't"}
CONTRACTED = {"am": "'m", "is": "'s", "are": "'re", "will": "'ll"}
REFLEXIVES = ("me", "te", "se", "nous", "vous", "se")


class Clause(NamedTuple):
    """A clause of both languages.

    tense: a letter of `VERBS`, or the modal can, must, want. polarity: "" or a key of `POLARITIES`.
    thing: the direct object. pronoun: an object pronoun instead (`indirect`: besides `thing`). rest: what
    follows. often: an adverb that English puts before its verb, French behind. ahead: the object where it
    stands before the verb (relative clauses, how many …), for the participle agrees with it.
    """

    subject: Phrase | Name | Pronoun
    verb: str
    tense: str
    polarity: str = ""
    thing: Phrase | Name | None = None
    pronoun: Pronoun | None = None
    indirect: bool = False
    rest: tuple[Text | Phrase, ...] = ()
    often: Text | None = None
    ahead: Phrase | None = None

    def heads(self, support: bool) -> tuple[str, str]:
        """The English auxiliary, "" for none, and the main verb. `support`: an auxiliary is needed."""
        base, third, past, participle, ing = DICTIONARY[self.verb].english
        number = 0 if self.subject.en() == "I" else 1 if self.subject.third else 2
        am, was = ("am", "is", "are")[number], ("was", "was", "were")[number]
        have, do = ("have", "has", "have")[number], ("do", "does", "do")[number]
        if self.verb == "be" and self.tense in "PI":
            return (am if self.tense == "P" else was), ""
        match self.tense:
            case "P":
                return (do, base) if support else ("", third if number == 1 else base)
            case "want":
                wants = "wants to " if number == 1 else "want to "
                return (do, "want to " + base) if support else ("", wants + base)
            case "I" if self.verb not in STATES:
                return was, ing
            case "D" | "I":
                return ("did", base) if support else ("", past)
        forms = {"G": (am, ing), "H": (have, participle), "N": (have, "just " + participle),
                 "O": (am, "going to " + base), "W": ("will", base)}  # fmt: skip
        return forms.get(self.tense, (self.tense, base))

    def en(self, question: bool = False) -> str:
        """The English clause."""
        negated = self.polarity not in ("", "never")
        auxiliary, main = self.heads(question or negated)
        subject = self.subject.en()
        if negated:
            auxiliary = NOT.get(auxiliary, auxiliary + "n't")
        adverbs = ["never"] if self.polarity == "never" else [self.often.en()] if self.often else []
        first = [auxiliary, subject] if question else [subject, auxiliary]
        if not question and isinstance(self.subject, Pronoun) and self.polarity != "never":
            word, _, negation = auxiliary.partition(" ")
            if word in CONTRACTED:
                first = [subject + CONTRACTED[word], negation]
        verb = DICTIONARY[self.verb]
        words = [*first, *adverbs, main, verb.particle]
        if self.pronoun:
            words.append(OBJECTS[self.pronoun.english])
        if self.thing:
            words.append(self.thing.en(bool(self.polarity)))
        end = self.polarity if self.polarity in ("anything", "anyone") else ""
        words += [end, *(part.en(negated) for part in self.rest)]
        words += [self.polarity] if self.polarity in ("anymore", "yet") else []
        return " ".join(word for word in words if word)

    def fr(self, context: Context, inverted: bool = False) -> str:
        """The French clause; `inverted`: the subject's pronoun behind the verb."""
        verb, person = DICTIONARY[self.verb], self.subject.person(context)
        before = REFLEXIVES[person] if verb.reflexive else ""
        agreement = self.subject.agreement(context) if verb.moves else (False, False)
        if self.pronoun:
            before = clitic(self.pronoun, context, self.indirect)
        if not self.indirect and not verb.moves and (self.ahead or self.pronoun):
            agreement = (self.ahead or self.pronoun).agreement(context)
        helper, after = "", ""
        match self.tense:
            case "D" | "H":
                helper = "be" if verb.moves else "have"
                after = verb.participle + "e" * agreement[0]
                after += "s" * (agreement[1] and not after.endswith("s"))
                finite = DICTIONARY[helper].finite("P", person)
            case "O" | "can" | "must" | "want":
                helper = "go" if self.tense == "O" else self.tense
                finite = DICTIONARY[helper].finite("P", person)
            case "N":
                helper = "come"
                finite = DICTIONARY[helper].finite("P", person).removeprefix("re") + " de"
            case tense:
                finite = verb.finite("P" if tense == "G" else tense, person)
        if helper and not after:
            before, after = "", " ".join(filter(None, [before, verb.infinitive]))
        pronoun = self.subject.pronoun(context)
        if inverted:
            head, _, de = finite.partition(" ")
            link = "-t-" if head[-1] in "ae" and pronoun in ("il", "elle") else "-"
            finite = f"{head}{link}{pronoun} {de}".strip()
        words = [] if inverted and isinstance(self.subject, Pronoun) else [self.subject.fr(context)]
        second = POLARITIES.get(self.polarity, "")
        words += ["ne" if second else "", before, finite, second if second != "personne" else ""]
        words += [self.often.fr(context) if self.often else "", after, second if second == "personne" else ""]
        direct = bool(second) and self.verb != "be"
        words += [self.thing.fr(context, direct)] if self.thing else []
        words += [part.fr(context) for part in self.rest]
        return " ".join(word for word in words if word)


VOWEL = "(?=[aeiouyhàâéèêëîïôûœAEIOUHÉÊ])"
BEFORE_VOWEL = {"CE": "cet", "MA": "mon", "TA": "ton", "SA": "son", "BEAU": "bel", "NOUVEAU": "nouvel",
                "VIEUX": "vieil"}  # fmt: skip


def spell(french: str, mark: str) -> str:
    """The French words as a sentence: elided, contracted, with a capital and its mark.

    Words in capitals are those that change before others; `le` in small letters is the pronoun, which never
    contracts (*il vient de le voir*).
    """
    for word, form in BEFORE_VOWEL.items():
        french = re.sub(rf"(?<![\w-]){word} {VOWEL}", form + " ", french)
    french = re.sub(
        rf"(?<![\w-])(LE|LA|le|la|je|ne|me|te|se|de|que|Que) {VOWEL}", lambda m: m[1][:-1] + "'", french
    )
    french = re.sub(r"(?<![\w-])si (?=ils?\b)", "s'", french)
    for pair, form in {"de LES": "des", "de LE": "du", "à LES": "aux", "à LE": "au"}.items():
        french = re.sub(rf"(?<![\w-]){pair} ", form + " ", french)
    french = re.sub(r"L'", "l'", french)
    french = re.sub(r"\b(LES?|LA|CE|MA|TA|SA|BEAU|NOUVEAU|VIEUX)\b", lambda m: m[0].lower(), french)
    return french[0].upper() + french[1:] + {"?": " ?", "!": " !", ".": "."}[mark]


def ask(context: Context, clause: Clause, word: str = "") -> str:
    """The French question behind the question word, in the context's manner."""
    if context.style == 1:
        return f"{word} {clause.fr(context, inverted=True)}".strip()
    if context.style == 0 or word:
        return f"{word} est-ce que {clause.fr(context)}".strip()
    return clause.fr(context)


class Who(NamedTuple):
    """Somebody asked for (*who*), or a noun that a relative clause is about (*who, that*: qui)."""

    english: str
    noun: Phrase | None = None

    @property
    def third(self) -> bool:
        """Whether its English verb takes the -s."""
        return not (self.noun and self.noun.plural)

    def person(self, context: Context) -> int:
        """The French person of its verb."""
        return self.noun.person(context) if self.noun else 2

    def agreement(self, context: Context) -> tuple[bool, bool]:
        """(feminine, plural)."""
        return self.noun.agreement(context) if self.noun else (False, False)

    def en(self, negated: bool = False) -> str:
        """Who or that."""
        return self.english

    def fr(self, context: Context) -> str:
        """Qui."""
        return "qui"

    pronoun = fr


class Idiom(NamedTuple):
    """A clause that the two languages build differently: to be hungry, avoir faim."""

    english: Clause
    french: Clause

    def en(self, question: bool = False) -> str:
        """The English clause."""
        return self.english.en(question)

    def fr(self, context: Context, inverted: bool = False) -> str:
        """The French clause."""
        return self.french.fr(context, inverted)


def same_they(subject: Phrase | Name | Pronoun, clause: Clause | Idiom) -> bool:
    """Whether `they` in the clause may be those just named, whose gender it would then have to take."""
    return (
        isinstance(subject, Phrase)
        and subject.plural
        and re.search(r"\\b(they|them)\\b", clause.en()) is not None
    )


# -- sentences

TIMES = {
    "P": "every day:tous les jours|in the morning:LE matin|in the evening:LE soir|on Sundays:LE dimanche",
    "G": "now:maintenant|today:aujourd'hui",
    "D": "yesterday:hier|this morning:ce matin|last week:la semaine dernière|on Monday:lundi|last "
    "night:hier soir",
    "W": "tomorrow:demain|tonight:ce soir|next week:la semaine prochaine|on Monday:lundi",
    "I": "",
    "waking": "every day:tous les jours|on Sundays:LE dimanche",
    "woken": "yesterday:hier|this morning:ce matin",
    "woke": "tomorrow:demain|on Sunday:dimanche",
}
TIMES["O"], TIMES["want"], TIMES["must"], TIMES["can"] = (TIMES["W"],) * 4
PLACES = (
    "at home:à LA maison|in the garden:dans LE jardin|in the kitchen:dans LA cuisine|at the market:à LE "
    "marché|"
    "in this hotel:dans cet hôtel|at school:à L'école|in the library:dans LA bibliothèque|on the "
    "beach:sur LA plage"
)
GOALS = split("market station museum library hotel bakery school church theatre beach castle village")
COMPANY = (
    "with me:avec moi|with him:avec lui|with her:avec elle|with us:avec nous|with his dog:avec son chien"
)
DEGREES = {"very": "très", "too": "trop", "really": "vraiment"}
# determiners that make sense with a verb
DETERMINERS = {
    "have": "a a a two three",
    "want": "a a this",
    "buy": "a a a the this two four",
    "like": "all all this the",
    "love": "his",
    "need": "a a a this the",
    "lose": "his his the",
    "wash": "his the",
    "open": "the this his",
    "close": "the this his",
    "wear": "a a this his",
    "write": "a a this two the",
    "know": "the this",
    "visit": "the the this a",
    "eat": "a a the three this two",
    "drink": "a a the this",
    "take": "the his",
    "break": "the his a two",
    "look": "the his his a",
    "sell": "his his the this a",
    "miss": "his",
    "wait": "the this",
    "read": "a a the this his two",
}
UNOWNED = ("land", "building", "person", "ride")
SUBJECT_NAMES = tuple(NAMES)


def pairs_of(table: str) -> list[Text]:
    """`english:french|…` as texts."""
    return [Text(*item.split(":")) for item in table.split("|") if item]


class Writer:
    """Draws sentences from the grammar, always the same ones for a seed."""

    def __init__(self, seed: int) -> None:
        # Only `random()` gives the same numbers on every version of Python.
        self.random = random.Random(seed).random

    def pick(self, items):
        """One of the items."""
        return items[int(self.random() * len(items))]

    def chance(self, share: float) -> bool:
        """True in that share of the calls."""
        return self.random() < share

    # words

    def phrase(self, noun: Noun, determiners: str, adjectives: float = 0.4) -> Phrase:
        """A noun with determiner, number and perhaps adjectives."""
        determiner = self.pick(determiners.split())
        if noun.kind == "kin" and determiner != "a" and determiner not in NUMBERS:
            determiner = "his"
        if noun.kind in UNOWNED and determiner == "his":
            determiner = "the"
        if not noun.french_plural and determiner in NUMBERS:
            determiner = "the"
        if determiner == "his":
            determiner = self.pick(list(OWNERS)) if self.chance(0.15) else self.pick(POSSESSIVES)
        plural = bool(noun.french_plural) and (determiner in ("all", *NUMBERS) or self.chance(0.25))
        if noun.kind == "pair" and determiner not in NUMBERS:
            plural = True
        fit = [name for name, entry in ADJECTIVES.items() if noun in nouns(entry[2])]
        chosen = []
        if fit and determiner != "all" and self.chance(adjectives):
            chosen = [self.pick(fit)]
            if self.chance(0.25):
                chosen.append(self.pick(fit))
                order = [ADJECTIVES[name][0][0] == "<" for name in chosen]
                chosen = chosen if order == [True, False] else chosen[:1]
        return Phrase(noun, plural, determiner, tuple(chosen))

    def subject(
        self, pronouns: float = 0.55, people: str = "I you he she we they"
    ) -> Phrase | Name | Pronoun:
        """Somebody."""
        if self.chance(pronouns):
            return Pronoun(self.pick(people.split()))
        if self.chance(0.4):
            return Name(self.pick(SUBJECT_NAMES))
        if self.chance(0.55):
            return self.phrase(self.pick(nouns("kin")), "his", 0.1)
        return self.phrase(self.pick(nouns("person")), "the the this", 0.2)

    def thing(self, verb: str, spec: str = "", determiners: str = "") -> Phrase | Name:
        """An object that makes sense with the verb."""
        known = nouns(spec or DICTIONARY[verb].objects)
        if "kin" in DICTIONARY[verb].objects and verb not in ("have", "miss") and self.chance(0.12):
            return Name(self.pick(SUBJECT_NAMES))
        noun = self.pick(known)
        determiners = determiners or DETERMINERS.get(verb, "the the a this his")
        if verb == "like" and noun.kind in ("land", "home", "building", "thing"):
            determiners = "the this"
        if verb == "have" and noun.kind == "thing":
            determiners = "a a his the two"
        return self.phrase(noun, determiners)

    def time(self, tense: str, verb: str = "") -> tuple[Text, ...]:
        """When, or nothing."""
        if verb in ("get", "wake"):
            tense = {"P": "waking", "D": "woken", "O": "woke"}.get(tense, "")
        return (self.pick(pairs_of(TIMES[tense])),) if TIMES.get(tense) and self.chance(0.4) else ()

    def place(self) -> Text:
        """Where."""
        return self.pick(pairs_of(PLACES))

    def to(self, preposition: str) -> Text:
        """To or from a place."""
        goal = LEXICON[self.pick(GOALS)]
        this = "the" if goal.english in ("beach", "village", "castle", "market") else "the the the this"
        goal = self.phrase(goal, this, 0.15)._replace(plural=False)
        french = {"to": "à", "from": "de"}[preposition]
        return Text(f"{preposition} {goal.en()}", lambda context: f"{french} {goal.fr(context)}")

    # clauses

    def action(
        self, subject=None, tenses: str = "", polarity: str | None = None, times: bool = True
    ) -> Clause:
        """Somebody does something."""
        subject = subject or self.subject()
        doing = [name for name, verb in DICTIONARY.items() if verb.objects and name != "miss"]
        verb = self.pick([name for name in doing if set(DICTIONARY[name].tenses) & set(tenses or "PGDHNOWI")])
        allowed = [tense for tense in DICTIONARY[verb].tenses if not tenses or tense in tenses]
        tense = self.pick(allowed)
        if not tenses and verb not in (*STATES, "lose", "break") and self.chance(0.15):
            tense = self.pick(("can", "want") if verb in ("see", "find") else ("can", "must", "want"))
        if polarity is None:
            polarity = self.polarity(verb, tense)
        if tense == "P" and "G" in DICTIONARY[verb].tenses and polarity in ("not", "anything", "anyone"):
            tense = "G"
        thing, rest, often = None, (), None
        if polarity not in ("anything", "anyone"):
            thing = self.thing(verb)
        if times and not polarity:
            rest = self.time(tense) if verb not in STATES else ()
            if tense == "P" and not rest and self.chance(0.3) and verb not in STATES:
                often = self.pick((Text("often", "souvent"), Text("always", "toujours")))
            if tense == "H" and self.chance(0.3):
                often = Text("already", "déjà")
            if tense == "P" and "G" in DICTIONARY[verb].tenses and not rest and not often:
                tense = "G"
        elif times and polarity == "not" and tense in ("D", "W", "O") and verb not in STATES:
            rest = self.time(tense)
        return Clause(subject, verb, tense, polarity, thing, rest=rest, often=often)

    def polarity(self, verb: str, tense: str) -> str:
        """Affirmed, or denied in one of the ways that suit the tense."""
        if tense in ("N", "must", "want") or self.chance(0.6):
            return ""
        ways = ["not", "not", "not"]
        if tense in "PH" and verb not in STATES:
            ways += ["never"]
        if tense == "P" or verb in ("like", "love", "want"):
            ways += ["anymore"]
        if tense == "H":
            ways += ["yet", "yet"]
        if verb in split("eat drink buy find look see read write want sell") and tense in "GDHPOW":
            ways += ["anything"]
        if verb in ("see", "know", "love", "wait", "look") and tense in "GDHPOW":
            ways += ["anyone"]
        return self.pick(ways)

    def activity(self, subject=None, tenses: str = "", polarity: str | None = None) -> Clause:
        """Somebody sleeps, sings, works."""
        subject, verb = subject or self.subject(), self.pick(split("sing dance cry sleep work get wake"))
        allowed = [tense for tense in DICTIONARY[verb].tenses if not tenses or tense in tenses] or ["P"]
        tense = self.pick(allowed)
        if not tenses and verb in ("sing", "dance", "sleep", "work") and self.chance(0.25):
            tense = self.pick(("can", "must", "want"))
        if polarity is None:
            polarity = (
                "" if self.chance(0.6) else self.pick(("not", "not", "never" if tense in "P" else "not"))
            )
        rest = ()
        if verb in ("get", "wake"):
            if self.chance(0.6):
                rest = self.pick(((Text("early", "tôt"),), (Text("late", "tard"),)))
        elif self.chance(0.45):
            rest = (self.place(),)
        elif self.chance(0.4) and verb in ("sing", "dance", "work"):
            rest = (self.pick(pairs_of(COMPANY)),)
        if polarity != "never":
            rest += self.time(tense, verb)
        return Clause(subject, verb, tense, polarity, rest=rest)

    def move(self, subject=None, tenses: str = "", polarity: str | None = None) -> Clause:
        """Somebody comes, goes, stays."""
        subject, verb = (
            subject or self.subject(),
            self.pick(split("arrive leave stay fall go go go come come")),
        )
        allowed = [tense for tense in DICTIONARY[verb].tenses if not tenses or tense in tenses] or ["D"]
        tense = self.pick(allowed)
        if polarity is None:
            polarity = "not" if tense != "N" and self.chance(0.3) else ""
        if not polarity and verb == "go" and tense == "P" and self.chance(0.3):
            polarity = "never"
        if tense == "H" and verb in ("arrive", "come") and polarity:
            polarity = "yet"
        rest = ()
        if verb == "go" or (verb == "come" and self.chance(0.5)):
            rest = (self.to("to" if verb == "go" else "from"),)
        elif verb == "stay":
            rest = (self.place(),)
        if polarity in ("", "not"):
            rest += self.time(tense)
        return Clause(subject, verb, tense, polarity, rest=rest)

    def quality(
        self, subject=None, tenses: str = "PPPIW", polarity: str | None = None, adjectives=()
    ) -> Clause:
        """Somebody or something is big, red, tired."""
        if not subject:
            if self.chance(0.45):
                subject = self.subject()
            else:
                described = nouns("animal food meal drink text clothes pair vehicle home building land "
                    "furniture thing "
                                  "opening plant")  # fmt: skip
                described = [
                    noun for noun in described if any(noun in nouns(a[3]) for a in ADJECTIVES.values())
                ]
                subject = self.phrase(self.pick(described), "the the this his", 0.15)
        if isinstance(subject, Phrase):
            fit = [name for name, entry in ADJECTIVES.items() if subject.noun in nouns(entry[3])]
            said = set(subject.adjectives)
            taken = {name for group in RIVALS for name in group.split() if said & set(group.split())}
            fit = [name for name in fit if name not in (*subject.adjectives, *taken)]
            pool = [name for name in fit if not adjectives or name in adjectives]
            if not pool:
                return None
        else:
            pool = adjectives or PEOPLE_ADJECTIVES
        adjective, tense = self.pick(pool), self.pick(tenses)
        degree = self.pick(list(DEGREES)) if self.chance(0.3) else ""
        if adjective in (*split("red green blue white black yellow open closed broken empty ready"),):
            degree = ""
        if degree == "too" and adjective not in RANKED:
            degree = "very"
        if tense == "W" and adjective not in PEOPLE_ADJECTIVES:
            tense = "P"
        if tense == "W":
            degree = ""
        if polarity is None:
            ways = (
                ("not", "not", "never", "anymore")
                if adjective in ("tired", "sad", "happy", "ready")
                else ("not",)
            )
            polarity = self.pick(ways) if self.chance(0.3) else ""
        if (polarity == "never" and tense == "W") or (degree and polarity == "anymore"):
            polarity = "not"
        return Clause(subject, "be", tense, polarity, rest=(self.complement(subject, adjective, degree),))

    def complement(self, subject, adjective: str, degree: str = "", but: str = "") -> Text:
        """The adjective in agreement with the subject."""

        def french(context: Context) -> str:
            form = agree(adjective, *subject.agreement(context))
            return " ".join(filter(None, [DEGREES.get(degree, ""), form, but]))

        return Text(f"{degree} {adjective}".strip(), french)

    def object_pronoun(self, tenses: str = "PGDHNOWI", subject=None) -> Clause:
        """Somebody sees somebody: the object as a pronoun."""
        verb = self.pick(split("see look know wait love visit find")[:5])
        tense = self.pick([tense for tense in DICTIONARY[verb].tenses if tense in tenses] or ["P"])
        if self.chance(0.2) and verb in ("see", "wait"):
            tense = self.pick(("can", "must", "want"))
        subject = subject or self.subject(0.7)
        other = self.pick(
            [name for name in split("I you he she we they they she he") if name != subject.en()]
        )
        if {subject.en(), other} == {"I", "we"}:
            other = "they"
        polarity = "" if tense in ("N", "want", "must") or self.chance(0.55) else "not"
        if polarity and verb in ("love", "wait") and tense in "PG":
            polarity = self.pick(("not", "anymore"))
        rest = self.time(tense) if verb not in STATES and polarity != "anymore" else ()
        return Clause(subject, verb, tense, polarity, pronoun=Pronoun(other), rest=rest)

    def gift(self, tenses: str = "DHW", subject=None) -> Clause:
        """Somebody gives or shows somebody something."""
        verb, tense = self.pick(("give", "show")), self.pick(tenses)
        spec = (
            "clothes vehicle thing text plant"
            if verb == "give"
            else "home vehicle picture ring horse letter dress"
        )
        thing = self.thing(verb, spec, "a a the this his")
        subject = subject or self.subject(0.6)
        polarity = "not" if self.chance(0.25) else ""
        if self.chance(0.3):
            to = self.phrase(self.pick(nouns("kin person")), "the this his", 0.0)._replace(plural=False)
            rest = (Text(f"to {to.en()}", lambda context: f"à {to.fr(context)}"),)
            return Clause(subject, verb, tense, polarity, thing, rest=rest)
        other = self.pick([name for name in split("I you he she we they") if name != subject.en()])
        if {subject.en(), other} == {"I", "we"}:
            other = "he"
        return Clause(subject, verb, tense, polarity, thing, pronoun=Pronoun(other), indirect=True)

    def idiom(self, subject=None) -> Idiom | Clause:
        """To be hungry, to need, to miss, to be ten years old."""
        subject = subject or self.subject(0.6)
        kind, tense = (
            self.pick(("have", "have", "of", "need", "need", "miss", "miss", "age")),
            self.pick("PPI"),
        )
        polarity = self.pick(("", "", "not", "anymore"))
        if kind == "have":
            states = "hungry:faim|thirsty:soif|cold:froid|hot:chaud|right:raison|wrong:tort|sleepy:sommeil"
            words = self.pick(pairs_of(states))
            polarity = "not" if words.english in ("right", "wrong") and polarity else polarity
            return Idiom(
                Clause(subject, "be", tense, polarity, rest=(Text(words.english, ""),)),
                Clause(subject, "have", tense, polarity, rest=(Text("", words.french),)),
            )
        if kind == "age":
            ages = "two:deux|three:trois|four:quatre|seven:sept|ten:dix|twelve:douze|twenty:vingt"
            years = self.pick(pairs_of(ages))
            young = subject if isinstance(subject, Pronoun | Name) else Pronoun("he")
            polarity = "" if polarity == "anymore" else polarity
            return Idiom(
                Clause(young, "be", tense, polarity, rest=(Text(f"{years.english} years old", ""),)),
                Clause(young, "have", tense, polarity, rest=(Text("", f"{years.french} ans"),)),
            )
        if kind == "miss":
            missed = self.phrase(self.pick(nouns("kin dog cat horse")), "his", 0.1)
            if self.chance(0.3):
                missed = Name(self.pick([name for name in SUBJECT_NAMES if name != subject.en()]))
            english = Clause(subject, "miss", tense, polarity, missed)
            if isinstance(subject, Pronoun):
                return Idiom(english, Clause(missed, "miss", tense, polarity, pronoun=subject, indirect=True))
            rest = (Text("", lambda context: f"à {subject.fr(context)}"),)
            return Idiom(english, Clause(missed, "miss", tense, polarity, rest=rest))
        if kind == "of":
            feared = self.phrase(self.pick(nouns("animal forest")), "the this his", 0.2)
            english = Text(f"afraid of {feared.en()}", "")
            french = Text("", lambda context: f"peur de {feared.fr(context, after_de=True)}")
        else:
            needed = self.thing("need")
            denied = polarity in ("not", "anymore")
            english = Text(needed.en(denied), "")
            french = Text("", lambda context: f"besoin de {needed.fr(context, denied, after_de=True)}")
        return Idiom(
            Clause(subject, "be" if kind == "of" else "need", tense, polarity, rest=(english,)),
            Clause(subject, "have", tense, polarity, rest=(french,)),
        )

    def clause(self, subject=None) -> Clause | Idiom:
        """Any main clause."""
        kind = self.random()
        if kind < 0.45:
            return self.action(subject)
        if kind < 0.6:
            return self.activity(subject)
        if kind < 0.75:
            return self.move(subject)
        if kind < 0.9:
            return self.quality(subject)
        return self.object_pronoun(subject=subject)

    # whole sentences: English, French of a context, mark

    def statement(self):
        """One clause."""
        clause = self.clause()
        return (clause.en(), clause.fr, ".") if clause else None

    def giving(self):
        """I gave her a ring."""
        clause = self.gift()
        return clause.en(), clause.fr, "."

    def seeing(self):
        """I saw her."""
        clause = self.object_pronoun()
        return clause.en(), clause.fr, "."

    def expressing(self):
        """I'm hungry."""
        clause = self.idiom()
        return clause.en(), clause.fr, "."

    def describing(self):
        """The old church is closed."""
        clause = self.quality()
        if not clause:
            return None
        return clause.en(), clause.fr, "."

    def comparison(self):
        """The dog is bigger than the cat; as big as."""
        spec = self.pick(
            ("animal", "home", "vehicle", "clothes", "building", "person kin", "person kin", "text")
        )
        first, second = (self.phrase(self.pick(nouns(spec)), "the this his his", 0.0) for _ in range(2))
        if spec == "person kin" and self.chance(0.5):
            first = self.subject(0.3, "I he she we")
        both = [name for name in split("old tall big beautiful expensive happy rich young sad small "
            "interesting dirty")
                if all(not isinstance(x, Phrase) or name == "old" or x.noun in nouns(ADJECTIVES[name][3])
                       for x in (first, second))]  # fmt: skip
        if not isinstance(first, Phrase):
            both = [name for name in both if name in ("old", "tall", "happy", "rich", "young")]
        if not both or (isinstance(first, Phrase) and first.noun == second.noun):
            return None
        adjective, polarity = self.pick(both), self.pick(("", "", "not"))
        more = {"old": "older", "tall": "taller", "big": "bigger", "happy": "happier", "rich": "richer",
                "young": "younger", "small": "smaller", "sad": "sadder", "dirty": "dirtier"}  # fmt: skip
        word = self.pick(("plus", "plus", "aussi", "plus" if adjective in more else "moins"))
        english = {"plus": more.get(adjective, "more " + adjective) + " than", "aussi": f"as {adjective} as",
                   "moins": f"less {adjective} than"}[word]  # fmt: skip

        def french(context: Context) -> str:
            form = agree(adjective, *first.agreement(context)).lower()
            return f"{word} {form} que {second.fr(context)}"

        clause = Clause(
            first, "be", self.pick("PPI"), polarity, rest=(Text(f"{english} {second.en()}", french),)
        )
        return clause.en(), clause.fr, "."

    def question(self):
        """Is he sleeping? Did your mother buy this dress?"""
        subject = self.subject(0.6, "you you you he she we they")
        clause = self.pick((self.action, self.action, self.activity, self.move, self.quality, self.idiom))(
            subject
        )
        if (
            not clause
            or getattr(clause, "tense", "") == "must"
            or clause.en().split()[-1] in ("anything", "anyone")
        ):
            return None
        return clause.en(question=True), lambda context: ask(context, clause), "?"

    def where(self):
        """Where, when and why somebody does something."""
        word, french = self.pick(
            (("where", "où"), ("when", "quand"), ("why", "pourquoi"), ("why", "pourquoi"))
        )
        subject = self.subject(0.6, "you you he she we they")
        tenses = "PGDOWI" if word == "where" else "DOW" if word == "when" else "PGDO"
        polarity = "" if word != "why" or self.chance(0.5) else "not"
        if word == "where":
            kind = self.random()
            if kind < 0.4:
                clause = self.action(subject, "DO", "", times=False)
                if clause.verb not in ("see", "find", "buy", "lose", "sell", "wait"):
                    return None
            else:
                verb = self.pick(("work", "sleep", "sing", "go", "stay"))
                tense = self.pick([tense for tense in DICTIONARY[verb].tenses if tense in tenses])
                clause = Clause(subject, verb, tense)
        elif word == "when":
            clause = self.pick((self.action, self.move))(subject, tenses, polarity)
            clause = clause._replace(
                rest=clause.rest[:1] if clause.verb in ("go", "come", "stay") else (), often=None
            )
            if clause.verb == "come" and clause.rest and clause.rest[0].en().split()[0] != "from":
                clause = clause._replace(rest=())
        else:
            make = self.pick((self.action, self.action, self.activity, self.move, self.quality))
            clause = (
                make(subject, "PI", polarity) if make == self.quality else make(subject, tenses, polarity)
            )
        if not clause:
            return None
        return f"{word} {clause.en(question=True)}", lambda context: ask(context, clause, french), "?"

    def place_of(self):
        """Where is the station?"""
        noun = self.pick(nouns("building clothes pair thing text vehicle kin dog cat horse"))
        subject = self.phrase(noun, "the" if noun.kind == "building" else "his", 0.25)
        subject = subject._replace(plural=subject.plural and noun.kind != "building")
        clause = Clause(subject, "be", "P")

        def french(context: Context) -> str:
            verb = DICTIONARY["be"].finite("P", subject.person(context))
            find = DICTIONARY["find"].finite("P", subject.person(context))
            if noun.kind == "building" and context.style == 1:
                return f"où se {find} {subject.fr(context)}"
            return f"où {verb} {subject.fr(context)}"

        return f"where {clause.en(question=True)}", french, "?"

    def what(self):
        """What or whom somebody sees."""
        subject = self.subject(0.65, "you you he she we they")
        whom = self.chance(0.35)
        verbs = "see look wait know" if whom else "eat drink read write buy sell look find see want"
        verb = self.pick(verbs.split())
        tense = self.pick([tense for tense in DICTIONARY[verb].tenses if tense in "PGDO"])
        if verb not in STATES and tense == "P":
            tense = "D" if "D" in DICTIONARY[verb].tenses else "G"
        time = self.time(tense) if verb not in STATES else ()
        clause = Clause(subject, verb, tense, rest=time)

        def french(context: Context) -> str:
            if whom:
                return ask(context, clause, "qui")
            if context.style == 1 and isinstance(subject, Pronoun):
                return f"que {clause.fr(context, inverted=True)}"
            return f"qu'est-ce que {clause.fr(context)}"

        return f"{'who' if whom else 'what'} {clause.en(question=True)}", french, "?"

    def who(self):
        """Who broke the mirror?"""
        clause = self.action(Who("who"), "DHWPO", "")
        if clause.verb in ("love", "have"):
            return None

        def french(context: Context) -> str:
            return clause.fr(context) if context.style else "qui est-ce " + clause.fr(context)

        return clause.en(), french, "?"

    def how_many(self):
        """How many apples, which dress somebody bought."""
        verb = self.pick(split("buy see eat read sell write find wear visit"))
        counted = [noun for noun in nouns(DICTIONARY[verb].objects) if noun.french_plural]
        noun = self.pick([noun for noun in counted if noun.kind != "kin"])
        tense = self.pick([tense for tense in DICTIONARY[verb].tenses if tense in "DOW"] or ["G"])
        which = verb == "wear" or self.chance(0.5)
        phrase = Phrase(noun, not which or self.chance(0.2), "the")
        subject = self.subject(0.7, "you you you he she we they")
        clause = Clause(subject, verb, tense, rest=self.time(tense), ahead=phrase)
        quel = ("quelle" if noun.feminine else "quel") + "s" * phrase.plural
        if not which:
            quel = "combien de"
        english = "which" if which else "how many"
        noun_english = noun.english_plural if phrase.plural else noun.english
        noun_french = noun.french_plural if phrase.plural else noun.french
        french = f"{quel} {noun_french}"
        english = f"{english} {noun_english} {clause.en(question=True)}"
        return english, lambda context: ask(context, clause, french), "?"

    def order(self):
        """Close the door! Don't wait for me!"""
        denied, kind = self.chance(0.35), self.random()
        other = Pronoun(self.pick(("I", "he", "she", "we", "they")))
        clause = Clause(Pronoun("you"), "", "P", "not" if denied else "")
        if kind < 0.5:
            verb = self.pick(split("eat drink read open close take wash buy visit sell"))
            clause = clause._replace(
                thing=self.thing(verb, "", "the his" if verb == "wash" else "the the this a")
            )
        elif kind < 0.7:
            verb = self.pick(("wait", "look"))
            clause = clause._replace(pronoun=other)
        else:
            verb = self.pick(("give", "show"))
            spec = "clothes thing text" if verb == "give" else "home vehicle picture ring letter dress"
            clause = clause._replace(
                thing=self.thing(verb, spec, "the this his"), pronoun=other, indirect=True
            )
        clause = clause._replace(verb=verb)

        def french(context: Context) -> str:
            words = clause.fr(context).split(" ")[1:]
            at = words.index(DICTIONARY[verb].finite("P", context.you))
            if words[at].endswith("es"):
                words[at] = words[at][:-1]
            if clause.pronoun and not denied:
                word = words.pop(0)
                words[at - 1] += "-" + {"me": "moi"}.get(word, word)
            return " ".join(words)

        english = clause.en().removeprefix("you ")
        return english.replace("don't", "do not") if self.chance(0.15) else english, french, "!"

    def there_is(self):
        """There is a lamp on the table. The keys are in the bag."""
        what, where = self.pick((
            ("key cup glass knife bag box book letter newspaper hat lamp", "on on under behind near|table "
                "chair bed"),
            ("cat mouse ball suitcase bag pair", "under behind near|table chair bed tree"),
            ("key ring letter glove scarf ball", "in|bag box suitcase"),
            ("animal", "in in behind near|garden forest street"),
            ("person vehicle", "behind near next in_front|house church station school hotel theatre"),
            ("building", "near next behind in_front|church station bridge market castle school"),
            ("table chair mirror clock bed lamp picture", "in|kitchen flat house hotel library"),
        ))  # fmt: skip
        prepositions, spots = where.split("|")
        preposition = self.pick(prepositions.split())
        item = self.phrase(self.pick(nouns(what)), "a a the his two three", 0.35)
        spot = self.phrase(self.pick(nouns(spots)), "the the the this his", 0.2)._replace(plural=False)
        if item.noun == spot.noun:
            return None
        english = {"next": "next to", "in_front": "in front of"}.get(preposition, preposition)
        french = {"on": "sur", "under": "sous", "behind": "derrière", "near": "près de", "in": "dans",
                  "next": "à côté de", "in_front": "devant"}[preposition]  # fmt: skip
        if (preposition, spot.noun.english) == ("in", "street"):
            french = "dans"
        rest = Text(f"{english} {spot.en()}", lambda context: f"{french} {spot.fr(context)}")
        past, kind = self.chance(0.3), self.pick(("", "", "not", "?"))
        if item.determiner != "a" and item.determiner not in NUMBERS:
            clause = Clause(item, "be", "I" if past else "P", "not" if kind == "not" else "", rest=(rest,))
            if kind == "?":
                return clause.en(question=True), lambda context: ask(context, clause), "?"
            return clause.en(), clause.fr, "."
        is_ = ("were" if item.plural else "was") if past else "are" if item.plural else "is"
        there, have = (is_ + "n't" if kind == "not" else is_), "avait" if past else "a"
        english = f"there {there} {item.en(kind == 'not')} {rest.en()}"
        if kind == "?":
            english = f"{is_} there {item.en(True)} {rest.en()}"

        def sentence(context: Context) -> str:
            words = f"{item.fr(context, kind == 'not')} {rest.fr(context)}"
            if kind == "?":
                head = (f"est-ce que il y {have}", f"y {have}{'' if past else '-t'}-il", f"il y {have}")[
                    context.style
                ]
                return f"{head} {words}"
            return f"il ne y {have} pas {words}" if kind == "not" else f"il y {have} {words}"

        return english, sentence, "?" if kind == "?" else "."

    def relative(self):
        """The man who is singing is my uncle. The dress that she bought is red."""
        if self.chance(0.5):
            phrase = self.phrase(self.pick(nouns("person")), "the the this", 0.25)
            who = Who("who", phrase)
            polarity = None if self.chance(0.3) else ""
            inner = self.pick((self.action, self.action, self.activity, self.move))(who, "PGDHWI", polarity)
            kind = self.random()
            if kind < 0.3 and not phrase.plural:
                young = phrase.noun.english in ("boy", "girl", "child")
                kin = nouns("brother sister son daughter" if young else "kin")
                kin = [noun for noun in kin if noun.feminine == phrase.noun.feminine]
                relation = self.phrase(self.pick(kin), "his", 0.0)._replace(plural=False)
                main = Clause(phrase, "be", self.pick("PPI"), rest=(relation,))
            elif kind < 0.6:
                main = self.quality(phrase, adjectives=split("tired sad happy rich young tall sick"))
                if not main:
                    return None
            else:
                verb = self.pick(("see", "know", "look", "wait", "know"))
                tense = self.pick([tense for tense in DICTIONARY[verb].tenses if tense in "PGD"])
                main = Clause(self.subject(0.7), verb, tense, self.pick(("", "not")), phrase)
        else:
            verb = self.pick(split("buy sell read write eat wear find visit like see break lose"))
            noun = self.pick(
                [noun for noun in nouns(DICTIONARY[verb].objects) if noun.kind not in ("kin", "person")]
            )
            phrase = self.phrase(noun, "the the this", 0.2)
            tense = self.pick([tense for tense in DICTIONARY[verb].tenses if tense in "DWGI"])
            inner = Clause(self.subject(0.7), verb, tense, self.pick(("", "", "", "not")), ahead=phrase)
            if self.chance(0.65) or noun.kind == "animal":
                main = self.quality(phrase, tenses="PPI")
                if not main:
                    return None
            else:
                verbs = split("buy want look like sell see")
                verb = self.pick(
                    [name for name in verbs if noun in nouns(DICTIONARY[name].objects)] or ["see"]
                )
                tense = self.pick([tense for tense in DICTIONARY[verb].tenses if tense in "PGDO"])
                main = Clause(self.subject(0.8), verb, tense, self.pick(("", "not")), phrase)
        as_subject = main.subject is phrase
        word = inner.subject.en() if isinstance(inner.subject, Who) else "that"
        link = "" if isinstance(inner.subject, Who) else (word + " " if self.chance(0.6) else "")
        english, marker = main.en(), phrase.en()
        if english.count(marker) != 1 or (not as_subject and not english.endswith(marker)):
            return None

        def french(context: Context) -> str:
            words = inner.fr(context) if isinstance(inner.subject, Who) else "que " + inner.fr(context)
            return main.fr(context).replace(phrase.fr(context), f"{phrase.fr(context)} {words}", 1)

        return english.replace(marker, f"{marker} {link}{inner.en()}", 1), french, "."

    def report(self):
        """I think that she is right."""
        subject, verb, tense = self.subject(0.75), self.pick(("think", "say", "say")), self.pick("PPPI")
        if verb == "say" and tense == "I":
            tense = "D"
        past = tense != "P"
        make = self.pick((self.action, self.activity, self.quality, self.quality, self.idiom))
        present = "PPPW" if make == self.quality else "PGHWO"
        inner = make() if make == self.idiom else make(None, "I" if past else present)
        if not inner:
            return None
        if make == self.idiom and inner.english.tense != ("I" if past else "P"):
            return None
        if past and make == self.activity and inner.tense != "I":
            return None
        if same_they(subject, inner):
            return None
        that = "that " if self.chance(0.5) else ""
        rest = (Text(that + inner.en(), lambda context: f"que {inner.fr(context)}"),)
        clause = Clause(subject, verb, tense, rest=rest)
        return clause.en(), clause.fr, "."

    def because(self):
        """Clara isn't eating the soup because it's cold."""
        reasons = (
            ("eat drink", "PGD", "not", "cold hot"), ("eat drink buy", "GDO", "", "good hot"),
            ("wear", "GP", "not", "dirty old"), ("buy", "DO", "not", "expensive heavy old"),
            ("buy want sell", "PDO", "", "beautiful old heavy pretty"), ("read", "GD", "", "interesting"),
            ("wash", "DOG", "", "dirty"), ("take", "O", "not", "heavy"), ("like", "P", "", "beautiful "
                "quiet interesting pretty"),
        )  # fmt: skip
        if self.chance(0.35):
            plans = split(
                "sing,PGD,,happy dance,PGD,,happy cry,PGD,,sad+tired sleep,GDO,,tired+sick "
                "leave,GDO,,sad+tired stay,DO,,sick+tired work,PGD,not,sick+tired "
                "sing,GDP,not,sad+sick dance,GPD,not,tired+sad go,DO,not,sick+tired "
                "get,D,not,tired+sick come,DO,,sick+tired+sad"
            )
            verb, tenses, polarity, reason = self.pick(plans).split(",")
            subject, tense = self.subject(), self.pick(tenses)
            rest = (
                (self.to("to"),)
                if verb == "go"
                else (Text("at home", "à LA maison"),)
                if verb == "stay"
                else ()
            )
            if not rest and verb not in ("come", "leave", "get", "go") and self.chance(0.4):
                rest = (self.place(),)
            first = Clause(subject, verb, tense, polarity, rest=rest)
            again = subject if isinstance(subject, Pronoun) else refer(subject)
            second = self.quality(again, "I" if tense == "D" else "P", "", reason.split("+"))
        else:
            verbs, tenses, polarity, adjectives = self.pick(reasons)
            verb = self.pick(verbs.split())
            allowed = [tense for tense in DICTIONARY[verb].tenses if tense in tenses]
            fit = {noun for name in adjectives.split() for noun in nouns(ADJECTIVES[name][3])}
            fit = [noun for noun in nouns(DICTIONARY[verb].objects) if noun in fit]
            if not allowed or not fit:
                return None
            tense = self.pick(allowed)
            thing = self.phrase(
                self.pick(fit), "this the his" if verb in ("wear", "wash", "sell") else "this the", 0.0
            )
            first = Clause(self.subject(), verb, tense, polarity, thing)
            names = [name for name in adjectives.split() if thing.noun in nouns(ADJECTIVES[name][3])]
            second = self.quality(refer(thing), "I" if tense == "D" else "P", "", names)
        return (f"{first.en()} because {second.en()}",
                lambda context: f"{first.fr(context)} parce que {second.fr(context)}", ".")  # fmt: skip

    def contrast(self):
        """Clara is looking for her key, but she hasn't found it yet."""
        plans = split(
            "look,G,,find,H,yet look,D,,find,D,not look,G,,find,can,not buy,D,,sell,O, "
            "buy,D,,sell,D,not lose,D,,find,H,yet see,D,,buy,D,not want,P,,find,can,not "
            "open,D,,close,D,not lose,H,,find,want, buy,H,,eat,D,not buy,N,,drink,O, "
            "buy,H,,read,H,yet buy,D,,wear,P,never like,P,,buy,want, want,P,,buy,can,not "
            "write,D,,read,D,not wash,D,,break,D, wait,G,,see,H,yet look,G,,see,can,not "
            "buy,D,,wash,D,not"
        )
        one, tense, polarity, two, tense2, polarity2 = self.pick(plans).split(",")
        also = nouns(DICTIONARY[two].objects)
        noun = self.pick([noun for noun in nouns(DICTIONARY[one].objects) if noun in also])
        thing = self.phrase(
            noun, "his the" if one in split("look lose open wash wait like") else "a a the this", 0.35
        )
        subject = self.subject(0.5)
        again = subject if isinstance(subject, Pronoun) else refer(subject)
        first = Clause(subject, one, tense, polarity, thing)
        second = Clause(again, two, tense2, polarity2, pronoun=refer(thing))
        word, french = ("but", "mais") if polarity2 or (one == "lose" and tense2 == "want") else ("and", "et")
        comma = "," * (word == "but")
        return (f"{first.en()}{comma} {word} {second.en()}",
                lambda context: f"{first.fr(context)}{comma} {french} {second.fr(context)}", ".")  # fmt: skip

    def circumstance(self):
        """If it rains tomorrow, we'll stay at home. When she arrived, her brother was sleeping."""
        kind = self.random()
        if kind < 0.35:
            first = self.pick(pairs_of("if it rains tomorrow:se il pleut demain|if it's cold tonight:se "
                "il fait froid ce soir|"
                                       "if the weather is nice:se il fait beau"))  # fmt: skip
            first = Text(first.english, first.french.replace("se il", "si il"))
            second = self.pick((self.action, self.activity, self.move))(None, "W", self.pick(("", "", "not")))
        elif kind < 0.65:
            first_clause = self.pick((self.move, self.activity))(None, "D", "")
            if first_clause.verb not in ("arrive", "leave", "come", "get", "wake", "fall"):
                return None
            first_clause = first_clause._replace(rest=())
            second = self.pick((self.action, self.activity))(None, "I", "")
            if (
                first_clause.subject.en() == second.subject.en()
                or second.tense != "I"
                or second.verb in STATES
            ):
                return None
            first = Text(f"when {first_clause.en()}", lambda context: f"quand {first_clause.fr(context)}")
        elif kind < 0.85:
            person = Pronoun(self.pick(split("I you he she we they")))
            young = self.quality(
                person, "I", "", self.pick((("young",), ("young",), ("sick",), ("sad",), ("tired",)))
            )
            first = Text(f"when {young.en()}", lambda context: f"quand {young.fr(context)}")
            second = self.pick((self.action, self.action, self.activity))(person, "I", "")
            if second.tense != "I" or (second.thing and second.verb not in STATES):
                return None
        else:
            first = self.pick(pairs_of("when it rains:quand il pleut|when it's cold:quand il fait froid|"
                                       "when the weather is nice:quand il fait beau"))  # fmt: skip
            second = self.pick((self.activity, self.move))(None, "P", None)
        rest = second.rest
        if second.verb == "have":
            return None
        if kind < 0.65 and kind >= 0.35 and same_they(first_clause.subject, second):
            return None
        if kind < 0.35 or kind >= 0.85:
            times = [item.english for tense in "PGDW" for item in pairs_of(TIMES[tense])]
            second = second._replace(rest=tuple(part for part in rest if part.en() not in times))
        if (kind >= 0.85 and second.tense != "P") or (kind < 0.35 and second.tense != "W"):
            return None
        if self.chance(0.3):
            return (
                f"{second.en()} {first.en()}",
                lambda context: f"{second.fr(context)} {first.fr(context)}",
                ".",
            )
        return (
            f"{first.en()}, {second.en()}",
            lambda context: f"{first.fr(context)}, {second.fr(context)}",
            ".",
        )

    def joined(self):
        """Two clauses about two people."""
        first = self.pick((self.action, self.activity, self.move))()
        tense = first.tense if first.tense in "PGDOW" else "D"
        second = self.pick((self.activity, self.move, self.action))(None, tense, self.pick(("", "not")))
        denied = bool(first.polarity) != bool(second.polarity)
        if same_they(first.subject, second):
            return None
        if first.subject.en() == second.subject.en() or len(first.en().split()) > 9 or second.tense != tense:
            return None
        word, french = (", but", ", mais") if denied else (" and", " et")
        return (f"{first.en()}{word} {second.en()}",
                lambda context: f"{first.fr(context)}{french} {second.fr(context)}", ".")  # fmt: skip

    def context(self) -> Context:
        """A way of saying in French what the English leaves open."""
        polite = self.chance(0.45)
        chances = (self.chance(share) for share in (0.4, 0.25, 0.35, 0.2))
        return Context(polite, *chances, self.pick((0, 0, 1, 1, 2)))


FORMS = {
    "statement": 24, "giving": 6, "seeing": 6, "expressing": 8, "describing": 7, "comparison": 4,
    "question": 9, "where": 6, "place_of": 1.5, "what": 3, "who": 2.5, "how_many": 4, "order": 4,
    "there_is": 6, "relative": 9, "report": 6, "because": 5, "contrast": 6, "circumstance": 6, "joined": 5,
}  # fmt: skip


def rows() -> list[tuple[str, str]]:
    """The pairs, in the order of the full data: by the length of the English."""
    writer, table = Writer(SEED), {}
    shares, names = sum(FORMS.values()), list(FORMS)
    while len(table) < SENTENCES:
        place, form = writer.random() * shares, 0
        while place >= FORMS[names[form]]:
            place -= FORMS[names[form]]
            form += 1
        sentence = getattr(writer, names[form])()
        if not sentence:
            continue
        english, french, mark = sentence
        english = english[0].upper() + english[1:] + mark
        if english in table or len(english.split()) > 16 or any(english.count(name) > 1 for name in NAMES):
            continue
        # The shortest are the likeliest to stand in other collections too, and there are enough of them.
        if len(english.split()) < 4 and writer.chance(0.6):
            continue
        draw = writer.random()
        wanted = 1 + (draw >= VERSIONS[0]) + (draw >= VERSIONS[0] + VERSIONS[1])
        versions = {}
        for _ in range(1 if wanted == 1 else 10):
            versions[spell(french(writer.context()), mark)] = True
            if len(versions) == wanted:
                break
        table[english] = list(versions)
    pairs = [(english, version) for english, versions in table.items() for version in versions]
    return sorted(pairs, key=lambda pair: (len(pair[0]), pair))


def build() -> bytes:
    """The whole archive, with no time in it."""
    text = "".join(f"{english}\t{french}\n" for english, french in rows())
    return zipped({"fra.txt": text.encode()})


if __name__ == "__main__":
    main(__doc__, TARGET, build)
