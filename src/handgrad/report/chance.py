"""What chance does: which differences between runs are larger than what the seed alone makes.

The runs that differ in nothing but the seed are a sample of what one configuration comes to. Any
other configuration is held against them by the two-sample t test with equal variances: with n
accuracies x here and m accuracies y there,

    t = (ȳ − x̄) / (s √(1/n + 1/m)),   s² = (Σ(x − x̄)² + Σ(y − ȳ)²) / (n + m − 2),

has Student's t distribution with n + m − 2 degrees of freedom if all are draws from one normal
distribution. For a single run, m = 1, that is to ask whether it lies outside the prediction
interval x̄ ± t s √(1 + 1/n) of the others.
"""

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import mean

from handgrad.hyperparameters import Hyperparameters
from handgrad.report.sections import (
    NAMES_AT_MOST,
    Section,
    breakable,
    listed,
    percent,
    points,
    table,
)
from handgrad.report.student import holm, two_sided_p, two_sided_quantile
from handgrad.studies import Question, RunSpec, Study

FEWEST_SEEDS = 3
"""How many seeds it takes to speak of a spread."""

LEVEL = 0.05
"""The probability that chance alone makes a difference which is called certain."""

MOST_ROWS = 20
"""How many configurations the table shows: those that are farthest from the reference."""

MOST_PAIRED = 8
"""How many runs of a question are compared each with each; of more, the best is with the others."""


@dataclass(frozen=True)
class Comparison:
    """A configuration, held against the reference.

    Attributes
    ----------
    p, adjusted_p
        The probability that chance alone makes a difference as large; and the same where all
        comparisons of the study count as one question.
    """

    label: str
    runs: tuple[str, ...]
    values: tuple[float, ...]
    difference: float
    t: float
    p: float
    adjusted_p: float


def reference_runs(study: Study, accuracies: Mapping[str, float]) -> list[str]:
    """Find the runs that differ in nothing but the seed: default's, or else the most there are.

    None, if there are not at least three.
    """
    groups = [group for group in _configurations(study, accuracies) if len(group) >= FEWEST_SEEDS]
    of_default = [group for group in groups if "default" in group]
    return max(of_default or groups, key=len, default=[])


def asked_in(study: Study, reference: Sequence[str]) -> Question | None:
    """Find the question that is about chance: the first that looks at three such runs or more."""
    for question in study.questions:
        if _is_about_chance(study, question, reference):
            return question
    return None


def _is_about_chance(study: Study, question: Question, reference: Sequence[str]) -> bool:
    """Whether a question looks at three runs of the reference or more, under whatever name."""
    sample = {run.hyperparameters for run in study.runs if run.name in reference}
    asked = {run.hyperparameters for run in study.runs_of(question)}
    return len(sample & asked) >= FEWEST_SEEDS


def compare(study: Study, values: Mapping[str, float]) -> list[Comparison]:
    """Hold every other configuration against the reference, by a value of each run.

    In the study's order; a run without a value is left out.
    """
    reference = reference_runs(study, values)
    x = [values[name] for name in reference]
    comparisons = []
    for group in _configurations(study, values):
        if group != reference:
            y = [values[name] for name in group]
            difference, t = mean(y) - mean(x), _t(x, y)
            p = two_sided_p(t, len(x) + len(y) - 2)
            comparisons.append(
                Comparison(_label(group), tuple(group), tuple(y), difference, t, p, p)
            )
    adjusted = holm([each.p for each in comparisons])
    return [replace(each, adjusted_p=p) for each, p in zip(comparisons, adjusted, strict=True)]


def chance(study: Study, accuracies: Mapping[str, float], examples: int) -> Section:
    """Compose what is said of chance, for a study with a reference.

    Parameters
    ----------
    accuracies
        The final validation accuracy of each run that has one.
    examples
        How many validation examples they are measured on.
    """
    reference = reference_runs(study, accuracies)
    x = [accuracies[name] for name in reference]
    n, s = len(x), _deviation(x)
    section: Section = {
        "spread": (
            f"The {n} runs {listed(reference)} differ in nothing but the seed. The validation "
            f"accuracies of these {n} go from {percent(min(x))} to {percent(max(x))}, with mean "
            f"{percent(mean(x))}."
        ),
        "deviation": f"{100 * s:.2f}",
        "examples": (
            f"This is the chance of training. That of the {examples:,} validation examples comes "
            f"on top: the standard error of an accuracy of {percent(mean(x))} on so many is "
            f"{100 * math.sqrt(mean(x) * (1 - mean(x)) / examples):.1f} points. All runs are "
            "validated on the same examples, so it moves them together, and their differences less."
        ),
    }
    if s == 0:
        return section
    t = two_sided_quantile(LEVEL, n - 1)
    half = t * s * math.sqrt(1 + 1 / n)
    low, high = max(mean(x) - half, 0.0), min(mean(x) + half, 1.0)
    section["interval"] = {
        "seeds": str(n),
        "t": f"{t:.3f}",
        "ends": f"between {percent(low)} and {percent(high)}",
    }
    comparisons = compare(study, accuracies)
    if comparisons:
        section["table"] = _table(comparisons)
        section["verdicts"] = list(_verdicts(comparisons))
        least = t * s * math.sqrt(2)
        section["least"] = f"{100 * least:.1f}"
        section["pairs"] = _pairs(study, accuracies, least)
    return section


def _configurations(study: Study, values: Mapping[str, float]) -> Iterator[list[str]]:
    """The runs that have a value, those that differ only in the seed together.

    Of runs that differ in nothing the first counts: the same run twice is not two seeds.
    """
    groups: dict[Hyperparameters, dict[int, str]] = {}
    for run in study.runs:
        if run.name in values:
            group = groups.setdefault(_without_seed(run), {})
            group.setdefault(run.hyperparameters.seed, run.name)
    yield from (list(group.values()) for group in groups.values())


def _without_seed(run: RunSpec) -> Hyperparameters:
    return replace(run.hyperparameters, seed=0)


def _label(group: list[str]) -> str:
    """Call a configuration by its first run, whose name may end in the seed."""
    if len(group) == 1:
        return group[0]
    without_seed = re.sub(r"[\W_]*seed[\W_]*\d*$", "", group[0])
    return without_seed or group[0]


def _deviation(values: Sequence[float]) -> float:
    return math.sqrt(_squares(values) / (len(values) - 1))


def _squares(values: Sequence[float]) -> float:
    center = mean(values)
    return math.fsum((value - center) ** 2 for value in values)


def _t(x: Sequence[float], y: Sequence[float]) -> float:
    s = math.sqrt((_squares(x) + _squares(y)) / (len(x) + len(y) - 2))
    difference = mean(y) - mean(x)
    if s == 0:
        return math.copysign(math.inf, difference) if difference else 0.0
    return difference / (s * math.sqrt(1 / len(x) + 1 / len(y)))


def _table(comparisons: list[Comparison]) -> Section:
    farthest = sorted(comparisons, key=lambda each: each.p)[:MOST_ROWS]
    rows = [
        (
            each.label + (f" ({len(each.values)} seeds)" if len(each.values) > 1 else ""),
            percent(mean(each.values)),
            points(each.difference),
            f"{each.t:+.1f}".replace("-", "−"),
            written_p(each.p),
            written_p(each.adjusted_p),
        )
        for each in comparisons
        if each in farthest
    ]
    caption = "Each run against those that differ in the seed alone"
    if len(farthest) < len(comparisons):
        caption += f"; the {MOST_ROWS} of {len(comparisons)} that are farthest from them"
    columns = ("run", "accuracy", "points", "t", "p", "p, adjusted")
    return table(columns, rows, caption)


def written_p(p: float) -> str:
    """Write a p value."""
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}"


def _verdicts(comparisons: list[Comparison]) -> Iterator[str]:
    certain = [each for each in comparisons if each.adjusted_p < LEVEL]
    alone = [each for each in comparisons if each.p < LEVEL <= each.adjusted_p]
    within = [each for each in comparisons if each.p >= LEVEL]
    if certain:
        yield f"Certain, beyond chance with all comparisons counted: {_labels(certain)}."
    if alone:
        yield (
            f"Beyond chance only if it were the single comparison: {_labels(alone)}. Among "
            f"{len(comparisons)} comparisons that is no proof; more seeds would decide it."
        )
    if within:
        yield (
            f"Not certain: {_labels(within)}. Chance alone makes a difference as large in more "
            f"than {LEVEL:.0%} of cases."
        )


def _labels(comparisons: list[Comparison]) -> str:
    """List configurations; of too many the best."""
    if len(comparisons) > NAMES_AT_MOST:
        comparisons = sorted(comparisons, key=lambda each: each.difference, reverse=True)
    return listed([each.label for each in comparisons], "runs, which end no higher")


def _pairs(study: Study, accuracies: Mapping[str, float], least: float) -> str:
    """Say which single runs that are compared in a question are too close to call."""
    reference = reference_runs(study, accuracies)
    configurations = {run.name: _without_seed(run) for run in study.runs}
    pairs: list[tuple[str, str]] = []
    of_many: list[str] = []
    for question in study.questions:
        if not _is_about_chance(study, question, reference):
            names = [run.name for run in study.runs_of(question) if run.name in accuracies]
            if len(names) > MOST_PAIRED:
                close = _close_to_best(names, configurations, accuracies, least)
                of_many.append(f"Of the {len(names)} runs of “{question.title}”, {close}.")
            else:
                pairs += (
                    (a, b)
                    for a, b in itertools.combinations(names, 2)
                    if configurations[a] != configurations[b]
                )
    sentences = []
    alike = [f"{a} from {b}" for a, b in pairs if abs(accuracies[a] - accuracies[b]) < least]
    if alike:
        told = listed(list(dict.fromkeys(alike)), "pairs", last="or")
        sentences.append(f"So this cannot tell {told}.")
    elif pairs and not of_many:
        sentences.append("All that are compared in the other sections do.")
    return " ".join(sentences + of_many)


def _close_to_best(
    names: list[str],
    configurations: Mapping[str, Hyperparameters],
    accuracies: Mapping[str, float],
    least: float,
) -> str:
    """Say how many of these runs are too close to the best of them to call."""
    best = max(names, key=accuracies.__getitem__)
    count = sum(
        accuracies[best] - accuracies[name] < least
        for name in names
        if configurations[name] != configurations[best]
    )
    return (
        f"{count or 'none'} of other configurations {'is' if count == 1 else 'are'} too close to "
        f"the best, {breakable(best)}, to be told from it"
    )
