"""Which way round a linear layer takes its sizes and its batches: the first way that works."""

import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from handgrad.checker import cases, names
from handgrad.checker.attempts import Failure, attempt
from handgrad.checker.binding import parameter_names, required_names
from handgrad.checker.cases import Array, Case
from handgrad.checker.objects import arrays_in
from handgrad.checker.probing import batch, fill_parameters, make_parameters, try_forward
from handgrad.checker.subjects import Subject, Values


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


def way_round(subject: Subject, case: Case) -> Way:
    """The first way that gives a linear layer's output; else the first that gives any.

    Where the layer takes an activation, too, it is made without one, if it can be.
    """
    plain = _maker(subject, {}, swapped=False)
    if subject.kind != "linear":
        return Way(plain)
    bent: Way | None = None
    failing: Way | None = None
    unmade: Way | None = None
    ways = itertools.product([*_without_activation(subject.cls), {}], (False, True))
    for more, swapped in ways:
        make = _maker(subject, more, swapped)
        thing, failure = attempt(subject.folder, make, case)
        if failure is not None:
            unmade = unmade or Way(plain, problem=failure)
            continue
        for columns in (False, True):
            outputs, failure = _opposite_outputs(subject, make, case, columns)
            if failure is not None and failure.kind == "TimeLimit":
                return Way(make)
            if outputs is not None:
                way = Way(make, columns, _are_linear(*outputs), bool(more))
                if way.linear:
                    return way
                bent = bent or way
        failing = failing or Way(make, _failing_in_columns(thing, case))
    return bent or failing or unmade or Way(plain)


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


def _without_activation(cls: type) -> list[Values]:
    """What may be passed to a layer that takes an activation, to make it without one."""

    def takes(asked: list[str]) -> bool:
        return any(names.argument_role(name, ["activation"]) for name in asked)

    if not takes(parameter_names(cls)):
        return []
    # Where there is a default, its derivative may have another of its own.
    objects = [Identity()] if takes(required_names(cls)) else []
    return [{"activation": each} for each in (None, "linear", "identity", "none", *objects)]


def _maker(subject: Subject, more: Values, swapped: bool) -> Callable[[Case], Any]:
    """What makes a layer for a case, with `more` arguments, or with its sizes swapped."""

    asked = [names.argument_role(name, ["weights"]) for name in required_names(subject.cls)]

    def make(case: Case) -> Any:
        d, c = (case.c, case.d) if swapped else (case.d, case.c)
        required: Values = {"layer_sizes": (d, c)}
        if any(asked):  # Without the weights, a b is not the bias.
            required["weights"] = case.parameter(0, (d, c)).copy()
            required["bias"] = case.parameter(1, (c,)).copy()
        return subject.build({"input_dim": d, "output_dim": c} | more, required)

    return make


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
        make_parameters(thing, X)
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
