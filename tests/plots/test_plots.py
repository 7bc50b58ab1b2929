"""What the pictures show, read back from matplotlib's own objects."""

import io
import itertools
import struct
import threading

import numpy as np
import pytest
from matplotlib import rc_context, rcParams
from matplotlib.figure import Figure

from handgrad.calibration import Reliability, reliability
from handgrad.datasets import Dataset
from handgrad.evaluation import Evaluation
from handgrad.history import Epoch, History
from handgrad.naive_bayes import LinearForm
from handgrad.naive_bayes.study import Duplication
from handgrad.plots.bayes import class_weights, duplication, reliability_diagrams
from handgrad.plots.curves import learning_curves
from handgrad.plots.digits import confusion_matrix, most_wrong
from handgrad.plots.saving import save
from handgrad.plots.studies import curves, gradients, heat_map
from handgrad.plots.style import Picture, default_style
from handgrad.plots.warps import warp_gallery
from handgrad.training import Training
from handgrad.warps import Warps


def a_history(explodes=False):
    epochs = [Epoch(i, 10 * i, 2 / i, 1 - 1 / i, 0.1) for i in range(1, 7)]
    loss = [2 - i / 40 for i in range(60)]
    if explodes:
        loss[-1] = 1e30
    return History(loss, [i / 60 for i in range(60)], epochs)


def test_learning_curves_are_losses_left_in_red_and_accuracies_right_in_blue():
    history = a_history()
    figure = learning_curves(history)
    losses, accuracies = figure.axes
    for axes, color, batch, epoch in (
        (losses, "tab:red", history.train_loss, [e.validation_loss for e in history.epochs]),
        (accuracies, "tab:blue", history.train_accuracy,
         [e.validation_accuracy for e in history.epochs]),
    ):  # fmt: skip
        faint, solid = axes.lines
        assert {faint.get_color(), solid.get_color()} == {color}
        assert faint.get_alpha() < 0.5
        assert solid.get_alpha() is None
        np.testing.assert_array_equal(faint.get_xdata(), np.arange(1, 61))
        np.testing.assert_array_equal(faint.get_ydata(), batch)
        np.testing.assert_array_equal(solid.get_xdata(), [10, 20, 30, 40, 50, 60])
        np.testing.assert_array_equal(solid.get_ydata(), epoch)
    assert losses.get_xlabel() == "iteration"
    assert losses.get_ylabel() == "average cross-entropy"
    assert accuracies.yaxis.get_label_position() == "right"
    assert len(figure.legends[0].get_texts()) == 4


EVALUATION = Evaluation(np.log([[0.25, 0.75], [0.9, 0.1]]), np.array([0, 0]))

PICTURES = {
    "learning curves": lambda: learning_curves(a_history(), "title"),
    "curves": lambda: curves({"default": a_history()}, "title"),
    "heat map": lambda: heat_map(np.eye(2), ("seed", ["1", "2"]), ("seed", ["1", "2"])),
    "gradients": lambda: gradients({"deep": np.ones((3, 2))}, "title"),
    "confusion matrix": lambda: confusion_matrix(np.array([[5, 1], [0, 7]])),
    "most wrong": lambda: most_wrong(
        EVALUATION, Dataset(np.zeros((2, 2, 2), np.uint8), np.zeros(2, int), class_count=2)
    ),
    "class weights": lambda: class_weights(LinearForm(np.arange(4.0), 0.0), (2, 2), [0, 1]),
    "reliability": lambda: reliability_diagrams(
        {"one": reliability(np.exp(EVALUATION.log_proba), EVALUATION.labels)}
    ),
    "duplication": lambda: duplication(
        Duplication(np.full((5, 1), 0.6), {1: EVALUATION}, {1: EVALUATION})
    ),
    "warps": lambda: warp_gallery(np.eye(6), Warps()),
}

MATPLOTLIBRC = {
    "axes.facecolor": "black",
    "font.size": 20,
    "lines.linestyle": "--",
    "savefig.dpi": 30,
    "savefig.facecolor": "black",
    "text.usetex": True,
    "xtick.labelsize": 30,
}


def saved(figure, **options):
    """A figure as a PNG file, its layout left out: that takes the most time."""
    figure.set_layout_engine("none")
    file = io.BytesIO()
    figure.savefig(file, format="png", **options)
    return file.getvalue()


def size(png):
    """The width and height that a PNG file's header says."""
    return struct.unpack(">II", png[16:24])


@pytest.mark.parametrize("picture", PICTURES)
def test_a_users_matplotlibrc_changes_no_picture(picture):
    draw = PICTURES[picture]
    expected = saved(draw(), dpi=20)
    with rc_context(MATPLOTLIBRC):
        assert saved(draw(), dpi=20) == expected
        assert rcParams["font.size"] == 20


def test_a_figure_is_drawn_elsewhere_as_it_is_saved_and_is_saved_as_asked():
    with rc_context(MATPLOTLIBRC):
        figure = learning_curves(a_history())
        figure.draw_without_rendering()
        assert {label.get_fontsize() for label in figure.axes[0].get_xticklabels()} == {10}
        assert size(saved(figure)) == (1200, 720)
        assert size(saved(figure, dpi=10)) == (80, 48)


def test_threads_that_draw_at_once_leave_the_users_settings_as_they_were():
    inside = threading.Event()

    def draw():
        with default_style():
            inside.set()

    with rc_context({"font.size": 20}):
        other = threading.Thread(target=draw)
        with default_style():
            other.start()
            assert not inside.wait(0.05)
        other.join()
        assert rcParams["font.size"] == 20
        assert Figure().suptitle("theirs").get_fontsize() != 12


def test_a_picture_that_cannot_be_written_whole_leaves_the_one_before(tmp_path, monkeypatch):
    def fail_half_way(picture, file, **_):
        file.write_bytes(b"half")
        raise OSError("the disk is full")

    path = tmp_path / "picture.png"
    path.write_bytes(b"before")
    monkeypatch.setattr(Picture, "savefig", fail_half_way)
    with pytest.raises(OSError, match="the disk is full"):
        save(Picture(), path)
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"before"]


def heights(axes, losses):
    """How high in its axes each loss is drawn: 0 at the bottom, 1 at the top."""
    points = axes.transData.transform([(1, loss) for loss in losses])
    return axes.transAxes.inverted().transform(points)[:, 1]


def test_an_explosion_is_drawn_and_what_came_before_it_can_be_seen():
    losses = learning_curves(a_history(explodes=True)).axes[0]
    low, high, explosion = heights(losses, [0.5, 2, 1e30])
    assert high - low > 0.1
    assert high < explosion <= 1
    assert "log above" in losses.get_ylabel()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("losses", [[2.0, 1.7e308, 1.0, 1.0], [1.7e308] * 4, [0.0] * 3 + [1.0]])
def test_losses_near_infinity_and_of_nothing_can_be_drawn(losses):
    epochs = [Epoch(i + 1, i + 1, loss, 0.5, 0.1) for i, loss in enumerate(losses)]
    learning_curves(History(losses, [0.5] * 4, epochs)).draw_without_rendering()


@pytest.mark.parametrize("largest", [13, 100, 700, 3000, 30_000, 1e9, 1e80])
def test_the_numbers_beside_an_explosion_do_not_touch(largest):
    history = a_history()
    history.train_loss[-1] = largest
    figure = learning_curves(history)
    figure.set_size_inches(7.4, 4.3)  # As in a report.
    figure.draw_without_rendering()
    labels = figure.axes[0].get_yticklabels()
    extents = [label.get_window_extent() for label in labels]
    assert all(one.y1 + 5 < next_one.y0 for one, next_one in itertools.pairwise(extents))
    assert 6 < float(labels[-1].get_text()) <= largest


def test_validation_losses_far_above_the_first_batchs_are_drawn_on_the_axis():
    epochs = [Epoch(i, 10 * i, 8 + 5 * i, 0.5, 0.1) for i in range(1, 7)]
    spikes = [3.5, *[8.0] * 20, 400.0, *[8.0] * 38]
    losses = learning_curves(History(spikes, [0.5] * 60, epochs)).axes[0]
    drawn = heights(losses, [each.validation_loss for each in epochs])
    assert (drawn < 1).all()
    assert drawn[-1] - drawn[0] > 0.2


def test_a_single_batch_is_a_point_at_iteration_1():
    figure = learning_curves(History([2.9], [0.1], []))
    losses, accuracies = figure.axes
    figure.draw_without_rendering()
    assert losses.lines[0].get_marker() == accuracies.lines[0].get_marker() == "."
    left, right = losses.get_xlim()
    assert [tick for tick in losses.get_xticks() if left <= tick <= right] == [1]


def test_no_marker_is_cut_by_the_frame():
    """Of a single epoch in which nothing was right, and its loss the largest."""
    history = History([2.9], [0.0], [Epoch(1, 1, 3.0, 0.0, 0.1)])
    for figure in (learning_curves(history), curves({"run": history})):
        figure.draw_without_rendering()
        for axes in figure.axes:
            for line in axes.lines:
                whole = line.get_window_extent()
                assert line.get_tightbbox().bounds == pytest.approx(whole.bounds)


def test_of_a_run_that_has_not_begun_there_are_no_learning_curves(tiny):
    history = Training(tiny, tiny).history
    with pytest.raises(ValueError, match="the history has no iterations"):
        learning_curves(history)


@pytest.mark.parametrize("scale", [1e-4, 1e-3, 1, 1e4, 1e5])
def test_learning_curves_show_all_of_a_run_that_learns_well(scale):
    epochs = [Epoch(i, 10 * i, 0.3 * scale, 0.9, 0.1) for i in range(1, 7)]
    history = History([2.5 * scale] + [0.01 * scale] * 59, [0.9] * 60, epochs)
    figure = learning_curves(history)
    losses, accuracies = figure.axes
    assert losses.get_ylim()[1] > 2.4 * scale
    figure.draw_without_rendering()
    for axes in (losses, accuracies):
        label = axes.yaxis.label.get_window_extent()
        assert label.x0 >= 0
        assert label.x1 <= figure.bbox.width


def test_a_confusion_matrix_names_every_count():
    figure = confusion_matrix(np.array([[5, 1], [0, 7]]))
    texts = {text.get_position(): text.get_text() for text in figure.axes[0].texts}
    assert texts == {(0, 0): "5", (1, 0): "1", (1, 1): "7"}


def test_a_confusion_matrix_is_shaded_by_the_share_of_the_label():
    [shades] = confusion_matrix(np.array([[5, 1], [0, 7]])).axes[0].images
    np.testing.assert_array_equal(shades.get_array(), [[0, 1 / 6], [0, 0]])


def test_very_many_classes_do_not_make_a_picture_too_large_to_draw():
    figure = confusion_matrix(np.eye(301, dtype=int))
    assert max(figure.get_size_inches()) <= 18


def test_the_most_wrong_are_captioned_with_label_prediction_and_sureness():
    pixels = np.zeros((3, 2, 2), np.uint8)
    evaluation = Evaluation(np.log([[0.25, 0.75], [0.9, 0.1], [0.01, 0.99]]), np.array([0, 0, 0]))
    figure = most_wrong(evaluation, Dataset(pixels, np.zeros(3, int), class_count=2))
    captions = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert captions == ["0, taken for 1\n(99.0% sure)", "0, taken for 1\n(75.0% sure)"]


def test_data_that_are_no_images_cannot_be_drawn():
    evaluation = Evaluation(np.log([[0.25, 0.75]]), np.array([0]))
    with pytest.raises(ValueError, match="not images"):
        most_wrong(evaluation, Dataset(np.zeros((1, 3), np.uint8), np.zeros(1, int)))


def test_the_weights_are_drawn_less_their_mean_blue_for_the_class_and_red_against_it():
    weights = np.array([[1.0, 5.0], [1.0, 2.0], [4.0, 2.0]])
    form = LinearForm(weights, np.zeros(3))
    images = [image for axes in class_weights(form, (1, 2), "abc").axes for image in axes.images]
    drawn = [image.get_array().ravel() for image in images]
    np.testing.assert_array_equal(drawn, weights - [2, 3])
    [against, speaks] = images[0].to_rgba(images[0].get_array())[0]
    assert against[0] > against[2]
    assert speaks[2] > speaks[0]


SURE_AND_DOUBTFUL = Reliability(
    edges=np.array([0, 0.5, 1]),
    count=np.array([1, 900]),
    confidence=np.array([0.4, 0.9]),
    accuracy=np.array([1.0, 0.6]),
)


def test_a_reliability_diagram_says_of_each_bar_what_it_is():
    figure = reliability_diagrams({"one": SURE_AND_DOUBTFUL})
    bars = {
        bars.get_label(): [(bar.get_y(), bar.get_y() + bar.get_height()) for bar in bars]
        for bars in figure.axes[0].containers
    }
    assert bars == {
        "right, as claimed": [(0, 0.4), (0, 0.6)],
        "claims too much": [(0.4, 0.4), (0.6, pytest.approx(0.9))],
        "claims too little": [(0.4, 1.0), (0.6, 0.6)],
    }
    told = {text.get_text() for text in figure.legends[0].texts}
    assert told == {"accuracy", *bars}


def test_too_much_and_too_little_can_be_told_apart_without_their_hues():
    bars = {each.get_label(): each[0] for each in reliability_diagrams(
        {"one": SURE_AND_DOUBTFUL}
    ).axes[0].containers}  # fmt: skip
    much, little = bars["claims too much"], bars["claims too little"]
    assert much.get_hatch()
    assert not little.get_hatch()
    lightness = [np.dot(each.get_facecolor()[:3], (0.3, 0.6, 0.1)) for each in (much, little)]
    assert lightness[1] - lightness[0] > 0.1


def test_the_examples_are_counted_from_0_on_an_axis_that_says_where_it_is_logarithmic():
    counts = reliability_diagrams({"one": SURE_AND_DOUBTFUL}).axes[1]
    none, one, ten, thousand = heights(counts, [0, 1, 10, 1000])
    assert none == 0
    assert one > 0.1
    assert thousand - ten == pytest.approx(2 * (ten - heights(counts, [1])[0]))
    assert "log above 1" in counts.get_ylabel()
    labels = [label.get_text() for label in counts.get_yticklabels()]
    assert labels == ["0", "1", "10", "100", "1,000"]


def test_what_copies_do_is_lines_of_the_closed_form_and_dots_of_the_models():
    sure, doubtful = (
        Evaluation(np.log([[p, 1 - p], [p, 1 - p]]), np.array([0, 1])) for p in (0.9, 0.6)
    )
    found = Duplication(np.full((5, 1), 0.7), {1: sure, 2: sure}, {1.0: doubtful, 2.0: doubtful})
    one, images = duplication(found).axes
    line, dots = one.lines
    np.testing.assert_allclose(line.get_ydata(), [0.7, 0.49 / 0.58])
    np.testing.assert_array_equal(dots.get_ydata(), [0.7] * 5)
    assert (line.get_linestyle(), dots.get_linestyle()) == ("-", "None")
    lines, dots = images.lines[:4:2], images.lines[1:4:2]
    np.testing.assert_allclose([each.get_ydata() for each in lines], 0.6)
    np.testing.assert_allclose([each.get_ydata() for each in dots], 0.9)
    assert {each.get_marker() for each in dots} == {"o"}
    assert {each.get_marker() for each in lines} == {"None"}


def test_two_confidences_that_are_the_same_can_both_be_seen():
    wrong = Evaluation(np.log([[0.999, 0.001], [0.001, 0.999]]), np.array([1, 0]))
    each = dict.fromkeys((1, 2, 4), wrong)
    images = duplication(Duplication(np.full((5, 4), 0.6), each, each)).axes[1]
    below, above = [line for line in images.lines if line.get_label().startswith("mean conf")]
    np.testing.assert_array_equal(below.get_ydata(), above.get_ydata())
    assert (below.get_linestyle(), above.get_linestyle()) == ("-", "--")


def test_no_accuracy_is_above_one_hundred_percent_and_no_legend_is_over_the_data():
    perfect = Evaluation(np.log([[0.999, 0.001], [0.001, 0.999]]), np.array([0, 1]))
    each = dict.fromkeys((1, 2, 4), perfect)
    figure = duplication(Duplication(np.full((5, 4), 0.6), each, each))
    figure.draw_without_rendering()
    images = figure.axes[1]
    low, high = images.get_ylim()
    assert low < 0.999 < 1 < high
    assert max(tick for tick in images.get_yticks() if tick <= high) == pytest.approx(1)
    for axes in figure.axes:
        assert axes.get_legend().get_window_extent().y1 < axes.get_window_extent().y0
