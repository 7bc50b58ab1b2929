"""Every layer's gradients against central differences in float64, and its behaviour alone."""

import copy
import pickle
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from handgrad import Linear, ReLU, Sigmoid, Tanh
from handgrad.layers import Dropout, Residual

ACTIVATIONS = [Sigmoid, Tanh, ReLU]
STEP = np.finfo(float).eps ** (1 / 3)


def central_differences(f, x):
    """∂f/∂x, number by number, of a function that returns one number; x is changed in place."""
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        kept = x[i]
        x[i] = kept + STEP
        above = f()
        x[i] = kept - STEP
        gradient[i] = (above - f()) / (2 * STEP)
        x[i] = kept
    return gradient


def relative_error(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


dimensions = st.integers(1, 7)
seeds = st.integers(0, 2**32)


@given(n=dimensions, d=dimensions, c=dimensions, seed=seeds)
def test_linear_gradients_are_central_differences(n, d, c, seed):
    rng = np.random.default_rng(seed)
    layer = Linear(d, c, rng=rng, dtype=np.float64)
    X, C = rng.normal(size=(n, d)), rng.normal(size=(n, c))

    def loss():
        return np.sum(C * layer.forward(X))

    loss()
    input_gradient = layer.backward(C)
    weights_gradient, bias_gradient = layer.weights_gradient.copy(), layer.bias_gradient.copy()
    assert relative_error(input_gradient, central_differences(loss, X)) < 1e-7
    assert relative_error(weights_gradient, central_differences(loss, layer.weights)) < 1e-7
    assert relative_error(bias_gradient, central_differences(loss, layer.bias)) < 1e-7


@pytest.mark.parametrize("activation", ACTIVATIONS)
@given(n=dimensions, d=dimensions, seed=seeds)
def test_activation_gradients_are_central_differences(activation, n, d, seed):
    rng = np.random.default_rng(seed)
    layer = activation()
    # Away from 0, where ReLU has a corner.
    X = rng.choice([-1, 1], (n, d)) * rng.uniform(0.01, 3, (n, d))
    C = rng.normal(size=(n, d))
    layer.forward(X)
    gradient = layer.backward(C)
    expected = central_differences(lambda: np.sum(C * layer.forward(X)), X)
    if activation is ReLU and not expected.any():
        assert not gradient.any()
    else:
        assert relative_error(gradient, expected) < 1e-7


def test_relu_passes_nothing_at_zero():
    layer = ReLU()
    layer.forward(np.zeros((1, 2)))
    assert not layer.backward(np.ones((1, 2))).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_are_finite_and_silent_everywhere(activation, dtype):
    largest = np.finfo(dtype).max
    X = np.array([[-largest, -1e4, -90, 0, 90, 1e4, largest]], dtype)
    with np.errstate(all="raise", under="ignore"):
        A = activation().forward(X)
    assert A.dtype == dtype
    assert np.isfinite(A).all()


@given(st.lists(st.floats(-1e300, 1e300), min_size=1))
def test_sigmoid_is_accurate_to_the_last_digit_of_one(xs):
    A = Sigmoid().forward(np.array([xs]))
    np.testing.assert_allclose(A, expit([xs]), atol=3e-16, rtol=0)


@given(st.lists(st.floats(-1000, 1000), min_size=1))
def test_slopes_of_saturated_sigmoids_are_never_denormal(xs):
    layer = Sigmoid()
    X = np.array([xs], np.float32)
    layer.forward(X)
    slope = layer.backward(np.ones_like(X))
    assert ((slope == 0) | (slope > np.finfo(np.float32).eps / 4)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_first_weights_have_the_variance_that_keeps_signals_alive(dtype):
    layer = Linear(500, 400, rng=0, dtype=dtype)
    assert layer.weights.dtype == dtype
    assert layer.weights.std() == pytest.approx(np.sqrt(2 / 500), rel=0.01)
    assert layer.weights.mean() == pytest.approx(0, abs=0.001)
    np.testing.assert_array_equal(layer.bias, np.full((1, 400), 0.5))


def test_the_same_seed_draws_the_same_weights_in_both_precisions():
    single, double = (Linear(5, 3, rng=1, dtype=dtype) for dtype in (np.float32, np.float64))
    np.testing.assert_array_equal(single.weights, double.weights.astype(np.float32))


def test_step_moves_against_the_stored_gradients():
    layer = Linear(3, 2, rng=0)
    layer.forward(np.ones((4, 3), np.float32))
    layer.backward(np.ones((4, 2), np.float32))
    weights, bias = layer.weights.copy(), layer.bias.copy()
    layer.step(0.25)
    np.testing.assert_allclose(layer.weights, weights - 0.25 * 4)
    np.testing.assert_allclose(layer.bias, bias - 0.25 * 4)


def test_every_layer_inside_a_residual_makes_its_step():
    inner = [Linear(3, 5, rng=0), Tanh(), Linear(5, 3, rng=1)]
    layer = Residual(inner)
    layer.forward(np.ones((4, 3)))
    layer.backward(np.ones((4, 3)))
    expected = [linear.parameters - 0.5 * linear.gradients for linear in inner[::2]]
    layer.step(0.5)
    for linear, moved in zip(inner[::2], expected, strict=True):
        np.testing.assert_allclose(linear.parameters, moved, rtol=1e-6)


def test_results_of_two_forwards_are_two_arrays():
    layer = Sigmoid()
    first = layer.forward(np.zeros((2, 2)))
    layer.forward(np.ones((2, 2)))
    np.testing.assert_array_equal(first, np.full((2, 2), 0.5))


@pytest.mark.parametrize(
    "layer",
    [
        Linear(3, 3, rng=0), Sigmoid(), Tanh(), ReLU(), Dropout(0.5),
        Residual([Linear(3, 3, rng=0), Tanh()]),
    ],
)  # fmt: skip
def test_out_is_written_and_returned_and_changes_no_number(layer):
    rng = np.random.default_rng(0)
    X, G = rng.normal(size=(2, 4, 3)).astype(np.float32)
    out, gradient_out = np.empty_like(X), np.empty_like(X)
    fresh = layer.forward(X), layer.backward(G)
    assert layer.forward(X, out) is out
    assert layer.backward(G, gradient_out) is gradient_out
    np.testing.assert_array_equal(out, fresh[0])
    np.testing.assert_array_equal(gradient_out, fresh[1])


@pytest.mark.parametrize(
    "layer",
    [Linear(3, 2), Sigmoid(), Tanh(), ReLU(), Dropout(0.5), Residual([Linear(3, 3), Tanh()])],
)
def test_inputs_and_gradients_are_left_as_they_were(layer):
    X = np.full((2, 3), 0.3, np.float32)
    G = np.ones_like(layer.forward(X))
    layer.backward(G)
    np.testing.assert_array_equal(X, np.full((2, 3), 0.3, np.float32))
    np.testing.assert_array_equal(G, np.ones_like(G))


def test_gradients_that_are_assigned_reach_the_vector():
    layer = Linear(2, 3)
    layer.weights_gradient = np.ones((2, 3))
    layer.bias_gradient = 2 * np.ones((1, 3))
    np.testing.assert_array_equal(layer.gradients, [1] * 6 + [2] * 3)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool])
@pytest.mark.parametrize(
    "layer",
    [Linear(3, 2, rng=0, dtype=float), Sigmoid(), Tanh(), ReLU(), Residual([ReLU()]), Dropout(0.5)],
)
def test_whole_numbers_are_taken_as_the_floats_that_they_are(layer, dtype):
    X = np.array([[0, 1, 200], [3, 150, 7]]).astype(dtype)
    found = layer.forward(X)
    assert found.dtype in (np.float32, np.float64)
    np.testing.assert_allclose(found, layer.forward(X.astype(float)), rtol=1e-6)


def test_dropout_of_whole_numbers_scales_up_what_is_left():
    layer = Dropout(0.5)
    layer.rng = np.random.default_rng(0)
    assert set(layer.forward(np.ones((9, 9), int)).ravel()) == {0.0, 2.0}


def test_a_residual_layer_takes_batches_of_any_width_and_type():
    layer = Residual([Tanh()])
    for X in (np.full((2, 3), 0.1, np.float32), np.full((2, 4), 0.1), np.full((2, 3), 0.1)):
        np.testing.assert_array_equal(layer.forward(X), X + np.tanh(X))
        assert layer.backward(np.ones_like(X)).dtype == X.dtype


@pytest.mark.parametrize("layer", [Linear(3, 2), Sigmoid(), Tanh(), ReLU(), Dropout(0.5)])
def test_misuse_is_named(layer):
    with pytest.raises(RuntimeError, match="forward pass"):
        type(layer)(3, 2).backward(np.ones((1, 2))) if layer.size else layer.backward(np.ones((1,)))
    layer.forward(np.ones((4, 3), np.float32))
    with pytest.raises(ValueError, match="output's shape"):
        layer.backward(np.ones((1, 2), np.float32))


@pytest.mark.parametrize("shape", [(2, 4), (3,), (2, 2, 3)])
def test_linear_names_the_width_it_takes(shape):
    with pytest.raises(ValueError, match=re.escape(f"takes a batch n × 3, got shape {shape}")):
        Linear(3, 2).forward(np.ones(shape))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"input_dim": 0}, "input_dim must be at least 1"),
        ({"output_dim": 0}, "output_dim must be at least 1"),
        ({"dtype": np.float16}, "dtype must be float32 or float64"),
    ],
)
def test_what_a_linear_layer_cannot_be_is_named(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        Linear(**{"input_dim": 3, "output_dim": 2} | arguments)


def test_widths_may_be_bytes_of_numpys():
    layer = Linear(np.uint8(200), np.uint8(200))
    assert layer.size == layer.parameters.size == 200 * 200 + 200


@given(n=dimensions, d=dimensions, seed=seeds)
def test_residual_gradients_are_central_differences(n, d, seed):
    rng = np.random.default_rng(seed)
    linear = Linear(d, d, rng=rng, dtype=np.float64)
    layer = Residual([linear, Tanh()])
    X, C = rng.normal(size=(n, d)), rng.normal(size=(n, d))

    def loss():
        return np.sum(C * layer.forward(X))

    loss()
    input_gradient = layer.backward(C)
    weights_gradient = linear.weights_gradient.copy()
    assert relative_error(input_gradient, central_differences(loss, X)) < 1e-7
    assert relative_error(weights_gradient, central_differences(loss, linear.weights)) < 1e-7
    loss()
    layer.backward_parameters(C)
    np.testing.assert_array_equal(linear.weights_gradient, weights_gradient)


def test_a_residual_that_changes_the_width_is_refused():
    with pytest.raises(ValueError, match=r"F\(X\) has shape \(4, 1\)"):
        Residual([Linear(3, 1)]).forward(np.ones((4, 3)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dropout_drops_its_share_and_keeps_the_mean(dtype):
    layer = Dropout(0.3)
    layer.rng = np.random.default_rng(0)
    X = np.full((400, 500), 2, dtype)
    A = layer.forward(X)
    assert A.dtype == dtype
    assert np.mean(A == 0) == pytest.approx(0.3, abs=0.01)
    assert A.mean() == pytest.approx(2, rel=0.01)
    np.testing.assert_allclose(A[A != 0], 2 / 0.7, rtol=1e-6)
    gradient = layer.backward(np.ones_like(X))
    np.testing.assert_allclose(gradient, A / 2, rtol=1e-6)


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, np.nan])
def test_a_rate_that_is_no_share_is_refused(rate):
    with pytest.raises(ValueError, match="rate must be from 0 to below 1"):
        Dropout(rate)


def test_dropout_takes_batches_of_either_type_in_turn():
    layer = Dropout(0.3)
    layer.rng = np.random.default_rng(0)
    for dtype in (np.float32, np.float64, np.float32):
        A = layer.forward(np.ones((50, 4), dtype))
        assert A.dtype == dtype
        np.testing.assert_allclose(A[A != 0], 1 / 0.7, rtol=2 * np.finfo(dtype).eps)


def test_dropout_without_a_generator_lets_everything_pass():
    X = np.random.default_rng(0).normal(size=(4, 3))
    layer = Dropout(0.9)
    np.testing.assert_array_equal(layer.forward(X), X)
    np.testing.assert_array_equal(layer.backward(X), X)


def test_assigned_weights_stay_in_the_vector():
    layer = Linear(2, 2, rng=0)
    layer.weights = np.eye(2)
    layer.bias = [1, 2]
    np.testing.assert_array_equal(layer.parameters, [1, 0, 0, 1, 1, 2])


def test_an_assigned_vector_is_that_of_the_weights():
    layer = Linear(2, 2, rng=0)
    layer.parameters = np.arange(6)
    layer.gradients = np.ones(6)
    np.testing.assert_array_equal(layer.weights, [[0, 1], [2, 3]])
    layer.step(1)
    np.testing.assert_array_equal(layer.bias, [[3, 4]])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_a_copy_has_a_vector_of_its_own(copied):
    layer = Linear(3, 2, rng=0)
    other = copied(layer)
    np.testing.assert_array_equal(other.weights, layer.weights)
    other.parameters[:] = 7
    assert (other.weights == 7).all()
    assert not (layer.weights == 7).any()


def test_a_gradient_in_double_precision_will_do_for_a_layer_in_single():
    layer = Linear(3, 2, rng=0)
    layer.forward(np.ones((4, 3)))
    layer.backward(np.ones((4, 2)))
    np.testing.assert_array_equal(layer.bias_gradient, [[4, 4]])


def test_whole_numbers_become_floats_of_one_type_in_every_activation():
    X = np.array([[-1, 0, 2]], dtype=np.int16)
    assert {layer().forward(X).dtype for layer in (Sigmoid, Tanh, ReLU)} == {np.dtype(float)}


def test_a_copy_of_a_residual_knows_nothing_of_the_batch():
    layer = Residual([ReLU()])
    layer.forward(np.ones((2, 3)))
    with pytest.raises(RuntimeError, match="needs a forward pass before it"):
        copy.deepcopy(layer).backward(np.ones((2, 3)))


def test_a_residual_takes_gradients_of_any_precision():
    layer, G = Residual([ReLU()]), np.full((2, 3), 0.1)
    layer.forward(np.ones((2, 3)))
    layer.backward(G.astype(np.float32))
    np.testing.assert_array_equal(layer.backward(G), 2 * G)


def test_a_residual_writes_into_no_array_of_a_call_before_it():
    inner = Tanh()
    layer = Residual([inner])
    layer.forward(np.ones((4, 3)))
    first = inner.A
    layer.forward(np.ones((4, 3)))
    assert not np.shares_memory(first, inner.A)
