"""The batches of an epoch: the arrays that a step writes, and what is recorded of each batch."""

import numpy as np
from numpy.typing import NDArray

from handgrad.datasets import Scaling
from handgrad.hyperparameters import Hyperparameters
from handgrad.losses import CrossEntropy, by_class
from handgrad.network import ROWS_AT_ONCE, FeedForwardNeuralNetwork, Workspace


class Batch:
    """n examples, and all the arrays that a step over n examples writes."""

    def __init__(self, network: FeedForwardNeuralNetwork, n: int):
        self.inputs = np.empty((n, network.input_dim), np.uint8)
        self.X = np.empty((n, network.input_dim), network.parameters.dtype)
        self.workspace = Workspace(network, n)

    def gather(self, inputs: NDArray[np.uint8], rows: NDArray[np.intp], scaling: Scaling) -> None:
        """Take these rows. (With mode "clip", numpy needs no copy of its own to check them.)"""
        inputs.take(rows, axis=0, out=self.inputs, mode="clip")
        scaling(self.inputs, out=self.X)


class Outcomes:
    """An epoch's targets and logits, of which all its batches' losses are made at once.

    Calls of numpy for each batch would take a twentieth of a small network's time.

    Attributes
    ----------
    loss
        The loss that is trained on.
    targets, logits
        n × c, in the order in which the epoch sees the examples.
    """

    def __init__(self, n: int, class_count: int, h: Hyperparameters):
        self.loss = CrossEntropy(h.label_smoothing)
        self.targets, self.logits = (by_class(n, class_count, h.dtype) for _ in range(2))
        self._losses, self._hits = np.empty(n), np.empty(n, np.intp)

    def expect(self, labels: NDArray[np.intp]) -> None:
        """Take the labels of an epoch, in its order."""
        self.labels = labels
        self.loss.targets(labels, self.targets.shape[1], self.targets.dtype, out=self.targets)

    def of_batches(self, batch_size: int) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Give the loss and the accuracy of each batch."""
        n = len(self.labels)
        for start in range(0, n, ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            self._losses[rows] = self.loss.of_rows(self.logits[rows], self.targets[rows])
            self._hits[rows] = self.logits[rows].argmax(axis=1) == self.labels[rows]
        batch_size = min(batch_size, n)  # It may be larger than numpy's integers.
        starts = np.arange(0, n, batch_size)
        sizes = np.minimum(batch_size, n - starts)
        return (
            np.add.reduceat(self._losses, starts) / sizes,
            np.add.reduceat(self._hits, starts) / sizes,
        )
