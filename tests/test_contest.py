import csv
import dataclasses
import json
import tomllib
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import tomli_w

from handgrad import contest as contests
from handgrad.cli import run
from handgrad.contest import new_contest, read_contest, train_networks
from handgrad.datasets import Dataset, Source, small_mnist, write_csv, write_npz
from handgrad.ensemble import AverageModel, Views
from handgrad.errors import UsageError
from handgrad.evaluation import evaluate
from handgrad.models import load_model
from handgrad.orientation import feature_count
from handgrad.recipe import (
    ENOUGH_EPOCHS,
    NARROW,
    SECONDS_KEPT_BACK,
    SECONDS_PER_EXAMPLE,
    SECONDS_PER_EXAMPLE_OF_EDGES,
    SECONDS_PER_MULTIPLY_ADD,
    WIDE,
    of_network,
    recipe,
    recipe_within,
    seconds_per_epoch,
)
from handgrad.runs import Run
from handgrad.studies import read_study

SOURCE = Source(data=Path("tiny.npz"))
VARIANTS_OF_SEVERAL = (
    "oriented gradients",
    "no affine warps",
    "no momentum",
    "with averaged weights",
)
WRITTEN = ("config.toml", "model.safetensors", "submission.csv", "summary.json")


pytestmark = pytest.mark.usefixtures("blank_pictures")


@pytest.fixture(autouse=True)
def files(here, tiny):
    write_npz(here / "tiny.npz", tiny)


@pytest.fixture
def cores(monkeypatch):
    """Call it to say how many cores there are; with one, networks train in this process."""
    return lambda count: monkeypatch.setattr(contests, "available_cores", lambda: count)


@pytest.fixture
def minutes(here):
    """A budget of two epochs."""
    return (SECONDS_KEPT_BACK + 2.5 * seconds_per_epoch(NARROW, SOURCE.load())) / 60


@pytest.fixture
def begin(cores, minutes):
    """Call it to begin a contest of two networks, to be trained one after the other."""

    def begin(name, seed=102):
        cores(2)
        entry = new_contest(Path(name), minutes, seed, SOURCE, Path("tiny.npz"))
        cores(1)
        return entry

    return begin


def finish(name):
    assert run(["contest", "--resume", name, "--quiet"]) == 0
    return {file: (Path(name) / file).read_bytes() for file in WRITTEN}


def test_a_contest_from_end_to_end(cores, minutes, here, tiny, capsys):
    cores(2)
    options = ["--test", "tiny.npz", "--minutes", repr(minutes), "--out", "entry"]
    assert run(["contest", "tiny.npz", *options]) == 0
    output = capsys.readouterr().out
    assert "2 networks with hidden layers of 512, 2 epochs each, on 25 examples" in output
    assert "the entry: validation loss" in output
    folder = here / "entry"
    networks = ["network-1", "network-2"]
    assert sorted(path.name for path in folder.iterdir()) == sorted([*WRITTEN, *networks])

    with open(folder / "submission.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["id", "digit"]
    assert [row[0] for row in rows[1:]] == [str(i) for i in range(30)]
    model = load_model(folder)
    assert [int(row[1]) for row in rows[1:]] == model.predict(tiny.pixels).tolist()

    members = tuple(load_model(folder / name) for name in networks)
    views = Views(recipe(2, NARROW, 102).strengths().scaled(0.3), 16, 102)
    expected = AverageModel(members, views).predict_proba(tiny.pixels)
    np.testing.assert_array_equal(model.predict_proba(tiny.pixels), expected)
    summary = json.loads((folder / "summary.json").read_text())
    validation = SOURCE.load()[1]
    assert summary["final"] == figures(model, validation)
    assert summary["networks"] == {
        name: figures(member, validation) for name, member in zip(networks, members, strict=True)
    }
    counts = [summary["data"][name]["examples"] for name in ("train", "validation", "test")]
    assert counts == [25, 5, 30]
    assert [summary[name] for name in ("minutes", "seed", "epochs")] == [minutes, 102, 2]


def figures(model, dataset):
    found = evaluate(model, dataset)
    return {"validation_loss": found.loss, "validation_accuracy": found.accuracy}


def test_other_commands_take_the_model(begin, here, capsys):
    begin("entry")
    written = finish("entry")
    assert run(["predict", "entry", "tiny.npz", "--out", "again.csv"]) == 0
    assert (here / "again.csv").read_bytes() == written["submission.csv"]
    assert run(["evaluate", "entry", "tiny.npz"]) == 0
    assert "30 examples" in capsys.readouterr().out


def test_training_does_not_resume_a_contest(begin, capsys):
    begin("entry")
    assert run(["train", "--resume", "entry"]) == 1
    assert "handgrad contest --resume" in capsys.readouterr().err


def test_a_seed_gives_one_entry_side_by_side_or_one_after_the_other(begin, cores):
    begin("one")
    one = finish("one")
    begin("two")
    cores(2)
    assert finish("two") == one
    begin("other", seed=103)
    other = finish("other")
    assert other["model.safetensors"] != one["model.safetensors"]


@pytest.mark.parametrize(("count", "networks"), [(1, 1), (3, 3), (100, 8)])
def test_there_is_a_network_a_core_and_eight_at_most(cores, minutes, count, networks):
    cores(count)
    entry = new_contest(Path("entries/first"), minutes, 102, SOURCE, Path("tiny.npz"))
    assert entry.networks == len(entry.tasks) == networks
    assert read_contest(Path("entries/first")).networks == networks


def test_networks_know_their_files_wherever_they_are_trained(begin, here):
    (here / "entry").mkdir()
    tasks = begin("entry").tasks
    assert [task.folder for task in tasks] == [here / "entry" / f"network-{i}" for i in (1, 2)]
    assert [task.source.data for task in tasks] == [here / "tiny.npz"] * 2


def test_a_folder_with_a_contest_is_said_to_be_resumed(begin):
    begin("entry")
    with pytest.raises(UsageError, match=r"exists already: .* or --resume it"):
        begin("entry")


def test_a_folder_that_was_taken_while_the_data_were_read_is_left_alone(
    begin, here, tiny, monkeypatch
):
    def read_slowly(source):
        (here / "entry").mkdir()
        (here / "entry" / "thesis.txt").touch()
        return tiny, tiny

    monkeypatch.setattr(Source, "load", read_slowly)
    with pytest.raises(UsageError, match="entry exists already"):
        begin("entry")
    assert [path.name for path in (here / "entry").iterdir()] == ["thesis.txt"]


def test_a_contest_of_before_its_test_set_was_recorded_is_taken_up(begin, here):
    begin("entry")
    path = here / "entry" / "config.toml"
    config = tomllib.loads(path.read_text())
    del config["contest"]["test_fingerprint"]
    path.write_text(tomli_w.dumps(config))
    assert read_contest(here / "entry").test_file == here / "tiny.npz"


def test_the_test_set_is_small_mnists_unless_one_is_named(digits):
    entry = new_contest(Path("entry"), 1, 102, Source())
    assert entry.test.fingerprint == digits.test.fingerprint


@pytest.mark.parametrize(("count", "jobs"), [(1, 1), (2, 2), (3, 2)])
def test_no_more_networks_are_trained_at_once_than_there_are_cores(
    begin, cores, monkeypatch, count, jobs
):
    entry = begin("entry")
    monkeypatch.setattr(contests, "run_here", lambda tasks, data, jobs, board: [jobs])
    cores(count)
    assert list(train_networks(entry, None)) == [jobs]


def test_no_network_is_in_two_contests(begin):
    entries = [begin(f"entry-{seed}", seed) for seed in range(3)]
    seeds = [task.hyperparameters.seed for entry in entries for task in entry.tasks]
    assert len(set(seeds)) == 6


def test_resumed_ends_where_uninterrupted_ends(begin):
    begin("straight")
    straight = finish("straight")
    task = begin("resumed").tasks[0]
    interrupted = Run.create(task.folder, task.hyperparameters, task.source)
    next(interrupted.training)
    interrupted.finish("interrupted")
    assert finish("resumed") == straight
    assert finish("resumed") == straight, "to go on with what has ended changes nothing"


def test_interruption_says_how_to_go_on(begin, monkeypatch, capsys):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    begin("my entry")
    monkeypatch.setattr(contests, "run_here", interrupt)
    assert run(["contest", "--resume", "my entry"]) == 130
    assert "go on with: handgrad contest --resume 'my entry'" in capsys.readouterr().err


def test_a_network_that_fails_is_named(begin, here, capsys):
    begin("entry")
    (here / "entry" / "network-2").mkdir()
    assert run(["contest", "--resume", "entry", "--quiet"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("handgrad: network-2 failed: ")
    assert not (here / "entry" / "submission.csv").exists()


def test_the_budget_is_kept_and_used(digits):
    data, before = (digits.train, digits.validation), 0.0
    for minutes in (0.2, 0.5, 1, 2, 3, 10, 60):
        h = recipe_within(minutes, 102, data)
        seconds = SECONDS_KEPT_BACK + h.max_epochs * seconds_per_epoch(h.hidden_dim, data)
        assert 60 * minutes - 1 < seconds <= 60 * minutes
        assert seconds > before
        before = seconds
    assert recipe_within(1, 102, data).hidden_dim == NARROW
    assert recipe_within(10, 102, data).hidden_dim == WIDE
    assert h.warmup_epochs == pytest.approx(0.05 * h.max_epochs)


def test_a_year_is_the_longest_budget(tiny):
    assert recipe_within(525_600, 102, (tiny, tiny)).max_epochs > 10**9
    with pytest.raises(UsageError, match="minutes must be a number above 0, at most 525,600"):
        recipe_within(525_601, 102, (tiny, tiny))


def budget(epochs, width, data):
    return (SECONDS_KEPT_BACK + epochs * seconds_per_epoch(width, data)) / 60


def test_a_budget_is_enough_from_an_epoch_on(tiny):
    data = tiny, tiny
    assert recipe_within(budget(1.1, NARROW, data), 102, data).max_epochs == 1
    with pytest.raises(UsageError, match="too short for an epoch of 30 examples"):
        recipe_within(budget(0.9, NARROW, data), 102, data)


def test_networks_are_wide_where_enough_epochs_of_that_fit(tiny):
    data = tiny, tiny
    wide = recipe_within(budget(ENOUGH_EPOCHS + 0.1, WIDE, data), 102, data)
    assert (wide.hidden_dim, wide.max_epochs) == (WIDE, ENOUGH_EPOCHS)
    assert recipe_within(budget(ENOUGH_EPOCHS - 0.1, WIDE, data), 102, data).hidden_dim == NARROW


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_an_epoch_is_taken_to_last_as_long_as_its_products(few, width):
    train, validation = few
    lasting = []
    for inputs, each in (
        (784, SECONDS_PER_EXAMPLE),
        (feature_count((28, 28)), SECONDS_PER_EXAMPLE_OF_EDGES),
    ):
        layers = np.array([inputs * width, width * width, width * 10])
        forward, of_weights, of_inputs = layers.sum(), layers.sum(), layers[1:].sum()
        training = len(train) * (forward + of_weights + of_inputs)
        products = training + len(validation) * forward
        lasting.append(each * len(train) + SECONDS_PER_MULTIPLY_ADD * products)
    assert seconds_per_epoch(width, few) == pytest.approx(max(lasting))


def test_a_budget_that_is_said_to_be_enough_is(digits):
    data = digits.train, digits.validation
    with pytest.raises(UsageError, match="too short for an epoch of 5,000") as error:
        recipe_within(0.1, 102, data)
    enough = float(str(error.value).split("expected ")[1].split()[0])
    assert recipe_within(enough, 102, data).max_epochs >= 1


def test_every_second_network_is_given_edges_and_none_is_in_two_entries():
    a, b = ([of_network(recipe(9, NARROW, seed), i) for i in range(4)] for seed in (1, 2))
    assert [h.oriented_gradients for h in a] == [False, True, False, True]
    assert [h.step_size for h in a] == [0.08, 0.04, 0.08, 0.04]
    assert len({h.seed for h in a + b}) == 8


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["contest", "--minutes", "0.1"], "--minutes 0.1 is too short for an epoch"),
        (["contest", "--minutes", "0"], "--minutes must be a number above 0"),
        (["contest", "--minutes", "nan"], "--minutes must be a number above 0"),
        (["contest", "--minutes", "1e308"], "--minutes must be a number above 0, at most 525,600"),
        (["contest", "--seed=-1"], "--seed must be a whole number"),
        (["contest", "--out", "taken"], "taken exists already"),
        (["contest", "--resume", "taken", "--seed", "0"], "--resume takes no other option"),
        (["contest", "flat.csv", "--test", "flat.csv"], "flat.csv: not images"),
        (["train", "flat.csv", "--warps"], "--warps needs images, and flat.csv"),
        (["train", "flat.csv", "--straighten"], "--straighten needs images, and flat.csv"),
        (["train", "--dropout", "1"], "--dropout must be from 0 to below 1"),
        (["train", "--momentum", "1"], "--momentum must be from 0 to below 1"),
        (["train", "--schedule", "step"], "--schedule step needs decay_epochs"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_status_2(arguments, sentence, here, tiny, capsys):
    check_refusal(2, arguments, sentence, here, tiny, capsys)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["contest", "--resume", "nowhere"], "nowhere: not a contest's folder"),
        (["contest", "--resume", "tiny.npz"], "tiny.npz: not a contest's folder"),
        (["contest", "--resume", "taken"], "not the configuration of a contest"),
        (["contest", "tiny.npz"], "images of 784 pixels, expected 12 as in tiny.npz"),
        (
            ["contest", "tiny.npz", "--test", "tiny.npz", "--validation", "wide.npz"],
            "wide.npz: examples of 784 pixels, expected 12 as in tiny.npz",
        ),
        (["contest", "wide.npz"], "images of 28 × 28, those of wide.npz are 14 × 56"),
        (["contest", "--test", "nowhere.csv"], "nowhere.csv: no such file"),
    ],
)
def test_a_problem_with_the_data_is_one_line_and_exit_status_1(
    arguments, sentence, here, tiny, capsys
):
    check_refusal(1, arguments, sentence, here, tiny, capsys)


def check_refusal(status, arguments, sentence, here, tiny, capsys):
    write_csv(here / "flat.csv", tiny)
    wide = small_mnist().train.rows(slice(60)).pixels.reshape(-1, 14, 56)
    write_npz(here / "wide.npz", Dataset(wide, np.arange(60) % 10))
    (here / "taken").mkdir()
    (here / "taken" / "config.toml").write_text("[contest]\n")
    before = sorted(here.rglob("*"))
    assert run(arguments) == status
    error = capsys.readouterr().err
    assert error.startswith("handgrad: ")
    assert error.count("\n") == 1
    assert sentence in error
    assert sorted(here.rglob("*")) == before


def test_data_that_changed_are_noticed(begin, here, tiny, capsys):
    begin("entry")
    write_npz(here / "tiny.npz", tiny.rows(slice(20)))
    assert run(["contest", "--resume", "entry"]) == 1
    assert "not those that the contest was started with" in capsys.readouterr().err


def test_a_test_set_that_changed_is_noticed(here, tiny, minutes, capsys):
    write_csv(here / "test.csv", dataclasses.replace(tiny, labels=None))
    new_contest(here / "entry", minutes, 102, SOURCE, here / "test.csv")
    write_csv(here / "test.csv", dataclasses.replace(tiny.rows(slice(20)), labels=None))
    assert run(["contest", "--resume", "entry"]) == 1
    assert "the test set is not that which the contest was started with" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("table", "damage"),
    [
        ("data", "x"),
        ("data", {"fingerprint": "1", "reading": 1}),
        ("contest", {"minutes": 1, "networks": float("inf")}),
        ("contest", {"minutes": 1, "networks": 0}),
        ("contest", {"minutes": "long", "networks": 1}),
        ("hyperparameters", {"speed": 3}),
    ],
)
def test_a_damaged_configuration_is_named(begin, here, capsys, table, damage):
    begin("entry")
    path = here / "entry" / "config.toml"
    config = tomllib.loads(path.read_text())
    path.write_text(tomli_w.dumps(config | {table: damage}))
    assert run(["contest", "--resume", "entry"]) == 1
    assert "config.toml: not the configuration of a contest" in capsys.readouterr().err


def test_the_ablation_is_of_this_recipe():
    """Its runs are the recipe, but for what a variant is named for."""
    study = read_study(Path(__file__).parents[1] / "docs" / "ablation.toml")
    by_name = {run.name: asdict(run.hyperparameters) for run in study.runs}
    for name, settings in by_name.items():
        variant, seed = name.split(", seed ")
        ours = asdict(recipe(100, NARROW, int(seed)))
        changed = {key for key in ours if settings[key] != ours[key]}
        assert bool(changed) == (variant != "recipe"), name
        assert len(changed) in (0, 1) or variant in VARIANTS_OF_SEVERAL, name
