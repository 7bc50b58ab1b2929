"""A set of images, with labels or without."""

import math
import operator
import zlib
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from handgrad.errors import DataError
from handgrad.layers import Array
from handgrad.wording import counted

LARGEST_LABEL = 65_535
"""The largest that a label in a file of numbers may be."""


@dataclass(frozen=True)
class Scaling:
    """x ← x · factor + offset, from pixels (0 to 255) to the inputs of a network.

    The default is the course's x/256 − 0.5.
    """

    factor: float = 1 / 256
    offset: float = -0.5

    @classmethod
    def standardizing(cls, pixels: NDArray[np.uint8]) -> "Scaling":
        """Scale to mean 0 and standard deviation 1 over all of these pixels together."""
        # From how often each value occurs, as numpy's own mean and std make floats of all pixels.
        pieces = (pixels[i : i + 1000].ravel() for i in range(0, len(pixels), 1000))
        counts = sum(np.bincount(piece, minlength=256) for piece in pieces)
        values = np.arange(256)
        mean = float(np.average(values, weights=counts))
        deviation = math.sqrt(np.average((values - mean) ** 2, weights=counts)) or 1.0
        return cls(1 / deviation, -mean / deviation)

    def __call__(self, pixels: NDArray[np.uint8], out: Array) -> Array:
        """Write the scaled pixels, n × d, into `out`, and return it."""
        factor, offset = self._arrays[out.dtype]
        out[...] = pixels
        out *= factor
        out += offset
        return out

    @cached_property
    def _arrays(self) -> dict[np.dtype, tuple[NDArray, NDArray]]:
        """Both as arrays without dimensions, which numpy takes in half the time of floats."""
        return {
            np.dtype(kind): (np.array(self.factor, kind), np.array(self.offset, kind))
            for kind in (np.float32, np.float64)
        }


@dataclass(frozen=True, eq=False)
class Dataset:
    """n images of d pixels, one a row.

    Parameters
    ----------
    pixels
        n × d, whole numbers from 0 to 255; or n × rows × columns.
    labels
        n whole numbers from 0 to class_count − 1, or None.
    image_shape
        Rows and columns of an image. If None, it is taken from `pixels`, or is the square of d
        pixels, or stays None: not everything is an image.
    class_count
        How many classes there are; by default, one more than the largest label.
    name
        What to call the data in messages: a file's name, say.

    Raises
    ------
    DataError
        If there is no row, the labels are not one a row, or one is not a class.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.intp] | None = None
    image_shape: tuple[int, int] | None = None
    class_count: int | None = None
    name: str = "data"

    def __post_init__(self) -> None:
        if not isinstance(self.pixels, np.ndarray) or self.pixels.dtype != np.uint8:
            found = getattr(self.pixels, "dtype", type(self.pixels).__name__)
            raise DataError(f"{self.name}: pixels must be an array of uint8, found {found}")
        if self.pixels.ndim not in (2, 3) or self.pixels.size == 0:
            raise DataError(
                f"{self.name}: expected at least one image, n × d or n × rows × columns, "
                f"found an array of shape {self.pixels.shape}"
            )
        self._settle("image_shape", self._plain_shape())
        self._settle("pixels", self.pixels.reshape(len(self.pixels), -1))
        if self.class_count is not None and not isinstance(self.class_count, Integral):
            raise DataError(
                f"{self.name}: class_count must be a whole number, found {self.class_count!r}"
            )
        self._settle("class_count", self.class_count and int(self.class_count))
        if self.labels is not None:
            labels = np.asarray(self.labels)
            if labels.dtype.kind not in "iu":
                raise DataError(f"{self.name}: labels must be whole numbers, found {labels.dtype}")
            self._check_labels(labels)
            self._settle("labels", labels.astype(np.intp))

    def _settle(self, field: str, value: object) -> None:
        object.__setattr__(self, field, value)

    def _plain_shape(self) -> tuple[int, int] | None:
        """The image shape as Python's own integers, if the rows are images of that shape."""
        if self.image_shape is None:
            return _image_shape(self.pixels)
        try:
            rows, columns = map(operator.index, self.image_shape)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"{self.name}: image_shape must be two whole numbers, found {self.image_shape!r}"
            ) from error
        found = self.pixels.shape[1:]
        if min(rows, columns) < 1 or found not in ((rows, columns), (rows * columns,)):
            raise DataError(
                f"{self.name}: rows have {counted(math.prod(found), 'pixel')}"
                f"{' in ' + ' × '.join(map(str, found)) if len(found) == 2 else ''}, which is not "
                f"an image of {rows} × {columns}"
            )
        return rows, columns

    def _check_labels(self, labels: NDArray[np.integer]) -> None:
        if labels.shape != (len(self),):
            raise DataError(
                f"{self.name}: {len(self)} images take {len(self)} labels, found an array of "
                f"shape {labels.shape}"
            )
        class_count = int(labels.max()) + 1 if self.class_count is None else self.class_count
        self._settle("class_count", class_count)
        wrong = np.flatnonzero((labels < 0) | (labels >= class_count))
        if len(wrong):
            raise DataError(
                f"{self.name}, example {wrong[0] + 1}: label {labels[wrong[0]]}; with "
                f"{class_count} classes, expected 0 to {class_count - 1}"
            )

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def input_dim(self) -> int:
        """d, the number of pixels of an image."""
        return self.pixels.shape[1]

    @cached_property
    def fingerprint(self) -> str:
        """A checksum of pixels, labels, image shape and classes, to recognise the same data by."""
        checksum = zlib.crc32(self.pixels.tobytes())
        checksum = zlib.crc32(repr((self.image_shape, self.class_count)).encode(), checksum)
        if self.labels is not None:
            checksum = zlib.crc32(self.labels.astype(np.int64).tobytes(), checksum)
        return f"{checksum:08x}"

    def require_labels(self) -> NDArray[np.intp]:
        """Return the labels, or raise DataError if there are none."""
        if self.labels is None:
            raise DataError(f"{self.name}: has no labels, which this needs")
        return self.labels

    def rows(self, rows: NDArray[np.intp] | slice, name: str | None = None) -> "Dataset":
        """Give the dataset of these rows alone."""
        labels = None if self.labels is None else self.labels[rows]
        return Dataset(
            self.pixels[rows], labels, self.image_shape, self.class_count, name or self.name
        )

    def split(self, share: float, seed: int) -> tuple["Dataset", "Dataset"]:
        """Divide the rows at random into two sets, the second holding `share` of them.

        Raises
        ------
        DataError
            If either set would be empty.
        """
        held_out = round(len(self) * share)
        if not 0 < held_out < len(self):
            raise DataError(
                f"{self.name}: {counted(len(self), 'example')}, too few to hold {share:.0%} of "
                "them out"
            )
        order = np.random.default_rng(seed).permutation(len(self))
        rest, held = np.sort(order[held_out:]), np.sort(order[:held_out])
        return self.rows(rest), self.rows(held, f"{self.name}, held out")

    def __repr__(self) -> str:
        kind = f"{self.class_count} classes" if self.labels is not None else "no labels"
        return f"Dataset({self.name}: {len(self)} × {self.input_dim}, {kind})"


def _image_shape(pixels: NDArray[np.uint8]) -> tuple[int, int] | None:
    if pixels.ndim == 3:
        return pixels.shape[1], pixels.shape[2]
    side = math.isqrt(pixels.shape[1])
    return (side, side) if side * side == pixels.shape[1] else None
