"""The paper: which sections a report has, in their order."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from handgrad.report.answers import study_sections
from handgrad.report.bayes import bayes_section
from handgrad.report.debriefing import Debriefing, debriefing_section
from handgrad.report.entry import entry_section
from handgrad.report.listings import network_section
from handgrad.report.material import Material
from handgrad.report.repeating import repeating_section
from handgrad.report.sections import Pictures, Section

APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])|(?<=s)'(?= )")

VERBATIM = ("commands", "code")
"""What of a section stands in the report to the letter, for it is copied."""

COURSE_TITLE = "Handwritten digits: a feed-forward network with every gradient derived by hand"


@dataclass(frozen=True)
class Paper:
    """A paper as data, and its pictures, SVG, by the name that the data call them."""

    data: dict[str, Any]
    pictures: dict[str, bytes]


def compose(material: Material) -> Paper:
    """Compose a paper: sentences, tables and pictures from what was measured.

    Raises
    ------
    DataError
        If something of it is damaged.
    """
    pictures = Pictures()
    course_title = COURSE_TITLE if material.is_course else material.studies[0].study.title
    debriefing = material.debriefing
    data = {
        "title": material.title or course_title,
        "signed": material.is_course or debriefing is not None,
        "name": debriefing.name if debriefing else None,
        "sections": _typographic(list(_sections(material, pictures))),
    }
    return Paper(data, pictures.files)


def _sections(material: Material, pictures: Pictures) -> Iterator[Section]:
    course = material.is_course
    if course or material.bayes:
        yield bayes_section(material.bayes, pictures)
    if course:
        yield network_section()
    for study in material.studies:
        yield from study_sections(study, pictures)
    if course or material.entry:
        yield entry_section(material.entry, material.ablation, pictures)
    if course or material.debriefing:
        yield debriefing_section(material.debriefing or Debriefing())
    yield repeating_section(material.studies, material.commands())


def _typographic(value: Any) -> Any:
    """Give texts the apostrophes that typst sets in its template's: those of JSON stay as typed."""
    if isinstance(value, str):
        return APOSTROPHE.sub("’", value)
    if isinstance(value, dict):
        return {key: own if key in VERBATIM else _typographic(own) for key, own in value.items()}
    return list(map(_typographic, value)) if isinstance(value, list | tuple) else value
