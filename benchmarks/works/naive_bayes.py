"""Bernoulli Naïve Bayes on Small MNIST, as each library takes its arrays fastest."""

from benchmarks.bernoulli import CONTENDERS
from benchmarks.work import Contender, Targets, Variant, Work

DTYPES = ("uint8", "float32", "float64")


def work(name: str, description: str, predicting: bool) -> Work:
    contenders = (
        Contender(
            contender,
            "handgrad" if contender == "handgrad" else "peer",
            ("-m", "benchmarks.bernoulli"),
            tuple(
                Variant(dtype, {"contender": contender, "predicting": predicting, "dtype": dtype})
                for dtype in DTYPES
            ),
        )
        for contender in CONTENDERS
    )
    return Work(name, description, tuple(contenders), lambda options: {}, Targets(best_peer=1.0))


FIT = work("bayes-fit", "Bernoulli Naïve Bayes fitted on 5,000 digits", predicting=False)
PREDICT = work("bayes-predict", "Bernoulli Naïve Bayes predicting 1,000 digits", predicting=True)
