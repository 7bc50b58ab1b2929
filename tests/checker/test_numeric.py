"""Central differences against gradients that are known, by hand or by autograd."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handgrad.checker import central_differences, gradient_check

FUNCTIONS = {
    "sum of squares": lambda x: anp.sum(x**2),
    "log-sum-exp": lambda x: anp.log(anp.sum(anp.exp(x))),
    "sigmoid": lambda x: anp.sum(1 / (1 + anp.exp(-x))),
    "product": lambda x: anp.sum(anp.dot(x, x.T)),
    "tanh": lambda x: anp.sum(anp.tanh(x) ** 3),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@given(seed=st.integers(0, 2**32 - 1), exponent=st.integers(-6, 0))
@settings(max_examples=20, deadline=None)
def test_agrees_with_autograd(name, seed, exponent):
    f = FUNCTIONS[name]
    x = np.random.default_rng(seed).standard_normal((3, 2)) * 10.0**exponent
    check = gradient_check(f, x, autograd.grad(f)(x))
    assert check
    assert check.relative_error < 1e-6


@given(exponent=st.integers(-100, 100))
def test_the_step_follows_the_scale(exponent):
    scale = 10.0**exponent
    x = np.array([1.0, -2.0, 0.5]) * scale
    assert gradient_check(lambda x: float(np.sum((x / scale) ** 2)), x, 2 * x / scale**2)


@pytest.mark.parametrize("size", [1, 1e3, 1e6])
def test_the_step_follows_how_fast_the_function_bends(size):
    x = np.array([1.0, -2.0, 0.5]) * size
    assert gradient_check(lambda x: np.sin(x).sum(), x, np.cos(x))
    assert not gradient_check(lambda x: np.sin(x).sum(), x, np.sin(x))


def test_x_may_be_one_number():
    assert gradient_check(lambda x: x**2, 3.0, 6.0)
    assert gradient_check(lambda x: x**2 + x, 0.0, 1.0)
    assert not gradient_check(lambda x: x**2, 3.0, 5.0)


@pytest.mark.parametrize("change", [-1, 2, 1.001, 0])
def test_a_wrong_gradient_is_found(change):
    x = np.array([1.0, 2.0])
    assert not gradient_check(lambda x: float(x @ x), x, change * 2 * x)


def test_tells_where_it_is_worst():
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    wrong = 2 * x
    wrong[1, 0] = 0
    check = gradient_check(lambda x: float(np.sum(x**2)), x, wrong)
    assert check.worst == (1, 0)
    assert check.relative_error == pytest.approx(6 / 8)
    np.testing.assert_allclose(check.numeric, 2 * x, rtol=1e-8)


def test_not_a_number_is_not_right():
    assert not gradient_check(lambda x: float(np.sum(x)), np.ones(2), np.array([1, np.nan]))


def test_not_a_number_is_not_right_where_the_gradient_is_zero():
    check = gradient_check(lambda x: 3.0, np.ones(1), np.array([np.nan]))
    assert not check
    assert np.isnan(check.relative_error)


def test_leaves_x_alone():
    x = np.ones(3)
    central_differences(lambda x: float(np.sum(x)), x)
    np.testing.assert_array_equal(x, np.ones(3))


def test_the_shapes_must_agree():
    with pytest.raises(ValueError, match=r"shape \(3,\), but x has shape \(2,\)"):
        gradient_check(lambda x: 0.0, np.ones(2), np.ones(3))
