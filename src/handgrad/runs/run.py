"""A run: a folder, and the training that it records."""

import contextlib
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from handgrad.datasets import Data, Source
from handgrad.errors import DataError
from handgrad.files import locked
from handgrad.history import History
from handgrad.hyperparameters import Hyperparameters
from handgrad.models import (
    NetworkModel,
    model_metadata,
    network_tensors,
    read_tensors,
    write_tensors,
)
from handgrad.runs.configuration import fingerprint, read_config, require_new, write_config
from handgrad.runs.summary import write_summary
from handgrad.runs.tables import append_epochs, read_history, write_history
from handgrad.training import Training
from handgrad.wording import counted

SECONDS_BETWEEN_CHECKPOINTS = 1.0


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
            write_config(folder, training, source)
            write_history(folder, training.history)
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
        write_history(folder, training.history)
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
                write_history(self.folder, history)
            else:
                append_epochs(self.folder, history, start)
            self._save_model()
            self._recorded_epochs = end
        self._last_checkpoint = time.monotonic()

    def finish(self, status: str) -> None:
        """Save what is new, the picture and the summary, and let the folder go.

        `status` says how the run ended: "finished", "interrupted" or "diverged".
        """
        self.checkpoint()
        if self.training.diverged:  # Then there are iterations after its last epoch.
            write_history(self.folder, self.training.history)
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
        write_summary(self.folder, self.training, status)
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
