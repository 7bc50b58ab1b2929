"""Runs side by side on this machine, through joblib's loky: one process a run at a time."""

import contextlib
import functools
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing import resource_tracker
from pathlib import Path
from types import FrameType

from handgrad.datasets import Data, Source
from handgrad.files import joined
from handgrad.studies.board import Board
from handgrad.studies.work import Ending, Task, carry_out
from handgrad.threads import available_cores

RETRIES = 2
"""How often a run is tried again after the worker that had it was killed."""


def run_here(tasks: Sequence[Task], data: Data, jobs: int | None, board: Board) -> Iterator[Ending]:
    """Carry out the runs, `jobs` at a time, and yield how each ended, as it ends.

    With `jobs` 1 they run in this process, on these data, and one that kills its process takes it
    with it. Otherwise worker processes run them, which load their own; None: one for every core.
    """
    if jobs == 1:
        for task in tasks:
            yield carry_out(task, lambda _: data, functools.partial(board.write, task.number))
    else:
        yield from _in_processes(tasks, jobs or available_cores(), board)


def _in_processes(tasks: Sequence[Task], jobs: int, board: Board) -> Iterator[Ending]:
    """Carry out the runs in worker processes, whatever becomes of these.

    A worker that dies takes the whole pool with it, and which run it had is not known, only which
    were under way. These are tried again one at a time, where a run that kills its worker takes no
    other with it.
    """
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    alone = [[task] for task in reversed(tasks)]
    groups, killed = [list(tasks)] if tasks and jobs > 1 else alone, Counter[str]()
    while groups:
        group = groups.pop()
        left = {task.name: task for task in group}
        try:
            for ending in _side_by_side(group, jobs, board):
                del left[ending.name]
                yield ending
        except TerminatedWorkerError:
            under_way = [task for task in left.values() if board.started(task.number)]
            under_way = under_way or list(left.values())
            killed.update(task.name for task in under_way)
            rest = [task for task in left.values() if task not in under_way]
            groups += [rest] if rest else []
            for task in under_way:
                if len(group) == 1 and killed[task.name] > RETRIES:
                    yield Ending(task.name, "failed", _died(killed[task.name]))
                else:
                    groups.append([task])


def _side_by_side(tasks: Sequence[Task], jobs: int, board: Board) -> Iterator[Ending]:
    from joblib import Parallel, delayed

    # For a single worker joblib would take this process.
    workers = max(2, min(jobs, len(tasks)))
    parallel = Parallel(workers, backend="loky", return_as="generator_unordered", batch_size=1)
    parent = os.getpid()
    with _exiting_when_terminated():
        with _interrupts_blocked():
            endings = parallel(delayed(_in_worker)(task, board.path, parent) for task in tasks)
        yield from endings


@contextlib.contextmanager
def _exiting_when_terminated() -> Iterator[None]:
    """Have SIGTERM end this process as `sys.exit` does: killed, it would not let go of joblib's.

    A handler that a program has set stays, and a thread cannot set one.
    """

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextlib.contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Hold Ctrl-C back; processes started meanwhile never see it: the parent answers for all."""
    if not hasattr(signal, "pthread_sigmask"):  # On Windows.
        yield
        return
    resource_tracker.ensure_running()  # It would lift the block when joblib starts it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _in_worker(task: Task, board_path: Path, parent: int) -> Ending:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Also where it was not blocked.
    _end_with(parent)
    # Whoever goes on with the runs of a parent that was killed waits for its workers to let go.
    with joined(task.folder.parent):
        if os.getppid() != parent:
            os._exit(1)
        report = functools.partial(Board(board_path).write, task.number)
        report(0)
        return carry_out(task, _load, report)


@functools.cache
def _end_with(parent: int) -> None:
    """End this process soon after its parent, at whatever point: its folder belongs to a study.

    Whoever goes on with the study of a parent that was killed finds nobody writing there.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.2)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@functools.lru_cache(maxsize=1)
def _load(source: Source) -> Data:
    """Load the data once in a process."""
    return source.load()


def _died(times: int) -> str:
    return f"the process that ran it died {times} times: out of memory, perhaps"
