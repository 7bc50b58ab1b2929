"""The loss: cross-entropy on softmax, the negative log-likelihood of the labels."""

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from handgrad.layers import Array, as_floats


class CrossEntropy:
    """L = −(1/n) Σₖ log p_{yₖ|xₖ}, with p_{j|x} = e^{z_j} / Σᵢ e^{zᵢ}, the sum over c classes.

    Written with targets, a row for each label, T = onehot(y), it is −(1/n) Σₖ Σ_j T_kj log p_kj.
    With label smoothing ε a row gives a share ε of its probability to all c classes alike,
    T = (1 − ε) onehot(y) + ε/c (Szegedy et al. 2016, arXiv:1512.00567).

    `forward` and `backward` are the loss as a layer. A training step needs only the gradient, and
    can leave the losses of its rows for later: `targets`, `of_rows` and `gradient` are the parts.

    Parameters
    ----------
    label_smoothing
        ε, from 0 to below 1.

    Attributes
    ----------
    correct
        How many rows of the last forward had the largest logit at their label; of equal logits,
        the first counts as the largest.

    Raises
    ------
    ValueError
        If the label smoothing is another.
    """

    def __init__(self, label_smoothing: float = 0.0) -> None:
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing must be from 0 to below 1, got {label_smoothing}")
        self.label_smoothing = label_smoothing
        self.correct = 0
        self._kept: tuple[Array, Array] | None = None
        self._of_row = np.empty((0, 1))

    def __repr__(self) -> str:
        return f"CrossEntropy(label_smoothing={self.label_smoothing})"

    def forward(self, logits: ArrayLike, labels: ArrayLike) -> float:
        """Compute the loss.

        Parameters
        ----------
        logits
            Z, n × c, any finite numbers; backward needs them as they are. (Of a row's loss, what
            is beyond half of the largest number that there is is cut off.)
        labels
            y, n whole numbers from 0 to c − 1.

        Raises
        ------
        ValueError
            If the logits are not n × c, the labels are not one a row, or one is not a class.
        """
        self._kept = None
        Z, y = as_floats(logits), np.asarray(labels)
        if Z.ndim != 2 or y.shape != Z.shape[:1] or not Z.size:
            raise ValueError(
                f"logits n × c take n labels, got logits of shape {Z.shape} and labels of shape "
                f"{y.shape}"
            )
        T = self.targets(y, Z.shape[1], Z.dtype)
        self.correct = int(np.count_nonzero(Z.argmax(axis=1) == y))
        self._kept = Z, T
        return float(np.add.reduce(self.of_rows(Z, T) / len(Z)))

    def backward(self, out: Array | None = None) -> Array:
        """∂L/∂Z, n × c, for the logits and labels of the last forward.

        Raises
        ------
        RuntimeError
            If there was no forward.
        """
        if self._kept is None:
            raise RuntimeError("CrossEntropy.backward needs a forward pass before it")
        return self.gradient(*self._kept, out=out)

    def targets(
        self, labels: ArrayLike, class_count: int, dtype: DTypeLike, out: Array | None = None
    ) -> Array:
        """Give T, n × c, for n labels; new ones are stored class by class.

        Raises
        ------
        ValueError
            If a label is not a class.
        """
        y = np.asarray(labels)
        T = by_class(len(y), class_count, dtype) if out is None else out
        np.equal(y[:, None], np.arange(class_count), out=T)
        if np.count_nonzero(T) != len(y):
            raise ValueError(f"labels must be whole numbers from 0 to {class_count - 1}")
        if self.label_smoothing:
            T *= 1 - self.label_smoothing
            T += self.label_smoothing / class_count
        return T

    def of_rows(self, Z: Array, T: Array) -> Array:
        """−Σ_j T_kj log p_kj for each of n rows: log Σᵢ e^{zᵢ} − Σ_j T_kj z_kj, as a row of T is 1.

        Nothing overflows: neither changes when the same number is taken from every logit of a row,
        and here the largest is, so that the largest e^z is 1.
        """
        z = _below_largest(Z)
        log_sum = np.log(np.add.reduce(np.exp(z), axis=1))
        # The difference of two finite logits may be −∞, and 0 · −∞ is not 0. Half of the least
        # number leaves room for the sum over the rows.
        np.maximum(z, np.finfo(z.dtype).min / 2, out=z)
        return log_sum - np.einsum("kj,kj->k", T, z)

    def gradient(self, Z: Array, T: Array, out: Array | None = None) -> Array:
        """∂L/∂Z = (p − T) / n, n × c."""
        if len(self._of_row) < len(Z) or self._of_row.dtype != Z.dtype:
            self._of_row = np.empty((len(Z), 1), Z.dtype)
        of_row = self._of_row[: len(Z)]
        # (`reduce` is what np.max and np.sum do, without what they ask before.)
        np.maximum.reduce(Z, axis=1, keepdims=True, out=of_row)
        with np.errstate(over="ignore"):
            p = np.subtract(Z, of_row, out=out)
        np.exp(p, out=p)
        p /= np.add.reduce(p, axis=1, keepdims=True, out=of_row)
        p -= T
        p /= len(Z)
        return p


def by_class(n: int, class_count: int, dtype: DTypeLike) -> Array:
    """Give an array for n × c numbers, stored class by class (column-major).

    There numpy's sums and maxima over the classes of a row run along contiguous memory.
    """
    return np.empty((class_count, n), dtype).T


def log_softmax(logits: ArrayLike) -> Array:
    """Compute log p, n × c, for logits n × c: z − log Σ_j e^{z_j}, without overflow.

    A logit of −∞, or one further below the largest than numbers go, has a log p of −∞.
    """
    z = _below_largest(as_floats(logits))
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def _below_largest(Z: Array) -> Array:
    """Take the largest logit of each row from all of them."""
    n, c = Z.shape
    with np.errstate(over="ignore"):
        return np.subtract(Z, Z.max(axis=1, keepdims=True), out=by_class(n, c, Z.dtype))
