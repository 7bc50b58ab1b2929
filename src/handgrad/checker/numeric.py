"""Checking a gradient against central differences, in float64."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

EPSILON = float(np.finfo(np.float64).eps)

_FACTORS = 8.0 ** np.arange(-7, 9)
_FEW_FACTORS = 8.0 ** np.arange(-2, 3)
"""In single precision there is little room between rounding and bending."""


@dataclass(frozen=True)
class GradientCheck:
    """How far a gradient is from the central differences of its function.

    Attributes
    ----------
    relative_error
        The largest difference, divided by the largest entry of either gradient: 1e-8 or less for
        a right gradient of a smooth function, about 1 for a wrong one. NaN where either has one.
    worst
        The index at which the two differ most.
    numeric
        The central differences, in the shape of `x`.
    """

    relative_error: float
    worst: tuple[int, ...]
    numeric: Array

    def __bool__(self) -> bool:
        """Whether the gradient is right: the relative error is below 1e-6."""
        return self.relative_error < 1e-6


def central_differences(
    f: Callable[[Array], float], x: ArrayLike, epsilon: float = EPSILON
) -> Array:
    """∂f/∂xᵢ ≈ (f(x + hᵢeᵢ) − f(x − hᵢeᵢ)) / 2hᵢ for every entry of `x`.

    The step hᵢ is proportional to |xᵢ|, or to the root mean square of `x` where that is larger.
    How large it is depends on how fast f bends: along one random direction steps of several sizes
    are tried, and the one taken whose neighbours' answers agree with its own the best.
    `f` is given an array of its own and may change it. It rounds to `epsilon`, in relation to its
    largest numbers.
    """
    x = np.array(x, dtype=np.float64)
    scale = np.maximum(np.abs(x), np.sqrt(np.mean(np.square(x))) if x.size else 1.0)
    scale = np.where(scale == 0, 1.0, scale)
    # Where the two errors of a central difference balance, if f bends on the scale of x: cutting
    # the series off, ~ h², and rounding, ~ ε/h (Press et al., *Numerical Recipes*, section 5.7).
    # Powers of 2, which added to x are rounded the least.
    usual = 2.0 ** np.round(np.log2(np.cbrt(epsilon) * scale))
    steps = _factor(f, x, usual, epsilon) * usual
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        change = np.zeros_like(x)
        change[index] = steps[index]
        width = (x + change)[index] - (x - change)[index]
        gradient[index] = (float(f(x + change)) - float(f(x - change))) / width
    return gradient


def _factor(
    f: Callable[[Array], float], x: Array, usual: NDArray[np.floating], epsilon: float
) -> float:
    """The multiple of the usual step with the least error along one direction.

    That error is how far the slope is from that with the next smaller and larger steps, and what
    rounding may add.
    """
    # Of different lengths, so that the errors of different entries do not make up for one another.
    direction = usual * np.random.default_rng(0).choice([-1, 0.5, 0.25, -0.75], x.shape)
    factors = _FACTORS if epsilon == EPSILON else _FEW_FACTORS
    with np.errstate(all="ignore"):
        above = np.array([float(f(x + factor * direction)) for factor in factors])
        below = np.array([float(f(x - factor * direction)) for factor in factors])
        jumps = np.abs(np.diff((above - below) / (2 * factors)))
        rounding = epsilon * np.abs(above) / factors
        error = np.maximum(jumps[:-1], jumps[1:]) + rounding[1:-1]
    error[~np.isfinite(error)] = np.inf
    return float(factors[1:-1][np.argmin(error)]) if np.any(error < np.inf) else 1.0


def gradient_check(f: Callable[[Array], float], x: ArrayLike, grad: ArrayLike) -> GradientCheck:
    """Compare `grad`, the claimed ∂f/∂x at `x`, with central differences of `f`.

    Where the rounding of f drowns its slope, as far out on a sigmoid, no difference can tell
    whether a gradient is right: the relative error is large then too.

    Parameters
    ----------
    f
        A function of one array that returns one number.
    x
        Where to differentiate it, any shape. It is worked on in float64.
    grad
        The gradient to check, in the shape of `x`.

    Returns
    -------
    GradientCheck
        True in a condition when the gradient is right.

    Raises
    ------
    ValueError
        If `grad` has another shape than `x`.

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 3.0])
    >>> bool(gradient_check(lambda x: np.sum(x**2), x, 2 * x))
    True
    """
    x, grad = np.asarray(x, dtype=np.float64), np.asarray(grad, dtype=np.float64)
    if grad.shape != x.shape:
        raise ValueError(f"the gradient has shape {grad.shape}, but x has shape {x.shape}")
    numeric = central_differences(f, x)
    if not x.size:
        return GradientCheck(0.0, (), numeric)
    difference = np.abs(numeric - grad)
    largest = np.max(np.maximum(np.abs(numeric), np.abs(grad)))
    worst = np.unravel_index(int(np.argmax(difference)), x.shape)
    error = float(np.max(difference) / largest) if largest else 0.0
    return GradientCheck(error, tuple(int(i) for i in worst), numeric)
