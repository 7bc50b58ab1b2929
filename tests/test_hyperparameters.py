import math
from dataclasses import fields

import numpy as np
import pytest

from handgrad import Hyperparameters
from handgrad.errors import UsageError

NAN, INF = math.nan, math.inf

REFUSED = [
    (["seed"], [-1, 2.5, True, "1"]),
    (["step_size"], [0, -1, NAN, INF, "0.1", True]),
    (["batch_size", "max_epochs", "num_layers"], [0, -1, 2.5, True, None]),
    (["threads", "patience"], [0, 1.5, True]),
    (["hidden_dim"], [0, 10**12 + 1, 2.5, True, (), (3, 0), "16"]),
    (["clip_norm"], [0, -1, NAN, INF, True]),
    (["decay"], [0, -0.1, 1.1, NAN, True]),
    (["decay_epochs"], [0, -1, NAN, INF, 2e12, True]),
    (["warmup_epochs"], [-1, NAN, INF, 2e12, True]),
    (["weight_decay"], [-1, NAN, INF, False]),
    (
        ["momentum", "dropout", "input_dropout", "label_smoothing"],
        [-0.1, 1, 1.5, NAN, "0.5", False],
    ),
    (["average_decay", "average_start"], [-0.1, 1, 1.5, NAN, "0.5", False]),
    (["residual", "nesterov", "standardize", "straighten"], [0, 1, "false", None]),
    (["oriented_gradients", "warps"], [0, 1, "false", None]),
    (["activation", "optimizer", "schedule", "average", "dtype"], ["", "Cosine", 1]),
    (["warp_rotation", "warp_shear", "warp_shift", "warp_elastic"], [-1, NAN, INF, "2", True]),
    (["warp_scale"], [-1, 1, NAN, False]),
    (["warp_bumps"], [1, 101, 2.5]),
]


def test_every_hyperparameter_refuses_something():
    refusing = [name for names, _ in REFUSED for name in names]
    assert sorted(refusing) == sorted(field.name for field in fields(Hyperparameters))


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for names, values in REFUSED for name in names for value in values],
)
def test_a_hyperparameter_out_of_range_is_named(name, value):
    with pytest.raises(UsageError, match=f"^{name} must be "):
        Hyperparameters(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", 0), ("batch_size", 1), ("patience", 1), ("hidden_dim", 10**12), ("decay", 1),
        ("decay_epochs", 1e12), ("warmup_epochs", 1e12), ("momentum", 0.0), ("weight_decay", 0),
    ],
)  # fmt: skip
def test_the_ends_of_a_range_are_in_it(name, value):
    assert getattr(Hyperparameters(**{name: value}), name) == value


@pytest.mark.parametrize(
    ("hyperparameters", "sentence"),
    [
        ({"schedule": "step"}, "schedule step needs decay_epochs"),
        ({"schedule": "exponential"}, "schedule exponential needs decay_epochs"),
        ({"nesterov": True}, "nesterov needs momentum"),
        ({"optimizer": "Adam", "momentum": 0.9}, "momentum is SGD's"),
        ({"hidden_dim": (3, 4), "num_layers": 2}, "hidden_dim has 2 widths"),
        ({"hidden_dim": (3, 4), "num_layers": 4}, "num_layers 4 takes one for all, or 3"),
        ({"hidden_dim": (3, 4), "num_layers": 1}, "num_layers 1 has no hidden layer"),
    ],
)
def test_what_does_not_go_together_is_named(hyperparameters, sentence):
    with pytest.raises(UsageError, match=sentence):
        Hyperparameters(**hyperparameters)


@pytest.mark.parametrize(
    ("hyperparameters", "sentence"),
    [
        ({"momentum": 1}, "momentum must be from 0 to below 1, got 1"),
        ({"batch_size": 2.5}, "batch_size must be a whole number, 1 or more, got 2.5"),
        ({"step_size": "0.1"}, "step_size must be a number above 0, got '0.1'"),
        ({"activation": "sigmoid"}, "activation must be one of Sigmoid, .*, got 'sigmoid'"),
        ({"warp_scale": 1}, "scale must be less than 1"),
        ({"warp_shift": "2"}, "warp_shift must be from 0 to 1,000, got '2'"),
        ({"warps": "false"}, "warps must be True or False, got 'false'"),
        ({"step_size": 10**400}, "step_size must be a number above 0"),
        ({"num_layers": 10**20}, "num_layers must be a whole number, 1 to 1,000"),
        ({"threads": 10**20}, "threads must be a whole number, 1 to 1,024"),
        ({"max_epochs": 10**310}, "max_epochs must be a whole number, 1 to 1,000,000,000,000"),
        ({"warp_rotation": 1e308}, "warp_rotation must be from 0 to 1,000"),
        ({"warp_bumps": -1}, "warp_bumps must be a whole number from 2 to 100, got -1"),
    ],
)
def test_what_was_expected_is_said(hyperparameters, sentence):
    with pytest.raises(UsageError, match=sentence):
        Hyperparameters(**hyperparameters)


@pytest.mark.parametrize(
    ("name", "value", "needed"),
    [
        ("decay", 0.5, {"schedule": "step", "decay_epochs": 2}),
        ("decay_epochs", 3.0, {"schedule": "exponential"}),
        ("average_decay", 0.5, {"average": "exponential"}),
        ("average_start", 0.5, {"average": "stochastic"}),
        ("warp_shear", 0.5, {"warps": True}),
        ("residual", True, {"num_layers": 3}),
    ],
)
def test_what_changes_nothing_without_another_is_idle(name, value, needed):
    assert list(Hyperparameters(**{name: value}).idle) == [name]
    assert Hyperparameters(**needed | {name: value}).idle == {}


@pytest.mark.parametrize(
    "asked", [{"schedule": "cosine", "decay": 0.5}, {"average": "stochastic", "average_decay": 0.5}]
)
def test_what_belongs_to_another_choice_is_idle(asked):
    assert list(Hyperparameters(**asked).idle) == [list(asked)[1]]


@pytest.mark.parametrize(
    ("name", "value"), [("hidden_dim", 8), ("activation", "ReLU"), ("dropout", 0.5)]
)
def test_what_only_hidden_layers_have_is_idle_without_them(name, value):
    assert list(Hyperparameters(num_layers=1, **{name: value}).idle) == [name]
    assert Hyperparameters(num_layers=2, **{name: value}).idle == {}


def test_residual_layers_begin_and_end_in_one_width():
    assert list(Hyperparameters(num_layers=3, hidden_dim=(4, 5), residual=True).idle) == [
        "residual"
    ]
    assert Hyperparameters(num_layers=4, hidden_dim=(4, 5, 5), residual=True).idle == {}


def test_nothing_at_its_default_is_idle():
    assert Hyperparameters().idle == {}


def test_each_strength_of_the_warps_is_the_hyperparameter_of_its_name():
    asked = {"rotation": 1.0, "scale": 0.2, "shear": 0.3, "shift": 4.0, "elastic": 0.5, "bumps": 6}
    warps = Hyperparameters(**{f"warp_{name}": value for name, value in asked.items()}).strengths()
    assert {name: getattr(warps, name) for name in asked} == asked


def test_numbers_of_numpys_become_pythons():
    h = Hyperparameters(
        step_size=np.float32(0.5), num_layers=np.int8(3), hidden_dim=[np.int64(3), np.uint8(4)]
    )
    numbers = (h.step_size, h.num_layers, *h.hidden_dim)
    assert [type(number) for number in numbers] == [float, int, int, int]
