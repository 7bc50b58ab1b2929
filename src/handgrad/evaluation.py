"""What a model's predictions are worth on data with labels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handgrad.datasets import Dataset
from handgrad.errors import DataError
from handgrad.layers import Array
from handgrad.models import Model
from handgrad.wording import counted


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Log-probabilities, n × c, beside the labels, and what follows from them."""

    log_proba: Array
    labels: NDArray[np.intp]

    @property
    def loss(self) -> float:
        """The mean of −log p(label | image), which is 0 or more."""
        return 0.0 - float(np.mean(self._of_labels, dtype=np.float64))  # Of 0, not −0.

    @property
    def predictions(self) -> NDArray[np.intp]:
        """The most probable class of each image."""
        return self.log_proba.argmax(axis=1)

    @property
    def accuracy(self) -> float:
        """The share of images whose most probable class is their label."""
        return float(np.mean(self.predictions == self.labels))

    @property
    def confusion(self) -> NDArray[np.intp]:
        """How many images of class i, the row, were taken for class j, the column: c × c."""
        c = self.log_proba.shape[1]
        pairs = self.labels * c + self.predictions
        return np.bincount(pairs, minlength=c * c).reshape(c, c)

    def most_wrong(self, count: int) -> NDArray[np.intp]:
        """The rows that were got wrong with the least probability for their label, worst first."""
        wrong = np.flatnonzero(self.predictions != self.labels)
        return wrong[np.argsort(self._of_labels[wrong], kind="stable")][:count]

    @property
    def _of_labels(self) -> Array:
        return np.take_along_axis(self.log_proba, self.labels[:, None], axis=1)[:, 0]


def evaluate(model: Model, dataset: Dataset) -> Evaluation:
    """Evaluate a model on data with labels.

    Raises
    ------
    DataError
        If the data have no labels, or do not fit the model.
    """
    labels = labels_for(model, dataset)
    return Evaluation(model.predict_log_proba(dataset.pixels), labels)


def labels_for(model: Model, dataset: Dataset) -> NDArray[np.intp]:
    """Give the labels of data that a model can be evaluated on.

    Raises
    ------
    DataError
        If the data have no labels, or do not fit the model.
    """
    labels = dataset.require_labels()
    check_fit(model, dataset)
    if labels.max() >= model.class_count:
        row = int(np.argmax(labels >= model.class_count))
        raise DataError(
            f"{dataset.name}, example {row + 1}: label {labels[row]}; the model knows "
            f"{model.class_count} classes, 0 to {model.class_count - 1}"
        )
    return labels


def check_fit(model: Model, dataset: Dataset) -> None:
    """Raise DataError if the images are not of the size, or the shape, that the model takes."""
    if dataset.input_dim != model.input_dim:
        hint = "; is there no label in it? then say --label none"
        raise DataError(
            f"{dataset.name}: images of {counted(dataset.input_dim, 'pixel')}, the model takes "
            f"{model.input_dim}{hint if dataset.input_dim == model.input_dim - 1 else ''}"
        )
    if model.uses_image_shape:
        check_same_shape(dataset, model.image_shape, "the model takes")


def check_same_shape(dataset: Dataset, shape: tuple[int, int] | None, where: str) -> None:
    """Raise DataError if the images have another shape than those elsewhere, where both are known.

    `where` says whose the `shape` is.
    """
    if shape and dataset.image_shape and dataset.image_shape != shape:
        rows, columns = dataset.image_shape
        raise DataError(
            f"{dataset.name}: images of {rows} × {columns}, {where} {shape[0]} × {shape[1]}; if "
            f"they are, say --image-shape {shape[0]} {shape[1]}"
        )
