"""Judging one layer: what is common to all kinds of them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from handgrad.checker.catalogue.linear import SECOND
from handgrad.checker.conventions import work_out
from handgrad.checker.judging import Sample, judge
from handgrad.checker.lines import Line, Method, is_unwritten, method_at
from handgrad.checker.mistakes import Mistake, Situation
from handgrad.checker.observation import Observation, Run
from handgrad.checker.quantities import Quantity
from handgrad.checker.regularization import Compared, unless_regularized
from handgrad.checker.verdict import Finding, Part

INPUT_CHANGED = Finding(
    "input changed in place",
    "The input is changed in place",
    "The array that forward or backward is given belongs to the caller, who may need it again: the "
    "layer below keeps it for its own gradient.",
    "Which statement writes into an array that it did not make?",
    "",
    ("x += …, x[…] = … and out=x write into the array itself; x = x + … makes a new one.",),
)
GRADIENT_CHANGED = Finding(
    "gradient changed in place",
    "The gradient is changed in place",
    "The array that backward is given belongs to the caller, who may need it again.",
    "Which statement writes into an array that it did not make?",
    "",
    ("g *= …, g[…] = … and out=g write into the array itself; g = g * … makes a new one.",),
)
AXIS_LOST = Finding(
    "axis lost",
    "The output loses an axis of length one",
    "For a batch of one, or for one output, the numbers are right, but there is a vector where a "
    "matrix should be: the next layer, or a sum over the batch, takes it for something else.",
    "Run it with one example and print the shape of the output. Which function drops an axis?",
)
NOT_WRITTEN = Finding(
    "not written yet",
    "It is not written yet",
    "The method has no statement that computes anything.",
    "Begin with the equation; which of its symbols do you have already?",
)


class LayerJudge:
    """The judgement of one class, part by part. Each kind of layer has a class of its own."""

    def __init__(self, observation: Observation):
        self.observation = observation
        self.conventions = work_out(observation)
        self.remarks: list[str] = []
        self.methods: dict[str, Method] = {
            role: method_at(file, number) for role, (file, number) in observation.methods.items()
        }
        self.runs = [run for run in observation.runs if run.calls]

    def backwards(self) -> list[Run]:
        """The runs in which backward was called."""
        return [run for run in self.runs if run.call("backward")]

    def forward(self, quantity: Quantity, mistakes: Sequence[Mistake]) -> Part:
        """Whether the output is right, and the input left alone."""
        if is_unwritten(self.methods.get("forward", Method(""))):
            return Part(quantity.part, "wrong", at(NOT_WRITTEN, self.methods["forward"].first()))
        samples = []
        for run in self.runs:
            for number in (0, 1):
                call = run.call("forward", number)
                if call is None:
                    continue
                s = self.situation(run, number)
                got = (
                    call.result[0] if isinstance(call.result, list) and call.result else call.result
                )
                got = self.in_rows(got)
                s.right = s.output
                got = got if isinstance(got, np.ndarray) else None
                samples.append(Sample(run.case, number, got, s, call.failure))
        part = judge(quantity, samples, mistakes, SECOND, self.where_forward)
        lost = next((x for x in samples if np.shape(x.got) != np.shape(x.situation.right)), None)
        if part.finding is None and lost is not None:
            return Part(quantity.part, "wrong", at(AXIS_LOST, self.where_forward("")))
        if part.finding is None and self.changed("forward", "input"):
            line = self.methods["forward"].changed() if "forward" in self.methods else None
            return Part(quantity.part, "wrong", at(INPUT_CHANGED, line))
        return part

    def in_rows(self, value: Any) -> Any:
        """An array with its examples in rows; anything else as it is."""
        return value.T if isinstance(value, np.ndarray) and self.conventions.columns else value

    def gradient(self, quantity: Quantity, role: str, mistakes: Sequence[Mistake]) -> Part:
        """Whether one of the gradients is right, and what was given to backward left alone."""
        backward = self.methods.get("backward")
        if backward is not None and is_unwritten(backward):
            return Part(quantity.part, "wrong", at(NOT_WRITTEN, backward.first()))
        samples = [
            self.sample(run, number, role)
            for run in self.runs
            for number in (0, 1)
            if run.call("backward", number)
        ]
        if not samples:
            return Part(quantity.part, "waiting")
        if all(s.got is None and s.failure is None for s in samples):
            return Part(quantity.part, "wrong", self.missing(quantity, role))
        where = self.where(role)
        part = judge(quantity, samples, mistakes, SECOND, where)
        if role == "input":
            return self.left_alone(part) if part.finding is None else part
        name = "W" if role == "weights" else "b"
        gradients = [
            Compared(s.got, s.situation.right, getattr(s.situation, name), s.case.n)
            for s in samples
        ]
        return unless_regularized(part, gradients)

    def sample(self, run: Run, number: int, role: str) -> Sample:
        """The gradient of one backward, and the right one."""
        call = run.call("backward", number)
        assert call is not None
        s = self.situation(run, number)
        s.right = s.gradients[role]
        if number == 1:
            earlier = run.call("backward", 0)
            before = self.situation(run, 0)
            s.previous = self.conventions.value(earlier, role) if earlier else None
            s.stale = (
                self.right_gradients(before.X, s.G, s.W)[role] if role in s.gradients else None
            )
        got = self.conventions.value(call, role)
        return Sample(run.case, number, got, s, call.failure if got is None else None)

    def situation(self, run: Run, number: int) -> Situation:
        """What the formulas may use of one pass through the layer; `output` is the right one."""
        case = run.case
        X, G = case.inputs(number), case.gradients(number)
        s = SimpleNamespace(n=case.n, d=case.d, c=case.c, X=X, G=G, W=None, b=None)
        s.G_symbol = "∂L/∂A"
        self.add_to(s, run, number)
        s.gradients = self.right_gradients(X, G, s.W)
        return s

    def add_to(self, s: Situation, run: Run, number: int) -> None:
        """Add to a situation what only this kind of layer has."""
        raise NotImplementedError

    def right_gradients(self, X: Any, G: Any, W: Any) -> dict[str, Any]:
        """The right gradients, by "input" and, for a linear layer, "weights" and "bias"."""
        raise NotImplementedError

    def where(self, role: str) -> Callable[[str], Line | None]:
        """A function from a mistake's place to the line of it."""
        backward, forward = self.methods.get("backward"), self.methods.get("forward")

        def line(place: str) -> Line | None:
            if place == "cache":
                return forward.kept() if forward else None
            if backward is None:
                return None
            kind, key = self.conventions.places.get(role, ("result", ()))
            if kind == "result":
                item = key[0] if key and isinstance(key[0], int) else None
                return backward.returned(item)
            return backward.stored(key) or backward.first()

        return line

    def where_forward(self, place: str) -> Line | None:
        """Where the output is computed."""
        forward = self.methods.get("forward")
        return forward.returned() if forward else None

    def missing(self, quantity: Quantity, role: str) -> Finding:
        """The finding that a gradient is nowhere to be found."""
        backward = self.methods.get("backward")
        line = backward.first() if backward else None
        if role == "input":
            return Finding(
                "input gradient not returned",
                "The gradient with respect to the input is not returned",
                "The layer below gets its ∂L/∂output from this layer's backward; without it, "
                "nothing below can learn.",
                "What does the layer below this one want to know?",
                quantity.equation,
                quantity.explanation,
                line,
            )
        name = "weights" if role == "weights" else "bias"
        return Finding(
            "gradient not stored",
            f"No gradient of the {name} is to be found after backward",
            "Neither an attribute with a name such as "
            f"grad_{name} or d{'W' if role == 'weights' else 'b'}, nor what backward returns, "
            "holds it; step needs it.",
            "Where does step take the gradient from, and who puts it there?",
            quantity.equation,
            quantity.explanation,
            line,
        )

    def left_alone(self, part: Part) -> Part:
        """The part, unless backward changes what it was given."""
        method = self.methods.get("backward")
        for argument, finding in (("gradient", GRADIENT_CHANGED), ("input", INPUT_CHANGED)):
            if self.changed("backward", argument):
                return Part(part.name, "wrong", at(finding, method.changed() if method else None))
        return part

    def changed(self, role: str, argument: str) -> bool:
        """Whether some call of forward or backward wrote into what it was given."""
        calls = [call for run in self.runs for call in run.calls if call.method == role]
        return any(argument in call.changed for call in calls)


def at(finding: Finding, line: Line | None) -> Finding:
    """The finding, at this line."""
    return replace(finding, line=line)
