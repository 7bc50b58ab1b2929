"""Finding the gradients of many parameters: in what an object keeps, and in what it returns."""

import itertools
import operator
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from handgrad.checker.cases import Array
from handgrad.checker.conventions import arrays_in, step_sizes
from handgrad.checker.links import is_matrix
from handgrad.checker.mistakes import same_shape
from handgrad.checker.names import gradient_of, is_gradient, parameter_role, plain, without_marks
from handgrad.checker.observation import Call, State, changed

Places = Mapping[str, str | None]
"""Where the gradient of each parameter is, by path."""

RETURNED = "grads"
"""What stands before the names of returned gradients."""


def gradients_found(paths: Sequence[str], call: Call) -> tuple[dict[str, Array], Places]:
    """The gradient of each parameter after a backward, and where it is; empty where it is nowhere.

    It is kept or returned under a fitting name, or in the order of the parameters, or, where shapes
    tell, in the reverse; or it is applied at once: then it is what backward takes from the
    parameter, over the step size.
    """
    result = _only_dictionary(call.result)
    returned = {f"{RETURNED}.{_dotted(keys)}": a for keys, a in arrays_in(result) if keys}
    # What backward writes comes first: an optimizer's sums may have a gradient's name.
    state = {path: call.after[path] for path in [*changed(call), *call.after]} | returned
    places = {path: gradient_path(path, state) for path in paths}
    groups = [returned, _kept(call)]
    if not any(places.values()):
        places |= _in_order(paths, call.before, groups)
    if not all(_fits(state, place, path) for path, place in places.items()):
        places |= _in_order(paths, call.before, groups, reverse=True)
    if not any(places.values()) and _moves(paths, call):
        rate = step_sizes(call)[0]
        places = {path: path for path in paths}
        state = {path: (call.before[path] - call.after[path]) / rate for path in paths}
    return {path: state.get(place or "", np.zeros(0)) for path, place in places.items()}, places


def _only_dictionary(result: Any) -> Any:
    """The dictionary in what backward returned, where it is the only one, beside a loss, say."""
    inner = [item for item in result if isinstance(item, dict)] if isinstance(result, list) else []
    return inner[0] if len(inner) == 1 else result


def _dotted(keys: Sequence[object]) -> str:
    return ".".join(map(str, keys))


def _kept(call: Call) -> State:
    """The gradients that an object keeps, by their names."""
    named = (path for path in call.after if is_gradient(path) and not _is_delta(path))
    return {path: call.after[path] for path in named}


def _fits(state: State, place: str | None, path: str) -> bool:
    """Whether there is a place, and what is in it has the shape of the parameter."""
    return place is not None and same_shape(state[place], state[path])


def _in_order(
    paths: Sequence[str], parameters: State, groups: Sequence[State], reverse: bool = False
) -> dict[str, str]:
    """The places in the first group of arrays with the parameters' shapes, in a customary order.

    Some may be numbers, wrongly. In reverse, the last layer comes first.
    """
    for group, order in itertools.product(groups, _orders(paths, parameters, reverse)):
        found, wanted = [a.shape for a in group.values()], [parameters[p].shape for p in order]
        is_whole = len(found) == len(wanted) and any(map(operator.eq, found, wanted))
        if is_whole and all(f in (w, ()) for f, w in zip(found, wanted, strict=True)):
            return dict(zip(order, group, strict=True))
    return {}


def _orders(paths: Sequence[str], parameters: State, reverse: bool) -> Iterator[list[str]]:
    """Layer by layer, or all weights and all biases, either first."""
    weights = [path for path in paths if is_matrix(path, parameters[path])]
    biases = [path for path in paths if path not in weights]
    if reverse:
        weights.reverse()
        biases.reverse()
        yield [path for pair in zip(weights, biases, strict=False) for path in pair]
    else:
        yield list(paths)
    yield weights + biases
    yield biases + weights
    yield [path for pair in zip(biases, weights, strict=False) for path in pair]


def _moves(paths: Sequence[str], call: Call) -> bool:
    """Whether a backward changes parameters, and leaves their shapes as they are."""
    kept = all(p in call.after and same_shape(call.after[p], call.before[p]) for p in paths)
    return kept and not set(paths).isdisjoint(changed(call))


def gradient_path(path: str, state: State) -> str | None:
    """Where the gradient of the parameter at `path` is, by its name and its neighbours'."""
    role = "weights" if is_matrix(path, state[path]) else "bias"
    # A delta by itself is the gradient of scores.
    gradients = [o for o in state if is_gradient(o) and o != path and not _is_delta(o)]
    named = [other for other in gradients if _differs_in_marks(other, path)]
    named += [other for other in gradients if _without_holders(other) == path]
    leaf = path.rpartition(".")[2]
    if [other.rpartition(".")[2] for other in state].count(leaf) == 1:
        named += [o for o in gradients if without_marks(o.rpartition(".")[2]) == plain(leaf)]
    prefix = path.rpartition(".")[0]
    beside = [p for p in state if p.rpartition(".")[0] == prefix and gradient_of(p) == role]
    numbers = re.findall(r"\d+", path)
    if numbers and parameter_role(path) is not None:  # Of weights.0, dW.0.
        alike = [o for o in gradients if gradient_of(o) == role]
        alike = [o for o in alike if state[o].size == state[path].size]
        named += [other for other in alike if re.findall(r"\d+", other) == numbers]
    return next(iter([*named, *beside]), None)


def _is_delta(path: str) -> bool:
    """Whether an array is named delta, of no parameter: delta, deltas.0, layers.1.delta."""
    return "delta" in path and gradient_of(path) is None


def _without_holders(gradient: str) -> str:
    """The path without those of its parts that hold gradients: dparams.W is W."""
    *holders, leaf = gradient.split(".")
    return ".".join([*(holder for holder in holders if not is_gradient(holder)), leaf])


def _differs_in_marks(gradient: str, parameter: str) -> bool:
    """Whether the paths are the same but for marks: dW.0 and W.0, grads.dW1 and params.W1."""
    *holders, (leaf, own) = zip(gradient.split("."), parameter.split("."), strict=False)
    return (
        gradient.count(".") == parameter.count(".")
        and (leaf == own or without_marks(leaf) == plain(own))
        and all(without_marks(g) in ("", plain(p)) for g, p in holders if g != p)
    )
