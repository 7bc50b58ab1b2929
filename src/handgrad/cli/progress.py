"""What `handgrad train` shows while it works: a live bar on a terminal, a few lines elsewhere."""

import contextlib
from collections.abc import Callable, Iterator

from handgrad.training import Epoch, Training

LINES = 10
"""About how many lines a run prints where there is no terminal."""

Show = Callable[[Epoch], None]


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
        every = max(1, training.hyperparameters.max_epochs // LINES)
        last = training.hyperparameters.max_epochs

        def show_line(epoch: Epoch) -> None:
            if epoch.epoch % every == 0 or epoch.epoch == last:
                print(
                    f"epoch {epoch.epoch:>{len(str(last))}}/{last}  {_figures(training)}",
                    flush=True,
                )

        yield show_line


@contextlib.contextmanager
def _bar(training: Training, console) -> Iterator[Show]:  # type: ignore[no-untyped-def]
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("epoch {task.completed}/{task.total}"),
        BarColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, refresh_per_second=5) as bar:
        total = training.hyperparameters.max_epochs
        task = bar.add_task("", total=total, completed=training.epoch)
        yield lambda epoch: bar.update(task, completed=epoch.epoch, description=_figures(training))


def _figures(training: Training) -> str:
    """Loss and accuracy: of training, the last epoch's mean over its batches; of validation."""
    history = training.history
    last = history.epochs[-1]
    start = history.epochs[-2].iteration if len(history.epochs) > 1 else 0
    batches = last.iteration - start
    loss = sum(history.train_loss[start:]) / batches
    accuracy = sum(history.train_accuracy[start:]) / batches
    return (
        f"training loss {loss:.4f}, accuracy {accuracy:.1%} · "
        f"validation loss {last.validation_loss:.4f}, accuracy {last.validation_accuracy:.1%}"
    )
