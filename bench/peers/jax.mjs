/**
 * jax-js on its wasm device: `jax.mjs FOLDER THREADS`. A training step, optimizer included, is one jitted function;
 * recurrent layers are unrolled in it, since jax-js has no scan. Its arrays are counted references: every use but the
 * last says `.ref`.
 */
import { initialWeights, randomNumbers } from './data.mjs'
import { load, serve, versionOf } from './serve.mjs'
import { adam, gates, rmsprop } from './workloads.mjs'

const { init, defaultDevice, jit, lax, nn, numpy: np, random, tree, valueAndGrad } = await load('@jax-js/jax')

await init('wasm')
defaultDevice('wasm')

const numbers = randomNumbers(2)

function weights(shape, fan) {
  const count = shape.reduce((product, size) => product * size, 1)
  return np.array(initialWeights(count, fan, numbers)).reshape(shape)
}

const zeros = (size) => np.zeros([size])

const crossEntropy = (logits, oneHot) => nn.logSoftmax(logits, -1).mul(oneHot).sum(-1).mean().mul(-1)

/** A network is its parameters and a function of (parameters, images, one-hot labels, random key) to the loss. */
function mlp({ sizes, activation, dropout, batch }) {
  const parameters = sizes.slice(1).flatMap((outputs, i) => {
    const relu = activation === 'relu' && i < sizes.length - 2
    return [weights([sizes[i], outputs], { inputs: sizes[i], outputs, relu }), zeros(outputs)]
  })
  const activate = activation === 'relu' ? nn.relu : np.tanh
  const hidden = sizes.length - 2
  return {
    parameters,
    loss(layers, x, oneHot, key) {
      for (let i = 0; i < hidden; i++) {
        x = activate(np.matmul(x, layers[2 * i]).add(layers[2 * i + 1]))
        if (!dropout) continue
        const kept = random.bernoulli(random.split(key.ref, hidden).slice(i), 1 - dropout, [
          batch,
          sizes[i + 1],
        ])
        x = np.where(kept, x.mul(1 / (1 - dropout)), 0)
      }
      key.dispose()
      return crossEntropy(np.matmul(x, layers[2 * hidden]).add(layers[2 * hidden + 1]), oneHot)
    },
  }
}

/** One step of each kind of recurrent layer: z = x Wx + b of this step and the state (h, c) to the next state. */
const cells = {
  rnn: (z, { h }, kernel) => ({ h: np.tanh(z.add(np.matmul(h, kernel))) }),
  lstm(z, { h, c }, kernel) {
    const [i, f, g, o] = np.split(z.add(np.matmul(h, kernel)), 4, 1)
    const next = nn
      .sigmoid(f)
      .mul(c)
      .add(nn.sigmoid(i).mul(np.tanh(g)))
    return { h: nn.sigmoid(o).mul(np.tanh(next.ref)), c: next }
  },
  gru(z, { h }, kernel, candidateBias) {
    const [zr, zu, zn] = np.split(z, 3, 1)
    const [hr, hu, hn] = np.split(np.matmul(h.ref, kernel), 3, 1)
    const n = np.tanh(zn.add(nn.sigmoid(zr.add(hr)).mul(hn.add(candidateBias.ref))))
    return { h: n.ref.add(nn.sigmoid(zu.add(hu)).mul(h.sub(n))) }
  },
}

function recurrent({ network, steps, units, averaged, identity, batch }) {
  const features = 784 / steps
  const width = gates[network] * units
  const parameters = {
    kernel: weights([features, width], { inputs: features, outputs: width }),
    recurrentKernel: identity ? np.eye(units) : weights([units, width], { inputs: units, outputs: width }),
    output: weights([units, 10], { inputs: units, outputs: 10 }),
    ...(averaged ? {} : { bias: zeros(width), outputBias: zeros(10) }),
    ...(network === 'gru' ? { candidateBias: zeros(units) } : {}),
  }
  return {
    parameters,
    loss({ kernel, recurrentKernel, output, bias, outputBias, candidateBias }, x, oneHot, key) {
      const inSteps = np.transpose(x.reshape([batch, steps, features]), [1, 0, 2])
      let state = {
        h: np.zeros([batch, units]),
        ...(network === 'lstm' ? { c: np.zeros([batch, units]) } : {}),
      }
      const every = []
      for (let t = 0; t < steps; t++) {
        const product = np.matmul(inSteps.ref.slice(t), kernel.ref)
        const z = bias ? product.add(bias.ref) : product
        state = cells[network](z, state, recurrentKernel.ref, candidateBias)
        if (averaged) every.push(nn.softmax(np.matmul(state.h.ref, output.ref), -1))
      }
      state.c?.dispose()
      for (const used of [inSteps, kernel, recurrentKernel, bias, candidateBias, key]) used?.dispose()
      if (!averaged) return crossEntropy(np.matmul(state.h, output).add(outputBias), oneHot)
      for (const used of [state.h, output]) used.dispose()
      const mean = every.reduce((sum, softmax) => sum.add(softmax)).mul(1 / steps)
      return np.log(mean).mul(oneHot).sum(-1).mean().mul(-1)
    },
  }
}

function cnn({ channels: [one, first, second], batch }) {
  const parameters = [
    weights([first, one, 3, 3], { inputs: 9 * one, relu: true }),
    np.zeros([first, 1, 1]),
    weights([second, first, 3, 3], { inputs: 9 * first, relu: true }),
    np.zeros([second, 1, 1]),
    weights([25 * second, 10], { inputs: 25 * second, outputs: 10 }),
    zeros(10),
  ]
  return {
    parameters,
    loss([filter1, bias1, filter2, bias2, kernel, bias], x, oneHot, key) {
      key.dispose()
      let y = x.reshape([batch, 1, 28, 28])
      for (const [filter, filterBias] of [
        [filter1, bias1],
        [filter2, bias2],
      ]) {
        y = nn.relu(lax.conv(y, filter, [1, 1], 'VALID').add(filterBias))
        y = lax.reduceWindow(y, (window) => np.max(window), [2, 2], [2, 2])
      }
      return crossEntropy(np.matmul(y.reshape([batch, 25 * second]), kernel).add(bias), oneHot)
    },
  }
}

const networks = { mlp, lstm: recurrent, gru: recurrent, rnn: recurrent, cnn }

/** How many arrays of a parameter's shape each optimizer keeps, and its update to [parameter, ...slots]. */
const optimizers = {
  sgd: { slots: 0, update: (rate) => (p, g) => [p.sub(g.mul(rate))] },
  adam: {
    slots: 2,
    update: (rate) => (p, g, corrections, m, v) => {
      const mean = m.mul(adam.beta1).add(g.ref.mul(1 - adam.beta1))
      const square = v.mul(adam.beta2).add(np.square(g).mul(1 - adam.beta2))
      const [correction1, correction2] = [corrections.ref.slice(0), corrections.ref.slice(1)]
      const root = np.sqrt(square.ref.mul(correction2)).add(adam.epsilon)
      return [p.sub(mean.ref.mul(correction1).div(root).mul(rate)), mean, square]
    },
  },
  rmsprop: {
    slots: 1,
    update: (rate) => (p, g, _, v) => {
      const square = v.mul(rmsprop.decay).add(np.square(g.ref).mul(1 - rmsprop.decay))
      return [p.sub(g.div(np.sqrt(square.ref).add(rmsprop.epsilon)).mul(rate)), square]
    },
  },
}

function train(workload, batches) {
  const { parameters, loss } = networks[workload.network](workload)
  const { slots, update } = optimizers[workload.optimizer]
  const updated = update(workload.rate)
  const [leaves, structure] = tree.flatten(parameters)
  let state = leaves.map((leaf) => [leaf, ...Array.from({ length: slots }, () => np.zeros(leaf.shape))])

  const trained = jit((state, x, oneHot, key, corrections) => {
    const now = tree.unflatten(
      structure,
      state.map(([parameter]) => parameter.ref),
    )
    const [value, gradient] = valueAndGrad(loss)(now, x, oneHot, key)
    const [gradients] = tree.flatten(gradient)
    const next = state.map(([p, ...kept], i) => updated(p, gradients[i], corrections, ...kept))
    corrections.dispose()
    return [value, next]
  })

  let steps = 0
  function step() {
    const { x, oneHot, size } = batches.next()
    steps++
    // Typed arrays are data; plain numbers would be constants of kernels, compiled anew at every step.
    const corrections = Float32Array.of(1 / (1 - adam.beta1 ** steps), 1 / (1 - adam.beta2 ** steps))
    const [value, next] = trained(
      state,
      np.array(x).reshape([size, 784]),
      np.array(oneHot).reshape([size, 10]),
      np.array(Uint32Array.of(0, steps)),
      np.array(corrections),
    )
    state = next
    return value.dataSync()[0]
  }
  return { step }
}

function multiply(size) {
  const a = weights([size, size], { inputs: size, outputs: size })
  const b = weights([size, size], { inputs: size, outputs: size })
  const product = jit(np.matmul)
  return () => product(a.ref, b.ref).dataSync()
}

await serve({ version: versionOf('@jax-js/jax'), train, multiply })
