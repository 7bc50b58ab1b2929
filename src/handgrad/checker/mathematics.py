"""What right layers compute, in plain float64: short enough to be checked against the page."""

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


def softmax(Z: Array) -> Array:
    """p_j = e^{z_j} / Σ_c e^{z_c}, row by row."""
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def cross_entropies(Z: Array, Y: Array) -> Array:
    """−log p_y of every row, for one-hot labels Y: log Σ_c e^{z_c} − z_y."""
    top = Z.max(axis=1)
    return top + np.log(np.exp(Z - top[:, None]).sum(axis=1)) - (Z * Y).sum(axis=1)
