"""handgrad: a feed-forward neural network with every gradient derived by hand."""

from handgrad.datasets import Dataset, small_mnist
from handgrad.hyperparameters import Hyperparameters
from handgrad.layers import Layer, Linear, ReLU, Sigmoid, Tanh
from handgrad.losses import CrossEntropy
from handgrad.network import FeedForwardNeuralNetwork
from handgrad.training import DivergenceError, Training

__all__ = [
    "CrossEntropy",
    "Dataset",
    "DivergenceError",
    "FeedForwardNeuralNetwork",
    "Hyperparameters",
    "Layer",
    "Linear",
    "ReLU",
    "Sigmoid",
    "Tanh",
    "Training",
    "small_mnist",
]
