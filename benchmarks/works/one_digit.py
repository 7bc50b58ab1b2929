"""The latency of one prediction."""

from benchmarks.one_digit import CONTENDERS
from benchmarks.training.problem import write_problem
from benchmarks.work import Contender, Options, Settings, Targets, Variant, Work
from handgrad import Hyperparameters, Training, small_mnist


def prepare(options: Options) -> Settings:
    """Train the default network far enough to be right about most digits."""
    digits, asked = small_mnist(), {"step_size": 0.1, "max_epochs": 40, "batch_size": 200}
    training = Training(digits.train, digits.validation, Hyperparameters(**asked))
    for _ in training:
        pass
    path = options.scratch / "problem.npz"
    write_problem(path, training)
    return {"problem": str(path), "hyperparameters": {**asked, "activation": "Sigmoid"}}


WAYS = {"torch compiled": {"torch.compile": {"traced": False}, "torch.jit.trace": {"traced": True}}}
"""By the contenders that have more than one."""


def contender(name: str) -> Contender:
    ways = WAYS.get(name, {"": {}})
    return Contender(
        name,
        "handgrad" if name == "handgrad" else "peer",
        ("-m", "benchmarks.one_digit"),
        tuple(Variant(way, {"contender": name, **how}) for way, how in ways.items()),
    )


WORK = Work(
    "one-digit",
    "the class of one image, batch of 1",
    tuple(map(contender, CONTENDERS)),
    prepare,
    Targets(best_peer=0.50, torch_eager=0.30),
)
