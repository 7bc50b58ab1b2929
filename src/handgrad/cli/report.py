"""`handgrad report`."""

import contextlib
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from handgrad.bayes_folder import read_bayes
from handgrad.cli import INTERRUPTED
from handgrad.cli.bayes import bayes as make_bayes
from handgrad.cli.contest import contest as make_contest
from handgrad.cli.progress import say
from handgrad.cli.study import study as make_study
from handgrad.errors import DataError, UsageError
from handgrad.files import new_folder, replacing, write_text
from handgrad.report.collecting import StudyResults, collect
from handgrad.report.debriefing import TEMPLATE, read_debriefing
from handgrad.report.entry import collect_entry
from handgrad.report.material import Material
from handgrad.report.paper import compose
from handgrad.report.project import zip_with
from handgrad.report.typesetting import require_typst, typeset
from handgrad.studies import COURSE, study_named
from handgrad.studies.folder import default_folder, run_folder

BAYES, CONTEST = Path("runs/bayes"), Path("runs/contest")
ABLATION = Path("studies/ablation")
DEBRIEF = Path("debrief.toml")
NAME = "hw3"


def report(
    *study: str,
    bayes: Path | None = None,
    contest: Path | None = None,
    ablation: Path | None = None,
    debrief: Path | None = None,
    title: str | None = None,
    name: str = NAME,
    out: Path = Path(),
    format: Literal["pdf", "html"] = "pdf",
    run: Annotated[bool, Parameter(negative="")] = False,
    debrief_template: Annotated[bool, Parameter(negative="")] = False,
    quiet: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Write the report of a STUDY, or of several: a PDF, and a zip of it with the code.

    The course's has the proofs and derivations too, Naïve Bayes on digits, the contest's entry and
    a debriefing; another study's has a section for each of its questions. The same results make
    the same bytes.

    Parameters
    ----------
    study
        Study folders, or the TOML files that were run, or "course", the default.
    bayes
        What `handgrad bayes` wrote. Default, for the course: runs/bayes, if it is there.
    contest
        What `handgrad contest` wrote. Default, for the course: runs/contest, if it is there.
    ablation
        A study of the contest's recipe, with one ingredient left out at a time. Default, for the
        course: studies/ablation, if it is there.
    debrief
        The debriefing. Default, for the course: debrief.toml, if it is there.
    title
        The title. Default: the study's.
    name
        What the files are called: NAME-report.pdf and NAME.zip.
    out
        The folder to write them to.
    format
        PDF and zip; or one HTML page, which stands alone.
    run
        First make what is missing: study, Naïve Bayes and the contest's entry, in ten minutes.
    debrief_template
        Write debrief.toml, to fill in, and nothing else.
    quiet
        Print nothing but errors.
    """
    if debrief_template:
        others = (*study, bayes, contest, ablation, title, name != NAME, out != Path(), run)
        if any(others) or format != "pdf":
            raise UsageError("--debrief-template takes no other option but --debrief and --quiet")
        _write_template(debrief or DEBRIEF, quiet)
        return
    if name in ("", ".", "..") or Path(name).name != name:
        raise UsageError(f"must name a file, without a folder, got {name!r}", "name")
    # What can be wrong is found before anything is run, which may take a quarter of an hour.
    require_typst()
    asked = [(each, study_named(each).name) for each in study or (COURSE,)]
    if COURSE in [own for _, own in asked]:
        debrief = debrief or _made(DEBRIEF)
    debriefing = read_debriefing(debrief) if debrief else None
    with new_folder(out):
        folders = [_study_folder(each, own, run, quiet) for each, own in asked]
        studies = [collect(folder) for folder in folders]
        course = next((each for each in studies if each.study.name == COURSE), None)
        if course:
            # The parts of the course's report are looked for where the commands in it put them.
            bayes = bayes or _course_bayes(course, run, quiet)
            contest = contest or _course_contest(course, run, quiet)
            ablation = ablation or _made(ABLATION)
        material = Material(
            studies=studies,
            bayes=read_bayes(bayes) if bayes else None,
            entry=collect_entry(contest) if contest else None,
            ablation=collect(ablation) if ablation else None,
            debriefing=debriefing,
            title=title,
        )
        files = _files(material, name, format)
        _write_all(out, files)
    if not quiet:
        for line in _account(material, out, files):
            say(line)


def _study_folder(named: str, name: str, run: bool, quiet: bool) -> Path:
    """Give the folder of a study that was run; run it, or what is left of it, if asked to.

    `named` is what it was asked for by, and `name` its own.
    """
    path = Path(named)
    folder = path if named != COURSE and path.is_dir() else default_folder(name)
    there = (folder / "study.toml").is_file()
    if run:
        # A course that was changed is in its folder.
        asked = str(folder) if named == COURSE and there else named
        # Runs that failed or diverged are part of what there is to report.
        if make_study(asked, out=folder, quiet=quiet) == INTERRUPTED:
            raise KeyboardInterrupt
    elif not there:
        words = ["handgrad", "study"] if named == COURSE else ["handgrad", "study", named]
        raise UsageError(
            f"{folder}: no study was run there; `{shlex.join(words)}` does it, and so does --run"
        )
    return folder


def _made(path: Path) -> Path | None:
    """Give the path if it is there."""
    return path if path.exists() else None


def _course_bayes(course: StudyResults, run: bool, quiet: bool) -> Path | None:
    """Give the folder of the course's Naïve Bayes if it is there; make it first, if asked to."""
    if run and not (BAYES / "summary.json").exists():
        if BAYES.is_dir() and any(BAYES.iterdir()):
            raise DataError(f"{BAYES}: not all of what `handgrad bayes` writes; delete the folder")
        _make_bayes(course, quiet)
    return _made(BAYES)


def _course_contest(course: StudyResults, run: bool, quiet: bool) -> Path | None:
    """Give the folder of the course's entry if it is there; make or finish it, if asked to."""
    if run and not (CONTEST / "summary.json").exists():
        _make_contest(course, quiet)
    return _made(CONTEST)


def _make_bayes(course: StudyResults, quiet: bool) -> None:
    source, network = course.study.source, run_folder(course.folder, "default")
    make_bayes(
        source.data,
        validation=source.validation,
        validation_labels=source.validation_labels,
        reading=source.reading,
        network=network if network.exists() else None,
        out=BAYES,
        quiet=quiet,
    )


def _make_contest(course: StudyResults, quiet: bool) -> None:
    """Train the contest's entry, or go on with it where it was interrupted."""
    source = course.study.source
    if CONTEST.exists():
        status = make_contest(resume=CONTEST, quiet=quiet)
    else:
        status = make_contest(
            source.data,
            validation=source.validation,
            validation_labels=source.validation_labels,
            reading=source.reading,
            out=CONTEST,
            quiet=quiet,
        )
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    if status:
        raise DataError(f"{CONTEST}: could not be made")


def _files(material: Material, name: str, format: Literal["pdf", "html"]) -> dict[str, bytes]:
    """Make the files to write, by their names."""
    document = f"{name}-report.{format}"
    files = {document: typeset(compose(material), format)}
    if format == "pdf":
        files[f"{name}.zip"] = zip_with(name, files | material.definitions())
    return files


def _write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write all files, or none: each takes its place when all are written."""
    with contextlib.ExitStack() as stack:
        for name, content in files.items():
            stack.enter_context(replacing(folder / name)).write_bytes(content)


def _account(material: Material, folder: Path, files: Mapping[str, bytes]) -> Iterator[str]:
    """What a course's report lacks, and what was written."""
    if material.is_course and not material.bayes:
        yield "without Naïve Bayes on digits: `handgrad bayes --out runs/bayes` makes it, or --run"
    if material.is_course and not material.entry:
        yield "without a contest entry: `handgrad contest --out runs/contest` makes it, or --run"
    sizes = (f"{file} ({len(content) / 1e6:.1f} MB)" for file, content in files.items())
    yield f"wrote {folder}/: {', '.join(sizes)}"


def _write_template(path: Path, quiet: bool) -> None:
    if path.exists():
        raise UsageError(f"{path} exists already; delete it, or name another with --debrief")
    write_text(path, TEMPLATE)
    if not quiet:
        say(f"wrote {path}")
