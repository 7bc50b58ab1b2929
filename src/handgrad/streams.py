"""Streams of random numbers: what is drawn for one purpose changes nothing that others draw."""

from __future__ import annotations

import numpy as np

STREAMS = ("weights", "shuffle", "dropout", "warps")
"""What is drawn from a seed, each from a stream of its own; new ones go to the end."""


def stream(seed: int, purpose: str, epoch: int = 0) -> np.random.Generator:
    """The stream for one purpose in one epoch, independent of every other."""
    key = (STREAMS.index(purpose), epoch)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
