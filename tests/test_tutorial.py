"""All code of docs/tutorial.md, run from top to bottom, prints what the page says."""

import contextlib
import io
import re
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).parents[1] / "docs" / "tutorial.md"
BLOCK = r"^```python\n(.*?)^```(?:\n\n```text\n(.*?)^```)?"
NUMBER = r"\d+\.\d+"


def test_the_page_says_what_its_code_prints(here):
    text = DOCUMENT.read_text(encoding="utf-8")
    blocks = re.findall(BLOCK, text, flags=re.MULTILINE | re.DOTALL)
    names = {"__name__": "tutorial"}
    for code, expected in blocks:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, names)
        found = printed.getvalue()
        assert re.sub(NUMBER, "#", found) == re.sub(NUMBER, "#", expected)
        # What is learned differs a little with the order in which a BLAS adds up.
        assert _numbers(found) == pytest.approx(_numbers(expected), rel=0.02)
    assert (here / "learning-curves.png").is_file()


def _numbers(text):
    return [float(number) for number in re.findall(NUMBER, text)]
