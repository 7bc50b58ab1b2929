"""How many BLAS threads a run gets: decided here and nowhere else."""

import contextlib
import functools
import os
from collections.abc import Iterator

WIDE = 50_000_000
"""Multiplications and additions in a step from which a second thread is worth having."""


def threads_for(multiply_adds: int) -> int:
    """Choose the number of BLAS threads for training steps of so many multiply-adds.

    Threads of a small matrix product spend more time waiting for one another than computing, and
    OpenBLAS's wait by spinning: beside one other busy process they make a run 10 to 60 times
    slower. So a small network gets one thread, and a wide one as many as there are cores.
    """
    return 1 if multiply_adds < WIDE else available_cores()


def available_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def limited(threads: int) -> Iterator[None]:
    """Run the block with so many BLAS threads; restore the number afterwards.

    The number is the process's: blocks that overlap in several of Python's threads change it for
    one another.
    """
    with _controller().limit(limits=threads, user_api="blas"):
        yield


@functools.cache
def _controller():  # type: ignore[no-untyped-def]
    """Find the BLAS libraries once: looking for them takes longer than a training step."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
