"""Mistakes that any gradient can have: its sign, or its size, is wrong throughout."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from handgrad.checker.cases import STEP_SIZE
from handgrad.checker.mistakes import Mistake, Situation, both

Change = Callable[[Any, Situation], Any]

_SCALES: list[tuple[str, str, str, str, Change]] = [
    (
        "sign flipped",
        "The sign is flipped",
        "Every number is exactly minus the right one, so that each step would climb instead of "
        "descend.",
        "Follow the sign through the equation: which of its factors brings in a minus?",
        lambda right, s: -right,
    ),
    (
        "averaged",
        "Averaged over the batch instead of summed",
        "Every number is the right one divided by n. The loss is a mean already, and its gradient "
        "brings the 1/n along; a layer that divides once more trains n times too slowly.",
        "Where does the 1/n of the mean loss enter the chain rule, and how often?",
        lambda right, s: right / s.n,
    ),
    (
        "divided by n twice",
        "Divided by n twice",
        "Every number is the right one divided by n², but a mean has one 1/n.",
        "Find the places that divide by the size of the batch. Which of them is the loss's?",
        lambda right, s: right / s.n**2,
    ),
    (
        "multiplied by n",
        "Multiplied by the size of the batch",
        "Every number is n times the right one.",
        "The chain rule multiplies by no n. Where does yours come from?",
        lambda right, s: right * s.n,
    ),
    (
        "averaged over all entries",
        "Averaged over all entries, not over the examples",
        "Every number is the right one divided by the number of all entries of the array, since "
        "a mean without an axis counts the columns, too.",
        "How many examples are there in an array with n rows and c columns?",
        lambda right, s: right / (s.n * s.c),
    ),
    (
        "divided by c",
        "Divided by the number of outputs",
        "Every number is the right one divided by c, the number of columns.",
        "Is there a mean over the columns? The columns are different outputs, not examples.",
        lambda right, s: right / s.c,
    ),
    (
        "divided by d",
        "Divided by the number of inputs",
        "Every number is the right one divided by d, the number of input columns.",
        "Is there a mean over the columns, or a division by a wrong shape[…]?",
        lambda right, s: right / s.d,
    ),
    (
        "doubled",
        "Exactly twice too large",
        "Every number is twice the right one, as if it were added twice, or a square had been "
        "differentiated.",
        "Is it added to something that holds it already? Is there a factor of 2 to spare?",
        lambda right, s: 2 * right,
    ),
    (
        "halved",
        "Exactly half as large as it should be",
        "Every number is half the right one.",
        "Where does the factor of one half come from?",
        lambda right, s: right / 2,
    ),
    (
        "step size in the gradient",
        "The step size is in the gradient",
        "Every number is the right one times the step size; with the step size in step as well, "
        "it counts twice.",
        "Backward finds the direction. Which method decides how far to go?",
        lambda right, s: STEP_SIZE * right,
    ),
]

SCALES: list[tuple[Mistake, Change]] = [
    (Mistake(slug, title, why, hint, lambda s, change=change: change(s.right, s)), change)  # type: ignore[misc]
    for slug, title, why, hint, change in _SCALES
]

TWICE_WITH_LOSS = Mistake(
    "divided by n twice",
    "Divided by n twice: here and in the loss",
    "The loss of this file is a mean, and its gradient has the 1/n in it already; here it is "
    "divided by n once more, so that the layer trains n times too slowly.",
    "Where does the 1/n of the mean loss enter the chain rule, and how often?",
    lambda s: s.right / s.n,
)

ZERO = Mistake(
    "all zeros",
    "The gradient is zero everywhere",
    "Nothing was written into it, or it was wiped again before anybody could use it.",
    "Follow the value from where it is computed to where it is kept.",
    lambda s: 0 * s.right,
)


@lru_cache
def with_scales(
    mistakes: tuple[Mistake, ...], near: tuple[Mistake, ...] = ()
) -> tuple[Mistake, ...]:
    """The mistakes, the wrong scales, the near misses, and two at once: the simplest first."""
    scales = [mistake for mistake, _ in SCALES]
    pairs = [both(m, change, scale) for m in mistakes for scale, change in SCALES]
    signs = [both(m, SCALES[0][1], SCALES[0][0]) for m in scales[1:]]
    return (*mistakes, *scales, ZERO, *near, *signs, *pairs)
