"""The three models against scikit-learn's, in batches, with weights, and with data they refuse."""

import doctest

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.datasets import load_digits, load_iris, load_wine
from sklearn.naive_bayes import BernoulliNB, GaussianNB, MultinomialNB

from handgrad.errors import DataError, UsageError
from handgrad.naive_bayes import (
    BernoulliNaiveBayes,
    GaussianNaiveBayes,
    MultinomialNaiveBayes,
    discrete,
)

MODELS = [
    BernoulliNaiveBayes,
    MultinomialNaiveBayes,
    GaussianNaiveBayes,
    lambda: GaussianNaiveBayes(shared_variance=True),
]
# scikit-learn computes log(1 − θ) from log θ, which below this costs it the tenth digit.
SMOOTHING = st.floats(0.01, 100)
WEIGHT = st.just(0.0) | st.floats(0.1, 10)
EIGHTHS = st.integers(-64, 64).map(lambda k: k / 8)


@st.composite
def examples(draw, values):
    """X, labels of two to four classes, and weights or None."""
    n, d, n_classes = draw(st.integers(2, 30)), draw(st.integers(1, 8)), draw(st.integers(2, 4))
    X = draw(arrays(np.float64, (n, d), elements=values))
    y = draw(arrays(np.int64, n, elements=st.integers(0, n_classes - 1)))
    y[:2] = 0, 1
    weights = draw(st.none() | arrays(np.float64, n, elements=WEIGHT))
    assume(weights is None or weights.sum() > 0)
    return X, y, weights


@st.composite
def priors(draw, n_classes):
    """Our priors and what scikit-learn calls the same."""
    kind = draw(st.sampled_from(["learned", "uniform", "given"]))
    if kind == "given":
        share = draw(arrays(np.float64, n_classes, elements=st.floats(0.1, 1)))
        share /= share.sum()
        return share, {"class_prior": share}
    return kind, {"fit_prior": kind == "learned"}


def assert_same(model, oracle, X):
    """Log-probabilities within 1e-10 and predictions identical, but for ties.

    Where log-likelihoods are large, the log-probabilities are small differences of them, and
    1e-10 is meant relative to what was subtracted.
    """
    joint, expected = oracle.predict_joint_log_proba(X), oracle.predict_log_proba(X)
    actual = model.predict_log_proba(X)
    impossible = np.isneginf(expected)
    np.testing.assert_array_equal(np.isneginf(actual), impossible)
    for values in (joint, expected, actual):
        values[impossible] = 0
    tolerance = 1e-10 * np.maximum(1, np.abs(joint).max(axis=1, keepdims=True))
    assert np.all(np.abs(actual - expected) <= tolerance)

    joint[impossible] = -np.inf
    ranked = np.sort(joint, axis=1)
    clear = ranked[:, -1] - ranked[:, -2] > tolerance[:, 0]
    np.testing.assert_array_equal(model.predict(X)[clear], oracle.predict(X)[clear])


@given(examples(st.sampled_from([0.0, 1.0])), SMOOTHING, st.data())
def test_bernoulli_is_scikit_learns(data, alpha, draws):
    X, y, weights = data
    ours, theirs = draws.draw(priors(len(np.unique(y))))
    model = BernoulliNaiveBayes(alpha=alpha, priors=ours).fit(X, y, weights)
    assert_same(model, BernoulliNB(alpha=alpha, **theirs).fit(X, y, weights), X)


@given(examples(EIGHTHS), SMOOTHING, EIGHTHS.map(abs))
def test_threshold_is_scikit_learns_binarize(data, alpha, threshold):
    X, y, weights = data
    model = BernoulliNaiveBayes(alpha=alpha, threshold=threshold).fit(X, y, weights)
    assert_same(model, BernoulliNB(alpha=alpha, binarize=threshold).fit(X, y, weights), X)


@given(examples(st.integers(0, 20) | st.floats(0, 20, width=16)), SMOOTHING, st.data())
def test_multinomial_is_scikit_learns(data, alpha, draws):
    X, y, weights = data
    ours, theirs = draws.draw(priors(len(np.unique(y))))
    model = MultinomialNaiveBayes(alpha=alpha, priors=ours).fit(X, y, weights)
    assert_same(model, MultinomialNB(alpha=alpha, **theirs).fit(X, y, weights), X)


@given(examples(EIGHTHS), st.floats(1e-9, 1), st.data())
def test_gaussian_is_scikit_learns(data, smoothing, draws):
    X, y, weights = data
    classes, members = np.unique(y, return_inverse=True)
    # A class whose examples weigh nothing is put at 0 by scikit-learn, and is impossible here.
    assume(X.var(axis=0).max() > 0 and np.bincount(members, weights).min() > 0)
    ours, theirs = draws.draw(priors(len(classes)))
    given_priors = theirs.get("class_prior")
    if given_priors is None and not theirs["fit_prior"]:
        given_priors = np.full(len(classes), 1 / len(classes))
    model = GaussianNaiveBayes(variance_smoothing=smoothing, priors=ours).fit(X, y, weights)
    oracle = GaussianNB(var_smoothing=smoothing, priors=given_priors).fit(X, y, weights)
    assert_same(model, oracle, X)


@given(examples(EIGHTHS), st.floats(1e-3, 1))
def test_gaussian_with_shared_variance_is_scikit_learns_with_its_variances_pooled(data, smoothing):
    X, y, weights = data
    assume(X.var(axis=0).max() > 0 and (weights is None or weights.min() > 0))
    model = GaussianNaiveBayes(shared_variance=True, variance_smoothing=smoothing)
    model.fit(X, y, weights)
    oracle = GaussianNB(var_smoothing=smoothing).fit(X, y, weights)
    share = oracle.class_count_ / oracle.class_count_.sum()
    oracle.var_[:] = share @ (oracle.var_ - oracle.epsilon_) + oracle.epsilon_
    assert_same(model, oracle, X)


@pytest.mark.parametrize("load", [load_iris, load_wine, load_digits])
def test_log_probabilities_on_measured_data_are_scikit_learns_within_1e_10(load):
    X, y = load(return_X_y=True)
    weights = np.random.default_rng(3).uniform(0, 2, len(y))
    on = X.mean(axis=0) < X
    for model, oracle, data in [
        (BernoulliNaiveBayes(), BernoulliNB(), on),
        (MultinomialNaiveBayes(), MultinomialNB(), X),
        (GaussianNaiveBayes(variance_smoothing=1e-3), GaussianNB(var_smoothing=1e-3), X),
    ]:
        model.fit(data, y, weights)
        oracle.fit(data, y, weights)
        np.testing.assert_array_equal(model.predict(data), oracle.predict(data))
        np.testing.assert_allclose(
            model.predict_log_proba(data), oracle.predict_log_proba(data), rtol=1e-13, atol=1e-10
        )


@pytest.mark.parametrize("make", MODELS)
@given(examples(st.sampled_from([0.0, 1.0])), st.integers(1, 29))
def test_fitting_in_batches_is_fitting_at_once(make, data, cut):
    X, y, weights = data
    assume(cut < len(X) and X.var(axis=0).max() > 0)
    parts = (slice(cut), slice(cut, None))
    assume(weights is None or all(weights[part].sum() > 0 for part in parts))
    whole, batches = make().fit(X, y, weights), make()
    for part in parts:
        part_weights = None if weights is None else weights[part]
        batches.partial_fit(X[part], y[part], classes=np.unique(y), sample_weight=part_weights)
    np.testing.assert_array_equal(batches.class_count.round(9), whole.class_count.round(9))
    for name in ("feature_count", "mean", "variance"):
        if hasattr(whole, name):
            np.testing.assert_allclose(
                getattr(batches, name), getattr(whole, name), rtol=1e-9, atol=1e-12
            )


@pytest.mark.parametrize("make", MODELS)
def test_a_weight_of_two_is_a_second_copy(make):
    rng = np.random.default_rng(5)
    X, y = rng.integers(0, 2, (40, 6)), np.arange(40) % 3
    weights = rng.integers(1, 4, 40)
    weighted = make().fit(X, y, weights)
    repeated = make().fit(X.repeat(weights, axis=0), y.repeat(weights))
    np.testing.assert_allclose(
        weighted.predict_log_proba(X), repeated.predict_log_proba(X), rtol=0, atol=1e-6
    )


def test_counting_is_exact_over_many_blocks():
    rng = np.random.default_rng(1)
    X, y = rng.random((5000, 3)) < 0.5, rng.integers(0, 4, 5000)
    model = BernoulliNaiveBayes().fit(X, y)
    np.testing.assert_array_equal(model.feature_count, [X[y == c].sum(axis=0) for c in range(4)])


@pytest.mark.parametrize("make", MODELS)
def test_ten_thousand_features_do_not_underflow(make):
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    X = rng.random((60, 10_000)) < np.where(np.arange(10_000) % 3 == y[:, None], 0.8, 0.2)
    model = make().fit(X, y)
    log_proba = model.predict_log_proba(X)
    assert np.all(np.isfinite(log_proba))
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    assert log_proba.min() < -745, "smaller than any positive float: it lives in log space only"


@pytest.mark.parametrize("shared", [False, True])
def test_far_from_zero_a_gaussian_keeps_its_digits(shared):
    """Of powers of two, so that features, sums and means are exact there, too."""
    rng = np.random.default_rng(2)
    X, y = rng.integers(-512, 512, (256, 3)) / 256, np.arange(256) % 2
    near, far = (
        GaussianNaiveBayes(shared_variance=shared).fit(X + offset, y).predict_log_proba(X + offset)
        for offset in (0, 2.0**30)
    )
    np.testing.assert_allclose(far, near, rtol=0, atol=1e-10)


def test_the_example_in_the_documentation():
    assert doctest.testmod(discrete).attempted > 0
    assert doctest.testmod(discrete).failed == 0


def test_counts_can_be_given_in_place_of_examples():
    rng = np.random.default_rng(6)
    X, y = rng.integers(0, 2, (50, 4)), np.arange(50) % 3
    fitted = BernoulliNaiveBayes().fit(X, y)
    counts = fitted.class_count.copy(), fitted.feature_count.copy()
    given_counts = BernoulliNaiveBayes().fit_counts([0, 1, 2], *counts)
    np.testing.assert_array_equal(given_counts.predict_proba(X), fitted.predict_proba(X))
    given_counts.partial_fit(X, y)
    np.testing.assert_array_equal(counts[1], fitted.feature_count)


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        (([1, 0], [1, 1], [[1], [1]]), "in order"),
        (([0, 1], [1, 1, 1], [[1], [1]]), "2 classes take"),
        (([0, 1], [1, 1], [1, 1]), "2 classes take"),
        (([0, 1], [1, -1], [[1], [1]]), "not negative"),
        (([0, 1], [0, 0], [[0], [0]]), "no example"),
        (([0, 1], [2, 3], [[2, 1], [3, 4]]), "feature 1 is on in 4 examples of class 1, .* are 3"),
    ],
)
def test_counts_that_are_none_are_refused(counts, sentence):
    with pytest.raises(ValueError, match=sentence):
        BernoulliNaiveBayes().fit_counts(*counts)


def test_labels_may_be_strings_and_come_back():
    model = BernoulliNaiveBayes().fit([[0], [0], [1]], ["no", "no", "yes"])
    assert model.predict([[0], [1]]).tolist() == ["no", "yes"]


def test_a_class_that_was_declared_but_not_seen_is_impossible_until_it_is_seen():
    for make in MODELS:
        model = make().partial_fit([[0, 1], [1, 1], [1, 0]], [0, 1, 1], classes=[0, 1, 2])
        assert np.all(model.predict_proba([[0, 0]])[:, 2] == 0)
        model.partial_fit([[0, 0], [0, 0]], [2, 2])
        assert np.all(model.predict_proba([[0, 0]])[:, 2] > 0)


@pytest.mark.parametrize("shared", [False, True])
def test_an_unseen_class_is_no_trouble_to_a_gaussian_without_smoothing(shared):
    model = GaussianNaiveBayes(shared_variance=shared, variance_smoothing=0, priors="uniform")
    model.partial_fit([[0.0], [1.0], [2.0], [4.0]], [0, 0, 1, 1], classes=[0, 1, 2])
    assert model.predict([[0.0], [4.0]]).tolist() == [0, 1]
    assert np.all(model.predict_proba([[0.0], [4.0]])[:, 2] == 0)


def test_fit_forgets_what_was_fitted_before():
    model = BernoulliNaiveBayes().fit([[0], [1]], [0, 1])
    model.fit([[0, 1], [1, 0], [1, 1]], ["a", "b", "b"])
    assert model.classes.tolist() == ["a", "b"]
    assert model.class_count.tolist() == [1, 2]


def test_a_refused_batch_leaves_the_model_as_it_was():
    model = BernoulliNaiveBayes().fit([[0], [1]], [0, 1])
    with pytest.raises(ValueError, match="label 7"):
        model.partial_fit([[0], [1]], [0, 7])
    assert model.class_count.tolist() == [1, 1]


def test_a_first_batch_that_is_refused_teaches_nothing():
    model = BernoulliNaiveBayes()
    with pytest.raises(DataError, match="label 2"):
        model.partial_fit([[0], [1]], [0, 2], classes=[0, 1])
    with pytest.raises(UsageError, match="learned nothing yet"):
        model.predict([[1]])
    model.partial_fit([[0], [1]], [5, 6])
    assert model.classes.tolist() == [5, 6]


@pytest.mark.parametrize("priors", ["uniform", "learned", [0.5, 0.25, 0.25]])
def test_priors_are_probabilities(priors):
    model = BernoulliNaiveBayes(priors=priors).fit([[0], [1], [1]], ["a", "b", "c"])
    assert np.exp(model.class_log_prior).sum() == pytest.approx(1)


X2, Y2 = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1])
REFUSED = {
    "grey pixels": (BernoulliNaiveBayes, X2 * 0.5, Y2, "0.5 in row 0, column 1.*threshold"),
    "negative counts": (MultinomialNaiveBayes, -X2, Y2, "-1.0 in row 0, column 1.*0 or above"),
    "NaN": (GaussianNaiveBayes, np.where(X2 == 0, np.nan, X2), Y2, "nan in row 0, column 0"),
    "infinity": (MultinomialNaiveBayes, X2 + np.inf, Y2, "inf"),
    "one class": (BernoulliNaiveBayes, X2, Y2 * 0, "one class, 0"),
    "no table": (BernoulliNaiveBayes, X2[0], Y2, r"shape is \(2,\)"),
    "no examples": (BernoulliNaiveBayes, X2[:0], Y2[:0], "empty"),
    "words": (BernoulliNaiveBayes, X2.astype(str), Y2, "numbers"),
    "too few labels": (BernoulliNaiveBayes, X2, Y2[:2], "each of the 3 rows"),
    "a label that is NaN": (BernoulliNaiveBayes, X2, [0.0, 1.0, np.nan], "nan"),
    "a constant table": (GaussianNaiveBayes, X2 * 0, Y2, "variance 0"),
    "priors for other classes": (
        lambda: BernoulliNaiveBayes(priors=[0.5, 0.3, 0.2]),
        X2,
        Y2,
        "3 priors",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_data_is_refused_with_a_sentence(case):
    make, X, y, sentence = REFUSED[case]
    with pytest.raises(ValueError, match=sentence):
        make().fit(X, y).predict(X)


@pytest.mark.parametrize("weights", [[1, 1], [1, -1, 1], [0, 0, 0], [1, np.nan, 1]])
def test_bad_weights_are_refused(weights):
    with pytest.raises(ValueError, match="sample_weight"):
        BernoulliNaiveBayes().fit(X2, Y2, weights)


def test_other_widths_than_that_of_fit_are_refused():
    model = BernoulliNaiveBayes().fit(X2, Y2)
    for call in (model.predict, model.predict_proba, lambda X: model.partial_fit(X, [0])):
        with pytest.raises(ValueError, match=r"3 features, but the model was fitted on 2"):
            call([[0, 1, 0]])


def test_a_first_batch_of_one_class_must_declare_the_others():
    with pytest.raises(ValueError, match="one class"):
        BernoulliNaiveBayes().partial_fit([[0], [1]], [3, 3])
    model = BernoulliNaiveBayes().partial_fit([[0], [1]], [3, 3], classes=[3, 4])
    assert model.predict([[0]]).tolist() == [3]


def test_a_class_unheard_of_in_the_first_batch_is_refused():
    model = BernoulliNaiveBayes().partial_fit([[0], [1]], [0, 1])
    with pytest.raises(ValueError, match=r"label 2.*declare every class in the first partial_fit"):
        model.partial_fit([[1]], [2])
    with pytest.raises(ValueError, match="label no"):
        model.partial_fit([[1]], ["no"])
    with pytest.raises(ValueError, match="first partial_fit"):
        model.partial_fit([[1]], [1], classes=[0, 1, 2])


def test_without_smoothing_an_infinite_weight_is_refused():
    for make in (BernoulliNaiveBayes, MultinomialNaiveBayes):
        with pytest.raises(ValueError, match=r"feature 0 .* class 0.*alpha"):
            make(alpha=0).fit(X2, Y2).predict(X2)
    X = [[0, 1], [1, 0], [1, 1], [0, 0]]
    assert (
        BernoulliNaiveBayes(alpha=0).fit(X, [0, 0, 1, 1]).predict_proba(X).tolist()
        == [[0.5, 0.5]] * 4
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: BernoulliNaiveBayes(alpha=-1),
        lambda: BernoulliNaiveBayes(threshold="dark"),
        lambda: BernoulliNaiveBayes(threshold=np.nan),
        lambda: MultinomialNaiveBayes(alpha=np.nan),
        lambda: GaussianNaiveBayes(variance_smoothing=-1),
        lambda: BernoulliNaiveBayes(priors="flat"),
        lambda: BernoulliNaiveBayes(priors=[0.5, 0.6]),
        lambda: BernoulliNaiveBayes(priors=[1.5, -0.5]),
        lambda: BernoulliNaiveBayes().predict(X2),
        lambda: GaussianNaiveBayes().linear_form(),
    ],
)
def test_wrong_calls_are_refused(make):
    with pytest.raises(ValueError, match=r"must be|fit first|quadratic"):
        make()


def test_rounding_of_weighted_counts_makes_no_feature_rarer_than_never():
    """A feature that is always on may be counted a little more often than its class."""
    X, y = np.ones((30, 1)), np.arange(30) % 2
    weights = np.full(30, 0.1)
    model = BernoulliNaiveBayes().fit(X, y, sample_weight=weights)
    model.feature_count = model.class_count[:, None] * (1 + 1e-15)
    model.alpha = 1e-320
    assert np.isfinite(model.linear_form().weights).all()


def test_a_class_without_an_example_has_the_variance_1():
    model = GaussianNaiveBayes().partial_fit([[1.0], [2.0], [4.0]], [0, 0, 1], classes=[0, 1, 2])
    np.testing.assert_array_equal(model.variance[2], 1)
