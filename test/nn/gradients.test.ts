import t from 'tap'
import {
  type ActivationSpec,
  createEngine,
  createTrainer,
  dataset,
  dense,
  type EngineName,
  flatten,
  type Model,
  sequential,
  sgd,
} from '../../src/index.js'
import { effort } from '../support/effort.js'

const activations: ActivationSpec[] = [
  ...([
    'none',
    'relu',
    'tanh',
    'sigmoid',
    'hardSigmoid',
    'softplus',
    'elu',
    'silu',
    'gelu',
    'geluTanh',
  ] as const),
  { leakyRelu: 0.2 },
  { elu: 0.7 },
]

/** An activation in float64; the exact gelu by the series of its derivative, the normal density. */
function referenceActivation(activation: ActivationSpec, v: number): number {
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
  if (typeof activation === 'object') {
    if ('elu' in activation) return v > 0 ? v : activation.elu * Math.expm1(v)
    return v > 0 ? v : v * activation.leakyRelu
  }
  switch (activation) {
    case 'none':
      return v
    case 'relu':
      return Math.max(v, 0)
    case 'tanh':
      return Math.tanh(v)
    case 'sigmoid':
      return sigmoid(v)
    case 'hardSigmoid':
      return Math.max(0, Math.min(0.2 * v + 0.5, 1))
    case 'softplus':
      return Math.log1p(Math.exp(v))
    case 'elu':
      return v > 0 ? v : Math.expm1(v)
    case 'silu':
      return v * sigmoid(v)
    case 'geluTanh':
      return (v / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)))
    case 'gelu': {
      let sum = 0
      for (let n = 0, term = v; n < 200; n++, term *= (-v * v) / (2 * n)) sum += term / (2 * n + 1)
      return v * (0.5 + sum / Math.sqrt(2 * Math.PI))
    }
  }
}

/** The same network in float64 by the plainest code: mean softmax cross-entropy of a batch. */
function referenceLoss(weights: number[][], layers: Dense[], x: number[], labels: Uint8Array): number {
  let total = 0
  const size = x.length / labels.length
  for (let sample = 0; sample < labels.length; sample++) {
    let values = x.slice(sample * size, (sample + 1) * size)
    let at = 0
    for (const { units, activation, bias } of layers) {
      const kernel = weights[at++]!
      const offsets = bias ? weights[at++]! : new Array<number>(units).fill(0)
      const z = offsets.map((offset, j) =>
        values.reduce((sum, v, i) => sum + v * kernel[i * units + j]!, offset),
      )
      values = z.map((v) => referenceActivation(activation, v))
    }
    const largest = Math.max(...values)
    const sum = values.reduce((all, v) => all + Math.exp(v - largest), 0)
    total += Math.log(sum) + largest - values[labels[sample]!]!
  }
  return total / labels.length
}

interface Dense {
  readonly units: number
  readonly activation: ActivationSpec
  readonly bias: boolean
}

/** Gradients of the batch's mean loss, read off one step of plain gradient descent at this rate. */
async function gradientsByTraining(
  engineName: EngineName,
  model: Model,
  data: ReturnType<typeof dataset>,
): Promise<number[][]> {
  const rate = 4
  const engine = await createEngine({ engine: engineName })
  const before = [...model.weights().values()]
  const trainer = createTrainer(engine, model, { optimizer: sgd({ learningRate: rate }), batchSize: 'full' })
  for await (const _ of trainer.fit(data, { epochs: 1 })) break
  const after = [...model.weights().values()]
  return before.map((values, p) => [...values].map((value, i) => (value - after[p]![i]!) / rate))
}

t.test('gradients of random networks agree with central differences in float64', async (t) => {
  // A small generator of its own, so that a failing network can be built again.
  let seed = 20
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed / 2 ** 32
  }
  const below = (n: number) => Math.floor(random() * n)
  for (let network = 0; network < effort(30, 120); network++) {
    const engineName = network % 2 === 0 ? 'simd' : 'js'
    const [inputs, classes, batch] = [1 + below(9), 2 + below(6), 1 + below(9)]
    const layers: Dense[] = Array.from({ length: below(3) }, (_, i) => ({
      units: 1 + below(12),
      activation: activations[(network + i) % activations.length]!,
      bias: random() < 0.7,
    }))
    layers.push({ units: classes, activation: 'none', bias: true })
    // Zeros among the inputs, for the path that skips them.
    const x = Float32Array.from({ length: batch * inputs }, () => (random() < 0.4 ? 0 : random() * 2 - 1))
    const labels = Uint8Array.from({ length: batch }, () => below(classes))
    const data = dataset({ name: 'random', inputs: x, targets: labels, sampleShape: [inputs, 1], classes })
    const specs = layers.map(({ units, activation, bias }) =>
      dense(units, { activation, useBias: bias, biasInitializer: { type: 'normal', deviation: 0.5 } }),
    )
    const model = sequential([flatten(), ...specs], { input: [inputs, 1], seed: network })
    const weights = [...model.weights().values()].map((values) => [...values])

    const found = await gradientsByTraining(engineName, model, data)
    const h = 1e-6
    let worst = 0
    for (const [p, values] of weights.entries()) {
      for (const [i, value] of values.entries()) {
        const at = (shifted: number) => {
          values[i] = shifted
          const loss = referenceLoss(weights, layers, [...x], labels)
          values[i] = value
          return loss
        }
        const expected = (at(value + h) - at(value - h)) / (2 * h)
        const error = Math.abs(found[p]![i]! - expected) / (1e-2 + Math.abs(expected))
        worst = Math.max(worst, error)
      }
    }
    const shape = `${inputs}-${layers.map(({ units }) => units).join('-')}`
    t.ok(worst < 2e-4, `${engineName} ${shape}, batch ${batch}: worst relative error ${worst}`)
  }
})
