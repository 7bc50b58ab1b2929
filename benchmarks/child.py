"""The contender's end of a measurement: settings come in as JSON, and go out as a line of JSON."""

import json
import sys
from collections.abc import Callable
from typing import Any


def main(contender: Callable[..., dict[str, Any]]) -> None:
    """Call `contender` with the settings on the command line, and print what it returns."""
    print(json.dumps(contender(**json.loads(sys.argv[1]))), flush=True)
