"""Mistakes in an activation, A = g(X) entry by entry, with G = ∂L/∂A."""

import numpy as np

from handgrad.checker.mathematics import relu, sigmoid
from handgrad.checker.mistakes import Mistake

IDENTITY = Mistake(
    "identity",
    "The input is returned as it came",
    "The function was not applied to it.",
    "What does forward return?",
    lambda s: s.X,
)
OUTPUT = (
    IDENTITY,
    Mistake(
        "slope returned",
        "Forward returns the derivative",
        "The derivative belongs into backward; forward returns the function itself.",
        "Which of the two is wanted here, g or g′?",
        lambda s: s.slope,
    ),
    Mistake(
        "wrong sign in the exponent",
        "The sign in the exponent is wrong",
        "The numbers are those of 1/(1 + eˣ), which falls where σ rises.",
        "What should σ(x) be for a large x, and what does yours give?",
        lambda s: sigmoid(-s.X),
    ),
    Mistake(
        "minimum for maximum",
        "The smaller of x and 0 is taken instead of the larger",
        "The numbers are those of min(0, x).",
        "What should ReLU give for x = 2?",
        lambda s: np.minimum(s.X, 0),
    ),
    Mistake(
        "absolute value",
        "The absolute value is taken",
        "A negative input should give 0.",
        "What should ReLU give for x = −2?",
        lambda s: np.abs(s.X),
    ),
    Mistake(
        "mask instead of values",
        "Forward returns where the input is positive, not the input there",
        "The result is 1 or 0; ReLU keeps the positive numbers themselves.",
        "What should ReLU give for x = 2?",
        lambda s: (s.X > 0).astype(float),
    ),
    Mistake(
        "maximum over the array",
        "The maximum of every column is taken",
        "The second argument of np.max is an axis; ReLU compares each number on its own with 0.",
        "Which of numpy's functions compares two arrays entry by entry?",
        lambda s: np.max(s.X, axis=0),
    ),
    Mistake(
        "brackets missing",
        "Brackets are missing around the denominator",
        "The numbers are those of (1/1) + e⁻ˣ: a division comes before an addition.",
        "What should σ(0) be, and what does yours give?",
        lambda s: 1 + np.exp(-s.X),
    ),
    Mistake(
        "maximum over the array",
        "The maximum of the whole array is taken",
        "ReLU compares each number on its own with 0.",
        "Which of numpy's functions compares two arrays entry by entry?",
        lambda s: max(s.X.max(), 0),
    ),
)

FORGOTTEN = Mistake(
    "derivative forgotten",
    "The activation's derivative is forgotten",
    "The gradient is passed on as it came, as if the function's slope were 1 everywhere.",
    "The chain rule: which factor does this layer itself contribute?",
    lambda s: s.G,
)
_UPSTREAM = Mistake(
    "upstream gradient forgotten",
    "The gradient that backward is given is not used",
    "What is returned is the slope alone; how the loss changes comes from the layer above.",
    "The chain rule has two factors here. Where is the other one?",
    lambda s: s.slope,
)
_FUNCTION_INSTEAD = Mistake(
    "function instead of derivative",
    "Multiplied by the function instead of its derivative",
    "The gradient is multiplied by g(x), but the chain rule asks for g′(x).",
    "What is the slope of the function at x?",
    lambda s: s.G * s.A,
)
_TRANSPOSED = Mistake(
    "transposed",
    "The gradient is transposed",
    "It is the right array on its side.",
    "Which way round is the input? Its gradient has the same shape.",
    lambda s: s.right.T,
)
_OF_RELU = Mistake(
    "ReLU's derivative",
    "The derivative is that of another function",
    "The gradient passes where the input is positive, and stops where it is negative: that is "
    "ReLU's.",
    "Which function does forward apply, and what is its slope at −1?",
    lambda s: s.G * (s.X > 0),
)
_COMMON = [
    FORGOTTEN,
    _UPSTREAM,
    _TRANSPOSED,
    Mistake(
        "derivative added",
        "The derivative is added instead of multiplied",
        "The chain rule multiplies the two factors.",
        "How does the chain rule combine ∂L/∂A and ∂A/∂X?",
        lambda s: s.G + s.slope,
    ),
    Mistake(
        "derivative squared",
        "The derivative is multiplied in twice",
        "The chain rule has it once.",
        "How often does your result pass through g′?",
        lambda s: s.G * s.slope**2,
    ),
    Mistake(
        "derivative divides",
        "Divided by the derivative instead of multiplied",
        "The chain rule multiplies the two factors.",
        "How does the chain rule combine ∂L/∂A and ∂A/∂X?",
        lambda s: s.G / s.slope,
    ),
    Mistake(
        "derivative at the gradient",
        "The derivative is taken at the gradient instead of at the input",
        "The slope of the function is wanted where forward evaluated it.",
        "At which point was the function evaluated in forward?",
        lambda s: s.G * s.slope_at(s.G),
    ),
    Mistake(
        "derivative at the output",
        "The derivative is taken at the output instead of at the input",
        "The formula you use wants the input x, but it is given the output g(x), so that g is "
        "applied twice.",
        "Which of the two, x or g(x), did forward keep, and which does your formula want?",
        lambda s: s.G * s.slope_at(s.A),
    ),
]

SIGMOID = (
    Mistake(
        "sigmoid's derivative without σ",
        "The derivative is taken at the input instead of at the output",
        "The numbers are those of x(1 − x): the formula in terms of the output is given the "
        "input, and σ is never applied.",
        "In σ′ = σ(1 − σ), what does σ stand for: x, or σ(x)?",
        lambda s: s.G * s.X * (1 - s.X),
    ),
    Mistake(
        "half a derivative",
        "Half of the derivative is missing: the factor 1 − σ(x)",
        "The gradient is multiplied by σ(x) only.",
        "Differentiate 1/(1 + e⁻ˣ) once more: which two factors come out?",
        lambda s: s.G * s.A,
    ),
    Mistake(
        "half a derivative",
        "Half of the derivative is missing: the factor σ(x)",
        "The gradient is multiplied by 1 − σ(x) only.",
        "Differentiate 1/(1 + e⁻ˣ) once more: which two factors come out?",
        lambda s: s.G * (1 - s.A),
    ),
    Mistake(
        "sign in the derivative",
        "A sign in the derivative is wrong",
        "The numbers are those of σ(1 + σ).",
        "Compare each sign with σ′ = σ(1 − σ).",
        lambda s: s.G * s.A * (1 + s.A),
    ),
    Mistake(
        "tanh's derivative",
        "The derivative is that of another function",
        "The numbers are those of 1 − σ², which has the form of tanh's derivative.",
        "Differentiate 1/(1 + e⁻ˣ): what comes out?",
        lambda s: s.G * (1 - s.A**2),
    ),
    _OF_RELU,
    Mistake(
        "derivative not finished",
        "A factor is squared that should not be",
        "The numbers are those of σ²(1 − σ) or of σ(1 − σ)².",
        "Compare each factor with σ′ = σ(1 − σ).",
        lambda s: s.G * s.A**2 * (1 - s.A),
    ),
    Mistake(
        "parenthesis",
        "The gradient meets only a part of the derivative",
        "The numbers are those of Gσ − σ or the like: products come before sums, so that a "
        "parenthesis is missing.",
        "Put in the parentheses that Python puts in by its rules. Which are not yours?",
        lambda s: s.G * s.A * 1 - s.A,
    ),
    *_COMMON,
)

RELU = (
    *[
        Mistake(
            "slope below zero",
            "The gradient passes where the input is negative, too",
            "Below 0 this ReLU is flat; the numbers are those of a leaky one.",
            "How does the output change with an input of −2?",
            lambda s, slope=slope: s.G * np.where(s.X > 0, 1, slope),  # type: ignore[misc]
        )
        for slope in (0.01, 0.1, 0.2)
    ],
    Mistake(
        "mask from the gradient",
        "The mask is made from the gradient instead of the input",
        "ReLU lets a gradient pass where its input was positive, whatever the gradient's sign.",
        "What decides whether a ReLU is active: what comes in, or what comes back?",
        lambda s: s.G * (s.G > 0),
    ),
    Mistake(
        "mask from the gradient",
        "The mask is made from the gradient as well as from the input",
        "ReLU lets a gradient pass where its input was positive, whatever the gradient's sign.",
        "What decides whether a ReLU is active: what comes in, or what comes back?",
        lambda s: s.G * (s.X > 0) * (s.G > 0),
    ),
    Mistake(
        "mask inverted",
        "The mask is inverted",
        "The gradient passes where the input was negative, and stops where it was positive.",
        "Where does ReLU let its input through?",
        lambda s: s.G * (s.X <= 0),
    ),
    Mistake(
        "values instead of mask",
        "Multiplied by the output instead of by 0 or 1",
        "Where ReLU is active its slope is 1, not x.",
        "What is the slope of max(0, x) at x = 3?",
        lambda s: s.G * relu(s.X),
    ),
    Mistake(
        "values instead of mask",
        "Multiplied by the input instead of by 0 or 1",
        "Where ReLU is active its slope is 1, not x.",
        "What is the slope of max(0, x) at x = 3?",
        lambda s: s.G * s.X,
    ),
    Mistake(
        "upstream gradient forgotten",
        "The gradient that backward is given is not used",
        "What is returned is ReLU's output; the chain rule multiplies ∂L/∂A by the slope.",
        "The chain rule has two factors here. Where is the one from the layer above?",
        lambda s: s.A,
    ),
    Mistake(
        "leaks",
        "The gradient of inactive entries is not stopped",
        "Where the input was negative, ones are put where there should be zeros.",
        "What is the slope of max(0, x) at x = −3?",
        lambda s: np.where(s.X > 0, s.G, 1.0),
    ),
    Mistake(
        "mask instead of gradient",
        "Active entries get 1 instead of the gradient",
        "The slope is 1 there, and the chain rule multiplies it by ∂L/∂A.",
        "The chain rule has two factors here. Where is the one from the layer above?",
        lambda s: np.where(s.X > 0, 1.0, s.G),
    ),
    Mistake(
        "sigmoid's derivative",
        "The derivative is that of another function",
        "The numbers are those of a(1 − a), which is sigmoid's.",
        "What is the slope of max(0, x) at x = 3?",
        lambda s: s.G * s.A * (1 - s.A),
    ),
    Mistake(
        "tanh's derivative",
        "The derivative is that of another function",
        "The numbers are those of 1 − a², which is tanh's.",
        "What is the slope of max(0, x) at x = 3?",
        lambda s: s.G * (1 - s.A**2),
    ),
    *_COMMON,
)

TANH = (
    Mistake(
        "square in the wrong place",
        "The difference is squared instead of tanh",
        "The numbers are those of (1 − tanh x)².",
        "Which of the two is squared in tanh′(x) = 1 − tanh²(x)?",
        lambda s: s.G * (1 - s.A) ** 2,
    ),
    Mistake(
        "derivative at the input",
        "The derivative is taken at the input instead of at the output",
        "The numbers are those of 1 − x²: the formula in terms of the output is given the input.",
        "In tanh′ = 1 − tanh², what is squared: x, or tanh(x)?",
        lambda s: s.G * (1 - s.X**2),
    ),
    Mistake(
        "square forgotten",
        "The square is forgotten",
        "The numbers are those of 1 − tanh(x).",
        "Differentiate tanh once more: what is squared?",
        lambda s: s.G * (1 - s.A),
    ),
    Mistake(
        "sign in the derivative",
        "A sign in the derivative is wrong",
        "The numbers are those of 1 + tanh(x)².",
        "Where tanh is flat, what must its slope be?",
        lambda s: s.G * (1 + s.A**2),
    ),
    Mistake(
        "sigmoid's derivative",
        "The derivative is that of another function",
        "The numbers are those of a(1 − a), which is sigmoid's.",
        "What is the derivative of tanh?",
        lambda s: s.G * s.A * (1 - s.A),
    ),
    _OF_RELU,
    *_COMMON,
    _FUNCTION_INSTEAD,
)

OTHER = (
    FORGOTTEN,
    Mistake(
        "mask from the gradient",
        "The gradient is cut by its own sign",
        "Whether a gradient passes depends on the input, not on the gradient.",
        "What decides the slope at a point: what comes in, or what comes back?",
        lambda s: s.G * (s.G > 0),
    ),
    _TRANSPOSED,
    _FUNCTION_INSTEAD,
)
