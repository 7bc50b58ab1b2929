"""Judging the gradients of a network whose backward is given that of its output."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from handgrad.checker import quantities
from handgrad.checker.cases import Array, Case
from handgrad.checker.catalogue import linear, network
from handgrad.checker.catalogue.linear import SECOND
from handgrad.checker.catalogue.scales import with_scales
from handgrad.checker.conventions import fitting_rate, knows_step_size
from handgrad.checker.gradient_places import Places, gradients_found
from handgrad.checker.judging import Sample, is_general, is_unnamed, judge, named
from handgrad.checker.judging_networks import NetworkJudge, joined
from handgrad.checker.lines import Line
from handgrad.checker.mathematics import LAST_FUNCTIONS
from handgrad.checker.mistakes import Situation, close
from handgrad.checker.observation import Call, Run, State
from handgrad.checker.quantities import Quantity
from handgrad.checker.regularization import Compared, unless_regularized
from handgrad.checker.verdict import Part

FLIPPED, ONE_FLIPPED = "sign flipped", "one sign flipped"
"""The names of what is wrong where all gradients have the wrong sign, and where some have."""


@dataclass
class BackwardPass:
    """One backward of a network.

    Attributes
    ----------
    sample
        All its gradients in one vector, layer by layer, and the right ones.
    found, rights
        The gradients, and the right ones, by the path of the parameter.
    places
        Where the gradients are.
    parameters
        All arrays of the network before it, by path.
    returned
        What backward returned, and the right gradient with respect to the input; None where that
        is not known.
    """

    sample: Sample
    found: dict[str, Array]
    rights: dict[str, Array]
    places: Places
    parameters: State
    returned: tuple[Any, Array] | None


def _of_scores(sample: Sample) -> Situation:
    """The situation, as if what backward was given were the gradient of the scores."""
    G = sample.case.gradients(sample.number)
    return Situation(**{**vars(sample.situation), "G": G})


class GradientsJudge(NetworkJudge):
    """Whether backward, given the gradient of the output, gives those of all parameters."""

    def gradients(self, by_probabilities: bool = False) -> Part:
        """Whether the gradients of all the parameters, and what is returned, are right.

        `by_probabilities` is whether what backward is given is known to be the gradient with
        respect to those that a network with a softmax at its end puts out.
        """
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
            if by_probabilities:
                finding = named(quantity, network.SOFTMAX_SKIPPED, line, samples[0])
                return Part(quantity.part, "wrong", finding)
            note = "with respect to the scores before the softmax"
            return Part(quantity.part, "right", note=note)
        part = judge(quantity, samples, network.GRADIENTS, SECOND, self.backward_line)
        part = self.by_depth(part, quantity, samples, line)
        if part.finding is None:
            return self.returned(passes)
        whole = [Compared(s.got, s.situation.right, None, s.case.n) for s in samples]
        part = unless_regularized(part, whole)
        if part.unjudged:
            return part
        wrong = next(each for each in passes if not each.sample.right)
        if (is_unnamed(part) or is_general(part)) and wrong.sample.got is not None:
            one = self.one_gradient(part, wrong, passes)
            return part if is_general(part) and (is_unnamed(one) or one.unjudged) else one
        return self.order_of_layers(part, wrong.sample) if is_unnamed(part) else part

    def no_gradients(self, quantity: Quantity) -> Part | None:
        """Why the gradients are not judged, if they are not."""
        call = self.runs[0].call("backward")
        if call is None:
            return Part(quantity.part, "waiting")
        paths = self.in_order(self.situation(self.runs[0], 0), self.runs[0])
        places = gradients_found(paths, call)[1]
        if call.failure is None and not any(places.values()):
            note = "no gradients by fitting names"
            return Part(quantity.part, "absent", note=note, unjudged=True)
        return None

    def backward_line(self, place: str) -> Line | None:
        """Where backward calls the layers; for the place "cache", where forward does."""
        role = "forward" if place == "cache" else "backward"
        return self.line(role, f".{role}(")(place)

    def backward_pass(self, run: Run, number: int) -> BackwardPass:
        """One backward, and what is right; nothing is if neither is the forward known."""
        forward, call = run.call("forward", number), run.call("backward", number)
        assert forward is not None
        assert call is not None
        s = self.situation(run, number)
        self.find_activation(s, self.output(run, number))
        if s.known:
            s.G = self.by_scores(s, run.case, number)
        rights, by_input = self.right_gradients(s, run, number)
        found, places = self.found(rights, call)
        layers = self.in_order(s, run)
        # An array that is no layer's may be more than a parameter: it need not have a gradient.
        rights = {path: rights[path] for path in rights if path in layers or places[path]}
        found = {path: found[path] for path in rights}
        places = {path: places[path] for path in rights}
        s.right = self.in_one_vector(rights, s)
        if number == 1 and rights:
            earlier = self.backward_pass(run, 0)
            s.previous, s.each_previous = earlier.sample.got, earlier.found
        if number == 1 and s.known:
            s.stale = network.gradients(s, kept=self.situation(run, 0))
        got = None if call.failure else self.in_one_vector(found, s)
        sample = Sample(run.case, number, got, s, self.located(call.failure))
        returned = None if by_input is None else (call.result, by_input)
        return BackwardPass(sample, found, rights, places, call.before, returned)

    def found(self, rights: Mapping[str, Array], call: Call) -> tuple[dict[str, Array], Places]:
        """The gradients of these parameters, and where they are.

        Where they are applied with a step size that stands in the code, it is the one that fits.
        """
        found, places = gradients_found(list(rights), call)
        applied = all(place == path for path, place in places.items())
        if not applied or knows_step_size(call) or not rights:
            return found, places
        rate = fitting_rate(*(joined(list(arrays.values())) for arrays in (found, rights)))
        return {path: array / rate for path, array in found.items()}, places

    def right_gradients(
        self, s: Situation, run: Run, number: int
    ) -> tuple[dict[str, Array], Array | None]:
        """Those of the parameters, and that of the input; empty and None where they are unknown.

        They are those of the linear layers and activations that its forward is known to have, or
        else, of the first pass, central differences.
        """
        scale = 1 / s.n if self.mean_in_layers else 1
        if not s.known:
            of_first = self.observation.differences if run is self.runs[0] else []
            differences = of_first[number] if number < len(of_first) else {}
            paths = [path for path in self.in_order(s, run) if path in differences]
            paths += [path for path in self.others(s, run) if path in differences]
            return {path: scale * differences[path] for path in paths}, differences.get("input")
        layers, by_input = network.backward(s)
        arrays = [scale * array for layer in layers for array in layer.gradients]
        turned = {link.weights for link in s.links if link.turned}
        paths = self.in_order(s, run)
        rights = {p: a.T if p in turned else a for p, a in zip(paths, arrays, strict=True)}
        return rights, by_input.T if self.observation.columns else by_input

    def by_scores(self, s: Situation, case: Case, number: int) -> Array:
        """The gradient with respect to the scores of what has G by the output."""
        return LAST_FUNCTIONS[s.last][1](s.right, case.gradients(number))

    def in_one_vector(self, arrays: Mapping[str, Array], s: Situation) -> Array:
        """All of the arrays in one vector, those of the weights as of d × c."""
        turned = {link.weights for link in s.links if link.turned}
        return joined([a.T if path in turned else a for path, a in arrays.items()])

    def are_of_scores(self, samples: list[Sample]) -> bool:
        """Whether, of a network that ends in a softmax, all are as if it had none."""
        if not self.may_end_in_softmax or not self.ends_in_softmax():
            return False
        scale = 1 / samples[0].situation.n if self.mean_in_layers else 1
        return all(
            s.got is not None
            and s.situation.layers
            and close(s.got, scale * network.gradients(_of_scores(s)))
            for s in samples
        )

    def returned(self, passes: list[BackwardPass]) -> Part:
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

    def one_gradient(self, part: Part, whole: BackwardPass, passes: list[BackwardPass]) -> Part:
        """The same finding, of the wrong gradient that is nearest to the loss.

        It is left unjudged if all that are wrong are right but for a weight decay or clipping.
        """
        # One that is 0, as of a bias before a normalization, is found with the others' rounding.
        scale = np.max(np.abs(joined(list(whole.rights.values()))))
        for path, right in reversed(whole.rights.items()):
            if not close(whole.found[path], right, scale):
                same = [
                    Compared(p.found[path], p.rights[path], p.parameters[path], p.sample.case.n)
                    for p in passes
                    if path in p.rights
                ]
                part = unless_regularized(self.one_wrong_gradient(path, whole), same)
                if not part.unjudged:
                    return part
        return part

    def one_wrong_gradient(self, path: str, whole: BackwardPass) -> Part:
        """What is wrong with the gradient of the parameter at `path`."""
        s = SimpleNamespace(**{**vars(whole.sample.situation), "right": whole.rights[path]})
        s.previous, s.stale = getattr(s, "each_previous", {}).get(path), None
        got, mistakes = whole.found[path], network.ONE_GRADIENT
        for layer, link in zip(network.backward(s)[0] if s.known else [], s.links, strict=False):
            if path in (link.weights, link.bias):
                s = SimpleNamespace(**{**vars(s), **vars(layer)})
                own = linear.WEIGHTS if path == link.weights else linear.BIAS
                mistakes = (*own, *network.ONE_GRADIENT)
            if path == link.weights and link.turned:
                got, s.right = got.T, s.right.T
        quantity = replace(quantities.NETWORK_GRADIENTS, symbol=f"∂L/∂{path}")
        sample = Sample(whole.sample.case, whole.sample.number, got, s)
        method = self.methods.get("backward")
        line = (method.stored(whole.places[path] or "") or method.first()) if method else None
        part = judge(quantity, [sample], with_scales(mistakes), SECOND, lambda _: line)
        pairs = [(whole.found[other], right) for other, right in whole.rights.items()]
        all_flipped = all(close(-found, right) for found, right in pairs)
        if part.finding is None or part.finding.slug != FLIPPED or all_flipped:
            return part
        # Of all gradients it may be meant, and made up for in the step; not of one.
        return Part(part.name, "wrong", replace(part.finding, slug=ONE_FLIPPED))
