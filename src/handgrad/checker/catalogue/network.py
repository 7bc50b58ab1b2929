"""Mistakes in how a network puts its layers together."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from handgrad.checker.catalogue.activation import FORGOTTEN, RELU, SIGMOID, TANH
from handgrad.checker.mathematics import ACTIVATIONS, HIDDEN_ACTIVATIONS, softmax
from handgrad.checker.mistakes import Mistake, Situation


def chain(
    s: Situation,
    before_first: int = 0,
    after_first: int = 1,
    after_others: int = 1,
    after_last: int = 0,
) -> Any:
    """The network's output with so many activations before and after its linear layers."""
    function = HIDDEN_ACTIVATIONS[s.activation][0]
    counts = [after_first, *[after_others] * len(s.layers)][: len(s.layers) - 1]
    A = s.X
    for _ in range(before_first):
        A = function(A)
    for (W, b), count in zip(s.layers, [*counts, after_last], strict=True):
        A = A @ W + b
        for _ in range(count):
            A = function(A)
    return A


def _mistakes(
    slug: str, title: str, why: str, hint: str, numbers: Callable[[Situation], Any]
) -> list[Mistake]:
    """The same mistake in a network of each activation."""

    def of(activation: str) -> Mistake:
        def with_activation(s: Situation) -> Any:
            return numbers(Situation(**{**vars(s), "activation": activation}))

        return Mistake(slug, title, why, hint, with_activation)

    return [of(activation) for activation in HIDDEN_ACTIVATIONS]


_AFTER_LAST = (
    "activation after the last layer",
    "There is an activation after the last layer",
    "The scores may be any numbers; an activation there keeps them from being so.",
    "How many activations does a network of L linear layers have?",
)


def _another_after_last(activation: str) -> list[Mistake]:
    """This one after the last layer, and any between the layers."""
    function = ACTIVATIONS[activation][0]

    def numbers(s: Situation) -> Any:
        return function(chain(s))

    return _mistakes(*_AFTER_LAST, numbers)


def _misplaced(after_first: int, after_others: int) -> list[Mistake]:
    """So many activations after the first layer, and after each of the others but the last."""
    return _mistakes(
        "activations misplaced",
        "There is not one activation between each two layers",
        "Between some layers there is none, or there are two: two linear layers in a row are one, "
        "and a second activation narrows what the first lets through.",
        "Write down the layers that your constructor makes for num_layers = 4, in order.",
        lambda s: chain(s, after_first=after_first, after_others=after_others),
    )


OUTPUT = (
    *_mistakes(
        *_AFTER_LAST,
        lambda s: chain(s, after_last=1),
    ),
    *_another_after_last("sigmoid"),
    *_another_after_last("relu"),
    *_another_after_last("tanh"),
    Mistake(
        "no activations",
        "There are no activations between the layers",
        "Linear layers without anything between them are together one linear layer.",
        "What is (XW₁)W₂, and could one layer do it?",
        lambda s: chain(s, after_first=0, after_others=0),
    ),
    *_mistakes(
        "activation before the first layer",
        "There is an activation before the first layer",
        "It spoils the inputs, whose sign carries information.",
        "Where is the first activation in the equation?",
        lambda s: chain(s, before_first=1),
    ),
    *_misplaced(0, 1),
    *_misplaced(1, 0),
    *_misplaced(1, 2),
    *_misplaced(2, 1),
    *_misplaced(2, 2),
    *_mistakes(
        "one layer several times",
        "Hidden layers are one and the same object",
        "Each hidden layer needs weights of its own. A layer that is passed several times keeps "
        "only the last input, and its gradients are those of its last place.",
        "How many objects does [layer] * 2 make?",
        lambda s: _with_one_layer_repeated(s),
    ),
    *_mistakes(
        "softmax after the last layer",
        "There is a softmax after the last layer",
        "The loss takes scores, and has the softmax in it; with one in the network, too, it would "
        "be applied twice.",
        "What does the loss do first with what it is given?",
        lambda s: softmax(chain(s)),
    ),
    *_mistakes(
        "wrong number of layers",
        "The number of linear layers is not num_layers",
        "num_layers counts the linear layers, hidden ones and the last: for 1 there is a single "
        "linear map.",
        "Count the linear layers that your constructor makes for num_layers = 1, 2 and 3.",
        lambda s: _with_its_own_layers(s),
    ),
)


def _with_its_own_layers(s: Situation) -> Any:
    """The output of as many layers as there are; no array where that is as many as are wanted."""
    if len(s.layers) == s.wanted:
        return None
    return chain(s)


def _with_one_layer_repeated(s: Situation) -> Any:
    """The output where a hidden layer between hidden layers stands for all of its kind."""
    missing = s.wanted - len(s.layers)
    if missing < 1 or len(s.layers) < 3:
        return None
    first, second, *rest = s.layers
    layers = [first, *[second] * (missing + 1), *rest]
    twin = Situation(**{**vars(s), "layers": layers})
    return chain(twin)


DEPTHS = Mistake(
    "not for every number of layers",
    "It does not work for every number of layers",
    "For some numbers of layers the result is right, for others it is not.",
    "Go through it by hand for one layer, for two and for three: which statement counts on there "
    "being others?",
    lambda s: None,
)
FORWARDS = Mistake(
    "layers not reversed",
    "Backward goes through the layers in the order of forward",
    "The loss is at the far end: the chain rule starts at the last layer and ends at the first.",
    "Which layer is the first to know how the loss changes with its output?",
    lambda s: None,
)
NOT_PASSED_ON = Mistake(
    "same gradient for all layers",
    "What a layer's backward returns is dropped",
    "Each layer needs the gradient with respect to its own output, which the layer after it "
    "returns.",
    "What happens to what a layer's backward returns?",
    lambda s: None,
)
NOT_ALL = Mistake(
    "not all layers reached",
    "Some layers get no gradient",
    "After backward, some layers hold a gradient and others none.",
    "Which layers does your loop visit, and which not?",
    lambda s: None,
)
NOT_ALL_STEP = Mistake(
    "not all layers reached",
    "Step moves some layers only",
    "After step, some parameters have moved and others have not.",
    "Which layers does your loop visit, and which not?",
    lambda s: None,
)
SOFTMAX_SKIPPED = Mistake(
    "softmax forgotten",
    "Backward leaves out the softmax that forward ends in",
    "The loss of this file gives the gradient with respect to the probabilities; backward takes it "
    "for that with respect to the scores.",
    "Which function is the last in forward, and where is its derivative in backward?",
    lambda s: None,
)
TRAINS_WRONG = Mistake(
    "training goes astray",
    "Training with these parts goes astray",
    "From the same start, plain gradient descent arrives at other numbers. Something is kept or "
    "shared from one step to the next that should not be, or a part is wrong that could not be "
    "judged by itself.",
    "What do the layers remember from one batch to the next?",
    lambda s: None,
)


ANOTHER_LOSS = Mistake(
    "another loss's gradient",
    "The gradients are not those of the loss",
    "Training goes down one loss, and the one that the network computes beside it is another.",
    "Derive ∂L/∂A by hand from the loss that is computed, and then ∂L/∂Z. Which loss is meant?",
    lambda s: None,
)
PENALTY_MISSING = Mistake(
    "penalty left out",
    "The gradient of the penalty is missing",
    "The loss that the network computes has a penalty on its parameters in it, of which neither "
    "backward nor step takes account.",
    "What is the derivative of the penalty by one weight, and where does your code add it?",
    lambda s: None,
)
LOSS_TURNED = Mistake(
    "loss has the wrong sign",
    "The loss has the wrong sign",
    "The gradients lead down minus the loss that the network computes: it grows while the network "
    "learns.",
    "Of which sign is the logarithm of a probability, and of which should a loss be?",
    lambda s: None,
)


def backward(
    s: Situation,
    slope: Callable[[Situation], Any] = lambda s: s.right,
    passed: bool = True,
    shared: bool = False,
    moved: bool = False,
    kept: Situation | None = None,
) -> tuple[list[Situation], Any]:
    """What each linear layer sees, with its gradients, and the gradient of the input.

    A layer sees X, W, b, Z and G, and gives the gradients of W, and of b where there is one.

    Parameters
    ----------
    s
        The network, its input and G, the gradient with respect to its scores.
    slope
        What the backward of an activation gives.
    passed
        Whether G is multiplied with the weights.
    shared
        Whether all activations are one object, which keeps what it saw last.
    moved
        Whether the weights have taken their step before G is multiplied with them.
    kept
        The network and the input of the forward of which the layers keep what they saw.
    """
    function, slope_at = HIDDEN_ACTIVATIONS[s.activation]
    layers, A = [], (kept or s).X
    for W, b in (kept or s).layers:
        layers.append(Situation(n=len(A), d=W.shape[0], c=W.shape[1], X=A, Z=A @ W + b))
        A = function(layers[-1].Z)
    G = s.G
    for number in range(len(s.layers) - 1, -1, -1):
        layer = layers[number]
        (layer.W, layer.b), layer.G = s.layers[number], G
        layer.gradients = [layer.X.T @ G, *([G.sum(axis=0)] if s.biased[number] else [])]
        W = layer.W - s.eta * layer.gradients[0] if moved else layer.W
        G = G @ W.T if passed else G
        if number:
            Z = layers[-2 if shared else number - 1].Z
            seen = Situation(n=s.n, c=Z.shape[1], X=Z, G=G, A=function(Z), slope_at=slope_at)
            seen.slope = slope_at(Z)
            seen.right = G * seen.slope
            G = slope(seen)
    return layers, G


def gradients(s: Situation, **how: Any) -> Any:
    """The gradients of all parameters in one vector; see `backward`."""
    layers, _ = backward(s, **how)
    return np.concatenate([np.ravel(array) for layer in layers for array in layer.gradients])


def _of_activations() -> list[Mistake]:
    """The mistakes in an activation's backward, made in a network's."""

    def of(kind: str, mistake: Mistake) -> Mistake:
        def numbers(s: Situation) -> Any:
            return gradients(s, slope=mistake.numbers) if s.activation == kind else None

        return replace(mistake, numbers=numbers)

    kinds = {"sigmoid": SIGMOID, "relu": RELU, "tanh": TANH}
    return [of(kind, mistake) for kind, mistakes in kinds.items() for mistake in mistakes]


ONE_GRADIENT: tuple[Mistake, ...] = (
    Mistake(
        "summed over everything",
        "Summed over everything, to one number",
        "The gradient of a vector has a number for each of its entries: an axis is missing in the "
        "sum.",
        "Along which axis are the examples, and along which the outputs?",
        lambda s: s.right.sum(),
    ),
)
"""Of one parameter's gradient."""

GRADIENTS = (
    Mistake(
        "one activation several times",
        "The activations between the layers are one and the same object",
        "An activation keeps what it saw in forward for backward. An object that is passed several "
        "times keeps only what it saw last, and so all slopes are those of its last place.",
        "How many activation objects are there, and what does each of them keep?",
        lambda s: gradients(s, shared=True),
    ),
    Mistake(
        "derivative forgotten",
        "Backward leaves out the activations",
        "The gradient is handed from linear layer to linear layer, without the slopes of the "
        "activations between them.",
        "Which layers did forward go through, and which does backward?",
        lambda s: gradients(s, slope=FORGOTTEN.numbers),
    ),
    Mistake(
        "same gradient for all layers",
        "Every layer is given the gradient of the last one",
        "Each layer needs the gradient with respect to its own output, which is what the layer "
        "after it returns.",
        "What happens to what a layer's backward returns?",
        lambda s: gradients(s, slope=FORGOTTEN.numbers, passed=False),
    ),
    *_of_activations(),
    Mistake(
        "updated weights",
        "The weights take their step before they are used",
        "The gradient is handed on through weights that have moved already; the loss was that of "
        "the weights before.",
        "In which order do the gradients need the weights, and the weights the gradients?",
        lambda s: gradients(s, moved=True),
    ),
)
