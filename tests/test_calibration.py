import numpy as np
import pytest

from handgrad.calibration import reliability
from handgrad.errors import UsageError


def test_bins_hold_their_upper_bound_and_not_their_lower():
    P = np.array([[0.5, 0.5], [0.6, 0.4], [0.3, 0.7], [0.0, 1.0]])
    found = reliability(P, np.array([0, 1, 1, 1]), bins=2)
    assert found.count.tolist() == [1, 3]
    np.testing.assert_allclose(found.confidence, [0.5, (0.6 + 0.7 + 1) / 3])
    np.testing.assert_allclose(found.accuracy, [1, 2 / 3])


def test_expected_calibration_error_is_the_weighted_mean_of_the_gaps():
    P = np.array([[0.9, 0.1]] * 10 + [[0.4, 0.6]] * 5)
    labels = np.array([0] * 6 + [1] * 4 + [1] * 3 + [0] * 2)
    error = reliability(P, labels, bins=10).expected_calibration_error
    assert error == pytest.approx((10 * abs(0.6 - 0.9) + 5 * abs(0.6 - 0.6)) / 15)


def test_labels_drawn_from_the_probabilities_are_calibrated():
    rng = np.random.default_rng(0)
    P = rng.dirichlet([0.5] * 4, 50_000)
    labels = (rng.random((50_000, 1)) > P.cumsum(axis=1)).sum(axis=1)
    assert reliability(P, labels).expected_calibration_error < 0.01
    assert reliability(P**4 / (P**4).sum(1, keepdims=True), labels).expected_calibration_error > 0.1


def test_a_probability_rounded_to_above_one_is_in_the_last_bin():
    found = reliability(np.array([[1 + 1e-7, 0.0], [0.9, 0.1]]), np.array([0, 0]), bins=2)
    assert found.count.tolist() == [0, 2]


@pytest.mark.parametrize("shape", [(3, 2), (0, 2), (2,), (2, 2, 2)])
def test_tables_that_do_not_match_are_refused(shape):
    labels = np.zeros(min(shape), int)
    with pytest.raises(ValueError, match="labels n"):
        reliability(np.ones(shape) / 2, labels)


@pytest.mark.parametrize(
    ("P", "bins", "said"),
    [
        ([[0.5, 1.5]], 10, "probabilities must be from 0 to 1, got 0.5 to 1.5"),
        ([[-0.1, 1.0]], 10, "probabilities must be"),
        ([[float("nan"), 1.0]], 10, "probabilities must be"),
        ([[0.5, 0.5]], 0, "bins must be 1 or more, got 0"),
    ],
)
def test_what_cannot_be_sorted_into_bins_is_refused(P, bins, said):
    with pytest.raises(UsageError, match=said):
        reliability(P, np.array([0]), bins)
