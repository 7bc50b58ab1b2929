"""A whole file, all right, with its examples in columns and the 1/n of the mean in the loss."""

import numpy as np

rng = np.random.default_rng(0)


class Linear:
    def __init__(self, n_in, n_out):
        self.W = rng.standard_normal((n_out, n_in))
        self.b = np.zeros((n_out, 1))

    def forward(self, A):
        self.A = A
        return self.W @ A + self.b

    def backward(self, dZ):
        self.dW = dZ @ self.A.T
        self.db = dZ.sum(axis=1, keepdims=True)
        return self.W.T @ dZ

    def update(self, lr):
        self.W -= lr * self.dW
        self.b -= lr * self.db


class LeakyReLU:
    def forward(self, Z):
        self.Z = Z
        return np.where(Z > 0, Z, 0.1 * Z)

    def backward(self, dA):
        return np.where(self.Z > 0, dA, 0.1 * dA)


class Softmax:
    def forward(self, Z):
        E = np.exp(Z - Z.max(axis=0))
        self.P = E / E.sum(axis=0)
        return self.P

    def backward(self, dP):
        return self.P * (dP - (dP * self.P).sum(axis=0))


class SoftmaxCrossEntropy:
    """Labels are one-hot, c × n."""

    def forward(self, Z, Y):
        self.Y = Y
        E = np.exp(Z - Z.max(axis=0))
        self.P = E / E.sum(axis=0)
        return -np.sum(Y * np.log(self.P)) / Y.shape[1]

    def backward(self):
        return (self.P - self.Y) / self.Y.shape[1]


class MLP:
    def __init__(self, n_in, n_hidden, n_out):
        self.layers = [Linear(n_in, n_hidden), LeakyReLU(), Linear(n_hidden, n_out)]

    def forward(self, X):
        for layer in self.layers:
            X = layer.forward(X)
        return X

    def backward(self, dZ):
        for layer in reversed(self.layers):
            dZ = layer.backward(dZ)

    def update(self, lr):
        for layer in self.layers[::2]:
            layer.update(lr)
