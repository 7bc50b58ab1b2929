"""What tables and sentences are made of."""

import pytest
from matplotlib.figure import Figure

from handgrad.report.sections import TEXT_HEIGHT, TEXT_WIDTH, Pictures, breakable, decimal, table

GAP = "\u200b"


@pytest.mark.parametrize(
    "text",
    [
        "activation=Tanh,num_layers=2,step_size=1",
        "above 1 × step_size=1,hidden_dim=16,seed=1's",
        "a" * 100,
    ],
)
def test_long_words_can_be_broken_and_say_the_same(text):
    parts = breakable(text).replace(" ", GAP).split(GAP)
    assert max(map(len, parts)) <= 16
    assert breakable(text).replace(GAP, "") == text


def test_short_words_stay_whole():
    text = "the validation accuracy after the last epoch: 76.1%, seed=1's"
    assert breakable(text) == text


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.6746, "0.675"), (-12.5, "-12.500"), (1214825571475758717.0, "1.2e18"), (1e-9, "0.000")],
)
def test_a_huge_number_is_written_briefly(value, written):
    assert decimal(value, 3) == written


def test_a_column_of_numbers_may_have_huge_ones():
    rows = [("default", "0.675"), ("wild", "1.2e39"), ("diverged", "–")]
    assert table(("run", "loss"), rows)["numeric"] == [False, True]


@pytest.mark.parametrize("size", [(3, 2), (5, 30), (30, 5), (17.5, 16.8)])
def test_a_picture_fits_the_page_and_keeps_its_shape(size):
    width = Pictures().add(Figure(), "caption", size)["width"] * TEXT_WIDTH
    assert width <= min(size[0], TEXT_WIDTH) * (1 + 1e-9)
    assert width * size[1] / size[0] <= TEXT_HEIGHT * (1 + 1e-9)
