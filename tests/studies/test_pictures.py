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
            summary |= {"final": {"validation_accuracy": accuracy}, "best": {}}
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
