"""What somebody may put into a gradient besides ∂L/∂θ: weight decay, or clipping."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from handgrad.checker.judging import is_unexplained
from handgrad.checker.mistakes import close, same_shape
from handgrad.checker.verdict import Part

MOST_DECAY = 1.0
"""Weight decays λ are smaller."""


class Compared(NamedTuple):
    """A gradient as it came, what it should be, the parameters θ, and the number of examples."""

    got: Any
    right: Any
    θ: Any
    n: int


def together(gradients: Iterable[Compared]) -> Compared:
    """The gradients of all parameters as one, of which clipping may hold the norm."""
    every = list(gradients)
    right = np.concatenate([np.ravel(g.right) for g in every])
    if any(g.got is None for g in every):
        return Compared(None, right, None, every[0].n)
    return Compared(np.concatenate([np.ravel(g.got) for g in every]), right, None, every[0].n)


def unless_regularized(part: Part, gradients: Sequence[Compared]) -> Part:
    """The part; unjudged where it is wrong by a weight decay or by clipping alone."""
    if not is_unexplained(part):
        return part
    cause = _regularization(gradients)
    if cause is None:
        return part
    note = f"it is right, but for {cause}"
    return Part(part.name, "absent", note=note, unjudged=True, regularized=True)


def _regularization(gradients: Sequence[Compared]) -> str | None:
    """What makes of each right gradient what came: a weight decay, or clipping."""
    if any(not isinstance(g.got, np.ndarray) for g in gradients):
        return None
    return _weight_decay(gradients) or _clipping(gradients)


def _weight_decay(gradients: Sequence[Compared]) -> str | None:
    """Whether λθ or (λ/n)θ is added."""
    if any(g.θ is None or not same_shape(g.got, g.θ) for g in gradients):
        return None
    gradients = [
        Compared(np.ravel(g.got), np.ravel(g.right), np.ravel(g.θ), g.n) for g in gradients
    ]
    first = gradients[0]
    λ = np.sum((first.got - first.right) * first.θ) / max(np.sum(first.θ**2), 1e-300)
    if not 0 < λ < MOST_DECAY:
        return None
    if all(close(g.got, g.right + λ * g.θ) for g in gradients):
        return f"a weight decay of {λ:.2g}"
    if all(close(g.got, g.right + λ * first.n / g.n * g.θ) for g in gradients):
        return f"a weight decay of {λ * first.n:.2g} over the number of examples"
    return None


def _clipping(gradients: Sequence[Compared]) -> str | None:
    """Whether each number is cut at ±c, or each gradient is scaled down to a norm of c.

    A scale shows that it holds the norm where it is another for another gradient.
    """
    limit = max(float(np.max(np.abs(g.got), initial=0)) for g in gradients)
    if limit == 0:
        return None
    if all(close(g.got, np.clip(g.right, -limit, limit)) for g in gradients):
        return f"clipping at {limit:.2g}"
    limit = max(float(np.linalg.norm(g.got)) for g in gradients)
    scales = [min(1, limit / max(float(np.linalg.norm(g.right)), 1e-300)) for g in gradients]
    scaled = all(close(g.got, k * g.right) for k, g in zip(scales, gradients, strict=True))
    if scaled and not np.allclose(scales, scales[0]):
        return f"clipping to a norm of {limit:.2g}"
    return None
