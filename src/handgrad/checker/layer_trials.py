"""Trying a layer out and writing down what it does; judging it is somebody else's work."""

import copy
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from handgrad.checker import cases, names
from handgrad.checker.attempts import attempt
from handgrad.checker.binding import bind, parameter_names
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
    swapped = oriented(subject, tried[0], observation)
    for case in tried if observation.problem is None else []:
        thing, observation.problem = attempt(subject.folder, swapped, case)
        if observation.problem:
            return
        case = Case(case.n, case.d, _output_width(subject, thing, case, observation.columns))
        X, G = turned(case, observation.columns)
        if subject.kind == "linear" and not parameters_of(thing, X):
            output_of(thing, X)  # The weights may be made in the first forward.
        if not observation.parameters:
            observation.parameters = parameters_of(thing, X)
        fill_parameters(thing, observation.parameters, case)
        if not observation.runs and subject.kind == "unknown":
            differentiate(thing, X, G, observation)
        run = Run(case, "")
        observation.runs.append(run)
        pass_twice(Trial(thing, run, subject.folder), case, observation.columns)
        if timed_out(run):
            return
    if subject.kind == "softmax":
        run = Run(cases.LARGE, "")
        observation.runs.append(run)
        Z = cases.LARGE_LOGITS
        Trial(thing, run, subject.folder).forward(Z.T.copy() if observation.columns else Z)


def oriented(subject: Subject, case: Case, observation: Observation) -> Callable[[Case], Any]:
    """Which way round a linear layer takes its sizes and batches: the first way that works.

    Where it takes an activation, too, it is made without one.
    """

    def maker(more: Values, swapped: bool) -> Callable[[Case], Any]:
        def make(case: Case) -> Any:
            d, c = (case.c, case.d) if swapped else (case.d, case.c)
            return subject.build({"input_dim": d, "output_dim": c} | more, {"layer_sizes": (d, c)})

        return make

    if subject.kind != "linear":
        return maker({}, False)
    asked = parameter_names(subject.cls)
    fused = any(names.argument_role(name, ["activation"]) for name in asked)
    without = [{"activation": a} for a in (None, "linear", "identity", "none")] if fused else []
    X = case.inputs(0)
    for more, swapped in itertools.product([*without, {}], (False, True)):
        thing, failure = attempt(subject.folder, maker(more, swapped), case)
        if failure:
            observation.problem = observation.problem or failure
            continue
        observation.problem = None
        observation.columns = np.shape(output_of(thing, X)) != (case.n, case.c)
        if not observation.columns or np.shape(output_of(thing, X.T)) == (case.c, case.n):
            return maker(more, swapped)
    observation.columns = False
    return maker({}, False)


def turned(case: Case, columns: bool, number: int = 0) -> tuple[Array, Array]:
    """X and G of the case, with the examples in columns where the layer wants it so."""
    X, G = case.inputs(number), case.gradients(number)
    return (np.ascontiguousarray(X.T), np.ascontiguousarray(G.T)) if columns else (X, G)


def pass_twice(trial: Trial, case: Case, columns: bool) -> None:
    """Forward, backward, step; then forward and backward with other numbers."""
    for number in (0, 1):
        X, G = turned(case, columns, number)
        if not trial.forward(X):
            return
        trial.backward(G)
        if number == 0:
            trial.step()


def timed_out(run: Run) -> bool:
    """Whether a call in the run was endless; the next would be, too."""
    return any(c.failure is not None and c.failure.kind == "TimeLimit" for c in run.calls)


def output_of(thing: Any, X: Array) -> Any:
    """The array that forward returns for X, or None."""
    forward = method(thing, names.FORWARD)
    if forward is None:
        return None
    result, _ = attempt(None, lambda: bind(forward, {"input": X.copy()})())
    if isinstance(result, tuple) and result:
        result = result[0]
    return result if isinstance(result, np.ndarray) else None


def _output_width(subject: Subject, thing: Any, case: Case, columns: bool) -> int:
    """c for a linear layer; whatever comes out for a layer of unknown kind; else d."""
    if subject.kind == "linear":
        return case.c
    if subject.kind == "unknown":
        shape = np.shape(output_of(copy.deepcopy(thing), turned(case, columns)[0]))
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
