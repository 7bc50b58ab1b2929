"""What is told about a file: for each layer, part by part, right or wrong, and why."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from handgrad.checker.lines import Line

Status = Literal["right", "wrong", "waiting", "absent"]
"""`waiting`: cannot be judged before something else is right. `absent`: there is nothing to judge,
and need not be."""


NO_LAYER = (
    "has no layer: no class with a forward and a backward (or feedforward, backprop, …) was found"
)
"""The problem of a file in which there is nothing to judge."""


@dataclass(frozen=True)
class Finding:
    """A mistake, named.

    Attributes
    ----------
    slug
        The mistake's short name, for statistics; "unknown" where no known mistake matches.
    title, why, hint
        What it is, why it is wrong, and a question that leads on.
    equation
        What should hold.
    explanation
        More, on request: how the equation comes about, and what else was seen.
    line
        Where it is, if that is known.
    example
        A case in which the layer fails.
    """

    slug: str
    title: str
    why: str
    hint: str
    equation: str = ""
    explanation: tuple[str, ...] = ()
    line: Line | None = None
    example: str = ""


@dataclass(frozen=True)
class Part:
    """One thing that a layer must do."""

    name: str
    status: Status
    finding: Finding | None = None
    note: str = ""
    unjudged: bool = False
    """Of an absent part: whether it may be there, in a way that is not judged."""
    regularized: bool = False
    """Of an unjudged part: whether more than the gradient was seen in it, such as a decay."""


@dataclass
class LayerVerdict:
    """What is told about one class."""

    name: str
    kind: str
    parts: list[Part] = field(default_factory=list)
    conventions: str = ""
    remarks: list[str] = field(default_factory=list)
    divides_by_n: bool = False
    """Of linear layers: whether they take the mean over the batch, in the place of the loss."""

    @property
    def right(self) -> bool:
        """Whether nothing is wrong."""
        return all(part.status in ("right", "absent") for part in self.parts)

    @property
    def unjudged(self) -> bool:
        """Whether a part was left unjudged."""
        return any(part.unjudged for part in self.parts)

    def part(self, name: str) -> Part | None:
        """The part of that name."""
        return next((part for part in self.parts if part.name == name), None)


@dataclass
class Verdict:
    """What is told about a file, or about a class.

    Attributes
    ----------
    subject
        The file's or class's name.
    layers
        Each class that was judged.
    problem
        Why nothing could be judged, as a sentence; None if something could.
    remarks
        What of it was not judged, or could not be run, and why.
    """

    subject: str
    layers: list[LayerVerdict] = field(default_factory=list)
    problem: str | None = None
    remarks: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        """Whether something was judged and nothing is wrong."""
        return self.problem is None and all(layer.right for layer in self.layers)

    @property
    def complete(self) -> bool:
        """Whether nothing of it was left unjudged."""
        return not self.remarks and not any(layer.unjudged for layer in self.layers)

    @property
    def findings(self) -> list[tuple[LayerVerdict, Part, Finding]]:
        """Every mistake, with the layer and the part it is in."""
        return [
            (layer, part, part.finding)
            for layer in self.layers
            for part in layer.parts
            if part.finding is not None
        ]

    def __bool__(self) -> bool:
        """Whether all is right."""
        return self.right

    def __str__(self) -> str:
        """The verdict as plain text, for people to read."""
        from handgrad.checker.rendering import render, to_text

        return to_text(render(self))

    def as_dict(self) -> dict[str, Any]:
        """The verdict as plain data, for JSON."""
        return {"right": self.right, **asdict(self)}
