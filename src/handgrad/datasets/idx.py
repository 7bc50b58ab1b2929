"""IDX, MNIST's own format: a magic number, the dimensions, then the bytes.

The first four bytes are 0, 0, 8 (for unsigned bytes) and the number of dimensions; each dimension
follows as a four-byte big-endian integer. Images have three dimensions and labels, in a file of
their own, one.
"""

import math
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handgrad.datasets.compressed import opened, write_bytes
from handgrad.datasets.dataset import Dataset
from handgrad.errors import DataError
from handgrad.wording import counted

MAGIC = b"\x00\x00\x08"

PIECE = 1 << 20


def read_idx(
    path: Path | str,
    *,
    labels_path: Path | str | None = None,
    class_count: int | None = None,
) -> Dataset:
    """Read a file of images, plain or gzipped, and the file of their labels.

    Parameters
    ----------
    path
        The images: n × rows × columns.
    labels_path
        The labels. None: the file named like the images', with labels-idx1 for images-idx3, if
        there is one beside it.
    class_count
        As in `Dataset`.

    Raises
    ------
    DataError
        If a file is not IDX, holds more or fewer bytes than its header says, or has another
        number of dimensions.
    """
    path = Path(path)
    images = _read_array(path, 3, "images")
    labels_file = Path(labels_path) if labels_path else labels_beside(path)
    labels = _read_array(labels_file, 1, "labels") if labels_file else None
    if labels is not None and len(labels) != len(images):
        raise DataError(
            f"{labels_file}: {counted(len(labels), 'label')} for the "
            f"{counted(len(images), 'image')} of {path}"
        )
    return Dataset(images, labels, class_count=class_count, name=path.name)  # type: ignore[arg-type]


def write_idx(path: Path | str, dataset: Dataset) -> None:
    """Write the images, and the labels beside them if `path` has images-idx3 in its name.

    Raises
    ------
    DataError
        If the data are not images, or have labels and there is no name to write them under, or a
        label is above 255, which is no byte.
    """
    path = Path(path)
    if dataset.image_shape is None:
        raise DataError(f"{dataset.name}: not images, which IDX needs")
    if dataset.labels is not None and "images-idx3" not in path.name:
        raise DataError(f"{path}: needs images-idx3 in its name, to name the labels' file after")
    if dataset.labels is not None and dataset.labels.max() > 255:
        raise DataError(f"{dataset.name}: a label of {dataset.labels.max()}; IDX has 255 at most")
    _write_array(path, dataset.pixels.reshape(-1, *dataset.image_shape))
    if dataset.labels is not None:
        _write_array(_labels_name(path), dataset.labels.astype(np.uint8))


def _read_array(path: Path, dimensions: int, what: str) -> NDArray[np.uint8]:
    with opened(path) as file:
        magic = file.read(4)
        if not magic.startswith(MAGIC) or len(magic) < 4:
            raise DataError(f"{path}: not an IDX file of unsigned bytes")
        if magic[3] != dimensions:
            raise DataError(f"{path}: {magic[3]} dimensions, expected {dimensions} for {what}")
        sizes = file.read(4 * dimensions)
        if len(sizes) < 4 * dimensions:
            raise DataError(f"{path}: the IDX header is cut short")
        shape = struct.unpack(f">{dimensions}I", sizes)
        # Piece by piece, so that the bytes are never in memory twice.
        content = bytearray()
        while piece := file.read(PIECE):
            content += piece
    if len(content) != math.prod(shape):
        raise DataError(
            f"{path}: {len(content)} bytes of {what}, expected {math.prod(shape)} "
            f"({' × '.join(map(str, shape))})"
        )
    return np.frombuffer(content, np.uint8).reshape(shape)


def _write_array(path: Path, array: NDArray[np.uint8]) -> None:
    header = MAGIC + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    write_bytes(path, header + array.tobytes())


def _labels_name(path: Path) -> Path:
    return path.with_name(path.name.replace("images-idx3", "labels-idx1"))


def labels_beside(path: Path) -> Path | None:
    """Name the file of labels that lies beside a file of images, named like it, if there is one."""
    labels = _labels_name(path)
    return labels if labels != path and labels.exists() else None
