"""Run folders: written while training, read afterwards, resumed.

config.toml          what was asked for: all that is needed to run it again
iterations.csv       iteration, epoch, train_loss, train_accuracy
epochs.csv           epoch, iteration, validation_loss, validation_accuracy, seconds
model.safetensors    the parameters after the last epoch saved: also the checkpoint
summary.json         final and best figures, seed, versions, platform
learning-curves.png  the picture of the two tables

The tables are appended to before the model takes the place of the one before it, in one rename.
So however a run ends, the model is whole, and the tables hold every row up to its epoch; rows
after it, and a line cut short, are dropped on resuming.
"""

from handgrad.runs.configuration import (
    as_toml,
    data_table,
    fingerprint,
    read_config,
    read_data_table,
    require_new,
)
from handgrad.runs.run import Run
from handgrad.runs.summary import description, environment
from handgrad.runs.tables import read_history

__all__ = [
    "Run",
    "as_toml",
    "data_table",
    "description",
    "environment",
    "fingerprint",
    "read_config",
    "read_data_table",
    "read_history",
    "require_new",
]
