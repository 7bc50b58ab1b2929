"""Naïve Bayes: three models, the hyperplane each of them is, and what copied features do to it.

Naïve Bayes takes the features of an example to be independent within a class, so that

    log P(c | x) = log P(c) + Σᵢ log P(xᵢ | c) − log P(x).

It is learned by counting, in one pass. For the Bernoulli and the multinomial model, and for the
Gaussian one whose classes share their variances, the sum is linear in x: `linear_form` gives the
weights and the bias. What the assumption costs is seen when features are copied: `duplication`.
The proofs are in docs/naive-bayes.md.
"""

from handgrad.naive_bayes.discrete import BernoulliNaiveBayes, MultinomialNaiveBayes
from handgrad.naive_bayes.duplication import (
    duplicate_features,
    duplicated_log_odds,
    duplicated_log_proba,
)
from handgrad.naive_bayes.forms import LinearForm, QuadraticForm
from handgrad.naive_bayes.gaussian import GaussianNaiveBayes
from handgrad.naive_bayes.model import NaiveBayes

__all__ = [
    "BernoulliNaiveBayes",
    "GaussianNaiveBayes",
    "LinearForm",
    "MultinomialNaiveBayes",
    "NaiveBayes",
    "QuadraticForm",
    "duplicate_features",
    "duplicated_log_odds",
    "duplicated_log_proba",
]
