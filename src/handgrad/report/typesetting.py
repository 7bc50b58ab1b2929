"""Typesetting: a paper's data and the template, by typst, as PDF or as HTML."""

import json
from datetime import UTC, datetime
from importlib.resources import files
from typing import Literal

from handgrad.errors import DataError
from handgrad.report.paper import Paper

Format = Literal["pdf", "html"]


def require_typst() -> None:
    """Raise DataError if typst is not installed."""
    try:
        import typst  # noqa: F401 - it is only looked for.
    except ImportError as error:
        raise DataError(
            "a report needs typst, which is not installed: pip install 'handgrad[report]'"
        ) from error


def typeset(paper: Paper, format: Format) -> bytes:
    """Set a paper. The same paper gives the same bytes.

    typst reads the template and the data from memory, and has the fonts that it brings: it needs
    no file, no network and nothing of this machine.

    Raises
    ------
    DataError
        If typst is not installed.
    """
    require_typst()
    import typst

    sources = {
        path.name: path.read_bytes()
        for path in files("handgrad.report").joinpath("template").iterdir()
    }
    # typst takes the entry called main for the document, and names have no folder.
    sources["main"] = sources.pop("main.typ")
    sources["paper.json"] = json.dumps(paper.data, ensure_ascii=False).encode()
    # Its stubs know of files only, but it takes a dictionary of contents too.
    return typst.compile(  # type: ignore[call-overload]
        sources | paper.pictures,
        format=format,
        sys_inputs={"format": format},
        ignore_system_fonts=True,
        timestamp=datetime(2000, 1, 1, tzinfo=UTC),
    )
