"""`handgrad evaluate`."""

from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray

from handgrad.cli.data import dataset_from
from handgrad.datasets import Reading, small_mnist
from handgrad.evaluation import evaluate as evaluate_model
from handgrad.models import load_model
from handgrad.wording import counted

MOST_CLASSES = 20
"""How many classes a confusion matrix may have to be printed."""


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

    The matrix is drawn in any case, and printed if it has 20 classes or fewer.

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
        if classifier.class_count <= MOST_CLASSES:
            _print_confusion(evaluation.confusion)
        else:
            print(
                f"the confusion matrix of {classifier.class_count} classes is too wide to print; "
                f"{out / 'confusion.png'} has it"
            )
        print(f"wrote {out}/: {', '.join(figures)}")


def _print_confusion(confusion: NDArray[np.intp]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE, title="label (row) taken for (column)", padding=(0, 1))
    table.add_column("", justify="right")
    for j in range(len(confusion)):
        table.add_column(str(j), justify="right")
    table.add_column("right", justify="right")
    for i, row in enumerate(confusion):
        cells = [str(count) if count else "·" for count in row]
        cells[i] = f"[bold]{cells[i]}[/bold]"
        table.add_row(str(i), *cells, f"{row[i] / row.sum():.1%}" if row.any() else "–")
    Console().print(table)
