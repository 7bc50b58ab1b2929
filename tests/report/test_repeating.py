"""The commands that make a report's results again."""

import shlex
from dataclasses import replace
from pathlib import Path

from handgrad.bayes_folder import read_bayes
from handgrad.cli import run
from handgrad.report.collecting import collect
from handgrad.report.entry import collect_entry
from handgrad.report.material import Material
from handgrad.report.repeating import LINE, folded, repeating_section
from handgrad.studies import course_study
from handgrad.studies.results import Result


def test_a_long_command_is_folded_between_its_words():
    words = ["handgrad", "train", "my data.csv", "--hidden-dim", *["512"] * 40, "--out", "it's"]
    text = folded(shlex.join(words))
    assert max(map(len, text.splitlines())) <= LINE + len(" \\")
    assert shlex.split(text.replace("\\\n", "")) == words


def test_a_short_command_is_left_alone():
    for command in ("pip install --editable '.[report]'", "# the network's file has to be there"):
        assert folded(command) == command


def test_of_more_than_a_hundred_runs_it_says_where_the_figures_are(made):
    small = collect(made / "studies" / "small")
    many = replace(small, results={f"run-{i}": Result(f"run-{i}", "failed") for i in range(101)})
    section = repeating_section([small, many], [])
    [table] = section["tables"]
    assert [row[0] for row in table["rows"]] == ["slow", "fast"]
    assert section["sentences"][-1] == (
        "The figures of the 101 runs of “A small study” are in its results.csv."
    )


def commands_with(network):
    """The commands of a report whose Naïve Bayes was held against this network."""
    found = read_bayes(Path("runs/bayes"))
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


def test_the_course_as_it_is_has_the_short_command_and_a_course_of_ones_own_its_file(here):
    own = collect(Path("studies/course"))
    assert "handgrad study" not in Material(studies=[own]).commands()
    assert "studies/course/study.toml" in Material(studies=[own]).definitions()
    handgrads = Material(studies=[replace(own, study=course_study())])
    assert "handgrad study" in handgrads.commands()
    assert handgrads.definitions() == {}


def test_the_contests_budget_is_written_with_all_its_digits_and_its_test_set(here):
    entry = collect_entry(Path("runs/contest"))
    [words] = [
        shlex.split(command)
        for command in Material(studies=[collect(Path("studies/small"))], entry=entry).commands()
        if command.startswith("handgrad contest")
    ]
    assert float(words[words.index("--minutes") + 1]) == entry.contest.minutes
    assert words[words.index("--test") + 1].endswith("tiny.npz")
