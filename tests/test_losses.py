import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import log_softmax as scipy_log_softmax

from handgrad import CrossEntropy
from handgrad.losses import log_softmax

STEP = np.finfo(float).eps ** (1 / 3)


@given(n=st.integers(1, 6), c=st.integers(1, 6), seed=st.integers(0, 2**32))
def test_gradient_is_central_differences(n, c, seed):
    rng = np.random.default_rng(seed)
    Z, y = rng.normal(size=(n, c)), rng.integers(0, c, n)
    loss = CrossEntropy()
    loss.forward(Z, y)
    gradient = loss.backward()
    expected = np.empty_like(Z)
    for i in np.ndindex(Z.shape):
        above, below = Z.copy(), Z.copy()
        above[i] += STEP
        below[i] -= STEP
        expected[i] = (loss.forward(above, y) - loss.forward(below, y)) / (2 * STEP)
    error = np.linalg.norm(gradient - expected)
    assert error < 1e-7 * max(np.linalg.norm(expected), 1e-3)


@given(
    arrays(float, (4, 3), elements=st.floats(-1e300, 1e300)),
    arrays(int, 4, elements=st.integers(0, 2)),
)
def test_loss_is_the_mean_negative_log_likelihood_of_any_finite_logits(Z, y):
    with np.errstate(all="raise", under="ignore"):
        found = CrossEntropy().forward(Z, y)
    expected = -scipy_log_softmax(Z, axis=1)[np.arange(4), y].mean()
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_largest_logits_there_are_overflow_nothing(dtype):
    largest = np.finfo(dtype).max
    Z = np.array([[largest, -largest], [-largest, largest]], dtype)
    loss = CrossEntropy()
    assert loss.forward(Z, np.array([0, 1])) == 0
    assert math.isfinite(loss.forward(Z, np.array([1, 0])))
    np.testing.assert_array_equal(loss.backward(), np.array([[0.5, -0.5], [-0.5, 0.5]]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 3, 10, 1000])
def test_the_mean_of_the_largest_losses_is_finite(dtype, n):
    largest = np.finfo(dtype).max
    Z = np.tile(np.array([[largest, -largest]], dtype), (n, 1))
    with np.errstate(all="raise"):
        assert math.isfinite(CrossEntropy().forward(Z, np.ones(n, int)))


def test_the_type_of_the_labels_and_of_earlier_logits_does_not_matter():
    Z, y = np.random.default_rng(0).normal(size=(20, 300)), np.arange(20)
    loss = CrossEntropy()
    expected = loss.forward(Z, y)
    loss.forward(Z.astype(np.float32), y)
    loss.backward()
    assert loss.forward(Z, y.astype(np.uint8)) == expected
    p = np.exp(scipy_log_softmax(Z, axis=1))
    np.testing.assert_allclose(loss.backward(), (p - np.eye(300)[y]) / 20, atol=1e-15)


def test_row_major_and_column_major_logits_give_the_same():
    rng = np.random.default_rng(0)
    Z, y = rng.normal(size=(20, 7)), rng.integers(0, 7, 20)
    by_row, by_column = CrossEntropy(), CrossEntropy()
    assert by_row.forward(Z, y) == by_column.forward(np.asfortranarray(Z), y)
    np.testing.assert_array_equal(by_row.backward(), by_column.backward())


def test_gradients_of_two_batches_are_two_arrays():
    loss = CrossEntropy()
    loss.forward(np.zeros((1, 2)), np.array([0]))
    first = loss.backward()
    loss.forward(np.zeros((1, 2)), np.array([1]))
    loss.backward()
    np.testing.assert_array_equal(first, [[-0.5, 0.5]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_gradient_is_of_the_type_of_the_logits_and_written_where_asked(dtype):
    Z, y = np.array([[1, 2, 0], [0, 3, 1]], dtype), np.array([2, 1])
    loss = CrossEntropy(0.1)
    loss.forward(Z, y)
    fresh, out = loss.backward(), np.empty_like(Z)
    assert fresh.dtype == dtype
    assert loss.backward(out) is out
    np.testing.assert_array_equal(out, fresh)


def test_accuracy_takes_the_first_of_equal_logits_as_argmax_does():
    loss = CrossEntropy()
    loss.forward(np.zeros((4, 3)), np.array([0, 1, 2, 0]))
    assert loss.correct == 2
    Z = np.random.default_rng(0).normal(size=(50, 4))
    y = np.arange(50) % 4
    loss.forward(Z, y)
    assert loss.correct == np.sum(Z.argmax(axis=1) == y)
    ties = np.random.default_rng(1).integers(0, 3, size=(50, 4))
    loss.forward(ties, y)
    assert loss.correct == np.sum(ties.argmax(axis=1) == y)


@pytest.mark.parametrize("y", [np.array([0, 3]), np.array([-1, 0])])
def test_a_label_that_is_no_class_is_named(y):
    with pytest.raises(ValueError, match="from 0 to 2"):
        CrossEntropy().forward(np.zeros((2, 3)), y)


def test_a_column_of_labels_does_not_broadcast():
    with pytest.raises(ValueError, match=r"labels of shape \(2, 1\)"):
        CrossEntropy().forward(np.zeros((2, 3)), np.array([[0], [1]]))


@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_logits_of_no_example_and_of_no_class_are_refused(shape):
    with pytest.raises(ValueError, match="logits n × c take n labels"):
        CrossEntropy().forward(np.zeros(shape), np.zeros(shape[0], int))


def test_a_loss_of_nothing_is_zero_and_not_minus_zero():
    assert str(CrossEntropy().forward(np.array([[1000.0, 0.0]]), np.array([0]))) == "0.0"


def test_backward_needs_a_forward_that_succeeded():
    loss = CrossEntropy()
    with pytest.raises(RuntimeError, match="forward pass"):
        loss.backward()
    loss.forward(np.zeros((1, 2)), np.array([0]))
    with pytest.raises(ValueError, match="whole numbers"):
        loss.forward(np.zeros((1, 2)), np.array([7]))
    with pytest.raises(RuntimeError, match="forward pass"):
        loss.backward()


@given(
    arrays(float, (4, 3), elements=st.floats(-50, 50)),
    arrays(int, 4, elements=st.integers(0, 2)),
    st.floats(0, 0.9),
)
def test_label_smoothing_gives_a_share_to_every_class(Z, y, smoothing):
    loss = CrossEntropy(smoothing)
    log_p = scipy_log_softmax(Z, axis=1)
    targets = (1 - smoothing) * np.eye(3)[y] + smoothing / 3
    assert loss.forward(Z, y) == pytest.approx(-np.sum(targets * log_p) / 4, abs=1e-12)
    np.testing.assert_allclose(loss.backward(), (np.exp(log_p) - targets) / 4, atol=1e-12)


@given(arrays(float, (3, 4), elements=st.floats(-1e4, 1e4)))
def test_log_softmax_is_scipys(Z):
    np.testing.assert_allclose(log_softmax(Z), scipy_log_softmax(Z, axis=1), atol=1e-11)
    whole = (np.abs(Z) / 100).astype(np.uint8)
    np.testing.assert_allclose(
        log_softmax(whole), scipy_log_softmax(whole.astype(float), axis=1), atol=1e-11
    )


def test_logits_may_be_whole_numbers():
    loss = CrossEntropy()
    assert loss.forward([[1, 2]], [0]) == pytest.approx(np.log1p(np.e))
    np.testing.assert_allclose(loss.backward().sum(), 0, atol=1e-15)


@pytest.mark.parametrize("share", [-0.1, 1, 1.5])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match="label_smoothing must be from 0 to below 1"):
        CrossEntropy(share)


def test_log_softmax_of_the_farthest_logits():
    with np.errstate(all="raise"):
        log_p = log_softmax(np.array([[3e38, -3e38]], np.float32))
    np.testing.assert_array_equal(log_p, [[0, -np.inf]])
