"""The course's twelve runs, by each contender in the ways that its users have."""

from itertools import groupby
from statistics import median
from typing import Any

import joblib

from benchmarks import child
from benchmarks.training.problem import read_problem

Run = dict[str, Any]
"""The file of its problem, and its hyperparameters."""


def handgrad_run(run: Run) -> float:
    from handgrad import Hyperparameters, Training, small_mnist

    digits, asked = small_mnist(), Hyperparameters(**run["hyperparameters"])
    training = Training(digits.train, digits.validation, asked)
    return [epoch.validation_accuracy for epoch in training][-1]


def handgrad(runs: list[Run], processes: int) -> list[float]:
    return joblib.Parallel(processes)(joblib.delayed(handgrad_run)(run) for run in runs)


def torch_run(run: Run, threads: int) -> float:
    import torch

    from benchmarks.training.with_torch import learn

    torch.set_num_threads(threads)
    problem, asked = read_problem(run["problem"]), run["hyperparameters"]
    results = learn(problem, asked, {"foreach": True}, lambda f: f, asked["max_epochs"])
    return float(results[-1][-1])


def torch(runs: list[Run], processes: int, threads: int) -> list[float]:
    return joblib.Parallel(processes)(joblib.delayed(torch_run)(run, threads) for run in runs)


def jax(runs: list[Run], mapped: bool) -> list[float]:
    """One compilation for the runs of one shape, which go one by one, or all at once by vmap."""
    import jax
    import numpy as np

    from benchmarks.training.jax_run import arguments, whole_run

    accuracies: list[float] = []
    for (_, activation), group in groupby(runs, key=_shape):
        inputs = [arguments(read_problem(run["problem"]), run["hyperparameters"]) for run in group]
        whole = whole_run(activation, runs[0]["hyperparameters"]["batch_size"], 0.0, True)
        if mapped:
            weights, *data, orders, step_sizes = zip(*inputs, strict=True)
            weights, orders, step_sizes = jax.tree.map(
                lambda *of_runs: np.stack(of_runs), *zip(weights, orders, step_sizes, strict=True)
            )
            every = jax.jit(jax.vmap(whole, in_axes=(0, *[None] * len(data), 0, 0)))
            results = every(weights, *(of_runs[0] for of_runs in data), orders, step_sizes)
            accuracies += np.asarray(results[-1])[:, -1].tolist()
        else:
            one = jax.jit(whole)
            accuracies += [float(one(*of_run)[-1][-1]) for of_run in inputs]
    return accuracies


def _shape(run: Run) -> tuple[int, str]:
    return run["hyperparameters"]["num_layers"], run["hyperparameters"]["activation"]


CONTENDERS = {"handgrad": handgrad, "torch": torch, "jax": jax}


def train(contender: str, runs: list[Run], max_epochs: int, how: dict[str, Any]) -> dict[str, Any]:
    for run in runs:
        run["hyperparameters"]["max_epochs"] = max_epochs
    accuracies = CONTENDERS[contender](runs, **how)
    return {"validation_accuracy": median(accuracies)}


if __name__ == "__main__":
    child.main(train)
