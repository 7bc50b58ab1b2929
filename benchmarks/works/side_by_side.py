"""The twelve runs of the course's experiments, from the start of the process to the last result."""

from typing import Any

from benchmarks.training.problem import write_problem
from benchmarks.training.work import CORES
from benchmarks.work import Contender, Options, Settings, Targets, Variant, Work
from handgrad import Hyperparameters, Training, small_mnist
from handgrad.studies import course_study

ASKED = ("seed", "step_size", "batch_size", "num_layers", "activation")
"""The hyperparameters that differ between the runs, or that a peer needs."""


def prepare(options: Options) -> Settings:
    digits, runs = small_mnist(), []
    # Those of one shape together, which jax compiles once.
    course = sorted(course_study().runs, key=lambda run: run.hyperparameters.num_layers)
    for run in course:
        path = options.scratch / f"{run.name}.npz"
        asked = {name: getattr(run.hyperparameters, name) for name in ASKED}
        training = Training(digits.train, digits.validation, Hyperparameters(**asked))
        write_problem(path, training)
        runs.append({"problem": str(path), "hyperparameters": asked})
    return {"runs": runs, "max_epochs": 200}


def contender(name: str, role: Any, key: str, ways: dict[str, dict[str, Any]]) -> Contender:
    variants = (Variant(way, {"contender": key, "how": how}) for way, how in ways.items())
    return Contender(name, role, ("-m", "benchmarks.side_by_side"), tuple(variants))


WORK = Work(
    "side-by-side",
    "the twelve runs of the course's experiments, whole processes, compiling included",
    (
        contender("handgrad", "handgrad", "handgrad", {"joblib": {"processes": CORES}}),
        contender(
            "torch eager",
            "peer",
            "torch",
            {
                "joblib, one thread each": {"processes": CORES, "threads": 1},
                "one by one, 1 thread": {"processes": 1, "threads": 1},
                f"one by one, {CORES} threads": {"processes": 1, "threads": CORES},
            },
        ),
        contender(
            "jax",
            "peer",
            "jax",
            {"one by one": {"mapped": False}, "runs of one shape by vmap": {"mapped": True}},
        ),
    ),
    prepare,
    Targets(best_peer=0.50, torch_eager=0.25),
    trial={"max_epochs": 20},
)
