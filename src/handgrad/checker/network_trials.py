"""Trying a whole network out, and a training run with it."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from handgrad.checker import cases, names
from handgrad.checker.attempts import Failure, attempt
from handgrad.checker.binding import gathers, parameter_names, required_names
from handgrad.checker.cases import HIDDEN_DIM, LABELS, Array, Case
from handgrad.checker.conventions import arrays_in as arrays_of_result
from handgrad.checker.conventions import knows_step_size
from handgrad.checker.discovery import takes_layers
from handgrad.checker.layer_trials import pass_twice, timed_out
from handgrad.checker.layout import way_round
from handgrad.checker.loss_trials import Form, forms_of, new_loss, pass_loss
from handgrad.checker.mathematics import are_probabilities, softmax
from handgrad.checker.mistakes import close
from handgrad.checker.objects import (
    MOST_NUMBERS,
    arrays_in,
    method,
    plain_result,
    state_of,
    twin,
)
from handgrad.checker.observation import Call, Observation, Run, changed
from handgrad.checker.probing import (
    backward_has_loss,
    batch,
    fill_parameters,
    is_random,
    output_among,
    output_of,
    parameters_of,
)
from handgrad.checker.subjects import Subject, Values
from handgrad.checker.trial import Trial

MOST_DIFFERENCES = 2000
"""Of more parameters than these, central differences would take too long."""


def observe_network(subject: Subject, observation: Observation, others: list[Subject]) -> None:
    """A network of 4, 3, 2 and 1 linear layers, or of as many as it has; then a batch of one.

    Of 4, two hidden layers are of the same widths: where these are one object, it shows. One whose
    backward is given labels is tried with each form of them.
    """
    observation.takes_labels = backward_has_loss(subject.cls)
    if not observation.takes_labels and _forward_has_loss(subject.cls):
        observation.unjudged = LOSS_IN_FORWARD
        return
    way = network_way(subject, others)
    observation.columns, observation.unjudged = way.columns, way.unjudged
    if way.unjudged:
        return
    depths = (4, 3, 2, 1) if subject.takes_depth and way.takes_depth else (None,)
    tries = [*((way.case, depth) for depth in depths), (replace(way.case, n=1), depths[0])]
    forms = LABELS if observation.takes_labels else ("",)
    for labels, (case, num_layers) in itertools.product(forms, tries):
        variant = f"{num_layers} layers" if num_layers else OWN_LAYERS
        run = Run(case, variant, labels=labels)
        thing, observation.problem = attempt(subject.folder, way.make, num_layers)
        if observation.problem is None:
            observation.problem = _prepare(thing, run, observation)
        if observation.problem is not None:
            return
        by_differences = not observation.runs and not labels and _is_small(thing, run)
        observation.runs.append(run)
        trial = Trial(thing, run, subject.folder)
        pass_twice(trial, case, observation, (0,) if by_differences else ())
        if timed_out(run):
            return


def _has_loss(cls: type) -> bool:
    """Whether a class's forward or backward has the loss in it."""
    return backward_has_loss(cls) or _forward_has_loss(cls)


def _forward_has_loss(cls: type) -> bool:
    """Whether a class's forward cannot do without labels."""
    forward = method(cls, names.FORWARD)
    assert forward is not None  # It was chosen for having one.
    return any(names.argument_role(name, ["labels"]) for name in required_names(forward)[1:])


def _prepare(thing: Any, run: Run, observation: Observation) -> Failure | None:
    """Give the parameters of a new network their values; of the first, find out more.

    What is returned is why it cannot be tried.
    """
    X = batch(run.case, observation.columns)[0]
    run.parameters = parameters_of(thing, X)
    fill_parameters(thing, run.parameters, run.case)
    output = output_of(twin(thing), X)
    softened = output is not None and are_probabilities(output.T if observation.columns else output)
    if observation.takes_labels or softened:  # Large scores would leave a softmax no slope.
        for path, array in arrays_in(thing).items():
            if path in run.parameters:
                array *= 0.3
    if observation.runs:
        return None
    if not run.parameters:
        return Failure("NoLayers", "it has no parameters, and so no layers yet")
    observation.parameters = run.parameters
    observation.random = is_random(thing, X)
    return None


def _is_small(thing: Any, run: Run) -> bool:
    """Whether central differences by all of its parameters take little time."""
    arrays = arrays_in(thing)
    return sum(arrays[path].size for path in run.parameters) <= MOST_DIFFERENCES


OWN_LAYERS = "as many layers as it has"
"""The variant of a run of a network that is not asked for a number of layers."""


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

    make: Callable[[int | None], Any]
    columns: bool = False
    case: Case = cases.NETWORK
    unjudged: str = ""
    takes_depth: bool = True


NO_LAYERS = "it has no layers to begin with, and nothing says how it is given them"
LOSS_IN_FORWARD = "its forward asks for labels; one that returns its output would be judged"
GIVEN_DATA = "it is given its data when it is made; one whose forward is given them would be judged"
THREE_WIDTHS = "too many values to unpack (expected 3"
"""What Python says where a network of two layers is given the widths of three."""
TOO_WIDE = f"a layer of it has more than {MOST_NUMBERS} weights; a smaller one would be judged"


def network_way(subject: Subject, others: list[Subject]) -> NetworkWay:
    """The first way that gives a network with layers whose forward works.

    It is given the first kind of `activation` it accepts; for `layers` their number, their widths,
    or layers of its file, which are also what it is given where it has a method to add them.
    """
    case = cases.NETWORK
    of_three = len(_unknown_sizes(subject.cls)) == 3
    activations: list[Any] = ["Sigmoid", "sigmoid", "ReLU", "relu"]
    for kind in ("sigmoid", "relu", "tanh"):
        activations += [other.cls for other in others if other.kind == kind]
        activations += [other.build({}, {}) for other in others if other.kind == kind]

    def build(form: str, activation: Any, several: bool, num_layers: int | None) -> Any:
        hidden = [HIDDEN_DIM] * ((num_layers or 2) - 1)
        widths = [case.d, *hidden, case.c]
        sizes: Values = {"input_dim": case.d, "output_dim": case.c}
        sizes["hidden_dim"] = hidden if several else HIDDEN_DIM
        if of_three:
            sizes = {role: sizes[role] for role in ("input_dim", "hidden_dim", "output_dim")}
        sizes["num_layers"] = _stack(others, case, widths) if form == "layers" else num_layers
        if form == "widths":
            sizes["num_layers"] = widths
        sizes["num_hidden_layers"] = hidden if several else len(hidden)
        thing = subject.build(sizes, {"activation": activation, "layer_sizes": widths})
        add = method(thing, names.ADD)
        if add is not None and not arrays_in(thing):
            for layer in _stack(others, case, widths):
                add(layer)
        return thing

    forms = ("number", "widths", "layers") if takes_layers(subject.cls) else ("number",)
    if gathers(subject.cls):  # Any numbers would do for its widths: the right ones first.
        forms = ("widths", "layers", "number")
    made: list[NetworkWay] = []
    empty: list[NetworkWay] = []
    for form, activation, several in itertools.product(forms, activations, (False, True)):
        make = partial(build, form, activation, several)
        takes_depth = subject.takes_depth
        thing, failure = attempt(subject.folder, make, 3 if takes_depth else None)
        if failure is not None and failure.message.startswith(THREE_WIDTHS):
            takes_depth = False
            thing, failure = attempt(subject.folder, make, None)
        if failure is not None:
            continue
        made.append(NetworkWay(make, takes_depth=takes_depth))
        for columns in (False, True):
            X = batch(case, columns)[0]
            output = output_of(thing, X)
            single = output is not None and _is_single(subject.cls, output, case, columns)
            width = 1 if single else case.c
            if output is None or (columns and output.shape != (width, case.n)):
                continue
            if parameters_of(thing, X):
                return NetworkWay(make, columns, replace(case, c=width), takes_depth=takes_depth)
            empty.append(NetworkWay(make))
            break
    told = takes_layers(subject.cls) or not subject.takes_sizes
    if empty and told:
        return replace(empty[0], unjudged=NO_LAYERS)
    if made and not subject.takes_sizes:
        return _of_its_own_widths(made[0])
    if not made and subject.takes_sizes and attempt(subject.folder, subject.cls)[1] is None:
        # With none of its arguments, as it would be made of sizes that cannot be guessed.
        return _of_its_own_widths(NetworkWay(lambda _: subject.cls(), takes_depth=False))
    first = NetworkWay(partial(build, "number", activations[0], False))
    if not made and _asks_for_data(subject.cls):
        return replace(first, unjudged=GIVEN_DATA)
    return next(iter([*empty, *made]), first)


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


def _stack(subjects: list[Subject], case: Case, widths: list[int]) -> list[Any]:
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


TRAINING = "training run"


def observe_training(subjects: list[Subject]) -> Observation | None:
    """Some steps of gradient descent with the network, or with linear, activation, linear.

    None where the file has neither.
    """
    observation = Observation(TRAINING, "training")
    found, failure = attempt(None, _parts, subjects, observation)
    if found is None or failure:
        return None
    made, case = found
    run = Run(case, "")
    record = Call("train", {}, {})
    run.calls.append(record)
    observation.runs.append(run)
    parts = [Trial(part, Run(case, ""), None) for part in made]
    record.before = state_of(made)
    losses = [subject for subject in subjects if subject.kind == "loss"]

    def train() -> list[Array]:
        outputs = []
        X = case.inputs(0)
        scores = _forward(parts, X, observation.columns)
        gradient = _loss_gradient(losses, scores, case, observation.columns)
        for _ in range(cases.TRAINING_STEPS):
            outputs.append(_forward(parts, X, observation.columns))
            _backward(parts, gradient(outputs[-1]), observation.columns)
            for part in parts:
                part.step()
                last = part.run.calls[-1]
                if last.method == "step":
                    observation.stepped = True
                    observation.remembers |= any(map(_is_memory, changed(last)))
        calls = [call for part in parts for call in part.run.calls]
        observation.rate_in_code = any(map(_moves_by_itself, calls))
        return [outputs[0], _forward(parts, X, observation.columns)]

    outputs, record.failure = attempt(None, train)
    record.result = plain_result(outputs)
    record.after = state_of(made)
    return observation


def _is_memory(path: str) -> bool:
    """Whether an array that a step changed is none of parameters and gradients."""
    leaf = path.rpartition(".")[2]
    return names.parameter_role(leaf) is None and not names.is_gradient(path)


def _moves_by_itself(call: Call) -> bool:
    """Whether a call moves parameters by a step size that is not known."""
    moved = any(names.parameter_role(path) for path in changed(call))
    return moved and call.method != "forward" and not knows_step_size(call)


def _parts(subjects: list[Subject], observation: Observation) -> tuple[list[Any], Case] | None:
    """What is trained, [network] or [linear, activation, linear], and on which batch."""
    case = cases.TRAINING
    network = next((subject for subject in subjects if subject.kind == "network"), None)
    if network is not None and not _has_loss(network.cls):
        way = network_way(network, subjects)
        if not way.unjudged:
            observation.columns = way.columns
            return [way.make(2)], Case(case.n, way.case.d, way.case.c)
    linear = next((subject for subject in subjects if subject.kind == "linear"), None)
    layers = _stack(subjects, case, [case.d, HIDDEN_DIM, case.c])
    if linear is None or not layers:
        return None
    observation.columns = bool(way_round(linear, case).columns)
    return layers, case


def _forward(parts: list[Trial], X: Array, columns: bool) -> Array:
    value = X.T if columns else X
    for part in parts:
        if not part.forward(value):
            raise RuntimeError("forward failed")
        value = output_among(part.result)
    return value.T if columns else value


def _backward(parts: list[Trial], G: Array, columns: bool) -> None:
    value = G.T if columns else G
    for part in reversed(parts):
        if not part.backward(value):
            raise RuntimeError("backward failed")
        value = _passed_on(part.result, part.input_shape)


def _passed_on(result: Any, shape: tuple[int, ...]) -> Any:
    """What goes to the layer below: of several arrays the one of this shape, or else the first."""
    arrays = [array for _, array in arrays_of_result(plain_result(result))]
    fitting = [array for array in arrays if array.shape == shape]
    return next(iter([*fitting, *arrays]), None)


def _loss_gradient(
    losses: list[Subject], Z: Array, case: Case, columns: bool
) -> Callable[[Array], Array]:
    """The gradient of the file's own loss of scores, in the form that suits it; else the right one.

    The 1/n of the mean may be in the layers instead. A network may end in a softmax.
    """

    def right(Z: Array) -> Array:
        Y = np.eye(case.c)[case.labels()]
        return (-Y / Z if are_probabilities(Z) else softmax(Z) - Y) / case.n

    for loss, form in itertools.product(losses, forms_of(["scores"], columns)):
        trial, _ = new_loss(loss, Run(case, ""))
        if trial is None:
            continue

        def own(Z: Array, trial: Trial = trial, form: Form = form) -> Array:
            result = pass_loss(trial, form, Z, case.labels())
            shape = Z.shape[::-1] if form.columns else Z.shape
            return np.array(form.in_rows(_passed_on(result, shape)), dtype=float)

        gradient, failure = attempt(None, own, Z)
        if failure is None and any(close(gradient, k * right(Z)) for k in (1, case.n)):
            return own
    return right
