"""Mistakes in a linear layer, Z = XW + b, with G = ∂L/∂Z."""

import numpy as np

from handgrad.checker.mathematics import ACTIVATIONS
from handgrad.checker.mistakes import Mistake

LEFT_OUT = (
    "example left out",
    "An example of the batch is left out",
    "The numbers are those of a batch without its first or its last example: a loop or a slice "
    "begins too late or ends too early.",
    "For n = 2, which examples does your loop or your slice go through?",
)

OUTPUT = (
    *[
        Mistake(
            "activation in the linear layer",
            "There is an activation in the linear layer",
            "Its output is XW + b; an activation is a layer of its own, with its own backward.",
            "Which of your layers is it that changes negative numbers into others?",
            lambda s, function=function: function(s.X @ s.W + s.b),  # type: ignore[misc]
        )
        for function, _ in ACTIVATIONS.values()
    ],
    Mistake(
        "bias forgotten",
        "The bias is not added",
        "The output is XW alone.",
        "Which of the layer's parameters has no part in your output?",
        lambda s: s.X @ s.W,
    ),
    Mistake(
        "bias subtracted",
        "The bias is subtracted",
        "The output is XW − b.",
        "Compare the sign in front of b with the equation's.",
        lambda s: s.X @ s.W - s.b,
    ),
    Mistake(
        "weights forgotten",
        "The weights have no part in the output",
        "The output is the input plus the bias.",
        "What is X multiplied by in the equation?",
        lambda s: s.X + s.b,
    ),
    Mistake(
        "untransposed",
        "The weights are multiplied the wrong way round",
        "The numbers are those of the other transpose of the weights, which fits only where they "
        "are square.",
        "X is n × d and the output n × c: which shape must stand on the right of X?",
        lambda s: s.X @ s.W.T + s.b,
    ),
    Mistake(
        "operands swapped",
        "The factors of the product are swapped",
        "A matrix product is not commutative: AB and BA are different, and mostly one of them "
        "does not even fit.",
        "Write the shapes of the two factors in the order you multiply them; the inner two must "
        "agree.",
        lambda s: s.W @ s.X + s.b,
    ),
    Mistake(
        "elementwise product",
        "Multiplied entry by entry instead of as matrices",
        "In numpy * multiplies entry by entry, which fits here only where the sizes happen to "
        "agree.",
        "Which of numpy's operators is the matrix product?",
        lambda s: s.X * s.W + s.b,
    ),
    Mistake(
        "all zeros",
        "The output is zero everywhere",
        "Nothing was written into it.",
        "What does forward return?",
        lambda s: 0 * s.right,
    ),
)

_LATE = (
    "input cached too late",
    "Forward keeps its output where backward needs its input",
    "The gradient is computed with the layer's output in the place of its input: when forward "
    "stored it, the variable had been overwritten.",
    "At which point of forward does the variable you keep still hold the input?",
)

WEIGHTS = (
    Mistake(*LEFT_OUT, lambda s: s.X[:-1].T @ s.G[:-1]),
    Mistake(*LEFT_OUT, lambda s: s.X[1:].T @ s.G[1:]),
    Mistake(
        "transposed",
        "The gradient of the weights is transposed",
        "It is the right matrix on its side, and the weights are not: entry (i, j) must say how "
        "the loss changes with weight (i, j).",
        "Write the shapes of the two factors under each other. Which one must be transposed for "
        "the sum to run over the n examples and the result to have the weights' shape?",
        lambda s: s.right.T,
    ),
    Mistake(*_LATE, lambda s: s.Z.T @ s.G, "cache"),
    Mistake(*_LATE, lambda s: (s.X @ s.W).T @ s.G, "cache"),
    Mistake(*_LATE, lambda s: s.G.T @ s.Z, "cache"),
    Mistake(
        "sum over the batch forgotten",
        "The sum over the batch is missing",
        "There is a matrix for each example, where the loss needs their sum: every example pulls "
        "at the same weights.",
        "Each weight takes part in the output for every example. What does the chain rule do with "
        "several ways from one weight to the loss?",
        lambda s: s.X[:, :, None] * s.G[:, None, :],
    ),
    Mistake(
        "only the last example",
        "Only the last example of the batch counts",
        "The numbers are those of the last example alone: each overwrites the one before, where "
        "they should be added up.",
        "What happens to the gradient of the first example when the second is computed?",
        lambda s: np.outer(s.X[-1], s.G[-1]),
    ),
    Mistake(
        "only the first example",
        "Only the first example of the batch counts",
        "The numbers are those of the first example alone, but every example pulls at the weights.",
        "Which examples of the batch have an effect on your result?",
        lambda s: np.outer(s.X[0], s.G[0]),
    ),
    Mistake(
        "sums multiplied",
        "Summed over the batch before multiplying",
        "The product of two sums is not the sum of the products: input and gradient of the same "
        "example belong together.",
        "For one example the gradient is an outer product. What comes first for n of them, the "
        "product or the sum?",
        lambda s: np.outer(s.X.sum(axis=0), s.G.sum(axis=0)),
    ),
    Mistake(
        "upstream gradient forgotten",
        "The gradient that backward is given is not used",
        "The numbers depend on the input alone, but how the loss changes is known from ∂L/∂Z only.",
        "Which factor of the chain rule comes from the layer above?",
        lambda s: s.X.T @ np.ones_like(s.G),
    ),
    Mistake(
        "upstream gradient forgotten",
        "The gradient that backward is given is not used",
        "What is stored is the input, but how the loss changes is known from ∂L/∂Z only.",
        "Which factor of the chain rule comes from the layer above?",
        lambda s: s.X.T,
    ),
    Mistake(
        "weights instead of input",
        "Multiplied by the weights instead of the input",
        "∂Z/∂W is the input; the weights belong into the gradient with respect to the input.",
        "Differentiate Z = XW + b with respect to W: what is left?",
        lambda s: s.W.T @ s.G.T @ s.X if s.n == s.c else s.W.T @ s.G,
    ),
    Mistake(
        "elementwise product",
        "Multiplied entry by entry instead of as matrices",
        "In numpy * multiplies entry by entry, and the sum over the batch, which is part of a "
        "matrix product, is lost.",
        "Which of numpy's operators is the matrix product?",
        lambda s: s.X.T * s.G,
    ),
    Mistake(
        "untransposed",
        "The input is not transposed",
        "The numbers are those of XG, a product that fits only where n, d and c happen to agree; "
        "its sum runs over the wrong index.",
        "X is n × d and ∂L/∂Z n × c. Over which index must the sum run, for a result of d × c?",
        lambda s: s.X @ s.G,
    ),
    Mistake(
        "untransposed",
        "The wrong factor is transposed",
        "The numbers are those of a product that sums over the outputs, not over the examples.",
        "X is n × d and ∂L/∂Z n × c. Over which index must the sum run, for a result of d × c?",
        lambda s: s.X @ s.G.T,
    ),
    Mistake(
        "operands swapped",
        "The factors of the product are swapped",
        "A matrix product is not commutative: the numbers are those of the product in the other "
        "order, whose sum runs over the wrong index.",
        "Write the shapes of the two factors in the order you multiply them. Which index do the "
        "inner two have in common?",
        lambda s: s.G @ s.X.T,
    ),
    Mistake(
        "operands swapped",
        "The factors of the product are swapped",
        "A matrix product is not commutative: the numbers are those of the product in the other "
        "order, whose sum runs over the wrong index.",
        "Write the shapes of the two factors in the order you multiply them. Which index do the "
        "inner two have in common?",
        lambda s: s.G @ s.X,
    ),
)

BIAS = (
    Mistake(*LEFT_OUT, lambda s: s.G[:-1].sum(axis=0)),
    Mistake(*LEFT_OUT, lambda s: s.G[1:].sum(axis=0)),
    Mistake(
        "sum over the batch forgotten",
        "The sum over the batch is missing",
        "There is a row for each example, where the bias is one row: it is added to every example, "
        "so every example pulls at it.",
        "On how many outputs does one number of the bias have an effect? What does the chain rule "
        "do with several ways to the loss?",
        lambda s: s.G,
    ),
    Mistake(
        "summed over everything",
        "Summed over everything, to one number",
        "The sum runs over the examples and the outputs, so that all the biases share one "
        "gradient; each output has a bias of its own.",
        "The bias has c numbers and so has its gradient. Over which axis must the sum run, and "
        "over which not?",
        lambda s: s.G.sum(),
    ),
    Mistake(
        "summed over everything",
        "Summed over everything, to one number",
        "All the biases get the same gradient, the sum over examples and outputs; each output has "
        "a bias of its own.",
        "The bias has c numbers and so has its gradient. Over which axis must the sum run, and "
        "over which not?",
        lambda s: np.full((1, s.c), s.G.sum()),
    ),
    Mistake(
        "wrong axis",
        "Summed along the wrong axis",
        "The sum runs over the outputs and leaves a number for each example; it should run over "
        "the examples and leave one for each output.",
        "∂L/∂Z is n × c, the bias has c numbers: which of the two axes must vanish?",
        lambda s: s.G.sum(axis=1),
    ),
    Mistake(
        "averaged over everything",
        "Averaged over everything, to one number",
        "A mean without an axis runs over the examples and the outputs, so that all the biases "
        "share one gradient, and a too small one.",
        "The bias has c numbers and so has its gradient. Over which axis must the sum run, and "
        "over which not?",
        lambda s: s.G.mean(),
    ),
    Mistake(
        "wrong axis",
        "Averaged, and along the wrong axis",
        "The mean runs over the outputs and leaves a number for each example; a sum over the "
        "examples is meant, with a number for each output.",
        "∂L/∂Z is n × c, the bias has c numbers: which of the two axes must vanish?",
        lambda s: s.G.mean(axis=1),
    ),
    Mistake(
        "only the last example",
        "Only the last example of the batch counts",
        "The numbers are those of the last example alone, where those of all should be added up.",
        "What happens to the gradient of the first example when the second is computed?",
        lambda s: s.G[-1],
    ),
    Mistake(
        "only the first example",
        "Only the first example of the batch counts",
        "The numbers are those of the first example alone, but the bias is added to every one.",
        "Which examples of the batch have an effect on your result?",
        lambda s: s.G[0],
    ),
    Mistake(
        "upstream gradient forgotten",
        "The gradient that backward is given is not used",
        "∂Z/∂b is 1 for every example, and so are your numbers, or n of them; the chain rule "
        "multiplies that with ∂L/∂Z.",
        "Which factor of the chain rule comes from the layer above?",
        lambda s: np.ones((1, s.c)),
    ),
    Mistake(
        "upstream gradient forgotten",
        "The gradient that backward is given is not used",
        "∂Z/∂b is 1 for every example; the chain rule multiplies that with ∂L/∂Z before the sum.",
        "Which factor of the chain rule comes from the layer above?",
        lambda s: np.full((1, s.c), float(s.n)),
    ),
    Mistake(
        "input instead of gradient",
        "The input is summed instead of the gradient",
        "The bias does not meet the input at all: Z = XW + b.",
        "Differentiate Z = XW + b with respect to b: what is left?",
        lambda s: s.X.sum(axis=0),
    ),
    Mistake(
        "multiplied by the bias",
        "Multiplied by the bias",
        "b is added, not multiplied: ∂Z/∂b does not contain b.",
        "Differentiate Z = XW + b with respect to b: what is left?",
        lambda s: s.right * s.b,
    ),
)

INPUT = (
    Mistake(
        "updated weights",
        "Computed with the weights after their update",
        "The weights were moved before the gradient was passed on, so that it is the gradient of "
        "another layer than the one forward used.",
        "Which weights did forward use, and do they still exist when you pass the gradient on?",
        lambda s: s.G @ s.W_after.T,
    ),
    Mistake(
        "untransposed",
        "The weights are not transposed",
        "The numbers are those of a product with the untransposed weights, which fits only where "
        "the weights are square, and sums over the wrong index.",
        "∂L/∂Z is n × c and the result must be n × d: which shape must stand between them?",
        lambda s: s.G @ s.W,
    ),
    Mistake(
        "transposed",
        "The gradient with respect to the input is transposed",
        "It is the right matrix on its side: row k must belong to example k, as in X.",
        "Which way round is X? Its gradient has the same shape.",
        lambda s: s.right.T,
    ),
    Mistake(
        "operands swapped",
        "The factors of the product are swapped",
        "A matrix product is not commutative: the numbers are those of the product in the other "
        "order.",
        "Write the shapes of the two factors in the order you multiply them. Which index do the "
        "inner two have in common?",
        lambda s: s.W.T @ s.G,
    ),
    Mistake(
        "operands swapped",
        "The factors of the product are swapped",
        "A matrix product is not commutative: the numbers are those of the product in the other "
        "order.",
        "Write the shapes of the two factors in the order you multiply them. Which index do the "
        "inner two have in common?",
        lambda s: s.W @ s.G,
    ),
    Mistake(
        "untransposed",
        "The gradient is transposed, and the weights are not",
        "The numbers are those of a product that sums over the examples, but each example has a "
        "gradient of its own.",
        "∂L/∂Z is n × c and the result must be n × d: which shape must stand between them?",
        lambda s: s.G.T @ s.W,
    ),
    Mistake(
        "elementwise product",
        "Multiplied entry by entry instead of as matrices",
        "In numpy * multiplies entry by entry; the sum over the outputs, which is part of a matrix "
        "product, is lost.",
        "Which of numpy's operators is the matrix product?",
        lambda s: s.G * s.W.T,
    ),
    Mistake(
        "passed on unchanged",
        "The gradient is passed on as it came",
        "What is returned is ∂L/∂Z itself; the layer's own part of the chain rule, ∂Z/∂X, is "
        "missing.",
        "Differentiate Z = XW + b with respect to X: what must ∂L/∂Z be multiplied by?",
        lambda s: s.G,
    ),
    Mistake(
        "upstream gradient forgotten",
        "The gradient that backward is given is not used",
        "What is returned are the weights; the layer's own ∂Z/∂X is one factor of the chain rule, "
        "and ∂L/∂Z the other.",
        "Which factor of the chain rule comes from the layer above?",
        lambda s: s.W.T,
    ),
    Mistake(
        "upstream gradient forgotten",
        "The gradient that backward is given is not used",
        "The numbers depend on the weights alone; ∂L/∂Z is the other factor of the chain rule.",
        "Which factor of the chain rule comes from the layer above?",
        lambda s: np.ones_like(s.G) @ s.W.T,
    ),
    Mistake(
        "wrong gradient returned",
        "The gradient of the weights is returned",
        "The layer below needs ∂L/∂X, how the loss changes with what it put out; ∂L/∂W is for "
        "this layer's own step.",
        "What does the layer below this one want to know?",
        lambda s: s.X.T @ s.G,
    ),
    Mistake(
        "wrong gradient returned",
        "The gradient of the bias is returned",
        "The layer below needs ∂L/∂X, how the loss changes with what it put out; ∂L/∂b is for "
        "this layer's own step.",
        "What does the layer below this one want to know?",
        lambda s: s.G.sum(axis=0),
    ),
    Mistake(
        "gradient instead of weights",
        "Multiplied by the gradient of the weights instead of the weights",
        "∂Z/∂X is made of the weights themselves.",
        "Differentiate Z = XW + b with respect to X: what is left?",
        lambda s: s.G @ (s.X.T @ s.G).T,
    ),
    Mistake(
        "sum over the batch too many",
        "Summed over the batch",
        "Each example has an input of its own, and so a gradient of its own; only the parameters "
        "are shared.",
        "X is n × d. Which shape has its gradient?",
        lambda s: s.right.sum(axis=0),
    ),
)

SECOND = (
    Mistake(
        "accumulated",
        "Gradients pile up from call to call",
        "The second backward adds its gradient to that of the first, so that the layer still "
        "pulls towards a batch that is long past.",
        "What is in the gradient's array when backward is called for the second time?",
        lambda s: s.right + s.previous,
    ),
    Mistake(
        "stale input",
        "Computed with the input of an earlier forward",
        "The second backward uses what the first forward kept.",
        "Is what forward keeps replaced in every call?",
        lambda s: s.stale,
        "cache",
    ),
    Mistake(
        "stale gradient",
        "The gradient of the first call is kept for ever",
        "The second backward leaves the numbers of the first.",
        "Is the gradient computed anew in every call?",
        lambda s: s.previous,
    ),
)
