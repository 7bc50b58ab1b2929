"""A question's picture, drawn from the study's folder."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from handgrad.plots import studies as plots
from handgrad.runs import read_history
from handgrad.studies.folder import run_folder
from handgrad.studies.gradients import GRADIENTS_FILE, read_gradients
from handgrad.studies.results import Result, read_result
from handgrad.studies.study import Question, Study, written
from handgrad.training import History

MOST_CURVES = 8
"""How many runs' curves a picture shows at most: the best by validation accuracy."""

MOST_NAMES = 4
"""How many of the runs that a picture lacks are named in it."""


def draw(study: Study, folder: Path, question: Question, title: str | None = None) -> Figure | None:
    """Draw what a question asks for; None if none of its runs came to something.

    The picture names the runs that came to nothing; in a heat map they are gaps.

    Raises
    ------
    DataError
        If a run's folder is damaged.
    """
    results = [read_result(folder, run.name) for run in study.runs_of(question)]
    if question.picture == "gradients":
        paths = {each.name: run_folder(folder, each.name) / GRADIENTS_FILE for each in results}
        norms = {name: read_gradients(path).norms for name, path in paths.items() if path.exists()}
        lacking = _lacking([each for each in results if each.name not in norms])
        return plots.gradients(norms, title, lacking) if norms else None
    accuracies = {
        each.name: each.validation_accuracy
        for each in results
        if each.validation_accuracy is not None
    }
    if question.picture == "heat map":
        return _heat_map(study, accuracies, title)
    histories = _histories(folder, accuracies)
    all_shown = len(histories) == len(accuracies)
    notes = [
        "" if all_shown else f"the best {MOST_CURVES} of {len(accuracies)} runs",
        _lacking([each for each in results if each.name not in accuracies]),
    ]
    return plots.curves(histories, title, " · ".join(filter(None, notes))) if histories else None


def _heat_map(study: Study, accuracies: Mapping[str, float], title: str | None) -> Figure:
    """Draw the grid: its first key down, its second across, in each cell the best over others."""
    keys = [key for key, values in study.grid.items() if len(values) > 1]
    down, across = keys[:2]
    # As they are written: a list with one width is that width.
    places = {key: [written(value) for value in study.grid[key]] for key in (down, across)}
    cells = np.full((len(places[down]), len(places[across])), np.nan)
    for run in study.grid_runs:
        if run.name in accuracies:
            i, j = (
                places[key].index(written(getattr(run.hyperparameters, key)))
                for key in (down, across)
            )
            cells[i, j] = np.fmax(cells[i, j], accuracies[run.name])
    rest = f"each the best over {', '.join(keys[2:])}" if len(keys) > 2 else ""
    return plots.heat_map(cells, (down, places[down]), (across, places[across]), title, rest)


def _histories(folder: Path, accuracies: Mapping[str, float]) -> dict[str, History]:
    best = sorted(accuracies, key=lambda name: -accuracies[name])[:MOST_CURVES]
    return {name: read_history(run_folder(folder, name)) for name in accuracies if name in best}


def _lacking(results: list[Result]) -> str:
    """Say which runs there is nothing to draw of, and why."""
    names = [f"{each.name} ({each.status})" for each in results[:MOST_NAMES]]
    if len(results) > MOST_NAMES:
        names.append(f"{len(results) - MOST_NAMES} more")
    return f"without a curve: {', '.join(names)}" if names else ""
