"""What was seen of a layer: plain data, so that it can leave the process where the layer ran."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from handgrad.checker.attempts import Failure
from handgrad.checker.cases import Case

State = dict[str, Any]
"""The arrays in an object by path, such as `weights`, `params.W` or `layers.0.bias`."""


@dataclass
class Call:
    """One call of a method, and the object before and after it."""

    method: str
    before: State
    after: State
    result: Any = None
    changed: list[str] = field(default_factory=list)
    """Which of the caller's arrays it wrote into."""
    given: list[str] = field(default_factory=list)
    """What it was given, by role."""
    failure: Failure | None = None


@dataclass
class Run:
    """A sequence of calls on one new object: forward, backward, step, forward, backward."""

    case: Case
    variant: str
    calls: list[Call] = field(default_factory=list)
    parameters: list[str] = field(default_factory=list)
    """Of a network, the arrays on which the output depends, by path."""
    labels: str = ""
    """Of a network whose backward is given labels, their form: one of `cases.LABELS`."""
    loss_differences: list[State] = field(default_factory=list)
    """Of one that computes its loss itself, the central differences of that in its passes, by each
    parameter, as far as they were taken."""

    def call(self, method: str, number: int = 0) -> Call | None:
        """The first (0) or second (1) call of that method, if it was made."""
        calls = [call for call in self.calls if call.method == method]
        return calls[number] if number < len(calls) else None

    @property
    def failed(self) -> bool:
        """Whether a call stopped with an error."""
        return any(call.failure is not None for call in self.calls)


@dataclass
class Observation:
    """Everything that was seen of one class.

    Attributes
    ----------
    name, kind
        The class's name, and what kind of layer it is.
    problem
        Why nothing could be seen: it cannot be constructed, say.
    defined
        Whether there is such a class: its definition may have failed.
    columns
        Whether a batch holds its examples in columns, d × n.
    takes_labels
        Whether the backward of a network, or of a softmax, asks for labels, not for a gradient.
    is_guessed
        Whether what the backward of a network is given is a guess, as names do not say it.
    stepped
        Whether a training run had a step to call.
    random
        Whether its forward is: the same object puts out other numbers for the same input.
    random_in_training
        Whether its forward is if it is told that it is training; it was told so in no run.
    overflows
        Whether a network with weights a thousand times as large puts out what is no number.
    remembers
        Whether its steps changed more than weights and biases, as a momentum does.
    rate_in_code
        Whether a training run moved parameters by a step size that was not given, nor is kept.
    unjudged
        Why it is not judged, if it is not.
    made_without_activation
        Whether a linear layer might have been made with one.
    own_forward
        Whether a linear layer may have to be judged by its own forward: what it puts out is not
        linear in its input, or it has no weights of d × c.
    parameters
        The arrays on which the output depends, by path.
    runs
        What was tried.
    differences
        Central differences of Σ G · output in the passes of the first run, as far as they were
        taken: by the input ("input") and by each parameter.
    methods
        The file and first line of each method, by the role it has.
    """

    name: str
    kind: str
    problem: Failure | None = None
    defined: bool = True
    columns: bool = False
    takes_labels: bool = False
    is_guessed: bool = False
    stepped: bool = False
    random: bool = False
    random_in_training: bool = False
    overflows: bool = False
    remembers: bool = False
    rate_in_code: bool = False
    unjudged: str = ""
    made_without_activation: bool = False
    own_forward: bool = False
    parameters: list[str] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    differences: list[State] = field(default_factory=list)
    methods: dict[str, tuple[str, int]] = field(default_factory=dict)


def changed(call: Call) -> list[str]:
    """The paths of what a call changed in the object, or made."""
    before = call.before
    return [
        path
        for path, value in call.after.items()
        if path not in before or not np.array_equal(before[path], value, equal_nan=True)
    ]


def remembers(call: Call, own: Iterable[str]) -> bool:
    """Whether a call leaves other new numbers in the object than those of its own arrays.

    A momentum is such a memory. The arrays in `own` may be there under other names, too: in a list
    of all parameters, say.
    """
    known = [0.0, *(number for path in own for number in np.ravel(call.after[path]))]
    return any(not np.all(np.isin(call.after[path], known)) for path in changed(call))


def misses_a_name(observation: Observation) -> bool:
    """Whether something failed for want of a name, which a statement left out might define."""
    failures = [observation.problem, *(c.failure for run in observation.runs for c in run.calls)]
    return any(failure is not None and failure.kind == "NameError" for failure in failures)


def to_json(observation: Observation) -> str:
    """One line of JSON."""
    return json.dumps(_plain(asdict(observation)))


def from_json(line: str) -> Observation:
    """The observation in a line of JSON.

    Raises
    ------
    ValueError, TypeError, KeyError
        If the line is anything else.
    """
    values = json.loads(line, object_hook=_array)
    values["problem"] = _failure(values["problem"])
    values["runs"] = [
        Run(**{**run, "case": Case(**run["case"]), "calls": [_call(call) for call in run["calls"]]})
        for run in values["runs"]
    ]
    return Observation(**values)


def _call(values: dict[str, Any]) -> Call:
    return Call(**{**values, "failure": _failure(values["failure"])})


def _failure(values: dict[str, Any] | None) -> Failure | None:
    return None if values is None else Failure(**values)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"dtype": str(value.dtype), "shape": value.shape, "values": value.ravel().tolist()}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _array(values: dict[str, Any]) -> Any:
    if values.keys() == {"dtype", "shape", "values"}:
        return np.array(values["values"], dtype=values["dtype"]).reshape(values["shape"])
    return values
