"""Where a run's data are from: as options of the command, and as they are recorded."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from handgrad.datasets.csv import LabelColumn
from handgrad.datasets.dataset import LARGEST_LABEL, Dataset
from handgrad.datasets.formats import Format, format_of, read
from handgrad.datasets.small_mnist import small_mnist
from handgrad.errors import UsageError
from handgrad.files import real_path

HELD_OUT = 1 / 6
"""The share of the data held out for validation where no validation set is given."""

Data = tuple[Dataset, Dataset]
"""A training and a validation set."""

USED_BY: dict[str, tuple[Format, ...]] = {
    "label": ("CSV",),
    "header": ("CSV",),
    "image_shape": ("CSV", "NPZ"),
}
"""The formats whose readers use a setting, where not all do."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How files are read that do not say it themselves."""

    label: LabelColumn = "last"
    """Which column of a CSV holds the label."""

    header: bool | None = None
    """Whether a CSV begins with a header. Default: it does, if its first line is mostly words."""

    labels: Path | None = None
    """The labels of DATA if it is IDX. Default: labels-idx1 beside images-idx3."""

    classes: int | None = None
    """How many classes there are. Default: one more than the largest label."""

    image_shape: tuple[int, int] | None = None
    """Rows and columns of an image in a CSV or flat NPZ. Default: it is square, if it can be."""

    def __post_init__(self) -> None:
        if self.classes is not None and not 2 <= self.classes <= LARGEST_LABEL + 1:
            raise UsageError(
                f"must be from 2 to {LARGEST_LABEL + 1:,}, got {self.classes}", "classes"
            )
        if self.image_shape is not None:
            shape = tuple(self.image_shape)
            if len(shape) != 2 or min(shape) < 1:
                raise UsageError(
                    f"must be rows and columns, 1 or more of each, got {shape}", "image_shape"
                )
            object.__setattr__(self, "image_shape", shape)

    def check_use(self, *paths: Path | None) -> None:
        """Check that each setting that was made can be used by one of the files to be read.

        Raises
        ------
        UsageError
            If one cannot.
        DataError
            If a file that this depends on cannot be read.
        """
        made = [name for name in USED_BY if getattr(self, name) != getattr(Reading, name)]
        formats = {path: format_of(path) for path in paths if path} if made else {}
        for name in made:
            if not any(found in USED_BY[name] for found in formats.values()):
                files = " and ".join(f"{path} is {found}" for path, found in formats.items())
                raise UsageError(f"is for {' and '.join(USED_BY[name])}: {files}", name)

    def read(self, path: Path, labels: Path | None = None) -> Dataset:
        """Read a file; `labels` are those of an IDX file, if not beside it.

        Raises
        ------
        UsageError
            If a file of labels is named beside one that is not IDX, or the file itself says that
            its images have another shape than `image_shape`.
        DataError
            If the file cannot be read.
        """
        dataset = read(
            path,
            label=self.label,
            header=self.header,
            labels_path=labels,
            class_count=self.classes,
            image_shape=self.image_shape,
        )
        if self.image_shape and dataset.image_shape and dataset.image_shape != self.image_shape:
            rows, columns = dataset.image_shape
            raise UsageError(
                f"is for CSV and flat NPZ: the images of {path} are {rows} × {columns}",
                "image_shape",
            )
        return dataset

    def data(self, path: Path) -> Dataset:
        """Read the file that `labels` belongs to."""
        return self.read(path, self.labels)


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

    def __post_init__(self) -> None:
        settings = (self.validation, self.validation_labels, self.reading)
        if self.data is None and settings != (None, None, Reading()):
            raise UsageError("options that say how data are read need DATA, the file to read")
        if self.validation is None and self.validation_labels is not None:
            raise UsageError("needs validation, the images they belong to", "validation_labels")

    def resolve(self) -> "Source":
        """Give the same with absolute paths."""

        def absolute(path: Path | None) -> Path | None:
            return path and real_path(path)

        return replace(
            self,
            data=absolute(self.data),
            validation=absolute(self.validation),
            validation_labels=absolute(self.validation_labels),
            reading=replace(self.reading, labels=absolute(self.reading.labels)),
        )

    def load(self) -> Data:
        """Read the training and the validation set.

        Raises
        ------
        UsageError
            If a file of labels is named beside one that is not IDX, or a file itself says that its
            images have another shape than is asked for.
        DataError
            If a file cannot be read, or has too few examples to hold some out.
        """
        if self.data is None:
            return small_mnist().train, small_mnist().validation
        train = self.reading.data(self.data)
        if self.validation is None:
            return train.split(HELD_OUT, seed=0)
        return train, self.reading.read(self.validation, self.validation_labels)
