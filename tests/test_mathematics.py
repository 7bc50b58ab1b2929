"""docs/mathematics.md: the numbers by hand are right, and so are its claims.

What the page derives of layers and losses is tested with them; here is the rest of it.
"""

import re
from pathlib import Path

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from handgrad import Linear, ReLU
from handgrad.datasets import Scaling
from handgrad.optimizers import Adam, Average, GradientDescent, Momentum, Schedule

PAGE = (Path(__file__).parents[1] / "docs" / "mathematics.md").read_text(encoding="utf-8")
MATRIX = r"([A-Za-z]+)_?(\d?) = \\begin{pmatrix} (.*?) \\end{pmatrix}"


def given_on_the_page():
    """The matrices of the worked example, by name."""
    return {
        name + layer: np.array([row.split(" & ") for row in rows.split(r" \\ ")], float)
        for name, layer, rows in re.findall(MATRIX, PAGE)
    }


def example_loss(given, dZ1=0, dA1=0, dZ2=0, dW1=0, db1=0, dW2=0, db2=0):
    """The example's loss from the definition, with each array moved by what is given for it."""
    Z1 = given["X"] @ (given["W1"] + dW1) + 0.5 + db1 + dZ1
    A1 = anp.where(Z1 > 0, Z1, 0.0) + dA1
    Z2 = A1 @ (given["W2"] + dW2) + 0.5 + db2 + dZ2
    P = anp.exp(Z2) / anp.sum(anp.exp(Z2), axis=1, keepdims=True)
    return -anp.mean(anp.sum(given["T"] * anp.log(P), axis=1)), (Z1, A1, Z2, P)


GRADIENTS = ["dZ2", "dW2", "db2", "dA1", "dZ1", "dW1", "db1"]


def test_the_gradients_by_hand_are_those_of_automatic_differentiation():
    given = given_on_the_page()
    assert [name for name in given if name[0] == "d"] == GRADIENTS
    for name in GRADIENTS:
        gradient = grad(lambda move, name=name: example_loss(given, **{name: move})[0])
        expected = gradient(np.zeros_like(given[name]))
        np.testing.assert_allclose(given[name], expected, rtol=0, atol=0.5001e-4, err_msg=name)


def test_the_forward_pass_by_hand_is_that_of_the_definition():
    given = given_on_the_page()
    loss, arrays = example_loss(given)
    for name, array in zip(["Z1", "A1", "Z2", "P"], arrays, strict=True):
        np.testing.assert_allclose(given[name], array, rtol=0, atol=0.5001e-4, err_msg=name)
    assert f"= {loss:.4f}.\n" in PAGE


def test_the_step_by_hand_lowers_the_loss_by_what_the_page_says():
    given = given_on_the_page()
    before, squares, moves = example_loss(given)[0], 0.0, {}
    for name in ("dW1", "db1", "dW2", "db2"):
        gradient = grad(lambda move, name=name: example_loss(given, **{name: move})[0])
        moves[name] = -0.1 * gradient(np.zeros_like(given[name]))
        squares += np.sum(moves[name] ** 2) / 0.01
    after = example_loss(given, **moves)[0]
    text = " ".join(PAGE.split())
    assert f"L = {after:.4f}." in text
    assert f"0.1 · {squares:.3f} = {0.1 * squares:.3f}," in text
    assert f"It fell by {before - after:.3f}:" in text


def bowl(θ):
    """A loss that is neither quadratic nor the same along each parameter."""
    return anp.sum(anp.log(anp.cosh(anp.array([1.0, 3.0, 0.2]) * θ))) + 0.1 * θ[0] * θ[1] ** 2


def course(optimizer_class, steps, step_size=0.05, gradient=None, **options):
    """θ after each step from one start, and the optimizer."""
    gradient = gradient or grad(bowl)
    θ, g = np.array([1.5, -1.0, 2.0]), np.empty(3)
    optimizer, points = optimizer_class(θ, g, **options), [θ.copy()]
    for _ in range(steps):
        g[:] = gradient(θ)
        optimizer.step(step_size)
        points.append(θ.copy())
    return np.array(points), optimizer


def test_nesterovs_parameters_are_the_point_ahead_of_its_usual_form():
    η, μ = 0.05, 0.9
    φ, v, ahead, usual = np.array([1.5, -1.0, 2.0]), np.zeros(3), [], []
    for _ in range(31):
        ahead.append(φ - η * μ * v)
        usual.append(φ)
        v = μ * v + grad(bowl)(ahead[-1])
        φ = φ - η * v
    found, _ = course(Momentum, 30, η, momentum=μ, nesterov=True)
    np.testing.assert_allclose(found, ahead, rtol=1e-12, atol=1e-12)
    assert np.abs(found - usual).max() > 0.1


def test_moves_along_a_valley_add_up_to_one_over_one_minus_momentum():
    found, _ = course(Momentum, 200, gradient=lambda θ: np.ones(3), momentum=0.9)
    np.testing.assert_allclose(found[-1] - found[-2], -0.05 / (1 - 0.9))


def test_adams_corrected_mean_of_a_constant_gradient_is_that_gradient():
    g = np.array([1e-3, -1.0, 50.0])
    for steps in (1, 2, 10, 500):
        points, adam = course(Adam, steps, gradient=lambda θ: g)
        np.testing.assert_allclose(adam.state["mean"] / (1 - 0.9**steps), g, rtol=1e-12)
        np.testing.assert_allclose(adam.state["mean_square"] / (1 - 0.999**steps), g**2, rtol=1e-9)
        # So every step is η long, the first as well as the last.
        np.testing.assert_allclose(
            np.diff(points, axis=0), -0.05 * np.sign(g) * np.ones((steps, 1)), rtol=1e-4
        )


def test_adams_mean_weighs_the_gradients_as_the_page_says():
    gradients = np.random.default_rng(0).normal(size=(20, 3))
    drawn = iter(gradients)
    _, adam = course(Adam, 20, gradient=lambda θ: next(drawn))
    weights = (1 - 0.9) * 0.9 ** (20 - np.arange(1, 21))
    assert weights.sum() == pytest.approx(1 - 0.9**20)
    np.testing.assert_allclose(adam.state["mean"], weights @ gradients, rtol=1e-12)


def test_adams_first_step_would_be_too_long_by_what_the_page_says():
    class Uncorrected(Adam):
        def step(self, step_size):
            self.steps = 10**6  # Where both corrections are 1.
            super().step(step_size)

    first = [np.diff(course(each, 1)[0], axis=0)[0] for each in (Adam, Uncorrected)]
    ratio = re.search(r"√\(1 − β₂\) = ([\d.]+) times", " ".join(PAGE.split()))[1]
    np.testing.assert_allclose(first[1] / first[0], float(ratio), rtol=0.02)


def test_decoupled_decay_shrinks_all_alike_and_as_a_gradient_it_would_not():
    decoupled, _ = course(Adam, 3, 0.1, gradient=lambda θ: np.zeros(3), weight_decay=0.2)
    np.testing.assert_allclose(decoupled[1:] / decoupled[:-1], 1 - 0.1 * 0.2)
    for decay in (0.2, 0.002):
        as_gradient, _ = course(Adam, 1, 0.1, gradient=lambda θ, decay=decay: decay * θ)
        np.testing.assert_allclose(np.abs(np.diff(as_gradient, axis=0)), 0.1, rtol=1e-4)


def test_in_gradient_descent_to_decay_is_to_take_a_share_off():
    found, _ = course(GradientDescent, 3, 0.1, gradient=lambda θ: np.zeros(3), weight_decay=0.2)
    np.testing.assert_allclose(found[1:] / found[:-1], 1 - 0.1 * 0.2)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_averages_are_the_sums_that_the_page_says(count):
    points = np.random.default_rng(count).normal(size=(count, 5))
    plain, exponential = Average(points[0]), Average(points[0])
    for t, point in enumerate(points, 1):
        plain.include(point, 1 / t)
        exponential.include(point, 1 - 0.8)
    np.testing.assert_allclose(plain.vector, points.sum(axis=0) / count, rtol=1e-12)
    weights = (1 - 0.8) * 0.8 ** (count - np.arange(1, count + 1))
    weights[0] = 0.8 ** (count - 1)
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(exponential.vector, weights @ points, rtol=1e-12)


def test_schedules_are_those_of_the_page():
    warmup, U, length = 4, 12, 5
    falling = {
        "constant": lambda u: 1,
        "cosine": lambda u: (1 + np.cos(np.pi * u / U)) / 2,
        "exponential": lambda u: 0.3 ** (u / length),
        "step": lambda u: 0.3 ** np.floor(u / length),
    }
    for name, r in falling.items():
        schedule = Schedule(name, 0.2, warmup + U, warmup, decay=0.3, length=length)
        expected = [t / warmup for t in range(1, warmup + 1)] + [r(u) for u in range(U)]
        found = [schedule(t - 1) for t in range(1, warmup + U + 1)]
        np.testing.assert_allclose(found, 0.2 * np.array(expected), err_msg=name)


def test_the_first_weights_keep_the_size_of_inputs_that_depend_on_one_another():
    rng = np.random.default_rng(0)
    layer = Linear(30, 20_000, rng=rng, dtype=np.float64)
    layer.bias = 0
    X = 1 + rng.normal(size=(8, 1)) + np.arange(30) / 30  # One random number in each row.
    Z = layer.forward(X)
    mean_squares = np.mean(X**2, axis=1)
    np.testing.assert_allclose(Z.var(axis=1), 2 * mean_squares, rtol=0.05)
    np.testing.assert_allclose(np.mean(ReLU().forward(Z) ** 2, axis=1), mean_squares, rtol=0.05)


def test_standardizing_evens_out_the_curvatures_as_the_page_says(digits):
    pixels = digits.train.pixels
    ratios = []
    for scaling in (Scaling(), Scaling.standardizing(pixels)):
        X = scaling(pixels, out=np.empty(pixels.shape))
        *_, second, largest = np.linalg.eigvalsh(X.T @ X / len(X))
        ratios.append(largest / second)
    assert np.mean(X**2) == pytest.approx(1)  # Of the standardized.
    text = " ".join(PAGE.split())
    assert f"is {ratios[0]:.0f} times the second with x/256 − ½, and {ratios[1]:.0f} times" in text


def test_central_differences_err_least_near_the_h_of_the_page():
    points = np.linspace(0.1, 1.5, 200)

    def error(h):
        return np.abs((np.sin(points + h) - np.sin(points - h)) / (2 * h) - np.cos(points)).max()

    eps = np.finfo(float).eps
    best = error(eps ** (1 / 3))
    assert best < 4 * eps ** (2 / 3)
    assert error(eps ** (1 / 3) * 30) > 30 * best
    assert error(eps ** (1 / 3) / 300) > 30 * best
