"""The feed-forward network: layers in a row, over one vector of parameters."""

from __future__ import annotations

import copy
import operator
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from handgrad.layers import (
    Activation,
    Array,
    Dropout,
    Layer,
    Linear,
    ReLU,
    Residual,
    Sigmoid,
    Tanh,
    assigned_in_place,
)
from handgrad.losses import by_class

ActivationName = Literal["Sigmoid", "ReLU", "Tanh"]
ACTIVATIONS: dict[str, type[Activation]] = {"Sigmoid": Sigmoid, "ReLU": ReLU, "Tanh": Tanh}

ROWS_AT_ONCE = 1000
"""How many examples are evaluated at once: few enough for memory, and so many that calls of numpy
cost nothing beside them."""


class FeedForwardNeuralNetwork:
    """z₁ = xW₁ + b₁, a₁ = g(z₁), z₂ = a₁W₂ + b₂, … : the last z holds a score (logit) a class.

    Parameters
    ----------
    input_dim, output_dim
        The widths of x and of the logits.
    hidden_dim
        The width of every hidden layer, or a width each: num_layers − 1 of them.
    num_layers
        The number of linear layers; an activation follows each but the last. With 1 the network
        is one linear map, of which `activation` and one `hidden_dim` for all say nothing.
    activation
        g: a layer's class, such as ReLU, or the name of one of handgrad's.
    dropout, input_dropout
        The shares of each hidden layer's outputs and of the inputs that are dropped in training:
        see `Dropout`.
    residual
        Whether a hidden layer as wide as the one before it adds to its input: a + g(aW + b).
    rng
        Where the first weights are drawn from, layer by layer: a numpy Generator, a seed, or None
        for fresh entropy.
    dtype
        float32 or float64.

    Attributes
    ----------
    layers
        The layers, first to last.
    linear_layers
        The linear ones among them, also those inside a `Residual`.
    parameters, gradients
        All parameters and all their gradients, each one contiguous vector, layer by layer in
        order. Each layer's weights and bias are views into them.

    Raises
    ------
    ValueError
        If a dimension or `num_layers` is not at least 1, there are several widths but not as many
        as hidden layers, the activation is unknown, the dtype is neither of the two, or a share
        that is dropped is not from 0 to below 1.
    """

    parameters: Array = assigned_in_place("_parameters")
    gradients: Array = assigned_in_place("_gradients")

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        hidden_dim: int | Sequence[int] = 16,
        num_layers: int = 2,
        activation: type[Layer] | str = Sigmoid,
        *,
        dropout: float = 0.0,
        input_dropout: float = 0.0,
        residual: bool = False,
        rng: np.random.Generator | int | None = None,
        dtype: DTypeLike = np.float32,
    ):
        if num_layers < 1:
            raise ValueError(f"num_layers must be at least 1, got {num_layers}")
        # Python's own numbers, whatever is given: numpy's cannot be written to a model's file.
        self.input_dim, self.output_dim = operator.index(input_dim), operator.index(output_dim)
        self.num_layers = operator.index(num_layers)
        self.hidden_dim = _plain_widths(hidden_dim)
        self.activation = _activation_class(activation)
        self.dropout, self.input_dropout = float(dropout), float(input_dropout)
        self.residual = bool(residual)
        rng = np.random.default_rng(rng)
        widths = [self.input_dim, *self._hidden_widths(), self.output_dim]
        *hidden, last = [Linear(d, c, rng=rng, dtype=dtype) for d, c in pairwise(widths)]
        self.layers: list[Layer] = [Dropout(self.input_dropout)] if input_dropout else []
        for i, linear in enumerate(hidden):
            layers: list[Layer] = [linear, self.activation()]
            if residual and i > 0 and linear.input_dim == linear.output_dim:
                layers = [Residual(layers)]
            self.layers += [*layers, Dropout(self.dropout)] if dropout else layers
        self.layers.append(last)
        self.linear_layers = [*hidden, last]
        self._first = self.layers.index(self.linear_layers[0])
        self._gather(dtype)

    def forward(self, X: ArrayLike, outputs: Sequence[Array | None] | None = None) -> Array:
        """Compute the logits, n × c, of a batch X, n × d.

        With `outputs`, an array for each layer's output, nothing is allocated; the last is
        returned. `Workspace` makes them.
        """
        A: Any = X
        for i, layer in enumerate(self.layers):
            A = layer.forward(A, outputs[i] if outputs else None)
        return A

    def backward(
        self, output_gradient: Array, input_gradients: Sequence[Array | None] | None = None
    ) -> Array:
        """Compute ∂L/∂X, n × d, from ∂L/∂logits, n × c, and store every parameter's gradient.

        With `input_gradients`, an array for each layer's ∂L/∂input, nothing is allocated.
        """
        G = output_gradient
        for i in reversed(range(len(self.layers))):
            G = self.layers[i].backward(G, input_gradients[i] if input_gradients else None)
        return G

    def backward_parameters(
        self, output_gradient: Array, input_gradients: Sequence[Array | None] | None = None
    ) -> None:
        """Store every parameter's gradient, as training needs it: without ∂L/∂X."""
        G = output_gradient
        for i in reversed(range(self._first + 1, len(self.layers))):
            G = self.layers[i].backward(G, input_gradients[i] if input_gradients else None)
        self.layers[self._first].backward_parameters(G)

    @property
    def architecture(self) -> dict[str, Any]:
        """The arguments that build a network of this shape, with other weights."""
        return {
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "hidden_dim": self.hidden_dim,
            "num_layers": self.num_layers,
            "activation": self.activation.__name__,
            "dropout": self.dropout,
            "input_dropout": self.input_dropout,
            "residual": self.residual,
            "dtype": self.parameters.dtype.name,
        }

    def step(self, step_size: float) -> None:
        """Move every layer's parameters: θ ← θ − step_size · ∂L/∂θ."""
        for layer in self.layers:
            layer.step(step_size)

    def _hidden_widths(self) -> Sequence[int]:
        """The widths of the hidden layers, one each."""
        count = self.num_layers - 1
        if isinstance(self.hidden_dim, int):
            return [self.hidden_dim] * count
        if len(self.hidden_dim) != count:
            raise ValueError(
                f"hidden_dim has {len(self.hidden_dim)} widths, expected one for all, or {count} "
                f"for num_layers {self.num_layers}"
            )
        return self.hidden_dim

    def _gather(self, dtype: DTypeLike) -> None:
        """Move the parameters of all layers into one vector, and the gradients into another."""
        size = sum(layer.size for layer in self.layers)
        self._parameters, self._gradients = np.empty(size, dtype), np.zeros(size, dtype)
        start = 0
        for layer in self.layers:
            end = start + layer.size
            layer.move_into(self.parameters[start:end], self.gradients[start:end])
            start = end

    def __copy__(self) -> FeedForwardNeuralNetwork:
        """Copy in full: two networks cannot share one vector."""
        return copy.deepcopy(self)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the two vectors out: the layers have their parts of them."""
        vectors = ("_parameters", "_gradients")
        return {name: value for name, value in self.__dict__.items() if name not in vectors}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Gather the parameters of a copy, or of a network unpickled, in one vector again."""
        self.__dict__.update(state)
        self._gather(self.linear_layers[0].parameters.dtype)

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
        self.outputs.append(by_class(n, widths[-1], dtype))
        self.output_gradient = np.empty_like(self.outputs[-1])
        # The first layer's, the gradient with respect to the data, is new if it is asked for.
        self.input_gradients: list[Array | None] = [None]
        self.input_gradients += [np.empty((n, width), dtype) for width in widths[1:-1]]


def _plain_widths(hidden_dim: int | Sequence[int]) -> int | tuple[int, ...]:
    """The width of every hidden layer, or a width each if there are more than one."""
    widths = tuple(operator.index(width) for width in np.atleast_1d(hidden_dim))
    return widths[0] if len(widths) == 1 else widths


def _activation_class(activation: type[Layer] | str) -> type[Layer]:
    if isinstance(activation, type) and issubclass(activation, Layer):
        return activation
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, got {activation!r}")
    return ACTIVATIONS[activation]
