"""Tables of figures, printed whole or not at all, and long lines."""

import shutil
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path


def print_table(rows: Sequence[Sequence[str]], name: str, elsewhere: Path, title: str = "") -> None:
    """Print rows of cells, or where there are too few columns for it, say which file has them.

    The first cells stand on the left of their column, all others on the right.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    needed, there = sum(widths) + 2 * (len(widths) - 1), shutil.get_terminal_size().columns
    if needed > there:
        print(f"{name} is {needed} columns wide, too wide to print in {there}; {elsewhere} has it")
        return
    lines = ["", title] if title else [""]
    for first, *others in rows:
        cells = [first.ljust(widths[0]), *map(str.rjust, others, widths[1:])]
        lines.append("  ".join(cells))
    print(*lines, "", sep="\n")


def hanging(line: str, indent: int) -> str:
    """A line as a terminal shows it well: wrapped between words, what follows indented.

    For a file or a pipe it stays one line.
    """
    if not sys.stdout.isatty():
        return line
    return textwrap.fill(
        line,
        shutil.get_terminal_size().columns,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
