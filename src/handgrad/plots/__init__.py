"""Every picture: functions that take results and return a matplotlib Figure.

A user's matplotlibrc changes none of them: see `style`.
"""

import contextlib
import os
import sys

from handgrad.errors import DataError


def _load_matplotlib() -> None:
    """Load matplotlib, also where MPLBACKEND names a backend that is not installed.

    A notebook's processes inherit that variable, and matplotlib would stop at it; no picture needs
    a backend.
    """
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        import matplotlib
    except UnicodeDecodeError as error:
        raise DataError(f"matplotlib stops at a matplotlibrc that is not UTF-8: {error}") from None
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
    if backend is not None:
        with contextlib.suppress(ValueError):
            matplotlib.rcParams["backend"] = backend


if "matplotlib" not in sys.modules:
    _load_matplotlib()
