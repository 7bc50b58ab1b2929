"""A question's picture, drawn from the study's folder."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from handgrad.plots import studies as plots
from handgrad.runs import read_history
from handgrad.studies.folder import run_folder
from handgrad.studies.gradients import GRADIENTS_FILE, read_gradients
from handgrad.studies.results import Result, rank, read_result
from handgrad.studies.study import Question, Study, written

MOST_CURVES = 8
"""How many runs' curves a picture shows at most: the best by the accuracy they ended with."""

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
    norms = {name: read_gradients(path).norms for name, path in paths.items() if path.exists()}
    note = _named("without a curve", [each for each in results if each.name not in norms])
    return plots.gradients(norms, title, note) if norms else None


def _curves(folder: Path, results: list[Result], title: str | None) -> Figure | None:
    drawn = [each for each in results if each.validation_accuracy is not None]
    best = sorted(drawn, key=merit, reverse=True)[:MOST_CURVES]
    notes = [
        f"the best {len(best)} of {len(drawn)} runs" if len(best) < len(drawn) else "",
        _named("without a curve", [each for each in results if each not in drawn]),
    ]
    histories = {
        each.name: read_history(run_folder(folder, each.name)) for each in drawn if each in best
    }
    diverged = [each.name for each in drawn if each.status == "diverged"]
    note = " · ".join(filter(None, notes))
    return plots.curves(histories, title, note, diverged) if histories else None


def _heat_map(study: Study, results: list[Result], title: str | None) -> Figure | None:
    """Draw the grid: its first key down, its second across, in each cell the best over others."""
    runs = {run.name: run.hyperparameters for run in study.grid_runs}
    own = [each for each in results if each.name in runs]
    finished = [each for each in own if each.status == "finished"]
    if not finished:
        return None
    down, across, *rest = [key for key, values in study.grid.items() if len(values) > 1]
    # As they are written: a list with one width is that width.
    places = {key: [written(value) for value in study.grid[key]] for key in (down, across)}
    cells = np.full((len(places[down]), len(places[across])), np.nan)
    for each in finished:
        i, j = (places[key].index(written(getattr(runs[each.name], key))) for key in places)
        cells[i, j] = np.fmax(cells[i, j], each.validation_accuracy or 0.0)
    notes = [
        f"each the best over {', '.join(rest)}" if rest else "",
        _named("left out", [each for each in own if each not in finished]),
    ]
    note = " · ".join(filter(None, notes))
    return plots.heat_map(cells, (down, places[down]), (across, places[across]), title, note)


def _named(what: str, results: list[Result]) -> str:
    """Say of which runs something is true, and how they ended; nothing, if there are none."""
    names = [f"{each.name} ({each.status})" for each in results[:MOST_NAMES]]
    if len(results) > MOST_NAMES:
        names.append(f"{len(results) - MOST_NAMES} more")
    return f"{what}: {', '.join(names)}" if names else ""
