"""The loss that a network with its loss in it computes itself, and its central differences."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from handgrad.checker.attempts import attempt
from handgrad.checker.binding import bind
from handgrad.checker.cases import Array
from handgrad.checker.methods import method, takes_labels
from handgrad.checker.numeric import central_differences
from handgrad.checker.objects import arrays_in, kept_output, twins
from handgrad.checker.observation import State
from handgrad.checker.probing import whether_training


def after_forward(result: Any, X: Array, labels: Array) -> dict[str, Any]:
    """What a loss, or the backward that has it in it, may be given: by role, after a forward."""
    output, *cache = result if isinstance(result, tuple) else (result,)
    values = {"labels": labels, "output": output, "input": X}
    return values | ({"cache": cache[0]} if cache else {})


def differentiate_loss(thing: Any, X: Array, labels: Array, parameters: list[str]) -> State:
    """Central differences of the network's own loss by each parameter.

    There are none where it has no method for the loss, or that gives no number that depends on
    every one of them.

    Parameters
    ----------
    thing
        The network.
    X, labels
        A batch as it takes it.
    parameters
        The paths of its parameters.
    """
    if method(thing, "loss") is None:
        return {}
    told: dict[str, Any] = dict(whether_training(thing, X))
    if not takes_labels(thing, "backward"):
        told["labels"] = labels
    new, arrays = twins(thing), arrays_in(thing)
    starts = {path: arrays[path] for path in parameters if path in arrays}

    # An argument that is called a may be the output of the last layer, or the input of the first.
    for input_is_output in (False, True):

        def loss(path: str, values: Array, input_is_output: bool = input_is_output) -> float:
            changed = new()
            arrays_in(changed)[path][...] = values
            return _loss(changed, X, labels, told, input_is_output)

        first = next(iter(starts), "")
        if not starts or not np.isfinite(loss(first, starts[first])):
            continue
        differences = {p: central_differences(partial(loss, p), x) for p, x in starts.items()}
        if all(np.all(np.isfinite(found)) and np.any(found) for found in differences.values()):
            return differences
    return {}


def _loss(
    thing: Any, X: Array, labels: Array, told: Mapping[str, Any], input_is_output: bool
) -> float:
    """The network's loss for a batch; NaN where it gives no number."""
    forward, loss = method(thing, "forward"), method(thing, "loss")
    assert forward is not None  # It was chosen for having one.
    assert loss is not None  # It was asked for before.

    def compute() -> Any:
        result = bind(forward, {"input": X.copy()}, named=told)()
        values = after_forward(kept_output(thing) if result is None else result, X, labels)
        if input_is_output:
            values["input"] = values["output"]
        own = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in values.items()}
        return bind(loss, own)()

    found, _ = attempt(None, compute)
    found = found[0] if isinstance(found, tuple) and found else found
    is_number = isinstance(found, float | int | np.ndarray | np.generic) and np.size(found) == 1
    return float(np.squeeze(found)) if is_number else float("nan")
