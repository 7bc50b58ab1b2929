"""Calling somebody else's code, whatever it does: an error comes back as a description of it."""

import contextlib
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Failure:
    """Why a call did not return.

    Attributes
    ----------
    kind, message
        The exception's class name and text.
    file, line
        The last place in the judged files it passed through, where there is one.
    """

    kind: str
    message: str
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        message = " ".join(self.message.split())
        text = f"{self.kind}: {message[:300]}" if message else self.kind
        return f"{text} (line {self.line})" if self.line else text


class TimeLimit(BaseException):
    """A call took too long. No `except Exception` in the judged code keeps it."""


_seconds_per_call: float | None = None


def limit_each_call(seconds: float) -> None:
    """From now on, end every attempt after this many seconds (on the main thread, on POSIX)."""
    global _seconds_per_call
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _time_is_over)
        _seconds_per_call = seconds


def attempt(
    folder: Path | None, function: Callable[..., Any], *arguments: Any
) -> tuple[Any, Failure | None]:
    """Call the function; return its result and None, or None and why it failed.

    `folder` says which files' lines a failure should name: those in it.
    """
    try:
        with _timer(_seconds_per_call), np.errstate(all="ignore"), _no_warnings():
            return function(*arguments), None
    except KeyboardInterrupt:
        if _seconds_per_call is None:
            raise
        return None, Failure("KeyboardInterrupt", "")
    except BaseException as error:
        return None, _describe(error, folder)


def _describe(error: BaseException, folder: Path | None) -> Failure:
    try:
        message = str(error)
    except Exception:
        message = ""
    if isinstance(error, TimeLimit):
        message = f"still running after {_seconds_per_call:g} seconds"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if folder is not None
        and Path(frame.filename).is_relative_to(folder)
        and "site-packages" not in frame.filename
    ]
    if not frames:
        return Failure(type(error).__name__, message)
    return Failure(type(error).__name__, message, frames[-1].filename, frames[-1].lineno)


@contextlib.contextmanager
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _timer(seconds: float | None) -> Iterator[None]:
    if seconds is None:
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _time_is_over(signal_number: int, frame: FrameType | None) -> None:
    raise TimeLimit
