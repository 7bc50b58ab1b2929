"""The limit: the run's matrix products, and nothing else, through numpy and its BLAS."""

import time
from itertools import pairwise
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks import child
from benchmarks.training.problem import read_problem


class Products:
    """For each layer the arrays that a batch of n rows multiplies, and those it writes.

    `order` is how numpy stores them: "C" row by row, "F" column by column.
    """

    def __init__(self, widths: list[int], n: int, order: str):
        rng = np.random.default_rng(0)

        def array(*shape: int) -> Any:
            return np.asarray(rng.standard_normal(shape), np.float32, order=order)

        self.layers = [
            (array(n, d), array(d, c), array(n, c), array(n, c), array(d, c), array(n, d))
            for d, c in pairwise(widths)
        ]

    def forward(self) -> None:
        for X, W, Z, _, _, _ in self.layers:
            np.matmul(X, W, out=Z)

    def backward(self) -> None:
        """∂L/∂W of every layer, and ∂L/∂X of every layer but the first."""
        for i, (X, W, _, dZ, dW, dX) in enumerate(self.layers):
            np.matmul(X.T, dZ, out=dW)
            if i > 0:
                np.matmul(dZ, W.T, out=dX)


def train(
    problem: str, hyperparameters: dict[str, Any], threads: int, order: str
) -> dict[str, Any]:
    given = read_problem(problem)
    widths = [given.pixels.shape[1]] + [weights.shape[1] for weights in given.weights]
    batch = Products(widths, hyperparameters["batch_size"], order)
    validation = Products(widths, len(given.validation_labels), order)
    steps = len(given.labels) // hyperparameters["batch_size"]

    def run(epochs: int) -> None:
        for _ in range(epochs):
            for _ in range(steps):
                batch.forward()
                batch.backward()
            validation.forward()

    with threadpool_limits(threads):
        run(1)
        start = time.perf_counter()
        run(hyperparameters["max_epochs"])
        seconds = time.perf_counter() - start
    return {"seconds": seconds, "threads": threads}


if __name__ == "__main__":
    child.main(train)
