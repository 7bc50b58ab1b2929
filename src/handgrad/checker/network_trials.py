"""Trying a whole network out, and a training run with it."""

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from handgrad.checker import cases, names
from handgrad.checker.attempts import Failure, attempt
from handgrad.checker.binding import required_names
from handgrad.checker.cases import HIDDEN_DIM, Array, Case
from handgrad.checker.layer_trials import differentiate, pass_twice, timed_out
from handgrad.checker.layout import way_round
from handgrad.checker.loss_trials import Form, forms_of, new_loss, pass_loss
from handgrad.checker.mathematics import are_probabilities, softmax
from handgrad.checker.mistakes import close
from handgrad.checker.objects import method, plain_result, state_of
from handgrad.checker.observation import Call, Observation, Run, changed
from handgrad.checker.probing import batch, fill_parameters, is_random, output_of, parameters_of
from handgrad.checker.subjects import Subject, Values
from handgrad.checker.trial import Trial


def observe_network(subject: Subject, observation: Observation, others: list[Subject]) -> None:
    """A network of 4, 3, 2 and 1 linear layers, or of as many as it has.

    Of 4, two hidden layers are of the same widths: where these are one object, it shows.
    """
    observation.takes_labels = takes_labels(subject)
    build, observation.columns = network_builder(subject, others)
    for num_layers in (4, 3, 2, 1) if subject.takes_depth else (None,):
        thing, observation.problem = attempt(subject.folder, build, num_layers)
        if observation.problem:
            return
        case = cases.NETWORK
        X, G = batch(case, observation.columns)
        parameters = parameters_of(thing, X)
        if not parameters and num_layers in (4, None):
            observation.problem = Failure("NoLayers", "it has no parameters, and so no layers yet")
            return
        fill_parameters(thing, parameters, case)
        if not observation.runs:
            observation.parameters = parameters
            observation.random = is_random(thing, X)
            differentiate(thing, X, G, observation)
        run = Run(case, f"{num_layers} layers" if num_layers else OWN_LAYERS)
        observation.runs.append(run)
        trial = Trial(thing, run, subject.folder)
        if observation.takes_labels:
            trial.forward(X)
        else:
            pass_twice(trial, case, observation)
        if timed_out(run):
            return


def takes_labels(network: Subject) -> bool:
    """Whether its backward has the loss in it: it asks for labels, and for no gradient."""
    backward = method(network.cls, names.BACKWARD)
    assert backward is not None  # It was chosen for having one.
    asked = required_names(backward)
    return any(names.argument_role(name, ["labels"]) for name in asked) and not any(
        names.argument_role(name, ["gradient"]) for name in asked
    )


OWN_LAYERS = "as many layers as it has"
"""The variant of a run of a network that is not asked for a number of layers."""


def network_builder(
    subject: Subject, others: list[Subject]
) -> tuple[Callable[[int | None], Any], bool]:
    """What makes a network of so many layers, with the first kind of `activation` it accepts.

    And whether that network takes its examples in columns.
    """
    case = cases.NETWORK
    activations: list[Any] = ["Sigmoid", "sigmoid", "ReLU", "relu"]
    for kind in ("sigmoid", "relu", "tanh"):
        activations += [other.cls for other in others if other.kind == kind]
        activations += [other.build({}, {}) for other in others if other.kind == kind]

    def build(activation: Any, several: bool, num_layers: int | None) -> Any:
        hidden = [HIDDEN_DIM] * ((num_layers or 2) - 1)
        sizes: Values = {"input_dim": case.d, "output_dim": case.c}
        sizes |= {"hidden_dim": hidden if several else HIDDEN_DIM, "num_layers": num_layers}
        required = {"activation": activation, "layer_sizes": [case.d, *hidden, case.c]}
        return subject.build(sizes, required)

    for activation, several in itertools.product(activations, (False, True)):
        make = partial(build, activation, several)
        thing, failure = attempt(subject.folder, make, 3 if subject.takes_depth else None)
        if failure is not None:
            continue
        if output_of(thing, case.inputs(0)) is not None:
            return make, False
        if np.shape(output_of(thing, batch(case, True)[0])) == (case.c, case.n):
            return make, True
    return partial(build, activations[0], False), False


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
        scores = _forward(parts, X, observation.columns)
        gradient = _loss_gradient(losses, scores, observation.columns)
        for _ in range(cases.TRAINING_STEPS):
            outputs.append(_forward(parts, X, observation.columns))
            _backward(parts, gradient(outputs[-1]), observation.columns)
            for part in parts:
                part.step()
                last = part.run.calls[-1]
                if last.method == "step":
                    observation.stepped = True
                    observation.remembers |= any(map(_is_memory, changed(last)))
        return [outputs[0], _forward(parts, X, observation.columns)]

    outputs, record.failure = attempt(None, train)
    record.result = plain_result(outputs)
    record.after = state_of(made)
    return observation


def _is_memory(path: str) -> bool:
    """Whether an array that a step changed is none of parameters and gradients."""
    leaf = path.rpartition(".")[2]
    return names.parameter_role(leaf) is None and not names.is_gradient(path)


def _parts(subjects: list[Subject], observation: Observation) -> list[Any] | None:
    """What is trained: [network], or [linear, activation, linear]."""
    by_kind = {subject.kind: subject for subject in reversed(subjects)}
    if "network" in by_kind and not takes_labels(by_kind["network"]):
        build, observation.columns = network_builder(by_kind["network"], subjects)
        return [build(2)]
    activation = by_kind.get("sigmoid") or by_kind.get("tanh") or by_kind.get("relu")
    if "linear" not in by_kind or activation is None:
        return None
    case = cases.TRAINING
    way = way_round(by_kind["linear"], case)
    observation.columns, make = bool(way.columns), way.make
    inner, outer = Case(case.n, case.d, HIDDEN_DIM), Case(case.n, HIDDEN_DIM, case.c)
    return [make(inner), activation.build({}, {}), make(outer)]


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


def _loss_gradient(losses: list[Subject], Z: Array, columns: bool) -> Callable[[Array], Array]:
    """The gradient of the file's own loss of scores, in the form that suits it; else the right one.

    The 1/n of the mean may be in the layers instead. A network may end in a softmax.
    """
    case = cases.TRAINING

    def right(Z: Array) -> Array:
        Y = np.eye(case.c)[case.labels()]
        return (-Y / Z if are_probabilities(Z) else softmax(Z) - Y) / case.n

    for loss, form in itertools.product(losses, forms_of(["scores"], columns)):
        trial, failure = attempt(None, new_loss, loss, Run(case, ""))
        if failure is not None:
            continue

        def own(Z: Array, trial: Trial = trial, form: Form = form) -> Array:
            result = _first(pass_loss(trial, form.values(Z, case.labels())))
            return np.array(form.in_rows(result), dtype=float)

        gradient, failure = attempt(None, own, Z)
        if failure is None and any(close(gradient, k * right(Z)) for k in (1, case.n)):
            return own
    return right
