"""Running the contenders: each in a process of its own, in turn, round after round."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.work import Claim, Settings, Variant, Work

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
            deadline = threading.Timer(TIMEOUT, process.kill)
            deadline.daemon = True  # Ctrl-C does not wait for it.
            deadline.start()
            assert process.stdout is not None
            line = process.stdout.readline()
            seconds = time.perf_counter() - start
            status = process.wait()
            deadline.cancel()
        errors.seek(0)
        if status != 0 or not line:
            complaint = errors.read().strip().splitlines()
            raise ContenderError(complaint[-1] if complaint else _ending(status))
    return {"seconds": seconds} | json.loads(line)


def _ending(status: int) -> str:
    return f"not done after {TIMEOUT} s" if status == -signal.SIGKILL else f"exit status {status}"


def measure(work: Work, common: Settings, rounds: int, say: Say) -> dict[str, Any]:
    """Measure all contenders of a work, in turn; return what they printed, round by round."""
    left_out: dict[str, str] = {}
    variants = _trial(work, common, left_out, say)
    samples: dict[str, list[dict[str, Any]]] = {name: [] for name in variants}
    for number in range(1, rounds + 1):
        for contender in work.contenders:
            name = contender.name
            if name not in variants or name in left_out:
                continue
            settings = {**common, **variants[name].settings}
            try:
                sample = run_process(contender.program, settings)
            except ContenderError as error:
                left_out[name] = f"failed: {error}"
                say(f"{work.name}, {name}: failed: {error}")
                continue
            samples[name].append(sample)
            say(f"{work.name}, round {number}, {name}: {sample['seconds']:.4g} s")
    return {
        "contenders": {
            contender.name: {
                "role": contender.role,
                "variant": variants[contender.name].name,
                "samples": samples[contender.name],
            }
            for contender in work.contenders
            if contender.name in variants and contender.name not in left_out
        },
        "left_out": left_out,
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


def _trial(work: Work, common: Settings, left_out: dict[str, str], say: Say) -> dict[str, Variant]:
    """Let every contender try its variants on a shorter work; return the fastest of each.

    What cannot do the work, or is slower than it has to be, goes into `left_out`, with the reason.
    That everything has run once before it is measured also fills the caches of files.
    """
    kept: dict[str, Variant] = {}
    times: dict[str, float] = {}
    for contender in work.contenders:
        seconds, complaint = {}, ""
        for variant in contender.variants:
            settings = {**common, **variant.settings, **work.trial}
            try:
                seconds[variant] = run_process(contender.program, settings)["seconds"]
            except ContenderError as error:
                complaint = f"failed: {error}"
        tried = ", ".join(f"{v.name or 'as it is'} {time:.3g} s" for v, time in seconds.items())
        say(f"{work.name}, trial, {contender.name}: {tried or complaint}")
        if seconds:
            fastest = min(seconds, key=lambda variant: seconds[variant])
            times[contender.name] = seconds[fastest]
            rival = times.get(contender.only_if_faster_than or "", float("inf"))
            if seconds[fastest] < rival:
                kept[contender.name] = fastest
                continue
            complaint = (
                f"slower than {contender.only_if_faster_than} in the trial "
                f"({seconds[fastest]:.3g} s to {rival:.3g} s)"
            )
        left_out[contender.name] = complaint
    return kept
