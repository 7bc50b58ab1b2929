import dataclasses
import errno

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from handgrad import FeedForwardNeuralNetwork, ReLU
from handgrad.datasets import Dataset, Scaling
from handgrad.ensemble import AverageModel, Views, save_average
from handgrad.errors import DataError
from handgrad.evaluation import Evaluation, evaluate
from handgrad.models import (
    NetworkModel,
    load_model,
    model_metadata,
    network_tensors,
    read_tensors,
    save_model,
    write_tensors,
)
from handgrad.naive_bayes import BernoulliNaiveBayes
from handgrad.naive_bayes.pixels import fit_pixels
from handgrad.orientation import feature_count
from handgrad.straighten import straighten
from handgrad.warps import Warps


@pytest.fixture
def model():
    network = FeedForwardNeuralNetwork(12, 5, 7, 3, "ReLU", rng=0)
    return NetworkModel(network, Scaling(1 / 255, -0.1), (3, 4))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_model_read_back_predicts_the_same(tmp_path, tiny, dtype):
    network = FeedForwardNeuralNetwork(12, 5, 7, 3, "Tanh", rng=0, dtype=dtype)
    model = NetworkModel(network, Scaling(1 / 255, -0.1), (3, 4))
    save_model(tmp_path / "model.safetensors", model)
    found = load_model(tmp_path)
    assert (found.scaling, found.image_shape) == (model.scaling, model.image_shape)
    np.testing.assert_array_equal(
        found.predict_log_proba(tiny.pixels), model.predict_log_proba(tiny.pixels)
    )


@pytest.mark.parametrize("hidden_dim", [np.int64(16), np.array([7]), np.array([7, 6])])
def test_a_network_built_with_numpys_numbers_is_saved(tmp_path, tiny, hidden_dim):
    labels = tiny.labels.astype(np.uint8)
    network = FeedForwardNeuralNetwork(
        np.int64(12), labels.max() + 1, hidden_dim, np.int64(3), dropout=np.float32(0.5),
        residual=np.True_,
    )  # fmt: skip
    save_model(tmp_path / "model.safetensors", NetworkModel(network, Scaling()))
    found = load_model(tmp_path).network
    assert repr(found) == repr(network)
    np.testing.assert_array_equal(found.parameters, network.parameters)


def test_a_model_of_straightened_images_straightens_what_it_is_given(tmp_path, model, tiny):
    upright = dataclasses.replace(model, straighten=True)
    expected = model.predict_log_proba(straighten(tiny.pixels, image_shape=(3, 4)))
    assert not np.array_equal(expected, model.predict_log_proba(tiny.pixels))
    save_model(tmp_path / "model.safetensors", upright)
    for each in (upright, load_model(tmp_path)):
        np.testing.assert_array_equal(each.predict_log_proba(tiny.pixels), expected)


def test_a_model_of_oriented_gradients_read_back_predicts_the_same(tmp_path):
    network = FeedForwardNeuralNetwork(feature_count((8, 8)), 5, rng=0)
    model = NetworkModel(network, Scaling(), (8, 8), straighten=True, oriented_gradients=True)
    save_model(tmp_path / "model.safetensors", model)
    found = load_model(tmp_path)
    assert (found.straighten, found.oriented_gradients, found.input_dim) == (True, True, 64)
    pixels = np.random.default_rng(0).integers(0, 256, (9, 64), dtype=np.uint8)
    np.testing.assert_array_equal(found.predict_proba(pixels), model.predict_proba(pixels))


@pytest.mark.parametrize(
    "changes",
    [
        {"image_shape": (3, 5)},
        {"image_shape": (3, 3), "straighten": True},
        {"image_shape": None, "straighten": True},
        {"image_shape": None, "oriented_gradients": True},
        {"image_shape": (3, 4), "oriented_gradients": True},
    ],
)
def test_a_network_that_does_not_fit_the_images_is_refused(model, changes):
    with pytest.raises(ValueError, match=r"12 inputs and images of .* do not fit"):
        dataclasses.replace(model, **changes)


def test_a_model_with_an_activation_of_ones_own_is_not_saved(tmp_path):
    class Leaky(ReLU):
        pass

    network = FeedForwardNeuralNetwork(12, 5, 7, 2, Leaky)
    with pytest.raises(ValueError, match="a model with Leaky cannot be saved"):
        save_model(tmp_path / "model.safetensors", NetworkModel(network, Scaling()))
    with pytest.raises(ValueError, match="a model with Leaky cannot be saved"):
        save_average(
            tmp_path / "model.safetensors", AverageModel((NetworkModel(network, Scaling()),))
        )
    assert not list(tmp_path.iterdir())


def test_a_file_of_before_straightening_still_loads(tmp_path, model, tiny):
    metadata = model_metadata(model)
    del metadata["straighten"]
    write_tensors(tmp_path / "model.safetensors", network_tensors(model.network), metadata)
    found = load_model(tmp_path)
    np.testing.assert_array_equal(found.predict(tiny.pixels), model.predict(tiny.pixels))


def test_the_file_opens_elsewhere_with_the_weights_by_name(tmp_path, model):
    save_model(tmp_path / "model.safetensors", model)
    tensors = load_file(tmp_path / "model.safetensors")
    assert {name: array.shape for name, array in tensors.items()} == {
        "linear.0.weights": (12, 7), "linear.0.bias": (1, 7), "linear.1.weights": (7, 7),
        "linear.1.bias": (1, 7), "linear.2.weights": (7, 5), "linear.2.bias": (1, 5),
    }  # fmt: skip
    np.testing.assert_array_equal(tensors["linear.1.weights"], model.network.layers[2].weights)


def test_probabilities_are_those_of_the_scaled_pixels(model, tiny):
    proba = model.predict_proba(tiny.pixels)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)
    X = tiny.pixels / np.float32(255) - np.float32(0.1)
    Z = model.network.forward(X.astype(np.float32))
    np.testing.assert_array_equal(model.predict(tiny.pixels), Z.argmax(axis=1))


@pytest.fixture
def models(model, tiny):
    """One of every kind, all of images of 3 × 4."""
    upright = dataclasses.replace(model, straighten=True)
    edges = FeedForwardNeuralNetwork(feature_count((3, 4)), 5, rng=0)
    return {
        "network": model,
        "straightened": upright,
        "edges": NetworkModel(edges, Scaling(), (3, 4), oriented_gradients=True),
        "average": AverageModel((model,)),
        "average of straightened": AverageModel((upright,)),
        "average of views": AverageModel((model,), Views(Warps(), 2)),
        "Bernoulli": fit_pixels(BernoulliNaiveBayes(threshold=127), tiny),
    }


KINDS = (
    "network", "straightened", "edges", "average", "average of straightened", "average of views",
    "Bernoulli",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_pixels_may_be_whatever_numpy_makes_numbers_of(models, kind, tiny):
    model, pixels = models[kind], tiny.pixels
    expected = model.predict(pixels)
    for same in (
        pixels.tolist(),
        pixels.astype(float),
        pixels.astype(int),
        pixels.reshape(-1, 3, 4),
    ):
        np.testing.assert_array_equal(model.predict(same), expected)
    found = model.predict_proba(pixels > 127)
    np.testing.assert_array_equal(found, model.predict_proba((pixels > 127).astype(np.uint8)))


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (np.nan, r"pixels\[1, 2\]: found nan, expected a number from 0 to 255"),
        (-1, r"pixels\[1, 2\]: found -1, expected a number from 0 to 255"),
        (256, r"pixels\[1, 2\]: found 256, expected a number from 0 to 255"),
        (1j, "pixels must be numbers from 0 to 255, found complex128"),
        ("dark", "pixels must be numbers from 0 to 255, found <U"),
        ([1, 2], "pixels are not an array, n × d"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_are_no_pixels_is_refused(models, kind, value, sentence):
    pixels = [[0] * 12 for _ in range(2)]
    pixels[1][2] = value
    with pytest.raises(DataError, match=sentence):
        models[kind].predict(pixels)


@pytest.mark.parametrize("kind", KINDS)
def test_many_images_are_classified_as_few_are(models, kind):
    pixels = np.random.default_rng(0).integers(0, 256, (2500, 12), dtype=np.uint8)
    pieces = [models[kind].predict_log_proba(some) for some in np.array_split(pixels, 7)]
    found = models[kind].predict_log_proba(pixels)
    np.testing.assert_allclose(found, np.concatenate(pieces), atol=1e-5)


@pytest.mark.parametrize("shape", [(12,), (2, 13), (2, 4, 3), (2, 3, 5), (2, 1, 3, 4)])
@pytest.mark.parametrize("kind", KINDS)
def test_pixels_of_another_shape_are_refused(models, kind, shape):
    with pytest.raises(DataError, match="must be n × 12 or n × 3 × 4, found an array of shape"):
        models[kind].predict(np.zeros(shape, np.uint8))


def test_a_file_that_may_not_be_read_is_not_called_damaged(tmp_path, model, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(errno.EACCES, "Permission denied")

    save_model(tmp_path / "model.safetensors", model)
    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(DataError, match=r"safetensors: cannot be read \(Permission denied\)$"):
        load_model(tmp_path)


def test_a_damaged_or_foreign_file_is_named(tmp_path, model):
    path = tmp_path / "model.safetensors"
    with pytest.raises(DataError, match="no such model file"):
        load_model(path)
    save_model(path, model)
    whole = path.read_bytes()
    for length in (0, 5, 200, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=r"model\.safetensors: .*damaged or cut short"):
            load_model(path)
    save_file({"weights": np.zeros((2, 2))}, path)
    with pytest.raises(DataError, match="not one of handgrad's"):
        load_model(path)
    save_file({"weights": np.zeros((2, 2))}, path, {"handgrad": '{"kind": "network"}'})
    with pytest.raises(DataError, match="description of the model is damaged"):
        load_model(path)


DAMAGE = {
    "another shape": lambda tensors, _: tensors.update({"linear.2.bias": np.zeros((5, 1), "f4")}),
    "another type": lambda tensors, _: tensors.update({"linear.2.bias": np.zeros((1, 5))}),
    "not finite": lambda tensors, _: tensors["linear.0.weights"].put(3, np.nan),
    "missing": lambda tensors, _: tensors.pop("linear.0.bias"),
    "a factor that is text": lambda _, metadata: metadata["scaling"].update(factor="a"),
    "a factor that is not finite": lambda _, metadata: metadata["scaling"].update(factor="nan"),
    "an offset that is not finite": lambda _, metadata: metadata["scaling"].update(offset="inf"),
    "as many layers as nobody has": lambda _, metadata: metadata["architecture"].update(
        num_layers=10**20
    ),
    "no scaling": lambda _, metadata: metadata.update(scaling=None),
    "an unknown argument": lambda _, metadata: metadata["architecture"].update(width=3),
    "images of another shape": lambda _, metadata: metadata.update(image_shape=[3, 5]),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_file_whose_parts_do_not_fit_is_named(tmp_path, model, damage):
    path = tmp_path / "model.safetensors"
    save_model(path, model)
    tensors, metadata = read_tensors(path)
    DAMAGE[damage](tensors, metadata)
    write_tensors(path, tensors, metadata)
    with pytest.raises(DataError, match=r"model\.safetensors: "):
        load_model(path)


@pytest.mark.parametrize("metadata", [[], 3, None, "network"])
def test_a_description_that_is_no_table_is_damaged(tmp_path, metadata):
    path = tmp_path / "model.safetensors"
    write_tensors(path, {"a": np.zeros(1)}, metadata)
    with pytest.raises(DataError, match="the description of the model is damaged"):
        load_model(path)


@pytest.mark.parametrize(
    ("pixels", "hint"),
    [(10, ""), (11, "; is there no label in it\\? then say --label none"), (13, "")],
)
def test_data_of_another_width_than_the_model_are_named(model, pixels, hint):
    narrow = Dataset(np.zeros((2, pixels), np.uint8), np.array([0, 1]))
    with pytest.raises(DataError, match=f"images of {pixels} pixels, the model takes 12{hint}$"):
        evaluate(model, narrow)


def test_a_label_that_the_model_does_not_know_is_named_with_its_place(model, tiny):
    labels = tiny.labels.copy()
    labels[[2, 7]] = 5, 6
    with pytest.raises(DataError, match="example 3: label 5; the model knows 5 classes, 0 to 4"):
        evaluate(model, Dataset(tiny.pixels, labels, name="tiny"))


def test_a_model_is_not_evaluated_without_labels(model, tiny):
    with pytest.raises(DataError, match="tiny: has no labels"):
        evaluate(model, dataclasses.replace(tiny, labels=None))


@pytest.mark.parametrize("kind", KINDS)
def test_images_laid_out_in_other_rows_are_not_misread(models, kind, tiny):
    turned = Dataset(tiny.pixels, tiny.labels, image_shape=(4, 3), name="turned")
    unknown = Dataset(tiny.pixels, tiny.labels)
    assert unknown.image_shape is None
    accuracy = evaluate(models[kind], unknown).accuracy
    if kind in ("network", "average", "Bernoulli"):
        assert evaluate(models[kind], turned).accuracy == accuracy
    else:
        with pytest.raises(DataError, match="turned: images of 4 × 3, the model takes 3 × 4"):
            evaluate(models[kind], turned)


def test_evaluation_counts_what_was_taken_for_what():
    log_proba = np.log([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8], [0.9, 0.05, 0.05]])
    evaluation = Evaluation(log_proba, np.array([0, 1, 2, 1]))
    assert evaluation.accuracy == 0.5
    assert evaluation.loss == pytest.approx(-np.log([0.7, 0.3, 0.8, 0.05]).mean())
    sure = Evaluation(np.array([[0.0, -np.inf]]), np.array([0]))
    assert str(sure.loss) == "0.0"
    wrong = Evaluation(np.array([[0.5, 0.1]]), np.array([0]))
    assert wrong.loss == -0.5, "that of what are no probabilities shows it"
    np.testing.assert_array_equal(evaluation.confusion, [[1, 0, 0], [2, 0, 0], [0, 0, 1]])
    np.testing.assert_array_equal(evaluation.most_wrong(10), [3, 1])
    np.testing.assert_array_equal(evaluation.most_wrong(1), [3])
