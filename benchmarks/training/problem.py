"""A training run as arrays in a file: the same digits, weights and batches for everybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Problem:
    """What every contender starts from, in memory, when its clock starts."""

    pixels: NDArray[np.uint8]
    """n × d, 0 to 255: to scale them is part of the work."""
    labels: NDArray[np.int64]
    validation_pixels: NDArray[np.uint8]
    validation_labels: NDArray[np.int64]
    weights: list[NDArray[np.float32]]
    """W of each linear layer, d × c."""
    biases: list[NDArray[np.float32]]
    """b of each linear layer, c."""
    orders: NDArray[np.int64]
    """For each epoch, the rows in the order of their batches: max_epochs × n."""


def write_problem(path: Path, training: Any) -> None:
    """Write what a `handgrad.Training` starts from: its network as it is now, and its batches."""
    from handgrad.streams import stream

    train, validation, asked = training.train, training.validation, training.hyperparameters
    streams = (stream(asked.seed, "shuffle", epoch + 1) for epoch in range(asked.max_epochs))
    arrays = {
        "pixels": train.pixels,
        "labels": train.labels.astype(np.int64),
        "validation_pixels": validation.pixels,
        "validation_labels": validation.labels.astype(np.int64),
        "orders": np.array([rng.permutation(len(train)) for rng in streams]),
    }
    for i, layer in enumerate(training.network.linear_layers):
        arrays[f"weights.{i}"] = layer.weights
        arrays[f"bias.{i}"] = layer.bias.ravel()
    np.savez(path, **arrays)


def read_problem(path: str) -> Problem:
    """Read the problem from its file."""
    with np.load(path) as arrays:
        count = sum(name.startswith("weights.") for name in arrays)
        return Problem(
            pixels=arrays["pixels"],
            labels=arrays["labels"],
            validation_pixels=arrays["validation_pixels"],
            validation_labels=arrays["validation_labels"],
            weights=[np.ascontiguousarray(arrays[f"weights.{i}"]) for i in range(count)],
            biases=[arrays[f"bias.{i}"] for i in range(count)],
            orders=arrays["orders"],
        )


def outcome(
    seconds: float,
    steps_per_epoch: int,
    train_loss: Any,
    validation_loss: Any,
    validation_accuracy: Any,
    **more: Any,
) -> Mapping[str, Any]:
    """What a contender prints: its time, and enough to see that it learned what the others did."""
    return {
        "seconds": seconds,
        "first_epoch_loss": [round(float(x), 6) for x in train_loss[:steps_per_epoch]],
        "validation_loss": float(validation_loss[-1]),
        "validation_accuracy": float(validation_accuracy[-1]),
        **more,
    }
