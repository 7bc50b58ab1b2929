"""The layers of a network: what each computes, and the gradient of that, derived by hand.

Notation. X is a batch, n × d: one example a row. L is the loss, one number; ∂L/∂A has the shape
of A and says how L changes with each number in A. Every layer has the same parts:

    forward(X)     computes the output A = f(X) and keeps what backward will need;
    backward(G)    is given G = ∂L/∂A and returns ∂L/∂X = G · ∂A/∂X (the chain rule), storing the
                   gradients with respect to the layer's own parameters on the way;
    step(η)        moves the parameters downhill: θ ← θ − η · ∂L/∂θ.

Arrays are new each time unless the caller hands one over as `out`, which must be none of those the
layer still needs: not X, not A, not G. A layer works alone or in a network, in float32 or float64,
on a batch of any size.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Array = NDArray[np.floating]
Kept = TypeVar("Kept")


def as_floats(values: ArrayLike) -> Array:
    """Give an array of these: of float64, unless they are floating-point numbers already."""
    array = np.asarray(values)
    return array if array.dtype.kind == "f" else array.astype(float)


def assigned_in_place(name: str) -> Any:
    """An attribute that is the array `name`; what is assigned to it is written into that array.

    So it stays a view into the vector of a network.
    """

    def assign(layer: object, values: ArrayLike) -> None:
        getattr(layer, name)[...] = values

    return property(operator.attrgetter(name), assign)


class Layer:
    """What all layers share: no parameters, unless a layer says otherwise."""

    size = 0
    """How many parameters the layer has."""

    kept: tuple[str, ...] = ()
    """What forward keeps of a batch for backward."""

    def forward(self, X: ArrayLike, out: Array | None = None) -> Array:
        """Compute the layer's output, n × c, for its input X, n × d."""
        raise NotImplementedError

    def backward(self, output_gradient: Array, out: Array | None = None) -> Array:
        """Turn ∂L/∂output, n × c, into ∂L/∂X, n × d, for the X of the last forward.

        Raises
        ------
        RuntimeError
            If there was no forward.
        ValueError
            If ∂L/∂output has another shape than the last output.
        """
        raise NotImplementedError

    def backward_parameters(self, output_gradient: Array) -> None:
        """Store the gradients of the layer's own parameters; ∂L/∂X is not asked for.

        It is all that the first layer of a network has to do in training. A layer that can save
        work by it does.
        """
        self.backward(output_gradient)

    def step(self, step_size: float) -> None:
        """Move the layer's parameters against their gradient: θ ← θ − step_size · ∂L/∂θ."""

    def output_dim_for(self, input_dim: int) -> int:
        """How wide the output is for an input `input_dim` wide."""
        return input_dim

    def move_into(self, parameters: Array, gradients: Array) -> None:
        """Move the parameters and their gradients into these two vectors of `size` numbers."""

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is kept of the last batch: it is no part of a pickle, or of a copy."""
        return self.__dict__ | dict.fromkeys(self.kept)

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
        are views into these two: to write into one, or to assign to it, is to write into the other.

    Raises
    ------
    ValueError
        If a dimension is not at least 1, the dtype is another, or a batch has another width than
        the layer.
    """

    parameters: Array = assigned_in_place("_parameters")
    gradients: Array = assigned_in_place("_gradients")
    weights: Array = assigned_in_place("_weights")
    weights_gradient: Array = assigned_in_place("_weights_gradient")
    bias: Array = assigned_in_place("_bias")
    bias_gradient: Array = assigned_in_place("_bias_gradient")

    kept = ("X",)

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
        if np.dtype(dtype) not in (np.float32, np.float64):
            raise ValueError(f"dtype must be float32 or float64, got {np.dtype(dtype)}")
        # Python's own integers, which do not overflow: a width may be a byte of numpy's.
        self.input_dim = d = operator.index(input_dim)
        self.output_dim = c = operator.index(output_dim)
        self.size = d * c + c
        self.X: Array | None = None
        self._split(np.empty(self.size, dtype), np.zeros(self.size, dtype))
        draws = np.random.default_rng(rng).standard_normal((d, c))
        self.weights[:] = np.sqrt(2 / d) * draws
        self.bias[:] = 0.5

    def forward(self, X: ArrayLike, out: Array | None = None) -> Array:
        """Z = XW + b: X is n × d, W is d × c, and b, 1 × c, is added to every row."""
        W, b = self._weights, self._bias  # (Their other names cost a call each.)
        X = np.asarray(X, dtype=W.dtype)
        if X.ndim != 2 or X.shape[1] != self.input_dim:
            raise ValueError(f"{self} takes a batch n × {self.input_dim}, got shape {X.shape}")
        self.X = X
        Z = np.matmul(X, W, out=out)
        Z += b
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
        # The sum over the rows, in half the time of np.sum.
        np.einsum("kj->j", output_gradient, out=self.bias_gradient[0], casting="same_kind")

    def step(self, step_size: float) -> None:
        """W ← W − step_size · ∂L/∂W and b ← b − step_size · ∂L/∂b."""
        self.weights -= step_size * self.weights_gradient
        self.bias -= step_size * self.bias_gradient

    def output_dim_for(self, input_dim: int) -> int:
        """c, whatever the input."""
        return self.output_dim

    def move_into(self, parameters: Array, gradients: Array) -> None:
        """Move W and b into the vector `parameters`, and their gradients into `gradients`."""
        parameters[:] = self.parameters
        gradients[:] = self.gradients
        self._split(parameters, gradients)

    def _split(self, parameters: Array, gradients: Array) -> None:
        self._parameters, self._gradients = parameters, gradients
        d, c = self.input_dim, self.output_dim
        self._weights, self._bias = parameters[: d * c].reshape(d, c), parameters[d * c :][None]
        self._weights_gradient = gradients[: d * c].reshape(d, c)
        self._bias_gradient = gradients[d * c :][None]

    def __getstate__(self) -> dict[str, Any]:
        """Leave the views out too: a pickle would hold each of them in full."""
        views = ("_weights", "_bias", "_weights_gradient", "_bias_gradient")
        return {name: value for name, value in super().__getstate__().items() if name not in views}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make the arrays of a copy, or of a layer unpickled, views again."""
        self.__dict__.update(state)
        self._split(self._parameters, self._gradients)

    def __repr__(self) -> str:
        return f"Linear({self.input_dim}, {self.output_dim})"


class Activation(Layer):
    """A function g applied to each number on its own, A = g(X), so that ∂L/∂X = ∂L/∂A · g′(X).

    X has any shape of one dimension or more, and A the same.
    """

    kept = ("A",)

    def __init__(self) -> None:
        self.A: Array | None = None


HALF = np.array(0.5, np.float32)
"""½, exactly, in a form that numpy takes in half the time that a float of Python's needs."""


class Sigmoid(Activation):
    """σ(x) = 1/(1 + e⁻ˣ)."""

    def forward(self, X: ArrayLike, out: Array | None = None) -> Array:
        """A = σ(X), as ½ + ½ tanh(x/2), which is the same and in which nothing overflows.

        Far to the left σ is 0 to the last digit of a number near 1, and so is its slope. (With the
        exact e⁻⁸⁸ instead, gradients of saturated units become denormal numbers, with which
        processors compute so slowly that a step takes six times as long.)
        """
        A = np.multiply(as_floats(X), HALF, out=out)
        np.tanh(A, out=A)
        A *= HALF
        A += HALF
        self.A = A
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
        self.A = A = np.tanh(as_floats(X), out=out)
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
        self.A = A = np.maximum(as_floats(X), 0, out=out)
        return A

    def backward(self, output_gradient: Array, out: Array | None = None) -> Array:
        """∂L/∂X = ∂L/∂A where X > 0 (which is where A > 0), else 0."""
        A = _kept(self, self.A)
        _check_gradient(self, output_gradient, A.shape)
        active = np.greater(A, 0, out=out)
        return np.multiply(output_gradient, active, out=out)


class Dropout(Layer):
    """Drops each number with probability p and scales up the rest, while it has an `rng`.

    A = X ∘ M/(1 − p), with M a mask of independent zeros (probability p) and ones: on average A is
    X (Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting").

    Attributes
    ----------
    rate
        p, from 0 to below 1.
    rng
        Where masks are drawn from, in training. None: everything passes, as for predictions.

    Raises
    ------
    ValueError
        If the rate is another.
    """

    kept = ("mask", "_largest_mask")

    def __init__(self, rate: float):
        if not 0 <= rate < 1:
            raise ValueError(f"rate must be from 0 to below 1, got {rate}")
        self.rate = rate
        self.rng: np.random.Generator | None = None
        self.mask: Array | None = None
        self._largest_mask: Array | None = None

    def forward(self, X: ArrayLike, out: Array | None = None) -> Array:
        """A = X ∘ M/(1 − p), or A = X if there is no rng."""
        X = as_floats(X)
        mask = _room_for(X, self._largest_mask)
        if mask is None or mask.shape != X.shape:
            mask = self._largest_mask = np.empty(X.shape, X.dtype)
        self.mask = mask
        if self.rng is None:
            mask.fill(1)
        else:
            self.rng.random(out=mask, dtype=mask.dtype)
            np.greater_equal(mask, self.rate, out=mask)
            mask /= 1 - self.rate
        return np.multiply(X, mask, out=out)

    def backward(self, output_gradient: Array, out: Array | None = None) -> Array:
        """∂L/∂X = ∂L/∂A ∘ M/(1 − p)."""
        mask = _kept(self, self.mask)
        _check_gradient(self, output_gradient, mask.shape)
        return np.multiply(output_gradient, mask, out=out)

    def __repr__(self) -> str:
        return f"Dropout({self.rate})"


class Residual(Layer):
    """A = X + F(X), with F layers in a row that end as wide as they begin.

    The gradient has a way past F, whatever F does to it (He et al. 2016, arXiv:1512.03385).

    What F computes on the way stays inside; with `out`, in arrays that serve again for the next
    batch that has no more rows.

    Parameters
    ----------
    layers
        F's, first to last.

    Raises
    ------
    ValueError
        In forward, if F(X) has another shape than X.
    """

    kept = ("_row", "_outputs", "_gradients")

    def __init__(self, layers: Sequence[Layer]):
        self.layers = list(layers)
        self.size = sum(layer.size for layer in self.layers)
        self._outputs: list[Array | None] | None = None
        self._gradients: list[Array | None] | None = None
        self._row: tuple | None = None
        """The shape and type of a row of X that the arrays are for."""

    def forward(self, X: ArrayLike, out: Array | None = None) -> Array:
        """A = X + F(X)."""
        F = X = as_floats(X)
        if (X.shape[1:], X.dtype) != self._row:
            self._row = X.shape[1:], X.dtype
            self._outputs = [None] * len(self.layers)
            self._gradients = [None] * len(self.layers)
        outputs = _kept(self, self._outputs)
        for i, layer in enumerate(self.layers):
            room = None if out is None else _room_for(X, outputs[i])
            F = layer.forward(F, room)
            if out is not None and room is None:
                outputs[i] = F
        if F.shape != X.shape:
            raise ValueError(f"{self}: F(X) has shape {F.shape}, expected X's {X.shape}")
        return np.add(X, F, out=out)

    def backward(self, output_gradient: Array, out: Array | None = None) -> Array:
        """∂L/∂X = ∂L/∂A + ∂L/∂A · ∂F/∂X; the gradients of F's parameters are stored."""
        G, gradients = output_gradient, _kept(self, self._gradients)
        for i in reversed(range(len(self.layers))):
            room = _room_for(G, gradients[i])
            G = self.layers[i].backward(G, room)
            if room is None:
                gradients[i] = G
        return np.add(output_gradient, G, out=out)

    def step(self, step_size: float) -> None:
        """Each of F's layers makes its step."""
        for layer in self.layers:
            layer.step(step_size)

    def move_into(self, parameters: Array, gradients: Array) -> None:
        """Move the parameters of F's layers into the two vectors, one after the other."""
        start = 0
        for layer in self.layers:
            end = start + layer.size
            layer.move_into(parameters[start:end], gradients[start:end])
            start = end

    def __repr__(self) -> str:
        return f"Residual({' → '.join(map(repr, self.layers))})"


def _room_for(X: Array, array: Array | None) -> Array | None:
    """The first rows of an array that is kept for batches, if it has as many as X, and X's type."""
    fits = array is not None and len(array) >= len(X) and array.dtype == X.dtype
    return array[: len(X)] if array is not None and fits else None


def _kept(layer: Layer, value: Kept | None) -> Kept:
    """Return what forward kept for backward, if there was a forward."""
    if value is None:
        raise RuntimeError(f"{layer}.backward needs a forward pass before it")
    return value


def _check_gradient(layer: Layer, output_gradient: Array, shape: tuple[int, ...]) -> None:
    """Refuse a gradient that would fit only by broadcasting: it has the shape of the output."""
    if output_gradient.shape != shape:
        raise ValueError(
            f"{layer}.backward takes ∂L/∂output of the output's shape {shape}, "
            f"got {output_gradient.shape}"
        )
