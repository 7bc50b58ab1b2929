"""What is tried out, and how one is made."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handgrad.checker import cases
from handgrad.checker.binding import bind, gathers

Values = dict[str, Any]
"""Arguments by role: `input_dim`, `output_dim`, …"""

Build = Callable[[Values, Values], Any]
"""Makes a new object with these arguments, and with those of the second where they are required."""


@dataclass(frozen=True)
class Subject:
    """What is tried out.

    Attributes
    ----------
    name, kind
        The class's name, and what kind of layer it is.
    cls
        The class.
    build
        Makes a new object for given sizes.
    folder
        Where the judged files are.
    sizes
        d and c, where `build` can make these only.
    takes_depth, takes_sizes
        Whether `build` makes a network of as many layers, and of the widths, that it is asked for.
    """

    name: str
    kind: str
    cls: type
    build: Build
    folder: Path | None
    sizes: tuple[int, int] | None = None
    takes_depth: bool = True
    takes_sizes: bool = True


def constructor(cls: type, kind: str) -> Build:
    """A function that constructs `cls` for given sizes, its arguments guessed by their names.

    Where `num_layers` is a list, of widths or of layers, `*layers` is each of it. What else a layer
    asks for is taken for a size, but not so for a loss.
    """

    def build(values: Values, required: Values) -> Any:
        layers = values.get("num_layers")
        if isinstance(layers, list) and gathers(cls):
            return cls(*layers)
        others = {"seed": 0, "step_size": cases.STEP_SIZE, "activation": None} | required
        if kind == "loss":
            return bind(cls, {}, others, values)()
        return bind(cls, values, others)()

    return build
