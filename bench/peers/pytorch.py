"""Training speed and SGEMM of PyTorch on the CPU: `pytorch.py FOLDER`."""

import sys

import peer

try:
    import torch
    from torch import nn
except ImportError as error:
    peer.missing(error)


class Recurrent(nn.Module):
    """A recurrent layer over the image as `steps` steps, its last output in a dense layer, or every step's."""

    def __init__(self, layer, steps, width, every_step=False, bias=True):
        super().__init__()
        self.layer, self.steps, self.every_step = layer, steps, every_step
        self.dense = nn.Linear(width, 10, bias=bias)

    def forward(self, x):
        outputs, _ = self.layer(x.reshape(len(x), self.steps, -1).transpose(0, 1))
        return self.dense(outputs if self.every_step else outputs[-1])


def averaged_softmax(logits, labels):
    return nn.functional.nll_loss(logits.softmax(2).mean(0).log(), labels)


WORKLOADS = {
    "W1": (32, 0.01, lambda: nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))),
    "W2": (128, 0.01, lambda: nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))),
    "W3": (32, 0.0085, lambda: nn.Sequential(
        nn.Linear(784, 2048), nn.ReLU(), nn.Dropout(0.5), nn.Linear(2048, 2048), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(2048, 10))),
    "W4": (250, 0.1, lambda: nn.Sequential(nn.Linear(784, 100), nn.Tanh(), nn.Linear(100, 10))),
    "W10": (64, 0.001, lambda: nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(800, 10))),
    "W5": (128, 0.01, lambda: Recurrent(nn.LSTM(28, 16), 28, 16)),
    "W6": (128, 0.001, lambda: Recurrent(nn.LSTM(28, 128), 28, 128)),
    "W7": (50, 0.0002, lambda: Recurrent(nn.RNN(7, 128), 112, 128)),
    "W8": (100, 0.01, lambda: Recurrent(nn.RNN(28, 100, bias=False), 28, 100, every_step=True, bias=False)),
    "W9": (128, 0.001, lambda: Recurrent(nn.GRU(28, 128), 28, 128)),
}


def rmsprop(parameters, lr):
    return torch.optim.RMSprop(parameters, lr=lr, alpha=0.9)


# Plain SGD for the others.
OPTIMIZERS = {"W6": torch.optim.Adam, "W7": rmsprop, "W9": torch.optim.Adam,
              "W10": torch.optim.Adam}

SIZES = {"gemm512": 512, "gemm1024": 1024}


class Run:
    """One workload's network and its place in the data."""

    def __init__(self, name, x, y):
        self.batch, rate, build = WORKLOADS[name]
        torch.manual_seed(1)
        self.model = build()
        optimizer = OPTIMIZERS.get(name, torch.optim.SGD)
        self.optimizer = optimizer(self.model.parameters(), lr=rate)
        self.loss = averaged_softmax if name == "W8" else nn.CrossEntropyLoss()
        self.x, self.y = x, y
        self.order = torch.randperm(len(x))
        self.at = 0
        self.repeating = False

    def next_batch(self):
        if not self.repeating:
            if self.at + self.batch > len(self.order):
                self.order = torch.randperm(len(self.x))
                self.at = 0
            self.rows = self.order[self.at:self.at + self.batch]
            self.at += self.batch
        return self.x[self.rows], self.y[self.rows]

    def step(self):
        x, y = self.next_batch()
        self.optimizer.zero_grad()
        loss = self.loss(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss.item()


def main():
    pixels, labels = peer.read_images(sys.argv[1])
    scaled = torch.frombuffer(pixels, dtype=torch.uint8).reshape(-1, 784).float() / 255
    classes = torch.frombuffer(labels, dtype=torch.uint8).long()

    def prepare(name):
        if name in SIZES:
            a, b = torch.randn(SIZES[name], SIZES[name]), torch.randn(SIZES[name], SIZES[name])
            return peer.Product(lambda: a @ b, SIZES[name])
        if name not in WORKLOADS:
            raise LookupError(f"expected a workload, found {name}")
        return peer.Training(Run(name, scaled, classes))

    peer.serve(torch.__version__, prepare, torch.set_num_threads)


main()
