"""Pictures of studies: runs' curves on the same axes, a grid's heat map, gradients by layer."""

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import cycle
from textwrap import fill
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, NullLocator, PercentFormatter, StrMethodFormatter
from numpy.typing import NDArray

from handgrad.history import Epoch, History
from handgrad.plots.curves import (
    as_written,
    count_in_wholes,
    draw_markers_whole,
    losses_to_draw,
    marker_for,
    ordinary_end,
)
from handgrad.plots.style import Picture, default_style

DEFAULT_COLOR = "0.25"
"""The run that is called default is grey, and every other has a color of its own."""

CLOSE, LEAST_SPREAD = 0.1, 0.005
"""Up to which spread of final accuracies the low ones are cut off, and the least that is drawn."""

LEGEND_CHARACTERS = 110
"""How much text a line of the legend has room for, seven characters being the line's sample."""

LAYERS_A_LINE = 7
"""How many layers a line of the legend has room for in a report, or below two panels."""

PANEL_CHARACTERS = 20
"""How much text a line above a panel has room for where there are four in a report."""

MOST_ROWS, MOST_COLUMNS = 30, 20
"""How many cells a heat map has room for: more are drawn smaller, and not written in."""

LABEL_CHARACTERS = 8
"""How much text a line below a column of a heat map has room for."""


@default_style()
def curves(
    histories: Mapping[str, History],
    title: str | None = None,
    note: str = "",
    diverged: Collection[str] = (),
) -> Figure:
    """Draw the courses of several runs on the same axes: losses on the left, accuracies right.

    Validation is solid, a point an epoch; training is dashed, the mean over each epoch's batches,
    taken while the weights still move: it begins above validation.
    Where a few losses are enormous, they are cut off, and the axis says so; and so are the low
    accuracies where all runs end close to one another. In brackets is the accuracy that a run ended
    with; the runs that diverged say so instead. A note is said below the title.
    """
    figure = Picture(figsize=(11, 4.8), dpi=120, layout="constrained")
    loss_axes, accuracy_axes = figure.subplots(1, 2)
    colors = cycle(matplotlib.color_sequences["tab10"])
    lines = []
    for name, history in histories.items():
        color = DEFAULT_COLOR if name == "default" else next(colors)
        ends = [epoch.iteration for epoch in history.epochs]
        train_losses, losses = losses_to_draw(history)
        accuracies = [epoch.validation_accuracy for epoch in history.epochs]
        ended = "diverged" if name in diverged else f"{accuracies[-1]:.1%}"
        label = as_written(f"{name} ({ended})")
        solid: dict[str, Any] = {"color": color, "lw": 1.8, "marker": marker_for(len(ends))}
        lines += loss_axes.plot(ends, losses, label=label, **solid)
        accuracy_axes.plot(ends, accuracies, **solid)
        dashed: dict[str, Any] = {"color": color, "lw": 1, "ls": (0, (3, 1.5)), "alpha": 0.8}
        dashed["marker"] = marker_for(len(ends), "x")
        loss_axes.plot(ends, _epoch_means(train_losses, ends), **dashed)
        accuracy_axes.plot(ends, _epoch_means(np.array(history.train_accuracy), ends), **dashed)
    loss_axes.set(xlabel="iteration", ylabel="average cross-entropy", yscale="log")
    _cut_off_enormous(loss_axes, max(map(ordinary_end, histories.values())))
    low, high = loss_axes.get_ylim()
    loss_axes.yaxis.set_major_locator(
        LogLocator(subs=(1, 1.5, 2, 3, 5, 7) if high < 1000 * low else (1,))
    )
    loss_axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    loss_axes.yaxis.set_minor_locator(NullLocator())
    accuracy_axes.set(xlabel="iteration", ylabel="accuracy", ylim=(0, 1))
    accuracy_axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    _show_how_close(accuracy_axes, [each.epochs[-1] for each in histories.values()])
    for axes in (loss_axes, accuracy_axes):
        axes.margins(x=0.01)
        axes.grid(alpha=0.3)
        count_in_wholes(axes)
    longest = max(len(line.get_label()) for line in lines)
    columns = max(1, min(4, LEGEND_CHARACTERS // (longest + 7)))
    figure.legend(handles=lines, loc="outside lower center", ncols=columns, frameon=False)
    notes = ["solid: validation", "dashed: training, the mean over an epoch's batches", note]
    _caption(figure, title, " · ".join(filter(None, notes)))
    return figure


@default_style()
def heat_map(
    cells: NDArray[np.float64],
    down: tuple[str, Sequence[str]],
    across: tuple[str, Sequence[str]],
    title: str | None = None,
    note: str = "",
) -> Figure:
    """Draw accuracies over two hyperparameters; the best has a frame.

    A note is said below the title.

    Parameters
    ----------
    cells
        The accuracies, rows × columns, of which one is there or more; NaN leaves a gap.
    down, across
        The name of the hyperparameter of the rows, of the columns, and its values.
    """
    rows, columns = cells.shape
    # Wrapped, the values do not run into one another.
    beside, below = (
        [fill(value, LABEL_CHARACTERS) for value in side[1]] for side in (down, across)
    )
    lines = max(label.count("\n") for label in below)
    width = max(5.0, 0.75 * min(columns, MOST_COLUMNS) + 2.5)
    height = max(3.5, 0.5 * min(rows, MOST_ROWS) + 1.8 + 0.17 * lines)
    figure = Picture(figsize=(width, height), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(cells, cmap="viridis", aspect="auto")
    across_step, down_step = -(-columns // MOST_COLUMNS), -(-rows // MOST_ROWS)
    axes.set_xticks(range(0, columns, across_step), below[::across_step])
    axes.set_yticks(range(0, rows, down_step), beside[::down_step])
    axes.set(xlabel=across[0], ylabel=down[0])
    axes.tick_params(length=0)
    _write_cells(axes, cells)
    bar = figure.colorbar(image, format=PercentFormatter(1))
    bar.set_label("validation accuracy")
    _caption(figure, title, note)
    return figure


@default_style()
def gradients(
    runs: Mapping[str, NDArray[np.float64]], title: str | None = None, note: str = ""
) -> Figure:
    """Draw ‖∂L/∂W‖ of each layer over the first epochs, a panel a run, on the same axes.

    A run's norms are epochs × num_layers. A note is said below the title.
    """
    figure = Picture(figsize=(5.5 * len(runs), 4.6), dpi=120, layout="constrained")
    panels = figure.subplots(1, len(runs), sharey=True, squeeze=False).ravel()
    for axes, (name, norms) in zip(panels, runs.items(), strict=True):
        layers = norms.shape[1]
        colors = matplotlib.colormaps["viridis"](np.linspace(0, 0.9, layers))
        for layer in range(layers):
            axes.plot(
                norms[:, layer],
                color=colors[layer],
                lw=1.8,
                marker=".",
                label=f"layer {layer + 1}",
            )
        axes.set(xlabel="epochs trained", yscale="log")
        axes.set_title(as_written(fill(name, PANEL_CHARACTERS)), fontsize=10)
        axes.grid(alpha=0.3)
        count_in_wholes(axes)
    panels[0].set_ylabel("‖∂L/∂W‖")
    deepest = max(panels, key=lambda axes: len(axes.lines))
    columns = min(len(deepest.lines), LAYERS_A_LINE if len(runs) > 1 else LAYERS_A_LINE // 2 + 1)
    figure.legend(handles=deepest.lines, loc="outside lower center", ncols=columns, frameon=False)
    _caption(figure, title, note)
    return figure


def _cut_off_enormous(axes: Axes, ordinary: float) -> None:
    """End a logarithmic axis a decade above the ordinary losses, if others are far above it."""
    if axes.get_ylim()[1] > 1000 * ordinary > 0:
        axes.set_ylim(axes.dataLim.minposy / 1.2, 10 * ordinary)
        axes.set_ylabel(f"{axes.get_ylabel()} (cut off above {10 * ordinary:g})")


def _show_how_close(axes: Axes, last: Sequence[Epoch]) -> None:
    """Cut off the low accuracies where several runs end so close that they could not be told apart.

    No marker of a curve that begins below is drawn outside the frame.
    """
    ends = [epoch.validation_accuracy for epoch in last]
    spread = max(ends) - min(ends)
    if len(ends) == 1 or spread > CLOSE:
        draw_markers_whole(axes.lines)
        return
    low = max(0, math.floor(100 * (min(ends) - 3 * max(spread, LEAST_SPREAD)))) / 100
    high = float(max(np.max(line.get_ydata()) for line in axes.lines))
    axes.set_ylim(low, high + 0.04 * (high - low))
    axes.set_ylabel(f"accuracy (cut off below {low:.0%})")
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g}%")


def _epoch_means(values: NDArray[np.float64], ends: list[int]) -> list[float]:
    """The mean over each epoch's batches, of which `ends` has the last."""
    return [float(np.mean(part)) for part in np.split(values[: ends[-1]], ends[:-1])]


def _write_cells(axes: Axes, cells: np.ndarray) -> None:
    """Write each accuracy into its cell, if there is room, and frame the best."""
    middle = (np.nanmin(cells) + np.nanmax(cells)) / 2
    rows, columns = cells.shape
    if rows <= MOST_ROWS and columns <= MOST_COLUMNS:
        for (i, j), value in np.ndenumerate(cells):
            if not np.isnan(value):
                color = "black" if value > middle else "white"
                axes.text(j, i, f"{value:.1%}", ha="center", va="center", color=color)
    i, j = np.unravel_index(np.nanargmax(cells), cells.shape)
    corner = (float(j) - 0.5, float(i) - 0.5)
    axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor="tab:red", lw=2.5))


def _caption(figure: Figure, title: str | None, note: str) -> None:
    if title or note:
        text = as_written("\n".join(filter(None, (title, note))))
        figure.suptitle(text, fontsize=11, wrap=True)
