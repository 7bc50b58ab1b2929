"""The submissions that the tests judge, each file once."""

from pathlib import Path

import pytest

from handgrad.checker import sandbox
from handgrad.checker.judge import judge_all
from handgrad.checker.verdict import Verdict

SUBMISSIONS = Path(__file__).parent / "submissions"


def judge_each(path: Path, layers: list[str]) -> dict[str, Verdict]:
    """The verdict on each class of a file, as if it were alone."""
    seen = sandbox.run(path, layers, time_limit=120)
    assert seen.problem is None
    return {o.name: judge_all(o.name, [o]) for o in seen.observations}


@pytest.fixture(scope="session")
def submissions() -> Path:
    return SUBMISSIONS


@pytest.fixture(scope="session")
def judged():
    """A function that judges each class of a file in one process; the answers are kept."""
    known: dict[tuple[Path, tuple[str, ...]], dict[str, Verdict]] = {}

    def judge(path: Path, layers: tuple[str, ...] = ()) -> dict[str, Verdict]:
        if (path, layers) not in known:
            known[path, layers] = judge_each(path, list(layers))
        return known[path, layers]

    return judge
