"""Judging the gradients of a network that has its loss in its backward, which is given labels."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from handgrad.checker import quantities
from handgrad.checker.cases import Array, Case
from handgrad.checker.catalogue import network
from handgrad.checker.conventions import fitting_rate, knows_step_size
from handgrad.checker.gradient_places import Places, gradients_found
from handgrad.checker.judge_layer import at
from handgrad.checker.judge_linear import RESHAPED
from handgrad.checker.judge_network_gradients import (
    FLIPPED,
    ONE_FLIPPED,
    BackwardPass,
    GradientsJudge,
)
from handgrad.checker.judge_own_loss import beside_known_loss, by_own_loss
from handgrad.checker.judging import LATER_ONLY, is_general, is_unknown, is_unnamed, named
from handgrad.checker.lines import line_of
from handgrad.checker.mistakes import Situation, close, same_shape
from handgrad.checker.network_losses import LOSSES, MEAN, WRONG_LOSSES, Loss, seen_by_loss
from handgrad.checker.observation import Call, Observation, Run
from handgrad.checker.quantities import Quantity
from handgrad.checker.verdict import Part

PART = quantities.NETWORK_GRADIENTS.part

FIRST, ONE_EXAMPLE = 0, -1
"""The runs that tell which loss it is. Of one example, sums and means over the batch are the same.
"""
ATTEMPTS = [(LOSSES, FIRST), (WRONG_LOSSES, FIRST), (LOSSES, ONE_EXAMPLE)]
"""Which losses are looked for in which of the runs, one after the other."""

UNKNOWN_LOSS = "its loss is none that is known here, or its labels are of another form"
MORE = "its backward may do more than to find the gradients of its loss"
UNSURE = (LATER_ONLY[0], network.NOT_ALL.slug, "stops with an error", "does not return")
"""Findings that may be due to what is not known of a network: momentum in its backward, say."""

OF_ARRAYS = ("ValueError", "IndexError", "NameError", "UnboundLocalError")
"""How a backward stops whose shapes do not fit, or that is mistyped."""


def with_fitting_labels(observation: Observation) -> Observation:
    """What was seen with the form of labels that the network is found to take, or may take.

    One in which the gradients are those of a known loss, in part at least, comes before one in
    which they are those of its own: that may be one of labels that broadcast.
    """
    forms: dict[str, list[Run]] = {}
    for run in observation.runs:
        forms.setdefault(run.labels, []).append(run)
    seen = [replace(observation, runs=runs) for runs in forms.values()]
    known = [one for one in seen if _fitting(_as_for_backward(one), *ATTEMPTS[0])]
    fitting = [one for how in ATTEMPTS[1:] for one in seen if _fitting(_as_for_backward(one), *how)]
    running = [one for one in seen if not any(run.failed for run in one.runs)]

    def right(several: list[Observation]) -> Iterator[Observation]:
        return (one for one in several if judge_gradients_of_loss(one)[0].status == "right")

    ordered = (right(known), known, right(running), fitting, running, seen)
    return next(itertools.chain(*ordered), observation)


def stops_whatever_the_labels(observation: Observation) -> bool:
    """Whether backward stops with all forms of labels, and none of them is the cause.

    That is, with two of them in the same way, which is not one that it raises itself. Nor may what
    it is given be a guess.
    """
    if observation.is_guessed:
        return False
    first = observation.runs[FIRST]
    same = [r for r in observation.runs if (r.case, r.variant) == (first.case, first.variant)]
    failures = [call.failure for run in same if (call := run.call("backward")) is not None]
    failure, times = Counter(failures).most_common(1)[0] if failures else (None, 0)
    if None in failures or times < 2 or failure is None or failure.kind not in OF_ARRAYS:
        return False
    line = line_of(failure.file, failure.line) if failure.file and failure.line else None
    return line is not None and not line.code.startswith("raise")


_UNKNOWN = Part(PART, "absent", note=UNKNOWN_LOSS, unjudged=True)
_UNSURE = Part(PART, "absent", note=MORE, unjudged=True)


def judge_gradients_of_loss(
    observation: Observation, step_is_plain: bool = False
) -> tuple[Part, str]:
    """Whether the gradients are those of one of the losses; and which it is taken for.

    It is taken for one where the gradient of the last layer's weights or bias is that of the loss,
    or minus that. Where the network computes a loss itself, that has its say, too.
    """
    observation = _as_for_backward(observation)
    part, loss = _by_known_losses(observation, step_is_plain)
    if part.status == "right":
        return beside_known_loss(observation, part, step_is_plain), loss
    own = by_own_loss(observation, step_is_plain)
    may_be_another = part is _UNKNOWN or part.regularized
    if own is None or own[0].unjudged or (own[0].finding is not None and not may_be_another):
        return part, loss
    stops = any(run.failed for run in observation.runs)  # Differences of such a run tell nothing.
    is_sure = _is_sure(own[0], step_is_plain) and (own[0].finding is not None or not stops)
    return own if is_sure else (_UNSURE, "")


def _is_sure(part: Part, step_is_plain: bool) -> bool:
    """Whether a finding is none of those that may be due to what is not known of a network.

    With a plain step, there is no momentum.
    """
    slug = part.finding.slug if part.finding is not None else ""
    return slug not in UNSURE or (slug == LATER_ONLY[0] and step_is_plain)


def _by_known_losses(observation: Observation, step_is_plain: bool) -> tuple[Part, str]:
    """The part as known losses have it, and the name of that which the gradients are of."""
    for how in ATTEMPTS:
        judges = _fitting(observation, *how)
        judged = [(judge_one.part(step_is_plain), str(judge_one)) for judge_one in judges]
        if judged:
            part, loss = min(judged, key=lambda pair: _complexity(pair[0]))
            return part, "" if part.unjudged else loss
    return _UNKNOWN, ""


def _as_for_backward(observation: Observation) -> Observation:
    """What was seen; with one example alone where backward gives gradients of no more than that."""
    single = [run for run in observation.runs if run.case.n == 1]
    several = _gradients_are_found(observation, observation.runs[FIRST])
    if several is False and any(_gradients_are_found(observation, run) for run in single):
        return replace(observation, runs=single)
    return observation


def _gradients_are_found(observation: Observation, run: Run) -> bool | None:
    """Whether any gradient is found after a backward; None where that failed, or reshaped one."""
    backward = run.call("backward")
    if backward is None or backward.failure is not None or _reshaped(run.parameters, backward):
        return None
    judge_one = GradientsJudge(observation, mean_in_layers=False, may_end_in_softmax=True)
    paths = judge_one.in_order(judge_one.situation(run, 0), run)
    return any(gradients_found(paths, backward)[1].values())


def _reshaped(parameters: Sequence[str], call: Call) -> list[str]:
    """The paths of the parameters to which a call gives another shape."""
    kept = [path for path in parameters if path in call.after]
    return [path for path in kept if not same_shape(call.after[path], call.before[path])]


def _complexity(part: Part) -> tuple[bool, bool, int]:
    """Right comes before wrong, a known mistake before an unknown one, and one before two."""
    slug = part.finding.slug if part.finding is not None else ""
    return part.status != "right", is_unnamed(part), slug.count(" + ")


def _fitting(
    observation: Observation, losses: Sequence[Loss], number: int
) -> "list[LossGradientsJudge]":
    """A judge for each loss that fits the last layer in a run, those that fit its weights first.

    None does where the first backward stops with an error: the labels may be of another form.
    """
    backward = observation.runs[FIRST].call("backward")
    layer = _LastLayer.of(observation, observation.runs[number])
    if layer is None or backward is None or backward.failure is not None:
        return []
    fits = [(loss, fit) for loss in losses if (fit := layer.fit(loss)) is not None]
    fits = [(loss, fit) for loss, fit in fits if loss.mistake is None or not fit.by_bias]
    fits.sort(key=lambda pair: pair[1].by_bias)
    return [LossGradientsJudge(observation, loss, fit.rate) for loss, fit in fits]


class _Fit(NamedTuple):
    """How a loss fits the last layer.

    Attributes
    ----------
    by_bias
        Whether it fits its bias, and not its weights.
    rate
        What the gradients were multiplied with, beyond the step size that is known.
    """

    by_bias: bool
    rate: float


@dataclass(frozen=True)
class _LastLayer:
    """The last layer of a network in one backward.

    Attributes
    ----------
    X, Z
        What it is given and what it puts out, n × d and n × c.
    last
        The function after it.
    dW, db
        The gradients of its weights, d × c, and of its bias, as they came; None without a bias.
    case
        The batch.
    knows_rate
        Whether it is known with which step size they were applied, if they were.
    """

    X: Array
    Z: Array
    last: str
    dW: Array
    db: Array | None
    case: Case
    knows_rate: bool

    @staticmethod
    def of(observation: Observation, run: Run) -> "_LastLayer | None":
        """What is known of it; None where nothing is."""
        judge_one = GradientsJudge(observation, mean_in_layers=False, may_end_in_softmax=True)
        forward, backward = run.call("forward"), run.call("backward")
        if forward is None or backward is None or backward.failure is not None:
            return None
        s = judge_one.situation(run, 0)
        judge_one.find_activation(s, judge_one.output(run))
        if not s.known:
            return None
        link, layer = s.links[-1], network.backward(s)[0][-1]
        found, places = gradients_found(judge_one.in_order(s, run), backward)
        dW = found[link.weights].T if link.turned else found[link.weights]
        db = found[link.bias] if link.bias else None
        knows_rate = places[link.weights] != link.weights or knows_step_size(backward)
        return _LastLayer(layer.X, layer.Z, s.last, dW, db, run.case, knows_rate)

    def fit(self, loss: Loss) -> _Fit | None:
        """How the loss fits, but for its sign, if it does."""
        if loss.last != self.last:
            return None
        G = loss.gradient(seen_by_loss(loss.last, self.Z, self.case, 0))
        if np.shape(G) != self.Z.shape:
            return None
        right = self.X.T @ G
        rate = 1.0 if self.knows_rate else fitting_rate(self.dW, right)
        if close(self.dW / rate, right) or close(-self.dW / rate, right):
            return _Fit(False, rate)
        db = np.zeros(0) if self.db is None else self.db / rate
        right = G.sum(axis=0)
        return _Fit(True, rate) if close(db, right) or close(-db, right) else None


class LossGradientsJudge(GradientsJudge):
    """Whether backward, given labels, gives the gradients of one loss, applied with a rate."""

    def __init__(self, observation: Observation, loss: Loss, rate: float):
        super().__init__(observation, mean_in_layers=False, may_end_in_softmax=True)
        self.loss, self.rate = loss, rate

    def __str__(self) -> str:
        labels = self.runs[0].labels
        told = "one-hot labels" if labels == "one-hot" else f"labels of shape {labels}"
        if all(run.case.n == 1 for run in self.runs):
            return f"{self.loss.name.removesuffix(MEAN)}; {told}, one example at a time"
        return f"{self.loss.name}; {told}"

    def part(self, step_is_plain: bool) -> Part:
        """What is wrong with the gradient of the loss, or else with those of the parameters.

        Nothing is said where the loss may be another one, or backward may do more than to find
        the gradients: such are numbers that match no known mistake, unless the last layer's are
        right, and what is wrong in the second call only, or stops.
        """
        if self.loss.mistake is None:
            part = self.gradients()
            slug = part.finding.slug if part.finding is not None else ""
            if slug in (FLIPPED, ONE_FLIPPED):
                part = self.without_sign(part)
            unknown = is_unknown(part) or (is_general(part) and slug != LATER_ONLY[0])
            if not _is_sure(part, step_is_plain):
                return _UNSURE
            return _UNKNOWN if unknown and not self.last_layer_is_right() else part
        wrong = self.backward_pass(self.runs[0], 0).sample
        quantity = replace(quantities.NETWORK_GRADIENTS, symbol="∂L/∂Z")
        return Part(
            PART, "wrong", named(quantity, self.loss.mistake, self.backward_line(""), wrong)
        )

    def no_gradients(self, quantity: Quantity) -> Part | None:
        """Why the gradients are not judged; or that backward changes the shape of a parameter."""
        run, method = self.runs[0], self.methods.get("backward")
        call = run.call("backward")
        assert call is not None  # It fits.
        for path in _reshaped(run.parameters, call):
            line = method.stored(path) if method else None
            return Part(quantity.part, "wrong", at(RESHAPED, line))
        return super().no_gradients(quantity)

    def without_sign(self, part: Part) -> Part:
        """What is wrong beside the sign of all gradients, if something is; else that sign."""
        other = LossGradientsJudge(self.observation, self.loss, -self.rate).gradients()
        of_signs = other.finding is None or other.finding.slug in (FLIPPED, ONE_FLIPPED)
        return part if of_signs else other

    def last_layer_is_right(self) -> bool:
        """Whether the last layer's gradients are right in every run."""
        for run in self.runs:
            one = self.backward_pass(run, 0)
            link = one.sample.situation.links[-1:]
            paths = [path for each in link for path in (each.weights, each.bias) if path]
            if not all(close(one.found[path], one.rights[path]) for path in paths):
                return False
        return True

    def by_scores(self, s: Situation, case: Case, number: int) -> Array:
        """The gradient of the loss with respect to the scores."""
        return self.loss.gradient(seen_by_loss(s.last, network.chain(s), case, number))

    def returned(self, passes: list[BackwardPass]) -> Part:
        """Right: what backward returns may be anything."""
        return Part(PART, "right")

    def found(self, rights: Mapping[str, Array], call: Call) -> tuple[dict[str, Array], Places]:
        """The gradients; where they are applied with a step size of its own, over that."""
        found, places = gradients_found(list(rights), call)
        return {path: array / self.rate for path, array in found.items()}, places
