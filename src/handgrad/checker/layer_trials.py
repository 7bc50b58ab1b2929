"""Trying a layer out and writing down what it does; judging it is somebody else's work."""

from collections.abc import Container
from typing import Any

import numpy as np

from handgrad.checker import cases
from handgrad.checker.attempts import attempt
from handgrad.checker.cases import Case
from handgrad.checker.differentiating import differentiate, differentiate_loss
from handgrad.checker.layout import way_round
from handgrad.checker.mathematics import ACTIVATIONS
from handgrad.checker.methods import backward_has_loss
from handgrad.checker.mistakes import same_shape
from handgrad.checker.objects import arrays_in, twin
from handgrad.checker.observation import Observation, Run
from handgrad.checker.probing import (
    batch,
    fill_parameters,
    is_random,
    is_random_in_training,
    make_parameters,
    output_of,
    parameters_of,
    targets,
)
from handgrad.checker.subjects import Subject
from handgrad.checker.trial import Trial


def observe_layer(subject: Subject, observation: Observation) -> None:
    """A layer from n × d to n × c; an activation, or a softmax, keeps the width."""
    tried = [c for c in cases.ALL if subject.sizes in (None, (c.d, c.c))] or [
        Case(n, *subject.sizes) for n in (5, 6, 1, 2) if subject.sizes
    ]
    if subject.kind in ACTIVATIONS and subject.sizes is None:
        tried = [*tried, cases.SPREAD]
    observation.takes_labels = subject.kind == "softmax" and backward_has_loss(subject.cls)
    way = way_round(subject, tried[0])
    observation.problem = way.problem
    if way.columns is not None:
        observation.columns = way.columns
    observation.made_without_activation = way.without_activation
    observation.own_forward = subject.kind == "unknown" or not way.linear
    for case in tried if observation.problem is None else []:
        thing, observation.problem = attempt(subject.folder, way.make, case)
        if observation.problem:
            return
        case = Case(case.n, case.d, _output_width(subject, thing, case, observation.columns))
        X = batch(case, observation.columns)[0]
        if subject.kind == "linear":
            make_parameters(thing, X)
        if not observation.parameters:
            observation.parameters = parameters_of(thing, X)
            observation.own_forward |= subject.kind == "linear" and not _has_weights(thing, case)
        fill_parameters(thing, observation.parameters, case)
        first = not observation.runs
        if first:
            observation.random = is_random(thing, X)
            observation.random_in_training = is_random_in_training(thing, X)
        run = Run(case, "")
        observation.runs.append(run)
        trial = Trial(thing, run, subject.folder)
        by_differences = (0, 1) if first and observation.own_forward else ()
        pass_twice(trial, case, observation, by_differences)
        if timed_out(run):
            return
    if subject.kind == "softmax":
        run = Run(cases.LARGE, "")
        observation.runs.append(run)
        Z = cases.LARGE_LOGITS
        Trial(thing, run, subject.folder).forward(Z.T.copy() if observation.columns else Z)


def _output_width(subject: Subject, thing: Any, case: Case, columns: bool) -> int:
    """c for a linear layer; whatever comes out for a layer of unknown kind; else d."""
    if subject.kind == "linear":
        return case.c
    if subject.kind == "unknown":
        shape = np.shape(output_of(twin(thing), batch(case, columns)[0]))
        examples = -1 if columns else 0
        if len(shape) == 2 and shape[examples] == case.n:
            return int(shape[-1 - examples])
    return case.d


def _has_weights(thing: Any, case: Case) -> bool:
    """Whether there is an array of d × c or c × d."""
    shapes = {array.shape for array in arrays_in(thing).values()}
    return not shapes.isdisjoint({(case.d, case.c), (case.c, case.d)})


def pass_twice(
    trial: Trial, case: Case, observation: Observation, by_differences: Container[int] = ()
) -> None:
    """Forward, backward, step; then forward and backward with other numbers.

    Before the passes in `by_differences` the central differences are taken: of the output, or,
    where backward is given labels, of the network's own loss. Once a parameter has another shape,
    nothing can be said of what follows.
    """
    for number in (0, 1):
        X, G = batch(case, observation.columns, number)
        labels = trial.run.labels
        Y = targets(case, labels, observation.columns, number) if labels else None
        if number in by_differences and Y is not None:
            differences = differentiate_loss(trial.thing, X, Y, trial.run.parameters)
            trial.run.loss_differences.append(differences)
        elif number in by_differences:
            differences = differentiate(trial.thing, X, G, observation.parameters)
            observation.differences.append(differences)
        if not trial.forward(X, Y):
            return
        if Y is None:
            trial.backward(G)
        else:
            trial.backward_from_labels(Y)
        if number == 0 and not _reshaped(trial.run, observation.parameters):
            trial.step()
        if _reshaped(trial.run, observation.parameters):
            return


def _reshaped(run: Run, parameters: list[str]) -> bool:
    """Whether a parameter has another shape than at first."""
    first, last = run.calls[0].before, run.calls[-1].after
    kept = [path for path in parameters if path in first]
    return any(path not in last or not same_shape(last[path], first[path]) for path in kept)


def timed_out(run: Run) -> bool:
    """Whether a call in the run was endless; the next would be, too."""
    return any(c.failure is not None and c.failure.kind == "TimeLimit" for c in run.calls)
