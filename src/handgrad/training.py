"""Training: stochastic gradient descent as an iterator that yields once an epoch."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from handgrad import threads
from handgrad.batches import Batch, Outcomes
from handgrad.datasets import Dataset, Scaling
from handgrad.history import Epoch, History
from handgrad.hyperparameters import Hyperparameters
from handgrad.layers import Array, Dropout
from handgrad.losses import CrossEntropy
from handgrad.network import ROWS_AT_ONCE, FeedForwardNeuralNetwork
from handgrad.optimizers import (
    Adam,
    Average,
    GradientDescent,
    Momentum,
    Optimizer,
    Schedule,
    clip_norm,
)
from handgrad.orientation import oriented_gradients
from handgrad.preparation import check_data, prepared
from handgrad.streams import stream


class DivergenceError(ArithmeticError):
    """The loss, or a parameter, stopped being finite.

    Attributes
    ----------
    iteration
        The iteration at which it was seen, counted from 1.
    """

    def __init__(self, iteration: int, epoch: int, step_size: float):
        self.iteration = iteration
        super().__init__(
            f"training diverged: at iteration {iteration} (epoch {epoch}) the loss was no longer "
            f"finite; try a step_size smaller than {step_size:g}"
        )


class Training:
    """An iterator: each `next` trains one epoch and yields its `Epoch`.

    Between two calls, `history`, the vectors of `state` and `times_averaged` are all there is to
    the run. Everything random in an epoch is drawn from the seed and the epoch's number alone, so
    nothing that is drawn depends on what was drawn before it.

    Parameters
    ----------
    train, validation
        Data with labels, of the same width.
    hyperparameters
        What to do with them.

    Attributes
    ----------
    pixels
        n × d: those of the training set, straightened where that is asked for, before any warps.
    inputs
        n × d′: what the network is given of them, before scaling: these pixels, or their oriented
        gradients.

    Raises
    ------
    DataError
        If labels are missing or all one class, or the two sets do not fit each other.
    UsageError
        If data to be straightened, warped or searched for edges are not images.
    DivergenceError
        From `next`, if the parameters stop being finite. The history up to there stays, the
        network is as the last whole epoch left it, and there is no next epoch. Any other
        exception, such as that of Ctrl-C, undoes the epoch; the next call trains it again.
    """

    def __init__(
        self,
        train: Dataset,
        validation: Dataset,
        hyperparameters: Hyperparameters | None = None,
    ):
        self.hyperparameters = h = hyperparameters or Hyperparameters()
        self.train, self.validation = train, validation
        class_count = check_data(train, validation)
        self.pixels, validation_pixels = prepared(train, validation, h)
        self.inputs, validation_inputs = map(self._inputs_of, (self.pixels, validation_pixels))
        self.scaling = Scaling.standardizing(self.inputs) if h.standardize else Scaling()
        self._X_validation = np.empty(validation_inputs.shape, h.dtype)
        self.scaling(validation_inputs, out=self._X_validation)
        self.network = _build(h, self.inputs.shape[1], class_count)
        self.optimizer = _optimizer(h, self.network)
        self.average = Average(self.network.parameters) if h.average != "none" else None
        self.schedule = _schedule(h, math.ceil(len(train) / h.batch_size))
        self.history = History()
        self.diverged = False
        self.threads = h.threads or threads.threads_for(
            _multiply_adds(self.network, min(h.batch_size, len(train)))
        )
        self._before = {name: np.empty_like(vector) for name, vector in self.state.items()}
        self._batches: dict[int, Batch] = {}
        self._outcomes = Outcomes(len(train), class_count, h)
        self._warps = h.strengths() if h.warps else None
        self._warped = np.empty_like(self.pixels) if h.warps else None

    @property
    def epoch(self) -> int:
        """How many epochs have been trained."""
        return len(self.history.epochs)

    @property
    def iteration(self) -> int:
        """How many batches have been trained on."""
        return len(self.history.train_loss)

    @property
    def state(self) -> dict[str, Array]:
        """The vectors that a step changes: parameters, what the optimizer remembers, average."""
        average = {"average": self.average.vector} if self.average else {}
        return {"parameters": self.network.parameters} | self.optimizer.state | average

    def restore(self, state: Mapping[str, Array], history: History, times_averaged: int) -> None:
        """Go on from another training with the same hyperparameters: its state and its history.

        It goes on from the end of the last whole epoch, also after a divergence. `times_averaged`
        is how many times are in its average; 0 if it keeps none.
        """
        end = history.epochs[-1].iteration if history.epochs else 0
        self.history = History(
            history.train_loss[:end], history.train_accuracy[:end], history.epochs[:]
        )
        self.diverged = False
        self._take(state, times_averaged)

    def _take(self, state: Mapping[str, Array], times_averaged: int) -> None:
        """Take the vectors of a training that was as far as `history` is."""
        for name, vector in self.state.items():
            np.copyto(vector, state[name])
        self.optimizer.steps = self.iteration
        if self.average:
            # With max_epochs raised since, the times to be averaged may be still to come.
            early = self.hyperparameters.average == "stochastic" and (
                self.epoch <= self._first_averaged
            )
            self.average.count = 0 if early else times_averaged

    @property
    def times_averaged(self) -> int:
        """How many times are in the average of the parameters; 0 if none is kept."""
        return self.average.count if self.average else 0

    @property
    def ended(self) -> bool:
        """Whether there is no epoch left to train."""
        h = self.hyperparameters
        stalled = h.patience is not None and self.history.epochs_without_progress >= h.patience
        return self.diverged or stalled or self.epoch >= h.max_epochs

    def __iter__(self) -> Iterator[Epoch]:
        return self

    def __next__(self) -> Epoch:
        if self.ended:
            raise StopIteration
        start, epochs_before, averaged_before = time.perf_counter(), self.epoch, self.times_averaged
        for name, vector in self.state.items():
            np.copyto(self._before[name], vector)
        try:
            # Overflow is not a warning here but an error, raised where the loss shows it.
            with threads.limited(self.threads), np.errstate(over="ignore", invalid="ignore"):
                self._train_epoch()
                with self.averaged():
                    loss, accuracy = self._validate()
            seconds = time.perf_counter() - start
            epoch = Epoch(epochs_before + 1, self.iteration, loss, accuracy, seconds)
            self.history.epochs.append(epoch)
        except BaseException as error:
            del self.history.epochs[epochs_before:]
            self._undo_epoch(averaged_before, keep_history=isinstance(error, DivergenceError))
            raise
        return epoch

    def _undo_epoch(self, averaged_before: int, keep_history: bool) -> None:
        """Go back to the end of the last whole epoch; after divergence, for good."""
        self.diverged = keep_history
        if not keep_history:
            end = self.history.epochs[-1].iteration if self.history.epochs else 0
            del self.history.train_loss[end:], self.history.train_accuracy[end:]
        self._take(self._before, averaged_before)

    def __repr__(self) -> str:
        return f"Training(epoch {self.epoch} of {self.hyperparameters.max_epochs}, {self.network})"

    def __getstate__(self) -> object:
        raise TypeError("a Training cannot be copied or pickled; a Run saves and resumes one")

    @contextlib.contextmanager
    def averaged(self) -> Iterator[None]:
        """Within the block, the network's parameters are their average, if one is kept."""
        if self.average is None or not self.average.count:
            yield
            return
        self.average.exchange(self.network.parameters)
        try:
            yield
        finally:
            self.average.exchange(self.network.parameters)

    def _train_epoch(self) -> None:
        h, epoch, inputs = self.hyperparameters, self.epoch + 1, self.inputs
        if self._warps:
            rng = stream(h.seed, "warps", epoch)
            shape = self.train.image_shape
            inputs = self._inputs_of(
                self._warps.warp(self.pixels, rng, image_shape=shape, out=self._warped)
            )
        order = stream(h.seed, "shuffle", epoch).permutation(len(self.train))
        outcomes = self._outcomes
        outcomes.expect(self.train.require_labels()[order])
        with self._dropping_out(epoch):
            for start in range(0, len(order), h.batch_size):
                rows = slice(start, min(start + h.batch_size, len(order)))
                batch = self._batch(rows.stop - start)
                batch.gather(inputs, order[rows], self.scaling)
                self._step(batch, outcomes.targets[rows], outcomes.logits[rows])
        self._record(*outcomes.of_batches(h.batch_size))
        if self.average and h.average == "stochastic" and epoch > self._first_averaged:
            self.average.include(self.network.parameters, 1 / (self.average.count + 1))

    def _inputs_of(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """What the network is given of these images, before scaling."""
        if self.hyperparameters.oriented_gradients:
            with threads.limited(1):
                return oriented_gradients(pixels, image_shape=self.train.image_shape)
        return pixels

    def _step(self, batch: Batch, targets: Array, logits: Array) -> None:
        """One step of gradient descent; the logits before it are copied into `logits`."""
        h, work = self.hyperparameters, batch.workspace
        logits[...] = self.network.forward(batch.X, work.outputs)
        loss = self._outcomes.loss
        gradient = loss.gradient(work.outputs[-1], targets, out=work.output_gradient)
        self.network.backward_parameters(gradient, work.input_gradients)
        if h.clip_norm is not None:
            clip_norm(self.network.gradients, h.clip_norm)
        self.optimizer.step(self.schedule(self.optimizer.steps))
        if self.average and h.average == "exponential":
            self.average.include(self.network.parameters, 1 - h.average_decay)

    def _record(self, losses: NDArray[np.floating], accuracies: NDArray[np.floating]) -> None:
        """Note an epoch's batches, each as it was before its step, up to the first diverged."""
        finite = np.isfinite(losses)
        end = len(losses) if finite.all() else int(finite.argmin())
        self.history.train_loss += losses[:end].tolist()
        self.history.train_accuracy += accuracies[:end].tolist()
        if end < len(losses):
            step_size = self.hyperparameters.step_size
            raise DivergenceError(self.iteration + 1, self.epoch + 1, step_size)

    @property
    def _first_averaged(self) -> int:
        """How many epochs a stochastic average leaves out."""
        # Rounded first: 0.29 · 100 is 28.999999999999996.
        return int(round(self.hyperparameters.average_start * self.hyperparameters.max_epochs, 9))

    @contextlib.contextmanager
    def _dropping_out(self, epoch: int) -> Iterator[None]:
        """Within the block, each dropout layer draws from the stream of its place and epoch."""
        layers = [layer for layer in self.network.layers if isinstance(layer, Dropout)]
        rngs = stream(self.hyperparameters.seed, "dropout", epoch).spawn(len(layers))
        for layer, rng in zip(layers, rngs, strict=True):
            layer.rng = rng
        try:
            yield
        finally:
            for layer in layers:
                layer.rng = None

    def _validate(self) -> tuple[float, float]:
        n, loss_sum, correct = len(self.validation), 0.0, 0
        labels = self.validation.require_labels()
        loss = CrossEntropy()
        for start in range(0, n, ROWS_AT_ONCE):
            rows = slice(start, min(start + ROWS_AT_ONCE, n))
            batch = self._batch(rows.stop - rows.start)
            logits = self.network.forward(self._X_validation[rows], batch.workspace.outputs)
            loss_sum += len(logits) * loss.forward(logits, labels[rows])
            correct += loss.correct
        parameters = self.network.parameters
        if not np.isfinite([loss_sum, parameters.min(), parameters.max()]).all():
            step_size = self.hyperparameters.step_size
            raise DivergenceError(self.iteration, self.epoch + 1, step_size)
        return loss_sum / n, correct / n

    def _batch(self, n: int) -> Batch:
        """The arrays for batches of n: there are at most four sizes in a run."""
        if n not in self._batches:
            self._batches[n] = Batch(self.network, n)
        return self._batches[n]


def _build(h: Hyperparameters, input_dim: int, output_dim: int) -> FeedForwardNeuralNetwork:
    return FeedForwardNeuralNetwork(
        input_dim,
        output_dim,
        h.hidden_dim,
        h.num_layers,
        h.activation,
        dropout=h.dropout,
        input_dropout=h.input_dropout,
        residual=h.residual,
        rng=stream(h.seed, "weights"),
        dtype=h.dtype,
    )


def _optimizer(h: Hyperparameters, network: FeedForwardNeuralNetwork) -> Optimizer:
    vectors = network.parameters, network.gradients
    if h.optimizer == "Adam":
        return Adam(*vectors, weight_decay=h.weight_decay)
    if h.momentum:
        return Momentum(
            *vectors, momentum=h.momentum, nesterov=h.nesterov, weight_decay=h.weight_decay
        )
    return GradientDescent(*vectors, weight_decay=h.weight_decay)


def _schedule(h: Hyperparameters, batches: int) -> Schedule:
    """The schedule in iterations, of which an epoch has so many."""
    return Schedule(
        h.schedule,
        h.step_size,
        iterations=h.max_epochs * batches,
        warmup=round(h.warmup_epochs * batches),
        decay=h.decay,
        length=max(1, round((h.decay_epochs or 1) * batches)),
    )


def _multiply_adds(network: FeedForwardNeuralNetwork, batch_size: int) -> int:
    """Count a step's: forward once, backward twice, less the gradient of the data."""
    sizes = [layer.weights.size for layer in network.linear_layers]
    return batch_size * (3 * sum(sizes) - sizes[0])
