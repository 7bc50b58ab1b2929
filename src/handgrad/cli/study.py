"""`handgrad study`."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from handgrad.cli import INTERRUPTED, complain
from handgrad.cli.progress import say
from handgrad.cli.study_progress import progress
from handgrad.cli.tables import hanging
from handgrad.errors import UsageError
from handgrad.studies import COURSE, Study, study_named
from handgrad.studies.board import new_board
from handgrad.studies.claims import judge
from handgrad.studies.folder import Plan, default_folder, plan_study
from handgrad.studies.results import best_result
from handgrad.studies.runner import run_study
from handgrad.studies.study import written
from handgrad.studies.work import Ending
from handgrad.wording import counted


def study(
    study: str = COURSE,
    /,
    *,
    out: Path | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    quiet: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Run a set of experiments side by side, and write a study folder.

    It has a run folder for each run, a table of all, a picture for each question and the claims
    with their figures. What is finished is not run again: after an interruption, the same command
    goes on.

    Parameters
    ----------
    study
        A TOML file with [defaults], [[run]] and [grid]; the folder of a study; or "course": step
        size, activation and depth, randomness.
    out
        The study folder. Default: studies/ and the study's name.
    jobs
        How many runs go side by side. Default: as many as there are cores.
    cluster
        The address of a Dask scheduler, such as tcp://host:8786, on whose workers to run.
    dry_run
        List what would run, and run nothing.
    quiet
        Print nothing but errors.
    """
    if jobs is not None and jobs < 1:
        raise UsageError(f"must be 1 or more, got {jobs}", parameter="jobs")
    if jobs is not None and cluster is not None:
        raise UsageError("--jobs is for this machine: a cluster has as many as it has workers")
    described = study_named(study)
    plan = plan_study(described, out or default_folder(described.name))
    if dry_run:
        for line in _listing(plan):
            say(line)
        return 0
    try:
        failed = _carry_out(plan, jobs, cluster, quiet)
    except KeyboardInterrupt:
        return complain("interrupted; the same command goes on where it stopped", INTERRUPTED)
    if not quiet:
        for line in _account(plan):
            say(line)
    for ending in failed:
        complain(f"run {ending.name} {ending.status}: {ending.problem}", 1)
    return 1 if failed else 0


def _carry_out(plan: Plan, jobs: int | None, address: str | None, quiet: bool) -> list[Ending]:
    """Run what is left, and give the runs that are not finished."""
    left = {task.name for task in plan.left}
    failed = [
        Ending(task.name, "diverged", "before, and would again")
        for task, state in zip(plan.tasks, plan.states, strict=True)
        if state == "diverged" and task.name not in left
    ]
    with contextlib.ExitStack() as stack:
        client = None
        if address is not None:
            from handgrad.studies.cluster import connected

            client = stack.enter_context(connected(address))
        board = stack.enter_context(new_board(len(plan.tasks)))
        show = stack.enter_context(progress(plan, board, quiet))
        for ending in run_study(plan, board, jobs, client):
            show(ending)
            if ending.status != "finished":
                failed.append(ending)
    return failed


def _listing(plan: Plan) -> Iterator[str]:
    """What would run, a line a run, with what is not the same in all of them."""
    study = plan.study
    width = max(len(run.name) for run in study.runs)
    for run, state in zip(study.runs, plan.states, strict=True):
        settings = (f"{key}={written(getattr(run.hyperparameters, key))}" for key in study.varied)
        yield f"{run.name:<{width}}  {state:<10}  {' '.join(settings)}".rstrip()
    train, validation = plan.data
    yield f"{len(plan.left)} of {counted(len(study.runs), 'run')} to do, in {plan.folder}/"
    yield f"on {train.name} ({len(train)}) and {validation.name} ({len(validation)})"


def _account(plan: Plan) -> Iterator[str]:
    """What the study came to and where it is written."""
    study = plan.study
    best = best_result(study, plan.folder)
    if best:
        yield f"best: {best.name}, validation accuracy {best.validation_accuracy:.1%}"
    yield from _claim_lines(study, plan.folder)
    yield f"wrote {plan.folder}/: {', '.join(sorted(path.name for path in plan.folder.iterdir()))}"


def _claim_lines(study: Study, folder: Path) -> Iterator[str]:
    for verdict in judge(study, folder):
        says, measured = verdict.claim.says, verdict.measured
        line = f"{verdict.result:>13}: {says} ({measured}; expected {verdict.threshold})"
        yield hanging(line, indent=15)
