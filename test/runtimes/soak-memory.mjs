// Builds, trains, measures and closes model after model on one engine, and forgets some of them: memory must not grow.
import { parseArgs } from 'node:util'
import {
  createEngine,
  createEvaluator,
  createTrainer,
  dataset,
  dense,
  flatten,
  sequential,
  sgd,
} from '../../build/node/index.js'

const usage = `npm run soak:memory -- [--cycles 10000] [--engine simd] [--limit 20]

  --cycles   models to build, train and close
  --engine   simd, threads or js
  --limit    MiB by which the engine's memory, or the process, may grow after a tenth of the cycles`

const text = { type: 'string' }
const { values } = parseArgs({ options: { cycles: text, engine: text, limit: text } })
const { cycles = '10000', engine: name = 'simd', limit = '20' } = values
if (!(Number(cycles) >= 10 && Number(limit) > 0)) {
  console.error(usage)
  process.exit(2)
}

const mebibyte = 2 ** 20
const engine = await createEngine({ engine: name, ...(name === 'threads' ? { threads: 2 } : {}) })
const samples = Array.from({ length: 4 }, (_, i) => {
  const count = 32 + 16 * i
  const images = Uint8Array.from({ length: count * 784 }, (_, j) => (j * 31 + i) % 256)
  const labels = Uint8Array.from({ length: count }, (_, j) => j % 10)
  return dataset({ name: 'soak', inputs: images, targets: labels, sampleShape: [28, 28], classes: 10 })
})

async function cycle(i) {
  const hidden = [16, 100, 300, 512][i % 4]
  const model = sequential([flatten(), dense(hidden, { activation: 'relu' }), dense(10)], { input: [28, 28] })
  const trainer = createTrainer(engine, model, { optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }) })
  const evaluator = createEvaluator(engine, model)
  await trainer.fit(samples[i % 3], { epochs: 1, validationData: samples[(i + 1) % 4] })
  await evaluator.evaluate(samples[i % 4])
  trainer.close()
  // Every tenth is left to the garbage collector.
  if (i % 10 !== 0) evaluator.close()
}

const used = () => ({
  engine: engine.views.u8.length / mebibyte,
  process: process.memoryUsage.rss() / mebibyte,
})
const show = (n) => n.toFixed(1)
const began = performance.now()
let first
for (let i = 0; i < Number(cycles); i++) {
  await cycle(i)
  // Finalisers run between tasks.
  if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 0))
  if (i + 1 === Math.floor(Number(cycles) / 10)) first = used()
}
const last = used()
engine.close()
const growth = { engine: last.engine - first.engine, process: last.process - first.process }
const seconds = (performance.now() - began) / 1000
console.log(
  `${cycles} models on one ${name} engine in ${seconds.toFixed(0)} s: its memory went from ${show(first.engine)} to ${show(last.engine)} MiB, the process from ${show(first.process)} to ${show(last.process)} MiB`,
)
if (Math.max(growth.engine, growth.process) > Number(limit)) {
  console.log(`failed: more than ${limit} MiB after the first tenth`)
  process.exit(1)
}
