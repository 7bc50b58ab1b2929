"""How networks are made, and that what is wrong in one of their depths or calls is found."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from handgrad.checker import check, check_file
from handgrad.checker.cases import NETWORK

LAYERS = """
from itertools import pairwise

import numpy as np


class Linear:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.default_rng(n_in).normal(size=(n_in, n_out)), np.zeros(n_out)

    def forward(self, X):
        self.X = X
        return X @ self.W + self.b

    def backward(self, grad):
        self.dW, self.db = self.X.T @ grad, grad.sum(axis=0)
        return grad @ self.W.T

    def step(self, lr):
        self.W -= lr * self.dW
        self.b -= lr * self.db


class Tanh:
    def forward(self, X):
        self.A = np.tanh(X)
        return self.A

    def backward(self, grad):
        return grad * (1 - self.A**2)


def chain(widths):
    layers = []
    for d, c in pairwise(widths):
        layers += [Linear(d, c), Tanh()]
    return layers[:-1]


class {name}:
    {constructor}

    def forward(self, X):
        for layer in self.layers:
            X = layer.forward(X)
        return X

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad

    def step(self, lr):
        for layer in self.layers[::2]:
            layer.step(lr)
"""


def judged(tmp_path, constructor, name="MLP", right="", wrong=""):
    text = LAYERS.replace("{name}", name).replace("{constructor}", constructor)
    assert right in text
    (tmp_path / "layers.py").write_text(text.replace(right, wrong))
    verdict = check_file(tmp_path / "layers.py")
    (network,) = (layer for layer in verdict.layers if layer.kind == "network")
    return verdict, [part.status for part in network.parts]


EMPTY = "def __init__(self): self.layers = []\n    "


@pytest.mark.parametrize(
    ("name", "constructor"),
    [
        ("MLP", "def __init__(self, layers): self.layers = layers"),
        ("Sequential", "def __init__(self, *layers): self.layers = list(layers)"),
        ("NN", "def __init__(self, layers): self.layers = chain(layers)"),
        ("NN", "def __init__(self, *widths): self.layers = chain(widths)"),
        ("NeuralNetwork", EMPTY + "def add(self, layer): self.layers.append(layer)"),
        ("MLP", "def __init__(self, input_dim, output_dim, hidden_dim, num_hidden_layers):\n"
         "        widths = [input_dim, *[hidden_dim] * num_hidden_layers, output_dim]\n"
         "        self.layers = chain(widths)"),
        ("MLP", "def __init__(self, n_in, hidden_layers, n_out):\n"
         "        self.layers = chain([n_in, *hidden_layers, n_out])"),
        ("MLP", "def __init__(self): self.layers = chain([6, 5, 2])"),
        ("NN", "def __init__(self, layers):\n"
         "        d, h, c = layers\n"
         "        self.layers = chain([d, h, c])"),
        ("NN", "def __init__(self, widths):\n"
         "        self.layers = np.empty(2 * len(widths) - 3, dtype=object)\n"
         "        for k, layer in enumerate(chain(widths)):\n"
         "            self.layers[k] = layer"),
    ],
)  # fmt: skip
def test_networks_are_made(tmp_path, name, constructor):
    verdict, parts = judged(tmp_path, constructor, name)
    assert verdict, str(verdict)
    assert parts == ["right"] * 3


def test_a_mistake_in_a_network_of_given_layers_is_found(tmp_path):
    given = "def __init__(self, layers): self.layers = layers"
    verdict, _ = judged(tmp_path, given, right="reversed(self.layers)", wrong="self.layers")
    assert [(p.name, f.slug) for _, p, f in verdict.findings] == [
        ("gradients", "layers not reversed")
    ]


@pytest.mark.parametrize(
    ("constructor", "note"),
    [
        (EMPTY + "def stack(self, layer): self.layers.append(layer)", "no layers to begin with"),
        ("def __init__(self): self.layers = chain([784, 128, 10])", "more than 20000 weights"),
        ("def __init__(self, x, y): self.layers = chain([x.shape[1], 5, y.max() + 1])",
         "given its data when it is made"),
        ("def fit(self, X, y): self.layers = chain([X.shape[1], 5, y.max() + 1])",
         "no layers to begin with"),
    ],
)  # fmt: skip
def test_a_network_that_cannot_be_judged_is_not_accused(tmp_path, constructor, note):
    verdict, parts = judged(tmp_path, constructor)
    assert parts == ["absent"] * 3
    assert verdict
    assert note in " ".join(str(verdict).split())


def test_a_network_whose_forward_asks_for_labels_is_not_accused(tmp_path):
    of_output = "def forward(self, X):\n        for"
    of_loss = of_output.replace("X", "X, y")
    sized = "def __init__(self, d, h, c): self.layers = chain([d, h, c])"
    verdict, parts = judged(tmp_path, sized, right=of_output, wrong=of_loss)
    assert verdict, str(verdict)
    assert parts == ["absent"] * 3


@pytest.mark.parametrize("name", ["Autoencoder", "ConvolutionalNeuralNetwork", "RecurrentNetwork"])
def test_other_kinds_of_networks_are_not_judged_unasked(tmp_path, name):
    constructor = "def __init__(self, d, h): self.layers = chain([d, h, d])"
    text = LAYERS.replace("{name}", name).replace("{constructor}", constructor)
    (tmp_path / "layers.py").write_text(text)
    verdict = check_file(tmp_path / "layers.py")
    assert verdict
    assert f"what it is: {name}." in " ".join(str(verdict).split())
    assert {layer.kind for layer in verdict.layers} == {"linear", "tanh", "training"}


def test_a_network_that_is_told_its_sizes_must_have_layers(tmp_path):
    verdict, parts = judged(tmp_path, "def __init__(self, d, h, c): self.layers = []")
    assert parts == ["wrong"]
    assert "it has no parameters, and so no layers yet" in " ".join(str(verdict).split())


class MLP:
    """One class with everything in it; others change a part."""

    def __init__(self, d, c, h, num_layers):
        widths = [d, *[h] * (num_layers - 1), c]
        self.W = [np.ones((d, c)) for d, c in pairwise(widths)]
        self.b = [np.zeros(c) for c in widths[1:]]

    def forward(self, x):
        self.inputs = [x]
        for W, b in zip(self.W[:-1], self.b[:-1], strict=True):
            self.inputs.append(np.tanh(self.inputs[-1] @ W + b))
        return self.inputs[-1] @ self.W[-1] + self.b[-1]

    def backward(self, g):
        self.dW, self.db = [], []
        for x, W in zip(reversed(self.inputs), reversed(self.W), strict=True):
            self.dW.insert(0, x.T @ g)
            self.db.insert(0, g.sum(axis=0))
            g = (g @ W.T) * (1 - x**2)

    def step(self, lr):
        for k in range(len(self.W)):
            self.W[k] -= lr * self.dW[k]
            self.b[k] -= lr * self.db[k]


@pytest.mark.parametrize("sizes", [(20, 10, 16, 2), (4, 3, 4, 3), (7, 2, 5, 1)])
def test_a_network_that_exists_is_judged_for_its_own_widths(sizes):
    verdict = check(MLP(*sizes))
    assert verdict, str(verdict)
    assert str(verdict).endswith("All right.")


class MLPThatPilesUp(MLP):
    mistake = ("gradients", "accumulated")

    def backward(self, g):
        old = getattr(self, "dW", None)
        super().backward(g)
        self.dW = self.dW if old is None else [a + b for a, b in zip(self.dW, old, strict=True)]


class MLPOfSeveralLayers(MLP):
    mistake = ("gradients", "not for every number of layers")

    def backward(self, g):
        if len(self.W) == 1:
            raise IndexError("list index out of range")
        super().backward(g)


class MLPOfSharedActivations(MLP):
    mistake = ("gradients", "one activation several times")

    def backward(self, g):
        last = self.inputs[-1]
        self.dW, self.db = [], []
        for k in range(len(self.W) - 1, -1, -1):
            self.dW.insert(0, self.inputs[k].T @ g)
            self.db.insert(0, g.sum(axis=0))
            g = g @ self.W[k].T * (1 - last**2 if k else 1)


class MLPThatReturnsMinus(MLP):
    mistake = ("gradients", "sign flipped")

    def backward(self, g):
        super().backward(g)
        for k in range(len(self.W) - 1, -1, -1):
            g = g @ self.W[k].T * (1 - self.inputs[k] ** 2 if k else -1)
        return g


class MLPWithoutBiases(MLP):
    def __init__(self, d, c, h, num_layers):
        super().__init__(d, c, h, num_layers)
        del self.b

    def forward(self, x):
        self.inputs = [x]
        for W in self.W[:-1]:
            self.inputs.append(np.tanh(self.inputs[-1] @ W))
        return self.inputs[-1] @ self.W[-1]

    def step(self, lr):
        for W, dW in zip(self.W, self.dW, strict=True):
            W -= lr * dW


class MLPWithoutBiasesBent(MLPWithoutBiases):
    mistake = ("forward", "activation after the last layer")

    def forward(self, x):
        return np.tanh(super().forward(x))


class MLPOfAWrongSlope(MLP):
    """Its loop goes backwards, though nothing in its first line says so."""

    mistake = ("gradients", "unknown")
    power = 4

    def backward(self, g):
        self.dW, self.db = [None] * len(self.W), [None] * len(self.W)
        for k in range(len(self.W)):
            i = len(self.W) + ~k
            self.dW[i], self.db[i] = self.inputs[i].T @ g, g.sum(axis=0)
            g = (g @ self.W[i].T) * (1 + self.inputs[i] ** self.power)


class MLPOfAWrongSign(MLPOfAWrongSlope):
    mistake = ("gradients", "sign in the derivative")
    power = 2


class MLPOfAWrongPlace(MLPOfAWrongSlope):
    """It takes tanh′ at tanh(z)."""

    mistake = ("gradients", "derivative at the output")

    def forward(self, x):
        scores = super().forward(x)
        self.activations = self.inputs
        self.inputs = [self.inputs[0], *map(np.tanh, self.inputs[1:])]
        return scores

    def backward(self, g):
        self.dW, self.db = [None] * len(self.W), [None] * len(self.W)
        for i in reversed(range(len(self.W))):
            self.dW[i], self.db[i] = self.activations[i].T @ g, g.sum(axis=0)
            g = (g @ self.W[i].T) * (1 - self.inputs[i] ** 2)


class MLPWithoutAStepSize(MLP):
    """It is told none, keeps none, and has none in its code."""

    mistake = ("step", "step size ignored")

    def step(self):
        super().step(1)


class MLPThatStretchesABias(MLP):
    mistake = ("step", "unknown")

    def step(self):
        self.b = [b - 0.3 * np.ones((2, 1)) * db for b, db in zip(self.b, self.db, strict=True)]


class MLPThatForgetsALayer(MLP):
    """What its forward does not use is no memory of what it uses."""

    mistake = ("forward", "unknown")

    def __init__(self, d, c, h):
        self.layers = [self.layer(d, h), self.layer(h, h), self.layer(h, h), self.layer(h, c)]

    def layer(self, d, c):
        return {"W": np.ones((d, c)), "b": np.zeros(c)}

    def forward(self, x):
        first, second, _, last = self.layers
        self.W, self.b = zip(*((p["W"], p["b"]) for p in (first, second, last)), strict=True)
        return super().forward(x)

    def backward(self, g):
        super().backward(g)
        kept = zip(self.dW, self.db, strict=True)
        for layer, (dW, db) in zip(self.layers, kept, strict=False):
            layer["dW"], layer["db"] = dW, db


class MLPWithVelocities(MLP):
    """Its velocity stands still at first."""

    def step(self, lr):
        gradients = [*self.dW, *self.db]
        old = getattr(self, "velocity", [0] * len(gradients))
        self.velocity = [0.9 * v - lr * g for v, g in zip(old, gradients, strict=True)]
        self.W = [W + v for W, v in zip(self.W, self.velocity, strict=False)]
        self.b = [b + v for b, v in zip(self.b, self.velocity[len(self.b) :], strict=True)]


class MLPOfAWrongVelocity(MLPWithVelocities):
    """A memory excuses no wrong step of one parameter alone."""

    mistake = ("step", "unknown")

    def step(self, lr):
        self.db[-1] = self.db[-1] / 2
        super().step(lr)
        self.db[-1] = 2 * self.db[-1]


class MLPOfSmallGradients(MLP):
    """One scale for all of them does not hold a norm."""

    mistake = ("gradients", "unknown")

    def backward(self, g):
        super().backward(0.37 * g)


class MLPOfHalfABiasStep(MLP):
    mistake = ("step", "unknown")

    def step(self, lr):
        super().step(lr)
        self.b[-1] += lr * self.db[-1] / 2


@pytest.mark.parametrize(
    "network",
    [
        MLPThatForgetsALayer,
        MLPOfAWrongVelocity,
        MLPOfSmallGradients,
        MLPOfHalfABiasStep,
        MLPWithoutAStepSize,
        MLPThatStretchesABias,
        MLPThatPilesUp,
        MLPOfSeveralLayers,
        MLPOfSharedActivations,
        MLPThatReturnsMinus,
        MLPWithoutBiasesBent,
        MLPOfAWrongSlope,
        MLPOfAWrongSign,
        MLPOfAWrongPlace,
    ],
)
def test_wrong_networks_are_named(network):
    findings = [(part.name, found.slug) for _, part, found in check(network, "network").findings]
    assert findings[:1] == [network.mistake]


class ThatListsItsActivations(MLP):
    def forward(self, x):
        output = super().forward(x)
        return [*self.inputs, output]


class ThatReturnsItsCaches(MLP):
    def forward(self, x):
        return super().forward(x), self.inputs

    def backward(self, g, caches):
        self.inputs = caches
        super().backward(g)
        return {"dW": self.dW, "db": self.db}

    def step(self, grads, lr):
        self.dW, self.db = grads["dW"], grads["db"]
        super().step(lr)


class OfAStepSizeInTheCode(MLP):
    def step(self):
        super().step(0.07)


class ThatMovesAtOnce(MLP):
    step = None

    def backward(self, g):
        super().backward(g)
        MLP.step(self, 0.07)


class ThatRemembersVelocities:
    """Arrays that are named as its parameters are, and are none."""

    def __init__(self, n_in, n_hidden, n_out):
        self.params = {"W1": np.ones((n_in, n_hidden)), "b1": np.zeros(n_hidden)}
        self.params |= {"W2": np.ones((n_hidden, n_out)), "b2": np.zeros(n_out)}
        self.velocity = {name: np.zeros_like(array) for name, array in self.params.items()}

    def forward(self, x):
        self.x = x
        self.a = np.tanh(x @ self.params["W1"] + self.params["b1"])
        return self.a @ self.params["W2"] + self.params["b2"]

    def backward(self, g):
        inner = g @ self.params["W2"].T * (1 - self.a**2)
        self.grads = {"W1": self.x.T @ inner, "b1": inner.sum(axis=0)}
        self.grads |= {"W2": self.a.T @ g, "b2": g.sum(axis=0)}

    def step(self, lr):
        for name, gradient in self.grads.items():
            self.velocity[name] = 0.9 * self.velocity[name] - lr * gradient
            self.params[name] = self.params[name] + self.velocity[name]


class ThatKeepsAnAverage(ThatRemembersVelocities):
    """Of its parameters; and it has a list of all of these."""

    def __init__(self, n_in, n_hidden, n_out):
        super().__init__(n_in, n_hidden, n_out)
        self.all = list(self.params.values())
        self.ema = {name: array.copy() for name, array in self.params.items()}

    def step(self, lr):
        for name, gradient in self.grads.items():
            self.params[name] -= lr * gradient
            self.ema[name] = 0.9 * self.ema[name] + 0.1 * self.params[name]


class ThatKeepsSumsNamedAsGradients(MLP):
    def __init__(self, d, c, h, num_layers):
        super().__init__(d, c, h, num_layers)
        self.grad_W = [np.zeros_like(W) for W in self.W]
        self.grad_b = [np.zeros_like(b) for b in self.b]

    def step(self, lr):
        super().step(lr)
        self.grad_W = [G + dW**2 for G, dW in zip(self.grad_W, self.dW, strict=True)]
        self.grad_b = [G + db**2 for G, db in zip(self.grad_b, self.db, strict=True)]


class ThatAnExampleLeavesSilent:
    """Its ReLU lets nothing of that example through; others show its parameters."""

    def __init__(self, d, h, c):
        (x,) = replace(NETWORK, n=1).inputs(0)
        self.units = [np.outer(-1000 * x, np.ones(h)), np.zeros(h), np.ones((h, c)), np.zeros(c)]

    def forward(self, x):
        self.x, (W1, b1, W2, b2) = x, self.units
        self.z = x @ W1 + b1
        return np.maximum(self.z, 0) @ W2 + b2

    def backward(self, g):
        inner = g @ self.units[2].T * (self.z > 0)
        self.grad_units = [self.x.T @ inner, inner.sum(axis=0)]
        self.grad_units += [np.maximum(self.z, 0).T @ g, g.sum(axis=0)]

    def step(self, lr):
        for unit, gradient in zip(self.units, self.grad_units, strict=True):
            unit -= lr * gradient


class ThatKeepsTheLastGradientFirst(MLP):
    def backward(self, g):
        super().backward(g)
        self.grads = list(zip(self.dW, self.db, strict=True))[::-1]
        del self.dW, self.db

    def step(self, lr):
        self.dW, self.db = (list(each) for each in zip(*reversed(self.grads), strict=True))
        super().step(lr)


class InSinglePrecision(MLP):
    """Its differences would be of rounding alone."""

    def __init__(self, d, c, h, num_layers):
        super().__init__(d, c, h, num_layers)
        self.W = [W.astype(np.float32) for W in self.W]
        self.b = [b.astype(np.float32) for b in self.b]

    def forward(self, x):
        return super().forward(x.astype(np.float32))


@pytest.mark.parametrize(
    "network",
    [
        InSinglePrecision,
        ThatKeepsTheLastGradientFirst,
        ThatListsItsActivations,
        ThatReturnsItsCaches,
        OfAStepSizeInTheCode,
        ThatMovesAtOnce,
        ThatAnExampleLeavesSilent,
        ThatRemembersVelocities,
        ThatKeepsAnAverage,
        ThatKeepsSumsNamedAsGradients,
    ],
)
def test_networks_are_right_however_they_are_written(network):
    verdict = check(network, "network")
    assert verdict, str(verdict)
    forward, gradients, step = verdict.layers[0].parts
    assert forward.status == "right"
    assert gradients.status == "right"
    assert step.status == ("absent" if network.step is None else "right"), str(verdict)


class ThatStepsByRootMeanSquares(MLP):
    def step(self, lr):
        gradients = [*self.dW, *self.db]
        old = getattr(self, "squares", [0] * len(gradients))
        self.squares = [0.9 * s + 0.1 * g**2 for s, g in zip(old, gradients, strict=True)]
        for θ, g, s in zip([*self.W, *self.b], gradients, self.squares, strict=True):
            θ -= lr * g / (np.sqrt(s) + 1e-8)


class ThatClipsTheNormInItsStep(MLP):
    def step(self, lr):
        norm = np.sqrt(sum(np.sum(g**2) for g in (*self.dW, *self.db)))
        super().step(lr * min(1, 5 / norm))


class ThatLetsItsWeightsDecay(MLP):
    def step(self, lr):
        self.W = [(1 - 1e-3 * lr) * W for W in self.W]
        super().step(lr)


class ThatClipsItsGradients(MLP):
    def backward(self, g):
        super().backward(g)
        for gradient in (*self.dW, *self.db):
            np.clip(gradient, -1, 1, out=gradient)


class ThatClipsTheNormOfItsGradients(MLP):
    def backward(self, g):
        super().backward(g)
        norm = np.sqrt(sum(np.sum(g**2) for g in (*self.dW, *self.db)))
        for gradient in (*self.dW, *self.db):
            gradient *= min(1, 5 / norm)


@pytest.mark.parametrize(
    ("network", "note"),
    [
        (ThatClipsItsGradients, "it is right, but for clipping at 1"),
        (ThatClipsTheNormOfItsGradients, "it is right, but for clipping to a norm of 5"),
    ],
)
def test_gradients_of_a_network_that_are_clipped_are_left_unjudged(network, note):
    verdict = check(network, "network")
    assert verdict, str(verdict)
    _, gradients, step = verdict.layers[0].parts
    assert gradients.unjudged
    assert gradients.note == note
    assert step.status == "right"


@pytest.mark.parametrize(
    ("network", "note"),
    [
        (ThatStepsByRootMeanSquares, "the step keeps more than the parameters"),
        (ThatClipsTheNormInItsStep, "it is right, but for clipping to a norm of 5"),
        (ThatLetsItsWeightsDecay, "it is right, but for a weight decay of 0.001"),
    ],
)
def test_a_step_of_a_network_that_is_not_plain_is_left_unjudged(network, note):
    verdict = check(network, "network")
    assert verdict, str(verdict)
    _, gradients, step = verdict.layers[0].parts
    assert gradients.status == "right"
    assert step.unjudged
    assert step.note.startswith(note)


class WithLearntSlopes:
    """Linear, PReLU, linear (He et al. 2015)."""

    factor = 1.0
    """Of the slopes' gradient, right with 1."""

    def __init__(self, d, h, c):
        self.W1, self.b1, self.a = np.ones((d, h)), np.zeros(h), np.full(h, 0.25)
        self.W2, self.b2 = np.ones((h, c)), np.zeros(c)

    def forward(self, x):
        self.x, self.z = x, x @ self.W1 + self.b1
        self.h = np.where(self.z > 0, self.z, self.a * self.z)
        return self.h @ self.W2 + self.b2

    def backward(self, g):
        self.dW2, self.db2 = self.h.T @ g, g.sum(axis=0)
        dh = g @ self.W2.T
        self.da = self.factor * (dh * np.minimum(self.z, 0)).sum(axis=0)
        dz = dh * np.where(self.z > 0, 1, self.a)
        self.dW1, self.db1 = self.x.T @ dz, dz.sum(axis=0)
        return dz @ self.W1.T

    def step(self, lr):
        for name in ("W1", "b1", "a", "W2", "b2"):
            setattr(self, name, getattr(self, name) - lr * getattr(self, f"d{name}"))


class ThatTripleTheirGradient(WithLearntSlopes):
    factor = 3.0


class WithABatchNormalization(WithLearntSlopes):
    """The slopes are its scale; the gradient of the bias before it is 0."""

    def forward(self, x):
        self.x, z = x, x @ self.W1 + self.b1
        self.deviation = np.sqrt(z.var(axis=0) + 1e-5)
        self.z = self.n = (z - z.mean(axis=0)) / self.deviation
        self.h = self.a * self.n
        return self.h @ self.W2 + self.b2

    def backward(self, g):
        self.dW2, self.db2 = self.h.T @ g, g.sum(axis=0)
        dh = g @ self.W2.T
        self.da = (dh * self.n).sum(axis=0)
        dn = dh * self.a
        dz = (dn - dn.mean(axis=0) - self.n * (dn * self.n).mean(axis=0)) / self.deviation
        self.dW1, self.db1 = self.x.T @ dz, dz.sum(axis=0)
        return dz @ self.W1.T


class ThatForgetsTheVariance(WithABatchNormalization):
    def backward(self, g):
        super().backward(g)
        dn = g @ self.W2.T * self.a
        self.dW1 = self.x.T @ ((dn - dn.mean(axis=0)) / self.deviation)


@pytest.mark.parametrize("network", [WithLearntSlopes, WithABatchNormalization])
def test_what_a_network_learns_besides_is_right(network):
    verdict = check(network, "network")
    assert verdict, str(verdict)
    forward, gradients, step = verdict.layers[0].parts
    assert (forward.unjudged, gradients.status, step.status) == (True, "right", "right")


@pytest.mark.parametrize(
    ("network", "title"),
    [(ThatTripleTheirGradient, "∂L/∂a is wrong"), (ThatForgetsTheVariance, "∂L/∂W1 is wrong")],
)
def test_a_mistake_in_a_network_of_its_own_structure_is_where_it_is(network, title):
    verdict = check(network, "network")
    assert [(part.name, f.title) for _, part, f in verdict.findings] == [("gradients", title)]


def test_a_network_may_do_without_biases():
    verdict = check(MLPWithoutBiases)
    assert verdict, str(verdict)
    assert str(verdict).endswith("All right.")


class NetworkThatKeepsItsLabels(MLP):
    def forward(self, x, y=None):
        self.y = y
        return super().forward(x)

    def backward(self):
        e = np.exp(self.inputs[-1] @ self.W[-1] + self.b[-1])
        super().backward((e / e.sum(axis=1, keepdims=True) - self.y) / len(self.y))


def test_a_network_whose_backward_asks_for_nothing_is_not_accused():
    verdict = check(NetworkThatKeepsItsLabels)
    assert verdict, str(verdict)
