"""The contest's entry: the best feed-forward networks that a budget of minutes can train.

Several networks of one recipe, each from a seed of its own, are trained side by side, a process and
a BLAS thread each; every second one is given edges where the others are given pixels. The entry is
the mean of their probabilities.

The budget decides the number of epochs before training begins, by arithmetic and not by the clock:
the same seed, budget, data and number of cores give the same entry, however busy the machine is.

A contest's folder:

config.toml         what was asked for, and the recipe of the networks of pixels
network-1/, …       a run folder for each network
model.safetensors   the average of the networks, and the views that it takes of an image
submission.csv      id,digit for each image of the test set
summary.json        validation figures of the entry and of each network
"""

import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from handgrad.datasets import Data, Dataset, Source, small_mnist
from handgrad.ensemble import AverageModel, Views, save_average
from handgrad.errors import DataError
from handgrad.evaluation import Evaluation, check_same_shape, evaluate
from handgrad.files import locked, real_path, write_json, write_text
from handgrad.hyperparameters import Hyperparameters
from handgrad.models import network_model, read_tensors
from handgrad.preparation import check_data
from handgrad.recipe import of_network, recipe_within, shape_of_images
from handgrad.runs import (
    as_toml,
    data_table,
    description,
    environment,
    fingerprint,
    read_data_table,
    require_new,
)
from handgrad.studies.board import Board
from handgrad.studies.pool import run_here
from handgrad.studies.work import Ending, Task
from handgrad.submission import write_submission
from handgrad.threads import available_cores
from handgrad.wording import counted

VIEWS, VIEW_STRENGTH = 16, 0.3
"""Under how many warps an image is classified, and how strong they are beside training's."""

MOST_NETWORKS = 8
"""How many networks there are at most, on however many cores: each is a process of 100 MB."""


@dataclass(frozen=True, kw_only=True)
class Contest:
    """An entry to be trained in a folder: make one with `new_contest` or `read_contest`."""

    folder: Path
    minutes: float
    networks: int
    hyperparameters: Hyperparameters
    """The recipe, with the contest's seed, from which the networks' are made."""

    source: Source
    data: Data
    test_file: Path | None
    """The images to predict; None: Small MNIST's test set."""

    test: Dataset

    @property
    def tasks(self) -> list[Task]:
        """The runs that train the networks."""
        # Absolute paths: a worker may have been started in another folder, for something else.
        folder, source = real_path(self.folder), self.source.resolve()
        return [
            Task(
                number=number,
                name=f"network-{number + 1}",
                folder=folder / f"network-{number + 1}",
                hyperparameters=of_network(self.hyperparameters, number),
                source=source,
            )
            for number in range(self.networks)
        ]


def new_contest(
    folder: Path, minutes: float, seed: int, source: Source, test: Path | None = None
) -> Contest:
    """Prepare an entry in a folder that is new or empty.

    Parameters
    ----------
    folder
        Where everything is written.
    minutes
        The budget, on as many quiet cores as there are networks.
    seed
        What everything random is drawn from.
    source
        The training and the validation set.
    test
        The images to predict, read as the training set is but without labels; None: Small MNIST's.

    Raises
    ------
    UsageError
        If the folder holds something, the budget is too short or longer than a year, or the data
        are not images.
    DataError
        If the data cannot be read or do not fit together.
    """
    require_new(folder, "contest")
    data, images = _load(source, test)
    contest = Contest(
        folder=folder,
        minutes=minutes,
        networks=min(available_cores(), MOST_NETWORKS),
        hyperparameters=recipe_within(minutes, seed, data),
        source=source,
        data=data,
        test_file=test,
        test=images,
    )
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        require_new(folder, "contest")  # Now nobody else can write.
        write_text(folder / "config.toml", _config(contest))
    return contest


def read_contest(folder: Path) -> Contest:
    """Take up an entry again in its folder, as its config.toml says.

    Raises
    ------
    DataError
        If the folder is not a contest's, or its data have changed or cannot be read.
    """
    path = folder / "config.toml"
    try:
        config = tomllib.loads(path.read_text(encoding="utf-8"))
        asked = config["contest"]
        minutes, networks = float(asked["minutes"]), int(asked["networks"])
        if networks < 1:
            raise ValueError(f"{networks} networks")
        test = Path(asked["test"]) if "test" in asked else None
        hyperparameters = Hyperparameters(**config["hyperparameters"])
        source, recorded = read_data_table(config["data"])
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(f"{folder}: not a contest's folder, it has no config.toml") from error
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise DataError(f"{path}: not the configuration of a contest ({error})") from error
    data, images = _load(source, test)
    if recorded != fingerprint(*data):
        raise DataError(f"{folder}: the data are not those that the contest was started with")
    # Older files do not have it.
    if asked.get("test_fingerprint", images.fingerprint) != images.fingerprint:
        raise DataError(f"{folder}: the test set is not that which the contest was started with")
    return Contest(
        folder=folder,
        minutes=minutes,
        networks=networks,
        hyperparameters=hyperparameters,
        source=source,
        data=data,
        test_file=test,
        test=images,
    )


def train_networks(contest: Contest, board: Board) -> Iterator[Ending]:
    """Train the networks, each from its last checkpoint if it has one; yield how each ended.

    Raises
    ------
    UsageError
        If another process is at work in the folder.
    """
    with locked(contest.folder, with_workers=True):
        jobs = min(contest.networks, available_cores())
        yield from run_here(contest.tasks, contest.data, jobs, board)


@dataclass(frozen=True, eq=False)
class Result:
    """What an entry and each of its networks are worth on the validation set."""

    entry: Evaluation
    networks: dict[str, Evaluation]


def write_entry(contest: Contest) -> Result:
    """Average the networks that have been trained; write model, submission and summary."""
    paths = {task.name: task.folder / "model.safetensors" for task in contest.tasks}
    members = {name: network_model(path, *read_tensors(path)) for name, path in paths.items()}
    strengths = contest.hyperparameters.strengths().scaled(VIEW_STRENGTH)
    views = Views(strengths, VIEWS, contest.hyperparameters.seed)
    model = AverageModel(tuple(members.values()), views)
    validation = contest.data[1]
    result = Result(
        evaluate(model, validation),
        {name: evaluate(member, validation) for name, member in members.items()},
    )
    save_average(contest.folder / "model.safetensors", model)
    write_submission(contest.folder / "submission.csv", model.predict(contest.test.pixels))
    # Last: a folder with a summary has all the rest.
    write_json(contest.folder / "summary.json", _summary(contest, result))
    return result


def _load(source: Source, test: Path | None) -> tuple[Data, Dataset]:
    train, validation = source.load()
    check_data(train, validation)
    shape = shape_of_images(train)
    if test is None:
        images = small_mnist().test
    else:
        images = replace(source.reading, label="none", classes=None).read(test)
    if images.input_dim != train.input_dim:
        raise DataError(
            f"{images.name}: images of {counted(images.input_dim, 'pixel')}, expected "
            f"{train.input_dim} as in {train.name}"
        )
    check_same_shape(images, shape, f"those of {train.name} are")
    return (train, validation), images


def _config(contest: Contest) -> str:
    import tomli_w

    asked = {
        "minutes": contest.minutes,
        "networks": contest.networks,
        "test": contest.test_file,
        "test_fingerprint": contest.test.fingerprint,
    }
    config = {
        "contest": as_toml(asked),
        "hyperparameters": as_toml(asdict(contest.hyperparameters)),
        "data": data_table(contest.source, contest.data),
    }
    return tomli_w.dumps(config)


def _summary(contest: Contest, result: Result) -> dict[str, Any]:
    h, (train, validation) = contest.hyperparameters, contest.data
    summary: dict[str, Any] = {
        "status": "finished",
        "minutes": contest.minutes,
        "seed": h.seed,
        "epochs": h.max_epochs,
        "hidden_dim": h.hidden_dim,
        "final": _figures(result.entry),
        "networks": {name: _figures(found) for name, found in result.networks.items()},
        "data": {
            "train": description(train),
            "validation": description(validation),
            "test": description(contest.test),
        },
    }
    return summary | environment()


def _figures(evaluation: Evaluation) -> dict[str, float]:
    return {"validation_loss": evaluation.loss, "validation_accuracy": evaluation.accuracy}
