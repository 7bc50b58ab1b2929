"""Training: stochastic gradient descent as an iterator that yields once an epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from handgrad import threads
from handgrad.datasets import Dataset, Scaling
from handgrad.errors import DataError, UsageError
from handgrad.layers import Linear
from handgrad.losses import CrossEntropy
from handgrad.network import ACTIVATIONS, FeedForwardNeuralNetwork, Workspace
from handgrad.optimizers import GradientDescent

EVALUATION_ROWS = 250
"""How many examples are evaluated at once: few enough for their activations to stay in cache."""


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """What a training run is asked to do: with the data, all that its result depends on.

    Raises
    ------
    UsageError
        If a value is out of range.
    """

    seed: int = 102
    """What first weights and shuffling are drawn from."""

    step_size: float = 0.01
    """How far the parameters move against the gradient of a batch's mean loss."""

    batch_size: int = 200
    """How many examples a step sees; an epoch's last batch may have fewer."""

    max_epochs: int = 200
    """How many times to go through the training set."""

    num_layers: int = 2
    """The number of linear layers; an activation follows each but the last."""

    hidden_dim: int = 16
    """The width of the hidden layers."""

    activation: Literal["Sigmoid", "ReLU", "Tanh"] = "Sigmoid"
    """The nonlinearity after each linear layer but the last."""

    dtype: Literal["float32", "float64"] = "float32"
    """The floating-point type of parameters and arithmetic."""

    threads: int | None = None
    """BLAS threads; by default one for a small network, every core for a wide one."""

    def __post_init__(self) -> None:
        self._require("seed", self.seed >= 0, "a whole number, 0 or more")
        self._require(
            "step_size", math.isfinite(self.step_size) and self.step_size > 0, "a number above 0"
        )
        for name in ("batch_size", "max_epochs", "num_layers", "hidden_dim"):
            self._require(name, getattr(self, name) >= 1, "a whole number, 1 or more")
        self._require("activation", self.activation in ACTIVATIONS, f"one of {list(ACTIVATIONS)}")
        self._require("dtype", self.dtype in ("float32", "float64"), "float32 or float64")
        self._require("threads", self.threads is None or self.threads >= 1, "1 or more")

    def _require(self, name: str, holds: bool, expected: str) -> None:
        if not holds:
            raise UsageError(f"must be {expected}, got {getattr(self, name)!r}", parameter=name)


@dataclass(frozen=True)
class Epoch:
    """What one epoch of training came to."""

    epoch: int
    """Counted from 1."""
    iteration: int
    """How many batches the run has seen by its end."""
    validation_loss: float
    validation_accuracy: float
    seconds: float
    """This epoch's own time, training and validation."""


@dataclass
class History:
    """A run's course: one number a batch for training, one record an epoch for validation."""

    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)

    @property
    def best(self) -> Epoch:
        """The epoch with the highest validation accuracy; of equals, the first."""
        return max(self.epochs, key=lambda epoch: epoch.validation_accuracy)


class DivergenceError(ArithmeticError):
    """The parameters stopped being finite.

    Attributes
    ----------
    iteration
        The iteration whose batch first gave a loss that is not finite, counted from 1.
    """

    def __init__(self, iteration: int, epoch: int, step_size: float):
        self.iteration = iteration
        super().__init__(
            f"training diverged: at iteration {iteration} (epoch {epoch}) the parameters were no "
            f"longer finite; try a step_size smaller than {step_size:g}"
        )


class Training:
    """An iterator: each `next` trains one epoch and yields its `Epoch`.

    Between two calls, `network`, `history` and `epoch` are the state of the run. The weights are
    drawn from the seed, and so is the order of every epoch, from the seed and the epoch's number
    alone: nothing that is drawn depends on what was drawn before it.

    Parameters
    ----------
    train, validation
        Data with labels, of the same width.
    hyperparameters
        What to do with them.

    Raises
    ------
    DataError
        If labels are missing or the two sets do not fit each other.
    DivergenceError
        From `next`, if the parameters stop being finite. The history up to there stays, and the
        network is as the last whole epoch left it.
    """

    def __init__(
        self,
        train: Dataset,
        validation: Dataset,
        hyperparameters: Hyperparameters | None = None,
    ):
        self.hyperparameters = hyperparameters or Hyperparameters()
        self.train, self.validation = train, validation
        class_count = _class_count(train, validation)
        self.scaling = Scaling()
        self.network = _build(self.hyperparameters, train.input_dim, class_count)
        self.optimizer = GradientDescent(self.network.parameters, self.network.gradients)
        self._before = np.empty_like(self.network.parameters)
        self.history = History()
        self.threads = self.hyperparameters.threads or threads.threads_for(
            _multiply_adds(self.network, self.hyperparameters.batch_size)
        )
        self._batches: dict[int, _Batch] = {}

    @property
    def epoch(self) -> int:
        """How many epochs have been trained."""
        return len(self.history.epochs)

    @property
    def iteration(self) -> int:
        """How many batches have been trained on."""
        return len(self.history.train_loss)

    def __iter__(self) -> Iterator[Epoch]:
        return self

    def __next__(self) -> Epoch:
        if self.epoch >= self.hyperparameters.max_epochs:
            raise StopIteration
        start = time.perf_counter()
        np.copyto(self._before, self.network.parameters)
        # Overflow is not a warning here but an error, raised where the loss shows it.
        with threads.limited(self.threads), np.errstate(over="ignore", invalid="ignore"):
            try:
                self._train_epoch()
                loss, accuracy = self._validate()
            except DivergenceError:
                np.copyto(self.network.parameters, self._before)
                raise
        seconds = time.perf_counter() - start
        self.history.epochs.append(Epoch(self.epoch + 1, self.iteration, loss, accuracy, seconds))
        return self.history.epochs[-1]

    def _train_epoch(self) -> None:
        n, batch_size = len(self.train), self.hyperparameters.batch_size
        order = _stream(self.hyperparameters.seed, "shuffle", self.epoch + 1).permutation(n)
        for start in range(0, n, batch_size):
            rows = order[start : start + batch_size]
            batch = self._batch(len(rows))
            batch.gather(self.train, rows, self.scaling)
            loss, accuracy = self._step(batch)
            self.history.train_loss.append(loss)
            self.history.train_accuracy.append(accuracy)

    def _step(self, batch: _Batch) -> tuple[float, float]:
        """One step of gradient descent; the batch's loss and accuracy are those before it."""
        loss, work = batch.loss, batch.workspace
        logits = self.network.forward(batch.X, work.outputs)
        value = loss.forward(logits, batch.y)
        if not math.isfinite(value):
            self._diverged()
        self.network.backward_parameters(loss.backward(work.output_gradient), work.input_gradients)
        self.optimizer.step(self.hyperparameters.step_size)
        return value, loss.accuracy()

    def _validate(self) -> tuple[float, float]:
        n, loss_sum, correct = len(self.validation), 0.0, 0.0
        for start in range(0, n, EVALUATION_ROWS):
            rows = slice(start, min(start + EVALUATION_ROWS, n))
            batch = self._batch(rows.stop - rows.start)
            batch.copy(self.validation, rows, self.scaling)
            logits = self.network.forward(batch.X, batch.workspace.outputs)
            loss_sum += len(batch.y) * batch.loss.forward(logits, batch.y)
            correct += len(batch.y) * batch.loss.accuracy()
        parameters = self.network.parameters
        if not np.isfinite([loss_sum, parameters.min(), parameters.max()]).all():
            self._diverged()
        return loss_sum / n, round(correct) / n

    def _diverged(self) -> None:
        raise DivergenceError(self.iteration + 1, self.epoch + 1, self.hyperparameters.step_size)

    def _batch(self, n: int) -> _Batch:
        """The arrays for batches of n: there are at most four sizes in a run."""
        if n not in self._batches:
            self._batches[n] = _Batch(self.network, n)
        return self._batches[n]


class _Batch:
    """n examples, and all the arrays that a step over n examples writes."""

    def __init__(self, network: FeedForwardNeuralNetwork, n: int):
        self.pixels = np.empty((n, network.input_dim), np.uint8)
        self.X = np.empty((n, network.input_dim), network.parameters.dtype)
        self.y = np.empty(n, np.intp)
        self.workspace = Workspace(network, n)
        self.loss = CrossEntropy()

    def gather(self, dataset: Dataset, rows: NDArray[np.intp], scaling: Scaling) -> None:
        """Take these rows. (With mode "clip", numpy needs no copy of its own to check them.)"""
        np.take(dataset.pixels, rows, axis=0, out=self.pixels, mode="clip")
        np.take(dataset.require_labels(), rows, out=self.y, mode="clip")
        scaling(self.pixels, out=self.X)

    def copy(self, dataset: Dataset, rows: slice, scaling: Scaling) -> None:
        """Take rows that follow one another."""
        self.y[:] = dataset.require_labels()[rows]
        scaling(dataset.pixels[rows], out=self.X)


STREAMS = ("weights", "shuffle")
"""What is drawn from a seed, each from a stream of its own; new ones go to the end."""


def _stream(seed: int, purpose: str, epoch: int = 0) -> np.random.Generator:
    """The stream for one purpose in one epoch, independent of every other."""
    key = (STREAMS.index(purpose), epoch)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def _build(
    hyperparameters: Hyperparameters, input_dim: int, output_dim: int
) -> FeedForwardNeuralNetwork:
    return FeedForwardNeuralNetwork(
        input_dim,
        output_dim,
        hyperparameters.hidden_dim,
        hyperparameters.num_layers,
        hyperparameters.activation,
        rng=_stream(hyperparameters.seed, "weights"),
        dtype=hyperparameters.dtype,
    )


def _multiply_adds(network: FeedForwardNeuralNetwork, batch_size: int) -> int:
    """Count a step's: forward once, backward twice, less the gradient of the data."""
    sizes = [layer.weights.size for layer in network.layers if isinstance(layer, Linear)]
    return batch_size * (3 * sum(sizes) - sizes[0])


def _class_count(train: Dataset, validation: Dataset) -> int:
    train.require_labels()
    validation.require_labels()
    if train.input_dim != validation.input_dim:
        raise DataError(
            f"{validation.name}: examples of {validation.input_dim} pixels, expected "
            f"{train.input_dim} as in {train.name}"
        )
    return max(train.class_count or 0, validation.class_count or 0)
