"""Tables on pages: where they are broken."""

import io
import re

from pypdf import PdfReader

from handgrad.report.paper import Paper
from handgrad.report.sections import table
from handgrad.report.typesetting import typeset


def pages_of(*lengths):
    """Set tables of so many rows, one after another: for each, how many rows a page has of it."""
    tables = [
        table(("row",), [[f"t{number}r{row}"] for row in range(length)])
        for number, length in enumerate(lengths)
    ]
    section = {
        "kind": "repeating", "title": "T", "commands": ["make"], "sentences": [], "tables": tables,
    }  # fmt: skip
    paper = Paper({"title": "T", "signed": False, "name": None, "sections": [section]}, {})
    texts = [page.extract_text() for page in PdfReader(io.BytesIO(typeset(paper, "pdf"))).pages]
    return [
        [rows for text in texts if (rows := len(set(re.findall(rf"t{number}r\d+", text))))]
        for number in range(len(lengths))
    ]


def test_a_short_table_is_on_one_page():
    assert pages_of(*[13] * 9) == [[13]] * 9


def test_a_long_table_goes_on_over_the_page():
    [rows] = pages_of(150)
    assert sum(rows) == 150
    assert len(rows) > 2
    assert max(rows) < 80
