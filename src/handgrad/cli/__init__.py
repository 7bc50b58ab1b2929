"""The command `handgrad`. Each command is a module here, imported only when it is called.

Exit status: 0 on success, 1 for a problem with the user's data or model, 2 for a wrong call, 130
after Ctrl-C. Neither problem shows a traceback: both are one line on standard error.
"""

import shlex
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from cyclopts import (
    App,
    CoercionError,
    CycloptsError,
    Parameter,
    Token,
    UnusedCliTokensError,
    convert,
)

from handgrad.errors import DataError, UsageError


def _without_rounding(kind: Any, tokens: Sequence[Token]) -> Any:
    """Convert as cyclopts does, but for 1.5 where a whole number is due: it would make 2 of it."""
    value = convert(kind, tokens)
    numbers = value if isinstance(value, tuple) else (value,)
    for token, number in zip(tokens, numbers, strict=False):
        if isinstance(number, int) and "." in token.value and float(token.value) != number:
            raise CoercionError(token=token, target_type=int)
    return value


app = App(
    name="handgrad",
    help="A feed-forward network with every gradient derived by hand, and Naïve Bayes beside it.",
    version=lambda: version("handgrad"),
    help_format="markdown",
    exit_on_error=False,
    print_error=False,
    suppress_keyboard_interrupt=False,
    result_action="return_value",
    default_parameter=Parameter(
        negative_iterable="", consume_multiple=True, converter=_without_rounding
    ),
)

COMMANDS = {
    "train": "[DATA]",
    "predict": "MODEL [DATA]",
    "evaluate": "MODEL [DATA]",
    "study": "[STUDY]",
    "contest": "[DATA]",
    "check": "[FILE]",
    "bayes": "[DATA]",
    "report": "[STUDY...]",
}
"""What each command is called with, besides its options."""

for command, arguments in COMMANDS.items():
    app.command(
        f"handgrad.cli.{command}:{command}",
        name=command,
        usage=f"Usage: handgrad {command} [OPTIONS] {arguments}",
    )


INTERRUPTED = 130
"""The exit status of a command that Ctrl-C ended, as shells have it."""


def run(tokens: Sequence[str] | None = None) -> int:
    """Run the command line on `tokens` (default: the process's own) and return the exit status."""
    tokens = sys.argv[1:] if tokens is None else tokens
    try:
        if not tokens or tokens[0] in ("--help", "-h"):
            for name in COMMANDS:
                app[name]  # Imports it: the list shows what its docstring says.
        return app(tokens) or 0
    except UnusedCliTokensError as error:
        return complain(_left_over(error.unused_tokens or [], tokens), 2)
    except CycloptsError as error:
        return complain(_one_line(error), 2)
    except UsageError as error:
        return complain(_with_option(error), 2)
    except DataError as error:
        return complain(str(error), 1)
    except UnicodeEncodeError as error:
        line = error.object[: error.end].split("\n")[-1]
        return complain(f"{line!r} is not text that can be written in UTF-8", 1)
    except MemoryError as error:
        return complain(f"more memory is needed than there is ({str(error) or 'out of memory'})", 1)
    except FileExistsError as error:  # A folder was to be made, or used if there was one.
        return complain(f"{error.filename} is there already and is no folder: name another", 2)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return complain(f"{where}{error.strerror or error}", 1)
    except KeyboardInterrupt:
        return complain("interrupted", INTERRUPTED)


def complain(sentence: str, status: int) -> int:
    """Print a sentence on standard error, and give the exit status back."""
    print(f"handgrad: {sentence}", file=sys.stderr)
    return status


def _with_option(error: UsageError) -> str:
    """The sentence, with the option where the library names the parameter."""
    if not error.parameter:
        return str(error)
    return str(error).replace(error.parameter, "--" + error.parameter.replace("_", "-"), 1)


def _left_over(unused: Sequence[str], tokens: Sequence[str]) -> str:
    """What is said of the tokens that nothing takes."""
    told = f"{shlex.join(unused)}: more arguments than the command takes"
    if "--hidden-dim" in tokens:
        told += "; several widths are given one by one, as in --hidden-dim 8 --hidden-dim 9"
    return told


def _one_line(error: CycloptsError) -> str:
    # The types of --hidden-dim's values, in Python's words.
    return " ".join(str(error).split()).replace("int|tuple[int, Ellipsis]", "int")
