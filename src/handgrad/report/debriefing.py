"""The debriefing: what only a person can say, from a file that the person filled in."""

import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

from handgrad.errors import UsageError
from handgrad.report.sections import Section
from handgrad.studies.schema import build

TEMPLATE = """\
# The debriefing. What stays behind its # is a blank in the report, to fill in by hand.

# name = "…"
# hours = 0             # how many hours it took
# difficulty = "…"      # easy, moderate, hard, …
# collaboration = "…"   # alone, or with whom
# understanding = 0     # how deeply you understand it now, in percent
# comments = "…"
"""


@dataclass(frozen=True, kw_only=True)
class Debriefing:
    """Answers; None where there is none.

    Raises
    ------
    UsageError
        If a number is out of range.
    """

    name: str | None = None
    hours: float | None = None
    difficulty: str | None = None
    collaboration: str | None = None
    understanding: float | None = None
    comments: str | None = None

    def __post_init__(self) -> None:
        if self.hours is not None and not 0 <= self.hours < float("inf"):
            raise UsageError(f"must be 0 or more, got {self.hours:g}", "hours")
        if self.understanding is not None and not 0 <= self.understanding <= 100:
            raise UsageError(f"must be from 0 to 100, got {self.understanding:g}", "understanding")


def read_debriefing(path: Path) -> Debriefing:
    """Read a debriefing from a TOML file.

    Raises
    ------
    UsageError
        If there is no such file, it is not TOML, or a key is unknown or has a wrong value.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(
            f"{path}: no debriefing there ({error.strerror}); --debrief-template writes one"
        ) from error
    except ValueError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error
    return build(Debriefing, document, str(path))


def debriefing_section(debriefing: Debriefing) -> Section:
    """Give the section: questions are the template's, answers the person's."""
    answers = asdict(debriefing)
    for key in ("hours", "understanding"):
        if answers[key] is not None:
            answers[key] = f"{answers[key]:g}"
    return {"kind": "debriefing", "title": "Debriefing", "answers": answers}
