import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from handgrad.errors import UsageError
from handgrad.straighten import moments, straighten


def blob(slant=0.0, centre=(16.0, 19.0), shape=(41, 45)):
    """A Gaussian hill, sheared along its rows: its centre and its slope are known exactly."""
    y, x = np.indices(shape)
    dy, dx = y - centre[0], x - centre[1]
    return 200 * np.exp(-(dy**2) / 18 - (dx - slant * dy) ** 2 / 16)


@pytest.mark.parametrize("slant", [-0.6, 0.0, 0.35])
def test_the_moments_of_a_slanted_hill_are_those_it_was_made_with(slant):
    μ, k = moments(blob(slant, (19.25, 23.0))[None])
    np.testing.assert_allclose(μ, [[19.25 - 20, 23 - 22]], atol=1e-3)
    np.testing.assert_allclose(k, slant, atol=1e-3)


def test_moments_agree_with_scipy():
    images = np.random.default_rng(0).integers(0, 256, (5, 9, 12), dtype=np.uint8)
    μ, k = moments(images)
    centres = np.array([ndimage.center_of_mass(image) for image in images])
    np.testing.assert_allclose(μ, centres - (4, 5.5))
    for image, slope in zip(images, k, strict=True):
        y, x = np.indices(image.shape).reshape(2, -1)
        covariance = np.cov(y, x, aweights=image.ravel())
        assert slope == pytest.approx(covariance[0, 1] / covariance[0, 0])


@pytest.mark.parametrize("slant", [-0.6, -0.2, 0.35])
def test_a_slanted_hill_off_the_centre_comes_out_upright_in_it(slant):
    straightened = straighten(blob(slant)[None])[0]
    # Linear interpolation errs by up to |f″|/8, which at the top of this hill is 200/8/8.
    np.testing.assert_allclose(straightened, blob(0.0, (20, 22)), atol=200 / 8 / 8)
    μ, k = moments(straightened[None])
    np.testing.assert_allclose(μ, 0, atol=1e-3)
    np.testing.assert_allclose(k, 0, atol=1e-3)


def test_an_image_that_is_straight_stays_as_it_is():
    image = np.random.default_rng(1).integers(0, 256, (6, 8), dtype=np.uint8)
    symmetric = (image // 2 + image[::-1, ::-1] // 2).astype(np.uint8)  # The centre of mass: μ = c.
    symmetric = symmetric // 2 + symmetric[:, ::-1] // 2  # And the slope: k = 0.
    np.testing.assert_array_equal(straighten(symmetric[None])[0], symmetric)


def test_straightening_twice_is_straightening_once():
    images = np.stack(
        [blob(slant, centre) for slant in (-0.5, 0.3) for centre in ((9, 20), (17, 17))]
    )
    once = straighten(images)
    np.testing.assert_allclose(straighten(once), once, atol=0.2)


def test_digits_come_out_upright_and_centred(digits):
    pixels = digits.train.pixels[:500]
    μ, k = moments(straighten(pixels, image_shape=(28, 28)).reshape(-1, 28, 28))
    assert np.abs(μ).max() < 0.2
    assert np.abs(k).mean() < 0.005
    assert np.abs(moments(pixels.reshape(-1, 28, 28))[1]).mean() > 0.2, "as they were"


def test_nothing_to_go_by_is_left_alone():
    blank = np.zeros((2, 5, 7), np.uint8)
    np.testing.assert_array_equal(straighten(blank), blank)
    row = np.zeros((1, 5, 7))
    row[0, 1, 2:5] = (10, 30, 10)  # One row has no slope; it is moved to the centre.
    expected = np.zeros((1, 5, 7))
    expected[0, 2, 2:5] = (10, 30, 10)
    np.testing.assert_allclose(straighten(row), expected, atol=1e-9)
    rows = np.zeros((200, 5, 7))
    rows[:, 1] = np.random.default_rng(0).random((200, 7))
    assert not moments(rows)[1].any()


@given(
    rows=st.integers(1, 40), columns=st.integers(1, 40), n=st.integers(0, 3), seed=st.integers(0, 9)
)
def test_every_size_of_image_keeps_its_shape_dtype_and_range(rows, columns, n, seed):
    images = np.random.default_rng(seed).integers(0, 200, (n, rows, columns), dtype=np.uint8)
    before = images.copy()
    straightened = straighten(images)
    assert straightened.shape == images.shape
    assert straightened.dtype == np.uint8
    assert np.all(straightened <= images.max(initial=0))
    np.testing.assert_array_equal(images, before)
    rows_of_pixels = straighten(images.reshape(n, rows * columns), image_shape=(rows, columns))
    np.testing.assert_array_equal(rows_of_pixels.reshape(images.shape), straightened)


def test_what_is_not_images_is_named():
    with pytest.raises(UsageError, match=r"expected images.*\(3, 784\)"):
        straighten(np.zeros((3, 784)))
