"""Standard output: what it can take, and that nothing ends because it takes no more."""

import io
import sys
from collections.abc import Callable
from typing import Any

from handgrad.cli import complain


def can_print(text: str) -> bool:
    """Tell whether the encoding of standard output has all these characters."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


class TolerantOutput(io.RawIOBase):
    """An output that never fails: from the first failure on, all that is written to it is lost.

    A training run does not end with its reader, and a verdict is the same to whoever reads it: a
    pipe that was closed, as by `| head`, is no problem. Another failure is the `problem`.
    """

    def __init__(self, output: io.RawIOBase):
        self._output, self._open = output, True
        self.problem = ""

    def write(self, content: bytes) -> int | None:  # type: ignore[override]
        """Write the bytes and give how many were written."""
        try:
            if self._open:
                return self._output.write(content)
        except OSError as error:
            self._open = False
            if not isinstance(error, BrokenPipeError):
                self.problem = error.strerror or str(error)
        return len(content)

    def writable(self) -> bool:
        """True: what cannot be written is taken, too."""
        return True

    def fileno(self) -> int:
        """The number of the file below."""
        return self._output.fileno()

    def isatty(self) -> bool:
        """Whether this is a terminal."""
        return self._output.isatty()


def run_tolerantly(command: Callable[[], int]) -> int:
    """Run a command with such an output, and give its exit status, or 1 if prints were lost."""
    if not isinstance(sys.stdout, io.TextIOWrapper):  # It was closed before.
        return command()
    before = sys.stdout
    below: Any = getattr(before.buffer, "raw", before.buffer)
    output = TolerantOutput(below)
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(output),
        before.encoding,
        errors="replace",  # A terminal may not know every character.
        line_buffering=before.line_buffering or before.write_through,
    )
    status = command()
    sys.stdout.flush()
    if not output.problem:
        return status
    return complain(f"standard output: {output.problem}; not all was printed", status or 1)
