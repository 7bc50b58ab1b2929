"""Finding the arguments for somebody else's functions, by the names of their parameters."""

import functools
import inspect
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MethodType
from typing import Any

from handgrad.checker.names import argument_role

TRAINING, NOT_TRAINING = {"training": True}, {"training": False}
"""What a forward may be told that asks whether it is training."""


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of a function; of a method of many objects, looked up once.

    Raises
    ------
    ValueError, TypeError
        If it has none, as some builtins, or cannot be called.
    """
    if inspect.ismethod(function) and inspect.isfunction(function.__func__):
        return _signature_of_method(function.__func__)
    return inspect.signature(function)


@functools.cache
def _signature_of_method(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(MethodType(function, object()))


class CannotGuessError(ValueError):
    """A parameter has no default, and its name does not say what it wants."""


def bind(
    function: Callable[..., Any],
    values: Mapping[str, Any],
    required: Mapping[str, Any] | None = None,
    named: Mapping[str, Any] | None = None,
) -> "partial[Any]":
    """A call of `function` with arguments out of `values`, found by name and then by order.

    Several parameters may be hidden widths; any other role is played once.

    Parameters
    ----------
    function
        A bound method, or a class.
    values
        By role (see `names.ARGUMENTS`), in their customary order. Parameters without a default
        whose name is unknown take what is left of them, in that order.
    required
        By role, too, but given only to parameters that have no default.
    named
        By role, too, but given only to parameters of a fitting name.

    Raises
    ------
    CannotGuessError
        If a parameter without a default is left over.
    """
    signature = signature_of(function)
    arguments: dict[str, Any] = {}
    left, extra, named = dict(values), dict(required or {}), named or {}
    unknown = []
    all_names = [parameter.name for parameter in _parameters(signature)]
    for parameter in _parameters(signature):
        name, has_default = parameter.name, parameter.default is not parameter.empty
        role = None if _is_an_output(name, all_names) else argument_role(name, left)
        if role is not None:
            arguments[name] = left.pop(role)
        elif (role := argument_role(name, named)) and not isinstance(parameter.default, str):
            arguments[name] = named[role]  # A word wants another word, and nothing says which.
        elif argument_role(name, values) == "hidden_dim":
            arguments[name] = values["hidden_dim"]
        elif not has_default and (role := argument_role(name, extra)) is not None:
            arguments[name] = extra[role]
        elif not has_default:
            unknown.append(name)
    if len(unknown) > len(left):
        raise CannotGuessError(", ".join(unknown[len(left) :]))
    arguments.update(zip(unknown, left.values(), strict=False))
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL and not arguments:
            arguments[parameter.name] = tuple(v for r, v in left.items() if r != "step_size")
    order = {name: arguments[name] for name in signature.parameters if name in arguments}
    bound = inspect.BoundArguments(signature, OrderedDict(order))
    return partial(function, *bound.args, **bound.kwargs)


def _is_an_output(name: str, all_names: Iterable[str]) -> bool:
    """Whether a y is not the labels, since another parameter is."""
    others = [other for other in all_names if other != name]
    return name == "y" and any(argument_role(other, ["labels"]) for other in others)


def passes(action: "partial[Any]", value: Any) -> bool:
    """Whether a call that `bind` made passes this very object on."""
    return any(value is each for each in (*action.args, *action.keywords.values()))


def gathers(function: Callable[..., Any]) -> bool:
    """Whether all that it asks for is any number of arguments, `*layers`."""
    parameters = signature_of(function).parameters.values()
    kinds = {p.kind for p in parameters if p.default is p.empty}
    return kinds - {inspect.Parameter.VAR_KEYWORD} == {inspect.Parameter.VAR_POSITIONAL}


def parameter_names(function: Callable[..., Any]) -> list[str]:
    """All parameters, but those that gather the rest."""
    return [parameter.name for parameter in _parameters(signature_of(function))]


def required_names(function: Callable[..., Any]) -> list[str]:
    """The parameters that have no default."""
    parameters = _parameters(signature_of(function))
    return [p.name for p in parameters if p.default is p.empty]


def _parameters(signature: inspect.Signature) -> list[inspect.Parameter]:
    gathering = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p for p in signature.parameters.values() if p.kind not in gathering]
