"""The network against an independent automatic differentiation, and its one vector."""

import copy
import pickle

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import value_and_grad

from handgrad import (
    CrossEntropy,
    FeedForwardNeuralNetwork,
    Hyperparameters,
    Linear,
    ReLU,
    Sigmoid,
)
from handgrad.layers import Dropout
from handgrad.network import ACTIVATIONS, Workspace
from handgrad.optimizers import GradientDescent

FUNCTIONS = {
    "Sigmoid": lambda x: 1 / (1 + anp.exp(-x)),
    "Tanh": anp.tanh,
    "ReLU": lambda x: anp.where(x > 0, x, 0.0),
}


def keep_all(A, place):
    return A


def oracle_logits(weights, X, activation, residual=False, drop=keep_all):
    """The logits from the definition: weights is a list W₁, b₁, W₂, b₂, …

    `drop` is what is done to the inputs (place 0) and to the outputs of each hidden layer.
    """
    A = drop(X, 0)
    for i in range(0, len(weights), 2):
        Z = A @ weights[i] + weights[i + 1]
        F = FUNCTIONS[activation](Z)
        A = drop(A + F if residual and i > 0 and F.shape == A.shape else F, i // 2 + 1)
    return Z


def oracle_loss(weights, X, y, activation, residual=False, drop=keep_all):
    Z = oracle_logits(weights, X, activation, residual, drop)
    Z = Z - anp.max(Z, axis=1, keepdims=True)
    log_p = Z - anp.log(anp.sum(anp.exp(Z), axis=1, keepdims=True))
    return -anp.mean(log_p[anp.arange(len(y)), y])


def weights_of(network):
    return [
        array.copy() for layer in network.linear_layers for array in (layer.weights, layer.bias)
    ]


def gradients_of(network):
    return [
        array
        for layer in network.linear_layers
        for array in (layer.weights_gradient, layer.bias_gradient)
    ]


def a_batch(n, d=12, c=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.integers(0, c, n)


@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize("num_layers", [1, 2, 5])
@pytest.mark.parametrize("n", [1, 9])
def test_loss_logits_and_gradients_are_those_of_automatic_differentiation(
    activation, num_layers, n
):
    network = FeedForwardNeuralNetwork(12, 4, 7, num_layers, activation, rng=3, dtype=np.float64)
    X, y = a_batch(n)
    loss = CrossEntropy()
    logits = network.forward(X)
    value = loss.forward(logits, y)
    network.backward(loss.backward())

    weights = weights_of(network)
    expected, gradients = value_and_grad(oracle_loss)(weights, X, y, activation)
    assert value == pytest.approx(expected, abs=1e-10)
    np.testing.assert_allclose(logits, oracle_logits(weights, X, activation), rtol=0, atol=1e-10)
    for found, gradient in zip(gradients_of(network), gradients, strict=True):
        np.testing.assert_allclose(found, gradient, rtol=0, atol=1e-10)


@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize(
    ("num_layers", "residual", "rate"),
    [(1, False, 0), (2, False, 0), (5, False, 0), (5, True, 0), (5, True, 0.3)],
)
def test_weights_after_25_steps_are_those_of_automatic_differentiation(
    activation, num_layers, residual, rate
):
    """Five epochs of five batches, the last of which is smaller."""
    network = FeedForwardNeuralNetwork(
        12, 4, 7, num_layers, activation, dropout=rate, input_dropout=rate, residual=residual,
        rng=3, dtype=np.float64,
    )  # fmt: skip
    dropouts = [layer for layer in network.layers if isinstance(layer, Dropout)]
    weights, loss = weights_of(network), CrossEntropy()
    optimizer = GradientDescent(network.parameters, network.gradients)
    workspaces = {n: Workspace(network, n) for n in (9, 4)}
    for i in range(25):
        n = 4 if i % 5 == 4 else 9
        X, y = a_batch(n, seed=i)
        for place, layer in enumerate(dropouts):
            layer.rng = np.random.default_rng([i, place])

        def drop(A, place, i=i):
            return A * (np.random.default_rng([i, place]).random(A.shape) >= rate) / (1 - rate)

        loss.forward(network.forward(X, workspaces[n].outputs), y)
        network.backward_parameters(
            loss.backward(workspaces[n].output_gradient), workspaces[n].input_gradients
        )
        optimizer.step(0.1)
        _, gradients = value_and_grad(oracle_loss)(weights, X, y, activation, residual, drop)
        weights = [w - 0.1 * g for w, g in zip(weights, gradients, strict=True)]
    for found, expected in zip(weights_of(network), weights, strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)


def test_the_gradient_with_respect_to_the_data_is_there_when_asked_for():
    network = FeedForwardNeuralNetwork(12, 4, 7, 3, "Tanh", rng=0, dtype=np.float64)
    X, y = a_batch(5)
    loss = CrossEntropy()
    loss.forward(network.forward(X), y)
    found = network.backward(loss.backward())
    expected = value_and_grad(lambda X: oracle_loss(weights_of(network), X, y, "Tanh"))(X)[1]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


def test_backward_parameters_stores_what_backward_stores():
    network = FeedForwardNeuralNetwork(12, 4, 7, 3, ReLU, rng=0)
    X, y = a_batch(5)
    loss = CrossEntropy()
    loss.forward(network.forward(X), y)
    network.backward(loss.backward())
    gradients = network.gradients.copy()
    network.gradients[:] = 0
    network.backward_parameters(loss.backward())
    np.testing.assert_array_equal(network.gradients, gradients)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_all_parameters_live_in_one_vector(dtype):
    network = FeedForwardNeuralNetwork(12, 4, 7, 3, rng=0, dtype=dtype)
    assert network.parameters.dtype == network.gradients.dtype == dtype
    assert network.parameters.size == 12 * 7 + 7 + 7 * 7 + 7 + 7 * 4 + 4
    linear = [layer for layer in network.layers if isinstance(layer, Linear)]
    in_order = [a.ravel() for layer in linear for a in (layer.weights, layer.bias)]
    np.testing.assert_array_equal(network.parameters, np.concatenate(in_order))
    network.parameters[:] = 7
    assert all((layer.weights == 7).all() and (layer.bias == 7).all() for layer in linear)
    linear[1].weights_gradient[:] = 1
    assert network.gradients.sum() == 7 * 7


def test_the_networks_step_is_its_layers_step():
    networks = [FeedForwardNeuralNetwork(12, 4, 7, 3, rng=0) for _ in range(2)]
    X, y = a_batch(5)
    for network in networks:
        loss = CrossEntropy()
        loss.forward(network.forward(X), y)
        network.backward(loss.backward())
    networks[0].step(0.1)
    GradientDescent(networks[1].parameters, networks[1].gradients).step(0.1)
    np.testing.assert_array_equal(networks[0].parameters, networks[1].parameters)


def test_its_layers_are_as_many_and_as_wide_as_asked_for():
    network = FeedForwardNeuralNetwork(12, 4, 7, 3, ReLU)
    assert repr(network) == (
        "FeedForwardNeuralNetwork(Linear(12, 7) → ReLU() → Linear(7, 7) → ReLU() → Linear(7, 4))"
    )
    assert len(FeedForwardNeuralNetwork(12, 4, 7, 1).layers) == 1


def test_no_two_layers_begin_with_the_same_weights():
    network = FeedForwardNeuralNetwork(7, 7, 7, 4, rng=0)
    correlations = np.corrcoef([layer.weights.ravel() for layer in network.linear_layers])
    assert np.abs(correlations[np.triu_indices(4, 1)]).max() < 0.6


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_its_architecture_builds_another_like_it(dtype):
    architecture = {
        "input_dim": 5, "output_dim": 3, "hidden_dim": (6, 6), "num_layers": 3,
        "activation": "Tanh", "dropout": 0.25, "input_dropout": 0.125, "residual": True,
        "dtype": dtype,
    }  # fmt: skip
    network = FeedForwardNeuralNetwork(**architecture)
    assert network.architecture == architecture
    assert repr(FeedForwardNeuralNetwork(**network.architecture)) == repr(network)


def test_a_layer_of_ones_own_will_do_as_activation():
    class Shifted(Sigmoid):
        pass

    network = FeedForwardNeuralNetwork(12, 4, 7, 2, Shifted)
    assert isinstance(network.layers[1], Shifted)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"num_layers": 0}, "num_layers must be at least 1"),
        ({"hidden_dim": 0}, "must be at least 1"),
        ({"dtype": np.float16}, "dtype must be float32 or float64"),
        ({"activation": "sigmoid"}, f"one of {', '.join(ACTIVATIONS)}, got 'sigmoid'"),
    ],
)
def test_what_it_cannot_be_built_from_is_named(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        FeedForwardNeuralNetwork(12, 4, **arguments)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))]
)
def test_a_copy_has_two_vectors_of_its_own(copied, dtype):
    network = FeedForwardNeuralNetwork(12, 4, 7, 3, residual=True, rng=0, dtype=dtype)
    X, _ = a_batch(5)
    expected = network.forward(X)
    network.backward(np.ones_like(expected))
    gradients = network.gradients.copy()
    other = copied(network)
    assert other.parameters.dtype == other.gradients.dtype == dtype
    np.testing.assert_array_equal(other.gradients, gradients)
    np.testing.assert_array_equal(other.forward(X), expected)
    other.parameters[:] = 0
    other.gradients[:] = 0
    assert not other.forward(X).any()
    assert not any(array.any() for array in gradients_of(other))
    np.testing.assert_array_equal(network.forward(X), expected)
    np.testing.assert_array_equal(network.gradients, gradients)


@pytest.mark.parametrize("residual", [False, True])
def test_a_pickle_holds_the_parameters_and_their_gradients_once(residual):
    network = FeedForwardNeuralNetwork(200, 10, 50, 4, residual=residual, dropout=0.1, rng=0)
    workspace = Workspace(network, 1000)
    G = network.forward(np.ones((1000, 200)), workspace.outputs)
    network.backward(G, workspace.input_gradients)
    for whole in (network, network.linear_layers[0]):
        vectors = whole.parameters.nbytes + whole.gradients.nbytes
        assert len(pickle.dumps(whole)) < 1.1 * vectors


def test_layers_of_different_widths_residuals_and_dropout():
    network = FeedForwardNeuralNetwork(
        12, 4, (8, 8, 6), 4, ReLU, dropout=0.5, input_dropout=0.2, residual=True
    )
    assert repr(network.layers) == (
        "[Dropout(0.2), Linear(12, 8), ReLU(), Dropout(0.5), Residual(Linear(8, 8) → ReLU()), "
        "Dropout(0.5), Linear(8, 6), ReLU(), Dropout(0.5), Linear(6, 4)]"
    )
    assert [layer.output_dim for layer in network.linear_layers] == [8, 8, 6, 4]


def test_the_first_layer_adds_nothing_to_data_as_wide_as_it():
    network = FeedForwardNeuralNetwork(7, 4, 7, 3, "Tanh", residual=True)
    assert repr(network.layers) == (
        "[Linear(7, 7), Tanh(), Residual(Linear(7, 7) → Tanh()), Linear(7, 4)]"
    )


@pytest.mark.parametrize("residual", [False, True])
def test_gradients_with_residuals_and_dropout_are_central_differences(residual):
    network = FeedForwardNeuralNetwork(
        5, 4, 6, 4, "Tanh", dropout=0.3, input_dropout=0.2, residual=residual, rng=0,
        dtype=np.float64,
    )  # fmt: skip
    X, y = a_batch(7, d=5)
    loss = CrossEntropy(0.1)

    def value():
        for i, layer in enumerate(network.layers):
            if isinstance(layer, Dropout):
                layer.rng = np.random.default_rng(i)
        return loss.forward(network.forward(X), y)

    value()
    network.backward_parameters(loss.backward())
    found, θ, h = network.gradients.copy(), network.parameters, 1e-5
    expected = np.empty_like(found)
    for i in range(len(θ)):
        kept = θ[i]
        θ[i] = kept + h
        above = value()
        θ[i] = kept - h
        expected[i] = (above - value()) / (2 * h)
        θ[i] = kept
    assert np.linalg.norm(found - expected) < 1e-7 * np.linalg.norm(expected)


def test_a_shallow_copy_leaves_the_original_its_vector():
    network = FeedForwardNeuralNetwork(12, 4, 7, 3, rng=0)
    copy.copy(network)
    network.parameters[:] = 0
    assert not network.layers[0].weights.any()


def test_one_width_in_a_list_is_for_all():
    assert Hyperparameters(hidden_dim=(16,), num_layers=5).hidden_dim == 16
    for num_layers in (1, 2, 5):
        network = FeedForwardNeuralNetwork(4, 3, hidden_dim=(16,), num_layers=num_layers)
        assert [layer.output_dim for layer in network.linear_layers] == [16] * (num_layers - 1) + [
            3
        ]


@pytest.mark.parametrize("num_layers", [1, 2, 5])
def test_several_widths_are_as_many_as_hidden_layers(num_layers):
    sentence = f"2 widths, expected one for all, or {num_layers - 1} for num_layers {num_layers}"
    with pytest.raises(ValueError, match=sentence):
        FeedForwardNeuralNetwork(4, 3, hidden_dim=(16, 8), num_layers=num_layers)
