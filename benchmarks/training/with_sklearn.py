"""scikit-learn's MLPClassifier: partial_fit an epoch at a time, for its validation in between."""

import time
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from benchmarks import child
from benchmarks.training.problem import Problem, outcome, read_problem

ACTIVATIONS = {"Sigmoid": "logistic", "ReLU": "relu"}


def scaled(pixels: Any) -> Any:
    return pixels.astype(np.float32) / 256 - np.float32(0.5)


def with_weights(problem: Problem, hyperparameters: dict[str, Any]) -> MLPClassifier:
    """Build the classifier and give it the problem's weights, in place of those it draws."""
    classifier = MLPClassifier(
        hidden_layer_sizes=[weights.shape[1] for weights in problem.weights[:-1]],
        activation=ACTIVATIONS[hyperparameters["activation"]],
        solver="sgd",
        alpha=0,
        batch_size=hyperparameters["batch_size"],
        learning_rate_init=hyperparameters["step_size"],
        momentum=hyperparameters.get("momentum", 0.0),
        nesterovs_momentum=False,
        shuffle=False,
    )
    batch = slice(0, hyperparameters["batch_size"])
    classifier.partial_fit(scaled(problem.pixels[batch]), problem.labels[batch], classes=range(10))
    classifier.coefs_ = [weights.copy() for weights in problem.weights]
    classifier.intercepts_ = [bias.copy() for bias in problem.biases]
    del classifier._optimizer  # The velocities of momentum begin at zero again.
    return classifier


def learn(
    classifier: MLPClassifier, problem: Problem, max_epochs: int
) -> tuple[list[float], list[float], list[float]]:
    X, y = scaled(problem.pixels), problem.labels
    X_validation, y_validation = scaled(problem.validation_pixels), problem.validation_labels
    rows = np.arange(len(y_validation))
    losses, validation_losses, accuracies = [], [], []
    for order in problem.orders[:max_epochs]:
        classifier.partial_fit(X[order], y[order])
        losses.append(classifier.loss_)
        p = classifier.predict_proba(X_validation)
        smallest = np.finfo(p.dtype).tiny
        validation_losses.append(-np.log(np.maximum(p[rows, y_validation], smallest)).mean())
        accuracies.append((p.argmax(axis=1) == y_validation).mean())
    return losses, validation_losses, accuracies


def train(problem: str, hyperparameters: dict[str, Any], threads: int) -> dict[str, Any]:
    given = read_problem(problem)
    with threadpool_limits(threads):
        learn(with_weights(given, hyperparameters), given, max_epochs=1)
        classifier = with_weights(given, hyperparameters)

        start = time.perf_counter()
        results = learn(classifier, given, hyperparameters["max_epochs"])
        seconds = time.perf_counter() - start
    return outcome(seconds, 0, *results, threads=threads)


if __name__ == "__main__":
    child.main(train)
