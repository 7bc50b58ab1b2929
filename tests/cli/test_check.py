"""What `handgrad check` does beside judging: where it writes, and in which characters."""

import os
import subprocess
import sys

import pytest

from handgrad.cli import run

RELU = """
import numpy as np

class ReLU:
    def forward(self, X):
        self.X = X
        return np.maximum(X, 0)

    def backward(self, grad):
        return grad * (self.X > 0)
"""


@pytest.fixture(autouse=True)
def relu(here):
    (here / "relu.py").write_text(RELU)


@pytest.mark.parametrize(
    ("arguments", "out"),
    [
        (["relu.py"], "relu.py"),
        (["relu.py"], "link.py"),
        (["--all", "."], "class/one.py"),
        (["relu.py", "--rubric", "rubric.toml"], "rubric.toml"),
    ],
)
def test_a_verdict_does_not_replace_what_it_is_made_from(here, arguments, out, capsys):
    (here / "link.py").symlink_to("relu.py")
    (here / "class").mkdir()
    (here / "class" / "one.py").write_text(RELU)
    (here / "rubric.toml").write_text("[relu]\nforward = 1\n")
    before = (here / out).read_text()
    assert run(["check", *arguments, "--out", out]) == 2
    told = f"handgrad: --out {out} is what the verdict is made from; name another file\n"
    assert capsys.readouterr().err == told
    assert (here / out).read_text() == before


def test_a_verdict_replaces_the_one_before(here):
    for _ in range(2):
        assert run(["check", "--all", ".", "--out", "verdict.txt"]) == 0
    told = (here / "verdict.txt").read_text()
    assert told.endswith("\n\nNothing wrong was found in 1 of 1 submission.\n")
    assert "times" not in told


def test_marks_that_the_encoding_lacks_are_words(here):
    (here / "wrong.py").write_text(RELU.replace("X > 0", "X < 0"))

    def printed(*arguments):
        command = [sys.executable, "-m", "handgrad", "check", *arguments]
        environment = os.environ | {"PYTHONIOENCODING": "ascii"}
        return subprocess.run(command, capture_output=True, text=True, env=environment).stdout

    assert "ok forward   WRONG input gradient" in printed("wrong.py")
    rows = printed("--all", ".").splitlines()[1:3]
    assert [row.split()[:2] for row in rows] == [["relu.py", "ok"], ["wrong.py", "WRONG"]]
