"""What a fitted Naïve Bayes is: a linear function of x, or a quadratic one."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

BLOCK_ROWS = 1024
"""How many examples are converted to float at a time: where features are counted, or scored by a
linear form, no second copy of large data is made. (A Gaussian model's data are copied whole.)"""


@dataclass(frozen=True, eq=False)
class LinearForm:
    """s(x) = Wx + b, the scores by which a model decides.

    Attributes
    ----------
    weights
        For two classes w, of d numbers: the second class is predicted where w·x + b > 0, and
        w·x + b is the logarithm of the odds P(second | x) / P(first | x). For more, W, K × d,
        one row a class: the class predicted is argmax(XWᵀ + b), and the differences of the
        scores are the logarithms of the odds.
    bias
        b, one number, or K of them.
    """

    weights: Floats
    bias: Floats | float

    def scores(self, X: ArrayLike) -> Floats:
        """Compute XWᵀ + b for the batch X, n × d: n numbers, or n × K."""
        X = np.asarray(X)
        scores = np.empty((len(X), *np.shape(self.bias)))
        for rows in blocks(len(X)):
            np.matmul(X[rows].astype(np.float64, copy=False), self.weights.T, out=scores[rows])
        scores += self.bias
        return scores

    def between_two(self) -> "LinearForm":
        """Take the difference of two rows: the one hyperplane at which the two scores are equal."""
        first, second = self.bias  # type: ignore[misc]
        return LinearForm(self.weights[1] - self.weights[0], float(second - first))


@dataclass(frozen=True, eq=False)
class QuadraticForm:
    """s(x) = Σᵢ (qᵢxᵢ² + wᵢxᵢ) + b: a `LinearForm` of the features and their squares.

    Attributes
    ----------
    curvature, weights
        q and w, d numbers each; for more than two classes K × d, one row a class.
    bias
        b, one number, or K of them.
    """

    curvature: Floats
    weights: Floats
    bias: Floats | float

    def scores(self, X: ArrayLike) -> Floats:
        """Compute X²qᵀ + XWᵀ + b for the batch X, n × d: n numbers, or n × K."""
        X = np.asarray(X, dtype=np.float64)
        return X**2 @ self.curvature.T + X @ self.weights.T + self.bias

    def between_two(self) -> "QuadraticForm":
        """Take the difference of two rows: zero on the curve at which the two scores are equal."""
        first, second = self.bias  # type: ignore[misc]
        return QuadraticForm(
            self.curvature[1] - self.curvature[0],
            self.weights[1] - self.weights[0],
            float(second - first),
        )


def blocks(n: int) -> Iterator[slice]:
    """Cut n rows into slices of at most `BLOCK_ROWS`."""
    return (slice(start, start + BLOCK_ROWS) for start in range(0, n, BLOCK_ROWS))
