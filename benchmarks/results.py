"""What was measured, summed up, and the memory of it from one time to the next."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from handgrad.files import write_text

KEPT = ("threads", "compile_seconds", "validation_loss", "validation_accuracy")
"""What is kept of what contenders printed, beside their seconds: the median over the rounds."""

Results = dict[str, Any]


def spread(values: list[float]) -> dict[str, float]:
    """Sum up some numbers: their median, the lowest and the highest."""
    return {"median": median(values), "low": min(values), "high": max(values)}


def summarize(measured: Mapping[str, Any]) -> Results:
    """Sum up what `rounds.measure` returned: the contenders, and handgrad's ratios to them."""
    contenders = {name: _contender(of_one) for name, of_one in measured["contenders"].items()}
    subject = measured["contenders"].get("handgrad", {"samples": []})["samples"]
    if subject:
        expected = subject[0].get("first_epoch_loss")
        for name, of_one in measured["contenders"].items():
            found = of_one["samples"][0].get("first_epoch_loss")
            if expected and found:
                difference = max(abs(a - b) for a, b in zip(expected, found, strict=True))
                contenders[name]["first_epoch_difference"] = difference
    return {
        "measured": date.today().isoformat(),
        "contenders": contenders,
        "left_out": measured["left_out"],
        "ratios": _ratios(contenders),
    }


def _contender(measured: Mapping[str, Any]) -> Results:
    samples = measured["samples"]
    summary = {
        "role": measured["role"],
        "variant": measured["variant"],
        "rounds": [sample["seconds"] for sample in samples],
    }
    for key in KEPT:
        if key in samples[0]:
            summary[key] = median(sample[key] for sample in samples)
    return summary


def _ratios(contenders: Mapping[str, Results]) -> Results:
    """handgrad's time over others', round by round."""
    if "handgrad" not in contenders:
        return {}
    subject = contenders["handgrad"]
    limits = [name for name, other in contenders.items() if other["role"] == "limit"]
    others = {
        "best peer": [name for name, other in contenders.items() if other["role"] == "peer"],
        "torch eager": [name for name in contenders if name == "torch eager"],
        "limit": limits,
    }
    ratios = {}
    for what, names in others.items():
        if names:
            fastest = min(names, key=lambda name: median(contenders[name]["rounds"]))
            ratios[what] = {"to": fastest, **ratio(subject, contenders[fastest])}
    return ratios


def ratio(subject: Results, other: Results) -> dict[str, float]:
    """Sum up the ratios of two contenders' times, pair by pair."""
    pairs = zip(subject["rounds"], other["rounds"], strict=True)
    return spread([ours / theirs for ours, theirs in pairs])


def read_results(path: Path) -> Results:
    """Read last time's results; without a file, there are none."""
    if not path.exists():
        return {"machine": {}, "command": "", "works": {}, "claims": {}}
    return json.loads(path.read_text(encoding="utf-8"))


def write_results(path: Path, results: Results) -> None:
    """Write the results, for next time."""
    write_text(path, json.dumps(results, indent=1, ensure_ascii=False) + "\n")
