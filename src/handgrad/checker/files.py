"""Judging files: one, or a folder of submissions side by side."""

import contextlib
import os.path
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from handgrad.checker import sandbox
from handgrad.checker.loading import attempts_a_layer, parse_problem
from handgrad.checker.verdict import NO_LAYER, Verdict
from handgrad.errors import DataError
from handgrad.threads import available_cores

TIME_LIMIT = 10.0
"""Seconds for one file."""


def check_file(path: Path, layers: Iterable[str] = (), time_limit: float = TIME_LIMIT) -> Verdict:
    """The verdict on the layers in a Python file, which runs in a process of its own.

    Parameters
    ----------
    path
        The file.
    layers
        Which classes to judge: names, or constructor calls such as `"Dense(d, c, 'he')"`, in which
        d and c stand for the numbers of inputs and outputs, h for the hidden width and L for the
        number of layers of a network. If empty, all whose name says what they are.
    time_limit
        Seconds that the file may take.

    Returns
    -------
    Verdict
        With a `problem` where the file cannot be read, is not Python, has no layer, and so on.

    Raises
    ------
    DataError
        If there is no such file.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    problem = parse_problem(path)
    if problem is not None:
        return Verdict(path.name, problem=problem)
    return _verdict(path.name, sandbox.run(path, list(layers), time_limit))


def check_folder(
    folder: Path, layers: Iterable[str] = (), time_limit: float = TIME_LIMIT
) -> list[Verdict]:
    """The verdicts on all submissions in a folder: its Python files, at any depth, by name.

    Of several files in a folder of their own, those that attempt no layer are left out.

    Raises
    ------
    DataError
        If there is no such folder, or no Python file in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder")
    found = (p for p in folder.rglob("*.py") if not _is_hidden(p.relative_to(folder)))
    # Unlike Path.is_file, this raises nothing for a file in a folder that is closed.
    paths = sorted(p for p in found if os.path.isfile(p))
    if not paths:
        raise DataError(f"{folder}: there is no Python file in it")
    wanted, names = list(layers), [path.relative_to(folder).as_posix() for path in paths]
    problems = [parse_problem(path) for path in paths]

    def try_out(path: Path, problem: str | None) -> sandbox.Seen | None:
        return sandbox.run(path, wanted, time_limit) if problem is None else None

    with (
        ThreadPoolExecutor(available_cores()) as pool,
        contextlib.closing(pool.map(try_out, paths, problems)) as tried,  # type: ignore[type-var]
    ):
        # Judging parses files, and CPython 3.11 may fail at that in several threads at once.
        verdicts = [
            Verdict(name, problem=problem) if seen is None else _judged(name, seen)
            for name, problem, seen in zip(names, problems, tried, strict=True)
        ]
    judged = {Path(v.subject).parent for v in verdicts if v.layers}
    pairs = zip(paths, verdicts, strict=True)
    return [verdict for path, verdict in pairs if not _is_helper(path, verdict, judged)]


def _judged(name: str, seen: sandbox.Seen) -> Verdict:
    """The verdict on one of many files: whatever befalls it, the others have theirs."""
    try:
        return _verdict(name, seen)
    except Exception as error:
        fault = f"cannot be judged, by a fault of handgrad's: {type(error).__name__}: {error}"
        return Verdict(name, problem=fault)


def _verdict(name: str, seen: sandbox.Seen) -> Verdict:
    # Here, as the process in which somebody's file runs judges nothing, and starts sooner.
    from handgrad.checker.judge import judge_seen

    return judge_seen(name, seen)


def mistakes_in(verdicts: Iterable[Verdict]) -> dict[str, list[str]]:
    """Who made which mistake: the mistake's place and name, and the submissions with it."""
    found: dict[str, list[str]] = defaultdict(list)
    for verdict in verdicts:
        for layer, part, finding in verdict.findings:
            names = found[f"{layer.kind}, {part.name}: {finding.slug}"]
            if verdict.subject not in names:
                names.append(verdict.subject)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "__")) for part in path.parts[:-1])


def _is_helper(path: Path, verdict: Verdict, judged: set[Path]) -> bool:
    """Whether a file without a layer lies in a submission's own folder, beside one with layers."""
    folder = Path(verdict.subject).parent
    beside = folder != Path() and folder in judged
    return beside and verdict.problem == NO_LAYER and not attempts_a_layer(path)
