"""Mistakes in the step: θ ← θ − η ∂L/∂θ. P is θ before it, D the gradient, eta η."""

from handgrad.checker.mistakes import Mistake
from handgrad.checker.near_misses import near_misses

STEP_DOES_NOTHING = "step that does nothing"

NOT_BOTH = Mistake(
    "not both moved",
    "The step moves one of the parameters only",
    "After step, the weights have moved and the bias has not, or the other way round.",
    "Which parameters does the layer have, and which of them does step change?",
    lambda s: None,
)

STEP = (
    Mistake(
        "step that adds",
        "The step adds the gradient instead of subtracting it",
        "The gradient points to where the loss grows, and so the step climbs.",
        "Gradient descent: in which direction from the gradient does the loss fall?",
        lambda s: s.P + s.eta * s.D,
    ),
    Mistake(
        STEP_DOES_NOTHING,
        "The step leaves the parameters as they are",
        "Nothing is learned. (An array is changed with -= or [...] =; a new name for a new array "
        "is not an update.)",
        "Does your statement write into the layer's own parameters?",
        lambda s: s.P,
    ),
    Mistake(
        "step size ignored",
        "The step size is not used",
        "The parameters move by the whole gradient, whatever step size is asked for.",
        "Which factor stands in front of the gradient in θ ← θ − η ∂L/∂θ?",
        lambda s: s.P - s.D,
    ),
    Mistake(
        "parameters replaced",
        "The step replaces the parameters instead of moving them",
        "After the step, what had been learned before is gone.",
        "θ ← θ − η ∂L/∂θ starts from θ. Where is it in your statement?",
        lambda s: -s.eta * s.D,
    ),
    Mistake(
        "parameters replaced",
        "The step replaces the parameters instead of moving them",
        "After the step, what had been learned before is gone.",
        "θ ← θ − η ∂L/∂θ starts from θ. Where is it in your statement?",
        lambda s: s.eta * s.D,
    ),
    Mistake(
        "averaged",
        "The step divides the gradient by n",
        "The loss is a mean already, and its gradient brings the 1/n along.",
        "Where does the 1/n of the mean loss enter the chain rule, and how often?",
        lambda s: s.P - s.eta * s.D / s.n,
    ),
    Mistake(
        "wrong operator",
        "The step size is not multiplied with the gradient",
        "The parameters move by a wrong amount: step size and gradient belong together as a "
        "product.",
        "Compare each operator of the statement with θ ← θ − η ∂L/∂θ.",
        lambda s: s.P - (s.eta + s.D),
    ),
    Mistake(
        "wrong operator",
        "The gradient is divided by, or multiplied with, instead of scaled and subtracted",
        "The parameters move by a wrong amount.",
        "Compare each operator of the statement with θ ← θ − η ∂L/∂θ.",
        lambda s: s.P - s.eta / s.D,
    ),
    Mistake(
        "wrong operator",
        "The parameters are multiplied instead of moved",
        "θ moves by a difference, not by a factor.",
        "Compare each operator of the statement with θ ← θ − η ∂L/∂θ.",
        lambda s: s.P * (s.eta * s.D),
    ),
    Mistake(
        "wrong operator",
        "The step size divides instead of multiplying",
        "A smaller step size should make a smaller step; here it makes a larger one.",
        "Compare each operator of the statement with θ ← θ − η ∂L/∂θ.",
        lambda s: s.P - s.D / s.eta,
    ),
    Mistake(
        "gradient forgotten",
        "The step does not use the gradient",
        "The parameters move without regard to where the loss falls.",
        "Which factor in θ ← θ − η ∂L/∂θ says where to go?",
        lambda s: s.P - s.eta,
    ),
)

NEAR_STEP = near_misses("P - eta * D", "PD", (("P", "θ"), ("eta", "η"), ("D", "∂L/∂θ")))
