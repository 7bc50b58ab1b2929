"""Judging a whole network."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from handgrad.checker import quantities
from handgrad.checker.attempts import Failure
from handgrad.checker.cases import STEP_SIZE, Array
from handgrad.checker.catalogue import network
from handgrad.checker.catalogue.linear import SECOND
from handgrad.checker.catalogue.scales import with_scales
from handgrad.checker.catalogue.step import STEP
from handgrad.checker.conventions import gradient_path, step_sizes
from handgrad.checker.judging import UNNAMED, Sample, is_general, is_unknown, judge, named
from handgrad.checker.lines import Line, method_at
from handgrad.checker.mathematics import (
    HIDDEN_ACTIVATIONS,
    are_probabilities,
    softmax,
)
from handgrad.checker.mistakes import Situation, close
from handgrad.checker.network_trials import OWN_LAYERS
from handgrad.checker.observation import Call, Observation, Run, State
from handgrad.checker.quantities import Quantity
from handgrad.checker.verdict import LayerVerdict, Part

Places = Mapping[str, str | None]
"""Where the gradient of each parameter is, by path."""


@dataclass(frozen=True)
class Link:
    """A linear layer in a network.

    Attributes
    ----------
    W, b
        Its weights, d × c, and its bias, 1 × c; zeros where there is none.
    weights, bias
        Where they are, by path.
    turned
        Whether the weights are kept as c × d.
    """

    W: Array
    b: Array
    weights: str
    bias: str | None
    turned: bool


@np.errstate(all="ignore")
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
        elif is_unknown(verdict.parts[0]) and gradients.status == "right":
            note = f"{OWN_WAY}, which its gradients fit"
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


def linear_layers(paths: list[str], state: State, first_width: int, columns: bool) -> list[Link]:
    """The linear layers in a state, in the order of the chain; none if they form no chain.

    The chain is that of the order in which they are kept, or of the reverse, or else of any.
    """
    matrices = [p for p in paths if state[p].ndim == 2 and min(state[p].shape) > 1]
    others = [p for p in paths if p not in matrices]
    orders = [matrices, matrices[::-1]]
    if len(matrices) <= MOST_PERMUTED:
        orders += map(list, itertools.permutations(matrices))
    for order, turned in itertools.product(orders, (columns, not columns)):
        links = _chain(order, others, state, first_width, turned)
        if links:
            return links
    return []


MOST_PERMUTED = 4
"""So many matrices are tried in any order."""


def _chain(
    matrices: list[str], others: list[str], state: State, width: int, turned: bool
) -> list[Link]:
    """The layers, if each takes what the one before puts out; they have no bias if none is left."""
    others = list(others)
    links = []
    for path in matrices:
        W = state[path].T if turned else state[path]
        prefix = path.rpartition(".")[0]
        fitting = [p for p in others if state[p].size == W.shape[1]]
        fitting.sort(key=lambda p: p.rpartition(".")[0] != prefix)
        bias = fitting[0] if fitting else None
        if len(W) != width:
            return []
        width = W.shape[1]
        if bias is not None:
            others.remove(bias)
        b = np.zeros((1, width)) if bias is None else state[bias].reshape(1, -1)
        links.append(Link(W, b, path, bias, turned))
    return [] if others and any(link.bias is None for link in links) else links


@dataclass
class _Pass:
    """One backward of a network.

    Attributes
    ----------
    sample
        All its gradients in one vector, layer by layer, and the right ones.
    found, rights
        The gradients, and the right ones, by the path of the parameter.
    places
        Where the gradients are.
    returned
        What backward returned, and the right gradient with respect to the input; None where that
        is not known.
    """

    sample: Sample
    found: dict[str, Array]
    rights: dict[str, Array]
    places: Places
    returned: tuple[Any, Array] | None


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
        for run, number in self.calls("forward"):
            call = run.call("forward", number)
            assert call is not None
            s = self.situation(run, number)
            got = self.output(call)
            if not s.layers:
                if call.failure is None and np.shape(got) == (s.n, s.c):
                    return Part("forward", "absent", note=OWN_WAY, unjudged=True)
                s.right = np.full((s.n, s.c), np.nan)
            self.find_activation(s, got)
            if len(s.layers) not in (0, s.wanted):
                s.right = np.full((s.n, s.c), np.nan)
            samples.append(Sample(run.case, number, got, s, self.located(call.failure)))
        if not samples:
            return Part("forward", "waiting")
        line = self.line("forward", ".forward(")
        mistakes = network.OUTPUT if all(s.situation.layers for s in samples) else ()
        part = judge(quantities.NETWORK_OUTPUT, samples, mistakes, [], line)
        part = self.by_depth(part, quantities.NETWORK_OUTPUT, samples, line(""))
        if part.finding is not None and self.observation.takes_labels and not self.stops():
            note = "its loss is in its backward, so the output is taken as it is"
            return Part("forward", "absent", note=note, unjudged=True)
        return part

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
        if not _unnamed(part) or not wrong or not right or not first[0].right:
            return part
        told = replace(network.DEPTHS, why=_depths(right, wrong[0].situation.wanted))
        return Part(part.name, "wrong", named(quantity, told, line, wrong[0]))

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

    def gradients(self) -> Part:
        """Whether the gradients of all the parameters, and what is returned, are right."""
        quantity = quantities.NETWORK_GRADIENTS
        unjudged = self.no_gradients(quantity)
        if unjudged is not None:
            return unjudged
        passes = [self.backward_pass(run, number) for run, number in self.calls("backward")]
        passes = [each for each in passes if each.rights]
        if not passes:
            note = "judged is a forward as above, or a network of fewer weights"
            return Part(quantity.part, "absent", note=note, unjudged=True)
        samples, first, line = [each.sample for each in passes], passes[0], self.backward_line("")
        if samples[0].got is not None and not all(first.places.values()):
            finding = named(quantity, network.NOT_ALL, line, samples[0])
            return Part(quantity.part, "wrong", finding)
        if self.are_of_scores(samples):
            note = "with respect to the scores before the softmax"
            return Part(quantity.part, "right", note=note)
        part = judge(quantity, samples, network.GRADIENTS, SECOND, self.backward_line)
        part = self.by_depth(part, quantity, samples, line)
        if part.finding is None:
            return self.returned(passes)
        wrong = next(each for each in passes if not each.sample.right)
        if (_unnamed(part) or is_general(part)) and wrong.sample.got is not None:
            one = self.one_gradient(part, wrong)
            return part if is_general(part) and _unnamed(one) else one
        return self.order_of_layers(part, wrong.sample) if _unnamed(part) else part

    def no_gradients(self, quantity: Quantity) -> Part | None:
        """Why the gradients are not judged, if they are not."""
        call = self.runs[0].call("backward")
        if self.observation.takes_labels:
            note = "backward asks for labels; judged is one that is given the output's gradient"
            return Part(quantity.part, "absent", note=note, unjudged=True)
        if call is None:
            return Part(quantity.part, "waiting")
        places = [gradient_path(path, call.after) for path in self.runs[0].parameters]
        if call.failure is None and not any(places):
            note = "no gradients by fitting names; the training run tells"
            return Part(quantity.part, "absent", note=note, unjudged=True)
        return None

    def backward_line(self, place: str) -> Line | None:
        """Where backward calls the layers; for the place "cache", where forward does."""
        role = "forward" if place == "cache" else "backward"
        return self.line(role, f".{role}(")(place)

    def backward_pass(self, run: Run, number: int) -> _Pass:
        """One backward, and what is right; nothing is if neither is the forward known."""
        forward, call = run.call("forward", number), run.call("backward", number)
        assert forward is not None
        assert call is not None
        s = self.situation(run, number)
        self.find_activation(s, self.output(forward))
        rights, by_input = self.right_gradients(s, run, number, self.output(forward))
        places = {path: gradient_path(path, call.after) for path in rights}
        found = {path: call.after.get(place or "", np.zeros(0)) for path, place in places.items()}
        s.right = self.joined(rights, s)
        if s.known and number == 1:
            earlier = self.backward_pass(run, 0)
            s.previous, s.each_previous = earlier.sample.got, earlier.found
            kept = self.situation(run, 0)
            s.stale = network.gradients(s, kept=kept)
        got = None if call.failure else self.joined(found, s)
        sample = Sample(run.case, number, got, s, self.located(call.failure))
        returned = None if by_input is None else (call.result, by_input)
        return _Pass(sample, found, rights, places, returned)

    def right_gradients(
        self, s: Situation, run: Run, number: int, output: Any
    ) -> tuple[dict[str, Array], Array | None]:
        """Those of the parameters, and that of the input; empty and None where they are unknown.

        Of the first pass they are central differences; of the others, and of a wide network, those
        of the linear layers and activations that its forward is known to have.
        """
        scale = 1 / s.n if self.mean_in_layers else 1
        differences = self.observation.differences
        if differences and run is self.runs[0] and number == 0:
            paths = [path for path in self.in_order(s, run) if path in differences]
            return {path: scale * differences[path] for path in paths}, differences["input"]
        if not s.known:
            return {}, None
        through = SimpleNamespace(**vars(s))
        if not close(output, network.chain(s)):
            through.G = output * (s.G - (s.G * output).sum(axis=1, keepdims=True))
        arrays, by_input = network.backward(through)
        arrays = [scale * array for array in arrays]
        turned = {link.weights for link in s.links if link.turned}
        paths = self.in_order(s, run)
        rights = {p: a.T if p in turned else a for p, a in zip(paths, arrays, strict=True)}
        return rights, by_input.T if self.observation.columns else by_input

    def in_order(self, s: Situation, run: Run) -> list[str]:
        """The paths of the parameters, layer by layer where they form a chain."""
        chained = [path for link in s.links for path in (link.weights, link.bias)]
        return [path for path in chained if path is not None] or run.parameters

    def joined(self, arrays: Mapping[str, Array], s: Situation) -> Array:
        """All of the arrays in one vector, those of the weights as of d × c."""
        turned = {link.weights for link in s.links if link.turned}
        return _joined([a.T if path in turned else a for path, a in arrays.items()])

    def are_of_scores(self, samples: list[Sample]) -> bool:
        """Whether, of a network that ends in a softmax, all are as if it had none."""
        if not self.may_end_in_softmax or not self.ends_in_softmax():
            return False
        scale = 1 / samples[0].situation.n if self.mean_in_layers else 1
        return all(
            s.got is not None
            and s.situation.layers
            and close(s.got, scale * network.gradients(s.situation))
            for s in samples
        )

    def returned(self, passes: list[_Pass]) -> Part:
        """Whether what backward returns is the gradient with respect to the input, if it may be."""
        quantity = replace(quantities.NETWORK_GRADIENTS, symbol="∂L/∂X")
        samples = []
        for each in passes:
            got, right = each.returned or (None, np.zeros(0))
            if isinstance(got, np.ndarray) and got.shape == right.shape:
                s = SimpleNamespace(**{**vars(each.sample.situation), "right": right})
                samples.append(Sample(each.sample.case, each.sample.number, got, s))
        method = self.methods.get("backward")
        line = method.returned() if method else None
        return judge(quantity, samples, with_scales(()), [], lambda _: line)

    def order_of_layers(self, part: Part, sample: Sample) -> Part:
        """The part; where a layer was given a wrong shape, the loop that may be seen to do it."""
        method, quantity = self.methods.get("backward"), quantities.NETWORK_GRADIENTS
        if method is None or sample.failure is None or sample.failure.kind != "ValueError":
            return part
        dropped = method.discarded_in_loop(".backward(")
        forwards = method.loop_over_attribute(".backward(")
        whole = replace(sample, failure=None)
        if dropped is not None:
            finding = named(quantity, network.NOT_PASSED_ON, dropped, whole)
        elif forwards is not None:
            finding = named(quantity, network.FORWARDS, forwards, whole)
        else:
            return part
        return Part(quantity.part, "wrong", finding)

    def one_gradient(self, part: Part, whole: _Pass) -> Part:
        """The same finding, of the wrong gradient that is nearest to the loss."""
        wrong = [
            path for path, right in whole.rights.items() if not close(whole.found[path], right)
        ]
        if not wrong:
            return part
        path = wrong[-1]
        place = whole.places[path] or ""
        s = SimpleNamespace(**{**vars(whole.sample.situation), "right": whole.rights[path]})
        s.previous, s.stale = getattr(s, "each_previous", {}).get(path), None
        quantity = replace(quantities.NETWORK_GRADIENTS, symbol=f"∂L/∂{path}")
        sample = Sample(whole.sample.case, whole.sample.number, whole.found[path], s)
        method = self.methods.get("backward")
        line = (method.stored(place) or method.first()) if method else None
        return judge(quantity, [sample], with_scales(network.ONE_GRADIENT), SECOND, lambda _: line)

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
        paths = run.parameters
        places = [gradient_path(path, backward.after) for path in paths]
        if not all(places) or not paths:
            return Part("step", "absent", note="no gradients by fitting names", unjudged=True)
        s = self.situation(run, 0)
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


OWN_WAY = "its layers are put together in a way of its own"


def _depths(right: set[int], wrong: int) -> str:
    """For which numbers of layers the result is right, and for which it is not."""
    numbers = ", ".join(map(str, sorted(right)))
    return f"With num_layers = {numbers} the result is right, with {wrong} it is not."


def _unnamed(part: Part) -> bool:
    return part.finding is not None and part.finding.slug in UNNAMED


def _joined(arrays: list[Array]) -> Array:
    return np.concatenate([np.ravel(array) for array in arrays]) if arrays else np.zeros(0)
