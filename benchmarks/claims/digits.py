"""handgrad's default network over the digits of a file, with what it cost."""

import time
from pathlib import Path
from typing import Any

from benchmarks import child
from benchmarks.large import large_digits
from benchmarks.work import Options, Settings

FEW = 5_000


def prepare(options: Options) -> Settings:
    """Write the first digits of the large file into a file of their own."""
    import numpy as np

    from handgrad.datasets import write_idx

    digits = large_digits(options)
    few = options.scratch / "few-images-idx3-ubyte.gz"
    write_idx(few, digits.rows(np.arange(FEW)))
    return {"files": {"few": str(few), "all": str(options.large_data)}}


def train(files: dict[str, str], of: str, visits: int) -> dict[str, Any]:
    """Train until about `visits` digits have been seen.

    The validation set grows with the training set, to 1,000 digits beside 59,000, so that its
    share of the cost is the same.
    """
    from handgrad import Hyperparameters, Training, small_mnist
    from handgrad.datasets import read_idx

    digits = read_idx(files[of], class_count=10)
    validation = small_mnist().validation
    validation = validation.rows(slice(0, round(len(validation) * len(digits) / 59_000)))
    epochs = max(1, round(visits / len(digits)))
    training = Training(digits, validation, Hyperparameters(max_epochs=epochs + 1))
    next(training)
    start = time.perf_counter()
    for _ in training:
        pass
    seconds = time.perf_counter() - start
    return {
        "seconds": seconds,
        "digits": len(digits),
        "seconds_per_digit": seconds / (epochs * len(digits)),
        "peak_bytes": peak_bytes(),
    }


def peak_bytes() -> int:
    """The most memory this process has had, from Linux: getrusage's figure is the parent's too."""
    status = Path("/proc/self/status").read_text().splitlines()
    (peak,) = (line.split()[1] for line in status if line.startswith("VmHWM"))
    return int(peak) * 1024


if __name__ == "__main__":
    child.main(train)
