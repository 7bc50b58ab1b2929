"""Copies of the features: the closed form is what fitting on the copies gives."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from handgrad.naive_bayes import (
    BernoulliNaiveBayes,
    GaussianNaiveBayes,
    MultinomialNaiveBayes,
    duplicate_features,
    duplicated_log_odds,
    duplicated_log_proba,
)

MODELS = [
    BernoulliNaiveBayes,
    MultinomialNaiveBayes,
    GaussianNaiveBayes,
    lambda **keywords: GaussianNaiveBayes(shared_variance=True, **keywords),
]


def log_odds(model, X):
    log_proba = model.predict_log_proba(X)
    return log_proba[:, 1] - log_proba[:, 0]


@given(
    st.integers(1, 1000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
    st.integers(1, 1000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
    st.floats(0.01, 10),
    st.integers(1, 12),
)
def test_a_copy_of_a_favouring_feature_strictly_raises_the_posterior(zeros, ones, alpha, copies):
    """One feature, equal priors: wherever P(x | 1) > P(x | 0), P(1 | x, x) > P(1 | x)."""
    (n0, on0), (n1, on1) = zeros, ones
    X = np.repeat([1, 0, 1, 0], [on0, n0 - on0, on1, n1 - on1])[:, None]
    y = np.repeat([0, 1], [n0, n1])
    once = BernoulliNaiveBayes(alpha=alpha, priors="uniform").fit(X, y)
    (theta_0,), (theta_1,) = once.feature_probability
    assume(abs(theta_1 - theta_0) > 1e-12)
    x = np.array([[int(theta_1 > theta_0)]])
    posteriors = [
        BernoulliNaiveBayes(alpha=alpha, priors="uniform")
        .fit(duplicate_features(X, k), y)
        .predict_log_proba(duplicate_features(x, k))[0]
        for k in (copies, copies + 1)
    ]
    (against, favoured), (against_more, favoured_more) = posteriors
    assert against_more < against
    assert favoured_more >= favoured, "strictly, until 1 − P(0 | x) rounds to 1"
    assert favoured_more - against_more > favoured - against > 0


@pytest.mark.parametrize("make", MODELS)
@given(seed=st.integers(0, 2**32), copies=st.integers(1, 8))
def test_with_k_copies_the_odds_are_the_odds_to_the_power_k(make, seed, copies):
    rng = np.random.default_rng(seed)
    X, y = rng.integers(0, 2, (30, 5)), np.arange(30) % 2
    once = make(priors="uniform").fit(X, y)
    copied = make(priors="uniform").fit(duplicate_features(X, copies), y)
    np.testing.assert_allclose(
        log_odds(copied, duplicate_features(X, copies)),
        duplicated_log_odds(log_odds(once, X), copies),
        rtol=1e-9,
        atol=1e-12,
    )


@pytest.mark.parametrize("make", MODELS)
@given(seed=st.integers(0, 2**32), copies=st.integers(1, 8))
def test_the_prior_is_counted_once_and_the_likelihood_k_times(make, seed, copies):
    rng = np.random.default_rng(seed)
    X, y = rng.integers(0, 2, (40, 5)), np.append([0, 1, 2], rng.integers(0, 3, 37))
    once, copied = make().fit(X, y), make().fit(duplicate_features(X, copies), y)
    expected = copied.predict_log_proba(duplicate_features(X, copies))
    np.testing.assert_allclose(
        duplicated_log_proba(once, X, copies), expected, rtol=1e-9, atol=1e-9
    )
    prior = once.class_log_prior[1] - once.class_log_prior[0]
    np.testing.assert_allclose(
        duplicated_log_odds(log_odds(once, X), copies, prior),
        expected[:, 1] - expected[:, 0],
        rtol=1e-9,
        atol=1e-9,
    )


def test_copies_change_no_prediction_when_priors_are_equal():
    rng = np.random.default_rng(0)
    X, y = rng.random((400, 9)) < 0.5, np.arange(400) % 5
    model = BernoulliNaiveBayes(priors="uniform").fit(X, y)
    for copies in (2, 4, 100):
        best = duplicated_log_proba(model, X, copies).argmax(axis=1)
        np.testing.assert_array_equal(model.classes[best], model.predict(X))


def test_no_copies_at_all_is_a_wrong_call():
    with pytest.raises(ValueError, match="copies must be above 0"):
        duplicated_log_odds(1.0, 0)
