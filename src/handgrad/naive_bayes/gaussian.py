"""Naïve Bayes for features on a continuous scale."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handgrad.errors import DataError, UsageError
from handgrad.naive_bayes.checks import checked_features, checked_smoothing
from handgrad.naive_bayes.forms import Floats, LinearForm, QuadraticForm, blocks
from handgrad.naive_bayes.model import NaiveBayes, Priors


class GaussianNaiveBayes(NaiveBayes):
    """Features that are normal within a class: xᵢ | c ~ N(μ_ic, σ²_ic).

    log P(x | c) = −½ Σᵢ [(xᵢ − μ_ic)²/σ²_ic + log 2πσ²_ic] has a square of xᵢ for each class. If
    the classes share their variances, the square is the same for all, cancels from every
    comparison of two classes, and what is left is linear in x.

    Parameters
    ----------
    shared_variance
        Whether feature i has one variance σ²ᵢ, that about the means of the classes, or one in each
        class.
    variance_smoothing
        This share of the largest variance of any feature (over all examples, unweighted) is added
        to all variances, so that a feature that does not vary has one too.
    priors
        P(c): "learned", "uniform", or given as one probability a class.

    Attributes
    ----------
    classes, class_count, n_features
        The labels, the number of examples of each (K numbers, weighted if the examples are), and d.
    mean, squared_deviation
        μ_ic and Σ (xᵢ − μ_ic)² over the examples of each class, K × d; weighted likewise.
    n_examples, overall_mean, overall_squared_deviation
        The same over all examples, unweighted: a number, and d numbers each.
    """

    mean: Floats
    squared_deviation: Floats
    n_examples: int
    overall_mean: Floats
    overall_squared_deviation: Floats

    def __init__(
        self,
        *,
        shared_variance: bool = False,
        variance_smoothing: float = 1e-9,
        priors: Priors = "learned",
    ):
        super().__init__(priors=priors)
        self.shared_variance = shared_variance
        self.variance_smoothing = checked_smoothing("variance_smoothing", variance_smoothing)

    def __repr__(self) -> str:
        return (
            f"GaussianNaiveBayes(shared_variance={self.shared_variance}, "
            f"variance_smoothing={self.variance_smoothing}, priors={self.priors!r})"
        )

    @property
    def variance(self) -> Floats:
        """σ², K × d: smoothed; the same in all rows if it is shared.

        A class without an example has the row 1: it has no variance, and P(x | c) = 0 anyway.
        """
        self._check_fitted()
        seen = self.class_count > 0
        variance = np.ones_like(self.squared_deviation)
        if self.shared_variance:
            variance[seen] = self.squared_deviation.sum(axis=0) / self.class_count.sum()
        else:
            variance[seen] = self.squared_deviation[seen] / self.class_count[seen, None]
        largest = self.overall_squared_deviation.max() / self.n_examples
        variance[seen] += self.variance_smoothing * largest
        if not np.all(variance):
            row, feature = np.argwhere(variance == 0)[0]
            raise DataError(
                f"feature {feature} has the variance 0 in class {self.classes[row]}: "
                "leave it out, or give a larger variance_smoothing"
            )
        return variance

    def linear_form(self) -> LinearForm:
        """Give the weights and the bias by which the model decides: see `LinearForm`.

        Raises
        ------
        UsageError
            If each class has its own variances: the model is quadratic then.
        """
        if not self.shared_variance:
            raise UsageError(
                "a Gaussian model with a variance for each class is quadratic, not linear: the "
                "terms xᵢ²/2σ²_ic differ from class to class and do not cancel; ask for "
                "quadratic_form(), or fit with shared_variance=True"
            )
        return super().linear_form()

    def quadratic_form(self) -> QuadraticForm:
        """Give the coefficients of xᵢ², xᵢ and 1 that decide: see `QuadraticForm`."""
        variance = self.variance
        form = QuadraticForm(
            curvature=-0.5 / variance,
            weights=self.mean / variance,
            bias=self.class_log_prior
            + self._bias(self.mean**2 / variance + np.log(2 * np.pi * variance)),
        )
        return form.between_two() if len(self.classes) == 2 else form

    def log_likelihood(self, X: ArrayLike) -> Floats:
        """Compute log P(x | c), n × K, up to a number a row, the same for all classes.

        Features are measured from a mean first, not from 0: far from 0, x² or wx and the bias are
        large and nearly cancel, and so would the digits of their sum.
        """
        self._check_fitted()
        X = checked_features(X, self.n_features)
        if self.shared_variance:
            return self._centered_form().scores(X - self.overall_mean)
        variance = self.variance
        precision, bias = 1 / variance, self._bias(np.log(2 * np.pi * variance))
        scores = np.empty((len(X), len(self.classes)))
        for rows in blocks(len(X)):
            for c, mean in enumerate(self.mean):
                scores[rows, c] = bias[c] - 0.5 * (X[rows] - mean) ** 2 @ precision[c]
        return scores

    def _centered_form(self) -> LinearForm:
        """log P(x | c) as a linear form of x − m, m the overall mean, without the shared square."""
        variance, mean = self.variance, self.mean - self.overall_mean
        return LinearForm(mean / variance, self._bias(mean**2 / variance))

    def _likelihood_form(self) -> LinearForm:
        form = self._centered_form()
        return LinearForm(form.weights, form.bias - form.weights @ self.overall_mean)

    def _bias(self, terms: Floats) -> Floats:
        """−½ Σᵢ terms_ic, K numbers; −∞ for a class without an example: P(x | c) = 0."""
        return np.where(self.class_count > 0, -0.5 * terms.sum(axis=1), -np.inf)

    def _start(self, classes: NDArray, n_features: int) -> None:
        super()._start(classes, n_features)
        self.mean = np.zeros((len(classes), n_features))
        self.squared_deviation = np.zeros((len(classes), n_features))
        self.n_examples = 0
        self.overall_mean = np.zeros(n_features)
        self.overall_squared_deviation = np.zeros(n_features)

    def _count(self, X: NDArray, indices: NDArray[np.intp], sample_weight: Floats | None) -> None:
        X = X.astype(np.float64, copy=False)
        weights = np.ones(len(X)) if sample_weight is None else sample_weight
        for c in range(len(self.classes)):
            members = indices == c
            self.mean[c], self.squared_deviation[c] = _merged_moments(
                self.class_count[c],
                self.mean[c],
                self.squared_deviation[c],
                X[members],
                weights[members],
            )
        self.overall_mean, self.overall_squared_deviation = _merged_moments(
            self.n_examples,
            self.overall_mean,
            self.overall_squared_deviation,
            X,
            np.ones(len(X)),
        )
        self.n_examples += len(X)
        super()._count(X, indices, sample_weight)


def _merged_moments(
    count: float, mean: Floats, squared_deviation: Floats, X: Floats, weights: Floats
) -> tuple[Floats, Floats]:
    """The mean and Σ (x − mean)² of what was seen and of the rows of X together.

    The two means differ, so each part's squares grow by its distance from the common mean (Chan,
    Golub and LeVeque, Stanford report STAN-CS-79-773). Nothing is subtracted that nearly cancels.
    """
    new_count = weights.sum()
    if new_count == 0:
        return mean, squared_deviation
    new_mean = weights @ X / new_count
    total = count + new_count
    shift = new_mean - mean
    return (
        mean + shift * (new_count / total),
        squared_deviation + weights @ (X - new_mean) ** 2 + shift**2 * (count * new_count / total),
    )
