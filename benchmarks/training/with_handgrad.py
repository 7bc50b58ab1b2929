"""handgrad, through its public names, with its own choice of threads."""

import time
from typing import Any

from benchmarks import child
from benchmarks.training.problem import outcome, read_problem
from handgrad import Dataset, Hyperparameters, Training


def train(problem: str, hyperparameters: dict[str, Any]) -> dict[str, Any]:
    given = read_problem(problem)
    train_set = Dataset(given.pixels, given.labels, class_count=10)
    validation_set = Dataset(given.validation_pixels, given.validation_labels, class_count=10)
    asked = Hyperparameters(**hyperparameters)
    next(Training(train_set, validation_set, asked))

    start = time.perf_counter()
    training = Training(train_set, validation_set, asked)
    epochs = list(training)
    seconds = time.perf_counter() - start
    return outcome(
        seconds,
        -(-len(train_set) // asked.batch_size),
        training.history.train_loss,
        [epoch.validation_loss for epoch in epochs],
        [epoch.validation_accuracy for epoch in epochs],
        threads=training.threads,
    )


if __name__ == "__main__":
    child.main(train)
