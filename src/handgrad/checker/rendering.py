"""Verdicts for people to read."""

import io
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from handgrad.checker.verdict import Finding, LayerVerdict, Part, Status, Verdict

WIDTH = 96

Marks = dict[Status, tuple[str, str]]
"""The mark and the style of each status."""

MARKS: Marks = {
    "right": ("✓", "green"),
    "wrong": ("✗", "bold red"),
    "waiting": ("…", "yellow"),
    "absent": ("–", "dim"),
}

ASCII_MARKS: Marks = {
    "right": ("ok", "green"),
    "wrong": ("WRONG", "bold red"),
    "waiting": ("...", "yellow"),
    "absent": ("-", "dim"),
}
"""The same where the encoding does not have the others."""


def render(verdict: Verdict, explain: bool = False, marks: Marks = MARKS) -> RenderableType:
    """The verdict, for a rich console; with `explain`, where the equations come from, too."""
    parts: list[RenderableType] = [Rule(Text(verdict.subject, style="bold"), align="left"), Text()]
    if verdict.problem is not None:
        parts.append(Text(f"This file {verdict.problem}."))
    for layer in verdict.layers:
        parts += [*_layer(layer, explain, marks), Text()]
    parts += [Padding(Text(remark, style="dim"), (0, 0, 1, 0)) for remark in verdict.remarks]
    if verdict.problem is None:
        parts.append(_summary(verdict, marks))
    return Group(*parts)


def to_text(report: RenderableType) -> str:
    """What is rendered, as text without colours."""
    file = io.StringIO()
    Console(file=file, width=WIDTH, color_system=None).print(report)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def _layer(layer: LayerVerdict, explain: bool, marks: Marks) -> Iterator[RenderableType]:
    yield Text.assemble((layer.name, "bold"), (f"  {layer.conventions}", "dim"))
    yield Padding(_marks(layer.parts, marks), (0, 0, 0, 2))
    for part in layer.parts:
        if part.finding is not None:
            yield Padding(Group(*_finding(part, part.finding, explain)), (1, 0, 0, 2))
        elif part.note and (explain or _is_left_open(part)):
            yield Padding(Text(f"{part.name}: {part.note}", style="dim"), (0, 0, 0, 2))
    for remark in layer.remarks:
        yield Padding(Text(remark, style="dim"), (1, 0, 0, 2))


def _is_left_open(part: Part) -> bool:
    """Whether nothing is said of it that is judged."""
    return part.status == "waiting" or part.unjudged


def _marks(parts: list[Part], marks: Marks) -> Text:
    text = Text()
    for part in parts:
        mark, style = marks[part.status]
        text.append(f"{mark} ", style=style)
        text.append(f"{part.name}   ", style="" if part.status == "wrong" else "dim")
    return text


def _finding(part: Part, finding: Finding, explain: bool) -> Iterator[RenderableType]:
    yield Text.assemble((f"{part.name}: ", "red"), (finding.title, "bold"))
    if finding.line is not None:
        yield Padding(
            Syntax(
                finding.line.code,
                "python",
                line_numbers=True,
                start_line=finding.line.number,
                theme="ansi_dark",
                background_color="default",
                word_wrap=True,
            ),
            (0, 0, 0, 2),
        )
    yield Text(finding.why)
    if finding.equation:
        yield Text.assemble(("Look at  ", "dim"), (finding.equation, "cyan"))
    yield Text.assemble(("Hint  ", "yellow"), finding.hint)
    if finding.example:
        yield Padding(Text(finding.example, style="dim"), (0, 0, 0, 2))
    if explain:
        yield from (Padding(Text(f"· {line}"), (0, 0, 0, 2)) for line in finding.explanation)


def _summary(verdict: Verdict, marks: Marks) -> Text:
    count = len(verdict.findings)
    if verdict.right and any(layer.unjudged for layer in verdict.layers):
        absent, _ = marks["absent"]
        return Text(f"Nothing wrong was found; what has a {absent} was not judged.", style="bold")
    if verdict.right and not verdict.complete:
        return Text("Nothing wrong was found in what was judged.", style="bold")
    if verdict.right:
        return Text("All right.", style="bold green")
    return Text(f"{count} thing{'' if count == 1 else 's'} to look at.", style="bold")


def grades_table(rows: list[tuple[str, float, float, str]]) -> Table:
    """The points for each part of a rubric, and their sum."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("points", justify="right")
    table.add_column("of", justify="right")
    table.add_column("part")
    for name, earned, possible, _ in rows:
        table.add_row(f"{earned:g}", f"{possible:g}", Text(name))
    sums = [f"{sum(row[k] for row in rows):g}" for k in (1, 2)]  # type: ignore[misc]
    table.add_row(*sums, "all", style="bold")
    return table


def class_table(
    verdicts: list[Verdict], scores: list[float] | None = None, marks: Marks = MARKS
) -> Table:
    """One row for each submission, one column for each kind of layer, and one for scores."""
    kinds = list(dict.fromkeys(layer.kind for v in verdicts for layer in v.layers))
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("submission", overflow="fold")
    for kind in kinds:
        table.add_column(kind, justify="center")
    if scores is not None:
        table.add_column("points", justify="right")
    table.add_column("mistakes", overflow="fold")
    for number, verdict in enumerate(verdicts):
        cells = [_cell([x for x in verdict.layers if x.kind == kind], marks) for kind in kinds]
        told = verdict.problem or ", ".join(dict.fromkeys(f.slug for _, _, f in verdict.findings))
        score = [] if scores is None else [Text(f"{scores[number]:g}")]
        table.add_row(Text(verdict.subject), *cells, *score, Text(told))
    return table


def _cell(layers: list[LayerVerdict], marks: Marks) -> Text:
    """The worst mark of these layers, with unjudged before right; nothing where there are none."""
    if not layers:
        return Text()
    statuses = {part.status for layer in layers for part in layer.parts}
    unjudged = any(layer.unjudged for layer in layers)
    order: tuple[Status, ...] = ("wrong", "waiting", "absent" if unjudged else "right")
    mark, style = marks[next((status for status in order if status in statuses), "absent")]
    return Text(mark, style=style)


def class_summary(mistakes: dict[str, list[str]]) -> Table:
    """Which mistakes the class makes, the commonest first, and who makes them."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("times", justify="right")
    table.add_column("mistake")
    table.add_column("by", overflow="fold")
    for mistake, names in mistakes.items():
        table.add_row(str(len(names)), Text(mistake), Text(", ".join(names), style="dim"))
    return table
