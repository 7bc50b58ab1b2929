"""Pictures of studies: what is drawn, not how it looks."""

import io
import itertools
import re

import matplotlib
import numpy as np
import pytest

from handgrad.history import Epoch, History
from handgrad.plots.curves import learning_curves
from handgrad.plots.studies import curves, gradients, heat_map
from handgrad.plots.style import default_style


def history(accuracies):
    epochs = [Epoch(i + 1, 2 * (i + 1), 1.0, a, 0.1) for i, a in enumerate(accuracies)]
    return History([1.0, 3.0] * len(epochs), [0.2, 0.4] * len(epochs), epochs)


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_curves_share_two_axes_and_name_every_run():
    runs = {"default": history([0.5, 0.6]), "other": history([0.7, 0.8, 0.9])}
    figure = curves(runs, "title")
    loss, accuracy = figure.axes
    assert [text.get_text() for text in figure.legends[0].texts] == [
        "default (60.0%)",
        "other (90.0%)",
    ]
    drawn = [line.get_ydata().tolist() for line in accuracy.lines]
    assert [0.5, 0.6] in drawn
    assert [0.7, 0.8, 0.9] in drawn
    assert [2.0, 2.0] in [pytest.approx(line.get_ydata()) for line in loss.lines]
    assert loss.lines[0].get_xdata().tolist() == [2, 4]


def drawn_texts(figure):
    """The texts of a picture as a reader sees them."""
    file = io.StringIO()
    with default_style(), matplotlib.rc_context({"svg.fonttype": "none"}):
        figure.savefig(file, format="svg")
    return re.findall(">([^<>]+)</text>", file.getvalue())


@pytest.mark.parametrize("text", [r"Is $\foo$ better?", "$fast$", r"\$5"])
def test_a_users_text_is_drawn_as_it_is_written(text):
    cells, values = np.full((2, 2), 0.5), ("hidden_dim", ["4", "8"])
    assert {text, f"{text} (50.0%)"} <= {*drawn_texts(curves({text: history([0.5])}, text))}
    assert text in drawn_texts(heat_map(cells, values, values, text))
    assert drawn_texts(gradients({text: np.ones((2, 2))}, text)).count(text) == 2
    assert text in drawn_texts(learning_curves(history([0.5]), text))


def test_a_single_epoch_is_a_point_and_not_an_invisible_line():
    loss, accuracy = curves({"short": history([0.5]), "long": history([0.5] * 9)}).axes
    for axes in (loss, accuracy):
        assert [line.get_marker() for line in axes.lines] == ["o", "x", "None", "None"]


def test_an_enormous_loss_is_cut_off_and_the_axis_says_so():
    spike, ordinary = history([0.5] * 9), history([0.5] * 9)
    spike.epochs[0] = Epoch(1, 2, 1e38, 0.5, 0.1)
    figure = curves({"spike": spike, "ordinary": ordinary})
    loss = figure.axes[0]
    assert loss.get_ylim()[1] < 100
    assert "cut off above" in loss.get_ylabel()
    assert "cut off" not in curves({"ordinary": ordinary}).axes[0].get_ylabel()


def test_runs_that_end_close_to_one_another_can_be_told_apart_and_the_axis_says_how():
    rise = [0.1, 0.5, 0.8, 0.84, 0.85]
    accuracy = curves({"a": history([*rise, 0.84]), "b": history([*rise, 0.88])}).axes[1]
    low, high = accuracy.get_ylim()
    assert 0.04 / (high - low) > 0.2
    assert accuracy.get_ylabel() == f"accuracy (cut off below {low:.0%})"
    assert 0.7 < low < 0.73
    accuracy.figure.draw_without_rendering()
    labels = {label.get_text() for label in accuracy.get_yticklabels()}
    assert {"80%", "84%", "88%"} <= labels


@pytest.mark.parametrize("runs", [{"a": [0.5, 0.84]}, {"a": [0.5, 0.84], "b": [0.1, 0.7]}])
def test_of_a_single_run_and_of_runs_that_end_far_apart_all_accuracies_are_shown(runs):
    accuracy = curves({name: history(values) for name, values in runs.items()}).axes[1]
    assert accuracy.get_ylim() == (0, 1)
    assert accuracy.get_ylabel() == "accuracy"


def test_no_marker_of_what_is_cut_off_is_drawn_outside_the_frame():
    accuracy = curves({"a": history([0.1, 0.84]), "b": history([0.1, 0.85])}).axes[1]
    accuracy.figure.draw_without_rendering()
    for line in accuracy.lines[::2]:
        assert line.get_tightbbox().y0 >= accuracy.get_window_extent().y0


def test_curves_say_what_is_solid_and_what_is_dashed():
    figure = curves({"run": history([0.5, 0.6])}, "title", "a note")
    said = "solid: validation · dashed: training, the mean over an epoch's batches · a note"
    assert figure.get_suptitle() == f"title\n{said}"
    solid, dashed = figure.axes[0].lines
    assert (solid.get_linestyle(), dashed.get_linestyle()) == ("-", "--")


def test_a_diverged_run_is_drawn_as_far_as_it_came():
    diverged = history([0.5])
    diverged.train_loss += [9.0]
    figure = curves({"diverged": diverged})
    assert len(figure.axes[0].lines) == 2
    figure.savefig("/dev/null", format="png")


def test_a_heat_map_writes_every_cell_and_frames_the_best():
    cells = np.array([[0.1, 0.2, 0.3], [0.4, np.nan, 0.6]])
    sizes, widths = ("step_size", ["0.1", "1"]), ("hidden_dim", ["4", "8", "16"])
    axes = heat_map(cells, sizes, widths).axes[0]
    assert texts(axes) == ["10.0%", "20.0%", "30.0%", "40.0%", "60.0%"]
    assert axes.get_ylabel() == "step_size"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0.1", "1"]
    assert axes.get_xlabel() == "hidden_dim"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["4", "8", "16"]
    assert axes.patches[0].get_xy() == (1.5, 0.5)


def side(name, count):
    return name, [str(value) for value in range(count)]


@pytest.mark.parametrize(("rows", "columns"), [(40, 3), (2, 60), (500, 20)])
def test_a_heat_map_of_very_many_cells_can_be_drawn_and_its_labels_read(rows, columns):
    cells = np.linspace(0.1, 0.9, rows * columns).reshape(rows, columns)
    figure = heat_map(cells, side("seed", rows), side("hidden_dim", columns))
    assert max(figure.get_size_inches()) <= 18
    figure.draw_without_rendering()
    axes = figure.axes[0]
    assert texts(axes) == []
    for labels, low, high in (
        (axes.get_xticklabels(), "x0", "x1"),
        (axes.get_yticklabels()[::-1], "y0", "y1"),
    ):
        extents = [label.get_window_extent() for label in labels]
        assert len(extents) > 1
        for one, next_one in itertools.pairwise(extents):
            assert getattr(one, high) < getattr(next_one, low)


def test_long_values_do_not_run_into_one_another():
    widths = ["512-256-128-64", "64-128-256-512", "1024-1024", "8"]
    figure = heat_map(np.ones((4, 4)), ("hidden_dim", widths), ("hidden_dim", widths))
    figure.draw_without_rendering()
    extents = [label.get_window_extent() for label in figure.axes[0].get_xticklabels()]
    assert all(one.x1 < next_one.x0 for one, next_one in itertools.pairwise(extents))


def test_the_numbers_beside_a_narrow_range_differ():
    figure = heat_map(np.array([[0.968, 0.98]]), side("seed", 1), side("hidden_dim", 2))
    figure.draw_without_rendering()
    numbers = [label.get_text() for label in figure.axes[1].get_yticklabels()]
    assert len(set(numbers)) == len(numbers) > 2


def test_gradients_have_a_panel_a_run_and_a_line_a_layer():
    figure = gradients({"deep": np.ones((3, 5)), "shallow": np.full((2, 2), 0.5)}, "title")
    assert [len(axes.lines) for axes in figure.axes] == [5, 2]
    assert [axes.get_title() for axes in figure.axes] == ["deep", "shallow"]
    assert len(figure.legends[0].texts) == 5


@pytest.mark.parametrize(
    ("names", "width"), [(["one"], 5.5), (["one", "another", "third", "last"], 8.6)]
)
def test_a_picture_has_room_for_its_legend_and_its_texts(names, width):
    deep = {f"{name}{'_of_many' * 10}": np.ones((1, 12)) for name in names}
    figure = gradients(deep, "a title " * 25)
    figure.set_figwidth(width)
    figure.draw_without_rendering()
    for drawn in (figure.legends[0], figure._suptitle, *(each.title for each in figure.axes)):
        extent = drawn.get_window_extent()
        assert extent.x0 >= 0
        assert extent.x1 <= figure.bbox.width
    titles = [axes.title.get_window_extent() for axes in figure.axes]
    assert all(one.x1 < next_one.x0 for one, next_one in itertools.pairwise(titles))
