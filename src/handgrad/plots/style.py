"""How pictures look: as matplotlib draws them by itself, whatever a user's matplotlibrc says."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib
from matplotlib.figure import Figure

_lock = threading.RLock()
_within = False


@contextmanager
def default_style() -> Iterator[None]:
    """Have matplotlib's own defaults in the block, or in the function that this decorates.

    Its settings are a process's: other threads that want the defaults wait. Within the block, what
    it sets stands, and a second `default_style` changes nothing.
    """
    global _within
    with _lock:
        if _within:
            yield
            return
        defaults = {
            key: value
            for key, value in matplotlib.rcParamsDefault.items()
            if not key.startswith("backend") and matplotlib.rcParams[key] != value
        }
        with matplotlib.rc_context(defaults):
            _within = True
            try:
                yield
            finally:
                _within = False


class Picture(Figure):
    """A figure that is drawn and saved in the default style; what `savefig` is told counts."""

    draw = default_style()(Figure.draw)
    savefig = default_style()(Figure.savefig)
