"""The inputs that layers are tried on: sizes chosen so that mistakes show.

A mistake hides where sizes agree: a forgotten transpose in a square matrix, a wrong axis in a batch
of one. So the general cases have n, d and c all different. The special ones tell how far a mistake
reaches, and lend their equal sizes to layers whose products do not fit otherwise. The data of a
case depend on its sizes alone: whoever observes and whoever judges compute the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LABELS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "n": lambda labels, c: labels,
    "n × 1": lambda labels, c: labels[:, None],
    "one-hot": lambda labels, c: np.eye(c)[labels],
}
"""The forms that n labels of c classes come in, where examples are in rows."""

STEP_SIZE = 0.125
"""The step size that is passed to `step`."""


@dataclass(frozen=True)
class Case:
    """A batch of n examples for a layer from d to c numbers."""

    n: int
    d: int
    c: int

    @property
    def is_small(self) -> bool:
        """Whether the case is small enough to be shown to a person, in round numbers."""
        return max(self.n, self.d, self.c) <= 2

    @property
    def is_one_example(self) -> bool:
        """Whether it is the batch of one."""
        return self.n == 1 and not self.is_small

    @property
    def is_square(self) -> bool:
        """Whether there are as many outputs as inputs."""
        return self.d == self.c and not self.is_small

    @property
    def is_equal(self) -> bool:
        """Whether all three sizes agree, so that any product fits."""
        return self.is_square and self.n == self.d

    @lru_cache(maxsize=512)  # noqa: B019 - cases are few, and live as long as the program
    def _normal(self, kind: int, *shape: int) -> Array:
        """Random numbers that keep away from 0, where ReLU has its kink; not to be written to."""
        rng = np.random.default_rng([kind, self.n, self.d, self.c])
        values = rng.uniform(0.25, 2, shape) * rng.choice([-1, 1], shape)
        if self.is_small:
            values = np.round(values) + 0.5 * np.sign(values)
        values.setflags(write=False)
        return values

    def inputs(self, pass_number: int) -> Array:
        """X, n × d, for the first (0) or second (1) time through the layer.

        Its rows are not longer than those of 8 numbers: long ones would saturate a sigmoid.
        """
        if self == SPREAD:
            return np.roll(SPREAD_INPUTS, pass_number, axis=1)
        X = self._normal(pass_number, self.n, self.d)
        return X if self.d <= 8 else X * np.sqrt(8 / self.d)

    def gradients(self, pass_number: int) -> Array:
        """G = ∂L/∂output, n × c, for the first (0) or second (1) time through the layer."""
        return self._normal(2 + pass_number, self.n, self.c)

    def parameter(self, number: int, shape: tuple[int, ...]) -> Array:
        """Values for the layer's parameter of that number and shape."""
        return self._normal(10 + number, *shape)

    def logits(self, pass_number: int = 0) -> Array:
        """Scores for a loss, n × c, for the first (0) or second (1) time through it."""
        return self._normal(4 + 2 * pass_number, self.n, self.c)

    def labels(self, pass_number: int = 0) -> NDArray[np.int64]:
        """A class for each example, n integers below c; several classes where there can be."""
        rng = np.random.default_rng([5 + 2 * pass_number, self.n, self.c])
        return np.asarray((rng.permutation(self.n) + 1) % self.c, dtype=np.int64)

    def targets(self, form: str, pass_number: int = 0) -> np.ndarray:
        """What a network is told of the classes of n examples, in one of the forms of `LABELS`.

        Of a network of one output there are two classes, 0 and 1.
        """
        labels = replace(self, c=max(2, self.c)).labels(pass_number)
        return LABELS["n × 1" if form == "one-hot" and self.c == 1 else form](labels, self.c)


GENERAL = (Case(5, 4, 3), Case(6, 2, 7))
SMALL = (
    Case(1, 1, 1),
    Case(2, 1, 1),
    Case(1, 2, 1),
    Case(1, 1, 2),
    Case(2, 2, 1),
    Case(2, 1, 2),
    Case(1, 2, 2),
    Case(2, 2, 2),
)
_SPECIAL = (Case(1, 4, 3), Case(5, 3, 3), Case(4, 4, 4))
"""A batch of one, square weights, and sizes that all agree."""

ALL = (*GENERAL, *_SPECIAL, *SMALL)

SPREAD = Case(2, 6, 6)
SPREAD_INPUTS = np.array([[7, 0.05, 0.004, -3, -0.05, -0.004], [3, 0.3, 0.01, -7, -0.3, -0.01]])
"""For an activation, nearer to 0 and further from it than all others: where some are cut off."""

LARGE = Case(3, 3, 3)
LARGE_LOGITS = np.array([[1000.0, 998, 999], [-1001, -1000, -1002], [0.5, -0.5, 1]])
"""Rows far apart: e¹⁰⁰⁰ is more, and e⁻¹⁰⁰⁰ less, than a float can hold."""
LARGE_LABELS = np.array([1, 0, 2])

NETWORK = Case(7, 4, 3)
"""Its scores have both signs, whatever is between the layers: a last ReLU shows."""
HIDDEN_DIM = 5
TRAINING = Case(12, 4, 3)
TRAINING_STEPS = 25
