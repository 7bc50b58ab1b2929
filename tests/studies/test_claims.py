"""Claims held against histories made up for them: what is compared, what is said, what is kept."""

import json
import math

import numpy as np
import pytest

from handgrad.history import Epoch
from handgrad.hyperparameters import Hyperparameters
from handgrad.studies import Claim, Question, RunSpec, Study, course_study
from handgrad.studies.claims import judge, markdown, write_claims
from handgrad.studies.folder import run_folder
from handgrad.studies.gradients import LayerGradients, measure_gradients, write_gradients
from handgrad.studies.quantities import QUANTITIES


def claim(runs, quantity="final_accuracy", **changes):
    keys = {"question": "q", "says": "it is so", "because": "reasons"}
    return Claim(runs=tuple(runs), quantity=quantity, **(keys | changes))


def study(*claims):
    runs = tuple(RunSpec(name, Hyperparameters()) for name in ("low", "high", "never", "failed"))
    question = Question(name="q", title="Is it so?")
    return Study(name="s", title="S", runs=runs, questions=(question,), claims=claims)


def write_run(folder, accuracies, status="finished"):
    """A run folder with this course, as far as claims read it."""
    folder.mkdir(parents=True)
    epochs = [Epoch(i + 1, i + 1, 1.0, accuracy, 0.1) for i, accuracy in enumerate(accuracies)]
    (folder / "summary.json").write_text(json.dumps({"status": status}))
    lines = [f"{e.epoch},{e.iteration},1.0,{e.validation_accuracy},0.1" for e in epochs]
    header = "epoch,iteration,validation_loss,validation_accuracy,seconds"
    (folder / "epochs.csv").write_text("\n".join([header, *lines]) + "\n")
    lines = [f"{e.iteration},{e.epoch},1.0,0.5" for e in epochs]
    header = "iteration,epoch,train_loss,train_accuracy"
    (folder / "iterations.csv").write_text("\n".join([header, *lines]) + "\n")


@pytest.fixture
def folder(tmp_path):
    write_run(run_folder(tmp_path, "low"), [0.1, 0.4, 0.6])
    write_run(run_folder(tmp_path, "high"), [0.5, 0.8, 0.9])
    write_run(run_folder(tmp_path, "never"), [0.1, 0.1, 0.1])
    return tmp_path


def verdict(folder, *arguments, **changes):
    [result] = judge(study(claim(*arguments, **changes)), folder)
    return result


@pytest.mark.parametrize(
    ("bounds", "holds"),
    [
        ({"above": 0.5}, True),
        ({"above": 0.6}, False),
        ({"below": 0.7}, True),
        ({"below": 0.6}, False),
        ({"above": 0.5, "below": 0.7}, True),
        ({"above": 0.5, "below": 0.55}, False),
    ],
)
def test_a_claim_holds_within_its_bounds(folder, bounds, holds):
    assert verdict(folder, ["low"], **bounds).holds is holds


def test_rounding_puts_no_figure_on_the_other_side_of_its_bound(tmp_path):
    write_run(run_folder(tmp_path, "low"), [0.842, 0.832])  # In floats more than 0.01 apart.
    result = verdict(tmp_path, ["low"], quantity="accuracy_given_up", above=0.01)
    assert result.holds is False


def test_relative_to_another_run(folder):
    result = verdict(folder, ["low"], relative_to="high", below=0.7)
    assert result.value == pytest.approx(0.6 / 0.9)
    assert result.figures == {"low": 0.6, "high": 0.9}
    assert result.measured == "60.0%, 0.67 × high's 90.0%"
    assert result.threshold == "below 0.7 × high's"


@pytest.mark.parametrize(
    ("statistic", "value"), [("range", 0.8), ("smallest", 0.1), ("largest", 0.9)]
)
def test_statistics_of_several_runs(folder, statistic, value):
    result = verdict(folder, ["low", "high", "never"], statistic=statistic, above=0)
    assert result.value == pytest.approx(value)


def test_a_range_is_written_in_points(folder):
    result = verdict(folder, ["low", "high"], statistic="range", below=0.02)
    assert result.measured == "range 30.0 points"
    assert result.threshold == "below 2.0 points"
    assert result.result == "does not hold"


@pytest.mark.parametrize(
    ("quantity", "bounds", "written"),
    [
        ("accuracy_given_up", {"above": 1e-4, "below": 0.00049},
         "above 0.01 points and below 0.049 points"),
        ("final_accuracy", {"above": 0.9149}, "above 91.49%"),
        ("final_accuracy", {"above": 0.5, "below": 1}, "above 50.0% and below 100.0%"),
        ("final_accuracy", {"above": -0.123456789}, "above -12.3456789%"),
        ("iterations_to_50_percent", {"above": 0.5, "below": 1500},
         "above 0.5 iterations and below 1,500 iterations"),
        ("loss_gap", {"below": 1.2345678}, "below 1.2345678"),
        ("loss_gap", {"below": 1.23456789, "relative_to": "high"}, "below 1.23456789 × high's"),
    ],
)  # fmt: skip
def test_a_threshold_has_the_digits_that_it_was_written_with(folder, quantity, bounds, written):
    assert verdict(folder, ["low"], quantity, **bounds).threshold == written


def test_never_is_longer_than_anything(folder):
    result = verdict(folder, ["never"], "iterations_to_50_percent", above=1000)
    assert result.value == math.inf
    assert result.holds is True
    assert result.measured == "never"


def test_never_as_a_share_of_never_is_not_measured(folder):
    never = {"relative_to": "never", "below": 1}
    assert verdict(folder, ["never"], "iterations_to_50_percent", **never).holds is None


def test_a_share_of_nothing_is_not_measured(folder):
    """The best epoch of "never" is its last: it gives up nothing."""
    nothing = {"relative_to": "never", "above": 0}
    assert verdict(folder, ["low"], "accuracy_given_up", **nothing).holds is None


def test_what_comes_at_all_is_nothing_of_never_and_never_is_longer(folder):
    quick = verdict(folder, ["low"], "iterations_to_50_percent", relative_to="never", below=1)
    assert quick.holds is True
    assert quick.measured == "3 iterations, 0 × never's never"
    slow = verdict(folder, ["never"], "iterations_to_50_percent", relative_to="low", above=5)
    assert slow.holds is True
    assert slow.measured == "never, low's 3 iterations"


@pytest.mark.parametrize(
    ("accuracy", "bounds", "written"),
    [
        (0.9955, {"below": 1}, "0.996"),
        (0.99996, {"below": 1}, "0.99996"),
        (1.0004, {"above": 1}, "1.0004"),
        (0.1004, {"above": 0.05, "below": 0.1}, "0.1004"),
        (1.0, {"below": 1}, "1"),
        (0.51, {"below": 1}, "0.51"),
    ],
)
def test_a_ratio_is_written_on_its_side_of_the_bound(tmp_path, accuracy, bounds, written):
    write_run(run_folder(tmp_path, "low"), [accuracy])
    write_run(run_folder(tmp_path, "high"), [1.0])
    result = verdict(tmp_path, ["low"], relative_to="high", **bounds)
    assert f", {written} × high's" in result.measured


@pytest.mark.parametrize("changes", [{}, {"relative_to": "failed"}])
def test_a_run_that_failed_makes_a_claim_not_measured(folder, changes):
    result = verdict(folder, ["low" if changes else "failed"], above=0, **changes)
    assert result.holds is None
    assert result.result == "not measured"


@pytest.mark.parametrize("runs", [["failed", "low"], ["low", "failed"]])
@pytest.mark.parametrize("statistic", ["range", "smallest", "largest"])
def test_a_statistic_with_a_run_that_failed_is_not_measured(folder, runs, statistic):
    assert verdict(folder, runs, statistic=statistic, above=-1, below=2).holds is None


@pytest.mark.parametrize("accuracies", [[], [0.5, 0.8]])
@pytest.mark.parametrize("name", [name for name, q in QUANTITIES.items() if not q.of_gradients])
def test_a_run_that_diverged_has_no_course_to_measure(tmp_path, name, accuracies):
    write_run(run_folder(tmp_path, "high"), accuracies, status="diverged")
    assert verdict(tmp_path, ["high"], name, above=-1).result == "not measured"


def test_gradients_that_nobody_measured(folder):
    assert verdict(folder, ["low"], "gradient_ratio", above=0).holds is None


@pytest.mark.parametrize("status", ["finished", "diverged"])
def test_gradients_are_read_from_the_run(tmp_path, few, status):
    write_run(run_folder(tmp_path, "low"), [0.5], status)
    gradients = measure_gradients(*few, Hyperparameters(num_layers=3, max_epochs=1))
    write_gradients(run_folder(tmp_path, "low") / "gradients.csv", gradients)
    result = verdict(tmp_path, ["low"], "gradient_ratio", above=0)
    assert result.value == pytest.approx(gradients.norms[0, 0] / gradients.norms[0, -1])


@pytest.mark.parametrize(("active", "holds"), [(0.6, True), (1 / 3, False)])
def test_that_the_products_of_sigmoids_shrink_could_fail(tmp_path, active, holds):
    slopes = {"sigmoid-5-layers": 0.2, "relu-5-layers": active}
    for name, slope in slopes.items():
        write_run(run_folder(tmp_path, name), [0.5])
        gradients = LayerGradients(np.ones((1, 5)), np.full((1, 4), slope))
        write_gradients(run_folder(tmp_path, name) / "gradients.csv", gradients)
    verdicts = {verdict.claim.says: verdict for verdict in judge(course_study(), tmp_path)}
    assert verdicts["the products of σ′ shrink with depth"].holds is holds


def test_what_is_written(folder):
    described = study(
        claim(["low"], above=0.5),
        claim(["never"], "iterations_to_50_percent", below=10),
        claim(["failed"], above=0.5),
    )
    write_claims(described, judge(described, folder), folder)
    records = json.loads((folder / "claims.json").read_text(encoding="utf-8"))
    assert [record["holds"] for record in records] == [True, False, None]
    assert [record["value"] for record in records] == [0.6, None, None]
    assert records[0]["figures"] == {"low": 0.6}
    assert records[0]["above"] == 0.5
    table = (folder / "claims.md").read_text(encoding="utf-8")
    assert table == markdown(described, judge(described, folder))
    rows = [line for line in table.splitlines() if line.startswith("| it is so")]
    assert [row.split("**")[1] for row in rows] == ["holds", "does not hold", "not measured"]
    assert len({line.count("|") for line in table.splitlines() if line.startswith("|")}) == 1


def test_what_a_claim_says_stays_in_its_cell(folder):
    described = study(claim(["low"], above=0, says="a | b\nc"))
    table = markdown(described, judge(described, folder))
    [row] = [line for line in table.splitlines() if line.startswith("| a")]
    assert row.replace("\\|", "").count("|") == 5


def test_a_question_without_claims_has_no_table():
    assert markdown(study(), []) == ""
