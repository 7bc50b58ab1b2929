"""Activations, losses and networks, each with a mistake; `mistake` says which."""

from itertools import pairwise

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_prime(x):
    return sigmoid(x) * (1 - sigmoid(x))


class Sigmoid:
    def forward(self, x):
        self.x = x
        self.out = sigmoid(x)
        return self.out

    def backward(self, grad):
        return grad * sigmoid_prime(self.x)


class SigmoidForgotten(Sigmoid):
    mistake = ("input gradient", "derivative forgotten")

    def backward(self, grad):
        return grad


class SigmoidAtOutput(Sigmoid):
    mistake = ("input gradient", "derivative at the output")

    def backward(self, grad):
        return grad * sigmoid_prime(self.out)


class SigmoidAtInput(Sigmoid):
    mistake = ("input gradient", "sigmoid's derivative without σ")

    def backward(self, grad):
        return grad * self.x * (1 - self.x)


class SigmoidHalf(Sigmoid):
    mistake = ("input gradient", "half a derivative")

    def backward(self, grad):
        return (1 - self.out) * grad


class SigmoidUpstream(Sigmoid):
    mistake = ("input gradient", "upstream gradient forgotten")

    def backward(self, grad):
        return self.out * (1 - self.out)


class SigmoidSign(Sigmoid):
    mistake = ("input gradient", "sign flipped")

    def backward(self, grad):
        return grad * self.out * (self.out - 1)


class SigmoidInnerSign(Sigmoid):
    mistake = ("input gradient", "sign in the derivative")

    def backward(self, grad):
        return np.multiply(grad, self.out * (1 + self.out))


class SigmoidInPlace(Sigmoid):
    mistake = ("input gradient", "gradient changed in place")

    def backward(self, grad):
        grad *= self.out * (1 - self.out)
        return grad


class SigmoidNothing(Sigmoid):
    mistake = ("input gradient", "input gradient not returned")

    def backward(self, grad):
        grad * self.out * (1 - self.out)


class SigmoidAveraged(Sigmoid):
    mistake = ("input gradient", "averaged")

    def backward(self, grad):
        return grad * self.out * (1 - self.out) / grad.shape[0]


class SigmoidStale(Sigmoid):
    mistake = ("input gradient", "stale input")

    def __init__(self):
        self.x = None

    def forward(self, x):
        if self.x is None:
            self.x = x
        return sigmoid(x)


class SigmoidForwardSign(Sigmoid):
    mistake = ("forward", "wrong sign in the exponent")

    def forward(self, x):
        self.x = x
        self.out = 1 / (1 + np.exp(x))
        return self.out


class ReLU:
    def forward(self, x):
        self.x = x
        return np.maximum(0, x)

    def backward(self, grad):
        return grad * (self.x > 0)


class ReLUMaskFromGradient(ReLU):
    mistake = ("input gradient", "mask from the gradient")

    def backward(self, grad):
        return grad * (grad > 0)


class ReLUMaskFromGradientMaximum(ReLU):
    mistake = ("input gradient", "mask from the gradient")

    def backward(self, grad):
        return np.maximum(grad, 0)


class ReLUMaskFromGradientWhere(ReLU):
    mistake = ("input gradient", "mask from the gradient")

    def backward(self, grad):
        result = grad.copy()
        result[grad < 0] = 0
        return result


class ReLUForgotten(ReLU):
    mistake = ("input gradient", "derivative forgotten")

    def backward(self, grad):
        return grad.copy()


class ReLUOtherDerivative(ReLU):
    mistake = ("input gradient", "sigmoid's derivative")

    def backward(self, grad):
        a = np.maximum(self.x, 0)
        return grad * a * (1 - a)


class ReLUInverted(ReLU):
    mistake = ("input gradient", "mask inverted")

    def backward(self, grad):
        return np.where(self.x > 0, 0, grad)


class ReLUValues(ReLU):
    mistake = ("input gradient", "values instead of mask")

    def backward(self, grad):
        return grad * np.maximum(0, self.x)


class ReLUUpstream(ReLU):
    mistake = ("input gradient", "upstream gradient forgotten")

    def backward(self, grad):
        return (self.x > 0).astype(float)


class ReLUGradientInPlace(ReLU):
    mistake = ("input gradient", "gradient changed in place")

    def backward(self, grad):
        grad[self.x <= 0] = 0
        return grad


class ReLUInputInPlace(ReLU):
    mistake = ("forward", "input changed in place")

    def forward(self, x):
        x[x < 0] = 0
        self.x = x
        return x


class ReLUOfSix(ReLU):
    mistake = ("forward", "not for small or large inputs")

    def forward(self, x):
        self.x = x
        return np.clip(x, 0, 6)


class ReLUMaskAboveZero(ReLU):
    mistake = ("input gradient", "not for small or large inputs")

    def backward(self, grad):
        return grad * (self.x > 0.1)


class ReLUMaskLate(ReLU):
    mistake = ("input gradient", "derivative forgotten")

    def forward(self, x):
        x = np.abs(np.maximum(0, x))
        self.x = x
        return x

    def backward(self, grad):
        return grad * (self.x >= 0)


class TanhAtInput:
    mistake = ("input gradient", "derivative at the input")

    def forward(self, x):
        self.x = x
        return np.tanh(x)

    def backward(self, grad):
        return grad * (1 - self.x**2)


class TanhNoSquare(TanhAtInput):
    mistake = ("input gradient", "square forgotten")

    def backward(self, grad):
        return grad * (1 - np.tanh(self.x))


class SoftmaxDiagonal:
    mistake = ("input gradient", "only the diagonal")

    def forward(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p

    def backward(self, grad):
        return grad * self.p * (1 - self.p)


class Softmax:
    def forward(self, z):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p

    def backward(self, grad):
        return self.p * (grad - (grad * self.p).sum(axis=1, keepdims=True))


class SoftmaxOverColumns(Softmax):
    mistake = ("forward", "wrong axis")

    def forward(self, z):
        e = np.exp(z - z.max(axis=0))
        self.p = e / e.sum(axis=0)
        return self.p


class SoftmaxOverflows(Softmax):
    mistake = ("large scores", "softmax overflows")

    def forward(self, z):
        e = np.exp(z)
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p


class SoftmaxMaxOfAll(Softmax):
    mistake = ("large scores", "max over the wrong axis")

    def forward(self, z):
        e = np.exp(z - z.max())
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p


class SoftmaxNotDivided(Softmax):
    mistake = ("forward", "not normalised")

    def forward(self, z):
        self.p = np.exp(z - z.max(axis=1, keepdims=True))
        return self.p


class SoftmaxSumOverColumns(Softmax):
    mistake = ("input gradient", "wrong axis")

    def backward(self, grad):
        return self.p * (grad - (grad * self.p).sum(axis=0))


class SoftmaxSumOfAll(Softmax):
    mistake = ("input gradient", "summed over everything")

    def backward(self, grad):
        return self.p * (grad - np.sum(grad * self.p))


class SoftmaxNoDenominator(Softmax):
    mistake = ("input gradient", "denominator forgotten")

    def backward(self, grad):
        return self.p * grad


class SoftmaxNoOuterFactor(Softmax):
    mistake = ("input gradient", "outer factor forgotten")

    def backward(self, grad):
        return grad - (grad * self.p).sum(axis=1, keepdims=True)


class SoftmaxUnweightedSum(Softmax):
    mistake = ("input gradient", "sum without the probabilities")

    def backward(self, grad):
        return self.p * (grad - grad.sum(axis=1, keepdims=True))


class CrossEntropySoftmax:
    """Right for labels of shape n."""

    def softmax(self, z):
        e = np.exp(z - np.max(z, axis=1, keepdims=True))
        return e / np.sum(e, axis=1, keepdims=True)

    def forward(self, logits, labels):
        self.p = self.softmax(logits)
        self.labels = labels
        return -np.mean(np.log(self.p[np.arange(len(labels)), labels]))

    def backward(self):
        grad = self.p.copy()
        grad[np.arange(len(grad)), self.labels] -= 1
        return grad / len(grad)


class CrossEntropySummed(CrossEntropySoftmax):
    mistake = ("forward", "summed instead of averaged")

    def forward(self, logits, labels):
        super().forward(logits, labels)
        return -np.sum(np.log(self.p[np.arange(len(labels)), labels]))


class CrossEntropySummedOneHot:
    mistake = ("forward", "summed instead of averaged")

    def forward(self, y_pred, y_true):
        e = np.exp(y_pred - y_pred.max(axis=1, keepdims=True))
        self.p, self.y = e / e.sum(axis=1, keepdims=True), y_true
        return -(self.y * np.log(self.p)).sum()

    def backward(self):
        return (self.p - self.y) / self.y.shape[0]


class CrossEntropyMeanOfAll(CrossEntropySummedOneHot):
    mistake = ("forward", "averaged over all entries")

    def forward(self, y_pred, y_true):
        super().forward(y_pred, y_true)
        return -np.mean(self.y * np.log(self.p))


class CrossEntropyUndivided(CrossEntropySoftmax):
    mistake = ("input gradient", "not divided by n")

    def backward(self):
        grad = self.p.copy()
        grad[np.arange(len(grad)), self.labels] -= 1
        return grad


class CrossEntropyStale(CrossEntropySoftmax):
    mistake = ("input gradient", "stale input")

    def __init__(self):
        self.kept = None

    def forward(self, logits, labels):
        loss = super().forward(logits, labels)
        if self.kept is None:
            self.kept = self.p, labels
        return loss

    def backward(self):
        self.p, self.labels = self.kept
        return super().backward()


class CrossEntropyPilesUp(CrossEntropySoftmax):
    mistake = ("forward", "accumulated")

    def __init__(self):
        self.total = 0

    def forward(self, logits, labels):
        self.total += super().forward(logits, labels)
        return self.total


class CrossEntropyChangesLabels(CrossEntropySoftmax):
    mistake = ("input gradient", "input changed in place")

    def backward(self):
        grad = super().backward()
        self.labels[...] = 0
        return grad


class CrossEntropyChangesScores(CrossEntropySoftmax):
    mistake = ("forward", "input changed in place")

    def forward(self, logits, labels):
        logits -= logits.max(axis=1, keepdims=True)
        return super().forward(logits, labels)


class CrossEntropyTwice(CrossEntropySoftmax):
    mistake = ("input gradient", "averaged")

    def backward(self):
        return super().backward() / len(self.p)


class CrossEntropySign(CrossEntropySoftmax):
    mistake = ("input gradient", "sign flipped")

    def backward(self):
        return (np.eye(self.p.shape[1])[self.labels] - self.p) / len(self.p)


class CrossEntropyOverflows(CrossEntropySoftmax):
    mistake = ("large scores", "softmax overflows")

    def softmax(self, z):
        return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


class CrossEntropyMaxOfAll(CrossEntropySoftmax):
    mistake = ("large scores", "max over the wrong axis")

    def softmax(self, z):
        e = np.exp(z - z.max())
        return e / e.sum(axis=1, keepdims=True)


class CrossEntropyMaxOfColumns(CrossEntropySoftmax):
    mistake = ("forward", "max over the wrong axis")

    def softmax(self, z):
        e = np.exp(z - np.max(z, axis=0))
        return e / e.sum(axis=1, keepdims=True)


class CrossEntropyColumns(CrossEntropySoftmax):
    mistake = ("forward", "wrong axis")

    def softmax(self, z):
        e = np.exp(z)
        return e / e.sum(axis=0)


class CrossEntropyPairs(CrossEntropySoftmax):
    mistake = ("forward", "labels off by one dimension")

    def forward(self, logits, labels):
        super().forward(logits, labels.reshape(-1))
        return -np.mean(np.log(self.p[np.arange(len(labels)), labels.reshape(-1, 1)]))


class CrossEntropyPairsBackward(CrossEntropySoftmax):
    mistake = ("input gradient", "labels off by one dimension")

    def backward(self):
        grad = self.p.copy()
        grad[np.arange(len(grad))[:, None], self.labels.reshape(1, -1)] -= 1
        return grad / len(grad)


class CrossEntropyFromOne(CrossEntropySoftmax):
    mistake = ("forward", "labels shifted")

    def forward(self, logits, labels):
        return super().forward(logits, labels - 1)


class CrossEntropyFirstLeftOut(CrossEntropySoftmax):
    mistake = ("forward", "example left out")

    def forward(self, logits, labels):
        super().forward(logits, labels)
        return -sum(np.log(self.p[i, labels[i]]) for i in range(1, len(labels))) / len(labels)


class CrossEntropyOfProbabilitiesByScores:
    mistake = ("input gradient", "gradient with respect to the scores")

    def forward(self, p, labels):
        self.p, self.labels = p, labels
        return -np.mean(np.log(p[np.arange(len(labels)), labels]))

    def backward(self):
        grad = self.p.copy()
        grad[np.arange(len(grad)), self.labels] -= 1
        return grad / len(grad)


class SoftmaxCrossEntropyWithoutSoftmax:
    """Its name says that the softmax is its own."""

    mistake = ("forward", "not normalised")

    def forward(self, scores, labels):
        self.scores, self.labels = scores, labels
        return -np.mean(scores[np.arange(len(labels)), labels])

    def backward(self):
        grad = np.zeros_like(self.scores)
        grad[np.arange(len(grad)), self.labels] = -1 / len(grad)
        return grad


class CrossEntropyOfProbabilities(CrossEntropySoftmax):
    mistake = ("input gradient", "softmax's derivative forgotten")

    def backward(self):
        y = np.eye(self.p.shape[1])[self.labels]
        return -y / self.p / len(y)


class LinearLayer:
    def __init__(self, input_dim, output_dim):
        self.weights = np.random.randn(input_dim, output_dim)
        self.bias = np.ones((1, output_dim)) / 2

    def forward(self, x):
        self.x = x
        return x @ self.weights + self.bias

    def backward(self, grad):
        self.grad_weights = self.x.T @ grad
        self.grad_bias = grad.sum(axis=0, keepdims=True)
        return grad @ self.weights.T

    def step(self, step_size):
        self.weights -= step_size * self.grad_weights
        self.bias -= step_size * self.grad_bias


class FeedForwardNetwork:
    """Right."""

    last = None

    def __init__(self, input_dim, output_dim, hidden_dim, num_layers):
        widths = [input_dim] + [hidden_dim] * (num_layers - 1) + [output_dim]
        self.layers = []
        for d, c in pairwise(widths):
            self.layers += [LinearLayer(d, c), Sigmoid()]
        self.layers.pop()

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad

    def step(self, step_size):
        for layer in self.layers[::2]:
            layer.step(step_size)


class NetworkForwards(FeedForwardNetwork):
    mistake = ("gradients", "layers not reversed")

    def backward(self, grad):
        for layer in self.layers:
            grad = layer.backward(grad)
        return grad


class NetworkSkipsActivations(FeedForwardNetwork):
    mistake = ("gradients", "derivative forgotten")

    def backward(self, grad):
        for layer in self.layers[::-2]:
            grad = layer.backward(grad)


class NetworkActivationLast(FeedForwardNetwork):
    mistake = ("forward", "activation after the last layer")

    def forward(self, x):
        return sigmoid(super().forward(x))


class NetworkWithoutActivations(FeedForwardNetwork):
    mistake = ("forward", "no activations")

    def __init__(self, input_dim, output_dim, hidden_dim, num_layers):
        super().__init__(input_dim, output_dim, hidden_dim, num_layers)
        self.layers = self.layers[::2]

    def step(self, step_size):
        for layer in self.layers:
            layer.step(step_size)


class NetworkOneTooMany(FeedForwardNetwork):
    mistake = ("forward", "wrong number of layers")

    def __init__(self, input_dim, output_dim, hidden_dim, num_layers):
        super().__init__(input_dim, output_dim, hidden_dim, num_layers + 1)


class NetworkOneLayerTwice(FeedForwardNetwork):
    mistake = ("forward", "one layer several times")

    def __init__(self, input_dim, output_dim, hidden_dim, num_layers):
        super().__init__(input_dim, output_dim, hidden_dim, num_layers)
        hidden = self.layers[2:-1]
        self.layers[2:-1] = hidden[:2] * (len(hidden) // 2)


class NetworkStepsFirstOnly(FeedForwardNetwork):
    mistake = ("step", "not all layers reached")

    def step(self, step_size):
        self.layers[0].step(step_size)


class NetworkStopsEarly(FeedForwardNetwork):
    mistake = ("gradients", "not all layers reached")

    def backward(self, grad):
        for layer in reversed(self.layers[2:]):
            grad = layer.backward(grad)
