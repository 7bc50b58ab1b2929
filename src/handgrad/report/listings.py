"""The code of the layers, as it stands in the package."""

import inspect
from textwrap import dedent
from typing import Any

from handgrad.layers import Linear, ReLU, Sigmoid
from handgrad.losses import CrossEntropy
from handgrad.network import FeedForwardNeuralNetwork
from handgrad.report.sections import Section

LISTED = {
    "linear": (Linear.forward, Linear.backward, Linear.backward_parameters, Linear.step),
    "activations": (Sigmoid, ReLU),
    "loss": (CrossEntropy.of_rows, CrossEntropy.gradient),
    "network": (FeedForwardNeuralNetwork.forward, FeedForwardNeuralNetwork.backward),
}


def network_section() -> Section:
    """Give the section of the layers: its text is the template's, its code the package's."""
    return {
        "kind": "network",
        "title": "The network and its gradients",
        "listings": {name: list(map(_listing, parts)) for name, parts in LISTED.items()},
    }


def _listing(part: Any) -> Section:
    lines, first = inspect.getsourcelines(part)
    return {
        "name": part.__qualname__,
        "file": part.__module__.replace(".", "/") + ".py",
        "line": first,
        "code": dedent("".join(lines)).rstrip(),
    }
