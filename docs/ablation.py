"""What each ingredient of the contest's recipe is worth, as a table and a picture.

    handgrad study docs/ablation.toml
    python docs/ablation.py studies/ablation docs/ablation.png

The table, for docs/contest.md, goes to standard output. Beside the study's variants it has what
averaging adds: over warps of the image, over two networks, over one of pixels and one of oriented
gradients, and over all of it.
"""

import csv
import itertools
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

from matplotlib.figure import Figure

from handgrad import small_mnist
from handgrad.contest import VIEW_STRENGTH, VIEWS
from handgrad.ensemble import AverageModel, Views
from handgrad.evaluation import evaluate
from handgrad.models import NetworkModel, load_model
from handgrad.plots.saving import save
from handgrad.plots.style import Picture, default_style
from handgrad.recipe import NARROW, recipe
from handgrad.studies.folder import run_folder

RECIPE, EDGES = "recipe", "oriented gradients"

Figures = list[tuple[float, float]]
"""Validation loss and error, for each seed or pair of seeds."""


def variants(folder: Path) -> dict[str, Figures]:
    """Read the figures of each variant, whose runs are called "variant, seed n"."""
    found = defaultdict(list)
    with (folder / "results.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["status"] == "finished":
                figures = float(row["validation_loss"]), 1 - float(row["validation_accuracy"])
                found[row["run"].split(", seed ")[0]].append(figures)
    return dict(found)


def networks(folder: Path, variant: str) -> list[NetworkModel]:
    """Load the networks of a variant, one a seed."""
    paths = sorted(folder.glob(f"runs/{variant}, seed */"))
    return [load_model(run_folder(folder, path.name)) for path in paths]


def averages(folder: Path) -> Iterator[tuple[str, Figures]]:
    """Evaluate what averaging makes of the networks of the recipe."""
    of_pixels, of_edges = networks(folder, RECIPE), networks(folder, EDGES)
    alone = [(network,) for network in of_pixels]
    alike = list(itertools.combinations(of_pixels, 2))
    unlike = list(itertools.product(of_pixels, of_edges))
    views = Views(recipe(1, NARROW, 1).strengths().scaled(VIEW_STRENGTH), VIEWS)
    validation = small_mnist().validation
    for name, teams, seen in (
        (f"recipe, over {VIEWS} warps of the image", alone, views),
        ("recipe, two networks", alike, None),
        (f"recipe, two networks, over {VIEWS} warps", alike, views),
        ("recipe, one network of each", unlike, None),
        (f"recipe, one network of each, over {VIEWS} warps", unlike, views),
    ):
        figures = []
        for members in teams:
            evaluation = evaluate(AverageModel(members, seen), validation)
            figures.append((evaluation.loss, 1 - evaluation.accuracy))
        yield name, figures


def table(found: dict[str, Figures]) -> Iterator[str]:
    """Write the figures as Markdown: the mean, and from the least to the largest."""
    yield "| variant | validation loss | change | validation error |"
    yield "| --- | --- | --- | --- |"
    base = mean(loss for loss, _ in found[RECIPE])
    for name, figures in found.items():
        losses, errors = zip(*figures, strict=True)
        change = f"{mean(losses) / base - 1:+.0%}" if name != RECIPE else ""
        yield (
            f"| {name} | {mean(losses):.4f} ({min(losses):.4f} to {max(losses):.4f}) | {change} "
            f"| {mean(errors):.2%} ({min(errors):.1%} to {max(errors):.1%}) |"
        )


@default_style()
def picture(found: dict[str, Figures]) -> Figure:
    """Draw a row for each variant: a dot for each seed, and a line at their mean."""
    figure = Picture(figsize=(8, 0.4 + 0.32 * len(found)), layout="constrained")
    axes = figure.subplots()
    for row, figures in enumerate(found.values()):
        losses = [loss for loss, _ in figures]
        axes.plot(losses, [row] * len(losses), "o", color="tab:blue", alpha=0.6)
        axes.plot([mean(losses)] * 2, [row - 0.3, row + 0.3], color="tab:red", linewidth=2)
    axes.axvline(mean(loss for loss, _ in found[RECIPE]), color="0.8", zorder=0)
    axes.set(xlabel="validation loss (a dot a seed, or pair of seeds; red: their mean)")
    axes.set(yticks=range(len(found)), yticklabels=list(found))
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def main(study: str, png: str) -> None:
    """Print the table of a study folder, and draw the picture."""
    found = variants(Path(study)) | dict(averages(Path(study)))
    print("\n".join(table(found)))
    save(picture(found), Path(png))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
