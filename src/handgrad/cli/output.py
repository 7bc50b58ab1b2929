"""Where a command writes."""

import itertools
from datetime import datetime
from pathlib import Path


def folder_by_time(prefix: str = "") -> Path:
    """A folder in runs/ that is not there yet, named by the time, and a number where it must."""
    name = datetime.now().strftime(f"{prefix}%Y-%m-%d-%H%M%S")
    names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    return next(path for path in map(Path("runs").joinpath, names) if not path.exists())
