"""The code of the tutorial and of the mathematics, run from top to bottom, prints what they say."""

import contextlib
import io
import re
from pathlib import Path

import pytest

DOCUMENTS = Path(__file__).parents[1] / "docs"
BLOCK = r"^```python\n(.*?)^```(?:\n\n```text\n(.*?)^```)?"
NUMBER = r"\d+\.\d+"


@pytest.mark.parametrize("name", ["tutorial.md", "mathematics.md"])
def test_a_page_says_what_its_code_prints(here, name):
    text = (DOCUMENTS / name).read_text(encoding="utf-8")
    blocks = re.findall(BLOCK, text, flags=re.MULTILINE | re.DOTALL)
    assert blocks
    names = {"__name__": "document"}
    for code, expected in blocks:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, names)
        found = printed.getvalue()
        assert re.sub(NUMBER, "#", found) == re.sub(NUMBER, "#", expected)
        # What is learned differs a little with the order in which a BLAS adds up.
        assert _numbers(found) == pytest.approx(_numbers(expected), rel=0.02)


def _numbers(text):
    return [float(number) for number in re.findall(NUMBER, text)]
