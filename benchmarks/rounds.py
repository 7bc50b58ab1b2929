"""Running the contenders: each in a process of its own, in turn, round after round."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.work import Claim, Contender, Settings, Variant, Work

ROOT = Path(__file__).resolve().parent.parent

UNSET = (
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "PYTHONDONTWRITEBYTECODE",
)
"""Variables that would slow a contender down, or choose its number of threads."""

TIMEOUT = 300
"""Seconds after which a process is given up."""

Say = Callable[[str], None]


class ContenderError(Exception):
    """A contender's process failed; the message is its last line."""


def run_process(program: Sequence[str], settings: Settings) -> dict[str, Any]:
    """Run one contender once and return what it printed, with its `seconds`."""
    command = [sys.executable, *program, json.dumps(dict(settings))]
    environment = {name: value for name, value in os.environ.items() if name not in UNSET}
    environment["PYTHONPATH"] = str(ROOT)
    with tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, cwd=ROOT, env=environment, text=True
        ) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            seconds = time.perf_counter() - start
            try:
                status = process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                raise ContenderError(f"not done after {TIMEOUT} s") from None
        errors.seek(0)
        if status != 0 or not line:
            complaint = errors.read().strip().splitlines() or [f"exit status {status}"]
            raise ContenderError(complaint[-1])
    return {"seconds": seconds} | json.loads(line)


def measure(work: Work, common: Settings, rounds: int, say: Say) -> dict[str, Any]:
    """Measure all contenders of a work, in turn; return what they printed, round by round."""
    variants: dict[str, Variant] = {}
    failed: dict[str, str] = {}
    for contender in work.contenders:
        try:
            variants[contender.name] = _fastest_variant(work, contender, common, say)
        except ContenderError as error:
            failed[contender.name] = str(error)
    samples: dict[str, list[dict[str, Any]]] = {name: [] for name in variants}
    for number in range(1, rounds + 1):
        for contender in work.contenders:
            if contender.name in failed:
                continue
            settings = {**common, **variants[contender.name].settings}
            try:
                sample = run_process(contender.program, settings)
            except ContenderError as error:
                failed[contender.name] = str(error)
                continue
            samples[contender.name].append(sample)
            say(f"{work.name}, round {number}, {contender.name}: {sample['seconds']:.4g} s")
    for name, complaint in failed.items():
        say(f"{work.name}, {name} failed: {complaint}")
    return {
        "contenders": {
            contender.name: {
                "role": contender.role,
                "variant": variants[contender.name].name,
                "samples": samples[contender.name],
            }
            for contender in work.contenders
            if contender.name not in failed
        },
        "failed": failed,
    }


def measure_claim(claim: Claim, common: Settings, rounds: int, say: Say) -> list[float]:
    """Run the two processes of a claim in turn; return the number of each round."""
    numbers = []
    for number in range(1, rounds + 1):
        first = run_process(claim.program, {**common, **claim.first})
        second = run_process(claim.program, {**common, **claim.second})
        numbers.append(claim.number(first, second))
        say(f"{claim.name}, round {number}: {numbers[-1]:.4g} {claim.unit}".rstrip())
    return numbers


def _fastest_variant(work: Work, contender: Contender, common: Settings, say: Say) -> Variant:
    """Try the variants on a shorter work, if there is a choice."""
    if len(contender.variants) == 1:
        return contender.variants[0]
    seconds: dict[str, float] = {}
    complaint = ""
    for variant in contender.variants:
        try:
            sample = run_process(contender.program, {**common, **variant.settings, **work.trial})
        except ContenderError as error:
            complaint = str(error)
            continue
        seconds[variant.name] = sample["seconds"]
    if not seconds:
        raise ContenderError(complaint)
    fastest = min(contender.variants, key=lambda v: seconds.get(v.name, float("inf")))
    tried = ", ".join(f"{name}: {value:.4g} s" for name, value in seconds.items())
    say(f"{work.name}, {contender.name}, trial: {tried}; kept: {fastest.name}")
    return fastest
