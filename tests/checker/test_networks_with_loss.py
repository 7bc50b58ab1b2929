"""Networks that have their loss in their backward, which is given labels, or finds them kept."""

import inspect
import itertools

import numpy as np
import pytest

from handgrad.checker import check, check_file


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def findings(network):
    return [(part.name, found.slug) for _, part, found in check(network, "network").findings]


class Network:
    """Two layers, tanh between them; softmax and cross-entropy on class numbers."""

    right = "cross-entropy, the mean over the batch; labels of shape n"

    def __init__(self, n_in, n_hidden, n_out):
        rng = np.random.default_rng(0)
        self.W1, self.b1 = rng.normal(size=(n_in, n_hidden)), np.zeros(n_hidden)
        self.W2, self.b2 = rng.normal(size=(n_hidden, n_out)), np.zeros(n_out)

    def forward(self, X):
        self.X = X
        self.A1 = np.tanh(X @ self.W1 + self.b1)
        self.P = self.last(self.A1 @ self.W2 + self.b2)
        return self.P

    def last(self, Z):
        return softmax(Z)

    def error(self, y):
        """∂L/∂Z of the last layer."""
        delta = self.P.copy()
        delta[np.arange(len(y)), y] -= 1
        return delta / len(y)

    def slope(self):
        return 1 - self.A1**2

    def gradients(self, y):
        d2 = self.error(y)
        d1 = d2 @ self.W2.T * self.slope()
        return self.X.T @ d1, d1.sum(axis=0), self.A1.T @ d2, d2.sum(axis=0)

    def backward(self, y):
        self.dW1, self.db1, self.dW2, self.db2 = self.gradients(y)

    def step(self, lr):
        self.W1 -= lr * self.dW1
        self.b1 -= lr * self.db1
        self.W2 -= lr * self.dW2
        self.b2 -= lr * self.db2


class OfOneHotSums(Network):
    """Sigmoid outputs and binary cross-entropy, summed; gradients in a returned dictionary."""

    right = "cross-entropy, summed over the batch; one-hot labels"

    def last(self, Z):
        return sigmoid(Z)

    def error(self, Y):
        if Y.shape != self.P.shape:
            raise ValueError("labels are one-hot")
        return self.P - Y

    def backward(self, X, Y):
        dW1, db1, dW2, db2 = self.gradients(Y)
        return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}

    def step(self, grads, lr):
        for name, grad in grads.items():
            setattr(self, name, getattr(self, name) - lr * grad)


class OfSquares(Network):
    """Linear outputs, mean squared error, and the step taken in backward."""

    right = "twice half the squared error, the mean over all outputs of the batch; one-hot labels"
    step = None

    def last(self, Z):
        return Z

    def error(self, Y):
        return 2 * (self.P - Y) / Y.size

    def backward(self, X, Y, output, lr):
        assert output.shape == Y.shape
        dW1, db1, dW2, db2 = self.gradients(Y)
        self.W2, self.b2 = self.W2 - lr * dW2, self.b2 - lr * db2
        self.W1, self.b1 = self.W1 - lr * dW1, self.b1 - lr * db1


class OfAStepSizeOfItsOwn(Network):
    """Its step size stands in the code."""

    step = None

    def backward(self, y):
        dW1, db1, dW2, db2 = self.gradients(y)
        self.W2, self.b2 = self.W2 - 0.01 * dW2, self.b2 - 0.01 * db2
        self.W1, self.b1 = self.W1 - 0.01 * dW1, self.b1 - 0.01 * db1


class OfTurnedWeights(Network):
    """W is c × d."""

    def __init__(self, n_in, n_hidden, n_out):
        super().__init__(n_in, n_hidden, n_out)
        self.W1, self.W2 = self.W1.T.copy(), self.W2.T.copy()

    def forward(self, X):
        self.X, self.A1 = X, np.tanh(X @ self.W1.T + self.b1)
        self.P = self.last(self.A1 @ self.W2.T + self.b2)
        return self.P

    def gradients(self, y):
        d2 = self.error(y)
        d1 = d2 @ self.W2 * self.slope()
        return d1.T @ self.X, d1.sum(axis=0), d2.T @ self.A1, d2.sum(axis=0)


class ThatReturnsLists(Network):
    """(∂L/∂b …), (∂L/∂W …): in no order of the attributes."""

    step = None

    def backward(self, y):
        dW1, db1, dW2, db2 = self.gradients(y)
        return [db1, db2], [dW1, dW2]


class ThatReturnsWeightsFirst(ThatReturnsLists):
    def backward(self, y):
        return super().backward(y)[::-1]


class ThatReturnsPairs(ThatReturnsLists):
    def backward(self, y):
        dW1, db1, dW2, db2 = self.gradients(y)
        return (db1, dW1), (db2, dW2)


class ThatKeepsATuple(ThatReturnsLists):
    def backward(self, y):
        self.grads = self.gradients(y)


class ThatKeepsItsLabels(Network):
    """Its loss keeps them, and backward asks for nothing."""

    def loss(self, output, y):
        self.y = y
        return -np.log(output[np.arange(len(y)), y]).mean()

    def backward(self):
        super().backward(self.y)


class OfOneOutput(Network):
    """A probability, and labels of 0 and 1 in a column."""

    right = "cross-entropy, the mean over the batch; labels of shape n × 1"

    def __init__(self):
        super().__init__(2, 3, 1)

    def last(self, Z):
        return sigmoid(Z)

    def error(self, y):
        assert y.shape == self.P.shape
        return (self.P - y) / len(y)


class OfThreeWidths(Network):
    """Its widths come in a tuple, of which nothing says how long it is."""

    def __init__(self, layers=(4, 5, 3)):
        super().__init__(*layers)


class ThatAdds(Network):
    """It keeps minus the gradients, and adds them."""

    def gradients(self, y):
        return tuple(-gradient for gradient in super().gradients(y))

    def step(self, lr):
        super().step(-lr)


class ThatKeepsItsDeltas(Network):
    """∂L/∂Z of each layer, beside the gradients in lists."""

    def backward(self, y):
        d2 = self.error(y)
        self.deltas = [d2 @ self.W2.T * self.slope(), d2]
        self.dW, self.db = [self.X.T @ self.deltas[0], self.A1.T @ d2], [0, 0]
        self.db = [delta.sum(axis=0) for delta in self.deltas]

    def step(self, lr):
        self.W1, self.b1 = self.W1 - lr * self.dW[0], self.b1 - lr * self.db[0]
        self.W2, self.b2 = self.W2 - lr * self.dW[1], self.b2 - lr * self.db[1]


@pytest.mark.parametrize(
    "network",
    [
        Network,
        OfThreeWidths,
        ThatAdds,
        ThatKeepsItsDeltas,
        OfOneHotSums,
        OfSquares,
        OfAStepSizeOfItsOwn,
        OfTurnedWeights,
        ThatReturnsLists,
        ThatReturnsWeightsFirst,
        ThatReturnsPairs,
        ThatKeepsATuple,
        ThatKeepsItsLabels,
        OfOneOutput,
    ],
)
def test_right_ones_are_right_and_their_loss_is_told(network):
    verdict = check(network, "network")
    assert verdict, str(verdict)
    (layer,) = verdict.layers
    forward, gradients, step = layer.parts
    assert (forward.status, gradients.status) == ("right", "right")
    assert step.status == ("absent" if network.step is None else "right"), str(verdict)
    assert layer.conventions == network.right


MEAN, SUM = "{}, the mean over the batch", "{}, summed over the batch"
SCALES = {
    MEAN: lambda n, c: 1 / n,
    SUM: lambda n, c: 1,
    "{}, the mean over all outputs of the batch": lambda n, c: 1 / (n * c),
    "{}, the mean over the outputs, summed over the batch": lambda n, c: 1 / c,
}
SCALES |= {f"twice {words}": lambda n, c, f=f: 2 * f(n, c) for words, f in SCALES.items()}
SQUARED = "half the squared error"


@pytest.mark.parametrize(
    ("name", "last", "error", "scale"),
    [
        ("cross-entropy", softmax, lambda A, Y: A - Y, SUM),
        ("cross-entropy", lambda Z: np.log(softmax(Z)), lambda A, Y: np.exp(A) - Y, MEAN),
        ("cross-entropy of the softmax", lambda Z: Z, lambda A, Y: softmax(A) - Y, MEAN),
        (SQUARED, np.tanh, lambda A, Y: (A - Y) * (1 - A**2), MEAN),
        (SQUARED, softmax, lambda A, Y: A * (A - Y - (A * (A - Y)).sum(1, keepdims=True)), MEAN),
        *((SQUARED, sigmoid, lambda A, Y: (A - Y) * A * (1 - A), scale) for scale in SCALES),
    ],
)
def test_which_loss_it_is_is_told(name, last, error, scale):
    class OfALoss(Network):
        def last(self, Z):
            return last(Z)

        def error(self, Y):
            assert Y.shape == self.P.shape
            return SCALES[scale](*Y.shape) * error(self.P, Y)

    verdict = check(OfALoss, "network")
    assert verdict, str(verdict)
    assert verdict.layers[0].conventions == f"{scale.format(name)}; one-hot labels"


class ThatOverflows(Network):
    """Its hidden exponentials do no harm."""

    def forward(self, X):
        self.A1 = 1 / (1 + np.exp(-(X @ self.W1 + self.b1)))
        E = np.exp(self.A1 @ self.W2 + self.b2)
        self.X, self.P = X, E / E.sum(axis=1, keepdims=True)
        return self.P

    def slope(self):
        return self.A1 * (1 - self.A1)


def test_a_softmax_at_the_end_that_overflows_is_found():
    ((_layer, part, finding),) = check(ThatOverflows, "network").findings
    assert (part.name, finding.slug) == ("forward", "softmax overflows")
    assert finding.line.code == "E = np.exp(self.A1 @ self.W2 + self.b2)"


class Undifferentiated(Network):
    mistake = "derivative forgotten"

    def slope(self):
        return 1


class SummedInOneLayer(Network):
    mistake = "multiplied by n"

    def gradients(self, y):
        dW1, db1, dW2, db2 = super().gradients(y)
        return dW1 * len(y), db1, dW2, db2


class AveragedInTheBias(Network):
    mistake = "averaged"

    def gradients(self, y):
        dW1, db1, dW2, db2 = super().gradients(y)
        return dW1, db1, dW2, db2 / len(y)


class ThatClimbs(OfAStepSizeOfItsOwn):
    mistake = "sign flipped"

    def error(self, y):
        return -super().error(y)


class ThatAddsUndifferentiated(ThatAdds):
    """Of its two ways with signs the mistake is neither."""

    mistake = "derivative forgotten"

    def slope(self):
        return 1


class ThatMovesTooEarly(OfSquares):
    mistake = "updated weights"

    def backward(self, X, Y, output, lr):
        d2 = self.error(Y)
        self.W2 = self.W2 - lr * self.A1.T @ d2
        self.b2 = self.b2 - lr * d2.sum(axis=0)
        d1 = d2 @ self.W2.T * self.slope()
        self.W1, self.b1 = self.W1 - lr * X.T @ d1, self.b1 - lr * d1.sum(axis=0)


class ThatPilesUp(Network):
    mistake = "accumulated"

    def backward(self, y):
        gradients = self.gradients(y)
        if not hasattr(self, "dW1"):
            self.dW1, self.db1, self.dW2, self.db2 = map(np.zeros_like, gradients)
        for kept, new in zip((self.dW1, self.db1, self.dW2, self.db2), gradients, strict=True):
            kept += new


class OfTheLastExample(Network):
    mistake = "only the last example"

    def gradients(self, y):
        d2 = self.error(y) * len(y)
        d1 = d2 @ self.W2.T * self.slope()
        return self.X[-1:].T @ d1[-1:], d1[-1], self.A1[-1:].T @ d2[-1:], d2[-1]


class OfTheSlopeAtTheOutput(OfSquares):
    """σ′ with a σ in it, of what is σ already."""

    mistake = "derivative at the output"

    def last(self, Z):
        return sigmoid(Z)

    def error(self, Y):
        S = sigmoid(self.P)
        return (self.P - Y) * S * (1 - S)


class ThatStretchesItsBias(OfAStepSizeOfItsOwn):
    mistake = "parameter reshaped"

    def gradients(self, y):
        dW1, db1, dW2, _ = super().gradients(y)
        return dW1, db1, dW2, self.error(y)


@pytest.mark.parametrize(
    "network",
    [
        Undifferentiated,
        SummedInOneLayer,
        AveragedInTheBias,
        ThatClimbs,
        ThatAddsUndifferentiated,
        ThatMovesTooEarly,
        ThatPilesUp,
        OfTheLastExample,
        OfTheSlopeAtTheOutput,
        ThatStretchesItsBias,
    ],
)
def test_mistakes_are_named(network):
    assert findings(network) == [("gradients", network.mistake)]


class ThatForgetsABias(Network):
    mistake = "not all layers reached"

    def step(self, lr):
        b2 = self.b2.copy()
        super().step(lr)
        self.b2 = b2


class ThatStandsStill(Network):
    mistake = "step that does nothing"

    def step(self, lr):
        for parameter, gradient in ((self.W1, self.dW1), (self.W2, self.dW2)):
            parameter = parameter - lr * gradient


@pytest.mark.parametrize("network", [ThatForgetsABias, ThatStandsStill])
def test_mistakes_of_the_step_are_named(network):
    assert findings(network) == [("step", network.mistake)]


class ThatDividesInItsStep(Network):
    """Gradients are sums over the batch; its size is taken account of in the step."""

    right = "cross-entropy, summed over the batch; labels of shape n"

    def error(self, y):
        self.n = len(y)
        return super().error(y) * self.n

    def step(self, lr):
        super().step(lr / self.n)


def test_a_step_that_divides_sums_by_the_batch_size_is_not_accused():
    verdict = check(ThatDividesInItsStep, "network")
    assert verdict, str(verdict)


class OfCubes(OfSquares):
    def error(self, Y):
        return np.abs(self.P - Y) * (self.P - Y)


class WithWeightDecay(Network):
    def gradients(self, y):
        dW1, db1, dW2, db2 = super().gradients(y)
        return dW1 + 0.1 * self.W1, db1, dW2 + 0.1 * self.W2, db2


class WithL1(Network):
    def gradients(self, y):
        dW1, db1, dW2, db2 = super().gradients(y)
        return dW1 + 0.1 * np.sign(self.W1), db1, dW2 + 0.1 * np.sign(self.W2), db2


class OfWeightedClasses(Network):
    def error(self, y):
        return super().error(y) * np.array([1.0, 2.0, 0.5])[y][:, None]


class OfSmoothedLabels(OfOneHotSums):
    def error(self, Y):
        return self.P - (0.9 * Y + 0.1 / Y.shape[1])


class WithMomentumInBackward(Network):
    step = None

    def backward(self, y, lr):
        gradients = self.gradients(y)
        moves = getattr(self, "moves", [0] * 4)
        self.moves = [0.9 * v - lr * g for v, g in zip(moves, gradients, strict=True)]
        for name, move in zip(("W1", "b1", "W2", "b2"), self.moves, strict=True):
            setattr(self, name, getattr(self, name) + move)


class ThatIsClearedByItsStep(ThatPilesUp):
    """Its step is that of an optimizer, and takes what has come together."""

    def step(self, optimizer):
        optimizer.move(self)


@pytest.mark.parametrize(
    "network",
    [
        OfCubes,
        WithWeightDecay,
        WithL1,
        OfWeightedClasses,
        OfSmoothedLabels,
        WithMomentumInBackward,
        ThatIsClearedByItsStep,
    ],
)
def test_what_is_not_known_is_left_unjudged(network):
    verdict = check(network, "network")
    assert verdict, str(verdict)
    (gradients,) = (part for part in verdict.layers[0].parts if part.name == "gradients")
    assert (gradients.status, gradients.unjudged) == ("absent", True)


class WithALoss(Network):
    """It computes its loss itself, of what its forward kept."""

    def loss(self, y):
        return -np.log(self.P[np.arange(len(y)), y] + 1e-12).mean()


class OfMargins(Network):
    """Σ max(0, 1 + z_c − z_y), a loss of support vector machines, which is none that is known."""

    def last(self, Z):
        return Z

    def margins(self, y):
        return np.maximum(0, 1 + self.P - self.P[np.arange(len(y)), y][:, None])

    def loss(self, y):
        return self.margins(y).sum() / len(y) - 1

    def error(self, y):
        delta = (self.margins(y) > 0) / len(y)
        delta[np.arange(len(y)), y] -= delta.sum(axis=1)
        return delta


class WithAPenalty(OfMargins):
    def loss(self, y):
        return super().loss(y) + 0.05 * (np.sum(self.W1**2) + np.sum(self.W2**2))

    def gradients(self, y):
        dW1, db1, dW2, db2 = super().gradients(y)
        return dW1 + 0.1 * self.W1, db1, dW2 + 0.1 * self.W2, db2


class OfMarginsThatAreSummed(OfMargins):
    def error(self, y):
        return super().error(y) * len(y)


class OfMarginsOfA(OfMargins):
    """What its loss is given is called as an input may be, too."""

    def loss(self, a, y):
        assert a.shape == self.P.shape
        return super().loss(y), "of all margins"


@pytest.mark.parametrize(
    ("network", "told"),
    [
        (WithALoss, Network.right),
        (OfMargins, "its own loss"),
        (WithAPenalty, "its own loss"),
        (OfMarginsThatAreSummed, "its own loss, times n"),
        (OfMarginsOfA, "its own loss"),
    ],
)
def test_one_that_computes_its_loss_is_judged_by_that(network, told):
    verdict = check(network, "network")
    assert verdict, str(verdict)
    assert verdict.complete
    assert verdict.layers[0].conventions == told


class ThatLeavesItsPenaltyToTheStep(WithALoss):
    def loss(self, y):
        return super().loss(y) + 0.05 * (np.sum(self.W1**2) + np.sum(self.W2**2))

    def step(self, lr):
        super().step(lr)
        self.W1, self.W2 = self.W1 - lr * 0.1 * self.W1, self.W2 - lr * 0.1 * self.W2


def test_a_penalty_in_the_loss_may_be_left_to_the_step():
    assert check(ThatLeavesItsPenaltyToTheStep, "network")


class OfMarginsUndifferentiated(OfMargins):
    mistake = "unknown"

    def slope(self):
        return 1


class OfMarginsThatClimbs(OfMargins):
    mistake = "sign flipped"

    def error(self, y):
        return -super().error(y)


class OfMarginsOverAllNumbers(OfMargins):
    mistake = "divided by d"

    def error(self, y):
        return super().error(y) * len(y) / self.X.size


class OfTwoLosses(WithALoss):
    """It computes squares, and goes down cross-entropy."""

    mistake = "another loss's gradient"

    def loss(self, y):
        return np.mean((self.P - np.eye(3)[y]) ** 2)


class OfALossTurned(WithALoss):
    mistake = "loss has the wrong sign"

    def loss(self, y):
        return -super().loss(y)


@pytest.mark.parametrize(
    "network",
    [
        OfMarginsUndifferentiated,
        OfMarginsThatClimbs,
        OfMarginsOverAllNumbers,
        OfTwoLosses,
        OfALossTurned,
    ],
)
def test_what_is_not_the_gradient_of_its_own_loss_is_found(network):
    assert findings(network) == [("gradients", network.mistake)]


class OfALossThatIsNone(OfCubes):
    """What it calls its loss is the number of those that are wrong."""

    def loss(self, Y):
        return float(np.sum(self.P.argmax(axis=1) != Y.argmax(axis=1)))


class OfALossForEachExample(OfCubes):
    def loss(self, Y):
        return np.sum(np.abs(self.P - Y) ** 3, axis=1)


@pytest.mark.parametrize("network", [OfALossThatIsNone, OfALossForEachExample])
def test_what_is_no_differentiable_number_tells_nothing(network):
    verdict = check(network, "network")
    assert verdict, str(verdict)
    assert verdict.layers[0].unjudged


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


class ThatTransposesWrongly(Network):
    def gradients(self, y):
        dW1, db1, dW2, db2 = super().gradients(y)
        return dW1 + 0 * self.W2, db1, dW2, db2


class ThatWantsOtherLabels(Network):
    def error(self, y):
        if set(np.unique(y)) != {-1, 1}:
            raise ValueError("labels are 1 or -1")
        return self.P - y


def test_a_backward_that_stops_with_all_labels_is_found_and_one_that_refuses_them_is_not():
    assert findings(ThatTransposesWrongly) == [("gradients", "stops with an error")]
    assert findings(ThatWantsOtherLabels) == []


class Regression:
    """Softmax and cross-entropy on one linear layer."""

    def __init__(self, n_features, n_classes):
        self.W, self.b = np.zeros((n_features, n_classes)), np.zeros(n_classes)

    def forward(self, X):
        self.X, self.P = X, softmax(X @ self.W + self.b)
        return self.P

    def backward(self, y):
        delta = self.P - np.eye(self.P.shape[1])[y]
        self.dW, self.db = self.X.T @ delta / len(y), delta.mean(axis=0)


def test_what_takes_labels_in_its_backward_is_a_network_if_its_name_says_nothing():
    verdict = check(Regression)
    assert verdict, str(verdict)
    assert [(layer.kind, layer.conventions) for layer in verdict.layers] == [
        ("network", Network.right)
    ]
