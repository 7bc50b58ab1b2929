"""The quantities that are judged: what each is called, its equation, and where that comes from."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Quantity:
    """Something a layer computes.

    Attributes
    ----------
    part
        The name of the part of the verdict it belongs to.
    symbol, equation
        As on the page.
    explanation
        How the equation comes about.
    """

    part: str
    symbol: str
    equation: str
    explanation: tuple[str, ...]


LINEAR_OUTPUT = Quantity(
    "forward",
    "Z",
    "Z = XW + b",
    (
        "Row k of Z belongs to example k: Z_kj = Σᵢ X_ki W_ij + b_j.",
        "X is n × d, W is d × c, and b is added to each of the n rows.",
    ),
)
WEIGHTS = Quantity(
    "weights gradient",
    "∂L/∂W",
    "∂L/∂W = Xᵀ ∂L/∂Z",
    (
        "Z_kj = Σᵢ X_ki W_ij + b_j, so W_ij meets the loss through Z_kj for every example k, with "
        "the slope ∂Z_kj/∂W_ij = X_ki.",
        "The chain rule adds up all the ways: ∂L/∂W_ij = Σₖ X_ki ∂L/∂Z_kj. Which product of two "
        "matrices is that?",
    ),
)
BIAS = Quantity(
    "bias gradient",
    "∂L/∂b",
    "∂L/∂b = Σₖ ∂L/∂Zₖ",
    (
        "Z_kj = Σᵢ X_ki W_ij + b_j, so b_j meets the loss through Z_kj for every example k, with "
        "the slope 1.",
        "The chain rule adds up all the ways: ∂L/∂b_j = Σₖ ∂L/∂Z_kj, one number for each output j.",
    ),
)
LINEAR_INPUT = Quantity(
    "input gradient",
    "∂L/∂X",
    "∂L/∂X = ∂L/∂Z Wᵀ",
    (
        "Z_kj = Σᵢ X_ki W_ij + b_j, so X_ki meets the loss through all outputs j of its own "
        "example k, with the slope ∂Z_kj/∂X_ki = W_ij.",
        "The chain rule adds up all the ways: ∂L/∂X_ki = Σⱼ ∂L/∂Z_kj W_ij. Which product of two "
        "matrices is that?",
    ),
)
STEP = Quantity(
    "step",
    "θ",
    "θ ← θ − η ∂L/∂θ",
    (
        "The gradient points to where the loss grows fastest; η, the step size, says how far to "
        "go the other way. Both parameters, W and b, move.",
    ),
)
_FORWARD = {
    "sigmoid": "σ(x) = 1/(1 + e⁻ˣ)",
    "relu": "ReLU(x) = max(0, x)",
    "tanh": "tanh(x) = (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)",
    "softmax": "p_j = e^{z_j} / Σ_c e^{z_c}",
}
_BACKWARD = {
    "sigmoid": (
        "∂L/∂X = ∂L/∂A · σ(X)(1 − σ(X))",
        "σ′(x) = e⁻ˣ/(1 + e⁻ˣ)² = σ(x)(1 − σ(x)); with a = σ(x) already known, that is a(1 − a).",
    ),
    "relu": (
        "∂L/∂X = ∂L/∂A where X > 0, else 0",
        "max(0, x) has the slope 1 where x > 0 and 0 where x < 0.",
    ),
    "tanh": (
        "∂L/∂X = ∂L/∂A · (1 − tanh(X)²)",
        "tanh′(x) = 1 − tanh(x)²; with a = tanh(x) already known, that is 1 − a².",
    ),
    "softmax": (
        "∂L/∂Z = p · (∂L/∂p − Σ_c p_c ∂L/∂p_c)",
        "∂p_i/∂z_j = p_i (δ_ij − p_j): each probability depends on every score of its row, and the "
        "chain rule adds up what comes back through all of them.",
    ),
}


_ENTRY_BY_ENTRY = "The chain rule multiplies it, entry by entry, by the gradient from above."


def activation(kind: str) -> tuple[Quantity, Quantity]:
    """Output and gradient with respect to the input of an activation of that kind."""
    equation, slope = _BACKWARD.get(
        kind, ("∂L/∂X = ∂L/∂A · ∂A/∂X", "Compared with central differences of your own forward.")
    )
    return (
        Quantity("forward", "A", _FORWARD.get(kind, "A = g(X)"), ()),
        Quantity(
            "input gradient",
            "∂L/∂X",
            equation,
            (slope, *(() if kind == "softmax" else (_ENTRY_BY_ENTRY,))),
        ),
    )


GIVEN = {"scores": "Z", "probabilities": "p", "log-probabilities": "log p"}
"""The symbols of what a loss may be given."""

_LOSS_OF_PROBABILITIES = Quantity(
    "forward",
    "L",
    "L = −1/n Σₖ log p_{y|xₖ}",
    (
        "Every example contributes the negative logarithm of the probability of its own class, and "
        "the loss is the mean of these n numbers.",
    ),
)
LOSS = {
    "scores": replace(
        _LOSS_OF_PROBABILITIES,
        equation="L = −1/n Σₖ log p_{y|xₖ},  p_j = e^{z_j} / Σ_c e^{z_c}",
    ),
    "probabilities": _LOSS_OF_PROBABILITIES,
    "log-probabilities": _LOSS_OF_PROBABILITIES,
}
"""The loss, by what it is given."""

LARGE_SCORES = Quantity(
    "large scores",
    "L",
    "p_j = e^{z_j − m} / Σ_c e^{z_c − m}  for any m",
    ("The factor e^{−m} cancels, so m may be chosen for each row such that nothing overflows.",),
)
_MEAN = "The loss is the mean of n of these, which puts 1/n in front of each."
LOSS_GRADIENT = {
    "scores": Quantity(
        "input gradient",
        "∂L/∂Z",
        "∂L/∂Z = (p − onehot(y)) / n",
        (
            "For one example −log p_y = log Σ_c e^{z_c} − z_y, and the derivative by z_j is "
            "p_j − [j = y].",
            _MEAN,
        ),
    ),
    "probabilities": Quantity(
        "input gradient",
        "∂L/∂p",
        "∂L/∂p = −onehot(y) / (n p)",
        ("For one example the derivative of −log p_y by p_j is −[j = y] / p_j.", _MEAN),
    ),
    "log-probabilities": Quantity(
        "input gradient",
        "∂L/∂log p",
        "∂L/∂log p = −onehot(y) / n",
        ("For one example the derivative of −log p_y by log p_j is −[j = y].", _MEAN),
    ),
}
"""The gradient of the loss with respect to what it is given."""

NETWORK_OUTPUT = Quantity(
    "forward",
    "Z",
    "Z₁ = XW₁ + b₁, A₁ = g(Z₁), Z₂ = A₁W₂ + b₂, …",
    ("Linear layers with an activation after each but the last, whose output are the scores.",),
)
NETWORK_GRADIENTS = Quantity(
    "gradients",
    "∂L/∂W, ∂L/∂b",
    "∂L/∂X of a layer is ∂L/∂A of the layer before it",
    (
        "Backward starts at the last layer, and hands what each layer returns to the one before, "
        "down to the first.",
    ),
)
TRAINING = Quantity(
    "training run",
    "θ",
    "forward, loss, backward, step; again and again",
    ("From the same start, gradient descent with the same gradients arrives at the same place.",),
)
