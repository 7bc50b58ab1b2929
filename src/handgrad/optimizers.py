"""Optimizers: how the parameter vector θ moves once its gradient g = ∂L/∂θ is known.

All work on the two vectors of a network, block by block: a block is small enough to stay in cache
while the few lines of an update go over it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from handgrad.layers import Array

BLOCK = 1 << 15
"""How many parameters are updated at a time."""

ScheduleName = Literal["constant", "cosine", "exponential", "step"]


class Optimizer:
    """What all optimizers share.

    Parameters
    ----------
    parameters, gradients
        θ and g, the two vectors of a network. `step` writes into the first.
    weight_decay
        λ: how strongly all parameters, weights and biases, are drawn towards 0.

    Attributes
    ----------
    state
        The vectors that the optimizer remembers from step to step, by name.
    steps
        How many steps it has made.
    """

    remembers: tuple[str, ...] = ()

    def __init__(self, parameters: Array, gradients: Array, *, weight_decay: float = 0.0):
        self.weight_decay = weight_decay
        self.steps = 0
        self.state = {name: np.zeros_like(parameters) for name in self.remembers}
        vectors = (parameters, gradients, *self.state.values())
        work = np.empty_like(parameters[:BLOCK])
        self._blocks = [
            (*(vector[i : i + BLOCK] for vector in vectors), work[: len(parameters) - i])
            for i in range(0, len(parameters), BLOCK)
        ]

    def step(self, step_size: float) -> None:
        """Move the parameters by one step of size η = `step_size`."""
        self.steps += 1
        for block in self._blocks:
            self._update(step_size, *block)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(weight_decay={self.weight_decay})"

    def _update(self, η: float, θ: Array, g: Array, *vectors: Array) -> None:
        """Move a block of θ, given the same block of g, of what is remembered, and work space."""
        raise NotImplementedError

    def _add_decay(self, θ: Array, g: Array, work: Array) -> None:
        """g ← g + λθ, in the network's own vector: the gradient of L + ½λ|θ|² (L2)."""
        if self.weight_decay:
            np.multiply(θ, self.weight_decay, out=work)
            g += work


class GradientDescent(Optimizer):
    """θ ← θ − ηg."""

    def _update(self, η: float, θ: Array, g: Array, work: Array) -> None:  # type: ignore[override]
        self._add_decay(θ, g, work)
        np.multiply(g, η, out=work)
        θ -= work


class Momentum(Optimizer):
    """v ← μv + g and θ ← θ − ηv (Polyak 1964); with Nesterov's, θ ← θ − η(g + μv).

    The second looks one step of the velocity ahead (Sutskever et al. 2013, "On the importance of
    initialization and momentum in deep learning").

    Parameters
    ----------
    momentum
        μ, from 0 to below 1.
    nesterov
        Whether to look ahead.
    """

    remembers = ("velocity",)

    def __init__(
        self,
        parameters: Array,
        gradients: Array,
        *,
        momentum: float,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ):
        super().__init__(parameters, gradients, weight_decay=weight_decay)
        self.momentum, self.nesterov = momentum, nesterov

    def __repr__(self) -> str:
        return (
            f"Momentum(momentum={self.momentum}, nesterov={self.nesterov}, "
            f"weight_decay={self.weight_decay})"
        )

    def _update(  # type: ignore[override]
        self, η: float, θ: Array, g: Array, v: Array, work: Array
    ) -> None:
        self._add_decay(θ, g, work)
        v *= self.momentum
        v += g
        np.multiply(v, η * self.momentum if self.nesterov else η, out=work)
        θ -= work
        if self.nesterov:
            np.multiply(g, η, out=work)
            θ -= work


class Adam(Optimizer):
    """Adam (Kingma and Ba 2015, arXiv:1412.6980) with decoupled weight decay.

    m ← β₁m + (1 − β₁)g and s ← β₂s + (1 − β₂)g², running means of g and of g² that begin at 0;
    at step t they are a share 1 − β₁ᵗ and 1 − β₂ᵗ of their worth, hence

        θ ← θ − η m̂/(√ŝ + ε) − ηλθ,   m̂ = m/(1 − β₁ᵗ),   ŝ = s/(1 − β₂ᵗ).

    The decay is not part of g (Loshchilov and Hutter 2019, arXiv:1711.05101). β₁ = 0.9, β₂ = 0.999
    and ε = 10⁻⁸ are the paper's.
    """

    remembers = ("mean", "mean_square")
    β1, β2, ε = 0.9, 0.999, 1e-8

    def _update(  # type: ignore[override]
        self, η: float, θ: Array, g: Array, m: Array, s: Array, work: Array
    ) -> None:
        m *= self.β1
        np.multiply(g, 1 - self.β1, out=work)
        m += work

        s *= self.β2
        np.square(g, out=work)
        work *= 1 - self.β2
        s += work

        θ *= 1 - η * self.weight_decay
        np.sqrt(s, out=work)
        work *= 1 / math.sqrt(1 - self.β2**self.steps)
        work += self.ε
        np.divide(m, work, out=work)
        work *= η / (1 - self.β1**self.steps)
        θ -= work


@dataclass(frozen=True)
class Schedule:
    """The step size at each iteration: η(t) = step_size · r(t).

    After a linear warm-up over the first w iterations, with T in all and u = t − w,

        constant      r = 1
        cosine        r = ½(1 + cos πu/(T − w)), from 1 to 0 (Loshchilov and Hutter 2017)
        exponential   r = decay^(u/length)
        step          r = decay^⌊u/length⌋
    """

    name: ScheduleName
    step_size: float
    iterations: int
    """T."""
    warmup: int = 0
    """w, in iterations."""
    decay: float = 0.1
    """The factor by which the step size falls each `length` iterations."""
    length: int = 1
    """In iterations."""

    def __call__(self, iteration: int) -> float:
        """Give the step size for an iteration, counted from 0."""
        if iteration < self.warmup:
            return self.step_size * (iteration + 1) / self.warmup
        u = iteration - self.warmup
        if self.name == "cosine":
            rest = max(self.iterations - self.warmup, 1)
            return self.step_size * (1 + math.cos(math.pi * u / rest)) / 2
        if self.name == "exponential":
            return self.step_size * self.decay ** (u / self.length)
        if self.name == "step":
            return self.step_size * self.decay ** (u // self.length)
        return self.step_size


class Average:
    """A weighted mean of the parameters at different times: θ̄ ← θ̄ + w(θ − θ̄).

    With w = 1 − β at every step it is an exponential average; with w = 1/k for the k-th of several
    times, their plain mean (Izmailov et al. 2018, arXiv:1803.05407).

    Attributes
    ----------
    vector
        θ̄.
    count
        How many times are in it.
    """

    def __init__(self, parameters: Array):
        self.vector = np.zeros_like(parameters)
        self.count = 0
        self._difference = np.empty_like(parameters)

    def __repr__(self) -> str:
        return f"Average(count={self.count})"

    def include(self, parameters: Array, weight: float) -> None:
        """Move the mean towards `parameters` by the share `weight`; the first time, onto them."""
        self.count += 1
        np.subtract(parameters, self.vector, out=self._difference)
        self._difference *= weight if self.count > 1 else 1
        self.vector += self._difference

    def exchange(self, parameters: Array) -> None:
        """Put the mean into `parameters`, and these in its place; a second time puts them back."""
        np.copyto(self._difference, parameters)
        np.copyto(parameters, self.vector)
        np.copyto(self.vector, self._difference)


def clip_norm(gradients: Array, largest: float) -> None:
    """Shorten the gradient to the norm `largest` if it is longer, keeping its direction.

    (Pascanu et al. 2013, arXiv:1211.5063.)
    """
    # In float64, where the squares of float32 numbers do not overflow.
    norm = math.sqrt(np.einsum("i,i->", gradients, gradients, dtype=np.float64))
    if norm == math.inf:  # Those of float64 numbers may, but not where 1 is the largest of them.
        unit = np.abs(gradients).max()
        gradients /= unit
        clip_norm(gradients, largest / unit)
        gradients *= unit
    elif norm > largest:
        gradients *= largest / norm
