"""CSV: one image a line, its pixels and its label separated by commas."""

import io
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from handgrad.datasets.compressed import read_bytes, write_bytes
from handgrad.datasets.dataset import LARGEST_LABEL, Dataset
from handgrad.errors import DataError, UsageError
from handgrad.wording import counted

LabelColumn = Literal["last", "first", "none"]

LONGEST_FIELD = 20
"""How much of a field is shown in a message."""

LABEL_NAMES = ("label", "labels", "class", "target", "digit", "y")
"""What a header may call the label, in capitals or not; the first of them that is there counts."""


def read_csv(
    path: Path | str,
    *,
    label: LabelColumn = "last",
    header: bool | None = None,
    class_count: int | None = None,
    image_shape: tuple[int, int] | None = None,
) -> Dataset:
    """Read a CSV file, plain or gzipped.

    Parameters
    ----------
    path
        The file.
    label
        Which column holds the label, if any does.
    header
        Whether the first line is a header. None: it is one if most of its fields are not numbers.
    class_count, image_shape
        As in `Dataset`.

    Raises
    ------
    DataError
        If a row has another number of columns than the first, or a field is not a whole number
        from 0 to 255 (a label: to 65,535). The message names line and column, counted from 1.
        Or if the header has the label in another column than `label` says.
    UsageError
        If `label` is not a place.
    """
    if label not in get_args(LabelColumn):
        raise UsageError(f"must be last, first or none, got {label!r}", "label")
    path = Path(path)
    lines = _lines(path)
    first = next(number for number, line in enumerate(lines) if line.strip())
    if _looks_like_header(lines[first]) if header is None else header:
        _check_label_column(path, _fields(lines[first]), label)
        first += 1
    if "," not in lines[-1] and any(separator in lines[-1] for separator in ";\t"):
        raise DataError(f"{path}: the fields are separated by ; or tabs, expected commas")
    pixels, labels = _parse(path, lines, first, label)
    return Dataset(pixels, labels, image_shape, class_count, path.name)


def write_csv(path: Path | str, dataset: Dataset) -> None:
    """Write the pixels, then the label if there is one, a line an image; gzipped if so named."""
    columns = [dataset.pixels.astype(np.intp)]
    if dataset.labels is not None:
        columns.append(dataset.labels[:, None])
    text = io.StringIO()
    np.savetxt(text, np.hstack(columns), fmt="%d", delimiter=",")
    write_bytes(Path(path), text.getvalue().encode())


def _lines(path: Path) -> list[str]:
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: not a CSV, IDX or NPZ file that can be read, nor text in UTF-8"
        ) from error
    lines = text.splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise DataError(f"{path}: the file is empty")
    return lines


def _looks_like_header(line: str) -> bool:
    fields = _fields(line)
    words = [field for field in fields if field and not _is_number(field)]
    return len(words) > len(fields) / 2


def _check_label_column(path: Path, names: list[str], label: LabelColumn) -> None:
    """Refuse to take the label from elsewhere than the column that the header calls so."""
    lower = [name.lower() for name in names]
    place = next((lower.index(name) for name in LABEL_NAMES if name in lower), None)
    expected = None if label == "none" else _label_column(label, len(names))
    if place is None or place == expected:
        return
    found = f"{path}: the header has the label, {names[place]!r}, in column {place + 1}"
    if 0 < place < len(names) - 1:
        raise DataError(
            f"{found} of {len(names)}; move it to the first or the last, where handgrad can find it"
        )
    raise DataError(f"{found}; say --label {'last' if place else 'first'}")


def _fields(line: str) -> list[str]:
    return [field.strip().strip('"') for field in line.split(",")]


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return field.isascii() and "_" not in field  # Python's own numbers may be written otherwise.


def _parse(
    path: Path, lines: list[str], first: int, label: LabelColumn
) -> tuple[NDArray[np.uint8], NDArray[np.intp] | None]:
    if first >= len(lines):
        raise DataError(f"{path}: there is no row below the header")
    table = _table([line for line in lines[first:] if line.strip()], label)
    if table is None:
        raise DataError(f"{path}, {_first_fault(lines, first, label)}")
    if label == "none":
        return table.astype(np.uint8, copy=False), None
    if table.shape[1] < 2:
        raise DataError(f"{path}: one column is too few for pixels and a label")
    labels, pixels = (
        (table[:, 0], table[:, 1:]) if label == "first" else (table[:, -1], table[:, :-1])
    )
    return np.ascontiguousarray(pixels, np.uint8), labels.astype(np.intp)


def _table(rows: list[str], label: LabelColumn) -> NDArray | None:
    """Read the numbers; None if one is not a whole number in its range, or a row is uneven."""
    try:
        return np.loadtxt(rows, np.uint8, delimiter=",", quotechar='"', comments=None, ndmin=2)
    except ValueError:
        pass  # 3.0 is a whole number too, and a label may be larger than a pixel.
    try:
        table = np.loadtxt(rows, float, delimiter=",", quotechar='"', comments=None, ndmin=2)
    except ValueError:
        return None
    largest = np.full(table.shape[1], 255)
    if label != "none":
        largest[_label_column(label, len(largest))] = LARGEST_LABEL
    good = (table >= 0) & (table <= largest) & (table == np.floor(table))
    return table if good.all() else None


def _first_fault(lines: list[str], first: int, label: LabelColumn) -> str:
    """Say where the first thing wrong is, and what; lines and columns are counted from 1."""
    width = top = 0
    for number, line in enumerate(lines[first:], first + 1):
        if not line.strip():
            continue
        fields = _fields(line)
        width, top = width or len(fields), top or number
        if len(fields) != width:
            found = counted(len(fields), "column")
            return f"line {number}: {found}, expected {width} as in the first row"
        for column, field in enumerate(fields):
            is_label = label != "none" and column == _label_column(label, width)
            what, largest = ("label", LARGEST_LABEL) if is_label else ("pixel", 255)
            value = float(field) if _is_number(field) else -1.0
            if not (0 <= value <= largest and value.is_integer()):
                is_name = number == top and _is_name(field, column, lines[number:])
                found = field if len(field) <= LONGEST_FIELD else f"{field[:LONGEST_FIELD]}…"
                hint = "; if this line is a header, say --header" if is_name else ""
                return (
                    f"line {number}, column {column + 1}: found {found!r}, expected a {what}, a "
                    f"whole number from 0 to {largest}{hint}"
                )
    return "a row cannot be read"


def _is_name(field: str, column: int, below: list[str]) -> bool:
    """Whether it is a word with a number below it in its column: a label may be a word itself."""
    second = next((_fields(line) for line in below if line.strip()), [])
    number_below = column < len(second) and _is_number(second[column])
    return bool(field) and not _is_number(field) and number_below


def _label_column(label: LabelColumn, width: int) -> int:
    return 0 if label == "first" else width - 1
