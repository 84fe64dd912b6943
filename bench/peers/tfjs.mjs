/** TensorFlow.js: `tfjs.mjs FOLDER THREADS cpu` or `wasm`. Written with its core, without the overhead of its layers. */
import { initialWeights, randomNumbers } from './data.mjs'
import { load, missing, serve } from './serve.mjs'
import { gates, rmsprop } from './workloads.mjs'

const backend = process.argv[4]
const tf = await load('@tensorflow/tfjs')
if (backend === 'wasm') await load('@tensorflow/tfjs-backend-wasm')

// Where a backend does not start, it would go on with another one and only say so.
if (!(await tf.setBackend(backend))) missing(`The backend ${backend} of TensorFlow.js does not start.`)
await tf.ready()

const random = randomNumbers(2)

function weights(shape, fan) {
  const count = shape.reduce((product, size) => product * size, 1)
  return tf.variable(tf.tensor(initialWeights(count, fan, random), shape))
}

const zeros = (size) => tf.variable(tf.zeros([size]))

const crossEntropy = (logits, oneHot) => tf.mean(tf.neg(tf.sum(tf.mul(oneHot, tf.logSoftmax(logits)), -1)))

function mlp({ sizes, activation, dropout }) {
  const layers = sizes.slice(1).map((outputs, i) => {
    const inputs = sizes[i]
    const relu = activation === 'relu' && i < sizes.length - 2
    return { kernel: weights([inputs, outputs], { inputs, outputs, relu }), bias: zeros(outputs) }
  })
  return (x, oneHot) => {
    layers.forEach(({ kernel, bias }, i) => {
      x = tf.add(tf.matMul(x, kernel), bias)
      if (i === layers.length - 1) return
      x = tf[activation](x)
      if (dropout) x = tf.dropout(x, dropout)
    })
    return crossEntropy(x, oneHot)
  }
}

/** One step of each kind of recurrent layer: (z = x Wx + b of this step, h, c) to the next (h, c). */
const cells = {
  rnn: (recurrentKernel) => (z, h) => [tf.tanh(tf.add(z, tf.matMul(h, recurrentKernel)))],
  lstm: (recurrentKernel) => (z, h, c) => {
    const [i, f, g, o] = tf.split(tf.add(z, tf.matMul(h, recurrentKernel)), 4, 1)
    const next = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)))
    return [tf.mul(tf.sigmoid(o), tf.tanh(next)), next]
  },
  gru: (recurrentKernel, units) => {
    const candidateBias = zeros(units)
    return (z, h) => {
      const [zr, zu, zn] = tf.split(z, 3, 1)
      const [hr, hu, hn] = tf.split(tf.matMul(h, recurrentKernel), 3, 1)
      const update = tf.sigmoid(tf.add(zu, hu))
      const n = tf.tanh(tf.add(zn, tf.mul(tf.sigmoid(tf.add(zr, hr)), tf.add(hn, candidateBias))))
      return [tf.add(n, tf.mul(update, tf.sub(h, n)))]
    }
  },
}

function recurrent({ network, steps, units, averaged, identity, batch }) {
  const features = 784 / steps
  const width = gates[network] * units
  const kernel = weights([features, width], { inputs: features, outputs: width })
  const bias = averaged ? null : zeros(width)
  const recurrentKernel = identity
    ? tf.variable(tf.eye(units))
    : weights([units, width], { inputs: units, outputs: width })
  const output = weights([units, 10], { inputs: units, outputs: 10 })
  const outputBias = averaged ? null : zeros(10)
  const cell = cells[network](recurrentKernel, units)
  return (x, oneHot) => {
    const inSteps = tf.reshape(tf.transpose(tf.reshape(x, [batch, steps, features]), [1, 0, 2]), [
      -1,
      features,
    ])
    const product = tf.matMul(inSteps, kernel)
    const z = tf.unstack(tf.reshape(bias ? tf.add(product, bias) : product, [steps, batch, width]))
    let h = tf.zeros([batch, units])
    let c = tf.zeros([batch, units])
    const every = []
    for (const step of z) {
      ;[h, c] = cell(step, h, c)
      every.push(h)
    }
    if (!averaged) return crossEntropy(tf.add(tf.matMul(h, output), outputBias), oneHot)
    const probabilities = tf.softmax(tf.matMul(tf.concat(every, 0), output))
    const mean = tf.mean(tf.reshape(probabilities, [steps, batch, 10]), 0)
    return tf.mean(tf.neg(tf.sum(tf.mul(oneHot, tf.log(mean)), -1)))
  }
}

function cnn({ channels: [one, first, second], batch }) {
  const filters = [
    weights([3, 3, one, first], { inputs: 9 * one, relu: true }),
    weights([3, 3, first, second], { inputs: 9 * first, relu: true }),
  ]
  const biases = [zeros(first), zeros(second)]
  const kernel = weights([25 * second, 10], { inputs: 25 * second, outputs: 10 })
  const bias = zeros(10)
  return (x, oneHot) => {
    let y = tf.reshape(x, [batch, 28, 28, 1])
    filters.forEach((filter, i) => {
      y = tf.maxPool(tf.relu(tf.add(tf.conv2d(y, filter, 1, 'valid'), biases[i])), 2, 2, 'valid')
    })
    return crossEntropy(tf.add(tf.matMul(tf.reshape(y, [batch, -1]), kernel), bias), oneHot)
  }
}

const networks = { mlp, lstm: recurrent, gru: recurrent, rnn: recurrent, cnn }
const optimizers = {
  sgd: (rate) => tf.train.sgd(rate),
  adam: (rate) => tf.train.adam(rate),
  rmsprop: (rate) => tf.train.rmsprop(rate, rmsprop.decay),
}

function train(workload, batches) {
  const lossOf = networks[workload.network](workload)
  const optimizer = optimizers[workload.optimizer](workload.rate)
  const step = () =>
    tf.tidy(() => {
      const { x, oneHot, size } = batches.next()
      const images = tf.tensor(x, [size, 784])
      const labels = tf.tensor(oneHot, [size, 10])
      return optimizer.minimize(() => lossOf(images, labels), true).dataSync()[0]
    })
  return { step }
}

function multiply(size) {
  const a = weights([size, size], { inputs: size, outputs: size })
  const b = weights([size, size], { inputs: size, outputs: size })
  return () => {
    const product = tf.matMul(a, b)
    product.dataSync()
    product.dispose()
  }
}

await serve({ version: tf.version_core, train, multiply })
