"""The configuration of a run: what it says is read back, and what it cannot say is named."""

import numpy as np
import pytest

from handgrad.datasets import Reading, Source
from handgrad.errors import DataError, UsageError
from handgrad.hyperparameters import Hyperparameters
from handgrad.models import read_tensors, write_tensors
from handgrad.runs import Run, read_config, require_new
from tests.runs.made import carried_out, contents

pytestmark = pytest.mark.usefixtures("blank_pictures")


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        ("[hyperparameters]\n", "run"),
        ("[contest]\n[hyperparameters]\n", "contest"),
        ("mine = 1\n", None),
        ("hyperparameters\n", None),
    ],
)
def test_only_what_is_of_its_kind_is_said_to_be_resumed(tmp_path, config, kind):
    (tmp_path / "config.toml").write_text(config)
    for asked in ("run", "contest", "other"):
        with pytest.raises(UsageError, match="choose another --out") as caught:
            require_new(tmp_path, asked)
        assert ("--resume" in str(caught.value)) == (asked == kind)


def test_paths_in_the_configuration_do_not_depend_on_where_one_stands(
    tmp_path, source, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    relative = Source(data=source.data.relative_to(tmp_path), reading=Reading(classes=6))
    Run.create(tmp_path / "run", Hyperparameters(), relative)
    monkeypatch.chdir("/")
    assert Run.resume(tmp_path / "run").training.network.output_dim == 6


def test_all_that_says_where_the_data_are_is_read_back(tmp_path, tiny):
    source = Source(
        data=tmp_path / "images",
        validation=tmp_path / "others",
        validation_labels=tmp_path / "other labels",
        reading=Reading(labels=tmp_path / "labels", classes=6, image_shape=(3, 4)),
    )
    Run.create(tmp_path / "run", Hyperparameters(), source, (tiny, tiny))
    assert read_config(tmp_path / "run")[1] == source


@pytest.mark.parametrize(
    "config",
    [
        'data = "x"\n[hyperparameters]\n',
        "[data]\nfingerprint = 1\nreading = 1\n[hyperparameters]\n",
        "[hyperparameters]\n",
        "[hyperparameters]\nbatch_size = 0\n",
        "[hyperparameters",
    ],
)
def test_a_configuration_that_is_none_of_a_run_is_named(tmp_path, config):
    (tmp_path / "config.toml").write_text(config)
    with pytest.raises(DataError, match=r"config\.toml: not the configuration of a run"):
        Run.resume(tmp_path)


def test_numbers_of_numpy_are_recorded_and_give_the_same_bits(tmp_path, source):
    plain = {"seed": 3, "step_size": 0.01, "hidden_dim": (5, 4), "num_layers": 3, "max_epochs": 2}
    numpys = {
        "seed": np.int64(3),
        "step_size": np.float64(0.01),
        "hidden_dim": [np.int32(5), np.int64(4)],
        "num_layers": np.int8(3),
        "max_epochs": np.int64(2),
    }
    a = carried_out(tmp_path / "a", Hyperparameters(**plain), source)
    b = carried_out(tmp_path / "b", Hyperparameters(**numpys), source)
    assert contents(a.folder) == contents(b.folder)
    assert Hyperparameters(hidden_dim=np.int64(16)).hidden_dim == 16


def test_a_run_of_before_a_hyperparameter_existed_is_resumed(tmp_path, source):
    folder = carried_out(tmp_path / "run", Hyperparameters(max_epochs=2), source).folder
    tensors, metadata = read_tensors(folder / "model.safetensors")
    del metadata["training"]["hyperparameters"]["oriented_gradients"]
    write_tensors(folder / "model.safetensors", tensors, metadata)
    config = (folder / "config.toml").read_text()
    (folder / "config.toml").write_text(config.replace("oriented_gradients = false\n", ""))
    assert Run.resume(folder).training.epoch == 2
