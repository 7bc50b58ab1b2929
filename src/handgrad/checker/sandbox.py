"""Running the judged file in a process of its own, with limits on everything it might take."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handgrad.checker.attempts import Failure
from handgrad.checker.observation import Observation, from_json, misses_a_name

SHARE_OF_A_CALL = 0.2
"""The part of the time limit after which a single call is taken to be endless."""

_PASSED_ON = (
    "PATH",
    "HOME",
    "USERPROFILE",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "PYTHONPATH",
    "SYSTEMROOT",
    "TEMP",
    "VIRTUAL_ENV",
)


_LOADED = ("failure", "left_out", "missing")


@dataclass
class Seen:
    """What became of a file.

    Attributes
    ----------
    observations
        Of each class that was tried, in order.
    failure
        Why a part of it could not be run: the first import or definition that failed, or how the
        process ended while it loaded the file once more.
    left_out
        Classes that look like layers, but of which nothing says what they are.
    missing
        Layers that were asked for by name and are not there.
    problem
        Why the process ended before it had even loaded the file.
    """

    observations: list[Observation] = field(default_factory=list)
    failure: str | None = None
    left_out: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    problem: str | None = None


def run(path: Path, layers: list[str], time_limit: float) -> Seen:
    """Try out the layers in the file at `path`, which is not trusted in anything.

    A class on which the process dies, or stays, gets an observation that says so, and the classes
    after it a process of their own.
    """
    seen = Seen()
    deadline = time.monotonic() + 3 * time_limit
    skip: list[str] = []
    ended: list[str] = []
    while True:
        seconds = min(time_limit, max(deadline - time.monotonic(), 1))
        request = {
            "file": str(path.resolve()),
            "layers": layers,
            "skip": skip,
            "ended": ended,
            "seconds": seconds,
            "seconds_per_call": SHARE_OF_A_CALL * time_limit,
        }
        events, end = _one_process(request, seconds)
        at = _take(events, seen)
        if at is None:
            return seen
        name, kind = at
        if not name or name in ended:
            if seen.observations:
                seen.failure = seen.failure or end
            else:
                seen.problem = end
            return seen
        _add(Observation(name, kind, Failure("Ended", end)), seen)
        ended.append(name)
        skip = [each.name for each in seen.observations if not misses_a_name(each)]


def _take(events: list[dict[str, Any]], seen: Seen) -> tuple[str, str] | None:
    """Add what the process told to `seen`; return what it was at when it ended too early.

    The file can write into the answer itself. What is no event is taken for the end.
    """
    at: tuple[str, str] | None = ("", "")
    for event in events:
        try:
            match event["event"]:
                case "begin":
                    at = (str(event["name"]), str(event["kind"]))
                case "loaded":
                    failure, left_out, missing = (event[k] for k in _LOADED)
                    seen.failure = None if failure is None else str(failure)
                    seen.left_out, seen.missing = [*map(str, left_out)], [*map(str, missing)]
                case "observation":
                    _add(from_json(event["observation"]), seen)
                case "end":
                    at = None
        except Exception:
            break
    return at


def _add(observation: Observation, seen: Seen) -> None:
    """Add an observation to `seen`, in the place of an earlier one of that class."""
    others = [each for each in seen.observations if each.name != observation.name]
    seen.observations = [*others, observation]


def _one_process(request: dict[str, Any], seconds: float) -> tuple[list[dict[str, Any]], str]:
    """Run the child once; return the events it wrote, and how it ended."""
    with tempfile.TemporaryDirectory(prefix="handgrad-check-") as name:
        folder = Path(name)
        answer, work = folder / "answer", folder / "work"
        work.mkdir()
        child = subprocess.Popen(
            [sys.executable, "-B", "-m", "handgrad.checker.child", str(answer)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=work,
            env=_environment(),
            start_new_session=True,
        )
        try:
            with contextlib.suppress(subprocess.TimeoutExpired, BrokenPipeError):
                child.communicate(json.dumps(request).encode(), timeout=seconds)
            end = _ending(child.poll(), seconds)
        finally:
            _kill(child)
        return _read(answer), end


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}
    return {**kept, **threads, "MPLBACKEND": "Agg", "PYTHONHASHSEED": "0"}


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End the child and whatever it started."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    child.wait()


def _ending(status: int | None, seconds: float) -> str:
    if status is None or status == -getattr(signal, "SIGXCPU", 0):
        return f"it was still running after {round(seconds, 1):g} seconds"
    if status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = f"signal {-status}"
        return f"it crashed the Python process ({name})"
    return f"it ended the Python process (exit status {status})"


def _read(answer: Path) -> list[dict[str, Any]]:
    """The events in the file, up to the first line that is not one."""
    events: list[dict[str, Any]] = []
    with contextlib.suppress(OSError, ValueError, RecursionError):
        for line in answer.read_text(encoding="utf-8", errors="replace").splitlines():
            event = json.loads(line)
            if isinstance(event, dict):
                events.append(event)
    return events
