"""The table of a study's results, from summaries made up so that each row is known beforehand."""

import json

import pytest

from handgrad.errors import DataError
from handgrad.hyperparameters import Hyperparameters
from handgrad.studies import RunSpec, Study
from handgrad.studies.folder import run_folder
from handgrad.studies.results import (
    RESULTS_FILE,
    Result,
    best_result,
    rank,
    read_failures,
    read_result,
    write_results,
)


def a_study(*names):
    """Runs of these names, whose widths and step sizes differ."""
    asked = [{"hidden_dim": (8 + i, 4), "step_size": 1.0 / (i + 1)} for i in range(len(names))]
    runs = [
        RunSpec(name, Hyperparameters(num_layers=3, **settings))
        for name, settings in zip(names, asked, strict=True)
    ]
    return Study(name="s", title="S", runs=tuple(runs), questions=())


def summary(folder, name, **changes):
    """Write the summary of a run that was at its best before its end, but for these changes."""
    ended = {
        "status": "finished",
        "epochs": 3,
        "iterations": 9,
        "final": {"epoch": 3, "validation_loss": 0.7, "validation_accuracy": 0.5},
        "best": {"epoch": 2, "validation_loss": 0.6, "validation_accuracy": 0.75},
        "seconds": 1.23456,
    }
    run_folder(folder, name).mkdir(parents=True)
    text = json.dumps(ended | changes)
    (run_folder(folder, name) / "summary.json").write_text(text)


def test_the_table_says_what_was_varied_and_what_each_run_came_to(tmp_path):
    summary(tmp_path, "whole")
    summary(tmp_path, "wild", status="diverged", epochs=0, final={}, best={})
    summary(tmp_path, "stopped", status="interrupted")
    study = a_study("whole", "wild", "stopped", "broken", "new")
    write_results(study, tmp_path, {"broken": "MemoryError: too much", "whole": "of before"})
    assert (tmp_path / RESULTS_FILE).read_text().splitlines() == [
        "run,step_size,hidden_dim,status,problem,epochs,iterations,validation_loss,"
        "validation_accuracy,best_epoch,best_validation_accuracy,seconds",
        "whole,1,8-4,finished,,3,9,0.7,0.5,2,0.75,1.235",
        "wild,0.5,9-4,diverged,,0,9,,,,,1.235",
        "stopped,0.3333333333333333,10-4,unfinished,,,,,,,,",
        "broken,0.25,11-4,failed,MemoryError: too much,,,,,,,",
        "new,0.2,12-4,unfinished,,,,,,,,",
    ]


def test_a_run_that_did_not_reach_an_epoch_has_no_figures(tmp_path):
    path = run_folder(tmp_path, "wild")
    path.mkdir(parents=True)
    ended = {"status": "diverged", "epochs": 0, "iterations": 2, "seconds": 0.5}
    (path / "summary.json").write_text(json.dumps(ended))
    assert read_result(tmp_path, "wild") == Result("wild", "diverged", 0, 2, seconds=0.5)


@pytest.mark.parametrize("changes", [{"final": 1}, {"seconds": "long"}, {"seconds": None}])
def test_a_damaged_summary_is_named(tmp_path, changes):
    summary(tmp_path, "whole", **changes)
    with pytest.raises(DataError, match=r"whole.summary\.json: damaged"):
        read_result(tmp_path, "whole")


def test_a_summary_that_lacks_a_figure_is_named(tmp_path):
    run_folder(tmp_path, "whole").mkdir(parents=True)
    (run_folder(tmp_path, "whole") / "summary.json").write_text('{"status": "finished"}')
    with pytest.raises(DataError, match=r"whole.summary\.json: damaged \(KeyError"):
        read_result(tmp_path, "whole")


def test_why_runs_failed_is_read_back(tmp_path):
    assert read_failures(tmp_path) == {}
    problem = 'it said "no",\nand no more'
    summary(tmp_path, "whole")
    write_results(a_study("whole", "broken", "new"), tmp_path, {"broken": problem})
    assert read_failures(tmp_path) == {"broken": Result("broken", "failed", problem=problem)}


@pytest.mark.parametrize(
    "table", ["run,status\nbroken,failed\n", "run,status,problem\nbroken,failed\n"]
)
def test_a_failure_may_be_without_a_reason(tmp_path, table):
    (tmp_path / RESULTS_FILE).write_text(table)
    assert read_failures(tmp_path)["broken"].problem == ""


@pytest.mark.parametrize(
    "table",
    [b"name,state\na,failed\n", b"run,status\n\xff,failed\n", b'run,status\n"' + b"x" * 200_000],
)
def test_a_damaged_table_is_named(tmp_path, table):
    (tmp_path / RESULTS_FILE).write_bytes(table)
    with pytest.raises(DataError, match=r"results\.csv: damaged"):
        read_failures(tmp_path)


def test_the_best_run_is_the_most_accurate_at_its_end_and_of_equals_that_of_least_loss(tmp_path):
    study = a_study("early", "late", "later", "wild")
    assert best_result(study, tmp_path) is None
    for name, accuracy, loss in (("early", 0.5, 0.2), ("late", 0.6, 0.9), ("later", 0.6, 0.8)):
        final = {"epoch": 3, "validation_loss": loss, "validation_accuracy": accuracy}
        summary(tmp_path, name, final=final)
    summary(tmp_path, "wild", status="diverged", final={"validation_accuracy": 0.9})
    assert best_result(study, tmp_path).name == "later"


def test_a_run_without_an_accuracy_ranks_below_one_that_got_all_wrong():
    wrong = Result("wrong", "finished", validation_accuracy=0.0, validation_loss=99.0)
    assert rank(Result("none", "diverged")) < rank(wrong)
