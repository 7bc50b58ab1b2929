"""CSV: one image a line, its pixels and its label separated by commas."""

import io
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from handgrad.datasets.compressed import read_bytes, write_bytes
from handgrad.datasets.dataset import Dataset
from handgrad.errors import DataError

LabelColumn = Literal["last", "first", "none"]


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
        from 0 to 255 (a label: from 0). The message names line and column, counted from 1.
    """
    path = Path(path)
    lines = _lines(path)
    first = 1 if (_looks_like_header(lines[0]) if header is None else header) else 0
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
        raise DataError(f"{path}: not a CSV, IDX or NPZ file that can be read") from error
    lines = text.splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise DataError(f"{path}: the file is empty")
    return lines


def _looks_like_header(line: str) -> bool:
    fields = line.split(",")
    return sum(not _is_number(field) for field in fields) > len(fields) / 2


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _parse(
    path: Path, lines: list[str], first: int, label: LabelColumn
) -> tuple[NDArray[np.uint8], NDArray[np.intp] | None]:
    """Parse fast if everything is in order, and otherwise line by line, to say what is not."""
    if first >= len(lines):
        raise DataError(f"{path}: there is no row below the header")
    try:
        table: NDArray = np.loadtxt(
            lines[first:], dtype=np.uint8, delimiter=",", comments=None, ndmin=2
        )
    except ValueError:
        table = _parse_line_by_line(path, lines, first, label)
    if label == "none":
        return table.astype(np.uint8, copy=False), None
    if table.shape[1] < 2:
        raise DataError(f"{path}: one column is too few for pixels and a label")
    labels, pixels = (
        (table[:, 0], table[:, 1:]) if label == "first" else (table[:, -1], table[:, :-1])
    )
    return np.ascontiguousarray(pixels, np.uint8), labels.astype(np.intp)


def _parse_line_by_line(
    path: Path, lines: list[str], first: int, label: LabelColumn
) -> NDArray[np.intp]:
    """Parse rows of whole numbers, also if written as 3.0, or say where one is not."""
    rows: list[list[int]] = []
    for number, line in enumerate(lines[first:], first + 1):
        if not line.strip():
            continue
        fields = line.split(",")
        if rows and len(fields) != len(rows[0]):
            raise DataError(
                f"{path}, line {number}: {len(fields)} columns, expected {len(rows[0])} "
                "as in the first row"
            )
        label_column = {"last": len(fields) - 1, "first": 0, "none": -1}[label]
        rows.append(
            [
                _whole_number(
                    f"{path}, line {number}, column {column + 1}", field, column == label_column
                )
                for column, field in enumerate(fields)
            ]
        )
    return np.array(rows, np.intp)


def _whole_number(where: str, field: str, is_label: bool) -> int:
    what, largest = ("label", 2**31) if is_label else ("pixel", 255)
    expected = "a whole number from 0" + ("" if is_label else " to 255")
    value = float(field) if _is_number(field) else -1.0
    if not (0 <= value <= largest and value.is_integer()):
        raise DataError(f"{where}: found {field.strip()!r}, expected a {what}, {expected}")
    return int(value)
