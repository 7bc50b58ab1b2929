"""Wider, with momentum: the parameters no longer fit into a core's cache."""

from benchmarks.training.work import training_work
from benchmarks.work import Targets

WORK = training_work(
    "wider",
    "3 layers, 1024 wide, ReLU, batch 100, momentum 0.9, 5 epochs",
    {
        "num_layers": 3,
        "hidden_dim": 1024,
        "activation": "ReLU",
        "batch_size": 100,
        "momentum": 0.9,
        "max_epochs": 5,
    },
    Targets(best_peer=0.90, torch_eager=0.80, limit=1.6),
    trial_epochs=1,
)
