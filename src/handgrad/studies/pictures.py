"""A question's picture, drawn from the study's folder."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from handgrad.plots import studies as plots
from handgrad.runs import read_history
from handgrad.studies.folder import run_folder
from handgrad.studies.gradients import GRADIENTS_FILE, read_gradients
from handgrad.studies.results import read_result
from handgrad.studies.study import Question, Study
from handgrad.training import History

MOST_CURVES = 8
"""How many runs' curves a picture shows at most: the best by validation accuracy."""


def draw(study: Study, folder: Path, question: Question, title: str | None = None) -> Figure | None:
    """Draw what a question asks for; None if none of its runs came to something.

    Raises
    ------
    DataError
        If a run's folder is damaged.
    """
    names = [run.name for run in study.runs_of(question)]
    if question.picture == "gradients":
        paths = {name: run_folder(folder, name) / GRADIENTS_FILE for name in names}
        measured = {name: read_gradients(path) for name, path in paths.items() if path.exists()}
        return plots.gradients(measured, title) if measured else None
    accuracies = {
        result.name: result.validation_accuracy
        for result in (read_result(folder, name) for name in names)
        if result.validation_accuracy is not None
    }
    if question.picture == "heat map":
        return plots.heat_map(study, accuracies, title)
    histories = _histories(folder, names, accuracies)
    all_shown = len(histories) == len(accuracies)
    note = "" if all_shown else f"the best {MOST_CURVES} of {len(accuracies)} runs"
    return plots.curves(histories, title, note) if histories else None


def _histories(
    folder: Path, names: list[str], accuracies: Mapping[str, float]
) -> dict[str, History]:
    shown = [name for name in names if name in accuracies]
    best = sorted(shown, key=lambda name: -accuracies[name])[:MOST_CURVES]
    return {name: read_history(run_folder(folder, name)) for name in shown if name in best}
