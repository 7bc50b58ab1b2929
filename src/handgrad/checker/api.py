"""Judging a layer from a program or a test, in the same process."""

import inspect
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from handgrad.checker.discovery import kind_by_arguments, kind_by_name, takes_depth, takes_sizes
from handgrad.checker.methods import method
from handgrad.checker.objects import arrays_in, twin
from handgrad.checker.observing import observe
from handgrad.checker.probing import output_of
from handgrad.checker.subjects import Subject, constructor
from handgrad.checker.verdict import Verdict
from handgrad.errors import UsageError

KINDS = ("linear", "sigmoid", "relu", "tanh", "softmax", "loss", "network", "unknown")


def check(layer: Any, kind: str | None = None) -> Verdict:
    """Judge one layer: forward, each gradient, and step.

    Parameters
    ----------
    layer
        A class, which is constructed for several sizes, its arguments guessed by their names; or
        an object, of which copies are judged, for its own size.
    kind
        What it is: linear, sigmoid, relu, tanh, softmax, loss (cross-entropy),
        network, or unknown, for any other, whose gradients are compared with central differences
        of its own forward. By default, what the class's name says.

    Returns
    -------
    Verdict
        True in a condition when all is right; printed, it says what is wrong.

    Raises
    ------
    UsageError
        If it has no forward or no backward, or the kind is not one of the above.

    Notes
    -----
    The layer runs in this process, so an endless loop in it is endless. `check_file` judges files
    that are not trusted.
    """
    # Here, as the process in which somebody's file runs judges nothing, and starts sooner.
    from handgrad.checker.judge import judge_all

    cls = layer if inspect.isclass(layer) else type(layer)
    for role in ("forward", "backward"):
        if method(cls, role) is None:
            raise UsageError(f"a layer needs a {role} method, and {cls.__name__} has none")
    if kind is not None and kind not in KINDS:
        raise UsageError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    kind = kind or kind_by_name(cls) or kind_by_arguments(cls)
    subject = Subject(
        cls.__name__,
        kind,
        cls,
        constructor(cls, kind),
        _folder(cls),
        takes_depth=takes_depth(cls),
        takes_sizes=takes_sizes(cls),
    )
    if not inspect.isclass(layer):
        subject = replace(
            subject,
            build=lambda values, required: twin(layer),
            sizes=_sizes(layer) if kind in ("linear", "unknown") else None,
            takes_depth=False,
            takes_sizes=False,
        )
    return judge_all(cls.__name__, [observe(subject, [])])


def assert_right(layer: Any, kind: str | None = None) -> None:
    """Fail, with the verdict as the message, unless `check(layer, kind)` finds all right.

    For tests: `handgrad.checker.assert_right(MyLayer)`.
    """
    verdict = check(layer, kind)
    if not verdict:
        raise AssertionError(str(verdict))


def _folder(cls: type) -> Path | None:
    try:
        return Path(inspect.getfile(cls)).resolve().parent
    except (TypeError, OSError):
        return None


def _sizes(layer: Any) -> tuple[int, int] | None:
    """d and c of an object with weights: the shape with which its forward works."""
    for array in arrays_in(layer).values():
        if array.ndim == 2 and array.size > 1:
            for d, c in (array.shape, array.shape[::-1]):
                if _accepts(layer, d, c):
                    return d, c
    return None


def _accepts(layer: Any, d: int, c: int) -> bool:
    """Whether forward turns rows of d numbers, or columns of them, into c."""
    rows = output_of(twin(layer), np.ones((c + d + 1, d)))
    columns = output_of(twin(layer), np.ones((d, c + d + 1)))
    return np.shape(rows) == (c + d + 1, c) or np.shape(columns) == (c, c + d + 1)
