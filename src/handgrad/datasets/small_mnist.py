"""Small MNIST, which comes with the package: see NOTICE for where it is from and its licence."""

from functools import cached_property
from pathlib import Path

import numpy as np

from handgrad.datasets.dataset import Dataset


class SmallMNIST:
    """28 × 28 handwritten digits: 5,000 to train on, 1,000 to validate on, 4,220 to predict.

    Each set is unpacked when it is first asked for.
    """

    @cached_property
    def train(self) -> Dataset:
        """5,000 digits with labels."""
        return self._read("train")

    @cached_property
    def validation(self) -> Dataset:
        """1,000 digits with labels."""
        return self._read("validation")

    @cached_property
    def test(self) -> Dataset:
        """4,220 digits, whose labels are not given."""
        return self._read("test")

    def __repr__(self) -> str:
        return "SmallMNIST(train: 5000, validation: 1000, test: 4220)"

    def _read(self, name: str) -> Dataset:
        with np.load(Path(__file__).with_name("small_mnist.npz")) as arrays:
            labels = arrays.get(f"{name}_labels")
            return Dataset(
                arrays[f"{name}_images"], labels, class_count=10, name=f"Small MNIST, {name}"
            )


def small_mnist() -> SmallMNIST:
    """Give Small MNIST: its `train`, `validation` and `test` sets."""
    return SmallMNIST()
