"""Student's t distribution with a whole number of degrees of freedom, and what tests make of it."""

import math
from collections.abc import Sequence


def two_sided_p(t: float, freedom: int) -> float:
    """P(|T| ≥ |t|) for T with so many degrees of freedom.

    The finite series in θ = arctan(|t|/√ν) of Abramowitz and Stegun 1964, 26.7.3 and 26.7.4.
    """
    theta = math.atan(abs(t) / math.sqrt(freedom))
    sine, cosine = math.sin(theta), math.cos(theta)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = 0.0
    for k in range(odd + 1, freedom, 2):
        total += term
        term *= cosine**2 * k / (k + 1)
    inside = 2 / math.pi * (theta + sine * total) if odd else sine * total
    return min(max(1 - inside, 0.0), 1.0)


def two_sided_quantile(p: float, freedom: int) -> float:
    """The t with P(|T| ≥ t) = p, for p from above 0 to 1, by bisection."""
    low, high = 0.0, 1.0
    while two_sided_p(high, freedom) > p:
        low, high = high, 2 * high
    while (middle := (low + high) / 2) not in (low, high):
        if two_sided_p(middle, freedom) > p:
            low = middle
        else:
            high = middle
    return high


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p values for their number (Holm 1979), in their order.

    Rejecting where the adjusted value is below α makes, with probability 1 − α, no mistake at all.
    """
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = largest
    return adjusted
