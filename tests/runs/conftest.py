"""What the tests of runs have in common."""

import pytest

from handgrad.datasets import Source, write_npz


@pytest.fixture
def source(tiny, tmp_path):
    write_npz(tmp_path / "tiny.npz", tiny)
    return Source(data=tmp_path / "tiny.npz")
