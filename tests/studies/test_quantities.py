"""Quantities on histories made up so that each is known beforehand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handgrad.history import Epoch, History
from handgrad.studies.gradients import LayerGradients
from handgrad.studies.quantities import QUANTITIES, Measured


def run(losses, accuracies=None, train_loss=None, batches=2):
    """A run of so many epochs, of two batches each."""
    accuracies = accuracies or [0.5] * len(losses)
    epochs = [
        Epoch(i + 1, batches * (i + 1), loss, accuracy, 0.1)
        for i, (loss, accuracy) in enumerate(zip(losses, accuracies, strict=True))
    ]
    train_loss = train_loss or [1.0] * (batches * len(losses))
    return Measured(History(train_loss, [0.5] * len(train_loss), epochs))


def measure(name, measured):
    return QUANTITIES[name].measure(measured)


def test_accuracies():
    measured = run([1, 1, 1], [0.2, 0.9, 0.7])
    assert measure("final_accuracy", measured) == 0.7
    assert measure("best_accuracy", measured) == 0.9
    assert measure("accuracy_given_up", measured) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("losses", "roughness"),
    [([4, 3, 2, 1], 0.0), ([1, 2, 3], 1.0), ([2, 1, 2, 1, 2], 0.5), ([4, 1, 2], 0.25)],
)
def test_roughness(losses, roughness):
    assert measure("roughness", run(losses)) == roughness


@given(st.lists(st.floats(0.1, 10), min_size=2, max_size=20))
def test_roughness_is_a_share_and_does_not_depend_on_the_scale(losses):
    roughness = measure("roughness", run(losses))
    if len(set(losses)) == 1:
        assert math.isnan(roughness)
    else:
        assert 0 <= roughness <= 1
        assert measure("roughness", run([7 * loss for loss in losses])) == pytest.approx(roughness)


def test_where_the_loss_is_lowest():
    assert measure("lowest_loss_at", run([4, 3, 2, 1])) == 1.0
    assert measure("lowest_loss_at", run([4, 1, 1, 2])) == 0.5


def test_loss_gap_is_of_the_last_tenth():
    measured = run([9.0] * 18 + [3.0, 1.0], train_loss=[5.0] * 36 + [0.5] * 4)
    assert measure("loss_gap", measured) == 4.0


@pytest.mark.parametrize(("epochs", "tenth"), [(1, 1), (4, 1), (16, 2), (24, 2), (200, 20)])
def test_a_tenth_of_the_epochs_is_rounded_and_at_least_one(epochs, tenth):
    losses = list(range(1, epochs + 1))
    expected = np.mean(losses[-tenth:]) / 2
    assert measure("loss_gap", run(losses, train_loss=[2.0] * 10)) == expected


def test_training_fall_is_from_the_fifth_tenth_to_the_last():
    train_loss = [9.0] * 8 + [2.0] * 2 + [9.0] * 8 + [1.5] * 2
    assert measure("training_fall", run([1.0] * 10, train_loss=train_loss)) == 0.25


def test_the_only_batch_of_a_run_is_its_end():
    measured = run([3.0], train_loss=[2.0], batches=1)
    assert measure("loss_gap", measured) == 1.5
    assert measure("training_fall", measured) == 0


def test_nothing_is_a_share_of_a_loss_that_is_zero():
    measured = run([1.0] * 10, train_loss=[0.0] * 20)
    assert math.isnan(measure("loss_gap", measured))
    assert math.isnan(measure("training_fall", measured))


def test_iterations_to_an_accuracy():
    measured = run([1, 1, 1, 1], [0.1, 0.2, 0.1, 0.6])
    assert measure("iterations_to_20_percent", measured) == 4
    assert measure("iterations_to_50_percent", measured) == 8
    assert measure("iterations_to_50_percent", run([1], [0.4])) == math.inf


def test_of_gradients():
    gradients = LayerGradients(
        np.array([[0.2, 9.0, 2.0], [1.0, 1.0, 1.0]]), np.array([[0.5, 0.25], [0.1, 0.3]])
    )
    measured = Measured(History(), gradients)
    assert measure("gradient_ratio", measured) == pytest.approx(0.1)
    assert measure("slope_product", measured) == 0.125
    assert measure("smallest_slope", measured) == 0.1


OF_GRADIENTS = ["gradient_ratio", "slope_product", "smallest_slope"]


@pytest.mark.parametrize("name", OF_GRADIENTS)
def test_gradients_that_were_not_measured_have_no_quantity(name):
    assert math.isnan(measure(name, run([1])))


@pytest.mark.parametrize("name", QUANTITIES)
def test_a_run_that_diverged_has_the_quantities_of_its_beginning_alone(name):
    gradients = LayerGradients(np.ones((2, 3)), np.ones((2, 2)))
    whole = run([2.0, 1.0])
    diverged = Measured(whole.history, gradients, diverged=True)
    assert math.isnan(QUANTITIES[name].of(diverged)) == (name not in OF_GRADIENTS)


def test_a_last_layer_without_gradient_has_no_ratio():
    gradients = LayerGradients(np.array([[0.2, 0.0]]), np.array([[0.5]]))
    assert math.isnan(measure("gradient_ratio", Measured(History(), gradients)))


def test_a_network_without_hidden_layers_has_no_slope():
    gradients = LayerGradients(np.ones((3, 1)), np.empty((3, 0)))
    assert math.isnan(measure("smallest_slope", Measured(History(), gradients)))


@pytest.mark.parametrize("name", [name for name, q in QUANTITIES.items() if not q.of_gradients])
def test_a_run_of_a_single_epoch_is_measured_without_complaint(name):
    assert isinstance(measure(name, run([1.0], batches=1)), float | int)


def test_written_with_its_unit():
    assert QUANTITIES["final_accuracy"].write(0.8312) == "83.1%"
    assert QUANTITIES["final_accuracy"].write(0.0312, difference=True) == "3.1 points"
    assert QUANTITIES["accuracy_given_up"].write(0.014) == "1.4 points"
    assert QUANTITIES["iterations_to_50_percent"].write(3400) == "3,400 iterations"
    assert QUANTITIES["iterations_to_50_percent"].write(math.inf) == "never"
    assert QUANTITIES["roughness"].write(math.nan) == "not measured"
