"""A run's summary.json: how it ended, and on what it ran."""

import platform
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from handgrad.datasets import Dataset
from handgrad.files import write_json
from handgrad.training import Training


def write_summary(folder: Path, training: Training, status: str) -> None:
    """Write how a run ended: `status` is "finished", "interrupted" or "diverged"."""
    history = training.history
    summary: dict[str, Any] = {
        "status": status,
        "seed": training.hyperparameters.seed,
        "parameters": training.network.parameters.size,
        "epochs": training.epoch,
        "iterations": training.iteration,
        "seconds": sum(epoch.seconds for epoch in history.epochs),
        "threads": training.threads,
    }
    if history.epochs:
        summary["final"] = asdict(history.epochs[-1])
        summary["best"] = asdict(history.best)
    summary["data"] = {
        "train": description(training.train),
        "validation": description(training.validation),
    }
    summary |= environment()
    write_json(folder / "summary.json", summary)


def environment() -> dict[str, Any]:
    """Describe what a run ran on, for its summary."""
    return {
        "versions": {
            "handgrad": version("handgrad"),
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "platform": {"system": sys.platform, "machine": platform.machine()},
    }


def description(dataset: Dataset) -> dict[str, Any]:
    """Describe a data set, for a summary."""
    return {
        "name": dataset.name,
        "examples": len(dataset),
        "pixels": dataset.input_dim,
        "fingerprint": dataset.fingerprint,
    }
