"""`handgrad check`."""

import json as json_writer
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter
from rich.console import Console, Group, RenderableType
from rich.text import Text

from handgrad.checker.discovery import call_problem
from handgrad.checker.files import TIME_LIMIT, check_file, check_folder, mistakes_in
from handgrad.checker.rendering import (
    ASCII_MARKS,
    MARKS,
    Marks,
    class_summary,
    class_table,
    grades_table,
    render,
    to_text,
)
from handgrad.checker.rubric import DEFAULT, Rubric, grade, gradescope, read_rubric
from handgrad.checker.verdict import Verdict
from handgrad.cli.standard_output import can_print
from handgrad.errors import DataError, UsageError
from handgrad.files import write_text
from handgrad.wording import counted

Form = Literal["text", "json", "gradescope"]


def check(
    file: Path | None = None,
    /,
    *,
    all_: Annotated[Path | None, Parameter(name="--all")] = None,
    layer: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
    explain: Annotated[bool, Parameter(negative="")] = False,
    rubric: Annotated[Path | None, Parameter(name="--rubric")] = None,
    json: Annotated[bool, Parameter(negative="")] = False,
    format: Form = "text",
    out: Path | None = None,
    time_limit: float = TIME_LIMIT,
) -> int:
    """Judge the layers in a Python file: which mistake does its backward pass make?

    Finds the classes with a forward and a backward method (a linear layer, Sigmoid, ReLU, tanh,
    cross-entropy, a network of these), works out how they are written, and compares
    forward, each gradient, step and a training run with the mathematics. What is wrong is named,
    with its line and a hint. The file runs in a process of its own with limits on what it may take;
    only its definitions are run. Exit status 0: all right; 1: not so.

    Parameters
    ----------
    file
        The file to judge.
    all_
        Judge every Python file in this folder instead, and sum up which mistakes are made.
    layer
        Judge this class only, whatever its name: Name, or Name(d, c, …), a constructor call with d
        inputs, c outputs (h: hidden width, L: number of layers). May be given several times.
    explain
        Say where the equations come from, too.
    rubric
        A TOML file with points: a table for each kind of layer, a number for each of its parts.
    json
        Print a report in JSON: the same as --format json.
    format
        text; json; or gradescope: the results.json of Gradescope's autograder.
    out
        Write to this file instead of the terminal. One that exists is replaced, unless it is read.
    time_limit
        Seconds that one process may take: a file whose layers crash or hang gets about three times
        as long.
    """
    form = _form(format, json)
    _check_call(file, all_, layer or [], form, time_limit)
    if out is not None:
        judged = [file] if all_ is None else all_.rglob("*.py")
        _require_other(out, [*judged, rubric])
    points = None if rubric is None else read_rubric(rubric)
    shown = "".join(mark for mark, _ in MARKS.values())
    marks = MARKS if out is not None or can_print(shown) else ASCII_MARKS
    if all_ is not None:
        verdicts = check_folder(all_, layer or [], time_limit)
        _write(_class_report(verdicts, points, form, marks), out)
        return 0 if all(verdicts) else 1
    assert file is not None
    verdict = check_file(file, layer or [], time_limit)
    if verdict.problem is not None and form == "text":
        raise DataError(f"{file} {verdict.problem}")
    _write(_report(verdict, points, form, explain, marks), out)
    return 0 if verdict else 1


def _form(form: Form, json: bool) -> Form:
    if json and form == "gradescope":
        raise UsageError("--json and --format gradescope ask for different things: give one")
    return "json" if json else form


def _check_call(
    file: Path | None, folder: Path | None, layers: list[str], form: Form, time_limit: float
) -> None:
    if (file is None) == (folder is None):
        raise UsageError("give either a FILE to judge or a folder of them with --all")
    if file is not None and file.is_dir():
        raise UsageError(f"{file} is a folder: judge the files in it with --all {file}")
    if folder is not None and form == "gradescope":
        raise UsageError("--format gradescope is for one FILE, since Gradescope runs one at a time")
    if not 0 < time_limit <= 3600:
        raise UsageError(f"--time-limit must be above 0 and at most 3600, got {time_limit:g}")
    for layer in layers:
        problem = call_problem(layer)
        if problem is not None:
            raise UsageError(f"--layer: {problem}")


def _require_other(out: Path, read: Iterable[Path | None]) -> None:
    if out.exists() and any(path and path.exists() and out.samefile(path) for path in read):
        raise UsageError(f"{out} is what the verdict is made from; name another file", "out")


def _report(
    verdict: Verdict, points: Rubric | None, form: Form, explain: bool, marks: Marks
) -> RenderableType | dict[str, Any]:
    if form == "gradescope":
        return gradescope(verdict, points or DEFAULT)
    if form == "json":
        return {**verdict.as_dict(), **_points(verdict, points)}
    shown = [render(verdict, explain, marks)]
    if points is not None:
        shown.append(grades_table(grade(verdict, points)))
    if not explain and any(finding.explanation for _, _, finding in verdict.findings):
        shown.append(Text("--explain says where the equations come from.", style="dim"))
    return Group(*shown)


def _class_report(
    verdicts: list[Verdict], points: Rubric | None, form: Form, marks: Marks
) -> RenderableType | dict[str, Any]:
    mistakes = mistakes_in(verdicts)
    if form == "json":
        submissions = [{**v.as_dict(), **_points(v, points)} for v in verdicts]
        return {"submissions": submissions, "mistakes": mistakes}
    scores = None
    if points is not None:
        scores = [sum(row[1] for row in grade(verdict, points)) for verdict in verdicts]
    right = [verdict for verdict in verdicts if verdict]
    told = f"Nothing wrong was found in {len(right)} of {counted(len(verdicts), 'submission')}"
    partly = sum(not verdict.complete for verdict in right)
    told += f", of which {partly} could not be judged in full." if partly else "."
    summary: list[RenderableType] = [class_summary(mistakes), ""] if mistakes else []
    return Group(class_table(verdicts, scores, marks), "", *summary, told)


def _points(verdict: Verdict, points: Rubric | None) -> dict[str, Any]:
    """The score of a verdict, where there is a rubric."""
    if points is None:
        return {}
    rows = grade(verdict, points)
    return {
        "score": sum(row[1] for row in rows),
        "points": {name: {"score": earned, "of": most} for name, earned, most, _ in rows},
    }


def _write(report: RenderableType | dict[str, Any], out: Path | None) -> None:
    """Print the report, or write it to a file."""
    if isinstance(report, dict):
        text = json_writer.dumps(report, indent=2, ensure_ascii=False)
    elif out is None:
        Console().print(report)
        return
    else:
        text = to_text(report)
    if out is None:
        print(text)
    else:
        write_text(out, text + "\n")
        print(f"wrote {out}")
