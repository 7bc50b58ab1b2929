"""Naïve Bayes as a section: what `handgrad bayes` found, drawn again from its model."""

import math

from handgrad import threads
from handgrad.bayes_folder import (
    FIGURES,
    NETWORK,
    BayesResults,
    Figures,
    evaluations_by_name,
    named,
)
from handgrad.evaluation import Evaluation, evaluate
from handgrad.models import load_model
from handgrad.naive_bayes.study import (
    DIGIT_COPIES,
    Duplication,
    reliability_of,
    study_duplication,
)
from handgrad.report.sections import Pictures, Section, decimal, percent, table
from handgrad.wording import counted

TITLE = "Naïve Bayes"

NOT_KEPT = " The network is not kept, so its diagram is missing."


def bayes_section(found: BayesResults | None, pictures: Pictures) -> Section:
    """Compose the section: the proofs are the template's; without results it has only them."""
    section: Section = {"kind": "naive-bayes", "title": TITLE}
    if found is None:
        return section
    with threads.limited(1):
        duplication = study_duplication(found.model, found.train, found.validation)
    evaluations = evaluations_by_name(duplication, _recorded_network(found))
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
    evaluation = evaluate(load_model(found.network), found.validation)
    recorded = found.figures[NETWORK]
    pairs = (
        (evaluation.accuracy, recorded["validation_accuracy"]),
        (evaluation.loss, recorded["validation_loss"]),
    )
    # On another machine the last digits may differ. JSON has null for an infinite loss.
    same = all(
        math.isclose(now, math.inf if was is None else was, rel_tol=1e-4) for now, was in pairs
    )
    return evaluation if same else None


def sentences(figures: dict[str, Figures]) -> list[str]:
    """Say what copying did to accuracy, confidence and loss, and how the network compares."""
    copies = max(DIGIT_COPIES)
    once, most = figures[named(1)], figures[named(copies)]
    moved = abs((most["validation_accuracy"] or 0) - (once["validation_accuracy"] or 0))
    accuracy = (
        f"Accuracy stays at {percent(once['validation_accuracy'])}"
        if moved < 0.005
        else f"Accuracy goes from {percent(once['validation_accuracy'])} to "
        f"{percent(most['validation_accuracy'])}"
    )
    result = [
        f"With each pixel {counted(copies, 'time')}, nothing new is known. {accuracy}; the mean "
        f"confidence goes from {percent(once['mean_confidence'])} to "
        f"{percent(most['mean_confidence'])}, the log-loss from "
        f"{_number(once['validation_loss'], 2)} to {_number(most['validation_loss'], 2)}. "
        f"With every pixel once, the model claims {percent(once['mean_confidence'])} and is right "
        f"in {percent(once['validation_accuracy'])}"
        + (": inputs that tell the same count like copies." if _over_confident(once) else ".")
    ]
    network = figures.get(NETWORK)
    if network:
        above = _over_confident(network)
        result.append(
            f"The network, right in {percent(network['validation_accuracy'])}, claims "
            f"{percent(network['mean_confidence'])}: too {'much' if above else 'little'}. Its "
            f"log-loss is {_number(network['validation_loss'], 2)}."
        )
    return result


def _over_confident(figures: Figures) -> bool:
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
            "claims to be." + ("" if NETWORK in evaluations else NOT_KEPT),
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


def _row(figures: Figures) -> tuple[str, str, str, str]:
    accuracy, loss, confidence, error = (figures[key] for key in FIGURES)
    return percent(accuracy), _number(loss, 3), percent(confidence), _number(error, 3)


def _number(value: float | None, digits: int) -> str:
    """Write a number; JSON has null for a loss that is infinite."""
    return "∞" if value is None else decimal(value, digits)
