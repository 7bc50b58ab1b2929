"""SPEC's default run."""

from benchmarks.training.work import training_work
from benchmarks.work import Targets

WORK = training_work(
    "default",
    "2 layers, 16 wide, Sigmoid, batch 200, 200 epochs",
    {"max_epochs": 200},
    Targets(best_peer=0.70, torch_eager=0.35, limit=3.5),
    trial_epochs=20,
)
