"""Training as a contest's networks do it: one BLAS thread each, since they go side by side."""

from dataclasses import replace

from benchmarks.training.work import training_work
from benchmarks.work import Targets, Work

WHOLE = training_work(
    "contest-step",
    "800-800 ReLU as the contest's networks, on one thread: batch 100, momentum 0.9, 5 epochs",
    {
        "num_layers": 3,
        "hidden_dim": 800,
        "activation": "ReLU",
        "batch_size": 100,
        "momentum": 0.9,
        "max_epochs": 5,
        "threads": 1,
    },
    Targets(torch_eager=1.0),
    trial_epochs=1,
)


def on_one_thread(work: Work) -> Work:
    """Leave out what runs on more than one thread."""
    contenders = []
    for contender in work.contenders:
        variants = tuple(v for v in contender.variants if v.settings.get("threads", 1) == 1)
        if variants:
            contenders.append(replace(contender, variants=variants))
    return replace(work, contenders=tuple(contenders))


WORK = on_one_thread(WHOLE)
