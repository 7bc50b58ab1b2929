"""`handgrad predict`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from handgrad.cli.data import dataset_from
from handgrad.cli.output import require_other
from handgrad.datasets import Reading, small_mnist
from handgrad.evaluation import check_fit
from handgrad.models import load_model, model_file
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
        The file to write. One that exists is replaced, unless the predictions are made from it.
    quiet
        Print nothing but errors.
    """
    read = (reading or Reading()).files_of(data) if data else []
    require_other(out, [*_files_of(model, out), *read], "the predictions are")
    classifier = load_model(model)
    dataset = dataset_from(reading, data) or small_mnist().test
    check_fit(classifier, dataset)
    digits = classifier.predict(dataset.pixels)
    write_submission(out, digits)
    if not quiet:
        print(f"wrote {out}: {counted(len(digits), 'prediction')} for {dataset.name}")


def _files_of(model: Path, out: Path) -> list[Path]:
    """The model's file, and `out` too if it is in the model's folder, where all belongs together.

    Former predictions do not, which may have been written there.
    """
    inside = model.is_dir() and out.is_file() and out.resolve().is_relative_to(model.resolve())
    return [model_file(model), *([out] if inside and not is_submission(out) else [])]
