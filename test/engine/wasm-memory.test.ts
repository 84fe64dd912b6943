import t from 'tap'
import { createEngine } from '../../src/index.js'

t.test('memory grows when it is asked for, and keeps what it holds', async (t) => {
  for (const name of ['simd', 'js'] as const) {
    const engine = await createEngine({ engine: name })
    const first = engine.allocate(4)
    engine.views.f32[first >>> 2] = 1.5
    const before = engine.views.u8.length
    const large = engine.allocate(before + 100_000)
    t.ok(engine.views.u8.length >= large + before + 100_000, `${name}: grown`)
    t.equal(engine.views.f32[first >>> 2], 1.5)
    engine.views.u8[large + before + 99_999] = 7
    t.equal(engine.views.u8[large + before + 99_999], 7)
  }
})

t.test('memory that cannot be had is refused with how much was wanted', async (t) => {
  const simd = await createEngine({ engine: 'simd' })
  const used = simd.views.u8.length
  t.throws(() => simd.allocate(2 ** 32), {
    name: 'EngineError',
    message: /needs 409[78] MiB of memory and has 2;/,
  })
  t.equal(simd.views.u8.length, used)
  t.ok(simd.allocate(100) > 0, 'and the engine goes on')
  const js = await createEngine({ engine: 'js' })
  t.throws(() => js.allocate(2 ** 53), { name: 'EngineError', message: /needs \d+ bytes of memory/ })
  t.ok(js.allocate(100) > 0)
})
