"""From a table of a TOML file to a dataclass, whose fields and their types are the schema."""

import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from handgrad.errors import UsageError

T = TypeVar("T")

NAMES = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}


def build(cls: type[T], table: Mapping[str, Any], where: str) -> T:
    """Make a dataclass of a table, which has its fields as keys.

    Parameters
    ----------
    cls
        The dataclass. A field may be a number, text, true or false, a path, a Literal, a tuple
        (a list in TOML), or a union of these; None stands for a key that is absent.
    table
        What the TOML file has.
    where
        The file and the table, for messages.

    Raises
    ------
    UsageError
        If a key is unknown or missing, or a value has the wrong type or is out of range: with the
        place, the key, and what is expected.
    """
    check_keys(table, [field.name for field in fields(cls)], where)  # type: ignore[arg-type]
    for field in fields(cls):  # type: ignore[arg-type]
        required = field.default is MISSING and field.default_factory is MISSING
        if required and field.name not in table:
            raise UsageError(f"{where}: the key {field.name} is missing")
    hints = get_type_hints(cls)
    values = {key: convert(value, hints[key], f"{where}, {key}") for key, value in table.items()}
    try:
        return cls(**values)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error


def check_keys(table: Mapping[str, Any], known: list[str], where: str) -> None:
    """Raise UsageError for the first key that is not one of the known."""
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}"
            raise UsageError(f"{where}: unknown key {key!r}; {hint}")


def convert(value: Any, hint: Any, where: str) -> Any:
    """Turn a value of a TOML file into one of the type `hint`, or raise UsageError."""
    for option in _options(hint):
        origin = get_origin(option)
        if origin is Literal:
            if any(value == known and type(value) is type(known) for known in get_args(option)):
                return value
        elif origin is tuple:
            if isinstance(value, list | tuple):
                return tuple(convert(item, get_args(option)[0], where) for item in value)
        elif option is Path:
            if isinstance(value, str):
                return Path(value)
        elif type(value) is option:
            return value
        elif option is float and type(value) is int and abs(value) <= sys.float_info.max:
            return float(value)
    raise UsageError(f"{where}: expected {_describe(hint)}, found {value!r}")


def _options(hint: Any) -> tuple[Any, ...]:
    """List the types of a union but None, which TOML has no word for."""
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return tuple(option for option in options if option is not NoneType)


def _describe(hint: Any) -> str:
    return " or ".join(map(_describe_one, _options(hint)))


def _describe_one(option: Any) -> str:
    if get_origin(option) is Literal:
        return f"one of {', '.join(map(str, get_args(option)))}"
    if get_origin(option) is tuple:
        return f"a list, each item {_describe(get_args(option)[0])}"
    return "a path, as text" if option is Path else NAMES[option]
