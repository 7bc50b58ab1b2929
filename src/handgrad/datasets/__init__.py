"""Data: images with labels, Small MNIST, and readers and writers of CSV, IDX and NPZ."""

from handgrad.datasets.csv import read_csv, write_csv
from handgrad.datasets.dataset import Dataset, Scaling
from handgrad.datasets.formats import read
from handgrad.datasets.idx import read_idx, write_idx
from handgrad.datasets.npz import read_npz, write_npz
from handgrad.datasets.small_mnist import SmallMNIST, small_mnist
from handgrad.datasets.source import Data, Reading, Source

__all__ = [
    "Data",
    "Dataset",
    "Reading",
    "Scaling",
    "SmallMNIST",
    "Source",
    "read",
    "read_csv",
    "read_idx",
    "read_npz",
    "small_mnist",
    "write_csv",
    "write_idx",
    "write_npz",
]
