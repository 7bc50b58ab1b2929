"""The results as Markdown."""

from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.results import Results, ratio, spread
from benchmarks.work import Claim, Targets, Work

JUDGED = {"best peer": "best_peer", "torch eager": "torch_eager", "limit": "limit"}
"""The ratios that have targets, and the targets' names in `Targets`."""


def summary_table(works: Sequence[Work], results: Results, last: Results) -> str:
    """handgrad's ratios, with their targets, beside last time's."""
    rows = []
    for work in works:
        result = results["works"].get(work.name)
        if not result or not result["ratios"]:
            continue
        before = _last_time(work.name, "works", results, last).get("ratios", {})
        rows.append(
            [
                work.name,
                seconds_with_spread(result["contenders"]["handgrad"]["rounds"]),
                result["ratios"].get("best peer", {}).get("to", ""),
                *(
                    cell
                    for what in JUDGED
                    for cell in _judged(what, work.targets, result["ratios"], before)
                ),
            ]
        )
    head = ["work", "handgrad", "best peer", "to it", "last time"]
    head += ["to torch eager", "last time", "to the limit", "last time"]
    return table(head, rows)


def _last_time(name: str, kind: str, results: Results, last: Results) -> Results:
    """Last time's result, unless it is this one, kept because it was not measured again."""
    before = last[kind].get(name, {})
    return before if before is not results[kind][name] else {}


def _judged(what: str, targets: Targets, ratios: Results, before: Results) -> tuple[str, str]:
    """One ratio with its target and whether it is met, and last time's."""
    if what not in ratios:
        return "", ""
    now, at_most = ratios[what]["median"], getattr(targets, JUDGED[what])
    last = f"{before[what]['median']:.2f}" if what in before else ""
    return judged(now, at_most), last


def judged(number: float, at_most: float | None) -> str:
    """A number, with what it should be at most and whether it is."""
    if at_most is None:
        return f"{number:.2f}"
    return f"{number:.2f} {'≤' if number <= at_most else '**>**'} {at_most:.2f}"


def claims_table(claims: Sequence[Claim], results: Results, last: Results) -> str:
    """The claims with their numbers, beside last time's."""
    rows = []
    for claim in claims:
        if claim.name not in results["claims"]:
            continue
        found = spread(results["claims"][claim.name]["rounds"])
        before = _last_time(claim.name, "claims", results, last)
        rows.append(
            [
                claim.description,
                f"{judged(found['median'], claim.at_most)} {claim.unit}".rstrip(),
                f"{found['low']:.2f} to {found['high']:.2f}",
                f"{spread(before['rounds'])['median']:.2f}" if before else "",
            ]
        )
    return table(["claim", "median", "spread", "last time"], rows)


def work_section(work: Work, result: Results) -> str:
    """Everything about one work: a row a contender."""
    subject = result["contenders"].get("handgrad")
    rows = []
    for name, contender in result["contenders"].items():
        ratio_to = ratio(subject, contender) if subject and name != "handgrad" else None
        rows.append(
            [
                name,
                contender["variant"],
                seconds_with_spread(contender["rounds"]),
                f"{ratio_to['median']:.2f} ({ratio_to['low']:.2f} to {ratio_to['high']:.2f})"
                if ratio_to
                else "",
                _optional(contender, "compile_seconds", lambda value: f"{value:.1f} s"),
                _optional(contender, "validation_loss", lambda value: f"{value:.4f}"),
                _optional(contender, "validation_accuracy", lambda value: f"{value:.1%}"),
                _optional(contender, "first_epoch_difference", lambda value: f"{value:.0e}"),
            ]
        )
    head = ["contender", "its way", "time", "handgrad's, over this", "compiling, apart"]
    head += ["final validation loss", "final accuracy", "first losses differ by"]
    lines = [f"### {work.name}: {work.description}", "", _measured(result), "", table(head, rows)]
    lines += [f"\nWithout {name}: {reason}." for name, reason in result["left_out"].items()]
    return "\n".join(lines)


def _measured(result: Results) -> str:
    rounds = {len(contender["rounds"]) for contender in result["contenders"].values()}
    return f"{max(rounds, default=0)} rounds, {result['measured']}."


def _optional(contender: Results, key: str, form: Any) -> str:
    return form(contender[key]) if key in contender else ""


def seconds_with_spread(rounds: list[float]) -> str:
    """A median time with the lowest and the highest."""
    found = spread(rounds)
    unit, factor = _unit(found["median"])
    low, middle, high = (f"{found[key] * factor:.3g}" for key in ("low", "median", "high"))
    return f"{middle} {unit} ({low} to {high})"


def _unit(seconds: float) -> tuple[str, float]:
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if seconds * factor >= 1:
            return unit, factor
    return "µs", 1e6


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, its columns aligned, without the columns that are empty."""
    if not rows:
        return "Nothing was measured."
    used = [i for i in range(len(head)) if any(row[i] for row in rows)]
    lines = [[line[i] for i in used] for line in (head, *rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(used))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    )


def page(
    works: Sequence[Work], claims: Sequence[Claim], results: Results, last: Results, notes: str
) -> str:
    """RESULTS.md."""
    return "\n\n".join(_page(works, claims, results, last, notes)) + "\n"


def _page(
    works: Sequence[Work], claims: Sequence[Claim], results: Results, last: Results, notes: str
) -> Iterator[str]:
    yield "# handgrad beside its peers"
    yield (
        f"Written by `{results['command']}`; `make bench` writes it anew. The rows of works that "
        "were not measured then are kept from an earlier time."
    )
    yield (
        "Every ratio is handgrad's time over another's, so that less is better: the median over "
        "the rounds of the ratios within a round, with the target it should not exceed. The "
        "limit is the time of the work's matrix products alone, on one thread or on every core, "
        "whichever is faster."
    )
    yield summary_table(works, results, last)
    yield "![The contenders' times](results.png)"
    if results["claims"]:
        yield "## Claims"
        yield claims_table(claims, results, last)
    yield "## Machine"
    yield table(["", ""], [[name, value] for name, value in results["machine"].items()])
    yield notes.strip()
    yield "## All measurements"
    for work in works:
        if work.name in results["works"]:
            yield work_section(work, results["works"][work.name])
