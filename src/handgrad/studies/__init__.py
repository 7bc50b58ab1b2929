"""Studies: experiments as data, run side by side, with the claims that they test."""

from handgrad.studies.reading import course_study, read_study
from handgrad.studies.study import Claim, Question, RunSpec, Study

__all__ = ["Claim", "Question", "RunSpec", "Study", "course_study", "read_study"]
