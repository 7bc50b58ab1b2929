"""Judging a whole network."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from handgrad.checker import quantities
from handgrad.checker.attempts import Failure
from handgrad.checker.cases import STEP_SIZE, Array
from handgrad.checker.catalogue import network
from handgrad.checker.catalogue.scales import with_scales
from handgrad.checker.catalogue.step import STEP
from handgrad.checker.conventions import gradient_path, step_sizes
from handgrad.checker.judging import UNNAMED, Sample, judge, named
from handgrad.checker.lines import Line, method_at
from handgrad.checker.mathematics import (
    HIDDEN_ACTIVATIONS,
    are_probabilities,
    softmax,
)
from handgrad.checker.mistakes import Situation, close
from handgrad.checker.network_trials import OWN_LAYERS
from handgrad.checker.observation import Call, Observation, Run, State
from handgrad.checker.verdict import LayerVerdict, Part

Places = Mapping[str, str | None]
"""Where the gradient of each parameter is, by path."""

Layers = list[tuple[Array, Array]]
"""W, d × c, and b, 1 × c, of each linear layer, from the first to the last."""


def judge_network(
    observation: Observation,
    layers_are_right: bool,
    mean_in_layers: bool,
    loss_takes: str | None,
) -> LayerVerdict:
    """The verdict on a network.

    Parameters
    ----------
    observation
        What was seen of it.
    layers_are_right
        Whether the layers of its file are; what follows from them is only judged if so.
    mean_in_layers
        Whether these divide by n, in the place of the loss.
    loss_takes
        What the loss of its file takes; None where there is none. A network may end in a softmax
        unless a loss takes scores.
    """
    verdict = LayerVerdict(observation.name, observation.kind)
    if observation.unjudged:
        parts = ("forward", "gradients", "step")
        note = observation.unjudged
        verdict.parts = [Part(name, "absent", note=note, unjudged=True) for name in parts]
        return verdict
    judge_one = _NetworkJudge(observation, mean_in_layers, loss_takes != "scores")
    verdict.parts = [judge_one.forward()]
    if not judge_one.runs:
        return verdict
    softened = judge_one.ends_in_softmax()
    if softened and loss_takes is None:
        verdict.remarks.append(SOFTMAX_LAST)
    elif not softened and loss_takes == "probabilities":
        verdict.remarks.append(NO_SOFTMAX)
    if layers_are_right:
        gradients = judge_one.gradients()
        if verdict.parts[0].finding is not None and _unnamed(gradients):
            gradients = Part(gradients.name, "waiting", note="judged when forward is right")
        elif _is_unknown(verdict.parts[0]) and gradients.status == "right":
            note = "its layers are put together in a way of its own, which its gradients fit"
            verdict.parts[0] = Part("forward", "absent", note=note, unjudged=True)
        step = judge_one.step()
        if verdict.parts[0].finding is not None and step.finding is not None:
            step = Part(step.name, "waiting", note="judged when forward is right")
        verdict.parts += [gradients, step]
    else:
        note = "judged when the layers it is made of are right"
        if _unnamed(verdict.parts[0]):
            verdict.parts = [Part("forward", "waiting", note=note)]
        verdict.parts += [Part(name, "waiting", note=note) for name in ("gradients", "step")]
    return verdict


SOFTMAX_LAST = (
    "The network ends in a softmax: its loss must take probabilities, not scores. One that has a "
    "softmax of its own would apply it twice."
)
NO_SOFTMAX = (
    "The loss of this file takes probabilities, and this network returns scores: a softmax belongs "
    "between the two."
)


def linear_layers(paths: list[str], state: State, first_width: int) -> Layers:
    """The linear layers in a state, in the order of the chain; none if they form no chain."""
    matrices = [p for p in paths if state[p].ndim == 2 and min(state[p].shape) > 1]
    others = [p for p in paths if p not in matrices]
    turned = bool(matrices) and state[matrices[0]].shape[0] != first_width
    layers: Layers = []
    width = first_width
    for path in matrices:
        W = state[path].T if turned else state[path]
        prefix = path.rpartition(".")[0]
        fitting = [p for p in others if state[p].size == W.shape[1]]
        fitting.sort(key=lambda p: p.rpartition(".")[0] != prefix)
        if len(W) != width or not fitting:
            return []
        others.remove(fitting[0])
        layers.append((W, state[fitting[0]].reshape(1, -1)))
        width = W.shape[1]
    return layers


class _NetworkJudge:
    """The judgement of one network, part by part."""

    def __init__(self, observation: Observation, mean_in_layers: bool, may_end_in_softmax: bool):
        self.observation, self.mean_in_layers = observation, mean_in_layers
        self.may_end_in_softmax = may_end_in_softmax
        self.runs = [run for run in observation.runs if run.calls]
        self.methods = {role: method_at(*place) for role, place in observation.methods.items()}

    def forward(self) -> Part:
        """Whether the output is that of linear layers with an activation between each two."""
        samples = []
        for run in self.runs:
            call = run.calls[0]
            s = self.situation(run)
            got = self.output(call)
            if not s.layers:
                if call.failure is None and np.shape(got) == (s.n, s.c):
                    return Part("forward", "right", note="taken as it is")
                s.right = np.full((s.n, s.c), np.nan)
            self.find_activation(s, got)
            if len(s.layers) not in (0, s.wanted):
                s.right = np.full((s.n, s.c), np.nan)
            samples.append(Sample(run.case, 0, got, s, self.located(call.failure)))
        if not samples:
            return Part("forward", "waiting")
        line = self.line("forward", ".forward(")
        mistakes = network.OUTPUT if all(s.situation.layers for s in samples) else ()
        part = judge(quantities.NETWORK_OUTPUT, samples, mistakes, [], line)
        if part.finding is not None and self.observation.takes_labels and not self.stops():
            note = "its loss is in its backward, so the output is taken as it is"
            return Part("forward", "absent", note=note, unjudged=True)
        return part

    def located(self, failure: Failure | None) -> Failure | None:
        """The failure, without its place if that is in a layer, which may be right."""
        if failure is None or failure.line is None:
            return failure
        lines = [s.lineno for method in self.methods.values() for s in method.statements]
        return failure if failure.line in lines else replace(failure, file=None, line=None)

    def stops(self) -> bool:
        """Whether forward stops with an error."""
        return any(run.calls[0].failure is not None for run in self.runs)

    def find_activation(self, s: Situation, got: Any) -> None:
        """Note in `s` which activation gives this output, if one does, and the right output."""
        for name in HIDDEN_ACTIVATIONS if s.layers else ():
            s.activation = name
            s.right = self.right_output(s, got)
            if close(got, s.right):
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

    def situation(self, run: Run) -> Situation:
        """What the formulas may use."""
        case, state = run.case, run.calls[0].before
        leaves = {path.rpartition(".")[2] for path in self.observation.parameters}
        parameters = [path for path in state if path.rpartition(".")[2] in leaves]
        s = SimpleNamespace(n=case.n, d=case.d, c=case.c, G_symbol="", activation="sigmoid")
        s.X, s.G, s.eta = case.inputs(0), case.gradients(0), STEP_SIZE
        s.layers = linear_layers(parameters, state, case.d)
        own = run.variant == OWN_LAYERS
        s.wanted = len(s.layers) if own else int(run.variant.split()[0])
        return s

    def line(self, role: str, text: str) -> Callable[[str], Line | None]:
        """Where a method calls the layers."""
        method = self.methods.get(role)
        return lambda place: (method.statement_with(text) or method.first()) if method else None

    def gradients(self) -> Part:
        """Whether the gradients of all the parameters are the central differences of the loss."""
        quantity = quantities.NETWORK_GRADIENTS
        run = self.runs[0]
        call = run.call("backward")
        if self.observation.takes_labels:
            note = "backward asks for labels; judged is one that is given the output's gradient"
            return Part(quantity.part, "absent", note=note, unjudged=True)
        if call is None:
            return Part(quantity.part, "waiting")
        if not self.observation.differences:
            note = "judged is a network of fewer weights, with a forward that works"
            return Part(quantity.part, "absent", note=note, unjudged=True)
        s = self.situation(run)
        paths = self.observation.parameters
        places = {path: gradient_path(path, call.after) for path in paths}
        if call.failure is None and not any(places.values()):
            note = "no gradients by fitting names; the training run tells"
            return Part(quantity.part, "absent", note=note, unjudged=True)
        self.find_activation(s, self.output(run.calls[0]))
        scale = 1 / s.n if self.mean_in_layers else 1
        rights = {path: scale * self.observation.differences[path] for path in paths}
        s.right = _joined(list(rights.values()))
        found = [call.after.get(place or "", np.zeros(0)) for place in places.values()]
        missing = [array.size == 0 for array in found]
        got = None if call.failure else _joined(found)
        sample = Sample(run.case, 0, got, s, self.located(call.failure))
        line = self.line("backward", ".backward(")
        if got is not None and any(missing):
            return Part(quantity.part, "wrong", named(quantity, network.NOT_ALL, line(""), sample))
        if got is not None and self.ends_in_softmax() and s.layers:
            of_scores = network.gradients(s, derivative=True, passed=True)
            if self.may_end_in_softmax and close(got, of_scores):
                note = "with respect to the scores before the softmax"
                return Part(quantity.part, "right", note=note)
        part = judge(quantity, [sample], network.GRADIENTS, [], line)
        if _unnamed(part) and got is not None:
            part = self.one_gradient(part, places, rights, sample, call)
        method = self.methods.get("backward")
        text = method.text() if method else ""
        dropped = method.discarded(".backward(") if method else None
        if _unnamed(part) and dropped is not None:
            finding = named(quantity, network.NOT_PASSED_ON, dropped, replace(sample, failure=None))
            return Part(quantity.part, "wrong", finding)
        if _unnamed(part) and "for " in text and not re.search(r"revers|-\d|pop\(", text):
            order = self.line("backward", "for ")("")
            return Part(
                quantity.part,
                "wrong",
                named(quantity, network.FORWARDS, order, replace(sample, failure=None)),
            )
        return part

    def one_gradient(
        self, part: Part, places: Places, rights: Mapping[str, Array], whole: Sample, call: Call
    ) -> Part:
        """The same finding, of the wrong gradient that is nearest to the loss."""
        wrong = [p for p, place in places.items() if not close(call.after[place or ""], rights[p])]
        if not wrong:
            return part
        path = wrong[-1]
        place = places[path] or ""
        s = SimpleNamespace(**{**vars(whole.situation), "right": rights[path]})
        quantity = replace(quantities.NETWORK_GRADIENTS, symbol=f"∂L/∂{path}")
        sample = Sample(whole.case, 0, call.after[place], s)
        method = self.methods.get("backward")
        line = (method.stored(place) or method.first()) if method else None
        return judge(quantity, [sample], with_scales(network.ONE_GRADIENT), [], lambda _: line)

    def step(self) -> Part:
        """Whether step moves the parameters of every layer."""
        run = self.runs[0]
        call, backward = run.call("step"), run.call("backward")
        if self.observation.takes_labels:
            note = "judged where backward is given the output's gradient"
            return Part("step", "absent", note=note, unjudged=True)
        if backward is None or backward.failure is not None:
            return Part("step", "waiting", note="judged when forward and backward are right")
        if call is None:
            note = "the network leaves the step to others"
            return Part("step", "absent", note=note, unjudged=True)
        paths = self.observation.parameters
        places = [gradient_path(path, backward.after) for path in paths]
        if not all(places) or not paths:
            return Part("step", "absent", note="no gradients by fitting names", unjudged=True)
        s = self.situation(run)
        s.P = _joined([call.before[path] for path in paths])
        s.D = _joined([backward.after[place or ""] for place in places])
        if s.P.shape != s.D.shape:
            return Part("step", "waiting")
        got = None if call.failure else _joined([call.after[path] for path in paths])
        steps = [s.P - rate * s.D for rate in step_sizes(call)]
        s.right = next((moved for moved in steps if close(got, moved)), steps[0])
        sample = Sample(run.case, 0, got, s, call.failure)
        if got is not None and got.shape == s.P.shape and not sample.right:
            moved = [not close(call.after[path], call.before[path]) for path in paths]
            if any(moved) and not all(moved):
                line = self.line("step", "step")("")
                finding = named(quantities.STEP, network.NOT_ALL_STEP, line, sample)
                return Part("step", "wrong", finding)
        return judge(quantities.STEP, [sample], STEP, [], self.line("step", ".step("))


def _unnamed(part: Part) -> bool:
    return part.finding is not None and part.finding.slug in UNNAMED


def _is_unknown(part: Part) -> bool:
    return part.finding is not None and part.finding.slug == "unknown"


def _joined(arrays: list[Array]) -> Array:
    return np.concatenate([np.ravel(array) for array in arrays]) if arrays else np.zeros(0)
