import t from 'tap'
import type { Benchmark } from '../../src/benchmark/benchmark.js'
import { openEngine } from '../../src/benchmark/engines.js'
import { gemmBenchmarks } from '../../src/benchmark/gemm.js'
import { type KernelProgram, kernelBenchmark } from '../../src/benchmark/kernel-program.js'
import { kernelBenchmarks } from '../../src/benchmark/kernels.js'
import { allBenchmarks, selectBenchmarks } from '../../src/benchmark/run.js'
import { workloads } from '../../src/benchmark/workloads.js'
import type { Engine } from '../../src/engine/engine.js'
import { createJsEngine } from '../../src/engine/js/engine.js'
import * as table from '../../src/program/instructions.js'
import { add } from '../../src/program/instructions.js'

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
  t.ok(selectBenchmarks(all, ['inference']).some(({ id }) => id === 'step-text'))
  t.same(selectBenchmarks(all, ['nothing']), [])
})
