"""A study as data: runs that differ by what is named, questions about them, claims to test."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal

from handgrad.datasets import Source
from handgrad.errors import UsageError
from handgrad.hyperparameters import Hyperparameters
from handgrad.studies.quantities import QUANTITIES

Picture = Literal["curves", "heat map", "gradients"]
Statistic = Literal["range", "smallest", "largest"]


def written(value: Any) -> str:
    """Write a hyperparameter's value briefly: 1.0 as 1, the widths (64, 32) as 64-32."""
    if isinstance(value, tuple):
        return "-".join(map(written, value))
    short = f"{value:g}" if isinstance(value, float) else ""
    return short if short and float(short) == value else str(value)


@dataclass(frozen=True)
class RunSpec:
    """A run: its name, which is that of its folder, and what it is asked to do."""

    name: str
    hyperparameters: Hyperparameters


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of some of the runs, and the picture that shows the answer."""

    name: str
    """What the picture's file is called."""

    title: str
    text: str = ""

    runs: tuple[str, ...] = ()
    """The runs to look at, in this order; none named: all."""

    picture: Picture = "curves"
    """Loss and accuracy over the iterations; the accuracy over a grid; or the gradients' norms."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A statement about runs as something measured: it holds if the value is within bounds.

    The value is a quantity of one run, or a statistic of it over several, divided by the same
    quantity of another run where `relative_to` names one.

    Raises
    ------
    UsageError
        If quantity, bound or statistic is missing or unknown.
    """

    question: str
    """The name of the question that it belongs to."""

    says: str
    """The statement, in its own words."""

    runs: tuple[str, ...]

    quantity: str
    """One of `quantities.QUANTITIES`."""

    statistic: Statistic | None = None
    """What is made of several runs' values: largest − smallest, or one of these two."""

    relative_to: str | None = None

    above: float | None = None
    below: float | None = None

    because: str
    """Why the threshold is where it is."""

    def __post_init__(self) -> None:
        if self.quantity not in QUANTITIES:
            known = ", ".join(QUANTITIES)
            raise UsageError(f"must be one of {known}, got {self.quantity!r}", parameter="quantity")
        if self.above is None and self.below is None:
            raise UsageError("a claim needs a threshold: the key above or below")
        bounds = [bound for bound in (self.above, self.below) if bound is not None]
        for bound in bounds:
            if not math.isfinite(bound):
                raise UsageError(f"a threshold must be a finite number, got {bound}")
        if bounds != sorted(set(bounds)):
            raise UsageError(f"no value is above {self.above} and below {self.below}")
        if not self.runs or (len(self.runs) > 1) != (self.statistic is not None):
            raise UsageError("name one run, or several and a statistic: range, smallest, largest")

    def holds(self, value: float) -> bool:
        """Whether the value is within the bounds; one that is not a number is not."""
        above = self.above is None or value > self.above
        below = self.below is None or value < self.below
        return above and below and not math.isnan(value)


@dataclass(frozen=True, kw_only=True)
class Study:
    """Runs, and what they are to show.

    Attributes
    ----------
    runs
        Those that are listed, then those of the grid.
    grid
        The values of each hyperparameter of which every combination is a run; empty if there is
        no grid.
    file
        What messages call the TOML file.
    document
        The study as a TOML document that stands alone: its paths are absolute.
    """

    name: str
    title: str
    file: str = field(default="", compare=False)
    runs: tuple[RunSpec, ...]
    questions: tuple[Question, ...]
    claims: tuple[Claim, ...] = ()
    source: Source = field(default_factory=Source)
    grid: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def varied(self) -> list[str]:
        """The hyperparameters that are not the same in all runs."""
        first = self.runs[0].hyperparameters
        return [
            field.name
            for field in fields(Hyperparameters)
            if any(
                getattr(run.hyperparameters, field.name) != getattr(first, field.name)
                for run in self.runs
            )
        ]

    @property
    def gradient_runs(self) -> set[str]:
        """The runs of which a claim or a picture needs the gradients measured."""
        names: set[str] = set()
        for claim in self.claims:
            if QUANTITIES[claim.quantity].of_gradients:
                names.update(claim.runs)
                names.update([claim.relative_to] if claim.relative_to else [])
        for question in self.questions:
            if question.picture == "gradients":
                names.update(run.name for run in self.runs_of(question))
        return names

    @property
    def grid_runs(self) -> tuple[RunSpec, ...]:
        """The runs of the grid."""
        count = math.prod(map(len, self.grid.values())) if self.grid else 0
        return self.runs[len(self.runs) - count :]

    def runs_of(self, question: Question) -> list[RunSpec]:
        """Give the runs that a question is about, in its order."""
        by_name = {run.name: run for run in self.runs}
        return [by_name[name] for name in question.runs or by_name]
