"""What `handgrad study` shows while it works: all runs on a terminal, a line a run elsewhere."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from handgrad.cli.progress import say
from handgrad.studies.board import Board
from handgrad.studies.folder import Plan
from handgrad.studies.results import read_result
from handgrad.studies.work import Ending
from handgrad.wording import counted

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

LINES = 20
"""About how many lines a study prints where there is no terminal; a problem is always one."""

BARS = 16
"""How many runs under way the terminal shows: a cluster may have more."""

Show = Callable[[Ending], None]


@contextlib.contextmanager
def progress(plan: Plan, board: Board, quiet: bool) -> Iterator[Show]:
    """Give a function to call with every ending, to show how far the study is."""
    from rich.console import Console

    console = Console()
    if quiet:
        yield lambda ending: None
        return
    done = len(plan.tasks) - len(plan.left)
    if done:
        say(f"{done} of {counted(len(plan.tasks), 'run')} had ended before")
    if console.is_terminal:
        with _live(plan, board, console) as show:
            yield show
    else:
        yield _lines(plan)


def _lines(plan: Plan) -> Show:
    total = len(plan.left)
    every = max(1, total // LINES)
    ended = 0

    def show(ending: Ending) -> None:
        nonlocal ended
        ended += 1
        if ended % every == 0 or ended == total or ending.status != "finished":
            say(f"{ended:>{len(str(total))}}/{total}  {_line(plan, ending)}")

    return show


@contextlib.contextmanager
def _live(plan: Plan, board: Board, console: "Console") -> Iterator[Show]:
    """A line for every run that has ended, above a bar for every one under way."""
    from rich.live import Live

    under_way = {task.name: task for task in plan.left}

    def render() -> "RenderableType":
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        started = [task for task in under_way.values() if board.started(task.number)]
        for task in started[:BARS]:
            epoch, accuracy = board.read(task.number)
            total = task.hyperparameters.max_epochs
            bar = ProgressBar(total, epoch, width=30)
            table.add_row(task.name, bar, f"epoch {epoch}/{total}", f"{accuracy:.1%}")
        table.add_row(f"{len(plan.tasks) - len(under_way)} of {counted(len(plan.tasks), 'run')}")
        return table

    with Live(get_renderable=render, console=console, refresh_per_second=5, transient=True):

        def show(ending: Ending) -> None:
            # The display's own thread walks through the dictionary: it is replaced, not changed.
            nonlocal under_way
            under_way = {name: task for name, task in under_way.items() if name != ending.name}
            console.print(_line(plan, ending), highlight=False, markup=False, soft_wrap=True)

        yield show


def _line(plan: Plan, ending: Ending) -> str:
    """How a run ended, in a line."""
    if ending.status == "failed":
        return f"{ending.name} failed"
    result = read_result(plan.folder, ending.name)
    line = f"{ending.name} {ending.status}"
    if result.validation_accuracy is not None:
        line += f": validation accuracy {result.validation_accuracy:.1%}"
        line += f" (best {result.best_validation_accuracy:.1%} after epoch {result.best_epoch})"
    return f"{line}, {result.seconds:.1f} s"
