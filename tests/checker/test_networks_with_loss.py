"""Networks that have their loss in their backward, which is given labels, or finds them kept."""

import numpy as np
import pytest

from handgrad.checker import check
from tests.checker.with_loss import Network, findings, sigmoid, softmax


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


class ThatMovesABiasByItself(Network):
    mistake = "step of one parameter"

    def step(self, lr):
        b2 = self.b2 - lr * self.b2
        super().step(lr)
        self.b2 = b2


class ThatMovesItsWeightsOddly(Network):
    mistake = "step of one parameter"

    def step(self, lr):
        W1 = self.W1 - lr * self.dW1 * self.W1
        super().step(lr)
        self.W1 = W1


@pytest.mark.parametrize(
    "network",
    [ThatForgetsABias, ThatStandsStill, ThatMovesABiasByItself, ThatMovesItsWeightsOddly],
)
def test_mistakes_of_the_step_are_named(network):
    assert findings(network) == [("step", network.mistake)]


class ThatMovesABiasFaster(Network):
    def step(self, lr):
        super().step(lr)
        self.b2 -= lr * self.db2


def test_a_step_size_of_its_own_for_a_parameter_is_not_accused():
    verdict = check(ThatMovesABiasFaster, "network")
    assert verdict, str(verdict)


class OfCubedSlopes(Network):
    def slope(self):
        return super().slope() ** 3


def test_all_that_a_result_is_computed_of_is_shown_where_no_mistake_matches():
    (_, _, finding), *_ = check(OfCubedSlopes, "network").findings
    for symbol in ("X", "y", "W1", "b1", "W2", "b2"):
        assert f"{symbol} = [" in finding.example


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
