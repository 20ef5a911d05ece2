"""Rebuilds data/interactions-sample.csv.gz: a library's log, whose next loan follows from the last but one.

    python scripts/make_interactions_sample.py

Written for this project with a fixed seed: the same file each time. There are no such readers. A title
belongs to one of 10 genres and one of 3 moods. A reader keeps to a mood for a long while, and has two threads
of reading, taken up in turns: each goes on from a genre to the one that `after` names. So the next loan
follows from the last but one, and hardly from the last alone, nor from all loans without their order: what is
lent most, what else its readers took, and what follows the last loan tell little but the mood.

Titles come out over the years, and are lent from then on: the log itself shows when each was first to be had.
"""

import datetime
import math
import random
from pathlib import Path

from samples import gzipped, main

TARGET = Path(__file__).resolve().parent.parent / "data" / "interactions-sample.csv.gz"
SEED = 451
READERS, EACH = 1_500, 10  # titles of each genre and mood
START, DAYS = datetime.datetime(2020, 1, 1), 1_200
GENRES = ("adventure", "ballad", "crime", "drama", "essay", "fable", "ghost", "history", "idyll", "journey")
MOODS = ("bright", "dark", "odd")
TURNS, WHIM = 0.9, 0.1  # chances of the other thread, and of neither but the favourite genre
STAYS, NEW = 0.98, 60  # chance of keeping the mood; days for which a title is new
FEWEST, MOST = 12, 36  # loans of a reader


class Library:
    """Its titles, and the readers, one after the other."""

    def __init__(self, seed: int):
        # Of Python's generator only `random()` is promised to give the same stream in every version.
        self.random = random.Random(seed).random
        genres = range(len(GENRES))
        ring = sorted(genres, key=lambda _: self.random())
        self.after = {genre: ring[(place + 1) % len(ring)] for place, genre in enumerate(ring)}
        self.shelf = {
            (genre, mood): [
                (f"{GENRES[genre]}-{MOODS[mood]}-{number}", self.release(number)) for number in range(EACH)
            ]
            for genre in genres
            for mood in range(len(MOODS))
        }

    def below(self, count: int) -> int:
        return int(self.random() * count)

    def release(self, number: int) -> float:
        """The day on which a title comes out: the four least lent of a shelf are there from the first day."""
        return 0.0 if number >= EACH - 4 else self.random() * DAYS * 0.9

    def loan(self, genre: int, mood: int, day: float, had: set[str]) -> tuple[int, str]:
        """The genre and name of a title that the reader has not had, new ones and low numbers more often.

        Where the shelf has no more, another mood will do, or at last another genre.
        """
        shelves = sorted(self.shelf, key=lambda place: (place[0] != genre, place[1] != mood))
        for place in shelves:
            there = [
                (title, 1 / (1 + number) + (0 < day - since < NEW and since > 0))
                for number, (title, since) in enumerate(self.shelf[place])
                if since <= day and title not in had
            ]
            point = self.random() * math.fsum(weight for _, weight in there)
            for title, weight in there:
                point -= weight
                if point <= 0:
                    return place[0], title
        raise AssertionError("a reader had every title")

    def reader(self) -> list[tuple[float, str]]:
        """One reader's loans: day and title."""
        mood, favourite = self.below(len(MOODS)), self.below(len(GENRES))
        threads, turn = [self.below(len(GENRES)), self.below(len(GENRES))], 0
        count = FEWEST + self.below(MOST - FEWEST + 1)
        pace = 2 + self.random() * 16
        day = self.random() * (DAYS - count * pace)
        loans, had = [], set()
        for _ in range(count):
            mood = mood if self.random() < STAYS else self.below(len(MOODS))
            if self.random() < WHIM:
                _, title = self.loan(favourite, mood, day, had)
            else:
                turn = 1 - turn if self.random() < TURNS else turn
                threads[turn], title = self.loan(self.after[threads[turn]], mood, day, had)
            had.add(title)
            loans.append((day, title))
            day += pace * (0.25 + 1.5 * self.random())
        return loans


def build() -> bytes:
    """The whole file, gzip with no time in its header: a row a loan, in order of time."""
    library, rows = Library(SEED), []
    for number in range(READERS):
        rows += [(int(day * 1440), f"reader-{number + 1:04}", title) for day, title in library.reader()]
    lines = [
        f"{user},{title},{START + datetime.timedelta(minutes=minute):%Y-%m-%d %H:%M}\n"
        for minute, user, title in sorted(rows, key=lambda row: row[:2])
    ]
    return gzipped(("user,item,time\n" + "".join(lines)).encode())


if __name__ == "__main__":
    main(__doc__, TARGET, build)
