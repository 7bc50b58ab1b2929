"""Looking at a layer before it is judged: what it puts out, and which arrays are its parameters."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from handgrad.checker import names
from handgrad.checker.attempts import Failure, attempt
from handgrad.checker.binding import (
    NOT_TRAINING,
    TRAINING,
    bind,
    parameter_names,
)
from handgrad.checker.cases import Array, Case
from handgrad.checker.methods import method
from handgrad.checker.objects import (
    arrays_in,
    generators_in,
    kept_output,
    same,
    twin,
)

TRIES = 30
"""Dropout may leave a small output as it is."""


def output_shape(case: Case, columns: bool) -> tuple[int, int]:
    """The shape of the output for the case, with the examples in columns where it has them so."""
    return (case.c, case.n) if columns else (case.n, case.c)


def batch(case: Case, columns: bool, number: int = 0) -> tuple[Array, Array]:
    """X and G of the case, with the examples in columns where the layer wants it so."""
    X, G = case.inputs(number), case.gradients(number)
    return (np.ascontiguousarray(X.T), np.ascontiguousarray(G.T)) if columns else (X, G)


def targets(case: Case, labels: str, columns: bool, number: int = 0) -> np.ndarray:
    """What a network is told of the classes of the case, in this form, in columns if it wants."""
    Y = case.targets(labels, number)
    return np.ascontiguousarray(Y.T) if columns else Y


def after_forward(result: Any, X: Array, labels: Array) -> dict[str, Any]:
    """What a loss, or the backward that has it in it, may be given: by role, after a forward."""
    output, *cache = result if isinstance(result, tuple) else (result,)
    values = {"labels": labels, "output": output, "input": X}
    return values | ({"cache": cache[0]} if cache else {})


def make_parameters(thing: Any, X: Array) -> None:
    """Let a layer without arrays see a batch: it may make its parameters in the first forward."""
    if not arrays_in(thing):
        output_of(thing, X)


Shape = tuple[int, ...] | None
"""That of an output; None where it is not known."""


def output_of(thing: Any, X: Array, shape: Shape = None) -> Any:
    """The array that forward returns for X, or None; of several, one of that shape."""
    return try_forward(thing, X, shape=shape)[0]


def try_forward(
    thing: Any, X: Array, training: Mapping[str, bool] = NOT_TRAINING, shape: Shape = None
) -> tuple[Any, Failure | None]:
    """The array that forward returns for X, or None, and why it stopped, if it did."""
    forward = method(thing, "forward")
    if forward is None:
        return None, None
    result, failure = attempt(None, lambda: bind(forward, {"input": X.copy()}, named=training)())
    if result is None:
        result = kept_output(thing)
    result = output_among(result, shape)
    return (result if isinstance(result, np.ndarray) else None), failure


def output_among(result: Any, shape: Shape = None) -> Any:
    """The output in what forward returned: the first of a tuple, the last of a list of outputs.

    Of a tuple it is rather the last that has the output's shape: all layers' may be in it.
    """
    if isinstance(result, tuple) and shape is not None:
        fitting = [one for one in result if isinstance(one, np.ndarray) and one.shape == shape]
        if fitting:
            return fitting[-1]
    if isinstance(result, tuple | list) and result:
        return result[0 if isinstance(result, tuple) else -1]
    return result


def whether_training(thing: Any, X: Array) -> Mapping[str, bool]:
    """What a forward is told that asks whether it is training.

    Yes, as it may keep what backward needs only then; no, if its output is random then.
    """
    asks = _asks_whether_training(thing)
    return TRAINING if asks and not is_random_in_training(thing, X) else NOT_TRAINING


def is_random_in_training(thing: Any, X: Array) -> bool:
    """Whether a forward that asks if it is training puts out random numbers then, as with dropout.

    It shows in some tries.
    """
    if not _asks_whether_training(thing):
        return False
    tries = (try_forward(twin(thing), X, TRAINING)[0] for _ in range(TRIES))
    output = next(tries)
    return not all(same(output, other) for other in tries)


def _asks_whether_training(thing: Any) -> bool:
    forward = method(thing, "forward")
    asked = parameter_names(forward) if forward else []
    return any(names.argument_role(name, NOT_TRAINING) for name in asked)


def is_random(thing: Any, X: Array) -> bool:
    """Whether two copies put out different numbers for X, if the second has drawn some before.

    Parameters that the first forward makes are made before they are copied.
    """
    seen = twin(thing)
    output_of(seen, X)
    one, other = twin(seen), twin(seen)
    for generator in generators_in(other):
        generator.random()
    output = output_of(one, X)
    return output is not None and not same(output, output_of(other, X))


def parameters_of(thing: Any, X: Array, shape: Shape = None) -> list[str]:
    """The arrays that change the output when they are changed, or that are named as parameters.

    An array that is named so may be what an optimizer remembers of the parameter, and one array may
    have several names, as in a list of all parameters.
    """
    before = output_of(twin(thing), X, shape)
    arrays = arrays_in(thing)
    found, seen = [], []
    for path, array in arrays.items():
        changed = twin(thing)
        own = arrays_in(changed).get(path)
        if own is None or array.dtype.kind != "f" or not array.size or not own.flags.writeable:
            continue
        own += 0.5 + np.arange(own.size, dtype=own.dtype).reshape(own.shape)
        if before is not None and not same(before, output_of(changed, X, shape)):
            seen.append(path)
        if path in seen or names.parameter_role(path):
            found.append(path)
    found = [path for path in found if not _is_remembered(path, seen, arrays)]
    found = [path for path in found if path == _best_name(arrays[path], found, arrays)]
    return [path for path in found if not _is_divided(arrays[path], [arrays[p] for p in found])]


def _is_remembered(path: str, seen: list[str], arrays: Mapping[str, Array]) -> bool:
    """Whether an array is what is remembered of a parameter: velocity.W1 of params.W1.

    On no array that is kept beside it does the output depend, as it does on those in `seen`, but on
    some that are kept beside another of the same name and shape. (Places that differ in a number,
    layers.1 and layers.2, are those of two layers.)
    """
    place, name = names.place_and_name(path)
    used = {names.place_and_name(other)[0] for other in seen}
    if not place or place in used:
        return False
    return any(
        names.place_and_name(other) == (where, name) and array.shape == arrays[path].shape
        for other, array in arrays.items()
        for where in used
        if not names.differ_in_numbers(where, place)
    )


def _best_name(array: Array, found: list[str], arrays: Mapping[str, Array]) -> str:
    """Of the names of an array the first that says what it is; W1 before params.0."""
    own = [path for path in found if arrays[path] is array]
    return min(own, key=lambda path: (names.parameter_role(path) is None, path.count(".")))


def _is_divided(whole: Array, arrays: list[Array]) -> bool:
    """Whether others of the arrays are parts of this one, as views into one vector are."""
    return any(part.size < whole.size and np.shares_memory(whole, part) for part in arrays)


def fill_parameters(thing: Any, parameters: list[str], case: Case) -> None:
    """Give the parameters values that show mistakes; a bias of zeros would show few."""
    arrays = arrays_in(thing)
    for number, path in enumerate(parameters):
        if path in arrays:
            arrays[path][...] = case.parameter(number, arrays[path].shape)


def scale_parameters(thing: Any, parameters: list[str], factor: float) -> None:
    """Multiply all of the parameters with the factor."""
    for path, array in arrays_in(thing).items():
        if path in parameters:
            array *= factor
