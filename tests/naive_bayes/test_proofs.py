"""Every line of code in docs/naive-bayes.md, run: the proofs on random instances."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

import handgrad.naive_bayes

DOCUMENT = Path(__file__).parents[2] / "docs" / "naive-bayes.md"
INSTANCES = 200


def code_by_section():
    """The code of each section that has some; a section's blocks go on where the last ended."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        blocks = re.findall(r"^```python\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)
        if blocks:
            yield section.splitlines()[0], "\n".join(blocks)


SECTIONS = dict(code_by_section())


def same(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


def test_the_three_proofs_have_code():
    assert sum("same(" in code for code in SECTIONS.values()) == 3


@pytest.mark.parametrize("title", SECTIONS)
def test_every_step_holds(title):
    code = compile(SECTIONS[title], f"{DOCUMENT.name}: {title}", "exec")
    for seed in range(INSTANCES if "rng" in SECTIONS[title] else 1):
        exec(
            code,
            {
                "np": np,
                "math": math,
                "rng": np.random.default_rng(seed),
                "same": same,
                **vars(handgrad.naive_bayes),
            },
        )
