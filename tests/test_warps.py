import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from handgrad.errors import UsageError
from handgrad.plots.warps import warp_gallery
from handgrad.warps import Warps, affine_coefficients, as_images, interpolate, warp_basis

NONE = Warps(rotation=0, scale=0, shear=0, shift=0, elastic=0)
INGREDIENTS = ("rotation", "scale", "shear", "shift", "elastic")


def random_images(n, rows, columns, dtype=np.uint8, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, rows, columns)).astype(dtype)


def affine_warp(images, *, rotation=0.0, scale=(1.0, 1.0), shear=0.0, shift=(0.0, 0.0)):
    """Warp all images by one known affine map."""
    shape = images.shape[1:]
    C = affine_coefficients(
        shape,
        rotation=np.array([rotation]),
        scale=np.array([scale]),
        shear=np.array([shear]),
        shift=np.array([shift]),
    )
    positions = C @ warp_basis(shape, 2, np.dtype(float))[:3]
    return interpolate(images, np.repeat(positions, len(images), axis=0)).reshape(images.shape)


def blob(y, x, shape=(41, 51)):
    """An image of one soft spot, whose centre of mass is (y, x) to high accuracy."""
    rows, columns = np.indices(shape)
    return np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * 2.0**2))[None]


sizes = st.integers(1, 40)


@settings(deadline=None)
@given(n=st.integers(0, 5), rows=sizes, columns=sizes, seed=st.integers(0, 9))
def test_no_strength_is_the_identity_bit_for_bit(n, rows, columns, seed):
    for dtype in (np.uint8, np.float32, np.float64):
        images = random_images(n, rows, columns, dtype, seed) + dtype(0.1)
        warped = NONE.warp(images, np.random.default_rng(seed))
        assert warped.dtype == images.dtype
        np.testing.assert_array_equal(warped, images)


@settings(deadline=None)
@given(rows=sizes, columns=sizes, down=st.integers(-45, 45), right=st.integers(-45, 45))
def test_a_shift_by_whole_pixels_is_a_copy_that_leaves_zeros_behind(rows, columns, down, right):
    images = random_images(2, rows, columns)
    expected = np.zeros_like(images)
    to = np.s_[:, max(down, 0) : rows + min(down, 0), max(right, 0) : columns + min(right, 0)]
    source = np.s_[:, max(-down, 0) : rows - max(down, 0), max(-right, 0) : columns - max(right, 0)]
    if abs(down) < rows and abs(right) < columns:
        expected[to] = images[source]
    np.testing.assert_array_equal(affine_warp(images, shift=(down, right)), expected)


def test_a_quarter_turn_is_rot90():
    images = random_images(3, 13, 13)
    np.testing.assert_allclose(
        affine_warp(images, rotation=90.0), np.rot90(images, axes=(1, 2)), atol=1e-9
    )


@pytest.mark.parametrize("rotation", [-50.0, 15.0, 120.0])
@pytest.mark.parametrize("scale", [(1.0, 1.0), (0.8, 1.15)])
@pytest.mark.parametrize("shear", [0.0, 0.3])
@pytest.mark.parametrize("shift", [(0.0, 0.0), (1.7, -2.4)])
def test_a_point_moves_where_trigonometry_says(rotation, scale, shear, shift):
    # From the centre (20, 25) the spot is 3 rows up and 5 columns to the right.
    y, x = -3 * scale[0], 5 * scale[1]
    x += shear * y
    radius, angle = math.hypot(y, x), math.atan2(-y, x) + math.radians(rotation)
    y = 20 - radius * math.sin(angle) + shift[0]
    x = 25 + radius * math.cos(angle) + shift[1]

    warped = affine_warp(blob(17, 30), rotation=rotation, scale=scale, shear=shear, shift=shift)
    np.testing.assert_allclose(ndimage.center_of_mass(warped[0]), (y, x), atol=0.01)


@settings(deadline=None)
@given(rows=sizes, columns=sizes, seed=st.integers(0, 99))
def test_interpolation_agrees_with_scipy(rows, columns, seed):
    images = random_images(2, rows, columns, float, seed)
    shape = (2, 2, 50)
    positions = np.random.default_rng(seed).uniform(-3, 1.2 * max(rows, columns) + 3, shape)
    expected = [
        ndimage.map_coordinates(image, where, order=1, mode="grid-constant", cval=0)
        for image, where in zip(images, positions, strict=True)
    ]
    np.testing.assert_allclose(interpolate(images, positions), expected, atol=1e-9)


def test_a_whole_warp_agrees_with_scipy():
    images, warps = random_images(100, 19, 24, float), Warps()
    C = warps.coefficients(100, (19, 24), np.random.default_rng(3))
    positions = (C @ warp_basis((19, 24), warps.bumps, np.dtype(float))).reshape(100, 2, 19, 24)
    expected = [
        ndimage.map_coordinates(image, where, order=1, mode="grid-constant", cval=0)
        for image, where in zip(images, positions, strict=True)
    ]
    warped = warps.warp(images, np.random.default_rng(3))
    np.testing.assert_allclose(warped, expected, atol=1e-9)
    single = warps.warp(images.astype(np.float32), np.random.default_rng(3))
    np.testing.assert_allclose(single, expected, atol=0.02)
    whole = warps.warp(images.astype(np.uint8), np.random.default_rng(3))
    np.testing.assert_allclose(whole, expected, atol=0.52)


@settings(deadline=None)
@given(rows=sizes, columns=sizes, n=st.integers(0, 4), bumps=st.integers(2, 9))
def test_every_size_of_image_warps_within_its_own_values(rows, columns, n, bumps):
    images = random_images(n, rows, columns) // 2 + 100
    warped = Warps(bumps=bumps).warp(images, np.random.default_rng(rows))
    assert warped.shape == images.shape
    assert np.all(warped <= images.max(initial=0))


def test_images_bigger_than_a_chunk():
    image = random_images(2, 300, 200)
    np.testing.assert_array_equal(NONE.warp(image, np.random.default_rng(0)), image)


def test_rows_of_pixels_warp_like_the_images_they_are():
    images, warps = random_images(90, 20, 28), Warps()
    expected = warps.warp(images, np.random.default_rng(4))
    rows = images.reshape(90, -1)
    out = np.empty((90, 560), np.float32)
    returned = warps.warp(rows, np.random.default_rng(4), image_shape=(20, 28), out=out[:])
    assert np.shares_memory(returned, out)
    np.testing.assert_allclose(out.reshape(images.shape), expected, atol=0.51)
    again = warps.warp(rows, np.random.default_rng(4), image_shape=(20, 28))
    np.testing.assert_array_equal(again.reshape(images.shape), expected)


def test_a_seed_gives_one_result_and_images_get_warps_of_their_own():
    images = np.repeat(random_images(1, 28, 28), 90, axis=0)
    first, same, other = (Warps().warp(images, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)
    assert len(np.unique(first, axis=0)) == 90


def test_an_image_is_warped_alike_however_many_follow():
    few, many = (Warps().coefficients(n, (5, 9), np.random.default_rng(3)) for n in (3, 7))
    np.testing.assert_array_equal(few, many[:3])


@pytest.mark.parametrize("changed", INGREDIENTS)
def test_an_ingredient_leaves_the_draws_of_the_others_alone(changed):
    """Alone or beside any strength of another, each ingredient draws the same."""
    for kept in set(INGREDIENTS) - {changed}:
        alone = dataclasses.replace(NONE, **{kept: getattr(Warps(), kept)})
        both = dataclasses.replace(alone, **{changed: getattr(Warps(), changed)})
        rng_alone, rng_both = np.random.default_rng(5), np.random.default_rng(5)
        effect_alone = parts(alone.coefficients(7, (28, 28), rng_alone))
        effect_both = parts(both.coefficients(7, (28, 28), rng_both))
        np.testing.assert_allclose(effect_both[kept], effect_alone[kept], atol=1e-6)
        assert not np.allclose(effect_both[changed], effect_alone[changed])
        assert rng_alone.random() == rng_both.random()


def parts(C):
    """Recover from coefficients what each ingredient did: the inverse of `affine_coefficients`."""
    forward = np.linalg.inv(C[:, :, 1:3])  # R K S, in the order (y, x)
    # The first column of K S R is (height, shear · height), turned; the second (0, width), turned.
    angle = np.arctan2(-forward[:, 0, 1], forward[:, 1, 1])
    cos, sin = np.cos(angle), np.sin(angle)
    R = np.array([[cos, -sin], [sin, cos]]).transpose(2, 0, 1)
    K_S = np.linalg.inv(R) @ forward
    centre = np.array([13.5, 13.5])
    return {
        "rotation": angle,
        "scale": np.stack([K_S[:, 0, 0], K_S[:, 1, 1]]),
        "shear": K_S[:, 1, 0] / K_S[:, 0, 0],
        "shift": forward @ (centre - C[:, :, 0])[:, :, None],
        "elastic": C[:, :, 3:],
    }


def test_strengths_are_in_the_units_they_claim():
    warps = Warps(rotation=20, scale=0.1, shear=0.3, shift=2.5, elastic=1.4, bumps=5)
    C = warps.coefficients(4_000, (28, 28), np.random.default_rng(0))
    effect = parts(C)
    for values, limit in (
        (np.rad2deg(effect["rotation"]), 20),
        (effect["scale"] - 1, 0.1),
        (effect["shear"], 0.3),
        (effect["shift"], 2.5),
    ):
        assert np.abs(values).max() <= limit + 1e-9
        assert np.abs(values).max() > 0.99 * limit
        assert abs(values.mean()) < 0.05 * limit
    field = effect["elastic"] @ warp_basis((28, 28), 5, np.dtype(float))[3:]
    np.testing.assert_allclose(field.std(axis=0), 1.4, rtol=0.06)


def test_what_is_drawn_of_one_says_nothing_of_another():
    effect = parts(Warps().coefficients(4_000, (28, 28), np.random.default_rng(0)))
    (height, width), (down, right) = effect["scale"], effect["shift"][:, :, 0].T
    bends = effect["elastic"][:, 0, 0], effect["elastic"][:, 1, 0]
    drawn = (effect["rotation"], height, width, effect["shear"], down, right, *bends)
    correlations = np.corrcoef(drawn)[np.triu_indices(len(drawn), 1)]
    assert np.abs(correlations).max() < 0.1


def test_scaled_warps_are_the_same_warps_less_strong():
    whole, half = (
        parts(warps.coefficients(50, (28, 28), np.random.default_rng(0)))
        for warps in (Warps(bumps=5), Warps(bumps=5).scaled(0.5))
    )
    half["scale"], whole["scale"] = half["scale"] - 1, whole["scale"] - 1
    for name, values in whole.items():
        np.testing.assert_allclose(half[name], values / 2, atol=1e-6, err_msg=name)


def test_the_basis_that_all_share_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        warp_basis((4, 4), 2, np.dtype(float))[:] = 0


def test_elastic_fields_are_smooth_on_images_of_any_shape():
    basis = warp_basis((28, 56), 7, np.dtype(float))[3:].reshape(49, 28, 56)
    neighbours = np.sum(basis[:, :, 1:] * basis[:, :, :-1], axis=0)
    assert neighbours.min() > 0.97, "the correlation of the field at neighbouring pixels"


@pytest.mark.parametrize(
    ("strengths", "words"),
    [
        ({"rotation": -1}, "rotation must be from 0 to 1,000"),
        ({"elastic": math.nan}, "elastic must be from 0 to 1,000"),
        ({"shift": math.inf}, "shift must be from 0 to 1,000"),
        ({"scale": 1}, "scale must be less than 1"),
        ({"bumps": 1}, "bumps must be a whole number from 2"),
        ({"bumps": 2.5}, "bumps must be a whole number from 2"),
    ],
)
def test_impossible_strengths(strengths, words):
    with pytest.raises(UsageError, match=words):
        Warps(**strengths)


@pytest.mark.parametrize(
    ("data", "image_shape", "words"),
    [
        (np.zeros((3, 784)), None, r"\(3, 784\) and no image_shape"),
        (np.zeros((3, 783)), (28, 28), r"28 × 28 = 784 pixels each, got data of shape \(3, 783\)"),
        (np.zeros((3, 14, 56)), (28, 28), r"got data of shape \(3, 14, 56\)"),
        (np.zeros((3, 28, 28), complex), None, "dtype complex128"),
        (np.zeros((3, 28, 28), bool), None, "dtype bool"),
    ],
)
def test_data_that_are_not_images(data, image_shape, words):
    with pytest.raises(UsageError, match=words):
        Warps().warp(data, np.random.default_rng(0), image_shape=image_shape)


def test_images_are_viewed_not_copied():
    rows = np.zeros((3, 6))
    assert np.shares_memory(as_images(rows, (2, 3)), rows)


def test_the_gallery_shows_the_image_and_twenty_warps():
    image = random_images(1, 28, 28)[0]
    pictures = [axes.images[0].get_array() for axes in warp_gallery(image, Warps()).axes]
    assert len(pictures) == 21
    np.testing.assert_array_equal(pictures[0], image)
    assert len({picture.tobytes() for picture in pictures}) == 21
