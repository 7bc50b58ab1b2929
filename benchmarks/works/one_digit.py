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


WORK = Work(
    "one-digit",
    "the class of one image, batch of 1",
    tuple(
        Contender(
            name,
            "handgrad" if name == "handgrad" else "peer",
            ("-m", "benchmarks.one_digit"),
            (Variant(settings={"contender": name}),),
        )
        for name in CONTENDERS
    ),
    prepare,
    Targets(best_peer=0.50, torch_eager=0.30),
)
