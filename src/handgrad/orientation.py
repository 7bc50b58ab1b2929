"""Oriented gradients: the edges of an image, by direction and place, instead of its pixels.

Sobel's masks give the gradient g(p) of the brightness at each pixel p, with zeros around the
image. For each of eight directions u_k = (sin 2πk/8, cos 2πk/8), as (down, right), the response

    r_k(p) = max(0, g(p)·u_k − |g(p)| cos 45°) = |g(p)| max(0, cos φ_k(p) − cos 45°),

where φ_k is the angle between g and u_k, is large where an edge has that direction, and 0 where its
direction is 45° or more away: an edge counts for the two directions next to its own. Each response
is then blurred by a Gaussian, of two pixels for cells of four, and read at the middle of each cell
c of a coarse grid, so that an edge may move a little without much change:

    h_k(c) = Σ_p G_c(p) r_k(p),   Σ_p G_c(p) = 1.

The feature is √h_k(c): the root raises faint edges, and evens out how much features vary. It is
scaled to 0 … 255, and goes the way of a pixel from there on.

Nothing here is learned, and nothing is random. (Gradient direction features for digits: Liu,
Nakashima, Sako and Fujisawa 2003, "Handwritten digit recognition: benchmarking of state-of-the-art
techniques"; histograms of oriented gradients: Dalal and Triggs 2005.)
"""

import functools
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from handgrad.layers import Array
from handgrad.warps import as_images

DIRECTIONS = 8

CELL = 4
"""How many pixels high and wide a cell of the grid is."""

IMAGES_AT_ONCE = 100
"""How many images are worked on at a time: few enough to stay in cache."""

_HALF_WIDTH = math.cos(2 * math.pi / DIRECTIONS)
_LARGEST = math.sqrt(20) * 255 * (1 - _HALF_WIDTH)
"""No response is larger: along an axis Sobel's masks give at most 4 · 255, and then at most 2 · 255
along the other. (The largest that there is has √18 here, where an edge is diagonal.)"""


def feature_count(image_shape: tuple[int, int]) -> int:
    """Count the features of an image: one a direction and cell."""
    return DIRECTIONS * math.prod(_grid(image_shape))


def oriented_gradients(
    images: NDArray[np.uint8], *, image_shape: tuple[int, int] | None = None
) -> NDArray[np.uint8]:
    """Compute the features of each image.

    Parameters
    ----------
    images
        n × rows × columns, 0 to 255; or n × d, one image a row, with its `image_shape`.
    image_shape
        (rows, columns) of the images if they are given as rows of d = rows · columns pixels.

    Returns
    -------
    NDArray
        n × `feature_count(image_shape)`, 0 to 255: direction by direction, and in each the cells
        row by row.

    Raises
    ------
    UsageError
        If `images` are not images, or not of real numbers.
    """
    stack = as_images(images, image_shape)
    n, rows, columns = stack.shape
    G = _blur((rows, columns))
    features = np.empty((n, DIRECTIONS, G.shape[1]), np.uint8)
    for start in range(0, n, IMAGES_AT_ONCE):
        some = slice(start, start + IMAGES_AT_ONCE)
        for k, response in enumerate(_responses(stack[some].astype(np.float32))):
            h = response.reshape(len(response), -1) @ G
            features[some, k] = np.rint(255 * np.sqrt(h / np.float32(_LARGEST)))
    return features.reshape(n, DIRECTIONS * G.shape[1])


def _responses(images: Array) -> Iterator[Array]:
    """Yield r_k of all images, n × rows × columns, for each direction k."""
    g_y, g_x = _gradient(images)
    threshold = _HALF_WIDTH * np.sqrt(g_y**2 + g_x**2)
    for k in range(DIRECTIONS):
        angle = 2 * math.pi * k / DIRECTIONS
        along = math.sin(angle) * g_y
        along += math.cos(angle) * g_x
        along -= threshold
        yield np.maximum(along, 0, out=along)


def _gradient(images: Array) -> tuple[Array, Array]:
    """Apply Sobel's masks: a difference along one axis, smoothed (1, 2, 1) along the other."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    down = padded[:, 2:] - padded[:, :-2]
    right = padded[:, :, 2:] - padded[:, :, :-2]
    g_y = down[:, :, :-2] + 2 * down[:, :, 1:-1] + down[:, :, 2:]
    g_x = right[:, :-2] + 2 * right[:, 1:-1] + right[:, 2:]
    return g_y, g_x


@functools.cache
def _blur(shape: tuple[int, int]) -> Array:
    """G, d × cells: the weight of each pixel in each cell."""
    axes = [_blur_along(length, cells) for length, cells in zip(shape, _grid(shape), strict=True)]
    return np.kron(*axes).astype(np.float32)


def _blur_along(length: int, cells: int) -> Array:
    """Gaussian weights of the positions on an axis for each cell, length × cells."""
    middles = (np.arange(cells) + 0.5) * length / cells - 0.5
    weights = np.exp(-2 * ((np.arange(length)[:, None] - middles) / CELL) ** 2)
    return weights / weights.sum(axis=0)


def _grid(shape: tuple[int, int]) -> tuple[int, int]:
    """How many cells fit along each axis; one at least."""
    rows, columns = (max(1, round(length / CELL)) for length in shape)
    return rows, columns
