import t from 'tap'
import * as modules from '../src/index.js'

/** By its name, as a user imports it: the bundle that Node gets. */
const published: typeof modules = await import('lanegrad' as string)

t.test('the bundle for Node is another copy of the library with the same names', async (t) => {
  t.same(Object.keys(published).sort(), Object.keys(modules).sort())
  t.not(published.createEngine, modules.createEngine)
})

t.test('the bundle trains to the same bits, on threads too', async (t) => {
  const fingerprint = async (library: typeof modules, engine: 'threads' | 'simd') => {
    const { builtInDigits, createEngine, createTrainer, dense, dropout, flatten, sequential, sgd } = library
    const { train } = builtInDigits({ train: 200, test: 1 })
    const opened = await createEngine({ engine, threads: engine === 'threads' ? 2 : 1 })
    const layers = [flatten(), dense(32, { activation: 'relu' }), dropout(0.5), dense(10)]
    const model = sequential(layers, { input: [28, 28], seed: 3 })
    const trainer = createTrainer(opened, model, { optimizer: sgd({ learningRate: 0.1 }), batchSize: 32 })
    for await (const { complete } of trainer.fit(train, { epochs: 2 })) t.ok(complete)
    opened.close()
    return model.fingerprint()
  }
  const expected = await fingerprint(modules, 'simd')
  t.equal(await fingerprint(published, 'simd'), expected)
  t.equal(await fingerprint(published, 'threads'), expected)
})
