"""What a training run is asked to do."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from itertools import pairwise
from numbers import Integral
from typing import Any, Literal, get_args

import numpy as np

from handgrad.errors import UsageError
from handgrad.network import ActivationName
from handgrad.optimizers import ScheduleName
from handgrad.warps import Warps

WIDEST = 10**12
"""The widest that a hidden layer may be: wider than any memory, narrower than numpy's limit."""

MOST_EPOCHS = 10**12
"""The longest that a run, or a schedule's warm-up or decay, may be: longer than anybody waits."""

MOST_LAYERS = 1000

MOST_THREADS = 1024

OptimizerName = Literal["SGD", "Adam"]
AverageName = Literal["none", "exponential", "stochastic"]
DTypeName = Literal["float32", "float64"]


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """With the data, all that the result of a run depends on.

    Raises
    ------
    UsageError
        If a value is out of range, or needs another that is not there.
    """

    seed: int = 102
    """What first weights, shuffling, dropout and warps are drawn from, each in its own stream."""

    step_size: float = 0.01
    """How far the parameters move against the gradient of a batch's mean loss."""

    batch_size: int = 200
    """How many examples a step sees; an epoch's last batch may have fewer."""

    max_epochs: int = 200
    """How many times to go through the training set."""

    num_layers: int = 2
    """The number of linear layers; an activation follows each but the last."""

    hidden_dim: int | tuple[int, ...] = 16
    """The width of the hidden layers; or, given several times, a width each (num_layers − 1)."""

    activation: ActivationName = "Sigmoid"
    """The nonlinearity after each linear layer but the last."""

    residual: bool = False
    """Whether each hidden layer as wide as the one before it adds to its input: a + g(aW + b)."""

    optimizer: OptimizerName = "SGD"
    """Stochastic gradient descent, or Adam with decoupled weight decay."""

    momentum: float = 0.0
    """The share of the last move that SGD keeps; from 0 to below 1."""

    nesterov: bool = False
    """Whether momentum looks one step ahead."""

    weight_decay: float = 0.0
    """How strongly the parameters are drawn towards 0: L2 for SGD, decoupled for Adam."""

    clip_norm: float | None = None
    """The longest that a gradient may be; a longer one is shortened. Default: off."""

    schedule: ScheduleName = "constant"
    """How the step size changes; cosine falls to 0 at max_epochs, exponential a little at every
    step, and step all at once after each decay_epochs."""

    warmup_epochs: float = 0.0
    """Over how many epochs the step size first rises."""

    decay: float = 0.1
    """The factor by which an exponential or step schedule lowers the step size."""

    decay_epochs: float | None = None
    """Epochs per factor of decay; schedules exponential and step need it."""

    dropout: float = 0.0
    """The share of each hidden layer's outputs that are dropped in a training step."""

    input_dropout: float = 0.0
    """The share of the inputs that are dropped in a training step."""

    label_smoothing: float = 0.0
    """The share of each label's probability that is spread over all classes."""

    average: AverageName = "none"
    """What is validated and saved: the last parameters; their mean over all steps, where the last
    count most (exponential); or that over the ends of the last epochs (stochastic)."""

    average_decay: float = 0.999
    """The share of itself that an exponential average keeps at each step."""

    average_start: float = 0.75
    """From this share of max_epochs on, the parameters at each epoch's end are averaged
    (stochastic)."""

    patience: int | None = None
    """Stop after so many epochs without a lower validation loss; the last network is kept, not the
    best. Default: off."""

    standardize: bool = False
    """Scale pixels to mean 0 and deviation 1 over the training set, not x/256 − 0.5."""

    straighten: bool = False
    """Whether every image is first sheared upright and centred, in training and in use."""

    oriented_gradients: bool = False
    """Whether the network is given an image's edges, by direction and place, not its pixels."""

    warps: bool = False
    """Whether every epoch sees freshly deformed images; warp_rotation to warp_bumps say how."""

    warp_rotation: float = Warps.rotation
    """Largest turn either way, in degrees."""

    warp_scale: float = Warps.scale
    """Largest relative change of height and of width, either way."""

    warp_shear: float = Warps.shear
    """Largest slant either way, in pixels per pixel."""

    warp_shift: float = Warps.shift
    """Largest move either way, in pixels."""

    warp_elastic: float = Warps.elastic
    """Standard deviation of the elastic field, in pixels."""

    warp_bumps: int = Warps.bumps
    """How many Gaussian bumps per axis make up the elastic field; fewer is smoother."""

    dtype: DTypeName = "float32"
    """The floating-point type of parameters and arithmetic."""

    threads: int | None = None
    """BLAS threads. Default: one; every core if a step takes 50 million multiply-adds or more."""

    def __post_init__(self) -> None:
        self._make_plain()
        self._require("a whole number, 0 or more", lambda x: _is_whole(x) and x >= 0, "seed")
        self._require_number("a number above 0", lambda x: x > 0, "step_size")
        self._require_number("above 0, at most 1", lambda x: 0 < x <= 1, "decay")
        self._require("a whole number, 1 or more", lambda x: _is_whole(x) and x >= 1, "batch_size")
        self._require_count("max_epochs", MOST_EPOCHS)
        self._require_count("num_layers", MOST_LAYERS)
        if self.threads is not None:
            self._require_count("threads", MOST_THREADS)
        self._require(
            "a whole number, 1 or more",
            lambda x: x is None or (_is_whole(x) and x >= 1),
            "patience",
        )
        self._require_number("a number above 0", lambda x: x is None or x > 0, "clip_norm")
        self._require_number(
            f"above 0, at most {MOST_EPOCHS:,}",
            lambda x: x is None or 0 < x <= MOST_EPOCHS,
            "decay_epochs",
        )
        self._require_number(
            "from 0 to below 1", lambda x: 0 <= x < 1,
            "momentum", "dropout", "input_dropout", "label_smoothing", "average_decay",
            "average_start",
        )  # fmt: skip
        self._require_number("0 or more", lambda x: x >= 0, "weight_decay")
        self._require(
            "True or False", lambda x: isinstance(x, bool),
            "residual", "nesterov", "standardize", "straighten", "oriented_gradients", "warps",
        )  # fmt: skip
        self._require_number(
            f"from 0 to {MOST_EPOCHS:,}", lambda x: 0 <= x <= MOST_EPOCHS, "warmup_epochs"
        )
        self._require_choice("activation", ActivationName)
        self._require_choice("optimizer", OptimizerName)
        self._require_choice("schedule", ScheduleName)
        self._require_choice("average", AverageName)
        self._require_choice("dtype", DTypeName)
        self._check_widths()
        self._check_together()
        self.strengths()

    @property
    def idle(self) -> dict[str, str]:
        """What is not at its default but changes nothing, and what it would take."""
        widths = self.hidden_dim
        if isinstance(widths, int):
            widths = (widths,) * (self.num_layers - 1)
        waiting = {
            "num_layers 2 or more": (
                self.num_layers > 1,
                ["hidden_dim", "activation", "dropout"],
            ),
            "two hidden layers of one width, one after the other": (
                any(d == c for d, c in pairwise(widths)),
                ["residual"],
            ),
            "schedule exponential or step": (
                self.schedule in ("exponential", "step"),
                ["decay", "decay_epochs"],
            ),
            "average exponential": (self.average == "exponential", ["average_decay"]),
            "average stochastic": (self.average == "stochastic", ["average_start"]),
            "warps": (
                self.warps,
                [field.name for field in fields(self) if field.name.startswith("warp_")],
            ),
        }
        default = {field.name: field.default for field in fields(self)}
        return {
            name: need
            for need, (met, names) in waiting.items()
            for name in names
            if not met and getattr(self, name) != default[name]
        }

    def strengths(self) -> Warps:
        """Give the warps, whether or not they are switched on."""
        try:
            return Warps(
                rotation=self.warp_rotation,
                scale=self.warp_scale,
                shear=self.warp_shear,
                shift=self.warp_shift,
                elastic=self.warp_elastic,
                bumps=self.warp_bumps,
            )
        except UsageError as error:
            raise UsageError(error.problem, f"warp_{error.parameter}") from None

    def _make_plain(self) -> None:
        """Make Python's own numbers of numpy's, and a tuple of a list.

        A file gives back Python's, and with numpy's own arithmetic rounds otherwise.
        """
        for name, value in vars(self).items():
            if isinstance(value, np.generic):
                object.__setattr__(self, name, value.item())
        if isinstance(self.hidden_dim, list | tuple):
            widths = (w.item() if isinstance(w, np.generic) else w for w in self.hidden_dim)
            object.__setattr__(self, "hidden_dim", tuple(widths))

    def _check_widths(self) -> None:
        widths = self.hidden_dim if isinstance(self.hidden_dim, tuple) else (self.hidden_dim,)
        if not widths or not all(_is_whole(width) and 1 <= width <= WIDEST for width in widths):
            expected = f"whole, 1 to {WIDEST:,}"
            raise UsageError(f"must be {expected}, got {self.hidden_dim!r}", "hidden_dim")
        if len(widths) == 1:
            object.__setattr__(self, "hidden_dim", widths[0])
        if len(widths) > 1 and len(widths) != self.num_layers - 1:
            takes = f"takes one for all, or {self.num_layers - 1}"
            if self.num_layers == 1:
                takes = "has no hidden layer"
            raise UsageError(
                f"has {len(widths)} widths; num_layers {self.num_layers} {takes}", "hidden_dim"
            )

    def _check_together(self) -> None:
        if self.schedule in ("exponential", "step") and self.decay_epochs is None:
            raise UsageError(f"{self.schedule} needs decay_epochs, its length", "schedule")
        if self.nesterov and not self.momentum:
            raise UsageError("needs momentum above 0", "nesterov")
        if self.momentum and self.optimizer != "SGD":
            raise UsageError(f"is SGD's; the optimizer is {self.optimizer}", "momentum")

    def _require(self, expected: str, holds: Callable[[Any], bool], *names: str) -> None:
        for name in names:
            value = getattr(self, name)
            if not _holds(holds, value):
                raise UsageError(f"must be {expected}, got {value!r}", name)

    def _require_count(self, name: str, most: int) -> None:
        expected = f"a whole number, 1 to {most:,}"
        self._require(expected, lambda x: _is_whole(x) and 1 <= x <= most, name)

    def _require_number(self, expected: str, holds: Callable[[Any], bool], *names: str) -> None:
        def is_finite(x: Any) -> bool:
            return not isinstance(x, bool) and (x is None or math.isfinite(x))  # As a float.

        self._require(expected, lambda x: is_finite(x) and holds(x), *names)

    def _require_choice(self, name: str, choices: Any) -> None:
        names = get_args(choices)
        self._require("one of " + ", ".join(names), names.__contains__, name)


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _holds(condition: Callable[[Any], bool], value: object) -> bool:
    """Whether a value meets a condition; one that cannot be compared, such as text, does not."""
    try:
        return condition(value)
    except (TypeError, OverflowError):
        return False
