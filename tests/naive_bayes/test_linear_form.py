"""The hyperplane a model gives is the one it decides by, and the one of the formulas."""

import numpy as np
import pytest

from handgrad.naive_bayes import BernoulliNaiveBayes, GaussianNaiveBayes, MultinomialNaiveBayes

TIE = 1e-9
"""Scores nearer to each other than this may be ordered either way by rounding."""


def random_model(make, rng, n_classes, d):
    n = int(rng.integers(n_classes, 200))
    y = np.concatenate([np.arange(n_classes), rng.integers(0, n_classes, n - n_classes)])
    X = rng.random((n, d)) < rng.random((n_classes, d))[y]
    return make().fit(X, y, rng.random(n))


BERNOULLI, *OTHERS = BINARY_DATA_MODELS = [
    lambda: BernoulliNaiveBayes(alpha=0.5),
    MultinomialNaiveBayes,
    lambda: GaussianNaiveBayes(shared_variance=True, variance_smoothing=1e-3),
]


@pytest.mark.parametrize(("make", "models"), [(BERNOULLI, 100), *((make, 20) for make in OTHERS)])
@pytest.mark.parametrize("n_classes", [2, 10])
def test_the_linear_form_decides_as_predict_does(make, models, n_classes):
    """On each of 100,000 random binary vectors, for so many random models, ties aside."""
    rng = np.random.default_rng(n_classes)
    binary = rng.random((100_000, 12)) < 0.5
    X = binary.astype(np.float64)
    for _ in range(models):
        model = random_model(make, rng, n_classes, 12)
        form = model.linear_form()
        scores = X @ form.weights.T + form.bias
        if n_classes == 2:
            assert form.weights.shape == (12,)
            assert isinstance(form.bias, float)
            decided = scores > 0
            scores = np.stack([np.zeros(len(X)), scores], axis=1)
        else:
            assert form.weights.shape == (10, 12)
            assert form.bias.shape == (10,)
            decided = scores.argmax(axis=1)
        differ = model.predict(binary) != decided
        first, second = np.sort(scores[differ], axis=1)[:, -2:].T
        assert np.all(second - first < TIE)


def test_for_two_bernoulli_classes_w_and_b_are_those_of_the_formulas():
    rng = np.random.default_rng(0)
    for _ in range(100):
        model = random_model(BernoulliNaiveBayes, rng, 2, 9)
        (theta_0, theta_1), (prior_0, prior_1) = (
            model.feature_probability,
            model.class_count / model.class_count.sum(),
        )
        w = np.log(theta_1 * (1 - theta_0) / (theta_0 * (1 - theta_1)))
        b = np.log(prior_1 / prior_0) + np.log((1 - theta_1) / (1 - theta_0)).sum()
        form = model.linear_form()
        np.testing.assert_allclose(form.weights, w, rtol=0, atol=1e-10)
        np.testing.assert_allclose(form.bias, b, rtol=0, atol=1e-10)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_the_posterior_is_bayes_rule_written_out(n_classes):
    rng = np.random.default_rng(1)
    for _ in range(20):
        model = random_model(BernoulliNaiveBayes, rng, n_classes, 7)
        X = rng.integers(0, 2, (50, 7)).astype(bool)
        theta, prior = model.feature_probability, model.class_count / model.class_count.sum()
        joint = prior * np.where(X[:, None, :], theta, 1 - theta).prod(axis=2)
        np.testing.assert_allclose(
            model.predict_proba(X), joint / joint.sum(axis=1, keepdims=True), rtol=1e-10
        )


@pytest.mark.parametrize("make", BINARY_DATA_MODELS)
def test_scores_are_the_logarithms_of_the_odds(make):
    rng = np.random.default_rng(2)
    X = rng.integers(0, 2, (3000, 6))
    two, five = (random_model(make, rng, n_classes, 6) for n_classes in (2, 5))
    log_proba = two.predict_log_proba(X)
    np.testing.assert_allclose(
        two.linear_form().scores(X), log_proba[:, 1] - log_proba[:, 0], rtol=1e-9, atol=1e-9
    )
    log_proba, scores = five.predict_log_proba(X), five.linear_form().scores(X)
    np.testing.assert_allclose(
        scores - scores[:, :1], log_proba - log_proba[:, :1], rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("shared", [False, True])
def test_the_quadratic_form_of_a_gaussian_gives_the_odds(n_classes, shared):
    rng = np.random.default_rng(3)
    y = np.arange(300) % n_classes
    X = rng.normal(y[:, None], 1 + y[:, None], (300, 4))
    model = GaussianNaiveBayes(shared_variance=shared).fit(X, y)
    form, log_proba = model.quadratic_form(), model.predict_log_proba(X)
    scores = form.scores(X)
    if n_classes == 2:
        np.testing.assert_allclose(scores, log_proba[:, 1] - log_proba[:, 0], atol=1e-9)
        assert np.all(form.curvature == 0) == shared
    else:
        np.testing.assert_allclose(scores - scores[:, :1], log_proba - log_proba[:, :1], atol=1e-9)


def test_a_gaussian_with_a_variance_a_class_says_why_it_is_not_linear():
    model = GaussianNaiveBayes().fit([[0.0], [1.0], [2.0], [4.0]], [0, 0, 1, 1])
    with pytest.raises(ValueError, match=r"quadratic.*do not cancel.*quadratic_form\(\)"):
        model.linear_form()


def test_the_form_of_a_bernoulli_with_a_threshold_is_about_the_binary_features():
    rng = np.random.default_rng(4)
    X, y = rng.integers(0, 256, (200, 5)), np.arange(200) % 2
    model = BernoulliNaiveBayes(threshold=127).fit(X, y)
    scores = model.linear_form().scores(X > 127)
    np.testing.assert_array_equal(model.predict(X), scores > 0)
