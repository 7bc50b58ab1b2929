"""A run's two tables: a row for each iteration, and one for each epoch."""

from dataclasses import fields
from itertools import islice, pairwise
from pathlib import Path

import numpy as np

from handgrad.errors import DataError
from handgrad.files import naming, write_text
from handgrad.history import Epoch, History

ITERATION_COLUMNS = ("iteration", "epoch", "train_loss", "train_accuracy")
EPOCH_COLUMNS = tuple(field.name for field in fields(Epoch))


def write_history(folder: Path, history: History) -> None:
    """Write both tables anew."""
    _write_table(folder / "iterations.csv", ITERATION_COLUMNS, _iteration_rows(history, 0))
    _write_table(folder / "epochs.csv", EPOCH_COLUMNS, _epoch_rows(history, 0))


def append_epochs(folder: Path, history: History, first_epoch: int) -> None:
    """Add the rows of the epochs after so many, which the tables have."""
    end = len(history.epochs)
    _append(folder / "iterations.csv", _iteration_rows(history, first_epoch, end))
    _append(folder / "epochs.csv", _epoch_rows(history, first_epoch))


def read_history(folder: Path | str, last_epoch: int | None = None) -> History:
    """Read the tables of a run, up to the end of `last_epoch` (default: all).

    Raises
    ------
    DataError
        If a table is missing, damaged or too short.
    """
    folder = Path(folder)
    rows = _read_table(folder / "epochs.csv", EPOCH_COLUMNS, last_epoch)
    ends = [0.0, *(row[1] for row in rows)]
    if not np.isfinite(rows).all() or any(b <= a or b % 1 for a, b in pairwise(ends)):
        raise DataError(
            f"{folder / 'epochs.csv'}: damaged, expected finite numbers, and more "
            "iterations with every epoch"
        )
    epochs = [Epoch(int(row[0]), int(row[1]), *row[2:]) for row in rows]
    iterations = None
    if last_epoch is not None:
        iterations = epochs[-1].iteration if epochs else 0
    rows = _read_table(folder / "iterations.csv", ITERATION_COLUMNS, iterations)
    return History([row[2] for row in rows], [row[3] for row in rows], epochs)


def _iteration_rows(history: History, after: int, until: int | None = None) -> list[tuple]:
    """The rows of iterations.csv after so many epochs, until so many, or all there are."""
    ends = [0, *(epoch.iteration for epoch in history.epochs)]
    rows = range(ends[after], len(history.train_loss) if until is None else ends[until])
    epochs = np.searchsorted(ends, rows, side="right")
    return [
        (i + 1, epoch, history.train_loss[i], history.train_accuracy[i])
        for i, epoch in zip(rows, epochs.tolist(), strict=True)
    ]


def _epoch_rows(history: History, first_epoch: int) -> list[tuple]:
    return [
        (e.epoch, e.iteration, e.validation_loss, e.validation_accuracy, round(e.seconds, 6))
        for e in history.epochs[first_epoch:]
    ]


def _write_table(path: Path, columns: tuple[str, ...], rows: list[tuple]) -> None:
    write_text(path, "".join(map(_line, [columns, *rows])))


def _append(path: Path, rows: list[tuple]) -> None:
    with naming(path), path.open("a", encoding="utf-8", newline="\n") as file:
        file.writelines(map(_line, rows))


def _line(row: tuple) -> str:
    return ",".join(map(str, row)) + "\n"


def _read_table(path: Path, columns: tuple[str, ...], count: int | None) -> list[list[float]]:
    """The first `count` rows, or all; a number in text comes back as the same number."""
    try:
        with path.open(encoding="utf-8") as file:
            header = file.readline().rstrip("\n")
            lines = list(islice(file, count))
        rows = np.empty((0, len(columns)))
        if lines:
            rows = np.loadtxt(lines, delimiter=",", comments=None, ndmin=2)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: missing or damaged ({error})") from error
    if header != ",".join(columns) or rows.shape[1] != len(columns):
        raise DataError(f"{path}: damaged, expected rows of {','.join(columns)}")
    if not np.array_equal(rows[:, 0], np.arange(1, len(rows) + 1)):
        raise DataError(f"{path}: damaged, expected the rows {columns[0]} 1, 2, 3, …")
    if count is not None and len(rows) < count:
        raise DataError(f"{path}: damaged, {len(rows)} rows, expected {count}")
    return rows.tolist()
