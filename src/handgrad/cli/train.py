"""`handgrad train`."""

import contextlib
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Annotated

from cyclopts import Parameter

from handgrad.cli import INTERRUPTED, complain
from handgrad.cli.data import RESUME_ALONE, source_from
from handgrad.cli.output import folder_by_time
from handgrad.cli.progress import progress, say
from handgrad.datasets import Reading
from handgrad.errors import UsageError
from handgrad.hyperparameters import Hyperparameters
from handgrad.runs import Run
from handgrad.training import DivergenceError


def train(
    data: Path | None = None,
    /,
    *,
    hyperparameters: Annotated[Hyperparameters | None, Parameter(name="*")] = None,
    validation: Path | None = None,
    validation_labels: Path | None = None,
    reading: Annotated[Reading | None, Parameter(name="*", group="Data")] = None,
    out: Path | None = None,
    resume: Path | None = None,
    quiet: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Train a network on Small MNIST, or on DATA, and write a run folder.

    Parameters
    ----------
    data
        The training set: CSV, IDX or NPZ (its x_test and y_test are not read), plain or gzipped.
        Default: Small MNIST.
    hyperparameters
        What the run is asked to do.
    validation
        The validation set, read as DATA is (--label, --header, --classes, --image-shape). Default:
        a random sixth of DATA is held out.
    validation_labels
        The labels of an IDX validation set. Default: beside it.
    reading
        How files are read.
    out
        The folder to write, new or empty. Default: runs/ and the time.
    resume
        A run folder to go on with, from its last checkpoint, as its config.toml says. To train
        longer, raise max_epochs there: what depends on it, such as a cosine, changes with it.
    quiet
        Print nothing but errors.
    """
    folder = resume or out or folder_by_time()
    try:
        if resume:
            if any((hyperparameters, reading, data, validation, validation_labels, out)):
                raise UsageError(RESUME_ALONE)
            run = Run.resume(resume)
        else:
            source = source_from(reading, data, validation, validation_labels)
            hyperparameters = hyperparameters or Hyperparameters()
            if hyperparameters.idle:
                name, need = next(iter(hyperparameters.idle.items()))
                raise UsageError(f"does nothing without {need}", name)
            run = Run.create(folder, hyperparameters, source)
        return _carry_out(run, quiet)
    except KeyboardInterrupt:
        if not (folder / "config.toml").exists():  # There is nothing yet to go on with.
            raise
        go_on = f"go on with: handgrad train --resume {shlex.quote(str(folder))}"
        return complain(f"interrupted; {go_on}", INTERRUPTED)


def _carry_out(run: Run, quiet: bool) -> int:
    """Train to the end; KeyboardInterrupt if it was interrupted, saved or not."""
    status, problem = "finished", ""
    with progress(run.training, quiet) as show, _interruptible() as interrupted:
        try:
            for epoch in run.training:
                show(epoch)
                run.record()
                if interrupted() and not run.training.ended:
                    status = "interrupted"
                    break
        except DivergenceError as error:
            status, problem = "diverged", str(error)
    run.finish(status)
    if not quiet:
        for line in _account(run):
            say(line)
    if status == "interrupted":
        raise KeyboardInterrupt
    return complain(problem, 1) if problem else 0


def _account(run: Run) -> Iterator[str]:
    """What the run came to and where it is written."""
    history = run.training.history
    if history.epochs:
        final, best = history.epochs[-1], history.best
        yield (
            f"validation accuracy {final.validation_accuracy:.1%} after epoch {final.epoch} "
            f"(best {best.validation_accuracy:.1%} after epoch {best.epoch})"
        )
    yield f"wrote {run.folder}/: {', '.join(sorted(path.name for path in run.folder.iterdir()))}"


@contextlib.contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C end the run after its epoch; a second one ends it at once."""
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, before)
        print("\nfinishing this epoch; Ctrl-C again to stop at once", file=sys.stderr)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
