"""helpers.datasets: what a teacher of harmony marks, and the tokens and batches of chorales."""

from itertools import islice

import numpy as np
import pytest

from helpers.datasets import (
    as_chorales,
    as_tokens,
    chorale_batches,
    chorale_inputs,
    chorale_lines,
    crossings,
    in_any_key,
    parallels,
    voice_leading,
)

C, D = [72, 67, 64, 48], [74, 69, 65, 50]


# -- the rules


@pytest.mark.parametrize(
    ("first", "then", "fifths", "octaves"),
    [
        ([67, 0, 0, 60], [69, 0, 0, 62], True, False),
        ([79, 0, 0, 60], [81, 0, 0, 62], True, False),  # a twelfth
        ([79, 0, 0, 60], [69, 0, 0, 50], True, False),  # downwards
        ([67, 0, 0, 60], [67, 0, 0, 60], False, False),  # nobody moves
        ([67, 0, 0, 60], [69, 0, 0, 50], False, False),  # in contrary motion
        ([67, 0, 0, 60], [69, 0, 0, 61], False, False),  # to a sixth
        ([66, 0, 0, 60], [68, 0, 0, 62], False, False),  # tritones
        ([67, 60, 0, 0], [69, 62, 0, 0], True, False),  # any two voices
        ([72, 0, 0, 60], [74, 0, 0, 62], False, True),
        ([60, 60, 0, 0], [62, 62, 0, 0], False, True),  # unisons
        ([67, 0, 0, 60], [69, 0, 0, 0], False, False),  # one rests
        ([60, 67, 0, 0], [62, 69, 0, 0], True, False),  # crossed
    ],
)
def test_parallels(first, then, fifths, octaves):
    move = np.array([first, then])
    assert parallels(move, 7).tolist() == [fifths]
    assert parallels(move, 0).tolist() == [octaves]


def test_crossings():
    steps = [[72, 67, 64, 48], [67, 72, 64, 48], [72, 0, 73, 48], [72, 72, 72, 72], [0, 60, 0, 61]]
    assert crossings(np.array(steps)).tolist() == [False, True, True, False, True]


def test_the_same_in_any_key():
    line = np.array([C, [74, 0, 65, 50]])
    moved = np.where(line > 0, line + 5, 0)
    assert in_any_key(line) == in_any_key(moved) == (-2, -7, -10, -26, 0, 1, -9, -24)
    assert in_any_key(line) != in_any_key(np.where(line == 65, 66, line))
    assert in_any_key(np.array([72, 74])) == (-2, 0)


def test_shares():
    training = [np.array([C] * 99 + [D])]
    found = voice_leading([np.array([C, D, C, C, C, [90, 67, 0, 48]])], training)
    assert found == {
        "parallel_fifths": pytest.approx(2 / 5),  # alto and bass, there and back
        "parallel_octaves": pytest.approx(2 / 5),
        "crossings": 0,
        "range": pytest.approx((4 + 1) / 23),
        "copied": pytest.approx(0),
        "rests": pytest.approx(1 / 24),
    }


def test_copied_in_another_key():
    tune = np.array([C, D, C, D, D])
    assert voice_leading([tune + 3], [tune])["copied"] == 1
    assert voice_leading([tune[::-1]], [tune])["copied"] == 0
    assert voice_leading([tune[:3]], [tune])["copied"] == 0  # too short to be told


# -- tokens and batches


def test_there_and_back():
    chorales = [np.array([C, [74, 0, 0, 21], [0, 0, 0, 0]]), np.array([[108, 90, 60, 40]])]
    tokens = as_tokens(chorales)
    assert tokens.tolist() == [
        [[53, 48, 45, 29], [55, 1, 1, 2], [1, 1, 1, 1]],
        [[89, 71, 41, 21], [0, 0, 0, 0], [0, 0, 0, 0]],
    ]
    assert tokens.dtype == np.int32
    assert all(map(np.array_equal, as_chorales(tokens), chorales))


def test_moved():
    tokens = as_tokens([np.array([C]), np.array([[60, 0, 0, 40]])], [2, -1])
    assert tokens[:, 0].tolist() == [[55, 50, 47, 31], [40, 1, 1, 20]]
    with pytest.raises(
        ValueError, match="moved by 40 semitones, the pitches go from 88 to 112, not 21 to 108"
    ):
        as_tokens([np.array([C])], 40)


@pytest.fixture
def known():
    random = np.random.default_rng(1)
    return [np.sort(random.integers(22, 107, (n % 7 + 3, 4)))[:, ::-1] for n in range(40)]


def batches(chorales, number=30, **settings):
    return list(islice(chorale_batches(chorales, **{"batch": 6, "most": 5, "seed": 3} | settings), number))


def test_a_share_of_the_chorales_stays_in_its_key():
    chorales = [np.full((4, 4), 60)] * 40

    def share(moved):
        shifts = np.concatenate([x["shift"] for x, _ in batches(chorales, 20, batch=20, moved=moved)])
        return np.mean(shifts != 12)

    assert share(0.0) == 0.0
    assert 0.35 < share(0.5) < 0.55 < 0.8 < share(1.0) < 1.0
    with pytest.raises(ValueError, match="moved from 0 to 1, got 5, 6 and 1.5"):
        batches(chorales, 1, moved=1.5)


def test_batches_are_chorales_in_other_keys(known):
    seen = set()
    for inputs, targets in batches(known):
        assert targets is inputs["tokens"] and len(targets) == 6
        assert inputs["shift"].dtype == targets.dtype == np.int32
        for shift, chorale in zip(inputs["shift"] - 12, as_chorales(targets), strict=True):
            home = np.where(chorale > 0, chorale - shift, 0)
            assert any(np.array_equal(home, one) for one in known)
            seen.add(int(shift))
    assert seen == set(range(-5, 6))


def test_lengths_of_a_batch_are_close_and_the_first_is_odd(known):
    lengths = [np.sum(targets[..., 0] > 0, axis=1) for _, targets in batches(known)]
    assert max(np.ptp(batch) for batch in lengths) < 6 and len({batch.max() for batch in lengths}) > 2
    widths = [targets.shape[1] for _, targets in batches(known)]
    assert [width % 2 for width in widths] == [1] + [0] * 29
    assert {w - batch.max() for w, batch in zip(widths, lengths, strict=True)} == {0, 1}


def test_no_shift(known):
    inputs, _ = batches(known, batch=100, most=0)[1]
    assert set(inputs["shift"].tolist()) == {12} and len(inputs["shift"]) == 40


def test_the_draw_depends_on_the_seed_alone(known):
    one, again, other = (batches(known, seed=seed)[0][0]["tokens"] for seed in (3, 3, 4))
    assert np.array_equal(one, again) and not np.array_equal(one, other)


@pytest.mark.parametrize("wrong", [{"most": 13}, {"most": -1}, {"batch": 0}])
def test_wrong_settings(known, wrong):
    with pytest.raises(ValueError, match="most must be from 0 to 12, batch from 1"):
        batches(known, **wrong)


def test_all_at_once_and_in_a_line(known):
    inputs = chorale_inputs(known)
    assert np.array_equal(inputs["tokens"], as_tokens(known)) and inputs["shift"].tolist() == [12] * 40
    lines = chorale_lines([np.array([C, [74, 0, 0, 21]])], [1, 0])
    assert [line.tolist() for line in lines] == [
        [54, 139, 226, 300, 56, 91, 181, 273],
        [53, 138, 225, 299, 55, 91, 181, 272],
    ]


def test_a_line_that_would_leave_the_keys_is_left_out():
    high = np.array([[108, 0, 0, 90]])
    assert len(chorale_lines([high, np.array([C]), np.zeros((1, 4), int)], range(-1, 2))) == 8
    shifts = np.concatenate([inputs["shift"] for inputs, _ in batches([high], batch=1)])
    assert set(shifts.tolist()) == set(range(7, 13))
