"""The twelve runs of the course's experiments, from the start of the process to the last result."""

from typing import Any

from benchmarks.training.problem import write_problem
from benchmarks.training.work import CORES
from benchmarks.work import Contender, Options, Settings, Targets, Variant, Work
from handgrad import Hyperparameters, Training, small_mnist

COMMON = {"step_size": 0.01, "batch_size": 200, "num_layers": 2, "activation": "Sigmoid"}

DIFFERENCES: list[dict[str, Any]] = [
    {},
    *({"step_size": step_size} for step_size in (0.0001, 5.0, 10.0)),
    *({"seed": seed} for seed in range(1, 6)),
    {"num_layers": 5},
    {"num_layers": 5, "step_size": 0.1},
    {"num_layers": 5, "activation": "ReLU"},
]


def prepare(options: Options) -> Settings:
    digits, runs = small_mnist(), []
    for number, difference in enumerate(DIFFERENCES):
        path, asked = options.scratch / f"{number}.npz", COMMON | difference
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
