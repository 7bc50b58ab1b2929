"""A trained model: what classifies pixels, and its file.

A model file is in the safetensors format, which opens anywhere and runs no code on loading. Its
tensors are named by linear layer, `linear.0.weights` (d × c), `linear.0.bias` (1 × c), and so on;
its metadata hold, under `handgrad`, a JSON object with everything else.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handgrad import threads
from handgrad.datasets import Scaling
from handgrad.errors import DataError
from handgrad.files import replacing
from handgrad.layers import Array
from handgrad.losses import log_softmax
from handgrad.network import ACTIVATIONS, ROWS_AT_ONCE, FeedForwardNeuralNetwork
from handgrad.orientation import feature_count, oriented_gradients
from handgrad.straighten import straighten

FEW_PARAMETERS = 2**18
"""With fewer, BLAS gives a single row one thread anyway, and to ask for that takes longer."""

BYTES = np.dtype(np.uint8)

NETWORK, NAIVE_BAYES, AVERAGE = "network", "bernoulli-naive-bayes", "average"
"""The kinds of models, as their files say them."""

Tensors = dict[str, NDArray]
Metadata = dict[str, Any]


class Model(Protocol):
    """What every model does, whatever it is inside: it classifies pixels, n × d, 0 to 255.

    They may be given as anything that `as_pixels` takes; what it refuses is a DataError.
    """

    image_shape: tuple[int, int] | None

    @property
    def uses_image_shape(self) -> bool:
        """Whether the same pixels are other images to it if they are laid out in other rows."""

    @property
    def input_dim(self) -> int:
        """d, the number of pixels of an image."""

    @property
    def class_count(self) -> int:
        """c, the number of classes."""

    def predict_log_proba(self, pixels: ArrayLike) -> Array:
        """Compute log p(class | image), n × c."""

    def predict_proba(self, pixels: ArrayLike) -> Array:
        """Compute p(class | image), n × c."""

    def predict(self, pixels: ArrayLike) -> NDArray[np.intp]:
        """Name the most probable class of each image."""


def as_pixels(
    pixels: ArrayLike, input_dim: int, image_shape: tuple[int, int] | None = None
) -> NDArray:
    """Give pixels as an array n × d of numbers from 0 to 255, with d = `input_dim`.

    They may be n × rows × columns too, if that is the `image_shape`; Booleans count as 0 and 1.

    Raises
    ------
    DataError
        If they are not: which is not, and where.
    """
    try:
        array = np.asarray(pixels)
    except ValueError as error:
        raise DataError(f"pixels are not an array, n × d: {error}") from error
    if array.dtype == np.bool_:
        array = array.astype(np.uint8)
    if array.dtype.kind not in "uif":
        raise DataError(f"pixels must be numbers from 0 to 255, found {array.dtype}")
    if array.shape[1:] not in ((input_dim,), image_shape):
        images = f" or n × {image_shape[0]} × {image_shape[1]}" if image_shape else ""
        raise DataError(
            f"pixels must be n × {input_dim}{images}, found an array of shape {array.shape}"
        )
    array = array.reshape(-1, input_dim)
    if array.dtype is BYTES:  # They can hold nothing else.
        return array
    wrong = np.argwhere(~((array >= 0) & (array <= 255)))
    if len(wrong):
        index = tuple(wrong[0].tolist())
        raise DataError(
            f"pixels{list(index)}: found {array[index]}, expected a number from 0 to 255"
        )
    return array


@dataclass(eq=False)
class NetworkModel:
    """A network together with what makes its inputs of pixels: it classifies pixels.

    Each image is straightened, if the network was trained on such; then its pixels, or its oriented
    gradients, are scaled.

    Raises
    ------
    ValueError
        If the network has another number of inputs than the images give, or needs images and has
        no `image_shape`.
    """

    network: FeedForwardNeuralNetwork
    scaling: Scaling
    image_shape: tuple[int, int] | None = None
    straighten: bool = False
    oriented_gradients: bool = False

    def __post_init__(self) -> None:
        shape, inputs = self.image_shape, self.network.input_dim
        if self.oriented_gradients:
            fits = shape is not None and feature_count(shape) == inputs
        else:
            fits = not self.straighten if shape is None else math.prod(shape) == inputs
        if not fits:
            raise ValueError(f"a network of {inputs} inputs and images of {shape} do not fit")
        self._row_shape = (self.input_dim,)

    @property
    def uses_image_shape(self) -> bool:
        """Whether images are straightened, or searched for edges."""
        return self.straighten or self.oriented_gradients

    @property
    def input_dim(self) -> int:
        """d, the number of pixels of an image."""
        if self.oriented_gradients and self.image_shape:
            return math.prod(self.image_shape)
        return self.network.input_dim

    @property
    def class_count(self) -> int:
        """c, the number of classes."""
        return self.network.output_dim

    def predict_log_proba(self, pixels: ArrayLike) -> Array:
        """Compute log p(class | image), n × c, for pixels n × d, 0 to 255."""
        return self.classify(self.prepare(pixels))

    def prepare(self, pixels: ArrayLike) -> NDArray:
        """Check the images, n × d, and straighten them if the network was trained on such."""
        # As most are given. A call to find that out would be felt: one image takes 9 µs.
        row = self._row_shape
        if isinstance(pixels, np.ndarray) and pixels.dtype is BYTES and pixels.shape[1:] == row:
            images: NDArray = pixels
        else:
            images = as_pixels(pixels, self.input_dim, self.image_shape)
        return straighten(images, image_shape=self.image_shape) if self.straighten else images

    def classify(self, pixels: NDArray[np.uint8]) -> Array:
        """Compute log p(class | image), n × c, for pixels that are prepared already."""
        return log_softmax(self.logits(pixels))

    def logits(self, pixels: NDArray[np.uint8]) -> Array:
        """Compute the network's output, n × c, for pixels that are prepared already."""
        if len(pixels) == 1 and self.network.parameters.size < FEW_PARAMETERS:
            return self._forward(pixels)
        result = np.empty((len(pixels), self.class_count), self.network.parameters.dtype)
        # One thread: a forward pass alone is too short for two to be worth their waiting.
        with threads.limited(1):
            for start in range(0, len(pixels), ROWS_AT_ONCE):
                rows = slice(start, start + ROWS_AT_ONCE)
                result[rows] = self._forward(pixels[rows])
        return result

    def _forward(self, pixels: NDArray[np.uint8]) -> Array:
        if self.oriented_gradients:
            pixels = oriented_gradients(pixels, image_shape=self.image_shape)
        X = np.empty(pixels.shape, self.network.parameters.dtype)
        return self.network.forward(self.scaling(pixels, X))

    def predict_proba(self, pixels: ArrayLike) -> Array:
        """Compute p(class | image), n × c, for pixels n × d, 0 to 255."""
        return np.exp(self.predict_log_proba(pixels))

    def predict(self, pixels: ArrayLike) -> NDArray[np.intp]:
        """Name the most probable class of each image, for pixels n × d, 0 to 255."""
        return self.logits(self.prepare(pixels)).argmax(axis=1)


def save_model(path: Path | str, model: NetworkModel) -> None:
    """Write a model to a file, whole or not at all.

    Raises
    ------
    ValueError
        If its activation is not one of handgrad's, so that no one could load it.
    """
    write_tensors(path, network_tensors(model.network), model_metadata(model))


def model_file(path: Path) -> Path:
    """Give the model file that a path means: itself, or that in the run folder it is."""
    return path / "model.safetensors" if path.is_dir() else path


def load_model(path: Path | str) -> Model:
    """Read a model from its file, or from the run folder that holds it.

    Raises
    ------
    DataError
        If there is no such file, it is damaged, or it is not a model of handgrad's.
    """
    path = model_file(Path(path))
    tensors, metadata = read_tensors(path)
    kind = metadata.get("kind")
    if kind == NETWORK:
        return network_model(path, tensors, metadata)
    if kind == NAIVE_BAYES:
        from handgrad.naive_bayes.pixels import bernoulli_model

        return bernoulli_model(path, tensors, metadata)
    if kind == AVERAGE:
        from handgrad.ensemble import average_model

        return average_model(path, tensors, metadata)
    raise DataError(f"{path}: holds a {kind!r}, which is not a known model")


def network_tensors(network: FeedForwardNeuralNetwork) -> Tensors:
    """Name the parameters of a network, as views into its vector."""
    tensors = {}
    for i, layer in enumerate(network.linear_layers):
        tensors[f"linear.{i}.weights"] = layer.weights
        tensors[f"linear.{i}.bias"] = layer.bias
    return tensors


def model_metadata(model: NetworkModel) -> Metadata:
    """Describe a model: all but the numbers in its tensors.

    Raises
    ------
    ValueError
        If its activation is not one of handgrad's, so that no one could load it.
    """
    if model.network.activation not in ACTIVATIONS.values():
        name = model.network.activation.__name__
        raise ValueError(f"a model with {name} cannot be saved; one of {[*ACTIVATIONS]} can")
    return {
        "kind": NETWORK,
        "architecture": model.network.architecture,
        "scaling": asdict(model.scaling),
        "image_shape": model.image_shape,
        "straighten": model.straighten,
        "oriented_gradients": model.oriented_gradients,
    }


def network_model(
    path: Path, tensors: Tensors, metadata: Metadata, prefix: str = ""
) -> NetworkModel:
    """Make the model from what its file holds, its tensors under names that begin with `prefix`.

    Raises
    ------
    DataError
        If something is missing or does not fit together.
    """
    try:
        scaling = Scaling(**{name: float(x) for name, x in metadata["scaling"].items()})
        if not (math.isfinite(scaling.factor) and math.isfinite(scaling.offset)):
            raise ValueError(f"{scaling} is not finite")
        model = NetworkModel(
            FeedForwardNeuralNetwork(**metadata["architecture"]),
            scaling,
            metadata["image_shape"] and tuple(metadata["image_shape"]),
            metadata.get("straighten", False),  # Older files do not have these two.
            metadata.get("oriented_gradients", False),
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise DataError(f"{path}: the description of the model is damaged ({error})") from error
    network = model.network
    for own_name, parameter in network_tensors(network).items():
        name = prefix + own_name
        found = tensors.get(name)
        if found is None or found.shape != parameter.shape or found.dtype != parameter.dtype:
            raise DataError(
                f"{path}: {name} is {'missing' if found is None else (found.shape, found.dtype)}, "
                f"expected {(parameter.shape, parameter.dtype)} for {network}"
            )
        if not np.isfinite(found).all():
            raise DataError(f"{path}: {name} holds numbers that are not finite")
        parameter[:] = found
    return model


def write_tensors(path: Path | str, tensors: Mapping[str, NDArray], metadata: Metadata) -> None:
    """Write named arrays and a JSON description as safetensors, whole or not at all."""
    from safetensors.numpy import save

    arrays = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    content = save(arrays, {"handgrad": json.dumps(metadata, ensure_ascii=False)})
    with replacing(Path(path)) as temporary:
        temporary.write_bytes(content)


def read_tensors(path: Path | str) -> tuple[Tensors, Metadata]:
    """Read named arrays and their JSON description.

    Raises
    ------
    DataError
        If the file is missing, may not be read or is damaged, or has no description.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: no such model file")
    try:
        path.open("rb").close()  # Of a file that may not be read, safetensors says it is not there.
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = (file.metadata() or {}).get("handgrad")
            if metadata is None:
                raise DataError(f"{path}: a safetensors file, but not one of handgrad's models")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (AttributeError, TypeError) as error:  # A type that numpy does not have, as bfloat16.
        raise DataError(f"{path}: a model with numbers of a type unknown here ({error})") from error
    except (SafetensorError, OSError) as error:
        raise DataError(f"{path}: not a model file, or damaged or cut short ({error})") from error
    try:
        description = json.loads(metadata)
    except json.JSONDecodeError as error:
        raise DataError(f"{path}: the description of the model is damaged ({error})") from error
    if not isinstance(description, dict):
        raise DataError(f"{path}: the description of the model is damaged")
    return tensors, description
