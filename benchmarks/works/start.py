"""A fresh process, from nothing to ready: imports, digits scaled as its users would, a network."""

from importlib.resources import files

from benchmarks.work import Contender, Targets, Work

HANDGRAD = """
from handgrad import Training, small_mnist
digits = small_mnist()
training = Training(digits.train, digits.validation)
"""

DIGITS = f"""
import numpy as np
with np.load({str(files("handgrad.datasets") / "small_mnist.npz")!r}) as arrays:
    pixels = [arrays[name].reshape(-1, 784) for name in ("train_images", "validation_images")]
    labels = [arrays[name] for name in ("train_labels", "validation_labels")]
"""

TORCH = f"""{DIGITS}
import torch
from torch import nn
X = [torch.from_numpy(array).float().div_(256).sub_(0.5) for array in pixels]
y = [torch.from_numpy(array).long() for array in labels]
network = nn.Sequential(nn.Linear(784, 16), nn.Sigmoid(), nn.Linear(16, 10))
optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
"""

JAX = f"""{DIGITS}
import jax.numpy as jnp
X = [jnp.asarray(array.astype(np.float32) / 256 - 0.5) for array in pixels]
y = [jnp.asarray(array) for array in labels]
rng = np.random.default_rng(102)
network = [
    (jnp.asarray(rng.normal(0, (2 / d) ** 0.5, (d, c)).astype(np.float32)), jnp.full(c, 0.5))
    for d, c in ((784, 16), (16, 10))
]
"""

SKLEARN = f"""{DIGITS}
from sklearn.neural_network import MLPClassifier
X = [array.astype(np.float32) / 256 - 0.5 for array in pixels]
network = MLPClassifier((16,), "logistic", solver="sgd", batch_size=200, learning_rate_init=0.01)
"""

READY = 'print("{}", flush=True)\n'

WORK = Work(
    "start",
    "a fresh process from nothing to ready: import, data, network",
    (
        Contender("handgrad", "handgrad", ("-c", HANDGRAD + READY)),
        Contender("torch eager", "peer", ("-c", TORCH + READY)),
        Contender("jax", "peer", ("-c", JAX + READY)),
        Contender("scikit-learn", "peer", ("-c", SKLEARN + READY)),
    ),
    prepare=lambda options: {},
    targets=Targets(best_peer=0.25, torch_eager=0.10),
)
