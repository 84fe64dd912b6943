/** Our own engines as one more peer: `lanegrad.mjs FOLDER THREADS`. It needs the repository built. */
import { initialWeights, randomNumbers } from './data.mjs'
import { load, serve } from './serve.mjs'

const from = async (file) => await load(new URL(`../../build/${file}`, import.meta.url).href)
const { createEngine, createTrainer, dataset, sequential, take } = await from('src/index.js')
const { workloads: specifications } = await from('src/benchmark/workloads.js')
const { encode } = await from('src/program/encode.js')
const { gemm } = await from('src/program/instructions.js')

const threads = Number(process.argv[3])
const engineOptions = threads > 1 ? { engine: 'threads', threads } : { engine: 'simd' }
let images

async function train({ id }, _, { bytes, labels }) {
  const {
    layers,
    optimizer,
    batchSize,
    loss = 'softmaxCrossEntropy',
  } = specifications.find((w) => w.id === id)
  images ??= dataset({ name: 'images', inputs: bytes, targets: labels, sampleShape: [28, 28], classes: 10 })
  const engine = await createEngine(engineOptions)
  const model = sequential(layers, { input: images.sampleShape })
  const trainer = createTrainer(engine, model, { optimizer, batchSize, loss })
  /** As a user's own loop: gathering, shuffling, each step's loss, accuracy and bookkeeping included. */
  async function fit(data, seconds, least) {
    const start = performance.now()
    const stop = new AbortController()
    const losses = []
    const onStep = ({ loss }) => {
      losses.push(loss)
      if (losses.length >= least && performance.now() - start >= 1000 * seconds) stop.abort()
    }
    let samples = 0
    const fitting = trainer.fit(data, { epochs: Number.MAX_SAFE_INTEGER, signal: stop.signal, onStep })
    for await (const epoch of fitting) samples += epoch.samples
    return { samples, losses }
  }

  return {
    run: async (seconds) => (await fit(images, seconds, 1)).samples,
    learn: async (seconds) => (await fit(take(images, batchSize), seconds, 2)).losses,
  }
}

async function multiply(size) {
  const engine = await createEngine(engineOptions)
  const random = randomNumbers(2)
  const matrix = (values) => {
    const address = engine.allocate(4 * size * size)
    engine.views.f32.set(values, address >>> 2)
    return address
  }
  const fan = { inputs: size, outputs: size }
  const instruction = encode(gemm, {
    ...{ a: matrix(initialWeights(size * size, fan, random)), lda: size },
    ...{ b: matrix(initialWeights(size * size, fan, random)), ldb: size },
    ...{ c: matrix(new Float32Array(size * size)), ldc: size },
    ...{ m: size, n: size, k: size, flags: 0 },
  })
  const program = engine.allocate(4 * instruction.length)
  engine.views.i32.set(instruction, program >>> 2)
  return () => engine.run(program, instruction.length)
}

await serve({ version: threads > 1 ? 'threads' : 'simd', train, multiply })
