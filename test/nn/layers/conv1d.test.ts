import t from 'tap'
import { conv1d, sequential } from '../../../src/index.js'
import { floats, golden, mismatch } from '../../support/golden.js'
import { runLayers } from '../../support/layers.js'
import { everyEngine } from '../../support/run.js'

interface Config {
  readonly kernel: number
  readonly stride: number
  readonly padding: 'valid' | 'same'
  readonly bias: boolean
}

t.test('convolutions along sequences agree with the golden vectors', async (t) => {
  const cases = golden('composition').filter(({ config }) => config.layer === ('conv1d' as never))
  t.equal(cases.length, 10)
  for (const engine of await everyEngine()) {
    for (const { name, config, inputs, outputs, grads } of cases) {
      const { kernel, stride, padding, bias } = config as unknown as Config
      const [batch, ...input] = inputs.x!.shape as [number, ...number[]]
      const layer = conv1d(inputs.W!.shape[2]!, kernel, { strides: stride, padding, useBias: bias })
      const found = runLayers(engine, [layer], input, {
        ...{ x: floats(inputs.x!), dy: floats(inputs.dy!), batch },
        weights: bias ? [floats(inputs.W!), floats(inputs.b!)] : [floats(inputs.W!)],
      })
      const what = `${engine.name} ${name}`
      t.equal(mismatch(found.y, outputs.y!), undefined, `${what} y`)
      t.equal(mismatch(found.dx, grads.x!), undefined, `${what} dx`)
      const [dw, db] = [...found.gradients.values()]
      t.equal(mismatch(dw!, grads.W!), undefined, `${what} dW`)
      if (bias) t.equal(mismatch(db!, grads.b!), undefined, `${what} db`)
    }
  }
})

t.test('its shapes are those of sequences, and what does not fit is refused by name', (t) => {
  const model = sequential([conv1d(5, 3, { padding: 'same', strides: 2 })], { input: [9, 2] })
  t.same(model.output, [5, 5])
  t.same(model.parameters[0]!.tensor.shape, [3, 2, 5])
  const wrong: [number[], RegExp][] = [
    [[9], /^conv1d_1: takes sequences, shape \[steps, channels\], but its input has shape \[9\]/],
    [[2, 1], /^conv1d_1: a window of 3 steps does not fit into its input of shape \[2, 1\]/],
  ]
  for (const [input, message] of wrong) {
    t.throws(() => sequential([conv1d(5, 3)], { input }), { name: 'ModelError', message })
  }
  t.end()
})
