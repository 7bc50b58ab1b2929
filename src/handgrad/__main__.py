"""The command `handgrad`, which is `python -m handgrad` too."""

import io
import sys


def main() -> None:
    """Run the command line and leave with its exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # A terminal may not know every character.
    try:
        from handgrad.cli import run
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(run())


if __name__ == "__main__":
    main()
