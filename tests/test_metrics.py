import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from helpers.metrics import (
    diebold_mariano,
    direction_accuracy,
    kupiec,
    mase,
    max_drawdown,
    qlike,
    sharpe_ratio,
    skill,
)


def test_mase_by_hand():
    train = np.array([0.0, 2, 1, 4])  # steps of 2, 1, 3: the naive error is 2
    assert mase([5, 6], [6, 3], train) == pytest.approx((1 + 3) / 2 / 2)
    assert mase([5, 6], [6, 3], train, season=2) == pytest.approx(2 / 1.5)  # |1 − 0|, |4 − 2|


def test_mase_of_the_naive_forecast_on_its_own_part_is_one():
    series = np.random.default_rng(0).normal(size=50).cumsum()
    assert mase(series[1:], series[:-1], series) == pytest.approx(1)


def test_mase_refuses_a_constant_or_too_short_training_part():
    with pytest.raises(ValueError, match="naive error on the training part is 0.0"):
        mase([1], [1], [3, 3, 3])
    with pytest.raises(ValueError, match=r"from 1 to len\(train\) - 1 = 1, got 2"):
        mase([1], [1], [3, 4], season=2)


def test_shapes_that_would_broadcast_are_refused():
    with pytest.raises(ValueError, match=r"got \(3,\) and \(3, 1\)"):
        mase(np.zeros(3), np.zeros((3, 1)), np.arange(4))
    with pytest.raises(ValueError, match="must be finite"):
        qlike(np.ones(2), [1, np.nan])


def test_skill_is_zero_for_the_reference_and_one_for_the_truth():
    truth, reference = np.array([1.0, 2, 4]), np.array([0.0, 2, 2])
    assert skill(truth, reference, reference) == 0
    assert skill(truth, truth, reference) == 1
    assert skill(truth, truth + np.array([0, 0, 5]), reference) == pytest.approx(1 - 25 / 5)


def test_qlike_by_hand():
    assert_allclose(qlike([1.0, 2, 1], [1.0, 1, 2]), [0, 0.30685282, 0.19314718], atol=1e-8)  # ±ln 2


def test_qlike_is_least_at_the_mean_of_noisy_measurements():
    measured = np.random.default_rng(1).chisquare(1, size=20000)
    tried = np.linspace(0.5, 1.5, 101)
    losses = [qlike(measured, np.full(measured.shape, level)).mean() for level in tried]
    assert tried[np.argmin(losses)] == pytest.approx(measured.mean(), abs=0.011)


def test_qlike_refuses_a_variance_of_zero():
    with pytest.raises(ValueError, match=r"positive, the smallest are 1.0 and 0.0"):
        qlike([1.0, 2.0], [1.0, 0.0])


def losses(n=200, seed=2):
    random = np.random.default_rng(seed)
    noise = random.normal(size=n + 2)
    return random.gamma(2, size=n), random.gamma(2, size=n) + 0.4 * (noise[2:] + noise[1:-1] + noise[:-2])


def test_diebold_mariano_one_step_ahead_is_the_t_test_of_the_difference():
    loss, reference = losses()
    expected = stats.ttest_1samp(loss - reference, 0)
    test = diebold_mariano(loss, reference)
    assert_allclose([test.statistic, test.p_value], [expected.statistic, expected.pvalue], rtol=1e-12)


@pytest.mark.parametrize(
    ("options", "kernel", "maxlags"),
    [({"horizon": 3}, "uniform", 2), ({"horizon": 1, "lags": 6}, "bartlett", 6)],
)
def test_diebold_mariano_against_statsmodels(options, kernel, maxlags):
    from statsmodels.regression.linear_model import OLS

    loss, reference = losses()
    n, h = len(loss), options["horizon"]
    fit = OLS(loss - reference, np.ones(n)).fit(
        cov_type="HAC", cov_kwds={"maxlags": maxlags, "kernel": kernel, "use_correction": False}
    )
    harvey = {1: 199 / 200, 3: (200 + 1 - 6 + 6 / 200) / 200}[h]
    test = diebold_mariano(loss, reference, **options)
    assert test.statistic == pytest.approx(fit.tvalues[0] * np.sqrt(harvey), rel=1e-10)
    assert test.p_value == pytest.approx(2 * stats.t.sf(abs(test.statistic), 199), rel=1e-10)


def test_diebold_mariano_two_steps_ahead_by_hand():
    # Differences 1, 2, 0, 3, -1: mean 1; autocovariances 2 and (0 − 1 − 2 − 4) / 5 = −1.4; 2 − 2.8 < 0
    with pytest.raises(ValueError, match="variance of the loss difference is -0.16"):
        diebold_mariano(np.array([1.0, 2, 0, 3, -1]), np.zeros(5), horizon=2)
    # Differences 3, 2, 1, 0, -1: mean 1; autocovariances 2 and (2·1 + 1·0 + 0·(−1) + (−1)(−2)) / 5 = 0.8
    test = diebold_mariano(np.array([3.0, 2, 1, 0, -1]), np.zeros(5), horizon=2)
    assert test.statistic == pytest.approx(1 / np.sqrt(3.6 / 5) * np.sqrt((5 + 1 - 4 + 2 / 5) / 5))


def test_diebold_mariano_is_antisymmetric_and_names_the_better():
    loss, reference = losses()
    one, other = diebold_mariano(loss - 1, reference), diebold_mariano(reference, loss - 1)
    assert one.statistic == pytest.approx(-other.statistic) and one.p_value == pytest.approx(other.p_value)
    assert one.statistic < 0 and one.difference == pytest.approx((loss - 1 - reference).mean())


def test_diebold_mariano_keeps_its_size():
    random = np.random.default_rng(3)
    rejections = [
        diebold_mariano(random.normal(size=60), random.normal(size=60)).p_value < 0.05 for _ in range(2000)
    ]
    assert 0.035 < np.mean(rejections) < 0.065


def test_diebold_mariano_refuses_equal_losses_and_bad_sizes():
    with pytest.raises(ValueError, match="equal losses"):
        diebold_mariano(np.ones(5), np.ones(5))
    with pytest.raises(ValueError, match=r"\(5,\), 5, None"):
        diebold_mariano(np.arange(5), np.ones(5), horizon=5)


def test_direction_accuracy_by_hand():
    last = np.full(8, 10.0)
    truth = np.array([11, 12, 9, 8, 11, 10, 9, 12])  # the sixth does not move
    forecast = np.array([11, 11, 11, 9, 9, 11, 10, 11])  # the seventh calls no direction
    share = direction_accuracy(truth, forecast, last)
    assert share.value == pytest.approx(4 / 6)
    # Clopper–Pearson limits of 4 out of 6 from tables of the binomial distribution
    assert_allclose([share.low, share.high], [0.2228, 0.9567], atol=1e-4)


def test_direction_accuracy_needs_a_direction():
    with pytest.raises(ValueError, match="no step where both"):
        direction_accuracy([1.0, 2], [1.0, 2], [1.0, 2])


def test_kupiec_by_hand():
    breaches = np.zeros(250, dtype=bool)
    assert kupiec(breaches[:100], 0.01)[0] == pytest.approx(-200 * np.log(0.99))  # no breach at all
    breaches[:5] = True
    expected = 2 * (5 * np.log(0.02 / 0.01) + 245 * np.log(0.98 / 0.99))
    ratio, p_value = kupiec(breaches, 0.01)
    assert ratio == pytest.approx(expected) and p_value == pytest.approx(0.1619, abs=1e-4)
    assert kupiec(breaches, 0.02) == (0, 1)


def test_kupiec_refuses_a_level_in_percent():
    with pytest.raises(ValueError, match="between 0 and 1, got .* and 5"):
        kupiec(np.zeros(10, dtype=bool), 5)


def test_sharpe_ratio_and_its_error():
    returns = np.array([0.01, -0.01, 0.03, 0.01])  # mean 0.01, standard deviation √(8/3) %
    daily = 0.01 / (np.sqrt(8 / 3) * 0.01)
    ratio, error = sharpe_ratio(returns, periods=4)
    assert ratio == pytest.approx(2 * daily)
    assert error == pytest.approx(2 * np.sqrt((1 + daily**2 / 2) / 4))


def test_the_sharpe_error_matches_simulation():
    years = np.random.default_rng(4).normal(0.0005, 0.01, size=(3000, 252))
    ratios = [sharpe_ratio(year)[0] for year in years]
    assert np.std(ratios) == pytest.approx(sharpe_ratio(years[0])[1], rel=0.05)


def test_max_drawdown_by_hand():
    assert max_drawdown([0.1, -0.5, 0.2, 0.5, -0.1]) == pytest.approx(0.5)
    assert max_drawdown([-0.2, 0.5]) == pytest.approx(0.2)  # the start counts as a peak
    assert max_drawdown([0.1, 0.1]) == 0
