"""Every gradient against central differences, and what a training run comes to."""

from collections.abc import Callable

import numpy as np
import pytest

from handgrad import small_mnist
from handgrad.hyperparameters import Hyperparameters
from handgrad.layers import Array, Layer, Linear, ReLU, Sigmoid, Tanh
from handgrad.losses import CrossEntropy
from handgrad.training import Training

RNG = np.random.default_rng(0)

LAYERS = Linear(3, 4, rng=1, dtype=np.float64), Sigmoid(), Tanh(), ReLU()


def differences(f: Callable[[], float], x: Array, h: float = 1e-6) -> Array:
    """∂f/∂x by central differences; x, which f reads, is changed in place and restored."""
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        before = x[i]
        x[i] = before + h
        above = f()
        x[i] = before - h
        gradient[i] = (above - f()) / (2 * h)
        x[i] = before
    return gradient


@pytest.mark.parametrize("layer", LAYERS)
def test_backward_is_the_gradient_of_forward(layer: Layer) -> None:
    """L = Σ A ⊙ G has ∂L/∂A = G."""
    X = RNG.standard_normal((5, 3))
    G = RNG.standard_normal(layer.forward(X).shape)

    def loss() -> float:
        return (layer.forward(X) * G).sum()

    layer.forward(X)
    assert np.allclose(layer.backward(G), differences(loss, X), atol=1e-7)
    if isinstance(layer, Linear):
        assert np.allclose(layer.gradients, differences(loss, layer.parameters), atol=1e-7)


def test_the_gradient_of_the_loss() -> None:
    """∂L/∂Z of the mean cross-entropy."""
    Z, y = RNG.standard_normal((6, 4)), np.array([0, 1, 2, 3, 0, 1])
    loss = CrossEntropy()
    loss.forward(Z, y)
    gradient = loss.backward().copy()
    assert np.allclose(gradient, differences(lambda: loss.forward(Z, y), Z), atol=1e-7)


def test_training_learns() -> None:
    """Three epochs of a ReLU network, on digits it was not trained on."""
    digits = small_mnist()
    asked = Hyperparameters(max_epochs=3, step_size=0.1, activation="ReLU")
    *_, last = Training(digits.train, digits.validation, asked)
    assert last.validation_accuracy > 0.5
