"""The code in a report, against the files that it is from."""

from pathlib import Path

import handgrad
from handgrad.report.listings import network_section


def test_a_listing_begins_at_the_line_that_it_names():
    for listing in (each for part in network_section()["listings"].values() for each in part):
        file = Path(handgrad.__file__).parents[1] / listing["file"]
        line = file.read_text(encoding="utf-8").splitlines()[listing["line"] - 1]
        assert line.strip() == listing["code"].splitlines()[0]
