"""What is measured of a run: each quantity is one number, which a claim holds against a threshold.

Where a quantity speaks of a run's end it means the last tenth of its epochs: an average over many
batches, which one lucky batch does not decide.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from handgrad.history import History
from handgrad.studies.gradients import EPOCHS, LayerGradients


@dataclass(frozen=True, eq=False)
class Measured:
    """What is known of a run: its history, and its gradients where a question asks for them."""

    history: History
    gradients: LayerGradients | None = None

    diverged: bool = False
    """Whether the history was cut short by that."""


@dataclass(frozen=True)
class Quantity:
    """A way to make one number of a run, what the number is, and how to write it."""

    measure: Callable[[Measured], float]
    """NaN where the run does not have it, infinity for "never"."""

    text: str
    unit: Literal["%", "points", "iterations", ""] = ""
    of_gradients: bool = False

    def of(self, run: Measured) -> float:
        """Measure a run; of one that diverged there is no end, and no whole course, to measure."""
        return math.nan if run.diverged and not self.of_gradients else self.measure(run)

    def write(self, value: float, difference: bool = False) -> str:
        """Write a value, or the difference of two, with its unit."""
        if math.isnan(value):
            return "not measured"
        if math.isinf(value):
            return "never"
        if self.unit == "points" or (self.unit == "%" and difference):
            return f"{100 * value:.1f} points"
        if self.unit == "%":
            return f"{value:.1%}"
        return f"{value:,.0f} iterations" if self.unit == "iterations" else f"{value:.3g}"


def _final_accuracy(run: Measured) -> float:
    return run.history.epochs[-1].validation_accuracy


def _best_accuracy(run: Measured) -> float:
    return run.history.best.validation_accuracy


def _accuracy_given_up(run: Measured) -> float:
    return _best_accuracy(run) - _final_accuracy(run)


def _roughness(run: Measured) -> float:
    moves = np.diff(_validation_losses(run))
    return float(moves[moves > 0].sum() / np.abs(moves).sum()) if moves.any() else math.nan


def _lowest_loss_at(run: Measured) -> float:
    losses = _validation_losses(run)
    return (int(losses.argmin()) + 1) / len(losses)


def _loss_gap(run: Measured) -> float:
    losses = _validation_losses(run)
    validation = losses[-_tenth(len(losses)) :].mean()
    return _ratio(validation, _training_loss(run, 0.9, 1.0))


def _training_fall(run: Measured) -> float:
    return 1 - _ratio(_training_loss(run, 0.9, 1.0), _training_loss(run, 0.4, 0.5))


def _iterations_to(accuracy: float) -> Callable[[Measured], float]:
    def iterations(run: Measured) -> float:
        for epoch in run.history.epochs:
            if epoch.validation_accuracy >= accuracy:
                return epoch.iteration
        return math.inf

    return iterations


def _gradient_ratio(run: Measured) -> float:
    if run.gradients is None:
        return math.nan
    norms = run.gradients.norms[0]
    return _ratio(norms[0], norms[-1])


def _slope_product(run: Measured) -> float:
    return float(run.gradients.slopes[0].prod()) if run.gradients else math.nan


def _smallest_slope(run: Measured) -> float:
    if run.gradients is None or not run.gradients.slopes.size:
        return math.nan
    return float(run.gradients.slopes.min())


def _validation_losses(run: Measured) -> NDArray[np.float64]:
    return np.array([epoch.validation_loss for epoch in run.history.epochs])


def _training_loss(run: Measured, start: float, end: float) -> float:
    """The mean of the batches' losses between two shares of the run."""
    losses = np.array(run.history.train_loss)
    first = min(int(start * len(losses)), len(losses) - 1)
    return float(losses[first : max(int(end * len(losses)), first + 1)].mean())


def _ratio(part: float, whole: float) -> float:
    """Part ÷ whole; NaN where the whole is 0, of which nothing is a share."""
    return float(part / whole) if whole else math.nan


def _tenth(count: int) -> int:
    return max(1, round(count / 10))


QUANTITIES = {
    "final_accuracy": Quantity(
        _final_accuracy, "the validation accuracy after the last epoch", "%"
    ),
    "best_accuracy": Quantity(_best_accuracy, "the validation accuracy after the best epoch", "%"),
    "accuracy_given_up": Quantity(
        _accuracy_given_up, "the best epoch's validation accuracy less the last's", "points"
    ),
    "roughness": Quantity(
        _roughness, "the upward share of the validation loss's moves from epoch to epoch", "%"
    ),
    "lowest_loss_at": Quantity(
        _lowest_loss_at, "how far into the run the validation loss is lowest", "%"
    ),
    "loss_gap": Quantity(_loss_gap, "validation loss ÷ training loss in the last tenth of the run"),
    "training_fall": Quantity(
        _training_fall, "fall of the training loss from the fifth tenth of the run to the last", "%"
    ),
    "iterations_to_20_percent": Quantity(
        _iterations_to(0.2), "iterations to a validation accuracy of 20%", "iterations"
    ),
    "iterations_to_50_percent": Quantity(
        _iterations_to(0.5), "iterations to a validation accuracy of 50%", "iterations"
    ),
    "gradient_ratio": Quantity(
        _gradient_ratio,
        "‖∂L/∂W‖ of the first layer ÷ that of the last, before training",
        of_gradients=True,
    ),
    "slope_product": Quantity(
        _slope_product,
        "product over the hidden layers of the mean g′, before training",
        of_gradients=True,
    ),
    "smallest_slope": Quantity(
        _smallest_slope,
        f"the least mean g′ of a hidden layer in the first {EPOCHS} epochs",
        of_gradients=True,
    ),
}
"""Every quantity, by the name that a study's claims call it."""
