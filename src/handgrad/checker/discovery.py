"""Finding the classes in a module that are layers."""

import ast
import inspect
import sys
from collections.abc import Container
from pathlib import Path
from types import ModuleType
from typing import Any

from handgrad.checker import names
from handgrad.checker.binding import bind, gathers, parameter_names, passes, required_names
from handgrad.checker.cases import HIDDEN_DIM
from handgrad.checker.lines import is_unwritten, method_at
from handgrad.checker.methods import has_layer_methods, method, takes_labels
from handgrad.checker.subjects import Build, Subject, Values, constructor

ORDER = ("linear", "sigmoid", "relu", "tanh", "softmax", "loss", "network", "unknown")


def subjects_in(
    module: ModuleType, folder: Path, wanted: list[str]
) -> tuple[list[Subject], list[str], list[str]]:
    """The layers defined in a module or in files beside it.

    Parameters
    ----------
    module
        The module the definitions of the file were run in.
    folder
        Where the file is.
    wanted
        Names, or constructor calls in which d, c, h and L stand for the sizes, of the classes to
        judge. If empty, those whose name says what they are.

    Returns
    -------
    subjects, left_out, missing
        What to judge; the names of the classes with a forward and a backward that are not judged,
        since nothing says what they are; and those of `wanted` that are not there.
    """
    calls = {class_name(text): text for text in wanted}
    classes = _layer_classes(module, folder, calls)
    bases = {base for cls in classes.values() for base in cls.__mro__[1:]}
    subjects = []
    for name, cls in classes.items():
        kind = kind_by_name(cls)
        if name in calls:
            kind = kind or kind_by_arguments(cls)
        elif wanted or kind is None or (cls in bases and _has_no_forward(cls)):
            continue
        text = calls.get(name, name)
        if "(" in text:
            asked = _names_in(text)
            build, deep, sized = _built_as(text, module), "L" in asked, not asked.isdisjoint("dL")
        else:
            build, deep, sized = constructor(cls, kind), takes_depth(cls), takes_sizes(cls)
        subject = Subject(name, kind, cls, build, folder, takes_depth=deep, takes_sizes=sized)
        subjects.append(subject)
    subjects.sort(key=lambda subject: ORDER.index(subject.kind))
    found = {subject.name for subject in subjects}
    others = [name for name, cls in classes.items() if name not in found and cls not in bases]
    left_out = [] if wanted else others
    return subjects, left_out, [name for name in calls if name not in classes]


def _layer_classes(module: ModuleType, folder: Path, wanted: Container[str]) -> dict[str, type]:
    """The classes of the submission with a forward and a backward.

    One that is a network by its name, or is wanted, may call these as networks do.
    """
    classes: dict[str, type] = {}
    for name, value in list(vars(module).items()):
        own = inspect.isclass(value) and value not in classes.values() and _is_of(value, folder)
        if own and (has_layer_methods(value) or _may_be_network(value, wanted)):
            classes[name] = value
    return classes


def _may_be_network(cls: type, wanted: Container[str]) -> bool:
    named = names.kind_of(cls.__name__) == "network" or cls.__name__ in wanted
    return named and bool(method(cls, "forward") and method(cls, "backward"))


def _has_no_forward(cls: type) -> bool:
    """Whether a class leaves its forward to those that are derived from it."""
    code = getattr(method(cls, "forward"), "__code__", None)
    return code is not None and is_unwritten(method_at(code.co_filename, code.co_firstlineno))


def _is_of(cls: type, folder: Path) -> bool:
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    return file is not None and Path(file).parent.is_relative_to(folder)


def is_handgrads(cls: type) -> bool:
    """Whether the class's forward or backward is code of this package."""
    own = Path(__file__).parents[1]
    methods = (method(cls, role) for role in ("forward", "backward"))
    codes = [getattr(found, "__code__", None) for found in methods]
    return any(c is not None and Path(c.co_filename).is_relative_to(own) for c in codes)


def class_name(text: str) -> str:
    """The class in a name or a constructor call."""
    return text.split("(")[0].strip()


def kind_by_name(cls: type) -> str | None:
    """What the class's name says that it is.

    A softmax that takes labels is a loss, and a `Linear` that is made without sizes an activation,
    the identity.
    """
    kind = names.kind_of(cls.__name__)
    if kind == "linear" and not parameter_names(cls):
        return "unknown"
    return "loss" if kind == "softmax" and _forward_takes_labels(cls) else kind


def _forward_takes_labels(cls: type) -> bool:
    """Whether forward asks for two things, or has an argument for labels."""
    forward = method(cls, "forward")
    assert forward is not None  # It was chosen for having one.
    asked = parameter_names(forward)[1:]
    named = any(names.argument_role(name, ["labels"]) for name in asked)
    needed = [
        name for name in required_names(forward) if not names.argument_role(name, ["training"])
    ]
    return named or len(needed) > 2


def kind_by_arguments(cls: type) -> str:
    """Network, loss or unknown, by what the class's methods ask for."""
    depth = ("num_layers", "num_hidden_layers")
    if any(names.argument_role(name, depth) for name in required_names(cls)):
        return "network"
    if _forward_takes_labels(cls):
        return "loss"
    return "network" if takes_labels(cls, "backward") else "unknown"


def _built_as(text: str, module: ModuleType) -> Build:
    """A function that evaluates the constructor call `text` for given sizes."""

    def build(values: Values, required: Values) -> Any:
        sizes = {
            "d": values.get("input_dim"),
            "c": values.get("output_dim"),
            "h": values.get("hidden_dim", HIDDEN_DIM),
            "L": values.get("num_layers"),
        }
        return eval(text, vars(module) | sizes)

    return build


def takes_depth(cls: type) -> bool:
    """Whether the constructor has an argument for the number of layers."""
    return _takes(cls, ("num_layers", "num_hidden_layers", "layer_sizes"))


def takes_sizes(cls: type) -> bool:
    """Whether the constructor has an argument for the number of inputs, or for the layers."""
    return takes_layers(cls) or _takes(cls, ("input_dim", "layer_sizes"))


def takes_layers(cls: type) -> bool:
    """Whether the constructor has an argument that may be a list of layers, or of their widths."""
    return gathers(cls) or "layers" in map(names.plain, parameter_names(cls))


def _takes(cls: type, roles: tuple[str, ...]) -> bool:
    """Whether the constructor has an argument for one of these roles of a network's."""
    shape = ("input_dim", "output_dim", "hidden_dim", "num_layers", "num_hidden_layers")
    sizes = {role: object() for role in shape}
    others = {role: object() for role in ("layer_sizes", "activation")}
    try:
        call = bind(cls, sizes, others)
    except ValueError:  # It cannot be constructed, as will be said when it is tried.
        return True
    return any(passes(call, (sizes | others)[role]) for role in roles)


def _names_in(text: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(text.strip())) if isinstance(node, ast.Name)}


def call_problem(text: str) -> str | None:
    """What is wrong with a `--layer`: neither a class's name nor a call of one."""
    try:
        expression = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        expression = None
    match expression:
        case ast.Name() | ast.Call(func=ast.Name()):
            return None
    return f"a layer is named as Name or as Name(d, c, …), got {text!r}"
