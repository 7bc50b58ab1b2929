"""`handgrad contest`."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from handgrad.cli import INTERRUPTED, complain
from handgrad.cli.contest_progress import progress
from handgrad.cli.data import RESUME_ALONE, source_from
from handgrad.cli.output import folder_by_time
from handgrad.cli.progress import say
from handgrad.contest import Contest, Result, new_contest, read_contest, train_networks, write_entry
from handgrad.datasets import Reading
from handgrad.errors import UsageError
from handgrad.studies.board import new_board
from handgrad.studies.work import Ending
from handgrad.wording import counted

MINUTES, SEED = 10.0, 102


def contest(
    data: Path | None = None,
    /,
    *,
    minutes: Annotated[float | None, Parameter(show_default=lambda _: f"{MINUTES:g}")] = None,
    seed: Annotated[int | None, Parameter(show_default=lambda _: f"{SEED}")] = None,
    test: Path | None = None,
    validation: Path | None = None,
    validation_labels: Path | None = None,
    reading: Annotated[Reading | None, Parameter(name="*", group="Data")] = None,
    out: Path | None = None,
    resume: Path | None = None,
    quiet: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Train the best entry that a budget of minutes allows, and write the submission.

    Networks are trained side by side on straightened, deformed images, one for each core, and their
    probabilities averaged. Writes a folder with submission.csv, the model, what was
    done, and a run folder for each network. With as many cores, the same seed and budget give the
    same entry.

    Parameters
    ----------
    data
        The training set: CSV, IDX or NPZ (its x_test and y_test are not read), plain or gzipped.
        Default: Small MNIST.
    minutes
        The budget. It decides how many epochs there are, for cores that reach 140 GFLOP/s in
        matrix products and have nothing else to do; on others it takes another time.
    seed
        What everything random is drawn from.
    test
        The images to predict, read as DATA but without labels. Default: Small MNIST's test set.
    validation
        The validation set, read as DATA is (--label, --header, --classes, --image-shape). Default:
        a random sixth of DATA is held out.
    validation_labels
        The labels of an IDX validation set. Default: beside it.
    reading
        How files are read.
    out
        The folder to write, new or empty. Default: runs/contest- and the time.
    resume
        The folder of a contest to go on with, each network from its last checkpoint.
    quiet
        Print nothing but errors.
    """
    if resume:
        others = (data, minutes, seed, test, validation, validation_labels, reading, out)
        if any(option is not None for option in others):
            raise UsageError(RESUME_ALONE)
        entry = read_contest(resume)
    else:
        source = source_from(reading, data, validation, validation_labels, test)
        entry = new_contest(
            out or folder_by_time("contest-"),
            MINUTES if minutes is None else minutes,
            SEED if seed is None else seed,
            source,
            test,
        )
    return _carry_out(entry, quiet)


def _carry_out(contest: Contest, quiet: bool) -> int:
    if not quiet:
        say(_announcement(contest))
    try:
        failed = [ending for ending in _train(contest, quiet) if ending.status != "finished"]
        for ending in failed:
            complain(f"{ending.name} {ending.status}: {ending.problem}", 1)
        if failed:
            return 1
        result = write_entry(contest)
    except KeyboardInterrupt:
        folder = shlex.quote(str(contest.folder))
        return complain(f"interrupted; go on with: handgrad contest --resume {folder}", INTERRUPTED)
    if not quiet:
        for line in _account(contest, result):
            say(line)
    return 0


def _train(contest: Contest, quiet: bool) -> list[Ending]:
    with new_board(contest.networks) as board, progress(contest, board, quiet):
        return list(train_networks(contest, board))


def _announcement(contest: Contest) -> str:
    h = contest.hyperparameters
    minutes = "1 minute" if contest.minutes == 1 else f"{contest.minutes:g} minutes"
    return (
        f"{counted(contest.networks, 'network')} with hidden layers of {h.hidden_dim}, "
        f"{counted(h.max_epochs, 'epoch')} each, on {counted(len(contest.data[0]), 'example')}: "
        f"{minutes} at most on quiet cores; slow ones take longer"
    )


def _account(contest: Contest, result: Result) -> Iterator[str]:
    """What the entry came to and where it is written."""
    for name, evaluation in result.networks.items():
        yield f"{name}: validation loss {evaluation.loss:.4f}, accuracy {evaluation.accuracy:.1%}"
    entry = result.entry
    yield f"the entry: validation loss {entry.loss:.4f}, accuracy {entry.accuracy:.1%}"
    names = sorted(path.name for path in contest.folder.iterdir())
    yield f"wrote {contest.folder}/: {', '.join(names)}"
