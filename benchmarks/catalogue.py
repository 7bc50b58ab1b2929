"""All works and claims, in the order in which they are measured."""

from benchmarks.claims import busy, cost_per_digit, memory_per_digit
from benchmarks.work import Claim, Work
from benchmarks.works import deep, default, large, one_digit, side_by_side, start, wide, wider

WORKS: dict[str, Work] = {
    module.WORK.name: module.WORK
    for module in (default, deep, wide, wider, large, one_digit, start, side_by_side)
}

CLAIMS: dict[str, Claim] = {
    module.CLAIM.name: module.CLAIM for module in (cost_per_digit, memory_per_digit, busy)
}
