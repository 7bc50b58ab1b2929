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
    """
    source = Source(
        data=data,
        validation=validation,
        validation_labels=validation_labels,
        reading=reading or Reading(),
    )
    source.reading.check_use(data, validation, test)
    return source
