"""A picture of an image under random warps."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from handgrad.plots.style import Picture, default_style
from handgrad.warps import Warps


@default_style()
def warp_gallery(image: NDArray, warps: Warps, *, seed: int = 0) -> Figure:
    """Draw `image`, rows × columns, in a frame, and then twenty random warps of it."""
    warped = warps.warp(np.repeat(image[None], 20, axis=0), np.random.default_rng(seed))
    figure = Picture(figsize=(7, 3), layout="constrained")
    grid = figure.subplots(3, 7)
    for axes, picture in zip(grid.flat, [image, *warped], strict=True):
        axes.imshow(picture, cmap="gray_r", vmin=0, vmax=image.max())
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    grid[0, 0].spines[:].set(visible=True, color="tab:red", linewidth=2)
    return figure
