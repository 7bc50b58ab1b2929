"""A question's picture, drawn from the study's folder."""

from collections.abc import Iterator
from pathlib import Path
from statistics import mean

import numpy as np
from matplotlib.figure import Figure

from handgrad.hyperparameters import Hyperparameters
from handgrad.plots import studies as plots
from handgrad.runs import read_history
from handgrad.studies.folder import run_folder
from handgrad.studies.gradients import GRADIENTS_FILE, read_gradients
from handgrad.studies.results import Result, rank, read_result
from handgrad.studies.study import Question, Study, written

MOST_CURVES = 8
"""How many runs' curves a picture shows at most: the best by the accuracy they ended with."""

MOST_PANELS = 4
"""Of how many runs a picture shows the gradients at most: the first that a question names."""

MOST_NAMES = 4
"""How many of the runs that a picture lacks are named in it."""


def merit(result: Result) -> tuple[bool, float, float]:
    """Order results as `rank` does, but those of runs that did not finish below all others."""
    return result.status == "finished", *rank(result)


def draw(study: Study, folder: Path, question: Question, title: str | None = None) -> Figure | None:
    """Draw what a question asks for; None if none of its runs came to something.

    A heat map shows what finished runs came to. The others show every run as far as it came. The
    runs that a picture lacks are named in it.

    Raises
    ------
    DataError
        If a run's folder is damaged.
    """
    results = [read_result(folder, run.name) for run in study.runs_of(question)]
    if question.picture == "heat map":
        return _heat_map(study, results, title)
    if question.picture == "gradients":
        return _gradients(folder, results, title)
    return _curves(folder, results, title)


def _gradients(folder: Path, results: list[Result], title: str | None) -> Figure | None:
    paths = {each.name: run_folder(folder, each.name) / GRADIENTS_FILE for each in results}
    measured = {name: path for name, path in paths.items() if path.exists()}
    shown = list(measured)[:MOST_PANELS]
    notes = [
        f"the first {len(shown)} of {len(measured)} runs" if len(shown) < len(measured) else "",
        _named("without a curve", [each for each in results if each.name not in measured]),
    ]
    norms = {name: read_gradients(paths[name]).norms for name in shown}
    return plots.gradients(norms, title, _note(notes)) if norms else None


def _curves(folder: Path, results: list[Result], title: str | None) -> Figure | None:
    drawn = [each for each in results if each.validation_accuracy is not None]
    best = sorted(drawn, key=merit, reverse=True)[:MOST_CURVES]
    notes = [
        f"the best {len(best)} of {len(drawn)} runs" if len(best) < len(drawn) else "",
        _named("without a curve", [each for each in results if each.validation_accuracy is None]),
    ]
    histories = {
        each.name: read_history(run_folder(folder, each.name)) for each in drawn if each in best
    }
    diverged = [each.name for each in drawn if each.status == "diverged"]
    return plots.curves(histories, title, _note(notes), diverged) if histories else None


def _heat_map(study: Study, results: list[Result], title: str | None) -> Figure | None:
    """Draw the grid, its first key down, its second across; runs beside the grid are named."""
    runs = {run.name: run.hyperparameters for run in study.grid_runs}
    own = [each for each in results if each.name in runs]
    finished = [each for each in own if each.status == "finished"]
    if not finished:
        return None
    down, across, *rest = keys = [key for key, values in study.grid.items() if len(values) > 1]
    # As they are written: a list with one width is that width.
    rows, columns = ([written(value) for value in study.grid[key]] for key in (down, across))
    cells = np.full((len(rows), len(columns)), np.nan)
    accuracies = [(runs[each.name], each.validation_accuracy or 0.0) for each in finished]
    for (row, column, *_), accuracy in _over_seeds(accuracies, keys):
        cell = rows.index(row), columns.index(column)
        cells[cell] = np.fmax(cells[cell], accuracy)
    notes = [
        _about_cells(rest),
        _named("left out", [each for each in own if each.status != "finished"]),
        _named(
            "not of the grid, so not shown", [each for each in results if each.name not in runs]
        ),
    ]
    return plots.heat_map(cells, (down, rows), (across, columns), title, _note(notes))


def _over_seeds(
    accuracies: list[tuple[Hyperparameters, float]], keys: list[str]
) -> Iterator[tuple[tuple[str, ...], float]]:
    """Yield settings of these keys, and the mean accuracy over the seed if it is not a side.

    The best seed is luck; the best of any other hyperparameter can be chosen again.
    """
    kept = [key for key in keys if key != "seed" or key in keys[:2]]
    groups: dict[tuple[str, ...], list[float]] = {}
    for asked, accuracy in accuracies:
        settings = tuple(written(getattr(asked, key)) for key in kept)
        groups.setdefault(settings, []).append(accuracy)
    return ((settings, mean(values)) for settings, values in groups.items())


def _about_cells(rest: list[str]) -> str:
    """Say what a cell of a heat map shows of the keys that are not its sides."""
    chosen = [key for key in rest if key != "seed"]
    parts = ["the mean over seed"] if "seed" in rest else []
    if chosen:
        parts.insert(0, f"the best over {', '.join(chosen)}")
    return f"each cell: {', of '.join(parts)}" if parts else ""


def _note(parts: list[str]) -> str:
    return " · ".join(filter(None, parts))


def _named(what: str, results: list[Result]) -> str:
    """Say of which runs something is true, and how they ended; nothing, if there are none."""
    names = [f"{each.name} ({each.status})" for each in results[:MOST_NAMES]]
    if len(results) > MOST_NAMES:
        names.append(f"{len(results) - MOST_NAMES} more")
    return f"{what}: {', '.join(names)}" if names else ""
