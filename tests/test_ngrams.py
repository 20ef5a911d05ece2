from collections import Counter
from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose

from helpers.ngrams import KneserNey

START = "^"


def corpus(sizes, seed=0, vocabulary_size=8):
    random = np.random.default_rng(seed)
    weights = np.arange(1.0, vocabulary_size) ** -2  # the last id never occurs
    return [random.choice(vocabulary_size - 1, size, p=weights / weights.sum()) for size in sizes]


def by_the_book(sequences, order, vocabulary_size, modified=False):
    """probability(token, context) of Chen and Goodman's equations, one n-gram at a time."""
    occurrences, preceding = Counter(), {}
    for sequence in sequences:
        marked = (START, *map(int, sequence))
        for end in range(2, len(marked) + 1):
            for begin in range(end):
                gram = marked[begin:end]
                occurrences[gram] += 1
                if begin:
                    preceding.setdefault(gram, set()).add(marked[begin - 1])

    def count(gram):
        if len(gram) < order and gram[0] != START:
            return len(preceding.get(gram, ()))
        return occurrences[gram]

    @cache
    def counts_of_counts(length):
        return Counter(count(gram) for gram in occurrences if len(gram) == length)

    def discount(length, value):
        frequency = counts_of_counts(length)
        rate = frequency[1] / (frequency[1] + 2 * frequency[2])
        if not modified:
            return min(value, rate)
        level = min(value, 3)
        return level - (level + 1) * rate * frequency[level + 1] / frequency[level] if level else 0

    def probability(token, context):
        grams = [(*context, word) for word in range(vocabulary_size)]
        total = sum(map(count, grams))
        lower = 1 / vocabulary_size if not context else probability(token, context[1:])
        if not total:
            return lower
        length = len(context) + 1
        saved = sum(discount(length, count(gram)) for gram in grams)
        own = count((*context, token))
        return (own - discount(length, own) + saved * lower) / total

    return probability


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("modified", [False, True])
def test_equals_the_equations(order, modified):
    train = corpus([30, 1, 12, 25, 2, 140, 3, 135], seed=19, vocabulary_size=40)
    held_out = corpus([6, 1, 9], seed=1, vocabulary_size=41)
    model = KneserNey(order, 40, modified).fit(train)
    probability = by_the_book(train, order, 40, modified)
    assert not np.isin(model.discounts, [0.5, 1, 1.5]).any()  # each could be estimated
    for sequence, found in zip(held_out, model.log_probabilities(held_out), strict=True):
        marked = (START, *map(int, sequence))
        expected = [probability(marked[i], marked[max(0, i - order + 1) : i]) for i in range(1, len(marked))]
        assert_allclose(found, np.log(expected), rtol=1e-10)


def test_a_bigram_model_by_hand():
    # Start-0 and 0-1 occur twice, 1-0 and 1-2 once: D = 2 / (2 + 2·2) = 1/3. Different tokens before 0, 1, 2:
    # 2, 1, 1, so D = 2 / (2 + 2·1) = 1/2 there, and 1.5 of 4 goes to the four tokens alike.
    model = KneserNey(2, 4).fit([[0, 1, 0], [0, 1, 2]])
    assert_allclose(model.discounts, [[1 / 2] * 3, [1 / 3] * 3])
    single = np.array([1.5, 0.5, 0.5, 0]) / 4 + 1.5 / 4 / 4
    assert_allclose(model.distribution([0, 1]), np.array([1, 0, 1, 0]) / 3 + single / 3)
    assert_allclose(model.distribution([]), np.array([5, 0, 0, 0]) / 6 + single / 6)
    assert_allclose(model.distribution([3]), single)  # never seen, so nothing is known of what follows
    assert_allclose(model.distribution([0, 1, 2]), single)  # seen, but nothing ever followed
    assert_allclose(np.exp(model.log_probabilities([[0, 3]])[0]), [5 / 6 + 0.46875 / 6, 0.09375 / 6])


def test_order_one_is_the_discounted_frequency():
    # Counts 3, 2, 1, 0: D = 1 / (1 + 2) and 3 · D of 6 goes to the four tokens alike.
    model = KneserNey(1, 4).fit([[0, 0, 1], [2, 0, 1]])
    expected = [8 / 18 + 1 / 24, 5 / 18 + 1 / 24, 2 / 18 + 1 / 24, 1 / 24]
    assert_allclose(model.distribution([2, 0]), expected)
    assert_allclose(model.log_probabilities([[3, 0]])[0], np.log([expected[3], expected[0]]))


@pytest.mark.parametrize("modified", [False, True])
@pytest.mark.parametrize("sizes", [[1], [2, 1], [4, 4, 4], [50, 40, 3]])
def test_probabilities_sum_to_one_and_none_is_zero(sizes, modified):
    train = corpus(sizes, seed=3)
    model = KneserNey(4, 8, modified).fit(train)
    for context in [[], [7], train[0][:1], train[0][:2], train[0], [1, 7, 0, 1], [0, 1, 0, 2, 0, 1]]:
        distribution = model.distribution(context)
        assert distribution.sum() == pytest.approx(1, abs=1e-12) and distribution.min() > 0


def test_a_distribution_is_what_sequences_are_scored_by():
    train = corpus([60, 50])
    model = KneserNey(3, 8).fit(train)
    for length in range(6):
        context = train[1][:length]
        scores = [model.log_probabilities([[*context, token]])[0][-1] for token in range(8)]
        assert_allclose(np.log(model.distribution(context)), scores, rtol=1e-12)


@pytest.mark.parametrize("modified", [False, True])
def test_discounts_that_cannot_be_estimated(modified):
    # All counts are 4: no n-gram would be discounted, and 2 after 0 would have no probability.
    model = KneserNey(2, 3, modified).fit([[0, 1]] * 4)
    expected = [0.5, 1, 1.5] if modified else [0.5] * 3
    assert_allclose(model.discounts, [expected] * 2)
    assert model.distribution([0])[2] > 0
    # Counts 1, 2, 3 of one token each, 4 of five: the third discount would be 3 − 4 · 1/3 · 5, below zero.
    tokens = [[token] * count for token, count in enumerate([1, 2, 3, 4, 4, 4, 4, 4])]
    model = KneserNey(1, 8, modified).fit(tokens)
    assert_allclose(model.discounts, [[0.5, 1, 1.5] if modified else [1 / 3] * 3])


def test_longer_contexts_help_and_sequences_do_not_touch():
    train = [[0, 1, 2, 3], [4, 1, 5, 3]] * 10
    two, three = (KneserNey(order, 6).fit(train) for order in (2, 3))
    assert three.distribution([0, 1])[2] > 0.9 and two.distribution([0, 1])[2] < 0.5
    alone, together = three.log_probabilities([[4, 1]]), three.log_probabilities([[0, 1, 2], [4, 1]])
    assert_allclose(together[1], alone[0])
    assert three.distribution([])[[0, 4]].sum() > 0.9  # a continuous text would begin again after 3


def test_a_continuous_text_is_one_sequence():
    text = np.tile(np.arange(5, dtype="int32"), 40)
    model = KneserNey(3, 5).fit([text])
    (scores,) = model.log_probabilities([text])
    assert scores.shape == text.shape and np.exp(-scores.mean()) < 1.1


def test_empty_sequences():
    model = KneserNey(3, 4).fit([[], [0, 1, 2], np.zeros(0, dtype="int64")])
    scores = model.log_probabilities([[], [0, 1], []])
    assert [len(score) for score in scores] == [0, 2, 0]
    assert_allclose(scores[1], KneserNey(3, 4).fit([[0, 1, 2]]).log_probabilities([[0, 1]])[0])
    assert model.log_probabilities([]) == []
    with pytest.raises(ValueError, match="no token in the sequences"):
        KneserNey(3, 4).fit([[], []])


def test_errors_name_the_value():
    model = KneserNey(2, 4).fit([[0, 1]])
    with pytest.raises(ValueError, match="from 0 to 3, got 4"):
        model.log_probabilities([[0, 1], [2, 4]])
    with pytest.raises(ValueError, match="from 0 to 3, got -1"):
        KneserNey(2, 4).fit([[0, -1]])
    with pytest.raises(ValueError, match=r"got 4"):
        model.distribution([4])
    with pytest.raises(ValueError, match=r"1-D and of integers, got array\(0\)\. Give one text as \[ids\]"):
        model.log_probabilities([0, 1])
    with pytest.raises(ValueError, match=r"of integers, got array\(\[0\.5\]\)"):
        KneserNey(2, 4).fit([[0.5]])
    with pytest.raises(ValueError, match="got 0 and 4"):
        KneserNey(0, 4)
    with pytest.raises(ValueError, match="call fit"):
        KneserNey(2, 4).distribution([0])
