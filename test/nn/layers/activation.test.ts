import t from 'tap'
import { type ActivationSpec, activation, dense, sequential } from '../../../src/index.js'
import { sameBits } from '../../support/bits.js'
import { floats, golden, mismatch } from '../../support/golden.js'
import { runLayers } from '../../support/layers.js'
import { everyEngine } from '../../support/run.js'

const specs: Record<string, ActivationSpec | 'softmax' | 'logSoftmax'> = {
  relu: 'relu',
  leaky_relu: { leakyRelu: 0.3 },
  elu: { elu: 0.5 },
  sigmoid: 'sigmoid',
  hard_sigmoid: 'hardSigmoid',
  tanh: 'tanh',
  gelu_erf: 'gelu',
  gelu_tanh: 'geluTanh',
  softplus: 'softplus',
  softmax: 'softmax',
  log_softmax: 'logSoftmax',
}

t.test(
  'golden vectors through activation layers, and through dense layers with these activations',
  async (t) => {
    const cases = golden('activations').filter(({ name, config }) => {
      const { slope, alpha } = config as { slope?: number; alpha?: number }
      return /\d+x\d+$/.test(name) && slope !== 0.01 && alpha !== 1
    })
    t.equal(new Set(cases.map(({ config }) => config.activation)).size, Object.keys(specs).length)
    for (const engine of await everyEngine()) {
      for (const { name, config, inputs, outputs, grads } of cases) {
        const spec = specs[config.activation as unknown as string]!
        const [batch, size] = inputs.x!.shape as [number, number]
        const args = { x: floats(inputs.x!), dy: floats(inputs.dy!), batch }
        const found = runLayers(engine, [activation(spec)], [size], { ...args, weights: [] })
        t.equal(mismatch(found.y, outputs.y!), undefined, `${engine.name} ${name} y`)
        t.equal(mismatch(found.dx, grads.x!), undefined, `${engine.name} ${name} dx`)
        if (spec === 'softmax' || spec === 'logSoftmax') continue
        const identity = Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0))
        const layer = dense(size, { activation: spec, useBias: false })
        const product = runLayers(engine, [layer], [size], {
          ...args,
          dy: floats(inputs.dy!),
          weights: [identity],
        })
        sameBits(t, product.y, found.y, `${engine.name} ${name} y of dense`)
        t.equal(mismatch(product.dx, grads.x!), undefined, `${engine.name} ${name} dx of dense`)
      }
    }
  },
)

t.test('an activation that is not known is refused by name', async (t) => {
  const wrong: [unknown, RegExp][] = [
    [
      'gleu',
      /^activation: activation should be one of 'softmax', 'logSoftmax' or one of "none", .*found "gleu"/,
    ],
    [{ elu: 0 }, /{"elu": factor} with a factor above 0, found {"elu":0}/],
    [{ leakyRelu: 1 }, /{"leakyRelu": slope} with a slope between 0 and 1, .*found {"leakyRelu":1}/],
    [null, /found null/],
  ]
  for (const [spec, message] of wrong) {
    t.throws(() => sequential([activation(spec as 'relu')], { input: [3] }), { name: 'ModelError', message })
  }
})
