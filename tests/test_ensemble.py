import dataclasses

import numpy as np
import pytest
from safetensors.numpy import load_file

from handgrad import FeedForwardNeuralNetwork
from handgrad.datasets import Scaling
from handgrad.ensemble import AverageModel, Views, average_model, save_average
from handgrad.errors import DataError, UsageError
from handgrad.models import NetworkModel, load_model, read_tensors
from handgrad.orientation import feature_count
from handgrad.straighten import straighten
from handgrad.warps import Warps

WARPS = Warps(rotation=20, scale=0.2, shear=0.1, shift=1, elastic=0.5, bumps=2)


def network_model(seed, image_shape=(3, 4), **changes):
    shape = {"input_dim": 12, "output_dim": 5, "hidden_dim": 7, "activation": "ReLU"} | changes
    network = FeedForwardNeuralNetwork(**shape, rng=seed)
    return NetworkModel(network, Scaling(1 / 255, -0.1 * seed), image_shape)


@pytest.fixture
def members():
    return tuple(map(network_model, range(3)))


def test_the_probabilities_are_the_mean_of_the_members(members, tiny):
    average = AverageModel(members)
    expected = np.mean([member.predict_proba(tiny.pixels) for member in members], axis=0)
    np.testing.assert_allclose(average.predict_proba(tiny.pixels), expected, rtol=1e-5)
    np.testing.assert_allclose(average.predict_log_proba(tiny.pixels), np.log(expected), atol=1e-5)
    np.testing.assert_array_equal(average.predict(tiny.pixels), expected.argmax(axis=1))


def test_networks_of_float64_are_averaged_in_it(tiny):
    members = tuple(network_model(seed, dtype=np.float64) for seed in range(3))
    expected = np.mean([member.predict_proba(tiny.pixels) for member in members], axis=0)
    np.testing.assert_allclose(AverageModel(members).predict_proba(tiny.pixels), expected, 1e-13)


@pytest.mark.parametrize("place", [0, 1])
def test_one_network_of_float64_is_enough_for_an_average_in_it(members, tiny, place):
    mixed = list(members[:1])
    mixed.insert(place, network_model(1, dtype=np.float64))
    assert AverageModel(tuple(mixed)).predict_proba(tiny.pixels).dtype == np.float64


def test_with_views_they_are_the_mean_over_warps_of_straightened_images_too(members, tiny):
    members = tuple(dataclasses.replace(member, straighten=True) for member in members)
    views = Views(WARPS, 4, seed=7)
    upright = straighten(tiny.pixels, image_shape=(3, 4))
    seen = list(views.of(upright, (3, 4)))
    assert len({image.tobytes() for image in seen}) == 4
    proba = [np.exp(member.classify(image)) for member in members for image in seen]
    found = AverageModel(members, views).predict_proba(tiny.pixels)
    np.testing.assert_allclose(found, np.mean(proba, axis=0), rtol=1e-5)


def test_views_are_warps_of_the_strengths_asked_for():
    image = np.random.default_rng(0).integers(0, 256, (1, 12), dtype=np.uint8)
    still = Warps(rotation=0, scale=0, shear=0, shift=0, elastic=0)
    for seen in Views(still, 3).of(image, (3, 4)):
        np.testing.assert_array_equal(seen, image)


def test_another_seed_draws_other_views():
    image = np.random.default_rng(0).integers(0, 256, (1, 12), dtype=np.uint8)
    zero, one, again = (
        list(map(bytes, Views(WARPS, 3, seed).of(image, (3, 4)))) for seed in (0, 1, 1)
    )
    assert zero != one == again


def test_it_uses_the_shape_of_images_if_a_network_does_or_they_are_warped(members):
    edges = FeedForwardNeuralNetwork(feature_count((3, 4)), 5, rng=0)
    searching = NetworkModel(edges, Scaling(), (3, 4), oriented_gradients=True)
    assert not AverageModel(members).uses_image_shape
    assert AverageModel(members, Views(WARPS, 2)).uses_image_shape
    assert AverageModel((members[0], searching)).uses_image_shape


def test_what_is_said_of_an_image_does_not_depend_on_the_others(members, tiny):
    average = AverageModel(members, Views(WARPS, 4))
    together = average.predict_proba(tiny.pixels)
    for i in (0, 17):
        alone = average.predict_proba(tiny.pixels[i : i + 1])
        np.testing.assert_allclose(alone[0], together[i], rtol=1e-5)


def test_no_probability_is_lost_where_all_are_tiny(members, tiny):
    for member in members:
        member.network.parameters *= 1e4
    log_proba = AverageModel(members).predict_log_proba(tiny.pixels)
    assert np.isfinite(log_proba).all()
    assert log_proba.min() < -1000


@pytest.mark.parametrize("views", [None, Views(WARPS, 2, seed=3)])
def test_an_average_read_back_predicts_the_same(tmp_path, members, tiny, views):
    model = AverageModel(members, views)
    save_average(tmp_path / "model.safetensors", model)
    found = load_model(tmp_path)
    assert (found.views, found.image_shape, found.class_count) == (views, (3, 4), 5)
    np.testing.assert_array_equal(
        found.predict_log_proba(tiny.pixels), model.predict_log_proba(tiny.pixels)
    )
    names = set(load_file(tmp_path / "model.safetensors"))
    assert {"member.0.linear.0.weights", "member.2.linear.1.bias"} <= names


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (network_model(1, output_dim=4), "knows 4 classes, network 1 .* knows 5 classes"),
        (
            network_model(1, (3, 3), input_dim=9),
            r"network 2 takes 9 pixels \(3 × 3\).*network 1 12 pixels \(3 × 4\)",
        ),
        (dataclasses.replace(network_model(1), straighten=True), "straightened"),
    ],
)
def test_networks_of_different_shapes_are_not_averaged(members, other, sentence):
    with pytest.raises(UsageError, match=sentence) as raised:
        AverageModel((members[0], other))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("place", [1, 2])
def test_every_network_must_fit_the_first(members, place):
    networks = list(members[:2])
    networks.insert(place, dataclasses.replace(members[2], image_shape=(4, 3)))
    with pytest.raises(UsageError, match=rf"network {place + 1} takes 12 pixels \(4 × 3\)"):
        AverageModel(tuple(networks))


def test_an_average_of_nothing_and_views_of_no_images_are_refused(members):
    with pytest.raises(UsageError, match="one network or more"):
        AverageModel(())
    with pytest.raises(UsageError, match="views need images"):
        AverageModel((dataclasses.replace(members[0], image_shape=None),), Views(WARPS, 2))
    with pytest.raises(UsageError, match="count of views must be 1 or more"):
        Views(WARPS, 0)


def test_a_damaged_file_is_named(tmp_path, members):
    path = tmp_path / "model.safetensors"
    save_average(path, AverageModel(members))
    tensors, metadata = read_tensors(path)
    del tensors["member.1.linear.0.bias"]
    with pytest.raises(DataError, match=r"member\.1\.linear\.0\.bias is missing"):
        average_model(path, tensors, metadata)
    for damage in ({"members": 3}, {"members": []}, {"views": {"count": 2}}, {"views": "many"}):
        with pytest.raises(DataError, match="the description of the model is damaged"):
            average_model(path, read_tensors(path)[0], metadata | damage)
