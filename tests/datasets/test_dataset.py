import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handgrad.datasets import Dataset, Scaling
from handgrad.errors import DataError

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 6), dtype=np.uint8)
LABELS = np.arange(12) % 3


def a_dataset(**changes):
    asked = {"pixels": PIXELS, "labels": LABELS, "image_shape": (2, 3), "class_count": 3}
    return Dataset(**asked | changes)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scaling_is_as_written(dtype):
    pixels = np.arange(256, dtype=np.uint8)[None]
    X = Scaling()(pixels, out=np.empty((1, 256), dtype))
    np.testing.assert_array_equal(X, np.arange(256)[None] / 256 - 0.5)


def test_images_of_one_colour_are_standardized_to_zero():
    grey = np.full((3, 4), 7, np.uint8)
    X = Scaling.standardizing(grey)(grey, out=np.empty(grey.shape))
    np.testing.assert_array_equal(X, 0)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"pixels": PIXELS / 2}, "pixels must be an array of uint8, found float64"),
        ({"pixels": PIXELS[:0], "labels": None}, "at least one image"),
        ({"image_shape": (2, 4)}, "6 pixels, which is not an image of 2 × 4"),
        ({"image_shape": (-2, -3)}, "which is not an image of -2 × -3"),
        ({"image_shape": (2, 3, 1)}, r"image_shape must be two whole numbers, found \(2, 3, 1\)"),
        ({"image_shape": (2.0, 3.0)}, "image_shape must be two whole numbers"),
        (
            {"pixels": PIXELS.reshape(12, 3, 2)},
            "6 pixels in 3 × 2, which is not an image of 2 × 3",
        ),
        ({"class_count": 3.0}, r"class_count must be a whole number, found 3\.0"),
        ({"pixels": PIXELS.tolist()}, "pixels must be an array of uint8, found list"),
        ({"labels": np.full(12, 2**63, np.uint64)}, "label 9223372036854775808; with 3 classes"),
        ({"labels": LABELS + 0.5}, "labels must be whole numbers, found float64"),
        ({"labels": LABELS - 1}, "example 1: label -1; with 3 classes, expected 0 to 2"),
        ({"labels": LABELS + 1}, "example 3: label 3; with 3 classes, expected 0 to 2"),
        ({"labels": LABELS[:-1]}, "12 images take 12 labels"),
        ({"labels": LABELS[:, None]}, "12 images take 12 labels"),
    ],
)
def test_what_is_no_data_set_is_named(changes, sentence):
    with pytest.raises(DataError, match=sentence):
        a_dataset(**changes)


@pytest.mark.parametrize(
    ("pixels", "asked", "shape"),
    [(12, None, None), (16, None, (4, 4)), (16, (2, 8), (2, 8)), (12, (3, 4), (3, 4))],
)
def test_images_are_of_the_shape_asked_for_or_square(pixels, asked, shape):
    images = np.zeros((2, pixels), np.uint8)
    assert Dataset(images, image_shape=asked).image_shape == shape


def test_a_fingerprint_tells_apart_all_that_it_is_of():
    pixels, labels = PIXELS.copy(), LABELS.copy()
    pixels[0, 0] ^= 1
    labels[:2] = 1, 0
    changes = [
        {}, {"pixels": pixels}, {"labels": labels}, {"labels": None}, {"image_shape": (3, 2)},
        {"class_count": 4},
    ]  # fmt: skip
    assert len({a_dataset(**change).fingerprint for change in changes}) == len(changes)


def test_the_same_data_have_one_fingerprint_under_any_name():
    same = a_dataset(pixels=PIXELS.copy(), labels=LABELS.astype(np.uint8), name="copied")
    assert same.fingerprint == a_dataset().fingerprint
    of_numpy = a_dataset(image_shape=list(np.array([2, 3])), class_count=np.int64(3))
    assert of_numpy.fingerprint == a_dataset().fingerprint


def test_rows_keep_their_labels_and_all_that_holds_of_the_whole():
    few = a_dataset(name="all").rows(slice(3, 5))
    np.testing.assert_array_equal(few.pixels, PIXELS[3:5])
    np.testing.assert_array_equal(few.labels, LABELS[3:5])
    assert (few.image_shape, few.class_count, few.name) == ((2, 3), 3, "all")


@given(n=st.integers(1, 60), seed=st.integers(0, 9), share=st.floats(0.02, 0.98))
def test_a_split_divides_the_rows_or_says_that_they_are_too_few(n, seed, share):
    data = Dataset(np.arange(n, dtype=np.uint8)[:, None])
    held_out = round(n * share)
    if held_out in (0, n):
        with pytest.raises(DataError, match=f"{n} examples?, too few to hold"):
            data.split(share, seed)
        return
    rest, held = (part.pixels[:, 0].tolist() for part in data.split(share, seed))
    assert len(held) == held_out
    assert sorted(rest + held) == list(range(n))


def test_a_split_is_drawn_from_its_seed():
    data = Dataset(np.arange(100, dtype=np.uint8)[:, None])
    one, same, other = (data.split(0.5, seed)[1].pixels[:, 0].tolist() for seed in (0, 0, 1))
    assert one == same != other
    for held in (one, other):
        assert 15 < sum(row < 50 for row in held) < 35, "those of the first half"
