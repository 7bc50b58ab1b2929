"""The loss: cross-entropy on softmax, the negative log-likelihood of the labels."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handgrad.layers import Array


class CrossEntropy:
    """L = −(1/n) Σₖ log p_{yₖ|xₖ}, with p_{j|x} = e^{z_j} / Σ_c e^{z_c}.

    Written with the labels as one-hot rows, L = −(1/n) Σₖ Σ_c onehot_{kc} log p_{kc}. Neither e^z
    nor log p can overflow: softmax does not change when the same number is taken from every logit
    of a row, and here the largest is, so that the largest e^z is 1.

    The working arrays are kept from call to call while the shape stays the same. They are stored
    class by class (n × c, column-major), in which numpy's sums and maxima over the classes of a
    row run along contiguous memory.
    """

    def __init__(self) -> None:
        self.Z: Array = np.empty((0, 0))

    def forward(self, logits: ArrayLike, labels: NDArray[np.integer]) -> float:
        """Compute the loss.

        Parameters
        ----------
        logits
            Z, n × c, any finite numbers.
        labels
            y, n whole numbers from 0 to c − 1.

        Raises
        ------
        ValueError
            If the labels are not one a row, or one is not a class.
        """
        Z = np.asarray(logits)
        n, c = Z.shape
        if labels.shape != (n,):
            raise ValueError(f"{n} rows of logits take {n} labels, got shape {labels.shape}")
        if Z.shape != self.Z.shape or Z.dtype != self.Z.dtype:
            self._allocate(n, c, Z.dtype)
        self.Z, self.y = Z, labels

        np.equal(labels[:, None], self.classes, out=self.onehot)
        if np.count_nonzero(self.onehot) != n:
            raise ValueError(f"labels must be whole numbers from 0 to {c - 1}")

        np.max(Z, axis=1, keepdims=True, out=self.of_row)
        with np.errstate(over="ignore"):
            np.subtract(Z, self.of_row, out=self.log_p)
        # The difference of two finite logits may still be −∞, and 0 · −∞ is not 0.
        np.maximum(self.log_p, self.lowest, out=self.log_p)
        np.exp(self.log_p, out=self.p)
        np.sum(self.p, axis=1, keepdims=True, out=self.of_row)
        self.p /= self.of_row
        np.log(self.of_row, out=self.of_row)
        self.log_p -= self.of_row
        return -float(np.vdot(self.onehot.T, self.log_p.T)) / n

    def backward(self, out: Array | None = None) -> Array:
        """∂L/∂Z = (p − onehot(y)) / n, n × c, for the logits and labels of the last forward."""
        gradient = np.subtract(self.p, self.onehot, out=out)
        gradient /= len(self.p)
        return gradient

    def accuracy(self) -> float:
        """Compute the share of the last forward's rows whose largest logit is their label's."""
        np.copyto(self.by_row, self.Z)
        np.argmax(self.by_row, axis=1, out=self.predicted)
        np.equal(self.predicted, self.y, out=self.correct)
        return np.count_nonzero(self.correct) / len(self.correct)

    def _allocate(self, n: int, c: int, dtype: np.dtype) -> None:
        self.classes = np.arange(c)
        self.onehot, self.log_p, self.p = (np.empty((c, n), dtype).T for _ in range(3))
        self.of_row = np.empty((n, 1), dtype)
        self.lowest = np.finfo(dtype).min / n
        self.by_row = np.empty((n, c), dtype)
        self.predicted = np.empty(n, np.intp)
        self.correct = np.empty(n, bool)


def log_softmax(logits: ArrayLike) -> Array:
    """Compute log p, n × c, for logits n × c: z − log Σ_c e^{z_c}, without overflow."""
    Z = np.asarray(logits)
    Z = Z - Z.max(axis=1, keepdims=True)
    return Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))
