"""handgrad: a feed-forward neural network with every gradient derived by hand."""

from handgrad.layers import Layer, Linear, ReLU, Sigmoid, Tanh

__all__ = ["Layer", "Linear", "ReLU", "Sigmoid", "Tanh"]
