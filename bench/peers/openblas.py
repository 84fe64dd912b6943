"""NumPy with the BLAS it is built with: dense networks, their gradients written out. `openblas.py FOLDER THREADS`."""

import os
import sys

for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"):
    os.environ[variable] = sys.argv[2]

import peer

try:
    import numpy as np
except ImportError as error:
    peer.missing(error)

# Sizes of the layers, hidden activation, dropout, rate, batch.
WORKLOADS = {
    "W1": ((784, 128, 10), "relu", 0, 0.01, 32),
    "W2": ((784, 512, 10), "relu", 0, 0.01, 128),
    "W3": ((784, 2048, 2048, 10), "relu", 0.5, 0.0085, 32),
    "W4": ((784, 100, 10), "tanh", 0, 0.1, 250),
}
SIZES = {"gemm512": 512, "gemm1024": 1024}

random = np.random.default_rng(1)


def weights(inputs, outputs, relu=False):
    limit = np.sqrt(6 / inputs if relu else 6 / (inputs + outputs))
    return random.uniform(-limit, limit, (inputs, outputs)).astype(np.float32)


class Perceptron:
    """A multilayer perceptron, softmax cross-entropy and SGD, and its place in the data."""

    def __init__(self, name, pixels, labels):
        sizes, self.activation, self.dropout, rate, self.batch = WORKLOADS[name]
        self.rate = np.float32(rate)
        pairs = list(zip(sizes, sizes[1:]))
        self.kernels = [weights(*pair, relu=self.activation == "relu" and pair[1] != 10) for pair in pairs]
        self.biases = [np.zeros(size, np.float32) for size in sizes[1:]]
        self.pixels, self.labels = pixels, labels
        self.at = len(labels)
        self.repeating = False

    def next_batch(self):
        if not self.repeating:
            if self.at + self.batch > len(self.labels):
                self.order = random.permutation(len(self.labels))
                self.at = 0
            self.rows = self.order[self.at:self.at + self.batch]
            self.at += self.batch
        return self.pixels[self.rows], self.labels[self.rows]

    def step(self):
        x, y = self.next_batch()
        inputs, slopes = [x], []
        for kernel, bias in zip(self.kernels[:-1], self.biases):
            z = inputs[-1] @ kernel
            z += bias
            if self.activation == "relu":
                slope = z > 0
                z *= slope
            else:
                np.tanh(z, out=z)
                slope = 1 - z * z
            if self.dropout:
                mask = (random.random(z.shape, np.float32) >= self.dropout) * np.float32(1 / (1 - self.dropout))
                z *= mask
                slope = slope * mask
            inputs.append(z)
            slopes.append(slope)
        logits = inputs[-1] @ self.kernels[-1]
        logits += self.biases[-1]
        logits -= logits.max(1, keepdims=True)
        delta = np.exp(logits)
        total = delta.sum(1, keepdims=True)
        every = np.arange(self.batch)
        loss = np.mean(np.log(total[:, 0]) - logits[every, y])
        delta /= total
        delta[every, y] -= 1
        delta *= self.rate / np.float32(self.batch)
        for i in reversed(range(len(self.kernels))):
            back = delta @ self.kernels[i].T if i else None
            self.kernels[i] -= inputs[i].T @ delta
            self.biases[i] -= delta.sum(0)
            if i:
                back *= slopes[i - 1]
                delta = back
        return loss


def blas():
    """The name of NumPy's BLAS, as far as this version of NumPy tells."""
    try:
        return np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]
    except TypeError:
        return "the system's BLAS"


def main():
    images, labels = peer.read_images(sys.argv[1])
    pixels = np.frombuffer(images, np.uint8).reshape(-1, 784).astype(np.float32) / 255
    classes = np.frombuffer(labels, np.uint8).astype(np.int64)

    def prepare(name):
        if name in SIZES:
            a, b = weights(SIZES[name], SIZES[name]), weights(SIZES[name], SIZES[name])
            return peer.Product(lambda: a @ b, SIZES[name])
        if name not in WORKLOADS:
            raise LookupError("NumPy has no recurrent layer and no convolution: only W1 to W4 are written out.")
        return peer.Training(Perceptron(name, pixels, classes))

    def use_threads(threads):
        if threads != int(sys.argv[2]):
            raise LookupError(f"started for {sys.argv[2]} threads, asked to use {threads}")

    peer.serve(f"{np.__version__}, {blas()}", prepare, use_threads)


main()
