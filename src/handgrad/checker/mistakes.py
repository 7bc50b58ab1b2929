"""What a mistake is: a name, words for the person who made it, and the numbers it gives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

Situation = SimpleNamespace
"""What a formula may use: n, d, c, X, W, b, G, Z, … of one call, and `right`, the right answer."""


@dataclass(frozen=True)
class Mistake:
    """A well-known mistake.

    Attributes
    ----------
    slug
        Its name in reports.
    title
        What it is, in a few words.
    why
        Why it is wrong, in a sentence.
    hint
        A question or a step that leads to the solution, and not the solution.
    numbers
        What a layer with this mistake computes.
    place
        Which statement to look at: the one that gives the wrong "quantity", the one before it that
        brings in the "labels", or the one in forward that keeps the input ("cache").
    """

    slug: str
    title: str
    why: str
    hint: str
    numbers: Callable[[Situation], Any]
    place: str = "quantity"

    def explains(self, got: Any, situation: Situation) -> bool:
        """Whether this mistake gives these numbers."""
        try:
            with np.errstate(all="ignore"):
                return close(got, self.numbers(situation))
        except (ValueError, TypeError, AttributeError, IndexError, np.exceptions.AxisError):
            return False


def close(got: Any, wanted: Any, scale: float | None = None) -> bool:
    """Whether two arrays hold the same numbers, up to rounding and axes of length one.

    Rounding is in proportion to `scale`, which is the largest number wanted unless given.
    """
    got, wanted = np.asarray(got), np.asarray(wanted)
    if got.dtype.kind != "f" and got.size:
        return False
    tolerance = 1e-6 if got.dtype == np.float64 else 1e-3
    got, wanted = np.squeeze(got), np.squeeze(wanted)
    if got.shape != wanted.shape or not np.all(np.isfinite(got) & np.isfinite(wanted)):
        return False
    scale = np.max(np.abs(wanted), initial=0) if scale is None else scale
    return bool(np.all(np.abs(got - wanted) <= tolerance * scale))


def same_shape(one: Any, other: Any) -> bool:
    """Whether two arrays have the same shape, up to leading axes of length one: (c,) and (1, c)."""
    dims = max(np.ndim(one), np.ndim(other))
    return np.array(one, ndmin=dims).shape == np.array(other, ndmin=dims).shape


def both(one: Mistake, other: Callable[[Any, Situation], Any], mistake: Mistake) -> Mistake:
    """Two mistakes at once: the numbers of `one`, changed by `other`, which is `mistake`'s."""
    return Mistake(
        f"{one.slug} + {mistake.slug}",
        f"Two mistakes. {one.title}; and: {mistake.title[0].lower()}{mistake.title[1:]}",
        f"{one.why} {mistake.why}",
        f"{one.hint} Then: {mistake.hint}",
        lambda s: other(one.numbers(s), s),
        one.place,
    )


def find(mistakes: Sequence[Mistake], samples: Sequence[tuple[Any, Situation]]) -> Mistake | None:
    """The first mistake that explains all of the samples, or None; for no samples, None."""
    if not samples:
        return None
    return next((m for m in mistakes if all(m.explains(*sample) for sample in samples)), None)
