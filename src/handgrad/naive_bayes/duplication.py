"""What copied features do to Naïve Bayes: nothing is learned, and confidence grows.

With k copies of every feature each factor P(xᵢ | c) stands k times in the product, so that

    P(c | k copies of x) ∝ P(c) P(x | c)ᵏ,

and with equal priors the odds of two classes are the k-th power of the odds.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handgrad.errors import UsageError
from handgrad.layers import Array
from handgrad.losses import log_softmax
from handgrad.naive_bayes.forms import Floats
from handgrad.naive_bayes.model import NaiveBayes


def duplicate_features(X: ArrayLike, copies: int) -> NDArray:
    """Repeat the d columns of X, n × d, to n × kd: x, x, … for each row x.

    Raises
    ------
    UsageError
        If `copies`, k, is not above 0.
    """
    _check_copies(copies)
    return np.tile(np.asarray(X), (1, copies))


def duplicated_log_odds(
    log_odds: ArrayLike, copies: ArrayLike, prior_log_odds: ArrayLike = 0.0
) -> Floats:
    """Compute log P(1 | k copies of x)/P(0 | k copies of x) in closed form.

    Parameters
    ----------
    log_odds
        log P(1 | x)/P(0 | x), with each feature once.
    copies
        k, any positive numbers.
    prior_log_odds
        log P(1)/P(0). With 0, equal priors, the result is k times `log_odds`: the odds to the
        power k. In general it is prior_log_odds + k (log_odds − prior_log_odds), because the prior
        is counted once.

    Raises
    ------
    UsageError
        If `copies` are not all above 0.
    """
    _check_copies(copies)
    prior_log_odds = np.asarray(prior_log_odds, dtype=np.float64)
    return prior_log_odds + np.asarray(copies) * (np.asarray(log_odds) - prior_log_odds)


def duplicated_log_proba(model: NaiveBayes, X: ArrayLike, copies: float) -> Array:
    """Compute log P(c | k copies of x), n × K, from the model of each feature once.

    It is what the same model gives for `duplicate_features(X, copies)` when it is fitted on
    copied features too: the copies have the same estimates. (Those of a multinomial model are all
    divided by k, which cancels when classes are compared.)

    Raises
    ------
    UsageError
        If `copies`, k, is not above 0.
    """
    _check_copies(copies)
    return log_softmax(model.class_log_prior + copies * model.log_likelihood(X))


def _check_copies(copies: ArrayLike) -> None:
    if not np.all(np.asarray(copies) > 0):
        raise UsageError(f"must be above 0, got {copies!r}", parameter="copies")
