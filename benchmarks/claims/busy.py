"""The default run in company: its threads must not wait for a core that somebody else has."""

import subprocess
import sys
import time
from typing import Any

from benchmarks import child
from benchmarks.work import Claim


def train(busy: bool) -> dict[str, Any]:
    """Do the default run, beside a process that keeps a core busy or without."""
    from handgrad import Training, small_mnist

    digits = small_mnist()
    train_set, validation_set = digits.train, digits.validation
    company = [subprocess.Popen([sys.executable, "-c", "while True: pass"])] if busy else []
    try:
        start = time.perf_counter()
        for _ in Training(train_set, validation_set):
            pass
        return {"seconds": time.perf_counter() - start}
    finally:
        for process in company:
            process.kill()
            process.wait()


CLAIM = Claim(
    name="busy",
    description="time of the default run beside a process that keeps a core busy, over quiet",
    program=("-m", "benchmarks.claims.busy"),
    first={"busy": True},
    second={"busy": False},
    prepare=lambda options: {},
    number=lambda busy, quiet: busy["seconds"] / quiet["seconds"],
    at_most=2.5,
)

if __name__ == "__main__":
    child.main(train)
