"""Naïve Bayes as a section: what `handgrad bayes` found, drawn again from its model."""

import json
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handgrad import threads
from handgrad.datasets import Dataset, Source
from handgrad.errors import DataError
from handgrad.evaluation import Evaluation, evaluate
from handgrad.models import load_model
from handgrad.naive_bayes.pixels import BernoulliModel
from handgrad.naive_bayes.study import Duplication, reliability_of, study_duplication
from handgrad.report.sections import Pictures, Section, decimal, percent, table
from handgrad.runs import fingerprint, read_data_table

TITLE = "Naïve Bayes"

NOT_KEPT = " The network is not kept, so its diagram is missing."


@dataclass(frozen=True, eq=False)
class BayesResults:
    """What is in a folder that `handgrad bayes` wrote, and the data it was made from."""

    folder: Path
    settings: dict[str, Any]
    """The options of `handgrad bayes` that it was made with, but for the data."""

    source: Source

    model: BernoulliModel
    network: Path | None
    """The network it was compared with; None if its file is not there any more."""

    figures: dict[str, dict[str, float | None]]
    """What each classifier is worth, by its name."""

    train: Dataset
    validation: Dataset


def collect_bayes(folder: Path) -> BayesResults:
    """Read a folder that `handgrad bayes` wrote.

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
        figures = _figures(summary)
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


def bayes_section(found: BayesResults | None, pictures: Pictures) -> Section:
    """Compose the section: the proofs are the template's; without results it has only them."""
    section: Section = {"kind": "naive-bayes", "title": TITLE}
    if found is None:
        return section
    with threads.limited(1):
        duplication = study_duplication(found.model, found.train, found.validation)
    evaluations = {_named(k): evaluation for k, evaluation in duplication.fitted.items()}
    network = _recorded_network(found)
    if network:
        evaluations["network"] = network
    section |= _pictures(found, duplication, evaluations, pictures)
    columns = ("", "accuracy", "log-loss", "mean confidence", "calibration error")
    rows = [(name, *_row(figures)) for name, figures in found.figures.items()]
    validation = found.validation
    section["table"] = table(
        columns, rows, f"On the {len(validation):,} examples of {validation.name}"
    )
    section["sentences"] = sentences(found.figures)
    section["threshold"] = f"{found.model.bayes.threshold:g}"
    return section


def _recorded_network(found: BayesResults) -> Evaluation | None:
    """Evaluate the network that was compared; None if it is not there, or another is."""
    if found.network is None:
        return None
    evaluation, recorded = evaluate(load_model(found.network), found.validation), found.figures
    pairs = (
        (evaluation.accuracy, recorded["network"]["validation_accuracy"]),
        (evaluation.loss, recorded["network"]["validation_loss"]),
    )
    # On another machine the last digits may differ. JSON has null for an infinite loss.
    same = all(
        math.isclose(now, math.inf if was is None else was, rel_tol=1e-4) for now, was in pairs
    )
    return evaluation if same else None


def sentences(figures: dict[str, dict[str, float | None]]) -> list[str]:
    """Say what copying did to accuracy, confidence and loss, and how the network compares."""
    once, most = figures[_named(1)], figures[_named(4)]
    moved = abs((most["validation_accuracy"] or 0) - (once["validation_accuracy"] or 0))
    accuracy = (
        f"Accuracy stays at {percent(once['validation_accuracy'])}"
        if moved < 0.005
        else f"Accuracy goes from {percent(once['validation_accuracy'])} to "
        f"{percent(most['validation_accuracy'])}"
    )
    result = [
        f"With each pixel four times, nothing new is known. {accuracy}; the mean confidence goes "
        f"from {percent(once['mean_confidence'])} to {percent(most['mean_confidence'])}, the "
        f"log-loss from {_number(once['validation_loss'], 2)} to "
        f"{_number(most['validation_loss'], 2)}. With every pixel once, the model claims "
        f"{percent(once['mean_confidence'])} and is right in "
        f"{percent(once['validation_accuracy'])}"
        + (": inputs that tell the same count like copies." if _over_confident(once) else ".")
    ]
    network = figures.get("network")
    if network:
        above = _over_confident(network)
        result.append(
            f"The network, right in {percent(network['validation_accuracy'])}, claims "
            f"{percent(network['mean_confidence'])}: too {'much' if above else 'little'}. Its "
            f"log-loss is {_number(network['validation_loss'], 2)}."
        )
    return result


def _over_confident(figures: dict[str, float | None]) -> bool:
    return (figures["mean_confidence"] or 0) > (figures["validation_accuracy"] or 0)


def _pictures(
    found: BayesResults,
    duplication: Duplication,
    evaluations: dict[str, Evaluation],
    pictures: Pictures,
) -> Section:
    from handgrad.plots import bayes as plots

    section: Section = {
        "duplication": pictures.add(
            plots.duplication(duplication),
            "What copied features do: dots are models fitted to k copies, lines the closed form.",
            (8.6, 4.1),
        ),
        "reliability": pictures.add(
            plots.reliability_diagrams(
                {name: reliability_of(evaluation) for name, evaluation in evaluations.items()}
            ),
            "Accuracy against confidence. On the diagonal a classifier is right as often as it "
            "claims to be." + ("" if "network" in evaluations else NOT_KEPT),
            (8.6, 4.4),
        ),
    }
    bayes, shape = found.model.bayes, found.model.image_shape
    if shape:
        classes = bayes.classes.tolist()
        shown = min(len(classes), plots.MOST_CLASSES)
        lines = -(-shown // plots.COLUMNS)
        section["weights"] = pictures.add(
            plots.class_weights(bayes.linear_form(), shape, classes),
            _about_weights(classes, shown),
            (7.2, max(3.0, 1.65 * lines + 0.8)),
        )
    return section


def _about_weights(classes: list[int], shown: int) -> str:
    if len(classes) == 2:
        return f"The weight of each pixel: blue speaks for {classes[1]}, red for {classes[0]}."
    caption = "The weights of each class less their mean over the classes: blue speaks for it, red "
    if len(classes) > shown:
        return f"{caption}against it. The first {shown} of {len(classes)} classes."
    return f"{caption}against it."


def _figures(summary: dict[str, Any]) -> dict[str, dict[str, float | None]]:
    copied = {_named(int(copies)): each for copies, each in summary["copied_pixels"].items()}
    figures = {_named(1): summary["final"], **copied, "network": summary["network"]}
    return {name: {key: each[key] for key in KEYS} for name, each in figures.items()}


KEYS = ("validation_accuracy", "validation_loss", "mean_confidence", "expected_calibration_error")


def _named(copies: int) -> str:
    return "Naïve Bayes" if copies == 1 else f"each pixel × {copies}"


def _row(figures: dict[str, float | None]) -> tuple[str, str, str, str]:
    accuracy, loss, confidence, error = (figures[key] for key in KEYS)
    return percent(accuracy), _number(loss, 3), percent(confidence), _number(error, 3)


def _number(value: float | None, digits: int) -> str:
    """Write a number; JSON has null for a loss that is infinite."""
    return "∞" if value is None else decimal(value, digits)
