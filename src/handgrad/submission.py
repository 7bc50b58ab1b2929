"""The contest's file of predictions: `id,digit`, an image a line."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handgrad.files import write_text

HEADER = "id,digit"


def write_submission(path: Path | str, digits: NDArray[np.intp]) -> None:
    """Write the predicted digit of each image beside its id: its row, counted from 0."""
    lines = [f"{i},{digit}\n" for i, digit in enumerate(digits.tolist())]
    write_text(Path(path), f"{HEADER}\n" + "".join(lines))


def is_submission(path: Path) -> bool:
    """Tell whether a file is one of predictions, by its first line."""
    with path.open("rb") as file:
        return file.readline().strip() == HEADER.encode()
