"""jax: the whole run, all epochs with their validation, compiled into one function."""

import os
import time
from typing import Any

from benchmarks import child
from benchmarks.training.problem import outcome, read_problem


def train(
    problem: str, hyperparameters: dict[str, Any], threads: int, scale_batches: bool
) -> dict[str, Any]:
    # XLA takes as many threads as the process has cores: this is how users give it fewer.
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    import jax
    import numpy as np

    from benchmarks.training.jax_run import arguments, whole_run

    given = arguments(read_problem(problem), hyperparameters)
    run = whole_run(
        hyperparameters["activation"],
        hyperparameters["batch_size"],
        hyperparameters.get("momentum", 0.0),
        scale_batches,
    )
    start = time.perf_counter()
    compiled = jax.jit(run, donate_argnums=0).lower(*given).compile()
    compile_seconds = time.perf_counter() - start

    start = time.perf_counter()
    _, *curves = jax.block_until_ready(compiled(*given))
    train_loss, *validation = map(np.asarray, curves)
    seconds = time.perf_counter() - start
    return outcome(
        seconds,
        train_loss.shape[1],
        train_loss.ravel(),
        *validation,
        threads=threads,
        compile_seconds=compile_seconds,
    )


if __name__ == "__main__":
    child.main(train)
