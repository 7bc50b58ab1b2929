"""Tables of figures, printed whole or not at all."""

import shutil
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
