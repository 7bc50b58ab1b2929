"""The tables of a run: what is written is read, and what is damaged is named."""

import pytest

from handgrad.errors import DataError
from handgrad.hyperparameters import Hyperparameters
from handgrad.runs import Run, read_history
from tests.runs.made import carried_out

pytestmark = pytest.mark.usefixtures("blank_pictures")


def test_the_tables_read_back_are_the_history(tmp_path, source):
    run = carried_out(tmp_path / "run", Hyperparameters(max_epochs=3), source)
    history = read_history(tmp_path / "run")
    assert history.train_loss == run.training.history.train_loss
    assert history.train_accuracy == run.training.history.train_accuracy
    assert [e.validation_loss for e in history.epochs] == [
        e.validation_loss for e in run.training.history.epochs
    ]
    seconds = [e.seconds for e in run.training.history.epochs]
    assert [e.seconds for e in history.epochs] == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize(("last", "epochs", "batches"), [(0, 0, 0), (1, 1, 3), (2, 2, 6)])
def test_the_tables_are_read_to_the_end_of_an_epoch(tmp_path, source, last, epochs, batches):
    carried_out(tmp_path / "run", Hyperparameters(max_epochs=3, batch_size=10), source)
    history = read_history(tmp_path / "run", last)
    assert len(history.epochs) == epochs
    assert len(history.train_loss) == len(history.train_accuracy) == batches


@pytest.mark.parametrize("table", ["iterations.csv", "epochs.csv"])
@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda rows: ["epoch,loss", *rows[1:]], "damaged, expected rows of"),
        (lambda rows: [row + ",1" for row in rows], "damaged, expected rows of"),
        (lambda rows: [rows[0], *(row + ",1" for row in rows[1:])], "damaged, expected rows of"),
        (lambda rows: [*rows[:-1], rows[-1] + "x"], "missing or damaged"),
        (lambda rows: [*rows[:-1], rows[-1] + ",1"], "missing or damaged"),
        (lambda rows: rows[:-1], "damaged, 2 rows, expected 3"),
        (lambda rows: [rows[0], *rows[:1:-1]], "damaged, expected the rows"),
    ],
)
def test_a_damaged_table_is_named(tmp_path, source, table, damage, sentence):
    folder = carried_out(tmp_path / "run", Hyperparameters(max_epochs=3), source).folder
    rows = (folder / table).read_text().splitlines()
    (folder / table).write_text("\n".join(damage(rows)) + "\n")
    with pytest.raises(DataError, match=rf"{table}: {sentence}"):
        Run.resume(folder)


@pytest.mark.parametrize(
    ("column", "value"), [(1, "1"), (1, "2.5"), (1, "1e300"), (1, "-1"), (2, "nan"), (3, "inf")]
)
def test_an_epoch_that_cannot_be_is_damage(tmp_path, source, column, value):
    folder = carried_out(tmp_path / "run", Hyperparameters(max_epochs=3), source).folder
    header, first, second, third = (folder / "epochs.csv").read_text().splitlines()
    fields = second.split(",")
    fields[column] = value
    rows = [header, first, ",".join(fields), third]
    (folder / "epochs.csv").write_text("\n".join(rows) + "\n")
    with pytest.raises(DataError, match=r"epochs\.csv: damaged, expected finite numbers"):
        read_history(folder)


@pytest.mark.parametrize("table", ["iterations.csv", "epochs.csv"])
def test_a_missing_table_is_named(tmp_path, source, table):
    folder = carried_out(tmp_path / "run", Hyperparameters(max_epochs=3), source).folder
    (folder / table).unlink()
    with pytest.raises(DataError, match=f"{table}: missing or damaged"):
        Run.resume(folder)


@pytest.mark.parametrize("table", ["iterations.csv", "epochs.csv"])
def test_a_disk_that_is_full_is_said_of_the_table(tmp_path, source, table):
    run = Run.create(tmp_path / "run", Hyperparameters(max_epochs=3), source)
    next(run.training)
    (run.folder / table).unlink()
    (run.folder / table).symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as caught:
        run.checkpoint()
    assert caught.value.filename == str(run.folder / table)
