import t from 'tap'
import { createEngine, engineNames, engineSupport } from '../../src/index.js'

t.test('every engine is supported or the reason is said', (t) => {
  const support = engineSupport()
  t.same(Object.keys(support).sort(), [...engineNames].sort())
  t.equal(support.js, true)
  for (const [name, found] of Object.entries(support)) {
    if (found !== true) t.match(found, /^[A-Z].*\.$/, name)
  }
  t.end()
})

t.test('where shared memory is missing there are no threads, and it is said what to do', async (t) => {
  const kept = { SharedArrayBuffer: globalThis.SharedArrayBuffer }
  const page = globalThis as { crossOriginIsolated?: boolean; SharedArrayBuffer?: unknown }
  page.SharedArrayBuffer = undefined
  t.teardown(() => Object.assign(globalThis, kept))
  t.match(engineSupport().threads, /no SharedArrayBuffer\.$/)
  page.crossOriginIsolated = false
  t.teardown(() => delete page.crossOriginIsolated)
  t.match(engineSupport().threads, /Cross-Origin-Opener-Policy: same-origin/)
  await t.rejects(createEngine({ engine: 'threads', threads: 2 }), {
    name: 'EngineError',
    message: /^The threads engine cannot run here\. Threads need shared memory, /,
  })
  const engine = await createEngine({ threads: 2 })
  t.match(engine.describe(), /^simd: .* \(no threads: .*Cross-Origin-Embedder-Policy: require-corp\)$/)
})

t.test('where a thread may not sleep, threads need a worker', async (t) => {
  const { wait } = Atomics
  t.teardown(() => {
    Atomics.wait = wait
  })
  Atomics.wait = () => {
    throw new TypeError('Atomics.wait cannot be called in this context')
  }
  t.match(engineSupport().threads, /create the engine in a worker, and train there\.$/)
  t.equal(engineSupport().simd, true)
})
