import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from helpers import metrics
from helpers.metrics import (
    bits_per_character,
    bleu,
    bleu_tokenizer,
    copy_rate,
    diebold_mariano,
    direction_accuracy,
    distinct,
    expected_calibration_error,
    kupiec,
    mase,
    perplexity,
    qlike,
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


def test_calibration_error_by_hand():
    # Four bins: 0.1 and 0.25 (the limit belongs below), 0.6, none, 0.9 and 1.0
    confidence, correct = [0.1, 0.25, 0.6, 0.9, 1.0], [False, True, False, True, True]
    by_bin = [abs(0.35 - 1), 0.6, abs(1.9 - 2)]
    assert expected_calibration_error(confidence, correct, bins=4) == pytest.approx(sum(by_bin) / 5)
    # In one bin they cancel: 2.85 expected, 3 right
    assert expected_calibration_error(confidence, correct, bins=1) == pytest.approx(0.15 / 5)


def test_calibration_error_of_the_calibrated_is_small():
    random = np.random.default_rng(5)
    confidence = random.uniform(0.5, 1, 20000)
    correct = random.random(20000) < confidence
    assert expected_calibration_error(confidence, correct) < 0.02
    assert expected_calibration_error(confidence**0.25, correct) > 0.1  # overconfident


def test_calibration_error_refuses_what_is_no_confidence():
    with pytest.raises(ValueError, match="from 0 to 1, got -0.5 to 1.5"):
        expected_calibration_error([1.5, -0.5], [1, 0])
    with pytest.raises(ValueError, match=r"got \(2,\) and \(2, 1\)"):
        expected_calibration_error([[0.5], [0.5]], [1, 0])


def test_perplexity_by_hand():
    assert perplexity(np.log([1 / 2, 1 / 8])) == pytest.approx(4)
    assert perplexity(np.full((3, 4), -np.log(7), dtype="float32")) == pytest.approx(7)
    assert perplexity([np.log([1 / 2, 1 / 2]), np.zeros(0), np.log([1 / 16])]) == pytest.approx(4)
    assert perplexity([0.0, -np.inf]) == np.inf


def test_perplexity_counts_by_the_mask_only():
    scores = np.array([[np.log(1 / 2), np.log(1 / 8), np.nan], [np.log(1 / 100), -np.inf, 5]])
    assert perplexity(scores, np.array([[1, 1, 0], [0, 0, 0]])) == pytest.approx(4)
    ragged, masks = [np.log([1 / 3, 1 / 100]), np.log([1 / 3])], [[True, False], [True]]
    assert perplexity(ragged, masks) == pytest.approx(3)


def test_perplexity_refuses_what_cannot_count():
    with pytest.raises(ValueError, match="no log-probability that counts"):
        perplexity([-1.0, -2.0], [False, False])
    with pytest.raises(ValueError, match="no log-probability that counts"):
        perplexity([])
    with pytest.raises(ValueError, match="got 2 log-probabilities and a mask of 3"):
        perplexity([-1.0, -2.0], [True, False, True])
    with pytest.raises(ValueError, match="not above 0, got 2.5: is it a loss"):
        perplexity([-1.0, 2.5])
    with pytest.raises(ValueError, match="got nan"):
        perplexity([-1.0, np.nan])


def test_bits_per_character_do_not_depend_on_the_tokens():
    # "no go": a character model with 1/4 for each, a word model with 1/32 for "no" and 1/32 for " go"
    assert bits_per_character(np.log(np.full(5, 1 / 4)), 5) == pytest.approx(2)
    assert bits_per_character([np.log([1 / 32]), np.log([1 / 32])], 5) == pytest.approx(2)
    with pytest.raises(ValueError, match="1 character or more, got 0"):
        bits_per_character([-1.0], 0)
    with pytest.raises(ValueError, match="is it a loss"):
        bits_per_character([1.0], 5)


def test_distinct_by_hand():
    assert distinct(["abab", "ab"], 1) == pytest.approx(2 / 6)
    assert distinct(["abab", "ab"], 2) == pytest.approx(2 / 4)  # ab, ba, ab; ab; and none from b to a between
    assert distinct([["to", "be"], ["to", "go"], ["to"]], 2) == 1
    assert distinct(np.array([[1, 2, 1], [1, 2, 1]]), 2) == pytest.approx(2 / 4)
    with pytest.raises(ValueError, match="no sequence has 3 tokens or more"):
        distinct(["ab", ""], 3)


def test_copy_rate_by_hand():
    # bcd stands in the training text, cde does not: its "c" ends one text and "de" begins the next
    training = ["abcdd", "xc", "de"]
    assert copy_rate(["bcde"], training, n=3) == pytest.approx(1 / 2)
    assert copy_rate(["bcde", "bcd", "ab"], training, n=3) == pytest.approx(2 / 3)  # each occurrence counts
    assert copy_rate(["abcdd"], training) == 1 and copy_rate(["abcdx"], training) == 0  # 5 by default
    assert copy_rate([np.array([7, 8, 9])], [[6, 7, 8], np.array([5, 9])], n=2) == pytest.approx(1 / 2)
    with pytest.raises(ValueError, match="no sequence has 5 tokens or more"):
        copy_rate(["abcd"], training)


def test_bleu_by_hand():
    # 5 of 6 words, 3 of 5 pairs, 2 of 4 triples, 1 of 3 fours, and no brevity penalty
    score = bleu(["the cat sat on the mat"], [["the cat sat on a mat"]])
    assert score.bleu == pytest.approx(100 * (5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25)
    right = bleu(["Où est la gare ?", "Oui."], [["Où est la gare ?"], ["Non.", "Oui."]])
    assert (right.bleu, right.chrf) == (pytest.approx(100), pytest.approx(100))


def test_bleu_with_unequal_numbers_of_references_is_sacrebleu_s():
    import sacrebleu

    hypotheses = ["He does not eat fish.", "Where is it?", "I saw her yesterday in the park"]
    references = [
        ["He doesn't eat fish.", "He does not eat any fish."],
        ["Where is he?"],
        ["I saw her in the park yesterday.", "Yesterday I saw her in the park.", "I met her in the park."],
    ]
    columns = [["He doesn't eat fish.", "Where is he?", "I saw her in the park yesterday."]]
    columns.append(["He does not eat any fish.", None, "Yesterday I saw her in the park."])
    columns.append([None, None, "I met her in the park."])
    score = bleu(hypotheses, references)
    assert score.bleu == pytest.approx(sacrebleu.corpus_bleu(hypotheses, columns).score)
    assert score.chrf == pytest.approx(sacrebleu.corpus_chrf(hypotheses, columns).score)
    bleu_signature, chrf_signature = score.signature.split("; ")
    assert bleu_signature.startswith("BLEU nrefs:var|case:mixed|eff:no|tok:13a|smooth:exp|version:")
    assert chrf_signature.startswith("chrF2 nrefs:var|case:mixed|")


def test_bleu_without_case():
    hypotheses, references = ["WHERE IS THE STATION?"], [["Where is the station?"]]
    lower = bleu(hypotheses, references, lowercase=True)
    assert (lower.bleu, lower.chrf) == (pytest.approx(100), pytest.approx(100))
    assert bleu(hypotheses, references).bleu < 50 and lower.signature.count("case:lc") == 2


def test_bleu_refuses_what_would_score_nonsense():
    with pytest.raises(ValueError, match="got 2 hypotheses and references for 1 sentences"):
        bleu(["a", "b"], [["a"]])
    with pytest.raises(ValueError, match="got 0 hypotheses"):
        bleu([], [])
    with pytest.raises(ValueError, match="list of one reference or more, got 'a cat'"):
        bleu(["a cat"], ["a cat"])
    with pytest.raises(ValueError, match=r"list of one reference or more, got \[\]"):
        bleu(["a", "b"], [["a"], []])


@pytest.mark.parametrize(
    ("references", "tokenizer"),
    [
        (["我想去北京。", "Tom 在哪里？"], "zh"),
        (["Где вокзал?"], "13a"),
        (["أين المحطة؟"], "13a"),
        (["역이 어디예요?"], "13a"),
        (["ฉันไปโรงเรียน"], "char"),
        (["123 ?"], "13a"),
        (["He likes 北京."], "13a"),
    ],
)
def test_bleu_s_tokenizer_goes_by_the_script(references, tokenizer):
    assert bleu_tokenizer(references)[0] == tokenizer
    score = bleu(references, [[reference] for reference in references])
    assert f"|tok:{tokenizer}|" in score.signature


@pytest.mark.parametrize(("installed", "tokenizer"), [(True, "ja-mecab"), (False, "char")])
def test_japanese_is_split_by_mecab_if_it_is_there(installed, tokenizer, monkeypatch):
    monkeypatch.setattr(metrics, "find_spec", lambda name: installed or None)
    name, reason = bleu_tokenizer(["東京に行きたいです。"])
    assert name == tokenizer and ("missing" in reason) == (not installed)


def test_bleu_of_chinese_counts_characters():
    # 3 of 4 characters, 2 of 3 pairs, 1 of 2 triples; no run of four, smoothed to 1/2 of 1
    score = bleu(["我爱北平"], [["我爱北京"]]).bleu
    assert score == pytest.approx(100 * (3 / 4 * 2 / 3 * 1 / 2 * 1 / 2) ** 0.25)
    assert bleu(["我爱北平"], [["我爱北京"]], tokenize="13a").bleu < 1


def test_bleu_does_not_warn_of_marks_that_stand_apart(capsys, caplog):
    bleu(["a man sits ."] * 200, [["a man sits ."]] * 200)
    assert not caplog.text and not capsys.readouterr().err


# -- refusing


def test_open_set_counts_refusals_as_wrong_in_scope_and_as_right_out_of_it():
    truth, best = np.array([0, 0, 1, 1, 2, 2, 2]), np.array([0, 1, 1, 1, 0, 1, 1])
    sure = np.array([0.9, 0.9, 0.9, 0.2, 0.1, 0.9, 0.3])
    assert metrics.open_set(truth, best, sure, least=0.5, outside=2) == (0.5, pytest.approx(2 / 3))
    assert metrics.open_set(truth, best, sure, least=0.0, outside=2) == (0.75, 0.0)
    assert metrics.open_set(truth[:4], best[:4], sure[:4], least=0.95, outside=2) == (0.0, 0.0)


@pytest.mark.parametrize(("truth", "sure"), [([], []), ([0, 1], [0.5]), ([[0]], [[0.5]])])
def test_open_set_refuses_unequal_arrays(truth, sure):
    with pytest.raises(ValueError, match="need three arrays"):
        metrics.open_set(np.array(truth), np.array(truth), np.array(sure), least=0.5, outside=2)
