"""A Bernoulli model of the pixels of images, and its file.

The tensors are the model's counts, `class_count` (K) and `feature_count` (K × d); the metadata hold
its threshold, smoothing and priors.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handgrad.datasets import Dataset
from handgrad.errors import DataError
from handgrad.layers import Array
from handgrad.models import NAIVE_BAYES, Metadata, Tensors, as_pixels, write_tensors
from handgrad.naive_bayes.discrete import BernoulliNaiveBayes


@dataclass(eq=False)
class BernoulliModel:
    """A Bernoulli Naïve Bayes whose classes are 0 to c − 1: it classifies pixels.

    What a pixel has to be above to count as 1 is the threshold of `bayes`.
    """

    bayes: BernoulliNaiveBayes
    image_shape: tuple[int, int] | None = None

    @property
    def uses_image_shape(self) -> bool:
        """Never: each pixel counts alone, wherever it is."""
        return False

    @property
    def input_dim(self) -> int:
        """d, the number of pixels of an image."""
        return self.bayes.n_features

    @property
    def class_count(self) -> int:
        """c, the number of classes."""
        return len(self.bayes.classes)

    def predict_log_proba(self, pixels: ArrayLike) -> Array:
        """Compute log p(class | image), n × c, for pixels n × d, 0 to 255."""
        return self.bayes.predict_log_proba(self._features(pixels))

    def predict_proba(self, pixels: ArrayLike) -> Array:
        """Compute p(class | image), n × c, for pixels n × d, 0 to 255."""
        return self.bayes.predict_proba(self._features(pixels))

    def predict(self, pixels: ArrayLike) -> NDArray[np.intp]:
        """Name the most probable class of each image, for pixels n × d, 0 to 255."""
        return self.bayes.predict(self._features(pixels))

    def _features(self, pixels: ArrayLike) -> NDArray:
        return as_pixels(pixels, self.input_dim, self.image_shape)


def fit_pixels(bayes: BernoulliNaiveBayes, train: Dataset) -> BernoulliModel:
    """Fit a model to labelled images.

    Every class from 0 to `train.class_count` − 1 is declared; one without an example is never
    predicted where priors are learned.

    Raises
    ------
    DataError
        If the images have no labels, or all the same one.
    """
    labels = train.require_labels()
    if labels.min() == labels.max():
        raise DataError(f"{train.name}: all labels are {labels[0]}, there is nothing to tell apart")
    bayes.partial_fit(train.pixels, labels, classes=np.arange(train.class_count or 0))
    return BernoulliModel(bayes, train.image_shape)


def save_bernoulli(path: Path | str, model: BernoulliModel) -> None:
    """Write a model to a file, whole or not at all."""
    bayes = model.bayes
    priors = bayes.priors if isinstance(bayes.priors, str) else bayes.priors.tolist()
    metadata = {
        "kind": NAIVE_BAYES,
        "threshold": bayes.threshold,
        "alpha": bayes.alpha,
        "priors": priors,
        "image_shape": model.image_shape,
    }
    counts = {"class_count": bayes.class_count, "feature_count": bayes.feature_count}
    write_tensors(path, counts, metadata)


def bernoulli_model(path: Path, tensors: Tensors, metadata: Metadata) -> BernoulliModel:
    """Make the model from what its file holds.

    Raises
    ------
    DataError
        If something is missing or does not fit together.
    """
    try:
        class_count, feature_count = tensors["class_count"], tensors["feature_count"]
        settings = {name: metadata[name] for name in ("threshold", "alpha", "priors")}
        shape = metadata["image_shape"] and tuple(metadata["image_shape"])
        if shape and math.prod(shape) != feature_count.shape[-1]:
            raise ValueError(f"{feature_count.shape[-1]} features and images of {shape} do not fit")
        bayes = BernoulliNaiveBayes(**settings)
        bayes.fit_counts(np.arange(len(class_count)), class_count, feature_count)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: the description of the model is damaged ({error})") from error
    return BernoulliModel(bayes, shape)
