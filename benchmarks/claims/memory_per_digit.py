"""A digit takes its 784 bytes and little more: file read, network trained, at the peak."""

from benchmarks.claims import digits
from benchmarks.work import Claim, Settings


def growth(all_: Settings, few: Settings) -> float:
    return (all_["peak_bytes"] - few["peak_bytes"]) / (all_["digits"] - few["digits"]) / 1000


CLAIM = Claim(
    name="memory-per-digit",
    description="growth of the peak memory per digit, from 5,000 to 59,000 digits",
    program=("-m", "benchmarks.claims.digits"),
    first={"of": "all", "visits": 0},
    second={"of": "few", "visits": 0},
    prepare=digits.prepare,
    number=growth,
    at_most=1.2,
    unit="kB",
)
