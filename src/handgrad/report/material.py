"""What a report is made of."""

import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from handgrad.bayes_folder import BayesResults
from handgrad.datasets import Reading, Source
from handgrad.errors import DataError
from handgrad.hyperparameters import Hyperparameters
from handgrad.models import model_file
from handgrad.report.collecting import StudyResults
from handgrad.report.debriefing import Debriefing
from handgrad.report.entry import EntryResults
from handgrad.runs import read_config
from handgrad.studies import COURSE, course_study
from handgrad.studies.folder import default_folder, definition, runs_folder
from handgrad.studies.study import written


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
        """Give the commands that make all this again, and the report of it, or a comment's line."""
        return list(dict.fromkeys(self._commands()))

    def definitions(self) -> dict[str, bytes]:
        """Give the study.toml of each study that the commands run, by the path that they name.

        A study outside the working directory has none: nothing else could have its path.
        """
        studies = (*self.studies, *([self.ablation] if self.ablation else []))
        files = {
            os.path.relpath(each.folder / "study.toml"): each
            for each in studies
            if not _is_default_course(each)
        }
        return {
            file: _definition(each)
            for file, each in files.items()
            if not file.startswith(os.pardir)
        }

    def _commands(self) -> Iterator[str]:
        report: list[object] = ["handgrad", "report"]
        yield "python3 -m venv .venv"
        yield ". .venv/bin/activate"
        yield "pip install --editable '.[report]'"
        for each in self.studies:
            yield _study(each)
            report.append(COURSE if _is_default_course(each) else each.folder)
        if self.bayes:
            if "network" in self.bayes.settings:
                yield from self._network(Path(self.bayes.settings["network"]))
            yield _bayes(self.bayes)
            report += ["--bayes", self.bayes.folder]
        if self.entry:
            yield _contest(self.entry)
            report += ["--contest", self.entry.contest.folder]
        if self.ablation:
            yield _study(self.ablation)
            report += ["--ablation", self.ablation.folder]
        yield _written(*report)

    def _network(self, path: Path) -> Iterator[str]:
        """Yield the command that makes a network: a study's or the contest's, or its own."""
        folder = model_file(path).parent
        for each in (*self.studies, *([self.ablation] if self.ablation else [])):
            if folder.parent == runs_folder(each.folder).resolve():
                yield _study(each)
                return
        if self.entry and folder.parent == self.entry.contest.folder.resolve():
            yield _contest(self.entry)
            return
        try:
            yield _train(folder)
        except DataError:
            yield f"# the network has to be there: {_written(path)}"


def _study(each: StudyResults) -> str:
    if _is_default_course(each):
        return "handgrad study"
    return _written("handgrad", "study", each.folder / "study.toml", "--out", each.folder)


def _definition(each: StudyResults) -> bytes:
    """Write a study as TOML, with data below the working directory by the way to them."""
    here = f"{Path.cwd()}{os.sep}"
    data = {
        key: os.path.relpath(value, each.folder) if str(value).startswith(here) else value
        for key, value in each.study.document.get("data", {}).items()
    }
    return definition({**each.study.document, "data": data}).encode()


def _train(folder: Path) -> str:
    """Write the command that makes a run folder, as its config.toml says.

    Raises
    ------
    DataError
        If it is not a run's.
    """
    hyperparameters, source, _ = read_config(folder)
    words = [*_data(source)]
    for field in fields(Hyperparameters):
        value = getattr(hyperparameters, field.name)
        if value != field.default:
            option = f"--{field.name.replace('_', '-')}"
            for each in value if isinstance(value, tuple) else (value,):
                words += [option] if each is True else [option, str(each)]
    return _written("handgrad", "train", *words, "--out", folder)


def _bayes(found: BayesResults) -> str:
    settings = [word for key, value in found.settings.items() for word in (f"--{key}", value)]
    return _written("handgrad", "bayes", *_data(found.source), *settings, "--out", found.folder)


def _contest(entry: EntryResults) -> str:
    contest = entry.contest
    data = [*_data(contest.source), *(["--test", contest.test_file] if contest.test_file else [])]
    asked = ("--minutes", written(contest.minutes), "--seed", contest.hyperparameters.seed)
    return _written("handgrad", "contest", *data, *asked, "--out", contest.folder)


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
    return each.folder == default_folder(COURSE) and each.study == course_study()


def _written(*words: object) -> str:
    """Write a command as a shell takes it, paths in the working directory from there on."""
    here = f"{Path.cwd()}{os.sep}"
    return shlex.join(str(word).removeprefix(here) for word in words)
