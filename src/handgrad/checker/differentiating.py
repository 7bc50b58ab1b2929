"""Central differences of what somebody's object computes: of its output, or of its own loss."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from handgrad.checker.attempts import attempt
from handgrad.checker.binding import bind
from handgrad.checker.cases import Array
from handgrad.checker.methods import method, takes_labels
from handgrad.checker.numeric import central_differences
from handgrad.checker.objects import arrays_in, copied, kept_output, plain_result, twin, twins
from handgrad.checker.observation import State
from handgrad.checker.probing import after_forward, output_of, scale_parameters, whether_training

MOST_SECONDS = 0.005
"""A loss that takes longer is not asked for thousands of times."""

Loss = Callable[[Any], float]
"""The loss of a copy of a network for one batch."""


def differentiate(thing: Any, X: Array, G: Array, parameters: list[str]) -> State:
    """Central differences of Σ G · output by the input and by each parameter.

    There are none where the output has another shape than G.
    """
    if np.shape(output_of(twin(thing), X, G.shape)) != G.shape:
        return {}

    def loss(changed: Any, values: Array = X) -> float:
        output = output_of(changed, values, G.shape)
        return float(np.sum(G * output)) if np.shape(output) == G.shape else float("nan")

    new = twins(thing)
    by_input = central_differences(lambda values: loss(new(), values), X)
    return {"input": by_input} | _by_parameters(thing, parameters, loss)


def differentiate_loss(thing: Any, X: Array, labels: Array, parameters: list[str]) -> State:
    """Central differences of a network's own loss for a batch, by each parameter.

    There are none where it has no loss, or one that is no number, is random or slow, or does not
    depend on all of the parameters.
    """
    own_loss = _own_loss(thing, X, labels, parameters)
    found = {} if own_loss is None else _by_parameters(thing, parameters, own_loss)
    known = all(np.all(np.isfinite(array)) and np.any(array) for array in found.values())
    return found if known else {}


def _by_parameters(thing: Any, parameters: list[str], loss: Loss) -> State:
    new, arrays = twins(thing), arrays_in(thing)

    def with_values(path: str, values: Array) -> float:
        changed = new()
        arrays_in(changed)[path][...] = values
        return loss(changed)

    kept = {path: arrays[path] for path in parameters if path in arrays}
    return {
        path: central_differences(partial(with_values, path), x, float(np.finfo(x.dtype).eps))
        for path, x in kept.items()
    }


def _own_loss(thing: Any, X: Array, labels: Array, parameters: list[str]) -> Loss | None:
    """What a network's own loss is for a batch; None where there is none to be differentiated."""
    if method(thing, "loss") is None:
        return None
    told: dict[str, Any] = dict(whether_training(thing, X))
    if not takes_labels(thing, "backward"):
        told["labels"] = labels
    moved = twin(thing)
    scale_parameters(moved, parameters, 1.25)
    # An argument that is called a may be the output of the last layer, or the input of the first.
    for is_output in (False, True):

        def loss(network: Any, is_output: bool = is_output) -> float:
            return _number(attempt(None, _call_loss, network, X, labels, told, is_output)[0])

        begun = time.perf_counter()
        first = loss(twin(thing))
        if time.perf_counter() - begun > MOST_SECONDS:
            return None
        if first == loss(twin(thing)) != loss(moved):
            return loss
    return None


def _call_loss(
    network: Any, X: Array, labels: Array, told: dict[str, Any], input_is_output: bool
) -> Any:
    """Call forward, and then the loss."""
    forward, loss = method(network, "forward"), method(network, "loss")
    assert forward is not None  # It was chosen for having one.
    assert loss is not None  # It was asked for before.
    result = bind(forward, {"input": X.copy()}, named=told)()
    values = after_forward(kept_output(network) if result is None else result, X, labels)
    if input_is_output:
        values["input"] = values["output"]
    return plain_result(bind(loss, copied(values))())


def _number(result: Any) -> float:
    """The one number in a result, or first in it; NaN where there is none."""
    first = result[0] if isinstance(result, list) and result else result
    return float(first.item()) if isinstance(first, np.ndarray) and first.size == 1 else np.nan
