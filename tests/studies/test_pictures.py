"""What a question's picture is made of: which runs, and what of them."""

import json

import numpy as np
import pytest

from handgrad.studies import read_study
from handgrad.studies.folder import run_folder
from handgrad.studies.pictures import draw


@pytest.fixture
def drawn(tmp_path):
    """Call it with a grid and each run's accuracy, in order, to have its picture."""

    def picture(grid, accuracies, statuses=None):
        (tmp_path / "g.toml").write_text("[grid]\n" + grid)
        study = read_study(tmp_path / "g.toml")
        statuses = statuses or ["finished"] * len(accuracies)
        for run, accuracy, status in zip(study.runs, accuracies, statuses, strict=True):
            folder = run_folder(tmp_path, run.name)
            folder.mkdir(parents=True)
            summary = {"status": status, "epochs": 1, "iterations": 2, "seconds": 0.1}
            if accuracy is not None:
                summary["final"] = {"validation_accuracy": accuracy}
            (folder / "summary.json").write_text(json.dumps(summary))
        return draw(study, tmp_path, study.questions[0], "title")

    return picture


def cells(figure):
    return figure.axes[0].images[0].get_array().filled(np.nan).tolist()


def test_a_heat_map_has_the_first_key_down_and_the_second_across(drawn):
    figure = drawn(
        "step_size = [0.1, 1]\nhidden_dim = [4, 8, 16]\n", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    )
    assert cells(figure) == [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]
    assert figure.axes[0].get_ylabel() == "step_size"
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["4", "8", "16"]


def test_a_heat_map_shows_the_best_over_a_third_key(drawn):
    grid = "step_size = [0.1, 1]\nhidden_dim = [4, 8]\nbatch_size = [10, 20]\n"
    figure = drawn(grid, [0.1, 0.2, 0.4, 0.3, 0.5, 0.6, 0.7, 0.8])
    assert cells(figure) == [[0.2, 0.4], [0.6, 0.8]]
    assert "the best over batch_size" in figure.get_suptitle()


def test_a_heat_map_shows_finished_runs_and_names_the_others(drawn):
    grid = "step_size = [0.1, 1]\nhidden_dim = [4, 8]\n"
    figure = drawn(grid, [0.1, 0.9, None, 0.4], ["finished", "diverged", "diverged", "finished"])
    np.testing.assert_equal(cells(figure), [[0.1, np.nan], [np.nan, 0.4]])
    assert figure.axes[0].patches[0].get_xy() == (0.5, 0.5)
    left_out = (
        "left out: step_size=0.1,hidden_dim=8 (diverged), step_size=1,hidden_dim=4 (diverged)"
    )
    assert left_out in figure.get_suptitle()


def test_a_heat_map_of_no_finished_run_is_not_drawn(drawn):
    grid = "step_size = [0.1, 1]\nhidden_dim = [4, 8]\n"
    assert drawn(grid, [0.1] * 4, ["diverged"] * 4) is None
