"""The command `handgrad`, which is `python -m handgrad` too."""

import sys


def main() -> None:
    """Run the command line and leave with its exit status."""
    try:
        from handgrad.cli import run
        from handgrad.cli.standard_output import run_tolerantly

        sys.exit(run_tolerantly(run))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
