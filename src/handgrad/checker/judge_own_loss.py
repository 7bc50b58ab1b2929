"""Judging the gradients of a network by the loss that it computes itself."""

import itertools
from collections.abc import Iterator

import numpy as np

from handgrad.checker.cases import Array, Case
from handgrad.checker.catalogue import network
from handgrad.checker.judge_network_gradients import BackwardPass, GradientsJudge
from handgrad.checker.judging import named
from handgrad.checker.judging_networks import joined
from handgrad.checker.mistakes import Situation, close
from handgrad.checker.observation import Observation, Run
from handgrad.checker.quantities import NETWORK_GRADIENTS
from handgrad.checker.verdict import Part

NEARLY = 0.01
"""So far the gradient of a known loss may be from that of the network's own, which may keep its
logarithms away from 0 by an ε."""

NAME = "its own loss"


def against_own_loss(observation: Observation, part: Part, loss: str) -> tuple[Part, str]:
    """The part, and the loss that the gradients are of, with what the network's own loss tells.

    Gradients of a known loss must be those of the network's own, too, but for a factor and a
    penalty on the parameters, which the step may see to. Others are judged by its own.
    """
    if not observation.runs[0].loss_differences or part.finding is not None:
        return part, loss
    judge_one = OwnLossJudge(observation)
    if part.status == "right":
        return judge_one.beside_a_known_loss(part), loss
    if not all(judge_one.first().places.values()):
        return part, loss
    told = judge_one.find_scale()
    found = judge_one.gradients()
    if found.unjudged or (part.regularized and found.finding is not None):
        return part, loss
    return found, told if found.finding is None else ""


class OwnLossJudge(GradientsJudge):
    """Whether the first gradients are `scale` times the central differences of its own loss."""

    def __init__(self, observation: Observation):
        super().__init__(observation, mean_in_layers=False, may_end_in_softmax=False)
        self.scale = 1.0

    def first(self) -> BackwardPass:
        """The first backward."""
        return self.backward_pass(self.runs[0], 0)

    def beside_a_known_loss(self, part: Part) -> Part:
        """The part, which is right for a known loss; wrong if its own is clearly another one."""
        one = self.first()
        got, right = joined(list(one.found.values())), joined(list(one.rights.values()))
        if got.shape != right.shape:
            return part
        penalties = [
            joined([one.parameters[p] if p == path else 0 * one.parameters[p] for p in one.rights])
            for path in one.rights
        ]
        factors = np.stack([got, *penalties], axis=1)
        solution = np.linalg.lstsq(factors, right)[0]
        error = np.linalg.norm(factors @ solution - right) / np.linalg.norm(right)
        if error > NEARLY:
            line = self.backward_line("")
            mistake = network.ANOTHER_LOSS
        elif solution[0] < 0:
            method = self.methods.get("loss")
            line = method.returned() if method else None
            mistake = network.LOSS_TURNED
        else:
            return part
        return Part(part.name, "wrong", named(NETWORK_GRADIENTS, mistake, line, one.sample))

    def find_scale(self) -> str:
        """Set the scale to the one that fits most of the parameters; what is said of it."""
        one = self.first()

        def fitting(scale: float) -> int:
            pairs = [(one.found[path], scale * right) for path, right in one.rights.items()]
            return sum(close(got, right) or close(-got, right) for got, right in pairs)

        told, self.scale = max(_scales(self.runs[0].case), key=lambda pair: fitting(pair[1]))
        return told

    def find_activation(self, s: Situation, got: object) -> None:
        """Nothing need be known of what is between the layers."""

    def right_gradients(
        self, s: Situation, run: Run, number: int
    ) -> tuple[dict[str, Array], Array | None]:
        """The differences of the first pass; none of the others."""
        differences = run.loss_differences if run is self.runs[0] and number == 0 else {}
        return {path: self.scale * found for path, found in differences.items()}, None

    def returned(self, passes: list[BackwardPass]) -> Part:
        """Right: what backward returns may be anything."""
        return Part(NETWORK_GRADIENTS.part, "right")


def _scales(case: Case) -> Iterator[tuple[str, float]]:
    """What gradients may be multiplied with that are those of a loss, and how that is told."""
    n, c = case.n, case.c
    counts = {"": 1, ", times n": n, ", over n": 1 / n, ", times c": c, ", over c": 1 / c}
    counts |= {", times nc": n * c, ", over nc": 1 / (n * c)}
    factors = {"": 1, "twice ": 2, "half ": 0.5}
    for (count, times), (factor, by) in itertools.product(counts.items(), factors.items()):
        yield f"{factor}{NAME}{count}", times * by
