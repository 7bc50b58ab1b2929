"""Claims held against the runs: each is measured, and holds or does not."""

import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from handgrad.files import write_json, write_text
from handgrad.runs import read_history
from handgrad.studies.folder import read_summary, run_folder
from handgrad.studies.gradients import GRADIENTS_FILE, read_gradients
from handgrad.studies.quantities import QUANTITIES, Measured
from handgrad.studies.study import Claim, Study


@dataclass(frozen=True)
class Verdict:
    """A claim, what was measured for it, and whether it holds.

    Attributes
    ----------
    figures
        The quantity for each run; NaN where a run has none.
    value
        What the claim's bounds are about: see `Claim`.
    """

    claim: Claim
    figures: dict[str, float]
    value: float

    @property
    def holds(self) -> bool | None:
        """None where it was not measured, or has nothing that it could be a share of."""
        return None if math.isnan(self.value) else self.claim.holds(self.value)

    @property
    def result(self) -> str:
        """The verdict in words."""
        return {True: "holds", False: "does not hold", None: "not measured"}[self.holds]

    @property
    def measured(self) -> str:
        """What was measured, written out."""
        claim, quantity = self.claim, QUANTITIES[self.claim.quantity]
        written = quantity.write(_combined(claim, self.figures), claim.statistic == "range")
        if claim.statistic:
            written = f"{claim.statistic} {written}"
        if claim.relative_to:
            reference = quantity.write(self.figures[claim.relative_to])
            ratio = f"{_ratio(claim, self.value)} × " if math.isfinite(self.value) else ""
            written += f", {ratio}{claim.relative_to}'s {reference}"
        return written

    @property
    def threshold(self) -> str:
        """The bounds, written out with every digit that they have."""
        claim = self.claim
        bounds = []
        for word, bound in (("above", claim.above), ("below", claim.below)):
            if bound is not None and claim.relative_to:
                bounds.append(f"{word} {_all_digits(bound)} × {claim.relative_to}'s")
            elif bound is not None:
                bounds.append(f"{word} {_bound(claim, bound)}")
        return " and ".join(bounds)


def judge(study: Study, folder: Path) -> list[Verdict]:
    """Measure every claim of a study that has been run in `folder`."""
    measure = functools.lru_cache(maxsize=16)(functools.partial(_read, folder))
    return [_judge(claim, measure) for claim in study.claims]


def write_claims(study: Study, verdicts: list[Verdict], folder: Path) -> None:
    """Write claims.json and claims.md."""
    write_json(folder / "claims.json", [_record(verdict) for verdict in verdicts])
    write_text(folder / "claims.md", markdown(study, verdicts))


def markdown(study: Study, verdicts: list[Verdict]) -> str:
    """Write the claims as a table for each question."""
    return "\n".join(_tables(study, verdicts))


def _tables(study: Study, verdicts: list[Verdict]) -> Iterator[str]:
    for question in study.questions:
        own = [verdict for verdict in verdicts if verdict.claim.question == question.name]
        if not own:
            continue
        yield f"### {question.title}\n"
        yield "| the claim | measured | threshold, and why | |"
        yield "| --- | --- | --- | --- |"
        for verdict in own:
            claim = verdict.claim
            says, because = map(_in_a_cell, (claim.says, claim.because))
            yield (
                f"| {says} | {QUANTITIES[claim.quantity].text}: {verdict.measured} "
                f"| {verdict.threshold}: {because} | **{verdict.result}** |"
            )
        yield ""


def _in_a_cell(text: str) -> str:
    """A text as a table's cell has it: in one line, and without a border."""
    return " ".join(text.split()).replace("|", "\\|")


def _bound(claim: Claim, bound: float) -> str:
    """A bound with its unit: of percentages at least the decimal that what is measured has."""
    unit = QUANTITIES[claim.quantity].unit
    if unit in ("%", "points"):
        number = _all_digits(bound, scale=100, places=1)
        return f"{number}%" if unit == "%" and claim.statistic != "range" else f"{number} points"
    return f"{_all_digits(bound)} {unit}".rstrip()


def _ratio(claim: Claim, ratio: float) -> str:
    """Write a ratio to two digits, or to as many as it takes to be on its side of the bounds."""
    bounds = [bound for bound in (claim.above, claim.below) if bound is not None]
    precisions = (f"{ratio:.{digits}g}" for digits in range(2, 18))
    return next(
        text
        for text in precisions
        if all(_side(float(text), bound) == _side(ratio, bound) for bound in bounds)
    )


def _side(value: float, bound: float) -> int:
    return (value > bound) - (value < bound)


def _all_digits(number: float, scale: int = 1, places: int = 0) -> str:
    """Write a number times a scale exactly, to so many decimal places or more."""
    # A decimal: 100 times the float 0.9149 is 91.49000000000001.
    exact = (scale * Decimal(str(number))).normalize()
    return f"{exact:,.{max(places, -int(exact.as_tuple().exponent))}f}"


def _judge(claim: Claim, measure: Callable[[str], Measured | None]) -> Verdict:
    names = [*claim.runs, *([claim.relative_to] if claim.relative_to else [])]
    quantity, figures = QUANTITIES[claim.quantity], {}
    for name in names:
        run = measure(name)
        figures[name] = quantity.of(run) if run else math.nan
    value = _combined(claim, figures)
    if claim.relative_to:
        reference = figures[claim.relative_to]
        # A share of nothing says nothing, and neither does never ÷ never, which is NaN.
        value = value / reference if reference else math.nan
    # In float64 84.2% less 83.2% is above one point.
    return Verdict(claim, figures, float(f"{value:.12g}"))


def _combined(claim: Claim, figures: dict[str, float]) -> float:
    values = [figures[name] for name in claim.runs]
    if any(map(math.isnan, values)):
        return math.nan
    if claim.statistic == "range":
        return max(values) - min(values)
    return min(values) if claim.statistic == "smallest" else max(values)


def _read(folder: Path, name: str) -> Measured | None:
    """Read what is known of a run; None if it failed, or has not a single epoch."""
    path = run_folder(folder, name)
    summary = read_summary(path)
    if summary is None:
        return None
    history = read_history(path)
    gradients = path / GRADIENTS_FILE
    if not history.epochs:
        return None
    return Measured(
        history,
        read_gradients(gradients) if gradients.exists() else None,
        diverged=summary["status"] == "diverged",
    )


def _record(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON has it, which knows no infinity and no NaN: both are null."""
    record = {name: value for name, value in asdict(verdict.claim).items() if value is not None}
    record["measure"] = QUANTITIES[verdict.claim.quantity].text
    record["figures"] = {name: _finite(value) for name, value in verdict.figures.items()}
    record["value"] = _finite(verdict.value)
    record["measured"] = verdict.measured
    record["threshold"] = verdict.threshold
    record["holds"] = verdict.holds
    return record


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
