"""The feed-forward network: layers in a row, over one vector of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from handgrad.layers import Activation, Array, Layer, Linear, ReLU, Sigmoid, Tanh

ACTIVATIONS: dict[str, type[Activation]] = {"Sigmoid": Sigmoid, "ReLU": ReLU, "Tanh": Tanh}


class FeedForwardNeuralNetwork:
    """z₁ = xW₁ + b₁, a₁ = g(z₁), z₂ = a₁W₂ + b₂, … : the last z holds a score (logit) a class.

    Parameters
    ----------
    input_dim, output_dim
        The widths of x and of the logits.
    hidden_dim
        The width of every hidden layer.
    num_layers
        The number of linear layers; an activation follows each but the last. With 1 the network
        is one linear map, and `hidden_dim` and `activation` say nothing.
    activation
        g: a layer's class, such as ReLU, or the name of one of handgrad's.
    rng
        Where the first weights are drawn from, layer by layer: a numpy Generator, a seed, or None
        for fresh entropy.
    dtype
        float32 or float64.

    Attributes
    ----------
    layers
        The layers, first to last.
    parameters, gradients
        All parameters and all their gradients, each one contiguous vector, layer by layer in
        order. Each layer's weights and bias are views into them.

    Raises
    ------
    ValueError
        If a dimension or `num_layers` is not at least 1, or the activation is unknown.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        hidden_dim: int = 16,
        num_layers: int = 2,
        activation: type[Layer] | str = Sigmoid,
        *,
        rng: np.random.Generator | int | None = None,
        dtype: DTypeLike = np.float32,
    ):
        if num_layers < 1:
            raise ValueError(f"num_layers must be at least 1, got {num_layers}")
        self.input_dim, self.output_dim = input_dim, output_dim
        self.hidden_dim, self.num_layers = hidden_dim, num_layers
        self.activation = _activation_class(activation)
        rng = np.random.default_rng(rng)
        widths = [input_dim] + [hidden_dim] * (num_layers - 1) + [output_dim]
        self.layers: list[Layer] = []
        for d, c in pairwise(widths):
            self.layers += [Linear(d, c, rng=rng, dtype=dtype), self.activation()]
        self.layers.pop()
        self._gather(dtype)

    def forward(self, X: ArrayLike, outputs: Sequence[Array] | None = None) -> Array:
        """Compute the logits, n × c, of a batch X, n × d.

        With `outputs`, an array for each layer's output, nothing is allocated; the last is
        returned. `Workspace` makes them.
        """
        A = X
        for i, layer in enumerate(self.layers):
            A = layer.forward(A, outputs[i] if outputs else None)
        return np.asarray(A)

    def backward(
        self, output_gradient: Array, input_gradients: Sequence[Array] | None = None
    ) -> Array:
        """Compute ∂L/∂X, n × d, from ∂L/∂logits, n × c, and store every parameter's gradient.

        With `input_gradients`, an array for each layer's ∂L/∂input, nothing is allocated.
        """
        G = output_gradient
        for i, layer in reversed(list(enumerate(self.layers))):
            G = layer.backward(G, input_gradients[i] if input_gradients else None)
        return G

    def backward_parameters(
        self, output_gradient: Array, input_gradients: Sequence[Array] | None = None
    ) -> None:
        """Store every parameter's gradient, as training needs it: without ∂L/∂X."""
        G = output_gradient
        for i, layer in reversed(list(enumerate(self.layers))[1:]):
            G = layer.backward(G, input_gradients[i] if input_gradients else None)
        self.layers[0].backward_parameters(G)

    @property
    def architecture(self) -> dict[str, int | str]:
        """The arguments that build a network of this shape, with other weights."""
        return {
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "hidden_dim": self.hidden_dim,
            "num_layers": self.num_layers,
            "activation": self.activation.__name__,
            "dtype": self.parameters.dtype.name,
        }

    def step(self, step_size: float) -> None:
        """Move every layer's parameters: θ ← θ − step_size · ∂L/∂θ."""
        for layer in self.layers:
            layer.step(step_size)

    def _gather(self, dtype: DTypeLike) -> None:
        """Move the parameters of all layers into one vector, and the gradients into another."""
        size = sum(layer.size for layer in self.layers)
        self.parameters, self.gradients = np.empty(size, dtype), np.zeros(size, dtype)
        start = 0
        for layer in self.layers:
            end = start + layer.size
            layer.use(self.parameters[start:end], self.gradients[start:end])
            start = end

    def __repr__(self) -> str:
        return f"FeedForwardNeuralNetwork({' → '.join(map(repr, self.layers))})"


class Workspace:
    """The arrays that a network writes for a batch of n rows, to be used again for the next batch.

    `outputs` and `input_gradients` hold one array a layer, as `forward` and `backward` take them.
    The logits are stored class by class (column-major), as `CrossEntropy` likes them.
    """

    def __init__(self, network: FeedForwardNeuralNetwork, n: int):
        dtype = network.parameters.dtype
        widths = [network.input_dim]
        for layer in network.layers:
            widths.append(layer.output_dim_for(widths[-1]))
        self.outputs = [np.empty((n, width), dtype) for width in widths[1:-1]]
        self.outputs.append(np.empty((widths[-1], n), dtype).T)
        self.output_gradient = np.empty_like(self.outputs[-1])
        self.input_gradients = [np.empty((0, 0), dtype)]
        self.input_gradients += [np.empty((n, width), dtype) for width in widths[1:-1]]


def _activation_class(activation: type[Layer] | str) -> type[Layer]:
    if not isinstance(activation, str):
        return activation
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, got {activation!r}")
    return ACTIVATIONS[activation]
