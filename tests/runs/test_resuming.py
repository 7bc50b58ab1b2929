"""Going on with a run: to the same end, bit for bit, whatever came between."""

import contextlib
import json
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from handgrad.datasets import Source, write_npz
from handgrad.errors import DataError
from handgrad.hyperparameters import Hyperparameters
from handgrad.models import load_model, read_tensors, write_tensors
from handgrad.runs import Run, read_history, tables
from tests.runs.made import carried_out, contents

pytestmark = pytest.mark.usefixtures("blank_pictures")


@pytest.mark.parametrize("stop", [1, 2, 4])
def test_resumed_ends_bit_for_bit_where_uninterrupted_ends(tmp_path, source, stop):
    hyperparameters = Hyperparameters(max_epochs=5, batch_size=8, step_size=0.5)
    carried_out(tmp_path / "straight", hyperparameters, source)

    interrupted = Run.create(tmp_path / "resumed", hyperparameters, source)
    for _ in range(stop):
        next(interrupted.training)
    interrupted.finish("interrupted")
    resumed = Run.resume(tmp_path / "resumed")
    assert resumed.training.epoch == stop
    for _ in resumed.training:
        resumed.record()
    resumed.finish("finished")
    assert contents(tmp_path / "resumed") == contents(tmp_path / "straight")


def test_resuming_a_finished_run_goes_on_when_its_config_asks_for_more(tmp_path, source):
    carried_out(tmp_path / "long", Hyperparameters(max_epochs=4), source)
    carried_out(tmp_path / "short", Hyperparameters(max_epochs=2), source)
    config = tmp_path / "short" / "config.toml"
    config.write_text(config.read_text().replace("max_epochs = 2", "max_epochs = 4"))
    run = Run.resume(tmp_path / "short")
    list(run.training)
    run.finish("finished")
    assert contents(tmp_path / "short") == contents(tmp_path / "long")


def test_rows_after_the_checkpoint_and_a_line_cut_short_are_dropped(tmp_path, source):
    hyperparameters = Hyperparameters(max_epochs=3)
    carried_out(tmp_path / "straight", hyperparameters, source)
    run = Run.create(tmp_path / "cut", hyperparameters, source)
    next(run.training)
    run.finish("interrupted")
    with (tmp_path / "cut" / "iterations.csv").open("a") as file:
        file.write("2,2,0.5,0.5\n3,2,0.")
    with (tmp_path / "cut" / "epochs.csv").open("a") as file:
        file.write("2,2,0.5,0.5,0.1\n3,3,0.")
    run = Run.resume(tmp_path / "cut")
    list(run.training)
    run.finish("finished")
    assert contents(tmp_path / "cut") == contents(tmp_path / "straight")


def test_what_cannot_be_resumed_is_named(tmp_path, source, tiny):
    with pytest.raises(DataError, match="not a run folder"):
        Run.resume(tmp_path)
    with pytest.raises(DataError, match="not a run folder"):
        Run.resume(tmp_path / "tiny.npz")
    run = carried_out(tmp_path / "run", Hyperparameters(max_epochs=2), source)
    write_npz(tmp_path / "tiny.npz", tiny.rows(slice(20)))
    with pytest.raises(DataError, match="the data are not those"):
        Run.resume(run.folder)
    write_npz(tmp_path / "tiny.npz", tiny)
    (run.folder / "epochs.csv").write_text("epoch\n")
    with pytest.raises(DataError, match=r"epochs\.csv: damaged"):
        Run.resume(run.folder)
    (run.folder / "config.toml").write_text("[hyperparameters]\nspeed = 3\n")
    with pytest.raises(DataError, match=r"config\.toml: not the configuration of a run"):
        Run.resume(run.folder)


@pytest.mark.parametrize("part", [0, 1])
def test_a_training_or_a_validation_set_that_changed_is_noticed(tmp_path, tiny, part):
    data = [tiny, tiny]
    run = Run.create(tmp_path / "run", Hyperparameters(), Source(), tuple(data))
    run.finish("interrupted")
    Run.resume(run.folder, tuple(data)).finish("interrupted")
    data[part] = tiny.rows(slice(20))
    with pytest.raises(DataError, match="the data are not those"):
        Run.resume(run.folder, tuple(data))


def test_a_run_keeps_its_number_of_threads_on_another_machine(tmp_path, source, monkeypatch):
    monkeypatch.setattr("handgrad.threads.threads_for", lambda multiply_adds: 2)
    run = Run.create(tmp_path / "run", Hyperparameters(max_epochs=1), source)
    run.finish("interrupted")
    assert json.loads((run.folder / "summary.json").read_text())["threads"] == 2
    monkeypatch.setattr("handgrad.threads.threads_for", lambda multiply_adds: 3)
    assert Run.resume(run.folder).training.threads == 2


KILLED_RUN = """
import sys
from handgrad import files
from handgrad.datasets import Source
from handgrad.hyperparameters import Hyperparameters
from handgrad.runs import run as module
module.SECONDS_BETWEEN_CHECKPOINTS = 0
run = module.Run.create(sys.argv[1], Hyperparameters(max_epochs=2000, num_layers=1), Source())
for epoch in run.training:
    run.record()
    print(epoch.epoch, flush=True)
"""


def test_sigkill_at_any_moment_leaves_a_whole_checkpoint(tmp_path):
    """Checkpoints after every epoch, killed at five moments: each can be gone on with."""
    for epochs in (1, 3, 8, 15, 25):
        folder = tmp_path / str(epochs)
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED_RUN, str(folder)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(epochs):
            seen = int(process.stdout.readline())
        process.kill()
        last = [seen, *map(int, re.findall(r"\d+\n", process.communicate()[0]))][-1]
        assert process.returncode == -signal.SIGKILL
        load_model(folder)
        run = Run.resume(folder)
        assert run.training.epoch in (last, last + 1)
        assert next(run.training).epoch == run.training.epoch


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path):
    command = [
        sys.executable, "-m", "handgrad", "train", "--max-epochs", "100000", "--num-layers", "1",
        "--out", str(tmp_path / "run"),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    table = tmp_path / "run" / "epochs.csv"
    while not (table.exists() and table.read_text().count("\n") > 1):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"handgrad train --resume {tmp_path / 'run'}" in errors
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["status"] == "interrupted"
    assert Run.resume(tmp_path / "run").training.epoch == summary["epochs"]


def test_a_run_whose_configuration_was_changed_is_not_gone_on_with(tmp_path, source):
    carried_out(tmp_path / "run", Hyperparameters(max_epochs=2), source)
    config = tmp_path / "run" / "config.toml"
    config.write_text(config.read_text().replace("seed = 102", "seed = 7"))
    with pytest.raises(DataError, match=r"config\.toml has changed"):
        Run.resume(tmp_path / "run")


@pytest.mark.parametrize(
    ("was", "becomes", "name"),
    [("hidden_dim = 16", "hidden_dim = 9", "parameters"), ("momentum = 0.0", "momentum = 0.9", "")],
)
def test_a_checkpoint_of_another_network_or_optimizer_is_not_taken(
    tmp_path, source, was, becomes, name
):
    folder = carried_out(tmp_path / "run", Hyperparameters(max_epochs=2), source).folder
    config = (folder / "config.toml").read_text()
    (folder / "config.toml").write_text(config.replace(was, becomes))
    with pytest.raises(DataError, match=rf"training\.{name}.* is missing or does not fit config"):
        Run.resume(folder)


@pytest.mark.parametrize(
    "record", [None, {}, 1, {"epoch": "one", "averaged": 0}, {"epoch": None, "averaged": 0}]
)
def test_a_model_that_is_no_checkpoint_is_named(tmp_path, source, record):
    folder = carried_out(tmp_path / "run", Hyperparameters(max_epochs=2), source).folder
    tensors, metadata = read_tensors(folder / "model.safetensors")
    write_tensors(folder / "model.safetensors", tensors, metadata | {"training": record})
    with pytest.raises(DataError, match=r"safetensors: a model, but not the checkpoint of a run"):
        Run.resume(folder)


def test_a_run_is_not_gone_on_with_to_an_end_that_it_has_passed(tmp_path, source):
    folder = carried_out(tmp_path / "run", Hyperparameters(max_epochs=3), source).folder
    before = contents(folder), (folder / "summary.json").read_text()
    config = (folder / "config.toml").read_text()
    (folder / "config.toml").write_text(config.replace("max_epochs = 3", "max_epochs = 2"))
    with pytest.raises(
        DataError, match="max_epochs = 2, but the run was trained for 3 epochs; expected 3 or"
    ):
        Run.resume(folder)
    assert (contents(folder), (folder / "summary.json").read_text()) == before


def test_a_run_whose_checkpoint_was_lost_is_not_begun_again(tmp_path, source):
    run = carried_out(tmp_path / "run", Hyperparameters(max_epochs=2), source)
    (run.folder / "model.safetensors").unlink()
    with pytest.raises(DataError, match=r"missing, though epochs\.csv has epochs"):
        Run.resume(run.folder)
    assert len(read_history(run.folder).epochs) == 2


def test_a_run_killed_before_its_tables_were_there_can_be_gone_on_with(tmp_path, source):
    run = Run.create(tmp_path / "run", Hyperparameters(max_epochs=2), source)
    run.finish("interrupted")
    for name in ("iterations.csv", "epochs.csv"):
        (run.folder / name).unlink()
    assert Run.resume(run.folder).training.epoch == 0


@pytest.mark.parametrize(
    "hyperparameters",
    [
        {"momentum": 0.9, "nesterov": True, "schedule": "cosine", "warmup_epochs": 1.0},
        {"optimizer": "Adam", "average": "exponential", "dropout": 0.3, "input_dropout": 0.1},
        {"average": "stochastic", "average_start": 0.4, "warps": True, "standardize": True},
        {"num_layers": 4, "hidden_dim": (8, 8, 6), "residual": True, "clip_norm": 0.1},
    ],
)
def test_every_ingredient_is_resumed_bit_for_bit(tmp_path, source, hyperparameters):
    asked = Hyperparameters(max_epochs=5, batch_size=8, step_size=0.05, **hyperparameters)
    carried_out(tmp_path / "straight", asked, source)
    run = Run.create(tmp_path / "resumed", asked, source)
    for _ in range(3):
        next(run.training)
    run.finish("interrupted")
    run = Run.resume(tmp_path / "resumed")
    list(run.training)
    run.finish("finished")
    assert contents(tmp_path / "resumed") == contents(tmp_path / "straight")


def test_a_run_killed_before_its_first_checkpoint_can_be_gone_on_with(
    tmp_path, source, monkeypatch
):
    """However far its tables had come."""
    hyperparameters = Hyperparameters(max_epochs=3)
    carried_out(tmp_path / "straight", hyperparameters, source)
    run = Run.create(tmp_path / "killed", hyperparameters, source)
    next(run.training)
    monkeypatch.setattr(run, "_save_model", lambda: None)
    run.checkpoint()
    run._lock.close()
    run = Run.resume(tmp_path / "killed")
    assert run.training.epoch == 0
    list(run.training)
    run.finish("finished")
    assert contents(tmp_path / "killed") == contents(tmp_path / "straight")


def test_a_stochastic_average_survives_another_number_of_epochs(tmp_path, source):
    asked = Hyperparameters(max_epochs=8, average="stochastic", average_start=0.5)
    run = Run.create(tmp_path / "run", asked, source)
    for _ in range(4):
        next(run.training)
    run.finish("interrupted")
    config = tmp_path / "run" / "config.toml"
    config.write_text(config.read_text().replace("max_epochs = 8", "max_epochs = 6"))
    run = Run.resume(tmp_path / "run")
    vectors = []
    for _ in run.training:
        vectors.append(run.training.network.parameters.copy())
    np.testing.assert_allclose(run.training.average.vector, np.mean(vectors, axis=0), rtol=1e-4)


def test_a_finished_run_that_has_nothing_to_go_on_with_stays_finished(tmp_path, source):
    folder = carried_out(tmp_path / "run", Hyperparameters(max_epochs=2), source).folder
    Run.resume(folder)
    assert json.loads((folder / "summary.json").read_text())["status"] == "finished"


def test_a_run_gone_on_with_is_not_called_finished(tmp_path, source):
    run = carried_out(tmp_path / "run", Hyperparameters(max_epochs=2), source)
    config = run.folder / "config.toml"
    config.write_text(config.read_text().replace("max_epochs = 2", "max_epochs = 4"))
    Run.resume(run.folder)
    assert not (run.folder / "summary.json").exists()


@pytest.mark.parametrize("part", ["_append", "_save_model"])
def test_a_checkpoint_that_is_interrupted_does_no_harm(tmp_path, source, monkeypatch, part):
    asked = Hyperparameters(max_epochs=4, batch_size=10)
    expected = carried_out(tmp_path / "straight", asked, source)
    run = Run.create(tmp_path / "run", asked, source)
    owner = tables if part == "_append" else Run
    whole, calls = getattr(owner, part), []

    def interrupted_once(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(*arguments)

    monkeypatch.setattr(owner, part, interrupted_once)
    for _ in run.training:
        with contextlib.suppress(KeyboardInterrupt):
            run.checkpoint()
    run.finish("finished")
    assert contents(tmp_path / "run") == contents(expected.folder)


def test_a_resumption_that_fails_leaves_the_folder_free(tmp_path, source):
    folder = carried_out(tmp_path / "run", Hyperparameters(max_epochs=2), source).folder
    config = (folder / "config.toml").read_text()
    (folder / "config.toml").write_text(config.replace("step_size = 0.01", "step_size = 0.02"))
    with pytest.raises(DataError, match=r"config.toml has changed") as held:
        Run.resume(folder)
    (folder / "config.toml").write_text(config)
    Run.resume(folder).finish("finished")
    assert held  # With its traceback, and so with all that was going on when it was raised.
