import t from 'tap'
import { dense } from '../../../src/nn/layers/dense.js'
import { floats, golden, mismatch } from '../../support/golden.js'
import { runLayers } from '../../support/layers.js'
import { everyEngine } from '../../support/run.js'

t.test('dense layers agree with the golden vectors', async (t) => {
  for (const engine of await everyEngine()) {
    for (const { name, inputs, outputs, grads } of golden('dense')) {
      const { x, W, b, dy } = inputs as Record<string, (typeof inputs)[string]>
      const [batch, size] = x!.shape as [number, number]
      const weights = b ? [floats(W!), floats(b)] : [floats(W!)]
      const found = runLayers(engine, [dense(W!.shape[1]!, { useBias: b !== undefined })], [size], {
        ...{ x: floats(x!), weights, dy: floats(dy!), batch },
      })
      t.equal(mismatch(found.y, outputs.y!), undefined, `${engine.name} ${name} y`)
      t.equal(mismatch(found.dx, grads.x!), undefined, `${engine.name} ${name} dx`)
      t.equal(
        mismatch(found.gradients.get('dense_1/kernel')!, grads.W!),
        undefined,
        `${engine.name} ${name} dW`,
      )
      if (b)
        t.equal(
          mismatch(found.gradients.get('dense_1/bias')!, grads.b!),
          undefined,
          `${engine.name} ${name} db`,
        )
    }
  }
})
