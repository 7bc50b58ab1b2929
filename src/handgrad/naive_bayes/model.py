"""What all Naïve Bayes models share: counting, priors, and deciding in log space."""

from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handgrad.errors import UsageError
from handgrad.layers import Array
from handgrad.losses import log_softmax
from handgrad.naive_bayes.checks import (
    checked_classes,
    checked_features,
    checked_labels,
    checked_priors,
    checked_weights,
    class_indices,
)
from handgrad.naive_bayes.forms import Floats, LinearForm

Priors = Literal["learned", "uniform"] | ArrayLike


class NaiveBayes:
    """The classifier of largest log P(c) + Σᵢ log P(xᵢ | c); a model says what P(xᵢ | c) is.

    A model is its counts (sufficient statistics): `fit` and `partial_fit` add to them, and
    everything else is computed from them when it is asked for. So fitting in batches, of any sizes
    and in any order, gives what fitting at once gives, up to rounding.

    Parameters
    ----------
    priors
        P(c): "learned" as the share of each class in the examples, "uniform", or given, as one
        probability a class, in the order of `classes`.

    Attributes
    ----------
    classes
        The K labels, in order.
    class_count
        How many examples of each class were seen, K numbers; weighted, if the examples are.
    n_features
        d, the number of columns of X.
    """

    classes: NDArray
    class_count: Floats
    n_features: int

    def __init__(self, *, priors: Priors = "learned"):
        if isinstance(priors, str):
            if priors not in ("learned", "uniform"):
                raise UsageError(
                    f"must be 'learned', 'uniform' or one probability a class, got {priors!r}",
                    parameter="priors",
                )
            self.priors: str | Floats = priors
        else:
            self.priors = checked_priors(priors)

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learn from the examples X, n × d, with the n labels y; what was learned before is lost.

        Parameters
        ----------
        X
            Numbers, one example a row.
        y
            Labels, numbers or strings, of at least two classes.
        sample_weight
            How many examples each of the n counts for; 1 each unless given.

        Raises
        ------
        DataError
            If the data is not of that kind; it is a ValueError.
        UsageError
            If there are not as many priors as classes; it is one, too.
        """
        X = self._checked(X)
        y = checked_labels(y, len(X))
        weights = checked_weights(sample_weight, len(X))
        classes = checked_classes(y)
        self._start(classes, X.shape[1])
        self._count(X, class_indices(y, classes), weights)
        return self

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Learn from one more batch of examples; data larger than memory comes batch by batch.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        classes
            Every class that will ever appear. The first batch fixes the classes: those declared
            here or, without a declaration, those that appear in it.

        Raises
        ------
        DataError
            If the data is not of that kind, or a label is not among the classes.
        UsageError
            If the classes are declared again as others, or there are not as many priors.
        """
        first = not hasattr(self, "classes")
        X = self._checked(X, None if first else self.n_features)
        y = checked_labels(y, len(X))
        weights = checked_weights(sample_weight, len(X))
        known = checked_classes(y if classes is None else classes) if first else self.classes
        if not first and classes is not None and not np.array_equal(np.unique(classes), known):
            raise UsageError("must be those of the first partial_fit, or left out", "classes")
        indices = class_indices(y, known)
        if first:
            self._start(known, X.shape[1])
        self._count(X, indices, weights)
        return self

    def predict(self, X: ArrayLike) -> NDArray:
        """Name the most probable class of each row of X, n × d; of equals the first.

        Raises
        ------
        DataError
            If X is not such a table, or the model finds no finite weights.
        UsageError
            If the model has learned nothing yet.
        """
        best = np.argmax(self._scores(X), axis=1)
        return self.classes[best]

    def predict_log_proba(self, X: ArrayLike) -> Array:
        """Compute log P(c | x), n × K, for the rows x of X, the classes in order: as `predict`."""
        return log_softmax(self._scores(X))

    def predict_proba(self, X: ArrayLike) -> Array:
        """Compute P(c | x), n × K, for the rows x of X, the classes in order: as `predict`."""
        return np.exp(self.predict_log_proba(X))

    @property
    def class_log_prior(self) -> Floats:
        """log P(c), K numbers; −∞ for a class whose prior is 0."""
        self._check_fitted()
        if isinstance(self.priors, str):
            if self.priors == "uniform":
                return np.full(len(self.classes), -np.log(len(self.classes)))
            return log(self.class_count) - np.log(self.class_count.sum())
        return log(self.priors)

    def linear_form(self) -> LinearForm:
        """Give the weights and the bias by which the model decides: see `LinearForm`.

        Raises
        ------
        DataError
            If a weight is infinite: a value has probability 0 in a class.
        UsageError
            If the model has learned nothing yet.
        """
        self._check_fitted()
        likelihood = self._likelihood_form()
        form = LinearForm(likelihood.weights, likelihood.bias + self.class_log_prior)
        return form.between_two() if len(self.classes) == 2 else form

    def log_likelihood(self, X: ArrayLike) -> Floats:
        """Compute log P(x | c), n × K, up to a number a row, the same for all classes."""
        self._check_fitted()
        return self._likelihood_form().scores(self._checked(X, self.n_features))

    def _likelihood_form(self) -> LinearForm:
        """log P(x | c), without what all classes have in common: a linear form, one row a class."""
        raise NotImplementedError

    def _scores(self, X: ArrayLike) -> Floats:
        """log P(c) + log P(x | c), n × K, up to a number for each row."""
        return self.log_likelihood(X) + self.class_log_prior

    def _checked(self, X: ArrayLike, width: int | None = None) -> NDArray:
        """X as the model takes it."""
        return checked_features(X, width)

    def _start(self, classes: NDArray, n_features: int) -> None:
        if not isinstance(self.priors, str) and len(self.priors) != len(classes):
            raise UsageError(f"{len(self.priors)} priors were given for {len(classes)} classes")
        self.classes = classes
        self.class_count = np.zeros(len(classes))
        self.n_features = n_features

    def _count(self, X: NDArray, indices: NDArray[np.intp], sample_weight: Floats | None) -> None:
        """Add the checked examples X, with the classes `indices`, to the counts."""
        self.class_count += np.bincount(indices, sample_weight, minlength=len(self.classes))

    def _check_fitted(self) -> None:
        if not hasattr(self, "classes"):
            raise UsageError(f"this {type(self).__name__} has learned nothing yet: call fit first")


def log(x: ArrayLike) -> Floats:
    """log x, with log 0 = −∞ and no warning about it."""
    with np.errstate(divide="ignore"):
        return np.log(x)
