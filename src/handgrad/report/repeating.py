"""How to repeat it: commands, versions, machine, data, seeds, and every run's figures."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from handgrad.report.collecting import StudyResults, marked
from handgrad.report.sections import Section, decimal, listed, percent, table
from handgrad.wording import counted

MOST_ROWS = 100
"""The largest study of which the report has every run; others have results.csv."""

LINE = 76
"""How many characters a line of commands may have."""


def repeating_section(studies: Sequence[StudyResults], commands: list[str]) -> Section:
    """Compose the section, from what the runs' summaries record and not from this machine."""
    summaries = [each for study in studies for each in study.summaries.values()]
    sentences = list(_sentences(summaries)) if summaries else []
    sentences += (
        f"The figures of the {len(each.results):,} runs of “{each.study.title}” are in its "
        "results.csv."
        for each in studies
        if len(each.results) > MOST_ROWS
    )
    return {
        "kind": "repeating",
        "title": "How to repeat it",
        "commands": [folded(command) for command in commands],
        "sentences": sentences,
        "tables": [_all_runs(each) for each in studies if len(each.results) <= MOST_ROWS],
    }


def folded(command: str) -> str:
    """The same command on lines that fit the page: broken inside a word, it could not be copied.

    A comment stays as it is.
    """
    if command.startswith("#"):
        return command
    lines = [""]
    for word in map(shlex.quote, shlex.split(command)):
        if lines[-1] and len(lines[-1]) + len(word) >= LINE:
            lines.append("   ")
        lines[-1] += f" {word}" if lines[-1] else word
    return " \\\n".join(lines)


def _sentences(summaries: list[dict[str, Any]]) -> Iterator[str]:
    versions = _distinct(
        ", ".join(f"{name} {number}" for name, number in each["versions"].items())
        for each in summaries
    )
    machines = _distinct(
        f"{each['platform']['system']} on {each['platform']['machine']}" for each in summaries
    )
    threads = _distinct(counted(each["threads"], "BLAS thread") for each in summaries)
    yield (
        f"{counted(len(summaries), 'run')}, made with {listed(versions)}; {listed(machines)}; "
        f"{listed(threads)} a run."
    )
    yield f"Seeds: {listed(_distinct(str(each['seed']) for each in summaries), 'seeds')}."
    for part, what in (("train", "Trained"), ("validation", "Validated")):
        data = _distinct(
            f"{each['data'][part]['name']} ({each['data'][part]['examples']:,} examples, CRC-32 "
            f"{each['data'][part]['fingerprint']})"
            for each in summaries
        )
        yield f"{what} on {listed(data)}."


def _all_runs(collected: StudyResults) -> Section:
    rows = [
        (
            marked(result),
            _whole(result.epochs),
            _whole(result.iterations),
            _loss(result.validation_loss),
            percent(result.validation_accuracy),
            percent(result.best_validation_accuracy),
            _whole(result.best_epoch),
            "–" if result.seconds is None else f"{result.seconds:.1f}",
        )
        for result in collected.results.values()
    ]
    columns = ("run", "epochs", "iterations", "loss", "accuracy", "best", "at epoch", "seconds")
    return table(columns, rows, f"All runs: {collected.study.title}")


def _loss(value: float | None) -> str:
    return "–" if value is None else decimal(value, 4)


def _whole(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
