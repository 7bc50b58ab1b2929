"""Learning curves."""

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import (
    LogLocator,
    MaxNLocator,
    NullLocator,
    PercentFormatter,
    StrMethodFormatter,
)
from numpy.typing import NDArray

from handgrad.history import History
from handgrad.plots.style import Picture, default_style

LOSS_COLOR, ACCURACY_COLOR = "tab:red", "tab:blue"

LINEAR_SHARE = 0.75
"""How much of the loss axis is linear where a run exploded; the rest, above, is logarithmic."""

LEAST_STEP = 0.3
"""How far ticks of the logarithmic part are apart at least, as a share of it: a label's height."""

LARGEST = 1e100
"""A loss beyond this, which only a diverging run in float64 has, is drawn as this: an axis of such
numbers overflows."""


@default_style()
def learning_curves(history: History, title: str | None = None) -> Figure:
    """Draw a run's course over its iterations.

    Losses are red, against the left axis; accuracies blue, against the right. Training is faint,
    a point a batch; validation is solid, a point an epoch. Where a few losses are enormous, the
    left axis is logarithmic above the others, and says so: nothing is cut off.

    Raises
    ------
    ValueError
        If the history is empty, as it is before the first epoch.
    """
    if not history.train_loss:
        raise ValueError("there are no learning curves yet: the history has no iterations")
    # (Its margins are given: to have them found out would take as long as all the rest.)
    figure = Picture(figsize=(8, 4.8), dpi=150)
    loss_axes = figure.add_subplot()
    figure.subplots_adjust(left=0.12, right=0.905, bottom=0.235, top=0.94 if title else 0.98)
    accuracy_axes = loss_axes.twinx()
    iterations = np.arange(1, len(history.train_loss) + 1)
    ends = [epoch.iteration for epoch in history.epochs]
    train_losses, validation_losses = losses_to_draw(history)
    batch_marker = marker_for(len(iterations), ".")
    marker = marker_for(len(ends))
    lines = [
        *loss_axes.plot(
            iterations, train_losses, color=LOSS_COLOR, alpha=0.3, lw=0.8,
            marker=batch_marker, label="training loss (batch)",
        ),
        *loss_axes.plot(
            ends, validation_losses, color=LOSS_COLOR, lw=2,
            marker=marker, label="validation loss (epoch)",
        ),
        *accuracy_axes.plot(
            iterations, history.train_accuracy, color=ACCURACY_COLOR, alpha=0.3, lw=0.8,
            marker=batch_marker, label="training accuracy (batch)",
        ),
        *accuracy_axes.plot(
            ends, [epoch.validation_accuracy for epoch in history.epochs], color=ACCURACY_COLOR,
            lw=2, marker=marker, label="validation accuracy (epoch)",
        ),
    ]  # fmt: skip
    draw_markers_whole(lines)
    loss_axes.set_xlabel("iteration")
    loss_axes.set_ylabel("average cross-entropy", color=LOSS_COLOR)
    loss_axes.tick_params(axis="y", colors=LOSS_COLOR)
    loss_axes.set_ylim(0, None)
    _make_room(loss_axes, history)
    loss_axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    count_in_wholes(loss_axes)
    for axes in (loss_axes, accuracy_axes):
        axes.margins(x=0.01)
    accuracy_axes.set_ylabel("accuracy", color=ACCURACY_COLOR)
    accuracy_axes.tick_params(axis="y", colors=ACCURACY_COLOR)
    accuracy_axes.set_ylim(0, 1)
    accuracy_axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    loss_axes.grid(axis="x", alpha=0.3)
    figure.legend(handles=lines, loc="lower center", ncols=2, frameon=False)
    if title:
        loss_axes.set_title(as_written(title))
    return figure


def as_written(text: str) -> str:
    """A user's text as matplotlib draws it as it is: between two $ it would read TeX.

    (`parse_math=False` would not do: where it wraps a title, it reads TeX all the same.)
    """
    return text.replace("$", r"\$")


def marker_for(points: int, marker: str = "o") -> str | None:
    """The marker for a curve of so many points, where they are too few for a line to show."""
    return marker if points < 5 else None


def draw_markers_whole(lines: Iterable[Line2D]) -> None:
    """Let the axes' frame cut no marker of lines that end within it."""
    for line in lines:
        line.set_clip_on(line.get_marker() == "None")


def count_in_wholes(axes: Axes) -> None:
    """Number the horizontal axis, of iterations or epochs, in whole numbers."""
    axes.xaxis.set_major_locator(
        MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10], integer=True, min_n_ticks=1)
    )


def losses_to_draw(history: History) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The training losses, one a batch, and the validation losses, one an epoch."""
    validation = [epoch.validation_loss for epoch in history.epochs]
    return np.minimum(history.train_loss, LARGEST), np.minimum(validation, LARGEST)


def ordinary_end(history: History) -> float:
    """Where a run's ordinary losses end: three times its first, or its middle one if larger.

    Training and validation count each for itself; the number has one digit.
    """
    train, validation = losses_to_draw(history)
    middles = [float(np.median(losses)) for losses in (train, validation) if len(losses)]
    return float(f"{3 * max(train[0], *middles):.1g}")


def _make_room(axes: Axes, history: History) -> None:
    """Make the loss axis logarithmic above a run's ordinary losses, if it exploded."""
    end = ordinary_end(history)
    largest = float(np.concatenate(losses_to_draw(history)).max())
    if not 0 < 2 * end < largest:
        return
    decades = np.log10(largest / end)
    axes.set_yscale("symlog", linthresh=end, linscale=decades * LINEAR_SHARE / (1 - LINEAR_SHARE))
    axes.set_ylim(0, 10 ** (0.1 * decades) * largest)
    ordinary = np.array(MaxNLocator(4).tick_values(0, end))
    axes.set_yticks([*ordinary[ordinary < 0.9 * end], end, *_ticks_above(end, largest)])
    axes.yaxis.set_minor_locator(NullLocator())
    axes.axhline(end, color=LOSS_COLOR, lw=0.6, ls=":")
    axes.set_ylabel(f"average cross-entropy (log above {end:g})")


def _ticks_above(end: float, largest: float) -> list[float]:
    """Choose ticks from `end` to `largest`, round numbers whose labels do not touch."""
    decades = np.log10(largest / end)
    round_numbers = LogLocator(subs=(1, 1.5, 2, 3, 5, 7) if decades < 1.5 else (1,), numticks=999)
    ticks = [end]
    for value in round_numbers.tick_values(end, largest):
        if value <= largest and np.log10(value / ticks[-1]) >= LEAST_STEP * decades:
            ticks.append(float(value))
    return ticks[1:]
