"""Judging softmax with cross-entropy."""

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np

from handgrad.checker import cases, quantities
from handgrad.checker.catalogue import loss
from handgrad.checker.catalogue.linear import SECOND
from handgrad.checker.catalogue.scales import with_scales
from handgrad.checker.judge_layer import INPUT_CHANGED, at
from handgrad.checker.judging import UNNAMED, Sample, judge, named
from handgrad.checker.lines import Line, Method, method_at
from handgrad.checker.mathematics import cross_entropies, softmax
from handgrad.checker.mistakes import Situation, close
from handgrad.checker.near_misses import near_misses
from handgrad.checker.observation import Observation, Run
from handgrad.checker.verdict import LayerVerdict, Part

_SMALL_CONSTANTS = [10.0**-k for k in range(3, 17)]
"""What people add to a probability lest its logarithm be −∞."""


def judge_loss(observation: Observation) -> LayerVerdict:
    """The verdict on a loss, with labels in the form that suits it best."""
    methods = {role: method_at(*place) for role, place in observation.methods.items()}
    verdict = LayerVerdict(observation.name, observation.kind)
    forms = list(dict.fromkeys(run.variant for run in observation.runs))
    best = None
    for form in [f for f in forms if not f.endswith("large")]:
        runs = [run for run in observation.runs if run.variant == form]
        parts = [_value(runs, methods), _gradient(runs, methods)]
        score = (sum(p.status == "right" for p in parts), sum(_named(p) for p in parts))
        if best is None or score > best[0]:
            best = (score, form, parts)
    if best is None:
        return verdict
    _, form, parts = best
    large = [run for run in observation.runs if run.variant == f"{form}, large"]
    verdict.parts = [parts[0], _large(large, parts[0], methods, verdict.remarks), parts[1]]
    verdict.conventions = f"labels of shape {form}"
    return verdict


def divides_by_n(observation: Observation) -> bool:
    """Whether the gradient has the 1/n of the mean loss in it, for the best form of labels."""
    for run in observation.runs:
        backward = run.call("backward")
        if run.case == cases.GENERAL[0] and backward is not None:
            s, got = _situation(run), _array(backward.result)
            if got is not None and close(got, s.P - s.Y):
                return False
    return True


def _named(part: Part) -> bool:
    return part.finding is not None and part.finding.slug not in UNNAMED


def _situation(run: Run, number: int = 0) -> Situation:
    """What the formulas may use, in the first (0) or second (1) time through the loss."""
    case = run.case
    Z, labels = case.logits(number), case.labels(number)
    if run.variant.endswith("large"):
        Z, labels = cases.LARGE_LOGITS, cases.LARGE_LABELS
    Y = np.eye(case.c)[labels]
    with np.errstate(all="ignore"):
        s = SimpleNamespace(n=case.n, d=case.c, c=case.c, Z=Z, Y=Y, labels=labels, logits=Z)
        s.P, s.G_symbol = softmax(Z), ""
        s.P_twice = softmax(s.P)
    return s


def _value(runs: list[Run], methods: dict[str, Method]) -> Part:
    samples: list[Sample] = []
    for run, number in itertools.product(runs, (0, 1)):
        call, s = run.call("forward", number), _situation(run, number)
        if call is None:
            continue
        s.right = np.mean(cross_entropies(s.Z, s.Y))
        got = _number(call.result)
        p = s.P[np.arange(s.n), s.labels]
        if got is not None and any(close(got, -np.log(p + e).mean()) for e in _SMALL_CONSTANTS):
            s.right = got
        if number == 1:
            s.previous, s.stale = samples[-1].got, samples[-1].situation.right
        samples.append(Sample(run.case, number, got, s, call.failure))
    if not samples:
        return Part(quantities.LOSS.part, "waiting")
    part = judge(
        quantities.LOSS,
        samples,
        with_scales(loss.OUTPUT),
        loss.SECOND_OUTPUT,
        _returned(methods, "forward"),
    )
    return _left_alone(part, "forward", runs, methods)


def _gradient(runs: list[Run], methods: dict[str, Method]) -> Part:
    samples: list[Sample] = []
    for run, number in itertools.product(runs, (0, 1)):
        call, s = run.call("backward", number), _situation(run, number)
        if call is None:
            continue
        s.right = (s.P - s.Y) / s.n
        if number == 1:
            s.previous, s.stale = samples[-1].got, samples[-1].situation.right
        samples.append(Sample(run.case, number, _array(call.result), s, call.failure))
    if not samples:
        return Part(quantities.LOSS_GRADIENT.part, "waiting")
    near = near_misses("(P - Y) / n", "PYZ")
    mistakes = with_scales(loss.GRADIENT, near)
    where = _returned(methods, "backward")
    part = judge(quantities.LOSS_GRADIENT, samples, mistakes, SECOND, where)
    return _left_alone(part, "backward", runs, methods)


def _left_alone(part: Part, role: str, runs: list[Run], methods: dict[str, Method]) -> Part:
    """The part, unless a call changes the scores or the labels that the loss was given."""
    calls = [call for run in runs for call in run.calls if call.method == role]
    if part.finding is not None or not any(call.changed for call in calls):
        return part
    method = methods.get(role)
    return Part(part.name, "wrong", at(INPUT_CHANGED, method.changed() if method else None))


def _large(runs: list[Run], value: Part, methods: dict[str, Method], remarks: list[str]) -> Part:
    """Whether scores far apart are survived."""
    quantity = quantities.LARGE_SCORES
    calls = [(run, run.call("forward")) for run in runs]
    if value.status != "right" or not calls or calls[0][1] is None:
        return Part(quantity.part, "waiting")
    run, call = calls[0]
    assert call is not None
    s = _situation(run)
    s.right = np.mean(cross_entropies(s.Z, s.Y))
    got = _number(call.result)
    where = methods.get("forward")
    gradient = _array(getattr(run.call("backward"), "result", None))
    finite = gradient is None or np.all(np.isfinite(gradient))
    if got is not None and np.isfinite(got) and finite:
        return Part(quantity.part, "right")
    shifted = [s.Z - s.Z.max()]
    with np.errstate(all="ignore"):
        E = np.exp(shifted[0])
        P = E / E.sum(axis=1, keepdims=True)
    mistake = loss.OVERFLOW
    if gradient is not None and _same_holes(gradient, P):
        mistake = loss.GLOBAL_MAX
    line = where.statement_with_helpers("exp(") if where is not None else None
    sample = Sample(run.case, 0, got, s, call.failure)
    return Part(quantity.part, "wrong", named(quantity, mistake, line, sample))


def _same_holes(one: Any, other: Any) -> bool:
    return np.shape(one) == np.shape(other) and bool(np.array_equal(np.isnan(one), np.isnan(other)))


def _returned(methods: dict[str, Method], role: str) -> Any:
    method = methods.get(role)

    def line(place: str) -> Line | None:
        return method.returned() if method is not None else None

    return line


def _number(result: Any) -> Any:
    """The loss in what forward returned: the first number, if it returned several things."""
    items = result if isinstance(result, list) else [result]
    arrays = [item for item in items if isinstance(item, np.ndarray)]
    scalars = [item for item in arrays if item.size == 1]
    return next(iter([*scalars, *arrays]), None)


def _array(result: Any) -> Any:
    """The gradient in what backward returned."""
    items = result if isinstance(result, list) else [result]
    return next((item for item in items if isinstance(item, np.ndarray)), None)
