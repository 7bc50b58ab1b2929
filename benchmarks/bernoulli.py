"""Bernoulli Naïve Bayes, fitted on 5,000 binarised digits, and predicting 1,000."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks import child
from handgrad import small_mnist


def handgrad() -> Any:
    from handgrad.naive_bayes import BernoulliNaiveBayes

    return BernoulliNaiveBayes()


def scikit_learn() -> Any:
    from sklearn.naive_bayes import BernoulliNB

    return BernoulliNB()


CONTENDERS: dict[str, Callable[[], Any]] = {"handgrad": handgrad, "scikit-learn": scikit_learn}


def measure(contender: str, predicting: bool, dtype: str) -> dict[str, Any]:
    """Fit or predict 20 times, on one thread, on arrays that are the same for everybody."""
    digits = small_mnist()
    X, V = ((part.pixels > 127).astype(dtype) for part in (digits.train, digits.validation))
    model = CONTENDERS[contender]().fit(X, digits.train.labels)
    times = []
    with threadpool_limits(1):
        for _ in range(20):
            start = time.perf_counter()
            if predicting:
                model.predict(V)
            else:
                CONTENDERS[contender]().fit(X, digits.train.labels)
            times.append(time.perf_counter() - start)
    right = np.mean(model.predict(V) == digits.validation.labels)
    return {"seconds": median(times), "validation_accuracy": float(right)}


if __name__ == "__main__":
    child.main(measure)
