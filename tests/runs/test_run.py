"""A run in its folder: what it leaves there, and what is left alone."""

import json
import tomllib
from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest

from handgrad import files
from handgrad.datasets import Source
from handgrad.errors import UsageError
from handgrad.evaluation import evaluate
from handgrad.hyperparameters import Hyperparameters
from handgrad.models import load_model
from handgrad.runs import Run, read_history
from handgrad.training import DivergenceError
from tests.runs.made import carried_out, contents

pytestmark = pytest.mark.usefixtures("blank_pictures")


def test_the_folder_holds_what_it_should(tmp_path, source):
    carried_out(tmp_path / "run", Hyperparameters(max_epochs=3, batch_size=10), source)
    folder = tmp_path / "run"
    assert {path.name for path in folder.iterdir()} == {
        "config.toml", "iterations.csv", "epochs.csv", "summary.json", "model.safetensors",
        "learning-curves.png",
    }  # fmt: skip
    config = tomllib.loads((folder / "config.toml").read_text())
    assert config["hyperparameters"]["max_epochs"] == 3
    assert config["data"]["data"] == str(tmp_path / "tiny.npz")
    iterations = (folder / "iterations.csv").read_text().splitlines()
    assert iterations[0] == "iteration,epoch,train_loss,train_accuracy"
    assert [line.split(",")[:2] for line in iterations[1:]] == [
        [str(i), str((i + 2) // 3)] for i in range(1, 10)
    ]
    epochs = (folder / "epochs.csv").read_text().splitlines()
    assert epochs[0] == "epoch,iteration,validation_loss,validation_accuracy,seconds"
    assert [line.split(",")[:2] for line in epochs[1:]] == [["1", "3"], ["2", "6"], ["3", "9"]]
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["status"] == "finished"
    assert summary["seed"] == 102
    assert summary["final"]["epoch"] == 3
    assert {"handgrad", "numpy", "python"} <= set(summary["versions"])
    assert (folder / "learning-curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_whose_picture_cannot_be_drawn_has_its_summary(tmp_path, source, monkeypatch):
    run = Run.create(tmp_path / "run", Hyperparameters(max_epochs=1), source)
    list(run.training)
    with monkeypatch.context() as broken:
        broken.setattr("handgrad.plots.curves.learning_curves", lambda history: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run.finish("finished")
    assert json.loads((run.folder / "summary.json").read_text())["status"] == "finished"
    Run.resume(run.folder).finish("finished")
    assert (run.folder / "learning-curves.png").exists()


def test_the_summary_says_what_the_run_came_to(tmp_path, source):
    asked = Hyperparameters(max_epochs=4, batch_size=10, seed=7, step_size=2.0)
    run = Run.create(tmp_path / "run", asked, source)
    for _ in range(3):
        next(run.training)
    run.finish("interrupted")
    summary = json.loads((run.folder / "summary.json").read_text())
    epochs = run.training.history.epochs
    counts = [summary[name] for name in ("seed", "parameters", "epochs", "iterations")]
    assert counts == [7, run.training.network.parameters.size, 3, 9]
    assert summary["status"] == "interrupted"
    assert summary["seconds"] == pytest.approx(sum(epoch.seconds for epoch in epochs))
    assert summary["final"] == asdict(epochs[-1])
    assert summary["best"] == asdict(run.training.history.best) != summary["final"]
    for part, examples in (("train", 25), ("validation", 5)):
        data = getattr(run.training, part)
        assert summary["data"][part] == {
            "name": data.name,
            "examples": examples,
            "pixels": 12,
            "fingerprint": data.fingerprint,
        }


@pytest.mark.parametrize("preparation", ["standardize", "straighten", "oriented_gradients"])
def test_the_model_saved_is_worth_what_was_measured(tmp_path, few, preparation):
    asked = Hyperparameters(max_epochs=1, step_size=0.1, **{preparation: True})
    run = Run.create(tmp_path / "run", asked, Source(), few)
    list(run.training)
    run.finish("finished")
    loss = evaluate(load_model(run.folder), few[1]).loss
    assert loss == pytest.approx(run.training.history.epochs[0].validation_loss, rel=1e-5)


def test_the_same_seed_writes_the_same_bytes(tmp_path, source):
    for name in ("one", "two"):
        carried_out(tmp_path / name, Hyperparameters(max_epochs=3), source)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_folder_in_use_is_left_alone(tmp_path, source):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(UsageError, match="exists already"):
        Run.create(tmp_path, Hyperparameters(), source)
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_a_folder_that_was_taken_while_the_data_were_read_is_left_alone(
    tmp_path, tiny, monkeypatch
):
    def read_slowly(source):
        (tmp_path / "thesis.txt").touch()
        return tiny, tiny

    monkeypatch.setattr(Source, "load", read_slowly)
    with pytest.raises(UsageError, match="exists already"):
        Run.create(tmp_path, Hyperparameters(), Source())
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_that_is_there_and_empty_is_taken(tmp_path, source):
    (tmp_path / "run").mkdir()
    assert carried_out(tmp_path / "run", Hyperparameters(max_epochs=1), source).training.ended


def test_a_run_that_diverges_keeps_its_history_and_its_last_whole_epoch(tmp_path):
    hyperparameters = Hyperparameters(step_size=1e38, max_epochs=50, num_layers=1)
    run = Run.create(tmp_path / "run", hyperparameters, Source())
    with pytest.raises(DivergenceError) as caught:
        list(run.training)
    run.finish("diverged")
    iterations = (run.folder / "iterations.csv").read_text().splitlines()
    assert len(iterations) == caught.value.iteration
    assert json.loads((run.folder / "summary.json").read_text())["status"] == "diverged"
    assert (run.folder / "learning-curves.png").exists()
    if run.training.epoch:
        assert np.isfinite(load_model(run.folder).network.parameters).all()


def test_two_processes_do_not_write_to_one_folder(tmp_path, source, monkeypatch):
    monkeypatch.setattr(files, "PATIENCE", 0)
    run = Run.create(tmp_path / "run", Hyperparameters(max_epochs=2), source)
    with pytest.raises(UsageError, match="another process is writing there"):
        Run.resume(tmp_path / "run")
    run.finish("interrupted")
    resumed = Run.resume(tmp_path / "run")
    with pytest.raises(UsageError, match="another process is writing there"):
        Run.resume(tmp_path / "run")
    resumed.finish("interrupted")


def test_the_model_of_a_run_with_an_average_is_the_average(tmp_path, source):
    asked = Hyperparameters(max_epochs=3, average="stochastic", average_start=0.0)
    run = carried_out(tmp_path / "run", asked, source)
    saved = load_model(run.folder).network.parameters
    np.testing.assert_array_equal(saved, run.training.average.vector)
    assert not np.array_equal(saved, run.training.network.parameters)


def test_a_run_is_saved_when_the_last_time_was_a_while_ago(tmp_path, source, monkeypatch):
    clock = SimpleNamespace(monotonic=lambda: now)
    monkeypatch.setattr("handgrad.runs.run.time", clock)
    now, saved = 0.0, []
    run = Run.create(tmp_path / "run", Hyperparameters(max_epochs=7), source)
    for _ in run.training:
        now += 0.4
        run.record()
        saved.append(len(read_history(run.folder).epochs))
    assert saved == [0, 0, 3, 3, 3, 6, 6]
