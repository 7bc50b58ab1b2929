"""`handgrad bayes`, the folder it writes, and the commands that take its model."""

import json
import math
import tomllib

import numpy as np
import pytest
from matplotlib.image import imread

from handgrad.bayes_folder import read_bayes
from handgrad.cli import run
from handgrad.datasets import Dataset, Scaling, small_mnist, write_csv, write_npz
from handgrad.ensemble import AverageModel, save_average
from handgrad.errors import DataError
from handgrad.evaluation import evaluate
from handgrad.models import (
    NetworkModel,
    load_model,
    read_tensors,
    save_model,
    write_tensors,
)
from handgrad.naive_bayes import BernoulliNaiveBayes
from handgrad.naive_bayes.pixels import fit_pixels, save_bernoulli
from handgrad.naive_bayes.study import mean_confidence, study_duplication
from handgrad.network import FeedForwardNeuralNetwork

FOLDER = {
    "config.toml",
    "duplication.png",
    "model.safetensors",
    "reliability.png",
    "summary.json",
    "weights.png",
}


@pytest.fixture(scope="module")
def model():
    return fit_pixels(BernoulliNaiveBayes(threshold=127), small_mnist().train)


@pytest.fixture(scope="module")
def model_file(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    save_bernoulli(path, model)
    return path


def save_network(path, input_dim, output_dim):
    """A network that was never trained: to train one would take seconds."""
    network = FeedForwardNeuralNetwork(input_dim, output_dim, hidden_dim=8, rng=0)
    save_model(path, NetworkModel(network, Scaling()))
    return path


@pytest.fixture(scope="module")
def network_file(tmp_path_factory):
    return save_network(tmp_path_factory.mktemp("network") / "model.safetensors", 784, 10)


@pytest.fixture(scope="module")
def folder(network_file, tmp_path_factory):
    out = tmp_path_factory.mktemp("bayes") / "run"
    arguments = ["bayes", "--threshold", "100", "--network", str(network_file), "--out", str(out)]
    assert run([*arguments, "--quiet"]) == 0
    return out


def test_the_folder_is_like_that_of_a_run(folder, network_file):
    assert {path.name for path in folder.iterdir()} == FOLDER
    config = tomllib.loads((folder / "config.toml").read_text())
    assert config["bayes"] == {
        "threshold": 100,
        "alpha": 1,
        "priors": "learned",
        "network": str(network_file),
    }
    summary = json.loads((folder / "summary.json").read_text())
    once, twice, four = summary["final"], *summary["copied_pixels"].values()
    assert 0.80 < once["validation_accuracy"] < 0.87
    assert {"data", "versions", "platform", "network"} < set(summary)
    for fewer, more in ((once, twice), (twice, four)):
        assert abs(more["validation_accuracy"] - fewer["validation_accuracy"]) < 0.01
        for measure in ("validation_loss", "mean_confidence", "expected_calibration_error"):
            assert more[measure] > fewer[measure]


def test_predict_and_evaluate_take_the_model(folder, tmp_path, capsys):
    submission = tmp_path / "submission.csv"
    assert run(["predict", str(folder), "--out", str(submission)]) == 0
    assert len(submission.read_text().splitlines()) == 1 + 4220
    assert run(["evaluate", str(folder), "--out", str(tmp_path)]) == 0
    accuracy = json.loads((folder / "summary.json").read_text())["final"]["validation_accuracy"]
    assert f"accuracy {accuracy:.2%}" in capsys.readouterr().out


def test_a_saved_model_predicts_what_the_one_in_memory_did(model, model_file):
    pixels = small_mnist().validation.pixels
    loaded = load_model(model_file)
    assert loaded.image_shape == (28, 28)
    np.testing.assert_array_equal(loaded.predict_log_proba(pixels), model.predict_log_proba(pixels))


@pytest.mark.parametrize("columns", [70, 60])
def test_another_data_set_of_two_classes(tmp_path, model_file, capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 2
    pixels = (255 * (rng.random((60, 10)) < 0.2 + 0.6 * labels[:, None])).astype(np.uint8)
    write_csv(tmp_path / "data.csv", Dataset(pixels, labels))
    save_network(tmp_path / "other.safetensors", 10, 2)
    out = tmp_path / "run"
    arguments = ["--network", str(tmp_path / "other.safetensors"), "--out", str(out)]
    assert run(["bayes", str(tmp_path / "data.csv"), *arguments]) == 0
    output = capsys.readouterr().out
    assert "10 examples" in output
    assert ("calibration error" in output) == (columns == 70)
    assert (f"too wide to print in 60; {out}/summary.json has it" in output) == (columns == 60)
    assert {path.name for path in out.iterdir()} == FOLDER - {"weights.png"}, "10 pixels: no image"


def test_the_models_fitted_to_copies_are_where_the_closed_form_is(model):
    found = study_duplication(model, small_mnist().train, small_mnist().validation)
    exact = {round(k, 6): evaluation for k, evaluation in found.closed_form.items()}
    for copies, evaluation in found.fitted.items():
        np.testing.assert_allclose(
            evaluation.log_proba, exact[copies].log_proba, rtol=1e-9, atol=1e-6
        )
    wrong = [mean_confidence(each, wrong=True) for each in found.closed_form.values()]
    assert np.all(np.diff(wrong) > 0)
    assert np.all(np.diff(found.posteriors, axis=0) > 0)


def test_many_classes_compared_with_an_average_of_networks(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (80, 4), dtype=np.uint8)
    data = Dataset(pixels, np.arange(80) % 40)
    write_csv(tmp_path / "data.csv", data)
    networks = [FeedForwardNeuralNetwork(4, 40, hidden_dim=8, rng=seed) for seed in range(2)]
    average = AverageModel(tuple(NetworkModel(network, Scaling()) for network in networks))
    save_average(tmp_path / "model.safetensors", average)
    out = tmp_path / "run"
    files = [str(tmp_path / "data.csv"), "--validation", str(tmp_path / "data.csv")]
    assert run(["bayes", *files, "--network", str(tmp_path), "--out", str(out), "--quiet"]) == 0
    found = json.loads((out / "summary.json").read_text())["network"]
    assert found["validation_loss"] == evaluate(average, data).loss
    assert not (out / "network.safetensors").exists()
    height, width, _ = imread(out / "weights.png").shape
    assert height < 1.5 * width, "twenty classes are drawn, in four rows of five"


def test_naive_bayes_is_not_compared_with_itself(model_file, tmp_path, capsys):
    assert run(["bayes", "--network", str(model_file), "--out", str(tmp_path / "run")]) == 2
    told = f"handgrad: --network must be a trained network, and {model_file} holds Naïve Bayes"
    assert capsys.readouterr().err.strip() == told
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["--threshold", "255"], 2, "--threshold must be a number from 0 to below 255"),
        (["--alpha", "-1"], 2, "--alpha must be"),
        (["--alpha", "0"], 1, "alpha above 0"),
        (["--priors", "flat"], 2, "learned"),
        (["nowhere.csv"], 1, "nowhere.csv"),
        (["--network", "nowhere.safetensors"], 1, "nowhere.safetensors"),
    ],
)
def test_mistakes_are_one_line_and_leave_no_folder(tmp_path, capsys, arguments, status, sentence):
    assert run(["bayes", *arguments, "--out", str(tmp_path / "new" / "run")]) == status
    error = capsys.readouterr().err
    assert sentence in error
    assert len(error.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_found_before_the_work(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("handgrad.cli.bayes.fit_pixels", None)
    (tmp_path / "file").touch()
    assert run(["bayes", "--out", str(tmp_path / "file" / "run")]) == 1
    assert "Not a directory" in capsys.readouterr().err
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert run(["bayes", "--out", str(tmp_path / "new" / "run")]) == 1
    assert capsys.readouterr().err.endswith("run: Permission denied\n")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("part", ["evaluate", "_default_network"])
def test_ctrl_c_leaves_no_folder(tmp_path, tiny, capsys, monkeypatch, part):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"handgrad.cli.bayes.{part}", interrupt)
    write_npz(tmp_path / "tiny.npz", tiny)
    assert run(["bayes", str(tmp_path / "tiny.npz"), "--out", str(tmp_path / "new" / "run")]) == 130
    assert capsys.readouterr().err.endswith("handgrad: interrupted\n")
    assert not (tmp_path / "new").exists()


def test_a_folder_without_all_pictures_has_no_summary(tmp_path, network_file, monkeypatch):
    monkeypatch.setattr("handgrad.plots.bayes.duplication", lambda found: 1 / 0)
    out = tmp_path / "run"
    with pytest.raises(ZeroDivisionError):
        run(["bayes", "--network", str(network_file), "--out", str(out)])
    assert (out / "model.safetensors").exists()
    assert not (out / "summary.json").exists()


def test_a_folder_whose_data_have_changed_is_not_read(tmp_path, tiny):
    write_npz(tmp_path / "tiny.npz", tiny)
    network = save_network(tmp_path / "network.safetensors", 12, 5)
    arguments = ["--threshold", "100", "--network", str(network), "--out", str(tmp_path / "out")]
    assert run(["bayes", str(tmp_path / "tiny.npz"), *arguments, "--quiet"]) == 0
    assert len(read_bayes(tmp_path / "out").train) == 25
    pixels = tiny.pixels.copy()
    pixels[0, 0] ^= 1
    write_npz(tmp_path / "tiny.npz", Dataset(pixels, tiny.labels, (3, 4)))
    with pytest.raises(DataError, match="the data are not those that it was made from"):
        read_bayes(tmp_path / "out")


def test_a_class_without_an_example_is_known_and_never_predicted(tiny):
    labels = np.where(tiny.labels == 4, 3, tiny.labels)
    few = Dataset(tiny.pixels, labels, (3, 4), class_count=5)
    model = fit_pixels(BernoulliNaiveBayes(threshold=127), few)
    assert model.class_count == 5
    assert (model.predict_proba(tiny.pixels)[:, 4] == 0).all()


def test_a_data_set_of_one_class_is_refused(tmp_path, capsys):
    write_csv(tmp_path / "data.csv", Dataset(np.eye(9, dtype=np.uint8), np.zeros(9, int)))
    assert run(["bayes", str(tmp_path / "data.csv"), "--out", str(tmp_path / "run")]) == 1
    assert "data.csv" in capsys.readouterr().err


def test_a_folder_with_something_in_it_is_not_written_to(tmp_path, capsys):
    (tmp_path / "mine").write_text("mine")
    assert run(["bayes", "--out", str(tmp_path)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda tensors, metadata: tensors.pop("feature_count"),
        lambda tensors, metadata: tensors.update(class_count=tensors["class_count"][:3]),
        lambda tensors, metadata: tensors.update(class_count=-tensors["class_count"]),
        lambda tensors, metadata: metadata.pop("alpha"),
        lambda tensors, metadata: metadata.update(priors="flat"),
        lambda tensors, metadata: metadata.update(alpha="much"),
        lambda tensors, metadata: metadata.update(threshold="dark"),
        lambda tensors, metadata: metadata.update(threshold=math.nan),
        lambda tensors, metadata: metadata.update(image_shape=28),
    ],
)
def test_a_damaged_model_is_refused(model_file, tmp_path, damage):
    tensors, metadata = read_tensors(model_file)
    damage(tensors, metadata)
    write_tensors(tmp_path / "damaged.safetensors", tensors, metadata)
    with pytest.raises(DataError, match=r"damaged\.safetensors"):
        load_model(tmp_path / "damaged.safetensors")
