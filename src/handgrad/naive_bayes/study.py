"""What copied features do to Naïve Bayes, measured: on one feature and on images."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handgrad.calibration import Reliability, reliability
from handgrad.datasets import Dataset
from handgrad.evaluation import Evaluation, labels_for
from handgrad.naive_bayes.discrete import BernoulliNaiveBayes
from handgrad.naive_bayes.duplication import duplicate_features, duplicated_log_proba
from handgrad.naive_bayes.forms import Floats
from handgrad.naive_bayes.pixels import BernoulliModel

DIGIT_COPIES = (1, 2, 4)
"""How many times each pixel of the images is given."""

FEATURE_COPIES = (1, 2, 4, 8, 16)
"""How many times a feature that is alone is given."""


@dataclass(frozen=True, eq=False)
class Duplication:
    """What copying did.

    Attributes
    ----------
    posteriors
        P(1 | k copies of x) by models of one feature, with equal priors, fitted on k copies: a
        row for each k of `FEATURE_COPIES`, a column a model.
    fitted
        For each k of `DIGIT_COPIES`, what a model is worth that was fitted on images with each
        pixel k times.
    closed_form
        The same by the closed form, for more values of k, whole or not.
    """

    posteriors: Floats
    fitted: dict[int, Evaluation]
    closed_form: dict[float, Evaluation]


def study_duplication(model: BernoulliModel, train: Dataset, validation: Dataset) -> Duplication:
    """Copy features and fit again; and compute the same from the closed form.

    Parameters
    ----------
    model
        A model fitted to `train`: its settings are those of the models fitted to copies.
    train, validation
        Images with labels.

    Raises
    ------
    DataError
        If there are no labels, or the validation set does not fit the model.
    """
    labels = labels_for(model, validation)
    return Duplication(
        posteriors=one_feature_posteriors(),
        fitted={
            k: Evaluation(_fitted_to_copies(model.bayes, train, validation, k), labels)
            for k in DIGIT_COPIES
        },
        closed_form={
            k: Evaluation(duplicated_log_proba(model.bayes, validation.pixels, k), labels)
            for k in np.geomspace(FEATURE_COPIES[0], FEATURE_COPIES[-1], 33).tolist()
        },
    )


def _fitted_to_copies(
    bayes: BernoulliNaiveBayes, train: Dataset, validation: Dataset, copies: int
) -> NDArray[np.floating]:
    model = BernoulliNaiveBayes(threshold=bayes.threshold, alpha=bayes.alpha, priors=bayes.priors)
    model.partial_fit(
        duplicate_features(train.pixels, copies), train.require_labels(), classes=bayes.classes
    )
    return model.predict_log_proba(duplicate_features(validation.pixels, copies))


def one_feature_posteriors() -> Floats:
    """P(1 | k copies of x) of models of one feature that favours class 1 a little, or clearly.

    Of 100 examples of each class, the feature is on in some; the models are fitted to k copies of
    it, with equal priors.
    """
    posteriors = []
    for on_0, on_1 in ((48, 52), (45, 55), (40, 60), (30, 70)):
        X = np.repeat([1, 0, 1, 0], [on_0, 100 - on_0, on_1, 100 - on_1])[:, None]
        y = np.repeat([0, 1], 100)
        column = []
        for k in FEATURE_COPIES:
            model = BernoulliNaiveBayes(alpha=0, priors="uniform").fit(duplicate_features(X, k), y)
            column.append(model.predict_proba(np.ones((1, k)))[0, 1])
        posteriors.append(column)
    return np.array(posteriors).T


def mean_confidence(evaluation: Evaluation, wrong: bool = False) -> float:
    """The mean probability of the class predicted; if `wrong`, of the wrong predictions only."""
    confidence = np.exp(evaluation.log_proba.max(axis=1))
    if wrong:
        confidence = confidence[evaluation.predictions != evaluation.labels]
    return float(confidence.mean()) if len(confidence) else math.nan


def reliability_of(evaluation: Evaluation) -> Reliability:
    """Confidence against accuracy, in ten bins."""
    return reliability(np.exp(evaluation.log_proba), evaluation.labels)
