"""What a training run came to: its losses and accuracies, batch by batch and epoch by epoch."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Epoch:
    """What one epoch of training came to."""

    epoch: int
    """Counted from 1."""
    iteration: int
    """How many batches the run has seen by its end."""
    validation_loss: float
    validation_accuracy: float
    seconds: float
    """This epoch's own time, training and validation."""


@dataclass
class History:
    """A run's course: one number a batch for training, one record an epoch for validation."""

    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)

    @property
    def best(self) -> Epoch:
        """The epoch with the highest validation accuracy; of equals, the first."""
        return max(self.epochs, key=lambda epoch: epoch.validation_accuracy)

    @property
    def epochs_without_progress(self) -> int:
        """How many epochs ago the validation loss was at its lowest."""
        losses = [epoch.validation_loss for epoch in self.epochs]
        return len(losses) - 1 - losses.index(min(losses)) if losses else 0
