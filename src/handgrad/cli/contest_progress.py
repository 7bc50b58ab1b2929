"""What `handgrad contest` shows while it works: a bar a network on a terminal, lines elsewhere."""

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from handgrad.cli.progress import LINES, say
from handgrad.contest import Contest
from handgrad.studies.board import Board

if TYPE_CHECKING:
    from rich.console import Console


@contextlib.contextmanager
def progress(contest: Contest, board: Board, quiet: bool) -> Iterator[None]:
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
