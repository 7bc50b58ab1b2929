"""A training run as one pure function, for jax to compile, or to vmap over many runs."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from benchmarks.training.problem import Problem

ACTIVATIONS = {"Sigmoid": jax.nn.sigmoid, "ReLU": jax.nn.relu}

Layers = list[tuple[Array, Array]]


def arguments(problem: Problem, hyperparameters: dict[str, Any]) -> tuple:
    """What the function of `whole_run` takes."""
    return (
        list(zip(problem.weights, problem.biases, strict=True)),
        problem.pixels,
        problem.labels.astype(np.int32),
        problem.validation_pixels,
        problem.validation_labels.astype(np.int32),
        problem.orders[: hyperparameters["max_epochs"]].astype(np.int32),
        np.float32(hyperparameters["step_size"]),
    )


def scaled(pixels: Array) -> Array:
    return pixels.astype(jnp.float32) / 256 - 0.5


def forward(layers: Layers, X: Array, g: Callable[[Array], Array]) -> Array:
    for W, b in layers[:-1]:
        X = g(X @ W + b)
    W, b = layers[-1]
    return X @ W + b


def loss_of(logits: Array, y: Array) -> Array:
    log_p = jax.nn.log_softmax(logits)
    return -jnp.take_along_axis(log_p, y[:, None], axis=1).mean()


def whole_run(activation: str, batch_size: int, momentum: float, scale_batches: bool) -> Callable:
    """Make the function from data and first weights to last weights, losses and accuracies.

    `scale_batches` says whether pixels are scaled batch by batch, or all of them once.
    """
    g = ACTIVATIONS[activation]

    def run(layers, pixels, y, validation_pixels, y_validation, orders, step_size):
        X = pixels if scale_batches else scaled(pixels)
        X_validation = scaled(validation_pixels)

        def step(state, rows):
            layers, velocity = state
            X_batch = scaled(X[rows]) if scale_batches else X[rows]
            loss, gradient = jax.value_and_grad(
                lambda layers: loss_of(forward(layers, X_batch, g), y[rows])
            )(layers)
            if momentum:
                velocity = jax.tree.map(lambda v, d: momentum * v + d, velocity, gradient)
                gradient = velocity
            layers = jax.tree.map(lambda p, d: p - step_size * d, layers, gradient)
            return (layers, velocity), loss

        def epoch(state, order):
            state, losses = lax.scan(step, state, order.reshape(-1, batch_size))
            logits = forward(state[0], X_validation, g)
            accuracy = (logits.argmax(1) == y_validation).mean()
            return state, (losses, loss_of(logits, y_validation), accuracy)

        velocity = jax.tree.map(jnp.zeros_like, layers) if momentum else None
        (layers, _), curves = lax.scan(epoch, (layers, velocity), orders)
        return layers, *curves

    return run
