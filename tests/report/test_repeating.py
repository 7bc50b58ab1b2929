"""The commands that make a report's results again."""

import shlex

from handgrad.report.repeating import LINE, folded


def test_a_long_command_is_folded_between_its_words():
    words = ["handgrad", "train", "my data.csv", "--hidden-dim", *["512"] * 40, "--out", "it's"]
    text = folded(shlex.join(words))
    assert max(map(len, text.splitlines())) <= LINE + len(" \\")
    assert shlex.split(text.replace("\\\n", "")) == words


def test_a_short_command_is_left_alone():
    assert folded("pip install 'handgrad[report]'") == "pip install 'handgrad[report]'"
