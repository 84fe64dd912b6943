"""What the Python peers share: MNIST's files, and their side of the protocol that README.md describes."""

import gzip
import json
import os
import sys
import time


def read_idx(folder, file, header_bytes):
    """The bytes of an IDX file after its header."""
    with gzip.open(os.path.join(folder, file)) as opened:
        return bytearray(opened.read()[header_bytes:])


def read_images(folder):
    """Training images, 784 bytes each, and their labels, a byte each."""
    return read_idx(folder, "train-images-idx3-ubyte.gz", 16), read_idx(folder, "train-labels-idx1-ubyte.gz", 8)


def missing(error):
    """Says which package is missing, and ends."""
    print("missing", error, flush=True)
    sys.exit(0)


class Training:
    """Repeats the steps of a run: `run.step()` trains `run.batch` samples and returns their loss; while `run.repeating`,
    they are the same ones."""

    def __init__(self, run):
        self.training, self.run, self.amount = run, run.step, run.batch
        self.run()

    def learn(self, seconds):
        losses = []
        start = time.perf_counter()
        self.training.repeating = True
        while len(losses) < 2 or time.perf_counter() - start < seconds:
            losses.append(float(self.run()))
        self.training.repeating = False
        return {"steps": len(losses), "first": losses[0], "last": losses[-1]}


class Product:
    """Repeats a product of two matrices [size x size]."""

    def __init__(self, multiply, size):
        self.run, self.amount = multiply, 2 * size**3 / 1e9
        self.run()

    def learn(self, seconds):
        raise LookupError("a product has no loss")


def measure(job, seconds):
    """How much a job does in a second: samples, or billions of operations."""
    runs = 0
    start = time.perf_counter()
    while True:
        job.run()
        runs += 1
        elapsed = time.perf_counter() - start
        if elapsed >= seconds:
            return runs * job.amount / elapsed


def serve(version, prepare, use_threads):
    """Answers requests; `prepare(id)` returns a Training or a Product, or raises LookupError with a sentence."""
    jobs = {}

    def job(name):
        if name not in jobs:
            jobs[name] = prepare(name)
        return jobs[name]

    print("ready", version, flush=True)
    for line in sys.stdin:
        words = line.split()
        try:
            if words[0] == "learn":
                answer = job(words[1]).learn(float(words[2]))
            else:
                use_threads(int(words[2]))
                answer = measure(job(words[0]), float(words[1]))
        except (LookupError, RuntimeError) as error:
            answer = {"error": str(error.args[0])}
        print(json.dumps(answer), flush=True)
