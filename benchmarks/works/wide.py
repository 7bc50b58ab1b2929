"""A network wide enough for the products to be most of the work."""

from benchmarks.training.work import training_work
from benchmarks.work import Targets

WORK = training_work(
    "wide",
    "3 layers, 512 wide, ReLU, batch 200, 10 epochs",
    {"num_layers": 3, "hidden_dim": 512, "activation": "ReLU", "max_epochs": 10},
    Targets(best_peer=0.90, torch_eager=0.80, limit=1.6),
    trial_epochs=2,
)
