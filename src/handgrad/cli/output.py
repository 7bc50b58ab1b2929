"""Where a command writes."""

import itertools
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from handgrad.errors import UsageError


def folder_by_time(prefix: str = "") -> Path:
    """A folder in runs/ that is not there yet, named by the time, and a number where it must."""
    name = datetime.now().strftime(f"{prefix}%Y-%m-%d-%H%M%S")
    names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    return next(path for path in map(Path("runs").joinpath, names) if not path.exists())


def require_other(out: Path, read: Iterable[Path | None], what: str) -> None:
    """Raise UsageError if `out` is one of the files that are read, from which `what` is made."""
    if out.exists() and any(path and path.exists() and out.samefile(path) for path in read):
        raise UsageError(f"{out} is what {what} made from; name another file", "out")
