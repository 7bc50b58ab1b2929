import os
from contextlib import contextmanager
from pathlib import Path

# Set before numpy is loaded: tests run beside one another, and threads would only wait.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Or each process that a test starts would compile all of handgrad again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import numpy as np
import pytest
from hypothesis import settings

from handgrad.datasets import Dataset, small_mnist
from handgrad.plots.style import Picture

BLANK = {
    "png": b"\x89PNG\r\n\x1a\n",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="5"/>',
}

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


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder of the test's own, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def drawing_nothing():
    """A context in which pictures are made, and written blank: to draw one takes 0.2 seconds."""

    def write_blank(picture, file, format, **_):
        if hasattr(file, "write"):
            file.write(BLANK[format])
        else:
            Path(file).write_bytes(BLANK[format])

    @contextmanager
    def context():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Picture, "savefig", write_blank)
            yield

    return context


@pytest.fixture
def blank_pictures(drawing_nothing):
    """Pictures are made, and written blank, in a test of other things."""
    with drawing_nothing():
        yield
