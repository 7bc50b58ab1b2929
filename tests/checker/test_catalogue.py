"""Every mistake in the catalogue can be found, and what is right between layers is."""

from types import SimpleNamespace

import numpy as np
import pytest

from handgrad.checker.cases import GENERAL, STEP_SIZE
from handgrad.checker.catalogue import activation, linear, loss, network, softmax
from handgrad.checker.mathematics import ACTIVATIONS, HIDDEN_ACTIVATIONS
from handgrad.checker.mathematics import softmax as right_softmax
from handgrad.checker.mistakes import close, find
from handgrad.checker.numeric import central_differences


def situations():
    """What formulas may use, for two sizes."""
    for case in GENERAL:
        s = SimpleNamespace(n=case.n, d=case.d, c=case.c, eta=STEP_SIZE)
        s.X, s.G, s.labels = case.inputs(0), case.gradients(0), case.labels(0)
        s.W, s.b = case.parameter(0, (case.d, case.c)), case.parameter(1, (1, case.c))
        s.Z = s.logits = s.X @ s.W + s.b
        yield s


def of_loss(s):
    s.Z = 2 * s.Z / np.abs(s.Z).max()
    s.Y, s.P = np.eye(s.c)[s.labels], right_softmax(s.Z)
    s.P_twice = right_softmax(s.P)
    s.right = (s.P - s.Y) / s.n


def of_linear(s):
    s.W_after = s.W - STEP_SIZE * (s.X.T @ s.G)
    s.right = s.X.T @ s.G


def of_softmax(s):
    s.A = right_softmax(s.X)
    s.G = s.G[:, :1] * s.X**2
    s.right = s.A * (s.G - (s.A * s.G).sum(axis=1, keepdims=True))


def of_activation(kind):
    def add(s):
        function, s.slope_at = ACTIVATIONS[kind]
        s.A, s.slope = function(s.X), s.slope_at(s.X)
        s.G = s.G[:, :1] * s.X**2
        s.right = s.G * s.slope

    return add


CATALOGUE = {
    "loss": (loss.OUTPUT, of_loss),
    "loss gradient": (loss.GRADIENT, of_loss),
    "gradient by probabilities": (loss.PROBABILITIES_GRADIENT, of_loss),
    "gradient by log-probabilities": (loss.LOG_PROBABILITIES_GRADIENT, of_loss),
    "softmax": (softmax.OUTPUT, of_softmax),
    "softmax gradient": (softmax.GRADIENT, of_softmax),
    "linear": (linear.OUTPUT, of_linear),
    "weights gradient": (linear.WEIGHTS, of_linear),
    "bias gradient": (linear.BIAS, of_linear),
    "sigmoid gradient": (activation.SIGMOID, of_activation("sigmoid")),
    "relu gradient": (activation.RELU, of_activation("relu")),
    "tanh gradient": (activation.TANH, of_activation("tanh")),
}


SYNONYMS = {("derivative at the gradient", "mask from the gradient")}
"""For ReLU."""


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_mistake_is_found_by_its_own_numbers(name):
    mistakes, add = CATALOGUE[name]
    given = list(situations())
    for s in given:
        add(s)
    hidden = []
    for mistake in mistakes:
        try:
            with np.errstate(all="ignore"):
                numbers = [np.asarray(mistake.numbers(s), dtype=float) for s in given]
        except ValueError:
            continue  # It fits only where sizes agree.
        if not all(np.all(np.isfinite(each)) for each in numbers):
            continue
        if all(close(each, s.right) for each, s in zip(numbers, given, strict=True)):
            continue  # It is none here: a slope of 0 or 1 is its own square, say.
        found = find(mistakes, list(zip(numbers, given, strict=True)))
        if found is None or found.slug != mistake.slug:
            hidden.append((mistake.slug, found and found.slug))
    assert set(hidden) <= SYNONYMS


@pytest.mark.parametrize("name", HIDDEN_ACTIVATIONS)
def test_the_slope_of_an_activation_is_its_derivative(name):
    function, slope = HIDDEN_ACTIVATIONS[name]
    X = GENERAL[0].inputs(0)
    difference = central_differences(lambda x: float(function(x).sum()), X)
    np.testing.assert_allclose(slope(X), difference, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", HIDDEN_ACTIVATIONS)
def test_a_wrong_network_is_told_whatever_is_between_its_layers(name):
    s = next(situations())
    s.layers = [(s.W, s.b), (s.G.T @ s.X, s.X[:1])]
    s.wanted = 2
    for slug in ("activation after the last layer", "softmax after the last layer"):
        numbers = [m.numbers(s) for m in network.OUTPUT if m.slug == slug]
        found = find(network.OUTPUT, [(numbers[list(HIDDEN_ACTIVATIONS).index(name)], s)])
        assert found is not None
        assert found.slug == slug
