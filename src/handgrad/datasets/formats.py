"""Reading a file of whichever format it is."""

from pathlib import Path
from typing import Literal

from handgrad.datasets.compressed import first_bytes
from handgrad.datasets.csv import LabelColumn, read_csv
from handgrad.datasets.dataset import Dataset
from handgrad.datasets.idx import MAGIC, read_idx
from handgrad.datasets.npz import read_npz
from handgrad.errors import DataError, UsageError

Format = Literal["CSV", "IDX", "NPZ"]


def format_of(path: Path) -> Format:
    """Tell a file's format by its first bytes, unpacked if it is gzipped; what else is CSV.

    Raises
    ------
    DataError
        If there is no such file, or its gzip stream is damaged.
    """
    start = first_bytes(path, 4)
    if start.startswith(MAGIC):
        return "IDX"
    return "NPZ" if start.startswith(b"PK") else "CSV"


def read(
    path: Path | str,
    *,
    label: LabelColumn = "last",
    header: bool | None = None,
    labels_path: Path | str | None = None,
    class_count: int | None = None,
    image_shape: tuple[int, int] | None = None,
) -> Dataset:
    """Read CSV, IDX or NPZ, plain or gzipped: the content tells which, not the name.

    `label` and `header` are for CSV (see `read_csv`), `image_shape` is for CSV and flat NPZ,
    `labels_path` for IDX (see `read_idx`).

    Raises
    ------
    UsageError
        If a file of labels is named beside one that is not IDX.
    DataError
        If there is no such file, or it cannot be read as any of them.
    """
    path = Path(path)
    found = format_of(path)
    if found == "IDX":
        return read_idx(path, labels_path=labels_path, class_count=class_count)
    if labels_path is not None:
        raise UsageError(
            f"{labels_path}: labels in a file of their own go with IDX images, and {path} is no IDX"
        )
    if found == "NPZ":
        return read_npz(path, class_count=class_count, image_shape=image_shape)
    try:
        return read_csv(
            path, label=label, header=header, class_count=class_count, image_shape=image_shape
        )
    except DataError as error:
        if path.suffix == ".npz":
            raise DataError(f"{path}: not an NPZ file that can be read: it is no zip") from error
        raise
