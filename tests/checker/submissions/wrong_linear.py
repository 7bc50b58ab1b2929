"""Linear layers, each with one mistake (or two), in the spellings that people use.

`mistake` says which: the part of the verdict and the mistake's name.
"""

import numpy as np

rng = np.random.default_rng(7)


class Linear:
    """Right: weights d × c, bias 1 × c, gradients stored. The wrong ones change a part."""

    def __init__(self, input_dim, output_dim):
        self.weights = rng.standard_normal((input_dim, output_dim))
        self.bias = np.zeros((1, output_dim))

    def forward(self, x):
        self.x = x
        return x @ self.weights + self.bias

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        return grad @ self.weights.T

    def step(self, step_size):
        self.weights -= step_size * self.weights_grad
        self.bias -= step_size * self.bias_grad


class LinearTransposed(Linear):
    mistake = ("weights gradient", "transposed")

    def backward(self, grad):
        self.weights_grad = grad.T @ self.x
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        return grad @ self.weights.T


class LinearTransposedAsTorch:
    mistake = ("weights gradient", "transposed")

    def __init__(self, in_features, out_features):
        self.weight = rng.standard_normal((out_features, in_features))
        self.bias = np.zeros(out_features)

    def forward(self, x):
        self.x = x
        return np.dot(x, self.weight.T) + self.bias

    def backward(self, grad_output):
        self.grad_weight = np.dot(self.x.T, grad_output)
        self.grad_bias = np.sum(grad_output, 0)
        return np.dot(grad_output, self.weight)


class LinearTransposedReturned:
    mistake = ("weights gradient", "transposed")

    def __init__(self, n_in, n_out):
        self.W = rng.standard_normal((n_in, n_out))
        self.b = np.zeros(n_out)

    def forward(self, X):
        self.X = X
        return X.dot(self.W) + self.b

    def backward(self, dout):
        dW = np.dot(dout.T, self.X)
        db = dout.sum(0)
        dX = dout.dot(self.W.T)
        return dX, dW, db


class LinearNoSum(Linear):
    mistake = ("bias gradient", "sum over the batch forgotten")

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad
        self.bias_grad = grad
        return grad @ self.weights.T


class LinearNoSumVector:
    mistake = ("bias gradient", "sum over the batch forgotten")

    def __init__(self, input_size, output_size):
        self.w = rng.standard_normal((input_size, output_size))
        self.b = np.zeros(output_size)

    def forward(self, inputs):
        self.inputs = inputs
        return np.matmul(inputs, self.w) + self.b

    def backward(self, delta):
        self.dw = np.matmul(self.inputs.T, delta)
        self.db = delta.copy()
        return np.matmul(delta, self.w.T)


class LinearNoSumWeights(Linear):
    mistake = ("weights gradient", "sum over the batch forgotten")

    def backward(self, grad):
        self.weights_grad = np.einsum("ni,nj->nij", self.x, grad)
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        return grad @ self.weights.T


class LinearLastExample(Linear):
    mistake = ("weights gradient", "only the last example")

    def backward(self, grad):
        for x, g in zip(self.x, grad, strict=True):
            self.weights_grad = np.outer(x, g)
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        return grad @ self.weights.T


class LinearLastExampleBias(Linear):
    mistake = ("bias gradient", "only the last example")

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad
        for row in grad:
            self.bias_grad = row[None]
        return grad @ self.weights.T


class LinearFirstLeftOut(Linear):
    mistake = ("weights gradient", "example left out")

    def backward(self, grad):
        self.weights_grad = np.zeros_like(self.weights)
        for k in range(1, len(grad)):
            self.weights_grad += np.outer(self.x[k], grad[k])
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        return grad @ self.weights.T


class LinearAveraged(Linear):
    mistake = ("weights gradient", "averaged")

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad / len(grad)
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        return grad @ self.weights.T


class LinearAveragedBias(Linear):
    mistake = ("bias gradient", "averaged")

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad
        self.bias_grad = np.mean(grad, axis=0, keepdims=True)
        return grad @ self.weights.T


class LinearAveragedTwice:
    mistake = ("weights gradient", "divided by n twice")

    def __init__(self, n_inputs, n_outputs):
        self.params = {
            "W": rng.standard_normal((n_inputs, n_outputs)),
            "b": np.zeros((1, n_outputs)),
        }
        self.grads = {}

    def forward(self, A_prev):
        self.cache = A_prev
        return A_prev @ self.params["W"] + self.params["b"]

    def backward(self, dZ):
        m = self.cache.shape[0]
        dZ = dZ / m
        self.grads["W"] = self.cache.T @ dZ / m
        self.grads["b"] = dZ.sum(axis=0, keepdims=True) * m
        return m * dZ @ self.params["W"].T


class LinearBiasOneNumber(Linear):
    mistake = ("bias gradient", "summed over everything")

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad
        self.bias_grad = np.sum(grad)
        return grad @ self.weights.T


class LinearBiasOneNumberFilled(Linear):
    mistake = ("bias gradient", "summed over everything")

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad
        self.bias_grad = np.sum(grad) * np.ones_like(self.bias)
        return grad @ self.weights.T


class LinearBiasAxis(Linear):
    mistake = ("bias gradient", "wrong axis")

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad
        self.bias_grad = np.sum(grad, axis=1)
        return grad @ self.weights.T


class LinearBiasAxisKept(Linear):
    mistake = ("bias gradient", "wrong axis")

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad
        self.bias_grad = np.mean(grad, axis=1, keepdims=True)
        return grad @ self.weights.T


class LinearColumnsAxis:
    """Examples in columns: here axis 0 is the wrong one."""

    mistake = ("bias gradient", "wrong axis")

    def __init__(self, n_in, n_out):
        self.W = rng.standard_normal((n_out, n_in))
        self.b = np.zeros((n_out, 1))

    def forward(self, A):
        self.A = A
        return self.W @ A + self.b

    def backward(self, dZ):
        self.dW = dZ @ self.A.T
        self.db = np.sum(dZ, axis=0, keepdims=True)
        return self.W.T @ dZ


class LinearSwapped(Linear):
    mistake = ("weights gradient", "operands swapped")

    def backward(self, grad):
        self.weights_grad = grad @ self.x.T
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        return grad @ self.weights.T


class LinearSwappedInput(Linear):
    mistake = ("input gradient", "operands swapped")

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        return self.weights.T @ grad


class LinearSign(Linear):
    mistake = ("weights gradient", "sign flipped")

    def backward(self, grad):
        self.weights_grad = -self.x.T @ grad
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        return grad @ self.weights.T


class LinearSignInput(Linear):
    mistake = ("input gradient", "sign flipped")

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        return -(grad @ self.weights.T)


class LinearCachedLate(Linear):
    mistake = ("weights gradient", "input cached too late")

    def forward(self, x):
        x = x @ self.weights + self.bias
        self.x = x
        return x


class LinearCachedLateColumnwise:
    mistake = ("weights gradient", "input cached too late")

    def __init__(self, in_dim, out_dim):
        self.W = rng.standard_normal((out_dim, in_dim))
        self.b = rng.standard_normal((out_dim, 1))

    def forward(self, x):
        x = x @ self.W.T + self.b.T
        self.last_input = x
        return self.last_input

    def backward(self, g):
        self.W_grad = g.T @ self.last_input
        self.b_grad = g.sum(axis=0)[:, None]
        return g @ self.W


class LinearCachedOnce(Linear):
    mistake = ("weights gradient", "stale input")

    def forward(self, x):
        if not hasattr(self, "x"):
            self.x = x
        return x @ self.weights + self.bias


class LinearChangesInput(Linear):
    mistake = ("forward", "input changed in place")

    def forward(self, x):
        self.x = x.copy()
        x *= 2
        return self.x @ self.weights + self.bias


class LinearChangesGradient(Linear):
    mistake = ("input gradient", "gradient changed in place")

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        result = grad @ self.weights.T
        grad /= len(grad)
        return result


class LinearUpdatesFirst:
    mistake = ("input gradient", "updated weights")

    def __init__(self, input_dim, output_dim):
        self.weights = rng.standard_normal((input_dim, output_dim))
        self.bias = np.zeros((1, output_dim))

    def forward(self, input):
        self.input = input
        return input @ self.weights + self.bias

    def backward(self, output_gradient, learning_rate):
        weights_gradient = self.input.T @ output_gradient
        self.weights -= learning_rate * weights_gradient
        self.bias -= learning_rate * output_gradient.sum(axis=0, keepdims=True)
        return output_gradient @ self.weights.T


class LinearUpdatesFirstOwnRate:
    mistake = ("input gradient", "updated weights")

    def __init__(self, d_in, d_out, lr=0.01):
        self.W = rng.standard_normal((d_in, d_out))
        self.b = np.zeros(d_out)
        self.lr = lr

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = grad.sum(axis=0)
        self.W = self.W - self.lr * self.dW
        self.b = self.b - self.lr * self.db
        return grad @ self.W.T


class LinearReturnsNothing(Linear):
    mistake = ("input gradient", "input gradient not returned")

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad
        self.bias_grad = grad.sum(axis=0, keepdims=True)


class LinearReturnsWeights(Linear):
    mistake = ("input gradient", "wrong gradient returned")

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        return self.weights_grad


class LinearReturnsGradient(Linear):
    mistake = ("input gradient", "passed on unchanged")

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        return grad


class LinearUntransposed(Linear):
    mistake = ("input gradient", "untransposed")

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        return grad @ self.weights


class LinearUntransposedAsTorch:
    mistake = ("input gradient", "untransposed")

    def __init__(self, in_features, out_features):
        self.weight = rng.standard_normal((out_features, in_features))
        self.bias = np.zeros(out_features)

    def forward(self, x):
        self.x = x
        return x @ self.weight.T + self.bias

    def backward(self, grad):
        self.weight_grad = grad.T @ self.x
        self.bias_grad = grad.sum(axis=0)
        return grad @ self.weight.T


class LinearAccumulates:
    mistake = ("weights gradient", "accumulated")

    def __init__(self, input_dim, output_dim):
        self.weights = rng.standard_normal((input_dim, output_dim))
        self.bias = np.zeros((1, output_dim))
        self.grad_weights = np.zeros_like(self.weights)
        self.grad_bias = np.zeros_like(self.bias)

    def forward(self, x):
        self.x = x
        return x @ self.weights + self.bias

    def backward(self, grad):
        self.grad_weights += self.x.T @ grad
        self.grad_bias[:] = grad.sum(axis=0)
        return grad @ self.weights.T


class LinearAccumulatesBias(LinearAccumulates):
    mistake = ("bias gradient", "accumulated")

    def backward(self, grad):
        self.grad_weights = self.x.T @ grad
        self.grad_bias += grad.sum(axis=0)
        return grad @ self.weights.T


class LinearOneExample(Linear):
    mistake = ("weights gradient", "batch of one only")

    def backward(self, grad):
        self.weights_grad = np.outer(self.x, grad)
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        return grad @ self.weights.T


class LinearOneExampleReshape(Linear):
    mistake = ("weights gradient", "batch of one only")

    def backward(self, grad):
        self.weights_grad = self.x.reshape(-1, 1) @ grad.reshape(1, -1)
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        return grad @ self.weights.T


class LinearNotOne(Linear):
    mistake = ("input gradient", "not for a batch of one")

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        grad = np.squeeze(grad)
        return grad @ self.weights.T if grad.ndim == 2 else np.zeros_like(self.x)


class LinearSquare(Linear):
    mistake = ("input gradient", "square weights only")

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        result = np.empty_like(grad)
        result[:] = grad @ self.weights.T
        return result


class LinearStepAdds(Linear):
    mistake = ("step", "step that adds")

    def step(self, step_size):
        self.weights += step_size * self.weights_grad
        self.bias += step_size * self.bias_grad


class LinearStepAddsBias(Linear):
    mistake = ("step", "step that adds")

    def step(self, step_size):
        self.weights = self.weights - step_size * self.weights_grad
        self.bias = self.bias + step_size * self.bias_grad


class LinearStepForgetsBias(Linear):
    mistake = ("step", "not both moved")

    def step(self, step_size):
        self.weights -= step_size * self.weights_grad


class LinearStepLost(Linear):
    mistake = ("step", "step that does nothing")

    def step(self, step_size):
        weights = self.weights - step_size * self.weights_grad  # noqa: F841
        self.bias -= step_size * self.bias_grad


class LinearStepSize(Linear):
    mistake = ("step", "step size ignored")

    def step(self, step_size):
        self.weights -= self.weights_grad
        self.bias -= self.bias_grad


class LinearStepReplaces(Linear):
    mistake = ("step", "parameters replaced")

    def step(self, step_size):
        self.weights = -step_size * self.weights_grad
        self.bias -= step_size * self.bias_grad


class LinearNoBias(Linear):
    mistake = ("forward", "bias forgotten")

    def forward(self, x):
        self.x = x
        return x @ self.weights + 0 * self.bias


class LinearForwardSwapped(Linear):
    mistake = ("forward", "operands swapped")

    def forward(self, x):
        self.x = x
        return self.weights @ x + self.bias


class LinearIgnoresUpstream(Linear):
    mistake = ("weights gradient", "upstream gradient forgotten")

    def backward(self, grad):
        self.weights_grad = self.x.T @ np.ones_like(grad)
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        return grad @ self.weights.T


class LinearTwoMistakes(Linear):
    mistake = ("weights gradient", "transposed + averaged")

    def backward(self, grad):
        self.weights_grad = grad.T @ self.x / len(grad)
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        return grad @ self.weights.T


class LinearTwoMistakesBias(Linear):
    mistake = ("bias gradient", "summed over everything + sign flipped")

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad
        self.bias_grad = -grad.sum()
        return grad @ self.weights.T


class LinearElementwise(Linear):
    mistake = ("input gradient", "elementwise product")

    def backward(self, grad):
        self.weights_grad = self.x.T @ grad
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        return grad * self.weights.T


class LinearNothingKnown(Linear):
    mistake = ("weights gradient", "unknown")

    def backward(self, grad):
        self.weights_grad = np.sin(self.x.T @ grad) ** 3
        self.bias_grad = grad.sum(axis=0, keepdims=True)
        return grad @ self.weights.T


class LinearUnwritten(Linear):
    mistake = ("weights gradient", "not written yet")

    def backward(self, grad):
        raise Exception("you have not written backward yet")
