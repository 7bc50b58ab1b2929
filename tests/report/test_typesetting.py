"""Tables, pictures and equations on pages: where they are broken."""

import io
import re
from importlib.resources import files

from pypdf import PdfReader

from handgrad.report.paper import Paper
from handgrad.report.sections import table
from handgrad.report.typesetting import typeset

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="5"/>'


def texts_of(sections, pictures):
    """Set sections: the text of each page."""
    paper = Paper({"title": "T", "signed": False, "name": None, "sections": sections}, pictures)
    return [page.extract_text() for page in PdfReader(io.BytesIO(typeset(paper, "pdf"))).pages]


def pages_of(*lengths):
    """Set tables of so many rows, one after another: for each, how many rows a page has of it."""
    tables = [
        table(("row",), [[f"t{number}r{row}"] for row in range(length)])
        for number, length in enumerate(lengths)
    ]
    section = {
        "kind": "repeating", "title": "T", "commands": ["make"], "sentences": [], "tables": tables,
    }  # fmt: skip
    texts = texts_of([section], {})
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


def test_where_a_picture_does_not_fit_the_text_goes_on_before_it():
    picture = {"file": "p.svg", "caption": "the caption", "width": 1.0}
    sections = [
        {
            "kind": "default-run",
            "title": f"Part {number}",
            "sentences": [f"words of {number}"] * 250,
            "picture": picture,
        }
        for number in (1, 2)
    ]  # fmt: skip
    first, second, *_ = texts_of(sections, {"p.svg": SVG})
    assert "words of 2" in first
    assert "the caption" not in first
    assert "the caption" in second


def test_what_leads_to_an_equation_is_on_one_page_with_it():
    import typst

    style = files("handgrad.report").joinpath("template", "style.typ").read_bytes()
    places = []
    for above in range(30, 60, 3):
        text = (
            '#import "style.typ": lead-in\n#set page(height: 100mm, margin: 20mm)\n'
            f'#v({above}mm)\n#lead-in[leads to]\n\n$ "equation" / 2 $'
        )
        pdf = typst.compile(
            {"main": text.encode(), "style.typ": style}, sys_inputs={"format": "pdf"}
        )
        pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
        [place] = [number for number, page in enumerate(pages) if "leads to" in page]
        assert "equation" in pages[place]
        places.append(place)
    assert {*places} == {0, 1}
