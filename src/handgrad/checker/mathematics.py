"""What right layers compute, in plain float64: short enough to be checked against the page."""

import math
from collections.abc import Callable

import numpy as np

from handgrad.checker.cases import Array


def sigmoid(X: Array) -> Array:
    """σ(x) = 1/(1 + e⁻ˣ)."""
    return 1 / (1 + np.exp(-X))


def relu(X: Array) -> Array:
    """max(0, x)."""
    return np.maximum(X, 0)


def sigmoid_slope(X: Array) -> Array:
    """σ′(x) = σ(x)(1 − σ(x))."""
    return sigmoid(X) * (1 - sigmoid(X))


def relu_slope(X: Array) -> Array:
    """1 where x > 0, else 0."""
    return (X > 0).astype(np.float64)


def tanh_slope(X: Array) -> Array:
    """tanh′(x) = 1 − tanh(x)²."""
    return 1 - np.tanh(X) ** 2


Function = Callable[[Array], Array]

ACTIVATIONS: dict[str, tuple[Function, Function]] = {
    "sigmoid": (sigmoid, sigmoid_slope),
    "relu": (relu, relu_slope),
    "tanh": (np.tanh, tanh_slope),
}
"""By kind: the function and its derivative."""


def _leaky_relu(slope: float) -> tuple[Function, Function]:
    """x where x > 0, else a fraction of it."""
    return lambda X: np.where(X > 0, X, slope * X), lambda X: np.where(X > 0, 1, slope)


def _elu(scale: float, alpha: float) -> tuple[Function, Function]:
    """λx where x > 0, else λα(eˣ − 1)."""
    return (
        lambda X: scale * np.where(X > 0, X, alpha * np.expm1(np.minimum(X, 0))),
        lambda X: scale * np.where(X > 0, 1, alpha * np.exp(np.minimum(X, 0))),
    )


def _normal_cdf(X: Array) -> Array:
    """Φ(x), the probability that a standard normal number is below x."""
    return np.vectorize(lambda x: (1 + math.erf(x / math.sqrt(2))) / 2, otypes=[float])(X)


def _gelu_by_tanh(X: Array) -> Array:
    """x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2."""
    return X * (1 + np.tanh(math.sqrt(2 / math.pi) * (X + 0.044715 * X**3))) / 2


def _gelu_by_tanh_slope(X: Array) -> Array:
    """The derivative of x t(x), by the product rule."""
    T = np.tanh(math.sqrt(2 / math.pi) * (X + 0.044715 * X**3))
    inner = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * X**2)
    return (1 + T) / 2 + X * (1 - T**2) * inner / 2


def _scaled_tanh_slope(X: Array) -> Array:
    """The derivative of 1.7159 tanh(⅔x)."""
    return 1.7159 * 2 / 3 * tanh_slope(2 * X / 3)


HIDDEN_ACTIVATIONS = ACTIVATIONS | {
    **{f"leaky relu, {slope}": _leaky_relu(slope) for slope in (0.01, 0.02, 0.05, 0.1, 0.2, 0.3)},
    "elu": _elu(1, 1),
    "selu": _elu(1.0507009873554805, 1.6732632423543772),
    "softplus": (lambda X: np.logaddexp(0, X), sigmoid),
    "swish": (
        lambda X: X * sigmoid(X),
        lambda X: sigmoid(X) + X * sigmoid_slope(X),
    ),
    "gelu": (
        lambda X: X * _normal_cdf(X),
        lambda X: _normal_cdf(X) + X * np.exp(-(X**2) / 2) / math.sqrt(2 * math.pi),
    ),
    "gelu by tanh": (_gelu_by_tanh, _gelu_by_tanh_slope),
    "softsign": (lambda X: X / (1 + np.abs(X)), lambda X: 1 / (1 + np.abs(X)) ** 2),
    "arctan": (np.arctan, lambda X: 1 / (1 + X**2)),
    "sine": (np.sin, np.cos),
    "scaled tanh": (lambda X: 1.7159 * np.tanh(2 * X / 3), _scaled_tanh_slope),
}
"""What may be between the layers of a network: the function and its derivative."""


def softmax(Z: Array) -> Array:
    """p_j = e^{z_j} / Σ_c e^{z_c}, row by row."""
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def _softmax_slope(P: Array, G: Array) -> Array:
    """p · (g − Σ_c p_c g_c), row by row: the gradient by the scores of what has G by p."""
    return P * (G - (P * G).sum(axis=1, keepdims=True))


LAST_FUNCTIONS: dict[str, tuple[Function, Callable[[Array, Array], Array]]] = {
    "": (lambda Z: Z, lambda A, G: G),
    "softmax": (softmax, _softmax_slope),
    "log-softmax": (
        lambda Z: np.log(softmax(Z)),
        lambda A, G: G - np.exp(A) * G.sum(axis=1, keepdims=True),
    ),
    "sigmoid": (sigmoid, lambda A, G: G * A * (1 - A)),
    "tanh": (np.tanh, lambda A, G: G * (1 - A**2)),
}
"""What may be after the last layer: A from the scores; the gradient by the scores from A and ∂L/∂A.
"""


def are_probabilities(A: Array) -> bool:
    """Whether every row is of positive numbers that add up to 1."""
    return bool(np.all(A > 0) and np.allclose(A.sum(axis=-1), 1, rtol=1e-6))


def cross_entropies(Z: Array, Y: Array) -> Array:
    """−log p_y of every row, for one-hot labels Y: log Σ_c e^{z_c} − z_y."""
    top = Z.max(axis=1)
    return top + np.log(np.exp(Z - top[:, None]).sum(axis=1)) - (Z * Y).sum(axis=1)
