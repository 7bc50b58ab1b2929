"""A run's config.toml: what was asked for, and which data it was asked of."""

import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from handgrad.datasets import Data, Dataset, Reading, Source
from handgrad.errors import DataError, UsageError
from handgrad.files import real_path, write_text
from handgrad.hyperparameters import Hyperparameters
from handgrad.training import Training

PATHS = ("data", "validation", "labels", "validation_labels")
"""The settings that are files."""


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
        config = tomllib.loads((folder / "config.toml").read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return "other"
    if "contest" in config:
        return "contest"
    return "run" if "hyperparameters" in config else "other"


def write_config(folder: Path, training: Training, source: Source) -> None:
    """Write what a run is asked to do, with its number of BLAS threads as it was decided."""
    import tomli_w

    hyperparameters = as_toml(asdict(training.hyperparameters))
    hyperparameters["threads"] = training.threads
    data = data_table(source, (training.train, training.validation))
    text = tomli_w.dumps({"hyperparameters": hyperparameters, "data": data})
    write_text(folder / "config.toml", text)


def data_table(source: Source, data: Data) -> dict[str, Any]:
    """Describe the data for the table [data] of a config.toml."""
    return as_toml(asdict(source)) | {"fingerprint": fingerprint(*data)}


def read_config(folder: Path | str) -> tuple[Hyperparameters, Source, str]:
    """Read what a run was asked to do: hyperparameters, data, and the data's fingerprint.

    Raises
    ------
    DataError
        If there is no config.toml, or it is not one of a run.
    """
    path = Path(folder) / "config.toml"
    try:
        config = tomllib.loads(path.read_text(encoding="utf-8-sig"))
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


def as_toml(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings as TOML has them: paths absolute and as text, None left out."""
    result: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, dict):
            result[name] = as_toml(value)
        elif value is not None:
            result[name] = str(real_path(value)) if isinstance(value, Path) else value
    return result


def _with_paths(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: Path(value) if name in PATHS else value for name, value in settings.items()}


def fingerprint(train: Dataset, validation: Dataset) -> str:
    """Both sets' checksums, to recognise the same data by."""
    return f"{train.fingerprint}-{validation.fingerprint}"
