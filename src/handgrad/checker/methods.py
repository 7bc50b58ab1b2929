"""The methods of somebody else's class: which plays which role, and which ask for labels."""

from collections.abc import Callable
from typing import Any

from handgrad.checker import names
from handgrad.checker.binding import parameter_names, required_names, signature_of


def method(thing: Any, role: str) -> Callable[..., Any] | None:
    """The method of a class or an object that plays one of the roles in `names.METHODS`.

    A forward or backward that has none of these names may be what a network has in its place: a
    function of labels that gives the gradients, and, as both, a loss that without labels gives the
    scores.
    """
    found = _called(thing, names.METHODS[role])
    if found is not None or role not in names.OF_NETWORKS:
        return found
    other = _called(thing, names.OF_NETWORKS[role])
    loss = _called(thing, names.METHODS["loss"])
    if loss is not None and not _labels(parameter_names(loss)) - _labels(required_names(loss)):
        loss = None
    if role == "forward":
        return loss or other
    return other if other is not None and _labels(parameter_names(other)) else loss


def has_layer_methods(cls: type) -> bool:
    """Whether it has a forward and a backward under the names that layers have for them."""
    return all(_called(cls, names.METHODS[role]) for role in ("forward", "backward"))


def _called(thing: Any, choices: str) -> Callable[..., Any] | None:
    """The first of the methods with these names, as `zero_grad` or `zeroGrad`, that `thing` has."""
    found = (getattr(thing, name, None) for name in names.spellings(choices))
    return next(filter(_has_parameters, found), None)


def _has_parameters(value: Any) -> bool:
    """Whether it can be called, and says with what: some builtins do not."""
    try:
        return callable(value) and signature_of(value) is not None
    except (ValueError, TypeError):
        return False


def _labels(asked: list[str]) -> set[str]:
    """Those of the names that are of labels."""
    return {name for name in asked if names.argument_role(name, ["labels"])}


def backward_has_loss(cls: type) -> bool:
    """Whether backward has the loss in it: it takes labels, or asks for no gradient at all."""
    backward = method(cls, "backward")
    assert backward is not None  # It was chosen for having one.
    roles = ["gradient", "labels", "step_size"]
    if any(names.argument_role(name, roles) == "gradient" for name in parameter_names(backward)):
        return False
    asked = {
        names.argument_role(name, roles) for name in required_names(backward) if name != "self"
    }
    return takes_labels(cls, "backward") or asked <= {"step_size"}


def takes_labels(thing: Any, role: str) -> bool:
    """Whether it has a method of this role that asks for labels, or may be given them."""
    found = method(thing, role)
    return found is not None and bool(_labels(parameter_names(found)))


def says_what_it_asks_for(thing: Any, role: str) -> bool:
    """Whether all that it cannot do without has a name that is known."""
    found = method(thing, role)
    asked = required_names(found) if found is not None else []
    roles = ("labels", "output", "input", "cache", "gradient", "step_size")
    return all(name == "self" or names.argument_role(name, roles) for name in asked)


def forward_has_loss(cls: type) -> bool:
    """Whether forward has the loss in it: it cannot do without labels."""
    forward = method(cls, "forward")
    assert forward is not None  # It was chosen for having one.
    return bool(_labels(required_names(forward)[1:]))


def has_loss(cls: type) -> bool:
    """Whether forward or backward has the loss in it."""
    return backward_has_loss(cls) or forward_has_loss(cls)
