import t from 'tap'
import type { Benchmark } from '../../src/benchmark/benchmark.js'
import { openEngine } from '../../src/benchmark/engines.js'
import { gemmBenchmarks } from '../../src/benchmark/gemm.js'
import { type KernelProgram, kernelBenchmark } from '../../src/benchmark/kernel-program.js'
import { kernelBenchmarks } from '../../src/benchmark/kernels.js'
import { profile } from '../../src/benchmark/profile.js'
import { benchmarkMarkdown, benchmarkNotes, benchmarkTables, rate } from '../../src/benchmark/report.js'
import { allBenchmarks, benchmarkDigits, runBenchmarks, selectBenchmarks } from '../../src/benchmark/run.js'
import { interleave, ratios, summarise } from '../../src/benchmark/windows.js'
import { workloads } from '../../src/benchmark/workloads.js'
import type { Engine } from '../../src/engine/engine.js'
import { createJsEngine } from '../../src/engine/js/engine.js'
import * as table from '../../src/program/instructions.js'
import { add } from '../../src/program/instructions.js'

t.test('medians, spread and ratios', async (t) => {
  t.same(summarise([3, 1, 2]), { median: 2, least: 1, most: 3 })
  t.same(summarise([4, 1, 2, 3]), { median: 2.5, least: 1, most: 4 })
  t.same(ratios([2, 9, 8], [1, 3, 1]), { median: 3, least: 2, most: 8 })
  const turns: string[] = []
  const run = (name: string) => () => turns.push(name)
  const found = await interleave(2, { a: run('a'), b: run('b') })
  t.same(turns, ['a', 'b', 'a', 'b', 'a', 'b'], 'in turn, and once before')
  t.same(found, { a: [3, 5], b: [4, 6] })
  t.equal(rate(12_345_678), '12.3M')
  t.equal(rate(0.5), '0.500')
})

/** The opcodes that run when a benchmark runs once on `engine`. */
function opcodesOf(benchmark: Benchmark, engine: Engine): Set<number> {
  const seen = new Set<number>()
  const spy: Engine = {
    ...engine,
    get views() {
      return engine.views
    },
    run(program, words) {
      const { i32 } = engine.views
      for (let at = program >>> 2; at < (program >>> 2) + words; at += i32[at + 1]!) seen.add(i32[at]!)
      engine.run(program, words)
    },
  }
  const prepared = benchmark.prepare(spy)
  t.ok((prepared.speed(0) as number) > 0, benchmark.id)
  prepared.release()
  return seen
}

t.test('every kernel of the core is measured', async (t) => {
  const engine = await openEngine('simd')
  const measured = new Set<number>()
  for (const benchmark of [gemmBenchmarks[0]!, ...kernelBenchmarks]) {
    for (const op of opcodesOf(benchmark, engine)) measured.add(op)
  }
  // These do next to nothing, or only mark a place in a program.
  const left = ['identity', 'addPenalty', 'inverseDeviation', 'barrier']
  const kernels = Object.values(table).filter(({ name }) => !left.includes(name))
  t.same(
    kernels.filter(({ op }) => !measured.has(op)).map(({ name }) => name),
    [],
  )
  engine.close()
})

t.test('a benchmark gives its memory back, and restores what it spoils', async (t) => {
  const engine = createJsEngine()
  const sums: number[] = []
  let address = 0
  const benchmark = kernelBenchmark(
    { id: 'add', group: 'kernels', title: 'add', elements: 16 },
    (program: KernelProgram) => {
      const y = program.restore(program.constant(1, [16]))
      program.emit(add, { x: program.constant(2, [16]), y, count: 16 })
    },
  )
  const watched: Engine = {
    ...engine,
    get views() {
      return engine.views
    },
    allocate: (bytes) => {
      const place = engine.allocate(bytes)
      address ||= place
      return place
    },
    run(program, words) {
      engine.run(program, words)
      const block = engine.views.f32.subarray(address >>> 2, (address >>> 2) + 64)
      sums.push(Math.max(...block))
    },
  }
  const free = engine.allocate(64)
  engine.release(free)
  const prepared = benchmark.prepare(watched)
  await prepared.speed(0)
  prepared.release()
  t.equal(Math.max(...sums), 3, 'never added twice')
  t.equal(engine.allocate(64), free)
})

t.test('benchmarks have ids that tell them apart', async (t) => {
  const all = allBenchmarks()
  t.equal(new Set(all.map(({ id }) => id.toLowerCase())).size, all.length)
  t.same(
    selectBenchmarks(all, ['w2', 'GEMM-64']).map(({ id }) => id),
    ['gemm-64', 'W2'],
  )
  t.equal(selectBenchmarks(all, ['training']).length, workloads.length)
  t.same(selectBenchmarks(all, ['nothing']), [])
})

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

t.test('a profile names every instruction of the step', async (t) => {
  const workload = workloads.find(({ id }) => id === 'W1')!
  const found = await profile({ workload, data: benchmarkDigits(), engine: 'simd', seconds: 0.01 })
  const { instructions, steps, sum, step } = found!
  t.ok(steps >= 5)
  t.same(instructions[0]!.instruction, 'gatherBytes')
  t.ok(instructions.some(({ from, instruction }) => from === 'dense_1' && instruction === 'sgd'))
  t.ok(Math.abs(instructions.reduce((total, { share }) => total + share, 0) - 1) < 1e-9)
  t.ok(Math.abs(instructions.reduce((total, { seconds }) => total + seconds, 0) - sum) < 1e-9)
  t.ok(step.least <= step.median && step.median <= step.most)
})

t.test('a profile that is stopped at once has nothing to say', async (t) => {
  const workload = workloads.find(({ id }) => id === 'W1')!
  const signal = AbortSignal.abort()
  t.equal(await profile({ workload, data: benchmarkDigits(), engine: 'js', seconds: 1, signal }), null)
})
