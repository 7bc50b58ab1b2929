"""Optimizers against their papers' formulas, written out; schedules; averages."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handgrad import optimizers
from handgrad.optimizers import Adam, Average, GradientDescent, Momentum, Schedule, clip_norm


def run(optimizer_class, steps=7, size=50, step_size=0.1, **options):
    """The parameters after each step, for gradients drawn at random."""
    rng = np.random.default_rng(0)
    parameters, gradients = rng.normal(size=size), np.empty(size)
    optimizer = optimizer_class(parameters, gradients, **options)
    start, drawn, course = parameters.copy(), [], []
    for _ in range(steps):
        gradients[:] = rng.normal(size=size)
        drawn.append(gradients.copy())
        optimizer.step(step_size)
        course.append(parameters.copy())
    return start, drawn, course


@pytest.mark.parametrize("decay", [0, 0.3])
def test_gradient_descent(decay):
    θ, gradients, course = run(GradientDescent, weight_decay=decay)
    for g, found in zip(gradients, course, strict=True):
        θ = θ - 0.1 * (g + decay * θ)
        np.testing.assert_allclose(found, θ, rtol=1e-13)


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("decay", [0, 0.3])
def test_momentum(nesterov, decay):
    θ, gradients, course = run(Momentum, momentum=0.9, nesterov=nesterov, weight_decay=decay)
    v = np.zeros_like(θ)
    for g, found in zip(gradients, course, strict=True):
        g = g + decay * θ
        v = 0.9 * v + g
        θ = θ - 0.1 * (g + 0.9 * v if nesterov else v)
        np.testing.assert_allclose(found, θ, rtol=1e-12)


@pytest.mark.parametrize("decay", [0, 0.3])
def test_adam_with_decoupled_decay(decay):
    θ, gradients, course = run(Adam, weight_decay=decay)
    m, s = np.zeros_like(θ), np.zeros_like(θ)
    for t, (g, found) in enumerate(zip(gradients, course, strict=True), 1):
        m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
        m_hat, s_hat = m / (1 - 0.9**t), s / (1 - 0.999**t)
        θ = θ - 0.1 * m_hat / (np.sqrt(s_hat) + 1e-8) - 0.1 * decay * θ
        np.testing.assert_allclose(found, θ, rtol=1e-10)


@pytest.mark.parametrize(
    ("optimizer", "options"), [(GradientDescent, {}), (Momentum, {"momentum": 0.5}), (Adam, {})]
)
@pytest.mark.parametrize("size", [1, 7, 8, 20])
def test_blocks_change_no_number(monkeypatch, optimizer, options, size):
    whole = run(optimizer, size=size, **options)[2]
    monkeypatch.setattr(optimizers, "BLOCK", 7)
    np.testing.assert_array_equal(run(optimizer, size=size, **options)[2], whole)


@pytest.mark.parametrize(
    ("optimizer", "options", "told"),
    [
        (GradientDescent, {"weight_decay": 0.1}, "GradientDescent(weight_decay=0.1)"),
        (
            Momentum,
            {"momentum": 0.9, "nesterov": True},
            "Momentum(momentum=0.9, nesterov=True, weight_decay=0.0)",
        ),
        (Adam, {}, "Adam(weight_decay=0.0)"),
    ],
)
def test_an_optimizer_is_shown_as_it_is_made(optimizer, options, told):
    assert repr(optimizer(np.zeros(3), np.zeros(3), **options)) == told


def test_a_constant_schedule_is_constant_after_its_warm_up():
    schedule = Schedule("constant", 0.2, iterations=10, warmup=4)
    np.testing.assert_allclose([schedule(i) for i in range(6)], [0.05, 0.1, 0.15, 0.2, 0.2, 0.2])


def test_a_cosine_goes_from_the_step_size_to_nothing():
    schedule = Schedule("cosine", 0.2, iterations=110, warmup=10)
    assert schedule(10) == pytest.approx(0.2)
    assert schedule(60) == pytest.approx(0.1)
    assert schedule(110) == pytest.approx(0)
    assert schedule(35) == pytest.approx(0.1 * (1 + math.sqrt(0.5)))


def test_exponential_and_step_agree_where_the_step_falls():
    exponential, step = (
        Schedule(name, 1.0, iterations=100, warmup=5, decay=0.5, length=10)
        for name in ("exponential", "step")
    )
    for i in (5, 15, 25):
        assert exponential(i) == pytest.approx(step(i)) == 0.5 ** ((i - 5) / 10)
    assert step(14) == 1
    assert exponential(10) == pytest.approx(math.sqrt(0.5))


@given(st.integers(1, 30))
def test_an_average_with_weights_one_over_k_is_the_mean(count):
    points = np.random.default_rng(count).normal(size=(count, 5))
    average = Average(points[0])
    for k, point in enumerate(points, 1):
        average.include(point, 1 / k)
    np.testing.assert_allclose(average.vector, points.mean(axis=0), rtol=1e-12, atol=1e-12)


def test_an_exponential_average_starts_at_its_first_point_and_forgets_it():
    average = Average(np.zeros(1))
    course = []
    for point in (1.0, 0.0, 0.0):
        average.include(np.array([point]), 0.25)
        course.append(average.vector.item())
    assert course == [1, 0.75, 0.5625]


def test_clipping_shortens_only_what_is_too_long_and_keeps_its_direction():
    g = np.array([3.0, 4.0])
    clip_norm(g, 10)
    np.testing.assert_array_equal(g, [3, 4])
    clip_norm(g, 1)
    np.testing.assert_allclose(g, [0.6, 0.8])


@pytest.mark.parametrize(
    ("scale", "dtype"), [(1e19, np.float32), (1e200, np.float64), (4e307, np.float64)]
)
@given(largest=st.floats(1e-3, 1e3))
def test_a_gradient_whose_squares_overflow_is_shortened_too(scale, dtype, largest):
    g = np.array([3 * scale, -4 * scale], dtype)
    clip_norm(g, largest)
    np.testing.assert_allclose(g, [0.6 * largest, -0.8 * largest], rtol=1e-6)


def test_a_gradient_whose_squares_overflow_is_not_lengthened():
    g = np.array([3e200, 4e200])
    clip_norm(g, 1e201)
    np.testing.assert_allclose(g, [3e200, 4e200])
