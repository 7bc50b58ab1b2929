"""Straightening: every image upright and in its centre, as its own moments say.

Take the pixels of an image as masses, at the positions p = (y, x). Their mean and covariance are

    μ = Σ_p I(p) p / Σ_p I(p),   Σ = Σ_p I(p) (p − μ)(p − μ)ᵀ / Σ_p I(p).

A digit written with a slant has its column grow or fall with its row; k = Σ_yx / Σ_yy is the slope
of that line, by least squares. Straightening shears the content of the image along its rows until
the slope is 0, and moves its centre of mass to the centre c of the image:

    (y, x) ↦ c + (y − μ_y, x − μ_x − k (y − μ_y)).

Read backwards, the straightened image has at p the value that the image has at

    q(p) = μ + (y − c_y, x − c_x + k (y − c_y)).

Afterwards the covariance of row and column is 0, and another straightening changes nothing, up to
interpolation and to what was moved beyond the border. Nothing here is learned, and nothing is
random. (Moments for digits: LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning
applied to document recognition", where the images so treated are called deslanted.)
"""

import numpy as np
from numpy.typing import NDArray

from handgrad.layers import Array
from handgrad.warps import as_images, resample, warp_basis

ROUNDING = 1e-12
"""A difference this small, as a share of what is subtracted, is due to rounding."""


def straighten(images: NDArray, *, image_shape: tuple[int, int] | None = None) -> NDArray:
    """Shear each image upright and move its centre of mass to the centre.

    Parameters
    ----------
    images
        n × rows × columns, of numbers that are 0 or more; or n × d, one image a row, with its
        `image_shape`. An image of zeros stays as it is, one whose ink is in a single row is moved
        but not sheared.
    image_shape
        (rows, columns) of the images if they are given as rows of d = rows · columns pixels.

    Returns
    -------
    NDArray
        New images, in the shape and dtype of `images`; integers are rounded.

    Raises
    ------
    UsageError
        If `images` are not images, or not of real numbers.
    """
    stack = as_images(images, image_shape)
    μ, k = moments(stack)
    C = np.zeros((len(stack), 2, 3))
    C[:, :, 0] = μ + (np.array(stack.shape[1:]) - 1) / 2
    C[:, 0, 1] = C[:, 1, 2] = 1
    C[:, 1, 1] = k
    dtype = np.result_type(stack, np.float32)
    basis = warp_basis(stack.shape[1:], 0, dtype)
    return resample(stack, C.astype(dtype), basis, np.empty_like(images))


def moments(images: NDArray) -> tuple[Array, Array]:
    """Compute where each image's mass is and how it slants.

    Returns
    -------
    μ : Array
        n × 2, the row and the column of the centre of mass, from the centre of the image.
    k : Array
        n, the slope of the column over the row. Both are 0 where nothing defines them.
    """
    _, rows, columns = images.shape
    y, x = np.arange(rows) - (rows - 1) / 2, np.arange(columns) - (columns - 1) / 2
    # In each row the mass and its first moment; with them everything else is a sum over the rows.
    mass = images.sum(axis=2, dtype=np.float64)
    moment = np.einsum("nyx,x->ny", images, x)
    total = mass.sum(axis=1)
    sum_y, sum_x = mass @ y, moment.sum(axis=1)
    # Times total², the covariance is a whole number wherever the pixels are, and exact.
    covariance = total * (moment @ y) - sum_x * sum_y
    scale = total * (mass @ y**2)
    variance = scale - sum_y**2
    variance[variance < ROUNDING * scale] = (
        0  # Of ink in a single row, where pixels are no integers.
    )
    return np.stack([_ratio(sum_y, total), _ratio(sum_x, total)], 1), _ratio(covariance, variance)


def _ratio(numerator: Array, denominator: Array) -> Array:
    """Divide where there is something to divide by; elsewhere 0."""
    zeros = np.zeros_like(numerator)
    return np.divide(numerator, denominator, out=zeros, where=denominator > 0)
