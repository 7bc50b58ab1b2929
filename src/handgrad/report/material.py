"""What a report is made of."""

import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from handgrad.datasets import Reading, Source
from handgrad.report.bayes import BayesResults
from handgrad.report.collecting import StudyResults
from handgrad.report.debriefing import Debriefing
from handgrad.report.entry import EntryResults

COURSE = "course"
"""The name of the study whose report has all the parts of the course's."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """All that a report is made of.

    Attributes
    ----------
    studies
        One or more. If the course's is among them, the report has all the parts of the course's,
        with what is not given left open. Otherwise it has the studies' questions, and those parts
        that something is given for.
    bayes, entry, ablation
        What `handgrad bayes`, `handgrad contest` and a study of the recipe came to.
    debriefing
        The person's answers.
    title
        None: the first study's.
    """

    studies: Sequence[StudyResults]
    bayes: BayesResults | None = None
    entry: EntryResults | None = None
    ablation: StudyResults | None = None
    debriefing: Debriefing | None = None
    title: str | None = None

    @property
    def is_course(self) -> bool:
        """Whether the course's study is among them."""
        return any(each.study.name == COURSE for each in self.studies)

    def commands(self) -> list[str]:
        """Give the commands that make all this again, and the report of it."""
        return list(dict.fromkeys(self._commands()))

    def _commands(self) -> Iterator[str]:
        report: list[object] = ["handgrad", "report"]
        yield "pip install 'handgrad[report]'"
        for each in self.studies:
            yield _study(each)
            report.append(COURSE if _is_default_course(each) else each.folder)
        if self.bayes:
            yield _bayes(self.bayes)
            report += ["--bayes", self.bayes.folder]
        if self.entry:
            yield _contest(self.entry)
            report += ["--contest", self.entry.contest.folder]
        if self.ablation:
            yield _study(self.ablation)
            report += ["--ablation", self.ablation.folder]
        yield _written(*report)


def _study(each: StudyResults) -> str:
    if _is_default_course(each):
        return "handgrad study"
    return _written("handgrad", "study", each.folder / "study.toml", "--out", each.folder)


def _bayes(found: BayesResults) -> str:
    settings = [word for key, value in found.settings.items() for word in (f"--{key}", value)]
    return _written("handgrad", "bayes", *_data(found.source), *settings, "--out", found.folder)


def _contest(entry: EntryResults) -> str:
    contest = entry.contest
    words = [*_data(contest.source), *(["--test", entry.test] if entry.test else [])]
    asked = ("--minutes", f"{contest.minutes:g}", "--seed", contest.hyperparameters.seed)
    return _written("handgrad", "contest", *words, *asked, "--out", contest.folder)


def _data(source: Source) -> Iterator[str]:
    """Yield a source as the words of a command."""
    reading = source.reading
    if source.data:
        yield str(source.data)
    for name, value in (
        ("validation", source.validation),
        ("validation-labels", source.validation_labels),
        ("labels", reading.labels),
        ("label", reading.label if reading.label != Reading.label else None),
        ("classes", reading.classes),
    ):
        if value is not None:
            yield from (f"--{name}", str(value))
    if reading.header is not None:
        yield "--header" if reading.header else "--no-header"
    if reading.image_shape:
        yield from ("--image-shape", *map(str, reading.image_shape))


def _is_default_course(each: StudyResults) -> bool:
    return each.study.name == COURSE and each.folder == Path("studies") / COURSE


def _written(*words: object) -> str:
    """Write a command as a shell takes it, paths from the working directory on."""
    here = f"{Path.cwd()}{os.sep}"
    return shlex.join(str(word).replace(here, "") for word in words)
