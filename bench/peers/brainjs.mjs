/**
 * brain.js: `brainjs.mjs FOLDER THREADS`. It has no softmax, no cross-entropy and no batches: this is the nearest it can
 * do, a network of the same sizes with the hidden activation at its outputs too, squared error, an update per sample.
 */
import { load, serve, versionOf } from './serve.mjs'

const { default: brain } = await load('brain.js')

const timeSteps = { lstm: 'LSTMTimeStep', gru: 'GRUTimeStep', rnn: 'RNNTimeStep' }

/** Samples as brain.js wants them, plain arrays. */
function samplesOf({ x, oneHot, size }) {
  return Array.from({ length: size }, (_, i) => ({
    input: Array.from(x.subarray(784 * i, 784 * (i + 1))),
    output: Array.from(oneHot.subarray(10 * i, 10 * (i + 1))),
  }))
}

/** brain.js's own refusal to map a sequence of rows to a class. */
function trainSequence({ network, steps, units }, batches) {
  const net = new brain.recurrent[timeSteps[network]]({
    ...{ inputSize: 784 / steps, hiddenLayers: [units], outputSize: 10 },
  })
  const rows = ({ input, output }) => ({
    input: Array.from({ length: steps }, (_, t) => input.slice((t * 784) / steps, ((t + 1) * 784) / steps)),
    output: [output],
  })
  net.train(samplesOf(batches.next()).map(rows), { iterations: 1 })
  throw new Error(`${timeSteps[network]} predicts further steps of its input, not a class.`)
}

function train(workload, batches) {
  if (workload.network in timeSteps) return trainSequence(workload, batches)
  if (workload.network === 'cnn') throw new Error('brain.js has no convolution.')
  if (workload.dropout) throw new Error('brain.js has no dropout.')
  const { sizes, activation, rate } = workload
  const net = new brain.NeuralNetwork({ hiddenLayers: sizes.slice(1, -1), activation })
  net.train(samplesOf(batches.next()), { iterations: 1, learningRate: rate, momentum: Number.MIN_VALUE })
  function step() {
    let error = 0
    for (const sample of samplesOf(batches.next())) error += net.trainPattern(sample, true)
    return error / workload.batch
  }
  return { step }
}

function multiply() {
  throw new Error('brain.js has no matrix product.')
}

await serve({ version: versionOf('brain.js'), train, multiply })
