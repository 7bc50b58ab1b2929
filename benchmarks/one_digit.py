"""From one image's pixels in memory to its class as a Python number, by each contender."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import child
from benchmarks.training.problem import Problem, read_problem

Predict = Callable[[NDArray[np.uint8]], int]
"""From a row of pixels, 1 × 784."""


def handgrad(problem: Problem, hyperparameters: dict[str, Any]) -> Predict:
    from handgrad import FeedForwardNeuralNetwork
    from handgrad.datasets import Scaling
    from handgrad.models import NetworkModel

    network = FeedForwardNeuralNetwork(784, 10, activation=hyperparameters["activation"])
    parameters = zip(network.linear_layers, problem.weights, problem.biases, strict=True)
    for layer, weights, bias in parameters:
        layer.weights, layer.bias = weights, bias
    model = NetworkModel(network, Scaling())
    return lambda pixels: int(model.predict(pixels)[0])


def torch_eager(problem: Problem, hyperparameters: dict[str, Any]) -> Predict:
    import torch

    from benchmarks.training.with_torch import build

    torch.set_num_threads(1)
    model = build(problem, hyperparameters["activation"]).eval()

    @torch.inference_mode()
    def predict(pixels: NDArray[np.uint8]) -> int:
        return int(model(torch.from_numpy(pixels) / 256 - 0.5).argmax())

    return predict


def torch_compiled(problem: Problem, hyperparameters: dict[str, Any], traced: bool) -> Predict:
    import torch

    from benchmarks.training.with_torch import build

    class Classifier(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = build(problem, hyperparameters["activation"])

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return self.network(pixels / 256 - 0.5).argmax()

    torch.set_num_threads(1)
    classify = Classifier().eval()
    if traced:
        classify = torch.jit.freeze(torch.jit.trace(classify, torch.zeros(1, 784).byte()))
    else:
        classify = torch.compile(classify, dynamic=False)

    @torch.inference_mode()
    def predict(pixels: NDArray[np.uint8]) -> int:
        return int(classify(torch.from_numpy(pixels)))

    return predict


def jax(problem: Problem, hyperparameters: dict[str, Any]) -> Predict:
    import jax

    from benchmarks.training.jax_run import ACTIVATIONS, forward, scaled

    layers = list(zip(problem.weights, problem.biases, strict=True))
    g = ACTIVATIONS[hyperparameters["activation"]]
    classify = jax.jit(lambda pixels: forward(layers, scaled(pixels), g).argmax())
    return lambda pixels: int(classify(pixels))


def scikit_learn(problem: Problem, hyperparameters: dict[str, Any]) -> Predict:
    import sklearn

    from benchmarks.training.with_sklearn import scaled, with_weights

    sklearn.set_config(assume_finite=True)
    classifier = with_weights(problem, hyperparameters)
    return lambda pixels: int(classifier.predict(scaled(pixels))[0])


CONTENDERS: dict[str, Callable[..., Predict]] = {
    "handgrad": handgrad,
    "torch eager": torch_eager,
    "torch compiled": torch_compiled,
    "jax": jax,
    "scikit-learn": scikit_learn,
}


def measure(
    problem: str, hyperparameters: dict[str, Any], contender: str, **how: Any
) -> dict[str, Any]:
    """Predict all validation digits, one at a time, ten times over."""
    given = read_problem(problem)
    rows = [given.validation_pixels[i : i + 1] for i in range(len(given.validation_pixels))]
    start = time.perf_counter()
    predict = CONTENDERS[contender](given, hyperparameters, **how)
    predictions = [predict(row) for row in rows]
    warm_up = time.perf_counter() - start
    latencies = []
    for _ in range(10):
        start = time.perf_counter()
        for row in rows:
            predict(row)
        latencies.append((time.perf_counter() - start) / len(rows))
    compiled = contender in ("torch compiled", "jax")
    return {
        "seconds": median(latencies),
        "validation_accuracy": float(np.mean(predictions == given.validation_labels)),
        **({"compile_seconds": warm_up} if compiled else {}),
    }


if __name__ == "__main__":
    child.main(measure)
