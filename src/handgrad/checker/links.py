"""The linear layers of a network, found in what it keeps."""

import itertools
from dataclasses import dataclass

import numpy as np

from handgrad.checker.cases import Array
from handgrad.checker.names import parameter_role
from handgrad.checker.observation import State


@dataclass(frozen=True)
class Link:
    """A linear layer in a network.

    Attributes
    ----------
    W, b
        Its weights, d × c, and its bias, 1 × c; zeros where there is none.
    weights, bias
        Where they are, by path.
    turned
        Whether the weights are kept as c × d.
    """

    W: Array
    b: Array
    weights: str
    bias: str | None
    turned: bool


def linear_layers(paths: list[str], state: State, first_width: int, columns: bool) -> list[Link]:
    """The linear layers in a state, in the order of the chain; none if they form no chain.

    The chain is that of the order in which they are kept, or of the reverse, or else of any.
    """
    matrices = [p for p in paths if is_matrix(p, state[p])]
    others = [p for p in paths if p not in matrices]
    orders = [matrices, matrices[::-1]]
    if len(matrices) <= MOST_PERMUTED:
        orders += map(list, itertools.permutations(matrices))
    for order, turned in itertools.product(orders, (columns, not columns)):
        links = _chain(order, others, state, first_width, turned)
        if links:
            return links
    return []


def is_matrix(path: str, array: Array) -> bool:
    """Whether a parameter is of weights, d × c, by its shape, or else by its name."""
    several = array.ndim == 2 and min(array.shape) > 1
    return several or (array.ndim == 2 and parameter_role(path) == "weights")


MOST_PERMUTED = 4
"""So many matrices are tried in any order."""


def _chain(
    matrices: list[str], others: list[str], state: State, width: int, turned: bool
) -> list[Link]:
    """The layers, if each takes what the one before puts out; they have no bias if none is left."""
    others = list(others)
    links = []
    for path in matrices:
        W = state[path].T if turned else state[path]
        prefix = path.rpartition(".")[0]
        fitting = [p for p in others if state[p].size == W.shape[1]]
        fitting.sort(key=lambda p: p.rpartition(".")[0] != prefix)
        bias = fitting[0] if fitting else None
        if len(W) != width:
            return []
        width = W.shape[1]
        if bias is not None:
            others.remove(bias)
        b = np.zeros((1, width)) if bias is None else state[bias].reshape(1, -1)
        links.append(Link(W, b, path, bias, turned))
    return [] if others and any(link.bias is None for link in links) else links
