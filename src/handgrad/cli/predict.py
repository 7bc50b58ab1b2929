"""`handgrad predict`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from handgrad.cli.data import dataset_from
from handgrad.datasets import Reading, small_mnist
from handgrad.errors import UsageError
from handgrad.evaluation import check_fit
from handgrad.models import load_model
from handgrad.submission import is_submission, write_submission
from handgrad.wording import counted


def predict(
    model: Path,
    data: Path | None = None,
    /,
    *,
    reading: Annotated[Reading | None, Parameter(name="*", group="Data")] = None,
    out: Path = Path("submission.csv"),
    quiet: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Write a MODEL's predictions as `id,digit`, an image per line, ids from 0.

    Parameters
    ----------
    model
        A model file, or a run folder.
    data
        Images: CSV, IDX or NPZ (its x_test is not read), plain or gzipped. Default: Small
        MNIST's test set.
    reading
        How DATA is read; for a CSV without labels, say --label none.
    out
        The file to write. One that exists is replaced if it is one of predictions.
    quiet
        Print nothing but errors.
    """
    if out.is_file() and not is_submission(out):
        raise UsageError(f"{out} is there already, and no file of predictions: name another", "out")
    classifier = load_model(model)
    dataset = dataset_from(reading, data) or small_mnist().test
    check_fit(classifier, dataset)
    digits = classifier.predict(dataset.pixels)
    write_submission(out, digits)
    if not quiet:
        print(f"wrote {out}: {counted(len(digits), 'prediction')} for {dataset.name}")
