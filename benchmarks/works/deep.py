"""Five layers with ReLU: many small products."""

from benchmarks.training.work import training_work
from benchmarks.work import Targets

WORK = training_work(
    "deep",
    "5 layers, 16 wide, ReLU, batch 200, 200 epochs",
    {"num_layers": 5, "activation": "ReLU", "max_epochs": 200},
    Targets(best_peer=0.70, torch_eager=0.30),
    trial_epochs=20,
)
