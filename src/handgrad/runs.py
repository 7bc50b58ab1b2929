"""A run folder: written while training, read afterwards, resumed.

config.toml          what was asked for: all that is needed to run it again
iterations.csv       iteration, epoch, train_loss, train_accuracy
epochs.csv           epoch, iteration, validation_loss, validation_accuracy, seconds
model.safetensors    the parameters after the last epoch saved: also the checkpoint
summary.json         final and best figures, seed, versions, platform
learning-curves.png  the picture of the two tables

The tables are appended to before the model takes the place of the one before it, in one rename.
So however a run ends, the model is whole, and the tables hold every row up to its epoch; rows
after it, and a line cut short, are dropped on resuming.
"""

import contextlib
import itertools
import json
import platform
import sys
import time
import tomllib
from dataclasses import asdict, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from handgrad.datasets import Dataset, Reading, Source
from handgrad.errors import DataError, UsageError
from handgrad.files import locked, naming, write_text
from handgrad.hyperparameters import Hyperparameters
from handgrad.models import (
    NetworkModel,
    model_metadata,
    network_tensors,
    read_tensors,
    write_tensors,
)
from handgrad.training import Epoch, History, Training
from handgrad.wording import counted

SECONDS_BETWEEN_CHECKPOINTS = 1.0

ITERATION_COLUMNS = ("iteration", "epoch", "train_loss", "train_accuracy")
EPOCH_COLUMNS = tuple(field.name for field in fields(Epoch))

Data = tuple[Dataset, Dataset]
"""A training and a validation set."""


class Run:
    """A folder and the training that it records.

    Make one with `Run.create` or `Run.resume`; then call `record` after each epoch and `finish` at
    the end, however it came. Until then no other process can write to the folder.
    """

    def __init__(self, folder: Path, training: Training):
        self.folder = folder
        self.training = training
        self._recorded_epochs: int | None = 0  # None: what the tables hold is not known.
        self._last_checkpoint = time.monotonic()
        self._lock = contextlib.ExitStack()

    @classmethod
    def create(
        cls,
        folder: Path | str,
        hyperparameters: Hyperparameters,
        source: Source,
        data: Data | None = None,
    ) -> "Run":
        """Start a run in a folder that is new or empty.

        `data` is what `source` would load, for whoever has loaded it already.

        Raises
        ------
        UsageError
            If the folder holds something already, or another process writes there.
        DataError
            If the data cannot be read or do not fit together.
        """
        folder = Path(folder)
        require_new(folder, "run")
        training = Training(*(data or source.load()), hyperparameters)
        folder.mkdir(parents=True, exist_ok=True)
        run = cls(folder, training)
        with contextlib.ExitStack() as lock:
            lock.enter_context(locked(folder))
            require_new(folder, "run")  # Now nobody else can write.
            write_text(folder / "config.toml", _config(training, source))
            _write_history(folder, training.history)
            run._save_model()  # From here on there is always a model to go on from.
            run._lock = lock.pop_all()
        return run

    @classmethod
    def resume(cls, folder: Path | str, data: Data | None = None) -> "Run":
        """Take a run up again where its last checkpoint is; `data` as for `create`.

        Raises
        ------
        UsageError
            If another process writes to the folder.
        DataError
            If the folder is not a run, is damaged, or its data or its config.toml, but for
            max_epochs, have changed, or max_epochs is less than what is trained already.
        """
        folder = Path(folder)
        hyperparameters, source, recorded = read_config(folder)
        training = Training(*(data or source.load()), hyperparameters)
        run = cls(folder, training)
        with contextlib.ExitStack() as lock:
            lock.enter_context(locked(folder))
            run._take_up(recorded)
            run._lock = lock.pop_all()
        return run

    def _take_up(self, recorded: str) -> None:
        """Go on from the last checkpoint, if the data are those whose fingerprint was recorded."""
        folder, training = self.folder, self.training
        if recorded != fingerprint(training.train, training.validation):
            raise DataError(f"{folder}: the data are not those that the run was started with")
        checkpoint = folder / "model.safetensors"
        if checkpoint.exists():
            epoch, averaged, state = _read_checkpoint(checkpoint, training)
            history = read_history(folder, epoch) if epoch else History()
            training.restore(state, history, averaged)
        elif (folder / "epochs.csv").exists() and read_history(folder).epochs:
            raise DataError(f"{checkpoint}: missing, though epochs.csv has epochs")
        if not training.ended:
            (folder / "summary.json").unlink(missing_ok=True)
        _write_history(folder, training.history)
        self._recorded_epochs = training.epoch

    def record(self) -> None:
        """Save what is new, if the last time was a while ago."""
        if time.monotonic() - self._last_checkpoint >= SECONDS_BETWEEN_CHECKPOINTS:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Save all epochs that are not saved yet, then the parameters after the last."""
        history, start, end = self.training.history, self._recorded_epochs, self.training.epoch
        if start != end:
            self._recorded_epochs = None  # So it stays if this is interrupted.
            if start is None:
                _write_history(self.folder, history)
            else:
                _append(self.folder / "iterations.csv", _iteration_rows(history, start, end))
                _append(self.folder / "epochs.csv", _epoch_rows(history, start))
            self._save_model()
            self._recorded_epochs = end
        self._last_checkpoint = time.monotonic()

    def finish(self, status: str) -> None:
        """Save what is new, the picture and the summary, and let the folder go.

        `status` says how the run ended: "finished", "interrupted" or "diverged".
        """
        self.checkpoint()
        if self.training.diverged:  # Then there are iterations after its last epoch.
            _write_history(self.folder, self.training.history)
        try:
            self._draw()
        except Exception:  # The figures are worth more than their picture.
            self._conclude(status)
            raise
        self._conclude(status)  # Last: a folder with a summary has all the rest.

    def _draw(self) -> None:
        history = self.training.history
        if history.train_loss:
            from handgrad.plots.curves import learning_curves
            from handgrad.plots.saving import save

            save(learning_curves(history), self.folder / "learning-curves.png")

    def _conclude(self, status: str) -> None:
        write_text(self.folder / "summary.json", _summary(self.training, status))
        self._lock.close()

    @property
    def model(self) -> NetworkModel:
        """The network with its scaling; its last parameters, also where the file has an average."""
        training = self.training
        return NetworkModel(
            training.network,
            training.scaling,
            training.train.image_shape,
            training.hyperparameters.straighten,
            training.hyperparameters.oriented_gradients,
        )

    def _save_model(self) -> None:
        """Write the model, under its parameters' names, and what is needed to go on besides."""
        training = self.training
        metadata = model_metadata(self.model)
        metadata["training"] = {
            "epoch": training.epoch,
            "averaged": training.times_averaged,
            "hyperparameters": _settled(training),
        }
        state = {f"training.{name}": vector.copy() for name, vector in training.state.items()}
        with training.averaged():
            tensors = state | network_tensors(training.network)
            write_tensors(self.folder / "model.safetensors", tensors, metadata)


def require_new(folder: Path, kind: Literal["run", "contest", "other"] = "other") -> None:
    """Raise UsageError if a folder to write holds something already.

    It advises to resume a run or a contest, where one is to be written and one is there.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        resumable = kind != "other" and _kind(folder) == kind
        advice = "choose another --out" + (", or --resume it" if resumable else "")
        raise UsageError(f"{folder} exists already: {advice}")


def _kind(folder: Path) -> Literal["run", "contest", "other"]:
    """What a folder is, as its config.toml shows."""
    try:
        config = tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "other"
    if "contest" in config:
        return "contest"
    return "run" if "hyperparameters" in config else "other"


def read_config(folder: Path | str) -> tuple[Hyperparameters, Source, str]:
    """Read what a run was asked to do: hyperparameters, data, and the data's fingerprint.

    Raises
    ------
    DataError
        If there is no config.toml, or it is not one of a run.
    """
    path = Path(folder) / "config.toml"
    try:
        config = tomllib.loads(path.read_text(encoding="utf-8"))
        if "contest" in config:
            raise ValueError("it is a contest's: handgrad contest --resume goes on with it")
        return Hyperparameters(**config["hyperparameters"]), *read_data_table(config["data"])
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(f"{path.parent}: not a run folder, it has no config.toml") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: not the configuration of a run ({error})") from error


def read_data_table(table: dict[str, Any]) -> tuple[Source, str]:
    """Read the data and their fingerprint from the table [data] of a config.toml."""
    recorded = _with_paths(table)
    checksum = recorded.pop("fingerprint")
    recorded["reading"] = Reading(**_with_paths(recorded["reading"]))
    return Source(**recorded), checksum


def read_history(folder: Path | str, last_epoch: int | None = None) -> History:
    """Read the tables of a run, up to the end of `last_epoch` (default: all).

    Raises
    ------
    DataError
        If a table is missing, damaged or too short.
    """
    folder = Path(folder)
    rows = _read_table(folder / "epochs.csv", EPOCH_COLUMNS, last_epoch)
    epochs = [Epoch(int(row[0]), int(row[1]), *row[2:]) for row in rows]
    iterations = None
    if last_epoch is not None:
        iterations = epochs[-1].iteration if epochs else 0
    rows = _read_table(folder / "iterations.csv", ITERATION_COLUMNS, iterations)
    return History([row[2] for row in rows], [row[3] for row in rows], epochs)


def _read_checkpoint(path: Path, training: Training) -> tuple[int, int, dict[str, NDArray]]:
    """Read the epoch of a checkpoint, the times in its average, and the vectors after it."""
    tensors, metadata = read_tensors(path)
    state = {}
    for name, vector in training.state.items():
        found = tensors.get(f"training.{name}")
        if found is None or found.shape != vector.shape:
            raise DataError(f"{path}: training.{name} is missing or does not fit config.toml")
        state[name] = found
    try:
        epoch = int(metadata["training"]["epoch"])
        averaged = int(metadata["training"]["averaged"])
        # A run of before a hyperparameter existed was as its default is.
        defaults = _plain(asdict(Hyperparameters()))
        settings = defaults | metadata["training"]["hyperparameters"]
        del settings["max_epochs"]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: a model, but not the checkpoint of a run") from error
    if settings != _settled(training):
        raise DataError(
            f"{path.parent}: config.toml has changed since the run was started; only max_epochs may"
        )
    if epoch > training.hyperparameters.max_epochs:
        raise DataError(
            f"{path.parent}: config.toml has max_epochs = {training.hyperparameters.max_epochs}, "
            f"but the run was trained for {counted(epoch, 'epoch')}; expected {epoch} or more"
        )
    return epoch, averaged, state


def _settled(training: Training) -> dict[str, Any]:
    """The hyperparameters that may not change between start and resumption, as JSON has them."""
    settings = asdict(training.hyperparameters) | {"threads": training.threads}
    del settings["max_epochs"]
    return _plain(settings)


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings as JSON has them, with lists for tuples."""
    return json.loads(json.dumps(settings))


def _config(training: Training, source: Source) -> str:
    import tomli_w

    hyperparameters = as_toml(asdict(training.hyperparameters))
    hyperparameters["threads"] = training.threads
    data = data_table(source, (training.train, training.validation))
    return tomli_w.dumps({"hyperparameters": hyperparameters, "data": data})


def data_table(source: Source, data: Data) -> dict[str, Any]:
    """Describe the data for the table [data] of a config.toml."""
    return as_toml(asdict(source)) | {"fingerprint": fingerprint(*data)}


PATHS = ("data", "validation", "labels", "validation_labels")
"""The settings that are files."""


def as_toml(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings as TOML has them: paths absolute and as text, None left out."""
    result: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, dict):
            result[name] = as_toml(value)
        elif value is not None:
            result[name] = str(value.resolve()) if isinstance(value, Path) else value
    return result


def _with_paths(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: Path(value) if name in PATHS else value for name, value in settings.items()}


def fingerprint(train: Dataset, validation: Dataset) -> str:
    """Both sets' checksums, to recognise the same data by."""
    return f"{train.fingerprint}-{validation.fingerprint}"


def _summary(training: Training, status: str) -> str:
    history = training.history
    summary: dict[str, Any] = {
        "status": status,
        "seed": training.hyperparameters.seed,
        "parameters": training.network.parameters.size,
        "epochs": training.epoch,
        "iterations": training.iteration,
        "seconds": sum(epoch.seconds for epoch in history.epochs),
        "threads": training.threads,
    }
    if history.epochs:
        summary["final"] = asdict(history.epochs[-1])
        summary["best"] = asdict(history.best)
    summary["data"] = {
        "train": description(training.train),
        "validation": description(training.validation),
    }
    summary |= environment()
    return json.dumps(summary, indent=2, ensure_ascii=False) + "\n"


def environment() -> dict[str, Any]:
    """Describe what a run ran on, for its summary."""
    return {
        "versions": {
            "handgrad": version("handgrad"),
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "platform": {"system": sys.platform, "machine": platform.machine()},
    }


def description(dataset: Dataset) -> dict[str, Any]:
    """Describe a data set, for a summary."""
    return {
        "name": dataset.name,
        "examples": len(dataset),
        "pixels": dataset.input_dim,
        "fingerprint": dataset.fingerprint,
    }


def _iteration_rows(history: History, after: int, until: int | None = None) -> list[tuple]:
    """The rows of iterations.csv after so many epochs, until so many, or all there are."""
    ends = [0, *(epoch.iteration for epoch in history.epochs)]
    rows = range(ends[after], len(history.train_loss) if until is None else ends[until])
    epochs = np.searchsorted(ends, rows, side="right")
    return [
        (i + 1, epoch, history.train_loss[i], history.train_accuracy[i])
        for i, epoch in zip(rows, epochs.tolist(), strict=True)
    ]


def _epoch_rows(history: History, first_epoch: int) -> list[tuple]:
    return [
        (e.epoch, e.iteration, e.validation_loss, e.validation_accuracy, round(e.seconds, 6))
        for e in history.epochs[first_epoch:]
    ]


def _write_history(folder: Path, history: History) -> None:
    _write_table(folder / "iterations.csv", ITERATION_COLUMNS, _iteration_rows(history, 0))
    _write_table(folder / "epochs.csv", EPOCH_COLUMNS, _epoch_rows(history, 0))


def _write_table(path: Path, columns: tuple[str, ...], rows: list[tuple]) -> None:
    write_text(path, "".join(map(_line, [columns, *rows])))


def _append(path: Path, rows: list[tuple]) -> None:
    with naming(path), path.open("a", encoding="utf-8", newline="\n") as file:
        file.writelines(map(_line, rows))


def _line(row: tuple) -> str:
    return ",".join(map(str, row)) + "\n"


def _read_table(path: Path, columns: tuple[str, ...], count: int | None) -> list[list[float]]:
    """The first `count` rows, or all; a number in text comes back as the same number."""
    try:
        with path.open(encoding="utf-8") as file:
            header = file.readline().rstrip("\n")
            lines = list(itertools.islice(file, count))
        rows = np.empty((0, len(columns)))
        if lines:
            rows = np.loadtxt(lines, delimiter=",", comments=None, ndmin=2)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: missing or damaged ({error})") from error
    if header != ",".join(columns) or rows.shape[1] != len(columns):
        raise DataError(f"{path}: damaged, expected rows of {','.join(columns)}")
    if not np.array_equal(rows[:, 0], np.arange(1, len(rows) + 1)):
        raise DataError(f"{path}: damaged, expected the rows {columns[0]} 1, 2, 3, …")
    if count is not None and len(rows) < count:
        raise DataError(f"{path}: damaged, {len(rows)} rows, expected {count}")
    return rows.tolist()
