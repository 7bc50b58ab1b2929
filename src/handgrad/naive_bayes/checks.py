"""What a model looks at before it learns from data or answers about it."""

import math
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handgrad.errors import DataError, UsageError

MOST_SMOOTHING = 10**15


def checked_features(X: ArrayLike, width: int | None = None) -> NDArray:
    """X as an array n × d of finite numbers, d = `width` if the model knows it already."""
    X = np.asarray(X)
    if X.ndim != 2:
        raise DataError(f"X must be a table, one example a row; its shape is {X.shape}")
    if X.size == 0:
        raise DataError(f"X is empty: its shape is {X.shape}")
    if X.dtype.kind not in "buif":
        raise DataError(f"X must hold numbers; its type is {X.dtype}")
    if X.dtype.kind == "f" and not np.isfinite(X).all():
        row, column = np.argwhere(~np.isfinite(X))[0]
        raise DataError(
            f"X holds {X[row, column]} in row {row}, column {column}: "
            "fill in or leave out what is missing first"
        )
    if width is not None and X.shape[1] != width:
        raise DataError(f"X has {X.shape[1]} features, but the model was fitted on {width}")
    return X


def checked_labels(y: ArrayLike, n: int) -> NDArray:
    """Y as an array of n labels: numbers or strings."""
    y = np.asarray(y)
    if y.shape != (n,):
        raise DataError(
            f"y must hold one label for each of the {n} rows of X; its shape is {y.shape}"
        )
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise DataError(f"y holds {y[~np.isfinite(y)][0]} among its labels")
    return y


def checked_classes(classes: ArrayLike) -> NDArray:
    """The distinct classes in order; at least two."""
    classes = np.unique(np.asarray(classes))
    if len(classes) < 2:
        raise DataError(
            f"only one class, {classes[0]}: there is nothing to tell apart; a first batch of one "
            "class declares the others, as classes=[…]"
            if len(classes)
            else "no class was declared"
        )
    return classes


def class_indices(y: NDArray, classes: NDArray) -> NDArray[np.intp]:
    """For each label its place in `classes`, which are in order."""
    indices = np.searchsorted(classes, y).clip(max=len(classes) - 1)
    unknown = classes[indices] != y
    if np.any(unknown):
        raise DataError(
            f"y holds the label {y[unknown][0]}, which is not among the classes the model started "
            f"with ({', '.join(map(str, classes))}): declare every class in the first partial_fit, "
            "as classes=[…]"
        )
    return indices


def checked_weights(sample_weight: ArrayLike | None, n: int) -> NDArray[np.float64] | None:
    """The weights of n examples, none negative and not all zero; None if all count the same."""
    if sample_weight is None:
        return None
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (n,):
        raise DataError(
            f"sample_weight must hold one number for each of the {n} rows of X; "
            f"its shape is {weights.shape}"
        )
    if not (np.isfinite(weights).all() and np.all(weights >= 0) and np.any(weights > 0)):
        raise DataError("sample_weight must hold finite numbers, none below 0 and some above it")
    return weights


def checked_priors(priors: ArrayLike) -> NDArray[np.float64]:
    """Given prior probabilities: none negative, with the sum 1."""
    given = np.asarray(priors, dtype=np.float64)
    if given.ndim != 1 or not (np.all(given >= 0) and np.isclose(given.sum(), 1)):
        raise UsageError(
            "must be 'learned', 'uniform' or one probability a class with the sum 1, "
            f"got {priors!r}",
            parameter="priors",
        )
    return given


def checked_smoothing(name: str, value: float) -> float:
    """The amount of smoothing: not negative, and not so large that counts vanish beside it."""
    if not (isinstance(value, Real) and 0 <= value <= MOST_SMOOTHING):
        raise UsageError(
            f"must be a number from 0 to {MOST_SMOOTHING:,}, got {value!r}", parameter=name
        )
    return value


def checked_threshold(value: float | None) -> float | None:
    """The number above which a feature is on: not NaN; None if there is none."""
    if value is not None and (not isinstance(value, Real) or math.isnan(value)):
        raise UsageError(f"must be a number, or None, got {value!r}", parameter="threshold")
    return value
