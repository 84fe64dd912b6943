/**
 * The workloads of src/benchmark/workloads.ts as plain facts, for peers that build them with their own means: the batch, the
 * optimizer and the network on images of 28x28 numbers in [0, 1] in ten classes. Rates are those of src/benchmark/workloads.ts.
 */
export const workloads = {
  W1: { network: 'mlp', sizes: [784, 128, 10], activation: 'relu', optimizer: 'sgd', rate: 0.01, batch: 32 },
  W2: { network: 'mlp', sizes: [784, 512, 10], activation: 'relu', optimizer: 'sgd', rate: 0.01, batch: 128 },
  W3: {
    ...{ network: 'mlp', sizes: [784, 2048, 2048, 10], activation: 'relu', dropout: 0.5 },
    ...{ optimizer: 'sgd', rate: 0.0085, batch: 32 },
  },
  W4: { network: 'mlp', sizes: [784, 100, 10], activation: 'tanh', optimizer: 'sgd', rate: 0.1, batch: 250 },
  W5: { network: 'lstm', steps: 28, units: 16, optimizer: 'sgd', rate: 0.01, batch: 128 },
  W6: { network: 'lstm', steps: 28, units: 128, optimizer: 'adam', rate: 0.001, batch: 128 },
  W7: {
    ...{ network: 'rnn', steps: 112, units: 128, identity: true },
    ...{ optimizer: 'rmsprop', rate: 0.0002, batch: 50 },
  },
  /** No biases; the softmax of every step, averaged over the steps, is what the loss is of. */
  W8: { network: 'rnn', steps: 28, units: 100, averaged: true, optimizer: 'sgd', rate: 0.01, batch: 100 },
  /** The reset gate acts after the recurrent product. */
  W9: { network: 'gru', steps: 28, units: 128, optimizer: 'adam', rate: 0.001, batch: 128 },
  /** 3x3 convolutions to 16 and 32 channels without padding, each with relu and 2x2 max pooling; 800 to 10 at the end. */
  W10: { network: 'cnn', channels: [1, 16, 32], optimizer: 'adam', rate: 0.001, batch: 64 },
}

/** Square products [size x size] [size x size]. */
export const products = { gemm512: 512, gemm1024: 1024 }

/** Numbers of an LSTM's, a GRU's and a simple recurrent layer's gates. */
export const gates = { lstm: 4, gru: 3, rnn: 1 }

/** Adam's and RMSProp's constants, as in src/optim. */
export const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
export const rmsprop = { decay: 0.9, epsilon: 1e-8 }
