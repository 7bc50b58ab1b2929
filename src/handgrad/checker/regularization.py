"""What somebody may put into a gradient besides ∂L/∂θ: weight decay, or clipping."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from handgrad.checker.judging import is_unknown
from handgrad.checker.mistakes import close
from handgrad.checker.verdict import Part

MOST_DECAY = 1.0
"""Weight decays λ are smaller."""

_NOTE = "it is right, but for "


class Compared(NamedTuple):
    """A gradient as it came, what it should be, the parameters θ, and the number of examples."""

    got: Any
    right: Any
    θ: Any
    n: int


def unless_regularized(part: Part, gradients: Sequence[Compared]) -> Part:
    """The part; unjudged where it is wrong by a weight decay or by clipping alone."""
    if not is_unknown(part):
        return part
    cause = _regularization(gradients)
    return part if cause is None else Part(part.name, "absent", note=_NOTE + cause, unjudged=True)


def is_regularized(part: Part) -> bool:
    """Whether `unless_regularized` left the part unjudged."""
    return part.unjudged and part.note.startswith(_NOTE)


def _regularization(gradients: Sequence[Compared]) -> str | None:
    """What makes of each right gradient what came: λθ or (λ/n)θ is added, or it is cut at ±c."""
    if any(g.θ is None or np.shape(g.got) != np.shape(g.θ) for g in gradients):
        return None
    first = gradients[0]
    λ = np.sum((first.got - first.right) * first.θ) / max(np.sum(first.θ**2), 1e-300)
    if 0 < λ < MOST_DECAY:
        if all(close(g.got, g.right + λ * g.θ) for g in gradients):
            return f"a weight decay of {λ:.2g}"
        if all(close(g.got, g.right + λ * first.n / g.n * g.θ) for g in gradients):
            return f"a weight decay of {λ * first.n:.2g} over the number of examples"
    limit = max(np.max(np.abs(g.got)) for g in gradients)
    if all(close(g.got, np.clip(g.right, -limit, limit)) for g in gradients):
        return f"clipping at {limit:.2g}"
    return None
