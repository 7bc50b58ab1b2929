"""The results as a picture: every contender's time, work by work, relative to handgrad's."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from benchmarks.results import Results, spread
from benchmarks.work import Work
from handgrad.files import replacing

COLOURS = {
    "torch eager": "#d95f02",
    "torch compiled": "#e6ab02",
    "jax": "#7570b3",
    "scikit-learn": "#1b9e77",
}
LIMIT, SUBJECT = "#999999", "#c00020"


def draw(path: Path, works: Sequence[Work], results: Results) -> None:
    """Draw a row a work; handgrad is the line at 1, and who is faster is left of it."""
    measured = [work for work in works if results["works"].get(work.name, {}).get("ratios")]
    if not measured:
        return
    figure = Figure(figsize=(8, 1.2 + 0.5 * len(measured)), layout="constrained")
    axes = figure.add_subplot()
    axes.axvline(1, color=SUBJECT, linewidth=1.5, label="handgrad")
    for row, work in enumerate(measured):
        _draw_work(axes, row, results["works"][work.name]["contenders"])
    axes.set_yticks(range(len(measured)), [work.name for work in measured])
    axes.set_ylim(len(measured) - 0.5, -0.5)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("time relative to handgrad's: median and spread of the rounds")
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    _legend(figure, axes)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=130)


def _draw_work(axes: Axes, row: int, contenders: Results) -> None:
    subject = contenders["handgrad"]
    limits = [
        spread(_relative(other, subject))["median"]
        for other in contenders.values()
        if other["role"] == "limit"
    ]
    if limits:
        axes.plot(
            min(limits),
            row,
            "|",
            color=LIMIT,
            markersize=14,
            markeredgewidth=2,
            label="matrix products alone",
        )
    for name, other in contenders.items():
        if other["role"] == "peer":
            found = spread(_relative(other, subject))
            axes.plot([found["low"], found["high"]], [row, row], color=COLOURS[name], linewidth=1)
            axes.plot(found["median"], row, "o", color=COLOURS[name], markersize=6, label=name)


def _relative(other: Results, subject: Results) -> list[float]:
    return [theirs / ours for ours, theirs in zip(subject["rounds"], other["rounds"], strict=True)]


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    by_label = dict(zip(labels, handles, strict=True))
    figure.legend(
        by_label.values(),
        by_label.keys(),
        loc="outside upper left",
        ncols=len(by_label),
        frameon=False,
        fontsize="small",
        columnspacing=1.2,
        handletextpad=0.4,
    )
