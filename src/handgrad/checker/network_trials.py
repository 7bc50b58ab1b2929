"""Trying a whole network out, and a training run with it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from handgrad.checker import cases
from handgrad.checker.attempts import attempt
from handgrad.checker.cases import HIDDEN_DIM, Array, Case
from handgrad.checker.layer_trials import (
    Subject,
    differentiate,
    fill_parameters,
    oriented,
    output_of,
    parameters_of,
    pass_twice,
    timed_out,
)
from handgrad.checker.loss_trials import LABEL_FORMS, new_loss, pass_loss
from handgrad.checker.mathematics import softmax
from handgrad.checker.objects import plain_result, state_of
from handgrad.checker.observation import Call, Observation, Run
from handgrad.checker.trial import Trial


def observe_network(subject: Subject, observation: Observation, others: list[Subject]) -> None:
    """A network of 4, 3, 2 and 1 linear layers, or of as many as it has.

    Of 4, two hidden layers are of the same widths: where these are one object, it shows.
    """
    build = network_builder(subject, others)
    for num_layers in (4, 3, 2, 1) if subject.takes_depth else (None,):
        thing, observation.problem = attempt(subject.folder, build, num_layers)
        if observation.problem:
            return
        case = cases.NETWORK
        X, G = case.inputs(0), case.gradients(0)
        parameters = parameters_of(thing, X)
        fill_parameters(thing, parameters, case)
        if not observation.runs:
            observation.parameters = parameters
            differentiate(thing, X, G, observation)
        run = Run(case, f"{num_layers} layers" if num_layers else OWN_LAYERS)
        observation.runs.append(run)
        pass_twice(Trial(thing, run, subject.folder), case, False)
        if timed_out(run):
            return


OWN_LAYERS = "as many layers as it has"
"""The variant of a run of a network that is not asked for a number of layers."""


def network_builder(subject: Subject, others: list[Subject]) -> Callable[[int | None], Any]:
    """Makes a network of so many layers, with the first kind of `activation` it accepts."""
    case = cases.NETWORK
    activations: list[Any] = ["Sigmoid", "sigmoid", "ReLU", "relu"]
    for kind in ("sigmoid", "relu", "tanh"):
        activations += [other.cls for other in others if other.kind == kind]
        activations += [other.build({}) for other in others if other.kind == kind]

    def build(activation: Any, num_layers: int | None) -> Any:
        sizes = {"input_dim": case.d, "output_dim": case.c, "hidden_dim": cases.HIDDEN_DIM}
        return subject.build({**sizes, "num_layers": num_layers, "activation": activation})

    for activation in activations:
        thing, failure = attempt(subject.folder, build, activation, 3)
        if failure is None and output_of(thing, case.inputs(0)) is not None:
            return partial(build, activation)
    return partial(build, activations[0])


TRAINING = "training run"


def observe_training(subjects: list[Subject]) -> Observation | None:
    """Some steps of gradient descent with the network, or with linear, activation, linear.

    None where the file has neither.
    """
    observation = Observation(TRAINING, "training")
    made, failure = attempt(None, _parts, subjects, observation)
    if made is None or failure:
        return None
    run = Run(cases.TRAINING, "")
    record = Call("train", {}, {})
    run.calls.append(record)
    observation.runs.append(run)
    parts = [Trial(part, Run(cases.TRAINING, ""), None) for part in made]
    record.before = state_of(made)
    losses = [subject for subject in subjects if subject.kind == "loss"]

    def train() -> list[Array]:
        outputs = []
        X = cases.TRAINING.inputs(0)
        gradient = _loss_gradient(losses, _forward(parts, X, observation.columns))
        for _ in range(cases.TRAINING_STEPS):
            outputs.append(_forward(parts, X, observation.columns))
            _backward(parts, gradient(outputs[-1]), observation.columns)
            for part in parts:
                part.step()
        return [outputs[0], _forward(parts, X, observation.columns)]

    outputs, record.failure = attempt(None, train)
    record.result = plain_result(outputs)
    record.after = state_of(made)
    return observation


def _parts(subjects: list[Subject], observation: Observation) -> list[Any] | None:
    """What is trained: [network], or [linear, activation, linear]."""
    by_kind = {subject.kind: subject for subject in reversed(subjects)}
    if "network" in by_kind:
        return [network_builder(by_kind["network"], subjects)(2)]
    activation = by_kind.get("sigmoid") or by_kind.get("tanh") or by_kind.get("relu")
    if "linear" not in by_kind or activation is None:
        return None
    case = cases.TRAINING
    make = oriented(by_kind["linear"], case, observation)
    inner, outer = Case(case.n, case.d, HIDDEN_DIM), Case(case.n, HIDDEN_DIM, case.c)
    return [make(inner), activation.build({}), make(outer)]


def _forward(parts: list[Trial], X: Array, columns: bool) -> Array:
    value = X.T if columns else X
    for part in parts:
        if not part.forward(value):
            raise RuntimeError("forward failed")
        value = _first(part.result)
    return value.T if columns else value


def _backward(parts: list[Trial], G: Array, columns: bool) -> None:
    value = G.T if columns else G
    for part in reversed(parts):
        if not part.backward(value):
            raise RuntimeError("backward failed")
        value = _first(part.result)


def _first(result: Any) -> Any:
    return result[0] if isinstance(result, tuple | list) and result else result


def _loss_gradient(losses: list[Subject], Z: Array) -> Callable[[Array], Array]:
    """The gradient of the file's own loss, with labels as it likes them; else the right one."""
    case = cases.TRAINING

    def right(Z: Array) -> Array:
        return (softmax(Z) - np.eye(case.c)[case.labels()]) / case.n

    best, least = right, float("inf")
    for loss in losses:
        for form in LABEL_FORMS.values():
            labels = form(case.labels(), case.c)
            trial, failure = attempt(None, new_loss, loss, Run(case, ""))
            if failure is not None:
                continue

            def own(Z: Array, trial: Trial = trial, labels: Any = labels) -> Array:
                return np.array(_first(pass_loss(trial, Z, labels)), dtype=float)

            gradient, failure = attempt(None, own, Z)
            if failure is None and np.shape(gradient) == Z.shape:
                error = float(np.max(np.abs(gradient - right(Z))))
                if error < least:
                    best, least = own, error
    return best
