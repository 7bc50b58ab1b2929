"""Pictures of predictions: the confusion matrix and the digits that were got most wrong."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from handgrad.datasets import Dataset
from handgrad.evaluation import Evaluation
from handgrad.plots.style import Picture, default_style


@default_style()
def confusion_matrix(confusion: NDArray[np.intp]) -> Figure:
    """Draw how many examples of each class, the row, were taken for which, the column, c × c.

    Shades show the mistakes as shares of the row; the diagonal, which is right, stays unshaded.
    """
    c = len(confusion)
    side = min(max(4.0, 0.55 * c + 1.5), 18.0)
    figure = Picture(figsize=(side, side), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    mistakes = np.where(np.eye(c, dtype=bool), 0, shares)
    axes.imshow(mistakes, cmap="Reds", vmin=0, vmax=max(2 * mistakes.max(), 0.02))
    if c <= 30:
        for i, j in np.argwhere(confusion):
            weight = "bold" if i == j else "normal"
            axes.text(j, i, str(confusion[i, j]), ha="center", va="center", weight=weight)
    axes.set(xlabel="predicted", ylabel="label")
    if c <= 30:
        axes.set(xticks=range(c), yticks=range(c))
    axes.tick_params(length=0)
    return figure


@default_style()
def most_wrong(evaluation: Evaluation, dataset: Dataset, count: int = 24) -> Figure:
    """Draw the images whose label was given the least probability, worst first.

    Each is captioned with its label, what it was taken for, and how surely.

    Raises
    ------
    ValueError
        If the data are not images.
    """
    if dataset.image_shape is None:
        raise ValueError(f"{dataset.name}: not images, which this picture needs")
    rows, predictions = evaluation.most_wrong(count), evaluation.predictions
    columns = 8
    lines = max(1, -(-len(rows) // columns))
    figure = Picture(figsize=(columns * 1.15, lines * 1.5), dpi=150, layout="constrained")
    grid = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, row in zip(grid, rows, strict=False):
        predicted = predictions[row]
        sureness = np.exp(evaluation.log_proba[row, predicted])
        axes.imshow(dataset.pixels[row].reshape(dataset.image_shape), cmap="gray_r")
        caption = f"{evaluation.labels[row]}, taken for {predicted}\n({sureness:.1%} sure)"
        axes.set_title(caption, fontsize=7)
    return figure
