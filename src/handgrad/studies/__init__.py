"""Studies: experiments as data, run side by side, with the claims that they test."""

from handgrad.studies.reading import COURSE, course_study, read_study, study_named
from handgrad.studies.study import Claim, Question, RunSpec, Study

__all__ = [
    "COURSE",
    "Claim",
    "Question",
    "RunSpec",
    "Study",
    "course_study",
    "read_study",
    "study_named",
]
