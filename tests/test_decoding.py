"""helpers/decoding.py: against brute force, against the whole model run by teacher forcing, against NumPy."""

from __future__ import annotations

import functools
import itertools
import math
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers, ops

from helpers import decoding
from helpers.decoding import Decoder, prompts

START, END = 2, 3


def new_model(vocabulary=7, units=5, seed=0):
    """Random weights, large enough for decided opinions; the step by the cell, and the whole by the layer."""
    random = np.random.default_rng(seed)
    embedding = layers.ReversibleEmbedding(vocabulary, units)
    gru = layers.GRU(units, return_sequences=True)
    inputs = keras.Input((None,), dtype="int32")
    first = keras.Input((units,))
    model = keras.Model([inputs, first], embedding(gru(embedding(inputs), initial_state=first), reverse=True))
    model.set_weights([random.normal(size=weight.shape) * 1.5 for weight in model.get_weights()])
    calls = []

    def step(tokens, states):
        calls.append(1)
        output, [state] = gru.cell(embedding(tokens), [states])
        return embedding(output, reverse=True), state

    def log_probabilities(states, tokens):
        """By teacher forcing: the whole layer at once."""
        before = np.concatenate([np.full((len(tokens), 1), START), tokens[:, :-1]], axis=1)
        logits = ops.log_softmax(model([before.astype("int32"), states]))
        picked = np.take_along_axis(ops.convert_to_numpy(logits), tokens[:, :, None], axis=2)[:, :, 0]
        return np.where(tokens == 0, 0, picked)

    return SimpleNamespace(
        decoder=Decoder(step, model),
        with_xla=Decoder(step, model, jit_compile=True),
        model=model,
        calls=calls,
        log_probabilities=log_probabilities,
        states=lambda rows: np.random.default_rng(rows).normal(size=(rows, units)).astype("float32"),
    )


small_model = functools.cache(new_model)  # for tests that leave it as it is: it keeps its traces


def table_decoder(logits):
    """A step with no memory: the next token's logits stand in row `token` of a table."""
    table = keras.Variable(np.asarray(logits, "float32"))
    layer = layers.Layer()
    layer.table = table
    return Decoder(lambda tokens, states: (ops.take(layer.table, tokens, axis=0), states), layer)


@functools.cache
def plain_decoder(size):
    """The states are the logits, `size` of them."""
    return Decoder(lambda tokens, states: (states, states), [])


def draw(probabilities, count=3000, **options):
    """`count` draws from one distribution."""
    logits = np.tile(np.log(np.maximum(probabilities, 1e-30)), (count, 1))
    decoder = plain_decoder(len(probabilities))
    return decoder.sample(logits, np.full((count, 1), -1), start=1, **options).tokens[:, 0]


def assert_drawn_from(tokens, probabilities):
    """Only tokens of some probability occur, each as often as expected, within five standard deviations."""
    count = len(tokens)
    counts = np.bincount(tokens, minlength=len(probabilities))
    assert not counts[probabilities == 0].any()
    expected = count * probabilities
    assert np.all(np.abs(counts - expected) <= 5 * np.sqrt(expected * (1 - probabilities)) + 1)


def filtered(probabilities, temperature=1.0, top_k=None, top_p=None, min_p=None):
    """One distribution after the filters, token by token as the papers say it."""
    highest = max(probabilities)
    weights = {t: (p / highest) ** (1 / temperature) for t, p in enumerate(probabilities) if p > 0}
    ranked = sorted(weights, key=lambda token: -weights[token])[:top_k]
    if top_p is not None:
        whole, nucleus = sum(weights[token] for token in ranked), ranked[:1]
        while sum(weights[token] for token in nucleus) < top_p * whole - 1e-9:
            nucleus.append(ranked[len(nucleus)])
        ranked = nucleus
    if min_p is not None:
        ranked = [token for token in ranked if weights[token] >= min_p * weights[ranked[0]]]
    whole = sum(weights[token] for token in ranked)
    return np.array([weights[t] / whole if t in ranked else 0 for t in range(len(probabilities))])


# -- prompts


def test_prompts():
    forced = prompts([[7, 5], [], [4, 4, 4]], length=3)
    assert forced.tolist() == [[7, 5, -1], [-1, -1, -1], [4, 4, 4]]
    assert prompts([], length=3).shape == (0, 3)
    with pytest.raises(ValueError, match="prompt 1 has 4 tokens, more than the length 3"):
        prompts([[1], [1, 2, 3, 4]], length=3)


# -- sampling


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_a_markov_chain_is_sampled_at_its_temperature(temperature):
    chain = np.array([[1, 1, 1, 1], [0, 0.7, 0.2, 0.1], [0, 0.1, 0.3, 0.6], [0, 0.5, 0.25, 0.25]])
    decoder = table_decoder(np.where(chain > 0, np.log(np.maximum(chain, 1e-9)), -60))
    states, forced = np.zeros((300, 1), "float32"), np.full((300, 60), -1)
    tokens = decoder.sample(states, forced, start=1, temperature=temperature, seed=4).tokens
    before = np.concatenate([np.ones((300, 1), int), tokens[:, :-1]], axis=1)
    for token in (1, 2, 3):
        assert_drawn_from(tokens[before == token], filtered(chain[token], temperature))


SKEWED = np.array([0, 0.05, 0.3, 0.02, 0.25, 0.2, 0.1, 0.08])  # PAD stands first
MANY = np.random.default_rng(1).dirichlet(np.full(300, 0.3)) * np.r_[0, np.ones(299)]


@pytest.mark.parametrize("probabilities", [SKEWED / SKEWED.sum(), MANY / MANY.sum()], ids=["8", "300"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"top_k": 1},
        {"top_k": 3},
        {"top_k": 70},
        {"top_k": 10**12},
        {"top_p": 0.5},
        {"top_p": 0.9},
        {"top_p": 1},
        {"top_p": 1e-9},
        {"min_p": 0.3},
        {"min_p": 0},
        {"top_k": 4, "top_p": 0.6},
        {"temperature": 2.5, "top_k": 6, "top_p": 0.8, "min_p": 0.7},
        {"temperature": 0.4, "top_p": 0.8, "min_p": 0.2},
        {"temperature": 1e-4},
    ],
    ids=str,
)
def test_filters_against_their_definitions(probabilities, options):
    assert_drawn_from(draw(probabilities, **options), filtered(probabilities, **options))


def test_pad_is_never_drawn_and_a_huge_temperature_lifts_no_ban():
    def no_five(logits, position, tokens):
        return logits - 1e9 * ops.cast(ops.arange(logits.shape[-1]) == 5, "float32")

    decoder = table_decoder(np.tile([9.0, 0, 0, 0, 0, 9], (6, 1)))
    states, forced = np.zeros((500, 1), "float32"), np.full((500, 4), -1)
    for temperature in (0, 1, 1e12):
        tokens = decoder.sample(states, forced, start=1, temperature=temperature, constraint=no_five).tokens
        assert set(np.unique(tokens)) == ({1} if temperature == 0 else {1, 2, 3, 4})


def test_greedy_takes_the_likeliest_token_of_the_whole_model():
    small = small_model()
    states = small.states(4)
    decoded = small.decoder.sample(states, np.full((4, 6), -1), start=START, temperature=0)
    assert np.all(decoded.lengths == 6)
    for position, token in itertools.product(range(6), range(1, 7)):
        other = decoded.tokens[:, : position + 1].copy()
        other[:, position] = token
        assert np.all(
            small.log_probabilities(states, other)[:, position]
            <= decoded.log_probabilities[:, position] + 1e-5
        )


@pytest.mark.parametrize(
    "options", [{}, {"top_k": 3}, {"temperature": 2.0, "top_p": 0.7}, {"temperature": 0}]
)
def test_log_probabilities_are_the_models_own(options):
    small = small_model()
    states, forced = small.states(5), prompts([[4, 5], [], [6], [END], [4]], 8)

    def not_four(logits, position, tokens):
        return ops.where(ops.arange(logits.shape[-1]) == 4, -np.inf, logits)

    decoded = small.decoder.sample(
        states, forced, start=START, end=END, seed=2, constraint=not_four, **options
    )
    expected = small.log_probabilities(states, decoded.tokens)
    np.testing.assert_allclose(decoded.log_probabilities, expected, atol=1e-5)
    np.testing.assert_allclose(decoded.scores, expected.sum(axis=1), atol=1e-4)
    np.testing.assert_allclose(small.decoder.score(states, decoded.tokens, start=START), expected, atol=1e-5)
    assert decoded.tokens[0, :2].tolist() == [4, 5]  # forced, though the constraint bans 4 elsewhere
    assert not np.any(decoded.tokens[:, 2:] == 4)


@pytest.mark.parametrize("options", [{"temperature": 0}, {"top_p": 0.9, "min_p": 0.01, "seed": 3}])
def test_xla_changes_no_text(options):
    model, forced = small_model(), prompts([[4], [5, 6], []], 9)
    plain, quick = (
        decoder.sample(model.states(3), forced, start=START, end=END, **options)
        for decoder in (model.decoder, model.with_xla)
    )
    np.testing.assert_array_equal(quick.tokens, plain.tokens)
    np.testing.assert_allclose(quick.log_probabilities, plain.log_probabilities, rtol=1e-4, atol=1e-5)


def test_rows_end_at_end_and_where_padding_is_forced():
    small = small_model()
    forced = np.full((40, 12), -1)
    forced[0, 4], forced[1, 3:] = END, 0
    decoded = small.decoder.sample(small.states(40), forced, start=START, end=END)
    assert decoded.lengths[0] <= 5 and decoded.lengths[1] <= 3
    assert len(set(decoded.lengths)) > 3
    for row, (tokens, scores, length) in enumerate(zip(*decoded[:3], strict=True)):
        assert np.all(tokens[:length] != 0) and np.all(scores[:length] < 0)
        assert np.all(tokens[length:] == 0) and np.all(scores[length:] == 0)
        assert END not in tokens[: length - 1]
        assert length == 12 or tokens[length - 1] == END or row == 1


def test_a_seed_writes_one_text_whatever_stands_beside_it():
    small = small_model()
    states, forced = small.states(6), np.full((6, 9), -1)

    def sample(rows, seed, length=9):
        return small.decoder.sample(states[rows], forced[rows, :length], start=START, seed=seed).tokens

    texts = sample([0, 1, 2, 3], 5)
    np.testing.assert_array_equal(texts, sample([0, 1, 2, 3], 5))
    np.testing.assert_array_equal(texts[:2], sample([0, 1, 5, 4, 3], 5)[:2])
    np.testing.assert_array_equal(texts[:, :4], sample([0, 1, 2, 3], 5, length=4))
    assert not np.array_equal(texts, sample([0, 1, 2, 3], 6))


def test_each_row_may_have_its_own_start():
    small = small_model()
    states = np.repeat(small.states(1), 2, axis=0)
    both = small.decoder.sample(states, np.full((2, 5), -1), start=np.array([4, 5]), temperature=0)
    alone = small.decoder.sample(states[:1], np.full((1, 5), -1), start=5, temperature=0)
    np.testing.assert_array_equal(both.tokens[1], alone.tokens[0])
    assert both.log_probabilities[0, 0] != both.log_probabilities[1, 0]


def test_a_constraint_sees_position_and_tokens():
    small = small_model()

    def rising(logits, position, tokens):  # 1, then 2 or more but never the token before, 6 at the end
        ids = ops.arange(logits.shape[-1])
        before = tokens[:, ops.maximum(position - 1, 0)][:, None]
        banned = ops.where(position == 0, ids != 1, ops.logical_or(ids == before, ids < 2))
        banned = ops.where(position == 7, ids != 6, banned)
        return ops.where(banned, -1e9, logits)

    tokens = small.decoder.sample(
        small.states(30), np.full((30, 8), -1), start=START, constraint=rising
    ).tokens
    assert np.all(tokens[:, 0] == 1) and np.all(tokens[:, 1:] > 1) and np.all(tokens[:, 7] == 6)
    assert np.all(tokens[:, 1:7] != tokens[:, :6])


@pytest.mark.parametrize("ban", [-1e9, -np.inf])
@pytest.mark.parametrize("options", [{}, {"temperature": 0}, {"top_k": 2, "top_p": 0.5}], ids=str)
def test_no_token_left_names_row_and_position(ban, options):
    def dead_end(logits, position, tokens):
        return ops.where(ops.logical_and(position == 2, tokens[:, :1] == 4), ban, logits)

    small = small_model()
    forced = prompts([[5], [4], [6]], 4)
    with pytest.raises(ValueError, match="row 1 has no token to go on with at position 2"):
        small.decoder.sample(small.states(3), forced, start=START, constraint=dead_end, **options)
    forced[1, 2] = 5
    small.decoder.sample(small.states(3), forced, start=START, constraint=dead_end, **options)


def test_logits_that_are_not_finite_are_reported():
    decoder = table_decoder(np.full((4, 4), np.nan))
    states = np.zeros((1, 1), "float32")
    with pytest.raises(ValueError, match="row 0 .* position 0: .*not finite"):
        decoder.sample(states, np.full((1, 2), -1), start=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": -0.5}, "temperature must be .*got -0.5"),
        ({"temperature": math.nan}, "temperature must be .*got nan"),
        ({"top_k": 0}, "top_k must be at least 1.*got 0"),
        ({"top_p": 0.0}, "top_p must be above 0.*got 0.0"),
        ({"top_p": 1.5}, "top_p must be .*got 1.5"),
        ({"min_p": 1.0}, "min_p must be .*got 1.0"),
        ({"min_p": -0.1}, "min_p must be .*got -0.1"),
        ({"forced": np.zeros(3)}, r"forced must have the shape \(rows, length\), got \(3,\)"),
    ],
)
def test_sample_refuses_nonsense(options, message):
    decoder = table_decoder(np.zeros((4, 4)))
    with pytest.raises(ValueError, match=message):
        decoder.sample(np.zeros((1, 1)), options.pop("forced", np.full((1, 2), -1)), start=1, **options)


def test_no_rows():
    small = small_model()
    assert small.decoder.sample(small.states(0), np.zeros((0, 4)), start=START).tokens.shape == (0, 4)


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="PyTorch runs each step as it is")
def test_other_values_are_not_traced_again():
    small = new_model()
    states, forced = small.states(3), np.full((3, 5), -1)
    for number in range(3):
        small.decoder.sample(
            states, forced, start=1 + number, end=END + number, temperature=0.5 + number, top_k=2 + number,
            top_p=0.3 + number / 5, min_p=0.1 + number / 10, seed=number,
        )  # fmt: skip
        small.decoder.beam_search(states, 5, start=START, end=END, length_penalty=number / 2)
        small.model.set_weights([weight * 0.9 for weight in small.model.get_weights()])
        if number == 0:
            traced = len(small.calls)
    assert len(small.calls) == traced


def test_new_weights_count_at_once():
    small = new_model()
    states, tokens = small.states(2), np.array([[4, 5, 6], [6, 1, 0]])
    before = small.decoder.score(states, tokens, start=START)
    small.model.set_weights([weight * 0.5 for weight in small.model.get_weights()])
    after = small.decoder.score(states, tokens, start=START)
    assert np.abs(after - before).max() > 0.01
    np.testing.assert_allclose(after, small.log_probabilities(states, tokens), atol=1e-5)


def test_score_refuses_free_places():
    with pytest.raises(ValueError, match="tokens must be at least 0, got -1"):
        small_model().decoder.score(np.zeros((1, 5), "float32"), [[4, -1]], start=START)


# -- beam search


def every_text(small, states, length, penalty):
    """All texts of one row, the best first, those with an end before those without."""
    texts = []
    for size in range(1, length + 1):
        for text in itertools.product(range(1, 5), repeat=size):
            if END not in text[:-1] and (size == length or text[-1] == END):
                texts.append(text)
    padded = np.array([text + (0,) * (length - len(text)) for text in texts])
    total = small.log_probabilities(np.repeat(states, len(texts), axis=0), padded).sum(axis=1)
    scores = total / np.array([len(text) for text in texts]) ** penalty
    order = sorted(range(len(texts)), key=lambda number: (END not in texts[number], -scores[number]))
    return padded[order], scores[order]


@pytest.mark.parametrize("penalty", [0, 0.6, 1, 2])
@pytest.mark.parametrize("seed", [1, 7])
def test_a_wide_beam_finds_the_best_of_all_texts(penalty, seed):
    small = small_model(vocabulary=5, seed=seed)
    states = small.states(2)
    found = small.decoder.beam_search(
        states, 4, start=START, end=END, width=5**4, n_best=8, length_penalty=penalty
    )
    for row in range(2):
        texts, scores = every_text(small, states[row : row + 1], 4, penalty)
        np.testing.assert_array_equal(found.tokens[row], texts[:8])
        np.testing.assert_allclose(found.scores[row], scores[:8], atol=1e-5)


@pytest.mark.parametrize("end", [END, None])
@pytest.mark.parametrize("seed", [0, 1])
def test_width_one_is_greedy(end, seed):
    small = small_model(seed=seed)
    states = small.states(6)
    greedy = small.decoder.sample(states, np.full((6, 9), -1), start=START, end=end, temperature=0)
    beam = small.decoder.beam_search(states, 9, start=START, end=end, width=1, length_penalty=0)
    for one, other in zip(greedy, beam, strict=True):
        np.testing.assert_allclose(one, other[:, 0], atol=1e-5)


def test_beam_scores_are_those_of_teacher_forcing():
    small = small_model(vocabulary=6, seed=6)
    states = small.states(5)
    beam = small.decoder.beam_search(states, 7, start=START, end=END, width=4, n_best=4, length_penalty=0.7)
    assert len(set(beam.lengths.ravel())) > 2
    for rank in range(4):
        scores = small.decoder.score(states, beam.tokens[:, rank], start=START)
        np.testing.assert_allclose(beam.log_probabilities[:, rank], scores, atol=1e-5)
        np.testing.assert_allclose(
            beam.scores[:, rank], scores.sum(axis=1) / beam.lengths[:, rank] ** 0.7, atol=1e-5
        )


def test_a_late_text_may_still_win():
    """It stands behind 3 (probability 0.4) at first, per token too, and then loses nothing more."""
    table = np.full((6, 6), 1e-6)
    table[1, [3, 4, 5]] = 0.4, 0.35, 0.25
    table[4, 5] = table[5, 2] = table[2, 3] = 1
    beam = table_decoder(np.log(table)).beam_search(np.zeros((1, 1)), 9, start=1, end=3, width=2)
    assert beam.tokens[0, 0].tolist() == [4, 5, 2, 3, 0, 0, 0, 0, 0]
    np.testing.assert_allclose(beam.scores, [[math.log(0.35) / 4]], atol=1e-4)


@pytest.mark.parametrize("penalty", [0, 1])
def test_stopping_early_changes_no_result(penalty):
    """With `n_best` = 1 the loop ends sooner than with `n_best` = width; alone sooner than beside others."""
    small = small_model(vocabulary=6, seed=6)
    states = small.states(20)
    options = {"start": START, "end": END, "width": 3, "length_penalty": penalty}
    every = small.decoder.beam_search(states, 12, n_best=3, **options)
    best = small.decoder.beam_search(states, 12, **options)
    alone = small.decoder.beam_search(states[4:5], 12, **options)
    np.testing.assert_array_equal(every.tokens[:, 0], best.tokens[:, 0])
    np.testing.assert_array_equal(best.tokens[4], alone.tokens[0])
    assert np.all(np.diff(np.where(np.any(every.tokens == END, axis=2), every.scores, -99), axis=1) <= 0)


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX has no way to count the turns")
def test_the_loop_ends_when_all_rows_have():
    turns = keras.Variable(0, dtype="int32", trainable=False)

    def step(tokens, states):
        turns.assign_add(1)
        return ops.log(states), states

    decoder = Decoder(step, [])
    states = np.full((2, 5), [1e-9, 0.1, 0.1, 0.7, 0.1], "float32")
    forced = prompts([[1, 1], [1]], 50)
    decoder.sample(states, forced, start=1, end=3, temperature=0)
    assert int(turns.value) == 3
    turns.assign(0)
    decoder.beam_search(states, 50, start=1, end=3, length_penalty=0, forced=forced)
    assert int(turns.value) == 3
    turns.assign(0)
    decoder.sample(states, forced, start=1, temperature=0)
    assert int(turns.value) == 50


def test_more_places_than_texts():
    decoder = table_decoder(np.zeros((4, 4)))
    beam = decoder.beam_search(np.zeros((1, 1)), 1, start=1, end=3, width=9, n_best=5)
    assert beam.tokens[0, :, 0].tolist() == [3, 1, 2, 0, 0]  # the one with an end, the two without, no more
    assert beam.lengths[0].tolist() == [1, 1, 1, 0, 0]
    np.testing.assert_allclose(beam.scores[0], [-math.log(4)] * 3 + [-np.inf] * 2, rtol=1e-6)


def test_beam_with_constraint_and_forced_tokens():
    def not_twice(logits, position, tokens):
        ids = ops.arange(logits.shape[-1])
        return ops.where(ops.any(tokens[:, :, None] == ids, axis=1), -1e9, logits)

    small = small_model(vocabulary=9)
    states, forced = small.states(3), prompts([[4, 4], [], [5]], 6)
    forced[1, 2], forced[2, 3:] = 7, 0
    beam = small.decoder.beam_search(
        states, 6, start=START, end=None, width=4, n_best=2, constraint=not_twice, forced=forced
    )
    assert np.all(beam.tokens[0, :, :2] == 4) and np.all(beam.tokens[1, :, 2] == 7)
    assert beam.lengths.tolist() == [[6, 6], [6, 6], [3, 3]]
    for text in beam.tokens.reshape(6, 6):
        text = text[text != 0]
        assert len(set(text)) == len(text) - (text[0] == 4)
    for rank in range(2):
        expected = small.log_probabilities(states, beam.tokens[:, rank])
        np.testing.assert_allclose(beam.log_probabilities[:, rank], expected, atol=1e-5)


def test_a_beam_with_no_way_on_names_row_and_position():
    def dead_end(logits, position, tokens):
        return ops.where(ops.logical_and(position == 2, tokens[:, :1] == 4), -np.inf, logits)

    small = small_model()
    with pytest.raises(ValueError, match="row 1 has no token to go on with at position 2"):
        small.decoder.beam_search(
            small.states(2), 4, start=START, end=None, constraint=dead_end, forced=prompts([[5], [4]], 4)
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 0}, "1 <= n_best <= width, got n_best=1 and width=0"),
        ({"width": 2, "n_best": 3}, "got n_best=3 and width=2"),
        ({"length_penalty": -1.0}, "length_penalty must be at least 0, got -1.0"),
        ({"forced": np.zeros((1, 3))}, r"forced must have the shape \(1, 4\), got \(1, 3\)"),
    ],
)
def test_beam_search_refuses_nonsense(options, message):
    decoder = table_decoder(np.zeros((4, 4)))
    with pytest.raises(ValueError, match=message):
        decoder.beam_search(np.zeros((1, 1)), 4, start=1, end=3, **options)


# -- states


def test_attention_over_an_encoder_carried_in_the_states():
    """A nest of states, one of them never changed; rows and source lengths of several sizes."""
    random = np.random.default_rng(0)
    embedding, cell, head = layers.Embedding(9, 6), layers.GRUCell(6), layers.Dense(9)
    embedding.build(None), cell.build((None, 6)), head.build((None, 12))
    for layer in (embedding, cell, head):
        layer.set_weights([random.normal(size=weight.shape) for weight in layer.get_weights()])

    def step(tokens, states):
        output, [state] = cell(embedding(tokens), [states["state"]])
        attention = ops.softmax(ops.einsum("bh,bsh->bs", output, states["encoder"]))
        context = ops.einsum("bs,bsh->bh", attention, states["encoder"])
        return head(ops.concatenate([output, context], axis=-1)), {**states, "state": state}

    decoder = Decoder(step, [embedding, cell, head])
    for rows, source in ((2, 4), (3, 5), (1, 7)):
        encoder = random.normal(size=(rows, source, 6))  # float64, as NumPy makes them
        states = {"encoder": encoder.astype("float32"), "state": np.zeros((rows, 6))}
        beam = decoder.beam_search(states, 6, start=START, end=END, width=3, n_best=3)
        for rank in range(3):
            expected = []
            for tokens, memory in zip(beam.tokens[:, rank], states["encoder"], strict=True):
                turn = {"encoder": memory[None], "state": np.zeros((1, 6), "float32")}
                total, before = 0.0, START
                for token in tokens[tokens != 0]:
                    logits, turn = step(np.array([before], "int32"), turn)
                    total, before = total + ops.convert_to_numpy(ops.log_softmax(logits))[0, token], token
                expected.append(total / np.sum(tokens != 0))
            np.testing.assert_allclose(beam.scores[:, rank], expected, atol=1e-5)


def test_states_of_another_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        small = new_model()
    finally:
        keras.config.set_dtype_policy("float32")
    decoded = small.decoder.sample(small.states(2), np.full((2, 5), -1), start=START)
    assert decoded.log_probabilities.dtype == np.float32
    assert decoding.PAD not in decoded.tokens
