"""The contest's recipe, and what of it fits a budget of minutes.

`docs/contest.md` says why each ingredient is there, and what it is worth.
"""

import math
from dataclasses import replace

from handgrad.datasets import Data, Dataset
from handgrad.errors import UsageError
from handgrad.hyperparameters import Hyperparameters
from handgrad.orientation import feature_count
from handgrad.wording import counted

NARROW, WIDE = 512, 800
"""How wide the two hidden layers are: wide, if the budget has enough epochs for that."""

ENOUGH_EPOCHS = 250

MOST_MINUTES = 525_600
"""The longest budget: a year."""

SECONDS_KEPT_BACK = 10
"""What starting, averaging and predicting may take."""

SECONDS_PER_EXAMPLE = 16e-6
SECONDS_PER_EXAMPLE_OF_EDGES = 44e-6
SECONDS_PER_MULTIPLY_ADD = 27e-12
"""What an epoch takes: warps and the like, without and with oriented gradients, and the products.

It is a tenth more than was measured, from 64 to 1,024 units wide, on a core that reaches 140
GFLOP/s in large products. A slower one takes longer than the budget, and comes to the same.
"""


def recipe(epochs: int, hidden_dim: int, seed: int) -> Hyperparameters:
    """Give what a network of the entry is asked to do."""
    return Hyperparameters(
        seed=seed,
        max_epochs=epochs,
        num_layers=3,
        hidden_dim=hidden_dim,
        activation="ReLU",
        standardize=True,
        straighten=True,
        # Upright images in the centre need less turning, slanting and shifting.
        warps=True,
        warp_rotation=10,
        warp_scale=0.15,
        warp_shear=0.1,
        warp_shift=1,
        warp_elastic=1.3,
        warp_bumps=5,
        momentum=0.9,
        nesterov=True,
        batch_size=100,
        step_size=0.08,
        schedule="cosine",
        warmup_epochs=epochs / 20,
        weight_decay=1e-4 if hidden_dim == NARROW else 2e-4,
        threads=1,
    )


def of_network(recipe: Hyperparameters, number: int) -> Hyperparameters:
    """Give what a network of an entry is asked, by its number from 0: each has its own seed.

    Every second one is given oriented gradients instead of pixels, which go with a shorter step. It
    is not better, but makes other mistakes.
    """
    # No two entries have a network in common.
    own = replace(recipe, seed=100 * recipe.seed + number + 1)
    if number % 2 == 0:
        return own
    return replace(own, oriented_gradients=True, step_size=recipe.step_size / 2)


def recipe_within(minutes: float, seed: int, data: Data) -> Hyperparameters:
    """Give the recipe that fits a budget.

    Raises
    ------
    UsageError
        If the budget is too short for an epoch or longer than a year, or the data are not images.
    """
    if not 0 < minutes <= MOST_MINUTES:
        expected = f"a number above 0, at most {MOST_MINUTES:,}, which is a year"
        raise UsageError(f"must be {expected}; got {minutes:g}", "minutes")
    epochs = {
        width: int((60 * minutes - SECONDS_KEPT_BACK) / seconds_per_epoch(width, data))
        for width in (NARROW, WIDE)
    }
    width = WIDE if epochs[WIDE] >= ENOUGH_EPOCHS else NARROW
    if epochs[width] < 1:
        least = (SECONDS_KEPT_BACK + seconds_per_epoch(width, data)) / 60
        raise UsageError(
            f"{minutes:g} is too short for an epoch of {counted(len(data[0]), 'example')}; "
            f"expected {math.ceil(100 * least) / 100:g} or more",
            "minutes",
        )
    return recipe(epochs[width], width, seed)


def shape_of_images(data: Dataset) -> tuple[int, int]:
    """Give the rows and columns of the images, or say in a UsageError that they are none."""
    if data.image_shape is None:
        raise UsageError(f"{data.name}: not images, which the contest's recipe needs")
    return data.image_shape


def seconds_per_epoch(hidden_dim: int, data: Data) -> float:
    """Estimate what an epoch of the recipe takes on one quiet core, validation included.

    It is that of pixels or that of oriented gradients, whichever takes longer.

    Raises
    ------
    UsageError
        If the data are not images.
    """
    train, validation = data
    seconds = []
    for inputs, per_example in (
        (train.input_dim, SECONDS_PER_EXAMPLE),
        (feature_count(shape_of_images(train)), SECONDS_PER_EXAMPLE_OF_EDGES),
    ):
        first = inputs * hidden_dim
        weights = first + hidden_dim**2 + hidden_dim * (train.class_count or 0)
        # Forward once, backward twice, less the gradient of the data; validation only forward.
        multiply_adds = len(train) * (3 * weights - first) + len(validation) * weights
        seconds.append(per_example * len(train) + SECONDS_PER_MULTIPLY_ADD * multiply_adds)
    return max(seconds)
