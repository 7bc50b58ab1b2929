"""`handgrad evaluate`."""

from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray

from handgrad.cli.data import dataset_from
from handgrad.cli.standard_output import can_print
from handgrad.cli.tables import print_table
from handgrad.datasets import Reading, small_mnist
from handgrad.evaluation import evaluate as evaluate_model
from handgrad.models import load_model
from handgrad.wording import counted


def evaluate(
    model: Path,
    data: Path | None = None,
    /,
    *,
    reading: Annotated[Reading | None, Parameter(name="*", group="Data")] = None,
    out: Path = Path("evaluation"),
    quiet: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Print a MODEL's loss, accuracy and confusion matrix, and draw what it got wrong.

    The matrix is drawn in any case, and printed if the terminal is wide enough for it.

    Parameters
    ----------
    model
        A model file, or a run folder.
    data
        Images with labels: CSV, IDX or NPZ (its x_test and y_test are not read), plain or gzipped.
        Default: Small MNIST's validation set.
    reading
        How DATA is read.
    out
        The folder for the pictures confusion.png and most-wrong.png, which are replaced if there.
    quiet
        Print nothing but errors.
    """
    from handgrad.plots.digits import confusion_matrix, most_wrong
    from handgrad.plots.saving import save

    classifier = load_model(model)
    dataset = dataset_from(reading, data) or small_mnist().validation
    evaluation = evaluate_model(classifier, dataset)
    figures = {"confusion.png": confusion_matrix(evaluation.confusion)}
    if dataset.image_shape and evaluation.accuracy < 1:
        figures["most-wrong.png"] = most_wrong(evaluation, dataset)
    out.mkdir(parents=True, exist_ok=True)
    if "most-wrong.png" not in figures:
        (out / "most-wrong.png").unlink(missing_ok=True)  # It would be another model's.
    for name, figure in figures.items():
        save(figure, out / name)
    if not quiet:
        print(f"{dataset.name}: {counted(len(dataset), 'example')}")
        print(f"loss {evaluation.loss:.4f}, accuracy {evaluation.accuracy:.2%}")
        print_table(
            _confusion_rows(evaluation.confusion),
            f"the confusion matrix of {classifier.class_count} classes",
            out / "confusion.png",
            title="label (row) taken for (column)",
        )
        print(f"wrote {out}/: {', '.join(figures)}")


def _confusion_rows(confusion: NDArray[np.intp]) -> list[list[str]]:
    none, no_share = ("·", "–") if can_print("·–") else (".", "-")
    rows = [["", *map(str, range(len(confusion))), "right"]]
    for i, row in enumerate(confusion):
        cells = [str(count) if count else none for count in row]
        rows.append([str(i), *cells, f"{row[i] / row.sum():.1%}" if row.any() else no_share])
    return rows
