"""Trying a layer out and writing down what it does; judging it is somebody else's work."""

import copy
import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from handgrad.checker import cases, names
from handgrad.checker.attempts import Failure, attempt
from handgrad.checker.binding import bind, parameter_names, required_names
from handgrad.checker.cases import Array, Case
from handgrad.checker.numeric import central_differences
from handgrad.checker.objects import arrays_in, method, same
from handgrad.checker.observation import Observation, Run
from handgrad.checker.trial import Trial

Values = dict[str, Any]
"""Arguments by role: `input_dim`, `output_dim`, …"""

Build = Callable[[Values, Values], Any]
"""Makes a new object with these arguments, and with those of the second where they are required."""


@dataclass(frozen=True)
class Subject:
    """What is tried out.

    Attributes
    ----------
    name, kind
        The class's name, and what kind of layer it is.
    cls
        The class.
    build
        Makes a new object for given sizes.
    folder
        Where the judged files are.
    sizes
        d and c, where `build` can make these only.
    takes_depth
        Whether `build` makes a network of as many layers as it is asked for.
    """

    name: str
    kind: str
    cls: type
    build: Build
    folder: Path | None
    sizes: tuple[int, int] | None = None
    takes_depth: bool = True


def constructor(cls: type) -> Build:
    """A function that constructs `cls` for given sizes, its arguments guessed by their names."""

    def build(values: Values, required: Values) -> Any:
        others = {"seed": 0, "step_size": cases.STEP_SIZE, "activation": None}
        return bind(cls, values, others | required)()

    return build


def observe_layer(subject: Subject, observation: Observation) -> None:
    """A layer from n × d to n × c; an activation, or a softmax, keeps the width."""
    tried = [c for c in cases.ALL if subject.sizes in (None, (c.d, c.c))] or [
        Case(n, *subject.sizes) for n in (5, 6, 1, 2) if subject.sizes
    ]
    way = way_round(subject, tried[0])
    observation.problem = way.problem
    if way.columns is not None:
        observation.columns = way.columns
    observation.made_without_activation = way.without_activation
    observation.own_forward = subject.kind == "unknown" or not way.linear
    for case in tried if observation.problem is None else []:
        thing, observation.problem = attempt(subject.folder, way.make, case)
        if observation.problem:
            return
        case = Case(case.n, case.d, _output_width(subject, thing, case, observation.columns))
        X, G = batch(case, observation.columns)
        if subject.kind == "linear" and not parameters_of(thing, X):
            output_of(thing, X)  # The weights may be made in the first forward.
        if not observation.parameters:
            observation.parameters = parameters_of(thing, X)
            observation.own_forward |= subject.kind == "linear" and not _has_weights(thing, case)
        fill_parameters(thing, observation.parameters, case)
        if not observation.runs and observation.own_forward:
            differentiate(thing, X, G, observation)
        run = Run(case, "")
        observation.runs.append(run)
        pass_twice(Trial(thing, run, subject.folder), case, observation)
        if timed_out(run):
            return
    if subject.kind == "softmax":
        run = Run(cases.LARGE, "")
        observation.runs.append(run)
        Z = cases.LARGE_LOGITS
        Trial(thing, run, subject.folder).forward(Z.T.copy() if observation.columns else Z)


@dataclass(frozen=True)
class Way:
    """Which way round a layer takes its sizes and batches.

    Attributes
    ----------
    make
        Makes one for a case.
    columns
        Whether it has examples in columns; None where nothing shows.
    without_activation
        Whether it was made without one, and might have one.
    linear
        Whether the output is linear in the input, as far as there is one.
    problem
        Why there is none.
    """

    make: Callable[[Case], Any]
    columns: bool | None = None
    linear: bool = True
    without_activation: bool = False
    problem: Failure | None = None


def _has_weights(thing: Any, case: Case) -> bool:
    """Whether there is an array of d × c or c × d."""
    shapes = {array.shape for array in arrays_in(thing).values()}
    return not shapes.isdisjoint({(case.d, case.c), (case.c, case.d)})


def way_round(subject: Subject, case: Case) -> Way:
    """The first way that gives a linear layer's output; else the first that gives any.

    Where the layer takes an activation, too, it is made without one, if it can be.
    """

    def maker(more: Values, swapped: bool) -> Callable[[Case], Any]:
        def make(case: Case) -> Any:
            d, c = (case.c, case.d) if swapped else (case.d, case.c)
            arrays = {"weights": case.parameter(0, (d, c)), "bias": case.parameter(1, (c,))}
            required = {"layer_sizes": (d, c), **{role: a.copy() for role, a in arrays.items()}}
            return subject.build({"input_dim": d, "output_dim": c} | more, required)

        return make

    plain = maker({}, False)
    if subject.kind != "linear":
        return Way(plain)
    asked = parameter_names(subject.cls)
    fused = any(names.argument_role(name, ["activation"]) for name in asked)
    asked_for = any(
        names.argument_role(name, ["activation"]) for name in required_names(subject.cls)
    )
    absent = [None, "linear", "identity", "none", *([Identity()] if asked_for else [])]
    without = [{"activation": a} for a in absent] if fused else []
    other: Way | None = None
    for more, swapped in itertools.product([*without, {}], (False, True)):
        make = maker(more, swapped)
        thing, failure = attempt(subject.folder, make, case)
        if failure is not None:
            other = other or Way(plain, problem=failure)
            continue
        for columns in (False, True):
            outputs, failure = _opposite_outputs(subject, make, case, columns)
            if failure is not None and failure.kind == "TimeLimit":
                return Way(make)
            if outputs is not None:
                way = Way(make, columns, _are_linear(*outputs), bool(more))
                if way.linear:
                    return way
                other = way if other is None or other.columns is None else other
        if other is None or other.problem is not None:
            other = Way(make, _failing_in_columns(thing, case))
    return other or Way(plain)


def in_columns(layers: Iterable[Subject]) -> bool | None:
    """Whether linear layers have examples in columns; None unless they show it, and agree."""
    found = {way_round(layer, cases.GENERAL[0]).columns for layer in layers} - {None}
    return found.pop() if len(found) == 1 else None


class Identity:
    """An activation that changes nothing, as an object or as a function."""

    def forward(self, x: Any) -> Any:
        """The input."""
        return x

    backward = __call__ = forward


def _opposite_outputs(
    subject: Subject, make: Callable[[Case], Any], case: Case, columns: bool
) -> tuple[list[Array] | None, Failure | None]:
    """The outputs of new layers with the same parameters for X, −X and 0, or why there are none.

    New ones: a layer may take the width that it is first given.
    """
    outputs = []
    shape = (case.c, case.n) if columns else (case.n, case.c)
    for sign in (1.0, -1.0, 0.0):
        X = sign * batch(case, columns)[0]
        thing, _ = attempt(subject.folder, make, case)
        if not arrays_in(thing):
            output_of(thing, X)  # The parameters may be made in the first forward.
        fill_parameters(thing, [p for p in arrays_in(thing) if not names.is_gradient(p)], case)
        output, failure = try_forward(thing, X)
        if np.shape(output) != shape:
            return None, failure
        outputs.append(output)
    return outputs, None


def _are_linear(output: Array, opposite: Array, origin: Array) -> bool:
    """Whether f(X) + f(−X) = 2 f(0), as of every XW + b."""
    scale = max(float(np.max(np.abs(output))), 1.0)
    return bool(np.allclose(output + opposite, 2 * origin, rtol=0, atol=1e-3 * scale))


def _failing_in_columns(thing: Any, case: Case) -> bool | None:
    """Whether a layer whose forward fails means columns: by its bias, or by where it fails."""
    arrays = arrays_in(thing)
    if (case.c, 1) in [array.shape for path, array in arrays.items() if names.parameter_role(path)]:
        return True
    rows, columns = (_fails_in_product(thing, batch(case, turn)[0]) for turn in (False, True))
    return True if rows and not columns else None


def _fails_in_product(thing: Any, X: Array) -> bool:
    """Whether forward stops at a product of matrices that do not fit."""
    failure = try_forward(thing, X)[1]
    return failure is not None and bool(re.search("matmul|not aligned", failure.message))


def batch(case: Case, columns: bool, number: int = 0) -> tuple[Array, Array]:
    """X and G of the case, with the examples in columns where the layer wants it so."""
    X, G = case.inputs(number), case.gradients(number)
    return (np.ascontiguousarray(X.T), np.ascontiguousarray(G.T)) if columns else (X, G)


def pass_twice(trial: Trial, case: Case, observation: Observation) -> None:
    """Forward, backward, step; then forward and backward with other numbers.

    Once a parameter has another shape, nothing can be said of what follows.
    """
    for number in (0, 1):
        X, G = batch(case, observation.columns, number)
        if not trial.forward(X):
            return
        trial.backward(G)
        if number == 0 and not _reshaped(trial.run, observation.parameters):
            trial.step()
        if _reshaped(trial.run, observation.parameters):
            return


def _reshaped(run: Run, parameters: list[str]) -> bool:
    """Whether a parameter has another shape than at first."""
    first, last = run.calls[0].before, run.calls[-1].after
    kept = [path for path in parameters if path in first]
    return any(path not in last or last[path].shape != first[path].shape for path in kept)


def timed_out(run: Run) -> bool:
    """Whether a call in the run was endless; the next would be, too."""
    return any(c.failure is not None and c.failure.kind == "TimeLimit" for c in run.calls)


def output_of(thing: Any, X: Array) -> Any:
    """The array that forward returns for X, or None."""
    return try_forward(thing, X)[0]


def try_forward(thing: Any, X: Array) -> tuple[Any, Failure | None]:
    """The array that forward returns for X, or None, and why it stopped, if it did."""
    forward = method(thing, names.FORWARD)
    if forward is None:
        return None, None
    result, failure = attempt(None, lambda: bind(forward, {"input": X.copy()})())
    if isinstance(result, tuple) and result:
        result = result[0]
    return (result if isinstance(result, np.ndarray) else None), failure


def _output_width(subject: Subject, thing: Any, case: Case, columns: bool) -> int:
    """c for a linear layer; whatever comes out for a layer of unknown kind; else d."""
    if subject.kind == "linear":
        return case.c
    if subject.kind == "unknown":
        shape = np.shape(output_of(copy.deepcopy(thing), batch(case, columns)[0]))
        examples = -1 if columns else 0
        if len(shape) == 2 and shape[examples] == case.n:
            return int(shape[-1 - examples])
    return case.d


def parameters_of(thing: Any, X: Array) -> list[str]:
    """The arrays that change the output when they are changed, or that are named as parameters."""
    before = output_of(copy.deepcopy(thing), X)
    arrays = arrays_in(thing)
    found = []
    for path, array in arrays.items():
        twin = copy.deepcopy(thing)
        own = arrays_in(twin).get(path)
        if own is None or array.dtype.kind != "f" or not array.size or not own.flags.writeable:
            continue
        own += 0.5 + np.arange(own.size, dtype=own.dtype).reshape(own.shape)
        if names.parameter_role(path) or (
            before is not None and not same(before, output_of(twin, X))
        ):
            found.append(path)
    return [path for path in found if not _is_divided(arrays[path], [arrays[p] for p in found])]


def _is_divided(whole: Array, arrays: list[Array]) -> bool:
    """Whether others of the arrays are parts of this one, as views into one vector are."""
    return any(part.size < whole.size and np.shares_memory(whole, part) for part in arrays)


def fill_parameters(thing: Any, parameters: list[str], case: Case) -> None:
    """Give the parameters values that show mistakes; a bias of zeros would show few."""
    arrays = arrays_in(thing)
    for number, path in enumerate(parameters):
        if path in arrays:
            arrays[path][...] = case.parameter(number, arrays[path].shape)


def differentiate(thing: Any, X: Array, G: Array, observation: Observation) -> None:
    """Central differences of Σ G · output by the input and by each parameter."""
    if np.shape(output_of(copy.deepcopy(thing), X)) != G.shape:
        return

    def loss(path: str, values: Array) -> float:
        twin = copy.deepcopy(thing)
        if path != "input":
            arrays_in(twin)[path][...] = values
        output = output_of(twin, values if path == "input" else X)
        return float(np.sum(G * output)) if np.shape(output) == G.shape else float("nan")

    starts = {"input": X} | {path: arrays_in(thing)[path] for path in observation.parameters}
    for path, start in starts.items():
        observation.differences[path] = central_differences(partial(loss, path), start)
