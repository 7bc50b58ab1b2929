"""NPZ: numpy's zip of arrays."""

import io
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handgrad.datasets.compressed import read_bytes
from handgrad.datasets.dataset import LARGEST_LABEL, Dataset
from handgrad.errors import DataError
from handgrad.files import replacing

NAMES = (("images", "labels"), ("x_train", "y_train"), ("X", "y"))
"""The names under which images and labels are looked for; handgrad writes the first."""


def read_npz(
    path: Path | str,
    *,
    class_count: int | None = None,
    image_shape: tuple[int, int] | None = None,
) -> Dataset:
    """Read images (n × d, of this shape, or n × rows × columns) and, if there are any, labels.

    Raises
    ------
    DataError
        If the file is damaged or encrypted, holds pickled objects (which are never loaded), has no
        images under a name of `NAMES`, or a value is not a whole number in range.
    """
    import zipfile

    path = Path(path)
    try:
        with np.load(io.BytesIO(read_bytes(path)), allow_pickle=False) as arrays:
            names = next((pair for pair in NAMES if pair[0] in arrays), None)
            if names is None:
                raise DataError(
                    f"{path}: holds {', '.join(arrays) or 'nothing'}; expected "
                    f"{' or '.join(f'{x} and {y}' for x, y in NAMES)}"
                )
            images = np.asarray(arrays[names[0]])
            labels = arrays.get(names[1])
    except DataError:
        raise
    except (AttributeError, ValueError) as error:
        raise DataError(
            f"{path}: an array is damaged or holds pickled objects, which are not loaded"
        ) from error
    except RuntimeError as error:  # Encrypted, or compressed by a method that Python has not.
        raise DataError(f"{path}: the NPZ file cannot be unpacked ({error})") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise DataError(f"{path}: the NPZ file is damaged or cut short ({error})") from error
    pixels = _whole_numbers(images, 255, f"{path}, {names[0]}").astype(np.uint8, copy=False)
    if labels is not None:
        labels = _whole_numbers(labels, LARGEST_LABEL, f"{path}, {names[1]}").astype(np.intp)
    shape = image_shape if pixels.ndim == 2 else None
    return Dataset(pixels, labels, shape, class_count, path.name)


def write_npz(path: Path | str, dataset: Dataset) -> None:
    """Write images, as n × rows × columns if they are images, and labels if there are any."""
    shape = dataset.image_shape or (dataset.input_dim,)
    arrays: dict[str, NDArray] = {"images": dataset.pixels.reshape(len(dataset), *shape)}
    if dataset.labels is not None:
        arrays["labels"] = dataset.labels
    with replacing(Path(path)) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def _whole_numbers(array: NDArray, largest: int, where: str) -> NDArray:
    """Check that all are whole numbers from 0 to `largest`, or say which is not."""
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind not in "iufb":
        raise DataError(f"{where}: found {array.dtype}, expected numbers")
    with np.errstate(invalid="ignore"):
        wrong = np.argwhere(~((array >= 0) & (array <= largest) & (array == np.floor(array))))
    if len(wrong):
        index = tuple(int(i) for i in wrong[0])
        raise DataError(
            f"{where}{list(index)}: found {array[index]}, "
            f"expected a whole number from 0 to {largest}"
        )
    return array
