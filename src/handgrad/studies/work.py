"""What a worker does: it carries out one run, from its start or from its last checkpoint."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from handgrad.datasets import Data, Source
from handgrad.errors import DataError, UsageError
from handgrad.hyperparameters import Hyperparameters
from handgrad.runs import Run
from handgrad.studies.gradients import GRADIENTS_FILE, measure_gradients, write_gradients
from handgrad.training import DivergenceError

Status = Literal["finished", "diverged", "failed"]

Report = Callable[[int, float], None]
"""Told the epoch that a run has reached, from 0, and its validation accuracy there."""


@dataclass(frozen=True)
class Task:
    """One run to carry out."""

    number: int
    """The run's place in its study."""

    name: str
    folder: Path
    hyperparameters: Hyperparameters
    source: Source

    gradients: bool = False
    """Whether the gradients of its first epochs are measured too."""

    @property
    def gradients_file(self) -> Path:
        """Where they are written."""
        return self.folder / GRADIENTS_FILE


@dataclass(frozen=True)
class Ending:
    """How a run ended: all that a worker sends back."""

    name: str
    status: Status
    problem: str = ""


def carry_out(task: Task, load: Callable[[Source], Data], report: Report) -> Ending:
    """Train a run to its end in its folder, on what `load` makes of its source.

    Whatever goes wrong is the run's ending.
    """
    try:
        data = load(task.source)
        run = Run.resume(task.folder, data) if task.folder.exists() else _begin(task, data)
        status: Status = "finished"
        problem = ""
        report(run.training.epoch, 0.0)
        try:
            for epoch in run.training:
                report(epoch.epoch, epoch.validation_accuracy)
                run.record()
        except DivergenceError as error:
            status, problem = "diverged", str(error)
        run.finish(status)
        if task.gradients and not task.gradients_file.exists():
            measured = measure_gradients(*data, task.hyperparameters)
            write_gradients(task.gradients_file, measured)
        return Ending(task.name, status, problem)
    except (DataError, UsageError) as error:
        return Ending(task.name, "failed", str(error))
    except Exception as error:
        return Ending(task.name, "failed", f"{type(error).__name__}: {error}")


def _begin(task: Task, data: Data) -> Run:
    """Start a run under a hidden name, so that its folder, once there, can always be resumed."""
    beginning = task.folder.with_name(f".{task.folder.name}")
    shutil.rmtree(beginning, ignore_errors=True)
    run = Run.create(beginning, task.hyperparameters, task.source, data)
    run.folder = beginning.rename(task.folder)
    return run
