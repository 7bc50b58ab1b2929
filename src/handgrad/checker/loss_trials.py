"""Trying a loss out, in each of the forms that losses have."""

import itertools
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from handgrad.checker import cases, names
from handgrad.checker.attempts import attempt
from handgrad.checker.binding import CannotGuessError, required_names
from handgrad.checker.cases import Array
from handgrad.checker.layer_trials import timed_out
from handgrad.checker.mathematics import softmax
from handgrad.checker.objects import method
from handgrad.checker.observation import Observation, Run
from handgrad.checker.subjects import Subject
from handgrad.checker.trial import Trial

LABELS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "n": lambda labels, c: labels,
    "n × 1": lambda labels, c: labels[:, None],
    "one-hot": lambda labels, c: np.eye(c)[labels],
}
"""The forms that n labels of c classes come in, where examples are in rows."""

TAKES: dict[str, Callable[[Array], Array]] = {
    "scores": lambda Z: Z,
    "probabilities": softmax,
    "log-probabilities": lambda Z: np.log(softmax(Z)),
}
"""What losses are given, from the scores."""


@dataclass(frozen=True)
class Form:
    """How a loss wants what it is given.

    Attributes
    ----------
    takes
        One of `TAKES`.
    columns
        Whether the examples are in columns.
    labels
        One of `LABELS`.
    """

    takes: str
    columns: bool
    labels: str

    def __str__(self) -> str:
        words = [] if self.takes == "scores" else [self.takes]
        words += ["examples in columns"] if self.columns else []
        shape = {"n × 1": "1 × n"}.get(self.labels, self.labels) if self.columns else self.labels
        return ", ".join([*words, f"labels of shape {shape}"])

    def values(self, Z: Array, labels: np.ndarray) -> dict[str, np.ndarray]:
        """The arguments for scores Z, n × c, and n labels."""
        given, asked = TAKES[self.takes](Z), LABELS[self.labels](labels, Z.shape[1])
        if self.columns:
            given, asked = np.ascontiguousarray(given.T), np.ascontiguousarray(asked.T)
        return {"scores": given, "labels": asked}

    def in_rows(self, array: Any) -> Any:
        """What the loss returned, with the examples in rows."""
        return array.T if self.columns else array


FORMS = {
    str(form): form
    for form in itertools.starmap(Form, itertools.product(TAKES, (False, True), LABELS))
}
"""All forms by how they are called, the commonest first."""


def forms_of(takes: Container[str], columns: bool | None) -> list[Form]:
    """The forms of a loss that takes one of these; `columns` is None where nothing says."""
    return [f for f in FORMS.values() if f.takes in takes and columns in (None, f.columns)]


def observe_loss(subject: Subject, observation: Observation, columns: bool | None) -> None:
    """A loss, in each of the forms that it may have, by its name and by its file."""
    classes = [case for case in cases.ALL if case.c > 1]
    for form in forms_of(names.loss_takes(subject.name), columns):
        for case in classes:
            run = Run(case, str(form))
            observation.runs.append(run)
            trial = new_loss(subject, run)
            for number in (0, 1):
                pass_loss(trial, form.values(case.logits(number), case.labels(number)))
                if timed_out(run):
                    return
        run = Run(cases.LARGE, str(form))
        observation.runs.append(run)
        values = form.values(cases.LARGE_LOGITS, cases.LARGE_LABELS)
        pass_loss(new_loss(subject, run), values)


def new_loss(subject: Subject, run: Run) -> Trial:
    """A new loss, whose calls are written down in `run`."""
    thing, failure = attempt(subject.folder, subject.build, {}, {})
    if failure:
        raise CannotGuessError(str(failure))
    return Trial(thing, run, subject.folder)


def pass_loss(trial: Trial, values: Mapping[str, Any]) -> Any:
    """Call forward and backward of a loss; return what backward did, or None."""
    if not trial.make("forward", names.FORWARD, values):
        return None
    backward = method(trial.thing, names.BACKWARD)
    assert backward is not None  # It was chosen for having one.
    needed = required_names(backward)
    if len(needed) == 1 and names.argument_role(needed[0], values) is None:
        values = {"gradient": np.ones(())}
    trial.make("backward", names.BACKWARD, values)
    return trial.result
