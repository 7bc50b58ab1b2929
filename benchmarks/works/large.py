"""The default network over twelve times as many digits."""

from benchmarks.large import large_digits
from benchmarks.training.work import training_work
from benchmarks.work import Targets
from handgrad import small_mnist

WORK = training_work(
    "large",
    "the default network over 59,000 digits, 10 epochs",
    {"max_epochs": 10},
    Targets(best_peer=0.70, torch_eager=0.40),
    trial_epochs=1,
    data=lambda options: (large_digits(options), small_mnist().validation),
)
