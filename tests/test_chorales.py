"""helpers.datasets.chorales: the origin's file, the reader's, and the sample. Talks to 127.0.0.1 only."""

import hashlib
import itertools
import json
import re
from pathlib import Path

import make_chorales_sample
import numpy as np
import pytest
from origins import check_rebuilt, faults_of_pinned, files_in, whole

from helpers import datasets
from helpers.datasets import DataError, chorales, fetch
from helpers.ngrams import KneserNey

ROOT = Path(__file__).resolve().parent.parent
STORED = ROOT / "data" / "chorales-sample.json.gz"
MODULE = datasets._chorales
PARTS = {
    "train": [[[48, 55, 64, 72], [48, 67, 72], []], [[50, 74], [53]]],
    "valid": [[[48, 55, 64, 72], [48, 55, 64, 72]]],
    "test": [[[45, 57, 60, 69], [45, 60, 69]]],
}
BODY = json.dumps(PARTS).encode()
COUNTS = "2 training, 1 validation and 1 test chorales, 9 steps, 5 with fewer than four pitches, 1 silent"


@pytest.fixture(autouse=True)
def no_network(cache, monkeypatch):
    monkeypatch.setattr(MODULE, "URL", "http://127.0.0.1:9/jsb-chorales-quarter.json")


@pytest.fixture
def origin(server, monkeypatch):
    """A server in place of GitHub, which has the small file above."""
    monkeypatch.setattr(MODULE, "URL", server.url)
    monkeypatch.setattr(MODULE, "SIZE", len(BODY))
    monkeypatch.setattr(MODULE, "SHA256", hashlib.sha256(BODY).hexdigest())
    server.answers = [whole(BODY)]
    return server


@pytest.fixture
def own(save):
    def write(content: bytes | object, name: str = "mine.json") -> Path:
        return save(content if isinstance(content, bytes) else json.dumps(content), name)

    return write


def of_one(chorale: list) -> dict:
    return {"train": [chorale], "valid": [[[60], [60]]], "test": [[[60], [60]]]}


# -- the origin and the cache


def test_origin_is_pinned(monkeypatch):
    monkeypatch.undo()
    assert MODULE.URL == (
        "https://raw.githubusercontent.com/czhuang/JSB-Chorales-dataset/master/jsb-chorales-quarter.json"
    )
    assert MODULE.SIZE == 407_200 and re.fullmatch("2db9329f[0-9a-f]{56}", MODULE.SHA256)


def test_file_is_kept_as_it_came(origin, cache, capsys):
    data = chorales()
    assert [len(part) for part in (data.train, data.validation, data.test)] == [2, 1, 1]
    assert (data.source, data.train[0].dtype, data.train[0].shape) == ("full", np.int32, (3, 4))
    assert files_in(cache) == ["jsb-chorales-quarter.json"]
    assert (cache / "jsb-chorales-quarter.json").read_bytes() == BODY
    line = f"Chorales: {COUNTS}, from the public origin, now in the cache (jsb-chorales-quarter.json)\n"
    assert capsys.readouterr() == (line, "")
    assert np.array_equal(chorales("cache").train[0], data.train[0])
    assert origin.requests == 1


FAULTS = faults_of_pinned(BODY)


@pytest.mark.parametrize(("fault", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_fault_leaves_nothing(origin, cache, fault, message):
    origin.answers = [fault]
    with pytest.raises(DataError, match=f'{message}.*Check the connection .*use source="bundled"'):
        chorales("online")
    assert files_in(cache) == []


def test_damaged_cache_is_named(cache):
    cache.mkdir()
    (cache / "jsb-chorales-quarter.json").write_bytes(BODY[:-9])
    with pytest.raises(DataError, match=r"jsb-chorales-quarter\.json in the cache is damaged.*is not JSON"):
        chorales("cache")


# -- what sounds, and who sings it


def test_pitches_go_to_the_voices(own, capsys):
    data = chorales(own(PARTS))
    assert data.train[0].tolist() == [[72, 64, 55, 48], [72, 67, 0, 48], [0, 0, 0, 0]]
    assert data.train[1].tolist() == [[74, 0, 0, 50], [53, 0, 0, 0]]
    assert data.test[0].tolist() == [[69, 60, 57, 45], [69, 60, 0, 45]]
    assert capsys.readouterr().out == f"Your data: {COUNTS}, from your file (mine.json)\n"


@pytest.mark.parametrize(
    ("middle", "voices"),
    [
        (64, [72, 64, 0, 48]),
        (57, [72, 0, 57, 48]),
        (60, [72, 0, 60, 48]),  # a fifth below the alto's last pitch, a fourth above the tenor's
        (62, [72, 62, 0, 48]),  # a third and a sixth
    ],
)
def test_the_middle_one_of_three_goes_where_it_was_nearer(own, middle, voices):
    steps = [[48, 55, 67, 72], [48, 72], [], [48, middle, 72]]
    if middle == 62:
        steps[0] = [48, 55, 65, 72]
    data = chorales(own(of_one(steps)))
    assert data.train[0][-1].tolist() == voices


def test_before_anything_was_sung_the_outer_voices_decide(own):
    data = chorales(own(of_one([[48, 64, 72], [50, 54, 74]])))
    assert data.train[0].tolist() == [[72, 64, 0, 48], [74, 0, 54, 50]]  # the alto had sung 64


def test_no_pitch_is_lost_or_doubled(own):
    random = np.random.default_rng(3)
    steps = [
        sorted(random.choice(np.arange(21, 109), random.integers(0, 5), replace=False).tolist())
        for _ in range(400)
    ]
    chorale = chorales(own(of_one(steps))).train[0]
    roll = datasets.ChoraleData.sounding(chorale)
    assert roll.shape == (400, 88) and roll.dtype == bool
    assert [(np.flatnonzero(row) + 21).tolist() for row in roll] == steps
    for row in chorale:
        sung = row[row > 0].tolist()
        assert sung == sorted(set(sung), reverse=True)


def test_other_orders_and_other_rests(own):
    steps = [
        [72, 64.0, 55, 48],  # voices, soprano first
        [60, 65, 55, 48],  # crossing voices stay as they are
        [72, 72, 60, 48],  # two on one pitch
        [72, -1, None, 48],
        [0, 64, 55, 48],
        [67, 48, 72],  # what sounds, in no order
        [72, -1],
    ]
    body = json.dumps(of_one([*steps, ["x"]])).replace('"x"', "NaN, 60, NaN, 48").encode()
    assert chorales(own(body)).train[0].tolist() == [
        [72, 64, 55, 48],
        [60, 65, 55, 48],
        [72, 72, 60, 48],
        [72, 0, 0, 48],
        [0, 64, 55, 48],
        [72, 67, 0, 48],
        [72, 0, 0, 0],
        [0, 60, 0, 48],
    ]


def test_lowest_and_highest_pitch(own):
    data = chorales(own(of_one([[21, 108], [21]])))
    assert np.flatnonzero(data.sounding(data.train[0])[0]).tolist() == [0, 87]


# -- the reader's own file


def test_own_packed_file(own):
    data = chorales(own(PARTS, "mine.json.gz"))
    assert (data.source, data.origin) == ("full", "your file (mine.json.gz)")


WRONG = {
    "no JSON": (b"[[60", "the file is not JSON .*Write {train: "),
    "deep": (b"[" * 100_000, "the file is not JSON"),
    "latin-1": (b'"\xe9"', "not UTF-8: it has the byte 0xe9 at 1"),
    "a list": ([[60]], "the file lacks train, valid, test; found: list"),
    "no test": ({"train": [], "valid": []}, "the file lacks test; found: train, valid"),
    "empty part": (PARTS | {"valid": []}, r"valid must be a list of chorales, at least one, got \[\]"),
    "part": (PARTS | {"test": "C E G"}, "test must be a list of chorales, at least one, got 'C E G'"),
    "short": (
        PARTS | {"test": [[[60]]]},
        r"chorale 1 of test must be a list of steps, at least two, got \[\[",
    ),
    "chorale": (PARTS | {"valid": [60]}, "chorale 1 of valid must be a list of steps, at least two, got 60"),
    "step": (
        of_one([[60], 62]),
        "step 2 of chorale 1 of train must be a list of at most four pitches, got 62",
    ),
    "five": (of_one([[60], [40, 50, 60, 70, 80]]), r"at most four pitches, got \[40, 50, 60, 70, 80\]"),
    "half": (
        of_one([[60], [60.5]]),
        "step 2 of chorale 1 of train has the pitch 60.5, not a whole MIDI number",
    ),
    "low": (of_one([[20], [60]]), "has the pitch 20, not a whole MIDI number from 21 to 108. Middle C is 60"),
    "high": (of_one([[60], [109]]), "has the pitch 109, not"),
    "minus": (of_one([[60], [-2]]), "has the pitch -2, not"),
    "name": (of_one([[60], ["C4"]]), "has the pitch 'C4', not"),
    "infinite": (b'{"train": [[[1e999], [60]]], "valid": [1], "test": [1]}', "has the pitch inf, not"),
}


@pytest.mark.parametrize(("content", "message"), WRONG.values(), ids=WRONG.keys())
def test_own_file_with_a_fault(own, content, message):
    path = own(content)
    with pytest.raises(DataError, match=f"^{re.escape(str(path))}: .*{message}"):
        chorales(path)


def test_size_is_bounded(own, monkeypatch):
    monkeypatch.setattr(fetch.files, "MAX_TEXT", 1_000_000)
    with pytest.raises(DataError, match="more than 1,000,000 bytes of text"):
        chorales(own(b" " * 3_000_000, "bomb.json.gz"))


# -- the sample


@pytest.fixture(scope="module")
def sample():
    return chorales("bundled")


def test_script_rebuilds_the_sample():
    built = make_chorales_sample.build()
    check_rebuilt(STORED, built)


def test_sample_has_four_parts_within_their_ranges(sample):
    assert sample.source == "sample"
    parts = (sample.train, sample.validation, sample.test)
    assert [len(part) for part in parts] == [100, 25, 25]
    every = [chorale for part in parts for chorale in part]
    assert {len(chorale) for chorale in every} == {24, 30, 32, 36, 40, 48}
    assert len({chorale.tobytes() for chorale in every}) == 150
    steps = np.concatenate(every)
    fewer = (steps == 0).any(axis=1).mean()
    assert 0.04 < fewer < 0.12 and (steps[:, [0, 3]] > 0).all()
    for voice, (low, high) in enumerate(((60, 79), (55, 74), (48, 67), (40, 60))):
        sung = steps[:, voice][steps[:, voice] > 0]
        assert low <= sung.min() and sung.max() <= max(high, 67 if voice == 3 else high)


def tonic_of(chorale: np.ndarray) -> int:
    return int(chorale[-1, 3]) % 12  # every sample ends on its tonic


def test_sample_is_in_all_keys_and_ends_on_the_tonic(sample):
    every = sample.train + sample.validation + sample.test
    assert len({tonic_of(chorale) for chorale in every}) == 12
    for chorale in every:
        tones = {int(pitch - tonic_of(chorale)) % 12 for pitch in chorale[-1] if pitch}
        assert tones in ({0, 4, 7}, {0, 3, 7})
        assert np.array_equal(chorale[-1], chorale[-2])  # held, as every last chord of a phrase


def parallel_fifths(chorale: np.ndarray) -> int:
    count = 0
    for before, after in itertools.pairwise(chorale.tolist()):
        for high, low in itertools.combinations(range(4), 2):
            if all((before[high], before[low], after[high], after[low])):
                same_way = (after[high] - before[high]) * (after[low] - before[low]) > 0
                fifths = (before[high] - before[low]) % 12 == (after[high] - after[low]) % 12 == 7
                count += same_way and fifths
    return count


def test_sample_mostly_avoids_parallel_fifths(sample):
    every = sample.train + sample.validation + sample.test
    moves = sum(len(chorale) - 1 for chorale in every)
    assert sum(map(parallel_fifths, every)) / moves < 0.01
    assert (
        parallel_fifths(np.array([[67, 64, 60, 48], [69, 65, 62, 45]])) == 1
    )  # C to D minor: a fifth moves up


def test_counting_falls_short_on_the_sample(sample):
    """What an n-gram over the voices needs, in nats a step, when it was taught in all transpositions."""
    tokens = [np.where(chorale > 0, chorale - 30, 0) for chorale in sample.train]
    moved = [np.where(part > 0, part + by, 0).ravel() for part in tokens for by in range(-5, 7)]
    held = [np.where(chorale > 0, chorale - 30, 0).ravel() for chorale in sample.test]
    model = KneserNey(order=5, vocabulary_size=64).fit(moved)
    nats = -sum(logs.sum() for logs in model.log_probabilities(held)) / sum(map(len, sample.test))
    assert 4.0 < nats < 5.0
