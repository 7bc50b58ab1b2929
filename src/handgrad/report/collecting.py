"""Collecting what a study came to, from its folder, before anything is written about it."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handgrad.errors import DataError
from handgrad.studies import Study, read_study
from handgrad.studies.folder import read_summary, run_folder
from handgrad.studies.results import Result, read_failures, read_result


@dataclass(frozen=True)
class StudyResults:
    """A study with what every run of it came to.

    Attributes
    ----------
    folder
        The study's folder.
    results
        By the run's name, in the study's order.
    summaries
        What is in summary.json of each run that did not fail, likewise.
    """

    study: Study
    folder: Path
    results: dict[str, Result]
    summaries: dict[str, dict[str, Any]]

    @property
    def finished(self) -> dict[str, Result]:
        """The results of the runs that neither diverged nor failed."""
        return {
            name: result for name, result in self.results.items() if result.status == "finished"
        }

    @property
    def accuracies(self) -> dict[str, float]:
        """The final validation accuracy of each run that is finished."""
        return {
            name: result.validation_accuracy
            for name, result in self.finished.items()
            if result.validation_accuracy is not None
        }

    @property
    def validation_examples(self) -> int:
        """How many examples the runs were validated on."""
        return next(iter(self.summaries.values()))["data"]["validation"]["examples"]


def marked(result: Result) -> str:
    """Give a run's name, and how it ended if it is not finished."""
    return result.name if result.status == "finished" else f"{result.name} ({result.status})"


def collect(folder: Path) -> StudyResults:
    """Read a study folder in which every run has come to its end, or failed.

    Raises
    ------
    UsageError
        If there is no study.
    DataError
        If a run is missing, unfinished or damaged.
    """
    study, failures = read_study(folder), read_failures(folder)
    results, summaries = {}, {}
    for run in study.runs:
        path = run_folder(folder, run.name)
        summary = read_summary(path)
        if summary is None and run.name in failures:
            results[run.name] = failures[run.name]
            continue
        if summary is None:
            command = ["handgrad", "study", str(folder / "study.toml"), "--out", str(folder)]
            raise DataError(
                f"{path}: this run has not come to its end; `{shlex.join(command)}` goes on with it"
            )
        try:
            results[run.name] = read_result(folder, run.name)
            _require(summary, "seed", "threads", "versions", "platform")
            for part in ("train", "validation"):
                _require(summary["data"][part], "name", "examples", "fingerprint")
        except (AttributeError, KeyError, TypeError) as error:
            raise DataError(f"{path / 'summary.json'}: damaged ({error!r})") from error
        summaries[run.name] = summary
    return StudyResults(study, folder, results, summaries)


def _require(table: Mapping[str, Any], *keys: str) -> None:
    """Raise KeyError for a key that is missing."""
    for key in keys:
        if key not in table:
            raise KeyError(key)
