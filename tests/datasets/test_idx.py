import numpy as np
import pytest

from handgrad.datasets import Dataset, read_idx, write_idx
from handgrad.errors import DataError

IMAGES = Dataset(np.arange(12, dtype=np.uint8).reshape(2, 2, 3))


def labelled(*labels):
    """As many of the images as there are labels."""
    return Dataset(IMAGES.pixels[: len(labels)], np.array(labels), (2, 3))


def test_labels_are_read_from_the_file_beside_the_images(tmp_path):
    write_idx(tmp_path / "a-images-idx3-ubyte", labelled(0, 1))
    assert read_idx(tmp_path / "a-images-idx3-ubyte").labels.tolist() == [0, 1]
    write_idx(tmp_path / "plain", IMAGES)
    assert read_idx(tmp_path / "plain").labels is None


def test_there_are_as_many_classes_as_asked_for_or_as_labels_show(tmp_path):
    path = tmp_path / "images-idx3"
    write_idx(path, labelled(0, 1))
    assert read_idx(path).class_count == 2
    assert read_idx(path, class_count=7).class_count == 7


def test_what_is_wrong_with_an_idx_is_said(tmp_path):
    path = tmp_path / "a-images-idx3-ubyte"
    write_idx(path, labelled(0, 1))
    labels = tmp_path / "a-labels-idx1-ubyte"
    with pytest.raises(DataError, match="1 dimensions, expected 3 for images"):
        read_idx(labels)
    with pytest.raises(DataError, match="3 dimensions, expected 1 for labels"):
        read_idx(path, labels_path=path)
    write_idx(tmp_path / "b-images-idx3-ubyte", labelled(0))
    with pytest.raises(DataError, match="1 label for the 2 images"):
        read_idx(path, labels_path=tmp_path / "b-labels-idx1-ubyte")
    with pytest.raises(DataError, match="2 labels for the 1 image"):
        read_idx(tmp_path / "b-images-idx3-ubyte", labels_path=labels)
    with pytest.raises(DataError, match="images-idx3 in its name"):
        write_idx(tmp_path / "c", labelled(0, 1))


@pytest.mark.parametrize(
    ("length", "sentence"),
    [
        *((length, "not an IDX file") for length in (1, 2, 3)),
        *((length, "the IDX header is cut short") for length in (4, 7, 15)),
        *((length, f"{length - 16} bytes of images, expected 12") for length in (16, 20, 27)),
    ],
)
def test_a_file_cut_short_anywhere_is_named(tmp_path, length, sentence):
    path = tmp_path / "digits"
    write_idx(path, IMAGES)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(DataError, match=f"digits: {sentence}"):
        read_idx(path)


def test_a_file_with_more_than_its_header_says_is_named(tmp_path):
    path = tmp_path / "digits"
    write_idx(path, IMAGES)
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(DataError, match="13 bytes of images, expected 12"):
        read_idx(path)


def test_a_header_that_promises_more_than_there_is(tmp_path):
    (tmp_path / "lie").write_bytes(b"\0\0\x08\x03" + b"\xff" * 12 + b"few")
    with pytest.raises(
        DataError, match="3 bytes of images, expected 79228162458924105385300197375"
    ):
        read_idx(tmp_path / "lie")


def test_numbers_that_are_no_bytes_are_not_read(tmp_path):
    (tmp_path / "floats").write_bytes(b"\0\0\x0d\x03" + b"\0\0\0\1" * 3 + b"\0" * 4)
    with pytest.raises(DataError, match="floats: not an IDX file of unsigned bytes"):
        read_idx(tmp_path / "floats")


def test_a_file_of_more_than_a_megabyte_is_read_whole(tmp_path):
    pixels = np.arange(3 * 700 * 700, dtype=np.uint8).reshape(3, 700, 700)
    write_idx(tmp_path / "large", Dataset(pixels))
    np.testing.assert_array_equal(read_idx(tmp_path / "large").pixels, pixels.reshape(3, -1))


def test_labels_go_up_to_255(tmp_path):
    write_idx(tmp_path / "images-idx3", labelled(0, 255))
    assert read_idx(tmp_path / "images-idx3").labels.tolist() == [0, 255]


def test_a_label_that_is_no_byte_is_not_written(tmp_path):
    with pytest.raises(DataError, match="a label of 256; IDX has 255 at most"):
        write_idx(tmp_path / "images-idx3", labelled(0, 256))
    assert not list(tmp_path.iterdir())


def test_what_are_no_images_is_not_written(tmp_path):
    with pytest.raises(DataError, match="not images, which IDX needs"):
        write_idx(tmp_path / "digits", Dataset(IMAGES.pixels))
    assert not list(tmp_path.iterdir())
