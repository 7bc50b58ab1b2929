"""Runs that tests make, and what must be the same in two of them."""

from handgrad.runs import Run


def carried_out(folder, hyperparameters, source):
    run = Run.create(folder, hyperparameters, source)
    for _ in run.training:
        run.record()
    run.finish("finished")
    return run


def contents(folder):
    """All that must be the same in two runs that were asked the same: seconds left out."""
    epochs = (folder / "epochs.csv").read_text().splitlines()
    return {
        "iterations": (folder / "iterations.csv").read_bytes(),
        "epochs": [line.rpartition(",")[0] for line in epochs],
        "model": (folder / "model.safetensors").read_bytes(),
    }
