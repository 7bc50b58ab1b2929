"""Naïve Bayes in a report: which panels, which classes, and what the captions say of them."""

import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from handgrad.bayes_folder import read_bayes
from handgrad.datasets import Dataset
from handgrad.naive_bayes import BernoulliNaiveBayes
from handgrad.naive_bayes.pixels import fit_pixels
from handgrad.report.bayes import bayes_section, sentences
from handgrad.report.sections import Pictures


def section_of(found):
    """The section, and the contents of its pictures by their names."""
    pictures = Pictures()
    return bayes_section(found, pictures), pictures.files


def test_a_network_that_was_trained_for_the_comparison_has_its_panel(here):
    folder = Path("runs/bayes")
    shutil.copy("studies/course/runs/default/model.safetensors", folder / "network.safetensors")
    config = folder / "config.toml"
    lines = config.read_text().splitlines()
    config.write_text("\n".join(line for line in lines if not line.startswith("network")))
    section, pictures = section_of(read_bayes(folder))
    assert b"<!-- network" in pictures[section["reliability"]["file"]]
    assert "not kept" not in section["reliability"]["caption"]


def test_a_network_that_was_made_anew_since_is_not_taken_for_the_one_that_was_compared(here):
    anew = Path("studies/course/runs/seed-1/model.safetensors")
    found = replace(read_bayes(Path("runs/bayes")), network=anew)
    section, pictures = section_of(found)
    assert b"<!-- network" not in pictures[section["reliability"]["file"]]
    assert "not kept" in section["reliability"]["caption"]


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (2, "blue speaks for 1, red for 0."),
        (100, "red against it. The first 20 of 100 classes."),
    ],
)
def test_the_weights_have_room_and_their_caption_says_what_they_are(here, classes, said):
    pixels = np.random.default_rng(0).integers(0, 256, (2 * classes, 3, 4), dtype=np.uint8)
    data = Dataset(pixels, np.arange(2 * classes) % classes, name="many")
    model = fit_pixels(BernoulliNaiveBayes(threshold=127), data)
    found = replace(
        read_bayes(Path("runs/bayes")), model=model, network=None, train=data, validation=data
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        section, _ = section_of(found)
    assert section["weights"]["caption"].endswith(said)
    assert "The network is not kept" in section["reliability"]["caption"]


def figures(accuracy, confidence):
    return {
        "validation_accuracy": accuracy,
        "validation_loss": 1.0,
        "mean_confidence": confidence,
        "calibration_error": 0.1,
    }


@pytest.mark.parametrize(
    ("confidence", "bayes_ends", "network_is"),
    [
        (0.9, "is right in 80.0%: inputs that tell the same count like copies.", "too much"),
        (0.6, "is right in 80.0%.", "too little"),
    ],
)
def test_over_confidence_is_spoken_of_where_more_is_claimed_than_is_right(
    confidence, bayes_ends, network_is
):
    names = ("Naïve Bayes", "each pixel × 4", "network")
    copies, network = sentences(dict.fromkeys(names, figures(0.8, confidence)))
    assert copies.endswith(bayes_ends)
    assert f"claims {confidence:.1%}: {network_is}." in network
