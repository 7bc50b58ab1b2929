"""Reading a study from TOML: `[defaults]`, `[data]`, `[[run]]`, `[grid]`, questions and claims.

Everything but the data is checked here, before anything runs, and every mistake is a UsageError
that names the file, the table, the key and what is expected.
"""

import itertools
import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any, get_type_hints

from handgrad.datasets import Reading, Source
from handgrad.errors import UsageError
from handgrad.files import real_path
from handgrad.hyperparameters import Hyperparameters
from handgrad.studies.schema import build, check_keys, convert
from handgrad.studies.study import Claim, Question, RunSpec, Study, written

COURSE = "course"
"""What the course's study is called."""

MOST_RUNS = 10_000
"""The largest grid: more is a mistake in the file, or years of work."""

NAME = re.compile(r"\w([\w .,=+-]*[\w=+-])?")
"""What a run or a question may be called: its folder or its picture bears the name."""

LONGEST_NAME = 200
"""In bytes: file systems take 255, for the name and what is put before and after it."""

TABLES = {
    "defaults": dict,
    "data": dict,
    "run": list,
    "grid": dict,
    "question": list,
    "claim": list,
}
TEXTS = ("name", "title")


def read_study(path: Path | str) -> Study:
    """Read a study from a TOML file, or from the study folder that holds one.

    Raises
    ------
    UsageError
        If there is no such file, or something in it is wrong.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "study.toml"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: no study there ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not TOML, which is UTF-8 text") from error
    return _parse(text, str(path), path.stem, path.parent)


def study_named(text: str) -> Study:
    """Give the course's study, which is called "course", or read one from a file or a folder.

    Raises
    ------
    UsageError
        If there is no such file, or something in it is wrong.
    """
    return course_study() if text == COURSE else read_study(text)


def course_study() -> Study:
    """Give the course's study: step size, activation and depth, gradients, randomness."""
    text = files("handgrad.studies").joinpath("course.toml").read_text(encoding="utf-8")
    return _parse(text, f"{COURSE}.toml", COURSE, Path())


def _parse(text: str, file: str, stem: str, folder: Path) -> Study:
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{file}: not valid TOML: {error}") from error
    _check_tables(document, file)
    name = document.setdefault("name", stem)
    title = document.setdefault("title", name)
    _check_name(name, f"{file}, name")
    source = _source(document, file, folder)
    grid = _grid(document, file)
    grid_runs = tuple(_grid_runs(document, grid, file))
    _check_grid(grid, grid_runs, file)
    runs = (*_listed_runs(document, file), *grid_runs)
    if not runs:
        raise UsageError(f"{file}: nothing to run; expected [[run]] tables, or a [grid]")
    _check_unique((run.name for run in runs), "runs", file)
    questions = tuple(_questions(document, runs, grid, title, file))
    claims = tuple(_claims(document, runs, questions, file))
    return Study(
        name=name,
        title=title,
        file=file,
        runs=runs,
        questions=questions,
        claims=claims,
        source=source,
        grid=grid,
        document=document,
    )


def _check_tables(document: dict[str, Any], file: str) -> None:
    check_keys(document, [*TEXTS, *TABLES], file)
    for key in TEXTS:
        if not isinstance(document.get(key, ""), str):
            raise UsageError(f"{file}, {key}: expected text, found {document[key]!r}")
    for key, kind in TABLES.items():
        if not isinstance(document.get(key, kind()), kind):
            heading = f"[{key}]" if kind is dict else f"[[{key}]]"
            raise UsageError(f"{file}, {key}: expected a table {heading}, found {document[key]!r}")
        for item in document.get(key, []) if kind is list else ():
            if not isinstance(item, dict):
                raise UsageError(f"{file}, {key}: expected tables [[{key}]], found {item!r}")


def _check_name(name: str, where: str) -> None:
    if not NAME.fullmatch(name) or len(name.encode()) > LONGEST_NAME:
        raise UsageError(
            f"{where}: {name!r} cannot name a file; expected at most {LONGEST_NAME} bytes of "
            "letters, digits, spaces and any of _ . , = + -, beginning with a letter, a digit or "
            "_, and not ending with a space, a full stop or a comma"
        )


def _check_unique(names: Iterable[str], what: str, file: str) -> None:
    """Refuse two equal names; capital letters make no difference, as on some file systems."""
    taken: dict[str, str] = {}
    for name in names:
        before = taken.get(name.casefold())
        if before == name:
            raise UsageError(f"{file}: two {what} are called {name!r}; expected different names")
        if before is not None:
            raise UsageError(
                f"{file}: two {what} are called {before!r} and {name!r}, which differ in nothing "
                "but case; expected different names"
            )
        taken[name.casefold()] = name


def _source(document: dict[str, Any], file: str, folder: Path) -> Source:
    """Read [data]; its paths are relative to the file's folder, and made absolute."""
    table, where = document.get("data", {}), f"{file}, [data]"
    hints = get_type_hints(Source) | get_type_hints(Reading)
    del hints["reading"]
    check_keys(table, list(hints), where)
    for key, value in table.items():
        converted = convert(value, hints[key], f"{where}, {key}")
        if isinstance(converted, Path):
            if "\0" in value:
                raise UsageError(f"{where}, {key}: {value!r} cannot name a file")
            table[key] = str(real_path(folder / converted))
    if table and "data" not in table:
        raise UsageError(f"{where}: the key data, the training set's file, is missing")
    of_files = {field.name for field in fields(Source)}
    reading = {key: value for key, value in table.items() if key not in of_files}
    paths = {key: Path(value) for key, value in table.items() if key in of_files}
    return Source(**paths, reading=build(Reading, reading, where))


def _listed_runs(document: dict[str, Any], file: str) -> Iterator[RunSpec]:
    defaults = document.get("defaults", {})
    build(Hyperparameters, defaults, f"{file}, [defaults]")
    for number, table in enumerate(document.get("run", []), start=1):
        where = f"{file}, [[run]] {number}"
        if "name" not in table:
            raise UsageError(f"{where}: the key name is missing")
        name = convert(table["name"], str, f"{where}, name")
        _check_name(name, f"{where}, name")
        changes = {key: value for key, value in table.items() if key != "name"}
        hyperparameters = build(Hyperparameters, defaults | changes, f"{where}, {name!r}")
        for key, need in hyperparameters.idle.items():
            if key in changes:
                raise UsageError(f"{where}, {name!r}, {key}: does nothing without {need}")
        yield RunSpec(name, hyperparameters)


def _grid(document: dict[str, Any], file: str) -> dict[str, tuple[Any, ...]]:
    if "grid" not in document:
        return {}
    table, where = document["grid"], f"{file}, [grid]"
    hints = get_type_hints(Hyperparameters)
    check_keys(table, list(hints), where)
    for key, values in table.items():
        if not isinstance(values, list) or not values:
            raise UsageError(f"{where}, {key}: expected a list of values, found {values!r}")
    if not table:
        raise UsageError(f"{where}: empty; expected lists of values, such as hidden_dim = [8, 16]")
    count = math.prod(map(len, table.values()))
    if count > MOST_RUNS:
        raise UsageError(
            f"{where}: {count:,} combinations of {', '.join(table)}; expected at most {MOST_RUNS:,}"
        )
    grid = {
        key: tuple(convert(value, hints[key], f"{where}, {key}") for value in values)
        for key, values in table.items()
    }
    for key, values in grid.items():
        twice = [value for value, count in Counter(values).items() if count > 1]
        if twice:
            raise UsageError(f"{where}, {key}: {twice[0]!r} is listed twice; expected it once")
    return grid


def _check_grid(grid: Iterable[str], runs: tuple[RunSpec, ...], file: str) -> None:
    """Refuse a key that changes nothing in any of the grid's runs."""
    defaults = Hyperparameters()
    for key in grid:
        changed = [
            run.hyperparameters
            for run in runs
            if getattr(run.hyperparameters, key) != getattr(defaults, key)
        ]
        if changed and all(key in hyperparameters.idle for hyperparameters in changed):
            need = changed[0].idle[key]
            raise UsageError(f"{file}, [grid], {key}: does nothing without {need}")


def _grid_runs(
    document: dict[str, Any], grid: dict[str, tuple[Any, ...]], file: str
) -> Iterator[RunSpec]:
    defaults = document.get("defaults", {})
    for values in itertools.product(*grid.values()) if grid else ():
        changes = dict(zip(grid, values, strict=True))
        name = ",".join(f"{key}={written(value)}" for key, value in changes.items())
        _check_name(name, f"{file}, [grid]")
        yield RunSpec(name, build(Hyperparameters, defaults | changes, f"{file}, [grid], {name}"))


def _questions(
    document: dict[str, Any],
    runs: tuple[RunSpec, ...],
    grid: dict[str, tuple[Any, ...]],
    title: str,
    file: str,
) -> Iterator[Question]:
    """Read the questions; where there are none, ask the one that suits what was varied."""
    varied = [key for key, values in grid.items() if len(values) > 1]
    tables = document.get("question")
    if tables is None:
        picture: Any = "heat map" if len(varied) > 1 else "curves"
        yield Question(name=picture.replace(" ", "-"), title=title, picture=picture)
        return
    questions = []
    for number, table in enumerate(tables, start=1):
        where = f"{file}, [[question]] {number}"
        question = build(Question, table, where)
        _check_name(question.name, f"{where}, name")
        _check_runs(question.runs, runs, f"{where}, runs")
        if question.picture == "heat map" and len(varied) < 2:
            raise UsageError(f"{where}, picture: a heat map needs a [grid] of two keys or more")
        questions.append(question)
    _check_unique((question.name for question in questions), "questions", file)
    yield from questions


def _claims(
    document: dict[str, Any],
    runs: tuple[RunSpec, ...],
    questions: tuple[Question, ...],
    file: str,
) -> Iterator[Claim]:
    known = [question.name for question in questions]
    for number, table in enumerate(document.get("claim", []), start=1):
        where = f"{file}, [[claim]] {number}"
        claim = build(Claim, table, where)
        if claim.question not in known:
            expected = f"expected one of {', '.join(known)}"
            raise UsageError(f"{where}, question: no {claim.question!r}; {expected}")
        _check_runs(claim.runs, runs, f"{where}, runs")
        if claim.relative_to is not None:
            _check_runs((claim.relative_to,), runs, f"{where}, relative_to")
        yield claim


def _check_runs(names: tuple[str, ...], runs: tuple[RunSpec, ...], where: str) -> None:
    known = {run.name for run in runs}
    for name in names:
        if name not in known:
            raise UsageError(f"{where}: there is no run called {name!r}; expected one of the runs'")
