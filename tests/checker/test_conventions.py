"""How layers are written, and what is told of them where it decides: `check` on small classes."""

import inspect
from pathlib import Path

import numpy as np
import pytest

from handgrad.checker import check, check_file
from handgrad.checker.judge_linear import BACKWARD_REMEMBERS
from handgrad.checker.rubric import grade

SUBMISSIONS = Path(__file__).parent / "submissions"


class Linear:
    """Right; the others change a part."""

    def __init__(self, d, c):
        self.W, self.b = np.ones((d, c)), np.zeros(c)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, g):
        self.dW, self.db = self.x.T @ g, g.sum(axis=0)
        return g @ self.W.T

    def step(self, lr):
        self.W = self.W - lr * self.dW
        self.b = self.b - lr * self.db


class LinearFunction:
    @staticmethod
    def forward(ctx, x, w, b):
        ctx.save_for_backward(x, w)
        return x @ w + b

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return g @ w.T, x.T @ g, g.sum(axis=0)


class LossFunction:
    @staticmethod
    def forward(ctx, scores, labels):
        ctx.labels = labels
        return 0.0

    @staticmethod
    def backward(ctx, g):
        return ctx.labels


@pytest.mark.parametrize(("layer", "asked"), [(LinearFunction, "ctx, w, b"), (LossFunction, "ctx")])
def test_what_cannot_be_called_is_left_unjudged(layer, asked):
    verdict = check(layer)
    assert verdict
    (part,) = verdict.layers[0].parts
    assert part.unjudged
    assert part.note.startswith(f"nothing says what to pass to its methods for {asked}")


class LinearWithItsOwnRate(Linear):
    lr = 0.1

    def step(self, weight_decay=0.0):
        self.W = self.W - self.lr * (self.dW + weight_decay * self.W)
        self.b = self.b - self.lr * self.db


class LinearOfTwoLetters(Linear):
    def __init__(self, d_in, d):
        super().__init__(d_in, d)


class LinearOfArrays(Linear):
    def __init__(self, W, b):
        self.W, self.b = W, b


class LinearWithTheBiasInTheWeights:
    def __init__(self, d, c):
        self.W = np.ones((d + 1, c))

    def forward(self, x):
        self.x = np.hstack([x, np.ones((len(x), 1))])
        return self.x @ self.W

    def backward(self, g):
        self.dW = self.x.T @ g
        return g @ self.W[:-1].T


class LinearWithMomentum(Linear):
    def step(self, lr, momentum=0.9):
        self.velocity = momentum * getattr(self, "velocity", 0) + (1 - momentum) * self.dW
        self.W = self.W - lr * self.velocity
        self.b = self.b - lr * self.db


class LinearThatRemembersInBackward(Linear):
    """A momentum; the next one remembers squares."""

    lr, step = 0.1, None

    def backward(self, g):
        dx = super().backward(g)
        old = getattr(self, "memories", (0, 0))
        dW, db = self.__dict__.pop("dW"), self.__dict__.pop("db")
        self.memories = self.remember(old[0], dW), self.remember(old[1], db)
        self.W = self.W - self.lr * self.used(self.memories[0], dW)
        self.b = self.b - self.lr * self.used(self.memories[1], db)
        return dx

    def remember(self, memory, gradient):
        return 0.9 * memory + gradient

    def used(self, memory, gradient):
        return memory


class LinearThatRemembersSquaresInBackward(LinearThatRemembersInBackward):
    def remember(self, memory, gradient):
        return 0.9 * memory + 0.1 * gradient**2

    def used(self, memory, gradient):
        return gradient / (np.sqrt(memory) + 1e-8)


class LinearAlwaysWithSigmoid(Linear):
    def forward(self, x):
        self.a = 1 / (1 + np.exp(-super().forward(x)))
        return self.a

    def backward(self, g):
        return super().backward(g * self.a * (1 - self.a))


class DenseWhoseNoneIsReLU(Linear):
    def __init__(self, d, c, activation=None):
        super().__init__(d, c)
        self.activation = activation or "relu"

    def forward(self, x):
        z = super().forward(x)
        self.mask = (z > 0) | (self.activation == "linear")
        return z * self.mask

    def backward(self, g):
        return super().backward(g * self.mask)


class DenseInColumnsWithAPair:
    """An activation and its derivative, which belong together."""

    def __init__(self, n_in, n_out, activation=np.tanh, derivative=lambda z: 1 - np.tanh(z) ** 2):
        self.W, self.b = np.ones((n_out, n_in)), np.zeros((n_out, 1))
        self.activation, self.derivative = activation, derivative

    def forward(self, x):
        self.x, self.z = x, self.W @ x + self.b
        return self.activation(self.z)

    def backward(self, g):
        g = g * self.derivative(self.z)
        self.dW, self.db = g @ self.x.T, g.sum(axis=1, keepdims=True)
        return self.W.T @ g


class Parameter:
    def __init__(self, values):
        self.values, self.grad = values, np.zeros_like(values)

    def zero_grad(self):
        self.grad[...] = 0


class LinearOfParameters:
    def __init__(self, d, c):
        self.weight, self.bias = Parameter(np.ones((d, c))), Parameter(np.zeros(c))

    def forward(self, x):
        self.x = x
        return x @ self.weight.values + self.bias.values

    def backward(self, g):
        self.weight.grad += self.x.T @ g
        self.bias.grad += g.sum(axis=0)
        return g @ self.weight.values.T


class LinearThatKeepsNumpy(Linear):
    def __init__(self, d, c):
        super().__init__(d, c)
        self.xp = np


class LinearInLongDoubles(LinearThatKeepsNumpy):
    def __init__(self, d, c):
        super().__init__(d, c)
        self.W, self.b = np.longdouble(self.W), np.longdouble(self.b)


class SoftmaxThatMayTakeLabels:
    def forward(self, z, y=None):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        self.p, self.y = e / e.sum(axis=1, keepdims=True), y
        return self.p if y is None else -np.log(self.p[np.arange(len(y)), y]).mean()

    def backward(self):
        grad = self.p.copy()
        grad[np.arange(len(grad)), self.y] -= 1
        return grad / len(grad)


SoftmaxThatMayTakeLabels.__name__ = "Softmax"


class CrossEntropy:
    """Of scores; labels come first."""

    def forward(self, y_true, y):
        e = np.exp(y - y.max(axis=1, keepdims=True))
        self.p, self.y = e / e.sum(axis=1, keepdims=True), y_true
        return -np.log(self.p[np.arange(len(y_true)), y_true]).mean()

    def backward(self):
        grad = self.p.copy()
        grad[np.arange(len(grad)), self.y] -= 1
        return grad / len(grad)


class CrossEntropyOfOutputs(CrossEntropy):
    """Of scores y and targets t."""

    def forward(self, y, t):
        return super().forward(t, y)


class CrossEntropyOfClasses(CrossEntropy):
    def __init__(self, num_classes):
        self.eye = np.eye(num_classes)

    def backward(self):
        return (self.p - self.eye[self.y]) / len(self.y)


class CrossEntropyGivenItsProbabilities(CrossEntropy):
    def forward(self, z, y):
        loss = super().forward(y, z)
        return loss, self.p

    def backward(self, probs, y):
        return (probs - np.eye(probs.shape[1])[y]) / len(y)


class CrossEntropyInTwoCalls(CrossEntropy):
    """Forward gives the probabilities; the loss, which is given the labels, comes after it."""

    def forward(self, z):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p

    def get_loss(self, label):
        self.y = label
        return -np.log(self.p[np.arange(len(label)), label]).mean()


class CrossEntropyOfAnyLabels(CrossEntropy):
    """Numbers of classes, or one-hot."""

    def forward(self, y, labels):
        self.one_hot = labels.ndim == 2
        return super().forward(labels.argmax(axis=1) if self.one_hot else labels, y)


class NeuralNetwork:
    """Parameters and gradients in dictionaries."""

    def __init__(self, d, h, c):
        self.params = {"W1": np.ones((d, h)), "b1": np.zeros(h)}
        self.params |= {"W2": np.ones((h, c)), "b2": np.zeros(c)}

    def forward(self, x):
        self.x, p = x, self.params
        self.a = np.tanh(x @ p["W1"] + p["b1"])
        return self.a @ p["W2"] + p["b2"]

    def backward(self, g):
        self.grads = {"dW2": self.a.T @ g, "db2": g.sum(axis=0)}
        g = g @ self.params["W2"].T * (1 - self.a**2)
        self.grads |= {"dW1": self.x.T @ g, "db1": g.sum(axis=0)}

    def step(self, lr):
        for name in self.params:
            self.params[name] -= lr * self.grads[f"d{name}"]


class NetworkOfProbabilities(NeuralNetwork):
    """No loss says that it takes scores; backward is given the gradient by the scores."""

    def forward(self, x):
        z = super().forward(x)
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)


class NetworkWithASkip(NeuralNetwork):
    def __init__(self, d, h, c):
        super().__init__(d, h, c)
        self.params["W2"] = np.ones((h + d, c))

    def forward(self, x):
        p = self.params
        self.x, h = x, np.tanh(x @ p["W1"] + p["b1"])
        self.a = np.hstack([h, x])
        return self.a @ p["W2"] + p["b2"]

    def backward(self, g):
        h = self.a[:, : self.params["b1"].size]
        self.grads = {"dW2": self.a.T @ g, "db2": g.sum(axis=0)}
        g = g @ self.params["W2"][: h.shape[1]].T * (1 - h**2)
        self.grads |= {"dW1": self.x.T @ g, "db1": g.sum(axis=0)}


class NetworkWithDropout(NeuralNetwork):
    def forward(self, x, training=True):
        self.mask = np.random.default_rng().random(x.shape) > 0.5 if training else 1.0
        return super().forward(x * self.mask)


class NetworkThatAsksWhetherItTrains(NetworkWithDropout):
    def forward(self, x, is_training):
        return super().forward(x, is_training)


class SoftmaxThatAsksWhetherItTrains:
    def forward(self, z, training):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p

    def backward(self, g):
        return self.p * (g - (g * self.p).sum(axis=1, keepdims=True))


class SoftmaxThatKnowsItsLoss:
    def forward(self, z):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p

    def backward(self, y):
        return (self.p - y) / len(y)


class NetworkOfWidths(NeuralNetwork):
    def __init__(self, d, c, hidden=(7,)):
        (h,) = hidden
        super().__init__(d, h, c)


RIGHT = [
    Linear,
    LinearWithItsOwnRate,
    LinearOfTwoLetters,
    LinearOfArrays,
    LinearWithTheBiasInTheWeights,
    LinearWithMomentum,
    LinearAlwaysWithSigmoid,
    DenseWhoseNoneIsReLU,
    DenseInColumnsWithAPair,
    LinearOfParameters,
    LinearThatKeepsNumpy,
    LinearInLongDoubles,
    SoftmaxThatMayTakeLabels,
    CrossEntropy,
    CrossEntropyOfOutputs,
    CrossEntropyOfClasses,
    CrossEntropyGivenItsProbabilities,
    CrossEntropyInTwoCalls,
    CrossEntropyOfAnyLabels,
    NeuralNetwork,
    NetworkOfProbabilities,
    NetworkWithASkip,
    NetworkWithDropout,
    NetworkThatAsksWhetherItTrains,
    SoftmaxThatAsksWhetherItTrains,
    SoftmaxThatKnowsItsLoss,
    NetworkOfWidths,
]


@pytest.mark.parametrize("layer", RIGHT)
def test_right_layers_are_right(layer):
    verdict = check(layer)
    assert verdict, str(verdict)


@pytest.mark.parametrize(
    ("layer", "random"),
    [(NetworkWithDropout, True), (NeuralNetwork, False), (SoftmaxThatAsksWhetherItTrains, False)],
)
def test_what_a_flag_makes_random_is_said_not_to_be_judged(layer, random):
    verdict = check(layer)
    part = verdict.layers[0].part("dropout")
    assert (part is not None and part.unjudged) == random
    assert verdict.complete != random


@pytest.mark.parametrize("name", ["LinearSVM", "LayerNormLinear", "DenseWithDropout"])
def test_what_is_more_than_a_linear_layer_is_not_taken_for_one(tmp_path, name):
    text = f"import numpy as np\n\n\n{inspect.getsource(Linear)}"
    assert [layer.kind for layer in judged(tmp_path, text).layers] == ["linear"]
    assert name in judged(tmp_path, text.replace("class Linear", f"class {name}")).problem


def test_what_may_be_there_and_is_not_judged_is_told():
    assert str(check(LinearWithMomentum)).endswith("what has a – was not judged.")
    assert str(check(Linear)).endswith("All right.")
    assert "judged without an activation" in " ".join(str(check(DenseWhoseNoneIsReLU)).split())


@pytest.mark.parametrize(
    "layer", [LinearThatRemembersInBackward, LinearThatRemembersSquaresInBackward]
)
def test_a_step_with_a_memory_in_backward_is_left_unjudged(layer):
    verdict = check(layer)
    assert verdict, str(verdict)
    _, weights, bias, by_input, _ = verdict.layers[0].parts
    assert weights.unjudged
    assert bias.unjudged
    assert weights.note == bias.note == BACKWARD_REMEMBERS
    assert by_input.status == "right"


class NetworkThatIsRandom(NeuralNetwork):
    rng = np.random.default_rng()

    def forward(self, x):
        return super().forward(x * (self.rng.random(x.shape) > 0.5))


class NetworkThatKeepsItsRandomness(NetworkThatIsRandom):
    """A copy of it has the same to draw."""

    def __init__(self, d, h, c):
        super().__init__(d, h, c)
        self.rng = np.random.default_rng(0)


@pytest.mark.parametrize("layer", [NetworkThatIsRandom, NetworkThatKeepsItsRandomness])
def test_what_is_random_is_not_judged(layer):
    verdict = check(layer)
    assert verdict, str(verdict)
    assert "forward: its forward is random" in str(verdict)
    assert str(verdict).endswith("what has a – was not judged.")


def test_what_fails_by_itself_is_wrong_in_what_is_random_too():
    class ReLU:
        def forward(self, x):
            return np.maximum(x, 0) * np.random.default_rng().random(x.shape)

        def backward(self, g):
            raise NotImplementedError

    assert [f.slug for _, _, f in check(ReLU).findings] == ["not written yet"]
    ReLU.backward = lambda self, g: g @ self.mask
    assert [f.slug for _, _, f in check(ReLU).findings] == ["stops with an error"]


class LinearOfReshapedBias(Linear):
    """After its step the bias has a row for each example."""

    mistake = ("bias gradient", "sum over the batch forgotten")

    def backward(self, g):
        self.dW, self.db = self.x.T @ g, g
        return g @ self.W.T


class LinearOfTurnedWeights(Linear):
    mistake = ("weights gradient", "transposed")

    def backward(self, g):
        self.dW, self.db = g.T @ self.x, g.sum(axis=0)
        return g @ self.W.T

    def step(self, lr):
        self.W = (self.W.T - lr * self.dW) if self.dW.shape != self.W.shape else self.W


class LinearOfAColumn(Linear):
    """The gradient is stretched along the bias."""

    mistake = ("step", "parameter reshaped")

    def backward(self, g):
        super().backward(g)
        self.db = self.db.reshape(-1, 1)
        return g @ self.W.T


class LinearWithAReLU(Linear):
    """Its gradients are those of XW + b."""

    mistake = ("forward", "activation in the linear layer")

    def forward(self, x):
        return np.maximum(super().forward(x), 0)


class LinearOfOneCrash(Linear):
    """What comes after the line that stops is right."""

    mistake = ("weights gradient", "operands swapped")

    def backward(self, g):
        self.dW = g @ self.x.T
        self.db = g.sum(axis=0)
        return g @ self.W.T


class LinearThatSqueezes(Linear):
    mistake = ("forward", "axis lost")

    def forward(self, x):
        return np.squeeze(super().forward(x))


class LinearThatClimbs(Linear):
    """An optimizer that need not be given excuses nothing."""

    mistake = ("step", "step that adds")

    def step(self, lr, optimizer=None):
        self.W = self.W + lr * self.dW
        self.b = self.b + lr * self.db


class SoftmaxClipped:
    mistake = ("large scores", "unknown")

    def forward(self, z):
        e = np.exp(np.clip(z, -500, 500))
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p

    def backward(self, g):
        return self.p * (g - (g * self.p).sum(axis=1, keepdims=True))


class CrossEntropyGivenItsScores(CrossEntropyGivenItsProbabilities):
    mistake = ("input gradient", "softmax forgotten")

    def backward(self, z, y):
        return super().backward(z, y)


class CrossEntropyUndivided(CrossEntropyGivenItsProbabilities):
    mistake = ("input gradient", "not divided by n")

    def backward(self, probs, y):
        return super().backward(probs, y) * len(y)


class CrossEntropyInTwoCallsUndivided(CrossEntropyInTwoCalls):
    mistake = ("input gradient", "not divided by n")

    def backward(self):
        return super().backward() * len(self.y)


class CrossEntropyUndividedOfNumbers(CrossEntropyOfAnyLabels):
    mistake = ("input gradient", "not divided by n")

    def backward(self):
        return super().backward() * (1 if self.one_hot else len(self.y))


class CrossEntropyUndividedOfOneHot(CrossEntropyOfAnyLabels):
    mistake = ("input gradient", "not divided by n")

    def backward(self):
        return super().backward() * (len(self.y) if self.one_hot else 1)


class CrossEntropyThatStops(CrossEntropy):
    """Where it is made, with a number that it asks for."""

    mistake = ("construction", "cannot be tried out")

    def __init__(self, num_classes):
        self.eye = np.eye(num_classes)[num_classes]


class LinearThatClimbsByMomentum(LinearThatRemembersInBackward):
    mistake = ("weights gradient", "sign flipped")

    def used(self, memory, gradient):
        return -memory


class NetworkOneNumber(NeuralNetwork):
    mistake = ("gradients", "summed over everything")

    def backward(self, g):
        super().backward(g)
        self.grads["db1"] = self.grads["db1"].sum()


class NetworkAveraged(NeuralNetwork):
    mistake = ("gradients", "averaged")

    def backward(self, g):
        super().backward(g)
        self.grads["dW2"] = self.grads["dW2"] / len(g)


class NetworkWithALastReLU(NeuralNetwork):
    mistake = ("forward", "activation after the last layer")

    def forward(self, x):
        return np.maximum(super().forward(x), 0)


@pytest.mark.parametrize(
    "layer",
    [
        LinearOfReshapedBias,
        LinearOfTurnedWeights,
        LinearOfAColumn,
        LinearWithAReLU,
        LinearOfOneCrash,
        LinearThatSqueezes,
        LinearThatClimbs,
        LinearThatClimbsByMomentum,
        SoftmaxClipped,
        CrossEntropyGivenItsScores,
        CrossEntropyUndivided,
        CrossEntropyInTwoCallsUndivided,
        CrossEntropyUndividedOfNumbers,
        CrossEntropyUndividedOfOneHot,
        CrossEntropyThatStops,
        NetworkOneNumber,
        NetworkAveraged,
        NetworkWithALastReLU,
    ],
)
def test_wrong_layers_are_named(layer):
    findings = [(part.name, found.slug) for _, part, found in check(layer).findings]
    assert findings[:1] == [layer.mistake]


class LinearOfOneColumn:
    """In a batch, its step of the weights is done when that of the bias stops."""

    def __init__(self, d, c):
        self.W, self.b = np.ones((c, d)), np.zeros((c, 1))

    def forward(self, x):
        self.x = x
        return self.W @ x + self.b

    def backward(self, g, lr):
        dx = self.W.T @ g
        self.W -= lr * g @ self.x.T
        self.b -= lr * g
        return dx


def test_what_a_backward_did_not_come_to_is_not_called_zero():
    found = {part.name: found.slug for _, part, found in check(LinearOfOneColumn).findings}
    assert found["bias gradient"] == "batch of one only"


def test_one_crash_is_one_finding():
    assert len(check(LinearOfOneCrash).findings) == 1


def test_a_layer_that_is_held_to_its_own_forward_earns_its_points():
    rubric = {"linear": {"forward": 1, "weights gradient": 3, "input gradient": 3}}
    rows = grade(check(LinearWithTheBiasInTheWeights), rubric)
    assert [earned for _, earned, _, _ in rows] == [1, 3, 3]


COURSE = (SUBMISSIONS / "course.py").read_text()
PAIR = "[LinearLayer(hidden_dim, hidden_dim), act()]"


@pytest.mark.parametrize(
    ("right", "wrong", "part", "mistake"),
    [
        (PAIR, PAIR.replace(", act()", ""), "forward", "activations misplaced"),
        (PAIR, PAIR.replace("act()", "act(), act()"), "forward", "activations misplaced"),
        ("grad = layer.backward(grad)", "layer.backward(grad)", "gradients",
         "same gradient for all layers"),
    ],
)  # fmt: skip
def test_mistakes_in_a_network_of_layers(tmp_path, right, wrong, part, mistake):
    assert right in COURSE
    findings = judged(tmp_path, COURSE.replace(right, wrong)).findings
    assert [(p.name, f.slug) for _, p, f in findings] == [(part, mistake)]


def test_a_mistake_in_a_linear_layer_is_not_the_network_s(tmp_path):
    text = COURSE.replace("@ self.weights + self.bias", "@ self.weights", 1)
    assert text != COURSE
    assert {layer.kind for layer, _, _ in judged(tmp_path, text).findings} == {"linear"}


def test_a_mistake_in_the_loss_does_not_keep_the_network_from_being_judged(tmp_path):
    text = COURSE.replace("return grad / len(grad)", "return grad")
    assert text != COURSE
    verdict = judged(tmp_path, text)
    (network,) = (layer for layer in verdict.layers if layer.kind == "network")
    assert {part.status for part in network.parts} == {"right"}


def test_layers_that_keep_what_others_return_are_right(tmp_path):
    text = """
import numpy as np
class Layer_Dense:
    def __init__(self, n_inputs, n_neurons):
        self.weights, self.biases = np.ones((n_inputs, n_neurons)), np.zeros((1, n_neurons))
    def forward(self, inputs):
        self.inputs, self.output = inputs, inputs @ self.weights + self.biases
    def backward(self, dvalues):
        self.dweights, self.dbiases = self.inputs.T @ dvalues, dvalues.sum(axis=0, keepdims=True)
        self.dinputs = dvalues @ self.weights.T
    def update(self, lr):
        self.weights -= lr * self.dweights
        self.biases -= lr * self.dbiases
class Activation_ReLU:
    def forward(self, inputs):
        self.inputs, self.output = inputs, np.maximum(0, inputs)
    def backward(self, dvalues):
        self.dinputs = dvalues * (self.inputs > 0)
"""
    verdict = judged(tmp_path, text)
    assert str(verdict).endswith("All right.")
    assert [layer.kind for layer in verdict.layers] == ["linear", "relu", "training"]
    wrong = judged(tmp_path, text.replace("@ self.weights + self.biases", "@ self.weights"))
    assert [(p.name, f.slug) for _, p, f in wrong.findings] == [("forward", "bias forgotten")]


@pytest.fixture
def columns():
    return (SUBMISSIONS / "columns.py").read_text()


def judged(tmp_path, text):
    (tmp_path / "layers.py").write_text(text)
    return check_file(tmp_path / "layers.py")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("return self.W @ A + self.b", "raise NotImplementedError"),
        ("return self.W @ A + self.b", "return self.W.T @ A + self.b"),
        ("np.zeros((n_out, 1))", "np.zeros(n_out)"),
    ],
)
def test_a_wrong_linear_layer_does_not_hide_that_examples_are_in_columns(
    tmp_path, columns, right, wrong
):
    verdict = judged(tmp_path, columns.replace(right, wrong))
    assert {layer.kind for layer, _, _ in verdict.findings} <= {"linear", "network"}
    (linear,) = (layer for layer in verdict.layers if layer.kind == "linear")
    assert not linear.right


def test_the_orientation_outlives_a_layer_that_ends_its_process(tmp_path, columns):
    verdict = judged(tmp_path, columns + TANH)
    assert [layer.name for layer, _, _ in verdict.findings] == ["Tanh"]


TANH = """
import os
class Tanh:
    def forward(self, x): os._exit(0)
    def backward(self, g): return g
"""


def test_one_layer_of_a_file_is_judged_as_its_file_is_written():
    assert check_file(SUBMISSIONS / "columns.py", ["Softmax"])


def test_a_network_of_matrices_tells_that_examples_are_in_columns(tmp_path, columns):
    softmax = columns[columns.index("class Softmax") : columns.index("class SoftmaxCross")]
    verdict = judged(tmp_path, f"import numpy as np\n\n\n{softmax}{MLP_IN_COLUMNS}")
    assert verdict, str(verdict)
    assert verdict.layers[0].kind == "softmax"


MLP_IN_COLUMNS = """
class MLP:
    def __init__(self, d, h, c):
        self.W1, self.W2 = np.ones((h, d)), np.ones((c, h))
        self.b1, self.b2 = np.zeros((h, 1)), np.zeros((c, 1))
    def forward(self, X):
        self.X = X
        self.A = np.tanh(self.W1 @ X + self.b1)
        return self.W2 @ self.A + self.b2
    def backward(self, dZ):
        self.dW2, self.db2 = dZ @ self.A.T, dZ.sum(axis=1, keepdims=True)
        dZ = self.W2.T @ dZ * (1 - self.A**2)
        self.dW1, self.db1 = dZ @ self.X.T, dZ.sum(axis=1, keepdims=True)
"""


def test_a_network_whose_layers_are_stepped_by_others_is_not_accused(tmp_path, columns):
    verdict = judged(tmp_path, columns[: columns.rindex("    def update")])
    assert verdict, str(verdict)
    assert "what has a – was not judged" in str(verdict)


def test_a_step_that_does_nothing_does_not_train(tmp_path, columns):
    verdict = judged(tmp_path, columns.replace("            layer.update(lr)", "            pass"))
    assert [part.name for _, part, _ in verdict.findings] == ["step"]


def test_a_network_before_a_loss_of_probabilities_is_told_of_the_softmax(tmp_path):
    text = (SUBMISSIONS / "probabilities.py").read_text()
    verdict = judged(tmp_path, text.replace(", Softmax()]", "]"))
    assert verdict, str(verdict)
    assert "a softmax belongs between the two" in " ".join(str(verdict).split())


def test_a_softmax_that_backward_leaves_out_is_missed_before_a_loss_of_probabilities(tmp_path):
    text = (SUBMISSIONS / "probabilities.py").read_text()
    verdict = judged(tmp_path, text.replace("reversed(self.layers)", "reversed(self.layers[:-1])"))
    (finding,) = verdict.findings
    assert (finding[1].name, finding[2].slug) == ("gradients", "softmax forgotten")


def test_a_gradient_that_follows_from_a_wrong_output_waits(tmp_path):
    text = (SUBMISSIONS / "probabilities.py").read_text()
    verdict = judged(tmp_path, text.replace("E / E.sum(axis=1", "E / E.sum(axis=0"))
    (softmax,) = (layer for layer in verdict.layers if layer.kind == "softmax")
    assert [part.status for part in softmax.parts][::2] == ["wrong", "waiting"]


class LeakyReLUOfTheFirstBatch:
    mistake = ("input gradient", "not in the second call")
    X = None

    def forward(self, X):
        if self.X is None:
            self.X = X
        return np.where(X > 0, X, 0.1 * X)

    def backward(self, G):
        return np.where(self.X > 0, G, 0.1 * G)


class PReLUThatPilesUp:
    mistake = ("gradient of slope", "accumulated")

    def __init__(self):
        self.slope, self.grad_slope = np.array(0.1), np.array(0.0)

    def forward(self, X):
        self.X = X
        return np.where(X > 0, X, self.slope * X)

    def backward(self, G):
        self.grad_slope = self.grad_slope + (G * self.X)[self.X < 0].sum()
        return np.where(self.X > 0, G, self.slope * G)


@pytest.mark.parametrize("layer", [LeakyReLUOfTheFirstBatch, PReLUThatPilesUp])
def test_a_layer_is_held_to_its_own_forward_in_the_second_call_too(layer):
    findings = [(part.name, found.slug) for _, part, found in check(layer, "unknown").findings]
    assert findings == [layer.mistake]
