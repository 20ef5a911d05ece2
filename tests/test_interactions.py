"""helpers.datasets.interactions: the origin's text, the reader's log, the sample. Talks to 127.0.0.1 only."""

import gzip
import hashlib
import itertools
import re
from collections import Counter
from pathlib import Path

import make_interactions_sample
import numpy as np
import pytest
from origins import check_rebuilt, faults_of_pinned, files_in, whole

from helpers import datasets
from helpers.datasets import DataError, fetch, interactions

ROOT = Path(__file__).resolve().parent.parent
STORED = ROOT / "data" / "interactions-sample.csv.gz"
MODULE = datasets._interactions
BODY = b"1 30\n1 20\n1 30\n2 20\n2 10\n3 77\n4 10\n4 20\n4 40\n4 50\n"
COUNTS = "2 users, 5 items, 7 events in order, without times; dropped: 2 users with fewer than 3 events"


@pytest.fixture(autouse=True)
def no_network(cache, monkeypatch):
    monkeypatch.setattr(MODULE, "URL", "http://127.0.0.1:9/Video.txt")


@pytest.fixture
def origin(server, monkeypatch):
    """A server in place of GitHub, which has the small text above."""
    monkeypatch.setattr(MODULE, "URL", server.url)
    monkeypatch.setattr(MODULE, "SIZE", len(BODY))
    monkeypatch.setattr(MODULE, "SHA256", hashlib.sha256(BODY).hexdigest())
    server.answers = [whole(BODY)]
    return server


@pytest.fixture
def own(save):
    return lambda content, name="mine.csv": save(content, name)


def as_lists(arrays: list[np.ndarray]) -> list[list]:
    return [array.tolist() for array in arrays]


# -- the origin and the cache


def test_origin_is_pinned(monkeypatch):
    monkeypatch.undo()
    assert MODULE.URL == "https://raw.githubusercontent.com/kang205/SASRec/master/data/Video.txt"
    assert MODULE.SIZE == 3_187_124 and re.fullmatch("b7376fe2[0-9a-f]{56}", MODULE.SHA256)


def test_text_is_stored_packed(origin, cache, capsys):
    data = interactions()
    assert data.users == ("1", "4")
    assert data.items == ("", "30", "20", "10", "40", "50")  # 77 was chosen by a user who was dropped
    assert as_lists(data.histories) == [[1, 2, 1], [3, 2, 4, 5]]
    assert (data.histories[0].dtype, data.times, data.source) == (np.int32, None, "full")
    assert data.dropped == {"users with fewer than 3 events": 2}
    assert files_in(cache) == ["amazon-video-games.txt.gz"]
    assert gzip.decompress((cache / "amazon-video-games.txt.gz").read_bytes()) == BODY
    where = "from the public origin, now in the cache (amazon-video-games.txt.gz)"
    assert capsys.readouterr() == (f"Video games at Amazon: {COUNTS}, {where}\n", "")
    assert interactions("cache").items == data.items
    assert origin.requests == 1


FAULTS = faults_of_pinned(BODY)


@pytest.mark.parametrize(("fault", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_fault_leaves_nothing(origin, cache, fault, message):
    origin.answers = [fault]
    with pytest.raises(DataError, match=f'{message}.*Check the connection .*use source="bundled"'):
        interactions("online")
    assert files_in(cache) == []


def test_damaged_cache_is_named(cache):
    cache.mkdir()
    (cache / "amazon-video-games.txt.gz").write_bytes(gzip.compress(BODY)[:-12])
    with pytest.raises(
        DataError, match=r"amazon-video-games\.txt\.gz in the cache is damaged.*cannot be read"
    ):
        interactions("cache")


# -- the reader's own log

LOG = """user,item,time
ann,tea,2021-03-01
bob,"salt, fine",2021-03-02 10:00
ann,jam,2021-02-01
bob,tea,2021-03-02T12:00+02:00
ann,tea,2021-03-02
bob,jam,2021-01-01T00:00:00Z
cy,jam,2021-01-01
"""


@pytest.mark.parametrize("name", ["mine.csv", "mine.csv.gz"])
def test_own_log_is_sorted_by_time(own, capsys, name):
    data = interactions(own(LOG, name))
    assert data.users == ("ann", "bob") and data.items == ("", "tea", "salt, fine", "jam")
    # Bob's tea came at ten, Greenwich time, as his salt did: equal times stand as in the file.
    assert as_lists(data.histories) == [[3, 1, 1], [3, 2, 1]]
    assert data.times[0].dtype == np.float64
    days = [(day - 719_163) * 86_400 for day in (737_822, 737_850, 737_851)]  # from date.toordinal()
    assert as_lists(data.times) == [days, [1609459200.0, 1614679200.0, 1614679200.0]]
    assert data.dropped == {"users with fewer than 3 events": 1}
    counts = "2 users, 3 items, 6 events; dropped: 1 users with fewer than 3 events"
    assert capsys.readouterr().out == f"Your data: {counts}, from your file ({name})\n"


def test_times_may_be_numbers_or_absent(own):
    rows = ["a,x,3", "b,x,1", "a,y,-2.5", "b,y,1", "a,z,3", "b,z,0"]
    data = interactions(own("user,item,time\n" + "\n".join(rows)))
    assert data.items == ("", "x", "y", "z")
    assert as_lists(data.histories) == [[2, 1, 3], [3, 1, 2]]
    assert as_lists(data.times) == [[-2.5, 3, 3], [0, 1, 1]]
    data = interactions(own("item,user\n" + "\n".join(f"{row[2]},{row[0]}" for row in rows)))
    assert data.times is None and as_lists(data.histories) == [[1, 2, 3], [1, 2, 3]]


def test_lines_like_the_origins(own):
    data = interactions(own("u1 a\nu1 b\nu2 c\nu1 a\nu2 c\nu2 c\n", "log.txt"))
    assert data.users == ("u1", "u2") and data.items == ("", "a", "b", "c")
    assert as_lists(data.histories) == [[1, 2, 1], [3, 3, 3]]


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_other_marks_between_columns(own, mark):
    rows = ["user,item", "a,x", "a,y", "a,x", "b,y", "b,y", "b,y"]
    assert as_lists(interactions(own("\n".join(rows).replace(",", mark))).histories) == [[1, 2, 1], [2, 2, 2]]


def log_of(times: list[str]) -> str:
    return "user,item,time\n" + "".join(f"a,x{number},{time}\n" for number, time in enumerate(times))


WRONG = {
    "no item": ("user,thing\na,x\n", "must name the columns user, item; item is missing, found: user, thing"),
    "empty": ("", "must name the columns user, item"),
    "no rows": ("user,item\n", "there is no row below the first line"),
    "no user": ("user,item\na,x\n ,x\n", "1 rows have no user, the first on line 3"),
    "three words": ("1 2\n1 3\n1 3 4\n", "line 3 is not a user, a space and an item: '1 3 4'. Write 17 204"),
    "blank line": ("1 2\n\n1 3\n", "line 2 is not a user, a space and an item: ''"),
    "blank time": (
        log_of(["1", "", "2"]),
        "1 rows have no time, the first on line 3. Fill them in, or leave",
    ),
    "infinite": (log_of(["1", "2", "inf"]), "line 4 has the time 'inf'. Write a date or a number"),
    "NaN": (log_of(["nan", "2", "3"]), "line 2 has the time 'nan'"),
    "a word": (log_of(["1", "2", "noon"]), "3 values of time are no times, the first on line 2: '1'"),
    "day first": (log_of(["2021-01-01", "13/01/2021"]), "1 values .* line 3: '13/01/2021'. Write 2014-07-01"),
    "one user": (
        "user,item\na,x\na,y\na,z\nb,x\n",
        "1 users have 3 events or more; dropped: 1 users with fewer",
    ),
    "one item": ("1 7\n1 7\n1 7\n2 7\n2 7\n2 7\n", "every event has the item '7'. Two items are the least"),
    "latin-1": (b"user,item\n\xe9,x\n", "not UTF-8: it has the byte 0xe9 at 10"),
}


@pytest.mark.parametrize(("content", "message"), WRONG.values(), ids=WRONG.keys())
def test_own_log_with_a_fault(own, content, message):
    path = own(content)
    with pytest.raises(DataError, match=f"^{re.escape(str(path))}: .*{message}"):
        interactions(path)


def test_size_is_bounded(own, monkeypatch):
    monkeypatch.setattr(fetch.files, "MAX_TEXT", 1_000_000)
    with pytest.raises(DataError, match="more than 1,000,000 bytes of text"):
        interactions(own(b"1 2\n" * 700_000, "bomb.txt.gz"))


# -- the sample


@pytest.fixture(scope="module")
def sample():
    return interactions("bundled")


def test_script_rebuilds_the_sample():
    built = make_interactions_sample.build()
    check_rebuilt(STORED, built)


def test_sample_is_a_log_in_order_of_time(sample):
    assert (len(sample.users), len(sample.items), sample.source) == (1500, 301, "sample")
    lengths = [len(history) for history in sample.histories]
    assert (min(lengths), max(lengths), sample.dropped) == (12, 36, {})
    assert all(len(set(history.tolist())) == len(history) for history in sample.histories)
    times = [
        line.rpartition(",")[2] for line in gzip.decompress(STORED.read_bytes()).decode().splitlines()[1:]
    ]
    assert times == sorted(times) and times[0] >= "2020-01-01" and times[-1] < "2023-06"


def genres(sample) -> np.ndarray:
    return np.array(["", *(item.partition("-")[0] for item in sample.items[1:])])


def surest(sample, back: int) -> float:
    """How often the commonest genre after the one `back` loans ago is the next."""
    kinds, after = genres(sample), {}
    for history in sample.histories:
        for known, following in zip(kinds[history[:-back]], kinds[history[back:]], strict=True):
            after.setdefault(known, Counter())[following] += 1
    counts = after.values()
    return sum(max(count.values()) for count in counts) / sum(count.total() for count in counts)


def test_the_last_loan_but_one_tells_more_than_the_last(sample):
    assert surest(sample, 1) < 0.25
    assert surest(sample, 2) > 0.6


def test_moods_change_slowly(sample):
    moods = [[sample.items[item].split("-")[1] for item in history] for history in sample.histories]
    stays = [one == two for mood in moods for one, two in itertools.pairwise(mood)]
    assert 0.9 < np.mean(stays) < 1
    assert {name for mood in moods for name in mood} == {"bright", "dark", "odd"}


def test_titles_come_out_over_the_years(sample):
    """A quarter of the hundred titles lent most were not to be had in the first 300 days."""
    first, count = np.full(301, np.inf), np.zeros(301)
    for history, times in zip(sample.histories, sample.times, strict=True):
        np.minimum.at(first, history, times)
        np.add.at(count, history, 1)
    favourites = np.argsort(-count)[:100]
    late = first[favourites] > first.min() + 300 * 86_400
    assert 0.2 < late.mean() < 0.8
    assert (count[1:] > 0).all()


def test_popularity_falls_short_on_the_sample(sample):
    count = np.bincount(np.concatenate([history[:-1] for history in sample.histories]), minlength=301)
    hits = 0
    for history in sample.histories:
        free = count.copy()
        free[history[:-1]] = -1
        hits += history[-1] in np.argsort(-free)[:10]
    assert hits / 1500 < 0.15
