"""The data that a command is called with."""

import os
from pathlib import Path

from handgrad.datasets import Dataset, Reading, Source
from handgrad.errors import DataError, UsageError
from handgrad.files import real_path

RESUME_ALONE = "--resume takes no other option: config.toml in its folder has them"
"""What is said to a call that resumes and asks for something else beside it."""


def dataset_from(reading: Reading | None, data: Path | None) -> Dataset | None:
    """Read DATA as the options say; None if no file is named.

    Raises
    ------
    UsageError
        If there are options that say how, but no file, or none that can use one of them.
    """
    reading = reading or Reading()
    if data is None:
        if reading != Reading():
            raise UsageError("options that say how data are read need DATA, the file to read")
        return None
    reading.check_use(data)
    return reading.data(data)


def source_from(
    reading: Reading | None,
    data: Path | None,
    validation: Path | None,
    validation_labels: Path | None,
    test: Path | None = None,
) -> Source:
    """Name the training and validation sets that the options ask for.

    Raises
    ------
    UsageError
        If there are options that say how, but no file, or none, `test` included, that can use one
        of them.
    DataError
        If a path cannot be recorded.
    """
    reading = reading or Reading()
    require_recordable(data, validation, validation_labels, reading.labels, test)
    source = Source(
        data=data,
        validation=validation,
        validation_labels=validation_labels,
        reading=reading,
    )
    source.reading.check_use(data, validation, test)
    return source


def require_recordable(*paths: Path | None) -> None:
    """Raise DataError if a path cannot be written to a config.toml, which is in UTF-8."""
    for path in filter(None, paths):
        name = os.fsencode(real_path(path))
        try:
            name.decode()
        except UnicodeDecodeError as error:
            shown = name.decode(errors="backslashreplace")
            raise DataError(
                f"{shown}: the path is not in UTF-8, so that it cannot be recorded; rename it"
            ) from error
