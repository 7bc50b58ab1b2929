"""Judging a whole network."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from handgrad.checker import quantities
from handgrad.checker.catalogue import network, softmax
from handgrad.checker.catalogue.step import NEAR_STEP, STEP
from handgrad.checker.conventions import knows_step_size, shown_rate, step_sizes
from handgrad.checker.gradient_places import gradients_found
from handgrad.checker.judge_linear import STEP_REMEMBERS
from handgrad.checker.judge_network_gradients import FLIPPED, GradientsJudge
from handgrad.checker.judge_network_loss import (
    judge_gradients_of_loss,
    stops_whatever_the_labels,
    with_fitting_labels,
)
from handgrad.checker.judging import Sample, is_unknown, is_unnamed, judge, named
from handgrad.checker.judging_networks import NetworkJudge, joined
from handgrad.checker.mistakes import close, same_shape
from handgrad.checker.observation import Observation, remembers
from handgrad.checker.regularization import Compared, together, unless_regularized
from handgrad.checker.verdict import LayerVerdict, Part


@np.errstate(all="ignore")
def judge_network(
    observation: Observation,
    layers_are_right: bool,
    mean_in_layers: bool,
    loss_takes: str | None,
    loss_is_right: bool,
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
    loss_is_right
        Whether that loss is. One of probabilities gives the gradient with respect to these then.
    """
    verdict = LayerVerdict(observation.name, observation.kind)
    if observation.unjudged:
        parts = ("forward", "gradients", "step")
        note = observation.unjudged
        verdict.parts = [Part(name, "absent", note=note, unjudged=True) for name in parts]
        return verdict
    stops = observation.takes_labels and stops_whatever_the_labels(observation)
    if observation.takes_labels:
        observation = with_fitting_labels(observation)
    how = observation, mean_in_layers, loss_takes != "scores"
    judge_one = _NetworkJudge(*how)
    verdict.parts = [judge_one.forward()]
    if not judge_one.runs:
        return verdict
    if not observation.takes_labels:
        verdict.remarks += _on_the_softmax(judge_one.ends_in_softmax(), loss_takes)
    if layers_are_right:
        step = judge_one.step()
        if observation.takes_labels and not stops:
            gradients, verdict.conventions = judge_gradients_of_loss(
                observation, step_is_plain=step.status == "right"
            )
            gradients, step = _together(gradients, step)
        else:
            by_probabilities = loss_takes == "probabilities" and loss_is_right
            gradients = GradientsJudge(*how).gradients(by_probabilities)
        if verdict.parts[0].finding is not None and is_unnamed(gradients):
            gradients = Part(gradients.name, "waiting", note="judged when forward is right")
        elif is_unknown(verdict.parts[0]) and gradients.status == "right":
            note = f"{OWN_WAY}, which its gradients fit"
            verdict.parts[0] = Part("forward", "absent", note=note, unjudged=True)
        if verdict.parts[0].finding is not None and step.finding is not None:
            step = Part(step.name, "waiting", note="judged when forward is right")
        verdict.parts += [gradients, step]
    else:
        note = "judged when the layers it is made of are right"
        if is_unnamed(verdict.parts[0]):
            verdict.parts = [Part("forward", "waiting", note=note)]
        verdict.parts += [Part(name, "waiting", note=note) for name in ("gradients", "step")]
    return verdict


def _on_the_softmax(is_last: bool, loss_takes: str | None) -> list[str]:
    """What is to be said of a softmax at the network's end, or of one that is missing there."""
    if is_last:
        return [SOFTMAX_LAST] if loss_takes is None else []
    return [NO_SOFTMAX] if loss_takes == "probabilities" else []


def _together(gradients: Part, step: Part) -> tuple[Part, Part]:
    """The gradients and the step of a network with its loss in it, which has its own ways of both.

    It may keep minus the gradients, and add them; it may take a step that is not plain.
    """
    slugs = [part.finding.slug if part.finding is not None else "" for part in (gradients, step)]
    if slugs == [FLIPPED, "step that adds"]:
        note = "kept is minus the gradient, and added"
        return Part(gradients.name, "right", note=note), Part(step.name, "right", note=note)
    # Sums over the batch may be divided in the step.
    is_mistake = step.finding is not None and not is_unnamed(step) and slugs[1] != "averaged"
    plain = not slugs[1] or (is_mistake and gradients.status == "right")
    if not plain or step.status == "waiting":
        step = Part(step.name, "absent", note="judged is a plain step alone", unjudged=True)
    if slugs[0] in (FLIPPED, "accumulated") and step.unjudged:
        note = "what its step makes of them is not known"
        gradients = Part(gradients.name, "absent", note=note, unjudged=True)
    return gradients, step


ONE_STEP = "step of one parameter"
"""The name of what is wrong where one parameter is moved otherwise than the others."""

SOFTMAX_LAST = (
    "The network ends in a softmax: its loss must take probabilities, not scores. One that has a "
    "softmax of its own would apply it twice."
)
NO_SOFTMAX = (
    "The loss of this file takes probabilities, and this network returns scores: a softmax belongs "
    "between the two."
)


class _NetworkJudge(NetworkJudge):
    """The judgement of forward and step."""

    def forward(self) -> Part:
        """Whether the output is that of linear layers with an activation between each two."""
        if self.runs and self.others(self.situation(self.runs[0], 0), self.runs[0]):
            return Part("forward", "absent", note=OWN_WAY, unjudged=True)
        samples = []
        for run, number in self.calls("forward"):
            call = run.call("forward", number)
            assert call is not None
            s = self.situation(run, number)
            got = self.output(run, number)
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
        bounded = {s.situation.activation for s in samples} <= {"sigmoid", "relu", "tanh"}
        overflows = self.observation.overflows and self.ends_in_softmax() and bounded
        if part.finding is None and overflows:
            return self.overflowing(replace(samples[0], got=None))
        return part

    def overflowing(self, sample: Sample) -> Part:
        """The finding that the softmax at the end does."""
        quantity, forward = quantities.LARGE_SCORES, self.methods.get("forward")
        line = forward.last_with_helpers("exp(") if forward else None
        return Part("forward", "wrong", named(quantity, softmax.OVERFLOW, line, sample))

    def stops(self) -> bool:
        """Whether forward stops with an error."""
        return any(run.calls[0].failure is not None for run in self.runs)

    def step(self) -> Part:
        """Whether step moves the parameters of every layer."""
        run = self.runs[0]
        call, backward = run.call("step"), run.call("backward")
        if backward is None or backward.failure is not None:
            if self.observation.takes_labels:
                return Part("step", "absent", note="judged where backward is", unjudged=True)
            return Part("step", "waiting", note="judged when forward and backward are right")
        paths = self.in_order(self.situation(run, 0), run)
        found, places = gradients_found(paths, backward)
        if paths and list(places.values()) == paths:
            return Part("step", "absent", note="the network takes its step in backward")
        if call is None:
            note = "the network leaves the step to others"
            return Part("step", "absent", note=note, unjudged=True)
        if not all(places.values()) or not paths:
            return Part("step", "absent", note="no gradients by fitting names", unjudged=True)
        s = self.situation(run, 0)
        s.P = joined([call.before[path] for path in paths])
        s.D = joined(list(found.values()))
        if s.P.shape != s.D.shape or not np.all(np.isfinite(s.D)):
            return Part("step", "waiting")
        got = None if call.failure else joined([call.after[path] for path in paths])
        rates = step_sizes(call)
        if not knows_step_size(call) and got is not None:
            rates = [shown_rate(s.P, got, s.D) or rates[0]]
        s.eta = next((rate for rate in rates if close(got, s.P - rate * s.D)), rates[0])
        s.right = s.P - s.eta * s.D
        sample = Sample(run.case, 0, got, s, call.failure)
        if got is not None and got.shape == s.P.shape and not sample.right:
            moved = [not close(call.after[path], call.before[path]) for path in paths]
            if any(moved) and not all(moved):
                line = self.line("step", "step")("")
                finding = named(quantities.STEP, network.NOT_ALL_STEP, line, sample)
                return Part("step", "wrong", finding)
        part = judge(quantities.STEP, [sample], STEP, [], self.line("step", ".step("))
        part = self.unless_not_plain(part, s.eta)
        return self.one_step(part, sample) if is_unknown(part) else part

    def one_step(self, part: Part, sample: Sample) -> Part:
        """The same finding, of the one parameter that is moved otherwise than along its gradient.

        What it is if none of the others is moved by its gradient alone, nobody knows.
        """
        eta, method = sample.situation.eta, self.methods.get("step")
        moves = next(iter(self.moves(eta)), {})
        astray = [path for path, move in moves.items() if not _is_along(move)]
        if len(astray) != 1 or not any(map(_is_plain, moves.values())):
            return part
        path = astray[0]
        θ, D = moves[path].θ, moves[path].right
        s = SimpleNamespace(n=moves[path].n, P=θ, D=D, eta=eta, right=θ - eta * D)
        own = replace(sample, got=θ - eta * moves[path].got, situation=s)
        line = (method.stored(path) or method.first()) if method else None
        quantity = replace(quantities.STEP, symbol=path)
        part = judge(quantity, [own], [*STEP, *NEAR_STEP], [], lambda _: line)
        assert part.finding is not None
        return replace(part, finding=replace(part.finding, slug=ONE_STEP))

    def unless_not_plain(self, part: Part, rate: float) -> Part:
        """The part; unjudged where its numbers may be due to a memory, a weight decay, or clipping.

        A memory leaves none of the parameters a plain step, or all of them.
        """
        if not is_unknown(part):
            return part
        moves = self.moves(rate)
        whole = [together(run.values()) for run in moves if run]
        parts = [unless_regularized(part, whole)]
        for path, first in moves[0].items():
            if not _is_plain(first):
                same = [run[path] for run in moves if path in run]
                parts.append(unless_regularized(part, same))
        if parts[0].unjudged or all(each.unjudged for each in parts[1:]):
            return next((each for each in parts if each.unjudged), part)
        if self.step_remembers() and not any(map(_is_plain, moves[0].values())):
            return Part("step", "absent", note=STEP_REMEMBERS, unjudged=True)
        return part

    def moves(self, rate: float) -> list[dict[str, Compared]]:
        """The gradients by which the step of each run moved, beside those that backward found."""
        moves = []
        for run in self.runs:
            call, backward = run.call("step"), run.call("backward")
            if call is None or call.failure or backward is None or backward.failure:
                continue
            before, after = call.before, call.after
            paths = self.in_order(self.situation(run, 0), run)
            paths = [path for path in paths if path in before and path in after]
            found = gradients_found(paths, backward)[0]
            used = {
                path: (before[path] - after[path]) / rate
                for path in paths
                if same_shape(before[path], after[path])
            }
            moves.append({p: Compared(used.get(p), found[p], before[p], run.case.n) for p in paths})
        return moves

    def step_remembers(self) -> bool:
        """Whether step changes more than the parameters and their gradients."""
        run = self.runs[0]
        call, backward = run.call("step"), run.call("backward")
        assert call is not None
        assert backward is not None
        paths = self.in_order(self.situation(run, 0), run)
        own = [*paths, *gradients_found(paths, backward)[1].values()]
        return remembers(call, [path for path in own if path in call.after])


def _is_plain(move: Compared) -> bool:
    """Whether a step moved a parameter by its gradient alone."""
    return close(move.got, move.right)


def _is_along(move: Compared) -> bool:
    """Whether a step moved a parameter by a multiple of its gradient."""
    if move.got is None:
        return False
    share = np.sum(move.got * move.right) / np.sum(move.right**2)
    return close(move.got, share * move.right)


OWN_WAY = "its layers are put together in a way of its own"
