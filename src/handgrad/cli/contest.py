"""`handgrad contest`."""

import contextlib
import shlex
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from handgrad.cli import complain
from handgrad.cli.data import RESUME_ALONE, source_from
from handgrad.cli.output import folder_by_time
from handgrad.cli.progress import LINES, say
from handgrad.cli.train import INTERRUPTED
from handgrad.contest import Contest, Result, new_contest, read_contest, train_networks, write_entry
from handgrad.datasets import Reading
from handgrad.errors import UsageError
from handgrad.studies.board import Board, new_board
from handgrad.studies.work import Ending
from handgrad.wording import counted

if TYPE_CHECKING:
    from rich.console import Console

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
        if failed:
            return complain(f"{failed[0].name} {failed[0].status}: {failed[0].problem}", 1)
        result = write_entry(contest)
    except KeyboardInterrupt:
        folder = shlex.quote(str(contest.folder))
        return complain(f"interrupted; go on with: handgrad contest --resume {folder}", INTERRUPTED)
    if not quiet:
        for line in _account(contest, result):
            say(line)
    return 0


def _train(contest: Contest, quiet: bool) -> list[Ending]:
    with new_board(contest.networks) as board, _progress(contest, board, quiet):
        return list(train_networks(contest, board))


def _announcement(contest: Contest) -> str:
    h = contest.hyperparameters
    minutes = "1 minute" if contest.minutes == 1 else f"{contest.minutes:g} minutes"
    return (
        f"{counted(contest.networks, 'network')} with hidden layers of {h.hidden_dim}, "
        f"{counted(h.max_epochs, 'epoch')} each, on {counted(len(contest.data[0]), 'example')}: "
        f"{minutes} at most, on quiet cores"
    )


def _account(contest: Contest, result: Result) -> Iterator[str]:
    """What the entry came to and where it is written."""
    for name, evaluation in result.networks.items():
        yield f"{name}: validation loss {evaluation.loss:.4f}, accuracy {evaluation.accuracy:.1%}"
    entry = result.entry
    yield f"the entry: validation loss {entry.loss:.4f}, accuracy {entry.accuracy:.1%}"
    names = sorted(path.name for path in contest.folder.iterdir())
    yield f"wrote {contest.folder}/: {', '.join(names)}"


@contextlib.contextmanager
def _progress(contest: Contest, board: Board, quiet: bool) -> Iterator[None]:
    """Show, while the block runs, how far the networks are."""
    from rich.console import Console

    console = Console()
    if quiet:
        yield
    elif console.is_terminal:
        with _bars(contest, board, console):
            yield
    else:
        ended = threading.Event()
        watcher = threading.Thread(target=_print_lines, args=(contest, board, ended))
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()


@contextlib.contextmanager
def _bars(contest: Contest, board: Board, console: "Console") -> Iterator[None]:
    from rich.live import Live
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("epoch {task.completed}/{task.total}"),
        TextColumn("{task.fields[accuracy]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    total = contest.hyperparameters.max_epochs
    rows = [bars.add_task(task.name, total=total, accuracy="") for task in contest.tasks]

    def render() -> Progress:
        for number, row in enumerate(rows):
            epoch, accuracy = board.read(number)
            figures = f"validation accuracy {accuracy:.1%}" if accuracy else ""
            bars.update(row, completed=max(epoch, 0), accuracy=figures)
        return bars

    with Live(get_renderable=render, console=console, refresh_per_second=5):
        yield


def _print_lines(contest: Contest, board: Board, ended: threading.Event) -> None:
    """Print about ten lines until it has ended, whenever the slowest network is a tenth further."""
    last = contest.hyperparameters.max_epochs
    every = max(1, last // LINES)
    shown, over = 0, False
    while not over:
        over = ended.wait(0.5)
        epochs, accuracies = zip(*map(board.read, range(contest.networks)), strict=True)
        epoch = min(epochs)
        # A network that was taken up again has no accuracy before its next epoch.
        if epoch // every > shown and all(accuracies):
            shown = epoch // every
            figures = " · ".join(f"{accuracy:.1%}" for accuracy in accuracies)
            say(f"epoch {epoch:>{len(str(last))}}/{last}  validation accuracy {figures}")
