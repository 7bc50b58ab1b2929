"""Judging an activation, a softmax, or a layer of unknown kind."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from handgrad.checker import quantities
from handgrad.checker.cases import GENERAL, LARGE, LARGE_LOGITS, Array
from handgrad.checker.catalogue import activation
from handgrad.checker.catalogue import softmax as softmax_mistakes
from handgrad.checker.catalogue.linear import SECOND
from handgrad.checker.catalogue.scales import with_scales
from handgrad.checker.gradient_places import gradient_path
from handgrad.checker.judge_layer import INPUT_CHANGED, LayerJudge, at
from handgrad.checker.judging import Sample, judge, named
from handgrad.checker.lines import Line, Method
from handgrad.checker.mathematics import ACTIVATIONS, LAST_FUNCTIONS, softmax
from handgrad.checker.mistakes import Mistake, Situation, close
from handgrad.checker.near_misses import near_misses
from handgrad.checker.observation import Observation, Run, State
from handgrad.checker.quantities import Quantity
from handgrad.checker.verdict import LayerVerdict, Part

_MISTAKES = {
    "sigmoid": activation.SIGMOID,
    "relu": activation.RELU,
    "tanh": activation.TANH,
    "unknown": activation.OTHER,
}
_EQUATIONS = {
    "sigmoid": ("G * A * (1 - A)", "G * (A * (1 - A))", "G * (A - A * A)"),
    "relu": ("G * (X > 0)",),
    "tanh": ("G * (1 - A * A)", "G * (1 - A ** 2)"),
}
"""The gradient in the spellings in which a symbol may be wrong."""


def judge_activation(observation: Observation) -> LayerVerdict:
    """The verdict on an activation, a softmax, or a layer of unknown kind."""
    judges: dict[str, type[_ActivationJudge | _SoftmaxJudge]]
    judges = {"unknown": _OwnForwardJudge, "softmax": _SoftmaxJudge}
    judge_one = judges.get(observation.kind, _ActivationJudge)(observation)
    return LayerVerdict(observation.name, observation.kind, judge_one.parts())


def judge_by_own_forward(observation: Observation) -> LayerVerdict:
    """The verdict on a linear layer that is none: by central differences of its own forward."""
    parts = _OwnForwardJudge(observation).parts()
    state = observation.runs[0].calls[0].before
    own: dict[str, str] = {}
    for path in observation.parameters:
        matrix = sum(width > 1 for width in state[path].shape) == 2
        own.setdefault("weights gradient" if matrix else "bias gradient", f"gradient of {path}")
    names = {name: role for role, name in own.items()}
    parts = [replace(part, name=names.get(part.name, part.name)) for part in parts]
    for role in ("weights gradient", "bias gradient"):
        if role not in own:
            parts.append(Part(role, "absent", note="there is none by itself"))
    if "step" in observation.methods:
        parts.append(Part("step", "absent", note="judged are the gradients alone", unjudged=True))
    else:
        parts.append(Part("step", "absent", note="the layer has no step"))
    return LayerVerdict(observation.name, observation.kind, parts, remarks=[NOT_LINEAR])


NOT_LINEAR = (
    "It is judged by its own forward: its output is not linear in its input, as if there were an "
    "activation in it, or it has no weights of shape d × c."
)


class _FunctionJudge(LayerJudge):
    """What activations and the softmax have in common."""

    def unless_it_follows(self, gradient: Part, forward: Part) -> Part:
        """The gradient's part; it waits where all that is wrong in it is forward's output."""
        known = self.observation.kind in LAST_FUNCTIONS
        if forward.finding is None or gradient.finding is None or not known:
            return gradient
        _, by_output = LAST_FUNCTIONS[self.observation.kind]
        for run in self.backwards():
            call, backward = run.call("forward"), run.call("backward")
            assert call is not None
            assert backward is not None
            output, got = self.in_rows(call.result), self.conventions.value(backward, "input")
            shape = run.case.n, run.case.c
            if np.shape(output) != shape or not close(
                got, by_output(output, run.case.gradients(0))
            ):
                return gradient
        return Part(gradient.name, "waiting", note="judged when forward is right")


class _ActivationJudge(_FunctionJudge):
    """A = g(X), and ∂L/∂X."""

    @property
    def kind(self) -> str:
        """What decides the equations."""
        return self.observation.kind

    def parts(self) -> list[Part]:
        """Forward and the gradient with respect to the input."""
        kind = self.kind
        output, gradient = quantities.activation(kind)
        near = tuple(m for text in _EQUATIONS.get(kind, ()) for m in near_misses(text, "GAX"))
        forward = self.forward(output, activation.OUTPUT)
        if forward.finding is not None and not self.backwards():
            return [forward, Part(gradient.part, "waiting")]
        part = self.gradient(gradient, "input", with_scales(_MISTAKES[kind], near))
        return [forward, self.unless_it_follows(part, forward)]

    def add_to(self, s: Situation, run: Run, number: int) -> None:
        """The right output, and the function's slope."""
        function, s.slope_at = ACTIVATIONS[self.observation.kind]
        s.A = s.output = function(s.X)
        s.slope = s.slope_at(s.X)

    def right_gradients(self, X: Array, G: Array, W: Array | None) -> dict[str, Array]:
        """∂L/∂X."""
        return {"input": G * ACTIVATIONS[self.observation.kind][1](X)}


class _SoftmaxJudge(_FunctionJudge):
    """P = softmax(Z), also for scores far apart, and ∂L/∂Z."""

    def __init__(self, observation: Observation):
        super().__init__(observation)
        self.large = [run for run in self.runs if run.case == LARGE]
        self.runs = [run for run in self.runs if run.case != LARGE]

    def parts(self) -> list[Part]:
        """Forward, the large scores, and the gradient with respect to the input."""
        output, gradient = quantities.activation("softmax")
        near = near_misses("A * (G - (A * G).sum(axis=1, keepdims=True))", "GA")
        forward = self.forward(output, softmax_mistakes.OUTPUT)
        parts = [forward, self.large_scores(forward)]
        if self.observation.takes_labels:
            note = "its backward has the loss in it"
            return [*parts, Part(gradient.part, "absent", note=note, unjudged=True)]
        if forward.finding is not None and not self.backwards():
            return [*parts, Part(gradient.part, "waiting")]
        mistakes = with_scales(softmax_mistakes.GRADIENT, near)
        part = self.gradient(gradient, "input", mistakes)
        return [*parts, self.unless_it_follows(part, forward)]

    def large_scores(self, forward: Part) -> Part:
        """Whether scores far apart are survived."""
        quantity = quantities.LARGE_SCORES
        call = self.large[0].call("forward") if self.large else None
        if forward.finding is not None or call is None:
            return Part(quantity.part, "waiting")
        got = self.in_rows(call.result)
        s = SimpleNamespace(Z=LARGE_LOGITS, right=softmax(LARGE_LOGITS), G_symbol="")
        sample = Sample(LARGE, 0, got if isinstance(got, np.ndarray) else None, s, call.failure)
        return judge_large(sample, got, self.methods.get("forward"))

    def add_to(self, s: Situation, run: Run, number: int) -> None:
        """The right output."""
        s.A = s.output = softmax(s.X)

    def right_gradients(self, X: Array, G: Array, W: Array | None) -> dict[str, Array]:
        """∂L/∂Z."""
        function, by_output = LAST_FUNCTIONS["softmax"]
        return {"input": by_output(function(X), G)}


def judge_large(sample: Sample, holes: Any, forward: Method | None) -> Part:
    """Whether scores far apart are survived; `holes` is what shows where numbers are missing."""
    quantity = quantities.LARGE_SCORES

    def where(place: str) -> Line | None:
        return forward.last_with_helpers("exp(") if forward is not None else None

    if sample.got is None or (np.all(np.isfinite(sample.got)) and np.all(np.isfinite(holes))):
        return judge(quantity, [sample], [], [], where)
    mistake = softmax_mistakes.overflow(holes, sample.situation)
    return Part(quantity.part, "wrong", named(quantity, mistake, where(""), sample))


class _OwnForwardJudge(_ActivationJudge):
    """A layer of which nothing is known: judged by central differences of its own forward."""

    kind = "unknown"

    def __init__(self, observation: Observation):
        super().__init__(observation)
        self.runs = self.runs[:1]  # The differences belong to it.

    def parts(self) -> list[Part]:
        """Forward, and the gradients with respect to the input and to each parameter."""
        return [*super().parts(), *self.other_gradients()]

    def add_to(self, s: Situation, run: Run, number: int) -> None:
        """The output as it is."""
        forward = run.call("forward", number)
        s.A = s.output = self.in_rows(forward.result) if forward is not None else None

    def right_gradients(self, X: Array, G: Array, W: Array | None) -> dict[str, Array]:
        """Unknown: they are in the differences of a pass."""
        return {"input": np.full_like(X, np.nan)}

    def situation(self, run: Run, number: int) -> Situation:
        """The gradients are the central differences of the pass."""
        s = super().situation(run, number)
        found = self.differences(number).get("input")
        if found is not None:
            s.gradients = {"input": self.in_rows(found)}
        return s

    def differences(self, number: int) -> State:
        """Those of the first (0) or second (1) pass, if there are any."""
        all_passes = self.observation.differences
        return all_passes[number] if number < len(all_passes) else {}

    def forward(self, quantity: Quantity, mistakes: Sequence[Mistake]) -> Part:
        """A forward that nothing is known of: whether it returns an array."""
        call = self.runs[0].call("forward") if self.runs else None
        if call is not None and call.failure is None and isinstance(call.result, np.ndarray):
            if self.changed("forward", "input"):
                line = self.methods["forward"].changed() if "forward" in self.methods else None
                return Part(quantity.part, "wrong", at(INPUT_CHANGED, line))
            return Part(quantity.part, "right", note="taken as it is")
        s = SimpleNamespace(right=np.zeros(1), G_symbol="G")
        sample = Sample(GENERAL[0], 0, None, s, call.failure if call else None)
        return judge(quantity, [sample], [], [], self.where_forward)

    def other_gradients(self) -> list[Part]:
        """Of a layer of unknown kind: the gradient of each parameter, by central differences."""
        if not self.backwards():
            return []
        return [self.other_gradient(path) for path in self.observation.parameters]

    def other_gradient(self, path: str) -> Part:
        """The gradient of one parameter, by central differences."""
        name, run, samples = f"gradient of {path}", self.runs[0], list[Sample]()
        case, where = run.case, None
        for number in (0, 1):
            call, right = run.call("backward", number), self.differences(number).get(path)
            if call is None or right is None:
                continue
            where = where or gradient_path(path, call.after)
            s = SimpleNamespace(n=case.n, d=case.d, c=case.c, right=right, G_symbol="G", stale=None)
            s.previous = samples[0].got if samples else None
            samples.append(Sample(case, number, call.after.get(where or ""), s, call.failure))
        if not samples or where is None:
            return Part(name, "absent", note="no gradient by a fitting name was found")
        backward, place = self.methods["backward"], where
        return judge(
            Quantity(name, f"∂L/∂{path}", "", ()),
            samples,
            with_scales(()),
            SECOND,
            lambda _: backward.stored(place),
        )
