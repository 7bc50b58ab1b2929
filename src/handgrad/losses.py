"""The loss: cross-entropy on softmax, the negative log-likelihood of the labels."""

import numpy as np
from numpy.typing import ArrayLike

from handgrad.layers import Array


class CrossEntropy:
    """L = −(1/n) Σₖ log p_{yₖ|xₖ}, with p_{j|x} = e^{z_j} / Σᵢ e^{zᵢ}, the sum over c classes.

    Written with targets, a row for each label, T = onehot(y), it is −(1/n) Σₖ Σ_j T_kj log p_kj.
    With label smoothing ε a row gives a share ε of its probability to all c classes alike,
    T = (1 − ε) onehot(y) + ε/c (Szegedy et al. 2016, arXiv:1512.00567).

    Nothing overflows: softmax does not change when the same number is taken from every logit of a
    row, and here the largest is, so that the largest e^z is 1.

    The working arrays are kept from call to call while the shape stays the same. They are stored
    class by class (n × c, column-major), in which numpy's sums and maxima over the classes of a
    row run along contiguous memory.

    Parameters
    ----------
    label_smoothing
        ε, from 0 to below 1.

    Attributes
    ----------
    correct
        How many rows of the last forward had the largest logit at their label; of equal logits,
        the first counts as the largest.
    """

    def __init__(self, label_smoothing: float = 0.0) -> None:
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing must be from 0 to below 1, got {label_smoothing}")
        self.label_smoothing = label_smoothing
        self.correct = 0
        self._ready = False
        self._allocate(0, 0, np.dtype(float))

    def forward(self, logits: ArrayLike, labels: ArrayLike) -> float:
        """Compute the loss.

        Parameters
        ----------
        logits
            Z, n × c, any finite numbers. (A loss beyond 10³⁵ may come out smaller than it is.)
        labels
            y, n whole numbers from 0 to c − 1.

        Raises
        ------
        ValueError
            If the logits are not n × c, the labels are not one a row, or one is not a class.
        """
        self._ready = False
        Z, y = np.asarray(logits), np.asarray(labels)
        if Z.dtype.kind in "iub":
            Z = Z.astype(float)
        if Z.ndim != 2 or y.shape != Z.shape[:1] or not Z.size:
            raise ValueError(
                f"logits n × c take n labels, got logits of shape {Z.shape} and labels of shape "
                f"{y.shape}"
            )
        n, c = Z.shape
        if Z.shape != self.p.shape or Z.dtype != self.p.dtype:
            self._allocate(n, c, Z.dtype)

        np.equal(y[:, None], self.classes, out=self.targets)
        if np.count_nonzero(self.targets) != n:
            raise ValueError(f"labels must be whole numbers from 0 to {c - 1}")
        if self.label_smoothing:
            self.targets *= 1 - self.label_smoothing
            self.targets += self.label_smoothing / c

        # (`reduce` is what np.max and np.sum do, without what they ask before.)
        np.maximum.reduce(Z, axis=1, keepdims=True, out=self.of_row)
        with np.errstate(over="ignore"):
            np.subtract(Z, self.of_row, out=self.log_p)
        np.exp(self.log_p, out=self.p)
        np.add.reduce(self.p, axis=1, keepdims=True, out=self.of_row)
        self.p /= self.of_row
        np.log(self.of_row, out=self.of_row)
        self.log_p -= self.of_row
        # The difference of two finite logits may be −∞, and 0 · −∞ is not 0.
        np.maximum(self.log_p, self.lowest, out=self.log_p)

        np.copyto(self.by_row, Z)
        self.by_row.argmax(axis=1, out=self.predicted)
        np.equal(self.predicted, y, out=self.hits)
        self.correct = int(np.count_nonzero(self.hits))
        self._ready = True
        return abs(float(np.vdot(self.targets.T, self.log_p.T))) / n

    def backward(self, out: Array | None = None) -> Array:
        """∂L/∂Z = (p − T) / n, n × c, for the logits and labels of the last forward."""
        if not self._ready:
            raise RuntimeError("CrossEntropy.backward needs a forward pass before it")
        gradient = np.subtract(self.p, self.targets, out=out)
        gradient /= len(self.p)
        return gradient

    def _allocate(self, n: int, c: int, dtype: np.dtype) -> None:
        self.classes = np.arange(c)
        self.targets, self.log_p, self.p = (np.empty((c, n), dtype).T for _ in range(3))
        self.of_row = np.empty((n, 1), dtype)
        self.lowest = np.finfo(dtype).min / max(2 * n, 1)
        self.by_row = np.empty((n, c), dtype)
        self.predicted = np.empty(n, np.intp)
        self.hits = np.empty(n, bool)


def log_softmax(logits: ArrayLike) -> Array:
    """Compute log p, n × c, for logits n × c: z − log Σ_j e^{z_j}, without overflow.

    A logit of −∞, or one further below the largest than numbers go, has a log p of −∞.
    """
    Z = np.asarray(logits)
    with np.errstate(over="ignore"):
        Z = Z - Z.max(axis=1, keepdims=True)
    return Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))
