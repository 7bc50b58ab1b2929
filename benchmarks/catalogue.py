"""All works and claims, in the order in which they are measured."""

from benchmarks.claims import busy, cost_per_digit, memory_per_digit
from benchmarks.work import Claim, Work
from benchmarks.works import (
    contest_step,
    deep,
    default,
    large,
    naive_bayes,
    one_digit,
    side_by_side,
    start,
    wide,
    wider,
)

WORKS: dict[str, Work] = {
    work.name: work
    for work in (
        default.WORK,
        deep.WORK,
        wide.WORK,
        wider.WORK,
        large.WORK,
        one_digit.WORK,
        start.WORK,
        contest_step.WORK,
        naive_bayes.FIT,
        naive_bayes.PREDICT,
        side_by_side.WORK,
    )
}

CLAIMS: dict[str, Claim] = {
    module.CLAIM.name: module.CLAIM for module in (cost_per_digit, memory_per_digit, busy)
}
