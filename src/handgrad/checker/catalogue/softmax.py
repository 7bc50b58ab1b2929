"""Mistakes in a softmax of scores Z, n × c, by itself or within a loss."""

from typing import Any

import numpy as np

from handgrad.checker.cases import Array
from handgrad.checker.catalogue.activation import FORGOTTEN, IDENTITY
from handgrad.checker.mathematics import softmax
from handgrad.checker.mistakes import Mistake, Situation


def along(Z: Array, maximum: int | None, total: int | None) -> Array:
    """Softmax with its maximum and its sum along these axes: right for 1 and 1; None is for all."""
    with np.errstate(all="ignore"):
        E = np.exp(Z - Z.max(axis=maximum, keepdims=True))
        return np.asarray(E / E.sum(axis=total, keepdims=True))


AXIS = (
    "wrong axis",
    "The softmax is normalised along the wrong axis",
    "It is the c probabilities of one example that must add up to 1, not those of one class over "
    "the batch.",
    "Along which axis do the probabilities you compute add up to 1?",
)
MAX_AXIS = (
    "max over the wrong axis",
    "The maximum is taken over the wrong axis",
    "To take a different number from each column changes the probabilities; only a number common "
    "to a whole row cancels.",
    "Which entries share a denominator? What is subtracted must be the same for all of these.",
)
EVERYTHING = (
    "not normalised by rows",
    "The softmax is normalised over the whole batch",
    "All n · c numbers together add up to 1, but each row should.",
    "Along which axis do the probabilities you compute add up to 1?",
)
TWICE = (
    "softmax applied twice",
    "The softmax is applied twice",
    "The probabilities are treated as scores again.",
    "How often is exp applied on the way from the scores?",
)

_UNDIVIDED = (
    "not normalised",
    "The exponentials are not divided by their sum",
    "Probabilities add up to 1; these numbers do not.",
    "What is the denominator of a probability?",
)
OUTPUT = (
    Mistake(*AXIS, lambda s: along(s.X, 0, 0)),
    Mistake(*AXIS, lambda s: along(s.X, 1, 0)),
    Mistake(*EVERYTHING, lambda s: along(s.X, None, None)),
    Mistake(*EVERYTHING, lambda s: along(s.X, 1, None)),
    Mistake(*MAX_AXIS, lambda s: along(s.X, 0, 1)),
    Mistake(*_UNDIVIDED, lambda s: np.exp(s.X)),
    Mistake(*_UNDIVIDED, lambda s: np.exp(s.X - s.X.max(axis=1, keepdims=True))),
    Mistake(*_UNDIVIDED, lambda s: np.exp(s.X - s.X.max())),
    Mistake(*TWICE, lambda s: softmax(s.A)),
    Mistake(
        "logarithm returned",
        "The logarithms of the probabilities are returned",
        "Softmax returns the probabilities themselves.",
        "Do the numbers of each row add up to 1?",
        lambda s: np.log(s.A),
    ),
    IDENTITY,
)
"""Of a softmax layer's output, for scores X and probabilities A."""


def _sum(array: Array, axis: int | None) -> Any:
    return array.sum(axis=axis, keepdims=True)


_DEPENDENCE = "Each probability depends on all scores of its row, by their common denominator; "
GRADIENT = (
    Mistake(
        "only the diagonal",
        "Only the diagonal of the Jacobian is used",
        _DEPENDENCE + "pᵢ(1 − pᵢ) is only its dependence on its own.",
        "How does p₁ change when z₂ grows?",
        lambda s: s.G * s.A * (1 - s.A),
    ),
    Mistake(
        "wrong axis",
        "The sum is along the wrong axis",
        "What is subtracted is a sum over the classes of one example, and here it is one over the "
        "examples.",
        "Which entries share a denominator? The sum runs over these.",
        lambda s: s.A * (s.G - _sum(s.G * s.A, 0)),
    ),
    Mistake(
        "summed over everything",
        "The sum runs over the whole batch",
        "What is subtracted is a sum over the classes of one example; examples have no part in "
        "one another's gradients.",
        "Which entries share a denominator? The sum runs over these.",
        lambda s: s.A * (s.G - _sum(s.G * s.A, None)),
    ),
    Mistake(
        "denominator forgotten",
        "The derivative of the denominator is forgotten",
        _DEPENDENCE + "the numbers are those of p · ∂L/∂p.",
        "How does p₁ change when z₂ grows?",
        lambda s: s.A * s.G,
    ),
    Mistake(
        "sum without the probabilities",
        "The gradients are summed without their probabilities",
        "The sum is a mean of the gradients, weighted by the probabilities.",
        "Which two factors does each term of the sum have?",
        lambda s: s.A * (s.G - _sum(s.G, 1)),
    ),
    Mistake(
        "outer factor forgotten",
        "The factor p is forgotten",
        "The numbers are those of the bracket in the equation.",
        "Which factor is there before the bracket?",
        lambda s: s.G - _sum(s.G * s.A, 1),
    ),
    FORGOTTEN,
)
"""Of a softmax layer's gradient."""

OVERFLOW = Mistake(
    "softmax overflows",
    "The softmax overflows for large scores",
    "e¹⁰⁰⁰ is more than a float can hold: it becomes ∞, and ∞/∞ is not a number.",
    "The probabilities do not change when the same number is taken from all scores of a row. Which "
    "number would make the largest exponent harmless?",
    lambda s: s.right,
)

GLOBAL_MAX = Mistake(
    "max over the wrong axis",
    "The maximum is taken over the whole batch instead of over each row",
    "A row whose scores are all far below another row's becomes e⁻²⁰⁰⁰ = 0 throughout, and 0/0 is "
    "not a number.",
    "Which entries share a denominator? The maximum must be one of these.",
    lambda s: s.right,
)


def overflow(got: Any, s: Situation) -> Mistake:
    """Why numbers of the shape of the scores are not finite where these are far apart."""
    P = along(s.Z, None, 1)
    same_shape = np.shape(got) == P.shape
    return GLOBAL_MAX if same_shape and np.array_equal(np.isnan(got), np.isnan(P)) else OVERFLOW
