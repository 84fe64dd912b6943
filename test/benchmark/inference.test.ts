import t from 'tap'
import { inferenceBenchmarks } from '../../src/benchmark/inference.js'
import { benchmarkDigits, runBenchmarks } from '../../src/benchmark/run.js'

t.test('every engine answers one sample at a time', async (t) => {
  const run = await runBenchmarks({
    ...{ benchmarks: inferenceBenchmarks(benchmarkDigits), windows: 1, seconds: 0 },
    engines: ['js', 'double', 'simd', 'threads'],
  })
  for (const { id, unit, engines } of run.results) {
    t.equal(unit, 'samples')
    for (const [name, speed] of Object.entries(engines)) {
      t.ok('median' in speed && speed.median > 0, `${id} on ${name}: ${JSON.stringify(speed)}`)
    }
  }
})
