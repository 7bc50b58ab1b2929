"""The contest's section, from a small entry and a small study of seeds."""

from dataclasses import replace
from statistics import mean, stdev

import numpy as np
import pytest

from handgrad.datasets import Dataset
from handgrad.evaluation import Evaluation
from handgrad.report.collecting import collect
from handgrad.report.entry import ablation_table, collect_entry, entry_section
from handgrad.report.sections import Pictures


@pytest.fixture
def in_made(made, monkeypatch):
    monkeypatch.chdir(made)
    return made


def test_the_entry_is_described_as_it_is(in_made):
    found = collect_entry(in_made / "runs" / "contest")
    section = entry_section(found, None, Pictures())
    what, worth = section["sentences"]
    assert "The entry is one network, over 16 slight warps of every image" in what
    assert "trained for 2 epochs, on the 50 training examples alone" in what
    right = (found.evaluation.predictions == found.evaluation.labels).sum()
    assert f"right in {right / 10:.1%} and wrong on {10 - right}" in worth
    rows = section["changes"]["rows"]
    assert all(why for *_, why in rows)
    changes = {name: (default, entry) for name, default, entry, _ in rows}
    assert changes["warp shift"] == ("2", "1")
    assert changes["warps"] == ("no", "yes")
    assert changes["activation"] == ("Sigmoid", "ReLU")
    assert "seed" not in changes


def test_an_ablation_is_held_against_the_seeds_by_its_losses(in_made):
    collected = collect(in_made / "studies" / "course")
    rows = {row[0]: row[1:] for row in ablation_table(collected)["rows"]}
    seeds = [collected.results[name].validation_loss for name in ("default", "seed-1", "seed-2")]
    recipe = mean(seeds)
    slow = collected.results["slow"].validation_loss
    assert rows["whole"][:3] == ["3", f"{recipe:.4f}", f"{stdev(seeds):.4f}"]
    assert rows["slow"][:2] == ["1", f"{slow:.4f}"]
    assert float(rows["slow"][4].replace("−", "-")) == pytest.approx(slow - recipe, abs=1e-4)
    assert set(rows) == {"whole", "slow", "deep"}


def test_the_hardest_digits_are_told_from_all_that_are_wrong(in_made, blank_pictures):
    found = collect_entry(in_made / "runs" / "contest")
    labels = np.arange(30) % 5
    images = Dataset(np.zeros((30, 3, 4), np.uint8), labels)
    contest = replace(found.contest, data=(images, images))

    def caption(wrong):
        predicted = np.where(np.arange(30) < wrong, (labels + 1) % 5, labels)
        evaluation = Evaluation(np.log(np.where(np.eye(5)[predicted], 0.6, 0.1)), labels)
        entry = replace(found, contest=contest, evaluation=evaluation)
        return entry_section(entry, None, Pictures())["hardest"]["caption"]

    assert caption(7).startswith("The hardest digits: all 7 that are taken for another, first")
    assert caption(29).startswith("The hardest digits: 24 of the 29 that are taken for")
