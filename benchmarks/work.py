"""What a benchmark consists of: works, and the contenders that carry them out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Settings = Mapping[str, Any]
"""What a contender's process is told, as JSON."""

Role = Literal["handgrad", "peer", "limit"]


@dataclass(frozen=True, eq=False)
class Variant:
    """One way for a contender to do the work. Of several, the fastest in a trial is kept."""

    name: str = ""
    settings: Settings = field(default_factory=dict)


@dataclass(frozen=True)
class Contender:
    """Somebody who does the work.

    Each measurement is a process of its own, `python PROGRAM... SETTINGS`. It prints one line of
    JSON when the work is done. Its `seconds` are the measurement; without them, it is the time
    from the start of the process to that line.
    """

    name: str
    role: Role
    program: tuple[str, ...]
    variants: tuple[Variant, ...] = (Variant(),)
    only_if_faster_than: str | None = None
    """Leave the contender out after the trial if this other one was faster there."""


@dataclass(frozen=True)
class Targets:
    """What the ratios of handgrad's time to others' should be at most; None: nothing is asked."""

    best_peer: float | None = None
    torch_eager: float | None = None
    limit: float | None = None


@dataclass(frozen=True)
class Options:
    """What the command was told that a work may need to prepare."""

    scratch: Path
    """An empty folder for this work's files, removed afterwards."""
    large_data: Path
    """The IDX file with the images of 59,000 digits."""


class SkippedError(Exception):
    """The work cannot be done here, for the reason that the message gives."""


@dataclass(frozen=True)
class Work:
    """Something to do as fast as possible.

    `prepare` writes what the contenders need and returns settings for all of them. `trial` are
    the settings that make the work shorter, for the choice between variants.
    """

    name: str
    description: str
    contenders: tuple[Contender, ...]
    prepare: Callable[[Options], Settings]
    targets: Targets = Targets()
    trial: Settings = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """Something handgrad says of itself, as a number that two processes in turn lead to."""

    name: str
    description: str
    program: tuple[str, ...]
    first: Settings
    second: Settings
    prepare: Callable[[Options], Settings]
    number: Callable[[Settings, Settings], float]
    """From what the two processes printed."""
    at_most: float
    unit: str = ""
