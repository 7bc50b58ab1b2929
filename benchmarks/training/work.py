"""A work that is a whole training run, and who carries it out."""

from collections.abc import Callable
from typing import Any

from benchmarks.training.problem import write_problem
from benchmarks.work import Contender, Options, Settings, Targets, Variant, Work
from handgrad import Dataset, Hyperparameters, Training, small_mnist
from handgrad.threads import available_cores

CORES = available_cores()


def on_threads() -> list[Variant]:
    """The same on one thread, and on as many as there are cores."""
    return [
        Variant("1 thread" if threads == 1 else f"{threads} threads", {"threads": threads})
        for threads in sorted({1, CORES})
    ]


def each(variants: list[Variant], ways: dict[str, Settings]) -> tuple[Variant, ...]:
    """Every variant in every one of some ways."""
    return tuple(
        Variant(f"{variant.name}, {name}", {**variant.settings, **settings})
        for variant in variants
        for name, settings in ways.items()
    )


EAGER = {"foreach": {"optimizer": {"foreach": True}}, "fused": {"optimizer": {"fused": True}}}
COMPILED = {"fused": {"optimizer": {"fused": True}, "compile": True}}
SCALING = {
    "scaled at once": {"scale_batches": False},
    "scaled by the batch": {"scale_batches": True},
}
STORAGE = {"row by row": {"order": "C"}, "column by column": {"order": "F"}}

CONTENDERS = (
    Contender("handgrad", "handgrad", ("-m", "benchmarks.training.with_handgrad")),
    Contender(
        "torch eager", "peer", ("-m", "benchmarks.training.with_torch"), each(on_threads(), EAGER)
    ),
    Contender(
        "torch compiled",
        "peer",
        ("-m", "benchmarks.training.with_torch"),
        each(on_threads(), COMPILED),
        only_if_faster_than="torch eager",
    ),
    Contender(
        "jax",
        "peer",
        ("-m", "benchmarks.training.with_jax"),
        each(on_threads(), SCALING),
    ),
    Contender(
        "scikit-learn", "peer", ("-m", "benchmarks.training.with_sklearn"), tuple(on_threads())
    ),
    *(
        Contender(
            f"products, {threads.name}",
            "limit",
            ("-m", "benchmarks.training.products"),
            each([threads], STORAGE),
        )
        for threads in on_threads()
    ),
)


def training_work(
    name: str,
    description: str,
    hyperparameters: dict[str, Any],
    targets: Targets,
    trial_epochs: int,
    data: Callable[[Options], tuple[Dataset, Dataset]] | None = None,
) -> Work:
    """Make the work of one training run; without `data`, on Small MNIST."""
    asked = {"step_size": 0.01, "batch_size": 200, "activation": "Sigmoid"} | hyperparameters

    def prepare(options: Options) -> Settings:
        digits = small_mnist()
        train, validation = data(options) if data else (digits.train, digits.validation)
        path = options.scratch / "problem.npz"
        write_problem(path, Training(train, validation, Hyperparameters(**asked)))
        return {"problem": str(path), "hyperparameters": asked}

    trial = {"hyperparameters": {**asked, "max_epochs": trial_epochs}}
    return Work(name, description, CONTENDERS, prepare, targets, trial)
