"""The commands that make a report's results again."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from handgrad.bayes_folder import read_bayes
from handgrad.cli import run
from handgrad.datasets import Source
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


@pytest.fixture
def contest_command(here):
    """Call it with changes of the contest: gives the options of its command, by their names."""
    entry = collect_entry(Path("runs/contest"))

    def options(**changes):
        changed = replace(entry, contest=replace(entry.contest, **changes))
        material = Material(studies=[collect(Path("studies/small"))], entry=changed)
        [command] = [each for each in material.commands() if each.startswith("handgrad contest")]
        words = shlex.split(command)
        return {word: words[i + 1] for i, word in enumerate(words) if word.startswith("--")}

    return options


def test_the_contests_command_has_its_budget_with_all_digits_its_seed_and_its_test_set(
    contest_command,
):
    contest = collect_entry(Path("runs/contest")).contest
    options = contest_command(hyperparameters=replace(contest.hyperparameters, seed=31))
    assert float(options["--minutes"]) == contest.minutes
    assert options["--seed"] == "31"
    assert options["--test"].endswith("tiny.npz")


def test_the_labels_of_the_validation_set_are_in_the_command(contest_command):
    source = Source(data=Path("train"), validation=Path("images"), validation_labels=Path("labels"))
    options = contest_command(source=source)
    assert options["--validation"] == "images"
    assert options["--validation-labels"] == "labels"


def test_only_a_path_in_the_working_directory_is_written_without_it(contest_command):
    own, others = Path("my.csv").resolve(), f"/scratch{Path.cwd()}/my.csv"
    assert contest_command(test_file=own)["--test"] == "my.csv"
    assert contest_command(test_file=Path(others))["--test"] == others


def test_both_sets_are_named_with_their_own_fingerprints(made):
    small = collect(made / "studies" / "small")
    data = next(iter(small.summaries.values()))["data"]
    sentences = repeating_section([small], [])["sentences"]
    for part, verb in (("train", "Trained"), ("validation", "Validated")):
        [told] = [each for each in sentences if each.startswith(f"{verb} on ")]
        assert f"CRC-32 {data[part]['fingerprint']})" in told
