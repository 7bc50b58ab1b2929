"""Judging a loss: cross-entropy of scores, of probabilities or of their logarithms."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from handgrad.checker import cases, quantities
from handgrad.checker.catalogue import loss
from handgrad.checker.catalogue.linear import SECOND
from handgrad.checker.catalogue.scales import with_scales
from handgrad.checker.judge_activation import judge_large
from handgrad.checker.judge_layer import INPUT_CHANGED, at
from handgrad.checker.judging import UNNAMED, Sample, judge
from handgrad.checker.lines import Line, Method, method_at
from handgrad.checker.loss_trials import FORMS, TAKES, Form
from handgrad.checker.mathematics import cross_entropies, softmax
from handgrad.checker.mistakes import Situation, close
from handgrad.checker.names import gradient_of
from handgrad.checker.near_misses import near_misses
from handgrad.checker.observation import Call, Observation, Run
from handgrad.checker.verdict import LayerVerdict, Part

_SMALL_CONSTANTS = [10.0**-k for k in range(3, 17)]
"""What people add to a probability lest its logarithm be −∞."""


@dataclass
class JudgedLoss:
    """The verdict on a loss, and what the other layers of its file need to know of it.

    Attributes
    ----------
    takes
        What it takes, one of `loss_trials.TAKES`; None where it could not be tried.
    divides_by_n
        Whether the gradient has the 1/n of the mean loss in it; so it should, unless the linear
        layers have it.
    """

    verdict: LayerVerdict
    takes: str | None = None
    divides_by_n: bool = True


def judge_loss(observation: Observation, mean_in_layers: bool = False) -> JudgedLoss:
    """The verdict on a loss, in the form that suits it best.

    With `mean_in_layers` the linear layers of the file divide by n, and its gradient should not.
    """
    judged = JudgedLoss(LayerVerdict(observation.name, observation.kind))
    methods = {role: method_at(*place) for role, place in observation.methods.items()}
    best = _best(observation, methods, mean_in_layers)
    if best is None:
        return judged
    form, value, gradient = _with_other_labels(best, observation, methods, mean_in_layers)
    runs = _runs(observation, form)
    large = [run for run in runs if run.case == cases.LARGE]
    judged.verdict.parts = [value, _large(large, value, methods), gradient]
    judged.verdict.conventions = str(form)
    judged.takes, judged.divides_by_n = form.takes, _divides_by_n(runs)
    return judged


def _divides_by_n(runs: list[Run]) -> bool:
    """Whether the gradient, right or wrong, becomes as much smaller with n as that of a mean."""
    shares: dict[int, float] = {}
    for run in runs:
        backward = run.call("backward")
        got = None if backward is None else _input_gradient(run, backward)
        if got is not None and run.case != cases.LARGE:
            shares[run.case.n] = float(
                np.linalg.norm(got) / np.linalg.norm(_situation(run).gradient)
            )
    few, many = min(shares, default=1), max(shares, default=1)
    return few == many or not shares[many] > np.sqrt(many / few) * shares[few]


def _best(
    observation: Observation, methods: dict[str, Method], mean_in_layers: bool
) -> tuple[Form, Part, Part] | None:
    """The form in which most is right, or else named, with fewest mistakes; what is told of it."""
    best, most = None, (-1, -1, 0)
    for form in (FORMS[name] for name in dict.fromkeys(run.variant for run in observation.runs)):
        runs = [run for run in _runs(observation, form) if run.case != cases.LARGE]
        parts = _value(runs, methods), _gradient(runs, methods, mean_in_layers)
        score = (
            sum(p.status == "right" for p in parts),
            sum(_named(p) for p in parts),
            -sum(p.finding.slug.count(" + ") for p in parts if p.finding),
        )
        if score > most:
            best, most = (form, *parts), score
    return best


def _with_other_labels(
    best: tuple[Form, Part, Part],
    observation: Observation,
    methods: dict[str, Method],
    mean_in_layers: bool,
) -> tuple[Form, Part, Part]:
    """The form in which all is right; or one of other labels, if it is not right in that, too.

    A loss whose forward is right for class numbers and for one-hot labels takes both.
    """
    form, value, gradient = best
    other = {"n": "one-hot", "one-hot": "n"}.get(form.labels)
    if other is None or value.finding is not None or gradient.finding is not None:
        return best
    form = replace(form, labels=other)
    runs = [run for run in _runs(observation, form) if run.case != cases.LARGE]
    value, gradient = _value(runs, methods), _gradient(runs, methods, mean_in_layers)
    return (form, value, gradient) if value.finding is None and gradient.finding else best


def _runs(observation: Observation, form: Form) -> list[Run]:
    return [run for run in observation.runs if run.variant == str(form)]


def _named(part: Part) -> bool:
    return part.finding is not None and part.finding.slug not in UNNAMED


def _situation(run: Run, number: int = 0) -> Situation:
    """What the formulas may use, in the first (0) or second (1) time through the loss."""
    case = run.case
    Z, labels = case.logits(number), case.labels(number)
    if case == cases.LARGE:
        Z, labels = cases.LARGE_LOGITS, cases.LARGE_LABELS
    s = SimpleNamespace(n=case.n, d=case.c, c=case.c, Z=Z, Y=np.eye(case.c)[labels], G_symbol="")
    s.labels, s.takes = labels, FORMS[run.variant].takes
    s.given, s.given_symbol = TAKES[s.takes](Z), quantities.GIVEN[s.takes]
    s.P = softmax(Z)
    s.P_twice = softmax(s.P)
    s.loss = np.mean(cross_entropies(Z, s.Y))
    slopes = {"scores": s.P - s.Y, "probabilities": -s.Y / s.P, "log-probabilities": -s.Y}
    s.gradient = slopes[s.takes] / s.n
    return s


def _value(runs: list[Run], methods: dict[str, Method]) -> Part:
    samples: list[Sample] = []
    for run, number in itertools.product(runs, (0, 1)):
        call, s = _call_for_loss(run, number), _situation(run, number)
        if call is None:
            continue
        got = _number(call.result)
        s.right = _right_loss(got, s)
        if number == 1:
            s.previous, s.stale = samples[-1].got, samples[-1].situation.right
        samples.append(Sample(run.case, number, got, s, call.failure))
    if not samples:
        return Part(quantities.LOSS["scores"].part, "waiting")
    part = judge(
        quantities.LOSS[samples[0].situation.takes],
        samples,
        with_scales(loss.OUTPUT),
        loss.SECOND_OUTPUT,
        _returned(methods, "forward"),
    )
    return _left_alone(part, "forward", runs, methods)


_GRADIENT_MISTAKES = {
    "scores": (loss.GRADIENT, near_misses("(P - Y) / n", "PYZ")),
    "probabilities": (loss.PROBABILITIES_GRADIENT, near_misses("-Y / P / n", "PY")),
    "log-probabilities": (loss.LOG_PROBABILITIES_GRADIENT, near_misses("-Y / n", "PY")),
}
"""What is known, and what is one symbol away, by what the loss takes."""


def _gradient(runs: list[Run], methods: dict[str, Method], mean_in_layers: bool) -> Part:
    samples: list[Sample] = []
    for run, number in itertools.product(runs, (0, 1)):
        call, s = run.call("backward", number), _situation(run, number)
        if call is None:
            continue
        got, s.right = _input_gradient(run, call), s.gradient
        if got is not None and mean_in_layers:
            got = got / s.n  # As the layers would do it.
        if s.takes == "probabilities":
            others = (-s.Y / (s.P + e) / s.n for e in _SMALL_CONSTANTS)
            s.right = _nearest(got, s.gradient, others)
        if number == 1:
            s.previous, s.stale = samples[-1].got, samples[-1].situation.right
        samples.append(Sample(run.case, number, got, s, call.failure))
    if not samples:
        return Part(quantities.LOSS_GRADIENT["scores"].part, "waiting")
    takes = samples[0].situation.takes
    part = judge(
        quantities.LOSS_GRADIENT[takes],
        samples,
        with_scales(*_GRADIENT_MISTAKES[takes]),
        SECOND,
        _returned(methods, "backward"),
    )
    if mean_in_layers:
        part = _with_mean_in_layers(part)
    return _left_alone(part, "backward", runs, methods)


def _with_mean_in_layers(part: Part) -> Part:
    """The part with no numbers shown, which are not those that the loss returned."""
    if part.finding is None:
        return replace(part, note="the layers divide by n")
    return replace(part, finding=replace(part.finding, example=""))


def _call_for_loss(run: Run, number: int = 0) -> Call | None:
    """The call that is to give the loss: that of forward, or of a loss after it."""
    return run.call("loss", number) or run.call("forward", number)


def _right_loss(got: Any, s: Situation) -> Any:
    """The loss, or that with a small constant in the logarithm, where it came out."""
    p = s.P[np.arange(s.n), s.labels]
    return _nearest(got, s.loss, (-np.log(p + e).mean() for e in _SMALL_CONSTANTS))


def _nearest(got: Any, right: Any, others: Iterable[Any]) -> Any:
    """What is right: that, or one of the others, where it is what came out."""
    if got is None or close(got, right):
        return right
    return next((other for other in others if close(got, other)), right)


def _left_alone(part: Part, role: str, runs: list[Run], methods: dict[str, Method]) -> Part:
    """The part, unless a call changes the scores or the labels that the loss was given."""
    calls = [call for run in runs for call in run.calls if call.method == role]
    if part.finding is not None or not any(call.changed for call in calls):
        return part
    method = methods.get(role)
    return Part(part.name, "wrong", at(INPUT_CHANGED, method.changed() if method else None))


def _large(runs: list[Run], value: Part, methods: dict[str, Method]) -> Part:
    """Whether scores far apart are survived."""
    part = quantities.LARGE_SCORES.part
    if not runs:
        return Part(part, "waiting")
    run = runs[0]
    if (takes := FORMS[run.variant].takes) != "scores":
        return Part(part, "absent", note=f"the loss takes {takes}")
    call = _call_for_loss(run)
    if value.status != "right" or call is None:
        return Part(part, "waiting")
    s = _situation(run)
    got = _number(call.result)
    s.right = _right_loss(got, s)
    sample = Sample(run.case, 0, got, s, call.failure)
    backward = run.call("backward")
    gradient = None if backward is None else _input_gradient(run, backward)
    holes = np.zeros(1) if gradient is None else gradient
    return judge_large(sample, holes, methods.get("forward"))


def _returned(methods: dict[str, Method], role: str) -> Any:
    method = methods.get(role)

    def line(place: str) -> Line | None:
        if method is None:
            return None
        return (method.changed() if place == "labels" else None) or method.returned()

    return line


def _number(result: Any) -> Any:
    """The loss in what forward returned: the first number, if it returned several things."""
    items = result if isinstance(result, list) else [result]
    arrays = [item for item in items if isinstance(item, np.ndarray)]
    scalars = [item for item in arrays if item.size == 1]
    return next(iter([*scalars, *arrays]), None)


def _input_gradient(run: Run, backward: Call) -> Any:
    """The gradient that backward returned, or else keeps, with the examples in rows."""
    returned = backward.result if isinstance(backward.result, list) else [backward.result]
    kept = [array for path, array in backward.after.items() if gradient_of(path) == "input"]
    array = next((item for item in [*returned, *kept] if isinstance(item, np.ndarray)), None)
    return None if array is None else FORMS[run.variant].in_rows(array)
