"""Trying a loss out, in each of the forms that losses have."""

import itertools
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any

import numpy as np

from handgrad.checker import cases, names
from handgrad.checker.attempts import Failure, attempt
from handgrad.checker.binding import parameter_names, required_names
from handgrad.checker.cases import LABELS, Array
from handgrad.checker.layer_trials import timed_out
from handgrad.checker.mathematics import softmax
from handgrad.checker.methods import method, takes_labels
from handgrad.checker.observation import Observation, Run
from handgrad.checker.subjects import Subject
from handgrad.checker.trial import Trial

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
        One of `cases.LABELS`.
    softened
        Whether backward is given the probabilities in the place of the scores.
    """

    takes: str
    columns: bool
    labels: str
    softened: bool = False

    def __str__(self) -> str:
        words = [] if self.takes == "scores" else [self.takes]
        words += ["examples in columns"] if self.columns else []
        shape = {"n × 1": "1 × n"}.get(self.labels, self.labels) if self.columns else self.labels
        words += [f"labels of shape {shape}"]
        words += ["backward takes the probabilities"] if self.softened else []
        return ", ".join(words)

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
    for form in itertools.starmap(
        Form, itertools.product(TAKES, (False, True), LABELS, (False, True))
    )
    if form.takes == "scores" or not form.softened
}
"""All forms by how they are called, the commonest first."""


def forms_of(takes: Container[str], columns: bool | None) -> list[Form]:
    """The forms of a loss that takes one of these; `columns` is None where nothing says."""
    return [f for f in FORMS.values() if f.takes in takes and columns in (None, f.columns)]


def observe_loss(subject: Subject, observation: Observation, columns: bool | None) -> None:
    """A loss, in each of the forms that it may have, by its name and by its file."""
    classes = [case for case in cases.ALL if case.c > 1]
    for form in forms_of(names.loss_takes(subject.name), columns):
        if form.softened and not _may_be_softened(subject):
            continue
        for case in classes:
            run = Run(case, str(form))
            trial, observation.problem = new_loss(subject, run)
            if trial is None:
                return
            observation.runs.append(run)
            for number in (0, 1):
                pass_loss(trial, form, case.logits(number), case.labels(number))
                if timed_out(run):
                    return
        run = Run(cases.LARGE, str(form))
        trial, observation.problem = new_loss(subject, run)
        if trial is None:
            return
        observation.runs.append(run)
        pass_loss(trial, form, cases.LARGE_LOGITS, cases.LARGE_LABELS)


def new_loss(subject: Subject, run: Run) -> tuple[Trial | None, Failure | None]:
    """A new loss for c classes, whose calls are written down in `run`; None, and why there is none.

    As a layer it is one from c numbers.
    """
    sizes = {"input_dim": run.case.c, "output_dim": run.case.c}
    thing, failure = attempt(subject.folder, subject.build, sizes, {})
    return (Trial(thing, run, subject.folder) if failure is None else None), failure


def pass_loss(trial: Trial, form: Form, Z: Array, labels: np.ndarray) -> Any:
    """Call forward and backward of a loss of scores Z, n × c; return what backward did, or None.

    Between the two comes a loss that is given the labels, if forward gives no loss but a matrix.
    """
    values = form.values(Z, labels)
    if not trial.make("forward", values):
        return None
    output = trial.result[0] if isinstance(trial.result, tuple) else trial.result
    is_apart = np.ndim(output) == 2 and takes_labels(trial.thing, "loss")
    if is_apart and not trial.make("loss", {"output": output, "labels": values["labels"]}):
        return None
    backward = method(trial.thing, "backward")
    assert backward is not None  # It was chosen for having one.
    needed = required_names(backward)
    if isinstance(trial.result, tuple) and len(trial.result) > 1:
        values["cache"] = trial.result[1]
    if len(needed) == 1 and names.argument_role(needed[0], values) is None:
        values = {"gradient": np.ones(())}
    elif form.softened:
        values = form.values(softmax(Z), labels)
    trial.make("backward", values)
    return trial.result


def _may_be_softened(subject: Subject) -> bool:
    """Whether backward asks for one more array than the labels, which may be the probabilities.

    Not where its name says that it is the scores, or is the one it has in forward.
    """
    forward, backward = (method(subject.cls, role) for role in ("forward", "backward"))
    assert forward is not None  # It was chosen for having both.
    assert backward is not None
    needed = required_names(backward)[1:]
    asked = [name for name in needed if not names.argument_role(name, ["labels"])]
    known = {*parameter_names(forward), "z", "x", "logits", "logit", "scores", "score", "inputs"}
    return len(needed) > 1 and known.isdisjoint(asked)
