"""matplotlib is loaded wherever handgrad draws, whatever the environment says of it."""

import os
import subprocess
import sys

import pytest

LOADED = "import handgrad.plots.curves, matplotlib; print(matplotlib.rcParams['backend'])"


def backend_of(environment):
    """The backend that a process has which was started with this MPLBACKEND."""
    run = subprocess.run(
        [sys.executable, "-c", LOADED],
        env=os.environ | {"MPLBACKEND": environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip()


@pytest.mark.parametrize(
    ("environment", "backend"),
    [("that_of_a_notebook", "agg"), ("pdf", "pdf")],
)
def test_a_backend_that_is_not_installed_stops_nothing(environment, backend):
    assert backend_of(environment) == backend


def test_a_matplotlibrc_that_cannot_be_read_is_named(here):
    (here / "matplotlibrc").write_bytes(b"figure.dpi: \xff\n")
    run = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True)
    assert "DataError: matplotlib stops at a matplotlibrc that is not UTF-8" in run.stderr
