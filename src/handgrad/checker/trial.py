"""Calling the methods of one object, and keeping a record of each call."""

import inspect
import sys
from collections.abc import Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from handgrad.checker import names
from handgrad.checker.attempts import attempt
from handgrad.checker.binding import CannotGuessError, bind, passes, required_names
from handgrad.checker.cases import STEP_SIZE, Array
from handgrad.checker.methods import method, takes_labels
from handgrad.checker.objects import (
    arrays_in,
    copied,
    kept_output,
    plain_result,
    same,
    state_of,
)
from handgrad.checker.observation import Call, Run
from handgrad.checker.probing import after_forward, whether_training


class Trial:
    """One new object, and the run in which every call on it is written down."""

    def __init__(self, thing: Any, run: Run, folder: Path | None):
        self.thing, self.run, self.folder = thing, run, folder
        self.result: Any = None
        self._output: Any = None
        self._told: Mapping[str, bool] | None = None
        self._given: dict[str, Any] = {}
        self._originals: dict[str, Any] = {}

    def forward(self, X: Array, labels: Array | None = None) -> bool:
        """Call forward on a batch; whether it returned. What it may keep counts as its result.

        A network whose backward asks for nothing may be given its labels here.
        """
        if self._told is None:
            self._told = whether_training(self.thing, X)
        told: dict[str, Any] = dict(self._told)
        if labels is not None and not takes_labels(self.thing, "backward"):
            told["labels"] = labels.copy()
        returned = self.make("forward", {"input": X}, told)
        if returned and self.result is None:
            self.result = self._output = kept_output(self.thing)
            self.run.calls[-1].result = plain_result(self.result)
        return returned

    @property
    def last_input(self) -> Array:
        """What the last forward was given."""
        array: Array = self._originals["input"]
        return array

    def backward(self, G: Array) -> bool:
        """Call backward, first clearing the gradients where there is a method for that.

        The input's gradient goes on to the layer below, even if it is only kept.
        """
        self._clear()
        function = method(self.thing, "backward")
        output = self._output[0] if isinstance(self._output, tuple) else self._output
        if isinstance(output, np.ndarray) and output.dtype.kind == "f":
            G = G.astype(output.dtype)  # A gradient comes in the precision of what it is of.
        values: dict[str, Any] = {"gradient": G, "step_size": STEP_SIZE}
        if function and len(required_names(function)) > 1:
            if isinstance(self._output, tuple) and len(self._output) > 1:
                values["cache"] = self._output[1]
            values["input"] = self._originals["input"]
        returned = self.make("backward", values)
        if returned and self.result is None:
            kept = arrays_in(self.thing).items()
            own = (a for path, a in kept if "." not in path and names.gradient_of(path) == "input")
            self.result = next(own, None)
        return returned

    def backward_from_labels(self, labels: Array) -> bool:
        """Call the backward of a network that has its loss in it, first clearing the gradients.

        It is not called where it asks for more than can be guessed. Where it asks for nothing, the
        network's loss is called before, which may keep the labels.
        """
        self._clear()
        values = after_forward(self._output, self._originals["input"], labels)
        loss = method(self.thing, "loss")
        try:
            if loss is not None and not takes_labels(self.thing, "backward"):
                attempt(self.folder, bind(loss, copied(values)))
            return self.make("backward", {**values, "step_size": STEP_SIZE})
        except CannotGuessError:
            return False

    def _clear(self) -> None:
        """Clear the gradients: by a method of the layer or of its parameters, or as one would.

        An optimizer of the file may have the method; it is not known how that is made.
        """
        parts = [self.thing, *vars(self.thing).values()] if hasattr(self.thing, "__dict__") else []
        clears = [clear for part in parts if (clear := method(part, "clear")) is not None]
        for clear in clears:
            if not required_names(clear):
                attempt(self.folder, clear)
        if not clears and self._others_clear:
            for path, array in arrays_in(self.thing).items():
                if names.is_gradient(path) and array.flags.writeable:
                    array[...] = 0

    @cached_property
    def _others_clear(self) -> bool:
        """Whether another class of the file has a method that clears gradients."""
        module = sys.modules.get(type(self.thing).__module__)
        values = list(vars(module).values()) if module else []
        return any(inspect.isclass(value) and method(value, "clear") for value in values)

    def step(self) -> bool:
        """Call step, unless it asks for an optimizer, or for more than can be guessed.

        It may ask for what backward returned, too.
        """
        function = method(self.thing, "step")
        asked = required_names(function) if function else []
        if any(names.argument_role(name, ["optimizer"]) for name in asked):
            return False
        values: dict[str, Any] = {"step_size": STEP_SIZE}
        if any(names.argument_role(name, ["gradients"]) for name in asked):
            values["gradients"] = self.result
        try:
            return self.make("step", values)
        except CannotGuessError:
            return False

    def make(
        self,
        role: str,
        values: Mapping[str, Any],
        named: Mapping[str, Any] | None = None,
    ) -> bool:
        """Call the method of this role with copies of these arrays; whether it returned.

        Written down is also which of the copies, now or in an earlier call, it wrote into.
        """
        function = method(self.thing, role)
        if function is None:
            return False
        given = copied(values)
        action = bind(function, given, named=named)
        self._remember(action, given, values)
        record = Call(role, state_of(self.thing), {})
        record.given = [key for key, value in given.items() if passes(action, value)]
        self.run.calls.append(record)
        self.result, record.failure = attempt(self.folder, action)
        record.after = state_of(self.thing)
        record.result = plain_result(self.result)
        record.changed = self._changed()
        if role == "forward":
            self._output = self.result
        return record.failure is None

    def _remember(
        self, action: "partial[Any]", given: Mapping[str, Any], values: Mapping[str, Any]
    ) -> None:
        for key, value in given.items():
            if isinstance(value, np.ndarray) and passes(action, value):
                self._given[key], self._originals[key] = value, values[key]

    def _changed(self) -> list[str]:
        changed = [k for k, v in self._given.items() if not same(v, self._originals[k])]
        for key in changed:
            del self._given[key]
        return changed
