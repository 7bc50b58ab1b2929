"""How a network is made: what its constructor is given, and whether its layers are there then."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from handgrad.checker import cases, names
from handgrad.checker.attempts import attempt
from handgrad.checker.binding import gathers, parameter_names, required_names
from handgrad.checker.cases import HIDDEN_DIM, Array, Case
from handgrad.checker.discovery import takes_layers
from handgrad.checker.layout import way_round
from handgrad.checker.methods import method
from handgrad.checker.objects import MOST_NUMBERS, arrays_in, twin
from handgrad.checker.probing import batch, output_of, output_shape, parameters_of
from handgrad.checker.subjects import Subject, Values

NO_LAYERS = "it has no layers to begin with, and nothing says how it is given them"
GIVEN_DATA = "it is given its data when it is made; one whose forward is given them would be judged"
THREE_WIDTHS = "too many values to unpack (expected 3"
"""What Python says where a network of two layers is given the widths of three."""
TOO_WIDE = f"a layer of it has more than {MOST_NUMBERS} weights; a smaller one would be judged"

Make = Callable[[int | None], Any]


@dataclass(frozen=True)
class NetworkWay:
    """How a network is made, and what it is given.

    Attributes
    ----------
    make
        Makes one of so many layers, or of as many as it has.
    columns
        Whether it takes its examples in columns.
    case
        A batch of its widths.
    unjudged
        Why it cannot be judged, if it cannot.
    takes_depth
        Whether it is of as many layers as it is asked for.
    """

    make: Make
    columns: bool = False
    case: Case = cases.NETWORK
    unjudged: str = ""
    takes_depth: bool = True


def network_way(subject: Subject, others: list[Subject]) -> NetworkWay:
    """The first way that gives a network with layers whose forward works.

    Where there is none, the first that gives a network, and why it is not judged, if that is known.
    """
    made: list[NetworkWay] = []
    empty: list[NetworkWay] = []
    for make in _makers(subject, others):
        takes_depth = subject.takes_depth
        thing, failure = attempt(subject.folder, make, 3 if takes_depth else None)
        if failure is not None and failure.message.startswith(THREE_WIDTHS):
            takes_depth = False
            thing, failure = attempt(subject.folder, make, None)
        if failure is not None:
            continue
        made.append(NetworkWay(make, takes_depth=takes_depth))
        fitted = _fitted(made[-1], thing, subject.cls)
        if fitted is None:
            continue
        shape = output_shape(fitted.case, fitted.columns)
        if parameters_of(thing, batch(fitted.case, fitted.columns)[0], shape):
            return fitted
        empty.append(made[-1])
    if empty and (takes_layers(subject.cls) or not subject.takes_sizes):
        return replace(empty[0], unjudged=NO_LAYERS)
    if made and not subject.takes_sizes:
        return _of_its_own_widths(made[0])
    if not made and subject.takes_sizes and attempt(subject.folder, subject.cls)[1] is None:
        # With none of its arguments, as it would be made of sizes that cannot be guessed.
        return _of_its_own_widths(NetworkWay(lambda _: subject.cls(), takes_depth=False))
    if made:
        return [*empty, *made][0]
    unjudged = GIVEN_DATA if _asks_for_data(subject.cls) else ""
    return NetworkWay(next(_makers(subject, others)), unjudged=unjudged)


def networks_in_columns(networks: Iterable[Subject], others: list[Subject]) -> bool | None:
    """Whether networks have their examples in columns; None unless they show it, and agree."""
    ways = [network_way(network, others) for network in networks]
    found = {way.columns if _takes_its_batch(way) else None for way in ways}
    return found.pop() if len(found) == 1 else None


def _takes_its_batch(way: NetworkWay) -> bool:
    """Whether the network puts out what is wanted for the way's batch."""
    thing, _ = attempt(None, way.make, 3 if way.takes_depth else None)
    shape = output_shape(way.case, way.columns)
    output = output_of(thing, batch(way.case, way.columns)[0], shape)
    return not way.unjudged and np.shape(output) == shape


def _makers(subject: Subject, others: list[Subject]) -> Iterator[Make]:
    """What may make it, the likeliest first.

    It is given the first kind of `activation` it accepts; for `layers` their number, their widths,
    or layers of its file; for the hidden widths one for all, or a list.
    """
    activations: list[Any] = ["Sigmoid", "sigmoid", "ReLU", "relu"]
    for kind in ("sigmoid", "relu", "tanh"):
        activations += [other.cls for other in others if other.kind == kind]
        activations += [other.build({}, {}) for other in others if other.kind == kind]
    forms = ("number", "widths", "layers") if takes_layers(subject.cls) else ("number",)
    if gathers(subject.cls):  # Any numbers would do for its widths: the right ones first.
        forms = ("widths", "layers", "number")
    for form, activation, several in itertools.product(forms, activations, (False, True)):
        yield partial(_make, subject, others, form, activation, several)


def _make(
    subject: Subject,
    others: list[Subject],
    form: str,
    activation: Any,
    several: bool,
    num_layers: int | None,
) -> Any:
    """Make a network; one without layers is given some if it has a method to add them.

    `form` says what is given for its layers, and `several` whether each has its own hidden width.
    """
    case = cases.NETWORK
    hidden = [HIDDEN_DIM] * ((num_layers or 2) - 1)
    widths = [case.d, *hidden, case.c]
    sizes: Values = {"input_dim": case.d, "output_dim": case.c}
    sizes["hidden_dim"] = hidden if several else HIDDEN_DIM
    if len(_unknown_sizes(subject.cls)) == 3:
        sizes = {role: sizes[role] for role in ("input_dim", "hidden_dim", "output_dim")}
    sizes["num_layers"] = stack(others, case, widths) if form == "layers" else num_layers
    if form == "widths":
        sizes["num_layers"] = widths
    sizes["num_hidden_layers"] = hidden if several else len(hidden)
    thing = subject.build(sizes, {"activation": activation, "layer_sizes": widths})
    add = method(thing, "add")
    if add is not None and not arrays_in(thing):
        for layer in stack(others, case, widths):
            add(layer)
    return thing


def _fitted(way: NetworkWay, thing: Any, cls: type) -> NetworkWay | None:
    """The way, with the batch that the network's forward takes: in rows, or else in columns."""
    case = way.case
    for columns in (False, True):
        output = output_of(thing, batch(case, columns)[0], output_shape(case, columns))
        single = output is not None and _is_single(cls, output, case, columns)
        width = 1 if single else case.c
        if output is not None and (not columns or output.shape == (width, case.n)):
            return replace(way, columns=columns, case=replace(case, c=width))
    return None


def _unknown_sizes(cls: type) -> list[str]:
    """What a class asks for by names that say nothing: of three, the second is the hidden width."""
    return [name for name in required_names(cls) if not names.argument_role(name, names.ARGUMENTS)]


def _is_single(cls: type, output: Array, case: Case, columns: bool) -> bool:
    """Whether a network that is not asked for a number of outputs has one."""
    widths = ["output_dim", "layer_sizes"]
    asked = any(names.argument_role(name, widths) for name in parameter_names(cls))
    shape = (1, case.n) if columns else (case.n, 1)
    return output.shape == shape and not asked and not takes_layers(cls)


def _asks_for_data(cls: type) -> bool:
    """Whether a class is made of examples and their labels."""
    asked = [names.argument_role(name, ["input", "labels"]) for name in required_names(cls)]
    return {"input", "labels"} <= set(asked)


def _of_its_own_widths(way: NetworkWay) -> NetworkWay:
    """The way, with a batch of the widths with which forward works; else of its first and last."""
    thing = way.make(None)
    arrays = arrays_in(thing, most=np.inf).values()
    shapes = [array.shape for array in arrays if array.ndim == 2 and min(array.shape) > 1]
    if not shapes:
        return replace(way, unjudged=NO_LAYERS)
    n = cases.NETWORK.n
    for d, columns in itertools.product(dict.fromkeys(itertools.chain(*shapes)), (False, True)):
        examples = n if d != n else n + 1
        X = np.ones((d, examples) if columns else (examples, d))
        shape = np.shape(output_of(twin(thing), X))[:: -1 if columns else 1]
        if len(shape) == 2 and shape[0] == examples:
            unjudged = TOO_WIDE if max(array.size for array in arrays) > MOST_NUMBERS else ""
            return replace(
                way, columns=columns, case=Case(examples, d, shape[1]), unjudged=unjudged
            )
    return replace(way, case=Case(n, shapes[0][0], shapes[-1][1]))


def stack(subjects: list[Subject], case: Case, widths: list[int]) -> list[Any]:
    """Layers of a file's own classes: linear ones of these widths, an activation between each two.

    None where the file has no linear layer, or no activation.
    """
    by_kind = {subject.kind: subject for subject in reversed(subjects)}
    activation = by_kind.get("sigmoid") or by_kind.get("tanh") or by_kind.get("relu")
    if "linear" not in by_kind or activation is None:
        return []
    make, layers = way_round(by_kind["linear"], case).make, []
    for d, c in pairwise(widths):
        layers += [make(Case(case.n, d, c)), activation.build({}, {})]
    return layers[:-1]
