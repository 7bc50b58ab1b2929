"""A standard output that takes no more: what each command then does, and says."""

import os
from pathlib import Path

import numpy as np
import pytest

from handgrad.cli import run
from handgrad.cli.standard_output import run_tolerantly
from handgrad.datasets import write_npz

FULL = Path("/dev/full")
TRAIN = ["train", "tiny.npz", "--max-epochs", "12", "--batch-size", "10", "--out", "run"]


pytestmark = pytest.mark.usefixtures("blank_pictures")


@pytest.fixture(autouse=True)
def files(here, tiny):
    write_npz(here / "tiny.npz", tiny)


@pytest.fixture
def run_into(monkeypatch):
    """Run a command with a file, opened for writing, as its standard output."""

    def run_into(file, arguments):
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdout", file)
            return run_tolerantly(lambda: run(arguments))

    return run_into


@pytest.fixture
def closed_pipe():
    reader, writer = os.pipe()
    os.close(reader)
    return open(writer, "w")


@pytest.mark.parametrize(
    "arguments", [TRAIN, ["check", "right.py"], ["train", "--help"], ["study", "--dry-run"]]
)
def test_a_reader_that_left_changes_nothing(run_into, closed_pipe, here, arguments, capsys):
    (here / "right.py").write_text(
        "class ReLU:\n"
        "    def forward(self, X):\n        self.X = X\n        return X * (X > 0)\n"
        "    def backward(self, G):\n        return G * (self.X > 0)\n"
    )
    assert run_into(closed_pipe, arguments) == 0
    assert capsys.readouterr().err == ""
    assert (here / "run" / "summary.json").exists() == (arguments is TRAIN)


@pytest.mark.skipif(not FULL.exists(), reason="there is no device here that is always full")
def test_a_full_output_is_named_and_ends_no_run(run_into, here, capsys):
    assert run_into(FULL.open("w"), TRAIN) == 1
    assert capsys.readouterr().err == (
        "handgrad: standard output: No space left on device; not all was printed\n"
    )
    assert (here / "run" / "summary.json").exists()


def test_what_is_printed_arrives(run_into, here):
    with Path("printed.txt").open("w", encoding="ascii") as file:
        assert run_into(file, TRAIN) == 0
    printed = Path("printed.txt").read_text(encoding="ascii")
    assert "epoch  1/12  training loss" in printed
    batches = np.loadtxt("run/iterations.csv", delimiter=",", skiprows=1)
    loss, accuracy = batches[batches[:, 1] == 12, 2:].mean(axis=0)
    assert f"epoch 12/12  training loss {loss:.4f}, accuracy {accuracy:.1%}" in printed
    assert "accuracy" in printed.splitlines()[-2]
