"""The losses that a network may have in its backward, and the mistakes in their gradients."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from handgrad.checker.cases import Array, Case
from handgrad.checker.catalogue import loss
from handgrad.checker.catalogue.activation import SIGMOID, TANH
from handgrad.checker.mathematics import ACTIVATIONS, LAST_FUNCTIONS, softmax
from handgrad.checker.mistakes import Mistake, Situation


@dataclass(frozen=True)
class Loss:
    """A loss that goes with a function after the last layer.

    Attributes
    ----------
    last
        The function, one of `mathematics.LAST_FUNCTIONS`.
    name
        What the loss is called.
    gradient
        Its gradient with respect to the scores, from what `seen_by_loss` gives.
    mistake
        What is wrong with that gradient, if something is.
    """

    last: str
    name: str
    gradient: Callable[[Situation], Any]
    mistake: Mistake | None = None


def seen_by_loss(last: str, Z: Array, case: Case, pass_number: int) -> Situation:
    """What the gradient of a loss may use: the scores Z, the output A, the targets Y, …

    Seen as an activation, the last function has X and A, and is given G = A − Y.
    """
    s = Situation(n=case.n, d=case.c, c=case.c, Z=Z, X=Z, takes="scores")
    s.labels, s.Y = case.targets("n", pass_number), case.targets("one-hot", pass_number)
    s.P, s.P_twice = softmax(Z), softmax(softmax(Z))
    s.A = LAST_FUNCTIONS[last][0](Z)
    s.G = s.A - s.Y
    s.right = LAST_FUNCTIONS[last][1](s.A, s.G)
    if last in ACTIVATIONS:
        s.slope_at = ACTIVATIONS[last][1]
        s.slope = s.slope_at(Z)
    return s


MEAN = ", the mean over the batch"

_SCALES: dict[str, Callable[[Situation], float]] = {
    "{}" + MEAN: lambda s: 1 / s.n,
    "{}, summed over the batch": lambda s: 1,
    "{}, the mean over all outputs of the batch": lambda s: 1 / (s.n * s.c),
    "{}, the mean over the outputs, summed over the batch": lambda s: 1 / s.c,
    "twice {}, the mean over the batch": lambda s: 2 / s.n,
    "twice {}, summed over the batch": lambda s: 2,
    "twice {}, the mean over all outputs of the batch": lambda s: 2 / (s.n * s.c),
    "twice {}, the mean over the outputs, summed over the batch": lambda s: 2 / s.c,
}


def _scaled(
    last: str, name: str, gradient: Callable[[Situation], Any], mistake: Mistake | None = None
) -> list[Loss]:
    """A loss summed or averaged, from its gradient summed over the batch."""

    def of(words: str, scale: Callable[[Situation], float]) -> Loss:
        return Loss(last, words.format(name), lambda s: scale(s) * gradient(s), mistake)

    return list(itertools.starmap(of, _SCALES.items()))


SQUARED = "half the squared error"

LOSSES = [
    *_scaled("softmax", "cross-entropy", lambda s: s.P - s.Y),
    *_scaled("log-softmax", "cross-entropy", lambda s: s.P - s.Y),
    *_scaled("", "cross-entropy of the softmax", lambda s: s.P - s.Y),
    *_scaled("sigmoid", "cross-entropy", lambda s: s.A - s.Y),
    *itertools.chain(*(_scaled(last, SQUARED, lambda s: s.right) for last in LAST_FUNCTIONS)),
]
"""The commonest first."""

WRONG_LOSSES = [
    *(
        Loss(last, "cross-entropy", mistake.numbers, mistake)
        for last in ("softmax", "")
        for mistake in loss.GRADIENT
        if not mistake.slug.startswith("labels")
    ),
    *itertools.chain(
        *(
            _scaled(last, SQUARED, mistake.numbers, mistake)
            for last, mistakes in (("sigmoid", SIGMOID), ("tanh", TANH))
            for mistake in mistakes
        )
    ),
]
"""What comes out where a mistake is in the gradient of the loss itself.

Not if it is one with the labels: they may be of another form, or smoothed, or counted from 1.
"""
