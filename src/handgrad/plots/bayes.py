"""Pictures of Naïve Bayes: its weights, how far it can be believed, and what copies do to it."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import NullFormatter, NullLocator, PercentFormatter, ScalarFormatter

from handgrad.calibration import Reliability
from handgrad.naive_bayes import LinearForm, duplicated_log_odds
from handgrad.naive_bayes.study import FEATURE_COPIES, Duplication, mean_confidence
from handgrad.plots.style import Picture, default_style

COLUMNS = 5


MOST_CLASSES = 20
"""Of how many classes the weights are drawn: as many as a page has room for."""


@default_style()
def class_weights(form: LinearForm, image_shape: tuple[int, int], labels: Sequence[int]) -> Figure:
    """Draw the weights of each class as an image: blue speaks for the class, red against it.

    From each pixel's weights their mean over the classes is subtracted, which changes no
    prediction: what is drawn is how much the pixel speaks for a class more than for the average
    one. Two classes have one image, of w. Of more than `MOST_CLASSES` the first are drawn.
    """
    if form.weights.ndim == 1:
        images, titles = form.weights[None], [f"{labels[1]} rather than {labels[0]}"]
    else:
        images, titles = form.weights - form.weights.mean(axis=0), [str(label) for label in labels]
        images, titles = images[:MOST_CLASSES], titles[:MOST_CLASSES]
    columns = min(COLUMNS, len(images))
    lines = -(-len(images) // columns)
    width = max(1.6 * columns, 3.2)
    figure = Picture(figsize=(width, 1.8 * lines + 0.8), dpi=150, layout="constrained")
    grid = figure.subplots(lines, columns, squeeze=False).ravel()
    largest = np.abs(images).max()
    for axes in grid:
        axes.set_axis_off()
    for axes, image, title in zip(grid, images, titles, strict=False):
        drawn = axes.imshow(image.reshape(image_shape), cmap="RdBu", vmin=-largest, vmax=largest)
        axes.set_title(title, fontsize=10)
    bar = figure.colorbar(drawn, ax=grid, orientation="horizontal", fraction=0.05, aspect=50)
    bar.set_label("log-odds that a pixel adds when it is on", fontsize=9)
    return figure


@default_style()
def reliability_diagrams(diagrams: Mapping[str, Reliability]) -> Figure:
    """Draw accuracy against confidence, a panel a classifier, and how often each confidence occurs.

    On the diagonal a classifier is right as often as it claims to be; where its accuracy is below,
    it claims too much, and where it is above, too little. The two differ in lightness and hatching,
    so that no eye has to tell red from green.
    """
    apart = ConstrainedLayoutEngine(w_pad=0.1)  # One panel's 100% is beside the next one's 0%.
    figure = Picture(figsize=(2.7 * len(diagrams) + 0.5, 4.9), dpi=150, layout=apart)
    grid = figure.subplots(
        2, len(diagrams), sharex=True, sharey="row", squeeze=False, height_ratios=(3, 1.3)
    )
    for (top, bottom), (title, diagram) in zip(grid.T, diagrams.items(), strict=True):
        _reliability(top, diagram)
        top.set_title(
            f"{title}\ncalibration error {diagram.expected_calibration_error:.3f}", fontsize=10
        )
        widths = np.diff(diagram.edges)
        bottom.bar(diagram.edges[:-1], diagram.count, widths, align="edge", color="gray", ec="w")
        bottom.set_xlabel("confidence")
    for axes in grid[0]:
        axes.yaxis.set_major_formatter(PercentFormatter(1))
    grid[0, 0].set_ylabel("accuracy")
    _count_in_powers(grid[1, 0], max(int(each.count.max()) for each in diagrams.values()))
    grid[1, 0].xaxis.set_major_formatter(PercentFormatter(1))
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _reliability(axes: Axes, diagram: Reliability) -> None:
    full = diagram.count > 0
    left, widths = diagram.edges[:-1][full], np.diff(diagram.edges)[full]
    accuracy, confidence = diagram.accuracy[full], diagram.confidence[full]
    both = np.minimum(accuracy, confidence)
    for label, color, hatch, bottom, height in (
        ("right, as claimed", "tab:blue", "", np.zeros(len(both)), both),
        ("claims too much", "#e69f00", "////", both, confidence - both),
        ("claims too little", "#a9d3ee", "", both, accuracy - both),
    ):
        axes.bar(
            left, height, widths, bottom=bottom, align="edge",
            color=color, ec="w", hatch=hatch, label=label,
        )  # fmt: skip
    axes.hlines(accuracy, left, left + widths, color="navy", lw=2.5, label="accuracy")
    axes.plot([0, 1], [0, 1], color="black", lw=1, ls="--")
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.set_box_aspect(1)


def _count_in_powers(axes: Axes, largest: int) -> None:
    """Make the axis of examples logarithmic above 1, so that bars begin at 0 and one is seen."""
    decades = int(np.ceil(np.log10(largest)))
    axes.set(ylabel="examples\n(log above 1)", ylim=(0, 10 ** (decades + 0.1)))
    axes.set_yscale("symlog", linthresh=1, linscale=0.6)
    powers = 10 ** np.arange(0, decades + 1, 1 if decades < 4 else 2)
    axes.set_yticks([0, *powers], [f"{count:,}" for count in (0, *powers)], fontsize=8)
    axes.yaxis.set_minor_locator(NullLocator())


@default_style()
def duplication(found: Duplication) -> Figure:
    """Draw what copied features do: dots are models fitted on k copies, lines the closed form."""
    figure = Picture(figsize=(9, 4.4), dpi=150, layout="constrained")
    one, images = figure.subplots(1, 2)
    _one_feature(one, found)
    _images(images, found)
    for axes in (one, images):
        axes.set_xscale("log", base=2)
        axes.set_xticks(FEATURE_COPIES)
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.set_xlabel("copies k")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
    return figure


def _one_feature(axes: Axes, found: Duplication) -> None:
    k = np.array(list(found.closed_form))
    for column, once in enumerate(found.posteriors[0]):
        log_odds = duplicated_log_odds(np.log(once / (1 - once)), k)
        label = f"P(1 | x) = {once:.0%}"
        axes.plot(k, 1 / (1 + np.exp(-log_odds)), color=f"C{column}", label=label)
        axes.plot(FEATURE_COPIES, found.posteriors[:, column], "o", color=f"C{column}")
    axes.set_title("one feature, equal priors\nlines: odds to the power k", fontsize=10)
    axes.set(ylabel="P(1 | k copies of x)", ylim=(0.5, 1.02))


def _images(axes: Axes, found: Duplication) -> None:
    measures = {
        "mean confidence": mean_confidence,
        "mean confidence where wrong": lambda each: mean_confidence(each, wrong=True),
        "accuracy": lambda each: each.accuracy,
    }
    # The second, dashed, leaves the first to be seen where they are the same: where all is wrong.
    looks = (("C3", "-", 3.0), ("C1", "--", 1.5), ("C0", "-", 1.5))
    for (color, line, width), (label, measure) in zip(looks, measures.items(), strict=True):
        for evaluations, style, named in (
            (found.closed_form, line, label),
            (found.fitted, "o", None),
        ):
            values = [measure(each) for each in evaluations.values()]
            axes.plot(list(evaluations), values, style, color=color, lw=width, label=named)
    axes.set_title("images, every pixel k times\nlines: likelihood to the power k", fontsize=10)
    lowest = min(0.9, *axes.dataLim.intervaly)
    axes.set_ylim(lowest - 0.04 * (1 - lowest), 1 + 0.04 * (1 - lowest))
