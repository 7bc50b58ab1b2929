"""Judging the gradients of a network by the loss that it computes itself."""

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np

from handgrad.checker.cases import Array, Case
from handgrad.checker.catalogue import network
from handgrad.checker.judge_network_gradients import BackwardPass, GradientsJudge
from handgrad.checker.judging import is_unnamed, named
from handgrad.checker.judging_networks import joined
from handgrad.checker.mistakes import Mistake, Situation, close
from handgrad.checker.observation import Observation, Run
from handgrad.checker.quantities import NETWORK_GRADIENTS
from handgrad.checker.verdict import Part

PART = NETWORK_GRADIENTS.part
NAME = "its own loss"
MULTIPLE = f"a multiple of {NAME}"
LEFT_TO_STEP = f"{NAME}, but for a penalty that is left to the step"

NEARLY = 0.01
"""So far the gradient of a known loss may be from that of the network's own, which may keep its
logarithms away from 0 by an ε."""

NOTHING = 1e-4
"""So small a share of a gradient may come from rounding."""

ACCURACY = {np.dtype(np.float64): 1e-5, np.dtype(np.float32): 2e-2}
"""What central differences are worth, as a share of the largest, in each precision."""


def beside_known_loss(observation: Observation, part: Part, step_is_plain: bool) -> Part:
    """The part, in which the gradients are those of a known loss; wrong if its own is another.

    They may be a multiple of those of its own, unless both come from one call, and may leave a
    penalty on the parameters to a step that is not plain.
    """
    judge_one = OwnLossJudge(observation)
    fit = judge_one.fit()
    if fit is None or fit.of_penalties_alone:
        return part
    if fit.error > NEARLY:
        return judge_one.finding(network.ANOTHER_LOSS)
    if fit.factor < 0:
        return judge_one.finding(network.LOSS_TURNED)
    if fit.penalty > max(NOTHING, 10 * fit.error) and step_is_plain:
        return judge_one.finding(network.PENALTY_MISSING)
    methods = observation.methods
    in_one_call = "loss" in methods and methods["loss"] == methods.get("backward")
    if in_one_call and abs(fit.factor - 1) > NEARLY:
        scaled = judge_one.gradients()
        return part if is_unnamed(scaled) else scaled
    return part


def by_own_loss(observation: Observation, step_is_plain: bool) -> tuple[Part, str] | None:
    """The part as its own loss has it, and how that is told; None where there is no loss to ask.

    Any multiple of the loss will do that is not the trace of a known mistake.
    """
    if observation.runs[0].call("backward") is None:
        return None
    judge_one = OwnLossJudge(observation)
    if not judge_one.first.rights or not all(judge_one.first.places.values()):
        return None
    told, scale = judge_one.fitting_scale()
    judge_one = OwnLossJudge(observation, scale)
    part = judge_one.gradients()
    explained = judge_one.explained(step_is_plain) if is_unnamed(part) else None
    return explained or (part, told if part.status == "right" else "")


Scale = Callable[[Case], float]
"""What gradients are multiplied with, in a batch."""

_COUNTS: dict[str, Scale] = {
    "": lambda case: 1,
    ", times n": lambda case: case.n,
    ", over n": lambda case: 1 / case.n,
    ", times c": lambda case: case.c,
    ", over c": lambda case: 1 / case.c,
    ", times nc": lambda case: case.n * case.c,
    ", over nc": lambda case: 1 / (case.n * case.c),
}


def _scaled(factor: float, scale: Scale) -> Scale:
    return lambda case: factor * scale(case)


SCALES: dict[str, Scale] = {
    f"{words}{NAME}{count}": _scaled(factor, scale)
    for count, scale in _COUNTS.items()
    for words, factor in (("", 1), ("twice ", 2), ("half ", 0.5))
}
"""What gradients are usually multiplied with, by how that is told."""


class _Fit(NamedTuple):
    """The own loss's gradients in terms of those that were found, and of penalties.

    Attributes
    ----------
    factor
        How often they are in it.
    penalty
        How much of it is due to penalties λθ and λ sign(θ), λ > 0, as a share.
    error
        How much of it is left unexplained, as a share.
    accuracy
        How much that may be.
    of_penalties_alone
        Whether it is explained without the gradients.
    """

    factor: float
    penalty: float
    error: float
    accuracy: float
    of_penalties_alone: bool


class OwnLossJudge(GradientsJudge):
    """Whether gradients are `scale` times the central differences of the network's own loss."""

    def __init__(self, observation: Observation, scale: Scale = lambda case: 1.0):
        super().__init__(observation, mean_in_layers=False, may_end_in_softmax=False)
        self.scale = scale

    @cached_property
    def first(self) -> BackwardPass:
        """The first backward."""
        return self.backward_pass(self.runs[0], 0)

    def passes(self) -> list[BackwardPass]:
        """The backwards of which the differences are known."""
        every = [self.backward_pass(run, number) for run, number in self.calls("backward")]
        return [one for one in every if one.rights]

    def fit(self) -> _Fit | None:
        """How the gradients of the first backward fit the differences; None without either."""
        one = self.first
        got, right = joined(list(one.found.values())), joined(list(one.rights.values()))
        if not one.rights or got.shape != right.shape or not np.all(np.isfinite(got)):
            return None
        penalties = [
            joined([function(one.parameters[p]) * (p == path) for p in one.rights])
            for path in one.rights
            for function in (np.asarray, np.sign)
        ]
        factors, shares, error = _explained(right, [got, *penalties])
        if np.any((factors[1:] < 0) & (shares[1:] > NOTHING)):  # That is no penalty.
            factors, shares, error = _explained(right, [got])
        return _Fit(
            factor=float(factors[0]),
            penalty=float(np.sum(shares[1:])),
            error=error,
            accuracy=ACCURACY.get(np.result_type(*one.found.values()), NEARLY),
            of_penalties_alone=_explained(right, penalties)[2] < NEARLY,
        )

    def explained(self, step_is_plain: bool) -> tuple[Part, str] | None:
        """The part where gradients are a multiple of the differences, or lack a penalty alone."""
        fit = self.fit()
        if fit is None or fit.error > fit.accuracy or fit.factor < 0:
            return None
        if fit.penalty < fit.accuracy:
            return (Part(PART, "right"), MULTIPLE) if self.are_multiples() else None
        if abs(fit.factor - 1) > fit.accuracy:
            return None
        if step_is_plain:
            return self.finding(network.PENALTY_MISSING), ""
        return Part(PART, "right"), LEFT_TO_STEP

    def are_multiples(self) -> bool:
        """Whether all gradients are the differences times one positive number."""
        samples = [one.sample for one in self.passes()]
        got = joined([s.got for s in samples if s.got is not None])
        right = joined([s.situation.right for s in samples])
        if got.shape != right.shape:
            return False
        factor = float(got @ right) / max(float(right @ right), 1e-300)
        return bool(factor > 0 and close(got, factor * right))

    def fitting_scale(self) -> tuple[str, Scale]:
        """The usual scale that fits most of the parameters, and what is said of it."""
        one = self.first

        def fitting(scale: Scale) -> int:
            by = scale(one.sample.case)
            pairs = [(one.found[path], by * right) for path, right in one.rights.items()]
            return sum(_agree(got, right) or _agree(-got, right) for got, right in pairs)

        return max(SCALES.items(), key=lambda pair: fitting(pair[1]))

    def finding(self, mistake: Mistake) -> Part:
        """The part with a mistake in it that the first backward shows."""
        method = self.methods.get("loss")
        of_loss = mistake is network.LOSS_TURNED
        line = method.returned() if of_loss and method else self.backward_line("")
        return Part(PART, "wrong", named(NETWORK_GRADIENTS, mistake, line, self.first.sample))

    def find_activation(self, s: Situation, got: object) -> None:
        """Nothing need be known of what is between the layers."""

    def right_gradients(
        self, s: Situation, run: Run, number: int
    ) -> tuple[dict[str, Array], Array | None]:
        """The differences, or what was found, where it is that up to what differences are worth."""
        known = run.loss_differences[number] if number < len(run.loss_differences) else {}
        rights = {path: self.scale(run.case) * array for path, array in known.items()}
        call = run.call("backward", number)
        assert call is not None  # It is judged.
        found, _ = self.found(rights, call)
        return {p: found[p] if _agree(found[p], rights[p]) else rights[p] for p in rights}, None

    def returned(self, passes: list[BackwardPass]) -> Part:
        """Right: what backward returns may be anything."""
        return Part(PART, "right")


def _explained(right: Array, terms: list[Array]) -> tuple[Array, Array, float]:
    """The factors with which terms come the nearest to a vector, and their shares in its length.

    The last is the share of what is left of it.
    """
    columns, size = np.stack(terms, axis=1), float(np.linalg.norm(right))
    factors = np.linalg.lstsq(columns, right)[0]
    shares = np.linalg.norm(columns * factors, axis=0) / size
    left = float(np.linalg.norm(columns @ factors - right)) / size
    return np.asarray(factors, np.float64), np.asarray(shares, np.float64), left


def _agree(got: Array, right: Array) -> bool:
    """Whether a gradient is that of the differences, up to what these are worth."""
    if got.dtype != np.float32:
        return close(got, right)
    got, right = np.squeeze(got), np.squeeze(right)
    tolerance = ACCURACY[got.dtype] * np.max(np.abs(right), initial=0)
    return got.shape == right.shape and bool(np.all(np.abs(got - right) <= tolerance))
