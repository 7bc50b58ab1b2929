"""The command as its users call it: what it writes, says and returns."""

import csv
import json
import re
import signal
from pathlib import Path

import numpy as np
import pytest

from handgrad.cli import COMMANDS, run
from handgrad.cli.tables import hanging, print_table
from handgrad.datasets import write_csv, write_idx, write_npz
from handgrad.training import Training

FAST = ["--max-epochs", "2", "--batch-size", "10"]


pytestmark = pytest.mark.usefixtures("here", "blank_pictures")


@pytest.fixture
def model(here, tiny):
    write_npz(here / "tiny.npz", tiny)
    assert run(["train", "tiny.npz", *FAST, "--out", "run", "--quiet"]) == 0
    return "run"


def test_train_says_what_it_wrote(here, capsys, tiny):
    write_npz(here / "tiny.npz", tiny)
    assert run(["train", "tiny.npz", *FAST, "--out", "run"]) == 0
    output = capsys.readouterr().out
    assert "epoch 2/2" in output
    assert "wrote run/" in output
    assert "model.safetensors" in output


def test_train_without_out_makes_a_folder_of_its_own(here, tiny):
    write_npz(here / "tiny.npz", tiny)
    for _ in range(3):  # Some of them in one second, after which their folders are named.
        assert run(["train", "tiny.npz", *FAST, "--quiet"]) == 0
    assert len(list((here / "runs").glob("*/model.safetensors"))) == 3


def test_output_where_there_is_no_terminal_is_a_few_lines(here, capsys, tiny):
    write_npz(here / "tiny.npz", tiny)
    assert run(["train", "tiny.npz", "--max-epochs", "95", "--out", "run"]) == 0
    assert len(capsys.readouterr().out.splitlines()) < 15


def test_quiet_says_nothing(model, capsys):
    capsys.readouterr()
    assert run(["predict", model, "tiny.npz", "--quiet"]) == 0
    assert run(["evaluate", model, "tiny.npz", "--quiet"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "interrupted", ["runs.run.write_history", "runs.Run._save_model", "cli.train.progress"]
)
def test_ctrl_c_at_the_start_says_how_to_go_on(here, tiny, capsys, monkeypatch, interrupted):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    write_npz(here / "tiny.npz", tiny)
    with monkeypatch.context() as patch:
        patch.setattr(f"handgrad.{interrupted}", interrupt)
        assert run(["train", "tiny.npz", *FAST, "--out", "a run"]) == 130
    assert capsys.readouterr().err == (
        "handgrad: interrupted; go on with: handgrad train --resume 'a run'\n"
    )
    assert run(["train", "--resume", "a run", "--quiet"]) == 0


def test_ctrl_c_before_there_is_a_folder_names_none(here, tiny, capsys, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    write_npz(here / "tiny.npz", tiny)
    monkeypatch.setattr("handgrad.runs.run.Training", interrupt)
    assert run(["train", "tiny.npz", "--out", "run"]) == 130
    assert capsys.readouterr().err == "handgrad: interrupted\n"
    assert not (here / "run").exists()


def test_ctrl_c_in_the_last_epoch_interrupts_nothing(here, tiny, monkeypatch):
    step = Training.__next__

    def with_ctrl_c(training):
        if training.epoch == 1:
            signal.raise_signal(signal.SIGINT)
        return step(training)

    monkeypatch.setattr(Training, "__next__", with_ctrl_c)
    write_npz(here / "tiny.npz", tiny)
    assert run(["train", "tiny.npz", *FAST, "--out", "run", "--quiet"]) == 0
    assert json.loads((here / "run" / "summary.json").read_text())["status"] == "finished"


def test_predict_writes_a_row_an_image(model, here, tiny):
    assert run(["predict", model, "tiny.npz", "--out", "answers.csv"]) == 0
    with open("answers.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["id", "digit"]
    assert [row[0] for row in rows[1:]] == [str(i) for i in range(len(tiny))]
    assert {row[1] for row in rows[1:]} <= set("01234")


def test_predict_is_for_the_test_set_unless_data_are_named(here):
    assert run(["train", "--max-epochs", "1", "--out", "run", "--quiet"]) == 0
    assert run(["predict", "run", "--quiet"]) == 0
    assert len((here / "submission.csv").read_text().splitlines()) == 4221


def test_evaluate_prints_figures_and_draws_pictures(model, here, capsys):
    assert run(["evaluate", model, "tiny.npz", "--out", "pictures"]) == 0
    output = capsys.readouterr().out
    assert "30 examples" in output
    assert "accuracy" in output
    for name in ("confusion.png", "most-wrong.png"):
        assert (here / "pictures" / name).read_bytes().startswith(b"\x89PNG")


def test_evaluate_leaves_no_picture_of_another_model(model, here, tiny):
    assert run(["evaluate", model, "tiny.npz"]) == 0
    write_csv(here / "tiny.csv", tiny)
    assert run(["train", "tiny.csv", *FAST, "--out", "other", "--quiet"]) == 0
    assert run(["evaluate", "other", "tiny.csv"]) == 0
    assert [path.name for path in (here / "evaluation").iterdir()] == ["confusion.png"]


def test_a_matrix_that_is_too_wide_to_print_is_said_to_be_in_the_picture(
    model, capsys, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "20")
    assert run(["evaluate", model, "tiny.npz"]) == 0
    output = capsys.readouterr().out
    assert "5 classes is 2" in output
    assert "columns wide, too wide to print in 20; evaluation/confusion.png has it" in output
    assert "label (row) taken for (column)" not in output


@pytest.mark.parametrize("columns", [31, 30])
def test_a_table_is_printed_whole_or_not_at_all(capsys, monkeypatch, columns):
    rows = [["", "accuracy", "loss"], ["a × 2", "92,345,678", "0.123"]]
    rows.append(["longer names", "1", "1"])
    monkeypatch.setenv("COLUMNS", str(columns))
    print_table(rows, "the table", Path("a.json"))
    expected = """
                accuracy   loss
a × 2         92,345,678  0.123
longer names           1      1

"""
    if columns < 31:
        expected = "the table is 31 columns wide, too wide to print in 30; a.json has it\n"
    assert capsys.readouterr().out == expected


def test_a_long_line_hangs_on_a_terminal_and_is_whole_elsewhere(monkeypatch):
    line = "        holds: step 0.0001: smooth (0.0%; expected below 5.0%)"
    assert hanging(line, 15) == line
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    assert hanging(line, 15).splitlines() == [
        "        holds: step 0.0001: smooth",
        "               (0.0%; expected below",
        "               5.0%)",
    ]


def test_a_class_without_examples_has_no_share(model, here, tiny, capsys):
    write_npz(here / "one.npz", tiny.rows(tiny.labels == 2))
    assert run(["evaluate", model, "one.npz"]) == 0
    assert capsys.readouterr().out.count("–") == 4


@pytest.mark.parametrize(
    ("arguments", "out"),
    [
        (["tiny.npz"], "tiny.npz"),
        (["tiny.npz"], "run/model.safetensors"),
        (["tiny.npz"], "run/config.toml"),
        (["t-images-idx3"], "t-labels-idx1"),
        (["t-images-idx3", "--labels", "other"], "other"),
        (["tiny.npz"], "notes.csv"),
    ],
)
def test_predict_replaces_nothing_but_predictions(model, here, tiny, capsys, arguments, out):
    (here / "notes.csv").write_text("digit,id\n")
    write_idx(here / "t-images-idx3", tiny)
    (here / "other").write_bytes((here / "t-labels-idx1").read_bytes())
    before = (here / out).read_bytes()
    assert run(["predict", model, *arguments, "--out", out]) == 2
    told = f"{out} is there already, and no file of predictions: name another"
    assert told in capsys.readouterr().err
    assert (here / out).read_bytes() == before


def test_predictions_in_the_run_folder_are_replaced(model):
    for _ in range(2):
        assert run(["predict", model, "tiny.npz", "--out", "run/submission.csv"]) == 0


def test_evaluate_reads_data_that_are_not_square_images(here, tiny, capsys):
    write_csv(here / "tiny.csv", tiny)
    assert run(["train", "tiny.csv", *FAST, "--out", "run", "--quiet"]) == 0
    assert run(["evaluate", "run", "tiny.csv"]) == 0
    assert "most-wrong.png" not in capsys.readouterr().out


def test_every_hyperparameter_is_an_option(here, tiny):
    write_npz(here / "tiny.npz", tiny)
    options = [
        "--seed", "3", "--step-size", "0.1", "--batch-size", "7", "--max-epochs", "1",
        "--num-layers", "3", "--hidden-dim", "5", "--activation", "Tanh", "--dtype", "float64",
        "--threads", "1",
    ]  # fmt: skip
    assert run(["train", "tiny.npz", *options, "--out", "run", "--quiet"]) == 0
    config = (here / "run" / "config.toml").read_text()
    for line in ("seed = 3", "step_size = 0.1", 'activation = "Tanh"', "hidden_dim = 5"):
        assert line in config


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "--step-size", "0"], "--step-size must be a number above 0, got 0.0"),
        (["train", "--step-size=-1"], "--step-size must be a number above 0, got -1.0"),
        (["train", "--step-size", "fast"], "--step-size"),
        (["train", "--batch-size", "0"], "--batch-size must be a whole number, 1 or more"),
        (["train", "--batch-size", "2.5"], '--batch-size: unable to convert "2.5" into int'),
        (
            ["train", "--hidden-dim", "8", "--hidden-dim", "8.5"],
            '--hidden-dim: unable to convert "8.5"',
        ),
        (["train", "--patience", "1.5"], '--patience: unable to convert "1.5" into int'),
        (["train", "--warps", "--warp-shear=-1"], "--warp-shear must be from 0 to 1,000"),
        (["train", "--activation", "sigmoid"], "--activation"),
        (
            ["train", "tiny.npz", "--classes", "65537"],
            "--classes must be from 2 to 65,536, got 65537",
        ),
        (["train", "--warps", "--warp-bumps", "101"], "--warp-bumps must be a whole number from 2"),
        (
            ["train", "--warmup-epochs", "1e308"],
            "--warmup-epochs must be from 0 to 1,000",
        ),
        (["train", "--decay", "2"], "--decay must be above 0, at most 1, got 2.0"),
        (
            ["train", "tiny.npz", "--image-shape", "-4", "-3"],
            "--image-shape must be rows and columns, 1 or more of each, got (-4, -3)",
        ),
        (
            ["train", "tiny.npz", "--validation-labels", "labels"],
            "--validation-labels needs validation, the images they belong to",
        ),
        (["train", "--warp-shift", "1"], "--warp-shift does nothing without warps"),
        (["train", "--decay", "0.5"], "--decay does nothing without schedule exponential or step"),
        (
            ["train", "--average", "stochastic", "--average-decay", "0.9"],
            "--average-decay does nothing without average exponential",
        ),
        (["train", "--resume", "run", "--seed", "1"], "--resume takes no other option"),
        (["train", "--spead", "1"], "--spead"),
        (
            ["train", "--hidden-dim", "8", "9", "10"],
            "10: more arguments than the command takes; several widths are given one by one",
        ),
        (["train", "tiny.npz", "more"], "more: more arguments than the command takes\n"),
        (["train", "--hidden-dim", "wide"], 'unable to convert "wide" into int.'),
        (["predict"], "MODEL"),
        (["classify"], "classify"),
    ],
)
def test_a_wrong_call_is_one_line_that_names_the_option(arguments, sentence, capsys, here):
    assert run(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("handgrad: ")
    assert error.count("\n") == 1
    assert sentence in error
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "tiny.npz", "--label", "first"], "--label is for CSV: tiny.npz is NPZ"),
        (["bayes", "tiny.npz", "--no-header"], "--header is for CSV: tiny.npz is NPZ"),
        (["predict", "run", "images-idx3", "--label", "none"], "images-idx3 is IDX"),
        (
            ["evaluate", "run", "images-idx3", "--image-shape", "3", "4"],
            "--image-shape is for CSV and NPZ: images-idx3 is IDX",
        ),
        (
            ["train", "tiny.npz", "--image-shape", "4", "3"],
            "--image-shape is for CSV and flat NPZ: the images of tiny.npz are 3 × 4",
        ),
        (
            ["contest", "tiny.npz", "--test", "images-idx3", "--header", "--minutes", "0"],
            "--header is for CSV: tiny.npz is NPZ and images-idx3 is IDX",
        ),
        (["study", "my.toml"], "my.toml, [data]: label is for CSV: "),
    ],
)
def test_an_option_that_no_file_has_a_use_for_is_refused(
    arguments, sentence, here, model, tiny, capsys
):
    write_idx(here / "images-idx3", tiny)
    (here / "my.toml").write_text(
        '[data]\ndata = "tiny.npz"\nlabel = "first"\n[grid]\nseed = [1]\n'
    )
    assert run([*arguments, "--out", "out"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert sentence in error
    assert not (here / "out").exists()


def test_an_option_that_one_of_the_files_has_a_use_for_is_taken(here, tiny):
    write_npz(here / "tiny.npz", tiny)
    np.savetxt("tiny.csv", np.column_stack([tiny.labels, tiny.pixels]), "%d", ",")
    np.savez("flat.npz", images=tiny.pixels, labels=tiny.labels)
    shaped = [*FAST, "--image-shape", "3", "4", "--quiet"]
    mixed = ["tiny.npz", "--validation", "tiny.csv", "--label", "first", "--no-header"]
    assert run(["train", *mixed, *shaped, "--out", "mixed"]) == 0
    assert run(["train", "flat.npz", "--straighten", *shaped, "--out", "flat"]) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "nowhere.csv"], "nowhere.csv: no such file"),
        (["train", "broken.csv"], "broken.csv, line 1, column 1"),
        (["train", "--resume", "nowhere"], "nowhere: not a run folder"),
        (["predict", "nowhere"], "nowhere: no such model file"),
        (["predict", "broken.csv"], "broken.csv: not a model file"),
        (["evaluate", "run", "wide.csv"], "images of 2 pixels, the model takes 12"),
        (
            ["predict", "run", "tiny.npz", "--out", "no/such/folder.csv"],
            "no/such: there is no such folder",
        ),
    ],
)
def test_a_problem_with_the_data_is_one_line_and_exit_status_1(
    arguments, sentence, capsys, model, here
):
    (here / "broken.csv").write_text("x,2,3\n")
    (here / "wide.csv").write_text("1,2,3\n")
    before = set(here.iterdir())
    capsys.readouterr()
    assert run(arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("handgrad: ")
    assert error.count("\n") == 1
    assert sentence in error
    assert set(here.iterdir()) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "b\udcff.csv"],
        ["train", "tiny.npz", "--validation", "b\udcff.csv"],
        ["contest", "tiny.npz", "--test", "b\udcff.csv"],
        ["bayes", "tiny.npz", "--network", "b\udcff.csv"],
    ],
)
def test_a_path_that_cannot_be_recorded_is_named_before_anything_is_made(
    here, tiny, capsys, arguments
):
    write_npz(here / "tiny.npz", tiny)
    assert run([*arguments, "--out", "out"]) == 1
    told = f"handgrad: {here}/b\\xff.csv: the path is not in UTF-8, so that it cannot be recorded"
    assert capsys.readouterr().err == f"{told}; rename it\n"
    assert not (here / "out").exists()


def test_divergence_is_exit_status_1_with_what_to_try(here, capsys):
    assert run(["train", "--num-layers", "1", "--step-size", "1e38", "--out", "run"]) == 1
    assert "try a step_size smaller than 1e+38" in capsys.readouterr().err
    assert (here / "run" / "learning-curves.png").exists()


def test_an_existing_run_is_not_written_over(model, capsys):
    before = np.fromfile("run/model.safetensors", np.uint8)
    assert run(["train", "--out", "run"]) == 2
    assert capsys.readouterr().err.endswith(
        "exists already: choose another --out, or --resume it\n"
    )
    np.testing.assert_array_equal(np.fromfile("run/model.safetensors", np.uint8), before)


@pytest.mark.parametrize("command", ["train", "contest"])
def test_what_is_no_run_is_not_said_to_be_resumed(here, capsys, command):
    (here / "notes").mkdir()
    (here / "notes" / "config.toml").write_text("mine = 1\n")
    (here / "file").touch()
    for out in ("notes", "file"):
        assert run([command, "--out", out]) == 2
        assert capsys.readouterr().err == f"handgrad: {out} exists already: choose another --out\n"


@pytest.mark.parametrize("command", ["train", "evaluate", "bayes"])
def test_a_folder_that_is_none_is_said_to_be_none(model, here, capsys, command):
    (here / "link").symlink_to("nowhere")
    given = [model] if command == "evaluate" else []
    assert run([command, *given, "tiny.npz", "--out", "link"]) == 2
    told = "handgrad: link is there already and is no folder: name another\n"
    assert capsys.readouterr().err == told


def test_help_lists_every_command_with_what_it_does(capsys):
    assert run(["--help"]) == 0
    output = capsys.readouterr().out
    for command, words in {"train": "Train a network", "check": "Judge", "bayes": "Fit"}.items():
        assert any(command in line and words in line for line in output.splitlines())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_page(command, capsys):
    assert run([command, "--help"]) == 0
    usage, _, panels = capsys.readouterr().out.partition("\n")
    assert usage == f"Usage: handgrad {command} [OPTIONS] {COMMANDS[command]}"
    for argument in re.findall("[A-Z]+", COMMANDS[command]):
        assert re.search(rf"│ [* ]*{argument} ", panels)


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "loop"],
        ["bayes", "loop"],
        ["bayes", "tiny.npz", "--network", "loop"],
        ["predict", "run", "tiny.npz", "--out", "loop"],
    ],
)
def test_a_link_that_leads_to_itself_is_named(model, here, capsys, arguments):
    (here / "loop").symlink_to("loop")
    assert run(arguments) in (1, 2)
    error = capsys.readouterr().err
    assert error.startswith("handgrad: ")
    assert "loop" in error
    assert error.count("\n") == 1
