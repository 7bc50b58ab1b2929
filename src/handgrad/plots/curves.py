"""Learning curves."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from handgrad.training import History

LOSS_COLOR, ACCURACY_COLOR = "tab:red", "tab:blue"


def learning_curves(history: History, title: str | None = None) -> Figure:
    """Draw a run's course over its iterations.

    Losses are red, against the left axis; accuracies blue, against the right. Training is faint,
    a point a batch; validation is solid, a point an epoch.
    """
    # (Its margins are given: to have them found out would take as long as all the rest.)
    figure = Figure(figsize=(8, 4.8), dpi=150)
    loss_axes = figure.add_subplot()
    figure.subplots_adjust(left=0.12, right=0.905, bottom=0.235, top=0.94 if title else 0.98)
    accuracy_axes = loss_axes.twinx()
    iterations = np.arange(1, len(history.train_loss) + 1)
    ends = [epoch.iteration for epoch in history.epochs]
    marker = marker_for(history)
    lines = [
        *loss_axes.plot(
            iterations, history.train_loss, color=LOSS_COLOR, alpha=0.3, lw=0.8,
            label="training loss (batch)",
        ),
        *loss_axes.plot(
            ends, [epoch.validation_loss for epoch in history.epochs], color=LOSS_COLOR, lw=2,
            marker=marker, label="validation loss (epoch)",
        ),
        *accuracy_axes.plot(
            iterations, history.train_accuracy, color=ACCURACY_COLOR, alpha=0.3, lw=0.8,
            label="training accuracy (batch)",
        ),
        *accuracy_axes.plot(
            ends, [epoch.validation_accuracy for epoch in history.epochs], color=ACCURACY_COLOR,
            lw=2, marker=marker, label="validation accuracy (epoch)",
        ),
    ]  # fmt: skip
    loss_axes.set_xlabel("iteration")
    loss_axes.set_ylabel("average cross-entropy", color=LOSS_COLOR)
    loss_axes.tick_params(axis="y", colors=LOSS_COLOR)
    loss_axes.set_ylim(0, _top(history))
    loss_axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (loss_axes, accuracy_axes):
        axes.margins(x=0.01)
    accuracy_axes.set_ylabel("accuracy", color=ACCURACY_COLOR)
    accuracy_axes.tick_params(axis="y", colors=ACCURACY_COLOR)
    accuracy_axes.set_ylim(0, 1)
    accuracy_axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    loss_axes.grid(axis="x", alpha=0.3)
    figure.legend(handles=lines, loc="lower center", ncols=2, frameon=False)
    if title:
        loss_axes.set_title(title)
    return figure


def marker_for(history: History, marker: str = "o") -> str | None:
    """The marker for a curve of a point an epoch, where these are too few for a line to show."""
    return marker if len(history.epochs) < 5 else None


def _top(history: History) -> float | None:
    """Where the loss axis ends if a run exploded, so that what came before can be seen."""
    first = history.train_loss[0]
    return 2 * first if max(history.train_loss) > 20 * first else None
