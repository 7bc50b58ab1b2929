"""How large the gradient is in each layer of a network, before training and in its first epochs.

With δₗ = ∂L/∂zₗ, the chain rule through a hidden layer reads δₗ = δₗ₊₁ Wₗ₊₁ᵀ ⊙ g′(zₗ): on its way
from the scores to the first layer, a gradient meets one factor g′ a layer. For the sigmoid, σ′ is
at most 1/4 and vanishes away from zero; for ReLU it is 1 wherever the unit is active.
"""

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handgrad import threads
from handgrad.datasets import Dataset
from handgrad.errors import DataError
from handgrad.files import write_text
from handgrad.hyperparameters import Hyperparameters
from handgrad.layers import Activation, Layer, Residual
from handgrad.losses import CrossEntropy
from handgrad.training import DivergenceError, Training

EPOCHS = 20
"""How far into the training the gradients are followed."""

EXAMPLES = 1000
"""How many training examples, the first, a gradient is the mean of."""

GRADIENTS_FILE = "gradients.csv"
"""What the table of a run's gradients is called in its folder."""

COLUMNS = ("epoch", "layer", "gradient_norm", "slope")


@dataclass(frozen=True, eq=False)
class LayerGradients:
    """Gradients by epoch, from 0, before training, and by layer, first to last.

    Attributes
    ----------
    norms
        ‖∂L/∂W‖ (Frobenius) of each linear layer, epochs × num_layers.
    slopes
        The mean of g′(z) over units and examples of each hidden layer, epochs × (num_layers − 1).
    """

    norms: NDArray[np.float64]
    slopes: NDArray[np.float64]


def measure_gradients(
    train: Dataset, validation: Dataset, hyperparameters: Hyperparameters
) -> LayerGradients:
    """Train anew for the first epochs, and measure before each and after the last."""
    training = Training(train, validation, hyperparameters)
    with threads.limited(training.threads):
        rows = [_measure(training)]
        try:
            for _ in itertools.islice(training, EPOCHS):
                rows.append(_measure(training))
        except DivergenceError:
            pass  # What was measured before it is as good as ever.
    return LayerGradients(*(np.array(columns) for columns in zip(*rows, strict=True)))


def _measure(training: Training) -> tuple[list[float], list[float]]:
    network = training.network
    few = training.inputs[:EXAMPLES]
    X = training.scaling(few, out=np.empty(few.shape, network.parameters.dtype))
    loss = CrossEntropy(training.hyperparameters.label_smoothing)
    loss.forward(network.forward(X), training.train.require_labels()[:EXAMPLES])
    network.backward_parameters(loss.backward())
    norms = [
        float(np.linalg.norm(layer.weights_gradient.astype(np.float64)))
        for layer in network.linear_layers
    ]
    # The gradient that an activation turns a gradient of ones into is its slope.
    slopes = [
        float(np.mean(layer.backward(np.ones_like(layer.A)), dtype=np.float64))
        for layer in _activations(network.layers)
        if layer.A is not None
    ]
    return norms, slopes


def _activations(layers: Sequence[Layer]) -> Iterator[Activation]:
    for layer in layers:
        if isinstance(layer, Residual):
            yield from _activations(layer.layers)
        elif isinstance(layer, Activation):
            yield layer


def write_gradients(path: Path, gradients: LayerGradients) -> None:
    """Write a CSV, one row an epoch and layer; the last layer, without activation, has no slope."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for epoch, (norms, slopes) in enumerate(zip(gradients.norms, gradients.slopes, strict=True)):
        for layer, norm in enumerate(norms.tolist()):
            slope = slopes.tolist()[layer] if layer < len(slopes) else ""
            writer.writerow((epoch, layer + 1, norm, slope))
    write_text(path, text.getvalue())


def read_gradients(path: Path) -> LayerGradients:
    """Read what `write_gradients` wrote.

    Raises
    ------
    DataError
        If the file is missing or damaged.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        layers = max(int(row["layer"]) for row in rows)
        norms = np.array([float(row["gradient_norm"]) for row in rows]).reshape(-1, layers)
        slopes = np.array([float(row["slope"] or "nan") for row in rows]).reshape(-1, layers)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: missing or damaged ({error})") from error
    return LayerGradients(norms, slopes[:, :-1])
