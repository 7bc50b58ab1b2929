"""The folder of `handgrad bayes`: a model, what it is worth, and its pictures; written and read.

config.toml          what was asked for
model.safetensors    the model
network.safetensors  the network it is compared with, if it was trained for that
reliability.png, duplication.png, weights.png
summary.json         what each is worth; written last: a folder with a summary has all the rest
"""

import json
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handgrad.datasets import Data, Dataset, Source
from handgrad.errors import DataError
from handgrad.evaluation import Evaluation
from handgrad.files import write_json, write_text
from handgrad.models import NetworkModel, load_model, save_model
from handgrad.naive_bayes.pixels import BernoulliModel, save_bernoulli
from handgrad.naive_bayes.study import Duplication, mean_confidence, reliability_of
from handgrad.runs import (
    as_toml,
    data_table,
    description,
    environment,
    fingerprint,
    read_data_table,
)

FIGURES = (
    "validation_accuracy",
    "validation_loss",
    "mean_confidence",
    "expected_calibration_error",
)
"""What is said of a classifier."""

NETWORK = "network"

Figures = dict[str, float | None]


@dataclass(frozen=True, eq=False)
class BayesResults:
    """What is in such a folder, and the data it was made from."""

    folder: Path
    settings: dict[str, Any]
    """The options of `handgrad bayes` that it was made with, but for the data."""

    source: Source

    model: BernoulliModel
    network: Path | None
    """The network it was compared with; None if its file is not there any more."""

    figures: dict[str, Figures]
    """What each classifier is worth, by its name."""

    train: Dataset
    validation: Dataset


def named(copies: int) -> str:
    """What a model is called that was fitted to images with each pixel so many times."""
    return "Naïve Bayes" if copies == 1 else f"each pixel × {copies}"


def evaluations_by_name(
    duplication: Duplication, network: Evaluation | None
) -> dict[str, Evaluation]:
    """The evaluations of the models fitted to copies, and of the network, if there is one."""
    found = {named(copies): evaluation for copies, evaluation in duplication.fitted.items()}
    return found | ({NETWORK: network} if network else {})


def write_bayes(
    folder: Path,
    model: BernoulliModel,
    *,
    settings: dict[str, Any],
    source: Source,
    data: Data,
    duplication: Duplication,
    network: Evaluation,
    trained: NetworkModel | None,
) -> None:
    """Write a model and what was found of it.

    Parameters
    ----------
    settings
        The options of `handgrad bayes`, but for the data.
    source, data
        Where the training and the validation set are from, and the two.
    duplication
        What copied features do to the model.
    network
        What the network is worth that it is compared with.
    trained
        That network, if it was trained for this.
    """
    import tomli_w

    config = {"bayes": as_toml(settings), "data": data_table(source, data)}
    write_text(folder / "config.toml", tomli_w.dumps(config))
    save_bernoulli(folder / "model.safetensors", model)
    if trained is not None:
        save_model(folder / "network.safetensors", trained)
    _draw(folder, model, duplication, network)
    train, validation = data
    copied = {copies: _figures(evaluation) for copies, evaluation in duplication.fitted.items()}
    summary = {
        "final": copied.pop(1),
        "copied_pixels": copied,
        "network": _figures(network),
        "data": {"train": description(train), "validation": description(validation)},
    }
    write_json(folder / "summary.json", summary | environment())


def read_bayes(folder: Path) -> BayesResults:
    """Read such a folder.

    Raises
    ------
    DataError
        If it is something else, is damaged, or its data have changed or cannot be read.
    """
    try:
        config = tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        settings = config["bayes"]
        source, recorded = read_data_table(config["data"])
        figures = _figures_by_name(summary)
    except OSError as error:
        raise DataError(f"{folder}: not what `handgrad bayes` wrote ({error.strerror})") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{folder}: not what `handgrad bayes` wrote, or damaged") from error
    model = load_model(folder / "model.safetensors")
    if not isinstance(model, BernoulliModel):
        raise DataError(f"{folder / 'model.safetensors'}: not a Bernoulli Naïve Bayes")
    train, validation = source.load()
    if fingerprint(train, validation) != recorded:
        raise DataError(f"{folder}: the data are not those that it was made from")
    network = Path(settings.get("network", folder / "network.safetensors"))
    return BayesResults(
        folder=folder,
        settings=settings,
        source=source,
        model=model,
        network=network if network.exists() else None,
        figures=figures,
        train=train,
        validation=validation,
    )


def _figures(evaluation: Evaluation) -> Figures:
    return {
        "validation_accuracy": evaluation.accuracy,
        # JSON has no infinity, the loss where a label is impossible to the model.
        "validation_loss": evaluation.loss if math.isfinite(evaluation.loss) else None,
        "mean_confidence": mean_confidence(evaluation),
        "expected_calibration_error": reliability_of(evaluation).expected_calibration_error,
    }


def _figures_by_name(summary: dict[str, Any]) -> dict[str, Figures]:
    copied = {named(int(copies)): each for copies, each in summary["copied_pixels"].items()}
    found = {named(1): summary["final"], **copied, NETWORK: summary["network"]}
    return {name: {figure: each[figure] for figure in FIGURES} for name, each in found.items()}


def _draw(
    folder: Path, model: BernoulliModel, duplication: Duplication, network: Evaluation
) -> None:
    from handgrad.plots import bayes as plots
    from handgrad.plots.saving import save

    evaluations = evaluations_by_name(duplication, network)
    diagrams = {name: reliability_of(evaluation) for name, evaluation in evaluations.items()}
    pictures = {
        "reliability.png": plots.reliability_diagrams(diagrams),
        "duplication.png": plots.duplication(duplication),
    }
    if model.image_shape:
        form, classes = model.bayes.linear_form(), model.bayes.classes
        pictures["weights.png"] = plots.class_weights(form, model.image_shape, classes.tolist())
    for name, picture in pictures.items():
        save(picture, folder / name)
