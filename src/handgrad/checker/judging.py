"""From what a layer computed to what is wrong with it: the reasoning common to all layers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from handgrad.checker.attempts import Failure
from handgrad.checker.cases import SPREAD, Case
from handgrad.checker.lines import Line, line_of
from handgrad.checker.mistakes import Mistake, Situation, close, find
from handgrad.checker.quantities import Quantity
from handgrad.checker.verdict import Finding, Part

Where = Callable[[str], Line | None]
"""The line to look at for a mistake whose place is "quantity" or "cache"."""

ONE_ONLY = (
    "batch of one only",
    "It works for a batch of one example only",
    "With one example the result is right, with more it is not: something treats the whole batch "
    "as if it were one vector.",
    "Run it with two examples and print the shape of every intermediate result.",
)
NOT_ONE = (
    "not for a batch of one",
    "It does not work for a batch of one example",
    "With several examples the result is right, with one it is not: an axis of length one is lost "
    "or broadcast on the way. The last batch of an epoch may well be that small.",
    "Run it with one example and print the shape of every intermediate result.",
)
SQUARE_ONLY = (
    "square weights only",
    "It works only where the layer has as many outputs as inputs",
    "With square weights the result is right, with others it is not: two axes of different meaning "
    "are confused.",
    "Write the shape under each factor, with different letters for d and c. Which ones clash?",
)

SPREAD_ONLY = (
    "not for small or large inputs",
    "It is wrong where an input is small, or large",
    "For inputs between 0.25 and 2 from 0 the result is right; nearer to 0, or further out, it is "
    "not.",
    "What does your code do with x = 0.01, and what with x = 7?",
)
LATER_ONLY = (
    "not in the second call",
    "It works in the first call only",
    "The first call gives the right result, the second a wrong one: something of the first is "
    "still in use.",
    "What does the class keep from one call to the next, and is all of it replaced?",
)


UNNAMED = ("unknown", "stops with an error")
"""The names of findings for which no known mistake was found."""


@dataclass
class Sample:
    """One answer of the layer, and what there is to compare it with (`situation.right`)."""

    case: Case
    number: int
    got: Any
    situation: Situation
    failure: Failure | None = None

    @property
    def right(self) -> bool:
        """Whether the answer is right."""
        return self.got is not None and close(self.got, self.situation.right)


def judge(
    quantity: Quantity,
    samples: Sequence[Sample],
    mistakes: Sequence[Mistake],
    second: Sequence[Mistake],
    where: Where,
) -> Part:
    """Right, or wrong and why.

    Parameters
    ----------
    quantity
        What the samples are of.
    samples
        The layer's answers, at least one.
    mistakes
        What might explain wrong numbers, the likeliest first.
    second
        What might explain wrong numbers in a second call after a right first one.
    where
        Where the quantity is computed.
    """
    if all(sample.right for sample in samples):
        return Part(quantity.part, "right")
    return Part(quantity.part, "wrong", _finding(quantity, samples, mistakes, second, where))


def _finding(
    quantity: Quantity,
    samples: Sequence[Sample],
    mistakes: Sequence[Mistake],
    second: Sequence[Mistake],
    where: Where,
) -> Finding:
    first = [s for s in samples if s.number == 0]
    wrong = [s for s in first[:2] if not s.right]
    later = [s for s in samples if s.number == 1 and not s.right]
    if wrong:
        mistake = _explain(wrong, first, mistakes)
        if mistake is not None:
            return named(quantity, mistake, where(mistake.place), wrong[0])
        scope = _scope(first)
        if scope is not None:
            return _in_words(quantity, scope, where("quantity"), wrong[0])
        return _unknown(quantity, first, wrong[0], where)
    one = next((s for s in first if s.case.is_one_example and not s.right), None)
    if one is not None:
        return _in_words(quantity, NOT_ONE, where("quantity"), one)
    spread = next((s for s in first if s.case == SPREAD and not s.right), None)
    if spread is not None:
        return _in_words(quantity, SPREAD_ONLY, where("quantity"), spread)
    if later:
        mistake = find([*second, *mistakes], [(s.got, s.situation) for s in later])
        if mistake is not None:
            return named(quantity, mistake, where(mistake.place), later[0])
        if later[0].failure is None and later[0].got is not None:
            return _in_words(quantity, LATER_ONLY, where("quantity"), later[0])
    return _unknown(quantity, samples, next(s for s in samples if not s.right), where)


def _explain(
    wrong: Sequence[Sample], first: Sequence[Sample], mistakes: Sequence[Mistake]
) -> Mistake | None:
    """The mistake that gives the wrong numbers; without numbers, those where all sizes agree."""
    if all(s.got is not None for s in wrong):
        return find(mistakes, [(s.got, s.situation) for s in wrong])
    equal = [s for s in first if s.case.is_equal and s.got is not None and not s.right]
    return find(mistakes, [(s.got, s.situation) for s in equal])


def _scope(first: Sequence[Sample]) -> tuple[str, str, str, str] | None:
    """Whether it works for a batch of one only, or for square weights only."""
    one = [s.right for s in first if s.case.n == 1]
    if any(s.case.is_one_example for s in first) and all(one):
        return ONE_ONLY
    square = [s.right for s in first if s.case.d == s.case.c]
    return SQUARE_ONLY if any(s.case.is_square for s in first) and all(square) else None


def named(quantity: Quantity, mistake: Mistake, line: Line | None, sample: Sample) -> Finding:
    """The finding that a known mistake was made."""
    words = (mistake.slug, mistake.title, mistake.why, mistake.hint)
    return _in_words(quantity, words, line, sample)


def _in_words(
    quantity: Quantity, words: tuple[str, str, str, str], line: Line | None, sample: Sample
) -> Finding:
    slug, title, why, hint = words
    line = _failing_line(sample.failure) or line
    return Finding(
        slug,
        title,
        why,
        hint,
        quantity.equation,
        (*quantity.explanation, *_seen(sample)),
        line,
    )


def _unknown(quantity: Quantity, samples: Sequence[Sample], worst: Sample, where: Where) -> Finding:
    line = _failing_line(worst.failure) or where("quantity")
    example = next((s for s in samples if s.case.is_small and not s.right), worst)
    case = worst.case
    if worst.failure is not None and worst.failure.kind == "TimeLimit":
        return Finding(
            "does not return",
            "It does not come to an end",
            f"With n = {case.n} examples, d = {case.d} inputs and c = {case.c} outputs it was "
            f"{worst.failure.message}.",
            "Which loop is there, and what makes it stop?",
            line=line,
        )
    if worst.got is None and worst.failure is not None:
        return Finding(
            "stops with an error",
            f"It stops with {worst.failure.kind}",
            f"With n = {case.n} examples, d = {case.d} inputs and c = {case.c} outputs: "
            f"{worst.failure}.",
            "Write down the shape of every factor in that line, for these n, d and c.",
            quantity.equation,
            quantity.explanation,
            line,
        )
    if worst.got is None:
        return Finding(
            "nothing returned",
            "It returns no numbers",
            "What comes back is neither an array nor a number.",
            "What does the method return, and does every way through it end in a return?",
            quantity.equation,
            quantity.explanation,
            line,
        )
    return Finding(
        "unknown",
        f"{quantity.symbol} is wrong",
        "The numbers match no mistake that is known here. Below is a case in which they are wrong.",
        "Work that case out by hand, one factor at a time, and print the same factors in your "
        "code.",
        quantity.equation,
        (*quantity.explanation, *_seen(worst)),
        line,
        _example(quantity, example),
    )


def _failing_line(failure: Failure | None) -> Line | None:
    if failure is None or failure.file is None or failure.line is None:
        return None
    return line_of(failure.file, failure.line)


def _seen(sample: Sample) -> list[str]:
    """What was seen in one case, in a sentence or two."""
    case, right = sample.case, np.asarray(sample.situation.right)
    sizes = f"With n = {case.n}, d = {case.d}, c = {case.c}"
    if sample.failure is not None:
        return [f"{sizes} it stops: {sample.failure}."]
    if sample.got is None:
        return []
    if np.squeeze(sample.got).shape != np.squeeze(right).shape:
        return [f"{sizes} the result has shape {sample.got.shape}; it should be {right.shape}."]
    if not np.all(np.isfinite(right)):
        return []
    got, right = np.asarray(sample.got), right.reshape(np.shape(sample.got))
    scale = np.max(np.abs(right), initial=0)
    places = (p for p in np.ndindex(right.shape) if not close(got[p], right[p], scale))
    place = next(places, None)
    if place is None:
        return []
    at = f" at {list(place)}" if right.size > 1 else ""
    return [f"{sizes} the result is {got[place] + 0:.4g}{at}; right is {right[place] + 0:.4g}."]


def _example(quantity: Quantity, sample: Sample) -> str:
    """One case in full, for working out by hand."""
    lines = [f"{symbol} = {_matrix(array)}" for symbol, array in _given(sample.situation)]
    got, right = sample.got, np.asarray(sample.situation.right)
    if got is None or not np.all(np.isfinite(right)):  # Of a network with other layers, nothing is.
        lines.append(f"{quantity.symbol}: yours {'nothing' if got is None else _matrix(got)}")
    else:
        if np.squeeze(got).shape == np.squeeze(right).shape:
            right = right.reshape(np.shape(got))
        lines.append(f"{quantity.symbol}: yours {_matrix(got)}, right {_matrix(right)}")
    return "\n".join(lines)


def _given(s: Situation) -> Iterator[tuple[str, Any]]:
    """All that a result is computed of, with its symbols."""
    values = vars(s)
    if "P" in values and "D" in values:
        yield from (("θ", s.P), ("∂L/∂θ", s.D), ("step size", s.eta))
        return
    layers = values.get("layers", [(values.get("W"), values.get("b"))])
    parameters = [
        (f"{symbol}{number}" if len(layers) > 1 else symbol, array)
        for number, layer in enumerate(layers, 1)
        for symbol, array in zip("Wb", layer, strict=True)
    ]
    given = [
        ("X", values.get("X")),
        (values.get("given_symbol"), values.get("given")),
        ("y", values.get("labels", values.get("given_labels"))),
        *parameters,
        (s.G_symbol, values.get("G")),
    ]
    yield from ((symbol, array) for symbol, array in given if symbol and array is not None)


def _matrix(array: Any) -> str:
    text = np.array2string(
        np.asarray(array), precision=4, separator=", ", suppress_small=True, threshold=40
    )
    return " ".join(text.split()).replace("[ ", "[").replace(" ]", "]").replace(" ,", ",")


def is_unnamed(part: Part) -> bool:
    """Whether a part is wrong, and no known mistake was found in it."""
    return part.finding is not None and part.finding.slug in UNNAMED


def is_unknown(part: Part) -> bool:
    """Whether a part's numbers are wrong, and match no known mistake."""
    return part.finding is not None and part.finding.slug == "unknown"


def failed_by_itself(part: Part) -> bool:
    """Whether all that is known against a part is that a call stopped with an error."""
    return part.finding is not None and part.finding.slug in (
        "stops with an error",
        "does not return",
    )


def is_general(part: Part) -> bool:
    """Whether all that is known is in which cases it fails."""
    scopes = (ONE_ONLY, NOT_ONE, SQUARE_ONLY, SPREAD_ONLY, LATER_ONLY)
    return part.finding is not None and part.finding.slug in {scope[0] for scope in scopes}


def is_unexplained(part: Part) -> bool:
    """Whether a part is wrong, and no more is known than perhaps in which cases."""
    return is_unknown(part) or is_general(part)
