"""The layers of a network: what each computes, and the gradient of that, derived by hand.

Notation. X is a batch, n × d: one example a row. L is the loss, one number; ∂L/∂A has the shape
of A and says how L changes with each number in A. Every layer has the same parts:

    forward(X)     computes the output A = f(X) and keeps what backward will need;
    backward(G)    is given G = ∂L/∂A and returns ∂L/∂X = G · ∂A/∂X (the chain rule), storing the
                   gradients with respect to the layer's own parameters on the way;
    step(η)        moves the parameters downhill: θ ← θ − η · ∂L/∂θ.

Arrays are new each time unless the caller hands one over as `out`, as with numpy's own functions.
A layer works alone or in a network, in float32 or float64, on a batch of any size.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Array = NDArray[np.floating]


class Layer:
    """What all layers share: no parameters, unless a layer says otherwise."""

    size = 0
    """How many parameters the layer has."""

    def forward(self, X: ArrayLike, out: Array | None = None) -> Array:
        """Compute the layer's output, n × c, for its input X, n × d."""
        raise NotImplementedError

    def backward(self, output_gradient: Array, out: Array | None = None) -> Array:
        """Turn ∂L/∂output, n × c, into ∂L/∂X, n × d, for the X of the last forward."""
        raise NotImplementedError

    def backward_parameters(self, output_gradient: Array) -> None:
        """Do only the part of backward that stores the gradients of the layer's own parameters.

        It is all that the first layer of a network has to do in training: nobody asks for the
        gradient with respect to the data.
        """

    def step(self, step_size: float) -> None:
        """Move the layer's parameters against their gradient: θ ← θ − step_size · ∂L/∂θ."""

    def output_dim_for(self, input_dim: int) -> int:
        """How wide the output is for an input `input_dim` wide."""
        return input_dim

    def use(self, parameters: Array, gradients: Array) -> None:
        """Keep the parameters and their gradients in these two vectors of `size` numbers."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Linear(Layer):
    """Z = XW + b.

    Parameters
    ----------
    input_dim, output_dim
        d and c, the numbers of columns of X and of Z.
    rng
        Where the first weights are drawn from: a numpy Generator, a seed, or None for fresh
        entropy. W ~ N(0, 2/d), that is, with standard deviation √(2/d) (He et al. 2015,
        arXiv:1502.01852), and b = 0.5.
    dtype
        float32 or float64. The same seed draws the same weights in both, up to rounding.

    Attributes
    ----------
    weights, weights_gradient
        W and ∂L/∂W, d × c.
    bias, bias_gradient
        b and ∂L/∂b, 1 × c.
    parameters, gradients
        W and b, and their gradients, each as one vector of dc + c numbers. The four arrays above
        are views into these two: to write into one is to write into the other.

    Raises
    ------
    ValueError
        If a dimension is not at least 1, or a batch has another width than the layer.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        *,
        rng: np.random.Generator | int | None = None,
        dtype: DTypeLike = np.float32,
    ):
        for name, value in (("input_dim", input_dim), ("output_dim", output_dim)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.size = input_dim * output_dim + output_dim
        self.X: Array | None = None
        self._split(np.empty(self.size, dtype), np.zeros(self.size, dtype))
        draws = np.random.default_rng(rng).standard_normal((input_dim, output_dim))
        self.weights[:] = np.sqrt(2 / input_dim) * draws
        self.bias[:] = 0.5

    def forward(self, X: ArrayLike, out: Array | None = None) -> Array:
        """Z = XW + b: X is n × d, W is d × c, and b, 1 × c, is added to every row."""
        self.X = X = np.asarray(X, dtype=self.weights.dtype)
        if X.ndim != 2 or X.shape[1] != self.input_dim:
            raise ValueError(f"{self} takes a batch n × {self.input_dim}, got shape {X.shape}")
        Z = np.matmul(X, self.weights, out=out)
        Z += self.bias
        return Z

    def backward(self, output_gradient: Array, out: Array | None = None) -> Array:
        """∂L/∂X = ∂L/∂Z Wᵀ, n × d; ∂L/∂W and ∂L/∂b are stored."""
        self.backward_parameters(output_gradient)
        return np.matmul(output_gradient, self.weights.T, out=out)

    def backward_parameters(self, output_gradient: Array) -> None:
        """∂L/∂W = Xᵀ ∂L/∂Z, d × c, and ∂L/∂b = Σₖ ∂L/∂Zₖ, the sum over the rows, 1 × c."""
        X = _kept(self, self.X)
        _check_gradient(self, output_gradient, (len(X), self.output_dim))
        np.matmul(X.T, output_gradient, out=self.weights_gradient)
        np.sum(output_gradient, axis=0, keepdims=True, out=self.bias_gradient)

    def step(self, step_size: float) -> None:
        """W ← W − step_size · ∂L/∂W and b ← b − step_size · ∂L/∂b."""
        self.weights -= step_size * self.weights_gradient
        self.bias -= step_size * self.bias_gradient

    def output_dim_for(self, input_dim: int) -> int:
        """c, whatever the input."""
        return self.output_dim

    def use(self, parameters: Array, gradients: Array) -> None:
        """Move W and b into the vector `parameters`, and their gradients into `gradients`."""
        parameters[:] = self.parameters
        gradients[:] = self.gradients
        self._split(parameters, gradients)

    def _split(self, parameters: Array, gradients: Array) -> None:
        self.parameters, self.gradients = parameters, gradients
        d, c = self.input_dim, self.output_dim
        self.weights, self.bias = parameters[: d * c].reshape(d, c), parameters[d * c :][None]
        self.weights_gradient = gradients[: d * c].reshape(d, c)
        self.bias_gradient = gradients[d * c :][None]

    def __repr__(self) -> str:
        return f"Linear({self.input_dim}, {self.output_dim})"


class Activation(Layer):
    """A function g applied to each number on its own, A = g(X), so that ∂L/∂X = ∂L/∂A · g′(X)."""

    def __init__(self) -> None:
        self.A: Array | None = None


class Sigmoid(Activation):
    """σ(x) = 1/(1 + e⁻ˣ)."""

    def forward(self, X: ArrayLike, out: Array | None = None) -> Array:
        """A = 1/(1 + e⁻ˣ): where e⁻ˣ is too large for a float, 1/(1 + ∞) = 0 is right."""
        with np.errstate(over="ignore"):
            A = np.negative(X, out=out)
            np.exp(A, out=A)
            A += 1
            self.A = np.divide(1, A, out=A)
        return A

    def backward(self, output_gradient: Array, out: Array | None = None) -> Array:
        """∂L/∂X = ∂L/∂A · σ′(X), with σ′(x) = σ(x)(1 − σ(x))."""
        A = _kept(self, self.A)
        _check_gradient(self, output_gradient, A.shape)
        slope = np.subtract(1, A, out=out)
        slope *= A
        return np.multiply(output_gradient, slope, out=out)


class Tanh(Activation):
    """tanh(x) = (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)."""

    def forward(self, X: ArrayLike, out: Array | None = None) -> Array:
        """A = tanh(X)."""
        self.A = A = np.tanh(X, out=out)
        return A

    def backward(self, output_gradient: Array, out: Array | None = None) -> Array:
        """∂L/∂X = ∂L/∂A · tanh′(X), with tanh′(x) = 1 − tanh(x)²."""
        A = _kept(self, self.A)
        _check_gradient(self, output_gradient, A.shape)
        slope = np.square(A, out=out)
        np.subtract(1, slope, out=slope)
        return np.multiply(output_gradient, slope, out=out)


class ReLU(Activation):
    """max(0, x)."""

    def forward(self, X: ArrayLike, out: Array | None = None) -> Array:
        """A = max(0, X)."""
        self.A = A = np.maximum(X, 0, out=out)
        return A

    def backward(self, output_gradient: Array, out: Array | None = None) -> Array:
        """∂L/∂X = ∂L/∂A where X > 0 (which is where A > 0), else 0."""
        A = _kept(self, self.A)
        _check_gradient(self, output_gradient, A.shape)
        active = np.greater(A, 0, out=out)
        return np.multiply(output_gradient, active, out=out)


def _kept(layer: Layer, array: Array | None) -> Array:
    """Return what forward kept for backward, if there was a forward."""
    if array is None:
        raise RuntimeError(f"{layer}.backward needs a forward pass before it")
    return array


def _check_gradient(layer: Layer, output_gradient: Array, shape: tuple[int, ...]) -> None:
    """Refuse a gradient that would fit only by broadcasting: it has the shape of the output."""
    if output_gradient.shape != shape:
        raise ValueError(
            f"{layer}.backward takes ∂L/∂output of the output's shape {shape}, "
            f"got {output_gradient.shape}"
        )
