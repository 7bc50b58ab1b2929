"""Naïve Bayes for features that are on or off, and for features that are counts."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handgrad.errors import DataError
from handgrad.naive_bayes.checks import (
    checked_classes,
    checked_features,
    checked_smoothing,
    checked_threshold,
)
from handgrad.naive_bayes.forms import Floats, LinearForm, blocks
from handgrad.naive_bayes.model import NaiveBayes, Priors, log


class DiscreteNaiveBayes(NaiveBayes):
    """What the Bernoulli and the multinomial model share: sums of features, and their smoothing.

    Parameters
    ----------
    alpha
        Additive smoothing: so many more examples are counted of everything that can be seen, and
        nothing unseen is impossible (Laplace's rule at 1, Lidstone's below). With 0, the maximum
        of likelihood, a probability can be 0, and its logarithm no weight; asking for the weights
        is then an error.
    priors
        P(c): "learned", "uniform", or given as one probability a class.

    Attributes
    ----------
    feature_count
        Σ xᵢ over the examples of each class, K × d; weighted, if the examples are.
    """

    feature_count: Floats

    def __init__(self, *, alpha: float = 1.0, priors: Priors = "learned"):
        super().__init__(priors=priors)
        self.alpha = checked_smoothing("alpha", alpha)

    def fit_counts(
        self, classes: ArrayLike, class_count: ArrayLike, feature_count: ArrayLike
    ) -> Self:
        """Take counts that were made before, in place of examples.

        Parameters
        ----------
        classes, class_count, feature_count
            What the attributes of these names were: K labels in order, K numbers and K × d.

        Raises
        ------
        DataError
            If they do not fit together, a count is negative or not finite, or all are 0; of a
            Bernoulli model, also if a feature is on in more examples of a class than there are.
        """
        per_class, per_feature = np.array(class_count, float), np.array(feature_count, float)
        labels = checked_classes(classes)
        if not np.array_equal(labels, classes):
            raise DataError(f"classes must be distinct and in order, got {classes!r}")
        if per_class.shape != labels.shape or per_feature.shape[:-1] != labels.shape:
            raise DataError(
                f"{len(labels)} classes take as many class counts and rows of feature counts, "
                f"found shapes {per_class.shape} and {per_feature.shape}"
            )
        self._check_counts(labels, per_class, per_feature)
        self._start(labels, per_feature.shape[1])
        self.class_count, self.feature_count = per_class, per_feature
        return self

    def _check_counts(self, classes: NDArray, per_class: Floats, per_feature: Floats) -> None:
        """Complain of counts, K and K × d, that no examples have."""
        if not all(np.all(np.isfinite(t) & (t >= 0)) for t in (per_class, per_feature)):
            raise DataError("counts must be finite and not negative")
        if not per_class.any():
            raise DataError("class counts are all 0: there is no example")

    def _start(self, classes: NDArray, n_features: int) -> None:
        super()._start(classes, n_features)
        self.feature_count = np.zeros((len(classes), n_features))

    def _count(self, X: NDArray, indices: NDArray[np.intp], sample_weight: Floats | None) -> None:
        """Add Σₙ [yₙ = c] xₙᵢ: the product of the one-hot labels, K × n, and X, n × d."""
        super()._count(X, indices, sample_weight)
        # Sums of zeros and ones are exact in float32, where a block has far fewer than 2²⁴ rows,
        # and its products take half the time.
        binary = X.dtype == np.bool_ and sample_weight is None
        dtype = np.float32 if binary else np.float64
        labels = np.arange(len(self.classes))[:, None]
        for rows in blocks(len(X)):
            one_hot = (indices[rows] == labels).astype(dtype)
            if sample_weight is not None:
                one_hot *= sample_weight[rows]
            self.feature_count += one_hot @ X[rows].astype(dtype, copy=False)

    def _check_weights(self, weights: Floats, bias: Floats) -> None:
        """Complain of weights that no smoothing has kept finite."""
        infinite = ~(np.isfinite(weights) & np.isfinite(bias)[:, None])
        if np.any(infinite):
            row, feature = np.argwhere(infinite)[0]
            raise DataError(
                f"without smoothing, a value of feature {feature} has probability 0 in class "
                f"{self.classes[row]} and its weight is infinite: give an alpha above 0"
            )


class BernoulliNaiveBayes(DiscreteNaiveBayes):
    """Features that are 0 or 1: P(xᵢ = 1 | c) = θ_ic = (n_ic + α)/(n_c + 2α).

    n_c is the number of examples of class c and n_ic of those among them that have xᵢ = 1. Then

        log P(x | c) = Σᵢ xᵢ log(θ_ic/(1 − θ_ic)) + Σᵢ log(1 − θ_ic)

    is linear in x.

    Parameters
    ----------
    threshold
        With a number, a feature is 1 where it is above it and 0 elsewhere; `linear_form` is about
        the features after that. Without, X must hold nothing but 0 and 1.
    alpha, priors
        Additive smoothing, 0 or above; "learned", "uniform" or given priors: see
        `DiscreteNaiveBayes`.

    Attributes
    ----------
    classes, class_count, feature_count, n_features
        The labels, n_c (K numbers), n_ic (K × d) and d.

    Examples
    --------
    >>> model = BernoulliNaiveBayes().fit([[0, 1], [1, 1], [1, 0], [0, 0]], ["a", "a", "b", "b"])
    >>> model.predict([[0, 1]]).tolist()
    ['a']
    >>> form = model.linear_form()
    >>> form.weights.round(3).tolist(), round(form.bias, 3)
    ([0.0, -2.197], 1.099)
    """

    def __init__(
        self,
        *,
        threshold: float | None = None,
        alpha: float = 1.0,
        priors: Priors = "learned",
    ):
        super().__init__(alpha=alpha, priors=priors)
        self.threshold = checked_threshold(threshold)

    def __repr__(self) -> str:
        return (
            f"BernoulliNaiveBayes(threshold={self.threshold}, alpha={self.alpha}, "
            f"priors={self.priors!r})"
        )

    @property
    def feature_probability(self) -> Floats:
        """θ, K × d: the probability that a feature is 1 in each class."""
        self._check_fitted()
        return (self.feature_count + self.alpha) / (self.class_count[:, None] + 2 * self.alpha)

    def _check_counts(self, classes: NDArray, per_class: Floats, per_feature: Floats) -> None:
        super()._check_counts(classes, per_class, per_feature)
        most = per_class[:, None]
        # Weighted sums carry rounding.
        beyond = (per_feature > most) & ~np.isclose(per_feature, most)
        if np.any(beyond):
            row, feature = np.argwhere(beyond)[0]
            raise DataError(
                f"feature {feature} is on in {per_feature[row, feature]:g} examples of class "
                f"{classes[row]}, of which there are {per_class[row]:g}"
            )

    def _likelihood_form(self) -> LinearForm:
        # Weighted sums carry rounding: a feature that is always on may exceed its class by a bit.
        off_count = np.maximum(self.class_count[:, None] - self.feature_count, 0)
        on, off = log(self.feature_count + self.alpha), log(off_count + self.alpha)
        with np.errstate(invalid="ignore"):
            weights = on - off
            total = log(self.class_count + 2 * self.alpha)
            bias = (off - total[:, None]).sum(axis=1)
        self._check_weights(weights, bias)
        return LinearForm(weights, bias)

    def _checked(self, X: ArrayLike, width: int | None = None) -> NDArray:
        """X as Booleans."""
        X = checked_features(X, width)
        if self.threshold is not None:
            return np.greater(X, self.threshold)
        on = X.astype(bool, copy=False)
        if X.dtype != np.bool_ and not np.array_equal(on, X):
            row, column = np.argwhere(on != X)[0]
            raise DataError(
                f"X holds {X[row, column]} in row {row}, column {column}, where a Bernoulli model "
                "takes 0 or 1: give a threshold, above which a feature counts as 1"
            )
        return on


class MultinomialNaiveBayes(DiscreteNaiveBayes):
    """Features that are counts: P(x | c) ∝ Πᵢ θ_ic^xᵢ with θ_ic = (n_ic + α)/(Σⱼ n_jc + αd).

    n_ic is the sum of xᵢ over the examples of class c. Then log P(x | c) = Σᵢ xᵢ log θ_ic, up to
    a number that is the same for all classes, is linear in x.

    Parameters
    ----------
    alpha, priors
        Additive smoothing, 0 or above; "learned", "uniform" or given priors: see
        `DiscreteNaiveBayes`.

    Attributes
    ----------
    classes, class_count, feature_count, n_features
        The labels, the number of examples of each (K numbers), n_ic (K × d) and d.
    """

    def __repr__(self) -> str:
        return f"MultinomialNaiveBayes(alpha={self.alpha}, priors={self.priors!r})"

    @property
    def feature_probability(self) -> Floats:
        """θ, K × d: the share of each feature in what a class counts; each row has the sum 1."""
        return np.exp(self._log_probability())

    def _log_probability(self) -> Floats:
        self._check_fitted()
        count = self.feature_count + self.alpha
        with np.errstate(invalid="ignore"):
            return log(count) - log(count.sum(axis=1, keepdims=True))

    def _likelihood_form(self) -> LinearForm:
        weights, bias = self._log_probability(), np.zeros(len(self.classes))
        self._check_weights(weights, bias)
        return LinearForm(weights, bias)

    def _checked(self, X: ArrayLike, width: int | None = None) -> NDArray:
        """X without negative counts."""
        X = checked_features(X, width)
        if X.min() < 0:
            row, column = np.argwhere(X < 0)[0]
            raise DataError(
                f"X holds {X[row, column]} in row {row}, column {column}, where a multinomial "
                "model takes counts: 0 or above"
            )
        return X
