import shutil
from pathlib import Path

import numpy as np
import pytest

from handgrad import contest as contests
from handgrad.cli import run
from handgrad.datasets import Dataset, Source, write_npz
from handgrad.recipe import NARROW, SECONDS_KEPT_BACK, seconds_per_epoch

COURSE = """
title = "A small course"
[defaults]
max_epochs = 3
batch_size = 10
step_size = 0.5
[data]
data = "tiny.npz"
[[run]]
name = "default"
[[run]]
name = "slow"
step_size = 1e-6
[[run]]
name = "deep"
num_layers = 3
[[run]]
name = "seed-1"
seed = 1
[[run]]
name = "seed-2"
seed = 2
[[question]]
name = "step"
title = "How far is a step?"
runs = ["default", "slow"]
[[claim]]
question = "step"
says = "slow: no learning"
runs = ["slow"]
quantity = "training_fall"
below = 0.5
because = "half is little"
[[question]]
name = "why"
title = "Why is that?"
runs = ["deep"]
picture = "gradients"
[[claim]]
question = "why"
says = "σ′ vanishes"
runs = ["deep"]
quantity = "slope_product"
below = 0.5
because = "σ′ is at most a quarter"
[[question]]
name = "seeds"
title = "And by chance?"
runs = ["default", "seed-1", "seed-2"]
"""

SMALL = """
title = "A small study"
[defaults]
max_epochs = 2
[data]
data = "tiny.npz"
[[run]]
name = "slow"
step_size = 1e-6
[[run]]
name = "fast"
[[question]]
name = "step"
title = "Is *it* $fast$ #x @y?"
text = "As far as *this* #goes."
[[claim]]
question = "step"
says = "slow: better than sure"
runs = ["slow"]
quantity = "final_accuracy"
above = 1
because = "it cannot be"
"""


@pytest.fixture(scope="session")
def made(tmp_path_factory, drawing_nothing):
    """A folder with all that a course's report is made of, small: three epochs on thirty images."""
    folder = tmp_path_factory.mktemp("made of")
    rng = np.random.default_rng(5)
    pixels = rng.integers(0, 256, (60, 3, 4), dtype=np.uint8)
    write_npz(folder / "tiny.npz", Dataset(pixels, np.arange(60) % 5, name="tiny"))
    (folder / "course.toml").write_text(COURSE)
    (folder / "small.toml").write_text(SMALL)
    with pytest.MonkeyPatch.context() as patch, drawing_nothing():
        patch.chdir(folder)
        for study in ("course.toml", "small.toml"):
            assert run(["study", study, "--jobs", "1", "--quiet"]) == 0
        network = ["--network", "studies/course/runs/default"]
        assert run(["bayes", "tiny.npz", *network, "--out", "runs/bayes", "--quiet"]) == 0
        _make_entry(Path("runs/contest"))
    return folder


@pytest.fixture(scope="session")
def reported(made):
    """The folder with the reports of all that, as PDF with its zip and as HTML."""
    folder = made / "reported"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made)
        for format in ("pdf", "html"):
            assert run(["report", "--quiet", "--format", format, "--out", "reported"]) == 0
    return folder


@pytest.fixture
def here(made, tmp_path, monkeypatch):
    """A copy of that folder, which is the working directory."""
    copy = tmp_path / "a copy"
    shutil.copytree(made, copy, ignore=shutil.ignore_patterns("reported"))
    monkeypatch.chdir(copy)
    return copy


def _make_entry(folder):
    source = Source(data=Path("tiny.npz"))
    minutes = (SECONDS_KEPT_BACK + 2.5 * seconds_per_epoch(NARROW, source.load())) / 60
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contests, "available_cores", lambda: 1)
        contests.new_contest(folder, minutes, 102, source, Path("tiny.npz"))
        assert run(["contest", "--resume", str(folder), "--quiet"]) == 0
