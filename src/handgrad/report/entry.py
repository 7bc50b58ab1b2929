"""The contest's entry as a section: what it is, what each ingredient is worth, what it misses."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import mean, stdev

from handgrad.contest import Contest, read_contest
from handgrad.ensemble import AverageModel
from handgrad.errors import DataError
from handgrad.evaluation import Evaluation, evaluate
from handgrad.hyperparameters import Hyperparameters
from handgrad.models import load_model
from handgrad.report.chance import compare, reference_runs, written_p
from handgrad.report.collecting import StudyResults
from handgrad.report.sections import Pictures, Section, percent, table
from handgrad.studies.study import written
from handgrad.wording import counted

HARDEST = 24
"""How many of the digits that were got most wrong are shown."""


WHY = {
    "step_size": "large steps find a flat region; the cosine makes them small at the end",
    "batch_size": "twice as many steps an epoch, and momentum evens out their noise",
    "max_epochs": "as many as the budget has time for",
    "num_layers": "a second hidden layer combines what the first one finds",
    "hidden_dim": "room for all that the warped images show",
    "activation": "its slope is 1 wherever it is active, so gradients reach the first layer",
    "momentum": "goes ten times as far along what many batches agree on",
    "nesterov": "takes the gradient where the momentum leads",
    "weight_decay": "keeps weights no larger than they have to be",
    "schedule": "large steps find a flat region, small ones its bottom",
    "warmup_epochs": "before the momentum has built up, the full step is too long",
    "standardize": "one step size suits all weights alike",
    "straighten": "slant and place say nothing of which digit it is",
    "warps": "no image is seen twice, so there is nothing to learn by heart",
    "warp_rotation": "straightened images need less turning",
    "warp_shear": "straightened images need less slanting",
    "warp_shift": "straightened images need less shifting",
    "warp_bumps": "a smoother field leaves digits legible",
}
"""Why the recipe differs from the defaults, in short; `docs/contest.md` says it in full."""


@dataclass(frozen=True, eq=False)
class EntryResults:
    """What is in a contest's folder.

    Attributes
    ----------
    edges
        How many of the networks are given oriented gradients.
    views
        Under how many warps each network sees an image that it classifies.
    accuracies
        The validation accuracy of each network on its own.
    evaluation
        The entry on the validation set.
    """

    contest: Contest
    edges: int
    views: int
    accuracies: dict[str, float]
    evaluation: Evaluation


def collect_entry(folder: Path) -> EntryResults:
    """Read a contest's folder, and evaluate the entry again.

    Raises
    ------
    DataError
        If it is something else, not finished or damaged, or its data have changed.
    """
    contest = read_contest(folder)
    path = folder / "summary.json"
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
        accuracies = {
            name: float(network["validation_accuracy"])
            for name, network in summary["networks"].items()
        }
    except FileNotFoundError as error:
        raise DataError(
            f"{folder}: this entry is not finished; "
            f"`{shlex.join(['handgrad', 'contest', '--resume', str(folder)])}` goes on with it"
        ) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: damaged ({error!r})") from error
    model = load_model(folder)
    views, edges = 1, 0
    if isinstance(model, AverageModel):
        views = model.views.count if model.views else 1
        edges = sum(member.oriented_gradients for member in model.members)
    return EntryResults(contest, edges, views, accuracies, evaluate(model, contest.data[1]))


def entry_section(
    found: EntryResults | None, ablation: StudyResults | None, pictures: Pictures
) -> Section:
    """Compose the section; without an entry it says which command makes one."""
    section: Section = {"kind": "entry", "title": "The contest entry"}
    if found is None:
        return section
    evaluation, validation = found.evaluation, found.contest.data[1]
    section["sentences"] = [_what(found), _worth(found)]
    section["changes"] = _changes(found.contest.hyperparameters)
    if ablation:
        section["ablation"] = ablation_table(ablation)
    wrong = int((evaluation.predictions != evaluation.labels).sum())
    if wrong and validation.image_shape:
        from handgrad.plots.digits import most_wrong

        shown = min(wrong, HARDEST)
        which = f"all {wrong}" if shown == wrong else f"{shown} of the {wrong}"
        section["hardest"] = pictures.add(
            most_wrong(evaluation, validation, HARDEST),
            f"The hardest digits: {which} that are taken for another, first those whose label was "
            "given the least probability; in brackets, that of what they were taken for.",
            (6.5, 1.05 * -(-shown // 8) + 0.15),
        )
    return section


def _what(found: EntryResults) -> str:
    contest = found.contest
    if contest.networks == 1:
        what = "one network"
    else:
        what = f"the mean of {contest.networks} networks' probabilities, each with its own seed"
    if found.edges:
        what += f", {found.edges} of them on oriented gradients, with half the step"
    if found.views > 1:
        what += f", over {found.views} slight warps of every image that is classified"
    epochs = counted(contest.hyperparameters.max_epochs, "epoch")
    return (
        f"The entry is {what}. It was trained for {epochs}, on the {len(contest.data[0]):,} "
        "training examples alone. It remains a feed-forward network: all else that differs from "
        "the defaults is in the table."
    )


def _worth(found: EntryResults) -> str:
    alone = list(found.accuracies.values())
    each = (
        f" Alone, its networks reach {percent(min(alone))} to {percent(max(alone))}."
        if len(alone) > 1
        else ""
    )
    evaluation = found.evaluation
    wrong = int((evaluation.predictions != evaluation.labels).sum())
    return (
        f"On the {len(evaluation.labels):,} validation examples it is right in "
        f"{percent(evaluation.accuracy)} and wrong on {wrong}, with a loss of "
        f"{evaluation.loss:.4f}.{each}"
    )


def _changes(hyperparameters: Hyperparameters) -> Section:
    default = Hyperparameters()
    rows = []
    for field in fields(Hyperparameters):
        was, now = getattr(default, field.name), getattr(hyperparameters, field.name)
        if was != now and field.name not in ("seed", "threads"):
            name = field.name.replace("_", " ")
            rows.append((name, _value(was), _value(now), WHY.get(field.name, "")))
    columns = ("hyperparameter", "default", "entry", "why")
    return table(columns, rows, "What differs from the defaults, and why")


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else written(value)


def ablation_table(collected: StudyResults) -> Section:
    """Make the table of a study that leaves out one ingredient of the recipe at a time.

    The recipe are the runs that differ in nothing but the seed (see `handgrad.report.chance`); the
    others are held against it by their losses, which tell more than an accuracy near 100%.
    """
    study = collected.study
    losses = {
        name: result.validation_loss
        for name, result in collected.finished.items()
        if result.validation_loss is not None
    }
    reference = reference_runs(study, losses)
    if not reference:
        raise DataError(
            f"{collected.folder}: no recipe with three seeds to hold the others against"
        )
    recipe = [losses[name] for name in reference]
    accuracies = [collected.accuracies[name] for name in reference]
    rows = [("whole", *_over_seeds(recipe), percent(mean(accuracies)), "–", "–")]
    for each in compare(study, losses):
        accuracy = percent(mean(collected.accuracies[name] for name in each.runs))
        difference = f"{each.difference:+.4f}".replace("-", "−")
        rows.append(
            (
                each.label,
                *_over_seeds(each.values),
                accuracy,
                difference,
                written_p(each.adjusted_p),
            )
        )
    columns = (
        "recipe",
        "seeds",
        "loss",
        "spread",
        "accuracy",
        "loss less the recipe's",
        "p, adjusted",
    )
    return table(columns, rows, f"{study.title}: means over seeds, and the losses' deviation")


def _over_seeds(losses: Sequence[float]) -> tuple[str, str, str]:
    spread = f"{stdev(losses):.4f}" if len(losses) > 1 else "–"
    return str(len(losses)), f"{mean(losses):.4f}", spread
