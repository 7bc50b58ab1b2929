"""Trying out whether some steps of gradient descent do what they should."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from handgrad.checker import cases, names
from handgrad.checker.attempts import attempt
from handgrad.checker.cases import HIDDEN_DIM, Array, Case
from handgrad.checker.conventions import arrays_in as arrays_of_result
from handgrad.checker.conventions import knows_step_size
from handgrad.checker.layout import way_round
from handgrad.checker.loss_trials import Form, forms_of, new_loss, pass_loss
from handgrad.checker.mathematics import are_probabilities, softmax
from handgrad.checker.methods import has_loss
from handgrad.checker.mistakes import close
from handgrad.checker.network_ways import network_way, stack
from handgrad.checker.objects import plain_result, state_of
from handgrad.checker.observation import Call, Observation, Run, changed, remembers
from handgrad.checker.probing import (
    output_among,
    parameters_of,
)
from handgrad.checker.subjects import Subject
from handgrad.checker.trial import Trial

TRAINING = "training run"


def observe_training(subjects: list[Subject]) -> Observation | None:
    """Some steps of gradient descent with the network, or with linear, activation, linear.

    None where the file has neither.
    """
    observation = Observation(TRAINING, "training")
    found, failure = attempt(None, _parts, subjects, observation)
    if found is None or failure:
        return None
    made, case = found
    run = Run(case, "")
    record = Call("train", {}, {})
    run.calls.append(record)
    observation.runs.append(run)
    parts = [Trial(part, Run(case, ""), None) for part in made]
    record.before = state_of(made)
    losses = [subject for subject in subjects if subject.kind == "loss"]

    def train() -> list[Array]:
        outputs = []
        X = case.inputs(0)
        scores = _forward(parts, X, observation.columns)
        parameters = [parameters_of(part.thing, part.last_input) for part in parts]
        gradient = _loss_gradient(losses, scores, case, observation.columns)
        for _ in range(cases.TRAINING_STEPS):
            outputs.append(_forward(parts, X, observation.columns))
            _backward(parts, gradient(outputs[-1]), observation.columns)
            for part, own in zip(parts, parameters, strict=True):
                part.step()
                observation.stepped |= part.run.calls[-1].method == "step"
                observation.remembers |= _moves_more(part, own)
        calls = [call for part in parts for call in part.run.calls]
        observation.rate_in_code = any(map(_moves_by_itself, calls))
        return [outputs[0], _forward(parts, X, observation.columns)]

    outputs, record.failure = attempt(None, train)
    record.result = plain_result(outputs)
    record.after = state_of(made)
    return observation


def _moves_more(part: Trial, parameters: list[str]) -> bool:
    """Whether the last step of a part changed more than weights, biases and their gradients.

    That is what it remembers, or a parameter of another kind: the scale of a normalization, say.
    Where there is no step, backward may take it.
    """
    before, step = part.run.calls[-2:]
    backward = before if step.method == "step" else step
    if set(changed(step)).isdisjoint(parameters):
        return False
    own = [path for path in parameters if names.parameter_role(path)]
    own += [path for path in changed(backward) if names.is_gradient(path)]
    return remembers(step, [path for path in own if path in step.after])


def _moves_by_itself(call: Call) -> bool:
    """Whether a call moves parameters by a step size that is not known."""
    moved = any(names.parameter_role(path) for path in changed(call))
    return moved and call.method != "forward" and not knows_step_size(call)


def _parts(subjects: list[Subject], observation: Observation) -> tuple[list[Any], Case] | None:
    """What is trained, [network] or [linear, activation, linear], and on which batch."""
    case = cases.TRAINING
    network = next((subject for subject in subjects if subject.kind == "network"), None)
    if network is not None and not has_loss(network.cls):
        way = network_way(network, subjects)
        if not way.unjudged:
            observation.columns = way.columns
            return [way.make(2)], Case(case.n, way.case.d, way.case.c)
    linear = next((subject for subject in subjects if subject.kind == "linear"), None)
    layers = stack(subjects, case, [case.d, HIDDEN_DIM, case.c])
    if linear is None or not layers:
        return None
    observation.columns = bool(way_round(linear, case).columns)
    return layers, case


def _forward(parts: list[Trial], X: Array, columns: bool) -> Array:
    value = X.T if columns else X
    for part in parts:
        if not part.forward(value):
            raise RuntimeError("forward failed")
        value = output_among(part.result)
    return value.T if columns else value


def _backward(parts: list[Trial], G: Array, columns: bool) -> None:
    value = G.T if columns else G
    for part in reversed(parts):
        if not part.backward(value):
            raise RuntimeError("backward failed")
        value = _passed_on(part.result, part.last_input.shape)


def _passed_on(result: Any, shape: tuple[int, ...]) -> Any:
    """What goes to the layer below: of several arrays the one of this shape, or else the first."""
    arrays = [array for _, array in arrays_of_result(plain_result(result))]
    fitting = [array for array in arrays if array.shape == shape]
    return next(iter([*fitting, *arrays]), None)


def _loss_gradient(
    losses: list[Subject], Z: Array, case: Case, columns: bool
) -> Callable[[Array], Array]:
    """The gradient of the file's own loss of scores, in the form that suits it; else the right one.

    The 1/n of the mean may be in the layers instead. A network may end in a softmax.
    """

    def right(Z: Array) -> Array:
        Y = np.eye(case.c)[case.labels()]
        return (-Y / Z if are_probabilities(Z) else softmax(Z) - Y) / case.n

    for loss, form in itertools.product(losses, forms_of(["scores"], columns)):
        trial, _ = new_loss(loss, Run(case, ""))
        if trial is None:
            continue

        def own(Z: Array, trial: Trial = trial, form: Form = form) -> Array:
            result = pass_loss(trial, form, Z, case.labels())
            shape = Z.shape[::-1] if form.columns else Z.shape
            return np.array(form.in_rows(_passed_on(result, shape)), dtype=float)

        gradient, failure = attempt(None, own, Z)
        if failure is None and any(close(gradient, k * right(Z)) for k in (1, case.n)):
            return own
    return right
