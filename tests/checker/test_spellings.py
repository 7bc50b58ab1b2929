"""One file, written in other ways: right stays right, and wrong stays wrong."""

import pytest

from handgrad.checker import check_file

FILE = """
import numpy as np

class Dense:
    def __init__(self, d, c):
        self.W = np.random.randn(d, c)
        self.b = np.zeros((1, c))
        self.dW, self.db = np.zeros((d, c)), np.zeros((1, c))

    def forward(self, X):
        self.X = X
        return X @ self.W + self.b

    def backward(self, G):
        self.dW = self.X.T @ G
        self.db = G.sum(axis=0, keepdims=True)
        return G @ self.W.T

    def step(self, lr):
        self.W -= lr * self.dW
        self.b -= lr * self.db

class Sigmoid:
    def forward(self, X):
        self.A = 1 / (1 + np.exp(-X))
        return self.A

    def backward(self, G):
        return G * self.A * (1 - self.A)

class NeuralNetwork:
    def __init__(self, n_in, n_hidden, n_out):
        self.first, self.activation = Dense(n_in, n_hidden), Sigmoid()
        self.last = Dense(n_hidden, n_out)

    def forward(self, X):
        return self.last.forward(self.activation.forward(self.first.forward(X)))

    def backward(self, G):
        return self.first.backward(self.activation.backward(self.last.backward(G)))

    def step(self, lr):
        self.first.step(lr)
        self.last.step(lr)
"""
W_STEP, B_STEP = "self.W -= lr * self.dW", "self.b -= lr * self.db"
ITSELF = f"""
    def backward(self, G, learning_rate):
        dX = G @ self.W.T
        {W_STEP.replace("lr * self.dW", "learning_rate * self.X.T @ G")}
        {B_STEP.replace("lr * self.db", "learning_rate * G.sum(axis=0)")}
        return dX
"""
MOMENTUM = """    def backward(self, G):
        dX = G @ self.W.T
        self.vW = 0.9 * self.vW - 0.1 * self.X.T @ G
        self.vb = 0.9 * self.vb - 0.1 * G.sum(axis=0)
        self.W += self.vW
        self.b += self.vb
        return dX

"""
ADDING = {
    "self.dW = self.X.T @ G": "self.dW += self.X.T @ G",
    "self.db = G.sum": "self.db += G.sum",
    "    def step": "    def {}(self):\n        self.dW[...], self.db[...] = 0, 0\n\n    def step",
}
IDENTITY = """
class Linear:
    def forward(self, X):
        return X

    def backward(self, G):
        return G
"""
WITHOUT_LR = {"self, lr)": "self)", "step(lr)": "step()"}
"""A step whose size stands in the code."""
BASES = """
class NetworkLayer:
    def forward(self, X):
        raise NotImplementedError

    def backward(self, G):
        raise NotImplementedError

class NonLinearity(NetworkLayer):
    def forward(self, X):
        '''Left to others.'''

    def backward(self, G):
        '''Left to others.'''

class RectifiedLinear(NonLinearity):
    def forward(self, X):
        self.X = X
        return np.maximum(X, 0)

    def backward(self, G):
        return G * (self.X > 0)
"""


def judged(tmp_path, changes):
    text = FILE
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "layers.py").write_text(text)
    return check_file(tmp_path / "layers.py")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"self.first": "self.dense1", "self.last": "self.dense2"},
        {"self.first": "self.d1", "self.last": "self.d2"},
        {"self.dW": "self.dparams['W']", "self.db": "self.dparams['b']",
         "        self.dparams['W'], ": "        self.dparams = {}\n        self.dparams['W'], "},
        {"np.zeros((1, c))\n        self.dW": "np.zeros(c)\n        self.dW",
         B_STEP: "self.b = self.b - lr * self.db"},
        *({**ADDING, "    def step": ADDING["    def step"].format(name)}
          for name in ("reset_grad", "clear_grads", "zeroGrad")),
        {"def step": "def updateParameters", ".step(": ".updateParameters("},
        {"(self, X):\n        self.A": "(self, X, training=True):\n        self.A",
         "return self.A\n": "A = self.A\n        if not training:\n            del self.A\n"
         "        return A\n"},
        {"forward": "forwardPropagation", "backward": "backprop"},
        {"class Sigmoid": IDENTITY + "\nclass Sigmoid"},
        {"import numpy as np": "import numpy as np\n" + BASES},
        {**WITHOUT_LR, "lr *": "0.3 *"},
        {**WITHOUT_LR, "lr *": "self.lr *", "self.b = np": "self.lr = 1; self.b = np"},
        {"self, lr)": "self, h=0.3, verbose=False)", "lr *": "h *", "step(lr)": "step(h)"},
        {"return G @ self.W.T": "return self.dW, self.db, G @ self.W.T",
         "return self.first.backward(self.activation.backward(self.last.backward(G)))":
         "return self.first.backward(self.activation.backward(self.last.backward(G)[2]))[2]"},
        {"def __init__(self, d, c)": "def __init__(self, a, b)",
         "        self.W = np": "        d, c = a, b\n        self.W = np"},
        {"def __init__(self, n_in, n_hidden, n_out)": "def __init__(self, n0, n1, n2)",
         "n_in, n_hidden": "n0, n1", "n_hidden, n_out": "n1, n2"},
    ],
)  # fmt: skip
def test_right_however_it_is_written(tmp_path, changes):
    verdict = judged(tmp_path, changes)
    assert str(verdict).endswith("All right."), str(verdict)


@pytest.mark.parametrize(
    ("changes", "part", "note"),
    [
        ({W_STEP: "self.W -= lr * (self.dW + 1e-4 * self.W)"}, "step", "decay of 0.0001"),
        ({W_STEP: "self.W = (1 - 0.01 * lr) * self.W - lr * self.dW"}, "step", "decay of 0.01"),
        ({"= self.X.T @ G": "= self.X.T @ G + 0.2 * self.W"}, "weights gradient", "decay of 0.2"),
        ({"= self.X.T @ G": "= self.X.T @ G + 0.3 * self.W / len(G)"}, "weights gradient",
         "decay of 0.3 over the number of examples"),
        ({"= self.X.T @ G": "= np.clip(self.X.T @ G, -1, 1)"}, "weights gradient", "clipping at 1"),
        ({"= G.sum(axis=0, keepdims=True)": "= np.clip(G.sum(axis=0), -1, 1)"}, "bias gradient",
         "clipping at 1"),
        ({W_STEP: "self.W -= lr * np.clip(self.dW, -0.5, 0.5)"}, "step", "clipping at 0.5"),
        ({W_STEP: f"lr *= min(1, 2 / np.sqrt((self.dW**2).sum() + (self.db**2).sum())); {W_STEP}"},
         "step", "clipping to a norm of 2"),
        ({"return G @ self.W.T": "k = 3 / np.sqrt((self.dW**2).sum() + (self.db**2).sum())\n"
          "        self.dW, self.db = min(1, k) * self.dW, min(1, k) * self.db\n"
          "        return G @ self.W.T"}, "bias gradient", "clipping to a norm of 3"),
    ],
)  # fmt: skip
def test_a_regularized_layer_is_not_accused(tmp_path, changes, part, note):
    verdict = judged(tmp_path, changes)
    assert verdict, str(verdict)
    (told,) = (p.note for p in verdict.layers[0].parts if p.name == part)
    assert told.startswith("it is right, but for ")
    assert told.endswith(note)


def test_of_layers_with_a_momentum_the_network_and_its_training_are_not_accused(
    tmp_path,
):
    methods = FILE[FILE.index("    def backward") : FILE.index("class Sigmoid")]
    verdict = judged(tmp_path, {methods: MOMENTUM, "self.dW, self.db": "self.vW, self.vb",
                                FILE[FILE.rindex("\n    def step"):]: ""})  # fmt: skip
    assert verdict, str(verdict)
    told = {part.name: part for layer in verdict.layers for part in layer.parts}
    assert told["gradients"].unjudged
    assert told["training run"].status == "right"


def test_beside_a_weight_decay_the_bias_is_judged(tmp_path):
    changes = {W_STEP: "self.W -= lr * (self.dW + 1e-4 * self.W)", B_STEP: "self.b += lr * self.db"}
    findings = judged(tmp_path, changes).findings
    assert [(part.name, found.slug) for _, part, found in findings] == [("step", "step that adds")]


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        # A number that is no step size does not become one for fitting the numbers.
        ({W_STEP: "self.W = self.W + 0 * (self.eps * lr)", B_STEP: "pass",
          "        self.W = np.random": "        self.eps = 1e-12\n        self.W = np.random"},
         "step that does nothing"),
        # To clear the gradients is not to remember anything.
        ({W_STEP: "self.W -= 2 * lr * self.dW; self.dW[...] = 0"}, "unknown"),
        ({W_STEP: "self.W -= self.lr * self.dW", "self.b = np": "self.lr = 0.3; self.b = np"},
         "unknown"),
        # A step size that is not told is one for all parameters, and it is a factor.
        ({**WITHOUT_LR, "W -= lr *": "W -= 0.3 *", "b -= lr *": "b -= 0.2 *"}, "unknown"),
        ({**WITHOUT_LR, "-= lr *": "-="}, "step size ignored"),
        ({**WITHOUT_LR, "-= lr": "+= 0.3"}, "step that adds"),
    ],
)  # fmt: skip
def test_wrong_however_it_is_written(tmp_path, changes, mistake):
    findings = judged(tmp_path, changes).findings
    assert ("step", mistake) in [(part.name, found.slug) for _, part, found in findings]


@pytest.mark.parametrize("kept", ["lr", "alpha", "eps"])
def test_a_step_size_that_is_given_counts_before_one_that_is_kept(tmp_path, kept):
    methods = FILE[FILE.index("    def backward") : FILE.index("class Sigmoid")]
    verdict = judged(tmp_path, {
        methods: ITSELF.lstrip("\n") + "\n",
        "self.dW, self.db = np.zeros((d, c)), np.zeros((1, c))": f"self.{kept} = 0.3",
        FILE[FILE.index("class NeuralNetwork"):]: "",
    })  # fmt: skip
    assert verdict, str(verdict)
    (linear, _) = (layer for layer in verdict.layers if layer.kind != "training")
    assert [part.status for part in linear.parts[:4]] == ["right"] * 4
