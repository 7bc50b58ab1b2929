import json

import numpy as np
import pytest

from benchmarks.training import with_handgrad, with_sklearn
from benchmarks.training.problem import read_problem, write_problem
from handgrad import Dataset, Hyperparameters, Training

ASKED = {
    "step_size": 0.1,
    "batch_size": 20,
    "num_layers": 3,
    "hidden_dim": 6,
    "activation": "ReLU",
    "momentum": 0.9,
    "max_epochs": 3,
}


def digits(n: int, seed: int) -> Dataset:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, n)
    pixels = rng.integers(0, 60, (n, 30)) + 19 * labels[:, None]
    return Dataset(pixels.astype(np.uint8), labels, class_count=10)


@pytest.fixture
def problem(tmp_path):
    path = tmp_path / "problem.npz"
    write_problem(path, Training(digits(100, 0), digits(40, 1), Hyperparameters(**ASKED)))
    return str(path)


def plain_losses(problem: str) -> list[float]:
    """Momentum as a page of algebra has it, from the weights and batches in the file."""
    given = read_problem(problem)
    weights = [W.astype(float) for W in given.weights]
    biases = [b.astype(float) for b in given.biases]
    velocities = [np.zeros_like(parameter) for parameter in (*weights, *biases)]
    X, losses = given.pixels / 256 - 0.5, []
    for order in given.orders:
        for rows in order.reshape(-1, ASKED["batch_size"]):
            activations = [X[rows]]
            for W, b in zip(weights[:-1], biases[:-1], strict=True):
                activations.append(np.maximum(0, activations[-1] @ W + b))
            exp = np.exp(activations[-1] @ weights[-1] + biases[-1])
            p, y = exp / exp.sum(axis=1, keepdims=True), given.labels[rows]
            losses.append(-np.log(p[range(len(y)), y]).mean())
            G, gradients = (p - np.eye(10)[y]) / len(y), []
            for A, W in reversed(list(zip(activations, weights, strict=True))):
                gradients.insert(0, (A.T @ G, G.sum(axis=0)))
                G = G @ W.T * (A > 0)
            flat = [W for W, _ in gradients] + [b for _, b in gradients]
            for parameter, velocity, gradient in zip(
                (*weights, *biases), velocities, flat, strict=True
            ):
                velocity *= ASKED["momentum"]
                velocity += gradient
                parameter -= ASKED["step_size"] * velocity
    return losses


def test_the_file_holds_what_handgrad_starts_from_and_the_batches_it_takes(problem):
    training = Training(digits(100, 0), digits(40, 1), Hyperparameters(**ASKED))
    for _ in training:
        pass
    assert plain_losses(problem) == pytest.approx(training.history.train_loss, rel=1e-4)


def test_scikit_learn_learns_what_handgrad_does(problem):
    ours = with_handgrad.train(problem, ASKED)
    theirs = with_sklearn.train(problem, ASKED, threads=1)
    assert theirs["validation_loss"] == pytest.approx(ours["validation_loss"], rel=1e-3)
    assert theirs["validation_accuracy"] == ours["validation_accuracy"]


def test_what_is_printed_is_json(problem):
    printed = json.loads(json.dumps(with_handgrad.train(problem, ASKED)))
    assert printed["seconds"] > 0
    assert len(printed["first_epoch_loss"]) == 5
