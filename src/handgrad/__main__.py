"""The command `handgrad`, which is `python -m handgrad` too."""

import sys


def main() -> None:
    """Run the command line and leave with its exit status."""
    try:
        from handgrad.cli import run
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(run())


if __name__ == "__main__":
    main()
