"""Judging a linear layer."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace

import numpy as np

from handgrad.checker import quantities
from handgrad.checker.cases import Array
from handgrad.checker.catalogue import linear
from handgrad.checker.catalogue.scales import TWICE_WITH_LOSS, with_scales
from handgrad.checker.catalogue.step import NEAR_STEP, NOT_BOTH, STEP, STEP_DOES_NOTHING
from handgrad.checker.conventions import (
    Conventions,
    fitting_rate,
    knows_step_size,
    shown_rate,
    step_sizes,
)
from handgrad.checker.judge_layer import NOT_WRITTEN, LayerJudge, at
from handgrad.checker.judging import (
    Sample,
    failed_by_itself,
    is_general,
    is_unexplained,
    is_unknown,
    judge,
    named,
)
from handgrad.checker.lines import Line, is_unwritten
from handgrad.checker.mistakes import Mistake, Situation, close, same_shape
from handgrad.checker.near_misses import near_misses
from handgrad.checker.observation import Call, Observation, Run, changed
from handgrad.checker.quantities import Quantity
from handgrad.checker.regularization import Compared, together, unless_regularized
from handgrad.checker.verdict import Finding, LayerVerdict, Part

MEAN_IN_LAYERS = (
    "The 1/n of the mean loss is put into the layers here, and not into the loss's gradient; the "
    "two together are right."
)


BACKWARD_REMEMBERS = "backward steps by more than the gradient, such as a momentum"
STEP_REMEMBERS = "the step keeps more than the parameters, such as a momentum"
RESHAPED = Finding(
    "parameter reshaped",
    "The step changes the shape of a parameter",
    "Parameter and gradient have different shapes, and numpy stretches the one along the other.",
    "Print the shapes of the parameter and of its gradient before the step. Which is right?",
)
MADE_WITHOUT = "It is made and judged without an activation in it."
MEAN_IN_LAYERS_ALONE = (
    "The 1/n of the mean loss is put into the layers here; a loss that goes with them must not "
    "divide by n, too."
)


def judge_linear(observation: Observation, loss_divides: bool | None) -> LayerVerdict:
    """The verdict on a linear layer.

    `loss_divides` is whether the loss in the same file has the 1/n of the mean in its gradient,
    None where there is no loss.
    """
    judge_one = _LinearJudge(observation, loss_divides)
    verdict = LayerVerdict(observation.name, observation.kind)
    verdict.parts = judge_one.parts()
    verdict.conventions = _describe(judge_one.conventions)
    verdict.remarks = judge_one.remarks
    verdict.divides_by_n = judge_one.divides_by_n
    if observation.made_without_activation:
        call = f"{observation.name}(d, c, …)"
        verdict.remarks.append(f'{MADE_WITHOUT} --layer "{call}" judges it with one.')
    return verdict


def _describe(conventions: Conventions) -> str:
    """How a linear layer is written, in a line."""
    words = ["examples in columns"] if conventions.columns else []
    if conventions.weights:
        shape = "c × d" if conventions.weights_turned else "d × c"
        words.append(f"W in {conventions.weights} ({shape})")
    words.append(f"b in {conventions.bias}" if conventions.bias else "no b")
    for role, (kind, key) in conventions.places.items():
        symbol = {"weights": "∂L/∂W", "bias": "∂L/∂b", "input": "∂L/∂X"}[role]
        how = {"state": f"in {key}", "result": "returned", "update": "applied in backward"}[kind]
        words.append(f"{symbol} {how}")
    return ", ".join(words)


class _LinearJudge(LayerJudge):
    """Z = XW + b, its three gradients, and the step."""

    def __init__(self, observation: Observation, loss_divides: bool | None):
        super().__init__(observation)
        self.loss_divides = loss_divides
        self.divides_by_n = False
        self.find_rate()

    def find_rate(self) -> None:
        """Where backward takes a step whose size stands in the code, take the one that fits."""
        kind, _ = self.conventions.places.get("weights", ("", None))
        call = self.runs[0].call("backward") if self.runs else None
        if kind != "update" or call is None or knows_step_size(call):
            return
        moves = self.conventions.value(call, "weights")
        right = self.situation(self.runs[0], 0).gradients["weights"]
        if moves is not None:
            self.conventions.rate = step_sizes(call)[0] * fitting_rate(moves, right)

    def parts(self) -> list[Part]:
        """Forward, the three gradients, and the step."""
        near = near_misses("X @ W + b", "XWb")
        forward = self.forward(quantities.LINEAR_OUTPUT, [*linear.OUTPUT, *near])
        if forward.finding is not None and not self.backwards():
            names = ("weights gradient", "bias gradient", "input gradient", "step")
            return [forward, *(Part(name, "waiting") for name in names)]
        averaged = [TWICE_WITH_LOSS] if self.loss_divides else []
        parts = [
            self.gradient(
                quantities.WEIGHTS,
                "weights",
                (*averaged, *with_scales(linear.WEIGHTS, near_misses("X.T @ G", "XGWZ"))),
            ),
            self.bias_gradient(averaged),
            self.gradient(
                quantities.LINEAR_INPUT,
                "input",
                with_scales(linear.INPUT, near_misses("G @ W.T", "XGWZ")),
            ),
        ]
        parts = self.divided_in_layers(parts)
        return [forward, *self.only_one_stops(parts), self.step(parts)]

    def bias_gradient(self, averaged: list[Mistake]) -> Part:
        """Whether ∂L/∂b is right, if there is a bias."""
        if self.conventions.bias is None:
            return Part(quantities.BIAS.part, "absent", note="the layer has no bias")
        near = near_misses("G.sum(axis=0)", "XGWZb")
        mistakes = (*averaged, *with_scales(linear.BIAS, near))
        return self.gradient(quantities.BIAS, "bias", mistakes)

    def gradient(self, quantity: Quantity, role: str, mistakes: Sequence[Mistake]) -> Part:
        """Whether one of the gradients is right; unjudged where backward does more to it."""
        part = super().gradient(quantity, role, mistakes)
        if role == "input":
            return part
        passes = [(run, k) for run in self.runs for k in (0, 1) if run.call("backward", k)]
        part = unless_regularized(part, [self.both_gradients(*each) for each in passes])
        if is_unexplained(part) and self.backward_remembers(role):
            note = BACKWARD_REMEMBERS
            return Part(part.name, "absent", note=note, unjudged=True, regularized=True)
        return part

    def both_gradients(self, run: Run, number: int) -> Compared:
        """The gradients of weights and bias in one backward."""
        roles = ("weights", "bias") if self.conventions.bias else ("weights",)
        samples = [self.sample(run, number, role) for role in roles]
        return together([Compared(s.got, s.situation.right, None, s.case.n) for s in samples])

    def backward_remembers(self, role: str) -> bool:
        """Whether backward, taking a step, changes an array of the parameter's shape beside it.

        A copy of the parameter is no memory. Looked at is the first run, where no two shapes agree
        by chance.
        """
        kind, own = self.conventions.places.get(role, ("", None))
        calls = [self.runs[0].call("backward", number) for number in (0, 1)]
        return kind == "update" and any(
            path in call.before
            and call.after[path].shape == call.before[own].shape
            and not any(np.array_equal(call.after[path], s[own]) for s in (call.before, call.after))
            for call in calls
            if call is not None and own in call.before and own in call.after
            for path in changed(call)
        )

    def add_to(self, s: Situation, run: Run, number: int) -> None:
        """The parameters, and the right output."""
        forward, backward = run.call("forward", number), run.call("backward", number)
        assert forward is not None
        s.G_symbol = "∂L/∂Z"
        s.W, s.b = self.conventions.parameters(forward.before)
        s.W = np.full((s.d, s.c), np.nan) if s.W is None else s.W
        s.Z = s.output = s.X @ s.W + (0 if s.b is None else s.b)
        after = forward.before if backward is None else backward.after
        s.W_after = self.conventions.parameters(after)[0]

    def right_gradients(self, X: Array, G: Array, W: Array) -> dict[str, Array]:
        """∂L/∂W, ∂L/∂b and ∂L/∂X."""
        return {"weights": X.T @ G, "bias": G.sum(axis=0, keepdims=True), "input": G @ W.T}

    def divided_in_layers(self, parts: list[Part]) -> list[Part]:
        """Where the loss leaves the 1/n to the layers, and these divide: right, on the whole."""
        weights, bias, _ = parts
        slugs = {p.finding.slug for p in (weights, bias) if p.finding is not None}
        # Without a loss, it is customary where examples are in columns, and a mistake elsewhere.
        alone = self.loss_divides is None and self.conventions.columns
        left = self.loss_divides is False or alone
        if left and slugs == {"averaged"} and bias.status != "right":
            self.divides_by_n = True
            self.remarks.append(MEAN_IN_LAYERS_ALONE if alone else MEAN_IN_LAYERS)
            return [Part(p.name, "right") if p is not parts[2] else p for p in parts]
        return parts

    def only_one_stops(self, parts: list[Part]) -> list[Part]:
        """Where backward stops with an error, blame it on one part; the rest waits."""
        named = [p.finding for p in parts if p.finding is not None and not is_general(p)]
        lines = [finding.line for finding in named]
        stopped = [part for part in parts if failed_by_itself(part)]
        stopped += [
            part
            for part in parts
            if part.finding is not None and is_general(part) and part.finding.line in lines
        ]
        lines = [part.finding.line for part in stopped if part.finding is not None]
        roles = {"weights gradient": "weights", "bias gradient": "bias", "input gradient": "input"}

        def explains(part: Part) -> bool:
            return part not in stopped and part.finding is not None and part.finding.line in lines

        def fits(part: Part) -> bool:
            line = self.where(roles[part.name])("quantity")
            return part.finding is not None and line == part.finding.line

        if any(map(explains, parts)):
            blamed = None
        else:
            blamed = next((part for part in stopped if fits(part)), next(iter(stopped), None))
        return [
            Part(part.name, "waiting") if part in stopped and part is not blamed else part
            for part in parts
        ]

    def step(self, gradients: list[Part]) -> Part:
        """Whether step moves the parameters against the gradients that backward found."""
        if any(kind == "update" for kind, _ in self.conventions.places.values()):
            return Part("step", "absent", note="the layer updates itself in backward")
        if "step" not in self.methods:
            return Part("step", "absent", note="the layer has no step")
        if self.backwards() and all(run.call("step") is None for run in self.runs):
            return Part("step", "absent", note="the layer leaves the step to an optimizer")
        if is_unwritten(self.methods["step"]):
            return Part("step", "wrong", at(NOT_WRITTEN, self.methods["step"].first()))
        regularized = None
        for index, role in enumerate(("weights", "bias")):
            samples = self.step_samples(index, role)
            if samples is None:
                continue
            if any(s.got is None and s.failure is None for s in samples):
                return Part("step", "wrong", at(RESHAPED, self.where_step(role)("")))
            mistakes = [*STEP, *NEAR_STEP]
            part = judge(quantities.STEP, samples, mistakes, [], self.where_step(role))
            part = unless_regularized(part, [_gradient_used(sample) for sample in samples])
            part = unless_regularized(part, self.both_moves())
            if part.unjudged:
                regularized = part
            if is_unknown(part) and self.remembers():
                return Part("step", "absent", note=STEP_REMEMBERS, unjudged=True)
            if part.finding is not None and part.finding.slug == STEP_DOES_NOTHING:
                other = self.step_samples(1 - index, ("bias", "weights")[index])
                if other and other[0].right and not self.mentions(role):
                    line = self.where_step(role)("")
                    finding = named(quantities.STEP, NOT_BOTH, line, samples[0])
                    return Part("step", "wrong", finding)
            if part.finding is not None:
                if failed_by_itself(part) and any(g.finding for g in gradients):
                    return Part("step", "waiting")
                return part
        if regularized is not None:
            return regularized
        known = [self.step_samples(0, "weights"), self.step_samples(1, "bias")]
        return Part("step", "right" if any(known) else "waiting")

    def both_moves(self) -> list[Compared]:
        """The gradients by which the steps moved weights and bias, beside those they should."""
        each = [self.step_samples(index, role) for index, role in enumerate(("weights", "bias"))]
        passes = zip(*(samples for samples in each if samples), strict=True)
        return [together([_gradient_used(sample) for sample in samples]) for samples in passes]

    def step_samples(self, index: int, role: str) -> list[Sample] | None:
        """One parameter after step and where it should be, by the gradient the layer has stored."""
        samples = []
        for run in self.runs[:2]:
            backward, step = run.call("backward"), run.call("step")
            if backward is None or step is None:
                continue
            D = self.conventions.value(backward, role)
            P = self.conventions.parameters(step.before)[index]
            got = self.conventions.parameters(step.after)[index]
            if P is None or D is None or got is None or np.size(D) != P.size:
                return None
            D = D.reshape(P.shape)
            rates = step_sizes(step)
            if not knows_step_size(step):
                rates = [self.rate_shown(backward, step) or rates[0]]
            eta = next((rate for rate in rates if close(got, P - rate * D)), rates[0])
            s = SimpleNamespace(n=run.case.n, P=P, D=D, eta=eta, G_symbol="", right=P - eta * D)
            got = got if step.failure is None and self.shapes_kept(step, role) else None
            samples.append(Sample(run.case, 0, got, s, step.failure))
        return samples

    def rate_shown(self, backward: Call, step: Call) -> float | None:
        """The step size that the weights show, where it stands in the code, or None."""
        D = self.conventions.value(backward, "weights")
        before, after = (
            self.conventions.parameters(state)[0] for state in (step.before, step.after)
        )
        known = D is not None and before is not None and after is not None
        return shown_rate(before, after, D) if known else None

    def remembers(self) -> bool:
        """Whether step changes more than the parameters and their gradients."""
        step = next(call for run in self.runs if (call := run.call("step")) is not None)
        gradients = [key for kind, key in self.conventions.places.values() if kind == "state"]
        own = {self.conventions.weights, self.conventions.bias, *gradients}
        return any(path not in own for path in changed(step))

    def mentions(self, role: str) -> bool:
        """Whether step has this parameter in it."""
        path = self.conventions.weights if role == "weights" else self.conventions.bias
        return path is None or path.rpartition(".")[2] in self.methods["step"].text()

    def shapes_kept(self, step: Call, role: str) -> bool:
        """Whether the parameter has the shape it had before the step."""
        path = self.conventions.weights if role == "weights" else self.conventions.bias
        return path is None or same_shape(step.after[path], step.before[path])

    def where_step(self, role: str) -> Callable[[str], Line | None]:
        """Where step moves this parameter."""
        path = self.conventions.weights if role == "weights" else self.conventions.bias
        method = self.methods["step"]
        return lambda place: method.stored(path or "") or method.first()


def _gradient_used(step: Sample) -> Compared:
    """The gradient that a step has moved by, beside the one that it should have."""
    s = step.situation
    used = None if step.got is None else (s.P - step.got) / s.eta
    return Compared(used, s.D, s.P, s.n)
