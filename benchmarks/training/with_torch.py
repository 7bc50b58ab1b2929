"""torch, eager or compiled: the loop its users write when the data fit into memory."""

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from benchmarks import child
from benchmarks.training.problem import Problem, outcome, read_problem

ACTIVATIONS = {"Sigmoid": nn.Sigmoid, "ReLU": nn.ReLU}


def build(problem: Problem, activation: str) -> nn.Sequential:
    modules: list[nn.Module] = []
    for weights, bias in zip(problem.weights, problem.biases, strict=True):
        linear = nn.Linear(*weights.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weights.T))
            linear.bias.copy_(torch.from_numpy(bias))
        modules += [linear, ACTIVATIONS[activation]()]
    return nn.Sequential(*modules[:-1])


def scaled(pixels: Any) -> Tensor:
    return torch.from_numpy(pixels).float().div_(256).sub_(0.5)


def learn(
    problem: Problem,
    hyperparameters: dict[str, Any],
    optimizer: dict[str, bool],
    compiled: Callable[[Callable], Callable],
    max_epochs: int,
) -> list[Tensor]:
    """Train, and return the training losses, the validation losses and accuracies."""
    model = build(problem, hyperparameters["activation"])
    sgd = torch.optim.SGD(
        model.parameters(),
        lr=hyperparameters["step_size"],
        momentum=hyperparameters.get("momentum", 0.0),
        **optimizer,
    )
    X, y = scaled(problem.pixels), torch.from_numpy(problem.labels)
    X_validation = scaled(problem.validation_pixels)
    y_validation = torch.from_numpy(problem.validation_labels)

    @compiled
    def loss_of(X: Tensor, y: Tensor) -> Tensor:
        return cross_entropy(model(X), y)

    @compiled
    def validate(X: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        logits = model(X)
        return cross_entropy(logits, y), (logits.argmax(1) == y).float().mean()

    losses, validation = [], []
    for order in torch.from_numpy(problem.orders[:max_epochs]):
        for rows in order.split(hyperparameters["batch_size"]):
            loss = loss_of(X.index_select(0, rows), y.index_select(0, rows))
            sgd.zero_grad(set_to_none=True)
            loss.backward()
            sgd.step()
            losses.append(loss.detach())
        with torch.inference_mode():
            validation.append(validate(X_validation, y_validation))
    return [torch.stack(losses), *map(torch.stack, zip(*validation, strict=True))]


def train(
    problem: str,
    hyperparameters: dict[str, Any],
    threads: int,
    optimizer: dict[str, bool],
    compile: bool = False,
) -> dict[str, Any]:
    torch.set_num_threads(threads)
    given = read_problem(problem)
    compiled = torch.compile(dynamic=False) if compile else lambda function: function
    start = time.perf_counter()
    learn(given, hyperparameters, optimizer, compiled, max_epochs=1)
    warm_up = time.perf_counter() - start

    start = time.perf_counter()
    results = learn(given, hyperparameters, optimizer, compiled, hyperparameters["max_epochs"])
    seconds = time.perf_counter() - start
    steps = -(-len(given.labels) // hyperparameters["batch_size"])
    compiling = {"compile_seconds": warm_up} if compile else {}
    return outcome(seconds, steps, *results, threads=threads, **compiling)


if __name__ == "__main__":
    child.main(train)
