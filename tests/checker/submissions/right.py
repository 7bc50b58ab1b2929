"""Right layers in many styles and conventions. None of them may be accused of anything."""

from itertools import pairwise

import numpy as np

rng = np.random.default_rng(5)


class LinearCourse:
    def __init__(self, input_dim, output_dim):
        self.weights = rng.standard_normal((input_dim, output_dim)) * np.sqrt(2 / input_dim)
        self.bias = np.ones((1, output_dim)) * 0.5

    def forward(self, input):
        self.input = input
        return self.input @ self.weights + self.bias

    def backward(self, grad):
        self.grad_weights = self.input.T @ grad
        self.grad_bias = np.sum(grad, axis=0, keepdims=True)
        return grad @ self.weights.T

    def step(self, step_size):
        self.weights -= step_size * self.grad_weights
        self.bias -= step_size * self.grad_bias


class LinearTorch:
    """Weights c × d, bias of shape c, as in the frameworks; gradients are reset by hand."""

    def __init__(self, in_features, out_features, bias=True):
        bound = 1 / np.sqrt(in_features)
        self.weight = rng.uniform(-bound, bound, (out_features, in_features))
        self.bias = rng.uniform(-bound, bound, out_features)
        self.zero_grad()

    def zero_grad(self):
        self.weight_grad = np.zeros_like(self.weight)
        self.bias_grad = np.zeros_like(self.bias)

    def forward(self, x):
        self.x = x
        return x @ self.weight.T + self.bias

    def backward(self, grad_output):
        self.weight_grad += grad_output.T @ self.x
        self.bias_grad += grad_output.sum(0)
        return grad_output @ self.weight

    def step(self, lr):
        self.weight -= lr * self.weight_grad
        self.bias -= lr * self.bias_grad


class LinearColumns:
    """A batch holds its examples in columns."""

    def __init__(self, n_in, n_out):
        self.W = rng.standard_normal((n_out, n_in)) * 0.01
        self.b = np.zeros((n_out, 1))

    def forward(self, A_prev):
        self.A_prev = A_prev
        return np.dot(self.W, A_prev) + self.b

    def backward(self, dZ):
        self.dW = np.dot(dZ, self.A_prev.T)
        self.db = np.sum(dZ, axis=1, keepdims=True)
        return np.dot(self.W.T, dZ)

    def update(self, learning_rate):
        self.W = self.W - learning_rate * self.dW
        self.b = self.b - learning_rate * self.db


class LinearBiasColumn:
    """The bias is c × 1 beside rows of examples."""

    def __init__(self, d_in, d_out):
        self.w = rng.standard_normal((d_in, d_out))
        self.b = np.zeros((d_out, 1))

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b.T

    def backward(self, g):
        self.grad_w = self.x.T @ g
        self.grad_b = g.sum(axis=0).reshape(-1, 1)
        return g @ self.w.T

    def step(self, eta):
        self.w -= eta * self.grad_w
        self.b -= eta * self.grad_b


class LinearReturnsAll:
    def __init__(self, input_size, output_size):
        self.params = {
            "W": rng.standard_normal((input_size, output_size)),
            "b": np.zeros(output_size),
        }

    def forward(self, x):
        self.cache = x
        return x.dot(self.params["W"]) + self.params["b"]

    def backward(self, dout):
        x, W = self.cache, self.params["W"]
        return dout.dot(W.T), x.T.dot(dout), np.sum(dout, axis=0)


class LinearReturnsDictionary:
    def __init__(self, nin, nout):
        self.W, self.b = rng.standard_normal((nin, nout)), np.zeros(nout)

    def forward(self, X):
        return X @ self.W + self.b, X

    def backward(self, dout, cache):
        return {"dX": dout @ self.W.T, "dW": cache.T @ dout, "db": dout.sum(axis=0)}


class LinearGradsDictionary:
    def __init__(self, units_in, units_out, seed):
        generator = np.random.default_rng(seed)
        self.params = {
            "W": generator.normal(size=(units_in, units_out)),
            "b": np.zeros((1, units_out)),
        }
        self.grads = {"W": None, "b": None}

    def forward(self, inputs):
        self.inputs = inputs
        return np.einsum("nd,dc->nc", inputs, self.params["W"]) + self.params["b"]

    def backward(self, upstream):
        self.grads["W"] = np.einsum("nd,nc->dc", self.inputs, upstream)
        self.grads["b"] = np.ones((1, len(upstream))) @ upstream
        return np.einsum("nc,dc->nd", upstream, self.params["W"])

    def step(self, step_size):
        for name in self.params:
            self.params[name] -= step_size * self.grads[name]


class LinearLoops:
    """Everything in loops."""

    def __init__(self, fan_in, fan_out):
        self.W = rng.standard_normal((fan_in, fan_out))
        self.b = np.zeros(fan_out)

    def forward(self, x):
        self.x = x
        return np.array([[row @ self.W[:, j] + self.b[j] for j in range(len(self.b))] for row in x])

    def backward(self, grad):
        self.dW = np.zeros_like(self.W)
        self.db = np.zeros_like(self.b)
        for x, g in zip(self.x, grad, strict=True):
            self.dW += np.outer(x, g)
            self.db += g
        return np.array([self.W @ g for g in grad])

    def step(self, alpha):
        self.W -= alpha * self.dW
        self.b -= alpha * self.db


class LinearUpdatesItself:
    """No step: backward moves the parameters, after everything is computed."""

    def __init__(self, input_size, output_size):
        self.weights = rng.standard_normal((input_size, output_size))
        self.bias = rng.standard_normal((1, output_size))

    def forward(self, input_data):
        self.input = input_data
        self.output = np.dot(self.input, self.weights) + self.bias
        return self.output

    def backward(self, output_error, learning_rate):
        input_error = np.dot(output_error, self.weights.T)
        weights_error = np.dot(self.input.T, output_error)
        self.weights -= learning_rate * weights_error
        self.bias -= learning_rate * output_error.sum(axis=0, keepdims=True)
        return input_error


class LinearFloat32:
    def __init__(self, input_dim, output_dim):
        self.W = rng.standard_normal((input_dim, output_dim)).astype(np.float32)
        self.b = np.zeros(output_dim, np.float32)

    def forward(self, x):
        self.x = np.asarray(x, np.float32)
        return self.x @ self.W + self.b

    def backward(self, grad):
        grad = np.asarray(grad, np.float32)
        self.gradW = self.x.T @ grad
        self.gradb = grad.sum(0)
        return grad @ self.W.T

    def step(self, step_size):
        self.W -= np.float32(step_size) * self.gradW
        self.b -= np.float32(step_size) * self.gradb


class Parameter:
    def __init__(self, value):
        self.value = value
        self.grad = np.zeros_like(value)


class LinearParameters:
    """Each parameter is an object of its own; step is somebody else's."""

    def __init__(self, in_dim, out_dim):
        self.W = Parameter(rng.standard_normal((in_dim, out_dim)))
        self.b = Parameter(np.zeros((1, out_dim)))

    def forward(self, x):
        self.x = x
        return x @ self.W.value + self.b.value

    def backward(self, grad):
        self.W.grad = self.x.T @ grad
        self.b.grad = grad.sum(axis=0, keepdims=True)
        return grad @ self.W.value.T


class LinearMomentum:
    def __init__(self, output_dim, input_dim, lr=0.1):
        self.weights = rng.standard_normal((input_dim, output_dim))
        self.bias = np.zeros(output_dim)
        self.velocity_w = np.zeros_like(self.weights)
        self.velocity_b = np.zeros_like(self.bias)
        self.lr = lr

    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        self.last_x = x
        return x @ self.weights + self.bias

    def backward(self, gradient):
        self.weights_gradient = self.last_x.T @ gradient
        self.bias_gradient = gradient.sum(axis=0)
        return gradient @ self.weights.T

    def step(self):
        self.velocity_w = 0.9 * self.velocity_w - self.lr * self.weights_gradient
        self.velocity_b = 0.9 * self.velocity_b - self.lr * self.bias_gradient
        self.weights += self.velocity_w
        self.bias += self.velocity_b


class DenseStoresInputGradient:
    def __init__(self, n_inputs, n_neurons):
        self.weights = 0.01 * np.random.randn(n_inputs, n_neurons)
        self.biases = np.zeros((1, n_neurons))

    def forward(self, inputs):
        self.inputs = inputs
        return np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        self.dinputs = np.dot(dvalues, self.weights.T)


class LinearNoBias:
    def __init__(self, d, c):
        self.theta = rng.standard_normal((d, c))

    def forward(self, x):
        self.x = x
        return x @ self.theta

    def backward(self, g):
        self.theta_grad = self.x.T @ g
        return g @ self.theta.T

    def step(self, rate):
        self.theta -= rate * self.theta_grad


class LinearReturnsNested(LinearCourse):
    """Backward returns the input's gradient and a pair; an optimizer steps."""

    def backward(self, grad):
        pair = (self.input.T @ grad, grad.sum(axis=0, keepdims=True))
        return grad @ self.weights.T, pair

    def step(self, optimizer, grads):
        optimizer([self.weights, self.bias], grads)


class LinearListsInPlace:
    """Lists of parameters and of gradients, which backward writes into."""

    def __init__(self, n_in, n_out):
        self.params = [rng.standard_normal((n_in, n_out)), np.zeros(n_out)]
        self.grads = [np.zeros_like(param) for param in self.params]

    def forward(self, x):
        self.x = x
        return x @ self.params[0] + self.params[1]

    def backward(self, grad):
        self.grads[0][...] = self.x.T @ grad
        self.grads[1][...] = grad.sum(axis=0)
        return grad @ self.params[0].T

    def step(self, eps=0.1):
        for param, grad in zip(self.params, self.grads, strict=True):
            param -= eps * grad


class DenseMadeAtFirstForward:
    """It knows its inputs' number when it sees them; an optimizer steps."""

    def __init__(self, units):
        self.units, self.w = units, None

    def forward(self, x):
        if self.w is None:
            self.w, self.b = rng.standard_normal((x.shape[1], self.units)), np.zeros(self.units)
        self.x = x
        return x @ self.w + self.b

    def backward(self, grad):
        self.dw, self.db = self.x.T @ grad, grad.sum(axis=0)
        return grad @ self.w.T

    def step(self, optimizer):
        optimizer(self.w, self.dw)
        optimizer(self.b, self.db)


class DenseWithActivation:
    """With an activation in it, if asked for."""

    def __init__(self, shape, activation="relu"):
        self.w, self.b = rng.standard_normal(shape), np.zeros(shape[1])
        self.linear = {"relu": False, "linear": True}[activation]

    def forward(self, x):
        self.x, z = x, x @ self.w + self.b
        self.mask = np.ones(z.shape) if self.linear else z > 0
        return z * self.mask

    def backward(self, grad):
        grad = grad * self.mask
        self.dw, self.db = self.x.T @ grad, grad.sum(axis=0)
        return grad @ self.w.T


class SigmoidOutput:
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, grad):
        return grad * self.out * (1 - self.out)

    def step(self, step_size):
        pass


class SigmoidClipped:
    def forward(self, x):
        self.z = np.clip(x, -500, 500)
        return 1.0 / (1.0 + np.exp(-self.z))

    def backward(self, dA):
        s = 1.0 / (1.0 + np.exp(-self.z))
        return dA * s * (1 - s)


class SigmoidStable:
    def forward(self, x):
        e = np.exp(-np.abs(x))
        self.a = np.where(x >= 0, 1 / (1 + e), e / (1 + e))
        return self.a

    def backward(self, g):
        slope = self.a - self.a**2
        return np.multiply(g, slope)


class ReLUMaximum:
    def forward(self, input):
        self.input = input
        return np.maximum(0, input)

    def backward(self, grad):
        return grad * (self.input > 0)


class ReLUCopies:
    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dx = dout.copy()
        dx[self.mask] = 0
        return dx


class ReLUWhereFromOutput:
    def __init__(self):
        self.A = None

    def forward(self, Z):
        self.A = Z * (Z > 0)
        return self.A

    def backward(self, dA):
        return np.where(self.A > 0, dA, 0.0)


class Tanh:
    def forward(self, x):
        self.out = (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))
        return self.out

    def backward(self, grad):
        return grad * (1 - self.out * self.out)


class Softmax:
    def forward(self, z):
        e = np.exp(z - z.max(1, keepdims=True))
        self.p = e / e.sum(1, keepdims=True)
        return self.p

    def backward(self, g):
        return np.array(
            [(np.diag(p) - np.outer(p, p)) @ row for p, row in zip(self.p, g, strict=True)]
        )


class CrossEntropyColumnLabels:
    """Labels n × 1, and a small constant in the logarithm."""

    def forward(self, logits, labels):
        e = np.exp(logits - np.max(logits, axis=1, keepdims=True))
        self.probs = e / np.sum(e, axis=1, keepdims=True)
        self.labels = labels
        rows = np.arange(len(self.probs))[:, np.newaxis]
        return -np.mean(np.log(self.probs[rows, labels] + 0.00001))

    def backward(self):
        grad = self.probs.copy()
        grad[np.arange(len(self.probs))[:, np.newaxis], self.labels] -= 1
        return grad.astype(np.float64) / len(self.probs)


class CrossEntropyOneHot:
    def forward(self, y_pred, y_true):
        shifted = y_pred - y_pred.max(axis=1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return -(y_true * logs).sum(axis=1).mean()

    def backward(self, y_pred, y_true):
        e = np.exp(y_pred - y_pred.max(axis=1, keepdims=True))
        return (e / e.sum(axis=1, keepdims=True) - y_true) / y_true.shape[0]


class SoftmaxCrossEntropyReturnsBoth:
    def forward(self, x, y):
        z = x - np.amax(x, axis=1)[:, None]
        p = np.exp(z) / np.exp(z).sum(axis=1)[:, None]
        self.grad = (p - np.eye(x.shape[1])[y]) / len(y)
        return np.mean([-np.log(row[label]) for row, label in zip(p, y, strict=True)]), p

    def backward(self, dout=1.0):
        return dout * self.grad


class CrossEntropyInColumns:
    """Scores c × n, and labels 1 × n."""

    def forward(self, z, y):
        e = np.exp(z - z.max(axis=0, keepdims=True))
        self.p, self.y = e / e.sum(axis=0, keepdims=True), y
        return -np.log(self.p[y, np.arange(y.size)]).mean()

    def backward(self):
        grad = self.p.copy()
        grad[self.y, np.arange(self.y.size)] -= 1
        return grad / self.y.size


class CrossEntropyOfProbabilities:
    """One-hot labels, and a small constant in the logarithm and below the fraction."""

    def forward(self, probs, targets):
        self.probs, self.targets = probs, targets
        return -(targets * np.log(probs + 1e-8)).sum() / len(probs)

    def backward(self):
        self.dinputs = -self.targets / (self.probs + 1e-8) / len(self.probs)


class NLLLoss:
    """Of logarithms of probabilities."""

    def forward(self, log_probs, labels):
        self.shape, self.labels = log_probs.shape, labels
        return -log_probs[np.arange(len(labels)), labels].mean()

    def backward(self):
        grad = np.zeros(self.shape)
        grad[np.arange(len(self.labels)), self.labels] = -1 / len(self.labels)
        return grad


class MLP:
    """One class with everything in it."""

    def __init__(self, input_dim, output_dim, hidden_dim, num_layers, activation="relu"):
        widths = [input_dim, *[hidden_dim] * (num_layers - 1), output_dim]
        self.W = [rng.standard_normal((d, c)) for d, c in pairwise(widths)]
        self.b = [np.zeros(c) for c in widths[1:]]

    def forward(self, x):
        self.inputs = [x]
        for W, b in zip(self.W[:-1], self.b[:-1], strict=True):
            self.inputs.append(np.maximum(0, self.inputs[-1] @ W + b))
        return self.inputs[-1] @ self.W[-1] + self.b[-1]

    def backward(self, g):
        self.dW, self.db = [], []
        for x, W in zip(reversed(self.inputs), reversed(self.W), strict=True):
            self.dW.insert(0, x.T @ g)
            self.db.insert(0, g.sum(0))
            g = (g @ W.T) * (x > 0)

    def step(self, lr):
        for k in range(len(self.W)):
            self.W[k] -= lr * self.dW[k]
            self.b[k] -= lr * self.db[k]


class NeuralNetworkOfParts:
    def __init__(self, n_in, n_out, n_hidden, n_layers, activation):
        kinds = {"relu": ReLUMaximum, "sigmoid": SigmoidOutput}
        self.first = LinearCourse(n_in, n_hidden if n_layers > 1 else n_out)
        self.rest = []
        for k in range(1, n_layers):
            self.rest.append(kinds[activation]())
            self.rest.append(LinearCourse(n_hidden, n_out if k == n_layers - 1 else n_hidden))

    def forward(self, x):
        x = self.first.forward(x)
        for part in self.rest:
            x = part.forward(x)
        return x

    def backward(self, g):
        for part in self.rest[::-1]:
            g = part.backward(g)
        return self.first.backward(g)

    def step(self, step_size):
        for part in [self.first, *self.rest]:
            if hasattr(part, "weights"):
                part.step(step_size)


class MLPOfTwo:
    """Its number of layers is its own, not an argument."""

    def __init__(self, n_in, n_hidden, n_out):
        self.first, self.between = LinearCourse(n_in, n_hidden), ReLUMaximum()
        self.last = LinearCourse(n_hidden, n_out)

    def forward(self, x):
        return self.last.forward(self.between.forward(self.first.forward(x)))

    def backward(self, g):
        return self.first.backward(self.between.backward(self.last.backward(g)))

    def step(self, step_size):
        self.first.step(step_size)
        self.last.step(step_size)


class MLPOfSizes:
    """Its widths are a list, and its hidden activation is not one of the usual three."""

    def __init__(self, layer_sizes):
        pairs = list(pairwise(layer_sizes))
        self.W = [rng.standard_normal(pair) for pair in pairs]
        self.b = [np.zeros(width) for _, width in pairs]

    def forward(self, x):
        self.x, self.z = [], []
        for k, (w, b) in enumerate(zip(self.W, self.b, strict=True)):
            self.x.append(x)
            self.z.append(x @ w + b)
            x = np.log1p(np.exp(self.z[-1])) if k < len(self.W) - 1 else self.z[-1]
        return x

    def backward(self, grad):
        self.dW, self.db = [None] * len(self.W), [None] * len(self.W)
        for k in range(len(self.W) - 1, -1, -1):
            if k < len(self.W) - 1:
                grad = grad / (1 + np.exp(-self.z[k]))
            self.dW[k], self.db[k] = self.x[k].T @ grad, grad.sum(axis=0)
            grad = grad @ self.W[k].T
        return grad

    def step(self, lr):
        for k in range(len(self.W)):
            self.W[k] -= lr * self.dW[k]
            self.b[k] -= lr * self.db[k]


class MLPOfTwoHidden(MLPOfSizes):
    def __init__(self, n_in, h1, h2, n_out):
        super().__init__([n_in, h1, h2, n_out])


class LinearList:
    """The bias is a list, and backward takes what it is given."""

    def __init__(self, in_dim, out_dim):
        self.w = rng.standard_normal((in_dim, out_dim))
        self.b = [0.0] * out_dim

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    def backward(self, *gradients):
        (g,) = gradients
        self.dw, self.db = self.x.T @ g, list(g.sum(axis=0))
        return g @ self.w.T

    def step(self, lr):
        self.w = self.w - lr * self.dw
        self.b = [b - lr * d for b, d in zip(self.b, self.db, strict=True)]
