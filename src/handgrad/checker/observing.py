"""Trying a class out, as its kind demands."""

from handgrad.checker.binding import CannotGuessError
from handgrad.checker.layer_trials import observe_layer
from handgrad.checker.loss_trials import observe_loss
from handgrad.checker.methods import method
from handgrad.checker.network_trials import observe_network
from handgrad.checker.observation import Observation
from handgrad.checker.subjects import Subject


def observe(subject: Subject, others: list[Subject], columns: bool | None = None) -> Observation:
    """Try out one class, as its kind demands.

    Parameters
    ----------
    subject
        The class.
    others
        All classes of its file: a network may be told to use one of them.
    columns
        Whether its file has its examples in columns; None where nothing says.
    """
    observation = Observation(subject.name, subject.kind, columns=bool(columns))
    for role in ("forward", "backward", "step", "loss"):
        code = getattr(method(subject.cls, role), "__code__", None)
        if code is not None:
            observation.methods[role] = (code.co_filename, code.co_firstlineno)
    try:
        if subject.kind == "loss":
            observe_loss(subject, observation, columns)
        elif subject.kind == "network":
            observe_network(subject, observation, others)
        else:
            observe_layer(subject, observation)
    except CannotGuessError as error:  # Of a method: those of a constructor are failures by now.
        observation.unjudged = f"nothing says what to pass to its methods for {error}"
    return observation
