// The README's first screen, as it stands: `npm run build && node examples/mnist.mjs`.
import {
  builtInDigits,
  createEngine,
  createTrainer,
  DataUnavailableError,
  dense,
  dropout,
  flatten,
  mnist,
  sequential,
  sgd,
} from 'lanegrad'

const { train, test } = await mnist().catch((error) => {
  if (error instanceof DataUnavailableError) return builtInDigits()
  throw error
})
const engine = await createEngine()
const model = sequential([flatten(), dense(512, { activation: 'relu' }), dropout(0.3), dense(10)], {
  input: [28, 28],
  seed: 1,
})
const trainer = createTrainer(engine, model, {
  optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
  batchSize: 128,
})

console.log(`${train.name} on ${engine.describe()}`)
for await (const { epoch, loss, validation } of trainer.fit(train, { epochs: 5, validationData: test })) {
  console.log(`epoch ${epoch}: loss ${loss.toFixed(4)}, test accuracy ${validation.accuracy}`)
}
console.log(await model.fingerprint())
