"""Mistakes in cross-entropy, for scores Z, n × c, probabilities P, and one-hot labels Y."""

import numpy as np

from handgrad.checker.catalogue import softmax
from handgrad.checker.catalogue.linear import LEFT_OUT
from handgrad.checker.mistakes import Mistake, Situation


def _log(s: Situation) -> np.ndarray:
    return np.asarray(np.log(s.P))


def _losses(P: np.ndarray, s: Situation) -> np.ndarray:
    return -np.log(P[np.arange(s.n), s.labels])


_PAIRS = (
    "labels off by one dimension",
    "The labels' shape makes n × n numbers out of n",
    "Labels of shape n × 1 beside an index or an array of shape n broadcast to n × n: every "
    "example is paired with the label of every other.",
    "Print the shape of what you index or subtract with. Is there one number for each example?",
)
_SHIFTED = (
    "labels shifted",
    "The labels are off by one",
    "The numbers are those of the class before or after the one that each label says.",
    "Are the classes counted from 0 or from 1, in the labels and in your index?",
)

OUTPUT = (
    Mistake(*_SHIFTED, lambda s: -np.log((s.P * np.roll(s.Y, 1, axis=1)).sum(axis=1)).mean()),
    Mistake(*_SHIFTED, lambda s: -np.log((s.P * np.roll(s.Y, -1, axis=1)).sum(axis=1)).mean()),
    Mistake(*LEFT_OUT, lambda s: _losses(s.P, s)[:-1].sum() / (s.n - 1)),
    Mistake(*LEFT_OUT, lambda s: _losses(s.P, s)[1:].sum() / (s.n - 1)),
    Mistake(*LEFT_OUT, lambda s: _losses(s.P, s)[:-1].sum() / s.n),
    Mistake(*LEFT_OUT, lambda s: _losses(s.P, s)[1:].sum() / s.n),
    Mistake(
        "summed instead of averaged",
        "The loss is summed where a mean is meant",
        "The number is n times too large, and grows with the batch, so that a step size fits one "
        "size of batch only.",
        "What should happen to the loss of a batch if every example came twice?",
        lambda s: _losses(s.P, s).sum(),
    ),
    Mistake(
        "not reduced",
        "There is a loss for each example instead of their mean",
        "The loss of a batch is one number.",
        "How are the losses of n examples made into one number?",
        lambda s: _losses(s.P, s),
    ),
    Mistake(
        "sign flipped",
        "The minus sign is missing",
        "The logarithm of a probability is negative; the loss is its negative, and never below 0.",
        "Can a cross-entropy be negative?",
        lambda s: -_losses(s.P, s).mean(),
    ),
    Mistake(
        "averaged over all entries",
        "Averaged over all entries, not over the examples",
        "The number is c times too small: a mean without an axis over an n × c array divides by "
        "n · c, but only n entries count.",
        "How many of the n · c entries of Y log P are not zero?",
        lambda s: _losses(s.P, s).mean() / s.c,
    ),
    Mistake(*_PAIRS, lambda s: -_log(s)[:, s.labels].mean()),
    Mistake(*_PAIRS, lambda s: -_log(s)[:, s.labels].sum()),
    Mistake(*_PAIRS, lambda s: -_log(s)[:, s.labels].sum() / s.n),
    Mistake(*softmax.AXIS, lambda s: _losses(softmax.along(s.Z, 0, 0), s).mean()),
    Mistake(*softmax.AXIS, lambda s: _losses(softmax.along(s.Z, 1, 0), s).mean()),
    Mistake(
        "binary cross-entropy",
        "The other classes are counted as if each were a question of its own",
        "The numbers are those of −Σ y log p + (1 − y) log(1 − p), which belongs to c independent "
        "yes or no questions; of one out of c classes, only the right one's probability counts.",
        "Which of the c probabilities of an example does its loss depend on?",
        lambda s: -(s.Y * np.log(s.P) + (1 - s.Y) * np.log(1 - s.P)).sum() / s.n,
    ),
    Mistake(
        *softmax.EVERYTHING,
        lambda s: _losses(softmax.along(s.Z, None, None), s).mean(),
    ),
    Mistake(
        *softmax.EVERYTHING,
        lambda s: _losses(softmax.along(s.Z, 1, None), s).mean(),
    ),
    Mistake(*softmax.MAX_AXIS, lambda s: _losses(softmax.along(s.Z, 0, 1), s).mean()),
    Mistake(
        "not normalised",
        "The softmax is not applied",
        "The scores are taken for logarithms of probabilities.",
        "Do the numbers you take the logarithm of add up to 1?",
        lambda s: -s.Z[np.arange(s.n), s.labels].mean(),
    ),
    Mistake(
        "logarithm forgotten",
        "The logarithm is missing",
        "The number is the mean probability, but the loss is the negative logarithm of it.",
        "What is the loss of an example whose probability is 1?",
        lambda s: -s.P[np.arange(s.n), s.labels].mean(),
    ),
    Mistake(
        "logarithm forgotten",
        "The logarithm is missing",
        "The number is the mean probability, but the loss is the negative logarithm of it.",
        "What is the loss of an example whose probability is 1?",
        lambda s: s.P[np.arange(s.n), s.labels].mean(),
    ),
    Mistake(
        "logarithm of another base",
        "The logarithm has another base",
        "The gradient (p − y)/n belongs to the natural logarithm.",
        "Which of numpy's logarithms is the natural one?",
        lambda s: _losses(s.P, s).mean() / np.log(2),
    ),
    Mistake(
        "logarithm of another base",
        "The logarithm has another base",
        "The gradient (p − y)/n belongs to the natural logarithm.",
        "Which of numpy's logarithms is the natural one?",
        lambda s: _losses(s.P, s).mean() / np.log(10),
    ),
    Mistake(
        "all classes counted",
        "The logarithms of all classes are added",
        "Only the probability of the right class counts.",
        "Which of the c probabilities of an example does its loss depend on?",
        lambda s: -_log(s).sum() / s.n,
    ),
    Mistake(
        "all classes counted",
        "The logarithms of all classes are averaged",
        "Only the probability of the right class counts.",
        "Which of the c probabilities of an example does its loss depend on?",
        lambda s: -_log(s).mean(),
    ),
    Mistake(
        *softmax.TWICE,
        lambda s: _losses(s.P_twice, s).mean(),
    ),
)

_UNDIVIDED = (
    "not divided by n",
    "The gradient is not divided by the size of the batch",
    "The loss is a mean over n examples, and so its gradient has a factor of 1/n; this is the "
    "gradient of the sum.",
    "What becomes of the 1/n in front of the sum when you differentiate?",
)


def _pairs_subtracted(s: Situation) -> np.ndarray:
    """p − 1 in the columns of every label in the batch, for every example."""
    result = s.P.copy()
    result[:, s.labels] -= 1
    return result


def _without(s: Situation, row: int) -> np.ndarray:
    """The one-hot labels without those of one example."""
    Y = s.Y.copy()
    Y[row] = 0
    return np.asarray(Y)


_EVERY_ROW = (
    "labels off by one dimension",
    "Every row pays for every label of the batch",
    "The 1 is taken from the columns of all labels in all rows, as p[:, y] and labels of shape "
    "n × 1 do; each row has one label only.",
    "How many entries of p should change, and how many does your statement change?",
)
_NOT_ONE_HOT = (
    "labels not one-hot",
    "The number of the class is subtracted, not its one-hot vector",
    "The numbers are those of p − y with y as a number from 0 to c − 1, taken from every entry.",
    "What is the gradient for one example of class 2, entry by entry?",
)

GRADIENT = (
    Mistake(*_UNDIVIDED, lambda s: s.P - s.Y),
    Mistake(*_SHIFTED, lambda s: (s.P - np.roll(s.Y, 1, axis=1)) / s.n, "labels"),
    Mistake(*_SHIFTED, lambda s: (s.P - np.roll(s.Y, -1, axis=1)) / s.n, "labels"),
    Mistake(
        "sign flipped",
        "The sign is flipped",
        "The numbers are those of y − p; with them, each step makes the right class less likely.",
        "If the right class has p = 0.1, should its score grow or shrink? What does θ ← θ − η∂L/∂θ "
        "do with your sign?",
        lambda s: (s.Y - s.P) / s.n,
    ),
    Mistake(
        "labels forgotten",
        "The labels have no part in the gradient",
        "The numbers are those of p/n.",
        "How would the loss know which class is the right one?",
        lambda s: s.P / s.n,
    ),
    Mistake(
        "labels forgotten",
        "The labels have no part in the gradient",
        "The numbers are the probabilities.",
        "How would the loss know which class is the right one?",
        lambda s: s.P,
    ),
    Mistake(
        "probabilities forgotten",
        "The probabilities have no part in the gradient",
        "The numbers are those of −y/n.",
        "By how much should the scores change when the right class has p = 1 already?",
        lambda s: -s.Y / s.n,
    ),
    Mistake(
        "softmax's derivative forgotten",
        "The derivative of the softmax is forgotten",
        "The numbers are those of −y/p: the gradient with respect to the probabilities, where that "
        "with respect to the scores is meant.",
        "Backward starts from L(p(z)). With respect to what did you differentiate, p or z?",
        lambda s: -s.Y / s.P / s.n,
    ),
    Mistake(
        "softmax's derivative forgotten",
        "The derivative of the softmax is forgotten",
        "The numbers are those of −y/p: the gradient with respect to the probabilities, where that "
        "with respect to the scores is meant.",
        "Backward starts from L(p(z)). With respect to what did you differentiate, p or z?",
        lambda s: -s.Y / s.P,
    ),
    Mistake(
        "softmax forgotten",
        "The scores are used in the place of the probabilities",
        "The numbers are those of (z − y)/n.",
        "Which of forward's intermediate results stands in the equation, z or p?",
        lambda s: (s.Z - s.Y) / s.n,
    ),
    Mistake(*LEFT_OUT, lambda s: (s.P - _without(s, 0)) / s.n, "labels"),
    Mistake(*LEFT_OUT, lambda s: (s.P - _without(s, -1)) / s.n, "labels"),
    Mistake(*_EVERY_ROW, lambda s: _pairs_subtracted(s) / s.n, "labels"),
    Mistake(*_EVERY_ROW, _pairs_subtracted, "labels"),
    Mistake(*_NOT_ONE_HOT, lambda s: (s.P - s.labels[:, None]) / s.n),
    Mistake(*_NOT_ONE_HOT, lambda s: s.P - s.labels[:, None]),
    Mistake(*softmax.EVERYTHING, lambda s: (softmax.along(s.Z, None, None) - s.Y) / s.n),
    Mistake(*softmax.EVERYTHING, lambda s: (softmax.along(s.Z, 1, None) - s.Y) / s.n),
    Mistake(*softmax.AXIS, lambda s: (softmax.along(s.Z, 1, 0) - s.Y) / s.n),
    Mistake(*softmax.AXIS, lambda s: softmax.along(s.Z, 1, 0) - s.Y),
    Mistake(*softmax.AXIS, lambda s: (softmax.along(s.Z, 0, 0) - s.Y) / s.n),
    Mistake(*softmax.AXIS, lambda s: softmax.along(s.Z, 0, 0) - s.Y),
    Mistake(*softmax.MAX_AXIS, lambda s: (softmax.along(s.Z, 0, 1) - s.Y) / s.n),
    Mistake(*softmax.MAX_AXIS, lambda s: softmax.along(s.Z, 0, 1) - s.Y),
    Mistake(
        "only the right class",
        "Only the score of the right class gets a gradient",
        "The other scores are in the softmax's denominator, and have a gradient, too.",
        "Does the loss change when the score of a wrong class grows?",
        lambda s: (s.P - s.Y) * s.Y / s.n,
    ),
    Mistake(
        "only the diagonal",
        "Only the diagonal of the softmax's Jacobian is used",
        "Each probability depends on all scores of its row; p(1 − p) is its dependence on its own.",
        "How does p₁ change when z₂ grows?",
        lambda s: s.P * (1 - s.P) / s.n,
    ),
    Mistake(
        *softmax.TWICE,
        lambda s: (s.P_twice - s.Y) / s.n,
    ),
    Mistake(
        "labels added",
        "The labels are added instead of subtracted",
        "The numbers are those of (p + y)/n.",
        "If the right class has p = 1, what must the gradient be?",
        lambda s: (s.P + s.Y) / s.n,
        "labels",
    ),
)

_OF_SCORES = (
    "gradient with respect to the scores",
    "This is the gradient with respect to the scores",
    "The numbers are those of p − y, with the derivative of the softmax in them. But this loss is "
    "given probabilities, and the softmax before it multiplies by its derivative once more.",
    "What does forward take, scores or probabilities? Differentiate −log p with respect to that.",
)
PROBABILITIES_GRADIENT = (
    Mistake(*_UNDIVIDED, lambda s: -s.Y / s.P),
    Mistake(
        "labels forgotten",
        "The labels have no part in the gradient",
        "The numbers are those of −1/p for every class.",
        "On which of its probabilities does the loss of an example depend?",
        lambda s: -1 / s.P / s.n,
    ),
    Mistake(*_OF_SCORES, lambda s: (s.P - s.Y) / s.n),
    Mistake(*_OF_SCORES, lambda s: s.P - s.Y),
)
"""Of a loss of probabilities."""
LOG_PROBABILITIES_GRADIENT = (
    Mistake(*_UNDIVIDED, lambda s: -s.Y),
    Mistake(*_OF_SCORES, lambda s: (s.P - s.Y) / s.n),
    Mistake(*_OF_SCORES, lambda s: s.P - s.Y),
)
"""Of a loss of logarithms of probabilities."""

SECOND_OUTPUT = (
    Mistake(
        "accumulated",
        "The loss piles up from call to call",
        "The second forward adds its loss to that of the first.",
        "What is in the loss when forward is called for the second time?",
        lambda s: s.right + s.previous,
    ),
    Mistake(
        "stale scores",
        "Computed with the scores of an earlier forward",
        "The second forward gives the loss of the first one's scores and labels.",
        "Is what forward keeps replaced in every call?",
        lambda s: s.stale,
        "cache",
    ),
)
