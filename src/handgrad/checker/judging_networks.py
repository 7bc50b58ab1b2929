"""Judging a network: what is common to all of its parts."""

from collections.abc import Callable
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
from handgrad.checker.mathematics import HIDDEN_ACTIVATIONS, are_probabilities, softmax
from handgrad.checker.mistakes import Situation, close
from handgrad.checker.network_trials import OWN_LAYERS
from handgrad.checker.observation import Call, Observation, Run
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
        """Note in `s` which activation gives this output, if one does, and the right output."""
        for name in HIDDEN_ACTIVATIONS if s.layers else ():
            s.activation = name
            s.right = self.right_output(s, got)
            s.known = close(got, s.right)
            if s.known:
                return

    def right_output(self, s: Situation, got: Any) -> Any:
        """The scores, or their softmax where that is what the loss takes and what there is."""
        scores = network.chain(s)
        softened = self.may_end_in_softmax and got is not None and are_probabilities(got)
        return softmax(scores) if softened else scores

    def ends_in_softmax(self) -> bool:
        """Whether every output is of probabilities."""
        outputs = [self.output(run.calls[0]) for run in self.runs]
        return all(output is not None and are_probabilities(output) for output in outputs)

    def output(self, forward: Call) -> Any:
        """The array that forward returned, with the examples in rows, or None."""
        if not isinstance(forward.result, np.ndarray):
            return None
        return forward.result.T if self.observation.columns else forward.result

    def situation(self, run: Run, number: int) -> Situation:
        """What the formulas may use; `known` is whether the activation is found."""
        case, forward = run.case, run.call("forward", number)
        assert forward is not None
        s = SimpleNamespace(n=case.n, d=case.d, c=case.c, G_symbol="", activation="sigmoid")
        s.X, s.G, s.eta, s.known = case.inputs(number), case.gradients(number), STEP_SIZE, False
        state = forward.before
        paths = [path for path in run.parameters if path in state]
        s.links = linear_layers(paths, state, case.d, self.observation.columns)
        s.layers = [(link.W, link.b) for link in s.links]
        s.biased = [link.bias is not None for link in s.links]
        own = run.variant == OWN_LAYERS
        s.wanted = len(s.layers) if own else int(run.variant.split()[0])
        return s

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
