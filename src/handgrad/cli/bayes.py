"""`handgrad bayes`."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from handgrad import threads
from handgrad.bayes_folder import evaluations_by_name, write_bayes
from handgrad.cli.data import require_recordable, source_from
from handgrad.cli.output import folder_by_time
from handgrad.cli.progress import progress
from handgrad.cli.tables import print_table
from handgrad.datasets import Dataset, Reading
from handgrad.errors import DataError, UsageError
from handgrad.evaluation import Evaluation, evaluate
from handgrad.files import new_folder
from handgrad.models import Model, NetworkModel, load_model
from handgrad.naive_bayes import BernoulliNaiveBayes
from handgrad.naive_bayes.pixels import BernoulliModel, fit_pixels
from handgrad.naive_bayes.study import mean_confidence, reliability_of, study_duplication
from handgrad.runs import require_new
from handgrad.training import DivergenceError, Training
from handgrad.wording import counted


def bayes(
    data: Path | None = None,
    /,
    *,
    threshold: float = 127,
    alpha: float = 1.0,
    priors: Literal["learned", "uniform"] = "learned",
    network: Path | None = None,
    validation: Path | None = None,
    validation_labels: Path | None = None,
    reading: Annotated[Reading | None, Parameter(name="*", group="Data")] = None,
    out: Path | None = None,
    quiet: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Fit Bernoulli Naïve Bayes to Small MNIST, or to DATA, and show how far it can be believed.

    Prints accuracy, log-loss and calibration on the validation set: of Naïve Bayes, of the same
    with each pixel given twice and four times, and of a network. Writes a folder with the model,
    its weights drawn as images, the reliability diagrams and what copied pixels do, and with the
    network if it was trained for this.

    Parameters
    ----------
    data
        The training set: CSV, IDX or NPZ (its x_test and y_test are not read), plain or gzipped.
        Default: Small MNIST.
    threshold
        A pixel counts as 1 where it is above this number, 0 to below 255.
    alpha
        Additive smoothing: so many more examples are counted of either value of a pixel.
    priors
        Whether a class's prior is its share of the training set, or the same for all.
    network
        A trained network, or an average of several, to compare with: a model file, or the folder of
        a run or a contest. Default: one is trained on the same data, with the default
        hyperparameters.
    validation
        The validation set, read as DATA is (--label, --header, --classes, --image-shape). Default:
        a random sixth of DATA is held out.
    validation_labels
        The labels of an IDX validation set. Default: beside it.
    reading
        How files are read.
    out
        The folder to write, new or empty. Default: runs/bayes- and the time.
    quiet
        Print nothing but errors.
    """
    if not 0 <= threshold < 255:
        raise UsageError(f"must be a number from 0 to below 255, got {threshold:g}", "threshold")
    folder = out or folder_by_time("bayes-")
    require_new(folder)
    source = source_from(reading, data, validation, validation_labels)
    require_recordable(network)
    given: Model | None = None if network is None else _read_network(network)
    train, held_out = data_sets = source.load()
    with new_folder(folder):
        with threads.limited(1):
            model = fit_pixels(
                BernoulliNaiveBayes(threshold=threshold, alpha=alpha, priors=priors), train
            )
            duplication = study_duplication(model, train, held_out)
        trained = None
        if given is None:
            given = trained = _default_network(train, held_out, quiet)
        compared = evaluate(given, held_out)
        write_bayes(
            folder,
            model,
            settings={"threshold": threshold, "alpha": alpha, "priors": priors, "network": network},
            source=source,
            data=data_sets,
            duplication=duplication,
            network=compared,
            trained=trained,
        )
    if not quiet:
        examples = counted(len(held_out), "example")
        print(f"{held_out.name}: {examples}; pixels above {threshold:g} count as 1")
        name = "the table of accuracy and calibration"
        rows = _table_rows(evaluations_by_name(duplication, compared))
        print_table(rows, name, folder / "summary.json")
        print(f"wrote {folder}/: {', '.join(sorted(path.name for path in folder.iterdir()))}")


def _read_network(path: Path) -> Model:
    """Read a network, or an average of several."""
    model = load_model(path)
    if isinstance(model, BernoulliModel):
        raise UsageError(f"must be a trained network, and {path} holds Naïve Bayes", "network")
    return model


def _default_network(train: Dataset, validation: Dataset, quiet: bool) -> NetworkModel:
    training = Training(train, validation)
    try:
        with progress(training, quiet) as show:
            for epoch in training:
                show(epoch)
    except DivergenceError as error:
        raise DataError(
            f"the network to compare with: {error}, and give it as --network"
        ) from error
    return NetworkModel(training.network, training.scaling, train.image_shape)


def _table_rows(evaluations: dict[str, Evaluation]) -> list[list[str]]:
    rows = [["", "accuracy", "log-loss", "confidence", "calibration error"]]
    for name, evaluation in evaluations.items():
        rows.append(
            [
                name,
                f"{evaluation.accuracy:.1%}",
                f"{evaluation.loss:.3f}",
                f"{mean_confidence(evaluation):.1%}",
                f"{reliability_of(evaluation).expected_calibration_error:.3f}",
            ]
        )
    return rows
