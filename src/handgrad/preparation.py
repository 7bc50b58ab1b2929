"""What becomes of data before training: whether they fit together, and images made upright."""

import numpy as np
from numpy.typing import NDArray

from handgrad.datasets import Dataset
from handgrad.errors import DataError, UsageError
from handgrad.hyperparameters import Hyperparameters
from handgrad.straighten import straighten
from handgrad.wording import counted


def prepared(train: Dataset, validation: Dataset, h: Hyperparameters) -> list[NDArray[np.uint8]]:
    """The pixels of both sets that every epoch begins with."""
    check_images(train, validation, h)
    both = [train.pixels, validation.pixels]
    if h.straighten:
        both = [straighten(pixels, image_shape=train.image_shape) for pixels in both]
    return both


def check_data(train: Dataset, validation: Dataset) -> int:
    """Give the number of classes of data that fit together.

    Raises
    ------
    DataError
        If labels are missing, the training set has one class alone, or the widths differ.
    """
    labels = train.require_labels()
    validation.require_labels()
    if labels.min() == labels.max():
        raise DataError(
            f"{train.name}: every label is {labels[0]}, which leaves nothing to learn; is the "
            "label in another column?"
        )
    if train.input_dim != validation.input_dim:
        raise DataError(
            f"{validation.name}: examples of {counted(validation.input_dim, 'pixel')}, expected "
            f"{train.input_dim} as in {train.name}"
        )
    return max(train.class_count or 0, validation.class_count or 0)


def check_images(train: Dataset, validation: Dataset, h: Hyperparameters) -> None:
    """Check that data are images, if what is asked for needs images.

    Raises
    ------
    UsageError
        If they are not.
    DataError
        If the two sets have images of different shapes.
    """
    for name in ("straighten", "oriented_gradients", "warps"):
        if getattr(h, name) and train.image_shape is None:
            raise UsageError(f"needs images, and {train.name} has none", name)
    if (h.straighten or h.oriented_gradients) and validation.image_shape not in (
        None,
        train.image_shape,
    ):
        raise DataError(
            f"{validation.name}: images of shape {validation.image_shape}, expected "
            f"{train.image_shape} as in {train.name}"
        )
