"""Scores: what a model reached, in a form that can be compared with its baselines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from itertools import chain, zip_longest
from typing import NamedTuple

import numpy as np
from scipy import stats

__all__ = [
    "Bleu",
    "DieboldMariano",
    "Interval",
    "bits_per_character",
    "bleu",
    "bleu_tokenizer",
    "copy_rate",
    "diebold_mariano",
    "direction_accuracy",
    "distinct",
    "expected_calibration_error",
    "kupiec",
    "mase",
    "open_set",
    "perplexity",
    "qlike",
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


class Bleu(NamedTuple):
    """Corpus BLEU and chrF, both from 0 to 100, and how sacrebleu computed the two, to be printed beside."""

    bleu: float
    chrf: float
    signature: str


def _pair(truth: np.ndarray, forecast: np.ndarray, what: str = "forecast") -> tuple[np.ndarray, np.ndarray]:
    """Both as float64 of one shape: a (n, 1) forecast would broadcast against (n,) without a word."""
    truth, forecast = np.asarray(truth, dtype="float64"), np.asarray(forecast, dtype="float64")
    if truth.shape != forecast.shape or not truth.size:
        shapes = f"{truth.shape} and {forecast.shape}"
        raise ValueError(f"truth and {what} must have one non-empty shape, got {shapes}")
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
        what = f"the naive error on the training part is {scale}"
        raise ValueError(f"{what}: a constant series has no scaled error")
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
        smallest = f"{variance.min()} and {forecast.min()}"
        raise ValueError(f"variances must be positive, the smallest are {smallest}")
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
        given = f"{loss.shape}, {horizon}, {lags}"
        raise ValueError(f"need (time,) losses longer than horizon and lags, got {given}")
    difference = loss - reference_loss
    n, centred = len(difference), difference - difference.mean()
    weights = np.ones(horizon - 1) if lags is None else 1 - np.arange(1, lags + 1) / (lags + 1)
    covariances = [centred[k:] @ centred[: n - k] / n for k in range(len(weights) + 1)]
    variance = (covariances[0] + 2 * (weights @ covariances[1:] if len(weights) else 0.0)) / n
    if not variance > 0:
        raise ValueError(f"the variance of the loss difference is {variance:.3g}: equal losses, or give lags")
    correction = np.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
    statistic = float(difference.mean() / np.sqrt(variance) * correction)
    p_value = float(2 * stats.t.sf(abs(statistic), df=n - 1))
    return DieboldMariano(float(difference.mean()), statistic, p_value)


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
        given = f"{breaches.shape} and {level}"
        raise ValueError(f"need (days,) breaches and a level between 0 and 1, got {given}")
    hits, days = int(breaches.sum()), breaches.size
    log_likelihood = stats.binom.logpmf(hits, days, [hits / days, level])
    ratio = float(max(0.0, 2 * (log_likelihood[0] - log_likelihood[1])))
    return ratio, float(stats.chi2.sf(ratio, df=1))


def expected_calibration_error(confidence: np.ndarray, correct: np.ndarray, bins: int = 15) -> float:
    """Mean distance between confidence and accuracy over bins of equal width, weighted by their predictions.

    Both are (predictions,): the probability given to the predicted class, and whether it was right.
    Raises `ValueError` for unequal shapes or a confidence outside 0 to 1.

    Source: C. Guo, G. Pleiss, Y. Sun and K. Weinberger, On calibration of modern neural networks, ICML
    (2017).
    """
    correct, confidence = _pair(correct, confidence, "confidence")
    if not 0 <= confidence.min() <= confidence.max() <= 1:
        raise ValueError(f"confidence must be from 0 to 1, got {confidence.min()} to {confidence.max()}")
    which = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence)
    return float(np.abs(np.bincount(which, confidence - correct)).sum() / confidence.size)


def open_set(
    truth: np.ndarray, best: np.ndarray, sure: np.ndarray, least: float, outside: int
) -> tuple[float, float]:
    """What a classifier is worth that refuses where it is unsure.

    Args:
        truth: `(n,)`, the true classes.
        best: `(n,)`, the most probable classes.
        sure: `(n,)`, how sure each answer is.
        least: below it there is no answer.
        outside: the true class of what belongs to no class.

    Returns: the share of the inputs in scope that are answered rightly, a refusal being wrong, and the share
        of those out of scope that are refused; 0 where there are none.
    Raises: `ValueError` for unequal shapes, or no input at all.

    Source: S. Larson et al., An evaluation dataset for intent classification and out-of-scope prediction,
    EMNLP (2019).
    """
    truth, best = np.asarray(truth), np.asarray(best)
    if not truth.shape == best.shape == np.shape(sure) or truth.ndim != 1 or not len(truth):
        raise ValueError(f"need three arrays (n,) alike, got {truth.shape}, {best.shape}, {np.shape(sure)}")
    refused, inside = np.asarray(sure) < least, truth != outside
    right = (best == truth) & ~refused
    shares = [part.mean() if len(part) else 0.0 for part in (right[inside], refused[~inside])]
    return float(shares[0]), float(shares[1])


# -- texts


def _joined(values) -> np.ndarray:
    """An array of any shape, or a list of arrays of different lengths, as one flat array."""
    if isinstance(values, (list, tuple)):
        return np.concatenate([np.ravel(value) for value in values] or [[]])
    return np.ravel(values)


def _nats(log_probabilities) -> np.ndarray:
    values = _joined(log_probabilities).astype("float64")
    if not values.size:
        raise ValueError("there is no log-probability that counts")
    if not (values <= 1e-4).all():  # above 0 by the rounding of float32 at most
        raise ValueError(f"logarithms of probabilities are not above 0, got {values.max()}: is it a loss?")
    return values


def perplexity(log_probabilities: np.ndarray | Sequence, mask: np.ndarray | Sequence | None = None) -> float:
    """Perplexity per token: between how many equally likely tokens the model hesitates. 1 is certainty.

    Args:
        log_probabilities: natural logarithms of the probability of each token, an array of any shape or a
            list of arrays, as for sequences of different lengths.
        mask: of the same form, true where a token counts. Padding must not count.

    Raises:
        ValueError: if nothing counts, the sizes differ, or a logarithm that counts is above 0 or NaN.
    """
    if mask is not None:
        values, mask = _joined(log_probabilities), _joined(mask).astype(bool)
        if values.shape != mask.shape:
            raise ValueError(f"got {values.size} log-probabilities and a mask of {mask.size}")
        log_probabilities = values[mask]
    return float(np.exp(-_nats(log_probabilities).mean()))


def bits_per_character(log_probabilities: np.ndarray | Sequence, characters: int) -> float:
    """Bits in which the model could store a text, per character: comparable whatever its tokens are.

    Args:
        log_probabilities: natural logarithms of the probability of each token of the text, those of spaces,
            line ends and unknown words included; an array of any shape or a list of arrays.
        characters: length of the text that these tokens stand for.

    Raises:
        ValueError: if there is no character or token, or a logarithm is above 0 or NaN.
    """
    if characters < 1:
        raise ValueError(f"need a text of 1 character or more, got {characters}")
    return float(-_nats(log_probabilities).sum() / np.log(2) / characters)


def _ngrams(sequences: Iterable, n: int) -> Iterator[tuple]:
    for sequence in sequences:
        tokens = sequence.tolist() if isinstance(sequence, np.ndarray) else sequence
        yield from zip(*(tokens[start:] for start in range(n)), strict=False)


def _some_ngrams(sequences: Iterable, n: int) -> list[tuple]:
    grams = list(_ngrams(sequences, n))
    if not grams:
        raise ValueError(f"no sequence has {n} tokens or more")
    return grams


def distinct(sequences: Iterable[Sequence | np.ndarray], n: int) -> float:
    """Distinct n-grams over all n-grams of a set of texts: near 0 for texts that repeat themselves or others.

    It falls as the set grows, so compare sets of one size only.

    Args:
        sequences: strings (of characters), or sequences of tokens or ids, without padding.
        n: length of the n-grams, which do not reach from one sequence into the next.

    Raises:
        ValueError: if no sequence has n tokens.

    Source: J. Li, M. Galley, C. Brockett, J. Gao and B. Dolan, A diversity-promoting objective function for
    neural conversation models, NAACL (2016).
    """
    grams = _some_ngrams(sequences, n)
    return len(set(grams)) / len(grams)


def copy_rate(
    sequences: Iterable[Sequence | np.ndarray], training: Iterable[Sequence | np.ndarray], n: int = 5
) -> float:
    """Share of the n-grams of `sequences` that stand word for word in `training`, both as for `distinct`.

    Raises `ValueError` if no sequence has n tokens.
    """
    grams = _some_ngrams(sequences, n)
    copied = set(grams).intersection(_ngrams(training, n))
    return sum(gram in copied for gram in grams) / len(grams)


def bleu_tokenizer(references: Iterable[str]) -> tuple[str, str]:
    """The sacrebleu tokeniser for the language that `references` are in, by their script, and the reason.

    `"zh"` for Chinese; `"ja-mecab"` for Japanese, or `"char"` where the packages of `sacrebleu[ja]` are
    missing; `"char"` for Thai, Lao, Burmese and Khmer, which put no spaces between words; else sacrebleu's
    usual `"13a"`.
    """
    text = "".join(references)
    han, kana, others = (len(re.findall(f"[{script}]", text)) for script in _SCRIPTS)
    spaced = len(re.findall(r"[^\W\d_]", text)) - han - kana - others
    if 2 * (han + kana + others) <= spaced:
        return "13a", "the target language puts spaces between words"
    if others > han + kana:
        return "char", "the target script puts no spaces between words: characters are counted"
    if 20 * kana < han:
        return "zh", "the target is Chinese: characters are counted"
    if all(map(find_spec, ("MeCab", "ipadic"))):
        return "ja-mecab", "the target is Japanese"
    return "char", "the target is Japanese, MeCab is missing (pip install 'sacrebleu[ja]'): characters count"


# Chinese characters; Japanese kana; Thai, Lao, Burmese, Khmer.
_SCRIPTS = (
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af",
    "\u3041-\u30ff",
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff",
)


def bleu(
    hypotheses: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    lowercase: bool = False,
    tokenize: str | None = None,
) -> Bleu:
    """Corpus BLEU and chrF of translations by sacrebleu, on plain text: it splits the words by itself.

    Args:
        hypotheses: one translation per sentence.
        references: for each sentence, all its right translations, one or more.
        lowercase: whether capitals make no difference.
        tokenize: how sacrebleu finds words, such as `"13a"`, `"zh"`, `"char"`; None chooses by the script of
            the references, see `bleu_tokenizer`. The signature tells.

    Raises:
        ValueError: for unequal numbers of sentences, none at all, or a sentence without a list of references.

    Source: M. Post, A call for clarity in reporting BLEU scores, WMT (2018).
    """
    from sacrebleu.metrics import BLEU, CHRF

    if not len(hypotheses) or len(hypotheses) != len(references):
        raise ValueError(f"got {len(hypotheses)} hypotheses and references for {len(references)} sentences")
    for given in references:
        if isinstance(given, str) or not len(given):
            raise ValueError(f"each sentence needs a list of one reference or more, got {given!r}")
    columns = [list(column) for column in zip_longest(*references)]
    tokenize = tokenize or bleu_tokenizer(chain.from_iterable(references))[0]
    # `force` leaves out a warning about corpora whose marks stand apart, such as Multi30k's.
    metrics = [BLEU(lowercase=lowercase, tokenize=tokenize, force=True), CHRF(lowercase=lowercase)]
    scores = [metric.corpus_score(list(hypotheses), columns) for metric in metrics]
    names = [f"{score.name} {metric.get_signature()}" for score, metric in zip(scores, metrics, strict=True)]
    return Bleu(scores[0].score, scores[1].score, "; ".join(names))
