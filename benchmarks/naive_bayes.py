"""Bernoulli Naïve Bayes against scikit-learn's, on Small MNIST: milliseconds, and their ratio.

Both are given the same arrays, and run in turn, so that what else the machine does strikes both.
"""

import time
from collections.abc import Callable
from statistics import median

import numpy as np
from numpy.typing import NDArray
from sklearn.naive_bayes import BernoulliNB
from threadpoolctl import threadpool_limits

from handgrad import small_mnist
from handgrad.naive_bayes import BernoulliNaiveBayes

ROUNDS = 21


def milliseconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - start)


def in_turn(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    times = [(milliseconds(ours), milliseconds(theirs)) for _ in range(ROUNDS)]
    return median(ours for ours, _ in times), median(theirs for _, theirs in times)


def main() -> None:
    digits = small_mnist()
    print("Bernoulli Naïve Bayes   handgrad   scikit-learn   ratio")
    for dtype in (np.uint8, np.float32, np.float64):
        X, V = ((part.pixels > 127).astype(dtype) for part in (digits.train, digits.validation))
        report(X, digits.train.labels, V)


def report(X: NDArray, y: NDArray, V: NDArray) -> None:
    ours, theirs = BernoulliNaiveBayes().fit(X, y), BernoulliNB().fit(X, y)
    assert np.array_equal(ours.predict(V), theirs.predict(V))
    for name, (mine, other) in {
        "fit": in_turn(lambda: BernoulliNaiveBayes().fit(X, y), lambda: BernoulliNB().fit(X, y)),
        "predict": in_turn(lambda: ours.predict(V), lambda: theirs.predict(V)),
    }.items():
        print(f"{f'{name}, {X.dtype}':22} {mine:7.2f} ms {other:11.2f} ms {mine / other:7.2f}")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
