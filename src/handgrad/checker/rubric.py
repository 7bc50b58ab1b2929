"""Points for a verdict, and the form in which Gradescope's autograder reads them."""

import tomllib
from pathlib import Path
from typing import Any

from handgrad.checker.rendering import render, to_text
from handgrad.checker.verdict import Status, Verdict
from handgrad.errors import DataError

Rubric = dict[str, dict[str, float]]
"""Points by kind of layer and part."""

DEFAULT: Rubric = {
    "linear": {
        "forward": 1,
        "weights gradient": 1,
        "bias gradient": 1,
        "input gradient": 1,
        "step": 1,
    },
    "sigmoid": {"forward": 1, "input gradient": 1},
    "relu": {"forward": 1, "input gradient": 1},
    "loss": {"forward": 1, "large scores": 1, "input gradient": 1},
    "network": {"forward": 1, "gradients": 1, "step": 1},
    "training": {"training run": 1},
}
"""What is graded when no rubric is given: a point for each part of the course's layers."""

_MORE_KINDS = {"tanh": DEFAULT["sigmoid"], "softmax": DEFAULT["loss"]}


def read_rubric(path: Path) -> Rubric:
    """The points in a TOML file: a table for each kind of layer, a number for each part.

    Raises
    ------
    DataError
        If the file is not TOML, or names a kind or a part that there is not, or points that are
        not a number of at least 0.
    """
    try:
        rubric = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not valid TOML: {error}") from None
    known = {**DEFAULT, **_MORE_KINDS}
    for kind, parts in rubric.items():
        _must_be(kind, known, f"{path}: kind of layer")
        if not isinstance(parts, dict):
            raise DataError(f"{path}: [{kind}] must be a table of points by part")
        for part, points in parts.items():
            _must_be(part, known[kind], f"{path}: part of {kind}")
            if isinstance(points, bool) or not isinstance(points, int | float) or points < 0:
                raise DataError(f"{path}: {kind}.{part} must be a number of points, got {points!r}")
    if not any(rubric.values()):
        raise DataError(f"{path}: there are no points in it")
    return rubric


def _must_be(name: str, choices: Any, what: str) -> None:
    if name not in choices:
        raise DataError(f"{what} {name!r} is unknown; there are {', '.join(choices)}")


def grade(verdict: Verdict, rubric: Rubric) -> list[tuple[str, float, float, str]]:
    """Name, points, possible points and reason of every part in the rubric."""
    rows = []
    for kind, parts in rubric.items():
        for part, points in parts.items():
            status, reason = _status(verdict, kind, part)
            # A layer may do without a bias, or a step, but not without an output or a training run.
            needed = kind == "training" or part == "forward"
            full = status == "right" or (status == "absent" and not needed)
            earned = points if full else 0.0
            rows.append((f"{kind}: {part}", float(earned), float(points), reason))
    return rows


def _status(verdict: Verdict, kind: str, name: str) -> tuple[Status, str]:
    """The worst that is told of this part, among all layers of the kind, and why."""
    parts = [layer.part(name) for layer in verdict.layers if layer.kind == kind]
    found = [part for part in parts if part is not None]
    if not found or len(found) < len(parts):
        return "waiting", "not found, or not usable"
    order = ("wrong", "waiting", "absent", "right")
    worst = min(found, key=lambda part: order.index(part.status))
    if worst.finding is not None:
        return worst.status, f"{worst.finding.title}. {worst.finding.why}\n{worst.finding.hint}"
    return worst.status, worst.note or worst.status


def gradescope(verdict: Verdict, rubric: Rubric) -> dict[str, Any]:
    """The results.json of Gradescope's autograder: a test for each part of the rubric."""
    rows = grade(verdict, rubric)
    return {
        "score": sum(earned for _, earned, _, _ in rows),
        "output": to_text(render(verdict)),
        "tests": [
            {
                "name": name,
                "score": earned,
                "max_score": possible,
                "status": "passed" if earned == possible else "failed",
                "output": reason,
            }
            for name, earned, possible, reason in rows
        ],
    }
