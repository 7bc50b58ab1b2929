"""The data that a command is called with."""

from pathlib import Path

from handgrad.datasets import Dataset, Reading
from handgrad.errors import UsageError


def dataset_from(reading: Reading | None, data: Path | None) -> Dataset | None:
    """Read DATA as the options say; None if no file is named.

    Raises
    ------
    UsageError
        If there are options that say how, but no file.
    """
    if data is None and reading not in (None, Reading()):
        raise UsageError("options that say how data are read need DATA, the file to read")
    return (reading or Reading()).data(data) if data else None
