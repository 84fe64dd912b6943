import t from 'tap'
import type { Benchmark } from '../../src/benchmark/benchmark.js'
import { benchmarkMarkdown, benchmarkNotes, benchmarkTables } from '../../src/benchmark/report.js'
import { allBenchmarks, runBenchmarks, selectBenchmarks } from '../../src/benchmark/run.js'

t.test('a failing engine leaves the others', async (t) => {
  const failing: Benchmark = {
    ...{ id: 'odd', group: 'kernels', title: 'odd', unit: 'elements' },
    prepare(engine) {
      if (engine.name === 'js') throw new Error('No prime number is like it.')
      return { speed: () => 42, release: () => {} }
    },
  }
  const run = await runBenchmarks({
    ...{ benchmarks: [failing], engines: ['js', 'simd'], windows: 2, seconds: 0 },
  })
  const { js, simd } = run.results[0]!.engines
  t.same(js, { error: 'No prime number is like it.' })
  t.same(simd, { median: 42, least: 42, most: 42, ratio: null }, 'no ratio to what failed')
  t.same(benchmarkNotes(run), ['odd failed on js: No prime number is like it.'])
  t.same(benchmarkTables(run)[0]!.rows[1], ['odd', 'failed', '42.0', '0%'])
})

t.test('a run can be stopped and keeps what is complete', async (t) => {
  const stop = new AbortController()
  const benchmarks = selectBenchmarks(allBenchmarks(), ['fill', 'copy'])
  const seen: number[] = []
  const run = await runBenchmarks({
    ...{ benchmarks, engines: ['simd'], windows: 1, seconds: 0.001, signal: stop.signal },
    onProgress: ({ done, secondsLeft }) => {
      seen.push(done)
      t.ok(secondsLeft >= 0 && Number.isFinite(secondsLeft))
    },
    onResult: () => stop.abort(),
  })
  t.same(seen, [0.25, 0.5])
  t.same(
    run.results.map(({ id }) => id),
    ['fill'],
  )
  t.equal(run.complete, false)
  t.match(benchmarkNotes(run).at(-1), /^Stopped before the end/)
  const machine = { cpu: 'A processor', cores: 1, runtime: 'Node', system: 'linux x64' }
  const text = benchmarkMarkdown({ machine, ...run })
  t.match(text, /^A processor, 1 core, Node, linux x64$/m)
  t.match(text, /^\| kernels, elements\/s \| simd \| spread \|\n\| --- \| ---: \| ---: \|\n\| fill/m)
  t.match(text, /^- Stopped before the end/m)
})
