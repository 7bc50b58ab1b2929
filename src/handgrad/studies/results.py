"""results.csv: one row a run, in the study's order."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from handgrad.errors import DataError
from handgrad.files import write_text
from handgrad.studies.folder import read_summary, run_folder
from handgrad.studies.study import Study, written
from handgrad.studies.work import Status

RESULTS_FILE = "results.csv"

COLUMNS = (
    "problem",
    "epochs",
    "iterations",
    "validation_loss",
    "validation_accuracy",
    "best_epoch",
    "best_validation_accuracy",
    "seconds",
)


@dataclass(frozen=True)
class Result:
    """What a run came to; None where it did not come that far."""

    name: str
    status: Status | Literal["unfinished"]
    epochs: int | None = None
    iterations: int | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    best_epoch: int | None = None
    best_validation_accuracy: float | None = None
    seconds: float | None = None
    problem: str = ""
    """Why it failed, as far as that is known."""


def read_result(folder: Path, name: str) -> Result:
    """Read what a run of the study in `folder` came to; one that has not ended counts as failed.

    Raises
    ------
    DataError
        If its summary.json is damaged.
    """
    path = run_folder(folder, name)
    summary = read_summary(path)
    if summary is None:
        return Result(name, "failed")
    try:
        final, best = summary.get("final", {}), summary.get("best", {})
        return Result(
            name,
            summary["status"],
            summary["epochs"],
            summary["iterations"],
            final.get("validation_loss"),
            final.get("validation_accuracy"),
            best.get("epoch"),
            best.get("validation_accuracy"),
            round(summary["seconds"], 3),
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise DataError(f"{path / 'summary.json'}: damaged ({error!r})") from error


def read_results(study: Study, folder: Path) -> Iterator[Result]:
    """Read what every run came to, in the study's order."""
    return (read_result(folder, run.name) for run in study.runs)


def write_results(study: Study, folder: Path, problems: Mapping[str, str]) -> None:
    """Write results.csv: the name, what was varied, and what the run came to.

    `problems` says by the run's name why those failed that did; others that have not come to their
    end are unfinished.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("run", *study.varied, "status", *COLUMNS))
    for run, result in zip(study.runs, read_results(study, folder), strict=True):
        varied = [written(getattr(run.hyperparameters, name)) for name in study.varied]
        if result.status == "failed" and run.name in problems:
            result = replace(result, problem=problems[run.name])
        elif result.status == "failed":
            result = replace(result, status="unfinished")
        figures = asdict(result)
        row = (run.name, *varied, result.status, *(figures[name] for name in COLUMNS))
        writer.writerow(row)
    write_text(folder / RESULTS_FILE, text.getvalue())


def read_failures(folder: Path) -> dict[str, Result]:
    """Read from results.csv which runs failed, by their names.

    One that is being tried again is not among them. There are none before a study is begun.

    Raises
    ------
    DataError
        If the table is damaged.
    """
    path = folder / RESULTS_FILE
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {
                row["run"]: Result(row["run"], "failed", problem=row.get("problem") or "")
                for row in csv.DictReader(file)
                if row["status"] == "failed"
            }
    except FileNotFoundError:
        return {}
    except (KeyError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: damaged ({error!r})") from error


def rank(result: Result) -> tuple[float, float]:
    """Order results by the validation accuracy that they ended with; of equals, by the loss."""
    accuracy = -1.0 if result.validation_accuracy is None else result.validation_accuracy
    return accuracy, -(result.validation_loss or 0.0)


def best_result(study: Study, folder: Path) -> Result | None:
    """Find the finished run that ranks highest."""
    results = (result for result in read_results(study, folder) if result.status == "finished")
    return max(results, key=rank, default=None)
