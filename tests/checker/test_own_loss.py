"""Networks that compute their loss themselves: their gradients must be those of that."""

import time

import numpy as np
import pytest

from handgrad.checker import check
from tests.checker.with_loss import Network, findings


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


class OfALossThatIsNone(OfMargins):
    """What it calls its loss is the number of those that are wrong."""

    def loss(self, y):
        return float(np.sum(self.P.argmax(axis=1) != y))


class OfALossForEachExample(OfMargins):
    def loss(self, y):
        return self.margins(y).sum(axis=1)


class OfALossInWords(OfMargins):
    def loss(self, y):
        return np.array(f"{super().loss(y):.3f}")


class OfARandomLoss(OfMargins):
    def loss(self, y):
        return super().loss(y) + 0.001 * np.random.normal()


class OfASlowLoss(OfMargins):
    def loss(self, y):
        time.sleep(0.02)
        return super().loss(y)


@pytest.mark.parametrize(
    "network",
    [OfALossThatIsNone, OfALossForEachExample, OfALossInWords, OfARandomLoss, OfASlowLoss],
)
def test_what_is_no_differentiable_number_tells_nothing(network):
    verdict = check(network, "network")
    assert verdict, str(verdict)
    assert verdict.layers[0].unjudged


@pytest.mark.parametrize(
    ("told", "scale"),
    [
        ("twice {}", lambda n, c: 2),
        ("half {}", lambda n, c: 1 / 2),
        ("{}, over n", lambda n, c: 1 / n),
        ("{}, times c", lambda n, c: c),
        ("{}, over c", lambda n, c: 1 / c),
        ("{}, times nc", lambda n, c: n * c),
        ("twice {}, over nc", lambda n, c: 2 / (n * c)),
    ],
)
def test_gradients_may_be_its_own_loss_times_a_usual_scale(told, scale):
    class OfMarginsScaled(OfMargins):
        def error(self, y):
            return scale(*self.P.shape) * super().error(y)

    verdict = check(OfMarginsScaled, "network")
    assert verdict.complete, str(verdict)
    assert verdict.layers[0].conventions == told.format("its own loss")


class OfMarginsAndAPenalty(OfMargins):
    """Its loss has a penalty in it, which its gradients leave to the step."""

    def loss(self, y):
        return super().loss(y) + 0.05 * (np.sum(self.W1**2) + np.sum(self.W2**2))


class WithAPenaltyInItsStep(OfMarginsAndAPenalty):
    def step(self, lr):
        super().step(lr)
        self.W1, self.W2 = self.W1 - lr * 0.1 * self.W1, self.W2 - lr * 0.1 * self.W2


class WithLassoInItsStep(WithALoss):
    def loss(self, y):
        return super().loss(y) + 0.1 * (np.sum(np.abs(self.W1)) + np.sum(np.abs(self.W2)))

    def step(self, lr):
        super().step(lr)
        self.W1 = self.W1 - lr * 0.1 * np.sign(self.W1)
        self.W2 = self.W2 - lr * 0.1 * np.sign(self.W2)


@pytest.mark.parametrize("network", [WithAPenaltyInItsStep, WithLassoInItsStep])
def test_a_penalty_may_be_left_to_the_step(network):
    verdict = check(network, "network")
    assert verdict, str(verdict)


class WithAPenaltyInItsLossAlone(WithALoss):
    mistake = "penalty left out"

    def loss(self, y):
        return super().loss(y) + 0.05 * (np.sum(self.W1**2) + np.sum(self.W2**2))


class WithAMargin(OfMarginsAndAPenalty):
    mistake = "penalty left out"


class WithAReward(WithALoss):
    """Large weights make its loss less."""

    mistake = "another loss's gradient"

    def loss(self, y):
        return super().loss(y) - 0.5 * (np.sum(self.W1**2) + np.sum(self.W2**2))


class OfTheFirstInput(OfMargins):
    """It keeps the input of its first call for ever."""

    mistake = "not in the second call"

    def forward(self, X):
        first = getattr(self, "X", X)
        output = super().forward(X)
        self.X = first
        return output


class ThatForgetsEverything(OfMargins):
    mistake = "all zeros"

    def gradients(self, y):
        return tuple(0 * gradient for gradient in super().gradients(y))


class OfOneWrongSign(OfMargins):
    mistake, step = "one sign flipped", None

    def gradients(self, y):
        dW1, db1, dW2, db2 = super().gradients(y)
        return -dW1, db1, dW2, db2


@pytest.mark.parametrize(
    "network",
    [
        OfMarginsUndifferentiated,
        OfMarginsThatClimbs,
        OfMarginsOverAllNumbers,
        OfTwoLosses,
        OfALossTurned,
        WithAPenaltyInItsLossAlone,
        WithAMargin,
        WithAReward,
        OfTheFirstInput,
        ThatForgetsEverything,
        OfOneWrongSign,
    ],
)
def test_what_is_not_the_gradient_of_its_own_loss_is_found(network):
    assert findings(network) == [("gradients", network.mistake)]


class OfAPenaltyAlone(WithALoss):
    """What it calls its loss is the penalty on its weights."""

    def loss(self, y):
        return sum(np.sum(W**2) for W in (self.W1, self.b1, self.W2, self.b2))


class OfAnyMultiple(OfMargins):
    def error(self, y):
        return 0.3 * super().error(y)


def test_a_loss_that_is_no_other_is_not_accused():
    assert check(OfAPenaltyAlone, "network")
    verdict = check(OfAnyMultiple, "network")
    assert verdict.complete, str(verdict)
    assert verdict.layers[0].conventions == "a multiple of its own loss"


class InSinglePrecision(OfMargins):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__(n_in, n_hidden, n_out)
        for name in ("W1", "b1", "W2", "b2"):
            setattr(self, name, getattr(self, name).astype(np.float32))

    def forward(self, X):
        return super().forward(X.astype(np.float32))

    def error(self, y):
        return super().error(y).astype(np.float32)


class InSinglePrecisionUndifferentiated(InSinglePrecision):
    def slope(self):
        return np.ones((), np.float32)


def test_its_own_loss_has_its_say_in_single_precision():
    verdict = check(InSinglePrecision, "network")
    assert verdict.complete, str(verdict)
    assert verdict.layers[0].conventions == "its own loss"
    assert [part for part, _ in findings(InSinglePrecisionUndifferentiated)] == ["gradients"]


class WhereOneExampleFails(OfMargins):
    def error(self, y):
        if len(y) == 1:
            raise ValueError("a batch is more than one")
        return super().error(y)


def test_a_backward_that_fails_for_one_example_is_not_called_right():
    verdict = check(WhereOneExampleFails, "network")
    assert verdict, str(verdict)
    assert not verdict.complete


class ThatIsCarefulWithLogarithms(WithALoss):
    def loss(self, y):
        return -np.log(self.P[np.arange(len(y)), y] + 1e-4).mean()


def test_a_loss_may_keep_its_logarithms_away_from_zero():
    verdict = check(ThatIsCarefulWithLogarithms, "network")
    assert verdict.complete, str(verdict)


class ThatKeepsAColumnOfRates(Network):
    """Its `alpha` is an array of one number, which is none's step size."""

    def __init__(self, n_in, n_hidden, n_out):
        super().__init__(n_in, n_hidden, n_out)
        self.alpha = np.array([[0.25]])


def test_an_array_of_one_number_may_be_called_as_a_step_size():
    assert check(ThatKeepsAColumnOfRates, "network")


class ThatAsksForMore(OfMargins):
    step = None

    def backward(self, y, tape):
        self.dW1, self.db1, self.dW2, self.db2 = tape.gradients(y)


class WithoutNumbers(OfMargins):
    """Its gradients are not finite."""

    def gradients(self, y):
        return tuple(np.inf * gradient for gradient in super().gradients(y))


@pytest.mark.parametrize(
    ("network", "status"), [(ThatAsksForMore, "absent"), (WithoutNumbers, "wrong")]
)
def test_a_backward_without_gradients_to_compare_is_judged_to_the_end(network, status):
    _, gradients, step = check(network, "network").layers[0].parts
    assert (gradients.status, step.status) == (status, "absent")
