import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handgrad.datasets import (
    Dataset,
    Reading,
    Source,
    read,
    read_csv,
    write_csv,
    write_idx,
    write_npz,
)
from handgrad.errors import DataError, UsageError


def a_dataset(n=20, rows=3, columns=5, classes=4, labelled=True, seed=0):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (n, rows, columns), dtype=np.uint8)
    labels = rng.integers(0, classes, n) if labelled else None
    return Dataset(pixels, labels, class_count=classes)


def same(one, other):
    np.testing.assert_array_equal(one.pixels, other.pixels)
    assert (one.labels is None) == (other.labels is None)
    if one.labels is not None:
        np.testing.assert_array_equal(one.labels, other.labels)
    return True


def test_small_mnist_is_what_it_says(digits):
    assert digits.train.pixels.shape == (5000, 784)
    assert digits.validation.pixels.shape == (1000, 784)
    assert digits.test.pixels.shape == (4220, 784)
    assert digits.test.labels is None
    assert digits.train.class_count == digits.validation.class_count == 10
    assert digits.train.image_shape == (28, 28)
    assert digits.train.pixels.dtype == np.uint8
    # Zero is the digit with the most ink but for eight and two, one by far that with the least.
    ink = [digits.train.pixels[digits.train.labels == digit].mean() for digit in range(10)]
    assert ink[1] < 0.7 * min(ink[:1] + ink[2:])


@given(
    n=st.integers(1, 6), rows=st.integers(1, 4), columns=st.integers(1, 4),
    labelled=st.booleans(), seed=st.integers(0, 1000), gz=st.booleans(),
)  # fmt: skip
@pytest.mark.parametrize("form", ["csv", "idx", "npz"])
def test_what_is_written_is_read_back(tmp_path_factory, form, n, rows, columns, labelled, seed, gz):
    dataset = a_dataset(n, rows, columns, labelled=labelled, seed=seed)
    folder = tmp_path_factory.mktemp("written")
    name = {"csv": "a.csv", "idx": "a-images-idx3-ubyte", "npz": "a.npz"}[form]
    path = folder / (name + ".gz" * (gz and form != "npz"))
    {"csv": write_csv, "idx": write_idx, "npz": write_npz}[form](path, dataset)
    found = read(path, label="last" if labelled else "none")
    assert same(found, dataset)
    if form != "csv":
        assert found.image_shape == (rows, columns)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("1,2,0\n3,4,1\n", {}),
        ("a,b,label\n1,2,0\n3,4,1\n", {}),
        ('"y","b","Label"\n1,2,0\n3,4,1\n', {}),
        ("Class,a,b\n0,1,2\n1,3,4\n", {"label": "first"}),
        ("0,1,2\n1,2,0\n3,4,1\n", {"header": True}),
        ("0,1,2\n1,3,4\n", {"label": "first"}),
        ("label,pixel0,pixel1\r\n0,1,2\r\n\r\n1,3,4\r\n", {"label": "first"}),
        ("\ufeff1,2,0\n3,4,1", {}),
        (" 1, 2 ,0\n3.0,4.0,1.0\n", {}),
        ('"1.0","2","0"\n"3","4","1"\n', {}),
        ("P,1,label\n1,2,0\n3,4,1\n", {}),
        ("1,2,0\n3,4,1\n \t\n", {}),
        ("\n \np0,p1,label\n1,2,0\n\n3,4,1\n", {}),
        ("\n\np0,1,2\n1,2,0\n3,4,1\n", {"header": True}),
    ],
)
def test_csv_in_the_ways_it_is_written(tmp_path, text, options):
    path = tmp_path / "digits.csv"
    path.write_bytes(gzip.compress(text.encode()) if "\r" in text else text.encode())
    expected = Dataset(np.array([[1, 2], [3, 4]], np.uint8), np.array([0, 1]))
    assert same(read(path, **options), expected)


def test_csv_without_labels_with_a_header(tmp_path):
    path = tmp_path / "digits.csv"
    path.write_text("p0,p1\n1,2\n3,4\n")
    assert same(read(path, label="none"), Dataset(np.array([[1, 2], [3, 4]], np.uint8)))


def test_what_follows_a_gzip_stream_is_no_part_of_it(tmp_path):
    path = tmp_path / "digits.csv.gz"
    path.write_bytes(gzip.compress(b"1,2,0\n3,4,1\n") + b"junk")
    with pytest.raises(DataError, match="after its gzip stream comes something else"):
        read(path)


@pytest.mark.parametrize("label", [300, 65535])
def test_labels_may_be_larger_than_a_pixel(tmp_path, label):
    path = tmp_path / "many.csv"
    path.write_text(f"1,255,{label}\n3,4,0\n")
    assert read(path).class_count == label + 1


def test_a_label_is_in_a_place_that_there_is(tmp_path):
    (tmp_path / "digits.csv").write_text("1,2,0\n")
    with pytest.raises(UsageError, match="label must be last, first or none, got 'middle'"):
        read_csv(tmp_path / "digits.csv", label="middle")


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        ("", {}, "digits.csv: the file is empty"),
        ("\n\n", {}, "digits.csv: the file is empty"),
        (" \n\t\n", {}, "digits.csv: the file is empty"),
        ("1;2;0\n3;4;1\n", {}, "separated by ; or tabs, expected commas"),
        ("1\t2\t0\n3\t4\t1\n", {}, "separated by ; or tabs, expected commas"),
        ("a,b,label\n1,2,0\n3,x,1\n", {}, "line 3, column 2: found 'x'"),
        ("1,2,0\n3,4,5,1\n", {}, "line 2: 4 columns, expected 3"),
        ("1,2,0\n3,x,1\n", {}, "line 2, column 2: found 'x', expected a pixel, a whole number"),
        ("1,2,0\n3,1_0,1\n", {}, "line 2, column 2: found '1_0', expected a pixel, a whole number"),
        ("1,-1,0\n", {}, "line 1, column 2: found '-1', expected a pixel.* from 0 to 255"),
        ("1,2,0\n\n999,4,1\n", {}, "line 3, column 1: found '999', expected a pixel.* 255"),
        ("1,2.5,0\n", {}, "line 1, column 2: found '2.5'"),
        ("1,256,0\n", {}, "line 1, column 2: found '256', expected a pixel"),
        ("1,2,256\n", {"label": "none"}, "line 1, column 3: found '256', expected a pixel"),
        ("1,2,65536\n", {}, "line 1, column 3: found '65536', expected a label"),
        (
            f"1,2,{10**30}\n",
            {},
            "line 1, column 3: found '10000000000000000000…', expected a label",
        ),
        ("1,٣,0\n", {}, "line 1, column 2: found '٣', expected a pixel"),
        ("1,2,0\n3,4,1#5\n", {}, "line 2, column 3: found '1#5', expected a label"),
        ("1.0,2,0\n3,4,1#5\n", {}, "line 2, column 3: found '1#5', expected a label"),
        ("1,,0\n1,2,0\n", {}, "line 1, column 2: found '', expected a pixel, .* to 255$"),
        ("1,nan,0\n", {}, "line 1, column 2: found 'nan'"),
        (
            "1,2,-3\n",
            {},
            "line 1, column 3: found '-3', expected a label, a whole number from 0 to 65535",
        ),
        ("1,2,0\n3,4,10\n", {"class_count": 10}, "example 2: label 10.*expected 0 to 9"),
        ("a,b,label\n", {}, "no row below the header"),
        ("a,Class,b\n1,0,2\n", {}, "the label, 'Class', in column 2 of 3; move it to the first or"),
        ("a,label,b\n1,0,2\n", {"label": "none"}, "'label', in column 2 of 3; move it to"),
        ("label,a,b\n0,1,2\n", {}, "the label, 'label', in column 1; say --label first$"),
        ("LABEL,a,b\n0,1,2\n", {}, "the label, 'LABEL', in column 1; say --label first$"),
        ("y,a,b\n0,1,2\n", {"label": "none"}, "the label, 'y', in column 1; say --label first$"),
        ("digit,a,b\n0,1,2\n", {}, "the label, 'digit', in column 1; say --label first$"),
        (' "label" ,"a","b"\n0,1,2\n', {}, "the label, 'label', in column 1; say --label first$"),
        ("a,b,Target\n1,2,0\n", {"label": "first"}, "in column 3; say --label last$"),
        ("0,1,label\n1,2,0\n", {}, "found 'label', .*; if this line is a header, say --header$"),
        ("0,1,label\n\n1,2,0\n", {}, "; if this line is a header, say --header$"),
        ("a,b,label\n1,2,0\n", {"header": False}, "found 'a', .*; if this line is a header, say"),
        ("a,1\n2,0\n", {}, "found 'a', .*; if this line is a header, say --header$"),
        ("1,2,0\n3,4,1\nx,6,0\n", {}, "line 3, .* 'x', .* whole number from 0 to 255$"),
        ("1,2,cat\n3,4,dog\n", {}, "found 'cat', expected a label, a whole number .* 65535$"),
        ("1,300,0\n1,2,0\n", {}, "found '300', expected a pixel, a whole number from 0 to 255$"),
        ("1,2,0\n1,2,x\n", {}, "line 2, .* a whole number from 0 to 65535$"),
        ("1,2,0\n3\n", {}, "line 2: 1 column, expected 3"),
        ("7\n8\n", {}, "one column is too few"),
    ],
)
def test_what_is_wrong_with_a_csv_is_said_and_where(tmp_path, text, options, sentence):
    path = tmp_path / "digits.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=sentence) as caught:
        read(path, **options)
    assert "digits.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["a.csv.gz", "a-images-idx3-ubyte", "a-images-idx3-ubyte.gz", "a.npz"]
)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.95])
def test_a_file_cut_short_is_named(tmp_path, name, share):
    write = write_csv if "csv" in name else write_npz if "npz" in name else write_idx
    path = tmp_path / name
    write(path, a_dataset(50))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DataError, match=name):
        read(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.csv: no such file"):
        read(tmp_path / "nowhere.csv")
    with pytest.raises(DataError, match="is a directory"):
        read(tmp_path)


def test_a_stream_is_refused_with_what_to_do(tmp_path):
    reader, writer = os.pipe()
    os.write(writer, b"1,2,0\n3,4,1\n")
    os.close(writer)
    with pytest.raises(DataError, match=rf"^/dev/fd/{reader}: a stream, .* save it to a file$"):
        read(f"/dev/fd/{reader}")
    os.close(reader)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    with pytest.raises(DataError, match=r"picture\.png: not a CSV, IDX or NPZ"):
        read(tmp_path / "picture.png")


def test_an_npz_that_is_no_zip_is_said_to_be_none(tmp_path):
    (tmp_path / "a.npz").write_text("hello")
    with pytest.raises(DataError, match=r"a\.npz: not an NPZ file that can be read: it is no zip"):
        read(tmp_path / "a.npz")
    (tmp_path / "a.npz").write_text("1,2,0\n3,4,1\n")  # The content tells, not the name.
    assert len(read(tmp_path / "a.npz")) == 2


def test_an_npz_with_pickled_objects_is_not_loaded(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.array([{}, []], dtype=object))
    with pytest.raises(DataError, match="pickled objects, which are not loaded"):
        read(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"pictures": np.zeros((1, 2))}, "holds pictures; expected images and labels"),
        ({"images": np.array([[1, 999]])}, r"images\[0, 1\]: found 999"),
        ({"images": np.array([[0.5, 1]])}, r"images\[0, 0\]: found 0.5, expected a whole number"),
        ({"images": np.array([[3, 256]])}, r"images\[0, 1\]: found 256, expected .* to 255"),
        ({"images": np.array([[np.nan, 1]])}, r"images\[0, 0\]: found nan, expected a whole"),
        ({"images": np.array([["a"]])}, "expected numbers"),
        ({"images": np.zeros((0, 4))}, "at least one image"),
        ({"images": np.zeros((2, 4)), "labels": np.array([1, -1])}, r"labels\[1\]: found -1"),
        ({"images": np.zeros((1, 4)), "labels": np.array([65536])}, r"found 65536, .* to 65535"),
        ({"images": np.zeros((2, 4)), "labels": np.array([1])}, "2 images take 2 labels"),
    ],
)
def test_what_is_wrong_with_an_npz_is_said(tmp_path, arrays, sentence):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=sentence):
        read(tmp_path / "a.npz")


@pytest.mark.parametrize(("field", "value"), [(8, 1), (10, 99)])
def test_an_npz_that_cannot_be_unpacked_is_named(tmp_path, field, value):
    """Field 8 of the directory's entry has the flag of a password, field 10 the method."""
    path = tmp_path / "x.npz"
    np.savez(path, images=np.zeros((2, 4), np.uint8))
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + field] = value
    content[content.index(b"PK\3\4") + field - 2] = value
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"x\.npz: the NPZ file cannot be unpacked"):
        read(path)


def test_an_npz_whose_bytes_were_changed_is_named(tmp_path):
    path = tmp_path / "a.npz"
    write_npz(path, a_dataset(50))
    content = bytearray(path.read_bytes())
    content[100:120] = b"\xff" * 20
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.npz: the NPZ file is damaged or cut short"):
        read(path)


@pytest.mark.parametrize("dtype", [bool, np.uint16, np.int64, np.float32])
def test_pixels_of_an_npz_are_whole_numbers_of_any_type(tmp_path, dtype):
    images = np.array([[255, 0, 1]]).astype(dtype)
    np.savez(tmp_path / "a.npz", images=images, labels=np.array([65535]))
    found = read(tmp_path / "a.npz")
    assert found.pixels.tolist() == images.astype(np.uint8).tolist()
    assert found.class_count == 65536


@pytest.mark.parametrize("write", [write_csv, write_idx, write_npz])
@pytest.mark.parametrize(("asked", "found"), [(None, 4), (7, 7)])
def test_there_are_as_many_classes_as_asked_for_or_as_labels_show(tmp_path, write, asked, found):
    write(tmp_path / "images-idx3", a_dataset(50))
    assert read(tmp_path / "images-idx3", class_count=asked).class_count == found


@pytest.mark.parametrize("names", [("x_train", "y_train"), ("X", "y")])
def test_an_npz_under_other_common_names(tmp_path, names):
    dataset = a_dataset()
    np.savez(tmp_path / "a.npz", **dict(zip(names, (dataset.pixels, dataset.labels), strict=True)))
    assert same(read(tmp_path / "a.npz"), dataset)


def test_a_source_without_validation_holds_a_sixth_out(tmp_path):
    write_npz(tmp_path / "a.npz", a_dataset(60))
    train, validation = Source(data=tmp_path / "a.npz").load()
    assert (len(train), len(validation)) == (50, 10)
    train, validation = Source(data=tmp_path / "a.npz", validation=tmp_path / "a.npz").load()
    assert len(train) == len(validation) == 60


def test_a_line_of_blanks_is_no_row(tmp_path):
    (tmp_path / "gap.csv").write_text("1,2,0\n   \n3,4,1\n")
    assert read_csv(tmp_path / "gap.csv").pixels.tolist() == [[1, 2], [3, 4]]


def test_a_first_row_with_gaps_is_no_header(tmp_path):
    (tmp_path / "gaps.csv").write_text(",,,,3\n1,2,3,4,5\n")
    with pytest.raises(DataError, match="line 1, column 1: found ''"):
        read_csv(tmp_path / "gaps.csv")


def test_flat_images_have_the_shape_that_is_asked_for(tmp_path):
    images = np.zeros((2, 12), np.uint8)
    np.savez(tmp_path / "flat.npz", images=images)
    write_csv(tmp_path / "flat.csv", Dataset(images))
    for path in (tmp_path / "flat.npz", tmp_path / "flat.csv"):
        assert read(path, label="none").image_shape is None
        assert read(path, label="none", image_shape=(3, 4)).image_shape == (3, 4)


def test_a_file_of_labels_beside_one_that_has_them_is_refused(tmp_path):
    write_npz(tmp_path / "a.npz", a_dataset(4))
    with pytest.raises(UsageError, match=r"other: labels in a file of .*a\.npz is no IDX"):
        read(tmp_path / "a.npz", labels_path=tmp_path / "other")


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [("classes", 2, 2), ("classes", 65536, 65536), ("image_shape", [1, 1], (1, 1))],
)
def test_the_outermost_settings_of_reading_are_taken(name, value, kept):
    assert getattr(Reading(**{name: value}), name) == kept


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"classes": 1}, "classes must be from 2 to 65,536, got 1"),
        ({"classes": 65537}, "classes must be from 2 to 65,536, got 65537"),
        ({"image_shape": (0, 3)}, "image_shape must be rows and columns"),
        ({"image_shape": (3,)}, "image_shape must be rows and columns"),
        ({"image_shape": (1, 3, 4)}, "image_shape must be rows and columns"),
    ],
)
def test_settings_of_reading_that_cannot_be_are_refused(settings, sentence):
    with pytest.raises(UsageError, match=sentence):
        Reading(**settings)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"validation": "a.csv"}, "need DATA"),
        ({"validation": "a", "validation_labels": "b"}, "need DATA"),
        ({"reading": Reading(classes=3)}, "need DATA"),
        ({"data": "a", "validation_labels": "b"}, "validation_labels needs validation"),
    ],
)
def test_a_source_lacks_nothing_that_a_setting_needs(settings, sentence):
    with pytest.raises(UsageError, match=sentence):
        Source(**settings)


def test_a_file_is_read_as_it_is_asked_for(tmp_path):
    (tmp_path / "a.csv").write_text("0,1,2,3,4\n1,5,6,7,8\n")
    asked = Reading(label="first", header=True, classes=6, image_shape=(1, 4))
    found = asked.read(tmp_path / "a.csv")
    assert (found.pixels.tolist(), found.labels.tolist()) == ([[5, 6, 7, 8]], [1])
    assert (found.class_count, found.image_shape) == (6, (1, 4))


def test_images_of_another_shape_than_is_asked_for_are_refused(tmp_path):
    write_npz(tmp_path / "a.npz", a_dataset(rows=3, columns=5))
    with pytest.raises(UsageError, match=r"the images of .*a\.npz are 3 × 5"):
        Reading(image_shape=(5, 3)).read(tmp_path / "a.npz")
    assert len(Reading(image_shape=(3, 5)).read(tmp_path / "a.npz")) == 20


def test_labels_are_from_the_file_that_is_named_or_from_that_beside(tmp_path):
    images, beside, named = (tmp_path / name for name in ("images-idx3", "labels-idx1", "named"))
    write_idx(images, a_dataset(4, labelled=False))
    for labels, path in (([0, 1, 2, 3], named), ([3, 2, 1, 0], beside)):
        write_idx(images, Dataset(np.zeros((4, 3, 5), np.uint8), np.array(labels)))
        path.write_bytes(beside.read_bytes())

    train, validation = Source(data=images, validation=images, reading=Reading(labels=named)).load()
    assert (train.labels.tolist(), validation.labels.tolist()) == ([0, 1, 2, 3], [3, 2, 1, 0])
    asked = Source(data=images, validation=images, validation_labels=named)
    assert [part.labels[0] for part in asked.load()] == [3, 0]


def test_a_source_has_its_paths_from_where_one_stands(here):
    names = ["data", "validation", "validation_labels"]
    relative = Source(**{name: Path(name) for name in names}, reading=Reading(labels=Path("a")))
    absolute = Source(**{name: here / name for name in names}, reading=Reading(labels=here / "a"))
    assert relative.resolve() == absolute
    assert Source().resolve() == Source()
