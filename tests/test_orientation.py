import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from handgrad import Hyperparameters, Training
from handgrad.errors import UsageError
from handgrad.evaluation import evaluate
from handgrad.models import NetworkModel, load_model, save_model
from handgrad.orientation import feature_count, oriented_gradients


def by_definition(image):
    """The features of one image as the module's first page defines them, with SciPy's Sobel."""
    image = image.astype(float)
    g_y, g_x = (ndimage.sobel(image, axis, mode="constant") for axis in (0, 1))
    norm, angle = np.hypot(g_y, g_x), np.arctan2(g_y, g_x)
    grid = [max(1, round(length / 4)) for length in image.shape]
    features = []
    for k in range(8):
        between = np.cos(angle - 2 * math.pi * k / 8) - math.cos(math.pi / 4)
        response = norm * np.maximum(0, between)
        for row in range(grid[0]):
            for column in range(grid[1]):
                y, x = np.indices(image.shape)
                dy = y - ((row + 0.5) * image.shape[0] / grid[0] - 0.5)
                dx = x - ((column + 0.5) * image.shape[1] / grid[1] - 0.5)
                weights = np.exp(-(dy**2 + dx**2) / (2 * 2**2))
                features.append(np.sum(weights * response) / weights.sum())
    largest = math.sqrt(20) * 255 * (1 - math.cos(math.pi / 4))
    return 255 * np.sqrt(np.array(features) / largest)


@given(st.integers(1, 14), st.integers(1, 14), st.integers(0, 2**32 - 1), st.sampled_from([2, 256]))
def test_features_are_what_they_are_defined_to_be(rows, columns, seed, levels):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, levels, (1, rows, columns)) * (255 // (levels - 1))
    found = oriented_gradients(image.astype(np.uint8))
    assert found.shape == (1, feature_count((rows, columns)))
    np.testing.assert_allclose(found[0], by_definition(image[0]), atol=0.51)


def test_an_edge_counts_for_its_own_direction_and_not_for_others():
    image = np.zeros((1, 28, 28), np.uint8)
    image[:, :, 14:] = 200  # It grows brighter to the right, which is direction 0.
    features = oriented_gradients(image).reshape(8, 7, 7)
    inner = features[:, 2:-2, 2:5]  # Beside the edge, away from the image's own border.
    assert inner[0].min() > 0
    assert inner[1:].max() == 0


def test_a_quarter_turn_moves_directions_and_cells():
    image = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    features = oriented_gradients(image[None]).reshape(8, 7, 7)
    turned = oriented_gradients(np.rot90(image)[None]).reshape(8, 7, 7)
    # A quarter turn to the left turns what pointed right, direction 0, up, direction 6.
    expected = np.rot90(np.roll(features, 6, axis=0), axes=(1, 2))
    np.testing.assert_allclose(turned, expected.astype(float), atol=1)


def test_it_takes_rows_of_pixels_and_any_number_of_images(digits):
    pixels = digits.validation.pixels[:230]
    features = oriented_gradients(pixels, image_shape=(28, 28))
    assert features.shape == (230, 392)
    assert features.dtype == np.uint8
    stacked = oriented_gradients(pixels[205:].reshape(-1, 28, 28))
    np.testing.assert_allclose(features[205:].astype(float), stacked, atol=1)


def test_an_empty_image_has_no_edges():
    assert not oriented_gradients(np.zeros((2, 9, 9), np.uint8)).any()


def test_what_is_no_image_is_refused():
    with pytest.raises(UsageError, match="expected images"):
        oriented_gradients(np.zeros((2, 9), np.uint8))


def settings(**others):
    return Hyperparameters(oriented_gradients=True, max_epochs=3, batch_size=50, **others)


@pytest.mark.parametrize("others", [{}, {"straighten": True, "standardize": True, "warps": True}])
def test_a_model_gives_its_network_what_training_gave_it(few, tmp_path, others):
    training = Training(*few, settings(**others))
    *_, last = training
    assert training.network.input_dim == 392
    h = training.hyperparameters
    model = NetworkModel(training.network, training.scaling, (28, 28), h.straighten, True)
    save_model(tmp_path / "model.safetensors", model)
    for one in (model, load_model(tmp_path / "model.safetensors")):
        assert one.input_dim == 784
        found = evaluate(one, few[1])
        assert found.accuracy == last.validation_accuracy
        assert found.loss == pytest.approx(last.validation_loss, rel=1e-5)


def test_with_warps_the_edges_are_those_of_the_warped_images(few):
    plain, warped = (Training(*few, settings(warps=warps)) for warps in (False, True))
    next(plain), next(warped)
    assert plain.history.train_loss != warped.history.train_loss


def test_they_need_images(few):
    flat = [dataclasses.replace(data, pixels=data.pixels[:, :-1], image_shape=None) for data in few]
    with pytest.raises(UsageError, match="oriented_gradients needs images"):
        Training(*flat, settings())


def test_a_network_of_other_inputs_does_not_fit(few):
    training = Training(*few, settings())
    with pytest.raises(ValueError, match="392 inputs and images of \\(14, 14\\) do not fit"):
        NetworkModel(training.network, training.scaling, (14, 14), oriented_gradients=True)
