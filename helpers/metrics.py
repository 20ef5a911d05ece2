"""Scores: what a model reached, in a form that can be compared with its baselines."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

__all__ = [
    "DieboldMariano",
    "Interval",
    "diebold_mariano",
    "direction_accuracy",
    "kupiec",
    "mase",
    "max_drawdown",
    "qlike",
    "sharpe_ratio",
    "skill",
]


class Interval(NamedTuple):
    """An estimate with its confidence limits."""

    value: float
    low: float
    high: float


class DieboldMariano(NamedTuple):
    """Mean loss difference, its t statistic (negative: the first forecast is better), two-sided p-value."""

    difference: float
    statistic: float
    p_value: float


def _pair(truth: np.ndarray, forecast: np.ndarray, what: str = "forecast") -> tuple[np.ndarray, np.ndarray]:
    """Both as float64 of one shape: a (n, 1) forecast would broadcast against (n,) without a word."""
    truth, forecast = np.asarray(truth, dtype="float64"), np.asarray(forecast, dtype="float64")
    if truth.shape != forecast.shape or not truth.size:
        raise ValueError(
            f"truth and {what} must have one non-empty shape, got {truth.shape} and {forecast.shape}"
        )
    if not (np.isfinite(truth).all() and np.isfinite(forecast).all()):
        raise ValueError(f"truth and {what} must be finite: drop the steps without a value first")
    return truth, forecast


def mase(truth: np.ndarray, forecast: np.ndarray, train: np.ndarray, season: int = 1) -> float:
    """Mean absolute scaled error: 1 is the error of the (seasonal) naive forecast on the training part.

    Args:
        truth, forecast: values of one shape, in the unit of the series.
        train: (time,) the series before the first forecast.
        season: steps in a season; 1 scales by the last-value forecast.

    Raises:
        ValueError: for unequal shapes, values that are not finite, a training part too short or constant.

    Source: R. Hyndman and A. Koehler, Another look at measures of forecast accuracy, International Journal of
    Forecasting 22 (2006).
    """
    truth, forecast = _pair(truth, forecast)
    train = np.asarray(train, dtype="float64")
    if not 1 <= season < len(train):
        raise ValueError(f"season must be from 1 to len(train) - 1 = {len(train) - 1}, got {season}")
    scale = np.abs(train[season:] - train[:-season]).mean()
    if not scale > 0:
        raise ValueError(
            f"the naive error on the training part is {scale}: a constant series has no scaled error"
        )
    return float(np.abs(truth - forecast).mean() / scale)


def skill(truth: np.ndarray, forecast: np.ndarray, reference: np.ndarray) -> float:
    """R² against a reference forecast: the share of its squared error that is saved (negative: worse).

    All three have one shape. Raises `ValueError` for unequal shapes or values that are not finite.
    """
    truth, forecast = _pair(truth, forecast)
    _, reference = _pair(truth, reference, "reference")
    return float(1 - ((truth - forecast) ** 2).sum() / ((truth - reference) ** 2).sum())


def qlike(variance: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """Quasi-likelihood loss of each variance forecast, `v/f − ln(v/f) − 1`: 0 if right, else positive.

    It ranks forecasts as the true variance would although `variance` is only a noisy measurement, and it
    punishes a forecast that is too low more than one that is too high.

    Both have one shape and unit. Raises `ValueError` for unequal shapes or values not positive and finite.

    Source: A. Patton, Volatility forecast comparison using imperfect volatility proxies, Journal of
    Econometrics 160 (2011).
    """
    variance, forecast = _pair(variance, forecast)
    if not (variance > 0).all() or not (forecast > 0).all():
        raise ValueError(
            f"variances must be positive, the smallest are {variance.min()} and {forecast.min()}"
        )
    ratio = variance / forecast
    return ratio - np.log(ratio) - 1


def diebold_mariano(
    loss: np.ndarray, reference_loss: np.ndarray, horizon: int = 1, lags: int | None = None
) -> DieboldMariano:
    """Test whether two forecasts have the same expected loss, given their losses step by step.

    With the default, the variance counts the `horizon - 1` autocovariances that an optimal forecast may have,
    corrected for small samples. For losses that stay correlated longer give `lags`: Bartlett weights, as in
    Newey and West (1987), always positive.

    Args:
        loss, reference_loss: (time,) losses of the two forecasts, for example squared errors, oldest first.
        horizon: steps ahead of the forecast.
        lags: autocovariances to weigh in, instead of the default.

    Raises:
        ValueError: for unequal shapes, or a variance that is not positive, as for equal losses.

    Source: F. Diebold and R. Mariano, Comparing predictive accuracy, Journal of Business & Economic
    Statistics 13 (1995); correction: D. Harvey, S. Leybourne and P. Newbold, Testing the equality of
    prediction mean squared errors, International Journal of Forecasting 13 (1997).
    """
    loss, reference_loss = _pair(loss, reference_loss, "reference_loss")
    if loss.ndim != 1 or not 1 <= horizon < len(loss) or (lags is not None and not 0 <= lags < len(loss)):
        raise ValueError(
            f"need (time,) losses longer than horizon and lags, got {loss.shape}, {horizon}, {lags}"
        )
    difference = loss - reference_loss
    n, centred = len(difference), difference - difference.mean()
    weights = np.ones(horizon - 1) if lags is None else 1 - np.arange(1, lags + 1) / (lags + 1)
    covariances = [centred[k:] @ centred[: n - k] / n for k in range(len(weights) + 1)]
    variance = (covariances[0] + 2 * (weights @ covariances[1:] if len(weights) else 0.0)) / n
    if not variance > 0:
        raise ValueError(f"the variance of the loss difference is {variance:.3g}: equal losses, or give lags")
    correction = np.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
    statistic = float(difference.mean() / np.sqrt(variance) * correction)
    return DieboldMariano(
        float(difference.mean()), statistic, float(2 * stats.t.sf(abs(statistic), df=n - 1))
    )


def direction_accuracy(
    truth: np.ndarray, forecast: np.ndarray, last: np.ndarray, confidence: float = 0.95
) -> Interval:
    """Share of steps whose direction was forecast, with the exact binomial (Clopper–Pearson) interval.

    Steps that do not move, and forecasts that name no direction, are left out.

    All are (time,); `last` is the value known when the forecast was made. Raises `ValueError` for unequal
    shapes, values that are not finite, or no step with a direction.
    """
    truth, forecast = _pair(truth, forecast)
    _, last = _pair(truth, last, "last")
    moved, called = np.sign(truth - last), np.sign(forecast - last)
    counted = (moved != 0) & (called != 0)
    if not counted.any():
        raise ValueError("no step where both the series moves and the forecast names a direction")
    test = stats.binomtest(int((moved == called)[counted].sum()), int(counted.sum()))
    low, high = test.proportion_ci(confidence)
    return Interval(test.statistic, float(low), float(high))


def kupiec(breaches: np.ndarray, level: float) -> tuple[float, float]:
    """Test whether losses beyond the value at risk come as often as promised (unconditional coverage).

    `breaches` (days,) is true where the loss was larger than the value at risk; `level` is the promised
    share, as 0.01, `ValueError` if outside (0, 1). Returns the likelihood ratio and its p-value (chi-squared,
    one degree of freedom).

    Source: P. Kupiec, Techniques for verifying the accuracy of risk measurement models, Journal of
    Derivatives 3 (1995).
    """
    breaches = np.asarray(breaches, dtype=bool)
    if breaches.ndim != 1 or not breaches.size or not 0 < level < 1:
        raise ValueError(
            f"need (days,) breaches and a level between 0 and 1, got {breaches.shape} and {level}"
        )
    hits, days = int(breaches.sum()), breaches.size
    log_likelihood = stats.binom.logpmf(hits, days, [hits / days, level])
    ratio = float(max(0.0, 2 * (log_likelihood[0] - log_likelihood[1])))
    return ratio, float(stats.chi2.sf(ratio, df=1))


def sharpe_ratio(returns: np.ndarray, periods: int = 252) -> tuple[float, float]:
    """Annual Sharpe ratio and its standard error for independent returns, `√((1 + s²/2) / n)` per period.

    `returns` (time,) are those above the riskless rate, per period; `ValueError` if they never differ.

    Source: A. Lo, The statistics of Sharpe ratios, Financial Analysts Journal 58 (2002).
    """
    returns = np.asarray(returns, dtype="float64")
    if returns.ndim != 1 or len(returns) < 2 or not returns.std() > 0:
        raise ValueError(f"need (time,) returns that differ, got shape {returns.shape}")
    ratio = returns.mean() / returns.std(ddof=1)
    error = np.sqrt((1 + ratio**2 / 2) / len(returns))
    return float(ratio * np.sqrt(periods)), float(error * np.sqrt(periods))


def max_drawdown(returns: np.ndarray) -> float:
    """Largest fall of the wealth from a former peak, from 0 to 1, given simple returns (time,)."""
    wealth = np.concatenate([[1.0], np.cumprod(1 + np.asarray(returns, dtype="float64"))])
    return float((1 - wealth / np.maximum.accumulate(wealth)).max())
