"""Optimizers: how the parameter vector moves once its gradient is known."""

import numpy as np

from handgrad.layers import Array


class GradientDescent:
    """θ ← θ − step_size · ∂L/∂θ, for all parameters of a network at once.

    Parameters
    ----------
    parameters, gradients
        The two vectors of a network. `step` writes into the first.
    """

    def __init__(self, parameters: Array, gradients: Array):
        self.parameters, self.gradients = parameters, gradients
        self._move = np.empty_like(parameters)

    def step(self, step_size: float) -> None:
        """Move the parameters one step of `step_size` against the gradient."""
        np.multiply(self.gradients, step_size, out=self._move)
        self.parameters -= self._move
