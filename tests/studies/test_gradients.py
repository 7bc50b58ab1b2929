"""Gradients by layer against automatic differentiation, and what the measuring leaves alone."""

import dataclasses

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from handgrad.errors import DataError
from handgrad.hyperparameters import Hyperparameters
from handgrad.losses import CrossEntropy
from handgrad.straighten import straighten
from handgrad.studies import gradients as module
from handgrad.studies.gradients import measure_gradients, read_gradients, write_gradients
from handgrad.training import Training

DEEP = {"num_layers": 4, "hidden_dim": 7, "dtype": "float64", "batch_size": 100, "max_epochs": 3}
G = {"Sigmoid": lambda z: 1 / (1 + anp.exp(-z)), "ReLU": lambda z: anp.maximum(z, 0)}


def by_automatic_differentiation(training, activation):
    """The norm of ∂L/∂W of each layer, found by autograd."""
    linear = [layer for layer in training.network.layers if hasattr(layer, "weights")]
    X = training.train.pixels[: module.EXAMPLES] / 256 - 0.5
    y = training.train.labels[: module.EXAMPLES]

    def loss(weights):
        A = X
        for W, layer in zip(weights, linear, strict=True):
            Z = anp.dot(A, W) + layer.bias
            A = G[activation](Z)
        return anp.mean(anp.log(anp.sum(anp.exp(Z), axis=1)) - Z[np.arange(len(y)), y])

    return [np.linalg.norm(W) for W in grad(loss)([layer.weights for layer in linear])]


@pytest.mark.parametrize("activation", ["Sigmoid", "ReLU"])
def test_norms_agree_with_automatic_differentiation(few, activation, monkeypatch):
    monkeypatch.setattr(module, "EXAMPLES", 300)  # Fewer than there are: the first count.
    hyperparameters = Hyperparameters(**DEEP, activation=activation)
    measured = measure_gradients(*few, hyperparameters)
    assert measured.norms.shape == (4, 4)
    training = Training(*few, hyperparameters)
    for epoch in range(4):
        expected = by_automatic_differentiation(training, activation)
        assert measured.norms[epoch] == pytest.approx(expected, rel=1e-9)
        next(training, None)


def test_slopes_are_those_of_the_hidden_units(few):
    hyperparameters = Hyperparameters(**DEEP)
    slopes = measure_gradients(*few, hyperparameters).slopes
    assert slopes.shape == (4, 3)
    network = Training(*few, hyperparameters).network
    Z = network.layers[0].forward(few[0].pixels / 256 - 0.5)
    sigmoid = 1 / (1 + np.exp(-Z))
    assert slopes[0, 0] == pytest.approx(np.mean(sigmoid * (1 - sigmoid)))
    assert (slopes <= 0.25).all()


def test_they_are_of_the_loss_that_is_trained_on(few):
    hyperparameters = Hyperparameters(**DEEP, label_smoothing=0.5)
    network = Training(*few, hyperparameters).network
    loss, some = CrossEntropy(0.5), slice(module.EXAMPLES)
    loss.forward(network.forward(few[0].pixels[some] / 256 - 0.5), few[0].labels[some])
    network.backward(loss.backward())
    expected = [np.linalg.norm(layer.weights_gradient) for layer in network.linear_layers]
    assert measure_gradients(*few, hyperparameters).norms[0] == pytest.approx(expected, rel=1e-9)


def test_they_are_measured_on_the_images_that_are_trained_on(few):
    upright = [
        dataclasses.replace(data, pixels=straighten(data.pixels, image_shape=(28, 28)))
        for data in few
    ]
    expected = measure_gradients(*upright, Hyperparameters(**DEEP))
    found = measure_gradients(*few, Hyperparameters(**DEEP, straighten=True))
    np.testing.assert_array_equal(found.norms, expected.norms)


def test_the_slope_of_relu_is_the_share_of_active_units(few):
    hyperparameters = Hyperparameters(**DEEP, activation="ReLU")
    slopes = measure_gradients(*few, hyperparameters).slopes
    network = Training(*few, hyperparameters).network
    Z = network.layers[0].forward(few[0].pixels / 256 - 0.5)
    assert slopes[0, 0] == pytest.approx(np.mean(Z > 0))


def test_layers_inside_residual_ones_are_measured_too(few):
    measured = measure_gradients(*few, Hyperparameters(**DEEP, residual=True))
    assert measured.norms.shape == (4, 4)
    assert measured.slopes.shape == (4, 3)
    # The gradient has a way past each layer's σ′.
    plain = measure_gradients(*few, Hyperparameters(**DEEP))
    assert measured.norms[0, 0] / measured.norms[0, -1] > plain.norms[0, 0] / plain.norms[0, -1]


def test_it_follows_the_training_of_the_run_itself(few):
    """Measuring between two epochs changes nothing of the next."""
    hyperparameters = Hyperparameters(**DEEP)
    all_epochs = measure_gradients(*few, hyperparameters)
    training = Training(*few, hyperparameters)
    list(training)
    last = module._measure(training)[0]
    assert all_epochs.norms[-1].tolist() == last


def test_a_run_that_diverges_keeps_what_was_measured_before(few):
    hyperparameters = Hyperparameters(step_size=1e30, activation="ReLU", num_layers=3)
    assert len(measure_gradients(*few, hyperparameters).norms) >= 1


def test_a_run_that_stops_early_is_measured_so_far(few):
    patient = Hyperparameters(step_size=3, batch_size=50, patience=1)
    epochs = len(list(Training(*few, patient)))
    assert epochs < module.EPOCHS
    assert len(measure_gradients(*few, patient).norms) == epochs + 1


def test_written_and_read_back(few, tmp_path):
    measured = measure_gradients(*few, Hyperparameters(**DEEP))
    write_gradients(tmp_path / "g.csv", measured)
    read = read_gradients(tmp_path / "g.csv")
    assert read.norms.tolist() == measured.norms.tolist()
    assert read.slopes.tolist() == measured.slopes.tolist()


def test_a_linear_map_has_no_slopes(few, tmp_path):
    measured = measure_gradients(*few, Hyperparameters(num_layers=1, max_epochs=1))
    write_gradients(tmp_path / "g.csv", measured)
    assert read_gradients(tmp_path / "g.csv").slopes.shape == (2, 0)


@pytest.mark.parametrize("text", ["", "epoch,layer\n0,1\n", "epoch,layer,gradient_norm,slope\n0,"])
def test_a_damaged_table_is_an_error(tmp_path, text):
    (tmp_path / "g.csv").write_text(text)
    with pytest.raises(DataError, match=r"g\.csv"):
        read_gradients(tmp_path / "g.csv")
