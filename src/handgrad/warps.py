"""Random smooth deformations of images, so that training never sees the same image twice.

A pixel's position p = (y, x) is its row and column. A warp first moves the content of an image by
an affine map about the image's centre c,

    p ↦ c + R K S (p − c) + t:   scaled by S, sheared by K, turned by R, shifted by t,

and then bends it by a smooth elastic field e. The warped image is read backwards: at p it has the
value that the image has at the source position

    q(p) = c + A (p − t − c) + e(p),   A = S⁻¹ K⁻¹ R⁻¹,   e(p) = Σⱼ eⱼ βⱼ(p),

with one random vector eⱼ for each of a grid of broad Gaussian bumps βⱼ. All of this is linear in
1, y, x and the βⱼ, so the source positions of a whole batch are one matrix product of random
coefficients, 2n × k, and a fixed basis, k × pixels. The image between its pixels is bilinear
interpolation, and beyond its border it is 0. (Elastic fields for digits: Simard, Steinkraus and
Platt 2003, "Best practices for convolutional neural networks applied to visual document analysis".)
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from numbers import Integral, Real

import numpy as np
from numpy.typing import NDArray

from handgrad.errors import UsageError
from handgrad.layers import Array

CHUNK_PIXELS = 1 << 15
"""How many pixels are warped at a time: few enough for the intermediate arrays to stay in cache."""

STRENGTHS = ("rotation", "scale", "shear", "shift", "elastic")

STRONGEST = 1000
"""The largest that a strength may be: farther than any image reaches."""

MOST_BUMPS = 100
"""More would be closer together than pixels are."""


@dataclass(frozen=True)
class Warps:
    """How strongly images are deformed; the defaults suit handwritten digits of 28 × 28 pixels.

    Every image gets a warp of its own. A strength of 0 switches its ingredient off.

    Parameters
    ----------
    rotation
        The angle is uniform in ±rotation, in degrees.
    scale
        The height and the width grow by two factors, each uniform in 1 ± scale.
    shear
        How far the image slants to the side: x moves by a multiple of y uniform in ±shear.
    shift
        The moves down and to the right are uniform in ±shift, in pixels.
    elastic
        The standard deviation of each component of the elastic field, in pixels. It is normally
        distributed and the same at every pixel.
    bumps
        The elastic field is spanned by bumps × bumps Gaussians whose centres spread evenly over
        the image and whose standard deviation is the distance between neighbouring centres: 4.5
        pixels for 7 bumps across 28 pixels. Fewer bumps make a smoother field.

    Raises
    ------
    UsageError
        If a strength is not from 0 to 1,000, scale reaches 1, or bumps is out of range.
    """

    rotation: float = 15.0
    scale: float = 0.15
    shear: float = 0.2
    shift: float = 2.0
    elastic: float = 1.3
    bumps: int = 7

    def __post_init__(self) -> None:
        for name in STRENGTHS:
            value = getattr(self, name)
            is_number = isinstance(value, Real) and not isinstance(value, bool)
            if not (is_number and 0 <= value <= STRONGEST):
                raise UsageError(f"must be from 0 to {STRONGEST:,}, got {value!r}", name)
        if self.scale >= 1:
            raise UsageError(f"must be less than 1, got {self.scale}", "scale")
        is_whole = isinstance(self.bumps, Integral) and not isinstance(self.bumps, bool)
        if not (is_whole and 2 <= self.bumps <= MOST_BUMPS):
            raise UsageError(
                f"must be a whole number from 2 to {MOST_BUMPS}, got {self.bumps!r}", "bumps"
            )

    def scaled(self, factor: float) -> Warps:
        """Give warps whose strengths are these times a factor."""
        return replace(self, **{name: factor * getattr(self, name) for name in STRENGTHS})

    def warp(
        self,
        images: NDArray,
        rng: np.random.Generator,
        *,
        image_shape: tuple[int, int] | None = None,
        out: NDArray | None = None,
    ) -> NDArray:
        """Deform every image by a fresh random warp.

        Parameters
        ----------
        images
            n × rows × columns; or n × d, one image a row, with its `image_shape`.
        rng
            Where the warps are drawn from, as `coefficients` says.
        image_shape
            (rows, columns) of the images if they are given as rows of d = rows · columns pixels.
        out
            Where to put the warped images, an array of the shape of `images`; by default a new
            one of their dtype too. In an array of integers they are rounded.

        Returns
        -------
        NDArray
            `out`.

        Raises
        ------
        UsageError
            If `images` are not images, or not of real numbers.
        """
        stack = as_images(images, image_shape)
        if out is None:
            out = np.empty_like(images)
        n, rows, columns = stack.shape
        dtype = np.result_type(stack, np.float32)
        C = self.coefficients(n, (rows, columns), rng).astype(dtype)
        return resample(stack, C, warp_basis((rows, columns), self.bumps, dtype), out)

    def coefficients(self, n: int, shape: tuple[int, int], rng: np.random.Generator) -> Array:
        """Draw the source positions of n images of this shape, as coefficients of `warp_basis`.

        `rng` gives five seeds, one for each ingredient: rotation, scale, shear, shift and elastic,
        in this order. From its own stream each ingredient then draws image by image. So it takes
        the same from `rng` however many images there are, and changing one ingredient, or
        switching it off, changes nothing of what the others draw.

        Returns
        -------
        Array
            n × 2 × (3 + bumps²): for the row and for the column of the source position, the
            coefficients of 1, y, x and of each bump.
        """
        turn, stretch, slant, move, bend = map(
            np.random.default_rng, rng.integers(2**63, size=5).tolist()
        )
        C = np.empty((n, 2, 3 + self.bumps**2))
        C[:, :, :3] = affine_coefficients(
            shape,
            rotation=turn.uniform(-self.rotation, self.rotation, n),
            scale=1 + stretch.uniform(-self.scale, self.scale, (n, 2)),
            shear=slant.uniform(-self.shear, self.shear, n),
            shift=move.uniform(-self.shift, self.shift, (n, 2)),
        )
        C[:, :, 3:] = self.elastic * bend.standard_normal((n, 2, self.bumps**2), np.float32)
        return C


def as_images(images: NDArray, image_shape: tuple[int, int] | None = None) -> NDArray:
    """View data as a stack of images, n × rows × columns, or say in a UsageError why it is none."""
    if images.dtype.kind not in "iuf":
        raise UsageError(f"expected images of real numbers, got dtype {images.dtype}")
    if image_shape is None:
        if images.ndim != 3:
            raise UsageError(
                "expected images, n × rows × columns, or the image_shape of data n × d; "
                f"got data of shape {images.shape} and no image_shape"
            )
        return images
    rows, columns = image_shape
    if images.shape[1:] not in ((rows * columns,), (rows, columns)):
        raise UsageError(
            f"expected images of {rows} × {columns} = {rows * columns} pixels each, "
            f"got data of shape {images.shape}"
        )
    return images.reshape(-1, rows, columns)


def affine_coefficients(
    shape: tuple[int, int], *, rotation: Array, scale: Array, shear: Array, shift: Array
) -> Array:
    """Write q(p) = c + A (p − t − c) as coefficients of 1, y − c_y and x − c_x.

    Parameters
    ----------
    shape
        (rows, columns) of the images.
    rotation
        n angles in degrees, anticlockwise.
    scale
        n × 2 factors: of the height and of the width.
    shear
        n multiples of y (downwards) by which x (to the right) moves.
    shift
        n × 2 distances t: down and to the right, in pixels.

    Returns
    -------
    Array
        n × 2 × 3: for each image [c − At, A], a row for each of the two components of q.
    """
    φ = np.deg2rad(rotation)
    cos, sin, one, zero = np.cos(φ), np.sin(φ), np.ones_like(φ), np.zeros_like(φ)
    height, width = scale.T
    S_inverse = _matrices([[1 / height, zero], [zero, 1 / width]])
    K_inverse = _matrices([[one, zero], [-shear, one]])
    R_inverse = _matrices([[cos, sin], [-sin, cos]])
    A = S_inverse @ K_inverse @ R_inverse
    t = shift[:, :, None]
    return np.concatenate([_centre(shape)[:, None] - A @ t, A], axis=2)


@functools.lru_cache(maxsize=8)
def warp_basis(shape: tuple[int, int], bumps: int, dtype: np.dtype) -> Array:
    """The functions that span all source positions, (3 + bumps²) × pixels.

    They are 1, y − c_y, x − c_x, and the bumps: Gaussians on a grid of bumps × bumps, as broad as
    they are apart. At each pixel their squares are scaled to the sum 1, so that independent
    coefficients N(0, s²) make a field N(0, s²) at every pixel. With no bumps, the affine part is
    all there is.
    """
    y, x = np.indices(shape).reshape(2, -1) - _centre(shape)[:, None]
    # Along an axis bump i has its centre at i in units of the distance between the bumps.
    down, across = (
        np.exp(-((np.linspace(0, bumps - 1, size) - np.arange(bumps)[:, None]) ** 2) / 2)
        for size in shape
    )
    β = np.einsum("iy,jx->ijyx", down, across).reshape(bumps**2, x.size)
    β /= np.sqrt(np.sum(β**2, axis=0))
    basis = np.vstack([np.ones_like(x), y, x, β]).astype(dtype)
    basis.setflags(write=False)  # it is shared by all who ask
    return basis


def resample(images: NDArray, C: Array, B: Array, out: NDArray) -> NDArray:
    """Read each image at its source positions C B, and round to integers where `out` holds them.

    Parameters
    ----------
    images
        n × rows × columns.
    C, B
        The coefficients, n × 2 × k, or 1 × 2 × k, the same for all images, of a basis k × pixels.
    out
        Where to put the new images: n × rows × columns, or n × pixels. It is returned.
    """
    chunk_size = max(1, CHUNK_PIXELS // B.shape[1])
    C = np.broadcast_to(C, (len(images), *C.shape[1:]))
    for start in range(0, len(images), chunk_size):
        chunk = slice(start, start + chunk_size)
        values = interpolate(images[chunk], C[chunk] @ B)
        if out.dtype.kind in "iu":
            np.rint(values, out=values)
        out[chunk] = values.reshape(out[chunk].shape)
    return out


def interpolate(images: NDArray, positions: Array) -> Array:
    """Bilinear interpolation: the value of each image between its pixels, and 0 beyond them.

    At y = i + f, x = j + g, where i and j are whole and f and g in [0, 1), it is

        U + f (L − U),   U = I_{i,j} + g (I_{i,j+1} − I_{i,j}),   and L the same from row i + 1.

    Parameters
    ----------
    images
        n × rows × columns.
    positions
        n × 2 × m: for each image m rows y and m columns x, counted from its first pixel.

    Returns
    -------
    Array
        n × m, in the dtype of `positions`.
    """
    n, rows, columns = images.shape
    # Zeros around the images, so that every position has its four neighbours: all positions
    # beyond an image are moved to the nearest at −1, or at `rows` or `columns`.
    padded = np.zeros((n, rows + 3, columns + 3), positions.dtype)
    padded[:, 1:-2, 1:-2] = images
    y = np.clip(positions[:, 0], -1, rows)
    x = np.clip(positions[:, 1], -1, columns)
    i, j = np.floor(y), np.floor(x)
    f, g = y - i, x - j

    pixels, width = padded.reshape(-1), columns + 3
    first = np.arange(n)[:, None] * padded[0].size + width + 1
    index = first + i.astype(np.intp) * width + j.astype(np.intp)

    def neighbour(down: int, right: int) -> Array:
        # No index is outside; mode="clip" only spares numpy the check.
        return pixels[down * width + right :].take(index, mode="clip")

    upper = neighbour(0, 0)
    upper += g * (neighbour(0, 1) - upper)
    lower = neighbour(1, 0)
    lower += g * (neighbour(1, 1) - lower)
    upper += f * (lower - upper)
    return upper


def _centre(shape: tuple[int, int]) -> Array:
    """The centre c of an image, between its pixels if their number is even."""
    return (np.array(shape) - 1) / 2


def _matrices(entries: list[list[Array]]) -> Array:
    """A stack of matrices, n × 2 × 2, from their entries, each n numbers."""
    return np.moveaxis(np.array(entries), 2, 0)
