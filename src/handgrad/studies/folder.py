"""A study folder, and what of the study is done in it.

study.toml           the study, standing alone: its paths are absolute
runs/NAME/           a run folder for each run
results.csv          one row a run: what was varied, and what it came to
claims.json          every claim with its figures, and whether it holds
claims.md            the same as a table to read
QUESTION.png         a picture for each question
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

import tomli_w

from handgrad.datasets import Data
from handgrad.errors import DataError, UsageError
from handgrad.files import real_path
from handgrad.hyperparameters import Hyperparameters
from handgrad.preparation import check_data, check_images
from handgrad.runs import fingerprint, read_config, require_new
from handgrad.studies.reading import read_study
from handgrad.studies.study import Study
from handgrad.studies.work import Task

State = Literal["new", "unfinished", "finished", "diverged"]

FIRST_LINE = "# Written by handgrad study"
"""How a study.toml begins that is handgrad's to replace."""


@dataclass(frozen=True)
class Plan:
    """A study in its folder: the data, and each run's task and state before anything is run."""

    study: Study
    folder: Path
    data: Data
    tasks: tuple[Task, ...]
    states: tuple[State, ...]

    @property
    def left(self) -> list[Task]:
        """The runs that are still to be carried out, to their end and with all that is asked."""
        pairs = zip(self.tasks, self.states, strict=True)
        return [
            task
            for task, state in pairs
            if state in ("new", "unfinished")
            or (task.gradients and not task.gradients_file.exists())
        ]


def plan_study(study: Study, folder: Path | str) -> Plan:
    """Load the data and see what is done already. Nothing is written.

    Raises
    ------
    UsageError
        If the folder holds something else, another study or a study.toml that is not handgrad's,
        or a run of the same name that was asked for something else; or if a run needs images, and
        the data are none.
    DataError
        If the data cannot be read or do not fit together, or a run's folder is damaged.
    """
    folder = Path(folder)
    _check_folder(study, folder)
    data = _load(study)
    # Absolute paths: a worker may have been started in another folder, for something else.
    whole, source = real_path(folder), study.source.resolve()
    gradient_runs = study.gradient_runs
    tasks = tuple(
        Task(
            number=number,
            name=run.name,
            folder=run_folder(whole, run.name),
            # Runs go side by side: more than a thread each would only wait for one another.
            hyperparameters=replace(run.hyperparameters, threads=run.hyperparameters.threads or 1),
            source=source,
            gradients=run.name in gradient_runs,
        )
        for number, run in enumerate(study.runs)
    )
    return Plan(study, folder, data, tasks, _states(tasks, data))


def _load(study: Study) -> Data:
    """Load the data; check that they are there, and are what the runs need."""
    source = study.source
    paths = {
        "data": source.data,
        "validation": source.validation,
        "labels": source.reading.labels,
        "validation_labels": source.validation_labels,
    }
    for key, path in paths.items():
        if path and not path.exists():
            raise DataError(f"{study.file}, [data], {key}: there is no file {path}")
    try:
        source.reading.check_use(source.data, source.validation)
        data = source.load()
    except UsageError as error:
        raise UsageError(f"{study.file}, [data]: {error}") from error
    check_data(*data)
    for run in study.runs:
        try:
            check_images(*data, run.hyperparameters)
        except UsageError as error:
            raise UsageError(f"{study.file}, run {run.name!r}: {error}") from error
    return data


def renewed(plan: Plan) -> Plan:
    """See anew what is done already, as once nobody else can write to the folder any more.

    Raises
    ------
    UsageError, DataError
        As `plan_study`, if another study was begun in the folder since.
    """
    _check_folder(plan.study, plan.folder)
    return replace(plan, states=_states(plan.tasks, plan.data))


def definition(document: Mapping[str, Any]) -> str:
    """Write a study's document as a study.toml that is handgrad's to replace."""
    return f"{FIRST_LINE}, which replaces it when the study changes.\n{tomli_w.dumps(document)}"


def _check_folder(study: Study, folder: Path) -> None:
    """Refuse a folder with another study in it, or with anything else."""
    path = folder / "study.toml"
    if path.is_file():
        before = read_study(path)
        if not path.read_text(encoding="utf-8").startswith(FIRST_LINE):
            raise UsageError(
                f"{path} does not begin with {FIRST_LINE!r}: it and what is beside it may be your "
                "own; choose another --out"
            )
        if before.name != study.name:
            raise UsageError(
                f"{folder} has the study {before.name!r}, not {study.name!r}: choose another --out"
            )
        if {run.name for run in before.runs}.isdisjoint(run.name for run in study.runs):
            raise UsageError(f"{folder} has another study, with no run of these: give an --out")
    elif not _is_just_begun(folder):
        require_new(folder)


def _is_just_begun(folder: Path) -> bool:
    """Whether nothing but an empty folder for the runs is there: a study was stopped at once."""
    runs = runs_folder(folder)
    return runs.is_dir() and [*folder.iterdir()] == [runs] and not any(runs.iterdir())


def default_folder(name: str) -> Path:
    """Give the folder of a study of this name, unless another is asked for."""
    return Path("studies") / name


def runs_folder(folder: Path) -> Path:
    """Give the folder of all runs in a study's folder."""
    return folder / "runs"


def run_folder(folder: Path, name: str) -> Path:
    """Give the folder of a run in a study's folder."""
    return runs_folder(folder) / name


def read_summary(folder: Path) -> dict | None:
    """Read a run's summary.json; None if the run has not come to its end.

    Raises
    ------
    DataError
        If it is damaged.
    """
    path = folder / "summary.json"
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
        return summary if summary["status"] in ("finished", "diverged") else None
    except FileNotFoundError:
        return None
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: damaged ({error})") from error


def _states(tasks: tuple[Task, ...], data: Data) -> tuple[State, ...]:
    return tuple(_state(task, fingerprint(*data)) for task in tasks)


def _state(task: Task, data_fingerprint: str) -> State:
    if not task.folder.exists():
        return "new"
    hyperparameters, _, recorded = read_config(task.folder)
    differences = _differences(hyperparameters, task.hyperparameters)
    if recorded != data_fingerprint:
        differences.append("other data")
    if differences:
        raise UsageError(
            f"{task.folder}: was run with {', '.join(differences)}; choose another --out, another "
            "name for the run, or delete that folder"
        )
    summary = read_summary(task.folder)
    return summary["status"] if summary else "unfinished"


def _differences(was: Hyperparameters, asked: Hyperparameters) -> list[str]:
    return [
        f"{field.name} = {getattr(was, field.name)!r}, not {getattr(asked, field.name)!r}"
        for field in fields(Hyperparameters)
        if getattr(was, field.name) != getattr(asked, field.name)
    ]
