"""Networks in the forms that textbooks write them in."""

import inspect
import itertools

import numpy as np
import pytest

from handgrad.checker import check, check_file
from tests.checker.with_loss import findings, sigmoid, softmax


class OfAGradientAndAPrediction:
    """Forward is called predict, and backward is a function of input and labels."""

    right = "cross-entropy, the mean over the batch; one-hot labels"

    def __init__(self, n_in, n_hidden, n_out):
        rng = np.random.default_rng(0)
        self.params = {"W1": rng.normal(size=(n_in, n_hidden)), "b1": np.zeros(n_hidden)}
        self.params |= {"W2": rng.normal(size=(n_hidden, n_out)), "b2": np.zeros(n_out)}

    def hidden(self, x):
        return np.tanh(x @ self.params["W1"] + self.params["b1"])

    def scores(self, x):
        return self.hidden(x) @ self.params["W2"] + self.params["b2"]

    def predict(self, x):
        return softmax(self.scores(x))

    def loss(self, x, t):
        return -np.mean(np.sum(t * np.log(self.predict(x)), axis=1))

    def gradients_of(self, x, d2):
        A = self.hidden(x)
        d1 = d2 @ self.params["W2"].T * self.slope(A)
        return {"W1": x.T @ d1, "b1": d1.sum(axis=0), "W2": A.T @ d2, "b2": d2.sum(axis=0)}

    def slope(self, A):
        return 1 - A**2

    def gradient(self, x, t):
        return self.gradients_of(x, (self.predict(x) - t) / len(x))


class OfALossThatIsAll(OfAGradientAndAPrediction):
    """Its loss gives the scores without labels, and with them the gradients beside the loss."""

    right = "cross-entropy of the softmax, the mean over the batch; labels of shape n"
    gradient = None

    def predict(self, x):
        return self.scores(x).argmax(axis=1)

    def loss(self, x, y=None):
        scores = self.scores(x)
        if y is None:
            return scores
        P, of_labels = softmax(scores), (np.arange(len(y)), y)
        delta = P.copy()
        delta[of_labels] -= 1
        return -np.log(P[of_labels]).mean(), self.gradients_of(x, delta / len(y))


class OfOneColumn:
    """Its gradients, in lists, are those of one example, which is a column."""

    right = "half the squared error; one-hot labels, one example at a time"

    def __init__(self, sizes):
        rng = np.random.default_rng(0)
        pairs = list(itertools.pairwise(sizes))
        self.biases = [rng.normal(size=(c, 1)) for _, c in pairs]
        self.weights = [rng.normal(size=(c, d)) for d, c in pairs]

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights, strict=True):
            a = sigmoid(w @ a + b)
        return a

    def backprop(self, x, y):
        activations = [x]
        for b, w in zip(self.biases, self.weights, strict=True):
            activations.append(sigmoid(w @ activations[-1] + b))
        delta = (activations[-1] - y) * self.slope(activations[-1])
        of_biases, of_weights = [delta], [delta @ activations[-2].T]
        for number in range(len(self.weights) - 1, 0, -1):
            delta = self.weights[number].T @ delta * self.slope(activations[number])
            of_biases.insert(0, delta)
            of_weights.insert(0, delta @ activations[number - 1].T)
        return of_biases, of_weights

    def slope(self, A):
        return A * (1 - A)


@pytest.mark.parametrize("network", [OfAGradientAndAPrediction, OfALossThatIsAll, OfOneColumn])
def test_the_forms_that_textbooks_have_are_judged(network):
    verdict = check(network, "network")
    assert verdict, str(verdict)
    assert [part.status for part in verdict.layers[0].parts[:2]] == ["right", "right"]
    assert verdict.layers[0].conventions == network.right

    class OfNoSlope(network):
        def slope(self, A):
            return 1

    assert findings(OfNoSlope) == [("gradients", "derivative forgotten")]


@pytest.mark.parametrize(
    ("name", "judged"), [("TwoLayerNet", ["TwoLayerNet"]), ("NaiveBayes", []), ("Sigmoid", [])]
)
def test_only_a_network_may_call_its_methods_otherwise(tmp_path, name, judged):
    parts = [softmax, OfAGradientAndAPrediction]
    text = "import numpy as np\n\n" + "\n".join(map(inspect.getsource, parts))
    (tmp_path / "net.py").write_text(text.replace("OfAGradientAndAPrediction", name))
    verdict = check_file(tmp_path / "net.py")
    assert [layer.name for layer in verdict.layers] == judged
    assert bool(verdict.problem) != bool(judged)


class ThatReturnsAllLayers(OfOneColumn):
    """Z₁, A₁, Z₂, A₂, in columns, and labels as numbers."""

    right = "half the squared error; one-hot labels, one example at a time"

    def feedforward(self, a):
        outputs = []
        for b, w in zip(self.biases, self.weights, strict=True):
            outputs.append(w @ (outputs[-1] if outputs else a) + b)
            outputs.append(sigmoid(outputs[-1]))
        return tuple(outputs)


def test_a_forward_may_return_the_outputs_of_all_layers():
    verdict = check(ThatReturnsAllLayers, "network")
    assert verdict, str(verdict)
    assert verdict.layers[0].conventions == ThatReturnsAllLayers.right


class ThatSumsABias(OfAGradientAndAPrediction):
    """In a tuple, by order: one of them is one number."""

    def gradient(self, x, t):
        found = super().gradient(x, t)
        return found["W1"], found["b1"].sum(), found["W2"], found["b2"]


def test_a_gradient_that_is_one_number_is_found_among_others():
    assert findings(ThatSumsABias) == [("gradients", "summed over everything")]


class OfALossOfTheMean(OfALossThatIsAll):
    def loss(self, x, y=None):
        if y is None:
            return super().loss(x)
        loss, gradients = super().loss(x, y)
        return loss, {name: len(x) * gradient for name, gradient in gradients.items()}


def test_a_loss_and_gradients_of_one_call_are_of_one_scale():
    assert findings(OfALossOfTheMean) == [("gradients", "multiplied by n")]


def test_a_builtin_in_the_place_of_a_method_is_none(tmp_path):
    (tmp_path / "net.py").write_text("class Network:\n    loss = max\n    gradient = max\n")
    assert "has no layer" in check_file(tmp_path / "net.py").problem
