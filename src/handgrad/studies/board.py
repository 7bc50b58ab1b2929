"""Who is how far: one row a run, in memory that the workers share with whoever watches."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

ROW = np.dtype([("epoch", np.int32), ("accuracy", np.float32)])
WAITING = -1


class Board:
    """For each run, the epoch that it has reached, −1 before its start, and its accuracy there.

    It is a mapped file: for a worker to write to it costs nothing, and a worker that dies leaves
    it as it was.
    """

    def __init__(self, path: Path):
        self.path = path
        self._rows = np.memmap(path, ROW, mode="r+")

    def write(self, run: int, epoch: int, accuracy: float = 0.0) -> None:
        """Note that a run, by its number, has reached an epoch."""
        self._rows[run] = (epoch, accuracy)

    def read(self, run: int) -> tuple[int, float]:
        """Give the epoch and the validation accuracy that a run has reached."""
        epoch, accuracy = self._rows[run].item()
        return epoch, accuracy

    def started(self, run: int) -> bool:
        """Whether a run was ever begun."""
        return self.read(run)[0] != WAITING


@contextmanager
def new_board(runs: int) -> Iterator[Board]:
    """Give a board for so many runs, and remove it at the end."""
    # Where a file that a worker has mapped cannot be deleted, on Windows, it stays.
    with tempfile.TemporaryDirectory(prefix="handgrad-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "board"
        np.full(runs, np.array((WAITING, 0), ROW)).tofile(path)
        yield Board(path)
