"""Running a study: an iterator that yields each run as it ends, and leaves the folder complete."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from handgrad.files import locked, write_text
from handgrad.studies.board import Board
from handgrad.studies.claims import judge, write_claims
from handgrad.studies.folder import Plan, definition, renewed, runs_folder
from handgrad.studies.pool import run_here
from handgrad.studies.reading import read_study
from handgrad.studies.results import write_results
from handgrad.studies.study import Question, Study
from handgrad.studies.work import Ending


def run_study(
    plan: Plan, board: Board, jobs: int | None = None, cluster: Any = None
) -> Iterator[Ending]:
    """Carry out a study and yield how each run ended, in the order in which they end.

    Runs that are finished already are not run again, and not yielded. Each question's picture is
    drawn as soon as its runs have ended, while others run; the claims come at the end. The table
    is written at the start and again at the end, also at an early one. A study that was
    interrupted, in whatever way, goes on with the same call.

    Parameters
    ----------
    plan
        The study in its folder.
    board
        Where the runs note how far they are.
    jobs
        How many runs go side by side on this machine; None: as many as it has cores.
    cluster
        A Dask client, on whose workers they run instead.

    Raises
    ------
    UsageError
        If another process is running a study in this folder, or another was begun there since the
        plan was made.
    DataError
        If the cluster's scheduler goes away.
    """
    runs = runs_folder(plan.folder)
    runs.mkdir(parents=True, exist_ok=True)
    with locked(runs, with_workers=True):
        yield from _run(renewed(plan), board, jobs, cluster)


def _run(plan: Plan, board: Board, jobs: int | None, cluster: Any) -> Iterator[Ending]:
    study, folder = plan.study, plan.folder
    before = read_study(folder) if (folder / "study.toml").is_file() else None
    _discard(before, study, folder)
    # Left as it is if it says the same: it may have comments.
    if before is None or definition(before.document) != definition(study.document):
        write_text(folder / "study.toml", definition(study.document))
    problems: dict[str, str] = {}
    # Now, so that nobody takes a run that is under way for one that failed; and whatever comes.
    write_results(study, folder, problems)
    try:
        for ending in _answering(plan, _endings(plan, board, jobs, cluster)):
            problems[ending.name] = ending.problem
            yield ending
    finally:
        write_results(study, folder, problems)
    if study.claims:
        write_claims(study, judge(study, folder), folder)


def _endings(plan: Plan, board: Board, jobs: int | None, cluster: Any) -> Iterator[Ending]:
    if cluster is None:
        return run_here(plan.left, plan.data, jobs, board)
    from handgrad.studies.cluster import run_on_cluster

    return run_on_cluster(cluster, plan.left, plan.data, board)


def _answering(plan: Plan, endings: Iterator[Ending]) -> Iterator[Ending]:
    """Pass the endings on, and draw each question's picture when its runs have ended."""
    awaited = {task.name for task in plan.left}
    questions = {
        question: {run.name for run in plan.study.runs_of(question)}
        for question in plan.study.questions
    }
    for ending in endings:
        yield ending
        awaited.remove(ending.name)
        for question in [key for key, runs in questions.items() if runs.isdisjoint(awaited)]:
            del questions[question]
            _answer(plan, question)
    for question in questions:
        _answer(plan, question)


def _discard(before: Study | None, study: Study, folder: Path) -> None:
    """Delete what is not true of the study any more: its claims and pictures of before."""
    asked = {question.name for question in before.questions} if before else set()
    for name in asked - {question.name for question in study.questions}:
        (folder / f"{name}.png").unlink(missing_ok=True)
    if not study.claims:
        for name in ("claims.json", "claims.md"):
            (folder / name).unlink(missing_ok=True)


def _answer(plan: Plan, question: Question) -> None:
    """Draw a question's picture from its runs' folders, if one of them came to something.

    Otherwise one of before goes: it would be of other runs.
    """
    from handgrad.plots.saving import save
    from handgrad.studies.pictures import draw

    path = plan.folder / f"{question.name}.png"
    figure = draw(plan.study, plan.folder, question, question.title)
    if figure is None:
        path.unlink(missing_ok=True)
    else:
        save(figure, path)
