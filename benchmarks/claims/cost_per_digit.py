"""What a digit costs must not depend on how many there are."""

from benchmarks.claims import digits
from benchmarks.work import Claim

VISITS = 236_000

CLAIM = Claim(
    name="cost-per-digit",
    description="time per digit and epoch, 59,000 digits over 5,000",
    program=("-m", "benchmarks.claims.digits"),
    first={"of": "all", "visits": VISITS},
    second={"of": "few", "visits": VISITS},
    prepare=digits.prepare,
    number=lambda all_, few: all_["seconds_per_digit"] / few["seconds_per_digit"],
    at_most=1.15,
)
