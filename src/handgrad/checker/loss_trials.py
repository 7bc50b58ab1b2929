"""Trying a loss out, with labels in each of the forms they come in."""

from collections.abc import Callable
from typing import Any

import numpy as np

from handgrad.checker import cases, names
from handgrad.checker.attempts import attempt
from handgrad.checker.binding import CannotGuessError, required_names
from handgrad.checker.cases import Array, Case
from handgrad.checker.layer_trials import Subject, timed_out
from handgrad.checker.objects import method
from handgrad.checker.observation import Observation, Run
from handgrad.checker.trial import Trial

LABEL_FORMS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "n": lambda labels, c: labels,
    "n × 1": lambda labels, c: labels[:, None],
    "one-hot": lambda labels, c: np.eye(c)[labels],
}
"""The forms that labels come in, for n labels of c classes."""


def observe_loss(subject: Subject, observation: Observation) -> None:
    """A loss on scores, n × c, and labels, in each of the forms that labels come in."""
    classes = [case for case in cases.ALL if case.c > 1]
    for form, labels in LABEL_FORMS.items():
        for case in classes:
            run = Run(case, form)
            observation.runs.append(run)
            trial = new_loss(subject, run)
            for number in (0, 1):
                pass_loss(trial, case.logits(number), labels(case.labels(number), case.c))
                if timed_out(run):
                    return
        run = Run(Case(3, 3, 3), f"{form}, large")
        observation.runs.append(run)
        pass_loss(new_loss(subject, run), cases.LARGE_LOGITS, labels(cases.LARGE_LABELS, 3))


def new_loss(subject: Subject, run: Run) -> Trial:
    """A new loss, whose calls are written down in `run`."""
    thing, failure = attempt(subject.folder, subject.build, {})
    if failure:
        raise CannotGuessError(str(failure))
    return Trial(thing, run, subject.folder)


def pass_loss(trial: Trial, scores: Array, labels: np.ndarray) -> Any:
    """Call forward and backward of a loss; return what backward did, or None."""
    if not trial.make("forward", names.FORWARD, {"scores": scores, "labels": labels}):
        return None
    needed = required_names(method(trial.thing, names.BACKWARD) or print)
    values = {"scores": scores, "labels": labels}
    if len(needed) == 1 and names.argument_role(needed[0], values) is None:
        values = {"gradient": np.ones(())}
    trial.make("backward", names.BACKWARD, values)
    return trial.result
