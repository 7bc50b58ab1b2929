"""Judging a network: what is common to all of its parts."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from handgrad.checker.attempts import Failure
from handgrad.checker.cases import STEP_SIZE, Array
from handgrad.checker.catalogue import network
from handgrad.checker.judging import Sample, is_unnamed, named
from handgrad.checker.lines import Line, method_at
from handgrad.checker.links import linear_layers
from handgrad.checker.mathematics import HIDDEN_ACTIVATIONS, LAST_FUNCTIONS, are_probabilities
from handgrad.checker.mistakes import Situation, close
from handgrad.checker.network_trials import OWN_LAYERS
from handgrad.checker.observation import Observation, Run
from handgrad.checker.quantities import Quantity
from handgrad.checker.verdict import Part


class NetworkJudge:
    """What was seen of one network, and what is right for it."""

    def __init__(self, observation: Observation, mean_in_layers: bool, may_end_in_softmax: bool):
        self.observation, self.mean_in_layers = observation, mean_in_layers
        self.may_end_in_softmax = may_end_in_softmax
        self.runs = [run for run in observation.runs if run.calls]
        self.methods = {role: method_at(*place) for role, place in observation.methods.items()}

    def calls(self, method: str) -> list[tuple[Run, int]]:
        """Each run, and each number of a call of the method in it."""
        return [(run, k) for run in self.runs for k in (0, 1) if run.call(method, k) is not None]

    def by_depth(
        self, part: Part, quantity: Quantity, samples: list[Sample], line: Line | None
    ) -> Part:
        """The part; where nothing is known of it but that some depths are right, that."""
        first = [s for s in samples if s.number == 0]
        wrong = [s for s in first if not s.right]
        right = {s.situation.wanted for s in first} - {s.situation.wanted for s in wrong}
        if not is_unnamed(part) or not wrong or not right or not first[0].right:
            return part
        told = replace(network.DEPTHS, why=_depths(right, wrong[0].situation.wanted))
        return Part(part.name, "wrong", named(quantity, told, line, wrong[0]))

    def located(self, failure: Failure | None) -> Failure | None:
        """The failure, without its place if that is in a layer, which may be right."""
        if failure is None or failure.line is None:
            return failure
        lines = [s.lineno for method in self.methods.values() for s in method.statements]
        return failure if failure.line in lines else replace(failure, file=None, line=None)

    def find_activation(self, s: Situation, got: Any) -> None:
        """Note in `s` which functions between and after the layers give this output, if any do.

        `s.right` is what they give.
        """
        s.right = np.full((s.n, s.c), np.nan)
        for name, last in itertools.product(HIDDEN_ACTIVATIONS if s.layers else (), self.last(got)):
            found = Situation(**{**vars(s), "activation": name})
            A = LAST_FUNCTIONS[last][0](network.chain(found))
            if A.shape == (s.n, s.c) and close(got, A):
                s.activation, s.last, s.right, s.known = name, last, A, True
                return

    def last(self, got: Any) -> Sequence[str]:
        """What may be after the last layer: nothing, or a softmax, where this is its output.

        Where backward is given labels, its loss may go with any other function, too.
        """
        if self.observation.takes_labels:
            return list(LAST_FUNCTIONS)
        softened = self.may_end_in_softmax and got is not None and are_probabilities(got)
        return ["softmax"] if softened else [""]

    def ends_in_softmax(self) -> bool:
        """Whether every output is of probabilities."""
        outputs = [self.output(run) for run in self.runs]
        return all(output is not None and are_probabilities(output) for output in outputs)

    def output(self, run: Run, number: int = 0) -> Any:
        """The array that forward returned, with the examples in rows, or None.

        Of several, it is the last that has the output's shape.
        """
        forward = run.call("forward", number)
        result = None if forward is None else forward.result
        several = result if isinstance(result, list) else [result]
        arrays = [array for array in several if isinstance(array, np.ndarray)]
        arrays = [array.T for array in arrays] if self.observation.columns else arrays
        fitting = [array for array in arrays if array.shape == (run.case.n, run.case.c)]
        return next(iter([*reversed(fitting), *arrays]), None)

    def situation(self, run: Run, number: int) -> Situation:
        """What the formulas may use; `known` is whether it is known what is between the layers."""
        case, forward = run.case, run.call("forward", number)
        assert forward is not None
        s = SimpleNamespace(n=case.n, d=case.d, c=case.c, activation="sigmoid")
        s.G_symbol = "" if run.labels else "∂L/∂A"
        # Not as `labels`, with which the mistakes of a loss would be looked up here, too.
        s.given_labels = case.labels(number) if run.labels else None
        s.X, s.G, s.eta, s.known = case.inputs(number), case.gradients(number), STEP_SIZE, False
        state = forward.before
        paths = [path for path in run.parameters if path in state]
        s.links = linear_layers(paths, state, case.d, self.observation.columns)
        s.layers = [(link.W, link.b) for link in s.links]
        s.biased = [link.bias is not None for link in s.links]
        own = run.variant == OWN_LAYERS
        s.wanted = len(s.layers) if own else int(run.variant.split()[0])
        return s

    def in_order(self, s: Situation, run: Run) -> list[str]:
        """The paths of the parameters, layer by layer where they form a chain."""
        chained = [path for link in s.links for path in (link.weights, link.bias)]
        return [path for path in chained if path is not None] or run.parameters

    def others(self, s: Situation, run: Run) -> list[str]:
        """The paths of what is no parameter of a linear layer, and moves the output nevertheless.

        Of these are the slopes of a PReLU, and what a batch normalization learns.
        """
        if run is not self.runs[0] or not self.observation.differences:
            return []
        moving = {path for path, found in self.observation.differences[0].items() if np.any(found)}
        return sorted(moving.difference(self.in_order(s, run), ["input"]))

    def line(self, role: str, text: str) -> Callable[[str], Line | None]:
        """Where a method calls the layers."""
        method = self.methods.get(role)
        return lambda place: (method.statement_with(text) or method.first()) if method else None


def _depths(right: set[int], wrong: int) -> str:
    """For which numbers of layers the result is right, and for which it is not."""
    numbers = ", ".join(map(str, sorted(right)))
    return f"With num_layers = {numbers} the result is right, with {wrong} it is not."


def joined(arrays: list[Array]) -> Array:
    """All of the arrays in one vector."""
    return np.concatenate([np.ravel(array) for array in arrays]) if arrays else np.zeros(0)
