"""Trying a whole network out."""

import itertools
from dataclasses import replace
from typing import Any

import numpy as np

from handgrad.checker.attempts import Failure, attempt
from handgrad.checker.cases import LABELS, NETWORK, Array
from handgrad.checker.layer_trials import pass_twice, timed_out
from handgrad.checker.mathematics import are_probabilities
from handgrad.checker.methods import backward_has_loss, forward_has_loss, says_what_it_asks_for
from handgrad.checker.network_ways import network_way
from handgrad.checker.objects import arrays_in, twin
from handgrad.checker.observation import Observation, Run
from handgrad.checker.probing import (
    batch,
    fill_parameters,
    is_random,
    is_random_in_training,
    output_of,
    output_shape,
    parameters_of,
    scale_parameters,
)
from handgrad.checker.subjects import Subject
from handgrad.checker.trial import Trial

MOST_DIFFERENCES = 2000
"""Of more parameters than these, central differences would take too long."""

MOST_HELD = 100_000
"""So would those of an object with more numbers in it than these, which are copied each time."""

OWN_LAYERS = "as many layers as it has"
"""The variant of a run of a network that is not asked for a number of layers."""

LOSS_IN_FORWARD = "its forward asks for labels; one that returns its output would be judged"


def observe_network(subject: Subject, observation: Observation, others: list[Subject]) -> None:
    """A network of 4, 3, 2 and 1 linear layers, or of as many as it has; then a batch of one.

    Of 4, two hidden layers are of the same widths: where these are one object, it shows. One whose
    backward is given labels is tried with each form of them.
    """
    observation.takes_labels = backward_has_loss(subject.cls)
    observation.is_guessed = not says_what_it_asks_for(subject.cls, "backward")
    if not observation.takes_labels and forward_has_loss(subject.cls):
        observation.unjudged = LOSS_IN_FORWARD
        return
    way = network_way(subject, others)
    observation.columns, observation.unjudged = way.columns, way.unjudged
    if way.unjudged:
        return
    depths = (4, 3, 2, 1) if subject.takes_depth and way.takes_depth else (None,)
    tries = [*((way.case, depth) for depth in depths), (replace(way.case, n=1), depths[0])]
    forms = LABELS if observation.takes_labels else ("",)
    for labels, (case, num_layers) in itertools.product(forms, tries):
        variant = f"{num_layers} layers" if num_layers else OWN_LAYERS
        run = Run(case, variant, labels=labels)
        thing, observation.problem = attempt(subject.folder, way.make, num_layers)
        if observation.problem is None:
            observation.problem = _prepare(thing, run, observation)
        if observation.problem is not None:
            return
        passes = _passes_by_differences(thing, run, observation, (case, num_layers) == tries[0])
        observation.runs.append(run)
        pass_twice(Trial(thing, run, subject.folder), case, observation, passes)
        if timed_out(run):
            return


def _passes_by_differences(
    thing: Any, run: Run, observation: Observation, is_first: bool
) -> tuple[int, ...]:
    """The passes of a run before which central differences are taken.

    Of the output, in the first run of all; of the network's own loss, with each form of labels.
    """
    sizes = [arrays_in(thing)[path].size for path in run.parameters]
    held = sum(array.size for array in arrays_in(thing, most=np.inf).values())
    if sum(sizes) > MOST_DIFFERENCES or held > MOST_HELD:
        return ()
    if not run.labels:
        return () if observation.runs else (0,)
    if observation.random:
        return ()
    return (0, 1) if is_first else (0,)


def _prepare(thing: Any, run: Run, observation: Observation) -> Failure | None:
    """Give the parameters of a new network their values; of the first, find out more.

    What is returned is why it cannot be tried.
    """
    # With one example alone, ReLUs may hide the parameters before them.
    several = replace(run.case, n=max(run.case.n, NETWORK.n))
    X = batch(several, observation.columns)[0]
    shape = output_shape(several, observation.columns)
    run.parameters = parameters_of(thing, X, shape)
    fill_parameters(thing, run.parameters, run.case)
    output = output_of(twin(thing), X, shape)
    softened = output is not None and are_probabilities(output.T if observation.columns else output)
    if observation.takes_labels or softened:  # Large scores would leave a softmax no slope.
        scale_parameters(thing, run.parameters, 0.3)
    if observation.runs:
        return None
    if not run.parameters:
        return Failure("NoLayers", "it has no parameters, and so no layers yet")
    observation.parameters = run.parameters
    observation.random = is_random(thing, X)
    observation.random_in_training = is_random_in_training(thing, X)
    observation.overflows = _overflows(thing, X, run.parameters, shape)
    return None


def _overflows(thing: Any, X: Array, parameters: list[str], shape: tuple[int, int]) -> bool:
    """Whether there are holes in the output where the weights are a thousand times as large."""
    large = twin(thing)
    scale_parameters(large, parameters, 1000)
    output = output_of(large, X, shape)
    return output is not None and not np.all(np.isfinite(output))
