"""The data that a command is called with."""

from pathlib import Path

from handgrad.datasets import Dataset, Reading, Source
from handgrad.errors import UsageError

RESUME_ALONE = "--resume takes no other option: config.toml in its folder has them"
"""What is said to a call that resumes and asks for something else beside it."""


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


def source_from(
    reading: Reading | None,
    data: Path | None,
    validation: Path | None,
    validation_labels: Path | None,
) -> Source:
    """Name the training and validation sets that the options ask for."""
    return Source(
        data=data,
        validation=validation,
        validation_labels=validation_labels,
        reading=reading or Reading(),
    )
