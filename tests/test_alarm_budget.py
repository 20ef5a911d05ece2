"""helpers.datasets.AlarmBudget: alarms within a budget, from the past alone; and how they are judged."""

import copy

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import AlarmBudget, AlarmStream, alarm_steps, best_f1, judge_alarms

HOUR, START = pd.Timedelta("1h"), pd.Timestamp("2024-01-01")


def stream(length, windows=(), name="pump", trial=168):
    pairs = np.array(windows, int).reshape(-1, 2)
    return AlarmStream(name, np.zeros(length), START, HOUR, 24, trial, pairs)


def noise(seed, length=24 * 7 * 30):
    return np.random.default_rng(seed).normal(size=length)


@pytest.mark.parametrize("budget", [0.25, 1, 4])
@pytest.mark.parametrize("seed", [1, 2])
def test_never_more_than_the_budget_and_hardly_less(seed, budget):
    """At every moment; whatever the scores are: calm, or rising without end."""
    for scores in (noise(seed), noise(seed).cumsum(), np.arange(5_040.0)):
        steps = alarm_steps(scores, stream(5_040), budget)
        allowed = 1 + budget * (steps - 168) / 168
        assert (np.arange(1, len(steps) + 1) <= allowed + 1e-9).all()
        assert steps.min() >= 168 and (np.diff(steps) >= 12).all()
    assert len(alarm_steps(noise(seed), stream(5_040), budget)) >= 0.6 * budget * 29


@pytest.mark.parametrize("moment", [169, 1_000, 3_003])
def test_the_future_cannot_change_an_alarm(moment):
    scores = noise(3)
    spoilt = scores.copy()
    spoilt[moment:] = 1e6 * noise(4)[moment:]
    before, after = (alarm_steps(x, stream(5_040), 1) for x in (scores, spoilt))
    assert before[before < moment].tolist() == after[after < moment].tolist()
    assert before.tolist() != after.tolist()


def test_only_the_order_of_scores_counts():
    scores = noise(5)
    whole = stream(5_040)
    assert alarm_steps(scores, whole, 1).tolist() == alarm_steps(np.exp(3 * scores), whole, 1).tolist()


def test_by_hand():
    """A day of 4 steps: a quarter is a step. A limit of the highest so far, until more is left over."""
    scores = [1, 2, 3, 9, 1, 2, 3, 4, 10, 11, 12, 3, 2] + [1] * 20 + [10.5]
    watch = AlarmBudget(day=4, trial=5, budget=1)
    given = [watch.step(score) for score in scores]
    # 10 passes the 9 of the trial. 11 and 12 are silent, and then nothing is left until a week of 28 steps
    # after the trial; at step 33 one is left, and one quarter in 28 may pass: 12 stands above 10.5.
    assert np.flatnonzero(given).tolist() == [8]
    assert watch.limit == 12
    # With twice the budget two are left then, so four quarters of 33 may pass the limit: it is 9.
    watch = AlarmBudget(day=4, trial=5, budget=2)
    assert np.flatnonzero([watch.step(score) for score in scores]).tolist() == [8, 33]
    assert watch.limit == 9


def test_nan_is_no_score():
    scores, whole = noise(6), stream(5_040)
    scores[2_000:3_000] = np.nan
    steps = alarm_steps(scores, whole, 1)
    assert not ((steps >= 2_000) & (steps < 3_000)).any() and (steps >= 3_000).any()
    assert alarm_steps(np.full(5_040, np.nan), whole, 1).tolist() == []


def test_a_copy_goes_its_own_way():
    watch = AlarmBudget(24, 10, 1)
    assert not any(watch.step(0.0) for _ in range(500))
    twin = copy.deepcopy(watch)
    assert twin.step(1e9) is True
    assert (watch.steps, twin.steps, twin.alarms - watch.alarms) == (500, 501, 1)
    assert watch.step(1e9) is True


@pytest.mark.parametrize(("day", "budget"), [(0, 1), (24, 0), (24, -1), (24, float("nan"))])
def test_a_budget_that_cannot_be(day, budget):
    with pytest.raises(ValueError, match=f"got day {day} and budget {budget}"):
        AlarmBudget(day, 0, budget)


def test_judged_by_hand():
    """Four peaks: one lies on the end of a window, one before a window, two within one."""
    scores = np.zeros(1_000)
    scores[[200, 400, 600, 640]] = 1
    whole = stream(1_000, [(190, 200), (401, 420), (595, 650)])
    windows, given, right = judge_alarms({"pump": scores}, [whole], 7)
    assert (given, right) == (4, 3)
    assert windows["found"].tolist() == [True, False, True]
    assert windows["delay"].tolist()[::2] == [10, 5] and np.isnan(windows["delay"][1])
    assert windows["start"].tolist() == [START + hour * HOUR for hour in (190, 401, 595)]
    windows, given, right = judge_alarms({"pump": scores}, [stream(1_000)], 7)
    assert (len(windows), given, right) == (0, 4, 0)
    assert list(windows) == ["series", "start", "found", "delay"]


# -- the score of many papers


def test_best_f1_by_hand():
    """Six steps behind the trial, a window of three of them; one of these has the highest score."""
    whole = stream(8, [(4, 6)], trial=2)
    scores = np.array([9, 9, 0, 4, 5, 0, 0, 1.0])
    # Without adjustment the best threshold gives steps 4 (right) and all, or the first alone: 3 of 6 steps.
    assert best_f1(scores, whole, False) == pytest.approx(2 * 3 / (6 + 3))
    assert best_f1(scores, whole, True) == 1  # the step 4 is the highest, and its whole window counts
    scores[3] = 6
    assert best_f1(scores, whole, True) == pytest.approx(2 * 3 / (4 + 3))
    assert np.isnan(best_f1(scores, stream(8, trial=2), True))


@pytest.mark.parametrize("adjusted", [False, True])
def test_best_f1_is_the_best_of_all_thresholds(adjusted):
    """Against scikit-learn, one threshold after the other; scores with ties."""
    from sklearn.metrics import f1_score

    whole = stream(300, [(60, 80), (200, 230)], trial=50)
    scores = np.random.default_rng(8).integers(0, 30, 300).astype(float)
    truth, found = np.zeros(300, int), []
    truth[60:81] = truth[200:231] = 1
    for threshold in range(30):
        above = (scores >= threshold).astype(int)
        for first, last in whole.windows if adjusted else ():
            above[first : last + 1] = above[first : last + 1].max()
        found.append(f1_score(truth[50:], above[50:]))
    assert best_f1(scores, whole, adjusted) == pytest.approx(max(found))


@pytest.mark.parametrize("day", [1, 3, 24, 96])
@pytest.mark.parametrize("budget", [0.5, 3])
def test_whole_quarters_give_the_same_alarms_as_single_steps(day, budget):
    random = np.random.default_rng(day)
    scores = random.exponential(size=3_001)
    scores[random.random(3_001) < 0.1] = np.nan
    scores[400:700] = np.nan
    values = np.where(np.isnan(scores), np.nan, 1.0)
    watch = AlarmBudget(day, 300, budget)
    one_by_one = [step for step, score in enumerate(scores) if watch.step(score)]
    start, step = pd.Timestamp("2024-01-01"), pd.Timedelta(1, "D") / day
    stream = AlarmStream("", values, start, step, day, 300, np.zeros((0, 2), int))
    assert alarm_steps(scores, stream, budget).tolist() == one_by_one and one_by_one


def test_where_no_value_came_there_is_no_alarm():
    values, scores = np.ones(200), np.ones(200)
    scores[100:], values[100:110] = 9.0, np.nan
    stream = AlarmStream("", values, pd.Timestamp(0), pd.Timedelta("1h"), 24, 48, np.zeros((0, 2), int))
    assert alarm_steps(scores, stream, 1.0).tolist() == [110]
