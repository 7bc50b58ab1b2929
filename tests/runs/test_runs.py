import contextlib
import json
import re
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest

from handgrad import files
from handgrad.datasets import Reading, Source, write_npz
from handgrad.errors import DataError, UsageError
from handgrad.evaluation import evaluate
from handgrad.hyperparameters import Hyperparameters
from handgrad.models import load_model, read_tensors, write_tensors
from handgrad.runs import Run, read_config, read_history, require_new, tables
from handgrad.training import DivergenceError

pytestmark = pytest.mark.usefixtures("blank_pictures")


@pytest.fixture
def source(tiny, tmp_path):
    write_npz(tmp_path / "tiny.npz", tiny)
    return Source(data=tmp_path / "tiny.npz")


def carried_out(folder, hyperparameters, source):
    run = Run.create(folder, hyperparameters, source)
    for _ in run.training:
        run.record()
    run.finish("finished")
    return run


def contents(folder):
    """All that must be the same in two runs that were asked the same: seconds left out."""
    epochs = (folder / "epochs.csv").read_text().splitlines()
    return {
        "iterations": (folder / "iterations.csv").read_bytes(),
        "epochs": [line.rpartition(",")[0] for line in epochs],
        "model": (folder / "model.safetensors").read_bytes(),
    }


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


def test_the_tables_read_back_are_the_history(tmp_path, source):
    run = carried_out(tmp_path / "run", Hyperparameters(max_epochs=3), source)
    history = read_history(tmp_path / "run")
    assert history.train_loss == run.training.history.train_loss
    assert history.train_accuracy == run.training.history.train_accuracy
    assert [e.validation_loss for e in history.epochs] == [
        e.validation_loss for e in run.training.history.epochs
    ]
    seconds = [e.seconds for e in run.training.history.epochs]
    assert [e.seconds for e in history.epochs] == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize(("last", "epochs", "batches"), [(0, 0, 0), (1, 1, 3), (2, 2, 6)])
def test_the_tables_are_read_to_the_end_of_an_epoch(tmp_path, source, last, epochs, batches):
    carried_out(tmp_path / "run", Hyperparameters(max_epochs=3, batch_size=10), source)
    history = read_history(tmp_path / "run", last)
    assert len(history.epochs) == epochs
    assert len(history.train_loss) == len(history.train_accuracy) == batches


@pytest.mark.parametrize("table", ["iterations.csv", "epochs.csv"])
@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda rows: ["epoch,loss", *rows[1:]], "damaged, expected rows of"),
        (lambda rows: [row + ",1" for row in rows], "damaged, expected rows of"),
        (lambda rows: [rows[0], *(row + ",1" for row in rows[1:])], "damaged, expected rows of"),
        (lambda rows: [*rows[:-1], rows[-1] + "x"], "missing or damaged"),
        (lambda rows: [*rows[:-1], rows[-1] + ",1"], "missing or damaged"),
        (lambda rows: rows[:-1], "damaged, 2 rows, expected 3"),
        (lambda rows: [rows[0], *rows[:1:-1]], "damaged, expected the rows"),
    ],
)
def test_a_damaged_table_is_named(tmp_path, source, table, damage, sentence):
    folder = carried_out(tmp_path / "run", Hyperparameters(max_epochs=3), source).folder
    rows = (folder / table).read_text().splitlines()
    (folder / table).write_text("\n".join(damage(rows)) + "\n")
    with pytest.raises(DataError, match=rf"{table}: {sentence}"):
        Run.resume(folder)


@pytest.mark.parametrize("table", ["iterations.csv", "epochs.csv"])
def test_a_missing_table_is_named(tmp_path, source, table):
    folder = carried_out(tmp_path / "run", Hyperparameters(max_epochs=3), source).folder
    (folder / table).unlink()
    with pytest.raises(DataError, match=f"{table}: missing or damaged"):
        Run.resume(folder)


@pytest.mark.parametrize("table", ["iterations.csv", "epochs.csv"])
def test_a_disk_that_is_full_is_said_of_the_table(tmp_path, source, table):
    run = Run.create(tmp_path / "run", Hyperparameters(max_epochs=3), source)
    next(run.training)
    (run.folder / table).unlink()
    (run.folder / table).symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as caught:
        run.checkpoint()
    assert caught.value.filename == str(run.folder / table)


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


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        ("[hyperparameters]\n", "run"),
        ("[contest]\n[hyperparameters]\n", "contest"),
        ("mine = 1\n", None),
        ("hyperparameters\n", None),
    ],
)
def test_only_what_is_of_its_kind_is_said_to_be_resumed(tmp_path, config, kind):
    (tmp_path / "config.toml").write_text(config)
    for asked in ("run", "contest", "other"):
        with pytest.raises(UsageError, match="choose another --out") as caught:
            require_new(tmp_path, asked)
        assert ("--resume" in str(caught.value)) == (asked == kind)


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


def test_paths_in_the_configuration_do_not_depend_on_where_one_stands(
    tmp_path, source, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    relative = Source(data=source.data.relative_to(tmp_path), reading=Reading(classes=6))
    Run.create(tmp_path / "run", Hyperparameters(), relative)
    monkeypatch.chdir("/")
    assert Run.resume(tmp_path / "run").training.network.output_dim == 6


def test_all_that_says_where_the_data_are_is_read_back(tmp_path, tiny):
    source = Source(
        data=tmp_path / "images",
        validation=tmp_path / "others",
        validation_labels=tmp_path / "other labels",
        reading=Reading(labels=tmp_path / "labels", classes=6, image_shape=(3, 4)),
    )
    Run.create(tmp_path / "run", Hyperparameters(), source, (tiny, tiny))
    assert read_config(tmp_path / "run")[1] == source


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


@pytest.mark.parametrize(
    "config",
    [
        'data = "x"\n[hyperparameters]\n',
        "[data]\nfingerprint = 1\nreading = 1\n[hyperparameters]\n",
        "[hyperparameters]\n",
        "[hyperparameters]\nbatch_size = 0\n",
        "[hyperparameters",
    ],
)
def test_a_configuration_that_is_none_of_a_run_is_named(tmp_path, config):
    (tmp_path / "config.toml").write_text(config)
    with pytest.raises(DataError, match=r"config\.toml: not the configuration of a run"):
        Run.resume(tmp_path)


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


def test_the_model_of_a_run_with_an_average_is_the_average(tmp_path, source):
    asked = Hyperparameters(max_epochs=3, average="stochastic", average_start=0.0)
    run = carried_out(tmp_path / "run", asked, source)
    saved = load_model(run.folder).network.parameters
    np.testing.assert_array_equal(saved, run.training.average.vector)
    assert not np.array_equal(saved, run.training.network.parameters)


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


def test_numbers_of_numpy_are_recorded_and_give_the_same_bits(tmp_path, source):
    plain = {"seed": 3, "step_size": 0.01, "hidden_dim": (5, 4), "num_layers": 3, "max_epochs": 2}
    numpys = {
        "seed": np.int64(3),
        "step_size": np.float64(0.01),
        "hidden_dim": [np.int32(5), np.int64(4)],
        "num_layers": np.int8(3),
        "max_epochs": np.int64(2),
    }
    a = carried_out(tmp_path / "a", Hyperparameters(**plain), source)
    b = carried_out(tmp_path / "b", Hyperparameters(**numpys), source)
    assert contents(a.folder) == contents(b.folder)
    assert Hyperparameters(hidden_dim=np.int64(16)).hidden_dim == 16


def test_a_run_of_before_a_hyperparameter_existed_is_resumed(tmp_path, source):
    folder = carried_out(tmp_path / "run", Hyperparameters(max_epochs=2), source).folder
    tensors, metadata = read_tensors(folder / "model.safetensors")
    del metadata["training"]["hyperparameters"]["oriented_gradients"]
    write_tensors(folder / "model.safetensors", tensors, metadata)
    config = (folder / "config.toml").read_text()
    (folder / "config.toml").write_text(config.replace("oriented_gradients = false\n", ""))
    assert Run.resume(folder).training.epoch == 2
