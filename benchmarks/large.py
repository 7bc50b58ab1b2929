"""The 59,000 digits: MNIST's training digits without the 1,000 of Small MNIST's validation set."""

from benchmarks.work import Options, SkippedError
from handgrad import Dataset
from handgrad.datasets import read_idx


def large_digits(options: Options) -> Dataset:
    """Read them, or say why the work is skipped."""
    if not options.large_data.exists():
        raise SkippedError(f"{options.large_data} is not there; name the file with --large-data")
    return read_idx(options.large_data, class_count=10)
