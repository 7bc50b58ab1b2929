"""What sections are made of: text, tables and pictures, as plain data."""

import io
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Section = dict[str, Any]
"""A section as JSON has it; `kind` names the part of the template that sets it."""

TEXT_WIDTH, TEXT_HEIGHT = 6.5, 8.8
"""The room on a printed page, in inches, less a caption; a larger figure is printed smaller."""

NAMES_AT_MOST = 12
"""How many names a sentence lists; of more it gives the number."""

LONG_WORD = re.compile(r"\S{21,}")
"""A word that may be wider than a table's column."""

NUMBER = re.compile(r"(< |[+−])?[\d.,]+(e[+-]?\d+)?%?( \(\d+\))?|[–∞]")
"""What a cell holds that is a number, or the sign for none."""


class Pictures:
    """The pictures of a paper, as SVG, by the name that the template calls them."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def add(self, figure: "Figure", caption: str, size: tuple[float, float]) -> Section:
        """Keep a figure, drawn at this size in inches, and give what the template needs of it.

        The same figure gives the same bytes.
        """
        import matplotlib

        from handgrad.plots.style import default_style

        figure.set_size_inches(*size)
        file = io.BytesIO()
        with default_style(), matplotlib.rc_context({"svg.hashsalt": "handgrad"}):
            figure.savefig(file, format="svg", metadata={"Date": None})
        name = f"picture-{len(self.files) + 1}.svg"
        self.files[name] = file.getvalue()
        scale = min(1.0, TEXT_WIDTH / size[0], TEXT_HEIGHT / size[1])
        return {"file": name, "caption": caption, "width": scale * size[0] / TEXT_WIDTH}


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> Section:
    """Make a table; columns that hold numbers only are set flush right."""
    rows = [list(map(breakable, row)) for row in rows]
    numeric = [all(NUMBER.fullmatch(row[i]) for row in rows) for i in range(len(columns))]
    return {"columns": list(columns), "rows": rows, "numeric": numeric, "caption": caption}


def breakable(text: str) -> str:
    """Let long words, as the names of a grid's runs are, break after a sign or 16 letters."""
    return LONG_WORD.sub(
        lambda word: re.sub(r"([,=_/]|[^\W_]{16})(?=.)", "\\1\u200b", word[0]), text
    )


def decimal(value: float, places: int) -> str:
    """Write a number to so many decimal places, and one of more than six digits as 1.2e39."""
    return f"{value:.{places}f}" if abs(value) < 1e6 else f"{value:.1e}".replace("e+", "e")


def percent(share: float | None) -> str:
    """Write a share as a percentage; a dash where there is none."""
    return "–" if share is None else f"{share:.1%}"


def points(difference: float) -> str:
    """Write the difference of two shares, with its sign."""
    return f"{100 * difference:+.1f}".replace("-", "−")


def listed(names: Sequence[str], of: str = "runs", last: str = "and") -> str:
    """Join names as a sentence does; of too many it gives the first, and how many more."""
    names = list(map(breakable, names))
    if len(names) > NAMES_AT_MOST:
        return f"{', '.join(names[:NAMES_AT_MOST])} {last} {len(names) - NAMES_AT_MOST} more {of}"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"
