"""Where a run's data are from: as options of the command, and as they are recorded."""

from dataclasses import dataclass, field
from pathlib import Path

from handgrad.datasets.csv import LabelColumn
from handgrad.datasets.dataset import Dataset
from handgrad.datasets.reading import read
from handgrad.datasets.small_mnist import small_mnist

HELD_OUT = 1 / 6
"""The share of the data held out for validation where no validation set is given."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How files are read that do not say it themselves."""

    label: LabelColumn = "last"
    """Which column of a CSV holds the label."""

    header: bool | None = None
    """Whether a CSV begins with a header. Default: it does, if its first line is mostly words."""

    labels: Path | None = None
    """The labels of an IDX file. Default: labels-idx1 beside images-idx3."""

    classes: int | None = None
    """How many classes there are. Default: one more than the largest label."""

    def read(self, path: Path, labels: Path | None = None) -> Dataset:
        """Read a file, with `labels` as its IDX labels if they are not those of the options."""
        return read(
            path,
            label=self.label,
            header=self.header,
            labels_path=labels or self.labels,
            class_count=self.classes,
        )


@dataclass(frozen=True, kw_only=True)
class Source:
    """A training and a validation set: Small MNIST, or files."""

    data: Path | None = None
    """The training set; None: Small MNIST."""

    validation: Path | None = None
    """The validation set; None: a random sixth of `data` is held out."""

    validation_labels: Path | None = None
    """The labels of an IDX validation set; None: beside it."""

    reading: Reading = field(default_factory=Reading)
    """How the files are read."""

    def load(self) -> tuple[Dataset, Dataset]:
        """Read the training and the validation set.

        Raises
        ------
        DataError
            If a file cannot be read, or has too few examples to hold some out.
        """
        if self.data is None:
            return small_mnist().train, small_mnist().validation
        train = self.reading.read(self.data)
        if self.validation is None:
            return train.split(HELD_OUT, seed=0)
        return train, self.reading.read(self.validation, self.validation_labels)
