"""What a question's picture is made of: which runs, and what of them."""

import json

import numpy as np
import pytest

from handgrad.studies import read_study
from handgrad.studies.folder import run_folder
from handgrad.studies.gradients import GRADIENTS_FILE, LayerGradients, write_gradients
from handgrad.studies.pictures import draw


@pytest.fixture
def drawn(tmp_path):
    """Call it with a grid and each run's accuracy, in order, to have its picture."""

    def picture(grid, accuracies, statuses=None, runs=""):
        (tmp_path / "g.toml").write_text(runs + "[grid]\n" + grid)
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
    assert "each cell: the best over batch_size" in figure.get_suptitle()


def test_a_heat_map_shows_the_mean_over_seeds_and_not_the_luckiest(drawn):
    grid = "hidden_dim = [4, 8]\nactivation = ['ReLU', 'Tanh']\nseed = [1, 2, 3]\n"
    accuracies = [0.1, 0.2, 0.9, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.5, 0.3, 0.4]
    statuses = ["finished"] * 11 + ["diverged"]
    figure = drawn(grid, accuracies, statuses)
    np.testing.assert_allclose(cells(figure), [[0.4, 0.5], [0.8, 0.4]])
    assert "each cell: the mean over seed" in figure.get_suptitle()


def test_a_heat_map_shows_the_best_of_the_means_over_seeds(drawn):
    grid = (
        "hidden_dim = [4, 8]\nactivation = ['ReLU', 'Tanh']\nseed = [1, 2]\nnum_layers = [2, 3]\n"
    )
    accuracies = [0.9, 0.4, 0.1, 0.8, 0.9, 0.4, 0.1, 0.2, *[0.5] * 8]
    figure = drawn(grid, accuracies)
    np.testing.assert_allclose(cells(figure), [[0.6, 0.5], [0.5, 0.5]])
    assert "the best over num_layers, of the mean over seed" in figure.get_suptitle()


def test_a_heat_map_of_seeds_shows_each(drawn):
    figure = drawn("seed = [1, 2]\nhidden_dim = [4, 8]\n", [0.1, 0.2, 0.3, 0.4])
    assert cells(figure) == [[0.1, 0.2], [0.3, 0.4]]


def test_gradients_are_drawn_of_no_more_runs_than_there_is_room_for(tmp_path):
    runs = "".join(f'[[run]]\nname = "run {i}"\nseed = {i}\n' for i in range(12))
    asked = '[[question]]\nname = "why"\ntitle = "Why?"\npicture = "gradients"\n'
    (tmp_path / "g.toml").write_text(runs + asked)
    study = read_study(tmp_path / "g.toml")
    for run in study.runs:
        folder = run_folder(tmp_path, run.name)
        folder.mkdir(parents=True)
        write_gradients(folder / GRADIENTS_FILE, LayerGradients(np.ones((3, 2)), np.ones((3, 1))))
    figure = draw(study, tmp_path, study.questions[0])
    assert [axes.get_title() for axes in figure.axes] == ["run 0", "run 1", "run 2", "run 3"]
    assert "the first 4 of 12 runs" in figure.get_suptitle()


def test_a_heat_map_shows_finished_runs_and_names_the_others(drawn):
    grid = "step_size = [0.1, 1]\nhidden_dim = [4, 8]\n"
    figure = drawn(grid, [0.1, 0.9, None, 0.4], ["finished", "diverged", "diverged", "finished"])
    np.testing.assert_equal(cells(figure), [[0.1, np.nan], [np.nan, 0.4]])
    assert figure.axes[0].patches[0].get_xy() == (0.5, 0.5)
    left_out = (
        "left out: step_size=0.1,hidden_dim=8 (diverged), step_size=1,hidden_dim=4 (diverged)"
    )
    assert left_out in figure.get_suptitle()


def test_a_heat_map_names_the_runs_beside_the_grid(drawn):
    grid = "step_size = [0.1, 1]\nhidden_dim = [4, 8]\n"
    figure = drawn(grid, [0.99, 0.1, 0.2, 0.3, 0.4], runs='[[run]]\nname = "deep"\n')
    assert cells(figure) == [[0.1, 0.2], [0.3, 0.4]]
    assert figure.get_suptitle().endswith("not of the grid, so not shown: deep (finished)")


def test_a_heat_map_of_no_finished_run_is_not_drawn(drawn):
    grid = "step_size = [0.1, 1]\nhidden_dim = [4, 8]\n"
    assert drawn(grid, [0.1] * 4, ["diverged"] * 4) is None
