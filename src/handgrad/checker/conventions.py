"""Working out how a layer is written, and turning what it computes into one notation.

In that notation a batch X is n × d, W is d × c, b is 1 × c, and every gradient has the shape of
what it belongs to. Shapes and numbers say more than names do, so names come last.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handgrad.checker.cases import STEP_SIZE, Case
from handgrad.checker.names import (
    argument_role,
    gradient_of,
    is_gradient,
    parameter_role,
)
from handgrad.checker.observation import Call, Observation, Run, State, changed

Place = tuple[str, Any]
"""Where a gradient is: ("state", path), ("result", the keys that lead to it), or ("update", path of
the parameter)."""


@dataclass
class Conventions:
    """How one layer is written.

    Attributes
    ----------
    columns
        Whether a batch holds its examples in columns.
    weights, bias
        Where the parameters are, by path; None where there is none.
    weights_turned
        Whether the weights are kept as c × d.
    places
        Where the gradients are, by "weights", "bias" and "input".
    rate
        The step size of a layer that updates itself in backward, where it stands in the code.
    """

    columns: bool = False
    weights: str | None = None
    bias: str | None = None
    weights_turned: bool = False
    places: dict[str, Place] = field(default_factory=dict)
    rate: float | None = None

    def value(self, call: Call, quantity: str) -> Any:
        """The gradient by "weights", "bias" or "input" after a backward, or None; see above."""
        raw = self._raw(call, quantity)
        if not isinstance(raw, np.ndarray):
            return None
        if quantity == "weights":
            return self.canonical_weights(raw)
        return raw.T if self.columns or self._is_column(call, quantity, raw) else raw

    def _is_column(self, call: Call, quantity: str, raw: Any) -> bool:
        bias = call.before.get(self.bias or "")
        columns = bias is not None and bias.ndim == 2 and bias.shape[1] == 1 < bias.size
        return quantity == "bias" and columns and raw.ndim == 2

    def canonical_weights(self, raw: Any) -> Any:
        """Weights, or their gradient, as d × c."""
        return raw.T if self.weights_turned else raw

    def parameters(self, state: State) -> tuple[Any, Any]:
        """W, d × c, and b, 1 × c, in a state; None where there is none."""
        W, b = state.get(self.weights or ""), state.get(self.bias or "")
        return (
            None if W is None else np.asarray(self.canonical_weights(W), dtype=np.float64),
            None if b is None else np.asarray(b, dtype=np.float64).reshape(1, -1),
        )

    def _raw(self, call: Call, quantity: str) -> Any:
        kind, key = self.places.get(quantity, ("none", None))
        if kind == "state":
            return call.after.get(key)
        if kind == "result":
            return dict(arrays_in(call.result)).get(key)
        if kind == "update" and key in call.before and key in call.after:
            if call.failure is not None and key not in changed(call):
                return None  # It stopped before.
            return (call.before[key] - call.after[key]) / self._rate(call)
        return None

    def _rate(self, call: Call) -> float:
        """The step size of a layer that updates itself in backward."""
        return self.rate or step_sizes(call)[0]


def step_sizes(call: Call) -> list[float]:
    """The step size that a call was given, or else those that the object may take for it."""
    given = "step_size" in call.given
    return [STEP_SIZE] if given else own_rates(call.before) or [STEP_SIZE]


def knows_step_size(call: Call) -> bool:
    """Whether a call was given a step size, or its object keeps one."""
    return "step_size" in call.given or bool(own_rates(call.before))


def fitting_rate(moves: NDArray[np.floating], gradient: NDArray[np.floating]) -> float:
    """The step size with which a gradient comes the nearest to what was taken from a parameter.

    Or to what was added; 1 where there is no such number.
    """
    if np.shape(moves) != np.shape(gradient) or not np.any(gradient):
        return 1.0
    rate = abs(float(np.sum(moves * gradient) / np.sum(np.square(gradient))))
    return rate if np.isfinite(rate) and rate else 1.0


def shown_rate(
    before: NDArray[np.floating], after: NDArray[np.floating], gradient: NDArray[np.floating]
) -> float | None:
    """The step size that a step shows, where it stands in the code; None where it shows none.

    One of 1 is that of a step without any.
    """
    if np.shape(before) != np.shape(after):
        return None
    rate = fitting_rate(before - after, gradient)
    return None if np.isclose(rate, 1) else rate


def own_rates(state: State) -> list[float]:
    """The step sizes that an object keeps, in itself or in its parts."""
    leaves = {path: path.rpartition(".")[2] for path in state}
    kept = [state[path] for path, leaf in leaves.items() if argument_role(leaf, ["own_step_size"])]
    return list(dict.fromkeys(np.asarray(rate).item() for rate in kept if np.size(rate) == 1))


def work_out(observation: Observation) -> Conventions:
    """The conventions of a layer, from the first runs that show them."""
    found = Conventions(columns=observation.columns)
    runs = [run for run in observation.runs if run.calls]
    if not runs:
        return found
    _find_parameters(found, observation, runs[0])
    backwards = [(run, call) for run in runs if (call := run.call("backward")) is not None]
    for run, call in sorted(backwards, key=lambda pair: pair[1].failure is not None):
        _find_gradients(found, run.case, call, observation)
    return found


def _find_parameters(found: Conventions, observation: Observation, run: Run) -> None:
    state, case = run.calls[0].before, run.case
    named = [p for p in state if parameter_role(p)]
    paths = [*observation.parameters, *named] or [p for p in state if gradient_of(p) is None]
    for path in paths:
        array = state.get(path)
        if array is None:
            continue
        if array.shape in ((case.d, case.c), (case.c, case.d)) and found.weights is None:
            found.weights = path
            found.weights_turned = array.shape != (case.d, case.c)
            if case.d == case.c:
                found.weights_turned = _looks_turned(array, run, found.columns)
        elif array.size == case.c and array.ndim <= 2 and found.bias is None:
            found.bias = path


def _looks_turned(W: Any, run: Run, columns: bool) -> bool:
    """Whether square weights are used as c × d: which way round gives the differences in Z."""
    outputs = [call.result for call in run.calls if call.method == "forward"]
    if not outputs or not isinstance(outputs[0], np.ndarray):
        return False
    Z = outputs[0].T if columns else outputs[0]
    change = Z - Z[:1]
    X = run.case.inputs(0)
    return bool(np.allclose(change, (X - X[:1]) @ W.T, rtol=1e-3, atol=1e-3))


def _find_gradients(found: Conventions, case: Case, call: Call, observation: Observation) -> None:
    places = found.places
    altered = changed(call)
    named = [p for p in [*altered, *call.after] if p not in observation.parameters]
    for path in named:
        role = gradient_of(path)
        if role and role not in places and (role != "input" or path in altered):
            places[role] = ("state", path)
    for role, key in _returned(call.result, case):
        if role not in places or (role == "input" and places[role][0] == "state"):
            places[role] = ("result", key)
    for parameter, own in (("weights", found.weights), ("bias", found.bias)):
        if own is None or parameter in places or own not in call.before:
            continue
        if own in altered:
            places[parameter] = ("update", own)
            continue
        taken = [key for kind, key in places.values() if kind == "state"]
        shape = call.before[own].shape
        new = [
            p
            for p in altered
            if (p not in call.before or is_gradient(p)) and call.after[p].shape == shape
        ]
        for path in [p for p in new if p not in taken][:1]:
            places[parameter] = ("state", path)


def _returned(result: Any, case: Case) -> Iterator[tuple[str, Any]]:
    """Which gradients a result holds: by key, by shape, and then in the customary order."""
    if isinstance(result, np.ndarray):
        yield "input", ()
        return
    shapes: dict[str, list[tuple[int, ...]]] = {
        "input": [(case.n, case.d), (case.d, case.n)],
        "weights": [(case.d, case.c), (case.c, case.d)],
        "bias": [(case.c,), (1, case.c), (case.c, 1)],
    }
    unnamed = {}
    for place, array in arrays_in(result):
        names = [key for key in place if isinstance(key, str)]
        role = (gradient_of(names[-1]) or gradient_of(f"d{names[-1]}")) if names else None
        if role in shapes:
            del shapes[role]
            yield role, place
        elif not names:
            unnamed[place] = array
    for place in tuple(unnamed):
        fitting = [role for role, forms in shapes.items() if unnamed[place].shape in forms]
        if fitting:
            del shapes[fitting[0]], unnamed[place]
            yield fitting[0], place
    yield from zip(shapes, unnamed, strict=False)


def arrays_in(result: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The arrays in nested lists and dictionaries, each with the keys that lead to it."""
    if isinstance(result, np.ndarray):
        yield place, result
    items = enumerate(result) if isinstance(result, list) else ()
    for key, item in result.items() if isinstance(result, dict) else items:
        yield from arrays_in(item, (*place, key))
