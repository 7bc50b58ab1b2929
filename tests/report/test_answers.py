"""Sentences from claims and figures."""

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from handgrad.errors import DataError
from handgrad.hyperparameters import Hyperparameters
from handgrad.report.answers import answers, lead, study_sections, summary
from handgrad.report.collecting import StudyResults, collect
from handgrad.report.entry import ablation_table
from handgrad.report.repeating import repeating_section
from handgrad.report.sections import Pictures
from handgrad.studies import Claim, Question, RunSpec, Study
from handgrad.studies.claims import Verdict
from handgrad.studies.results import Result

NAN = float("nan")

pytestmark = pytest.mark.usefixtures("blank_pictures")


def verdict(says, value, above=0.5):
    claim = Claim(
        question="q",
        says=says,
        runs=("r",),
        quantity="final_accuracy",
        above=above,
        because="reasons",
    )
    return Verdict(claim, {"r": value}, value)


def test_the_summary_counts():
    held, missed, unknown = verdict("a", 0.9), verdict("b", 0.1), verdict("c", NAN)
    assert summary([held]) == "Of 1 statement held against these runs, 1 holds."
    assert summary([held, held, missed]).endswith("2 hold and 1 does not hold.")
    assert summary([held, missed, missed, unknown]).endswith(
        "1 holds, 2 do not hold and 1 could not be measured."
    )
    assert summary([]) == ""


def test_statements_about_one_thing_stand_together():
    found = answers(
        [verdict("step 5: fast", 0.9), verdict("spread", 0.9), verdict("step 5: jumpy", 0.1)]
    )
    assert [each["subject"] for each in found] == ["Step 5", ""]
    fast, jumpy = found[0]["statements"]
    assert fast["says"] == "Fast"
    assert fast["figures"] == "the validation accuracy after the last epoch: 90.0%"
    assert jumpy["result"] == "does not hold"
    assert jumpy["figures"].endswith(": 10.0%, where above 50.0% was expected")


def test_a_figure_of_several_runs_names_them():
    claim = replace(verdict("spread", 0.9).claim, runs=("a", "b", "c"), statistic="range")
    [found] = answers([Verdict(claim, {"a": 0.1, "b": 0.5, "c": 0.8}, 0.7)])
    assert found["statements"][0]["figures"] == (
        "the validation accuracy after the last epoch, of a, b and c: range 70.0 points"
    )


def test_what_was_not_measured_is_said_to_be_so():
    [found] = answers([verdict("fast", NAN)])
    [statement] = found["statements"]
    assert statement["result"] == "not measured"
    assert statement["figures"].endswith("could not be measured")


def test_on_a_phone_what_a_verdict_rests_on_is_named_as_above_its_column(here):
    style = files("handgrad.report").joinpath("template", "page.css").read_text(encoding="utf-8")
    section = next(
        each
        for each in study_sections(collect(Path("studies/course")), Pictures())
        if each.get("thresholds")
    )
    assert section["thresholds"]["columns"][:2] == ["statement", "result"]
    for place, heading in enumerate(section["thresholds"]["columns"][2:], start=3):
        assert f'.verdicts td:nth-child({place})::before {{ content: "{heading}: "' in style
    for row in section["thresholds"]["rows"]:
        assert row[1] in ("holds", "does not hold")


def test_a_symbol_at_the_beginning_stays_small():
    [found] = answers([verdict("σ′ vanishes", 0.9)])
    assert found["statements"][0]["says"] == "σ′ vanishes"


def test_the_lead_names_best_worst_diverged_and_failed():
    results = [
        Result("low", "finished", validation_accuracy=0.1),
        Result("high", "finished", validation_accuracy=0.9),
        Result("wild", "diverged", validation_accuracy=0.95, validation_loss=1e30),
        Result("huge", "failed", problem="out of memory"),
        Result("wide", "failed", problem="out of memory"),
        Result("odd", "failed"),
    ]
    assert lead(results) == (
        "The run high ends with the highest validation accuracy, 90.0%, and low with the lowest, "
        "10.0%. Diverged, its loss being no longer finite: wild. Failed (out of memory): huge and "
        "wide. Failed: odd."
    )
    assert lead(results[:1]) == ("The run low ends with the highest validation accuracy, 10.0%.")


def test_of_many_reasons_to_fail_the_lead_tells_four():
    results = [Result(f"run-{i}", "failed", problem=f"needs {i} TiB") for i in range(4)]
    told = "".join(f" Failed (needs {i} TiB): run-{i}." for i in range(4)).strip()
    assert lead(results) == told
    more = [Result(name, "failed", problem=f"no {name}") for name in ("cup", "tea")]
    assert lead(results + more) == (
        f"{told} Failed for other reasons, which results.csv has: cup and tea."
    )


def test_of_runs_that_end_alike_the_lead_names_the_one_with_the_least_loss():
    results = [
        Result(name, "finished", validation_accuracy=0.9, validation_loss=loss)
        for name, loss in (("first", 0.2), ("second", 0.1))
    ]
    assert lead(results).startswith("The run second ends with the highest")


def test_where_too_many_hyperparameters_differ_they_share_a_column(tmp_path):
    changes = {"step_size": 0.1, "hidden_dim": 8, "num_layers": 3, "batch_size": 50, "seed": 4}

    def settings(count):
        changed = Hyperparameters(**dict(list(changes.items())[:count]))
        study = Study(
            name="s",
            title="S",
            runs=(RunSpec("first", Hyperparameters()), RunSpec("other", changed)),
            questions=(Question(name="q", title="Q", runs=("first", "other")),),
        )
        failed = {name: Result(name, "failed") for name in ("first", "other")}
        collected = StudyResults(study, tmp_path, failed, {})
        [section] = study_sections(collected, Pictures())
        [_, other] = section["table"]["rows"]
        return section["table"]["columns"][1:-3], other[1:-3]

    assert settings(4) == (
        ["step size", "batch size", "num layers", "hidden dim"],
        ["0.1", "50", "3", "8"],
    )
    assert settings(5) == (
        ["what differs from the first"],
        ["seed 4, step size 0.1, batch size 50, num layers 3, hidden dim 8"],
    )


@pytest.fixture
def partly_diverged(here):
    """The course, of which one seed and a run with more layers diverged after their last epoch."""
    for name in ("seed-1", "deep"):
        path = Path("studies/course/runs") / name / "summary.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"status": "diverged"}))
    return collect(Path("studies/course"))


def test_a_diverged_run_is_marked_and_not_taken_for_one_that_ended(partly_diverged):
    *_, seeds = study_sections(partly_diverged, Pictures())
    assert [row[0] for row in seeds["table"]["rows"]] == ["default", "seed-1 (diverged)", "seed-2"]
    assert "seed-1" not in seeds["lead"].partition("Diverged")[0]
    assert "chance" not in seeds  # Two seeds are left.
    [all_runs] = repeating_section([partly_diverged], [])["tables"]
    assert {"seed-1 (diverged)", "deep (diverged)", "slow"} <= {row[0] for row in all_runs["rows"]}


def test_a_diverged_run_is_not_held_against_the_recipe(partly_diverged):
    with pytest.raises(DataError, match="three seeds"):
        ablation_table(partly_diverged)


def test_the_default_run_says_that_it_diverged(partly_diverged):
    collected = partly_diverged
    collected.results["default"] = replace(collected.results["default"], status="diverged")
    assert next(study_sections(collected, Pictures()))["sentences"][-1].startswith("Then it diverg")


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([*np.linspace(2, 1, 39), 1.1], "was still falling: its mean over the last 4 epochs is"),
        ([1.0] * 36 + [1.1, 1.2, 1.3, 0.9], "was no longer falling"),
        ([5.0] * 32 + [1.0] * 4 + [1.1] * 4, "was no longer falling"),
        ([1.0] * 40, "was no longer falling: its mean over the last 4 epochs is 1.000, over the 4"),
    ],
)
def test_whether_the_loss_was_falling_is_not_told_by_a_single_epoch(here, losses, said):
    path = Path("studies/course/runs/default/epochs.csv")
    head = path.read_text().splitlines()[0]
    rows = (f"{i},{i},{loss},0.5,0.1" for i, loss in enumerate(losses, start=1))
    path.write_text("\n".join([head, *rows]) + "\n")
    iterations = path.with_name("iterations.csv")
    head = iterations.read_text().splitlines()[0]
    rows = (f"{i},{i},1.0,0.5" for i in range(1, len(losses) + 1))
    iterations.write_text("\n".join([head, *rows]) + "\n")
    section = next(study_sections(collect(Path("studies/course")), Pictures()))
    assert said in " ".join(section["sentences"])
