"""The commands that make a report's results again."""

import shlex
from pathlib import Path

from handgrad.cli import run
from handgrad.report.bayes import collect_bayes
from handgrad.report.collecting import collect
from handgrad.report.material import Material
from handgrad.report.repeating import LINE, folded


def test_a_long_command_is_folded_between_its_words():
    words = ["handgrad", "train", "my data.csv", "--hidden-dim", *["512"] * 40, "--out", "it's"]
    text = folded(shlex.join(words))
    assert max(map(len, text.splitlines())) <= LINE + len(" \\")
    assert shlex.split(text.replace("\\\n", "")) == words


def test_a_short_command_is_left_alone():
    for command in ("pip install --editable '.[report]'", "# the network's file has to be there"):
        assert folded(command) == command


def commands_with(network):
    """The commands of a report whose Naïve Bayes was held against this network."""
    found = collect_bayes(Path("runs/bayes"))
    found.settings["network"] = str(Path(network).resolve())
    return Material(studies=[collect(Path("studies/small"))], bayes=found).commands()


def test_the_network_that_naive_bayes_is_held_against_can_be_made_again(here):
    words = ["--num-layers", "3", "--hidden-dim", "4", "--hidden-dim", "5", "--max-epochs", "2"]
    words += ["--warps", "--seed", "7", "--threads", "1"]
    assert run(["train", "tiny.npz", *words, "--out", "runs/mine", "--quiet"]) == 0
    model = Path("runs/mine/model.safetensors").read_bytes()
    train, bayes = commands_with("runs/mine")[-3:-1]
    assert "--network runs/mine" in bayes
    Path("runs/mine").rename("runs/before")
    assert run([*shlex.split(train)[1:], "--quiet"]) == 0
    assert Path("runs/mine/model.safetensors").read_bytes() == model


def test_a_network_of_a_study_is_made_by_the_study(here):
    found = commands_with("studies/small/runs/fast")
    assert [each.split()[1] for each in found[-3:]] == ["study", "bayes", "report"]


def test_a_network_of_unknown_origin_has_to_be_there(here):
    assert "# the network has to be there: my.safetensors" in commands_with("my.safetensors")
