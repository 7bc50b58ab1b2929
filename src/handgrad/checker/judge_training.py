"""Judging a training run: whether the parts, put together, arrive where gradient descent does."""

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np

from handgrad.checker import quantities
from handgrad.checker.cases import STEP_SIZE, TRAINING_STEPS, Array
from handgrad.checker.catalogue import network
from handgrad.checker.conventions import own_rates
from handgrad.checker.judging import Sample, judge, named
from handgrad.checker.links import Link, linear_layers
from handgrad.checker.mathematics import (
    HIDDEN_ACTIVATIONS,
    are_probabilities,
    cross_entropies,
    softmax,
)
from handgrad.checker.mistakes import close
from handgrad.checker.names import is_gradient
from handgrad.checker.observation import Observation, Run
from handgrad.checker.verdict import LayerVerdict, Part


def judge_training(
    observation: Observation, all_right: bool, mean_in_layers: bool, regularized: bool
) -> LayerVerdict:
    """Whether the parts, put together, arrive where gradient descent arrives.

    Where a part is wrong, that is known already, and training is not judged. Nor is it where
    there is no step, and backward moves nothing. Of steps with a memory, of regularized ones, of
    steps of a size that is not known, and of a network that ends in a softmax, no more is asked
    than that the loss falls.
    """
    verdict = LayerVerdict(observation.name, observation.kind)
    part = quantities.TRAINING.part
    if not all_right:
        note = "judged when the parts it is made of are right"
        verdict.parts = [Part(part, "waiting", note=note)]
        return verdict
    run = observation.runs[0]
    call = run.calls[0]
    paths = [p for p in call.before if not is_gradient(p)]
    links = linear_layers(paths, call.before, run.case.d, observation.columns)
    s = SimpleNamespace(n=run.case.n, d=run.case.d, c=run.case.c, G_symbol="", right=np.zeros(1))
    outputs = call.result if isinstance(call.result, list) else []
    if call.failure is not None or len(outputs) != 2 or not all(_is_array(o) for o in outputs):
        sample = Sample(run.case, 0, None, s, call.failure)
        verdict.parts = [judge(quantities.TRAINING, [sample], [], [], lambda place: None)]
        return verdict
    if not observation.stepped and close(*outputs):
        verdict.parts = [Part(part, "absent", note="there is no step to train with", unjudged=True)]
        return verdict
    rates = [STEP_SIZE, *own_rates(call.before)]
    # Without a loss of the file's own, the 1/n is in the loss here, too.
    rates += [rate / run.case.n for rate in rates] if mean_in_layers else []
    ways = itertools.product(HIDDEN_ACTIVATIONS, rates if len(links) == 2 else ())
    ends = [train(links, run, name, rate) for name, rate in ways]
    Y = np.eye(run.case.c)[run.case.labels()]
    softened = all(are_probabilities(output) for output in outputs)
    if softened:
        outputs, ends = [np.log(P) for P in outputs], [np.log(softmax(end)) for end in ends]
    losses = [float(np.mean(cross_entropies(Z, Y))) for Z in outputs]
    told = f"the loss went from {losses[0]:.4f} to {losses[1]:.4f} in {TRAINING_STEPS} steps"
    s.right = next((end for end in ends if close(outputs[1], end)), ends[0] if ends else None)
    # The gradient that a network with a softmax wants may be that with respect to the scores.
    unknown = observation.remembers or observation.rate_in_code
    other = softened or unknown or regularized
    if (s.right is None or other) and losses[1] < losses[0]:
        s.right = outputs[1]
    sample = Sample(run.case, 0, outputs[1], s)
    if s.right is not None and sample.right:
        verdict.parts = [Part(part, "right", note=told)]
    else:
        finding = named(quantities.TRAINING, network.TRAINS_WRONG, None, sample)
        verdict.parts = [Part(part, "wrong", finding, note=told)]
    return verdict


def train(links: list[Link], run: Run, activation: str, step_size: float) -> Array:
    """The scores after the training run, by plain gradient descent on two linear layers."""
    (W1, b1), (W2, b2) = ((link.W, link.b) for link in links)
    biased1, biased2 = (link.bias is not None for link in links)
    function, slope = HIDDEN_ACTIVATIONS[activation]
    X, Y = run.case.inputs(0), np.eye(run.case.c)[run.case.labels()]
    for _ in range(TRAINING_STEPS):
        Z1 = X @ W1 + b1
        A = function(Z1)
        G2 = (softmax(A @ W2 + b2) - Y) / run.case.n
        G1 = G2 @ W2.T * slope(Z1)
        W2, b2 = W2 - step_size * A.T @ G2, b2 - biased2 * step_size * G2.sum(axis=0)
        W1, b1 = W1 - step_size * X.T @ G1, b1 - biased1 * step_size * G1.sum(axis=0)
    return function(X @ W1 + b1) @ W2 + b2


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray)
