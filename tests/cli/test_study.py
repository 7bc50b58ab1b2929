"""`handgrad study` as its users call it: what it says, writes and returns."""

import pytest

from handgrad.cli import run
from handgrad.datasets import write_npz

GRID = """
[defaults]
max_epochs = 2
batch_size = 10
[data]
data = "tiny.npz"
[grid]
seed = [1, 2]
"""


pytestmark = pytest.mark.usefixtures("blank_pictures")


@pytest.fixture(autouse=True)
def files(here, tiny):
    write_npz(here / "tiny.npz", tiny)
    (here / "my.toml").write_text(GRID)


def study(*arguments):
    return run(["study", *arguments, "--jobs", "1"])


def test_it_says_how_every_run_ended_the_best_and_what_it_wrote(here, capsys):
    assert study("my.toml") == 0
    output = capsys.readouterr().out
    assert "seed=1 finished: validation accuracy " in output
    assert "seed=2 finished: validation accuracy " in output
    assert "best: seed=" in output
    assert "wrote studies/my/: curves.png, results.csv, runs, study.toml" in output
    assert (here / "studies" / "my" / "results.csv").exists()


def test_again_it_runs_nothing(capsys):
    assert study("my.toml", "--quiet") == 0
    assert study("my.toml") == 0
    output = capsys.readouterr().out
    assert "2 of 2 runs had ended before" in output
    assert "seed=1 finished" not in output


def test_a_study_folder_is_a_study(here):
    assert study("my.toml", "--out", "out", "--quiet") == 0
    before = (here / "out" / "results.csv").read_text()
    assert study("out", "--out", "out", "--quiet") == 0
    assert (here / "out" / "results.csv").read_text() == before


def test_dry_run_lists_and_writes_nothing(here, capsys):
    assert study("my.toml", "--dry-run") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[0].split() == ["seed=1", "new", "seed=1"]
    assert "2 of 2 runs to do" in lines[2]
    assert not (here / "studies").exists()


def test_the_course_is_the_study_without_a_name(capsys):
    assert run(["study", "--dry-run"]) == 0
    output = capsys.readouterr().out
    assert "12 of 12 runs to do, in studies/course/" in output
    assert "relu-5-layers" in output


def test_quiet_says_nothing(capsys):
    assert study("my.toml", "--quiet") == 0
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_many_runs_are_a_few_lines(capsys, monkeypatch):
    monkeypatch.setattr("handgrad.cli.study_progress.LINES", 1)
    assert study("my.toml") == 0
    assert capsys.readouterr().out.count("finished") == 1


def test_a_terminal_shows_every_run_too(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    assert study("my.toml") == 0
    output = capsys.readouterr().out
    assert "seed=2 finished" in output
    assert "of 2 runs" in output


def test_what_failed_is_named_the_rest_is_done_and_the_status_is_1(here, capsys):
    (here / "my.toml").write_text(
        GRID + '[[run]]\nname = "huge"\nhidden_dim = 1_000_000_000_000\n'
        '[[run]]\nname = "wild"\nstep_size = 1e20\nactivation = "ReLU"\nnum_layers = 3\n'
    )
    assert study("my.toml") == 1
    captured = capsys.readouterr()
    assert "run huge failed: MemoryError" in captured.err
    assert "run wild diverged" in captured.err
    assert captured.err.count("\n") == 2
    assert captured.out.count("finished") == 2
    assert study("my.toml", "--quiet") == 1
    assert capsys.readouterr().err.count("run wild diverged") == 1


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("grid = [", "not valid TOML"),
        ("[grid]\nhiden_dim = [1]\n", "did you mean hidden_dim?"),
        ('[grid]\nhidden_dim = ["x"]\n', "a whole number"),
        ("[grid]\n", "empty"),
    ],
)
def test_a_mistake_in_the_file_is_one_line_and_status_2(here, capsys, text, part):
    (here / "my.toml").write_text(text)
    assert study("my.toml") == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "my.toml" in error
    assert part in error
    assert not (here / "studies").exists()


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        ('data = "nope.npz"', 1, "[data], data: there is no file "),
        ('data = "rows.csv"\nvalidation = "nope"', 1, "[data], validation: there is no file "),
        ('data = "rows.csv"', 2, "run 'bent': warps needs images, and rows.csv has none\n"),
    ],
)
def test_data_that_do_not_suit_are_one_line_before_anything_runs(here, capsys, data, status, said):
    (here / "rows.csv").write_text("0,0,0\n9,9,1\n" * 9)
    bent = '[[run]]\nname = "bent"\nwarps = true\n'
    (here / "my.toml").write_text(GRID.replace('data = "tiny.npz"', data) + bent)
    assert study("my.toml", "--dry-run") == status
    error = capsys.readouterr().err
    assert error.startswith(f"handgrad: my.toml, {said}")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["none.toml"],
        ["my.toml", "--jobs", "0"],
        ["my.toml", "--jobs", "2", "--cluster", "tcp://x:1"],
    ],
)
def test_a_wrong_call_is_one_line_and_status_2(capsys, arguments):
    assert run(["study", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_cluster_that_does_not_answer_is_one_line_and_status_1(here, capsys, monkeypatch):
    monkeypatch.setattr("handgrad.studies.cluster.SECONDS_TO_ANSWER", 1)
    assert run(["study", "my.toml", "--cluster", "tcp://127.0.0.1:1"]) == 1
    assert "no Dask scheduler answers" in capsys.readouterr().err
    assert not (here / "studies").exists()


def test_claims_are_printed_and_written(here, capsys):
    (here / "my.toml").write_text(
        GRID + '[[question]]\nname = "q"\ntitle = "Q"\n'
        '[[claim]]\nquestion = "q"\nsays = "more than nothing"\nruns = ["seed=1"]\n'
        'quantity = "final_accuracy"\nabove = -1\nbecause = "it cannot be less"\n'
        '[[claim]]\nquestion = "q"\nsays = "vanishing"\nruns = ["seed=2"]\n'
        'quantity = "gradient_ratio"\nbelow = 0\nbecause = "norms are positive"\n'
    )
    assert study("my.toml") == 0
    output = capsys.readouterr().out
    assert " holds: more than nothing (" in output
    assert "does not hold: vanishing (" in output
    assert (here / "studies" / "my" / "claims.json").exists()
    assert (here / "studies" / "my" / "claims.md").exists()


def test_ctrl_c_says_how_to_go_on(here, capsys, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("handgrad.studies.pool.carry_out", interrupted)
    assert study("my.toml") == 130
    assert "the same command goes on" in capsys.readouterr().err
