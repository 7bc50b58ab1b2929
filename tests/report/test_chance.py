"""What is certain and what is not, against scipy's t test and intervals."""

import math

import numpy as np
import pytest
from scipy import stats

from handgrad.hyperparameters import Hyperparameters
from handgrad.report.chance import asked_in, chance, compare, reference_runs
from handgrad.studies import Question, RunSpec, Study

SEEDS = {"default": 0.838, "seed-1": 0.866, "seed-2": 0.839, "seed-3": 0.877, "seed-4": 0.863}


def study(others=(), questions=()):
    """The defaults with five seeds, and other runs by name and hyperparameters."""
    runs = [RunSpec(name, Hyperparameters(seed=i)) for i, name in enumerate(SEEDS)]
    runs += [RunSpec(name, Hyperparameters(**changes)) for name, changes in others]
    return Study(name="s", title="S", runs=tuple(runs), questions=tuple(questions))


FASTER = ("faster", {"step_size": 1.0})
WIDER = [(f"wider, seed {i}", {"hidden_dim": 32, "seed": i}) for i in (1, 2, 3)]


def test_a_single_run_against_the_seeds_is_scipys_t_test():
    [found] = compare(study([FASTER]), SEEDS | {"faster": 0.80})
    x = np.array(list(SEEDS.values()))
    t = (0.80 - x.mean()) / (x.std(ddof=1) * math.sqrt(1 + 1 / len(x)))
    assert found.t == pytest.approx(t)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(t), len(x) - 1))
    assert found.difference == pytest.approx(0.80 - x.mean())


def test_several_runs_against_the_seeds_are_scipys_t_test():
    y = [0.90, 0.89, 0.905]
    accuracies = SEEDS | dict(zip([name for name, _ in WIDER], y, strict=True))
    [found] = compare(study(WIDER), accuracies)
    expected = stats.ttest_ind(y, list(SEEDS.values()))
    assert found.label == "wider"
    assert found.t == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue)


def test_the_interval_is_the_prediction_interval():
    section = chance(study(), SEEDS, 1000)
    x = np.array(list(SEEDS.values()))
    low, high = stats.t.interval(
        0.95, len(x) - 1, loc=x.mean(), scale=x.std(ddof=1) * math.sqrt(1 + 1 / len(x))
    )
    assert section["interval"] == {
        "seeds": "5",
        "t": f"{stats.t.isf(0.025, 4):.3f}",
        "ends": f"between {low:.1%} and {high:.1%}",
    }
    assert section["deviation"] == f"{100 * x.std(ddof=1):.2f}"
    assert f"of these 5 go from {x.min():.1%} to {x.max():.1%}" in section["spread"]
    error = 100 * math.sqrt(x.mean() * (1 - x.mean()) / 1000)
    assert f"{error:.1f} points" in section["examples"]


@pytest.mark.parametrize(
    ("accuracy", "said"),
    [
        (0.10, "Certain, beyond chance with all comparisons counted: faster."),
        (0.80, "Beyond chance only if it were the single comparison: faster."),
        (0.85, "Not certain: faster and step-2."),
    ],
)
def test_what_is_said_of_a_difference(accuracy, said):
    others = [FASTER, ("step-2", {"step_size": 2.0})]
    section = chance(study(others), SEEDS | {"faster": accuracy, "step-2": 0.86}, 1000)
    assert any(verdict.startswith(said) for verdict in section["verdicts"])


def test_pairs_that_are_too_close_are_named():
    question = Question(name="q", title="Q", runs=("default", "faster", "step-2"))
    others = [FASTER, ("step-2", {"step_size": 2.0})]
    accuracies = SEEDS | {"faster": 0.2, "step-2": 0.86}
    section = chance(study(others, [question]), accuracies, 1000)
    assert section["pairs"] == "So this cannot tell default from step-2."
    least = stats.t.isf(0.025, 4) * np.std(list(SEEDS.values()), ddof=1) * math.sqrt(2)
    assert section["least"] == f"{100 * least:.1f}"
    section = chance(study(others, [question]), accuracies | {"faster": 0.86}, 1000)
    assert section["pairs"].endswith("default from step-2 or faster from step-2.")


def test_of_many_runs_it_is_said_how_many_are_too_close_to_the_best():
    """Of nine steps one is the best, also with another seed; two are near, the others far."""
    steps = [(f"step-{i}", {"step_size": float(i)}) for i in range(2, 11)]
    again = ("step-2, seed 1", {"step_size": 2.0, "seed": 1})
    names = [name for name, _ in (*steps, again)]
    question = Question(name="q", title="Which step?", runs=tuple(names))
    accuracies = dict.fromkeys(names, 0.2) | {"step-2": 0.9, "step-3": 0.88, "step-4": 0.87}
    accuracies[again[0]] = 0.89
    asked = study([*steps, again, FASTER], [question])
    section = chance(asked, SEEDS | accuracies | {"faster": 0.9}, 1000)
    said = (
        "Of the 10 runs of “Which step?”, 2 of other configurations are too close to the best, "
        "step-2, to be told from it."
    )
    assert section["pairs"] == said


def test_of_many_configurations_the_best_are_named():
    steps = [(f"step-{i}", {"step_size": float(i)}) for i in range(2, 22)]
    accuracies = {name: 0.1 + i / 1000 for i, (name, _) in enumerate(steps)}
    [certain] = chance(study(steps), SEEDS | accuracies, 1000)["verdicts"]
    best = ", ".join(f"step-{i}" for i in range(21, 9, -1))
    assert certain.endswith(f": {best} and 8 more runs, which end no higher.")


def test_the_reference_is_the_defaults_or_else_the_most_seeds():
    assert reference_runs(study(WIDER), SEEDS | dict.fromkeys(name for name, _ in WIDER)) == [
        *SEEDS
    ]
    seedless = {name: 0.5 for name, _ in WIDER}
    assert reference_runs(study(WIDER), seedless) == [name for name, _ in WIDER]
    assert reference_runs(study(WIDER), {"seed-1": 0.5, "seed-2": 0.5}) == []


def test_the_question_about_chance_is_the_first_with_three_seeds():
    step = Question(name="step", title="", runs=("default", "seed-1"))
    seeds = Question(name="seeds", title="", runs=("default", "seed-1", "seed-2"))
    asked = study(questions=[step, seeds])
    assert asked_in(asked, list(SEEDS)) is seeds
    assert asked_in(study(questions=[step]), list(SEEDS)) is None


def test_without_a_spread_nothing_is_tested():
    section = chance(study([FASTER]), dict.fromkeys([*SEEDS, "faster"], 0.5), 1000)
    assert section["deviation"] == "0.00"
    assert "table" not in section


def test_the_same_run_under_two_names_is_not_two_seeds():
    again = ("seed=1,step_size=0.01", {"seed": 1})
    accuracies = SEEDS | {again[0]: SEEDS["seed-1"]}
    assert reference_runs(study([again]), accuracies) == [*SEEDS]
    assert compare(study([again]), accuracies) == []
    names = ("default", again[0], "seed-2")
    seeds = Question(name="seeds", title="", runs=names)
    assert asked_in(study([again], [seeds]), [*SEEDS]) is seeds


def test_pairs_are_of_different_configurations():
    others = [FASTER, ("faster, seed 1", {"step_size": 1.0, "seed": 1})]
    question = Question(name="q", title="Q", runs=("faster", "faster, seed 1", "default"))
    accuracies = SEEDS | {"faster": 0.2, "faster, seed 1": 0.2}
    section = chance(study(others, [question]), accuracies, 1000)
    assert section["pairs"].endswith("All that are compared in the other sections do.")
