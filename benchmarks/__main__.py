"""The command: measures the works, writes RESULTS.md, results.json and results.png."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import plot, report, rounds
from benchmarks.catalogue import CLAIMS, WORKS
from benchmarks.results import Results, read_results, summarize, write_results
from benchmarks.work import Claim, Options, SkippedError, Work
from handgrad.files import write_text

HERE = Path(__file__).resolve().parent
LARGE_DATA = HERE.parent.parent / "shared" / "data" / "mnist_59000-images-idx3-ubyte.gz"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    asked = _parser().parse_args(arguments)
    if asked.rounds < 1:
        _parser().error(f"--rounds must be 1 or more, got {asked.rounds}")
    folder: Path = asked.out
    folder.mkdir(parents=True, exist_ok=True)
    last = read_results(folder / "results.json")
    results = _still_valid(last, rounds.run_process(("-m", "benchmarks.machine"), {}))
    results["command"] = " ".join(["python -m benchmarks", *(arguments or sys.argv[1:])])
    failed = []
    for name in asked.works:
        try:
            _measure(name, asked, results)
        except SkippedError as reason:
            print(f"{name}: skipped: {reason}")
        except rounds.ContenderError as error:
            failed.append(name)
            print(f"{name}: failed: {error}")
        _write(folder, results, last)
    works, claims = list(WORKS.values()), list(CLAIMS.values())
    print("\n" + report.summary_table(works, results, last))
    if results["claims"]:
        print("\n" + report.claims_table(claims, results, last))
    print(f"\nwrote RESULTS.md, results.json and results.png in {folder}")
    if failed:
        print(f"handgrad failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    names = [*WORKS, *CLAIMS]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure handgrad beside its peers."
    )
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument(
        "--works",
        nargs="+",
        choices=names,
        default=names,
        metavar="NAME",
        help=f"which to measure, of {', '.join(names)}; results of the others are kept",
    )
    parser.add_argument(
        "--large-data",
        type=Path,
        default=LARGE_DATA,
        metavar="FILE",
        help="an IDX file with 59,000 digits, its labels beside it",
    )
    parser.add_argument(
        "--out", type=Path, default=HERE, metavar="FOLDER", help="where to write the results"
    )
    return parser


def _still_valid(last: Results, machine: dict[str, Any]) -> Results:
    """Begin with last time's results, if they are from a machine like this one."""
    del machine["seconds"]
    same = all(last["machine"].get(key) == machine[key] for key in ("processor", "cores"))
    kept = last if same else {"works": {}, "claims": {}}
    return {"machine": machine, "works": dict(kept["works"]), "claims": dict(kept["claims"])}


def _measure(name: str, asked: argparse.Namespace, results: Results) -> None:
    """Measure one work or claim, and put what was found into the results."""
    subject: Work | Claim = WORKS[name] if name in WORKS else CLAIMS[name]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = scratch  # What others compiled is not used.
        common = subject.prepare(Options(Path(scratch), asked.large_data))
        if isinstance(subject, Work):
            measured = rounds.measure(subject, common, asked.rounds, _say)
            results["works"][name] = summarize(measured)
            if "handgrad" in measured["left_out"]:
                raise rounds.ContenderError(measured["left_out"]["handgrad"])
        else:
            numbers = rounds.measure_claim(subject, common, asked.rounds, _say)
            results["claims"][name] = {"rounds": numbers}


def _write(folder: Path, results: Results, last: Results) -> None:
    """Write all that was found so far, so that an interrupted benchmark is not lost."""
    works, claims = list(WORKS.values()), list(CLAIMS.values())
    notes = (HERE / "NOTES.md").read_text(encoding="utf-8")
    write_results(folder / "results.json", results)
    write_text(folder / "RESULTS.md", report.page(works, claims, results, last, notes))
    plot.draw(folder / "results.png", works, results)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
