import os

# Set before numpy is loaded: tests run beside one another, and threads would only wait.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pytest
from hypothesis import settings

from handgrad.datasets import Dataset, small_mnist

settings.register_profile("handgrad", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("handgrad")


@pytest.fixture(scope="session")
def digits():
    """Small MNIST."""
    return small_mnist()


@pytest.fixture(scope="session")
def few(digits):
    """450 digits to train on, which batches of 200 do not divide, and 130 to validate on."""
    return digits.train.rows(slice(450)), digits.validation.rows(slice(130))


@pytest.fixture
def tiny():
    """A made-up set of 30 images of 3 × 4 pixels in five classes."""
    rng = np.random.default_rng(5)
    return Dataset(rng.integers(0, 256, (30, 3, 4), dtype=np.uint8), np.arange(30) % 5, name="tiny")
