import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import type { Engine } from '../../src/engine/engine.js'
import type { ThreadWorker } from '../../src/engine/runtime.js'
import { createWorker } from '../../src/engine/runtime.node.js'
import { createThreadsEngine, type ThreadsOptions } from '../../src/engine/threads.js'
import {
  builtInDigits,
  createEngine,
  createTrainer,
  dense,
  flatten,
  sequential,
  sgd,
} from '../../src/index.js'
import { encode } from '../../src/program/encode.js'
import { barrier, copy, fill } from '../../src/program/instructions.js'
import { effort } from '../support/effort.js'
import { runInstruction } from '../support/run.js'

/** A worker whose end can be waited for. */
interface WatchedWorker extends ThreadWorker {
  readonly ended: Promise<void>
}

/** An engine whose workers are at hand; `script` takes the place of theirs. */
async function createWatched(threads: number, options: Partial<ThreadsOptions> & { script?: string } = {}) {
  const workers: WatchedWorker[] = []
  const { script, ...rest } = options
  const engine = await createThreadsEngine('threads', threads, {
    processors: 2,
    ...rest,
    createWorker(_, onFailure) {
      let end = () => {}
      const ended = new Promise<void>((resolve) => {
        end = resolve
      })
      const url =
        script === undefined ? undefined : new URL(`data:text/javascript,${encodeURIComponent(script)}`)
      const worker = createWorker(url, (reason) => {
        onFailure(reason)
        end()
      })
      workers.push({ ...worker, ended })
      return worker
    },
  })
  return { engine, workers }
}

/** Puts the words of a program into an engine's memory. */
function load(engine: Engine, words: number[]): { address: number; length: number } {
  const address = engine.allocate(words.length * 4)
  engine.views.i32.set(words, address >>> 2)
  return { address, length: words.length }
}

/** `times` fills of the same `count` floats, with a barrier after each. */
function fills(engine: Engine, times: number, count: number) {
  const x = engine.allocate(count * 4)
  const words = Array.from({ length: times }, (_, i) => [
    ...encode(fill, { x, count, value: i }),
    ...encode(barrier, {}),
  ])
  return { x, ...load(engine, words.flat()) }
}

function filled(engine: Engine): number[] {
  const x = new Float32Array(100)
  runInstruction(engine, fill, { x, count: 100, value: 3 })
  return [...new Set(x)]
}

t.test('any number of threads runs programs, one after the other', async (t) => {
  for (const threads of [2, 3, 8]) {
    const { engine, workers } = await createWatched(threads)
    t.equal(engine.threads, threads)
    t.equal(workers.length, threads - 1)
    t.match(engine.describe(), new RegExp(`^threads: wasm SIMD128, ${threads} threads`))
    const { x, address, length } = fills(engine, 50, 1000)
    for (let run = 0; run < 20; run++) engine.run(address, length)
    const at = x >>> 2
    t.ok(engine.views.f32.subarray(at, at + 1000).every((value) => value === 49))
    engine.close()
    await Promise.all(workers.map(({ ended }) => ended))
  }
})

t.test('memory that grows is seen by all threads', async (t) => {
  const { engine } = await createWatched(3)
  t.same(filled(engine), [3])
  const before = engine.views.u8.length
  const { x, address, length } = fills(engine, 3, before)
  t.ok(engine.views.u8.length > 4 * before)
  engine.run(address, length)
  const at = x >>> 2
  t.ok(engine.views.f32.subarray(at, at + before).every((value) => value === 2))
  t.throws(() => engine.allocate(2 ** 32), { name: 'EngineError', message: /needs 4\d\d\d MiB of memory/ })
  t.same(filled(engine), [3], 'and the engine goes on')
  engine.close()
})

t.test('memory that has grown while threads started is seen by all of them', async (t) => {
  // A thread that takes memory for smaller than it is traps in a copy. It is rare, so it is given many chances.
  for (let round = 0; round < effort(5, 40); round++) {
    const engine = await createEngine({ engine: 'threads', threads: 7 })
    const x = Float32Array.from({ length: 1000 }, (_, i) => round + i)
    const y = new Float32Array(1000)
    runInstruction(engine, copy, { x, y, count: 1000 })
    t.same(y, x)
    engine.close()
  }
})

t.test('the engine, and why it was chosen', async (t) => {
  const cases: [Parameters<typeof createEngine>[0], RegExp][] = [
    [{ engine: 'simd' }, /^simd: wasm SIMD128, one thread \(asked for\)$/],
    [{ engine: 'threads', threads: 3 }, /^threads: wasm SIMD128, 3 threads \(asked for\)$/],
    [
      { threads: 2 },
      /^threads: wasm SIMD128, 2 threads \(the fastest that gives the same bits everywhere\)$/,
    ],
    [{ threads: 1 }, /^simd: wasm SIMD128, one thread \(one thread was asked for\)$/],
    [{ engine: 'threads', threads: 1 }, /^simd: wasm SIMD128, one thread \(one thread was asked for\)$/],
    [{}, /^(threads: wasm SIMD128, \d+ threads \(the fastest|simd: .* \(the machine offers one thread\))/],
    [{ engine: 'js' }, /^js: .* \(asked for\)$/],
  ]
  for (const [options, expected] of cases) {
    const engine = await createEngine(options)
    t.match(engine.describe(), expected)
    t.same(filled(engine), [3])
    engine.close()
  }
})

t.test('engines that cannot be had are refused in words', async (t) => {
  const cases: [Parameters<typeof createEngine>[0], RegExp][] = [
    [
      { engine: 'gpu' as never },
      /^createEngine: engine should be one of 'threads', 'simd', .*, found "gpu"\.$/,
    ],
    [{ threads: 0 }, /^createEngine: threads should be a whole number from 1 to 64, found 0\.$/],
    [{ threads: 2.5 }, /found 2\.5\.$/],
    [{ threads: 65 }, /found 65\.$/],
    [{ threads: Number.NaN }, /found NaN\.$/],
    [{ engine: 'simd', threads: 2 }, /^The simd engine has one thread, and 2 were asked for\.$/],
  ]
  for (const [options, message] of cases) {
    await t.rejects(createEngine(options), { name: 'EngineError', message })
  }
})

t.test('a worker that cannot start is an error, or makes the default engine do without', async (t) => {
  const worker = new URL('file:///nowhere/worker.js')
  await t.rejects(createEngine({ engine: 'threads', threads: 3, worker }), {
    name: 'EngineError',
    message: /^The threads engine could not start: thread [23] of 3 has failed: .*nowhere/,
  })
  const engine = await createEngine({ threads: 2, worker })
  t.match(
    engine.describe(),
    /^simd: .* \(no threads: The threads engine could not start: thread 2 of 2 has failed: /,
  )
  t.same(filled(engine), [3])
})

t.test('so is one that throws, ends at once, or never becomes a thread', async (t) => {
  const cases: [string, number, RegExp][] = [
    ['throw new Error("out of order")', 60_000, /thread [23] of 3 has failed: out of order\.$/],
    ['process.exit(0)', 60_000, /thread [23] of 3 has failed: it has ended\.$/],
    ['setInterval(() => {}, 1000)', 500, /thread 2 of 3 did not start in time\.$/],
  ]
  for (const [script, startLimit, message] of cases) {
    await t.rejects(createWatched(3, { script, startLimit }), { name: 'EngineError', message })
  }
})

t.test('the script of a worker may come from a URL', async (t) => {
  const worker = new URL('../../src/engine/worker/worker.node.js', import.meta.url)
  const engine = await createEngine({ engine: 'threads', threads: 2, worker })
  t.same(filled(engine), [3])
  engine.close()
})

/** That nothing more is run, and memory can still be read. */
function checkBroken(t: Test, engine: Engine, message: RegExp): void {
  for (let i = 0; i < 2; i++) t.throws(() => filled(engine), { name: 'EngineError', message })
  engine.views.f32[16] = 2.5
  t.equal(engine.views.f32[16], 2.5)
  engine.close()
  engine.close()
}

t.test('a thread that traps in the middle of a program is named', async (t) => {
  const { engine, workers } = await createWatched(2)
  t.same(filled(engine), [3])
  // The first thread's half lies at the end of memory, the second's beyond it.
  const x = engine.views.u8.length - 64
  const { address, length } = load(engine, encode(fill, { x, count: 32, value: 1 }))
  const message =
    /^The threads engine cannot go on: thread 2 of 2 has failed: .*bounds.*\. Weights can still be read; /
  t.throws(() => engine.run(address, length), { name: 'EngineError', message })
  checkBroken(t, engine, message)
  await Promise.all(workers.map(({ ended }) => ended))
})

t.test('so is the first thread, and the others do not wait for it', async (t) => {
  const { engine, workers } = await createWatched(3)
  const { address, length } = load(engine, [barrier.op, 2, 9999, 2])
  const message = /^The threads engine cannot go on: thread [123] of 3 has failed: .*unreachable/
  t.throws(() => engine.run(address, length), { name: 'EngineError', message })
  checkBroken(t, engine, message)
  await Promise.all(workers.map(({ ended }) => ended))
})

t.test('a worker that ends between two programs is noticed before the next', async (t) => {
  const { engine, workers } = await createWatched(3)
  t.same(filled(engine), [3])
  workers[1]!.terminate()
  await workers[1]!.ended
  checkBroken(t, engine, /^The threads engine cannot go on: thread 3 of 3 has failed: it has ended\. Weights/)
  await Promise.all(workers.map(({ ended }) => ended))
})

t.test('a worker that ends in the middle of a program is given up after a while', async (t) => {
  const { engine, workers } = await createWatched(3, { deathLimit: 300 })
  const { address, length } = fills(engine, 20_000, 20_000)
  workers[0]!.terminate()
  const message =
    /^The threads engine cannot go on: thread 2 of 3 does not answer, it must have ended\. Weights/
  t.throws(() => engine.run(address, length), { name: 'EngineError', message })
  checkBroken(t, engine, message)
  await Promise.all(workers.map(({ ended }) => ended))
})

t.test('a worker that is killed is noticed by its end, while other tasks go on', async (t) => {
  // By patience alone it would take a minute.
  const { engine, workers } = await createWatched(2, { deathLimit: 60_000 })
  const data = builtInDigits({ train: 1000, test: 100 })
  const model = sequential([flatten(), dense(10)], { input: [28, 28] })
  const trainer = createTrainer(engine, model, { optimizer: sgd({ learningRate: 0.1 }) })
  const start = await model.fingerprint()
  let turns = 0
  const other = setInterval(() => turns++, 1)
  const onStep = ({ step }: { step: number }) => {
    if (step !== 5) return
    turns = 0
    workers[0]!.terminate()
  }
  const lost = { name: 'EngineError', message: /cannot go on: thread 2 of 2 has failed: it has ended\./ }
  await t.rejects(trainer.fit(data.train, { epochs: 1, onStep }), lost)
  clearInterval(other)
  t.ok(turns > 0, `other tasks had ${turns} turns`)
  t.equal(await model.fingerprint(), start, 'the weights are those of the start of the epoch')
  t.equal(trainer.checkpoint().progress.step, 0)
  await t.rejects(trainer.evaluate(data.test), lost)
  trainer.close()
  t.equal(await model.fingerprint(), start)
  engine.close()
})

t.test('while a program waits for a thread, others wait for the program, and memory for all', async (t) => {
  // A thread that is held up, not dead: it begins when the first has long come to the barrier.
  const { engine } = await createWatched(2)
  const { x, address, length } = fills(engine, 300, 500_000)
  const order: string[] = []
  const run = async (name: string) => {
    await engine.runAsync!(address, length)
    order.push(name)
  }
  await Promise.all([run('first'), run('second'), run('third')])
  t.same(order, ['first', 'second', 'third'])
  const running = engine.runAsync!(address, length)
  t.equal(engine.views.f32[(x >>> 2) + 499_999], 299, 'memory is looked at when the program has ended')
  await running
  t.equal(engine.busy, undefined)
  engine.close()
})

t.test('training on an engine that has lost a thread fails in words, and keeps the weights', async (t) => {
  const { engine, workers } = await createWatched(2, { deathLimit: 300 })
  const data = builtInDigits({ train: 1000, test: 100 })
  const model = sequential([flatten(), dense(10)], { input: [28, 28] })
  const trainer = createTrainer(engine, model, { optimizer: sgd({ learningRate: 0.1 }) })
  const steps: number[] = []
  const onStep = ({ step }: { step: number }) => {
    steps.push(step)
    if (step === 5) workers[0]!.terminate()
  }
  await t.rejects(trainer.fit(data.train, { epochs: 1, onStep }).next(), {
    name: 'EngineError',
    message: /thread 2 of 2/,
  })
  t.ok(steps.length >= 5)
  t.ok(model.weights().size > 0)
  t.match(await model.fingerprint(), /^[0-9a-f]{64}$/)
  // The weights go on elsewhere.
  const next = await createEngine({ engine: 'simd' })
  const other = createTrainer(next, model, { optimizer: sgd({ learningRate: 0.1 }) })
  t.ok((await other.evaluate(data.test)).loss > 0)
  engine.close()
})

t.test('a closed engine has no threads left, and refuses to run', async (t) => {
  const { engine, workers } = await createWatched(4)
  t.same(filled(engine), [3])
  engine.close()
  engine.close()
  await Promise.all(workers.map(({ ended }) => ended))
  t.throws(() => filled(engine), {
    name: 'EngineError',
    message: 'The engine was closed and cannot run another program.',
  })
})

t.test('a process that forgets to close its engine ends all the same', async (t) => {
  const index = new URL('../../src/index.js', import.meta.url).href
  const script = (end: string) => `
    import { createEngine } from ${JSON.stringify(index)}
    const engine = await createEngine({ engine: 'threads', threads: 3 })
    console.log(engine.threads)
    ${end}`
  for (const end of ['', 'engine.close()', 'process.exit(0)']) {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', script(end)],
      { timeout: 60_000 },
    )
    t.equal(stdout, '3\n', end || 'forgotten')
  }
  const { stderr } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', script('throw new Error("broken")')],
    { timeout: 60_000 },
  ).catch((error) => error)
  t.match(stderr, /broken/)
})
