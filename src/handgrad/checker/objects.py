"""Looking into somebody else's objects: their methods, and the arrays they hold."""

import copy
import inspect
import random
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType, UnionType
from typing import Any

import numpy as np

from handgrad.checker.names import argument_role
from handgrad.checker.observation import State

MOST_NUMBERS = 20_000
"""Larger arrays than this are not looked at: no case needs them."""

MOST_ARRAYS = 200

DEPTH = 5
"""How far into an object is looked."""


def kept_output(thing: Any) -> Any:
    """The output of a forward that returns none, and keeps it; None where there is none."""
    return getattr(thing, "output", None)


def arrays_in(thing: Any, most: float = MOST_NUMBERS) -> dict[str, np.ndarray]:
    """The arrays in the attributes of `thing`, however deep, by path; not copied.

    None has more than `most` numbers.
    """
    found: dict[str, np.ndarray] = {}
    for path, value in _walk(thing, "", set(), 0):
        if isinstance(value, np.ndarray) and value.size <= most and len(found) < MOST_ARRAYS:
            found[path] = value
    return found


def state_of(thing: Any) -> State:
    """Copies of the arrays and numbers in the attributes of `thing`, by path."""
    state: State = {}
    for path, value in _walk(thing, "", set(), 0):
        plain = plain_result(np.array(value) if isinstance(value, list) else value)
        if isinstance(plain, np.ndarray) and len(state) < MOST_ARRAYS:
            state[path] = plain
    return state


def twin(thing: Any) -> Any:
    """A deep copy, but for modules, which cannot be copied."""
    return twins(thing)()


def twins(thing: Any) -> Callable[[], Any]:
    """A function that makes such copies, for when there are many to be made."""
    modules = {id(each): each for each in _instances(thing, ModuleType, set(), 0)}
    return lambda: copy.deepcopy(thing, dict(modules))


def generators_in(thing: Any) -> list[Any]:
    """The generators of random numbers in the attributes of `thing`."""
    kinds = np.random.Generator | np.random.RandomState | random.Random
    return list(_instances(thing, kinds, set(), 0))


def _instances(thing: Any, kinds: type | UnionType, seen: set[int], depth: int) -> Iterator[Any]:
    """What is of one of the kinds in the attributes of `thing`, however deep."""
    if isinstance(thing, kinds):
        yield thing
    elif depth <= DEPTH and id(thing) not in seen:
        seen.add(id(thing))
        for _, value in _parts(thing):
            yield from _instances(value, kinds, seen, depth + 1)


def copied(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same values, of which the arrays are copies."""
    return {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in values.items()}


def same(one: Any, other: Any) -> bool:
    """Whether two arrays have the same shape and numbers."""
    return np.shape(one) == np.shape(other) and np.array_equal(one, other, equal_nan=True)


def _walk(thing: Any, path: str, seen: set[int], depth: int) -> Iterator[tuple[str, Any]]:
    if isinstance(thing, np.ndarray | np.generic | float) and not _is_of_objects(thing):
        yield path, thing
        return
    if isinstance(thing, int) and argument_role(path.rpartition(".")[2], ["own_step_size"]):
        yield path, float(thing)
        return
    if isinstance(thing, list) and thing and all(isinstance(item, float) for item in thing):
        yield path, thing
        return
    if depth > DEPTH or id(thing) in seen or isinstance(thing, type):
        return
    seen.add(id(thing))
    for name, value in _parts(thing):
        yield from _walk(value, f"{path}.{name}" if path else name, seen, depth + 1)


def _is_of_objects(thing: Any) -> bool:
    """Whether it is an array as one would use a list: of other arrays, say."""
    return isinstance(thing, np.ndarray) and thing.dtype.kind == "O" and thing.ndim == 1


def _parts(thing: Any) -> list[tuple[str, Any]]:
    if isinstance(thing, dict):
        return [(str(key), value) for key, value in list(thing.items())[:50]]
    if isinstance(thing, list | tuple) or _is_of_objects(thing):
        return [(str(index), value) for index, value in enumerate(thing[:50])]
    if type(thing).__module__ in ("builtins", "numpy") or inspect.ismodule(thing):
        return []
    slots = [name for cls in type(thing).__mro__ for name in getattr(cls, "__slots__", ())]
    values = [(name, getattr(thing, name)) for name in slots if hasattr(thing, name)]
    own = list(getattr(thing, "__dict__", {}).items())
    numbers = [pair for cls in type(thing).__mro__ for pair in vars(cls).items()]
    return [*values, *own, *(pair for pair in numbers if isinstance(pair[1], float))]


def plain_result(value: Any) -> Any:
    """A returned value as arrays of floats, lists, dicts and None; None for all else.

    Floats of more than 64 bits are rounded to 64.
    """
    if isinstance(value, bool | str) or value is None:
        return None
    if isinstance(value, dict):
        return {str(key): plain_result(item) for key, item in list(value.items())[:20]}
    if isinstance(value, list | tuple):
        return [plain_result(item) for item in value[:20]]
    if isinstance(value, np.ndarray | np.generic | float | int):
        array = np.array(value)
        if array.size <= MOST_NUMBERS and array.dtype.kind in "fiub":
            is_kept = array.dtype.kind == "f" and array.itemsize <= 8
            return array if is_kept else array.astype(np.float64)
    return None
