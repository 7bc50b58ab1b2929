"""What `handgrad train` shows while it works: a live bar on a terminal, a few lines elsewhere."""

import contextlib
from collections.abc import Callable, Iterator

from handgrad.history import Epoch
from handgrad.training import Training

LINES = 10
"""About how many lines a run prints where there is no terminal."""

Show = Callable[[Epoch], None]


def say(line: str) -> None:
    """Print a line at once, not when there are enough to fill a buffer."""
    print(line, flush=True)


@contextlib.contextmanager
def progress(training: Training, quiet: bool) -> Iterator[Show]:
    """Give a function to call with every epoch, to show how far the training is."""
    from rich.console import Console

    console = Console()
    if quiet:
        yield lambda epoch: None
    elif console.is_terminal:
        with _bar(training, console) as show:
            yield show
    else:
        last = training.hyperparameters.max_epochs
        every = max(1, last // LINES)

        def show_line(epoch: Epoch) -> None:
            if epoch.epoch % every == 0 or epoch.epoch == last:
                say(f"epoch {epoch.epoch:>{len(str(last))}}/{last}  {_figures(training, ' · ')}")

        yield show_line


@contextlib.contextmanager
def _bar(training: Training, console) -> Iterator[Show]:  # type: ignore[no-untyped-def]
    """A bar, and the figures on the two lines below it, so that 80 columns are enough."""
    from rich.console import Group
    from rich.live import Live
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("epoch {task.completed}/{task.total}"),
        BarColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    task = bar.add_task("", total=training.hyperparameters.max_epochs, completed=training.epoch)
    with Live(bar, console=console, refresh_per_second=5) as live:

        def show(epoch: Epoch) -> None:
            bar.update(task, completed=epoch.epoch)
            live.update(Group(bar, _figures(training, "\n")))

        yield show


def _figures(training: Training, between: str) -> str:
    """Loss and accuracy: of training, the last epoch's mean over its batches; of validation."""
    history = training.history
    last = history.epochs[-1]
    start = history.epochs[-2].iteration if len(history.epochs) > 1 else 0
    batches = last.iteration - start
    loss = sum(history.train_loss[start:]) / batches
    accuracy = sum(history.train_accuracy[start:]) / batches
    return (
        f"training loss {loss:.4f}, accuracy {accuracy:.1%}{between}"
        f"validation loss {last.validation_loss:.4f}, accuracy {last.validation_accuracy:.1%}"
    )
