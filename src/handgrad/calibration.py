"""How far a classifier's confidence can be believed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handgrad.errors import UsageError


@dataclass(frozen=True, eq=False)
class Reliability:
    """Confidence against accuracy: what a reliability diagram draws.

    Attributes
    ----------
    edges
        The bounds of the m bins of confidence, m + 1 numbers from 0 to 1.
    count
        How many examples fall into each bin, m integers.
    confidence, accuracy
        The mean confidence of a bin's examples and the share of them that are right; NaN where a
        bin is empty.
    """

    edges: NDArray[np.float64]
    count: NDArray[np.intp]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]

    @property
    def expected_calibration_error(self) -> float:
        """Σ (count / n) |accuracy − confidence| (Naeini et al. 2015; Guo et al. 2017)."""
        gaps = np.abs(self.accuracy - self.confidence)
        return float(np.nansum(self.count * gaps) / self.count.sum())


def reliability(
    probabilities: ArrayLike, labels: NDArray[np.integer], bins: int = 10
) -> Reliability:
    """Sort predictions into equal bins of confidence, each with its lower bound left out.

    Parameters
    ----------
    probabilities
        P(c | x), n × K. The class predicted is the most probable one, and its probability is the
        confidence.
    labels
        The index of the true class of each row, n integers below K.
    bins
        How many bins to cut 0 to 1 into.

    Raises
    ------
    UsageError
        If the shapes are others, a probability is not from 0 to 1, or there is no bin.
    """
    P = np.asarray(probabilities, dtype=np.float64)
    if P.ndim != 2 or len(P) == 0 or np.shape(labels) != (len(P),):
        raise UsageError(
            f"probabilities must be n × K and labels n; got {P.shape} and {np.shape(labels)}"
        )
    if not (P.min() >= 0 and P.max() <= 1 + 1e-5):  # Those of float32 are rounded.
        raise UsageError(f"must be from 0 to 1, got {P.min():g} to {P.max():g}", "probabilities")
    if bins < 1:
        raise UsageError(f"must be 1 or more, got {bins}", "bins")
    edges = np.linspace(0, 1, bins + 1)
    confidence = P.max(axis=1)
    right = P.argmax(axis=1) == labels
    places = np.searchsorted(edges[1:-1], confidence, side="left")
    count = np.bincount(places, minlength=bins)
    with np.errstate(invalid="ignore"):
        return Reliability(
            edges,
            count,
            np.bincount(places, confidence, minlength=bins) / count,
            np.bincount(places, right, minlength=bins) / count,
        )
