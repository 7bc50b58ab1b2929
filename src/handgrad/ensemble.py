"""Several networks as one model: the mean of their probabilities.

Networks that differ only in what they drew make different mistakes, and so does one network on an
image and on the same image a little warped. The model here averages over both: M networks, and V
warps w_v of the image x, each as likely as the others,

    p(class | x) = 1/(MV) Σ_m Σ_v p_m(class | w_v(x)).

Its file has the tensors of network i under `member.i.` and their names in a network's own file, and
in its metadata, under `members`, what those files have.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handgrad.errors import DataError, UsageError
from handgrad.layers import Array
from handgrad.models import (
    AVERAGE,
    Metadata,
    NetworkModel,
    Tensors,
    model_metadata,
    network_model,
    network_tensors,
    write_tensors,
)
from handgrad.warps import Warps, resample, warp_basis


@dataclass(frozen=True)
class Views:
    """A few warps, the same for every image: what is seen of one depends on no other.

    Parameters
    ----------
    warps
        How strong they are.
    count
        How many there are; at least 1.
    seed
        What they are drawn from.
    """

    warps: Warps
    count: int
    seed: int = 0

    def __post_init__(self) -> None:
        if self.count < 1:
            raise UsageError(f"of views must be 1 or more, got {self.count}", "count")

    def of(self, pixels: NDArray[np.uint8], shape: tuple[int, int]) -> Iterator[NDArray[np.uint8]]:
        """Yield the images, n × d, once under each of the warps."""
        rng = np.random.default_rng(self.seed)
        C = self.warps.coefficients(self.count, shape, rng).astype(np.float32)
        B = warp_basis(shape, self.warps.bumps, np.dtype(np.float32))
        stack = pixels.reshape(-1, *shape)
        for i in range(self.count):
            yield resample(stack, C[i : i + 1], B, np.empty_like(pixels))


@dataclass(eq=False)
class AverageModel:
    """The mean of several networks' probabilities, and over warps of the images if there are any.

    Parameters
    ----------
    members
        One network or more, that take the same images and know the same classes.
    views
        The warps under which each of them sees an image; None: it sees the image as it is.

    Raises
    ------
    UsageError
        If the networks do not fit together, or there are views of what are not images.
    """

    members: tuple[NetworkModel, ...]
    views: Views | None = None
    image_shape: tuple[int, int] | None = field(init=False)

    def __post_init__(self) -> None:
        if not self.members:
            raise UsageError("an average needs one network or more, got none")
        first = self.members[0]
        for number, member in enumerate(self.members[1:], start=2):
            if _takes(member) != _takes(first):
                raise UsageError(
                    f"network {number} takes {_describe(member)}, network 1 {_describe(first)}: "
                    "only networks of the same images and classes can be averaged"
                )
        self.image_shape = first.image_shape
        if self.views and self.image_shape is None:
            raise UsageError("views need images, and these networks take none")

    @property
    def uses_image_shape(self) -> bool:
        """Whether a network does, or the images are warped."""
        return self.views is not None or any(each.uses_image_shape for each in self.members)

    @property
    def input_dim(self) -> int:
        """d, the number of pixels of an image."""
        return self.members[0].input_dim

    @property
    def class_count(self) -> int:
        """c, the number of classes."""
        return self.members[0].class_count

    def predict_log_proba(self, pixels: ArrayLike) -> Array:
        """Compute log p(class | image), n × c, for pixels n × d, 0 to 255."""
        prepared = self.members[0].prepare(pixels)
        dtype = np.result_type(*(member.network.parameters for member in self.members))
        total = np.full((len(prepared), self.class_count), -np.inf, dtype)
        count = 0
        for seen in self._seen(prepared):
            for member in self.members:
                np.logaddexp(total, member.classify(seen), out=total)
                count += 1
        total -= np.log(count)
        return total

    def predict_proba(self, pixels: ArrayLike) -> Array:
        """Compute p(class | image), n × c, for pixels n × d, 0 to 255."""
        return np.exp(self.predict_log_proba(pixels))

    def predict(self, pixels: ArrayLike) -> NDArray[np.intp]:
        """Name the most probable class of each image, for pixels n × d, 0 to 255."""
        return self.predict_log_proba(pixels).argmax(axis=1)

    def _seen(self, pixels: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
        if self.views is None or self.image_shape is None:
            yield pixels
        else:
            yield from self.views.of(pixels, self.image_shape)


def save_average(path: Path | str, model: AverageModel) -> None:
    """Write a model to a file, whole or not at all."""
    tensors = {
        f"{_prefix(i)}{name}": tensor
        for i, member in enumerate(model.members)
        for name, tensor in network_tensors(member.network).items()
    }
    metadata = {
        "kind": AVERAGE,
        "members": [model_metadata(member) for member in model.members],
        "views": asdict(model.views) if model.views else None,
    }
    write_tensors(path, tensors, metadata)


def average_model(path: Path, tensors: Tensors, metadata: Metadata) -> AverageModel:
    """Make the model from what its file holds.

    Raises
    ------
    DataError
        If something is missing or does not fit together.
    """
    try:
        members = tuple(
            network_model(path, tensors, description, _prefix(i))
            for i, description in enumerate(metadata["members"])
        )
        views = metadata["views"]
        if views is not None:
            views = Views(**views | {"warps": Warps(**views["warps"])})
        return AverageModel(members, views)
    except DataError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: the description of the model is damaged ({error})") from error


def _prefix(i: int) -> str:
    return f"member.{i}."


def _takes(model: NetworkModel) -> tuple:
    return model.input_dim, model.image_shape, model.straighten, model.class_count


def _describe(model: NetworkModel) -> str:
    shape = f" ({model.image_shape[0]} × {model.image_shape[1]})" if model.image_shape else ""
    straightened = ", straightened" if model.straighten else ""
    return f"{model.input_dim} pixels{shape}{straightened}, and knows {model.class_count} classes"
